/*-------------------------------------------------------------------------
 *
 * report.c
 *	  mighead_report: shows the state of the database on one screen, for a person.
 *
 * Locks: AccessShareLock on the tables of mighead and, without waiting, on version tables.
 * Privileges: EXECUTE.  What the caller may not read is reported as unreadable.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "access/xact.h"
#include "core/base/wording.h"
#include "core/draw/draw.h"
#include "entry/survey.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(mighead_report);

#define SECONDS_OF_TIME 19 /* "2026-01-31 12:00:00" */

/* Returns an age such as "2 hours ago". */
static char *
age_of(TimestampTz at)
{
	static const struct
	{
		int64 seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
	int64 seconds = (GetCurrentTransactionStartTimestamp() - at) / USECS_PER_SEC;

	for (size_t i = 0; i < lengthof(units); i++)
		if (seconds >= units[i].seconds)
		{
			int n = (int) (seconds / units[i].seconds);

			return psprintf("%d %s%s ago", n, units[i].name, mh_plural(n));
		}
	return pstrdup("just now");
}

static char *
change_text(MhLastChange change)
{
	char *time;

	if (change.at == 0)
		return NULL;
	time = pnstrdup(timestamptz_to_str(change.at), SECONDS_OF_TIME);
	return psprintf("%s (%s)%s%s", time, age_of(change.at), change.by == NULL ? "" : " by ",
					change.by == NULL ? "" : change.by);
}

static MhReportProblem *
problems_of(const MhDiagnosis *diagnosis, int *count)
{
	MhReportProblem *problems = palloc((diagnosis->n + 1) * sizeof(MhReportProblem));

	*count = 0;
	for (int i = 0; i < diagnosis->n; i++)
	{
		const MhFinding *finding = &diagnosis->findings[i];

		if (finding->severity >= MH_WARNING)
			problems[(*count)++] =
				(MhReportProblem){finding->severity, finding->code, finding->detail};
	}
	return problems;
}

/* A version table with its diagnosis, to be sorted. */
typedef struct Judged
{
	MhReportTable table;
	const MhDiagnosis *diagnosis;
	const MhProject *project;
	int order;
} Judged;

static Judged
judge(MhSurvey *survey, MhVersionTable *table, int order)
{
	Judged judged = {.order = order};
	MhLoadedProject *loaded;
	MhDiagnosis *diagnosis = mh_survey_diagnose(survey, table, &loaded);
	MhNodes heads = mh_graph_heads(loaded->scripts->graph);
	MhStrings *head_ids = palloc(sizeof(MhStrings));

	*head_ids = mh_graph_ids(loaded->scripts->graph, &heads);
	judged.diagnosis = diagnosis;
	judged.project = loaded->scripts->project;
	judged.table.table = table == NULL ? NULL : mh_version_table_name(table);
	judged.table.project = judged.project->name;
	judged.table.state = diagnosis->state;
	judged.table.severity = diagnosis->severity;
	judged.table.rows =
		table == NULL || table->access == MH_ACCESS_READ ? &diagnosis->current : NULL;
	judged.table.heads = loaded->scripts->n > 0 ? head_ids : NULL;
	judged.table.pending = diagnosis->has_plan ? diagnosis->pending : -1;
	judged.table.drift = diagnosis->has_drift ? diagnosis->drift : -1;
	judged.table.is_compared = diagnosis->is_compared;
	judged.table.changed =
		table == NULL ? NULL : change_text(mh_survey_last_change(survey, table, NULL));
	judged.table.hint = diagnosis->hint;
	judged.table.problems = problems_of(diagnosis, &judged.table.problem_count);
	return judged;
}

static int
compare_judged(const void *left, const void *right)
{
	const Judged *a = left;
	const Judged *b = right;
	int order = mh_compare_diagnoses(a->diagnosis, b->diagnosis);

	return order != 0 ? order : a->order - b->order;
}

/*
 * mighead_report(version_table regclass) returns setof text
 *		The state of the database, or of one version table, on one screen of 80 columns and 24
 *		lines.  The last line is the next command.  42P01 for a relation that does not exist.
 */
Datum
mighead_report(PG_FUNCTION_ARGS)
{
	MhReport report = {0};
	MhReportTable *tables;
	MhResult result;
	MhStrings lines;
	MhSurvey *survey;
	List *subjects;
	Judged *judged;

	mh_result_begin(&result, fcinfo);
	survey = mh_survey_begin(fcinfo, 0);
	subjects = mh_survey_subjects(survey, false);
	report.n = list_length(subjects);
	judged = palloc(Max(report.n, 1) * sizeof(Judged));
	tables = palloc(Max(report.n, 1) * sizeof(MhReportTable));
	for (int i = 0; i < report.n; i++)
		judged[i] = judge(survey, list_nth(subjects, i), i);
	qsort(judged, report.n, sizeof(Judged), compare_judged);
	for (int i = 0; i < report.n; i++)
		tables[i] = judged[i].table;
	report.tables = tables;
	report.database = survey->database;
	report.prefix = survey->prefix;
	if (report.n > 0)
	{
		report.environment = judged[0].project->environment;
		report.is_protected = judged[0].project->is_protected;
		lines = mh_report(&report);
		for (int i = 0; i < lines.n; i++)
		{
			mh_put_text(&result, lines.v[i]);
			mh_row_end(&result);
		}
	}
	return (Datum) 0;
}
