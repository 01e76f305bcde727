/*-------------------------------------------------------------------------
 *
 * held_locks.c
 *	  Reads the locks of other sessions, as pg_locks shows them, but without a query.
 *
 * Most of the time nobody migrates, and then the queries for migrating sessions need not run.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/predicate_internals.h"
#include "utils/hsearch.h"

struct MhHeldLocks
{
	HTAB *relations; /* OIDs of locked relations */
	HTAB *keys;      /* keys of advisory locks with one key, as int64 */
};

static HTAB *
make_table(const char *name, Size key_size)
{
	HASHCTL control = {.keysize = key_size, .entrysize = key_size, .hcxt = CurrentMemoryContext};

	return hash_create(name, 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
add_lock(MhHeldLocks *held, const LockInstanceData *lock)
{
	const LOCKTAG *tag = &lock->locktag;
	int64 key = (int64) ((uint64) tag->locktag_field2 << 32 | tag->locktag_field3);

	if (lock->holdMask == 0 || lock->pid == MyProcPid || tag->locktag_field1 != MyDatabaseId)
		return;
	if (tag->locktag_type == LOCKTAG_RELATION)
		(void) hash_search(held->relations, &tag->locktag_field2, HASH_ENTER, NULL);
	else if (tag->locktag_type == LOCKTAG_ADVISORY)
		(void) hash_search(held->keys, &key, HASH_ENTER, NULL);
}

/* Adds relations that serializable transactions have read, which pg_locks shows too. */
static void
add_predicates(MhHeldLocks *held)
{
	PredicateLockData *locks = GetPredicateLockStatusData();

	for (int i = 0; i < locks->nelements; i++)
	{
		const PREDICATELOCKTARGETTAG *tag = &locks->locktags[i];
		Oid relation = GET_PREDICATELOCKTARGETTAG_RELATION(*tag);

		if (GET_PREDICATELOCKTARGETTAG_DB(*tag) == MyDatabaseId)
			(void) hash_search(held->relations, &relation, HASH_ENTER, NULL);
	}
}

MhHeldLocks *
mh_held_locks_read(void)
{
	MhHeldLocks *held = palloc(sizeof(MhHeldLocks));
	LockData *locks = GetLockStatusData();

	held->relations = make_table("mighead locked relations", sizeof(Oid));
	held->keys = make_table("mighead locked keys", sizeof(int64));
	for (int i = 0; i < locks->nelements; i++)
		add_lock(held, &locks->locks[i]);
	add_predicates(held);
	return held;
}

bool
mh_holds_any(const MhHeldLocks *held, const List *version_tables)
{
	ListCell *cell;

	foreach (cell, version_tables)
		if (hash_search(held->relations, &((MhVersionTable *) lfirst(cell))->oid, HASH_FIND, NULL))
			return true;
	return false;
}

bool
mh_holds_key(const MhHeldLocks *held, int64 key)
{
	return hash_search(held->keys, &key, HASH_FIND, NULL) != NULL;
}
