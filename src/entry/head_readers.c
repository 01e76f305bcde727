/*-------------------------------------------------------------------------
 *
 * head_readers.c
 *	  SQL functions that answer whether everything is applied, for monitoring
 *	  and for the start of an application.
 *
 * The rules are stricter than "nothing is pending": rows that make the next
 * upgrade fail (a row and its ancestor, a row twice, a row that is no full id) are
 * not "at head", because whoever asks wants to go on unattended.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/base/call.h"
#include "core/plan/plan.h"
#include "entry/context.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(mighead_at_head);
PG_FUNCTION_INFO_V1(mighead_require_head);

/* Maximal number of revisions listed; the rest is counted. */
#define REVISIONS_LISTED 5

typedef enum Verdict
{
	AT_HEAD,
	NOT_THESE_ROWS, /* rows are not the heads that the caller gave */
	PENDING,
	UNKNOWN_ROW,
	RETIRED_ROW, /* a row is in another release only */
	OVERLAPPING_ROWS,
	INVALID_ROWS,
	NO_SCRIPTS,
	BUSY,
	UNREADABLE
} Verdict;

typedef struct Judgement
{
	Verdict verdict;
	MhContext context;
	MhStrings heads; /* heads as the caller gave them */
	MhScripts *scripts;
	const char *row; /* the row that decided */
	const char *other_row;
} Judgement;

static int
compare_strings(const void *left, const void *right)
{
	return strcmp(*(char *const *) left, *(char *const *) right);
}

static MhStrings
sorted(const MhStrings *strings)
{
	MhStrings copy = mh_strings_with_room(strings->n);

	for (int i = 0; i < strings->n; i++)
		mh_strings_push(&copy, strings->v[i]);
	qsort(copy.v, copy.n, sizeof(char *), compare_strings);
	return copy;
}

static bool
are_same_multiset(const MhStrings *left, const MhStrings *right)
{
	MhStrings a = sorted(left);
	MhStrings b = sorted(right);

	if (a.n != b.n)
		return false;
	for (int i = 0; i < a.n; i++)
		if (strcmp(a.v[i], b.v[i]) != 0)
			return false;
	return true;
}

static bool
is_retired(const MhScripts *scripts, const char *revision)
{
	for (int i = scripts->n; i < scripts->n + scripts->retired; i++)
		if (strcmp(scripts->scripts[i].revision, revision) == 0)
			return true;
	return false;
}

static Verdict
judge_row(Judgement *judgement, const MhRow *rows, int index)
{
	const MhRow *row = &rows[index];

	judgement->row = judgement->context.rows.v[index];
	if (row->node == MH_BASE)
		return is_retired(judgement->scripts, judgement->row) ? RETIRED_ROW : UNKNOWN_ROW;
	if (!row->is_exact || row->duplicate_of >= 0)
		return INVALID_ROWS;
	if (row->implied_by >= 0)
	{
		judgement->other_row = judgement->context.rows.v[row->implied_by];
		return OVERLAPPING_ROWS;
	}
	return AT_HEAD;
}

static Verdict
judge_against_scripts(Judgement *judgement)
{
	const MhGraph *graph = judgement->scripts->graph;
	MhRow *rows = mh_rows_judge(graph, &judgement->context.rows);
	bool *applied;

	for (int i = 0; i < judgement->context.rows.n; i++)
	{
		Verdict verdict = judge_row(judgement, rows, i);

		if (verdict != AT_HEAD)
			return verdict;
	}
	/* if every head is applied, everything is: no plan is needed */
	applied = mh_context_applied(&judgement->context, judgement->scripts);
	for (int i = 0; i < graph->n; i++)
		if (graph->nodes[i].is_real_head && !applied[i])
			return PENDING;
	return AT_HEAD;
}

static Verdict
judge(Judgement *judgement, bool heads_given)
{
	const MhVersionTable *table = judgement->context.table;

	if (!judgement->context.rows_known)
		return table->access == MH_ACCESS_BUSY ? BUSY : UNREADABLE;
	if (table != NULL && table->null_rows > 0)
		return INVALID_ROWS;
	if (heads_given)
		return are_same_multiset(&judgement->context.rows, &judgement->heads) ? AT_HEAD
																			  : NOT_THESE_ROWS;
	judgement->scripts = mh_scripts_read(judgement->context.project);
	if (judgement->scripts->n == 0 && judgement->context.project->release == 0)
		return NO_SCRIPTS;
	return judge_against_scripts(judgement);
}

static Judgement
judge_call(FunctionCallInfo fcinfo)
{
	MhArguments arguments = {1, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	Judgement judgement = {0};
	char *heads = mh_text_argument(fcinfo, 0);

	if (heads != NULL)
		judgement.heads = mh_row_set(heads, "heads");
	judgement.context = mh_context_open(fcinfo, arguments, MH_ROWS_OF_ONE);
	judgement.verdict = judge(&judgement, heads != NULL);
	return judgement;
}

/*
 * mighead_at_head(heads text, version_table regclass) returns boolean
 *		Without heads: is every head of the scripts a row, or below one?  With heads (full ids,
 *		such as the application was built with): are the rows these?  Then no scripts are needed.
 *		False also for rows that are unknown or would make the next upgrade fail.  NULL where it
 *		is not known: no scripts, or the version table is busy or unreadable.  Errors: MH301,
 *		42P01, 22P02.
 */
Datum
mighead_at_head(PG_FUNCTION_ARGS)
{
	Judgement judgement = judge_call(fcinfo);

	switch (judgement.verdict)
	{
		case AT_HEAD:
			PG_RETURN_BOOL(true);
		case NO_SCRIPTS:
		case BUSY:
		case UNREADABLE:
			PG_RETURN_NULL();
		default:
			PG_RETURN_BOOL(false);
	}
}

/* Returns the steps as "a, b, c, d, e and 7 more". */
static char *
list_steps(const MhGraph *graph, const MhPlan *plan)
{
	MhStrings listed = {0, NULL};
	char *list;

	for (int i = 0; i < plan->n && i < REVISIONS_LISTED; i++)
		mh_strings_add(&listed, graph->nodes[plan->steps[i].node].id);
	list = mh_strings_join(&listed, ", ");
	if (plan->n > listed.n)
		list = psprintf("%s and %d more", list, plan->n - listed.n);
	return list;
}

static void
explain_pending(const Judgement *judgement, MhError *err)
{
	const MhGraph *graph = judgement->scripts->graph;
	MhPlan plan = {0};

	if (!mh_upgrade_plan(graph, &judgement->context.rows, "heads", false, &plan, err))
		return;
	mh_fail(err, MHERR_STATE_PENDING, "database is not at head");
	mh_fail_detail(err,
				   plan.n == 1 ? "%d revision is pending: %s." : "%d revisions are pending: %s.",
				   plan.n, list_steps(graph, &plan));
	mh_fail_hint(err, "Run \"alembic upgrade heads\".");
}

static void
explain_other_rows(const Judgement *judgement, MhError *err)
{
	mh_fail(err, MHERR_STATE_PENDING, "database is not at head");
	mh_fail_detail(err, "The rows are {%s}, and {%s} is required.",
				   mh_strings_join(&judgement->context.rows, ","),
				   mh_strings_join(&judgement->heads, ","));
	mh_fail_hint(err, "Run \"alembic upgrade heads\" if the database is the older one.");
}

static void
explain_absent_row(const Judgement *judgement, const char *table, MhError *err)
{
	bool is_retired_row = judgement->verdict == RETIRED_ROW;

	mh_fail(err, is_retired_row ? MHERR_STATE_AHEAD : MHERR_STATE_UNKNOWN_REVISION,
			"Can't locate revision identified by '%s'", judgement->row);
	mh_fail_detail(err,
				   is_retired_row
					   ? "It is a row of %s, and only another release of project \"%s\" has it."
					   : "It is a row of %s, and no script of project \"%s\" has it.",
				   table, judgement->context.project->name);
	if (is_retired_row)
		mh_fail_hint(err, "Deploy the release that has it; do not stamp.");
}

static void
explain_invalid_row(const Judgement *judgement, const char *table, MhError *err)
{
	mh_fail(err, MHERR_STATE_INVALID_ROWS, "version table %s holds invalid rows", table);
	if (judgement->row == NULL)
		mh_fail_detail(err, "A row is null.");
	else
		mh_fail_detail(err, "Row '%s' is not a full revision id, or there is more than one of it.",
					   judgement->row);
}

static void
explain_access(const Judgement *judgement, const char *table, MhError *err)
{
	const MhVersionTable *version_table = judgement->context.table;

	if (judgement->verdict == BUSY)
		mh_fail(err, MHERR_STATE_BUSY, "version table %s is busy", table);
	else
		mh_fail(err, MHERR_STATE_UNREADABLE, "version table %s cannot be read", table);
	if (version_table != NULL && version_table->reason != NULL)
		mh_fail_detail(err, "%s", version_table->reason);
}

/* Sets the error that explains why the verdict is not AT_HEAD. */
static void
explain(const Judgement *judgement, MhError *err)
{
	const MhVersionTable *version_table = judgement->context.table;
	char *table = version_table ? mh_version_table_name(version_table) : NULL;

	switch (judgement->verdict)
	{
		case AT_HEAD:
			break;
		case NOT_THESE_ROWS:
			explain_other_rows(judgement, err);
			break;
		case PENDING:
			explain_pending(judgement, err);
			break;
		case UNKNOWN_ROW:
		case RETIRED_ROW:
			explain_absent_row(judgement, table, err);
			break;
		case OVERLAPPING_ROWS:
			mh_fail(err, MHERR_STATE_ROWS, "%s",
					mh_overlap_sentence(judgement->other_row, judgement->row));
			mh_fail_detail(err, "Both are rows of %s.", table);
			break;
		case INVALID_ROWS:
			explain_invalid_row(judgement, table, err);
			break;
		case NO_SCRIPTS:
			mh_fail(err, MHERR_STATE_NO_SCRIPTS, "no scripts are loaded for project \"%s\"",
					judgement->context.project->name);
			mh_fail_hint(err, "In a shell: %s; or give the heads.",
						 mh_load_command(judgement->context.project->name));
			break;
		case BUSY:
		case UNREADABLE:
			explain_access(judgement, table, err);
			break;
	}
}

/*
 * mighead_require_head(heads text, version_table regclass) returns void
 *
 *		Raises an error unless mighead_at_head would return true.  It raises one also if that is
 *		not known, because a gate must not open without knowing.
 *
 *		Errors: MH001 pending, or not the rows given; MH002 unknown row; MH003 a row and its
 *		ancestor; MH007 a row of another release; MH008 no scripts; MH009 busy; MH010 unreadable;
 *		MH012 invalid rows; MH301, 42P01, 22P02.
 */
Datum
mighead_require_head(PG_FUNCTION_ARGS)
{
	Judgement judgement = judge_call(fcinfo);
	MhError err = MH_NO_ERROR;

	if (judgement.verdict == AT_HEAD)
		PG_RETURN_VOID();
	explain(&judgement, &err);
	if (err.hint == NULL)
		mh_fail_hint(&err, "SELECT * FROM %s says what is known.",
					 mh_call(mh_function_prefix(fcinfo), "mighead_findings", NULL));
	mh_raise(&err);
}
