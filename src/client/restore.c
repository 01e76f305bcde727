/*-------------------------------------------------------------------------
 *
 * restore.c
 *	  Dumps become a schema in the scratch database.
 *
 * Rows are left out, but for those of version tables; restorable.c judges what else is.  One
 * statement is sent at a time, in a form in which the server refuses several.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <libpq-fe.h>

#define SQLSTATE_LENGTH 5
#define NOT_PERMITTED "42501"

/* ---------- statements ---------- */

/* Where the words are for the first time, or -1. */
static int
find_words(const MhDumpTokens *statement, const char *words)
{
	for (int i = 0; i < statement->n; i++)
		if (mh_dump_has_words(statement, i, words))
			return i;
	return -1;
}

/* ---------- version tables ---------- */

/* As SQL, from the token on; NULL where there is none. */
static char *
name_at(const MhDumpTokens *statement, int token)
{
	int end = mh_dump_behind_name(statement, token);
	StringInfoData name;

	if (end < 0)
		return NULL;
	initStringInfo(&name);
	for (; token < end; token++)
		appendStringInfoString(&name, statement->tokens[token]);
	return name.data;
}

/* The OID of the version table of this name, or NULL. */
static char *
find_version_table(PGconn *connection, const char *name)
{
	const char *values[] = {name};
	PGresult *result = PQexecParams(
		connection,
		"SELECT c.oid FROM pg_catalog.pg_class AS c"
		" WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid"
		" AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog.\"char\"[])"
		" AND (SELECT pg_catalog.string_agg(a.attname::pg_catalog.text, ',')"
		" FROM pg_catalog.pg_attribute AS a"
		" WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid"
		" AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped)"
		" OPERATOR(pg_catalog.=) 'version_num'",
		lengthof(values), NULL, values, NULL, NULL, 0);
	char *oid = PQntuples(result) == 1 ? pstrdup(PQgetvalue(result, 0, 0)) : NULL;

	PQclear(result);
	return oid;
}

/* A dump in which rows are INSERTs has many of a table, one after the other. */
static void
note_table(MhRestore *restore, char *name)
{
	char *oid;

	if (name == NULL || (restore->last_name != NULL && strcmp(restore->last_name, name) == 0))
		return;
	restore->last_name = name;
	oid = find_version_table(restore->session->connection, name);
	if (oid != NULL)
		mh_strings_push(&restore->tables, oid);
}

/* ---------- failures ---------- */

static bool
has_state(const PGresult *result, const char *states)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state != NULL && strlen(state) == SQLSTATE_LENGTH && strstr(states, state) != NULL;
}

/* "pg_dump -c" drops what a new database does not have, and newer releases have more settings. */
static bool
is_harmless(const MhDumpTokens *statement, const PGresult *result)
{
	bool drops = mh_dump_has_words(statement, 0, "drop") ||
				 (mh_dump_has_words(statement, 0, "alter") &&
				  (find_words(statement, "drop") > 0 || find_words(statement, "detach") > 0));

	return (drops && has_state(result, "42P01 42703 42704 42883 3F000")) ||
		   (mh_dump_has_words(statement, 0, "set") && has_state(result, "42704"));
}

/* The role that does not exist, as the server says in English, or NULL. */
static char *
absent_role(const PGresult *result)
{
	static const char before[] = "role \"";
	static const char after[] = "\" does not exist";
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	size_t length = message == NULL ? 0 : strlen(message);
	size_t around = strlen(before) + strlen(after);

	/* SET SESSION AUTHORIZATION has a code of its own */
	if (length <= around || !has_state(result, "42704 22023") || !mh_begins_with(message, before) ||
		strcmp(message + length - strlen(after), after) != 0)
		return NULL;
	return pnstrdup(message + strlen(before), length - around);
}

/* An owner or a privilege, which are those of another server's roles. */
static bool
is_about_roles(const MhDumpTokens *statement)
{
	return mh_dump_has_words(statement, 0, "grant") || mh_dump_has_words(statement, 0, "revoke") ||
		   mh_dump_has_words(statement, 0, "alter default privileges") ||
		   mh_dump_has_words(statement, 0, "set session authorization") ||
		   (mh_dump_has_words(statement, 0, "alter") &&
			(!statement->is_whole || mh_dump_has_words(statement, statement->n - 3, "owner to")));
}

static void
note_text(MhRestore *restore, const char *text, const char *why)
{
	size_t length = strcspn(text, "\n(");

	while (length > 0 && strchr(" \t\r;", text[length - 1]) != NULL)
		length--;
	if (restore->failures++ < MH_RESTORE_MESSAGES)
		mh_strings_push(&restore->messages, psprintf("%s: %s", pnstrdup(text, length), why));
}

static const char *
message_of(const PGresult *result)
{
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	return primary == NULL ? "no answer" : primary;
}

static void
note_failure(MhRestore *restore, const MhDumpTokens *statement, const PGresult *result)
{
	char *role = absent_role(result);

	/* or a role that this one may not act for */
	if ((role == NULL && !has_state(result, "42501")) || !is_about_roles(statement))
	{
		if (!is_harmless(statement, result))
			note_text(restore, statement->text, message_of(result));
		return;
	}
	restore->of_roles++;
	if (role != NULL && !mh_strings_contain(&restore->roles, role))
		mh_strings_push(&restore->roles, role);
}

/* ---------- running ---------- */

/* Is the session still of use?  Complains otherwise, unless a signal ended its work. */
static bool
goes_on(const MhRestore *restore)
{
	PGconn *connection = restore->session->connection;

	if (mh_scratch_was_interrupted())
		return false;
	if (PQstatus(connection) == CONNECTION_OK)
		return true;
	mh_complain("%s", PQerrorMessage(connection));
	return false;
}

static bool
refuse_copy(void)
{
	mh_complain("the server asks for rows that no statement of the dump has");
	return false;
}

static PGresult *
send_text(const MhRestore *restore, const char *text)
{
	return PQexecParams(restore->session->connection, text, 0, NULL, NULL, NULL, NULL, 0);
}

static void
be_oneself(MhRestore *restore)
{
	PQclear(send_text(restore, "SET SESSION AUTHORIZATION DEFAULT"));
	restore->is_other = false;
}

/*
 * "pg_dump --use-set-session-authorization" has an object made by its owner, who may lack the right to do so here: then it is the
 * owner that is not restored.
 */
static PGresult *
send_as_somebody(MhRestore *restore, const MhDumpTokens *statement)
{
	bool chooses = mh_dump_has_words(statement, 0, "set session authorization");
	PGresult *result = send_text(restore, statement->text);
	bool done = PQresultStatus(result) != PGRES_FATAL_ERROR;

	if (chooses && !done)
		be_oneself(restore);
	else if (chooses)
		restore->is_other = !mh_dump_has_words(statement, 0, "set session authorization default");
	if (done || !restore->is_other || !has_state(result, "42501"))
		return result;
	PQclear(result);
	be_oneself(restore);
	restore->of_roles++;
	return send_text(restore, statement->text);
}

static bool
send_statement(MhRestore *restore, const MhDumpTokens *statement, bool has_rows)
{
	PGresult *result = send_as_somebody(restore, statement);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_FATAL_ERROR)
		note_failure(restore, statement, result);
	PQclear(result);
	restore->sends_rows = status == PGRES_COPY_IN && has_rows;
	if ((status == PGRES_COPY_IN && !has_rows) || status == PGRES_COPY_OUT ||
		status == PGRES_COPY_BOTH)
		return refuse_copy();
	return goes_on(restore);
}

/* ---------- what would make triggers run ---------- */

#define OF_TABLES 0
#define OF_EVENTS 1

/* Their functions would run for what follows even though triggers are silent. */
static bool
is_deferred(const MhDumpTokens *statement)
{
	return mh_dump_has_words(statement, 0, "alter") &&
		   (find_words(statement, "enable always") > 0 ||
			find_words(statement, "enable replica") > 0);
}

static bool
defer(MhRestore *restore, const MhDumpTokens *statement)
{
	bool of_events = mh_dump_has_words(statement, 0, "alter event trigger");

	mh_strings_add(&restore->deferred[of_events ? OF_EVENTS : OF_TABLES], statement->text);
	return goes_on(restore);
}

/* Those of events come last: they would see the others, and do not see each other. */
bool
mh_restore_finish(MhRestore *restore)
{
	for (int kind = OF_TABLES; kind <= OF_EVENTS; kind++)
		for (int i = 0; i < restore->deferred[kind].n; i++)
		{
			MhDumpTokens statement = {.text = restore->deferred[kind].v[i]};

			if (!send_statement(restore, &statement, false))
				return false;
		}
	return true;
}

/* ---------- a dump ---------- */

static bool
run_statement(MhDumpReader *reader, const MhDumpTokens *statement, bool *in_copy)
{
	MhRestore *restore = (MhRestore *) reader;
	MhDumpStatement kind = mh_dump_judge(statement);

	*in_copy = kind == MH_DUMP_ROWS || kind == MH_DUMP_ROWS_LEFT_OUT;
	restore->sends_rows = false;
	if (kind == MH_DUMP_REFUSE)
		note_text(restore, statement->text, "pg_dump writes no such statement for a schema");
	if (kind != MH_DUMP_RUN && kind != MH_DUMP_ROWS)
		return goes_on(restore);
	if (is_deferred(statement))
		return defer(restore, statement);
	if (mh_dump_has_words(statement, 0, "insert into"))
		note_table(restore, name_at(statement, 2));
	else if (kind == MH_DUMP_ROWS)
		note_table(restore, name_at(statement, 1));
	return send_statement(restore, statement, *in_copy);
}

static bool
finish_rows(MhRestore *restore)
{
	PGconn *connection = restore->session->connection;
	PGresult *result;

	PQputCopyEnd(connection, NULL);
	while ((result = PQgetResult(connection)) != NULL)
	{
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_FATAL_ERROR)
			note_text(restore, psprintf("COPY %s", restore->last_name), message_of(result));
		PQclear(result);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
			return refuse_copy();
	}
	return goes_on(restore);
}

static bool
take_row(MhDumpReader *reader, const char *line, bool *in_copy)
{
	MhRestore *restore = (MhRestore *) reader;
	PGconn *connection = restore->session->connection;

	*in_copy =
		strcmp(line, "\\.\n") != 0 && strcmp(line, "\\.\r\n") != 0 && strcmp(line, "\\.") != 0;
	if (!restore->sends_rows)
		return !mh_scratch_was_interrupted();
	if (*in_copy)
		return PQputCopyData(connection, line, (int) strlen(line)) == 1 || goes_on(restore);
	return finish_rows(restore);
}

bool
mh_restore_begin(MhRestore *restore, MhConnection *session)
{
	bool refused;

	memset(restore, 0, sizeof(*restore));
	restore->reader.statement = run_statement;
	restore->reader.row = take_row;
	restore->session = session;
	/* which role is absent is only in the text of a message, and where strings end has to be the same here and there */
	return (mh_session_try(session, "SET lc_messages = 'C'", NOT_PERMITTED, &refused) || refused) &&
		   mh_tell(session, "SET standard_conforming_strings = on") && mh_restore_mute(session);
}

bool
mh_restore_mute(MhConnection *session)
{
	bool refused;

	return mh_session_try(session, "SET session_replication_role = replica", NOT_PERMITTED,
						  &refused) ||
		   refused;
}

bool
mh_restore_dump(MhRestore *restore, const char *path)
{
	return mh_dump_read(path, &restore->reader);
}

void
mh_restore_complain(const MhRestore *restore)
{
	int shown = Min(restore->messages.n, MH_RESTORE_SHOWN);

	for (int i = 0; i < shown; i++)
		mh_complain("not restored: %s", restore->messages.v[i]);
	if (restore->failures > shown)
		mh_complain("not restored: %d more", restore->failures - shown);
	if (restore->failures > 0)
		mh_complain_hint(
			"What was not restored is missing below. A server with the same extensions and roles and "
			"of the same major release restores all.");
	if (restore->of_roles > 0 && restore->roles.n == 0)
		mh_complain("%d owners and privileges were not restored, of roles that you may not act for",
					restore->of_roles);
	else if (restore->of_roles > 0)
		mh_complain(
			"%d owners and privileges were not restored, of roles that this server does not "
			"have: %s",
			restore->of_roles, mh_strings_join(&restore->roles, ", "));
}
