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

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "parser/parsetree.h"
#include "rewrite/prs2lock.h"
#include "server/base/extension_scan.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/resowner.h"

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

/*
 * Where in its string the statement stands that the client's string had analysed last: a query that
 * a rule put in its place has no location.
 */
static struct
{
	const char *source;
	int location;
	int length;
} analysed;

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
static post_parse_analyze_hook_type next_analyze;

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

/* The extension may be dropped while the session goes on: what it runs then has no place. */
static bool
is_active(void)
{
	if (nesting > 0 || activity == IDLE || IsAbortedTransactionBlockState() ||
		!IsTransactionState())
		return false;
	if (activity == UNDECIDED)
		activity = is_any_captured() ? ACTIVE : IDLE;
	else if (!mh_statements_exist())
		activity = IDLE;
	return activity == ACTIVE;
}

/*
 * Returns whether a client's own statement is about to run.  Triggers that run at COMMIT are in no
 * portal.
 */
static bool
is_recording(void)
{
	return ActivePortal != NULL && is_active();
}

/*
 * Rules make several queries of one statement, or others in its place.  Returns whether this is the
 * one at which the statement is recorded.
 */
static bool
stands_for_statement(const PlannedStmt *planned)
{
	ListCell *cell;

	if (planned->canSetTag)
		return true;
	foreach (cell, ActivePortal->stmts)
		if (lfirst_node(PlannedStmt, cell)->canSetTag)
			return false;
	return ActivePortal->stmts != NIL && planned == linitial(ActivePortal->stmts);
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

	if (statement->text != NULL)
	{
		bytes -= strlen(statement->text);
		pfree(statement->text);
	}
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
	entry->statement.text = statement->text == NULL ? NULL : pstrdup(statement->text);
	entry->statement.role = pstrdup(statement->role);
	entry->statement.search_path = pstrdup(statement->search_path);
	entry->control = control;
	entry->subtransaction = GetCurrentSubTransactionId();
	entries = lappend(entries, entry);
	MemoryContextSwitchTo(caller);
	if (statement->text != NULL)
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

/* A query that a rule puts in a statement's place has no location; it says nothing of the statement. */
static const char *
state_of(const PlannedStmt *planned, const char *source)
{
	if (is_rollback(planned))
		return NULL;
	return planned->stmt_location < 0 ? MH_STATEMENT_RECORDED : mh_recorded_state(planned, source);
}

static void
record(const PlannedStmt *planned, const char *source, ParamListInfo params, bool in_transaction)
{
	const char *state = state_of(planned, source);
	PlannedStmt located = *planned;
	Control control = control_of(planned);
	MhRecorded statement;

	if (state == NULL)
		return;
	if (planned->stmt_location < 0 && source == analysed.source)
	{
		located.stmt_location = analysed.location;
		located.stmt_len = analysed.length;
	}
	statement = describe(&located, source, params, state);
	statement.in_transaction = in_transaction;
	if (control != ENDS)
		add_entry(&statement, control);
	else if (in_transaction)
		record_end(&statement);
}

/* What ends the statement itself is no fault of the recorder. */
static bool
is_interrupt(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		   error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN ||
		   error->sqlerrcode == ERRCODE_CRASH_SHUTDOWN;
}

/* What is said of a step, or of a statement whose text is not known. */
static MhRecorded
without_text(const char *state, int ordinal)
{
	MhRecorded statement = {0};

	statement.ordinal = ordinal;
	statement.role = pstrdup("");
	statement.search_path = pstrdup("");
	statement.state = state;
	return statement;
}

static void
record_failure(const ErrorData *error, bool in_transaction)
{
	MhRecorded statement = without_text(MH_STATEMENT_UNRECORDABLE, 0);

	statement.in_transaction = in_transaction;
	add_entry(&statement, NO_CONTROL);
	ereport(WARNING, (errmsg("a statement of the migration could not be recorded"),
					  errdetail("%s", error->message),
					  errhint("mighead_review() will not judge its revision as a whole.")));
}

/* Whatever fails in here must not fail the client's statement: a subtransaction holds it. */
static void
record_within(const PlannedStmt *planned, const char *source, ParamListInfo params)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext own =
		AllocSetContextCreate(caller, "mighead recorded statement", ALLOCSET_DEFAULT_SIZES);
	ResourceOwner owner = CurrentResourceOwner;
	bool in_transaction = IsTransactionBlock();
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(own);
	PG_TRY();
	{
		record(planned, source, params, in_transaction);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(own);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(own);
	if (error != NULL && is_interrupt(error))
		ReThrowError(error);
	if (error != NULL)
		record_failure(error, in_transaction);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(own);
}

/* What recording runs is nobody's statement. */
static void
record_unnested(const PlannedStmt *planned, const char *source, ParamListInfo params)
{
	nesting++;
	PG_TRY();
	{
		record_within(planned, source, params);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
}

static void
record_if_own(const PlannedStmt *planned, const char *source, ParamListInfo params)
{
	if (is_recording() && stands_for_statement(planned))
		record_unnested(planned, source, params);
}

/* ---------- statements that run nothing ---------- */

static bool
does_nothing(const RewriteRule *rule)
{
	ListCell *cell;

	foreach (cell, rule->actions)
		if (lfirst_node(Query, cell)->commandType != CMD_NOTHING)
			return false;
	return true;
}

/* Returns whether rules replace the statement by nothing, so that no query of it will run. */
static bool
is_dropped_by_rules(const Query *query)
{
	const RangeTblEntry *target;
	Relation relation;
	bool is_replaced = false;
	bool is_empty = true;

	if (query->resultRelation == 0 || query->commandType == CMD_SELECT)
		return false;
	target = rt_fetch(query->resultRelation, query->rtable);
	relation = table_open(target->relid, NoLock);
	for (int i = 0; relation->rd_rules != NULL && i < relation->rd_rules->numLocks; i++)
	{
		const RewriteRule *rule = relation->rd_rules->rules[i];

		if (rule->event != query->commandType)
			continue;
		is_replaced = is_replaced || (rule->isInstead && rule->qual == NULL);
		is_empty = is_empty && does_nothing(rule);
	}
	table_close(relation, NoLock);
	return is_replaced && is_empty;
}

/* Its parameters have no values yet. */
static void
record_dropped(const Query *query, const char *source)
{
	PlannedStmt *statement = makeNode(PlannedStmt);

	statement->commandType = query->commandType;
	statement->stmt_location = query->stmt_location;
	statement->stmt_len = query->stmt_len;
	record_unnested(statement, source, NULL);
}

/* ---------- hooks ---------- */

static void
run_query(MH_RUN_PARAMETERS)
{
	if (!query->already_executed)
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

/* Only what a client sends is analysed from the string that the server shows as the client's. */
static void
see_analysed(MH_ANALYZE_PARAMETERS)
{
	if (next_analyze != NULL)
		next_analyze(MH_ANALYZE_ARGUMENTS);
	if (parse->p_sourcetext != debug_query_string || !is_active())
		return;
	analysed.source = parse->p_sourcetext;
	analysed.location = query->stmt_location;
	analysed.length = query->stmt_len;
	if (is_dropped_by_rules(query))
		record_dropped(query, parse->p_sourcetext);
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
		statements[n++] = without_text(MH_STATEMENT_INCOMPLETE, 0);
	else if (!is_cut && is_empty(first, further_changes))
		statements[n++] = without_text(MH_STATEMENT_EMPTY, 0);
	for (int i = first; i < list_length(entries); i++)
	{
		Entry *entry = list_nth(entries, i);

		statements[n] = entry->statement;
		statements[n++].ordinal = i - first + 1;
	}
	if (is_cut)
		statements[n++] = without_text(MH_STATEMENT_CUT, list_length(entries) - first + 1);
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
	next_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = see_analysed;
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
