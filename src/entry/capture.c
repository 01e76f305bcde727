/*-------------------------------------------------------------------------
 *
 * capture.c
 *	  mighead_capture: records the live schema as an expectation.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "core/base/call.h"
#include "core/base/wording.h"
#include "entry/context.h"
#include "entry/remote_schema.h"
#include "entry/target.h"
#include "funcapi.h"
#include "miscadmin.h"

#define ARG_TARGET 0
#define ARG_VERSION_TABLE 1
#define ARG_SCHEMAS 2
#define ARG_REPLACE 3
#define CAPTURE_COLUMNS 3

#define ARG_THERE_SERVER 0
#define ARG_THERE_TARGET 1
#define ARG_THERE_TABLE 2
#define ARG_THERE_SCHEMAS 3
#define ARG_THERE_REPLACE 4

PG_FUNCTION_INFO_V1(mighead_capture);
PG_FUNCTION_INFO_V1(mighead_remote_capture);

static MhStrings *
schemas_argument(FunctionCallInfo fcinfo, int argno)
{
	MhStrings *schemas;

	if (PG_ARGISNULL(argno))
		return NULL;
	schemas = palloc(sizeof(MhStrings));
	*schemas = mh_strings_from_array(PG_GETARG_DATUM(argno), "schemas");
	if (schemas->n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be empty", "schemas")));
	return schemas;
}

/*
 * Raises an error if an object could not be read.  An incomplete expectation would be wrong for
 * good.
 */
static void
require_complete(const MhCaptured *captured)
{
	if (captured->unread.n > 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("the schema cannot be read completely"),
			 errdetail("Busy or unreadable: %s.", mh_from_utf8(mh_enumerate(&captured->unread))),
			 errhint("Nothing was stored.  Try again when nothing holds a lock.")));
}

static Datum
captured_row(FunctionCallInfo fcinfo, const MhCaptured *captured)
{
	TupleDesc descriptor;
	Datum values[CAPTURE_COLUMNS];
	bool nulls[CAPTURE_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int32GetDatum(captured->tables);
	values[1] = Int32GetDatum(captured->objects);
	values[2] = Int32GetDatum(captured->stored);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

/*
 * mighead_capture(target text, version_table regclass, schemas text[], replace boolean)
 *		returns (tables integer, objects integer, stored integer)
 *
 *		Records the live schema as the expectation at the rows that target names (default: the
 *		rows of the version table).  stored: definitions that no expectation of the project had
 *		before.  A different existing expectation is replaced only if replace; otherwise this
 *		raises a WARNING.
 *
 *		Privileges: EXECUTE, and reading the version table if target is NULL.  Locks the project's
 *		row, and AccessShareLock on what is read, not waited for.  Errors: MH301, MH302, MH201,
 *		MH202, MH205, 22004, 22023 (no schemas), 25006, 40001 (without target: the rows changed
 *		meanwhile), 55P03 (something is locked: nothing is stored).
 */
Datum
mighead_capture(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {ARG_VERSION_TABLE, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	MhRowsUse use = PG_ARGISNULL(ARG_TARGET) ? MH_ROWS_NEEDED : MH_ROWS_OF_ONE;
	MhStrings *schemas;
	MhCaptured captured;
	MhContext context;
	MhStrings rows;

	mh_require_argument(fcinfo, ARG_REPLACE, "replace");
	PreventCommandIfReadOnly("mighead_capture()");
	PreventCommandDuringRecovery("mighead_capture()");
	context = mh_context_open(fcinfo, arguments, use);
	if (context.table == NULL)
		ereport(ERROR,
				(errcode(mh_sqlstate(MHERR_NO_VERSION_TABLE)), errmsg("there is no version table"),
				 errhint("SELECT %s; creates one.",
						 mh_from_utf8(mh_call(mh_function_prefix(fcinfo), "mighead_ensure_version",
											  NULL)))));
	schemas = schemas_argument(fcinfo, ARG_SCHEMAS);
	rows = context.rows;
	if (!PG_ARGISNULL(ARG_TARGET))
		rows = mh_target_rows(mh_scripts_read(context.project),
							  mh_text_argument(fcinfo, ARG_TARGET), "target");
	captured = mh_capture_rows(context.table, context.project->name,
							   PG_ARGISNULL(ARG_TARGET) ? NULL : &rows, schemas,
							   PG_GETARG_BOOL(ARG_REPLACE));
	require_complete(&captured);
	mh_capture_report(context.table, &rows, &captured);
	return captured_row(fcinfo, &captured);
}

/* Raises unless the rows of the table there were read. */
static void
require_rows(const MhVersionTable *table)
{
	if (table->access != MH_ACCESS_READ || table->is_cut)
		ereport(
			ERROR,
			(errcode(table->access == MH_ACCESS_BUSY ? ERRCODE_LOCK_NOT_AVAILABLE
													 : ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("the rows of version table %s on the server cannot be read",
					mh_from_utf8(mh_version_table_name(table))),
			 table->reason == NULL ? 0 : errdetail_internal("%s", mh_from_utf8(table->reason))));
}

/*
 * mighead_remote_capture(server text, target text, version_table text, schemas text[],
 *		replace boolean) returns (tables integer, objects integer, stored integer)
 *
 *		As mighead_capture, with the schema of a version table in the database of a foreign server.
 *		Rows and schema are of one snapshot there.
 *
 *		Privileges: EXECUTE, USAGE on the server and a user mapping.  Errors: as mighead_capture,
 *		42P01 (no such version table), 42501 and 55P03 (its rows cannot be read), and those of the
 *		connection (see mighead_fleet_servers).
 */
Datum
mighead_remote_capture(PG_FUNCTION_ARGS)
{
	List *projects = mh_projects_read();
	MhStrings *schemas;
	MhVersionTable *table;
	MhProject *of_table;
	MhProject *project;
	MhCaptured captured;
	MhStrings rows;

	mh_require_argument(fcinfo, ARG_THERE_SERVER, "server");
	mh_require_argument(fcinfo, ARG_THERE_REPLACE, "replace");
	PreventCommandIfReadOnly("mighead_remote_capture()");
	PreventCommandDuringRecovery("mighead_remote_capture()");
	schemas = schemas_argument(fcinfo, ARG_THERE_SCHEMAS);
	table = mh_table_there(mh_remote_server(mh_text_argument(fcinfo, ARG_THERE_SERVER)), projects,
						   mh_text_argument(fcinfo, ARG_THERE_TABLE));
	of_table = mh_project_of_table(projects, table->schema, table->name);
	project = mh_project_choose(projects, NULL, of_table ? of_table->name : NULL);
	if (PG_ARGISNULL(ARG_THERE_TARGET))
	{
		require_rows(table);
		rows = table->rows;
	}
	else
		rows = mh_target_rows(mh_scripts_read(project), mh_text_argument(fcinfo, ARG_THERE_TARGET),
							  "target");
	captured = mh_capture_rows(table, project->name, PG_ARGISNULL(ARG_THERE_TARGET) ? NULL : &rows,
							   schemas, PG_GETARG_BOOL(ARG_THERE_REPLACE));
	require_complete(&captured);
	mh_capture_report(table, &rows, &captured);
	return captured_row(fcinfo, &captured);
}
