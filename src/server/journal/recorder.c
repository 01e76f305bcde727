/*-------------------------------------------------------------------------
 *
 * recorder.c
 *	  Records the statements of a session for the step that its change of a version table ends.
 *
 * They are held in memory, since the step to which they belong is known only at its end, and since
 * what is rolled back must leave nothing.  Each remembers its subtransaction: an abort forgets what
 * it ran, and takes back that statements were stored in it.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "server/base/extension_scan.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/portal.h"

/* All texts of a step together. */
#define MOST_BYTES (64 * 1024 * 1024)

typedef enum Activity
{
	ABSENT,    /* no hooks */
	UNDECIDED, /* nothing was run yet */
	IDLE,      /* no watch captured when the session began */
	ACTIVE
} Activity;

typedef enum Control
{
	NO_CONTROL,
	BEGINS,
	ENDS
} Control;

typedef struct Entry
{
	MhRecorded statement;
	Control control;
	SubTransactionId subtransaction;
	bool is_committed;
	SubTransactionId stored_in; /* InvalidSubTransactionId: not stored */
	bool is_boundary;           /* a change of a version table that was not captured */
} Entry;

static Activity activity = ABSENT;
static int nesting = 0;
static MemoryContext memory = NULL;
static List *entries = NIL;
static size_t bytes = 0;
static bool is_cut = false;

/* The step stored last in the running transaction: its COMMIT belongs to it. */
static struct
{
	char *project; /* NULL: there is none */
	char *revision;
	SubTransactionId stored_in;
} last_step;

static ExecutorRun_hook_type next_run;
static ExecutorFinish_hook_type next_finish;
static ProcessUtility_hook_type next_utility;
static planner_hook_type next_planner;

/* ---------- whether to record ---------- */

static bool
is_any_captured(void)
{
	Oid schema = get_namespace_oid("mighead", true);
	MhExtensionScan scan;
	bool found = false;
	bool is_null;

	if (!OidIsValid(schema) || !mh_statements_exist())
		return false;
	mh_extension_scan_begin(&scan, "watch", "watch_pkey", 0, NULL);
	while (!found && mh_extension_scan_next(&scan))
		found = DatumGetBool(mh_extension_value(&scan, "capture", &is_null));
	mh_extension_scan_end(&scan);
	return found;
}

/*
 * Returns whether a client's own statement is about to run.  Triggers that run at COMMIT are in no
 * portal.
 */
static bool
is_recording(void)
{
	if (nesting > 0 || ActivePortal == NULL || IsAbortedTransactionBlockState() ||
		!IsTransactionState())
		return false;
	if (activity == UNDECIDED)
		activity = is_any_captured() ? ACTIVE : IDLE;
	return activity == ACTIVE;
}

bool
mh_recorder_is_there(void)
{
	return activity != ABSENT;
}

void
mh_recorder_wake(void)
{
	if (activity != ABSENT)
		activity = ACTIVE;
}

/* ---------- entries ---------- */

static void
forget_entry(Entry *entry)
{
	MhRecorded *statement = &entry->statement;

	bytes -= strlen(statement->text);
	pfree(statement->text);
	pfree(statement->role);
	pfree(statement->search_path);
	pfree(entry);
}

static void
forget_last(void)
{
	forget_entry(llast(entries));
	entries = list_delete_last(entries);
}

/* Entries that wait for their step. */
static int
count_waiting(void)
{
	int n = 0;

	for (int i = list_length(entries) - 1; i >= 0; i--)
	{
		const Entry *entry = list_nth(entries, i);

		if (entry->is_boundary || entry->stored_in != InvalidSubTransactionId)
			break;
		n++;
	}
	return n;
}

static MhRecorded
describe(const PlannedStmt *planned, const char *source, ParamListInfo params, const char *state)
{
	MhRecorded statement = {0};
	char *role = GetUserNameFromId(GetUserId(), true);
	bool is_long;

	statement.text = mh_recorded_text(planned, source, params, &is_long);
	statement.in_transaction = IsTransactionBlock();
	statement.role = mh_to_utf8(role == NULL ? "" : role);
	statement.search_path = mh_to_utf8(namespace_search_path);
	statement.state = is_long ? MH_STATEMENT_CUT : state;
	return statement;
}

static void
add_entry(const MhRecorded *statement, Control control)
{
	MemoryContext caller;
	Entry *entry;

	if (list_length(entries) >= MH_STEP_STATEMENTS || bytes >= MOST_BYTES)
	{
		is_cut = true;
		return;
	}
	caller = MemoryContextSwitchTo(memory);
	entry = palloc0(sizeof(Entry));
	entry->statement = *statement;
	entry->statement.text = pstrdup(statement->text);
	entry->statement.role = pstrdup(statement->role);
	entry->statement.search_path = pstrdup(statement->search_path);
	entry->control = control;
	entry->subtransaction = GetCurrentSubTransactionId();
	entries = lappend(entries, entry);
	MemoryContextSwitchTo(caller);
	bytes += strlen(statement->text);
}

/* A transaction that only read leaves nothing. */
static bool
ends_nothing(void)
{
	const Entry *last = entries == NIL ? NULL : llast(entries);

	return last != NULL && last->control == BEGINS && !last->is_committed &&
		   last->stored_in == InvalidSubTransactionId;
}

/* The end of a transaction belongs to the step before it, if nothing came in between. */
static void
record_end(const MhRecorded *statement)
{
	if (ends_nothing())
		forget_last();
	else if (count_waiting() > 0)
		add_entry(statement, ENDS);
	else if (last_step.project != NULL)
		mh_statements_append(last_step.project, last_step.revision, statement);
}

static Control
control_of(const PlannedStmt *planned)
{
	const TransactionStmt *control = (const TransactionStmt *) planned->utilityStmt;

	if (planned->commandType != CMD_UTILITY || !IsA(control, TransactionStmt))
		return NO_CONTROL;
	switch (control->kind)
	{
		case TRANS_STMT_BEGIN:
		case TRANS_STMT_START:
			return BEGINS;
		case TRANS_STMT_COMMIT:
		case TRANS_STMT_PREPARE:
			return ENDS;
		default:
			return NO_CONTROL;
	}
}

/* What it takes back is forgotten, and so it has nothing to do. */
static bool
is_rollback(const PlannedStmt *planned)
{
	const TransactionStmt *control = (const TransactionStmt *) planned->utilityStmt;

	return planned->commandType == CMD_UTILITY && IsA(control, TransactionStmt) &&
		   (control->kind == TRANS_STMT_ROLLBACK || control->kind == TRANS_STMT_ROLLBACK_TO);
}

static void
record(const PlannedStmt *planned, const char *source, ParamListInfo params)
{
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "mighead recorded statement",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(own);
	const char *state = is_rollback(planned) ? NULL : mh_recorded_state(planned, source);

	if (state != NULL)
	{
		MhRecorded statement = describe(planned, source, params, state);
		Control control = control_of(planned);

		if (control != ENDS)
			add_entry(&statement, control);
		else if (statement.in_transaction)
			record_end(&statement);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(own);
}

/* What recording runs is nobody's statement. */
static void
record_if_own(const PlannedStmt *planned, const char *source, ParamListInfo params)
{
	if (!is_recording())
		return;
	nesting++;
	PG_TRY();
	{
		record(planned, source, params);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
}

/* ---------- hooks ---------- */

static void
run_query(MH_RUN_PARAMETERS)
{
	if (query->plannedstmt->canSetTag && !query->already_executed)
		record_if_own(query->plannedstmt, query->sourceText, query->params);
	nesting++;
	PG_TRY();
	{
		if (next_run != NULL)
			next_run(MH_RUN_ARGUMENTS);
		else
			standard_ExecutorRun(MH_RUN_ARGUMENTS);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
}

static void
finish_query(QueryDesc *query)
{
	nesting++;
	PG_TRY();
	{
		if (next_finish != NULL)
			next_finish(query);
		else
			standard_ExecutorFinish(query);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
}

static void
run_utility(PlannedStmt *planned, const char *source, bool read_only, ProcessUtilityContext context,
			ParamListInfo params, QueryEnvironment *environment, DestReceiver *receiver,
			QueryCompletion *completion)
{
	record_if_own(planned, source, params);
	nesting++;
	PG_TRY();
	{
		if (next_utility != NULL)
			next_utility(planned, source, read_only, context, params, environment, receiver,
						 completion);
		else
			standard_ProcessUtility(planned, source, read_only, context, params, environment,
									receiver, completion);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
}

/* Planning calls functions whose result is constant, and these run statements. */
static PlannedStmt *
plan(MH_PLANNER_PARAMETERS)
{
	PlannedStmt *result;

	nesting++;
	PG_TRY();
	{
		if (next_planner != NULL)
			result = next_planner(MH_PLANNER_ARGUMENTS);
		else
			result = standard_planner(MH_PLANNER_ARGUMENTS);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
	return result;
}

/* ---------- ends of transactions ---------- */

static void
forget_last_step(void)
{
	if (last_step.project == NULL)
		return;
	pfree(last_step.project);
	pfree(last_step.revision);
	last_step.project = NULL;
}

static void
forget_where(bool (*is_gone)(const Entry *entry, SubTransactionId from), SubTransactionId from)
{
	ListCell *cell;

	foreach (cell, entries)
	{
		Entry *entry = lfirst(cell);

		if (!is_gone(entry, from))
			continue;
		entries = foreach_delete_current(entries, cell);
		forget_entry(entry);
	}
	if (entries == NIL)
		is_cut = false;
}

static bool
is_stored(const Entry *entry, SubTransactionId from)
{
	return entry->stored_in >= from;
}

static bool
is_aborted(const Entry *entry, SubTransactionId from)
{
	return !entry->is_committed && entry->subtransaction >= from;
}

/* Subtransactions that began later than an open one are within it. */
static void
take_back(SubTransactionId from)
{
	ListCell *cell;

	forget_where(is_aborted, from);
	foreach (cell, entries)
	{
		Entry *entry = lfirst(cell);

		if (entry->stored_in >= from)
			entry->stored_in = InvalidSubTransactionId;
	}
	if (last_step.stored_in >= from)
		forget_last_step();
}

static void
settle(void)
{
	ListCell *cell;

	forget_where(is_stored, TopSubTransactionId);
	foreach (cell, entries)
		((Entry *) lfirst(cell))->is_committed = true;
	forget_last_step();
}

static void
end_transaction(XactEvent event, void *unused)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
		settle();
	else if (event == XACT_EVENT_ABORT)
		take_back(TopSubTransactionId);
}

static void
end_subtransaction(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void *unused)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		take_back(own);
}

/* ---------- steps ---------- */

void
mh_recorder_pass(void)
{
	if (activity == ACTIVE && entries != NIL)
		((Entry *) llast(entries))->is_boundary = true;
}

/* The first entry of the step that now ends. */
static int
first_of_step(int further_changes)
{
	int first = list_length(entries);

	for (; first > 0; first--)
	{
		const Entry *entry = list_nth(entries, first - 1);

		if (entry->stored_in != InvalidSubTransactionId)
			break;
		if (entry->is_boundary && further_changes-- <= 0)
			break;
	}
	return first;
}

static MhRecorded
of_whole_step(const char *state, int ordinal)
{
	MhRecorded statement = {0};

	statement.ordinal = ordinal;
	statement.role = pstrdup("");
	statement.search_path = pstrdup("");
	statement.state = state;
	return statement;
}

/* Returns whether the step ran nothing but the change of the version table. */
static bool
is_empty(int first, int further_changes)
{
	int n = 0;

	for (int i = first; i < list_length(entries); i++)
		n += ((const Entry *) list_nth(entries, i))->control == NO_CONTROL;
	return n <= 1 + further_changes;
}

static int
collect(MhRecorded *statements, int first, bool is_complete, int further_changes)
{
	int n = 0;

	if (!is_complete)
		statements[n++] = of_whole_step(MH_STATEMENT_INCOMPLETE, 0);
	else if (!is_cut && is_empty(first, further_changes))
		statements[n++] = of_whole_step(MH_STATEMENT_EMPTY, 0);
	for (int i = first; i < list_length(entries); i++)
	{
		Entry *entry = list_nth(entries, i);

		statements[n] = entry->statement;
		statements[n++].ordinal = i - first + 1;
	}
	if (is_cut)
		statements[n++] = of_whole_step(MH_STATEMENT_CUT, list_length(entries) - first + 1);
	return n;
}

static void
remember_step(const char *project, const char *revision)
{
	MemoryContext caller = MemoryContextSwitchTo(memory);

	forget_last_step();
	last_step.project = pstrdup(project);
	last_step.revision = pstrdup(revision);
	last_step.stored_in = GetCurrentSubTransactionId();
	MemoryContextSwitchTo(caller);
}

void
mh_recorder_store(const char *project, const char *revision, int further_changes)
{
	bool is_complete = activity == ACTIVE;
	int first = first_of_step(further_changes);
	MhRecorded *statements = palloc((list_length(entries) + 2) * sizeof(MhRecorded));
	int n = collect(statements, first, is_complete, further_changes);

	if (!mh_statements_exist() || (!is_complete && mh_statements_are_complete(project, revision)))
		return;
	mh_statements_write(project, revision, NULL, statements, n);
	for (int i = 0; i < list_length(entries); i++)
		((Entry *) list_nth(entries, i))->stored_in = GetCurrentSubTransactionId();
	is_cut = false;
	if (activity == IDLE)
		activity = ACTIVE;
	if (activity == ACTIVE)
		remember_step(project, revision);
}

/* ---------- the beginning ---------- */

static void
install_hooks(void)
{
	memory = AllocSetContextCreate(TopMemoryContext, "mighead recorder", ALLOCSET_DEFAULT_SIZES);
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run_query;
	next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_query;
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
	next_planner = planner_hook;
	planner_hook = plan;
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_subtransaction, NULL);
	activity = UNDECIDED;
}

void
mh_recorder_begin(void)
{
	/* a session that loads the library for a function has a statement already */
	if (!process_shared_preload_libraries_in_progress && MyBackendType == B_BACKEND &&
		debug_query_string == NULL)
		install_hooks();
}
