/*-------------------------------------------------------------------------
 *
 * offline.c
 *	  "mighead offline": a database where nothing can be installed, judged from dumps.
 *
 * The dumps are restored into a scratch database without their rows, but for those of version
 * tables.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <libpq-fe.h>

#define LISTED_FAILURES 5

typedef struct Offline
{
	MhDumpReader reader; /* first, as the functions get it */
	const MhOptions *options;
	MhScratch scratch;
	char *document;
	size_t document_size;
	MhTree tree;
	bool sends_rows; /* of the COPY that is read */
	int failures;
	MhStrings messages; /* of the first of them */
} Offline;

/* ---------- statements ---------- */

/* Owners and grants name roles of another server, or such that this role may not act for. */
static bool
is_about_roles(const char *statement, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL && (strcmp(state, "42704") == 0 || strcmp(state, "42501") == 0) &&
		   mh_dump_names_role(statement);
}

static void
note_failure(Offline *offline, const char *statement, const char *why)
{
	const char *at = mh_dump_skip_blanks(statement);

	if (offline->failures++ < LISTED_FAILURES)
		mh_strings_push(&offline->messages,
						psprintf("%s: %s", pnstrdup(at, strcspn(at, "\n(")), why));
}

static void
note_error(Offline *offline, const char *statement, const PGresult *result)
{
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	note_failure(offline, statement, primary == NULL ? "no answer" : primary);
}

/* By the extended protocol, in which the server takes one statement and no more. */
static bool
send_statement(Offline *offline, const char *statement, bool has_rows)
{
	PGconn *connection = offline->scratch.session.connection;
	PGresult *result = PQexecParams(connection, statement, 0, NULL, NULL, NULL, NULL, 0);

	offline->sends_rows = has_rows && PQresultStatus(result) == PGRES_COPY_IN;
	if (PQresultStatus(result) == PGRES_FATAL_ERROR && !is_about_roles(statement, result))
		note_error(offline, statement, result);
	PQclear(result);
	if (PQstatus(connection) == CONNECTION_OK && !mh_scratch_was_interrupted())
		return true;
	mh_complain("%s", PQerrorMessage(connection));
	return false;
}

static bool
run_statement(MhDumpReader *reader, const char *statement, bool *in_copy)
{
	Offline *offline = (Offline *) reader;
	MhDumpStatement kind = mh_dump_judge(statement);

	*in_copy = kind == MH_DUMP_ROWS || kind == MH_DUMP_ROWS_LEFT_OUT;
	offline->sends_rows = false;
	if (kind == MH_DUMP_REFUSE)
		note_failure(offline, statement, "pg_dump writes no such statement for a schema");
	if (kind == MH_DUMP_RUN || kind == MH_DUMP_ROWS)
		return send_statement(offline, statement, *in_copy);
	return true;
}

static bool
take_row(MhDumpReader *reader, const char *line, bool *in_copy)
{
	Offline *offline = (Offline *) reader;
	PGconn *connection = offline->scratch.session.connection;
	PGresult *result;

	if (strcmp(line, "\\.\n") != 0 && strcmp(line, "\\.\r\n") != 0 && strcmp(line, "\\.") != 0)
		return !offline->sends_rows || PQputCopyData(connection, line, (int) strlen(line)) == 1;
	*in_copy = false;
	if (!offline->sends_rows)
		return true;
	PQputCopyEnd(connection, NULL);
	while ((result = PQgetResult(connection)) != NULL)
	{
		if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			note_error(offline, "COPY", result);
		PQclear(result);
	}
	return true;
}

/* ---------- the scratch database ---------- */

static bool
read_arguments(Offline *offline)
{
	const MhOptions *options = offline->options;
	MhStrings directories = {0, NULL, 0};
	MhError err = MH_NO_ERROR;
	bool done = true;

	if (options->operands.n == 0)
	{
		mh_complain("no dump is named");
		mh_complain_hint("pg_dump -s DB > schema.sql; pg_dump -a -t alembic_version DB > rows.sql; "
						 "mighead offline --expect expectations.json schema.sql rows.sql");
		return false;
	}
	if (options->expect != NULL)
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

	/* where strings end has to be the same here and there */
	if (!mh_tell(&offline->scratch.session, "SET standard_conforming_strings = on"))
		return false;
	for (int i = 0; i < dumps->n; i++)
		if (!mh_dump_read(dumps->v[i], &offline->reader))
			return false;
	for (int i = 0; i < offline->messages.n; i++)
		mh_complain("not restored: %s", offline->messages.v[i]);
	if (offline->failures > offline->messages.n)
		mh_complain("not restored: %d more", offline->failures - offline->messages.n);
	if (offline->failures > 0)
		mh_complain_hint(
			"What was not restored is missing below. A server with the same extensions and "
			"of the same major release restores all.");
	return true;
}

/* After the dumps, which may have it themselves, and without the settings that they made. */
static bool
load(Offline *offline)
{
	MhConnection *session = &offline->scratch.session;
	const char *project = offline->options->project;
	MhOptions none = {0};

	return mh_tell(session, "DISCARD ALL") &&
		   mh_tell(session, "SET client_min_messages = warning") &&
		   mh_tell(session, "CREATE EXTENSION IF NOT EXISTS mighead") &&
		   mh_session_begin(&none, false, session) &&
		   (offline->document == NULL ||
			mh_load_document(session, offline->document, offline->document_size, project)) &&
		   (offline->options->directory == NULL ||
			mh_load_tree(session, &offline->tree, project == NULL ? "default" : project)) &&
		   mh_tell(session, "COMMIT");
}

static bool
judge(Offline *offline, int *status)
{
	MhConnection *session = &offline->scratch.session;

	if (!mh_session_begin(offline->options, true, session))
		return false;
	*status = mh_print_judgement(offline->options, session);
	/* what is not there because it could not be restored is no drift of that database */
	if (offline->failures > 0)
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
	offline.reader.statement = run_statement;
	offline.reader.row = take_row;
	offline.options = options;
	if (!read_arguments(&offline))
		return MH_EXIT_TROUBLE;
	done = mh_scratch_make(&changed, &offline.scratch) && restore(&offline) && load(&offline) &&
		   judge(&offline, &status);
	done = mh_scratch_drop(&offline.scratch) && done;
	return mh_finish_output(done ? status : MH_EXIT_TROUBLE);
}
