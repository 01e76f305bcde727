/*-------------------------------------------------------------------------
 *
 * row_hash.h
 *	  Hashes rows of catalogs as they are stored.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_ROW_HASH_H
#define MIGHEAD_SERVER_DEFINITIONS_ROW_HASH_H

#include "mighead.h"

#include "access/htup_details.h"
#include "lib/stringinfo.h"

/* A hash of 128 bits, or a sum of such hashes, modulo 2^64 in each half: the order has no meaning. */
typedef struct MhFingerprint
{
	uint64 high;
	uint64 low;
} MhFingerprint;

extern bool mh_fingerprint_equal(const MhFingerprint *left, const MhFingerprint *right);
extern void mh_fingerprint_add(MhFingerprint *sum, MhFingerprint addend);

/*
 * Hashes bytes with the cluster's key.  Hashes with different salts, or of different clusters, have
 * nothing in common.
 */
extern MhFingerprint mh_bytes_hash(const void *bytes, int n, uint32 salt);

/* Which columns of a catalog are hashed. */
typedef struct MhRowMask MhRowMask;

/*
 * Returns a mask without the columns that left_out names, separated by spaces.  NULL: there is
 * nothing to be hashed, and the mask is NULL.
 */
extern MhRowMask *mh_row_mask(TupleDesc descriptor, const char *left_out);

typedef struct MhRowHasher
{
	StringInfoData bytes; /* private: of the row before */
	bool is_too_large;    /* the row before has a value that was not looked at */
} MhRowHasher;

/*
 * Hashes a row.  Two rows that differ in a column of the mask have different hashes; two that do not
 * may have different ones too, if one was stored in another way.
 */
extern MhFingerprint mh_row_hash(MhRowHasher *hasher, HeapTuple tuple, const MhRowMask *mask,
								 uint32 salt);

/*
 * Returns where the columns are in the part of a row that has a fixed layout (GETSTRUCT), by number
 * less one; -1: not in it.
 */
extern int *mh_row_offsets(TupleDesc descriptor, int *end);

#endif /* MIGHEAD_SERVER_DEFINITIONS_ROW_HASH_H */
