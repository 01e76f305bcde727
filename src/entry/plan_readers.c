/*-------------------------------------------------------------------------
 *
 * plan_readers.c
 *	  SQL functions that say what Alembic would do: upgrade, downgrade and stamp
 *	  plans; and whether everything is applied.
 *
 * All are STABLE and read as the caller: the version table, or the rows that the
 * argument current gives, and the loaded scripts.  None waits for a lock.  A plan
 * from rows that cannot be read would be a wrong one, so these functions raise
 * what context.h lists for a needed version table; mighead_at_head answers NULL
 * instead.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/plan_readers.h"

#include "core/draw/draw.h"
#include "entry/context.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(mighead_upgrade_plan);
PG_FUNCTION_INFO_V1(mighead_downgrade_plan);
PG_FUNCTION_INFO_V1(mighead_pending);
PG_FUNCTION_INFO_V1(mighead_stamp_plan);

typedef bool (*PlanFunction)(const MhGraph *graph, const MhStrings *rows, const char *target,
							 bool with_rows, MhPlan *plan, MhError *err);

static void
warn(const MhStrings *warnings)
{
	for (int i = 0; i < warnings->n; i++)
		ereport(WARNING, (errmsg_internal("%s", mh_from_utf8(warnings->v[i]))));
}

/* Puts the steps of an upgrade or downgrade, one row each. */
static void
put_plan(FunctionCallInfo fcinfo, MhResult *result, const MhContext *context, PlanFunction make,
		 const char *target)
{
	const MhGraph *graph = mh_scripts_read(context->project)->graph;
	MhError err = MH_NO_ERROR;
	MhPlan plan = {0};

	if (!make(graph, &context->rows, target, true, &plan, &err))
		mh_context_raise(fcinfo, context, graph, &err);
	warn(&plan.warnings);
	for (int i = 0; i < plan.n; i++)
	{
		const MhScript *script = graph->nodes[plan.steps[i].node].script;

		mh_put_int(result, i + 1);
		mh_put_text(result, script->revision);
		mh_put_strings(result, &script->down_revision);
		mh_put_message(result, script->message);
		mh_put_strings(result, &plan.steps[i].rows_after);
		mh_row_end(result);
	}
}

static Datum
plan_to_target(FunctionCallInfo fcinfo, PlanFunction make)
{
	MhArguments arguments = {1, 2, 3};
	MhResult result;
	MhContext context;

	mh_require_argument(fcinfo, 0, "target");
	mh_result_begin(&result, fcinfo);
	context = mh_context_open(fcinfo, arguments, MH_ROWS_NEEDED);
	put_plan(fcinfo, &result, &context, make, mh_text_argument(fcinfo, 0));
	return (Datum) 0;
}

/*
 * mighead_upgrade_plan(target text, version_table regclass, current text, project text)
 *		returns setof (step, revision, down_revision, message, rows_after)
 *		What "alembic upgrade TARGET" would run, in its order; nothing where the rows are at the
 *		target or above it.  Errors: MH201, MH202, MH203, MH205 as Alembic words them.
 */
Datum
mighead_upgrade_plan(PG_FUNCTION_ARGS)
{
	return plan_to_target(fcinfo, mh_upgrade_plan);
}

/*
 * mighead_downgrade_plan(target text, version_table regclass, current text, project text)
 *		returns setof (step, revision, down_revision, message, rows_after)
 *		The same for "alembic downgrade TARGET"; also MH204.  Alembic's warnings are raised as
 *		warnings.
 */
Datum
mighead_downgrade_plan(PG_FUNCTION_ARGS)
{
	return plan_to_target(fcinfo, mh_downgrade_plan);
}

/*
 * mighead_pending(version_table regclass): mighead_upgrade_plan('heads').
 */
Datum
mighead_pending(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {0, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	MhResult result;
	MhContext context;

	mh_result_begin(&result, fcinfo);
	context = mh_context_open(fcinfo, arguments, MH_ROWS_NEEDED);
	put_plan(fcinfo, &result, &context, mh_upgrade_plan, "heads");
	return (Datum) 0;
}

static const char *
action_name(MhStampAction action)
{
	switch (action)
	{
		case MH_STAMP_INSERT:
			return MH_STEP_INSERT;
		case MH_STAMP_UPDATE:
			return MH_STEP_UPDATE;
		case MH_STAMP_DELETE:
			return MH_STEP_DELETE;
	}
	pg_unreachable();
}

void
mh_put_stamp_steps(MhResult *result, const MhStampPlan *plan)
{
	/* an invalid table has as many steps as rows, and each step shows all remaining rows */
	MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "mighead stamp step", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(row);

	for (int i = 0; i < plan->n; i++)
	{
		mh_put_int(result, i + 1);
		mh_put_text(result, action_name(plan->steps[i].action));
		mh_put_text(result, plan->steps[i].from_revision);
		mh_put_text(result, plan->steps[i].to_revision);
		mh_put_strings(result, &plan->steps[i].rows_after);
		mh_row_end(result);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(row);
}

static char *
row_set_text(const MhStrings *rows)
{
	return psprintf("{%s}", mh_from_utf8(mh_strings_join(rows, ",")));
}

/*
 * Warns if Alembic's command line would not get to the target, or if the result blocks the next
 * upgrade.
 */
static void
warn_of_stamp(const MhStampPlan *plan)
{
	if (plan->alembic_error != NULL)
		ereport(WARNING, (errmsg("\"alembic stamp\" would fail on these targets"),
						  errdetail_internal("%s", mh_from_utf8(plan->alembic_error))));
	else if (plan->alembic_differs)
		ereport(WARNING,
				(errmsg("\"alembic stamp\" would leave other rows"),
				 errdetail("It would leave %s instead of %s.", row_set_text(&plan->alembic_rows),
						   row_set_text(&plan->rows_after))));
	if (plan->overlap)
		ereport(WARNING,
				(errmsg("the result would hold a row and its ancestor"),
				 plan->overlap_detail ? errdetail_internal("%s", mh_from_utf8(plan->overlap_detail))
									  : 0));
}

/*
 * mighead_stamp_plan(target text, version_table regclass, current text, purge boolean, project
 *			text)
 *		returns setof (step, action, from_revision, to_revision, rows_after)
 *		What "alembic stamp [--purge] TARGET..." would do to the rows.  target is one identifier
 *		or an array literal of several; "base" and {} mean no rows.  Where Alembic loses rows or
 *		crashes on several targets, the steps are those of the set algebra ({targets} and the rows
 *		unrelated to them), with a warning.  Errors: MH201, MH202 as Alembic words them.
 */
Datum
mighead_stamp_plan(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {1, 2, 4};
	MhError err = MH_NO_ERROR;
	MhStampPlan plan = {0};
	MhResult result;
	MhContext context;
	MhStrings targets;
	const MhGraph *graph;

	mh_require_argument(fcinfo, 0, "target");
	mh_require_argument(fcinfo, 3, "purge");
	mh_result_begin(&result, fcinfo);
	targets = mh_row_set(mh_text_argument(fcinfo, 0), "target");
	context = mh_context_open(fcinfo, arguments, MH_ROWS_NEEDED);
	graph = mh_scripts_read(context.project)->graph;
	if (!mh_stamp_plan(graph, &context.rows, &targets, PG_GETARG_BOOL(3), false, &plan, &err))
		mh_context_raise(fcinfo, &context, graph, &err);
	warn_of_stamp(&plan);
	mh_put_stamp_steps(&result, &plan);
	return (Datum) 0;
}
