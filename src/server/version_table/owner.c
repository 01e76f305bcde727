/*-------------------------------------------------------------------------
 *
 * owner.c
 *	  Finds the role that shall own a new version table.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "catalog/pg_type.h"
#include "server/base/query.h"

/* If several roles own equally many tables, the first by name counts. */
static const char *const owner_query =
	"SELECT pg_catalog.quote_ident(r.rolname), pg_catalog.pg_has_role(r.oid, '" MH_SET_ROLE
	"') AND (s.rolsuper"
	"  OR pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE'))"
	" FROM pg_catalog.pg_namespace n"
	" JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid"
	" JOIN pg_catalog.pg_roles r ON r.oid = c.relowner"
	" JOIN pg_catalog.pg_roles s ON s.rolname = current_user"
	" WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid"
	"  AND d.objsubid = 0 AND d.deptype = 'e')"
	" GROUP BY r.oid, r.rolname, n.oid, s.rolsuper ORDER BY pg_catalog.count(*) DESC, r.rolname LIMIT 1";

static void *
owner_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhSchemaOwner *owner = palloc0(sizeof(MhSchemaOwner));
	bool is_null;

	owner->role = SPI_getvalue(tuple, descriptor, 1);
	owner->can_take = DatumGetBool(SPI_getbinval(tuple, descriptor, 2, &is_null));
	return owner;
}

MhSchemaOwner *
mh_schema_owner(const char *schema)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(schema)};
	List *found = mh_query_list(owner_query, 1, types, values, NULL, owner_from_tuple);

	return found == NIL ? NULL : linitial(found);
}
