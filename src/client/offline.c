/*-------------------------------------------------------------------------
 *
 * offline.c
 *	  "mighead offline": a database where nothing can be installed, judged from dumps.
 *
 * The dumps are restored into a scratch database without their rows, but for those of version
 * tables.  What concerns the whole server (roles, databases, tablespaces) is left out, and so
 * is what would reach another server (subscriptions).
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

static const char *
skip_block_comment(const char *at)
{
	int depth = 0;

	do
	{
		bool opens = at[0] == '/' && at[1] == '*';
		bool closes = at[0] == '*' && at[1] == '/';

		depth += opens - closes;
		at += opens || closes ? 2 : 1;
	} while (depth > 0 && *at != '\0');
	return at;
}

/* Behind blanks and comments. */
static const char *
skip_blanks(const char *at)
{
	for (;;)
	{
		at += strspn(at, " \t\r\n\f\v");
		if (at[0] == '-' && at[1] == '-')
			at += strcspn(at, "\n");
		else if (at[0] == '/' && at[1] == '*')
			at = skip_block_comment(at);
		else
			return at;
	}
}

/* The first words in lower case, one blank between them. */
static char *
first_words(const char *text, int count)
{
	StringInfoData words;

	initStringInfo(&words);
	for (int i = 0; i < count; i++)
	{
		size_t length;

		text = skip_blanks(text);
		length = strcspn(text, " \t\r\n\f\v;(/-");
		length = Max(length, *text != '\0' ? 1 : 0);
		if (i > 0)
			appendStringInfoChar(&words, ' ');
		for (size_t j = 0; j < length; j++)
			appendStringInfoChar(&words, (char) pg_ascii_tolower((unsigned char) text[j]));
		text += length;
	}
	return words.data;
}

static bool
begins_with(const char *text, const char *const *starts, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		size_t length = strlen(starts[i]);

		if (strncmp(text, starts[i], length) == 0 && (text[length] == ' ' || text[length] == '\0'))
			return true;
	}
	return false;
}

/* Of the server, of another server, or of the transaction, in which one failure would hide all others. */
static bool
is_left_out(const char *words)
{
	static const char *const starts[] = {"create database",
										 "alter database",
										 "drop database",
										 "comment on database",
										 "security label on database",
										 "create role",
										 "alter role",
										 "drop role",
										 "comment on role",
										 "create tablespace",
										 "alter tablespace",
										 "drop tablespace",
										 "create subscription",
										 "alter subscription",
										 "comment on subscription",
										 "alter system",
										 "begin",
										 "start",
										 "commit",
										 "rollback",
										 "end",
										 "prepare"};

	return begins_with(words, starts, lengthof(starts));
}

/* Owners and grants name roles, which are those of another server. */
static bool
is_about_roles(const char *statement, const char *words, const PGresult *result)
{
	static const char *const starts[] = {"grant",
										 "revoke",
										 "alter default privileges",
										 "set session authorization",
										 "create policy",
										 "create user mapping"};
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL && strcmp(state, "42704") == 0 &&
		   (begins_with(words, starts, lengthof(starts)) ||
			strstr(statement, " OWNER TO ") != NULL);
}

static void
note_failure(Offline *offline, const char *statement, const PGresult *result)
{
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *at = skip_blanks(statement);

	if (offline->failures++ < LISTED_FAILURES)
		mh_strings_push(&offline->messages, psprintf("%s: %s", pnstrdup(at, strcspn(at, "\n(")),
													 primary == NULL ? "no answer" : primary));
}

/* The only column of a version table. */
static bool
is_version_table(const char *statement)
{
	const char *columns = strchr(statement, '(');

	return columns != NULL && strncmp(columns, "(version_num)", strlen("(version_num)")) == 0;
}

static bool
run_statement(MhDumpReader *reader, const char *statement, bool *in_copy)
{
	Offline *offline = (Offline *) reader;
	PGconn *connection = offline->scratch.session.connection;
	char *words = first_words(statement, 4);
	bool is_copy = strncmp(words, "copy ", 5) == 0;
	PGresult *result;

	if (*skip_blanks(statement) == '\0' || is_left_out(words))
		return true;
	if (is_copy)
	{
		*in_copy = true;
		offline->sends_rows = is_version_table(statement);
		if (!offline->sends_rows)
			return true;
	}
	result = PQexec(connection, statement);
	if (is_copy && PQresultStatus(result) != PGRES_COPY_IN)
		offline->sends_rows = false;
	if (PQresultStatus(result) == PGRES_FATAL_ERROR && !is_about_roles(statement, words, result))
		note_failure(offline, statement, result);
	PQclear(result);
	if (PQstatus(connection) == CONNECTION_OK && !mh_scratch_was_interrupted())
		return true;
	mh_complain("%s", PQerrorMessage(connection));
	return false;
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
			note_failure(offline, "COPY", result);
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
