/*-------------------------------------------------------------------------
 *
 * definitions.c
 *	  SQL function that shows the live schema as mighead reads it.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "server/definitions/definitions.h"
#include "server/version_table/version_table.h"
#include "entry/definitions.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(mighead_definitions);

#define ARG_VERSION_TABLE 0
#define ARG_SCHEMAS 1
#define ARG_RELATION 2

/* Returns every schema with tables of an application, for a call that names none. */
static MhStrings
all_schemas(void)
{
	MhStrings names = {0, NULL};
	ListCell *cell;

	foreach (cell, mh_schemas_with_tables(NIL))
	{
		char *name = get_namespace_name(lfirst_oid(cell));

		if (name != NULL)
			mh_strings_add(&names, mh_to_utf8(name));
	}
	return names;
}

static void
add_relation(MhScope *scope, Oid relation)
{
	char *schema = get_namespace_name(get_rel_namespace(relation));

	if (schema == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	scope->relations = list_make1_oid(relation);
	mh_strings_add(&scope->schemas, mh_to_utf8(schema));
}

static MhScope
scope_of_call(FunctionCallInfo fcinfo)
{
	MhScope scope = {0};
	List *projects = mh_projects_read();
	MhVersionTable *table = mh_version_table_choose(fcinfo, ARG_VERSION_TABLE, projects, NULL);

	scope.with_global = true;
	if (table != NULL)
	{
		scope.version_schema = table->schema;
		scope.owner = mh_to_utf8(GetUserNameFromId(table->owner, false));
		scope.version_tables = list_make1_oid(table->oid);
	}
	if (!PG_ARGISNULL(ARG_RELATION))
		add_relation(&scope, PG_GETARG_OID(ARG_RELATION));
	else if (!PG_ARGISNULL(ARG_SCHEMAS))
		scope.schemas = mh_strings_from_array(PG_GETARG_DATUM(ARG_SCHEMAS), "schemas");
	else if (table != NULL)
		mh_strings_add(&scope.schemas, table->schema);
	else
		scope.schemas = all_schemas();
	return scope;
}

static void
put_row(MhResult *result, const char *type, const char *name, const char *parent,
		const char *attribute, const char *value)
{
	mh_put_text(result, type);
	mh_put_text(result, name);
	mh_put_text(result, parent);
	mh_put_text(result, attribute);
	mh_put_text(result, value);
	mh_row_end(result);
}

static void
put_definition(MhResult *result, const MhDefinition *definition)
{
	/* an object without attributes is shown too */
	if (definition->n == 0)
		put_row(result, definition->type, definition->name, definition->parent, NULL, NULL);
	for (int i = 0; i < definition->n; i++)
		put_row(result, definition->type, definition->name, definition->parent,
				definition->attributes[i].name, definition->attributes[i].value);
}

void
mh_definitions_put(MhResult *result, const MhDefinitions *set)
{
	for (int i = 0; i < set->n; i++)
		put_definition(result, &set->v[i]);
	for (int i = 0; i < set->n_unread; i++)
		put_row(result, set->unread[i].type, set->unread[i].name, NULL, set->unread[i].kind,
				set->unread[i].reason);
}

/*
 * mighead_definitions(version_table regclass, schemas text[], relation regclass)
 *
 *		The live schema, one row per attribute that is not at its default, ordered by type, name
 *		and attribute; then what could not be read (attribute "busy", "unreadable" or
 *		"unmodelled", with the reason).  Names in the schema of the version table begin with
 *		$home, and its owner is $owner.  schemas defaults to that schema; without a version table,
 *		to all that have tables.  With relation: only this one and what belongs to it.  Errors:
 *		MH301, 42P01, 22004 (a NULL in schemas).
 *
 *		Reads the system catalogs as the caller.  Locks: AccessShareLock on relations, never
 *		waited for and given back at once.
 */
Datum
mighead_definitions(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhScope scope;

	mh_result_begin(&result, fcinfo);
	scope = scope_of_call(fcinfo);
	mh_definitions_put(&result, mh_definitions_read(&scope));
	return (Datum) 0;
}
