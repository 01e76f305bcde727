/*-------------------------------------------------------------------------
 *
 * remote_review.c
 *	  SQL function that reviews a migration script for a database elsewhere, before it runs.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/remote_schema.h"
#include "entry/review.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(mighead_remote_review);

#define ARG_SERVER 0
#define ARG_SQL 1
#define ARG_TABLE 2
#define ARG_TARGET 3
#define ARG_CHECK_DATA 4
#define ARG_ROLE 5

/* With a script, rows that cannot be read are not known; without one there is no plan. */
static void
take_rows(FunctionCallInfo fcinfo, MhContext *context)
{
	const MhVersionTable *table = context->table;

	context->rows_known = table == NULL || (table->access == MH_ACCESS_READ && !table->is_cut);
	if (table != NULL && context->rows_known)
		context->rows = table->rows;
	if (!context->rows_known && PG_ARGISNULL(ARG_SQL))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("version table %s cannot be read on the server",
							   mh_from_utf8(mh_version_table_name(table))),
						table->reason ? errdetail_internal("%s", mh_from_utf8(table->reason)) : 0));
}

/* Of several version tables a script alone needs none. */
static MhVersionTable *
table_of(FunctionCallInfo fcinfo, List *tables)
{
	if (list_length(tables) > 1 && !PG_ARGISNULL(ARG_SQL))
		return NULL;
	return mh_version_table_only(tables, " on the server");
}

static MhProject *
project_of(const MhContext *context)
{
	const MhVersionTable *table = context->table;
	MhProject *of_table =
		table == NULL ? NULL : mh_project_of_table(context->projects, table->schema, table->name);

	return mh_project_choose(context->projects, NULL, of_table == NULL ? NULL : of_table->name);
}

static void
choose_role(FunctionCallInfo fcinfo, MhReviewOptions *options)
{
	char *name = mh_text_argument(fcinfo, ARG_ROLE);

	if (mh_review_role_there(options, name))
		return;
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					name ? errmsg("role \"%s\" does not exist on the server", mh_from_utf8(name))
						 : errmsg("the server does not say who runs the script")));
}

/*
 * mighead_remote_review(server text, sql text, version_table text, target text,
 *		check_data boolean, role_name text)
 *
 *		As mighead_review, for the database of a foreign server.  Of the script only names are sent
 *		there.  Privileges: USAGE on the server and a user mapping; catalogs and rows are read as
 *		the role there.  Locks: none here; there AccessShareLock, hardly waited for.  Errors: 22004
 *		(server, check_data, target), 42P01, 42602 (version_table), 42704 (role_name), 55000 (rows
 *		that cannot be read, without sql), MH302, those of the connection (see
 *		mighead_fleet_servers), those of the server there, and those of a plan.
 */
Datum
mighead_remote_review(PG_FUNCTION_ARGS)
{
	MhReviewPiece piece = {.has_lines = true};
	MhReviewOptions options = {0};
	MhContext context = {0};
	MhTablesThere there;
	MhReviewEffect **effects;
	MhResult result;
	int n;

	mh_require_argument(fcinfo, ARG_SERVER, "server");
	mh_require_argument(fcinfo, ARG_CHECK_DATA, "check_data");
	mh_result_begin(&result, fcinfo);
	context.projects = mh_projects_read();
	there = mh_tables_there(mh_remote_server(mh_text_argument(fcinfo, ARG_SERVER)),
							context.projects, mh_text_argument(fcinfo, ARG_TABLE));
	context.table = table_of(fcinfo, there.tables);
	context.project = project_of(&context);
	take_rows(fcinfo, &context);
	options.table = context.table;
	options.version_name = context.project->version_table_name;
	options.check_data = PG_GETARG_BOOL(ARG_CHECK_DATA);
	options.source = there.source;
	choose_role(fcinfo, &options);
	if (PG_ARGISNULL(ARG_SQL))
	{
		mh_review_pending(fcinfo, ARG_TARGET, &result, &context, &options);
		return (Datum) 0;
	}
	piece.text = text_to_cstring(PG_GETARG_TEXT_PP(ARG_SQL));
	effects = mh_review_pieces(list_make1(&piece), &options, &n);
	mh_review_put(&result, effects, n, NIL);
	return (Datum) 0;
}
