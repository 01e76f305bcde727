/*-------------------------------------------------------------------------
 *
 * remote_around.c
 *	  What stands around the version tables of a database elsewhere: leftovers, planted functions, and
 *	  schemas that lack a version table.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/remote_around.h"

#include "entry/survey_private.h"
#include "server/base/planted.h"
#include "server/expected/expected.h"
#include "utils/builtins.h"

static List *
tables_of(const MhRemoteDatabase *database)
{
	List *tables = NIL;
	ListCell *cell;

	foreach (cell, database->tables)
		tables = lappend(tables, &((MhRemoteTable *) lfirst(cell))->table);
	return tables;
}

/* In order of schema and name. */
static bool
is_first(const MhRemoteDatabase *database, const MhRemoteTable *table)
{
	return table == NULL || linitial(database->tables) == table;
}

/* ---------- leftovers ---------- */

static bool
has_version_table(const MhRemoteDatabase *database, const char *schema)
{
	ListCell *cell;

	foreach (cell, database->tables)
		if (strcmp(((MhRemoteTable *) lfirst(cell))->table.schema, schema) == 0)
			return true;
	return false;
}

/* As for tables here: each answers for its schema, the first one for those that have none. */
static void
add_leftovers(const MhRemoteDatabase *database, const MhRemoteTable *table, const List *found,
			  MhFacts *facts)
{
	MhLeftover *leftovers = palloc(Max(list_length(found), 1) * sizeof(MhLeftover));
	ListCell *cell;

	foreach (cell, found)
	{
		MhSchemaLeftover *one = lfirst(cell);
		bool is_here = table != NULL && strcmp(table->table.schema, one->schema_name) == 0;

		/* it would be run here, by whoever reads it */
		one->leftover.fix = NULL;
		if (is_here ||
			(is_first(database, table) && !has_version_table(database, one->schema_name)))
			leftovers[facts->leftovers_n++] = one->leftover;
	}
	facts->leftovers = leftovers;
}

/* ---------- planted functions ---------- */

static void
add_name(int n, const char *const *values, void *into)
{
	if (n == 1 && values[0] != NULL)
		mh_strings_add(into, values[0]);
}

static char *
copy_of(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

void
mh_remote_keep_around(const MhRemoteDatabase *database, const List *leftovers)
{
	MhRemoteKept *kept = database->kept;
	ListCell *cell;

	if (kept->is_known)
		return;
	foreach (cell, leftovers)
	{
		const MhSchemaLeftover *one = lfirst(cell);
		MhSchemaLeftover *copy = palloc0(sizeof(MhSchemaLeftover));

		copy->schema_name = pstrdup(one->schema_name);
		copy->leftover =
			(MhLeftover){copy_of(one->leftover.kind), copy_of(one->leftover.object),
						 copy_of(one->leftover.detail), NULL, copy_of(one->leftover.hint)};
		kept->leftovers = lappend(kept->leftovers, copy);
	}
	kept->is_known = true;
}

List *
mh_remote_look_around(const MhRemoteDatabase *database, const MhRemoteTable *table, List *projects,
					  MhFacts *facts)
{
	MhStrings *planted = palloc0(sizeof(MhStrings));
	List *leftovers = database->kept->is_known
						  ? database->kept->leftovers
						  : mh_leftovers_there(database->source, projects, tables_of(database));

	add_leftovers(database, table, leftovers, facts);
	if (!is_first(database, table))
		return leftovers;
	database->source->query(database->source, mh_planted_query, NULL, add_name, planted);
	facts->planted = planted;
	return leftovers;
}

/* ---------- schemas without a version table ---------- */

/*
 * $1: a schema that has a version table, then all of these.  As mh_schemas_alike, for schemas that have a table which is
 * not an extension's.
 */
static const char *const alike_query =
	"WITH known AS (SELECT c.relname FROM pg_catalog.pg_class c"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"  WHERE n.nspname = ($1::pg_catalog.text[])[1] AND c.relkind IN ('r', 'p'))"
	" SELECT n.nspname FROM pg_catalog.pg_class c JOIN known k ON k.relname = c.relname"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind IN ('r', 'p') AND n.nspname <> ALL ($1::pg_catalog.text[])"
	" AND n.nspname <> 'information_schema' AND NOT pg_catalog.starts_with(n.nspname::text, 'pg_')"
	" AND EXISTS (SELECT FROM pg_catalog.pg_class o WHERE o.relnamespace = n.oid"
	"  AND o.relkind IN ('r', 'p') AND o.relpersistence <> 't'"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = o.oid"
	"   AND d.objsubid = 0 AND d.deptype = 'e'))"
	" GROUP BY n.oid, n.nspname"
	" HAVING pg_catalog.count(*) * 2 >= (SELECT pg_catalog.count(*) - 1 FROM known)"
	" ORDER BY pg_catalog.count(*) DESC, n.oid LIMIT 20";

static MhStrings
alike(const MhRemoteDatabase *database, const MhVersionTable *example)
{
	MhStrings schemas = {0, NULL};
	MhStrings found = {0, NULL};
	ListCell *cell;

	mh_strings_add(&schemas, example->schema);
	foreach (cell, database->tables)
		mh_strings_add(&schemas, ((MhRemoteTable *) lfirst(cell))->table.schema);
	database->source->query(database->source, alike_query, mh_array_text(&schemas), add_name,
							&found);
	return found;
}

/* Returns the first version table of a project that has several. */
static const MhVersionTable *
example_of(const MhRemoteDatabase *database, const MhSurvey *survey, const MhProject *project)
{
	const MhVersionTable *first = NULL;
	ListCell *cell;

	foreach (cell, database->tables)
	{
		const MhVersionTable *table = &((MhRemoteTable *) lfirst(cell))->table;

		if (mh_survey_project(survey, table) != project)
			continue;
		if (first != NULL)
			return first;
		first = table;
	}
	return NULL;
}

static void
add_tenants(const MhProject *project, const MhVersionTable *example, const MhStrings *schemas,
			MhFacts *facts)
{
	MhMissingTable *missing = palloc0(Max(schemas->n, 1) * sizeof(MhMissingTable));

	for (int i = 0; i < schemas->n; i++)
		missing[i] =
			(MhMissingTable){.kind = MH_MISSING_TENANT,
							 .project = project->name,
							 .schema = schemas->v[i],
							 .name = example->name,
							 .shown_schema = pstrdup(mh_quote_identifier(schemas->v[i])),
							 .shown = mh_quote_qualified_identifier(schemas->v[i], example->name)};
	facts->missing = missing;
	facts->missing_n = schemas->n;
	facts->has_others = true;
}

MhProject *
mh_remote_look_for_missing(const MhRemoteDatabase *database, const MhSurvey *survey, MhFacts *facts)
{
	ListCell *cell;

	foreach (cell, survey->projects)
	{
		MhProject *project = lfirst(cell);
		const MhVersionTable *example = example_of(database, survey, project);
		MhStrings schemas;

		if (example == NULL || project->release == 0 || project->version_table_schema != NULL)
			continue;
		schemas = alike(database, example);
		if (schemas.n == 0)
			continue;
		add_tenants(project, example, &schemas, facts);
		return project;
	}
	return NULL;
}
