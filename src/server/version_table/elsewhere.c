/*-------------------------------------------------------------------------
 *
 * elsewhere.c
 *	  Recognizes databases in which another engine (Citus) stores the rows of version tables
 *	  elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

bool
mh_is_distributed(Oid relation)
{
	Oid catalog = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	AttrNumber column = OidIsValid(catalog) ? get_attnum(catalog, "logicalrelid") : 0;
	Relation distributed;
	ScanKeyData key;
	SysScanDesc scan;
	bool found;

	if (column <= 0 || get_atttype(catalog, column) != REGCLASSOID ||
		get_rel_relkind(catalog) != RELKIND_RELATION ||
		!ConditionalLockRelationOid(catalog, AccessShareLock))
		return false;
	distributed = table_open(catalog, NoLock);
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(distributed, InvalidOid, false, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(distributed, AccessShareLock);
	return found;
}

bool
mh_is_worker(void)
{
	Oid catalog = get_relname_relid("pg_dist_local_group", PG_CATALOG_NAMESPACE);
	AttrNumber column = OidIsValid(catalog) ? get_attnum(catalog, "groupid") : 0;
	Relation group;
	SysScanDesc scan;
	HeapTuple tuple;
	bool found = false;

	if (column <= 0 || get_atttype(catalog, column) != INT4OID ||
		get_rel_relkind(catalog) != RELKIND_RELATION ||
		!ConditionalLockRelationOid(catalog, AccessShareLock))
		return false;
	group = table_open(catalog, NoLock);
	scan = systable_beginscan(group, InvalidOid, false, NULL, 0, NULL);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool is_null;
		Datum id = heap_getattr(tuple, column, RelationGetDescr(group), &is_null);

		found = !is_null && DatumGetInt32(id) != 0;
	}
	systable_endscan(scan);
	table_close(group, AccessShareLock);
	return found;
}
