/*-------------------------------------------------------------------------
 *
 * plain_table.c
 *	  Reads a version table as Alembic makes it: one column, no rules, no children.
 *
 * With a tenant in each schema there are thousands of them.  To open one as a relation takes longer
 * than all else: what the server keeps of it in memory is built, and its file is opened, and closed
 * again where there are more files than a process may have.  Here the few facts come from the
 * catalogs, and its page from the shared buffers, under the caller's snapshot.
 *
 * Nothing of a stranger's is parsed or run.  What has another form is left to rows.c, which gives
 * the same answers.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table_private.h"

#include <sys/stat.h>

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "common/relpath.h"
#include "miscadmin.h"
#include "server/base/expression_size.h"
#include "server/base/page_rows.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* A version table has a page; one that was often written and never vacuumed has some more. */
#define MOST_PAGES 4

/* What is taken from the catalogs. */
typedef struct PlainTable
{
	FormData_pg_class class;
	FormData_pg_attribute column;
	bool has_unique_key;
	RelFileLocator file;
	BlockNumber pages;
} PlainTable;

static bool
find_class(Oid relation, Form_pg_class class)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		return false;
	*class = *(Form_pg_class) GETSTRUCT(tuple);
	ReleaseSysCache(tuple);
	return class->relkind == RELKIND_RELATION && class->relam == HEAP_TABLE_AM_OID &&
		   class->relpersistence == RELPERSISTENCE_PERMANENT && class->relnatts == 1 &&
		   OidIsValid(class->relfilenode) && class->relchecks == 0 && !class->relhasrules &&
		   !class->relrowsecurity && !class->relhassubclass && !class->relispartition;
}

/* Returns whether the only column is a text that is stored in each row. */
static bool
find_column(Oid relation, Form_pg_attribute column)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(1));

	if (!HeapTupleIsValid(tuple))
		return false;
	memcpy(column, GETSTRUCT(tuple), ATTRIBUTE_FIXED_PART_SIZE);
	ReleaseSysCache(tuple);
	return strcmp(NameStr(column->attname), MH_VERSION_COLUMN) == 0 && !column->attisdropped &&
		   !column->atthasdef && !column->atthasmissing && column->attgenerated == '\0' &&
		   (column->atttypid == TEXTOID || column->atttypid == VARCHAROID ||
			column->atttypid == BPCHAROID);
}

/* Returns whether no index has an expression.  Those that cannot be used yet count too. */
static bool
look_at_indexes(PlainTable *plain)
{
	Relation catalog = table_open(IndexRelationId, AccessShareLock);
	bool are_plain = true;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(plain->class.oid));
	scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, NULL, 1, &key);
	while (are_plain && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);

		are_plain = heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) &&
					heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		plain->has_unique_key |= index->indislive && index->indisunique && index->indisvalid &&
								 index->indnkeyatts == 1 && index->indkey.values[0] == 1;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return are_plain;
}

/* Returns whether no relation at all has a policy, which may be there without row security. */
static bool
has_nobody_policies(void)
{
	Relation catalog = table_open(PolicyRelationId, AccessShareLock);
	bool is_empty = RelationGetNumberOfBlocks(catalog) == 0;

	table_close(catalog, AccessShareLock);
	return is_empty;
}

/* As pg_relation_size() does, without opening the file. */
static bool
find_pages(PlainTable *plain)
{
	char *path;
	struct stat file;
	bool is_there;

	plain->file = (RelFileLocator){
		OidIsValid(plain->class.reltablespace) ? plain->class.reltablespace : MyDatabaseTableSpace,
		MyDatabaseId, plain->class.relfilenode};
	path = MH_FILE_PATH(plain->file);
	is_there = stat(path, &file) == 0;
	pfree(path);
	if (!is_there || file.st_size % BLCKSZ != 0 || file.st_size > MOST_PAGES * BLCKSZ)
		return false;
	plain->pages = file.st_size / BLCKSZ;
	return true;
}

/*
 * A serializable transaction marks what it reads, which needs a relation.  What may be large is
 * refused by rows.c.
 */
static bool
look_at(Oid relation, PlainTable *plain)
{
	if (IsolationIsSerializable() || !MH_SNAPSHOTS_LAST || !IsMVCCSnapshot(GetActiveSnapshot()))
		return false;
	if (!find_class(relation, &plain->class) || !find_column(relation, &plain->column))
		return false;
	if (plain->class.relhasindex && !look_at_indexes(plain))
		return false;
	if ((plain->class.relhastriggers || !has_nobody_policies()) &&
		mh_expressions_are_large(relation))
		return false;
	return find_pages(plain);
}

/* Returns false if a row cannot be read.  The column is the first, so it begins where data begins. */
static bool
read_page(MhVersionTable *table, const PlainTable *plain, BlockNumber number)
{
	Buffer buffer =
		ReadBufferWithoutRelcache(plain->file, MAIN_FORKNUM, number, RBM_NORMAL, NULL, true);
	HeapTupleData rows[MaxHeapTuplesPerPage];
	bool is_readable = true;
	int n;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	n = mh_page_rows(table->oid, buffer, GetActiveSnapshot(), rows);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	for (int i = 0; i < n && is_readable && !mh_version_table_is_full(table); i++)
	{
		HeapTupleHeader row = rows[i].t_data;
		bool is_null = heap_attisnull(&rows[i], 1, NULL);
		Datum value = PointerGetDatum((char *) row + row->t_hoff);

		is_readable = mh_version_table_add_row(table, value, is_null, plain->column.atttypid);
		mh_version_table_note_commit(table, HeapTupleHeaderGetRawXmin(row));
	}
	ReleaseBuffer(buffer);
	return is_readable;
}

/*
 * Reads a locked table.  Returns false, with nothing filled in, where it is of another form or too
 * large.
 */
static bool
read_plain(MhVersionTable *table)
{
	PlainTable plain = {.has_unique_key = false};

	if (!look_at(table->oid, &plain) || mh_is_distributed(table->oid))
		return false;
	mh_version_table_describe_column(table, &plain.column);
	table->has_unique_key = plain.has_unique_key;
	if (!mh_version_table_check_privileges(table, plain.class.relnamespace, 1))
		return true;
	for (BlockNumber page = 0; page < plain.pages; page++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!read_page(table, &plain, page))
		{
			mh_version_table_forget_rows(table);
			return false;
		}
		if (table->has_more_rows)
			break;
	}
	table->access = MH_ACCESS_READ;
	return true;
}

void
mh_version_table_read_rows(MhVersionTable *table, bool named)
{
	if (!ConditionalLockRelationOid(table->oid, AccessShareLock))
	{
		mh_version_table_is_busy(table);
		return;
	}
	if (!read_plain(table))
		mh_version_table_read_locked(table, named);
	UnlockRelationOid(table->oid, AccessShareLock);
	if (table->access != MH_ACCESS_READ)
		/* if a partitioned table fails half-way, none of its rows are shown */
		mh_version_table_forget_rows(table);
}
