/*-------------------------------------------------------------------------
 *
 * review.c
 *	  SQL function that reviews a migration script before it runs.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/review.h"

#include "core/plan/plan.h"
#include "entry/context.h"
#include "entry/result.h"
#include "server/journal/journal.h"
#include "miscadmin.h"
#include "utils/acl.h"

PG_FUNCTION_INFO_V1(mighead_review);

/* Arguments. */
#define SQL 0
#define VERSION_TABLE 1
#define TARGET 2
#define CHECK_DATA 3
#define ROLE_NAME 4

/* ---------- rows ---------- */

static void
put_size(MhResult *result, double value)
{
	if (value < 0)
		mh_put_null(result);
	else
		mh_put_datum(result, Int64GetDatum((int64) value));
}

static void
put_effect(MhResult *result, const MhReviewEffect *effect)
{
	bool has_relation = effect->relation != NULL;

	mh_put_text(result, effect->object);
	mh_put_text(result, mh_lock_mode_name(effect->lock));
	mh_put_text(result, mh_lock_blocks(effect->lock));
	mh_put_known_bool(result, has_relation, effect->rewrites);
	mh_put_known_bool(result, has_relation && effect->scans_known, effect->scans);
	put_size(result, has_relation ? effect->rows : -1);
	put_size(result, has_relation ? effect->bytes : -1);
}

static void
put_finding(MhResult *result, const MhReviewEffect *effect, const MhReviewFinding *finding)
{
	const MhReviewStatement *statement = effect->statement;

	mh_put_int(result, statement->number);
	if (statement->line > 0)
		mh_put_int(result, statement->line);
	else
		mh_put_null(result);
	mh_put_text(result, statement->revision);
	mh_put_text(result, statement->command);
	put_effect(result, effect);
	mh_put_int(result, finding->severity);
	mh_put_text(result, finding->code);
	mh_put_text(result, finding->sqlstate);
	mh_put_text(result, finding->detail);
	mh_put_text(result, finding->hint);
	mh_row_end(result);
}

/* ---------- arguments ---------- */

static Oid
role_of(FunctionCallInfo fcinfo, const MhVersionTable *table)
{
	if (!PG_ARGISNULL(ROLE_NAME))
		return get_role_oid(NameStr(*PG_GETARG_NAME(ROLE_NAME)), false);
	return mh_review_role(table);
}

/* ---------- what is pending, as it was recorded ---------- */

static void
put_note(MhResult *result, const MhReviewNote *note)
{
	MhReviewStatement statement = {
		.number = note->after, .revision = note->revision, .command = ""};
	MhReviewEffect effect = {.statement = &statement};
	MhReviewFinding finding = {.severity = MH_WARNING,
							   .code = MH_REVIEW_NOT_KNOWN,
							   .detail = note->detail,
							   .hint =
								   "Review the script that Alembic prints: alembic upgrade --sql."};

	put_finding(result, &effect, &finding);
}

void
mh_review_put(MhResult *result, MhReviewEffect **effects, int n, const List *notes)
{
	int next = 0;

	for (int i = 0; i < n; i++)
	{
		for (; next < list_length(notes); next++)
		{
			const MhReviewNote *note = list_nth(notes, next);

			if (note->after >= effects[i]->statement->number)
				break;
			put_note(result, note);
		}
		for (int k = 0; k < effects[i]->n_findings; k++)
			put_finding(result, effects[i], &effects[i]->findings[k]);
	}
	for (; next < list_length(notes); next++)
		put_note(result, list_nth(notes, next));
}

void
mh_review_pending(FunctionCallInfo fcinfo, int target, MhResult *result, const MhContext *context,
				  const MhReviewOptions *options)
{
	const MhScripts *scripts = mh_scripts_read(context->project);
	MhError err = MH_NO_ERROR;
	MhStrings revisions = {0, NULL};
	MhPlan plan = {0};
	MhReviewEffect **effects;
	List *recorded;
	List *notes;
	bool permitted;
	int n;

	mh_require_argument(fcinfo, target, "target");
	if (!mh_upgrade_plan(scripts->graph, &context->rows, mh_text_argument(fcinfo, target), false,
						 &plan, &err))
		mh_context_raise(fcinfo, context, scripts->graph, &err);
	for (int i = 0; i < plan.n; i++)
		mh_strings_add(&revisions, scripts->graph->nodes[plan.steps[i].node].script->revision);
	recorded = mh_statements_of(scripts, mh_statements_read(context->project->name, &permitted),
								&revisions);
	effects = mh_review_recorded(recorded, options, &n, &notes);
	mh_review_put(result, effects, n, notes);
}

/*
 * mighead_review(sql text, version_table regclass, target text, check_data boolean,
 *				  role_name name) returns setof record
 *		Judges the statements of a script against the database as it is now: see
 *		server/review/review.h.  Locks: AccessShareLock, without waiting.  Errors: those of
 *		mh_context_open() for version_table, 42704 for role_name, 22004 if check_data is NULL.
 */
Datum
mighead_review(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {VERSION_TABLE, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	MhReviewPiece piece = {.has_lines = true};
	MhReviewOptions options = {0};
	MhContext context;
	MhResult result;
	MhReviewEffect **effects;
	int n;

	mh_result_begin(&result, fcinfo);
	mh_require_argument(fcinfo, CHECK_DATA, "check_data");
	context =
		mh_context_open(fcinfo, arguments, PG_ARGISNULL(SQL) ? MH_ROWS_NEEDED : MH_ROWS_IF_KNOWN);
	options.table = context.table;
	options.version_name = context.project->version_table_name;
	options.check_data = PG_GETARG_BOOL(CHECK_DATA);
	options.role = role_of(fcinfo, context.table);
	if (PG_ARGISNULL(SQL))
	{
		mh_review_pending(fcinfo, TARGET, &result, &context, &options);
		return (Datum) 0;
	}
	piece.text = text_to_cstring(PG_GETARG_TEXT_PP(SQL));
	effects = mh_review_pieces(list_make1(&piece), &options, &n);
	mh_review_put(&result, effects, n, NIL);
	return (Datum) 0;
}
