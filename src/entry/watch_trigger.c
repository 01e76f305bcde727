/*-------------------------------------------------------------------------
 *
 * watch_trigger.c
 *	  The trigger function of a watched version table.
 *
 * It must never break a deployment.  Everything that can fail runs in a subtransaction, and a
 * failure becomes a WARNING.  Only errors that are not about the journal pass: a cancelled query,
 * and a serialization failure, which dooms the transaction anyway.
 *
 * No role needs a privilege on the tables of mighead: they are read and written with the identity
 * of their owner.  Only the rows of the version table, the session and what the graph tells get
 * into the journal.  On any other table, or attached in another way than mighead_watch() does it,
 * the function does nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/table.h"
#include "access/xact.h"
#include "server/base/origin.h"
#include "server/expected/expected.h"
#include "server/version_table/version_table.h"
#include "commands/trigger.h"
#include "core/plan/plan.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(mighead_watch_trigger);

/*
 * Long enough for autovacuum to give way, and short enough to wait in each of some hundred steps.
 */
#define LOCK_TIMEOUT "100ms"

/* A statement's change, and what is recorded of it. */
typedef struct Seen
{
	const TriggerData *trigger;
	int catalog_changes; /* result of mh_catalog_changes() */

	MhVersionTable *table;
	MhWatch *watch;
	MhProject *project;
	MhRowChange rows;
	MhStrings removed; /* rows removed by the statement; an update removes and adds */
	MhStrings added;
	bool has_nulls;
	MhDdl ddl;
	MhRowChangeVerdict move;
	int64 joined_from; /* the statement continues the entries from this id on; 0: none */
	int joined;        /* how many entries that are */
	bool is_recorded;
	bool is_stored; /* with the statements of the step */
} Seen;

/* ---------- the rows of the statement ---------- */

static void
add_value(Seen *seen, MhStrings *rows, TupleTableSlot *slot, AttrNumber column)
{
	Oid output;
	bool is_varlena;
	bool is_null;
	Datum value = slot_getattr(slot, column, &is_null);

	if (is_null)
	{
		seen->has_nulls = true;
		return;
	}
	getTypeOutputInfo(TupleDescAttr(slot->tts_tupleDescriptor, column - 1)->atttypid, &output,
					  &is_varlena);
	mh_strings_add(rows, mh_to_utf8(OidOutputFunctionCall(output, value)));
}

static MhStrings
rows_of(Seen *seen, Tuplestorestate *store)
{
	Relation relation = seen->trigger->tg_relation;
	AttrNumber column = get_attnum(RelationGetRelid(relation), "version_num");
	MhStrings rows = {0, NULL};
	TupleTableSlot *slot;

	if (store == NULL)
		return rows;
	slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsMinimalTuple);
	/* a separate read pointer, because other triggers read the same store */
	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		add_value(seen, &rows, slot, column);
	}
	ExecDropSingleTupleTableSlot(slot);
	return rows;
}

/* Returns the rows as this transaction sees them now, after the statement. */
static MhStrings
rows_now(Seen *seen)
{
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (!mh_version_table_scan(seen->table))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("the rows of %s cannot be read",
							   mh_from_utf8(mh_version_table_name(seen->table))),
						errdetail_internal("%s", mh_from_utf8(seen->table->reason))));
	PopActiveSnapshot();
	return seen->table->rows;
}

static void
look_at_rows(Seen *seen)
{
	MhStrings now = rows_now(seen);
	MhStrings before;
	MhStrings none = {0, NULL};

	if (TRIGGER_FIRED_BY_TRUNCATE(seen->trigger->tg_event))
	{
		seen->removed = now;
		seen->rows = mh_row_change(&now, &none);
		return;
	}
	seen->removed = rows_of(seen, seen->trigger->tg_oldtable);
	seen->added = rows_of(seen, seen->trigger->tg_newtable);
	/* for a table with too many rows the journal has only what the statement changed */
	if (seen->table->is_cut)
	{
		seen->rows = mh_row_change(&seen->removed, &seen->added);
		return;
	}
	before = mh_strings_without(&now, &seen->added);
	for (int i = 0; i < seen->removed.n; i++)
		mh_strings_add(&before, seen->removed.v[i]);
	seen->rows = mh_row_change(&before, &now);
}

/* ---------- what it was ---------- */

static MhDdl
ddl_since(int catalog_changes, List *recent)
{
	int before = recent == NIL ? 0 : ((MhJournalEntry *) linitial(recent))->catalog_changes;

	if (catalog_changes == 0)
		return MH_DDL_NONE;
	if (catalog_changes == MH_NOT_COUNTED || before == MH_NOT_COUNTED)
		return MH_DDL_UNKNOWN;
	return catalog_changes > before ? MH_DDL_DONE : MH_DDL_NONE;
}

/*
 * Returns whether the statement changed one row, as Alembic's do, except the DELETE of "stamp
 * --purge".
 */
static bool
is_like_alembic(const Seen *seen)
{
	uint32 event = seen->trigger->tg_event;

	if (seen->has_nulls || TRIGGER_FIRED_BY_TRUNCATE(event))
		return false;
	if (TRIGGER_FIRED_BY_DELETE(event))
		return seen->removed.n == 1 || seen->rows.new_rows.n == 0;
	return seen->added.n == 1 && seen->removed.n <= 1;
}

static bool
is_own_act(const MhChange *change)
{
	return mh_begins_with(change->action, MH_OWN_PREFIX);
}

/* Adds an earlier statement to a possible step or stamp.  Returns false if it is not part of it. */
static bool
extend(MhJoin *join, const MhChange *earlier)
{
	MhRowChange change = mh_row_change(&earlier->old_rows, &earlier->new_rows);

	if (is_own_act(earlier) || !mh_rows_equal(&earlier->new_rows, &join->whole.old_rows))
		return false;
	join->only_deletes &= change.added.n == 0 && change.removed.n > 0;
	join->only_inserts &= change.removed.n == 0 && change.added.n == 1;
	join->is_step &= strcmp(earlier->action, MH_ACTION_UPGRADE) == 0 ||
					 strcmp(earlier->action, MH_ACTION_DOWNGRADE) == 0;
	join->emptied |= earlier->new_rows.n == 0;
	join->whole = mh_row_change(&earlier->old_rows, &join->whole.new_rows);
	return join->only_deletes || join->only_inserts;
}

/*
 * Joins the statements of a merge or a purge into one entry: as many of the newest ones as make one
 * step or stamp together.
 */
static void
join_statements(Seen *seen, const MhGraph *graph, List *recent)
{
	MhJoin join = {seen->rows, &seen->rows, true, true, false, false};
	ListCell *cell;
	int n = 0;

	join.is_step = seen->move.kind == MH_ROWS_UPGRADE || seen->move.kind == MH_ROWS_DOWNGRADE;
	foreach (cell, recent)
	{
		const MhJournalEntry *entry = lfirst(cell);
		MhRowChangeVerdict move;

		if (seen->ddl != MH_DDL_NONE || !extend(&join, &entry->change))
			return;
		if (mh_row_change_join(graph, &join, &move))
		{
			seen->move = move;
			seen->rows = join.whole;
			seen->joined_from = entry->id;
			seen->joined = n + 1;
			seen->ddl = !entry->change.ddl_known ? MH_DDL_UNKNOWN
						: entry->change.ran_ddl  ? MH_DDL_DONE
												 : MH_DDL_NONE;
		}
		else if (seen->joined_from != 0)
			return;
		n++;
	}
}

/* Judges a step along a line from the scripts of its rows alone, without building the graph. */
static bool
judge_line(Seen *seen)
{
	MhStrings ids = {0, NULL};
	MhScript *scripts;
	int n;

	for (int i = 0; i < seen->rows.removed.n; i++)
		mh_strings_add(&ids, seen->rows.removed.v[i]);
	for (int i = 0; i < seen->rows.added.n; i++)
		mh_strings_add(&ids, seen->rows.added.v[i]);
	scripts = mh_scripts_find_some(seen->project, &ids, &n);
	return mh_row_change_judge_line(scripts, n, &seen->rows, &seen->move);
}

static bool
may_go_on(List *recent)
{
	const MhJournalEntry *last = recent == NIL ? NULL : linitial(recent);

	return last != NULL && !is_own_act(&last->change) &&
		   last->change.new_rows.n != last->change.old_rows.n;
}

static void
judge(Seen *seen)
{
	List *recent = mh_journal_recent(seen->table->schema, seen->table->name);
	const MhGraph *graph;

	seen->ddl = ddl_since(seen->catalog_changes, recent);
	seen->move = (MhRowChangeVerdict){MH_ROWS_MANUAL, NULL, -1};
	if (!is_like_alembic(seen))
		return;
	if (judge_line(seen) && !may_go_on(recent))
		return;
	graph = mh_scripts_read(seen->project)->graph;
	seen->move = mh_row_change_judge(graph, &seen->rows, seen->ddl);
	join_statements(seen, graph, recent);
}

/* ---------- the entry ---------- */

static void
write_entry(Seen *seen)
{
	static const char *const actions[] = {MH_ACTION_UPGRADE, MH_ACTION_DOWNGRADE, MH_ACTION_STAMP,
										  MH_ACTION_MANUAL};
	MhChange change = {0};

	change.schema = seen->table->schema;
	change.name = seen->table->name;
	change.project = seen->project->name;
	change.action = actions[seen->move.kind];
	change.old_rows = seen->rows.old_rows;
	change.new_rows = seen->rows.new_rows;
	change.ddl_known = seen->ddl != MH_DDL_UNKNOWN;
	change.ran_ddl = seen->ddl == MH_DDL_DONE;
	if (seen->joined_from != 0)
		mh_journal_withdraw(change.schema, change.name, seen->joined_from);
	mh_journal_write_counted(&change, seen->catalog_changes);
	seen->is_recorded = true;
}

static bool
is_from_watch(const TriggerData *trigger)
{
	return TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) &&
		   mh_watch_is_trigger(trigger->tg_trigger->tgname) &&
		   TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) ==
			   TRIGGER_FIRED_BEFORE(trigger->tg_event) &&
		   (trigger->tg_oldtable != NULL) == (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
											  TRIGGER_FIRED_BY_DELETE(trigger->tg_event)) &&
		   (trigger->tg_newtable != NULL) == (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
											  TRIGGER_FIRED_BY_INSERT(trigger->tg_event));
}

/* Reads the change as the owner of mighead's tables.  Returns false if nothing has changed. */
static bool
look(Seen *seen)
{
	MhIdentity identity = mh_begin_writing();
	bool changed;

	seen->table = mh_version_table_describe(RelationGetRelid(seen->trigger->tg_relation));
	seen->watch = mh_watch_find(seen->table->schema, seen->table->name);
	if (seen->watch == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s is not watched", mh_from_utf8(mh_version_table_name(seen->table)))));
	look_at_rows(seen);
	changed = seen->rows.removed.n > 0 || seen->rows.added.n > 0 || seen->has_nulls;
	if (changed)
	{
		seen->project = mh_project_find_of_table(seen->table->schema, seen->table->name);
		judge(seen);
	}
	mh_end(&identity);
	return changed;
}

static void
record(Seen *seen)
{
	if (look(seen))
		write_entry(seen);
}

/* ---------- without harm ---------- */

static void
warn(const TriggerData *trigger, const char *what, const char *why)
{
	ereport(WARNING,
			(errmsg("%s of version table \"%s\" was not recorded by mighead", what,
					RelationGetRelationName(trigger->tg_relation)),
			 errdetail_internal("%s", why), errhint("The statement itself is not affected.")));
}

/*
 * Runs work in a subtransaction, without waiting.  A failure is a WARNING that what was not
 * recorded.
 */
static void
attempt(void (*work)(Seen *), Seen *seen, const char *what)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		int level = NewGUCNestLevel();

		set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
						  true, 0, false);
		work(seen);
		AtEOXact_GUC(false, level);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	if (error == NULL)
		return;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		error->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE)
		ReThrowError(error);
	warn(seen->trigger, what, error->message);
}

/*
 * Returns whether the change is captured.  Only single upgrade steps are: a jump tells nothing
 * about the revisions in between, and a downgrade may leave objects that an upgrade would not
 * create.
 */
static bool
is_to_be_captured(const Seen *seen)
{
	return seen->is_recorded && seen->watch->capture && seen->move.kind == MH_ROWS_UPGRADE &&
		   seen->move.revision != NULL;
}

static void
check_may_capture(void)
{
	if (!mh_may_capture(GetUserId()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("role \"%s\" may not execute mighead_capture()",
							   GetUserNameFromId(GetUserId(), false))));
}

/* Captures the step, if the role may.  Expectations decide which fixes others are offered. */
static void
capture(Seen *seen)
{
	check_may_capture();
	mh_capture_step(seen->table, seen->project->name, &seen->rows.old_rows, &seen->rows.new_rows,
					seen->move.revision);
}

/* Stores what the step ran, if the role may. */
static void
store_statements(Seen *seen)
{
	if (!mh_may_capture(GetUserId()))
		return;
	mh_recorder_store(seen->project->name, seen->move.revision, seen->joined);
	seen->is_stored = true;
}

static void
capture_step(Seen *seen)
{
	if (is_to_be_captured(seen))
	{
		attempt(capture, seen, "schema");
		attempt(store_statements, seen, "step");
	}
	if (!seen->is_stored)
		mh_recorder_pass();
}

/*
 * Returns the result of the trigger.  A row trigger that was created manually must not swallow the
 * row.
 */
static Datum
result_of(const TriggerData *trigger)
{
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
																	  : trigger->tg_trigtuple);
}

/*
 * mighead_watch_trigger() returns trigger
 *
 *		Writes the change of a statement on a watched version table into mighead.journal.  If the
 *		watch captures, it also stores the schema after a single upgrade step as an expectation.
 *
 *		Privileges: the role that runs the statement needs none.  Locks: AccessShareLock and
 *		RowExclusiveLock on tables of mighead, not waited for longer than LOCK_TIMEOUT.  Errors:
 *		39P01 if it is not called as a trigger; other failures are a WARNING.
 */
Datum
mighead_watch_trigger(PG_FUNCTION_ARGS)
{
	Seen seen = {0};

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("%s was not called by trigger manager", MH_WATCH_FUNCTION)));
	seen.trigger = (TriggerData *) fcinfo->context;
	/*
	 * the first copy of a subscription and TRUNCATE fire triggers too, but the other database made
	 * the change
	 */
	if (mh_is_replicating())
		return result_of(seen.trigger);
	seen.catalog_changes = mh_catalog_changes();
	if (!is_from_watch(seen.trigger))
		warn(seen.trigger, "change", "The trigger was not made by mighead_watch().");
	else if (!mh_is_own_write(RelationGetRelid(seen.trigger->tg_relation)))
	{
		attempt(record, &seen, "change");
		capture_step(&seen);
	}
	return result_of(seen.trigger);
}
