/*-------------------------------------------------------------------------
 *
 * findings.c
 *	  mighead_findings: returns every problem in a row of its own.
 *
 * Locks: AccessShareLock on the tables of mighead and, without waiting, on version tables.
 * Privileges: EXECUTE.  What the caller may not read is reported as unreadable.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/survey.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(mighead_findings);

static void
push_text(JsonbInState *state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = mh_for_client(text);
	value.val.string.len = strlen(value.val.string.val);
	pushJsonbValue(state, token, &value);
}

static void
push_evidence(JsonbInState *state, const MhEvidence *evidence)
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
	JsonbInState state = {0};

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < finding->evidence_n; i++)
		push_evidence(&state, &finding->evidence[i]);
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(state.result));
}

static void
put_kind(MhResult *result, const MhFinding *finding)
{
	mh_put_int(result, finding->severity);
	mh_put_text(result, finding->code);
	mh_put_text(result, finding->sqlstate);
}

static void
put_rest(MhResult *result, const MhFinding *finding)
{
	mh_put_text(result, finding->object);
	mh_put_text(result, finding->detail);
	mh_put_datum(result, evidence_datum(finding));
	mh_put_text(result, finding->hint);
	mh_put_text(result, finding->fix);
	mh_row_end(result);
}

static void
put_finding(MhResult *result, const MhFinding *finding, const MhVersionTable *table)
{
	put_kind(result, finding);
	mh_put_version_table(result, table);
	put_rest(result, finding);
}

void
mh_put_finding_elsewhere(MhResult *result, const MhFinding *finding, const char *version_table)
{
	put_kind(result, finding);
	mh_put_text(result, version_table);
	put_rest(result, finding);
}

MhSeverity
mh_severity_argument(FunctionCallInfo fcinfo, int argno)
{
	mh_require_argument(fcinfo, argno, "min_severity");
	if (PG_GETARG_INT32(argno) < MH_OK || PG_GETARG_INT32(argno) > MH_UNKNOWN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"min_severity\" must be between 0 and 3")));
	return (MhSeverity) PG_GETARG_INT32(argno);
}

/* A finding with its table, to be sorted over all tables. */
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

typedef struct TableFindings
{
	int n;
	TableFinding *v;
	MhSeverity min_severity;
} TableFindings;

static void
add_findings(TableFindings *found, const MhFinding *findings, int n, const MhVersionTable *table)
{
	found->v = repalloc(found->v, (found->n + n + 1) * sizeof(TableFinding));
	for (int i = 0; i < n; i++)
	{
		if (findings[i].severity < found->min_severity)
			continue;
		found->v[found->n] = (TableFinding){&findings[i], table, found->n};
		found->n++;
	}
}

/* Collects the findings.  The summary of tenants comes first: it is as bad as the worst of them. */
static MhFinding *
collect_findings(MhSurvey *survey, TableFindings *found)
{
	List *subjects = mh_survey_subjects(survey, false);
	int tables = list_length(subjects);
	MhDiagnosis **diagnoses = palloc(tables * sizeof(MhDiagnosis *));
	int counting = 0;

	found->v = palloc(sizeof(TableFinding));
	for (int i = 0; i < tables; i++)
	{
		MhVersionTable *table = list_nth(subjects, i);
		MhLoadedProject *loaded;
		MhDiagnosis *diagnosis = mh_survey_diagnose(survey, table, &loaded);

		add_findings(found, diagnosis->findings, diagnosis->n, table);
		if (table == NULL || table->counts)
			diagnoses[counting++] = diagnosis;
	}
	/* a missing table is not counted */
	if (tables > 0 && list_nth(subjects, tables - 1) == NULL && survey->tables != NIL)
		counting--;
	return mh_summarize(diagnoses, counting, survey->prefix);
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
	MhSurvey *survey;
	TableFindings found = {0, NULL, MH_OK};
	MhFinding *summary;

	mh_result_begin(&result, fcinfo);
	found.min_severity = mh_severity_argument(fcinfo, 1);
	survey = mh_survey_begin(fcinfo, 0);
	summary = collect_findings(survey, &found);
	qsort(found.v, found.n, sizeof(TableFinding), compare_table_findings);
	if (summary != NULL && summary->severity >= found.min_severity)
		put_finding(&result, summary, NULL);
	for (int i = 0; i < found.n; i++)
		put_finding(&result, found.v[i].finding, found.v[i].table);
	return (Datum) 0;
}
