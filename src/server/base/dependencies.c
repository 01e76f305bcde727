/*-------------------------------------------------------------------------
 *
 * dependencies.c
 *	  Walks over what depends on one object, in pg_depend, without a query.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/dependencies.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

void
mh_each_dependent(Oid catalog, Oid object, MhDependentReader read, void *into)
{
	Relation depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(catalog));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, GetActiveSnapshot(), 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		if (!read((Form_pg_depend) GETSTRUCT(tuple), into))
			break;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
}

static bool
note_use(Form_pg_depend row, void *into)
{
	bool *is_used = into;

	*is_used = row->deptype != DEPENDENCY_INTERNAL;
	return !*is_used;
}

bool
mh_is_used(Oid catalog, Oid object)
{
	bool is_used = false;

	mh_each_dependent(catalog, object, note_use, &is_used);
	return is_used;
}
