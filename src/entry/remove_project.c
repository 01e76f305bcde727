/*-------------------------------------------------------------------------
 *
 * remove_project.c
 *	  mighead_remove_project: deletes a project (an Alembic environment).
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "server/expected/expected.h"
#include "server/journal/journal.h"
#include "server/scripts/scripts.h"

PG_FUNCTION_INFO_V1(mighead_remove_project);

/*
 * mighead_remove_project(project text) returns void
 *
 *		Deletes a project with its scripts, releases, expectations, recorded statements and
 *		accepted differences.  The version table, its watch and the journal stay.
 *
 *		Privileges: EXECUTE.  Locks the project's row, and mighead.definition in SHARE ROW
 *		EXCLUSIVE.  Errors: 22004, 42704 (no such project), 25006.
 */
Datum
mighead_remove_project(PG_FUNCTION_ARGS)
{
	MhStore *store;
	char *name;

	mh_require_argument(fcinfo, 0, "project");
	name = mh_text_argument(fcinfo, 0);
	store = mh_store_open(name);
	if (store->is_new)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("project \"%s\" does not exist", mh_from_utf8(name))));
	mh_store_remove(store);
	mh_statements_prune(name);
	(void) mh_definitions_sweep();
	mh_store_close(store);
	PG_RETURN_VOID();
}
