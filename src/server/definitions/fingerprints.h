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

#include "server/definitions/row_hash.h"

#include "utils/hsearch.h"

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
	MhFingerprint
		whole;       /* of all relations, the epoch, and what else a definition may be made of */
	uint64 versions; /* equal: all rows are the very same versions */

	/*
	 * Something that lasts is made of something temporary, which is not in the epoch, or is one of the
	 * server's own relations where it is compared: trust nothing.
	 */
	bool is_murky;

	/* The database has something that is not in the whole, or that not everybody may see. */
	bool is_partial;
} MhFingerprints;

/*
 * Takes the fingerprints of what the active snapshot shows, in the current memory context.  No
 * privilege is checked.  Takes AccessShareLock on the catalogs, without waiting, and gives it back at
 * once.  Returns NULL if a catalog is locked.  Versions cost a little more.
 */
extern MhFingerprints *mh_fingerprints_take(bool with_versions);

/* Returns the catalog at a place, counted from 0, of those that all are looked at; InvalidOid: no more. */
extern Oid mh_fingerprint_catalog(int i);

#endif /* MIGHEAD_SERVER_DEFINITIONS_FINGERPRINTS_H */
