/*-------------------------------------------------------------------------
 *
 * difference_private.h
 *	  What the parts of the comparison share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_PRIVATE_H
#define MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_PRIVATE_H

#include "core/difference/difference.h"

/* An object of one side, under the name by which the expected side knows it. */
typedef struct MhItem
{
	const MhDefinition *definition;
	const char *name;
	const char *parent;
	struct MhItem *mate; /* on the other side; NULL: there is none */
	bool is_renamed;     /* itself, not just with its parent */
	bool is_suppressed;  /* without a mate, but for a reason told elsewhere */
} MhItem;

typedef struct MhItems
{
	int n;
	MhItem *v; /* ordered by type and name */
} MhItems;

/* One name instead of another. */
typedef struct MhRename
{
	const char *from;
	const char *to;
	const char *table; /* of a column, as expected; NULL: a qualified name, or an alias */
} MhRename;

typedef struct MhRenames
{
	int n;
	int allocated;
	MhRename *v; /* ordered by from once mh_renames_order has been called */
} MhRenames;

typedef struct MhPairing
{
	const MhDefinitions *expected_set;
	const MhDefinitions *actual_set;
	MhItems expected;
	MhItems actual;
	MhRenames renames; /* from actual names to expected ones */
	MhRenames reverse; /* the way back */
} MhPairing;

/* pairs.c: finds to each object the one of the other side, renamed ones too. */
extern void mh_pair(MhPairing *pairing, const MhDefinitions *expected, const MhDefinitions *actual);

/* rename_detection.c: one round of looking for renamed objects; the number found. */
extern int mh_detect_renames(MhPairing *pairing);

/* renames.c */
extern void mh_renames_add(MhPairing *pairing, const MhItem *expected, const MhItem *actual);
extern void mh_renames_order(MhPairing *pairing);

/* The qualified name that name (a NUL-terminated one) was renamed to; NULL: it was not. */
extern const char *mh_renames_find(const MhRenames *renames, const char *name);

/* A text of the actual side in expected names.  table: that it belongs to, or NULL. */
extern char *mh_renames_apply(const MhRenames *renames, const char *text, const char *table);

/* Do the values of two mates differ in nothing but names of renamed objects? */
extern bool mh_same_value(const MhPairing *pairing, const MhItem *expected,
						  const char *expected_value, const char *actual_value);

#endif /* MIGHEAD_CORE_DIFFERENCE_DIFFERENCE_PRIVATE_H */
