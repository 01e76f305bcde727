/*-------------------------------------------------------------------------
 *
 * catalog_versions.h
 *	  Tells which rows of the system catalogs have changed since an earlier look.
 *
 * Only scans of the catalogs are trusted: no event trigger and no invalidation message tells of a
 * row that somebody updated manually.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_CATALOG_VERSIONS_H
#define MIGHEAD_SERVER_DEFINITIONS_CATALOG_VERSIONS_H

#include "mighead.h"

#include "utils/hsearch.h"

typedef struct MhCatalogVersions
{
	HTAB *relations;   /* of users' relations, with everything that belongs to each */
	HTAB *named;       /* of other objects that a relation's text may name, indexes too */
	HTAB *parts;       /* the relation to which an index, a constraint, a rule ... belongs */
	uint64 system_sum; /* checksum of the objects that came with the server */
	uint64 files_sum;  /* checksum of the files of the catalogs */

	/* of functions, operators, casts ... with which any text may be resolved */
	uint64 resolving_sum;
	uint64 n_resolving;
} MhCatalogVersions;

/*
 * Returns the versions that the active snapshot sees, in the current memory context.  Reads as the
 * current identity; no privilege is checked.  Takes AccessShareLock on the catalogs and gives it
 * back at once.
 */
extern MhCatalogVersions *mh_catalog_versions(void);

/*
 * Returns the OIDs of relations whose text may have changed since the earlier look: those that
 * changed, and all that refer to one of them, even indirectly.  NULL: any may have changed.
 */
extern HTAB *mh_find_changed_relations(const MhCatalogVersions *before,
									   const MhCatalogVersions *now);

/*
 * Returns whether the relation existed at both looks and is not in changed, and the catalogs alone
 * define it.  (They do not tell whether an invalid index is being built.)
 */
extern bool mh_is_same_relation(const MhCatalogVersions *before, const MhCatalogVersions *now,
								HTAB *changed, Oid relation);

#endif /* MIGHEAD_SERVER_DEFINITIONS_CATALOG_VERSIONS_H */
