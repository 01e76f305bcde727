/*-------------------------------------------------------------------------
 *
 * survey_missing.c
 *	  Facts about version tables that should be there, for the diagnosis.
 *
 * A watched table that is gone, a schema with the tables of a project whose other schemas
 * have a version table, a project with scripts and no table at all.  Locks and privileges as
 * in survey.h; nothing is looked for where the caller named a table.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey.h"

#include "catalog/namespace.h"
#include "server/journal/journal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static MhMissingTable *
add(MhSurvey *survey, MhMissingKind kind, const MhProject *project, const char *schema,
	const char *name)
{
	MhMissingTable *missing;

	if (survey->missing == NULL)
		survey->missing = palloc(sizeof(MhMissingTable));
	else
		survey->missing =
			repalloc(survey->missing, (survey->missing_n + 1) * sizeof(MhMissingTable));
	missing = &survey->missing[survey->missing_n++];
	memset(missing, 0, sizeof(MhMissingTable));
	missing->kind = kind;
	missing->project = project->name;
	missing->schema = schema;
	missing->name = name;
	missing->shown_schema = schema == NULL ? NULL : pstrdup(mh_quote_identifier(schema));
	missing->shown = schema == NULL ? pstrdup(mh_quote_identifier(name))
									: mh_quote_qualified_identifier(schema, name);
	return missing;
}

static void
add_last_rows(MhMissingTable *missing)
{
	List *entries = mh_journal_tail(missing->schema, missing->name, 1);
	MhStrings *rows;

	if (entries == NIL)
		return;
	rows = palloc(sizeof(MhStrings));
	*rows = ((MhJournalEntry *) linitial(entries))->change.new_rows;
	missing->last_rows = rows;
}

static void
look_for_watched(MhSurvey *survey)
{
	ListCell *cell;

	foreach (cell, mh_survey_watches(survey))
	{
		const MhWatch *watch = lfirst(cell);
		Oid schema = get_namespace_oid(mh_from_utf8(watch->schema), true);
		MhProject *project = mh_project_of_table(survey->projects, watch->schema, watch->name);

		if (OidIsValid(schema) && OidIsValid(get_relname_relid(mh_from_utf8(watch->name), schema)))
			continue;
		if (project == NULL)
			project = mh_project_choose(survey->projects, NULL, NULL);
		add_last_rows(add(survey, OidIsValid(schema) ? MH_MISSING_WATCHED : MH_MISSING_DROPPED,
						  project, watch->schema, watch->name));
	}
}

/* The version tables of a project. */
typedef struct Count
{
	int n;
	MhVersionTable *first;
} Count;

static int
place_of(List *projects, const MhProject *project)
{
	int place = 0;

	while (list_nth(projects, place) != project)
		place++;
	return place;
}

/* Those that count; in the order of the projects. */
static Count *
count_tables(MhSurvey *survey)
{
	Count *counts = palloc0(list_length(survey->projects) * sizeof(Count));
	ListCell *cell;

	foreach (cell, survey->tables)
	{
		MhVersionTable *table = lfirst(cell);
		Count *count;

		if (!table->counts)
			continue;
		count = &counts[place_of(survey->projects, mh_survey_project(survey, table))];
		if (count->n++ == 0)
			count->first = table;
	}
	return counts;
}

/* Has a watch of the project said so already? */
static bool
is_told(const MhSurvey *survey, const MhProject *project)
{
	for (int i = 0; i < survey->missing_n; i++)
		if (strcmp(survey->missing[i].project, project->name) == 0)
			return true;
	return false;
}

/* Schemas that hold tables, but none of the version tables. */
static List *
other_schemas(MhSurvey *survey)
{
	List *schemas = mh_schemas_with_tables(survey->tables);
	List *own = NIL;
	List *others = NIL;
	ListCell *mine;
	ListCell *cell;

	foreach (cell, survey->tables)
		own = lappend_oid(own, get_rel_namespace(((MhVersionTable *) lfirst(cell))->oid));
	/* both in order: there may be ten thousand of each */
	list_sort(own, list_oid_cmp);
	list_sort(schemas, list_oid_cmp);
	mine = list_head(own);
	foreach (cell, schemas)
	{
		while (mine != NULL && lfirst_oid(mine) < lfirst_oid(cell))
			mine = lnext(own, mine);
		if (mine == NULL || lfirst_oid(mine) != lfirst_oid(cell))
			others = lappend_oid(others, lfirst_oid(cell));
	}
	return others;
}

static void
look_for_tenants(MhSurvey *survey, const MhProject *project, const MhVersionTable *example)
{
	List *others = other_schemas(survey);
	ListCell *cell;

	if (others == NIL)
		return;
	foreach (cell, mh_schemas_alike(others, get_rel_namespace(example->oid)))
	{
		char *schema = get_namespace_name(lfirst_oid(cell));

		if (schema != NULL)
			add(survey, MH_MISSING_TENANT, project, mh_to_utf8(schema), example->name);
	}
}

static void
look_for_projects(MhSurvey *survey)
{
	const Count *count = count_tables(survey);
	ListCell *cell;

	foreach (cell, survey->projects)
	{
		const MhProject *project = lfirst(cell);
		Count of = count[foreach_current_index(cell)];

		if (project->release == 0)
			continue;
		if (of.n > 1 && project->version_table_schema == NULL)
			look_for_tenants(survey, project, of.first);
		else if (of.n == 0 && survey->tables != NIL && !is_told(survey, project))
			add(survey, MH_MISSING_PROJECT, project, project->version_table_schema,
				project->version_table_name);
	}
}

static void
look_for_missing(MhSurvey *survey)
{
	if (survey->missing_known)
		return;
	survey->missing_known = true;
	if (survey->is_named)
		return;
	look_for_watched(survey);
	look_for_projects(survey);
}

List *
mh_survey_subjects(MhSurvey *survey, bool counting)
{
	List *tables = counting ? mh_survey_counting(survey) : survey->tables;

	look_for_missing(survey);
	if (tables != NIL && survey->missing_n == 0)
		return tables;
	return lappend(list_copy(tables), NULL);
}
