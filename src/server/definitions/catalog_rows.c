/*-------------------------------------------------------------------------
 *
 * catalog_rows.c
 *	  Which rows of the system catalogs have changed since this session's last look.
 *
 * doc/internals/caches.md has the proof.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/catalog_rows.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "server/base/page_rows.h"
#include "server/base/row_version.h"
#include "server/definitions/fingerprints.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

/* To tell whether the transactions that are under way are all this session's. */
#define MOST_OWN_TRANSACTIONS 10000

/* More are read as fast all at once. */
#define MOST_CHANGES 20000

typedef struct SeenRow
{
	uint64 version;
	Oid owner;
	OffsetNumber place;
	bool is_nobodys;
	bool is_unsettled;
} SeenRow;

typedef struct SeenPage
{
	XLogRecPtr lsn;
	bool is_changed; /* to be scanned */
	uint16 n;
	SeenRow *rows;
} SeenPage;

typedef struct SeenCatalog
{
	uint64 file;
	BlockNumber n;
	BlockNumber allocated;
	SeenPage *pages;
} SeenCatalog;

struct MhCatalogRows
{
	MemoryContext context;
	FullTransactionId seen_in; /* the subtransaction that looked last */
	bool is_begun;
	int n;
	SeenCatalog *catalogs;
};

/* A look under way. */
typedef struct Look
{
	MhCatalogRows *rows;
	List **changes;
	int n_changes;
} Look;

/* The column that names the relation of a row. */
static const struct
{
	Oid catalog;
	AttrNumber column;
} owners[] = {
	{RelationRelationId, Anum_pg_class_oid},
	{AttributeRelationId, Anum_pg_attribute_attrelid},
	{IndexRelationId, Anum_pg_index_indrelid},
	{ConstraintRelationId, Anum_pg_constraint_conrelid},
	{AttrDefaultRelationId, Anum_pg_attrdef_adrelid},
	{TriggerRelationId, Anum_pg_trigger_tgrelid},
	{PolicyRelationId, Anum_pg_policy_polrelid},
	{RewriteRelationId, Anum_pg_rewrite_ev_class},
	{InheritsRelationId, Anum_pg_inherits_inhrelid},
	{ForeignTableRelationId, Anum_pg_foreign_table_ftrelid},
	{PartitionedRelationId, Anum_pg_partitioned_table_partrelid},
	{SequenceRelationId, Anum_pg_sequence_seqrelid},
};

/* ---------- transactions ---------- */

/*
 * Returns whether what the last look saw of this session's transaction is still so.  If a savepoint
 * before it is rolled back, its subtransaction is aborted too.
 */
static bool
is_still_so(FullTransactionId seen_in)
{
	LOCAL_FCINFO(call, 1);
	Datum status;

	if (TransactionIdIsCurrentTransactionId(XidFromFullTransactionId(seen_in)))
		return true;
	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = FullTransactionIdGetDatum(seen_in);
	call->args[0].isnull = false;
	/* NULL: it was too long ago */
	status = pg_xact_status(call);
	return !call->isnull && strcmp(TextDatumGetCString(status), "committed") == 0;
}

/* A snapshot lists no transaction that is newer than the last one that ended. */
static bool
is_anybody_else_writing(FullTransactionId next)
{
	Snapshot snapshot = GetLatestSnapshot();
	TransactionId end = XidFromFullTransactionId(next);
	TransactionId xid = snapshot->xmax;

	if (snapshot->xcnt > 0 || snapshot->subxcnt > 0 || snapshot->suboverflowed)
		return true;
	for (int i = 0; TransactionIdPrecedes(xid, end); i++)
	{
		if (i == MOST_OWN_TRANSACTIONS || !TransactionIdIsCurrentTransactionId(xid))
			return true;
		TransactionIdAdvance(xid);
	}
	return false;
}

/* ---------- pages ---------- */

static Relation
open_catalog(Oid oid)
{
	return ConditionalLockRelationOid(oid, AccessShareLock) ? table_open(oid, NoLock) : NULL;
}

static void
make_room(MhCatalogRows *rows, SeenCatalog *seen, BlockNumber n)
{
	Size size = (Size) Max(n + n / 4, 8) * sizeof(SeenPage);

	if (n <= seen->allocated)
		return;
	seen->pages = seen->pages == NULL
					  ? MemoryContextAllocExtended(rows->context, size, MCXT_ALLOC_HUGE)
					  : repalloc_huge(seen->pages, size);
	seen->allocated = Max(n + n / 4, 8);
}

/* Before the snapshot is taken, so that what is written later has another LSN. */
static bool
note_pages(MhCatalogRows *rows, SeenCatalog *seen, Relation table)
{
	BlockNumber n = RelationGetNumberOfBlocks(table);
	uint64 file = mh_file_version(table);

	/* without WAL a change leaves no LSN */
	if (!RelationNeedsWAL(table) || (rows->is_begun && (file != seen->file || n < seen->n)))
		return false;
	make_room(rows, seen, n);
	for (BlockNumber block = 0; block < n; block++)
	{
		Buffer buffer = ReadBuffer(table, block);
		XLogRecPtr lsn = BufferGetLSNAtomic(buffer);
		SeenPage *page = &seen->pages[block];

		ReleaseBuffer(buffer);
		if (block >= seen->n)
			memset(page, 0, sizeof(SeenPage));
		page->is_changed = block >= seen->n || lsn != page->lsn;
		page->lsn = lsn;
	}
	seen->file = file;
	seen->n = n;
	return true;
}

/* ---------- rows ---------- */

static Oid
oid_of(HeapTuple tuple, TupleDesc descriptor, AttrNumber column)
{
	bool is_null;

	return DatumGetObjectId(heap_getattr(tuple, column, descriptor, &is_null));
}

/* Of parts of relations: that they need others, which only tells what has to be locked. */
static bool
is_nobodys(Form_pg_depend row)
{
	if (row->deptype == DEPENDENCY_EXTENSION || row->deptype == DEPENDENCY_AUTO_EXTENSION)
		return false;
	return row->classid == ConstraintRelationId || row->classid == AttrDefaultRelationId ||
		   row->classid == TriggerRelationId || row->classid == PolicyRelationId ||
		   row->classid == RewriteRelationId;
}

static Oid
owner_of(Oid catalog, HeapTuple tuple, TupleDesc descriptor)
{
	Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);
	Form_pg_description comment = (Form_pg_description) GETSTRUCT(tuple);

	for (int i = 0; i < (int) lengthof(owners); i++)
		if (owners[i].catalog == catalog)
			return oid_of(tuple, descriptor, owners[i].column);
	if (catalog == DependRelationId && depend->classid == RelationRelationId &&
		depend->deptype != DEPENDENCY_EXTENSION && depend->deptype != DEPENDENCY_AUTO_EXTENSION)
		return depend->objid;
	if (catalog == DescriptionRelationId && comment->classoid == RelationRelationId)
		return comment->objoid;
	return InvalidOid;
}

static SeenRow
seen_row(Oid catalog, HeapTuple tuple, TupleDesc descriptor)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	SeenRow row = {.version = mh_row_version(tuple),
				   .owner = owner_of(catalog, tuple, descriptor),
				   .place = ItemPointerGetOffsetNumber(&tuple->t_self)};

	row.is_nobodys = catalog == DependRelationId && is_nobodys((Form_pg_depend) GETSTRUCT(tuple));
	row.is_unsettled = catalog == IndexRelationId &&
					   (!index->indisvalid || !index->indisready || !index->indislive);
	return row;
}

static void
add_change(Look *look, Oid catalog, const SeenRow *row, HeapTuple added)
{
	MhCatalogChange *change;

	if (look->changes == NULL || look->n_changes++ >= MOST_CHANGES)
		return;
	change = palloc(sizeof(MhCatalogChange));
	change->catalog = catalog;
	change->owner = row->owner;
	change->is_nobodys = row->is_nobodys;
	change->added = added == NULL ? NULL : heap_copytuple(added);
	*look->changes = lappend(*look->changes, change);
}

/* Both are in the order of places.  tuples: those of the rows that are there now. */
static void
compare_rows(Look *look, Oid catalog, const SeenPage *before, const SeenRow *now,
			 HeapTupleData *tuples, int n)
{
	int i = 0;
	int j = 0;

	while (i < before->n || j < n)
	{
		int order = i == before->n ? 1
					: j == n       ? -1
								   : (int) before->rows[i].place - (int) now[j].place;

		if (order == 0 && before->rows[i].version == now[j].version)
		{
			i++;
			j++;
			continue;
		}
		if (order <= 0)
			add_change(look, catalog, &before->rows[i++], NULL);
		if (order >= 0)
		{
			add_change(look, catalog, &now[j], &tuples[j]);
			j++;
		}
	}
}

static void
scan_page(Look *look, Relation table, SeenPage *page, BlockNumber block)
{
	HeapTupleData tuples[MaxHeapTuplesPerPage];
	Buffer buffer = ReadBuffer(table, block);
	SeenRow *now;
	int n;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	n = mh_page_rows(RelationGetRelid(table), buffer, GetActiveSnapshot(), tuples);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	now = MemoryContextAlloc(look->rows->context, Max(n, 1) * sizeof(SeenRow));
	for (int i = 0; i < n; i++)
		now[i] = seen_row(RelationGetRelid(table), &tuples[i], RelationGetDescr(table));
	compare_rows(look, RelationGetRelid(table), page, now, tuples, n);
	ReleaseBuffer(buffer);
	if (page->rows != NULL)
		pfree(page->rows);
	page->rows = now;
	page->n = n;
	page->is_changed = false;
}

/* ---------- catalogs ---------- */

static bool
note_catalogs(MhCatalogRows *rows)
{
	for (int i = 0; i < rows->n; i++)
	{
		Relation table = open_catalog(mh_fingerprint_catalog(i));
		bool is_noted;

		CHECK_FOR_INTERRUPTS();
		if (table == NULL)
			return false;
		is_noted = note_pages(rows, &rows->catalogs[i], table);
		table_close(table, AccessShareLock);
		if (!is_noted)
			return false;
	}
	return true;
}

static bool
is_any_changed(const SeenCatalog *seen)
{
	for (BlockNumber block = 0; block < seen->n; block++)
		if (seen->pages[block].is_changed)
			return true;
	return false;
}

static bool
scan_catalogs(Look *look)
{
	for (int i = 0; i < look->rows->n; i++)
	{
		SeenCatalog *seen = &look->rows->catalogs[i];
		Relation table;

		if (!is_any_changed(seen))
			continue;
		table = open_catalog(mh_fingerprint_catalog(i));
		if (table == NULL)
			return false;
		for (BlockNumber block = 0; block < seen->n; block++)
		{
			CHECK_FOR_INTERRUPTS();
			if (seen->pages[block].is_changed)
				scan_page(look, table, &seen->pages[block], block);
		}
		table_close(table, AccessShareLock);
	}
	return true;
}

/* Which mappings are told depends on memberships of roles, which nobody looks at. */
static bool
has_user_mappings(const MhCatalogRows *rows)
{
	for (int i = 0; i < rows->n; i++)
		for (BlockNumber block = 0;
			 mh_fingerprint_catalog(i) == UserMappingRelationId && block < rows->catalogs[i].n;
			 block++)
			if (rows->catalogs[i].pages[block].n > 0)
				return true;
	return false;
}

/* ---------- looks ---------- */

MhCatalogRows *
mh_catalog_rows_new(void)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead catalog rows", ALLOCSET_DEFAULT_SIZES);
	MhCatalogRows *rows = MemoryContextAllocZero(context, sizeof(MhCatalogRows));

	rows->context = context;
	while (OidIsValid(mh_fingerprint_catalog(rows->n)))
		rows->n++;
	rows->catalogs = MemoryContextAllocZero(context, rows->n * sizeof(SeenCatalog));
	return rows;
}

MemoryContext
mh_catalog_rows_context(const MhCatalogRows *rows)
{
	return rows->context;
}

bool
mh_catalog_rows_look(MhCatalogRows *rows, List **changes)
{
	Look look = {.rows = rows, .changes = changes};
	FullTransactionId current = GetCurrentFullTransactionId();
	FullTransactionId next;
	bool is_known;

	/* what this command has written so far has to be visible */
	CommandCounterIncrement();
	next = ReadNextFullTransactionId();
	if ((rows->is_begun && !is_still_so(rows->seen_in)) || is_anybody_else_writing(next) ||
		!note_catalogs(rows))
		return false;
	PushActiveSnapshot(GetLatestSnapshot());
	/* nobody has begun to write since, so nobody has written since */
	is_known = FullTransactionIdEquals(next, ReadNextFullTransactionId()) && scan_catalogs(&look);
	PopActiveSnapshot();
	rows->seen_in = current;
	rows->is_begun = true;
	return is_known && look.n_changes < MOST_CHANGES && !has_user_mappings(rows);
}

List *
mh_catalog_rows_unsettled(const MhCatalogRows *rows)
{
	List *tables = NIL;

	for (int i = 0; i < rows->n; i++)
		for (BlockNumber block = 0;
			 mh_fingerprint_catalog(i) == IndexRelationId && block < rows->catalogs[i].n; block++)
			for (int j = 0; j < rows->catalogs[i].pages[block].n; j++)
				if (rows->catalogs[i].pages[block].rows[j].is_unsettled)
					tables = list_append_unique_oid(tables,
													rows->catalogs[i].pages[block].rows[j].owner);
	return tables;
}
