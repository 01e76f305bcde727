/*-------------------------------------------------------------------------
 *
 * timescaledb.c
 *	  What TimescaleDB notes of tables and views in lists of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/timescaledb.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * Returns TimescaleDB's list of hypertables; InvalidOid: it does not exist, or the extension did
 * not create it.
 */
static Oid
find_list(const char *name)
{
	Oid schema = get_namespace_oid("_timescaledb_catalog", true);
	Oid list = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
	Oid extension = OidIsValid(list) ? get_extension_oid("timescaledb", true) : InvalidOid;

	return OidIsValid(extension) && get_rel_relkind(list) == RELKIND_RELATION &&
				   getExtensionOfObject(RelationRelationId, list) == extension
			   ? list
			   : InvalidOid;
}

static AttrNumber
name_column(Oid list, const char *name)
{
	AttrNumber column = get_attnum(list, name);

	return column > 0 && get_atttype(list, column) == NAMEOID ? column : InvalidAttrNumber;
}

/* Returns the relation that two columns of a row name; InvalidOid: none. */
static Oid
relation_of_row(Relation list, HeapTuple tuple, AttrNumber schema, AttrNumber name)
{
	bool no_schema;
	bool no_name;
	Datum of_schema = heap_getattr(tuple, schema, RelationGetDescr(list), &no_schema);
	Datum of_name = heap_getattr(tuple, name, RelationGetDescr(list), &no_name);
	Oid namespace =
		no_schema ? InvalidOid : get_namespace_oid(NameStr(*DatumGetName(of_schema)), true);

	return OidIsValid(namespace) && !no_name
			   ? get_relname_relid(NameStr(*DatumGetName(of_name)), namespace)
			   : InvalidOid;
}

/* Returns the relation in columns 2 and 3 of the row that has this one in columns 0 and 1. */
static Oid
look_up(const char *list_name, const char *const columns[4], Oid relation)
{
	Oid oid = find_list(list_name);
	char *own_name = OidIsValid(oid) ? get_rel_name(relation) : NULL;
	char *own_schema = own_name ? get_namespace_name(get_rel_namespace(relation)) : NULL;
	AttrNumber numbers[4];
	NameData names[2];
	ScanKeyData keys[2];
	Relation list;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid found = InvalidOid;

	if (own_schema == NULL)
		return InvalidOid;
	for (int i = 0; i < 4; i++)
		if ((numbers[i] = name_column(oid, columns[i])) == InvalidAttrNumber)
			return InvalidOid;
	if (!ConditionalLockRelationOid(oid, AccessShareLock))
		return InvalidOid;
	namestrcpy(&names[0], own_schema);
	namestrcpy(&names[1], own_name);
	for (int i = 0; i < 2; i++)
		ScanKeyInit(&keys[i], numbers[i], BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&names[i]));
	list = table_open(oid, NoLock);
	scan = systable_beginscan(list, InvalidOid, false, NULL, 2, keys);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = relation_of_row(list, tuple, numbers[2], numbers[3]);
	systable_endscan(scan);
	table_close(list, AccessShareLock);
	return found;
}

bool
mh_is_hypertable(Oid table)
{
	static const char *const columns[] = {"schema_name", "table_name", "schema_name", "table_name"};

	return OidIsValid(look_up("hypertable", columns, table));
}

Oid
mh_direct_view_of(Oid view)
{
	static const char *const columns[] = {"user_view_schema", "user_view_name",
										  "direct_view_schema", "direct_view_name"};

	return look_up("continuous_agg", columns, view);
}
