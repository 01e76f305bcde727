/*-------------------------------------------------------------------------
 *
 * remote.c
 *	  Judges version tables of databases elsewhere against scripts and expectations of this one.
 *
 * The core judges as it does here. What it says is changed in one respect: mighead is not installed
 * there, so a command that needs it there says so, and no fix is offered. Each database is judged as
 * soon as its answers are there, and what was read of it is freed then.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/remote.h"

#include "core/base/call.h"
#include "entry/remote_around.h"
#include "entry/remote_schema.h"
#include "entry/survey_private.h"
#include "entry/survey_schema.h"
#include "server/expected/expected.h"
#include "utils/builtins.h"
#include "compat.h"

/* Of all values that one server sends. */
#define MOST_BYTES (16 * 1024 * 1024)

/* Functions that are about scripts, which are here. Every other one is about the database there. */
static const char *const here[] = {
	"mighead_load_scripts",   "mighead_load_archive",  "mighead_add_revision",
	"mighead_import",         "mighead_show",          "mighead_heads",
	"mighead_branches",       "mighead_merge_script",  "mighead_resolve",
	"mighead_remove_project", "mighead_project",       "mighead_ignore",
	"mighead_remote_drift",   "mighead_remote_locate", "mighead_remote_capture"};

MhRemoteServer *
mh_remote_argument(FunctionCallInfo fcinfo, int argno)
{
	MhRemoteServer *server;

	mh_require_argument(fcinfo, argno, "server");
	server = mh_remote_server(mh_text_argument(fcinfo, argno));
	if (server->keywords == NULL)
		mh_raise(&server->refusal);
	return server;
}

/* ---------- facts ---------- */

static void
add_table(const MhRemoteDatabase *database, const MhRemoteTable *table, MhFacts *facts)
{
	mh_survey_table_facts(&table->table, facts);
	facts->argument = list_length(database->tables) > 1 ? mh_regclass_value(facts->table) : "";
	facts->owner = mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(table->owner))));
	if (facts->is_readable && table->table.rows.n == 0)
		facts->has_user_tables = mh_remote_has_user_tables(database, table);
	facts->sessions = mh_session_array(table->sessions, &facts->sessions_n);
	facts->blockers = mh_session_array(database->blockers, &facts->blockers_n);
}

static void
add_lookalikes(const MhRemoteDatabase *database, MhFacts *facts)
{
	MhLookalike *found = palloc(Max(list_length(database->lookalikes), 1) * sizeof(MhLookalike));
	ListCell *cell;

	foreach (cell, database->lookalikes)
		found[facts->lookalikes_n++] = *(const MhLookalike *) lfirst(cell);
	facts->lookalikes = found;
}

/* All but the schema. */
static void
gather(MhSurvey *survey, const MhRemoteDatabase *database, MhRemoteTable *table,
	   MhLoadedProject *loaded, MhFacts *facts)
{
	mh_survey_script_facts(survey, loaded, facts);
	facts->server = mh_text_value(database->server->name);
	facts->database = database->name;
	if (table != NULL)
	{
		mh_survey_row_facts(&table->table, loaded, facts);
		add_table(database, table, facts);
		mh_survey_inserted(&table->table, loaded, facts);
	}
	else
	{
		facts->has_user_tables = mh_remote_has_user_tables(database, NULL);
		add_lookalikes(database, facts);
	}
}

/* ---------- the schema ---------- */

/* As for a table here, except that sessions are those that were found there. */
static bool
is_compared(const MhRemoteTable *table, const MhFacts *facts)
{
	if (table != NULL && (table->table.access != MH_ACCESS_READ || !table->table.counts))
		return false;
	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].is_migrating)
			return false;
	return true;
}

/* What belongs to the database as a whole is looked at with the first table of its project. */
static bool
is_first(const MhRemoteDatabase *database, const MhScripts *scripts)
{
	ListCell *cell;

	foreach (cell, database->found)
	{
		const MhRemoteState *state = lfirst(cell);

		if (state->scripts == scripts && state->diagnosis->has_drift)
			return false;
	}
	return true;
}

static const MhSchemaFacts *
unread_schema(const MhRemoteDatabase *database, const MhVersionTable *table)
{
	MhSchemaFacts *schema = palloc0(sizeof(MhSchemaFacts));

	schema->version_schema = mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(table->schema))));
	schema->failure = database->unread;
	mh_strings_add(&schema->unreadable, psprintf(MH_TYPE_SCHEMA " %s", schema->version_schema));
	return schema;
}

static void
add_schema(const MhRemoteDatabase *database, MhRemoteTable *remote, MhLoadedProject *loaded,
		   MhFacts *facts)
{
	MhScripts *scripts = loaded->scripts;
	MhVersionTable *table =
		remote ? &remote->table
			   : mh_default_table_there(database->source, database->owner, scripts->project);

	if (!is_compared(remote, facts) || !mh_has_expectations(scripts))
		return;
	if (database->unread != NULL)
		facts->schema = unread_schema(database, table);
	else
		facts->schema =
			mh_survey_schema(table, scripts, facts->has_user_tables, is_first(database, scripts),
							 false, facts->inserted, facts->inserted_n);
}

/*
 * Expectations outlive what is read of one database: so nothing of them may be taken from there.
 */
static void
load_expectations(MhScripts *scripts)
{
	if (scripts->expectations == NULL && mh_has_expectations(scripts))
		mh_expectations_load(scripts->expectations, NULL);
}

static void
keep_damage(MhScripts *scripts)
{
	const char *damage = mh_expectations_damage(scripts);

	if (damage != NULL)
		scripts->expectations->damage = pstrdup(damage);
}

/* ---------- what it says ---------- */

static bool
is_about_scripts(const char *call)
{
	for (int i = 0; i < (int) lengthof(here); i++)
		if (mh_begins_with(call, here[i]) && call[strlen(here[i])] == '(')
			return true;
	return false;
}

/* Does a text have a call of mighead's that is about the database there? */
static bool
needs_mighead_there(const char *text)
{
	const char *call = text;

	while (call != NULL && (call = strstr(call, "mighead_")) != NULL)
	{
		if (!is_about_scripts(call))
			return true;
		call += strlen("mighead_");
	}
	return false;
}

static char *
hint_for(char *hint)
{
	if (hint == NULL || !needs_mighead_there(hint))
		return hint;
	return psprintf("In that database, with mighead installed there: %s", hint);
}

static void
adapt(MhDiagnosis *diagnosis)
{
	diagnosis->hint = hint_for(diagnosis->hint);
	for (int i = 0; i < diagnosis->n; i++)
	{
		diagnosis->findings[i].hint = hint_for(diagnosis->findings[i].hint);
		diagnosis->findings[i].fix = NULL;
	}
}

/* ---------- all of them ---------- */

typedef struct Judging
{
	MhSurvey *survey;
	MemoryContext context; /* for what remains */
	bool is_whole;
} Judging;

/* What the survey of this database reads for its own version tables is not needed. */
static MhSurvey *
begin_survey(FunctionCallInfo fcinfo)
{
	MhSurvey *survey = palloc0(sizeof(MhSurvey));

	survey->projects = mh_projects_read();
	survey->prefix = mh_function_prefix(fcinfo);
	return survey;
}

/* Where the schema is read anyway, it costs little beside that. */
static bool
is_looked_around(const Judging *judging, const MhRemoteDatabase *database, MhScripts *scripts)
{
	return database->unread == NULL && (judging->is_whole || mh_has_expectations(scripts));
}

static MhRemoteState *
make_state(const Judging *judging, const MhRemoteDatabase *database, MhRemoteTable *table,
		   MhScripts *scripts, const MhFacts *facts)
{
	MhDiagnosis *diagnosis = mh_diagnose(facts);
	MemoryContext attempt;
	MhRemoteState *state;

	adapt(diagnosis);
	attempt = MemoryContextSwitchTo(judging->context);
	keep_damage(scripts);
	state = palloc0(sizeof(MhRemoteState));
	state->database = database;
	state->table = table;
	state->scripts = scripts;
	state->diagnosis = mh_diagnosis_copy(diagnosis);
	MemoryContextSwitchTo(attempt);
	return state;
}

/* Of a database with several version tables; NULL: none is missing. */
static MhRemoteState *
judge_missing(const Judging *judging, const MhRemoteDatabase *database)
{
	MhProject *first =
		mh_survey_project(judging->survey, &((MhRemoteTable *) linitial(database->tables))->table);
	MemoryContext attempt = MemoryContextSwitchTo(judging->context);
	MhLoadedProject *loaded = mh_survey_load(judging->survey, first);
	MhFacts facts = {0};
	MhProject *project;
	bool is_whole = is_looked_around(judging, database, loaded->scripts);

	MemoryContextSwitchTo(attempt);
	if (!is_whole)
		return NULL;
	project = mh_remote_look_for_missing(database, judging->survey, &facts);
	database->source->end(database->source);
	if (project == NULL)
		return NULL;
	MemoryContextSwitchTo(judging->context);
	loaded = mh_survey_load(judging->survey, project);
	MemoryContextSwitchTo(attempt);
	mh_survey_script_facts(judging->survey, loaded, &facts);
	facts.server = mh_text_value(database->server->name);
	facts.database = database->name;
	return make_state(judging, database, NULL, loaded->scripts, &facts);
}

static MhRemoteState *
judge_table(const Judging *judging, const MhRemoteDatabase *database, MhRemoteTable *table)
{
	MemoryContext attempt = MemoryContextSwitchTo(judging->context);
	MhProject *project = mh_survey_project(judging->survey, table ? &table->table : NULL);
	MhLoadedProject *loaded = mh_survey_load(judging->survey, project);
	MhFacts facts = {0};
	List *leftovers = NIL;
	bool is_whole;

	/* these also fill what the project keeps */
	load_expectations(loaded->scripts);
	is_whole = is_looked_around(judging, database, loaded->scripts);
	gather(judging->survey, database, table, loaded, &facts);
	MemoryContextSwitchTo(attempt);
	if (is_whole)
	{
		mh_survey_sessions_there(database->source, project->name,
								 list_length(database->tables) <= 1, &facts);
		leftovers = mh_remote_look_around(database, table, judging->survey->projects, &facts);
	}
	add_schema(database, table, loaded, &facts);
	if (is_whole && facts.schema != NULL && facts.schema->busy.n > 0)
		mh_survey_lockers_there(database->source, &facts);
	if (is_whole)
	{
		database->source->end(database->source);
		MemoryContextSwitchTo(judging->context);
		mh_remote_keep_around(database, leftovers);
		MemoryContextSwitchTo(attempt);
	}
	return make_state(judging, database, table, loaded->scripts, &facts);
}

/* MhFleetLook */
static void *
judge(const MhRemoteDatabase *database, MhRemoteTable *table, void *into)
{
	if (table == NULL && database->tables != NIL)
		return judge_missing(into, database);
	return judge_table(into, database, table);
}

static MhRemoteState *
unreachable_state(const MhRemoteDatabase *database)
{
	MhRemoteState *state = palloc0(sizeof(MhRemoteState));
	const MhError *failure = database->failure;

	state->database = database;
	state->diagnosis = mh_diagnose_unreachable(
		database->server->name,
		failure->detail ? failure->detail : psprintf("%s.", failure->message), failure->hint);
	return state;
}

static int
compare_states(const ListCell *left, const ListCell *right)
{
	const MhRemoteState *a = lfirst(left);
	const MhRemoteState *b = lfirst(right);
	int order = mh_compare_diagnoses(a->diagnosis, b->diagnosis);

	if (order == 0)
		order = strcmp(a->database->server->name, b->database->server->name);
	if (order == 0 && a->table != NULL && b->table != NULL)
		order = strcmp(mh_version_table_name(&a->table->table),
					   mh_version_table_name(&b->table->table));
	return order;
}

List *
mh_remote_judge(FunctionCallInfo fcinfo, const List *servers, int timeout,
				const char *version_table, bool is_whole)
{
	MhRemoteLimits limits = {timeout, MOST_BYTES};
	Judging judging = {begin_survey(fcinfo), CurrentMemoryContext, is_whole};
	MhTableName name = mh_table_name_there(version_table);
	MhFleet *fleet;
	List *databases;
	List *states = NIL;
	ListCell *cell;

	fleet = mh_fleet_begin(judging.survey->projects, name.schema, name.name);
	mh_fleet_look_with(fleet, judge, &judging);
	databases = mh_fleet_read(fleet, servers, limits);
	foreach (cell, databases)
	{
		const MhRemoteDatabase *database = lfirst(cell);

		mh_require_table_there(database, version_table);
		states = database->failure != NULL ? lappend(states, unreachable_state(database))
										   : list_concat(states, database->found);
	}
	list_sort(states, compare_states);
	return states;
}
