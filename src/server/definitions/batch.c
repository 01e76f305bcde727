/*-------------------------------------------------------------------------
 *
 * batch.c
 *	  Reading objects in batches, without ever waiting for a lock.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "access/xact.h"
#include "server/base/expression_size.h"
#include "storage/lmgr.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

/*
 * A few hundred locks at once fit into any server's table of shared locks; fewer
 * would make more queries.
 */
#define BATCH_SIZE 256

/* Items of a batch that may meet a lock that was not foreseen. */
#define MOST_BUSY 10

typedef struct Batch
{
	MhReading *reading;
	MhBatchItem *items;
	int n;
	const char *relations_query;
	MhItemsReader read;
} Batch;

static MhBatchItem *
find_item(const Batch *batch, Oid oid)
{
	for (int i = 0; i < batch->n; i++)
		if (batch->items[i].oid == oid)
			return &batch->items[i];
	return NULL;
}

static void
leave_busy(MhReading *reading, MhBatchItem *item)
{
	item->is_left = true;
	mh_unread_add(reading->set, MH_DRIFT_BUSY, item->type, item->name,
				  pstrdup("Another session holds a lock on it, or on what it is made of."));
}

/* A row of relations_query: the lock stays until the subtransaction ends. */
static void
lock_relation(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhBatchItem *item = find_item(state, mh_row_oid(row, 0));
	Oid relation = mh_row_oid(row, 1);

	if (item == NULL || item->is_left)
		return;
	if (!ConditionalLockRelationOid(relation, AccessShareLock))
		leave_busy(reading, item);
	else if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		item->is_left = true;
	else if (mh_expressions_are_large(relation))
	{
		item->is_left = true;
		mh_unread_large(reading, item->type, item->name);
	}
}

static void
read_batch(void *state)
{
	Batch *batch = state;
	Oid *oids = palloc(batch->n * sizeof(Oid));
	int n = 0;

	for (int i = 0; i < batch->n; i++)
	{
		batch->items[i].is_left = false;
		oids[n++] = batch->items[i].oid;
	}
	mh_query_catalogs(batch->reading, batch->relations_query, mh_oids(oids, n), lock_relation,
					  batch);
	n = 0;
	for (int i = 0; i < batch->n; i++)
		if (!batch->items[i].is_left)
			oids[n++] = batch->items[i].oid;
	if (n > 0)
		batch->read(batch->reading, mh_oids(oids, n));
}

ErrorData *
mh_try_reading(MhReading *reading, void (*read)(void *state), void *state)
{
	ResourceOwner owner = CurrentResourceOwner;
	int n = reading->set->n;
	int n_unread = reading->set->n_unread;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(reading->context);
	PG_TRY();
	{
		read(state);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(reading->context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(reading->context);
	CurrentResourceOwner = owner;
	if (error == NULL)
		return NULL;
	reading->set->n = n;
	reading->set->n_unread = n_unread;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	return error;
}

static ErrorData *
try_batch(Batch *batch)
{
	return mh_try_reading(batch->reading, read_batch, batch);
}

static void
leave_unread(MhReading *reading, MhBatchItem *item, const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		leave_busy(reading, item);
	else
		mh_unread_add(reading->set, MH_DRIFT_UNREADABLE, item->type, item->name,
					  psprintf("It cannot be read: %s.", mh_to_utf8(error->message)));
}

/*
 * Raises the error where many items meet a lock: then a catalog is locked, and each of the others
 * would wait as long as these.
 */
static void
read_one_by_one(const Batch *batch)
{
	int n_busy = 0;

	for (int i = 0; i < batch->n; i++)
	{
		Batch one = *batch;
		ErrorData *error;

		one.items = &batch->items[i];
		one.n = 1;
		error = try_batch(&one);
		if (error == NULL)
			continue;
		if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE && ++n_busy > MOST_BUSY)
			ReThrowError(error);
		leave_unread(batch->reading, one.items, error);
	}
}

void
mh_read_items(MhReading *reading, MhBatchItem *items, int n, const char *relations_query,
			  MhItemsReader read)
{
	for (int i = 0; i < n; i += BATCH_SIZE)
	{
		Batch batch = {reading, items + i, Min(BATCH_SIZE, n - i), relations_query, read};

		if (try_batch(&batch) != NULL)
			read_one_by_one(&batch);
	}
}
