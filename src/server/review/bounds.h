/*-------------------------------------------------------------------------
 *
 * bounds.h
 *	  Bounds of the partitions of a table.
 *
 * Functions that compare or evaluate raise errors, 42501 where nobody can tell: call them in mh_try().
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REVIEW_BOUNDS_H
#define MIGHEAD_SERVER_REVIEW_BOUNDS_H

#include "server/review/review_private.h"

#include "fmgr.h"
#include "nodes/parsenodes.h"

/* A range, a value of a list, or a remainder. */
typedef struct MhBoundEntry
{
	uint32 partition;
	const PartitionBoundSpec *spec; /* of a range, or a remainder */
	Datum value;
} MhBoundEntry;

typedef struct MhBoundKey
{
	int column; /* its place in the columns of the model */
	Oid type;
	int32 typmod;
	Oid collation;
	Oid input; /* of the operator class */
	Oid family;
	FmgrInfo function; /* that compares, or hashes */
} MhBoundKey;

typedef struct MhBounds
{
	char strategy;
	bool is_unknown; /* nothing can be told */
	bool has_others; /* some are not known */
	int n_keys;
	MhBoundKey keys[PARTITION_MAX_KEYS];
	MhBoundEntry *entries; /* in order */
	int n;
	int room;
	uint32 of_nulls; /* the partition of a list that has NULL; 0: there is none */
} MhBounds;

/* The bounds of a partitioned table of the model, which live ones are read into at the first use. */
extern MhBounds *mh_bounds_of(const MhReviewServer *server, MhModelRelation *parent);

/* As transformPartitionBound(). */
extern PartitionBoundSpec *mh_bounds_analysed(const MhBounds *bounds,
											  const PartitionBoundSpec *raw);
extern int mh_bounds_compare(const MhBoundKey *key, Datum one, Datum other);
extern int mh_bounds_compare_edges(const MhBounds *bounds, const List *one, bool is_lower,
								   const List *other, bool is_other_lower);
extern int mh_bounds_compare_entries(const void *one, const void *other, void *arg);

/* How many entries come before, or are equal. */
extern int mh_bounds_place(const MhBounds *bounds, const MhBoundEntry *entry);

/* is_sorted: entries go where they belong. */
extern void mh_bounds_add(MhBounds *bounds, uint32 partition, const PartitionBoundSpec *spec,
						  bool is_sorted);
extern void mh_bounds_forget(MhBounds *bounds, uint32 partition, int place);

/* Raises 42501. */
extern void mh_bounds_refuse(const char *why);

#endif /* MIGHEAD_SERVER_REVIEW_BOUNDS_H */
