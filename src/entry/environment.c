/*-------------------------------------------------------------------------
 *
 * environment.c
 *	  Labels the database, and shows the key of the migration lock: mighead_environment and
 *	  mighead_lock_key.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"
#include "server/scripts/scripts.h"
#include "commands/dbcommands.h"
#include "core/guard/guard.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(mighead_environment);
PG_FUNCTION_INFO_V1(mighead_lock_key);

/* Returns the project argument of a function whose project need not be stored yet. */
static char *
project_argument(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		return mh_project_choose(mh_projects_read(), NULL, NULL)->name;
	return mh_text_argument(fcinfo, argno);
}

static void
check_confirmed(const MhProject *project, const char *confirm)
{
	MhWriting writing = {mh_extension_prefix(), "", project->name,
						 mh_to_utf8(get_database_name(MyDatabaseId))};
	MhError err = MH_NO_ERROR;

	if (project->is_protected &&
		!mh_guard_environment(&writing, project->environment, project->environment_database,
							  confirm, &err))
		mh_raise(&err);
}

/*
 * mighead_environment(label text, protected boolean, confirm text, project text) returns void
 *
 *		Labels this database for a project; label NULL removes the label.  protected: the guarded
 *		writers require confirm.  Every change of a protected database's label requires it too.
 *
 *		Privileges: EXECUTE.  Locks the project's row.  Errors: 22004, 22023 (empty label, or
 *		protected without a label), 25006, MH104 (protected, and confirm is not its name).
 */
Datum
mighead_environment(PG_FUNCTION_ARGS)
{
	char *label = mh_text_argument(fcinfo, 0);
	MhStore *store;

	mh_require_argument(fcinfo, 1, "protected");
	PreventCommandIfReadOnly("mighead_environment()");
	if (label != NULL && label[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be empty", "label")));
	if (label == NULL && PG_GETARG_BOOL(1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a database without a label cannot be protected")));
	store = mh_store_open(project_argument(fcinfo, 3));
	check_confirmed(store->project, mh_text_argument(fcinfo, 2));
	mh_store_environment(store, label, PG_GETARG_BOOL(1));
	mh_store_close(store);
	PG_RETURN_VOID();
}

/*
 * mighead_lock_key(project text) returns bigint
 *		Returns the key of the advisory lock that migrations of a project take (see
 *		server/version_table/lock_key.c).  The project need not exist.  Privileges: EXECUTE, which
 *		PUBLIC has.  Takes no lock itself.
 */
Datum
mighead_lock_key(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(mh_lock_key(project_argument(fcinfo, 0)));
}
