/*-------------------------------------------------------------------------
 *
 * own_table.c
 *	  Reads rows of mighead's tables as the caller, without a query if none is needed.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/own_table.h"

#include "server/base/extension_scan.h"
#include "server/base/query.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

static bool
is_plain(Relation table)
{
	return table->rd_rel->relkind == RELKIND_RELATION &&
		   table->rd_rel->relam == HEAP_TABLE_AM_OID && !table->rd_rel->relhassubclass &&
		   check_enable_rls(RelationGetRelid(table), InvalidOid, true) != RLS_ENABLED;
}

Relation
mh_own_table_open(const char *name)
{
	Oid relation = get_relname_relid(name, get_namespace_oid("mighead", false));
	Relation table;

	if (!OidIsValid(relation) || !mh_may_read(name))
		return NULL;
	table = table_open(relation, AccessShareLock);
	if (is_plain(table))
		return table;
	table_close(table, NoLock);
	return NULL;
}

bool
mh_own_table_may_scan(const char *name)
{
	Relation table = mh_own_table_open(name);

	if (table == NULL)
		return false;
	table_close(table, NoLock);
	return true;
}

/* A reading, by a scan or by a query. */
typedef struct Reading
{
	const MhOwnColumns *columns;
	MhOwnRowReader read;
	void *into;
} Reading;

/* ---------- by a scan ---------- */

/* Not while a new row version may be missing in it for an older snapshot. */
static bool
begins_with(Relation index, Relation table, AttrNumber column)
{
	return index->rd_rel->relam == BTREE_AM_OID &&
		   index->rd_index->indrelid == RelationGetRelid(table) && index->rd_index->indisvalid &&
		   !index->rd_index->indcheckxmin && index->rd_index->indkey.values[0] == column;
}

/* Returns the primary key if it begins with the column and can be had without waiting. */
static Oid
find_index(Relation table, AttrNumber column)
{
	char *name = psprintf("%s_pkey", RelationGetRelationName(table));
	Oid oid = get_relname_relid(name, RelationGetNamespace(table));
	Relation index;
	bool is_found;

	if (get_rel_relkind(oid) != RELKIND_INDEX || !ConditionalLockRelationOid(oid, AccessShareLock))
		return InvalidOid;
	index = index_open(oid, NoLock);
	is_found = begins_with(index, table, column);
	index_close(index, NoLock);
	return is_found ? oid : InvalidOid;
}

SysScanDesc
mh_own_scan_begin(Relation table, const char *key, const char *value)
{
	AttrNumber column =
		key == NULL ? InvalidAttrNumber : mh_column_place(RelationGetDescr(table), key) + 1;
	Oid index = column == InvalidAttrNumber ? InvalidOid : find_index(table, column);
	ScanKeyData scan_key;

	if (column != InvalidAttrNumber)
		ScanKeyEntryInitialize(&scan_key, 0, column, BTEqualStrategyNumber, InvalidOid,
							   TupleDescAttr(RelationGetDescr(table), column - 1)->attcollation,
							   F_TEXTEQ, mh_text_datum(value));
	return systable_beginscan(table, index, OidIsValid(index), GetActiveSnapshot(),
							  column == InvalidAttrNumber ? 0 : 1, &scan_key);
}

static void
take_row(const Reading *reading, const int *places, const Datum *row, const bool *row_nulls)
{
	Datum values[MH_OWN_COLUMNS] = {0};
	bool nulls[MH_OWN_COLUMNS];

	for (int i = 0; i < reading->columns->n; i++)
	{
		nulls[i] = places[i] < 0 || row_nulls[places[i]];
		if (!nulls[i])
			values[i] = row[places[i]];
	}
	reading->read(values, nulls, reading->into);
}

static void
scan_rows(Relation table, const Reading *reading, const char *key, const char *value)
{
	TupleDesc descriptor = RelationGetDescr(table);
	Datum *row = palloc(descriptor->natts * sizeof(Datum));
	bool *nulls = palloc(descriptor->natts * sizeof(bool));
	int places[MH_OWN_COLUMNS];
	SysScanDesc scan;
	HeapTuple tuple;

	for (int i = 0; i < reading->columns->n; i++)
		places[i] = mh_column_place(descriptor, reading->columns->names[i]);
	scan = mh_own_scan_begin(table, key, value);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(tuple, descriptor, row, nulls);
		take_row(reading, places, row, nulls);
	}
	systable_endscan(scan);
	pfree(row);
	pfree(nulls);
}

/* ---------- by a query ---------- */

static void
take_tuple(HeapTuple tuple, TupleDesc descriptor, void *into)
{
	const Reading *reading = into;
	Datum values[MH_OWN_COLUMNS];
	bool nulls[MH_OWN_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	reading->read(values, nulls, reading->into);
}

static void
query_rows(Reading *reading, const char *key, const char *value)
{
	const MhOwnColumns *columns = reading->columns;
	Oid relation = get_relname_relid(columns->table, get_namespace_oid("mighead", false));
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(value ? value : "")};
	const char nulls[] = {key ? ' ' : 'n', '\0'};
	StringInfoData query;

	initStringInfo(&query);
	for (int i = 0; i < columns->n; i++)
		appendStringInfo(&query, "%s%s", i == 0 ? "SELECT " : ", ",
						 get_attnum(relation, columns->names[i]) == InvalidAttrNumber
							 ? "NULL"
							 : mh_quote_identifier(columns->names[i]));
	appendStringInfo(&query, " FROM mighead.%s WHERE $1 IS NULL", columns->table);
	if (key != NULL)
		appendStringInfo(&query, " OR %s OPERATOR(pg_catalog.=) $1", mh_quote_identifier(key));
	mh_query_each(query.data, 1, types, values, nulls, take_tuple, reading);
}

void
mh_own_table_each(const MhOwnColumns *columns, const char *key, const char *value,
				  MhOwnRowReader read, void *into)
{
	Reading reading = {columns, read, into};
	Relation table = mh_own_table_open(columns->table);

	Assert(columns->n <= MH_OWN_COLUMNS);
	if (table == NULL)
	{
		query_rows(&reading, key, value);
		return;
	}
	scan_rows(table, &reading, key, value);
	table_close(table, NoLock);
}
