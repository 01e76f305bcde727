/*-------------------------------------------------------------------------
 *
 * prune.c
 *	  mighead_prune: removing what is old and nothing refers to.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/htup_details.h"
#include "server/expected/expected.h"
#include "catalog/pg_type.h"
#include "server/version_table/version_table.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define PRUNE_COLUMNS 7

PG_FUNCTION_INFO_V1(mighead_prune);

/* A revision is retired since the release after its last one. */
static const char *const revisions_statement =
	"DELETE FROM mighead.revision r WHERE r.project = $1 AND r.last_release IS NOT NULL"
	" AND NOT r.revision = ANY ($3)"
	" AND EXISTS (SELECT FROM mighead.release n WHERE n.project = r.project"
	" AND n.release > r.last_release AND n.loaded_at < $2)";

static const char *const releases_statement =
	"DELETE FROM mighead.release r WHERE r.project = $1 AND r.loaded_at < $2"
	" AND r.release < (SELECT max(release) FROM mighead.release WHERE project = $1)"
	" AND NOT EXISTS (SELECT FROM mighead.revision v WHERE v.project = r.project"
	" AND r.release IN (v.first_release, v.last_release))";

static const char *const journal_statement =
	"DELETE FROM mighead.journal WHERE project = $1 AND at < $2";

static const char *const ddl_statement = "DELETE FROM mighead.ddl_log WHERE at < $1";

static int64
execute(const char *statement, int n, Oid *types, Datum *values)
{
	int64 deleted;

	SPI_connect();
	if (SPI_execute_with_args(statement, n, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not write the tables of mighead");
	deleted = (int64) SPI_processed;
	SPI_finish();
	return deleted;
}

/* What the version tables of the project have keeps its revision, retired or not. */
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

/* ---------- expectations ---------- */

/* Of a project without scripts nobody knows. */
static bool
is_referred_to(const MhScripts *scripts, const MhStrings *rows)
{
	int n = scripts->n + scripts->retired + scripts->waiting;

	for (int i = 0; i < rows->n && n > 0; i++)
	{
		bool found = false;

		for (int j = 0; j < n && !found; j++)
			found = strcmp(scripts->scripts[j].revision, rows->v[i]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* The nearest set below that stays, or -1. */
static int
kept_base(const MhExpectations *expectations, const bool *kept, int set)
{
	int base = expectations->sets[set].previous;

	while (base >= 0 && !kept[base])
		base = expectations->sets[base].previous;
	return base;
}

static MhManifest
manifest_of(const MhExpectations *expectations, int set)
{
	MhManifest nothing = {0, NULL};
	int *forms = set < 0 ? NULL : mh_expected_forms(expectations, set);

	return forms == NULL ? nothing : mh_manifest_of_forms(expectations, forms);
}

/* What built on a set that goes is told as a difference to one that stays, of no revision. */
static void
rebase(MhStore *store, const MhExpectations *expectations, const bool *kept, int set)
{
	MhExpectedSet moved = expectations->sets[set];
	int base = kept_base(expectations, kept, set);
	MhManifest before = manifest_of(expectations, base);
	MhManifest after = manifest_of(expectations, set);

	moved.revision = NULL;
	moved.has_previous = base >= 0;
	if (base >= 0)
		moved.previous_rows = expectations->sets[base].rows;
	mh_expected_store_set(store, &moved, &before, &after);
}

static int64
prune_expectations(MhStore *store)
{
	MhExpectations *expectations;
	MhScripts *scripts;
	bool *kept;
	int64 deleted = 0;

	PushActiveSnapshot(GetTransactionSnapshot());
	scripts = mh_scripts_read_rows(store->project);
	expectations = mh_expectations_read(store->project->name);
	PopActiveSnapshot();
	kept = palloc(Max(expectations->n, 1) * sizeof(bool));
	for (int i = 0; i < expectations->n; i++)
		kept[i] = is_referred_to(scripts, &expectations->sets[i].rows);
	for (int i = 0; i < expectations->n; i++)
		if (kept[i] && expectations->sets[i].previous >= 0 && !kept[expectations->sets[i].previous])
			rebase(store, expectations, kept, i);
	for (int i = 0; i < expectations->n; i++)
	{
		if (kept[i])
			continue;
		mh_expected_delete(store, &expectations->sets[i].rows);
		deleted++;
	}
	return deleted;
}

/* ---------- the function ---------- */

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
	Oid types[3] = {TEXTOID, TIMESTAMPTZOID, TEXTARRAYOID};
	int64 counts[PRUNE_COLUMNS];
	Datum values[3];
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
	values[0] = mh_text_datum(project->name);
	values[1] = TimestampTzGetDatum(before);
	values[2] = mh_strings_datum(&used);
	counts[0] = execute(journal_statement, 2, types, values);
	counts[1] = execute(ddl_statement, 1, &types[1], &values[1]);
	counts[2] = mh_check_prune(before);
	counts[4] = execute(revisions_statement, 3, types, values);
	counts[3] = execute(releases_statement, 2, types, values);
	counts[5] = prune_expectations(store);
	counts[6] = mh_definitions_sweep();
	mh_store_close(store);
	return pruned_row(fcinfo, counts);
}
