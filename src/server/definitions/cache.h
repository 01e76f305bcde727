/*-------------------------------------------------------------------------
 *
 * cache.h
 *	  What the session has read of relations last.
 *
 * A session that reads one schema again and again (a migration whose steps are captured, a
 * monitor) reads only those relations anew that may have changed: see catalog_versions.h.
 * Whoever reads once pays nothing: only the second reading of the same version schema begins to cache.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_CACHE_H
#define MIGHEAD_SERVER_DEFINITIONS_CACHE_H

#include "server/definitions/relations.h"

/* One reading that takes what is cached, and caches what it reads. */
typedef struct MhRelationCache MhRelationCache;

/* For a reading of n relations.  NULL: nothing is to be cached. */
extern MhRelationCache *mh_relation_cache_begin(MhReading *reading, int n);

/*
 * Adds to the set what is cached of items that are the same, and leaves the others in items.
 * Returns their number.  One that another session holds ACCESS EXCLUSIVE is left, so that it
 * becomes busy.
 */
extern int mh_relation_cache_take(MhRelationCache *cache, MhBatchItem *items, int n);

/* Keeps what the set has from first on, which is what was read of these items. */
extern void mh_relation_cache_end(MhRelationCache *cache, const MhBatchItem *items, int n,
								  int first);

#endif /* MIGHEAD_SERVER_DEFINITIONS_CACHE_H */
