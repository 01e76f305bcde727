/*-------------------------------------------------------------------------
 *
 * hypertable.c
 *	  Tables whose rows TimescaleDB keeps in inheritors, the chunks.
 *
 * ALTER TABLE makes a foreign key of a hypertable in each of its chunks, as it does for partitions;
 * of any other table that others inherit from it sees the rows of the table alone.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#define TIMESCALEDB "timescaledb"

/* InvalidOid: it is not there, or is not what that extension made. */
static Oid
list_of_hypertables(void)
{
	Oid schema = get_namespace_oid("_timescaledb_catalog", true);
	Oid catalog = OidIsValid(schema) ? get_relname_relid("hypertable", schema) : InvalidOid;
	Oid extension = OidIsValid(catalog) ? get_extension_oid(TIMESCALEDB, true) : InvalidOid;

	return OidIsValid(extension) && get_rel_relkind(catalog) == RELKIND_RELATION &&
				   getExtensionOfObject(RelationRelationId, catalog) == extension
			   ? catalog
			   : InvalidOid;
}

static AttrNumber
name_column(Oid catalog, const char *name)
{
	AttrNumber column = get_attnum(catalog, name);

	return column > 0 && get_atttype(catalog, column) == NAMEOID ? column : InvalidAttrNumber;
}

bool
mh_is_hypertable(Relation table)
{
	Oid catalog = list_of_hypertables();
	AttrNumber schema = OidIsValid(catalog) ? name_column(catalog, "schema_name") : 0;
	AttrNumber name = OidIsValid(catalog) ? name_column(catalog, "table_name") : 0;
	NameData schema_name;
	ScanKeyData keys[2];
	Relation list;
	SysScanDesc scan;
	bool found;

	if (schema == 0 || name == 0 || !ConditionalLockRelationOid(catalog, AccessShareLock))
		return false;
	namestrcpy(&schema_name, get_namespace_name(RelationGetNamespace(table)));
	ScanKeyInit(&keys[0], schema, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&schema_name));
	ScanKeyInit(&keys[1], name, BTEqualStrategyNumber, F_NAMEEQ,
				NameGetDatum(&table->rd_rel->relname));
	list = table_open(catalog, NoLock);
	scan = systable_beginscan(list, InvalidOid, false, NULL, 2, keys);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(list, AccessShareLock);
	return found;
}

void
mh_preflight_notice_inheritors(Relation table, const char *what_of_them)
{
	int n;

	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || !table->rd_rel->relhassubclass ||
		mh_is_hypertable(table))
		return;
	n = list_length(find_inheritance_children(RelationGetRelid(table), NoLock));
	if (n > 0)
		ereport(NOTICE, (errmsg_plural("rows of %d table that inherits from \"%s\" are %s",
									   "rows of %d tables that inherit from \"%s\" are %s", n, n,
									   RelationGetRelationName(table), what_of_them),
						 errdetail("A foreign key does not see them.")));
}
