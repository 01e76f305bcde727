/*-------------------------------------------------------------------------
 *
 * check.c
 *	  mighead_check, mighead_fleet_check: checks for a scheduler.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "server/journal/journal.h"
#include "commands/async.h"
#include "commands/dbcommands.h"
#include "entry/remote.h"
#include "entry/survey.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"
#include "utils/builtins.h"
#include "utils/json.h"

PG_FUNCTION_INFO_V1(mighead_check);
PG_FUNCTION_INFO_V1(mighead_fleet_check);

/* Listeners refuse 8000 bytes; what is around the detail takes a few hundred. */
#define LONGEST_DETAIL 4000
#define LONGEST_PAYLOAD 7900 /* NOTIFY takes less than 8000 bytes */

static void
check_caller(FunctionCallInfo fcinfo, const char *name)
{
	bool is_call = fcinfo->context != NULL && IsA(fcinfo->context, CallContext);

	PreventCommandIfReadOnly(psprintf("CALL %s()", name));
	mh_require_argument(fcinfo, 0, "min_severity");
	if (PG_GETARG_INT32(0) < MH_WARNING || PG_GETARG_INT32(0) > MH_UNKNOWN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"min_severity\" must be between 1 and 3")));
	/* An error after this would undo the stored result. */
	if (!is_call || castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
						errmsg("%s() cannot run inside a transaction block", name),
						errdetail("It commits its result before it raises the state as an error."),
						errhint("Run CALL %s() as a statement of its own.", name)));
}

static MhCheck *
look(FunctionCallInfo fcinfo)
{
	MhSurvey *survey = mh_survey_begin(fcinfo, 1);
	List *subjects = mh_survey_subjects(survey, true);
	MhCheck *check = palloc0(sizeof(MhCheck));

	survey->stores = true;
	check->n = list_length(subjects);
	check->tables = palloc(check->n * sizeof(char *));
	check->diagnoses = palloc(check->n * sizeof(MhDiagnosis *));
	for (int i = 0; i < check->n; i++)
	{
		MhVersionTable *table = list_nth(subjects, i);
		MhLoadedProject *loaded;

		check->tables[i] = table ? mh_version_table_name(table) : "";
		check->diagnoses[i] = mh_survey_diagnose(survey, table, &loaded);
		if (mh_compare_diagnoses(check->diagnoses[i], check->diagnoses[check->worst]) < 0)
			check->worst = i;
	}
	if (survey->is_named)
		check->argument = check->tables[0];
	return check;
}

static List *
states_elsewhere(FunctionCallInfo fcinfo, const char *pattern)
{
	List *servers = mh_remote_servers(pattern);

	/* nothing would be checked, and nobody would be told */
	if (servers == NIL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("there is no foreign server like \"%s\" that you may use",
							   mh_from_utf8(pstrdup(pattern)))));
	return mh_remote_judge(fcinfo, servers, MH_REMOTE_TIMEOUT, NULL, false);
}

/* The states are worst first. */
static MhCheck *
look_elsewhere(FunctionCallInfo fcinfo)
{
	MhCheck *check = palloc0(sizeof(MhCheck));
	List *states;
	ListCell *cell;

	mh_require_argument(fcinfo, 1, "servers");
	check->argument = mh_text_argument(fcinfo, 1);
	states = states_elsewhere(fcinfo, check->argument);
	check->servers = palloc(list_length(states) * sizeof(char *));
	check->tables = palloc(list_length(states) * sizeof(char *));
	check->diagnoses = palloc(list_length(states) * sizeof(MhDiagnosis *));
	foreach (cell, states)
	{
		const MhRemoteState *state = lfirst(cell);

		if (state->table != NULL && !state->table->table.counts)
			continue;
		check->servers[check->n] = state->database->server->name;
		check->tables[check->n] = state->table ? mh_version_table_name(&state->table->table) : "";
		check->diagnoses[check->n++] = unconstify(MhDiagnosis *, state->diagnosis);
	}
	return check;
}

static void
append_member(StringInfo buf, const char *name, const char *value)
{
	appendStringInfo(buf, "%s\"%s\": ", buf->len > 1 ? ", " : "", name);
	if (value == NULL)
		appendStringInfoString(buf, "null");
	else
		escape_json(buf, mh_from_utf8(value));
}

/* Returns the payload.  longest: maximal bytes of the detail before it is escaped. */
static char *
payload_with(const MhCheck *check, const MhCheckChange *change, int longest)
{
	const MhDiagnosis *worst = check->diagnoses[check->worst];
	char *detail = mh_from_utf8(worst->detail);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	append_member(&buf, "database", mh_to_utf8(get_database_name(MyDatabaseId)));
	append_member(&buf, "state", worst->state);
	append_member(&buf, "was", change->state);
	appendStringInfo(&buf, ", \"severity\": %d, \"version_tables\": %d", worst->severity, check->n);
	if (check->servers != NULL)
		append_member(&buf, "server", check->servers[check->worst]);
	append_member(&buf, "version_table", check->tables[check->worst]);
	append_member(&buf, "detail",
				  mh_to_utf8(pnstrdup(detail, pg_mbcliplen(detail, strlen(detail), longest))));
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

/*
 * Returns a payload that is short enough for NOTIFY.  A control character takes six bytes in JSON.
 */
static char *
payload(const MhCheck *check, const MhCheckChange *change)
{
	int longest = LONGEST_DETAIL;
	char *text = payload_with(check, change, longest);

	while (strlen(text) > LONGEST_PAYLOAD && longest > 0)
	{
		longest /= 2;
		text = payload_with(check, change, longest);
	}
	return text;
}

/*
 * Returns the message, with the version table if there are several: "billing.alembic_version: 2
 * revisions pending: ...".
 */
static char *
first_line(const MhCheck *check)
{
	const MhDiagnosis *worst = check->diagnoses[check->worst];

	if (check->n == 1 && check->servers == NULL)
		return mh_from_utf8(psprintf("%s: %s", worst->state, worst->detail));
	return mh_from_utf8(
		psprintf("%s: %s: %s", worst->state, mh_check_subject(check, check->worst), worst->detail));
}

static void
raise_state(const MhCheck *check)
{
	const MhDiagnosis *worst = check->diagnoses[check->worst];
	int others = 0;

	for (int i = 0; i < check->n; i++)
		others += check->diagnoses[i]->severity > MH_OK;
	others--;
	ereport(ERROR,
			(errcode(mh_sqlstate(mh_state_sqlstate(worst->state))), errmsg("%s", first_line(check)),
			 others > 0
				 ? errdetail_plural("%d other version table is not ok either.",
									"%d other version tables are not ok either.", others, others)
				 : 0,
			 worst->hint ? errhint("%s", mh_from_utf8(worst->hint)) : 0));
}

static void
log_change(const MhCheck *check)
{
	ereport(LOG,
			(check->servers == NULL ? errmsg("migration state of database \"%s\" changed: %s",
											 get_database_name(MyDatabaseId), first_line(check))
									: errmsg("migration state of databases elsewhere changed: %s",
											 first_line(check))));
}

static Datum
run_check(FunctionCallInfo fcinfo, const char *name, MhCheck *(*look)(FunctionCallInfo fcinfo))
{
	MhCheck *check;
	MhCheckChange change;
	MhSeverity severity;

	check_caller(fcinfo, name);
	/* From here on, memory is the procedure's, which a commit does not free. */
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	check = look(fcinfo);
	severity = check->diagnoses[check->worst]->severity;
	change = mh_check_store(check);
	if (change.is_changed)
		Async_Notify("mighead", payload(check, &change));
	SPI_commit();
	if (change.is_changed)
		log_change(check);
	if (severity >= MH_CRITICAL || (int) severity >= PG_GETARG_INT32(0))
		raise_state(check);
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * mighead_check(min_severity int, version_table regclass), a procedure
 *
 *		Stores the result in mighead.check_result, commits, and raises the SQLSTATE of the state
 *		if its severity reaches min_severity (1 to 3; critical and unknown reach every one).  If
 *		the state has changed it sends NOTIFY mighead and writes a line to the server's log.
 *
 *		Errors: 25006 on a standby or in a read-only transaction, 2D000 inside a transaction
 *		block, 42P01 for a relation that does not exist.  Locks: mighead.check_result in SHARE ROW
 *		EXCLUSIVE mode until it commits; otherwise as mighead_status().  Privileges: EXECUTE.
 */
Datum
mighead_check(PG_FUNCTION_ARGS)
{
	return run_check(fcinfo, "mighead_check", look);
}

/*
 * mighead_fleet_check(min_severity int, servers text), a procedure
 *
 *		The same for the databases of the foreign servers whose name is LIKE servers, which the
 *		caller may use.  Stores the result in mighead.fleet_result.
 *
 *		Errors: as mighead_check(); 22025 for a bad pattern, 42704 if there is no such server.
 *		Locks: mighead.fleet_result as there, not while servers are asked.  Privileges: EXECUTE,
 *		and those of mighead_fleet().
 */
Datum
mighead_fleet_check(PG_FUNCTION_ARGS)
{
	return run_check(fcinfo, "mighead_fleet_check", look_elsewhere);
}
