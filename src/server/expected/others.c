/*-------------------------------------------------------------------------
 *
 * others.c
 *	  Removes what belongs to another project that has its version table in the same schema.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "utils/lsyscache.h"

static const char *const objects_query =
	"SELECT d.object_type || E'\n' || d.object FROM mighead.definition d"
	" WHERE d.checksum IN (SELECT e.checksum FROM mighead.expected e WHERE e.project = $1)";

/* $1: schema and name */
static const char *const there_query =
	"SELECT 1 FROM (SELECT $1::pg_catalog.text[] AS v) a"
	" JOIN pg_catalog.pg_namespace n ON n.nspname = a.v[1]"
	" JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = a.v[2]";

/*
 * Returns whether the project has its version table in the same schema.  Names are relative to it,
 * so only such projects are comparable.
 */
static void
note_found(int n, const char *const *values, void *state)
{
	*(bool *) state = true;
}

static bool
exists_there(const MhElsewhere *there, const char *schema, const char *name)
{
	MhStrings names = {0, NULL};
	bool found = false;

	mh_strings_add(&names, schema);
	mh_strings_add(&names, name);
	there->source->query(there->source, there_query, mh_array_text(&names), note_found, &found);
	return found;
}

static bool
is_beside(const MhProject *project, const MhVersionTable *table, const char *own)
{
	Oid schema;

	if (!project->is_stored || strcmp(project->name, own) == 0 ||
		strcmp(project->version_table_name, table->name) == 0)
		return false;
	if (project->version_table_schema != NULL &&
		strcmp(project->version_table_schema, table->schema) != 0)
		return false;
	if (table->there != NULL)
		return exists_there(table->there, table->schema, project->version_table_name);
	schema = get_namespace_oid(mh_from_utf8(table->schema), true);
	return OidIsValid(schema) &&
		   OidIsValid(get_relname_relid(mh_from_utf8(project->version_table_name), schema));
}

bool
mh_has_others_beside(const MhVersionTable *table, const char *project)
{
	ListCell *cell;

	foreach (cell, mh_projects_list())
		if (is_beside(lfirst(cell), table, project))
			return true;
	return false;
}

/* Returns what other projects expect at any rows: type and name of each object. */
static MhStrings
expected_by_others(const MhVersionTable *table, const char *own)
{
	MhStrings all = {0, NULL};
	ListCell *cell;

	foreach (cell, mh_projects_list())
	{
		const MhProject *project = lfirst(cell);
		Oid types[1] = {TEXTOID};
		Datum values[1] = {mh_text_datum(project->name)};
		MhStrings found;

		if (!is_beside(project, table, own))
			continue;
		found = mh_query_strings(objects_query, 1, types, values, NULL);
		for (int i = 0; i < found.n; i++)
			mh_strings_push(&all, found.v[i]);
	}
	mh_strings_sort(&all);
	return all;
}

static bool
has(const MhStrings *sorted, const char *text)
{
	int low = 0;
	int high = sorted->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(sorted->v[middle], text);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Returns whether the object's parent (a type that has parts) belongs to another project. */
static bool
is_left_with_parent(const MhDefinition *definition, const MhStrings *others,
					const MhExpectations *ours)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_FOREIGN_TABLE, MH_TYPE_VIEW,
										MH_TYPE_MATERIALIZED_VIEW, MH_TYPE_DOMAIN};

	for (size_t i = 0; definition->parent != NULL && i < lengthof(types); i++)
		if (mh_object_find(ours, types[i], definition->parent) < 0 &&
			has(others, psprintf("%s\n%s", types[i], definition->parent)))
			return true;
	return false;
}

void
mh_leave_to_others(MhDefinitions *live, const MhVersionTable *table, const char *project,
				   const MhExpectations *ours)
{
	MhStrings others = expected_by_others(table, project);
	int kept = 0;

	for (int i = 0; others.n > 0 && i < live->n; i++)
	{
		const MhDefinition *definition = &live->v[i];
		bool is_theirs = mh_object_find(ours, definition->type, definition->name) < 0 &&
						 (has(&others, psprintf("%s\n%s", definition->type, definition->name)) ||
						  is_left_with_parent(definition, &others, ours));

		CHECK_FOR_INTERRUPTS();
		if (!is_theirs)
			live->v[kept++] = *definition;
	}
	if (others.n > 0)
		live->n = kept;
}
