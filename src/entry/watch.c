/*-------------------------------------------------------------------------
 *
 * watch.c
 *	  Watches version tables: mighead_watch and mighead_unwatch.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "server/expected/expected.h"
#include "server/version_table/version_table.h"
#include "catalog/pg_inherits.h"
#include "commands/dbcommands.h"
#include "core/guard/guard.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(mighead_watch);
PG_FUNCTION_INFO_V1(mighead_unwatch);

/* Raises MH105 and names the sessions that hold the lock. */
static void
refuse_busy(const MhVersionTable *table, const MhProject *project)
{
	List *found = mh_sessions_find(list_make1(unconstify(MhVersionTable *, table)));
	const MhSession **sessions = palloc(Max(list_length(found), 1) * sizeof(MhSession *));
	MhWriting writing = {mh_extension_prefix(), mh_version_table_name(table),
						 project ? project->name : "", get_database_name(MyDatabaseId)};
	MhError err = MH_NO_ERROR;
	ListCell *cell;
	int n = 0;

	foreach (cell, found)
		sessions[n++] = &((MhTableSession *) lfirst(cell))->session;
	mh_guard_busy(&writing, false, sessions, n, &err);
	mh_raise(&err);
}

static void
check_right(const MhVersionTable *table)
{
	AclResult result = pg_class_aclcheck(table->oid, GetUserId(), ACL_TRIGGER);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, mh_from_utf8(table->name));
}

/*
 * Checks whether the caller may EXECUTE mighead_capture().  With capture, a role that writes the
 * rows changes expectations, and so which fixes others are offered.  So the watch must be made by a
 * role that may capture, and each step is captured only for such a role (see
 * mighead_watch_trigger).
 */
static void
check_may_capture(FunctionCallInfo fcinfo)
{
	if (!mh_may_capture(GetUserId()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied for function %s", "mighead_capture"),
						errdetail("With \"capture\" the schema is captured at each step."),
						errhint("Watch without \"capture\", or be granted EXECUTE on it.")));
}

static void
check_kind(const MhVersionTable *table)
{
	if (table->relkind != RELKIND_RELATION && table->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s is not a table", mh_from_utf8(mh_version_table_name(table))),
						errdetail("Only the statements on a table itself can be watched.")));
	if (table->is_temporary)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("%s is a temporary table", mh_from_utf8(mh_version_table_name(table)))));
}

/* Returns the table that the first argument names, locked. */
static MhVersionTable *
lock_argument(FunctionCallInfo fcinfo, LOCKMODE mode)
{
	MhVersionTable *table;

	mh_require_argument(fcinfo, 0, "version_table");
	table = mh_version_table_describe(PG_GETARG_OID(0));
	check_right(table);
	check_kind(table);
	if (!ConditionalLockRelationOid(table->oid, mode))
		refuse_busy(table, mh_project_of_table(mh_projects_read(), table->schema, table->name));
	return mh_version_table_describe(table->oid);
}

/* Captures the schema before the first step, which is stored as a difference from it. */
static void
capture_now(const MhVersionTable *table)
{
	MhProject *project = mh_project_find_of_table(table->schema, table->name);
	MhCaptured captured = mh_capture_rows(table, project->name, &table->rows, NULL, false);

	mh_capture_report(table, &table->rows, &captured);
}

static void
record_statements(void)
{
	char *database = get_database_name(MyDatabaseId);

	if (mh_recorder_is_there())
		mh_recorder_wake();
	else
		ereport(NOTICE,
				(errmsg("statements of migrations are not recorded"),
				 errdetail("This session has not preloaded the library of mighead."),
				 errhint("For a scratch database: ALTER DATABASE %s SET session_preload_libraries "
						 "= 'mighead'; then connect again. \"mighead expect\" does so.",
						 mh_quote_identifier(database))));
}

/* A trigger of each statement fires only for the table that the statement names. */
static void
warn_of_tables_below(const MhVersionTable *table)
{
	if (find_inheritance_children(table->oid, NoLock) != NIL)
		ereport(
			WARNING,
			(errmsg("what is written to a partition or child of %s itself is not recorded",
					mh_from_utf8(mh_version_table_name(table))),
			 errhint("Write to %s, as Alembic does.", mh_from_utf8(mh_version_table_name(table)))));
}

/*
 * mighead_watch(version_table regclass, capture boolean) returns void
 *		From now on every change of the rows goes into the journal; with capture, every
 *		single step of an upgrade also into the expectations.  Again: renews the triggers and
 *		changes capture.
 *
 * Privileges: EXECUTE, and TRIGGER on the table.  Locks: SHARE ROW EXCLUSIVE on the table,
 * not waited for, to the end of the transaction.  Errors: 22004, 25006, 42501, 42P01, 42809
 * (no table, or version_num of a type that is not read), MH105 (it is in use).
 */
Datum
mighead_watch(PG_FUNCTION_ARGS)
{
	MhVersionTable *table;

	mh_require_argument(fcinfo, 1, "capture");
	PreventCommandIfReadOnly("mighead_watch()");
	table = lock_argument(fcinfo, ShareRowExclusiveLock);
	if (PG_GETARG_BOOL(1))
		check_may_capture(fcinfo);
	/* the transaction's snapshot may be older than the lock */
	PushActiveSnapshot(GetLatestSnapshot());
	if (!mh_version_table_scan(table))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s cannot be watched", mh_from_utf8(mh_version_table_name(table))),
						errdetail_internal("%s", mh_from_utf8(table->reason))));
	PopActiveSnapshot();
	mh_watch_install(table,
					 mh_to_utf8(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid))),
					 PG_GETARG_BOOL(1));
	warn_of_tables_below(table);
	if (PG_GETARG_BOOL(1))
	{
		capture_now(table);
		record_statements();
	}
	PG_RETURN_VOID();
}

/*
 * mighead_unwatch(version_table regclass) returns void
 *		Drops the triggers; the journal stays.
 *
 * Privileges: EXECUTE, and TRIGGER on the table.  Locks: ACCESS EXCLUSIVE on the table, not
 * waited for, to the end of the transaction.  Errors: as above, and 42704 where it is not
 * watched.
 */
Datum
mighead_unwatch(PG_FUNCTION_ARGS)
{
	MhVersionTable *table;

	PreventCommandIfReadOnly("mighead_unwatch()");
	table = lock_argument(fcinfo, AccessExclusiveLock);
	if (!mh_watch_remove(table))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("%s is not watched", mh_from_utf8(mh_version_table_name(table)))));
	PG_RETURN_VOID();
}
