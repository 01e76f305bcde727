/*-------------------------------------------------------------------------
 *
 * catalog_versions.h
 *	  Which rows of the system catalogs are still the ones of an earlier look.
 *
 * The catalogs are scanned, and nothing but them is believed: no event trigger, no invalidation
 * message tells of a row that somebody updated by hand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_CATALOG_VERSIONS_H
#define MIGHEAD_SERVER_DEFINITIONS_CATALOG_VERSIONS_H

#include "mighead.h"

#include "utils/hsearch.h"

typedef struct MhCatalogVersions
{
	HTAB *relations;   /* of relations of users, with all that belongs to each */
	HTAB *named;       /* of what else a relation's text may name, indexes too */
	HTAB *parts;       /* which relation an index, a constraint, a rule ... belongs to */
	uint64 system_sum; /* of what came with the server */

	/* of functions, operators, casts ... that any text may be resolved with */
	uint64 resolving_sum;
	uint64 n_resolving;
} MhCatalogVersions;

/*
 * The versions that the active snapshot sees, in the current memory context.  As whoever
 * calls: no privilege is looked at.  AccessShareLock on the catalogs, given back at once.
 */
extern MhCatalogVersions *mh_catalog_versions(void);

/*
 * The relations whose text may be another one than at the earlier look: OIDs of those that
 * changed, and of all that refer to one of these, however indirectly.  NULL: anything may
 * have changed.
 */
extern HTAB *mh_find_changed_relations(const MhCatalogVersions *before,
									   const MhCatalogVersions *now);

/*
 * Was the relation there at both looks, is it none of those that changed, and do the catalogs
 * alone say what it is?  (Whether an index that is not valid is being built, they do not.)
 */
extern bool mh_is_same_relation(const MhCatalogVersions *before, const MhCatalogVersions *now,
								HTAB *changed, Oid relation);

#endif /* MIGHEAD_SERVER_DEFINITIONS_CATALOG_VERSIONS_H */
