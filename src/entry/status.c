/*-------------------------------------------------------------------------
 *
 * status.c
 *	  SQL functions that show version tables: status, current, and the rows behind
 *	  the view mighead_versions.
 *
 * Locks: AccessShareLock on the tables of mighead; on version tables the same,
 * never waited for.  Privileges: EXECUTE; what the caller may not read is
 * reported as unreadable.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "core/draw/draw.h"
#include "entry/survey.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(mighead_status);
PG_FUNCTION_INFO_V1(mighead_current);
PG_FUNCTION_INFO_V1(mighead_version_rows);

static void
put_status(MhResult *result, MhSurvey *survey, MhVersionTable *table)
{
	MhLoadedProject *loaded;
	MhDiagnosis *diagnosis = mh_survey_diagnose(survey, table, &loaded);
	bool rows_known = table == NULL || table->access == MH_ACCESS_READ;

	mh_put_version_table(result, table);
	mh_put_text(result, loaded->scripts->project->name);
	mh_put_text(result, diagnosis->state);
	mh_put_int(result, diagnosis->severity);
	mh_put_known_strings(result, rows_known, &diagnosis->current);
	mh_put_heads(result, loaded->scripts);
	mh_put_known_strings(result, diagnosis->is_known, &diagnosis->unknown);
	mh_put_known_int(result, diagnosis->is_known, diagnosis->applied);
	mh_put_known_int(result, diagnosis->has_plan, diagnosis->pending);
	mh_put_known_int(result, diagnosis->has_drift, diagnosis->drift);
	mh_put_int(result, mh_count_findings(diagnosis));
	mh_put_last_change(result, table ? mh_survey_last_change(survey, table, NULL)
									 : (MhLastChange){0, NULL});
	mh_put_text(result, diagnosis->detail);
	mh_put_text(result, diagnosis->hint);
	mh_put_bool(result, diagnosis->is_compared);
	mh_row_end(result);
	MemoryContextReset(survey->scratch);
}

/*
 * mighead_status(version_table regclass) returns setof record
 *		Returns one row per version table, or one with a NULL version_table if there is none.
 *		42P01 for a relation that does not exist.  A bad state is no error.
 */
Datum
mighead_status(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhSurvey *survey;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	survey = mh_survey_begin(fcinfo, 0);
	survey->is_summary = true;
	survey->scratch =
		AllocSetContextCreate(CurrentMemoryContext, "mighead diagnosis", ALLOCSET_DEFAULT_SIZES);
	foreach (cell, mh_survey_subjects(survey, false))
		put_status(&result, survey, lfirst(cell));
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

			mh_put_version_table(result, table);
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

		mh_put_version_table(result, table);
		mh_put_text(result, node->id);
		mh_put_bool(result, node->is_real_head);
		mh_put_message(result, node->script->message);
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
	MhSurvey *survey;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	survey = mh_survey_begin(fcinfo, 0);
	foreach (cell, survey->tables)
	{
		MhVersionTable *table = lfirst(cell);

		if (table->access == MH_ACCESS_READ)
			put_current(&result, table,
						mh_survey_load(survey, mh_survey_project(survey, table))->scripts->graph);
	}
	return (Datum) 0;
}

static void
put_version_row(MhResult *result, MhSurvey *survey, const MhVersionTable *table,
				const MhScripts *scripts, const MhRow *rows, int i)
{
	const MhNode *node = rows[i].node == MH_BASE ? NULL : &scripts->graph->nodes[rows[i].node];
	bool known = scripts->n > 0;

	mh_put_version_table(result, table);
	mh_put_text(result, scripts->project->name);
	mh_put_text(result, rows[i].text);
	mh_put_known_bool(result, known, node != NULL);
	mh_put_known_bool(result, known, node != NULL && node->is_real_head);
	mh_put_text(result, rows[i].implied_by < 0 ? NULL : rows[rows[i].implied_by].text);
	mh_put_text(result, node ? mh_short_message(node->script->message) : NULL);
	mh_put_last_change(result, mh_survey_last_change(survey, table, rows[i].text));
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
	MhSurvey *survey;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	survey = mh_survey_begin(fcinfo, -1);
	foreach (cell, survey->tables)
	{
		MhVersionTable *table = lfirst(cell);
		MhScripts *scripts = mh_survey_load(survey, mh_survey_project(survey, table))->scripts;
		MhRow *rows = mh_rows_judge(scripts->graph, &table->rows);

		for (int i = 0; i < table->rows.n; i++)
			put_version_row(&result, survey, table, scripts, rows, i);
	}
	return (Datum) 0;
}
