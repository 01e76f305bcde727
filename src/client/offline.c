/*-------------------------------------------------------------------------
 *
 * offline.c
 *	  "mighead offline": a database where nothing can be installed, judged from dumps.
 *
 * The dumps are restored into a scratch database, to which the extension and what is expected are
 * added.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/base/wording.h"

typedef struct Offline
{
	const MhOptions *options;
	MhScratch scratch;
	MhRestore restore;
	char *document;
	size_t document_size;
	MhTree tree;
	bool manages_roles; /* are owners or privileges the task of the migrations? */
} Offline;

static bool
read_arguments(Offline *offline)
{
	const MhOptions *options = offline->options;
	MhStrings directories = {0, NULL, 0};
	MhError err = MH_NO_ERROR;
	bool done;

	if (options->operands.n == 0)
	{
		mh_complain("no dump is named");
		mh_complain_hint("pg_dump -s DB > schema.sql; pg_dump -a -t alembic_version DB > rows.sql; "
						 "mighead offline --expect expectations.json schema.sql rows.sql");
		return false;
	}
	done = mh_check_severity(options);
	if (done && options->expect != NULL)
		done = mh_document_load(options->expect, &offline->document, &offline->document_size);
	if (options->directory == NULL || !done)
		return done;
	mh_strings_add(&directories, options->directory);
	done = mh_tree_read(&directories, !options->not_recursive, &offline->tree, &err);
	if (!done)
		mh_complain_error(&err);
	else
		mh_tree_warn(&offline->tree);
	return done && mh_tree_has_scripts(&offline->tree);
}

static bool
restore(Offline *offline)
{
	const MhStrings *dumps = &offline->options->operands;

	if (!mh_restore_begin(&offline->restore, &offline->scratch.session))
		return false;
	for (int i = 0; i < dumps->n; i++)
		if (!mh_restore_dump(&offline->restore, dumps->v[i]))
			return false;
	return true;
}

/* Tables that look like version tables are rare, so that the state is seldom asked for. */
static const char missing_rows[] =
	"SELECT string_agg(s.version_table::text, ', '), min(s.version_table::text)"
	" FROM %smighead_status($1::oid::regclass) AS s"
	" WHERE s.version_table::oid <> ALL ($2::oid[]) AND EXISTS (SELECT FROM pg_attribute AS a"
	" JOIN pg_class AS c ON c.oid = a.attrelid WHERE a.attname = 'version_num' AND a.attnum > 0"
	" AND c.relkind IN ('r', 'p') AND c.oid <> ALL ($2::oid[]))";

static bool
ask_whether_roles_count(Offline *offline)
{
	struct pg_result *result =
		mh_ask(&offline->scratch.session,
			   "SELECT FROM mighead.project WHERE manages && '{owners,privileges}'", 0, NULL, 0);

	offline->manages_roles = result != NULL && mh_rows_of(result) > 0;
	mh_forget(result);
	return result != NULL;
}

/* After the dumps, which may have it themselves, and without the settings that they made. */
static bool
load(Offline *offline)
{
	MhConnection *session = &offline->scratch.session;
	const char *project = offline->options->project;
	MhOptions none = {0};

	return mh_tell(session, "DISCARD ALL") && mh_scratch_settle(session) &&
		   mh_restore_mute(session) && mh_tell(session, "CREATE EXTENSION IF NOT EXISTS mighead") &&
		   mh_session_begin(&none, false, session) &&
		   (offline->document == NULL ||
			mh_load_document(session, offline->document, offline->document_size, project)) &&
		   (offline->options->directory == NULL ||
			mh_load_tree(session, &offline->tree, project == NULL ? "default" : project)) &&
		   ask_whether_roles_count(offline) && mh_tell(session, "COMMIT");
}

/*
 * Without its rows a version table looks as if it had none, and the advice for that would harm.  True
 * if there is none such.
 */
static bool
has_rows(Offline *offline)
{
	MhConnection *session = &offline->scratch.session;
	const char *values[] = {session->table, mh_array_literal(&offline->restore.tables, 0)};
	struct pg_result *result =
		mh_ask(session, psprintf(missing_rows, session->prefix), lengthof(values), values, 2);
	const char *names = result == NULL ? "" : mh_field(result, 0, 0);
	bool done = result != NULL && *names == '\0';

	if (*names != '\0')
	{
		mh_complain("the dumps have no rows of version table %s", names);
		mh_complain_hint(
			"pg_dump -a -t %s DB > rows.sql # and name rows.sql behind the schema; without --inserts, "
			"which writes nothing of an empty table",
			mh_shell_word(mh_field(result, 0, 1)));
	}
	mh_forget(result);
	return done;
}

/* Nothing but reading comes behind what makes triggers run. */
static bool
make(Offline *offline)
{
	bool done = restore(offline) && load(offline) && mh_restore_finish(&offline->restore);

	mh_restore_complain(&offline->restore);
	return done;
}

static bool
judge(Offline *offline, int *status)
{
	MhConnection *session = &offline->scratch.session;
	const MhRestore *restored = &offline->restore;

	if (!mh_session_begin(offline->options, true, session) || !has_rows(offline))
		return false;
	*status = mh_print_judgement(offline->options, session, restored);
	/* what is not there because it could not be restored is no drift of that database */
	if (restored->failures > 0 || (restored->of_roles > 0 && offline->manages_roles))
		*status = mh_worse(*status, MH_EXIT_WARNING);
	return true;
}

int
mh_run_offline(const MhOptions *options)
{
	static Offline offline; /* mh_scratch_make keeps a pointer into it */
	MhOptions changed = *options;
	int status = MH_EXIT_TROUBLE;
	bool done;

	/* nothing of this server's own template belongs to the dumps */
	if (changed.template == NULL)
		changed.template = "template0";
	offline.options = options;
	if (!read_arguments(&offline))
		return MH_EXIT_TROUBLE;
	done =
		mh_scratch_make(&changed, &offline.scratch) && make(&offline) && judge(&offline, &status);
	done = mh_scratch_drop(&offline.scratch) && done;
	return mh_finish_output(done ? status : MH_EXIT_TROUBLE);
}
