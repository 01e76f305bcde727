/*-------------------------------------------------------------------------
 *
 * default_privileges.c
 *	  Definitions of default privileges, and of privileges on members of extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

#include "utils/builtins.h"

/* What ALTER DEFAULT PRIVILEGES calls the objects. */
typedef struct Objects
{
	char code;
	ObjectType type;
	const char *name;
} Objects;

static const Objects kinds_of_objects[] = {
	{'r', OBJECT_TABLE, "tables"},       {'S', OBJECT_SEQUENCE, "sequences"},
	{'f', OBJECT_FUNCTION, "functions"}, {'T', OBJECT_TYPE, "types"},
	{'n', OBJECT_SCHEMA, "schemas"},     {'L', OBJECT_LARGEOBJECT, "large objects"},
};

/* clang-format off */
/* As acldefault() has the type. */
#define ACL_TYPE(type) "CASE " type " WHEN 'S' THEN 's' ELSE " type " END"

#define DEFAULT_PRIVILEGES_COLUMNS \
	"SELECT " MH_SQL_ROLE("a.defaclrole") ", (SELECT n.nspname::text FROM pg_catalog.pg_namespace n" \
	" WHERE n.oid = a.defaclnamespace), a.defaclobjtype, " \
	MH_SQL_PRIVILEGES("a.defaclacl", ACL_TYPE("a.defaclobjtype"), "a.defaclrole") \
	" FROM pg_catalog.pg_default_acl a"

static const char *const defaults_of_schemas_query =
	DEFAULT_PRIVILEGES_COLUMNS
	" WHERE a.defaclnamespace = ANY ($1)";
static const char *const defaults_query =
	DEFAULT_PRIVILEGES_COLUMNS
	" WHERE a.defaclnamespace = 0 AND $1 IS NOT NULL";
/* clang-format on */

static const Objects *
find_objects(char code)
{
	for (int i = 0; i < lengthof(kinds_of_objects); i++)
		if (kinds_of_objects[i].code == code)
			return &kinds_of_objects[i];
	return NULL;
}

/* "role in schema: tables", or "role: tables" where it holds in all. */
static void
read_defaults(MhReading *reading, const MhCatalogRow *row, void *state)
{
	const Objects *objects = find_objects(mh_row_char(row, 2));
	char *role = mh_row_role(row, 0);
	char *schema = mh_row_text(row, 1);
	MhDefinition *definition;
	char *name;

	if (schema != NULL)
		role = psprintf("%s in %s", role, mh_schema_name(reading, schema));
	name = psprintf("%s: %s", role, objects == NULL ? "other objects" : objects->name);
	definition = mh_definition_add(reading->set, MH_TYPE_DEFAULT_PRIVILEGES, name, NULL);
	mh_attribute_add(definition, MH_ATTR_PRIVILEGES,
					 mh_row_privileges(row, 3, objects == NULL ? OBJECT_TABLE : objects->type, 0));
	mh_definition_finish(definition);
}

/* clang-format off */
#define MEMBERS(class, privileges, owner, objects) \
	"SELECT m.classid, m.objid, c." privileges ", c." owner ", " objects \
	" FROM pg_catalog." class \
	" c JOIN pg_catalog.pg_depend m" \
	" ON m.classid = 'pg_catalog." class \
	"'::pg_catalog.regclass AND m.objid = c.oid" \
	" AND m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND m.deptype = 'e'"

/* What CREATE EXTENSION granted is what pg_init_privs has, else the defaults. */
static const char *const members_query =
	"SELECT i.type || ' ' || i.identity, " MH_SQL_ROLE("m.owner") ", m.kind, "
	MH_SQL_PRIVILEGES("m.acl", ACL_TYPE("m.kind"), "m.owner") ", "
	MH_SQL_PRIVILEGES("p.initprivs", ACL_TYPE("m.kind"), "m.owner")
	" FROM ("
	MEMBERS("pg_class", "relacl", "relowner", "CASE c.relkind WHEN 'S' THEN 'S'::\"char\" ELSE 'r' END")
	" UNION ALL " MEMBERS("pg_proc", "proacl", "proowner", "'f'")
	" UNION ALL " MEMBERS("pg_type", "typacl", "typowner", "'T'")
	" UNION ALL " MEMBERS("pg_namespace", "nspacl", "nspowner", "'n'")
	") m (classid, objid, acl, owner, kind)"
	" LEFT JOIN pg_catalog.pg_init_privs p"
	"  ON p.classoid = m.classid AND p.objoid = m.objid AND p.objsubid = 0,"
	" pg_catalog.pg_identify_object(m.classid, m.objid, 0) i"
	" WHERE $1 IS NOT NULL AND m.acl IS DISTINCT FROM p.initprivs AND i.identity IS NOT NULL"
	" AND m.objid NOT IN (SELECT d.objid FROM pg_catalog.pg_depend d"
	"  JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid AND x.extname = 'mighead'"
	"  WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass"
	"  AND d.deptype = 'e')";
/* clang-format on */

static void
read_member(MhReading *reading, const MhCatalogRow *row, void *state)
{
	const Objects *objects = find_objects(mh_row_char(row, 2));
	char *live = mh_row_privileges(row, 3, objects->type, 1);
	char *initial = mh_row_privileges(row, 4, objects->type, 1);
	MhDefinition *definition;

	if (live == initial || (live != NULL && initial != NULL && strcmp(live, initial) == 0))
		return;
	definition = mh_definition_add(reading->set, MH_TYPE_EXTENSION_PRIVILEGES,
								   mh_row_canonical(row, 0), NULL);
	mh_attribute_add(definition, MH_ATTR_PRIVILEGES, live == NULL ? pstrdup("default") : live);
	mh_definition_finish(definition);
}

void
mh_read_privileges(MhReading *reading)
{
	mh_query_catalogs(reading, defaults_of_schemas_query, reading->schemas, read_defaults, NULL);
	if (!reading->scope->with_global)
		return;
	mh_query_catalogs(reading, defaults_query, reading->schemas, read_defaults, NULL);
	mh_query_catalogs(reading, members_query, reading->schemas, read_member, NULL);
}
