/*-------------------------------------------------------------------------
 *
 * cache.c
 *	  What the session has read of relations last.
 *
 * Its invariants: doc/internals/caches.md.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/cache.h"

#include "access/table.h"
#include "server/definitions/catalog_versions.h"
#include "catalog/pg_attribute.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Of Kept.relations. */
typedef struct CachedRelation
{
	Oid oid;
	MemoryContext context; /* of what follows */
	MhDefinitions set;     /* the relation, and what goes away with it */
} CachedRelation;

/* Relative to a version schema and an owner, which name what is cached. */
typedef struct Kept
{
	MemoryContext context; /* of all of this */
	char *version_schema;  /* NULL: none */
	char *owner;           /* NULL: none */
	HTAB *relations;       /* NULL: nothing is cached yet */
	MemoryContext versions_context;
	MhCatalogVersions *versions; /* when all of the relations were as they are cached; or NULL */
} Kept;

static Kept *cached = NULL;

struct MhRelationCache
{
	MhReading *reading;
	MemoryContext versions_context;
	MhCatalogVersions *versions; /* from before this reading */
};

static bool
is_same_name(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Notes whose schema is read, and forgets another one's. */
static void
start_over(const MhScope *scope)
{
	MemoryContext context;
	MemoryContext caller;
	Kept *started;

	if (cached != NULL)
	{
		context = cached->context;
		cached = NULL;
		MemoryContextDelete(context);
	}
	context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead definitions", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	started = palloc0(sizeof(Kept));
	started->context = context;
	started->version_schema = scope->version_schema ? pstrdup(scope->version_schema) : NULL;
	started->owner = scope->owner ? pstrdup(scope->owner) : NULL;
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, CacheMemoryContext);
	cached = started;
}

static void
forget(CachedRelation *relation)
{
	MemoryContext context = relation->context;

	hash_search(cached->relations, &relation->oid, HASH_REMOVE, NULL);
	MemoryContextDelete(context);
}

/*
 * Also what this reading does not look at: the versions of all are those of the last reading.
 * changed NULL: anything may have changed.
 */
static void
forget_changed(const MhCatalogVersions *now, HTAB *changed)
{
	HASH_SEQ_STATUS status;
	CachedRelation *relation;

	hash_seq_init(&status, cached->relations);
	while ((relation = hash_seq_search(&status)) != NULL)
		if (changed == NULL || !mh_is_same_relation(cached->versions, now, changed, relation->oid))
			forget(relation);
}

static void
make_relations(void)
{
	HASHCTL control = {0};

	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(CachedRelation);
	control.hcxt = cached->context;
	cached->relations = hash_create("mighead cached relations", 256, &control,
									HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * To look at a block of pg_attribute, and what goes with it in other catalogs, takes a fifth of the
 * time of reading a table.  Among a thousand tenants each is read faster than that is done.
 */
static bool
is_worth_looking(int n)
{
	Relation attributes = table_open(AttributeRelationId, AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(attributes);

	table_close(attributes, AccessShareLock);
	return blocks < 500 + 5 * (BlockNumber) n;
}

MhRelationCache *
mh_relation_cache_begin(MhReading *reading, int n)
{
	const MhScope *scope = reading->scope;
	MhRelationCache *cache;
	MemoryContext caller = CurrentMemoryContext;
	HTAB *changed = NULL;

	if (scope->relations != NIL || !is_worth_looking(n))
		return NULL;
	if (cached == NULL || !is_same_name(cached->version_schema, scope->version_schema) ||
		!is_same_name(cached->owner, scope->owner))
	{
		start_over(scope);
		return NULL;
	}
	if (cached->relations == NULL)
		make_relations();
	cache = palloc0(sizeof(MhRelationCache));
	cache->reading = reading;
	cache->versions_context =
		AllocSetContextCreate(caller, "mighead catalog versions", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(cache->versions_context);
	cache->versions = mh_catalog_versions();
	MemoryContextSwitchTo(caller);
	if (cached->versions != NULL)
		changed = mh_find_changed_relations(cached->versions, cache->versions);
	forget_changed(cache->versions, changed);
	return cache;
}

static bool
is_locked(Oid relation)
{
	if (!ConditionalLockRelationOid(relation, AccessShareLock))
		return true;
	UnlockRelationOid(relation, AccessShareLock);
	return false;
}

/* Whose versions are not looked at: it may have changed without the relation. */
static bool
is_told_by_another(const MhReading *reading, MhCatalogOid oid)
{
	const MhRelation *relation = mh_relation_find(reading, oid);

	return relation != NULL && OidIsValid(relation->direct_view);
}

int
mh_relation_cache_take(MhRelationCache *cache, MhBatchItem *items, int n)
{
	int left = 0;

	for (int i = 0; i < n; i++)
	{
		Oid oid = mh_local_oid(cache->reading, items[i].oid);
		const CachedRelation *relation = hash_search(cached->relations, &oid, HASH_FIND, NULL);

		if (relation == NULL || is_locked(oid) || is_told_by_another(cache->reading, items[i].oid))
			items[left++] = items[i];
		else
			for (int j = 0; j < relation->set.n; j++)
				mh_definition_copy(cache->reading->set, &relation->set.v[j]);
	}
	return left;
}

/* definitions: those of one relation. */
static void
store(Oid oid, const MhDefinition *const *definitions, int n)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead relation", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	MhDefinitions set = {0};
	CachedRelation *relation;
	bool found;

	for (int i = 0; i < n; i++)
		mh_definition_copy(&set, definitions[i]);
	MemoryContextSwitchTo(caller);
	relation = hash_search(cached->relations, &oid, HASH_ENTER, &found);
	/* one that was locked, and then no longer */
	if (found)
		MemoryContextDelete(relation->context);
	relation->set = set;
	relation->context = context;
	MemoryContextSetParent(context, cached->context);
}

static const char *
relation_name(const MhDefinition *definition)
{
	return definition->parent != NULL ? definition->parent : definition->name;
}

static int
compare_relations(const void *left, const void *right)
{
	return strcmp(relation_name(*(const MhDefinition *const *) left),
				  relation_name(*(const MhDefinition *const *) right));
}

static int
compare_items(const void *left, const void *right)
{
	return strcmp((*(const MhBatchItem *const *) left)->name,
				  (*(const MhBatchItem *const *) right)->name);
}

static const MhDefinition **
order_definitions(const MhDefinitions *set, int first)
{
	const MhDefinition **order = palloc(Max(set->n - first, 1) * sizeof(MhDefinition *));

	for (int i = first; i < set->n; i++)
		order[i - first] = &set->v[i];
	qsort(order, set->n - first, sizeof(MhDefinition *), compare_relations);
	return order;
}

static const MhBatchItem **
order_items(const MhBatchItem *items, int n)
{
	const MhBatchItem **order = palloc(Max(n, 1) * sizeof(MhBatchItem *));

	for (int i = 0; i < n; i++)
		order[i] = &items[i];
	qsort(order, n, sizeof(MhBatchItem *), compare_items);
	return order;
}

/* Both are in the order of the relations' names. */
static void
store_all(const MhReading *reading, const MhBatchItem *const *items, int n_items,
		  const MhDefinition *const *definitions, int n)
{
	int at = 0;

	for (int i = 0; i < n_items; i++)
	{
		int from = at;

		while (at < n && strcmp(relation_name(definitions[at]), items[i]->name) == 0)
			at++;
		/* what is busy, or gone, has none */
		if (at > from)
			store(mh_local_oid(reading, items[i]->oid), &definitions[from], at - from);
	}
}

/* From now on what is cached is as the catalogs were before this reading, or newer. */
static void
store_versions(const MhRelationCache *cache)
{
	MemoryContext before = cached->versions_context;

	MemoryContextSetParent(cache->versions_context, cached->context);
	cached->versions_context = cache->versions_context;
	cached->versions = cache->versions;
	if (before != NULL)
		MemoryContextDelete(before);
}

void
mh_relation_cache_end(MhRelationCache *cache, const MhBatchItem *items, int n, int first)
{
	const MhDefinitions *set = cache->reading->set;

	/*
	 * Where this fails, and what was read is undone, the earlier versions may be there again, and
	 * not with what is cached by then.
	 */
	cached->versions = NULL;
	store_all(cache->reading, order_items(items, n), n, order_definitions(set, first),
			  set->n - first);
	store_versions(cache);
}
