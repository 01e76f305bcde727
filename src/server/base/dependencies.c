/*-------------------------------------------------------------------------
 *
 * dependencies.c
 *	  Answers questions about one object from pg_depend, without a query.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/dependencies.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_depend.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

/*
 * Returns whether there is a row with these first three columns of an index whose type is (or is
 * not) the given one.
 */
static bool
find(Oid index, const AttrNumber *columns, Oid catalog, Oid object, char type, bool is_type)
{
	Relation depend = table_open(DependRelationId, AccessShareLock);
	bool found = false;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], columns[0], BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(catalog));
	ScanKeyInit(&keys[1], columns[1], BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	scan = systable_beginscan(depend, index, true, GetActiveSnapshot(), 2, keys);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = (((Form_pg_depend) GETSTRUCT(tuple))->deptype == type) == is_type;
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return found;
}

bool
mh_is_extension_member(Oid catalog, Oid object)
{
	static const AttrNumber columns[] = {Anum_pg_depend_classid, Anum_pg_depend_objid};

	return find(DependDependerIndexId, columns, catalog, object, DEPENDENCY_EXTENSION, true);
}

bool
mh_is_used(Oid catalog, Oid object)
{
	static const AttrNumber columns[] = {Anum_pg_depend_refclassid, Anum_pg_depend_refobjid};

	return find(DependReferenceIndexId, columns, catalog, object, DEPENDENCY_INTERNAL, false);
}
