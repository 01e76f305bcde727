/*-------------------------------------------------------------------------
 *
 * log.c
 *	  mighead_log: shows the journal.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/xact.h"
#include "core/plan/plan.h"
#include "entry/result.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/xid8.h"

PG_FUNCTION_INFO_V1(mighead_log);

/* The graph of a project, read once for all of its entries. */
typedef struct LogGraph
{
	const char *project;
	const MhGraph *graph; /* NULL: it cannot be read */
} LogGraph;

typedef struct LogScripts
{
	List *projects; /* of MhProject *; NIL: not read yet */
	List *graphs;   /* of LogGraph * */
} LogScripts;

/*
 * Returns the graph, or NULL if it is damaged or may not be read; the entries are then shown as
 * recorded.
 */
static const MhGraph *
read_graph(LogScripts *log, const char *name)
{
	ListCell *cell;

	if (!mh_may_read("project") || !mh_may_read("release") || !mh_may_read("revision"))
		return NULL;
	if (log->projects == NIL)
		log->projects = mh_projects_read();
	foreach (cell, log->projects)
	{
		MhProject *project = lfirst(cell);
		MhError err = MH_NO_ERROR;
		MhScripts *scripts;

		if (strcmp(project->name, name) != 0)
			continue;
		scripts = mh_scripts_read_rows(project);
		return mh_graph_build(scripts->scripts, scripts->n, &err);
	}
	return NULL;
}

static const MhGraph *
graph_of(LogScripts *log, const char *name)
{
	LogGraph *graph;
	ListCell *cell;

	foreach (cell, log->graphs)
	{
		graph = lfirst(cell);
		if (strcmp(graph->project, name) == 0)
			return graph->graph;
	}
	graph = palloc(sizeof(LogGraph));
	graph->project = name;
	graph->graph = read_graph(log, name);
	log->graphs = lappend(log->graphs, graph);
	return graph->graph;
}

/*
 * Returns the action of an entry.  The trigger records a revision whose script was not loaded yet
 * as manual, so such an entry is judged again with the current scripts.
 */
static const char *
action_of(LogScripts *log, const MhJournalEntry *entry)
{
	const MhChange *change = &entry->change;
	MhDdl ddl = change->ran_ddl ? MH_DDL_DONE : MH_DDL_NONE;
	const MhGraph *graph;
	MhRowChange rows;

	if (strcmp(change->action, MH_ACTION_MANUAL) != 0)
		return change->action;
	graph = graph_of(log, change->project);
	if (graph == NULL)
		return change->action;
	CHECK_FOR_INTERRUPTS();
	rows = mh_row_change(&change->old_rows, &change->new_rows);
	switch (mh_row_change_judge(graph, &rows, change->ddl_known ? ddl : MH_DDL_UNKNOWN).kind)
	{
		case MH_ROWS_UPGRADE:
			return MH_ACTION_UPGRADE;
		case MH_ROWS_DOWNGRADE:
			return MH_ACTION_DOWNGRADE;
		case MH_ROWS_STAMP:
			return MH_ACTION_STAMP;
		case MH_ROWS_MANUAL:
			break;
	}
	return change->action;
}

static void
put_entry(MhResult *result, LogScripts *log, const MhJournalEntry *entry)
{
	const MhChange *change = &entry->change;

	mh_put_datum(result, Int64GetDatum(entry->id));
	mh_put_timestamp(result, true, entry->at);
	mh_put_text(result, mh_quote_qualified_identifier(change->schema, change->name));
	mh_put_text(result, action_of(log, entry));
	mh_put_strings(result, &change->old_rows);
	mh_put_strings(result, &change->new_rows);
	mh_put_text(result, entry->session_user_name);
	mh_put_text(result, entry->current_user_name);
	mh_put_text(result, entry->application_name);
	mh_put_address(result, entry->client_addr);
	mh_put_int(result, entry->backend_pid);
	mh_put_datum(result,
				 FullTransactionIdGetDatum(FullTransactionIdFromU64(entry->transaction_id)));
	mh_put_known_bool(result, change->ddl_known, change->ran_ddl);
	mh_put_text(result, change->reason);
	mh_put_strings(result, &change->skipped_guards);
	mh_row_end(result);
}

/*
 * mighead_log(since interval, version_table regclass) returns setof record
 *		The journal, newest first: not older than since (NULL: all of it), of one version
 *		table or of all, those that are gone included.
 *
 * Privileges: SELECT on mighead.journal, 42501 without it.  Locks: AccessShareLock on it.
 * Errors: 42P01 for a relation that does not exist, 22008 for an interval out of range.
 */
Datum
mighead_log(PG_FUNCTION_ARGS)
{
	MhVersionTable *table = NULL;
	LogScripts log = {0};
	MhResult result;
	bool permitted;
	List *entries;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	if (!PG_ARGISNULL(1))
		table = mh_version_table_describe(PG_GETARG_OID(1));
	entries = mh_journal_read(table ? table->schema : NULL, table ? table->name : NULL,
							  mh_since_argument(fcinfo, 0), &permitted);
	if (!permitted)
		/* a log without entries would be taken for a quiet past */
		mh_refuse_reading("journal");
	foreach (cell, entries)
		put_entry(&result, &log, lfirst(cell));
	return (Datum) 0;
}
