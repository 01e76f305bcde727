/*-------------------------------------------------------------------------
 *
 * fingerprints.h
 *	  Fingerprints of relations: sums over the rows of the catalogs that make them up.
 *
 * Where a fingerprint and the epoch are those of an earlier look, in the same database, so is every
 * text that the deparser writes of the relation.  doc/internals/caches.md says why.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_FINGERPRINTS_H
#define MIGHEAD_SERVER_DEFINITIONS_FINGERPRINTS_H

#include "mighead.h"

#include "utils/hsearch.h"

/* A sum of 128 bits, modulo 2^64 in each half.  The order of rows has no meaning. */
typedef struct MhFingerprint
{
	uint64 high;
	uint64 low;
} MhFingerprint;

/* A relation that is neither temporary nor an index nor TOAST, with all that belongs to it. */
typedef struct MhRelationPrint
{
	Oid oid;
	char kind; /* relkind; '\0': it has no row in pg_class */
	Oid schema;
	NameData name;
	MhFingerprint fingerprint;
	bool is_unsettled; /* has an index whose state may change without its row: do not trust it */

	/* private */
	Oid toast;
	MhFingerprint own;     /* without its parents and its TOAST table */
	MhFingerprint options; /* of a TOAST table */
} MhRelationPrint;

typedef struct MhFingerprints
{
	HTAB *relations;     /* of MhRelationPrint, by OID */
	MhFingerprint epoch; /* of everything else that the deparser may ask */
	uint64 versions;     /* equal: all rows are the very same versions */

	/* Something that lasts is made of something temporary, which is not in the epoch: trust nothing. */
	bool is_murky;
} MhFingerprints;

/*
 * Takes the fingerprints of what the active snapshot shows, in the current memory context.  No
 * privilege is checked.  Takes AccessShareLock on the catalogs, without waiting, and gives it back at
 * once.  Returns NULL if a catalog is locked.
 */
extern MhFingerprints *mh_fingerprints_take(void);

extern bool mh_fingerprint_equal(const MhFingerprint *left, const MhFingerprint *right);

#endif /* MIGHEAD_SERVER_DEFINITIONS_FINGERPRINTS_H */
