/*-------------------------------------------------------------------------
 *
 * batch.c
 *	  Reading objects in batches, without ever waiting for a lock.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "server/base/expression_size.h"
#include "server/base/progress.h"
#include "storage/lmgr.h"
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
find_item(const Batch *batch, MhCatalogOid oid)
{
	for (int i = 0; i < batch->n; i++)
		if (mh_is_same_oid(batch->items[i].oid, oid))
			return &batch->items[i];
	return NULL;
}

/* A row of relations_query: the lock stays until the subtransaction ends. */
static void
lock_relation(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhBatchItem *item = find_item(state, mh_row_oid(row, 0));
	Oid relation = mh_local_oid(reading, mh_row_oid(row, 1));

	if (item == NULL || item->is_left)
		return;
	if (!ConditionalLockRelationOid(relation, AccessShareLock))
		mh_leave_busy(reading, item);
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
		oids[n++] = batch->items[i].oid.value;
	}
	mh_query_catalogs(batch->reading, batch->relations_query, mh_oids(oids, n), lock_relation,
					  batch);
	n = 0;
	for (int i = 0; i < batch->n; i++)
		if (!batch->items[i].is_left)
			oids[n++] = batch->items[i].oid.value;
	if (n > 0)
		batch->read(batch->reading, mh_oids(oids, n));
}

static ErrorData *
try_batch(Batch *batch)
{
	return mh_try_reading(batch->reading, read_batch, batch);
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
		mh_leave_unread(batch->reading, one.items, error);
	}
}

void
mh_read_items(MhReading *reading, MhBatchItem *items, int n, const char *relations_query,
			  MhItemsReader read)
{
	if (reading->source != NULL)
	{
		mh_read_items_there(reading, items, n, relations_query, read);
		return;
	}
	for (int i = 0; i < n; i += BATCH_SIZE)
	{
		Batch batch = {reading, items + i, Min(BATCH_SIZE, n - i), relations_query, read};

		if (try_batch(&batch) != NULL)
			read_one_by_one(&batch);
		mh_progress("objects of this type were read", i + batch.n, n);
	}
}
