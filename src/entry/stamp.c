/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  Guarded writers: mighead_stamp, mighead_reset, mighead_undo.
 *
 * Each checks first and refuses if it would do harm, does all or nothing within the caller's
 * transaction, and writes one row into the journal.  The cheapest checks come first.  The version
 * table is locked before its rows are read.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "server/expected/expected.h"
#include "server/journal/journal.h"
#include "catalog/namespace.h"
#include "server/version_table/version_table.h"
#include "commands/dbcommands.h"
#include "core/base/call.h"
#include "core/base/wording.h"
#include "entry/context.h"
#include "entry/plan_readers.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(mighead_stamp);
PG_FUNCTION_INFO_V1(mighead_reset);
PG_FUNCTION_INFO_V1(mighead_undo);

/* Positions of the arguments that all writers have. */
typedef struct CommonArguments
{
	int expect;
	int reason;
	int confirm;
	int skip_guards;
} CommonArguments;

/* One call of a guarded writer. */
typedef struct Call
{
	FunctionCallInfo fcinfo;
	MhResult result;
	const char *action; /* action in the journal */
	MhRowSet expect;
	char *reason;
	char *confirm; /* NULL: not given */
	MhSkippedGuards skipped;
	int64 undoes; /* journal entry; 0: none */

	List *projects;
	MhProject *project;
	MhVersionTable *table;
	MhWriting writing;
	MhRowSet rows; /* under the lock */
	int nulls_after;
	MhScripts *scripts;
} Call;

/* ---------- arguments ---------- */

static void
read_arguments(Call *call, CommonArguments arguments)
{
	FunctionCallInfo fcinfo = call->fcinfo;
	MhError err = MH_NO_ERROR;
	MhStrings guards;

	mh_require_argument(fcinfo, arguments.expect, "expect");
	mh_require_argument(fcinfo, arguments.skip_guards, "skip_guards");
	call->expect.texts =
		mh_row_set_with_nulls(mh_text_argument(fcinfo, arguments.expect), &call->expect.nulls);
	call->reason = mh_text_argument(fcinfo, arguments.reason);
	call->confirm = mh_text_argument(fcinfo, arguments.confirm);
	guards = mh_strings_from_array(PG_GETARG_DATUM(arguments.skip_guards), "skip_guards");
	if (!mh_guards_skip(&guards, &call->skipped, &err) || !mh_guard_reason(call->reason, &err))
		mh_raise(&err);
}

static Call *
begin_call(FunctionCallInfo fcinfo, const char *action, CommonArguments arguments)
{
	Call *call = palloc0(sizeof(Call));

	PreventCommandIfReadOnly(psprintf("%s()", action));
	call->fcinfo = fcinfo;
	call->action = action;
	mh_result_begin(&call->result, fcinfo);
	read_arguments(call, arguments);
	return call;
}

/* ---------- the version table ---------- */

pg_noreturn static void
raise_no_table(const Call *call)
{
	ereport(ERROR,
			(errcode(mh_sqlstate(MHERR_NO_VERSION_TABLE)), errmsg("there is no version table"),
			 errhint("SELECT %s; creates it as Alembic does.",
					 mh_from_utf8(mh_call(mh_function_prefix(call->fcinfo),
										  "mighead_ensure_version", NULL)))));
}

/* Refuses an untrusted table that the caller did not name: it may not be the intended one. */
static void
check_owner(const MhVersionTable *table)
{
	char *name = mh_from_utf8(mh_version_table_name(table));

	if (!table->is_trusted)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("version table %s belongs to role \"%s\", which is not trusted",
							   name, GetUserNameFromId(table->owner, false)),
						errhint("If it is the one that you mean, name it: version_table => %s.",
								mh_from_utf8(mh_regclass_value(mh_version_table_name(table))))));
}

static void
choose_table(Call *call, int version_table, int project)
{
	MhArguments arguments = {version_table, MH_NO_ARGUMENT, project};
	MhContext context = mh_context_open(call->fcinfo, arguments, MH_ROWS_OF_ONE);

	if (context.table == NULL)
		raise_no_table(call);
	if (call->fcinfo->args[version_table].isnull)
		check_owner(context.table);
	call->projects = context.projects;
	call->project = context.project;
	call->table = context.table;
}

/* Checks the label of the database, whichever project has it. */
static void
check_environment(const Call *call)
{
	MhError err = MH_NO_ERROR;
	ListCell *cell;

	foreach (cell, call->projects)
	{
		MhProject *project = lfirst(cell);

		if (project->is_protected &&
			!mh_guard_environment(&call->writing, project->environment,
								  project->environment_database, call->confirm, &err))
			mh_raise(&err);
	}
}

/* Locks the version table until the end of the transaction. */
static void
take_table(Call *call)
{
	MhError err = MH_NO_ERROR;

	call->writing.prefix = mh_function_prefix(call->fcinfo);
	call->writing.table = mh_version_table_name(call->table);
	call->writing.project = call->project->name;
	call->writing.database = mh_to_utf8(get_database_name(MyDatabaseId));
	check_environment(call);
	mh_version_table_lock(call->table, &call->writing);
	mh_version_table_check_code(call->table);
	mh_version_table_reread(call->table, &call->rows);
	if (!mh_guard_expect(&call->writing, &call->expect, &call->rows, &err))
		mh_raise(&err);
}

/* ---------- the plan ---------- */

static MhStrings
retired_revisions(const MhScripts *scripts)
{
	MhStrings retired = {0, NULL};

	for (int i = 0; i < scripts->retired; i++)
		mh_strings_add(&retired, scripts->scripts[scripts->n + i].revision);
	return retired;
}

static void
check_registered(const Call *call, const MhStrings *targets)
{
	MhStrings retired = retired_revisions(call->scripts);
	MhError err = MH_NO_ERROR;

	if (!call->skipped.skipped[MH_GUARD_REGISTERED] &&
		!mh_guard_registered(&call->writing, call->scripts->graph, targets, &retired, &err))
		mh_raise(&err);
}

/* Raises the refusal of a plan.  Alembic refuses to stamp beside an unknown row. */
pg_noreturn static void
raise_plan(const Call *call, MhError *err)
{
	MhError of_rows = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};

	if (err->hint == NULL &&
		!mh_rows_resolve(call->scripts->graph, &call->rows.texts, &nodes, &of_rows) &&
		strcmp(of_rows.message, err->message) == 0)
		mh_fail_hint(err,
					 "It is a row of %s. To drop every row first, whatever it is, add purge "
					 "=> true.",
					 call->writing.table);
	mh_raise(err);
}

static void
plan_stamp(const Call *call, const MhStrings *targets, bool purge, MhStampPlan *plan)
{
	MhError err = MH_NO_ERROR;

	if (!mh_guard_scripts(&call->writing, call->scripts->graph, targets, &err))
		mh_raise(&err);
	check_registered(call, targets);
	if (!mh_stamp_plan(call->scripts->graph, &call->rows.texts, targets, purge,
					   call->skipped.skipped[MH_GUARD_REGISTERED], plan, &err))
		raise_plan(call, &err);
	if (!call->skipped.skipped[MH_GUARD_TARGETS] && !mh_guard_targets(plan, &err))
		mh_raise(&err);
}

static void
plan_undo(const Call *call, const MhStrings *wanted, MhStampPlan *plan)
{
	MhStrings written = {0, NULL};

	mh_undo_plan(call->scripts->graph, &call->rows.texts, wanted, plan);
	for (int i = 0; i < plan->n; i++)
		if (plan->steps[i].to_revision != NULL)
			mh_strings_add(&written, plan->steps[i].to_revision);
	check_registered(call, &written);
}

static void
check_plan(const Call *call, const MhStampPlan *plan)
{
	MhError err = MH_NO_ERROR;

	if (!mh_guard_width(&call->writing, plan, call->table->max_length, &err))
		mh_raise(&err);
	if (!call->skipped.skipped[MH_GUARD_OVERLAP] && !mh_guard_overlap(plan, &err))
		mh_raise(&err);
	if (!call->skipped.skipped[MH_GUARD_SCHEMA] &&
		!mh_check_schema(&call->writing, call->table, call->scripts, call->projects,
						 &call->rows.texts, &plan->rows_after, &err))
		mh_raise(&err);
}

/* Reports how to undo the change. */
static void
report(const Call *call, const MhStampPlan *plan, int64 id)
{
	MhCall undo = mh_call_begin(call->writing.prefix, MH_ACTION_OWN_UNDO);

	mh_call_add(&undo, NULL, psprintf(INT64_FORMAT "::pg_catalog.int8", id));
	mh_call_add(&undo, "expect", mh_row_set_value(&plan->rows_after, call->nulls_after));
	mh_call_add(&undo, "reason", mh_text_value("taken back"));
	if (call->confirm != NULL)
		mh_call_add(&undo, "confirm", mh_text_value(call->confirm));
	ereport(NOTICE,
			(errmsg("journal entry " INT64_FORMAT ": %s went from %s to %s", id,
					mh_from_utf8(call->writing.table),
					mh_from_utf8(mh_array_literal(&call->rows.texts, call->rows.nulls)),
					mh_from_utf8(mh_array_literal(&plan->rows_after, call->nulls_after))),
			 errhint("To take it back: SELECT * FROM %s;", mh_from_utf8(mh_call_end(&undo)))));
}

/* Writes the journal first: the triggers that write it then see that this change is recorded. */
static void
carry_out(Call *call, const MhStampPlan *plan, bool purge)
{
	MhChange change = {0};
	int64 id;

	change.schema = call->table->schema;
	change.name = call->table->name;
	change.project = call->project->name;
	change.action = call->action;
	change.old_rows = mh_rows_in_load_order(call->scripts->graph, &call->rows.texts);
	change.new_rows = plan->rows_after;
	change.reason = call->reason;
	change.skipped_guards = call->skipped.names;
	change.undoes = call->undoes;
	call->nulls_after = purge ? 0 : call->rows.nulls;
	id = mh_journal_write(&change);
	mh_version_table_write(call->table, &call->rows, plan, purge);
	mh_put_stamp_steps(&call->result, plan);
	report(call, plan, id);
}

/*
 * Checks use the newest snapshot, because an old one does not show the database that will be
 * changed.
 */
static void
look_at_newest(void)
{
	PopActiveSnapshot();
	PushActiveSnapshot(GetLatestSnapshot());
}

static void
stamp(Call *call, int version_table, int project, const MhStrings *targets, bool purge)
{
	MhStampPlan plan = {0};

	PushActiveSnapshot(GetLatestSnapshot());
	choose_table(call, version_table, project);
	take_table(call);
	look_at_newest();
	call->scripts = mh_scripts_read(call->project);
	plan_stamp(call, targets, purge, &plan);
	check_plan(call, &plan);
	PopActiveSnapshot();
	carry_out(call, &plan, purge);
}

/*
 * mighead_stamp(target text, expect text, reason text, version_table regclass, purge boolean,
 *			confirm text, skip_guards text[], project text)
 *		returns setof (step, action, from_revision, to_revision, rows_after)
 *
 *		"alembic stamp [--purge] TARGET...".  target is one identifier or an array literal of
 *		several; "base" and {} mean no rows.  expect is what the caller believes the rows are now,
 *		to the letter, in any order; NULL elements stand for NULL rows.
 *
 *		Privileges: EXECUTE, and on the version table what its change needs, as the caller.
 *		Locks: ACCESS EXCLUSIVE on the version table and the migration lock of the project, both
 *		without waiting and to the end of the transaction.  Errors: 25006, 22004, 22023 (guards
 *		that cannot be skipped), MH101 ... MH109, MH201, MH202, MH301, MH302, 40001 (the
 *		transaction's own snapshot shows other rows), 42501, 42809, 27000.
 */
Datum
mighead_stamp(PG_FUNCTION_ARGS)
{
	CommonArguments arguments = {1, 2, 5, 6};
	Call *call = begin_call(fcinfo, MH_ACTION_OWN_STAMP, arguments);
	MhStrings targets;

	mh_require_argument(fcinfo, 0, "target");
	mh_require_argument(fcinfo, 4, "purge");
	targets = mh_row_set(mh_text_argument(fcinfo, 0), "target");
	stamp(call, 3, 7, &targets, PG_GETARG_BOOL(4));
	return (Datum) 0;
}

/*
 * mighead_reset(expect text, reason text, version_table regclass, confirm text, skip_guards
 *			text[], project text)
 *		returns setof (step, action, from_revision, to_revision, rows_after)
 *		Empties the version table, as "alembic stamp --purge base" does, whatever its rows are.
 *		Privileges, locks and errors as for mighead_stamp.
 */
Datum
mighead_reset(PG_FUNCTION_ARGS)
{
	CommonArguments arguments = {0, 1, 3, 4};
	Call *call = begin_call(fcinfo, MH_ACTION_OWN_RESET, arguments);
	MhStrings base = {0, NULL};

	stamp(call, 2, 5, &base, true);
	return (Datum) 0;
}

/* Each write has told its number, so that who may not read the log can do without. */
static int
hint_of_log(void)
{
	const char *prefix = mh_from_utf8(pstrdup(mh_extension_prefix()));

	if (mh_may_read("journal"))
		return errhint("SELECT id, at, old_rows, new_rows FROM %smighead_log();", prefix);
	return errhint("The NOTICE of the write had its number. A role that may read mighead.journal "
				   "finds it: SELECT id, at, old_rows, new_rows FROM %smighead_log();",
				   prefix);
}

static MhJournalEntry *
find_entry(int64 id)
{
	MhJournalEntry *entry = mh_journal_find(id);

	if (entry == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("there is no journal entry " INT64_FORMAT, id), hint_of_log()));
	return entry;
}

/*
 * Returns the project that the entry names, if it still exists, or else that of its version table.
 */
static MhProject *
project_of_change(List *projects, const MhChange *change)
{
	MhProject *of_table;
	ListCell *cell;

	foreach (cell, projects)
	{
		MhProject *project = lfirst(cell);

		if (strcmp(project->name, change->project) == 0)
			return project;
	}
	of_table = mh_project_of_table(projects, change->schema, change->name);
	return mh_project_choose(projects, NULL, of_table ? of_table->name : NULL);
}

/* Finds the version table of an entry, which has only its name. */
static void
find_table(Call *call, const MhChange *change)
{
	Oid schema = get_namespace_oid(mh_from_utf8(change->schema), true);
	Oid relation =
		OidIsValid(schema) ? get_relname_relid(mh_from_utf8(change->name), schema) : InvalidOid;

	if (!OidIsValid(relation))
		ereport(
			ERROR,
			(errcode(mh_sqlstate(MHERR_NO_VERSION_TABLE)),
			 errmsg("version table %s of journal entry " INT64_FORMAT " does not exist any more",
					mh_from_utf8(mh_quote_qualified_identifier(change->schema, change->name)),
					call->undoes),
			 errhint("SELECT * FROM %s; -- decide first where it went",
					 mh_from_utf8(mh_call(mh_extension_prefix(), "mighead_status", NULL)))));
	call->projects = mh_projects_read();
	call->table = mh_version_table_named(relation, call->projects);
	call->project = project_of_change(call->projects, change);
}

/*
 * mighead_undo(journal_id bigint, expect text, reason text, confirm text, skip_guards text[])
 *		returns setof (step, action, from_revision, to_revision, rows_after)
 *		Restores the rows from before a journal entry, whoever made the change, also if it was an
 *		undo.  Later changes are undone with it.  expect must be the current rows, which shows
 *		that the caller knows of those.  NULL rows are in no journal: they stay as they are.
 *		42704 if there is no such entry; otherwise privileges, locks and errors as mighead_stamp.
 */
Datum
mighead_undo(PG_FUNCTION_ARGS)
{
	CommonArguments arguments = {1, 2, 3, 4};
	Call *call = begin_call(fcinfo, MH_ACTION_OWN_UNDO, arguments);
	MhStampPlan plan = {0};
	MhJournalEntry *entry;

	mh_require_argument(fcinfo, 0, "journal_id");
	call->undoes = PG_GETARG_INT64(0);
	PushActiveSnapshot(GetLatestSnapshot());
	entry = find_entry(call->undoes);
	find_table(call, &entry->change);
	take_table(call);
	look_at_newest();
	call->scripts = mh_scripts_read(call->project);
	plan_undo(call, &entry->change.old_rows, &plan);
	check_plan(call, &plan);
	PopActiveSnapshot();
	carry_out(call, &plan, false);
	return (Datum) 0;
}
