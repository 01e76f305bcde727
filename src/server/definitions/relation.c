/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  A relation of the batch that is being read, and names that only the catalogs
 *	  know.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/relations.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

MhRelation *
mh_relation_find(const MhReading *reading, MhCatalogOid oid)
{
	return hash_search(reading->relations, &oid, HASH_FIND, NULL);
}

MhRelation *
mh_relation_of_row(const MhCatalogRow *row, int column)
{
	MhRelation *relation = mh_relation_find(row->reading, mh_row_oid(row, column));

	if (relation == NULL)
		mh_raise_wrong_row();
	return relation;
}

bool
mh_relation_is_view(const MhRelation *relation)
{
	return relation->kind == RELKIND_VIEW || relation->kind == RELKIND_MATVIEW;
}

char *
mh_visible_name(const MhReading *reading, Oid schema, const char *name)
{
	if (schema == PG_CATALOG_NAMESPACE)
		return pstrdup(mh_quote_identifier(name));
	return mh_relative_name(reading, mh_to_utf8(get_namespace_name(schema)), name);
}

char *
mh_collation_name(const MhReading *reading, MhCatalogOid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(mh_local_oid(reading, collation)));
	Form_pg_collation form;
	char *name;

	if (!HeapTupleIsValid(tuple))
		return pstrdup("unknown");
	form = (Form_pg_collation) GETSTRUCT(tuple);
	name =
		mh_visible_name(reading, form->collnamespace, mh_to_utf8(pstrdup(NameStr(form->collname))));
	ReleaseSysCache(tuple);
	return name;
}
