/*-------------------------------------------------------------------------
 *
 * extension_scan.c
 *	  Reads rows of mighead's tables through their indexes, without a query.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/extension_scan.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#define MAX_KEYS 2

static Oid
find_relation(const char *name)
{
	Oid relation = get_relname_relid(name, get_namespace_oid("mighead", false));

	if (!OidIsValid(relation))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation mighead.%s does not exist", name)));
	return relation;
}

int
mh_column_place(TupleDesc descriptor, const char *name)
{
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (!column->attisdropped && strcmp(NameStr(column->attname), name) == 0)
			return i;
	}
	return -1;
}

void
mh_extension_scan_begin(MhExtensionScan *scan, const char *table, const char *index, int n,
						const char *const *keys)
{
	mh_extension_scan_begin_at(scan, NULL, table, index, n, keys);
}

void
mh_extension_scan_begin_at(MhExtensionScan *scan, Snapshot snapshot, const char *table,
						   const char *index, int n, const char *const *keys)
{
	ScanKeyData scan_keys[MAX_KEYS];

	Assert(n <= MAX_KEYS);
	scan->table = table_open(find_relation(table), AccessShareLock);
	scan->index = index_open(find_relation(index), AccessShareLock);
	scan->tuple = NULL;
	for (int i = 0; i < n; i++)
		ScanKeyEntryInitialize(&scan_keys[i], 0, scan->index->rd_index->indkey.values[i],
							   BTEqualStrategyNumber, InvalidOid, scan->index->rd_indcollation[i],
							   F_TEXTEQ, mh_text_datum(keys[i]));
	scan->scan = systable_beginscan_ordered(scan->table, scan->index, snapshot, n, scan_keys);
}

bool
mh_extension_scan_next(MhExtensionScan *scan)
{
	scan->tuple = systable_getnext_ordered(scan->scan, BackwardScanDirection);
	return HeapTupleIsValid(scan->tuple);
}

void
mh_extension_scan_end(MhExtensionScan *scan)
{
	systable_endscan_ordered(scan->scan);
	index_close(scan->index, NoLock);
	table_close(scan->table, NoLock);
}

Datum
mh_extension_value(const MhExtensionScan *scan, const char *column, bool *is_null)
{
	TupleDesc descriptor = RelationGetDescr(scan->table);
	int place = mh_column_place(descriptor, column);

	if (place < 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("column \"%s\" of relation mighead.%s does not exist", column,
							   RelationGetRelationName(scan->table))));
	return heap_getattr(scan->tuple, place + 1, descriptor, is_null);
}

char *
mh_extension_text(const MhExtensionScan *scan, const char *column)
{
	bool is_null;
	Datum value = mh_extension_value(scan, column, &is_null);

	return is_null ? NULL : mh_to_utf8(TextDatumGetCString(value));
}

MhStrings
mh_extension_strings(const MhExtensionScan *scan, const char *column)
{
	bool is_null;
	Datum value = mh_extension_value(scan, column, &is_null);

	return is_null ? (MhStrings){0, NULL} : mh_strings_from_array(value, column);
}
