/*-------------------------------------------------------------------------
 *
 * survey_facts.c
 *	  Facts about scripts and version tables, wherever the table is.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_private.h"

#include "core/base/call.h"

/* The release's name is wanted for few retired revisions: those that are a row. */
static void
name_releases(MhLoadedProject *loaded, const MhVersionTable *table)
{
	MhScripts *scripts = loaded->scripts;

	for (int i = 0; i < scripts->retired; i++)
		if (loaded->retired[i].release == NULL &&
			mh_strings_contain(&table->rows, loaded->retired[i].script->revision))
			loaded->retired[i].release = mh_release_name(
				scripts->project->name, scripts->facts[scripts->n + i].last_release);
}

/* Rows that the project does not have may be another's. */
static const MhStrings *
find_elsewhere(const MhLoadedProject *loaded, const MhVersionTable *table)
{
	MhStrings *elsewhere = NULL;

	for (int i = 0; i < table->rows.n; i++)
	{
		if (mh_graph_find(loaded->scripts->graph, table->rows.v[i]) != MH_BASE)
			continue;
		if (elsewhere == NULL)
			elsewhere = palloc0(table->rows.n * sizeof(MhStrings));
		elsewhere[i] = mh_projects_with_revision(table->rows.v[i], loaded->scripts->project->name);
	}
	return elsewhere;
}

static const char *
damage_of(const MhScripts *scripts)
{
	const MhError *refusal = scripts->refusal;

	if (refusal == NULL)
		return NULL;
	return refusal->detail ? psprintf("%s. %s", refusal->message, refusal->detail)
						   : psprintf("%s.", refusal->message);
}

/* As SQL; NULL: what Alembic takes where nobody says anything else. */
static char *
name_wanted_table(const MhProject *project)
{
	const char *name = mh_quote_identifier(mh_from_utf8(project->version_table_name));

	if (project->version_table_schema != NULL)
		return mh_to_utf8(mh_quote_qualified_identifier(mh_from_utf8(project->version_table_schema),
														mh_from_utf8(project->version_table_name)));
	return strcmp(name, "alembic_version") == 0 ? NULL : mh_to_utf8(pstrdup(name));
}

void
mh_survey_script_facts(const MhSurvey *survey, const MhLoadedProject *loaded, MhFacts *facts)
{
	const MhProject *project = loaded->scripts->project;

	facts->prefix = survey->prefix;
	facts->argument = "";
	facts->max_length = -1;
	facts->project = project->name;
	facts->project_argument = project == mh_project_choose(survey->projects, NULL, NULL)
								  ? ""
								  : mh_text_value(project->name);
	facts->wanted_table = name_wanted_table(project);
	facts->has_scripts = loaded->scripts->n > 0;
	facts->damage = damage_of(loaded->scripts);
	facts->graph = loaded->scripts->graph;
	facts->edits = loaded->edits;
	facts->edits_n = loaded->edits_n;
	facts->body_checksums = (const char *const *) loaded->body_checksums;
	facts->first_releases = loaded->first_releases;
	facts->retired = loaded->retired;
	facts->retired_n = loaded->scripts->retired;
}

void
mh_survey_row_facts(const MhVersionTable *table, MhLoadedProject *loaded, MhFacts *facts)
{
	name_releases(loaded, table);
	facts->elsewhere = find_elsewhere(loaded, table);
}

void
mh_survey_table_facts(const MhVersionTable *table, MhFacts *facts)
{
	facts->table = mh_version_table_name(table);
	facts->is_trusted = table->is_trusted;
	facts->counts = table->counts;
	facts->is_readable = table->access == MH_ACCESS_READ;
	facts->is_busy = table->access == MH_ACCESS_BUSY;
	facts->reason = table->reason;
	facts->missing_grant = table->missing_grant;
	facts->can_be_named = table->can_be_named;
	facts->is_shadowed = table->is_shadowed;
	facts->row_security = table->row_security;
	facts->rows = table->rows;
	facts->null_rows = table->null_rows;
	facts->long_rows = table->long_rows;
	facts->has_more_rows = table->has_more_rows;
	facts->is_cut = table->is_cut;
	facts->max_length = table->max_length;
	facts->has_unique_key = table->has_unique_key;
}
