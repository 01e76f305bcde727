/*-------------------------------------------------------------------------
 *
 * status.c
 *	  SQL functions that judge version tables: status, findings, current, and
 *	  the rows behind the view mighead_versions.
 *
 * Locks: AccessShareLock on the tables of mighead; on version tables the same,
 * never waited for.  Privileges: EXECUTE; what the caller may not read is
 * reported as unreadable.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "catalog/namespace.h"
#include "catalog/leftovers.h"
#include "catalog/surroundings.h"
#include "commands/dbcommands.h"
#include "core/draw.h"
#include "entry/result.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(mighead_status);
PG_FUNCTION_INFO_V1(mighead_findings);
PG_FUNCTION_INFO_V1(mighead_current);
PG_FUNCTION_INFO_V1(mighead_version_rows);

/* A project whose scripts have been read, so that tenants share them. */
typedef struct LoadedProject
{
	MhScripts *scripts;
	bool *is_edited;
	const char **body_checksums;
	MhRetired *retired;
} LoadedProject;

/* What one call looks at. */
typedef struct Survey
{
	List *projects;
	List *tables;   /* of MhVersionTable *, as asked for */
	List *every;    /* every version table there is; NIL: not looked for yet */
	bool is_named;  /* the caller named the table */
	List *loaded;   /* of LoadedProject * */
	List *sessions; /* of MhTableSession * */
	List *schemas;  /* with tables of an application; read when first needed */
	bool schemas_known;
	List *leftovers; /* of MhSchemaLeftover * */
	const char *prefix;
	const char *database;
} Survey;

static const char *
prefix_of(FunctionCallInfo fcinfo)
{
	const char *name = "mighead_status";
	char *qualified = mh_function_name(fcinfo, name);

	qualified[strlen(qualified) - strlen(name)] = '\0';
	return qualified;
}

static Survey *
begin_survey(FunctionCallInfo fcinfo, int argno)
{
	Survey *survey = palloc0(sizeof(Survey));

	survey->projects = mh_projects_read();
	survey->is_named = argno >= 0 && !PG_ARGISNULL(argno);
	survey->tables = argno < 0 ? mh_version_tables_find(survey->projects)
							   : mh_version_tables_argument(fcinfo, argno, survey->projects);
	survey->prefix = mh_to_utf8(prefix_of(fcinfo));
	survey->database = mh_to_utf8(get_database_name(MyDatabaseId));
	return survey;
}

static MhProject *
project_of(const Survey *survey, const MhVersionTable *table)
{
	MhProject *project =
		table ? mh_project_of_table(survey->projects, table->schema, table->name) : NULL;

	return project ? project : mh_project_choose(survey->projects, NULL, NULL);
}

/* What the diagnosis wants to know of scripts beside their graph. */
static void
add_script_facts(LoadedProject *loaded)
{
	MhScripts *scripts = loaded->scripts;

	loaded->is_edited = palloc0(Max(scripts->n, 1) * sizeof(bool));
	loaded->body_checksums = palloc0(Max(scripts->n, 1) * sizeof(char *));
	loaded->retired = palloc0(Max(scripts->retired, 1) * sizeof(MhRetired));
	for (int i = 0; i < scripts->n; i++)
	{
		MhRevisionFacts *facts = &scripts->facts[i];

		loaded->is_edited[i] = facts->checksum && facts->first_checksum &&
							   strcmp(facts->checksum, facts->first_checksum) != 0;
		loaded->body_checksums[i] = facts->body_checksum;
	}
	for (int i = 0; i < scripts->retired; i++)
	{
		loaded->retired[i].script = &scripts->scripts[scripts->n + i];
		loaded->retired[i].body_checksum = scripts->facts[scripts->n + i].body_checksum;
	}
}

static LoadedProject *
load_project(Survey *survey, MhProject *project)
{
	LoadedProject *loaded;
	ListCell *cell;

	foreach (cell, survey->loaded)
	{
		loaded = lfirst(cell);
		if (loaded->scripts->project == project)
			return loaded;
	}
	loaded = palloc0(sizeof(LoadedProject));
	loaded->scripts = mh_scripts_read(project);
	add_script_facts(loaded);
	survey->loaded = lappend(survey->loaded, loaded);
	return loaded;
}

/* The release's name is wanted for few retired revisions: those that are a row. */
static void
name_releases(LoadedProject *loaded, const MhVersionTable *table)
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
find_elsewhere(const LoadedProject *loaded, const MhVersionTable *table)
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

/* Tenants are known as such only by the version tables that the caller did not name. */
static List *
every_version_table(Survey *survey)
{
	ListCell *cell;

	if (!survey->is_named)
		return survey->tables;
	if (survey->every != NIL)
		return survey->every;
	foreach (cell, mh_version_tables_find(survey->projects))
	{
		MhVersionTable *table = lfirst(cell);

		if (table->oid != ((MhVersionTable *) linitial(survey->tables))->oid)
			survey->every = lappend(survey->every, table);
	}
	survey->every = list_concat_copy(survey->tables, survey->every);
	return survey->every;
}

/*
 * Are there tables of an application that this version table could stand for?  With
 * several version tables each answers for its own schema only.
 */
static bool
has_user_tables(Survey *survey, const MhVersionTable *table)
{
	List *every = every_version_table(survey);

	if (!survey->schemas_known)
		survey->schemas = mh_schemas_with_tables(every);
	survey->schemas_known = true;
	if (table == NULL || list_length(every) == 1)
		return survey->schemas != NIL;
	return list_member_oid(survey->schemas, get_namespace_oid(mh_from_utf8(table->schema), true));
}

static void
add_sessions(Survey *survey, const MhVersionTable *table, MhFacts *facts)
{
	MhSession *sessions = palloc(Max(list_length(survey->sessions), 1) * sizeof(MhSession));
	ListCell *cell;

	foreach (cell, survey->sessions)
	{
		MhTableSession *found = lfirst(cell);

		if (found->version_table == table->oid)
			sessions[facts->sessions_n++] = found->session;
	}
	facts->sessions = sessions;
}

/* In order of schema and name, whether the caller named it or not. */
static bool
is_first_table(Survey *survey, const MhVersionTable *table)
{
	ListCell *cell;

	foreach (cell, every_version_table(survey))
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
has_version_table(Survey *survey, Oid schema)
{
	ListCell *cell;

	foreach (cell, every_version_table(survey))
		if (get_rel_namespace(((MhVersionTable *) lfirst(cell))->oid) == schema)
			return true;
	return false;
}

/*
 * Each version table answers for what is left in its schema; the first one for what
 * is left where there is none.
 */
static void
add_leftovers(Survey *survey, const MhVersionTable *table, MhFacts *facts)
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

static void
add_table_facts(Survey *survey, const MhVersionTable *table, MhFacts *facts)
{
	facts->table = mh_version_table_name(table);
	/* named: there may be others, and to look for them only to spare a word is not worth it */
	facts->argument =
		survey->is_named || list_length(survey->tables) > 1 ? quote_literal_cstr(facts->table) : "";
	facts->is_trusted = table->is_trusted;
	facts->is_readable = table->access == MH_ACCESS_READ;
	facts->is_busy = table->access == MH_ACCESS_BUSY;
	facts->reason = table->reason;
	facts->missing_grant = table->missing_grant;
	facts->can_be_named = table->can_be_named;
	facts->owner = quote_identifier(mh_to_utf8(GetUserNameFromId(table->owner, false)));
	facts->is_shadowed = table->is_shadowed;
	facts->rows = table->rows;
	facts->null_rows = table->null_rows;
	facts->is_cut = table->is_cut;
	facts->max_length = table->max_length;
	facts->has_unique_key = table->has_unique_key;
	if (facts->is_readable && table->rows.n == 0)
		facts->has_user_tables = has_user_tables(survey, table);
	add_sessions(survey, table, facts);
}

static MhDiagnosis *
diagnose(Survey *survey, const MhVersionTable *table, LoadedProject **loaded)
{
	MhProject *project = project_of(survey, table);
	MhFacts facts = {0};

	*loaded = load_project(survey, project);
	facts.prefix = survey->prefix;
	facts.argument = "";
	facts.max_length = -1;
	facts.project = project->name;
	facts.project_argument = project == mh_project_choose(survey->projects, NULL, NULL)
								 ? ""
								 : quote_literal_cstr(project->name);
	facts.has_scripts = (*loaded)->scripts->n > 0;
	facts.graph = (*loaded)->scripts->graph;
	facts.is_edited = (*loaded)->is_edited;
	facts.body_checksums = (const char *const *) (*loaded)->body_checksums;
	facts.retired = (*loaded)->retired;
	facts.retired_n = (*loaded)->scripts->retired;
	facts.database = survey->database;
	facts.environment = project->environment;
	facts.environment_database = project->environment_database;
	if (table != NULL)
	{
		name_releases(*loaded, table);
		facts.elsewhere = find_elsewhere(*loaded, table);
		facts.is_newer_than_scripts =
			table->changed_at != 0 && table->changed_at > project->loaded_at;
		add_table_facts(survey, table, &facts);
	}
	else
		facts.has_user_tables = has_user_tables(survey, NULL);
	if (survey->leftovers != NIL)
		add_leftovers(survey, table, &facts);
	return mh_diagnose(&facts);
}

static void
put_table(MhResult *result, const MhVersionTable *table)
{
	if (table == NULL)
		mh_put_null(result);
	else
		mh_put_datum(result, ObjectIdGetDatum(table->oid));
}

static void
put_known_int(MhResult *result, bool known, int value)
{
	if (known)
		mh_put_int(result, value);
	else
		mh_put_null(result);
}

static void
put_known_strings(MhResult *result, bool known, const MhStrings *value)
{
	if (known)
		mh_put_strings(result, value);
	else
		mh_put_null(result);
}

static int
count_findings(const MhDiagnosis *diagnosis)
{
	int n = 0;

	for (int i = 0; i < diagnosis->n; i++)
		n += diagnosis->findings[i].severity >= MH_WARNING;
	return n;
}

static void
put_status(MhResult *result, Survey *survey, const MhVersionTable *table)
{
	LoadedProject *loaded;
	MhDiagnosis *diagnosis = diagnose(survey, table, &loaded);
	MhNodes heads = mh_graph_heads(loaded->scripts->graph);
	MhStrings head_ids = mh_graph_ids(loaded->scripts->graph, &heads);
	bool has_scripts = loaded->scripts->n > 0;
	bool rows_known = table == NULL || table->access == MH_ACCESS_READ;

	put_table(result, table);
	mh_put_text(result, loaded->scripts->project->name);
	mh_put_text(result, diagnosis->state);
	mh_put_int(result, diagnosis->severity);
	put_known_strings(result, rows_known, &diagnosis->current);
	put_known_strings(result, has_scripts, &head_ids);
	put_known_strings(result, diagnosis->is_known, &diagnosis->unknown);
	put_known_int(result, diagnosis->is_known, diagnosis->applied);
	put_known_int(result, diagnosis->has_plan, diagnosis->pending);
	mh_put_null(result);
	mh_put_int(result, count_findings(diagnosis));
	mh_put_timestamp(result, table != NULL && table->changed_at != 0,
					 table ? table->changed_at : 0);
	mh_put_null(result);
	mh_put_text(result, diagnosis->detail);
	mh_put_text(result, diagnosis->hint);
	mh_row_end(result);
}

/*
 * mighead_status(version_table regclass) returns setof record
 *		One row per version table, and one with a NULL version_table where there is
 *		none.  42P01 for a relation that does not exist; the state never raises.
 */
Datum
mighead_status(PG_FUNCTION_ARGS)
{
	MhResult result;
	Survey *survey;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	survey = begin_survey(fcinfo, 0);
	survey->sessions = mh_sessions_find(survey->tables);
	survey->leftovers = mh_leftovers_find();
	foreach (cell, survey->tables)
		put_status(&result, survey, lfirst(cell));
	if (survey->tables == NIL)
		put_status(&result, survey, NULL);
	return (Datum) 0;
}

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = mh_from_utf8(text);
	value.val.string.len = strlen(value.val.string.val);
	pushJsonbValue(state, token, &value);
}

static void
push_evidence(JsonbParseState **state, const MhEvidence *evidence)
{
	JsonbValue number;

	push_text(state, WJB_KEY, evidence->key);
	if (evidence->text != NULL)
		push_text(state, WJB_VALUE, evidence->text);
	else if (evidence->list != NULL)
	{
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
		for (int i = 0; i < evidence->list->n; i++)
			push_text(state, WJB_ELEM, evidence->list->v[i]);
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
	}
	else
	{
		number.type = jbvNumeric;
		number.val.numeric = int64_to_numeric(evidence->number);
		pushJsonbValue(state, WJB_VALUE, &number);
	}
}

static Datum
evidence_datum(const MhFinding *finding)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < finding->evidence_n; i++)
		push_evidence(&state, &finding->evidence[i]);
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(object));
}

static void
put_finding(MhResult *result, const MhFinding *finding, const MhVersionTable *table)
{
	mh_put_int(result, finding->severity);
	mh_put_text(result, finding->code);
	mh_put_text(result, finding->sqlstate);
	put_table(result, table);
	mh_put_text(result, finding->object);
	mh_put_text(result, finding->detail);
	mh_put_datum(result, evidence_datum(finding));
	mh_put_text(result, finding->hint);
	mh_put_text(result, finding->fix);
	mh_row_end(result);
}

/* A finding with the table that it is about, to be sorted over all tables. */
typedef struct TableFinding
{
	const MhFinding *finding;
	const MhVersionTable *table;
	int order; /* of finding, to keep ties in order */
} TableFinding;

static int
compare_table_findings(const void *left, const void *right)
{
	const TableFinding *a = left;
	const TableFinding *b = right;
	int order = mh_compare_findings(a->finding, b->finding);

	return order ? order : a->order - b->order;
}

static TableFinding *
collect_findings(Survey *survey, MhSeverity min_severity, int *n)
{
	TableFinding *found = palloc(sizeof(TableFinding));
	int tables = Max(list_length(survey->tables), 1);

	*n = 0;
	for (int i = 0; i < tables; i++)
	{
		MhVersionTable *table = survey->tables ? list_nth(survey->tables, i) : NULL;
		LoadedProject *loaded;
		MhDiagnosis *diagnosis = diagnose(survey, table, &loaded);

		found = repalloc(found, (*n + diagnosis->n + 1) * sizeof(TableFinding));
		for (int j = 0; j < diagnosis->n; j++)
		{
			if (diagnosis->findings[j].severity < min_severity)
				continue;
			found[*n] = (TableFinding){&diagnosis->findings[j], table, *n};
			(*n)++;
		}
	}
	return found;
}

/*
 * mighead_findings(version_table regclass, min_severity int) returns setof record
 *		One row per problem, worst first.  22004 for a NULL min_severity, 22023 for
 *		one that is not 0 to 3.
 */
Datum
mighead_findings(PG_FUNCTION_ARGS)
{
	MhResult result;
	Survey *survey;
	TableFinding *found;
	int n;

	mh_result_begin(&result, fcinfo);
	mh_require_argument(fcinfo, 1, "min_severity");
	if (PG_GETARG_INT32(1) < MH_OK || PG_GETARG_INT32(1) > MH_UNKNOWN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"min_severity\" must be between 0 and 3")));
	survey = begin_survey(fcinfo, 0);
	survey->sessions = mh_sessions_find(survey->tables);
	survey->leftovers = mh_leftovers_find();
	found = collect_findings(survey, PG_GETARG_INT32(1), &n);
	qsort(found, n, sizeof(TableFinding), compare_table_findings);
	for (int i = 0; i < n; i++)
		put_finding(&result, found[i].finding, found[i].table);
	return (Datum) 0;
}

static void
put_current(MhResult *result, const MhVersionTable *table, const MhGraph *graph)
{
	MhNodes nodes = {0, NULL};
	MhError err = MH_NO_ERROR;

	/* where Alembic would refuse a row, the rows as they are */
	if (graph->n == 0 || !mh_current(graph, &table->rows, &nodes, &err))
	{
		for (int i = 0; i < table->rows.n; i++)
		{
			int node = mh_graph_find(graph, table->rows.v[i]);

			put_table(result, table);
			mh_put_text(result, table->rows.v[i]);
			mh_put_known_bool(result, node != MH_BASE,
							  node != MH_BASE && graph->nodes[node].is_real_head);
			mh_put_text(result, node == MH_BASE
									? NULL
									: mh_short_message(graph->nodes[node].script->message));
			mh_row_end(result);
		}
		return;
	}
	for (int i = 0; i < nodes.n; i++)
	{
		const MhNode *node = &graph->nodes[nodes.v[i]];

		put_table(result, table);
		mh_put_text(result, node->id);
		mh_put_bool(result, node->is_real_head);
		mh_put_text(result, mh_short_message(node->script->message));
		mh_row_end(result);
	}
}

/*
 * mighead_current(version_table regclass) returns setof record
 *		What "alembic current" shows, with the tips that rows imply.  No row for a
 *		table that cannot be read: mighead_status() tells.
 */
Datum
mighead_current(PG_FUNCTION_ARGS)
{
	MhResult result;
	Survey *survey;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	survey = begin_survey(fcinfo, 0);
	foreach (cell, survey->tables)
	{
		MhVersionTable *table = lfirst(cell);

		if (table->access == MH_ACCESS_READ)
			put_current(&result, table,
						load_project(survey, project_of(survey, table))->scripts->graph);
	}
	return (Datum) 0;
}

static void
put_version_row(MhResult *result, const MhVersionTable *table, const MhScripts *scripts,
				const MhRow *rows, int i)
{
	const MhNode *node = rows[i].node == MH_BASE ? NULL : &scripts->graph->nodes[rows[i].node];
	bool known = scripts->n > 0;

	put_table(result, table);
	mh_put_text(result, scripts->project->name);
	mh_put_text(result, rows[i].text);
	mh_put_known_bool(result, known, node != NULL);
	mh_put_known_bool(result, known, node != NULL && node->is_real_head);
	mh_put_text(result, rows[i].implied_by < 0 ? NULL : rows[rows[i].implied_by].text);
	mh_put_text(result, node ? mh_short_message(node->script->message) : NULL);
	mh_put_timestamp(result, table->changed_at != 0, table->changed_at);
	mh_put_null(result);
	mh_row_end(result);
}

/*
 * mighead_version_rows() returns setof record
 *		The view mighead_versions: one row per row of each version table that can be
 *		read.
 */
Datum
mighead_version_rows(PG_FUNCTION_ARGS)
{
	MhResult result;
	Survey *survey;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	survey = begin_survey(fcinfo, -1);
	foreach (cell, survey->tables)
	{
		MhVersionTable *table = lfirst(cell);
		MhScripts *scripts = load_project(survey, project_of(survey, table))->scripts;
		MhRow *rows = mh_rows_judge(scripts->graph, &table->rows);

		for (int i = 0; i < table->rows.n; i++)
			put_version_row(&result, table, scripts, rows, i);
	}
	return (Datum) 0;
}
