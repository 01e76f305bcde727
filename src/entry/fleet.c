/*-------------------------------------------------------------------------
 *
 * fleet.c
 *	  mighead_fleet, mighead_remote_status: the migration state of databases elsewhere.
 *
 * Privileges: EXECUTE; USAGE on the foreign servers and a user mapping. Locks: AccessShareLock on the
 * tables of mighead here; there, what reading a version table takes, not waited for.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(mighead_fleet);
PG_FUNCTION_INFO_V1(mighead_remote_status);

static void
put_took(MhResult *result, int64 milliseconds)
{
	Interval *took = palloc0(sizeof(Interval));

	took->time = milliseconds * 1000;
	if (milliseconds < 0)
		mh_put_null(result);
	else
		mh_put_datum(result, IntervalPGetDatum(took));
}

static void
put_database(MhResult *result, const MhRemoteDatabase *database)
{
	mh_put_text(result, database->server->name);
	mh_put_text(result, database->name ? database->name : database->server->database);
	mh_put_text(result, database->version);
	mh_put_bool(result, database->failure == NULL);
	put_took(result, database->took);
}

/* The columns of mighead_status(). When the rows changed is known to the journal there. */
static void
put_state(MhResult *result, const MhRemoteState *state)
{
	const MhRemoteTable *table = state->table;
	const MhDiagnosis *diagnosis = state->diagnosis;
	bool is_asked = state->database->failure == NULL;

	put_database(result, state->database);
	mh_put_text(result, table ? mh_version_table_name(&table->table) : NULL);
	mh_put_text(result, is_asked ? state->scripts->project->name : NULL);
	mh_put_text(result, diagnosis->state);
	mh_put_int(result, diagnosis->severity);
	mh_put_known_strings(result,
						 is_asked && (table == NULL || table->table.access == MH_ACCESS_READ),
						 &diagnosis->current);
	if (is_asked)
		mh_put_heads(result, state->scripts);
	else
		mh_put_null(result);
	mh_put_known_strings(result, diagnosis->is_known, &diagnosis->unknown);
	mh_put_known_int(result, diagnosis->is_known, diagnosis->applied);
	mh_put_known_int(result, diagnosis->has_plan, diagnosis->pending);
	mh_put_known_int(result, diagnosis->has_drift, diagnosis->drift);
	mh_put_int(result, mh_count_findings(diagnosis));
	mh_put_null(result);
	mh_put_null(result);
	mh_put_text(result, diagnosis->detail);
	mh_put_text(result, diagnosis->hint);
	mh_put_bool(result, diagnosis->is_compared);
	mh_row_end(result);
}

static void
put_states(MhResult *result, const List *states)
{
	ListCell *cell;

	foreach (cell, states)
		put_state(result, lfirst(cell));
}

/* In milliseconds. Raises 22023 for what is no time to wait. */
static int
timeout_argument(FunctionCallInfo fcinfo, int argno)
{
	const Interval *timeout;
	double milliseconds;

	mh_require_argument(fcinfo, argno, "timeout");
	timeout = PG_GETARG_INTERVAL_P(argno);
	milliseconds = timeout->time / 1000.0 + timeout->day * 86400000.0;
	if (timeout->month != 0 || milliseconds < 1 || milliseconds > 86400000.0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"timeout\" must be between 1 ms and 1 day")));
	return (int) milliseconds;
}

/*
 * mighead_fleet(servers text, timeout interval) returns setof record
 *		Returns one row per version table of each foreign server whose name is LIKE servers, worst
 *		first. Raises 22004 for NULL, 22023 for a bad timeout, 22025 for a bad pattern. A server
 *		that cannot be asked is a row.
 */
Datum
mighead_fleet(PG_FUNCTION_ARGS)
{
	MhResult result;
	int timeout;

	mh_result_begin(&result, fcinfo);
	mh_require_argument(fcinfo, 0, "servers");
	timeout = timeout_argument(fcinfo, 1);
	put_states(&result, mh_remote_judge(fcinfo, mh_remote_servers(mh_text_argument(fcinfo, 0)),
										timeout, NULL, false));
	return (Datum) 0;
}

/*
 * mighead_remote_status(server text, version_table text) returns setof record
 *		The same for one server. Raises what mighead_fleet_servers() raises where the caller may not
 *		use the server, 42P01 for a version table that does not exist there, 42601 and 42602 for
 *		one that is no name.
 */
Datum
mighead_remote_status(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhRemoteServer *server;

	mh_result_begin(&result, fcinfo);
	server = mh_remote_argument(fcinfo, 0);
	put_states(&result, mh_remote_judge(fcinfo, list_make1(server), MH_REMOTE_TIMEOUT,
										mh_text_argument(fcinfo, 1), true));
	return (Datum) 0;
}
