/*-------------------------------------------------------------------------
 *
 * contents.c
 *	  Of which kinds a schema has objects at all.
 *
 * The catalogs of types and functions have no index by schema, so that a query on them walks over
 * those of all schemas, for each tenant again.  Each object of a schema depends on it, and that can be
 * looked up.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* In a schema with more objects a walk over the catalogs is no more than what they cost. */
#define MOST_LOOKED_AT 1000

static void
note(MhContents *contents, Form_pg_depend row)
{
	switch (row->classid)
	{
		case TypeRelationId:
		case CollationRelationId:
			contents->has_types = true;
			break;
		case ProcedureRelationId:
			contents->has_functions = true;
			break;
		case RelationRelationId:
			/* a type that is made of columns depends on the schema through its relation */
			contents->has_types |= get_rel_relkind(row->objid) == RELKIND_COMPOSITE_TYPE;
			break;
		default:
			break;
	}
}

/* False: there are too many. */
static bool
look(MhContents *contents, Relation depend, Oid schema, int *left)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(schema));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, GetActiveSnapshot(), 2, keys);
	while (*left > 0 && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		note(contents, (Form_pg_depend) GETSTRUCT(tuple));
		(*left)--;
	}
	systable_endscan(scan);
	return *left > 0;
}

MhContents
mh_contents_find(const MhReading *reading)
{
	ArrayType *schemas = DatumGetArrayTypeP(reading->schemas);
	const Oid *oids = (const Oid *) ARR_DATA_PTR(schemas);
	int n = ArrayGetNItems(ARR_NDIM(schemas), ARR_DIMS(schemas));
	Relation depend = table_open(DependRelationId, AccessShareLock);
	MhContents contents = {false, false};
	int left = MOST_LOOKED_AT;

	for (int i = 0; i < n; i++)
		if (!look(&contents, depend, oids[i], &left))
			contents.has_types = contents.has_functions = true;
	table_close(depend, AccessShareLock);
	return contents;
}
