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
#include "utils/builtins.h"
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

static bool
has_value(Datum column, bool is_null, const char *value, int length)
{
	text *found;

	if (is_null)
		return false;
	found = DatumGetTextPP(column);
	return VARSIZE_ANY_EXHDR(found) == length && memcmp(VARDATA_ANY(found), value, length) == 0;
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
	int key_place = key == NULL ? -1 : mh_column_place(descriptor, key);
	const char *wanted = key == NULL ? NULL : mh_from_utf8(value);
	int length = key == NULL ? 0 : strlen(wanted);
	int places[MH_OWN_COLUMNS];
	SysScanDesc scan;
	HeapTuple tuple;

	for (int i = 0; i < reading->columns->n; i++)
		places[i] = mh_column_place(descriptor, reading->columns->names[i]);
	scan = systable_beginscan(table, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(tuple, descriptor, row, nulls);
		if (key_place < 0 || has_value(row[key_place], nulls[key_place], wanted, length))
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
