/*-------------------------------------------------------------------------
 *
 * cache.h
 *	  Caches the definitions of relations for the session.
 *
 * A session that reads one schema again and again (a captured migration, a monitor) reads only
 * those relations anew that may have changed: see catalog_versions.h.  A session that reads once
 * pays nothing: caching begins with the second reading of the same version schema.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_CACHE_H
#define MIGHEAD_SERVER_DEFINITIONS_CACHE_H

#include "server/definitions/relations.h"

/* One reading that uses the cache and adds to it. */
typedef struct MhRelationCache MhRelationCache;

/* Begins a reading of n relations.  Returns NULL if the cache is not used. */
extern MhRelationCache *mh_relation_cache_begin(MhReading *reading, int n);

/*
 * Adds the cached definitions of unchanged items to the set and keeps the other items in items.
 * Returns their number.  An item that another session holds in ACCESS EXCLUSIVE mode is kept too,
 * so that it becomes busy.
 */
extern int mh_relation_cache_take(MhRelationCache *cache, MhBatchItem *items, int n);

/* Caches the definitions of the set from index first on.  They must be those of these items. */
extern void mh_relation_cache_end(MhRelationCache *cache, const MhBatchItem *items, int n,
								  int first);

#endif /* MIGHEAD_SERVER_DEFINITIONS_CACHE_H */
