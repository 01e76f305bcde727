/*-------------------------------------------------------------------------
 *
 * fleet_metrics.c
 *	  mighead_fleet_metrics: the state of databases elsewhere in numbers, for exporters.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote.h"

PG_FUNCTION_INFO_V1(mighead_fleet_metrics);

static void
put_labels(MhResult *result, const MhRemoteState *state)
{
	const MhRemoteDatabase *database = state->database;
	const char *name = database->name ? database->name : database->server->database;

	mh_put_text(result, database->server->name);
	mh_put_text(result, state->table ? mh_version_table_name(&state->table->table) : "");
	mh_put_text(result, state->scripts ? state->scripts->project->name : "");
	mh_put_text(result, name ? name : "");
}

static void
put_metrics(MhResult *result, const MhRemoteState *state)
{
	const MhDiagnosis *diagnosis = state->diagnosis;
	const MhRemoteTable *table = state->table;
	bool is_asked = state->database->failure == NULL;
	bool rows_known = is_asked && (table == NULL || table->table.access == MH_ACCESS_READ);
	int heads = is_asked ? mh_graph_heads(state->scripts->graph).n : 0;

	put_labels(result, state);
	mh_put_number(result, true, is_asked);
	mh_put_number(result, state->database->took >= 0, state->database->took / 1000.0);
	mh_put_number(result, true, diagnosis->severity);
	mh_put_number(result, rows_known, diagnosis->current.n);
	mh_put_number(result, is_asked && state->scripts->n > 0, heads);
	mh_put_number(result, diagnosis->is_known, diagnosis->unknown.n);
	mh_put_number(result, diagnosis->is_known, diagnosis->applied);
	mh_put_number(result, diagnosis->has_plan, diagnosis->pending);
	mh_put_number(result, diagnosis->has_drift, diagnosis->drift);
	mh_put_number(result, true, mh_count_findings(diagnosis));
	mh_put_number(result, true, mh_count_between(diagnosis, MH_CRITICAL, MH_CRITICAL));
	mh_put_number(result, is_asked, table ? list_length(table->sessions) : 0);
	mh_put_number(result, true, diagnosis->is_compared);
	mh_row_end(result);
}

/*
 * mighead_fleet_metrics() returns setof record
 *		One row per version table that counts of each foreign server that the caller may use. No column
 *		is NULL: NaN means not known. A server that cannot be asked is a row.
 */
Datum
mighead_fleet_metrics(PG_FUNCTION_ARGS)
{
	MhResult result;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	foreach (cell, mh_remote_judge(fcinfo, mh_remote_servers("%"), MH_REMOTE_TIMEOUT, NULL, false))
	{
		const MhRemoteState *state = lfirst(cell);

		if (state->table == NULL || state->table->table.counts)
			put_metrics(&result, state);
	}
	return (Datum) 0;
}
