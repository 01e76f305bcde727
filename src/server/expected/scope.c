/*-------------------------------------------------------------------------
 *
 * scope.c
 *	  What of the live schema is compared with an expectation.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "catalog/namespace.h"
#include "core/base/relative_names.h"
#include "miscadmin.h"
#include "server/base/trust.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

MhVersionTable *
mh_version_table_default(const MhProject *project)
{
	MhVersionTable *table = palloc0(sizeof(MhVersionTable));

	table->schema =
		pstrdup(project->version_table_schema ? project->version_table_schema : "public");
	table->name = project->version_table_name;
	table->owner = mh_database_owner();
	table->access = MH_ACCESS_READ;
	table->is_trusted = true;
	table->counts = true;
	return table;
}

/* Adds the version tables of a schema, of any project: they belong to no project's schema. */
static List *
add_version_tables(List *found, List *projects, const char *schema)
{
	Oid namespace = get_namespace_oid(mh_from_utf8(schema), true);
	ListCell *cell;

	if (!OidIsValid(namespace))
		return found;
	foreach (cell, projects)
	{
		const MhProject *project = lfirst(cell);
		Oid relation = get_relname_relid(mh_from_utf8(project->version_table_name), namespace);

		if (OidIsValid(relation) && (project->version_table_schema == NULL ||
									 strcmp(project->version_table_schema, schema) == 0))
			found = list_append_unique_oid(found, relation);
	}
	return found;
}

/* The same, by their names there. */
static void
add_version_tables_there(MhScope *scope, List *projects, const char *schema)
{
	ListCell *cell;

	foreach (cell, projects)
	{
		const MhProject *project = lfirst(cell);

		if (project->version_table_schema != NULL &&
			strcmp(project->version_table_schema, schema) != 0)
			continue;
		mh_strings_add(&scope->version_table_schemas, schema);
		mh_strings_add(&scope->version_table_names, project->version_table_name);
	}
}

static MhScope
scope_there(const MhVersionTable *table, const MhStrings *schemas, bool with_global)
{
	const MhElsewhere *there = table->there;
	List *projects = mh_projects_read();
	MhScope scope = {0};

	scope.version_schema = table->schema;
	scope.owner = there->owner;
	scope.with_global = with_global;
	scope.source = there->source;
	scope.relation_schema = there->relation_schema;
	scope.relation_name = there->relation_name;
	mh_strings_add(&scope.version_table_schemas, table->schema);
	mh_strings_add(&scope.version_table_names, table->name);
	for (int i = 0; i < schemas->n; i++)
	{
		const char *name = strcmp(schemas->v[i], MH_HOME) == 0 ? table->schema : schemas->v[i];

		mh_strings_add(&scope.schemas, name);
		add_version_tables_there(&scope, projects, name);
	}
	return scope;
}

static MhScope
scope_here(const MhVersionTable *table, const MhStrings *schemas, bool with_global)
{
	List *projects = mh_projects_list();
	MhScope scope = {0};
	char *owner = GetUserNameFromId(table->owner, true);

	scope.version_schema = table->schema;
	scope.owner = owner ? mh_to_utf8(owner) : NULL;
	scope.with_global = with_global;
	if (OidIsValid(table->oid))
		scope.version_tables = list_make1_oid(table->oid);
	for (int i = 0; i < schemas->n; i++)
	{
		const char *name = strcmp(schemas->v[i], MH_HOME) == 0 ? table->schema : schemas->v[i];

		mh_strings_add(&scope.schemas, name);
		scope.version_tables = add_version_tables(scope.version_tables, projects, name);
	}
	return scope;
}

char *
mh_scope_identifier(const char *name)
{
	return mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(name))));
}

char *
mh_scope_owner(const MhScope *scope)
{
	return scope->owner ? mh_scope_identifier(scope->owner) : NULL;
}

MhScope
mh_scope_of(const MhVersionTable *table, const MhStrings *schemas, bool with_global)
{
	return table->there != NULL ? scope_there(table, schemas, with_global)
								: scope_here(table, schemas, with_global);
}
