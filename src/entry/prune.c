/*-------------------------------------------------------------------------
 *
 * prune.c
 *	  mighead_prune: deletes what is old and unreferenced.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "funcapi.h"
#include "server/expected/expected.h"
#include "server/version_table/version_table.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#define PRUNE_COLUMNS 7

PG_FUNCTION_INFO_V1(mighead_prune);

/*
 * Returns the rows of the project's version tables.  Their revisions are retained, retired or not.
 */
static MhStrings
rows_in_use(MhProject *project)
{
	List *projects = mh_projects_read();
	List *tables = mh_version_tables_of(projects, mh_version_tables_find(projects), project->name);
	MhStrings rows = {0, NULL};
	ListCell *cell;

	foreach (cell, tables)
	{
		const MhVersionTable *table = lfirst(cell);

		for (int i = 0; i < table->rows.n; i++)
			mh_strings_add(&rows, table->rows.v[i]);
	}
	return rows;
}

static TimestampTz
moment_before(Interval *keep)
{
	Datum now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());

	return DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_mi_interval, now, IntervalPGetDatum(keep)));
}

static Datum
pruned_row(FunctionCallInfo fcinfo, const int64 *counts)
{
	TupleDesc descriptor;
	Datum values[PRUNE_COLUMNS];
	bool nulls[PRUNE_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < PRUNE_COLUMNS; i++)
		values[i] = Int64GetDatum(counts[i]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

/*
 * mighead_prune(keep interval, project text) returns (journal, ddl_log, checks, releases,
 * revisions, expectations, definitions: all bigint)
 *		Removes the rows of the journal, of the DDL log and of checks that are older than keep;
 *		revisions that were retired longer ago and are in no version table; releases that are
 *		as old and in which no revision that stays was the first or last time; and
 *		expectations at rows of which no revision is left, with their definitions.  The DDL log
 *		and checks are those of all projects.  Returns how many of each.
 *
 * Errors: 22004, 22023 (keep negative), 42704 (no such project), 25006.  Locks the project's row.
 */
Datum
mighead_prune(PG_FUNCTION_ARGS)
{
	int64 counts[PRUNE_COLUMNS];
	TimestampTz before;
	MhProject *project;
	MhStrings used;
	MhStore *store;

	mh_require_argument(fcinfo, 0, "keep");
	before = moment_before(PG_GETARG_INTERVAL_P(0));
	if (before > GetCurrentTransactionStartTimestamp())
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be negative", "keep")));
	project = mh_project_choose(mh_projects_read(), mh_text_argument(fcinfo, 1), NULL);
	used = rows_in_use(project);
	store = mh_store_open(project->name);
	counts[0] = mh_journal_prune(project->name, before);
	counts[1] = mh_ddl_log_prune(before);
	counts[2] = mh_check_prune(before);
	counts[4] = mh_revisions_prune(project->name, before, &used);
	mh_statements_prune(project->name);
	counts[3] = mh_releases_prune(project->name, before);
	counts[5] = mh_expectations_prune(store);
	counts[6] = mh_definitions_sweep();
	mh_store_close(store);
	return pruned_row(fcinfo, counts);
}
