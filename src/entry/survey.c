/*-------------------------------------------------------------------------
 *
 * survey.c
 *	  Gathers facts about version tables for the diagnosis.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_private.h"
#include "entry/fixes.h"

#include "core/base/call.h"
#include "server/journal/journal.h"

#include "server/base/origin.h"
#include "server/base/planted.h"
#include "server/base/trust.h"
#include "server/preflight/preflight.h"
#include "server/expected/expected.h"
#include "server/version_table/version_table.h"
#include "catalog/namespace.h"
#include "entry/survey_schema.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* In order of schema and name, whether the caller named it or not. */
static bool
is_first_table(MhSurvey *survey, const MhVersionTable *table)
{
	ListCell *cell;

	foreach (cell, mh_survey_every(survey))
	{
		const MhVersionTable *other = lfirst(cell);
		int order = strcmp(other->schema, table->schema);

		if (order < 0 || (order == 0 && strcmp(other->name, table->name) < 0))
			return false;
	}
	return true;
}

/* Does the schema hold a version table? */
static bool
has_version_table(MhSurvey *survey, Oid schema)
{
	ListCell *cell;

	foreach (cell, mh_survey_every(survey))
		if (get_rel_namespace(((MhVersionTable *) lfirst(cell))->oid) == schema)
			return true;
	return false;
}

/*
 * Each version table answers for what is left in its schema; the first one for what
 * is left where there is none.
 */
static void
add_leftovers(MhSurvey *survey, const MhVersionTable *table, MhFacts *facts)
{
	MhLeftover *leftovers = palloc(Max(list_length(survey->leftovers), 1) * sizeof(MhLeftover));
	bool is_first = table == NULL || is_first_table(survey, table);
	ListCell *cell;

	foreach (cell, survey->leftovers)
	{
		MhSchemaLeftover *found = lfirst(cell);
		bool is_here = table != NULL && get_rel_namespace(table->oid) == found->schema;

		if (is_here || (is_first && !has_version_table(survey, found->schema)))
			leftovers[facts->leftovers_n++] = found->leftover;
	}
	facts->leftovers = leftovers;
}

/* Looked at once, with the first version table. */
static void
add_planted(MhFacts *facts)
{
	MhStrings *planted = palloc(sizeof(MhStrings));

	*planted = mh_planted_objects();
	facts->planted = planted;
}

static MhPastChange
past_change(const MhJournalEntry *entry)
{
	MhPastChange change = {0};

	change.action = entry->change.action;
	change.old_rows = entry->change.old_rows;
	change.new_rows = entry->change.new_rows;
	change.ddl = !entry->change.ddl_known ? MH_DDL_UNKNOWN
				 : entry->change.ran_ddl  ? MH_DDL_DONE
										  : MH_DDL_NONE;
	change.at = mh_to_utf8(pstrdup(timestamptz_to_str(entry->at)));
	change.by = entry->session_user_name;
	change.application = entry->application_name;
	change.time = entry->at;
	change.skipped_schema = mh_strings_contain(&entry->change.skipped_guards, MH_GUARD_NAME_SCHEMA);
	return change;
}

static void
add_journal(MhSurvey *survey, const MhVersionTable *table, MhLoadedProject *loaded, MhFacts *facts)
{
	const MhWatch *watch = mh_survey_watch(survey, table);
	List *entries = mh_survey_journal(survey, table);
	MhPastChange *changes = palloc(Max(list_length(entries), 1) * sizeof(MhPastChange));
	ListCell *cell;

	facts->is_watched = watch != NULL;
	facts->is_captured = watch != NULL && watch->capture;
	facts->watched_since = watch != NULL ? watch->since : 0;
	facts->is_subscribed = watch != NULL && mh_is_subscribed(table->oid);
	facts->has_watch_triggers = watch != NULL && mh_watch_is_complete(table->oid);
	foreach (cell, entries)
		changes[facts->changes_n++] = past_change(lfirst(cell));
	facts->changes = changes;
	if (facts->changes_n > 0)
		facts->accepted_until = mh_survey_blindness_accepted(loaded, facts->table);
}

static void
add_table_facts(MhSurvey *survey, const MhVersionTable *table, MhLoadedProject *loaded,
				MhFacts *facts)
{
	mh_survey_table_facts(table, facts);
	/* named: there may be others, and to look for them only to spare a word is not worth it */
	facts->argument =
		survey->is_named || list_length(survey->tables) > 1 ? mh_regclass_value(facts->table) : "";
	facts->owner = mh_quote_identifier(mh_to_utf8(GetUserNameFromId(table->owner, false)));
	if (facts->is_readable && table->rows.n == 0)
		facts->has_user_tables = mh_survey_has_user_tables(survey, table);
	add_journal(survey, table, loaded, facts);
}

/*
 * Not while somebody migrates, since what is under way is not wrong.  What belongs to the
 * database as a whole is of the project, not of each tenant: it is looked at with the first
 * version table of the project that can be compared.
 */
static void
add_schema(MhSurvey *survey, const MhVersionTable *table, MhLoadedProject *loaded, MhFacts *facts)
{
	MhProject *project = loaded->scripts->project;
	bool with_global = survey->is_named || !list_member_ptr(survey->global, project);

	if (table == NULL && facts->has_others)
		return;
	if (table != NULL && (table->access != MH_ACCESS_READ || !table->counts))
		return;
	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].is_migrating)
			return;
	facts->schema = mh_survey_schema(table, loaded->scripts, facts->has_user_tables, with_global,
									 survey->stores, facts->inserted, facts->inserted_n);
	if (facts->schema != NULL && facts->schema->differences != NULL)
		survey->global = list_append_unique_ptr(survey->global, project);
	if (facts->schema != NULL && facts->schema->busy.n > 0)
		mh_survey_lockers(facts);
}

static void
add_lookalikes(const MhSurvey *survey, MhFacts *facts)
{
	List *tables = mh_version_tables_by_form(survey->projects);
	MhLookalike *lookalikes = palloc(Max(list_length(tables), 1) * sizeof(MhLookalike));
	ListCell *cell;

	foreach (cell, tables)
	{
		const MhVersionTable *table = lfirst(cell);

		lookalikes[facts->lookalikes_n++] =
			(MhLookalike){mh_version_table_name(table), table->schema, table->name};
	}
	facts->lookalikes = lookalikes;
}

/* What mh_survey_subjects has found to be missing; a database without one may have others. */
static void
add_missing(const MhSurvey *survey, MhFacts *facts)
{
	facts->missing = survey->missing;
	facts->missing_n = survey->missing_n;
	facts->has_others = survey->tables != NIL;
	if (!facts->has_others)
		add_lookalikes(survey, facts);
}

/* What is only missing is of the project whose it is. */
static MhProject *
project_of(MhSurvey *survey, const MhVersionTable *table)
{
	ListCell *cell;

	foreach (cell, survey->projects)
	{
		MhProject *project = lfirst(cell);

		if (table == NULL && survey->tables != NIL && survey->missing_n > 0 &&
			strcmp(project->name, survey->missing[0].project) == 0)
			return project;
	}
	return mh_survey_project(survey, table);
}

/* Does a finding offer a statement, or could it? */
static bool
is_any_offered(const MhDiagnosis *diagnosis)
{
	for (int i = 0; i < diagnosis->n; i++)
	{
		const MhFinding *finding = &diagnosis->findings[i];

		if (finding->fix != NULL || finding->severity != MH_OK ||
			(finding->hint != NULL && mh_begins_with(finding->hint, "ALTER ")))
			return true;
	}
	return false;
}

/*
 * What a statement about the version table would run decides what findings offer, not which there
 * are: where none is offered it need not be known.
 */
static MhDiagnosis *
diagnose(MhFacts *facts, const MhVersionTable *table)
{
	MhDiagnosis *diagnosis = mh_diagnose(facts);

	if (table == NULL || !table->is_trusted || !is_any_offered(diagnosis) ||
		mh_distrust_writing(table->oid) == NULL)
		return diagnosis;
	facts->runs_code_of_others = true;
	return mh_diagnose(facts);
}

/* Everything that is judged of one version table. */
static void
gather(MhSurvey *survey, const MhVersionTable *table, MhLoadedProject *loaded, MhFacts *facts)
{
	MhProject *project = loaded->scripts->project;
	TimestampTz changed_at;

	mh_survey_script_facts(survey, loaded, facts);
	facts->database = survey->database;
	facts->environment = project->environment;
	facts->environment_database = project->environment_database;
	if (table != NULL)
	{
		mh_survey_row_facts(table, loaded, facts);
		changed_at = mh_survey_last_change(survey, table, NULL).at;
		facts->is_newer_than_scripts = changed_at > project->loaded_at;
		facts->is_older_than_scripts = changed_at != 0 && changed_at < project->loaded_at;
		facts->changed_at = changed_at;
		add_table_facts(survey, table, loaded, facts);
		mh_survey_inserted(table, loaded, facts);
	}
	else
	{
		add_missing(survey, facts);
		facts->has_user_tables = !facts->has_others && mh_survey_has_user_tables(survey, NULL);
		facts->is_worker = mh_is_worker();
	}
	if (table != NULL || survey->tables == NIL)
		mh_survey_sessions(survey, table, loaded,
						   table == NULL || list_length(mh_survey_every(survey)) == 1, facts);
	if (table != NULL)
		mh_survey_pending(survey, table, loaded, facts);
	add_schema(survey, table, loaded, facts);
}

/* What a migration that has committed since the rows were read would explain. */
static bool
may_be_of_other_rows(const MhSchemaFacts *schema)
{
	return schema != NULL &&
		   (schema->differences == NULL ? schema->is_located : schema->objects > 0);
}

/*
 * The rows are those of the caller's snapshot, and the schema is the newest.  Where they do not go
 * together, the rows are read anew, with all that goes with them.
 */
static void
gather_consistently(MhSurvey *survey, MhVersionTable *table, MhLoadedProject *loaded,
					MhFacts *facts)
{
	int global = list_length(survey->global);

	gather(survey, table, loaded, facts);
	for (int i = 1; table != NULL && may_be_of_other_rows(facts->schema) &&
					mh_version_table_catch_up(table, facts->graph);
		 i++)
	{
		if (i == MH_MOST_COMPARISONS)
			mh_version_table_changing(table);
		survey->global = list_truncate(survey->global, global);
		mh_survey_forget_journal(survey, table);
		*facts = (MhFacts){0};
		PushActiveSnapshot(GetLatestSnapshot());
		gather(survey, table, loaded, facts);
		PopActiveSnapshot();
	}
}

MhDiagnosis *
mh_survey_diagnose(MhSurvey *survey, MhVersionTable *table, MhLoadedProject **loaded)
{
	MhFacts facts = {0};
	MhDiagnosis *diagnosis;
	MemoryContext caller;

	*loaded = mh_survey_load(survey, project_of(survey, table));
	gather_consistently(survey, table, *loaded, &facts);
	if (!survey->leftovers_known)
	{
		survey->leftovers = mh_leftovers_find();
		mh_judge_leftover_fixes(survey->leftovers);
	}
	survey->leftovers_known = true;
	if (survey->leftovers != NIL && !facts.has_others)
		add_leftovers(survey, table, &facts);
	if (table == NULL || (table->counts && is_first_table(survey, table)))
		add_planted(&facts);
	facts.is_summary = survey->is_summary;
	caller =
		MemoryContextSwitchTo(survey->scratch != NULL ? survey->scratch : CurrentMemoryContext);
	diagnosis = diagnose(&facts, table);
	MemoryContextSwitchTo(caller);
	mh_judge_finding_fixes(table, diagnosis);
	return diagnosis;
}
