/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  Definitions of everything that is not a relation or part of one.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

/* clang-format off */
static const char *const schemas_query =
	"SELECT n.nspname::text, " MH_SQL_ROLE("n.nspowner") ", "
	MH_SQL_PRIVILEGES("n.nspacl", "'n'", "n.nspowner") "," MH_SQL_COMMENT("pg_namespace", "n.oid")
	" FROM pg_catalog.pg_namespace n"
	" WHERE n.oid = ANY ($1) AND " MH_NOT_A_MEMBER("pg_namespace", "n.oid");
/* clang-format on */

static void
read_schema(MhReading *reading, const MhCatalogRow *row, void *state)
{
	char *schema = mh_row_text(row, 0);
	MhDefinition *definition =
		mh_definition_add(reading->set, MH_TYPE_SCHEMA, mh_schema_name(reading, schema), NULL);

	mh_attribute_add(definition, MH_ATTR_OWNER, mh_row_role(row, 1));
	mh_attribute_add(definition, MH_ATTR_PRIVILEGES, mh_row_privileges(row, 2, OBJECT_SCHEMA, 1));
	mh_attribute_add(definition, MH_ATTR_COMMENT, mh_row_text(row, 3));
	mh_definition_finish(definition);
}

/*
 * Where the scope is a few relations, what belongs to them; of these kinds
 * only statistics do.
 */
void
mh_read_objects(MhReading *reading)
{
	MhContents contents;

	mh_read_statistics(reading);
	if (reading->wanted != NIL)
		return;
	mh_query_catalogs(reading, schemas_query, reading->schemas, read_schema, NULL);
	contents = mh_contents_find(reading);
	if (contents.has_types)
		mh_read_types(reading);
	if (contents.has_functions)
		mh_read_functions(reading);
	mh_read_privileges(reading);
	if (reading->scope->with_global)
		mh_read_global(reading);
	mh_read_unmodelled(reading);
}
