/*-------------------------------------------------------------------------
 *
 * survey_read.c
 *	  What one call reads once, however many version tables there are.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_private.h"

#include "server/journal/journal.h"

#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"

MhSurvey *
mh_survey_begin(FunctionCallInfo fcinfo, int argno)
{
	MhSurvey *survey = palloc0(sizeof(MhSurvey));

	survey->projects = mh_projects_read();
	survey->is_named = argno >= 0 && !PG_ARGISNULL(argno);
	survey->tables = argno < 0 ? mh_version_tables_find(survey->projects)
							   : mh_version_tables_argument(fcinfo, argno, survey->projects);
	survey->prefix = mh_function_prefix(fcinfo);
	survey->database = mh_to_utf8(get_database_name(MyDatabaseId));
	return survey;
}

MhProject *
mh_survey_project(const MhSurvey *survey, const MhVersionTable *table)
{
	MhProject *project =
		table ? mh_project_of_table(survey->projects, table->schema, table->name) : NULL;

	return project ? project : mh_project_choose(survey->projects, NULL, NULL);
}

/* What the diagnosis wants to know of scripts beside their graph. */
static void
add_script_facts(MhLoadedProject *loaded)
{
	MhScripts *scripts = loaded->scripts;

	mh_survey_edits(loaded);
	loaded->body_checksums = palloc0(Max(scripts->n, 1) * sizeof(char *));
	loaded->first_releases = palloc0(Max(scripts->n, 1) * sizeof(int64));
	loaded->retired = palloc0(Max(scripts->retired, 1) * sizeof(MhRetired));
	for (int i = 0; i < scripts->n; i++)
	{
		const MhRevisionFacts *facts = &scripts->facts[i];

		loaded->body_checksums[i] = facts->body_checksum;
		loaded->first_releases[i] = facts->first_release;
	}
	for (int i = 0; i < scripts->retired; i++)
	{
		loaded->retired[i].script = &scripts->scripts[scripts->n + i];
		loaded->retired[i].body_checksum = scripts->facts[scripts->n + i].body_checksum;
		loaded->retired[i].first_release = scripts->facts[scripts->n + i].first_release;
		loaded->retired[i].last_release = scripts->facts[scripts->n + i].last_release;
	}
}

MhLoadedProject *
mh_survey_load(MhSurvey *survey, MhProject *project)
{
	MhLoadedProject *loaded;
	ListCell *cell;

	foreach (cell, survey->loaded)
	{
		loaded = lfirst(cell);
		if (loaded->scripts->project == project)
			return loaded;
	}
	loaded = palloc0(sizeof(MhLoadedProject));
	loaded->scripts = mh_scripts_read_any(project);
	add_script_facts(loaded);
	survey->loaded = lappend(survey->loaded, loaded);
	return loaded;
}

List *
mh_survey_counting(const MhSurvey *survey)
{
	List *counting = NIL;
	ListCell *cell;

	foreach (cell, survey->tables)
		if (((MhVersionTable *) lfirst(cell))->counts)
			counting = lappend(counting, lfirst(cell));
	return counting;
}

/* Tenants are known as such only by the version tables that the caller did not name. */
List *
mh_survey_every(MhSurvey *survey)
{
	ListCell *cell;

	if (survey->every != NIL)
		return survey->every;
	if (!survey->is_named)
		return survey->every = mh_survey_counting(survey);
	foreach (cell, mh_version_tables_find(survey->projects))
	{
		MhVersionTable *table = lfirst(cell);

		if (table->counts && table->oid != ((MhVersionTable *) linitial(survey->tables))->oid)
			survey->every = lappend(survey->every, table);
	}
	survey->every = list_concat_copy(survey->tables, survey->every);
	return survey->every;
}

bool
mh_survey_has_user_tables(MhSurvey *survey, const MhVersionTable *table)
{
	List *every = mh_survey_every(survey);

	if (!survey->schemas_known)
		survey->schemas = mh_schemas_with_tables(survey->is_named ? every : survey->tables);
	survey->schemas_known = true;
	if (table == NULL || list_length(every) == 1)
		return survey->schemas != NIL;
	return list_member_oid(survey->schemas, get_namespace_oid(mh_from_utf8(table->schema), true));
}

/* The newest entries are judged; what is older has been seen, or confirmed. */
#define JOURNAL_TAIL 100

typedef struct MhTableJournal
{
	Oid version_table;
	List *entries; /* of MhJournalEntry *, newest first */
} MhTableJournal;

static void
begin_journals(MhSurvey *survey)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = sizeof(MhTableJournal), .hcxt = CurrentMemoryContext};

	survey->journals = hash_create("mighead journals", list_length(survey->tables) + 1, &control,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	survey->journal_is_empty = mh_journal_is_empty();
}

List *
mh_survey_journal(MhSurvey *survey, const MhVersionTable *table)
{
	MhTableJournal *journal;
	bool is_known;

	if (survey->journals == NULL)
		begin_journals(survey);
	if (survey->journal_is_empty)
		return NIL;
	journal = hash_search(survey->journals, &table->oid, HASH_ENTER, &is_known);
	if (!is_known)
	{
		journal->entries = NIL;
		journal->entries = mh_journal_tail(table->schema, table->name, JOURNAL_TAIL);
	}
	return journal->entries;
}

void
mh_survey_forget_journal(MhSurvey *survey, const MhVersionTable *table)
{
	if (survey->journals == NULL)
		return;
	survey->journal_is_empty = mh_journal_is_empty();
	hash_search(survey->journals, &table->oid, HASH_REMOVE, NULL);
}

static int
compare_watch(const MhWatch *watch, const char *schema, const char *name)
{
	int order = strcmp(watch->schema, schema);

	return order != 0 ? order : strcmp(watch->name, name);
}

static int
compare_watches(const ListCell *left, const ListCell *right)
{
	const MhWatch *watch = lfirst(right);

	return compare_watch(lfirst(left), watch->schema, watch->name);
}

List *
mh_survey_watches(MhSurvey *survey)
{
	if (!survey->watches_known)
	{
		survey->watches = mh_watches_read();
		list_sort(survey->watches, compare_watches);
	}
	survey->watches_known = true;
	return survey->watches;
}

const MhWatch *
mh_survey_watch(MhSurvey *survey, const MhVersionTable *table)
{
	List *watches = mh_survey_watches(survey);
	int low = 0;
	int high = list_length(watches);

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		const MhWatch *watch = list_nth(watches, middle);
		int order = compare_watch(watch, table->schema, table->name);

		if (order == 0)
			return watch;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Did the newest entry leave the rows that there are? */
static bool
is_up_to_date(List *entries, const MhVersionTable *table)
{
	return entries != NIL && table->access == MH_ACCESS_READ &&
		   mh_rows_equal(&((MhJournalEntry *) linitial(entries))->change.new_rows, &table->rows);
}

MhLastChange
mh_survey_last_change(MhSurvey *survey, const MhVersionTable *table, const char *row)
{
	List *entries = mh_survey_journal(survey, table);
	MhLastChange change = {table->changed_at, NULL};
	ListCell *cell;

	if (!is_up_to_date(entries, table))
		return change;
	foreach (cell, entries)
	{
		const MhJournalEntry *entry = lfirst(cell);

		if (row == NULL || !mh_strings_contain(&entry->change.old_rows, row))
			return (MhLastChange){entry->at, entry->session_user_name};
	}
	return change;
}
