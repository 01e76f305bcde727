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

#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "server/base/dependencies.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

/* In a schema with more objects a walk over the catalogs is no more than what they cost. */
#define MOST_LOOKED_AT 1000

typedef struct Look
{
	MhContents contents;
	int left; /* how many objects may still be looked at */
} Look;

static bool
note(Form_pg_depend row, void *into)
{
	Look *look = into;

	switch (row->classid)
	{
		case TypeRelationId:
		case CollationRelationId:
			look->contents.has_types = true;
			break;
		case ProcedureRelationId:
			look->contents.has_functions = true;
			break;
		case RelationRelationId:
			/* a type that is made of columns depends on the schema through its relation */
			look->contents.has_types |= get_rel_relkind(row->objid) == RELKIND_COMPOSITE_TYPE;
			break;
		default:
			break;
	}
	return --look->left > 0;
}

MhContents
mh_contents_find(const MhReading *reading)
{
	ArrayType *schemas = DatumGetArrayTypeP(reading->schemas);
	const Oid *oids = (const Oid *) ARR_DATA_PTR(schemas);
	int n = ArrayGetNItems(ARR_NDIM(schemas), ARR_DIMS(schemas));
	Look look = {{false, false}, reading->source == NULL ? MOST_LOOKED_AT : 0};

	for (int i = 0; i < n && look.left > 0; i++)
		mh_each_dependent(NamespaceRelationId, oids[i], note, &look);
	if (look.left <= 0)
		look.contents.has_types = look.contents.has_functions = true;
	return look.contents;
}
