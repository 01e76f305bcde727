/*-------------------------------------------------------------------------
 *
 * metrics.c
 *	  mighead_metrics: returns the migration state in numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "server/journal/journal.h"
#include "commands/dbcommands.h"
#include "server/version_table/version_table.h"
#include "entry/context.h"
#include "entry/survey.h"
#include "miscadmin.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(mighead_metrics);

static double
age_in_seconds(TimestampTz since)
{
	return (GetCurrentTimestamp() - since) / (double) USECS_PER_SEC;
}

static int
count_sessions(const MhSurvey *survey, const MhVersionTable *table)
{
	ListCell *cell;
	int n = 0;

	foreach (cell, survey->sessions)
		n += table != NULL && ((MhTableSession *) lfirst(cell))->version_table == table->oid;
	return n;
}

/*
 * Returns the age of the last check in seconds.  Infinity if there was none, so that every alarm on
 * the age fires.
 */
static double
check_age(void)
{
	bool permitted;
	TimestampTz at = mh_check_last(&permitted);

	if (!permitted)
		return get_float8_nan();
	return at == 0 ? get_float8_infinity() : age_in_seconds(at);
}

static void
put_metrics(MhResult *result, MhSurvey *survey, MhVersionTable *table, double check_age)
{
	MhLoadedProject *loaded;
	MhDiagnosis *diagnosis = mh_survey_diagnose(survey, table, &loaded);
	MhNodes heads = mh_graph_heads(loaded->scripts->graph);
	bool rows_known = table == NULL || table->access == MH_ACCESS_READ;
	bool change_known = table != NULL && table->changed_at != 0;

	mh_put_text(result, table ? mh_version_table_name(table) : "");
	mh_put_text(result, loaded->scripts->project->name);
	mh_put_text(result, survey->database);
	mh_put_number(result, true, diagnosis->severity);
	mh_put_number(result, rows_known, diagnosis->current.n);
	mh_put_number(result, loaded->scripts->n > 0, heads.n);
	mh_put_number(result, diagnosis->is_known, diagnosis->unknown.n);
	mh_put_number(result, diagnosis->is_known, diagnosis->applied);
	mh_put_number(result, diagnosis->has_plan, diagnosis->pending);
	mh_put_number(result, diagnosis->has_drift, diagnosis->drift);
	mh_put_number(result, true, mh_count_between(diagnosis, MH_WARNING, MH_UNKNOWN));
	mh_put_number(result, true, mh_count_between(diagnosis, MH_CRITICAL, MH_CRITICAL));
	mh_put_number(result, true, count_sessions(survey, table));
	mh_put_number(result, change_known, change_known ? age_in_seconds(table->changed_at) : 0);
	mh_put_number(result, true, check_age);
	mh_put_number(result, true, diagnosis->is_compared);
	mh_row_end(result);
}

/*
 * mighead_metrics() returns setof record
 *		Returns one row per version table that counts, or one with an empty name if there is none.
 *		No column is NULL: NaN means not known, and Infinity is the age if there was no check.
 *		Ages are in seconds.  Locks, privileges and errors as mighead_status().
 */
Datum
mighead_metrics(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhSurvey *survey;
	ListCell *cell;
	double last_check;

	mh_result_begin(&result, fcinfo);
	survey = mh_survey_begin(fcinfo, MH_NO_ARGUMENT);
	last_check = check_age();
	foreach (cell, mh_survey_subjects(survey, true))
		put_metrics(&result, survey, lfirst(cell), last_check);
	return (Datum) 0;
}
