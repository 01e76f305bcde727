/*-------------------------------------------------------------------------
 *
 * ignore.c
 *	  Accepts differences: mighead_ignore and mighead_unignore.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(mighead_ignore);
PG_FUNCTION_INFO_V1(mighead_unignore);

static char *
required_text(FunctionCallInfo fcinfo, int argno, const char *name)
{
	char *text;

	mh_require_argument(fcinfo, argno, name);
	text = mh_text_argument(fcinfo, argno);
	if (text[strspn(text, " \t\n\r")] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be empty", name)));
	return text;
}

static MhStore *
open_store(FunctionCallInfo fcinfo, int argno)
{
	/* a named project must exist, or a typing error would accept nothing */
	return mh_store_open(
		mh_project_choose(mh_projects_read(), mh_text_argument(fcinfo, argno), NULL)->name);
}

/*
 * mighead_ignore(object text, reason text, attribute text, until timestamptz, project
 * text) returns void
 *		Leaves differences out of mighead_drift and all that is drawn from it.  object is a
 *		name as mighead_drift shows it, or a pattern of LIKE for such names; with $home in
 *		place of the schema it stands for every schema that has a version table.  attribute
 *		NULL: all of them, and that the object is extra, invalid or renamed.  A missing object is
 *		never left out.  The same object and attribute again: changes reason and until.
 *
 * Errors: 22004, 22023 (empty), 42704 (no such project), 25006.  Locks the project's row.
 */
Datum
mighead_ignore(PG_FUNCTION_ARGS)
{
	MhIgnored ignored = {NULL, NULL};
	TimestampTz until = 0;
	MhStore *store;
	char *reason;

	ignored.object = required_text(fcinfo, 0, "object");
	reason = required_text(fcinfo, 1, "reason");
	if (!PG_ARGISNULL(2))
		ignored.attribute = required_text(fcinfo, 2, "attribute");
	if (!PG_ARGISNULL(3))
		until = PG_GETARG_TIMESTAMPTZ(3);
	store = open_store(fcinfo, 4);
	mh_ignored_write(store, &ignored, reason, PG_ARGISNULL(3) ? NULL : &until);
	mh_store_close(store);
	PG_RETURN_VOID();
}

/*
 * mighead_unignore(object text, attribute text, project text) returns void
 *		Deletes an entry of mighead_ignore.  42704 if there is none; otherwise as mighead_ignore.
 */
Datum
mighead_unignore(PG_FUNCTION_ARGS)
{
	MhIgnored ignored = {NULL, NULL};
	MhStore *store;
	bool found;

	ignored.object = required_text(fcinfo, 0, "object");
	ignored.attribute = mh_text_argument(fcinfo, 1);
	store = open_store(fcinfo, 2);
	found = mh_ignored_delete(store, &ignored);
	mh_store_close(store);
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("differences of \"%s\" are not ignored", mh_from_utf8(ignored.object)),
				 errhint("The table mighead.ignored has what is: object and attribute are those "
						 "given to mighead_ignore().")));
	PG_RETURN_VOID();
}
