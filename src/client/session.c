/*-------------------------------------------------------------------------
 *
 * session.c
 *	  The database: a connection, and answers whose shape was checked.
 *
 * Anybody may have planted functions, and who runs this is often a superuser.  So nothing is
 * called before the search_path is pinned but what is qualified, and nothing after the
 * transaction's end, where it is the role's own again.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <libpq-fe.h>
#include <termios.h>
#include <unistd.h>

#include "mb/pg_wchar.h"

/* ---------- complaints of the server ---------- */

static MhStrings named_locations;

void
mh_session_name_paths(const MhStrings *locations)
{
	named_locations = *locations;
}

/* "000001/x.py" is where that came from. */
static char *
with_real_paths(const char *text)
{
	StringInfoData result;

	initStringInfo(&result);
	while (*text != '\0')
	{
		int ordinal = 0;
		size_t digits = *text == '"' ? strspn(text + 1, "0123456789") : 0;

		if (digits == 6 && text[7] == '/')
			ordinal = atoi(text + 1);
		if (ordinal > 0 && ordinal <= named_locations.n)
		{
			appendStringInfo(&result, "\"%s", named_locations.v[ordinal - 1]);
			text += 7;
		}
		else
			appendStringInfoChar(&result, *text++);
	}
	return result.data;
}

static void
print_line(const char *label, const char *text)
{
	if (text != NULL && *text != '\0')
		fprintf(stderr, "%s: %s\n", label, mh_safe_text(with_real_paths(text), true));
}

static void
take_notice(void *unused, const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	(void) unused;
	fflush(stdout);
	print_line(severity != NULL && strcmp(severity, "WARNING") == 0 ? "warning" : "notice",
			   PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
	print_line("detail", PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
	print_line("hint", PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
}

void
mh_session_complain(MhConnection *session, const PGresult *result)
{
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	fflush(stdout);
	if (primary == NULL)
		primary = PQerrorMessage(session->connection);
	print_line("mighead", primary);
	print_line("detail", PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
	print_line("hint", PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));
}

/* ---------- asking ---------- */

PGresult *
mh_ask(MhConnection *session, const char *sql, int n, const char *const *values, int columns)
{
	PGresult *result = PQexecParams(session->connection, sql, n, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		mh_session_complain(session, result);
	else if (PQnfields(result) != columns)
		mh_complain("the server's answer has %d columns instead of %d", PQnfields(result), columns);
	else
		return result;
	PQclear(result);
	return NULL;
}

bool
mh_tell(MhConnection *session, const char *sql)
{
	PGresult *result = PQexec(session->connection, sql);
	bool done = PQresultStatus(result) == PGRES_COMMAND_OK;

	if (!done)
		mh_session_complain(session, result);
	PQclear(result);
	return done;
}

bool
mh_session_try(MhConnection *session, const char *sql, const char *sqlstate, bool *met)
{
	PGresult *result = PQexec(session->connection, sql);
	bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	*met = !done && sqlstate != NULL && state != NULL && strcmp(state, sqlstate) == 0;
	if (!done && !*met)
		mh_session_complain(session, result);
	PQclear(result);
	return done;
}

bool
mh_session_is_alive(MhConnection *session)
{
	PQclear(PQexec(session->connection, ""));
	return PQstatus(session->connection) == CONNECTION_OK;
}

const char *
mh_field_or_null(const PGresult *result, int row, int column)
{
	if (row >= PQntuples(result) || column >= PQnfields(result) || PQgetisnull(result, row, column))
		return NULL;
	return PQgetvalue(result, row, column);
}

const char *
mh_field(const PGresult *result, int row, int column)
{
	const char *value = mh_field_or_null(result, row, column);

	return value == NULL ? "" : value;
}

int
mh_rows_of(const PGresult *result)
{
	return PQntuples(result);
}

void
mh_forget(PGresult *result)
{
	PQclear(result);
}

/* ---------- connecting ---------- */

static char *
ask_password(void)
{
	FILE *terminal = fopen("/dev/tty", "r+");
	struct termios before;
	struct termios silent;
	char line[1024];
	char *got;

	if (terminal == NULL)
		return NULL;
	/* what shows the password asks for none */
	if (tcgetattr(fileno(terminal), &before) != 0)
	{
		fclose(terminal);
		return NULL;
	}
	fputs("Password: ", terminal);
	fflush(terminal);
	silent = before;
	silent.c_lflag &= ~(tcflag_t) ECHO;
	tcsetattr(fileno(terminal), TCSAFLUSH, &silent);
	got = fgets(line, sizeof(line), terminal);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	fclose(terminal);
	if (got == NULL)
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return pstrdup(line);
}

/*
 * Notices may come before the server is ready, and libpq prints them raw until it has a receiver,
 * which needs a connection.  So one is begun, which reads nothing yet, and then made anew: only
 * libpq's own waiting goes on to the next host when connect_timeout is over.
 */
static PGconn *
connect_with(const char *const *keywords, const char *const *values)
{
	PGconn *connection = PQconnectStartParams(keywords, values, 1);

	PQsetNoticeReceiver(connection, take_notice, NULL);
	if (PQstatus(connection) != CONNECTION_BAD)
		PQreset(connection);
	return connection;
}

static PGconn *
connect_once(const MhOptions *options, const char *password)
{
	const char *keywords[] = {"dbname",
							  "host",
							  "port",
							  "user",
							  "password",
							  "client_encoding",
							  "fallback_application_name",
							  NULL};
	const char *values[] = {options->dbname, options->host, options->port, options->user,
							password,        "UTF8",        "mighead",     NULL};

	return connect_with(keywords, values);
}

/* Complains where there is no connection. */
static bool
is_connected(const MhConnection *session)
{
	if (PQstatus(session->connection) == CONNECTION_OK)
		return true;
	mh_complain("%s", session->connection == NULL ? "out of memory"
												  : PQerrorMessage(session->connection));
	return false;
}

bool
mh_session_connect(const MhOptions *options, MhConnection *session)
{
	char *password = options->always_prompt ? ask_password() : NULL;

	memset(session, 0, sizeof(*session));
	session->connection = connect_once(options, password);
	if (session->connection != NULL && PQstatus(session->connection) == CONNECTION_BAD &&
		PQconnectionNeedsPassword(session->connection) && password == NULL &&
		!options->never_prompt && (password = ask_password()) != NULL)
	{
		PQfinish(session->connection);
		session->connection = connect_once(options, password);
	}
	return is_connected(session);
}

/* ---------- another database of the same server ---------- */

/*
 * What this connection has for an option, or NULL.  Of several hosts it is the one that was
 * reached, and a service would name another database.
 */
static const char *
reached_value(PGconn *connection, const PQconninfoOption *option)
{
	const char *value = option->val;

	if (strcmp(option->keyword, "host") == 0)
		value = PQhost(connection);
	else if (strcmp(option->keyword, "hostaddr") == 0)
		value = value == NULL || *value == '\0' ? NULL : PQhostaddr(connection);
	else if (strcmp(option->keyword, "port") == 0)
		value = PQport(connection);
	else if (strcmp(option->keyword, "dbname") == 0)
		value = PQdb(connection);
	else if (strcmp(option->keyword, "password") == 0)
		value = PQpass(connection);
	else if (strcmp(option->keyword, "service") == 0)
		value = NULL;
	return value == NULL || *value == '\0' ? NULL : value;
}

#define MAX_CONNECTION_OPTIONS 128

static PQconninfoOption *
options_of(const MhConnection *session)
{
	PQconninfoOption *options = PQconninfo(session->connection);

	if (options == NULL)
		pg_fatal("out of memory");
	return options;
}

bool
mh_session_connect_beside(const MhConnection *server, const char *database, MhConnection *session)
{
	PQconninfoOption *options = options_of(server);
	const char *keywords[MAX_CONNECTION_OPTIONS + 1];
	const char *values[MAX_CONNECTION_OPTIONS + 1];
	int n = 0;

	for (int i = 0; options[i].keyword != NULL && n < MAX_CONNECTION_OPTIONS; i++)
	{
		keywords[n] = options[i].keyword;
		values[n] = strcmp(options[i].keyword, "dbname") == 0
						? database
						: reached_value(server->connection, &options[i]);
		n += values[n] != NULL;
	}
	keywords[n] = NULL;
	values[n] = NULL;
	memset(session, 0, sizeof(*session));
	session->connection = connect_with(keywords, values);
	PQconninfoFree(options);
	return is_connected(session);
}

static void
append_escaped(StringInfo url, const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (isalnum((unsigned char) *text) || strchr("-._~", *text) != NULL)
			appendStringInfoChar(url, *text);
		else
			appendStringInfo(url, "%%%02X", (unsigned char) *text);
	}
}

/* "postgresql+asyncpg" and the like say which driver the program has. */
static char *
scheme_of(const char *url)
{
	size_t length = url == NULL ? 0 : strspn(url, "abcdefghijklmnopqrstuvwxyz0123456789+_");

	if (length > 0 && length < 64 && strncmp(url, "postgres", 8) == 0 &&
		strncmp(url + length, "://", 3) == 0)
		return pnstrdup(url, length);
	return pstrdup("postgresql");
}

static char *
url_of(PGconn *connection)
{
	const char *host = PQhost(connection);
	bool is_socket = *host == '/' || *host == '@' || *host == '\0';
	StringInfoData url;

	initStringInfo(&url);
	appendStringInfo(&url, "%s://", scheme_of(getenv("DATABASE_URL")));
	append_escaped(&url, PQuser(connection));
	if (PQpass(connection) != NULL && *PQpass(connection) != '\0')
	{
		appendStringInfoChar(&url, ':');
		append_escaped(&url, PQpass(connection));
	}
	appendStringInfoChar(&url, '@');
	if (!is_socket)
		appendStringInfo(&url, strchr(host, ':') == NULL ? "%s:%s" : "[%s]:%s", host,
						 PQport(connection));
	appendStringInfoChar(&url, '/');
	append_escaped(&url, PQdb(connection));
	if (is_socket)
	{
		appendStringInfoString(&url, "?host=");
		append_escaped(&url, host);
		appendStringInfo(&url, "&port=%s", PQport(connection));
	}
	return url.data;
}

void
mh_session_export(const MhConnection *session)
{
	PQconninfoOption *options = options_of(session);

	for (int i = 0; options[i].keyword != NULL; i++)
	{
		const char *value = reached_value(session->connection, &options[i]);

		/* the encoding is this program's own choice */
		if (options[i].envvar == NULL || strcmp(options[i].keyword, "client_encoding") == 0)
			continue;
		if (value != NULL)
			setenv(options[i].envvar, value, 1);
		else
			unsetenv(options[i].envvar);
	}
	PQconninfoFree(options);
	setenv("DATABASE_URL", url_of(session->connection), 1);
}

struct pg_cancel *
mh_session_cancel_key(const MhConnection *session)
{
	return PQgetCancel(session->connection);
}

/* ---------- the extension ---------- */

static bool
is_identifier(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < 256 &&
		   pg_encoding_verifymbstr(PG_UTF8, text, (int) length) == (int) length;
}

char *
mh_session_quote(const MhConnection *session, const char *name)
{
	char *quoted = PQescapeIdentifier(session->connection, name, strlen(name));
	char *copy;

	if (quoted == NULL)
		pg_fatal("%s", PQerrorMessage(session->connection));
	copy = pstrdup(quoted);
	PQfreemem(quoted);
	return copy;
}

char *
mh_session_role(const MhConnection *session)
{
	return mh_session_quote(session, PQuser(session->connection));
}

static bool
find_extension(MhConnection *session)
{
	PGresult *result = mh_ask(session,
							  "SELECT n.nspname FROM pg_catalog.pg_extension AS e"
							  " JOIN pg_catalog.pg_namespace AS n"
							  " ON n.oid OPERATOR(pg_catalog.=) e.extnamespace"
							  " WHERE e.extname OPERATOR(pg_catalog.=) 'mighead'",
							  0, NULL, 1);
	const char *schema;

	if (result == NULL)
		return false;
	schema = mh_field_or_null(result, 0, 0);
	if (schema == NULL || !is_identifier(schema))
	{
		mh_complain("the extension mighead is not installed in this database");
		mh_complain_hint("In psql: CREATE EXTENSION mighead");
		PQclear(result);
		return false;
	}
	session->prefix = psprintf("%s.", mh_session_quote(session, schema));
	PQclear(result);
	return true;
}

bool
mh_has_function(MhConnection *session, const char *name, bool *found)
{
	const char *values[] = {name};
	PGresult *result =
		mh_ask(session,
			   "SELECT 1 FROM pg_catalog.pg_extension AS e"
			   " JOIN pg_catalog.pg_proc AS p"
			   " ON p.pronamespace OPERATOR(pg_catalog.=) e.extnamespace"
			   " JOIN pg_catalog.pg_depend AS d ON d.deptype OPERATOR(pg_catalog.=) 'e'"
			   " AND d.refobjid OPERATOR(pg_catalog.=) e.oid"
			   " AND d.objid OPERATOR(pg_catalog.=) p.oid"
			   " WHERE e.extname OPERATOR(pg_catalog.=) 'mighead'"
			   " AND p.proname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
			   1, values, 1);

	*found = result != NULL && PQntuples(result) > 0;
	PQclear(result);
	return result != NULL;
}

/* As the role's own search_path finds it, which is not pinned yet. */
static bool
find_table(MhConnection *session, const char *name)
{
	const char *values[] = {name};
	PGresult *result;
	const char *oid;

	if (name == NULL)
		return true;
	result = mh_ask(session, "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", 1, values, 1);
	if (result == NULL)
		return false;
	oid = mh_field_or_null(result, 0, 0);
	if (oid == NULL || *oid == '\0' || oid[strspn(oid, "0123456789")] != '\0')
		mh_complain("relation \"%s\" does not exist", name);
	else
		session->table = pstrdup(oid);
	PQclear(result);
	return session->table != NULL;
}

bool
mh_session_begin(const MhOptions *options, bool read_only, MhConnection *session)
{
	return mh_tell(session,
				   read_only ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN") &&
		   mh_tell(session, "SET LOCAL client_min_messages = warning") &&
		   mh_tell(session, "SET LOCAL DateStyle = 'ISO'") &&
		   find_table(session, options->version_table) &&
		   mh_tell(session, "SET LOCAL search_path = pg_catalog, pg_temp") &&
		   find_extension(session);
}

bool
mh_session_open(const MhOptions *options, bool read_only, MhConnection *session, bool *reached)
{
	*reached = mh_session_connect(options, session);
	return *reached && mh_session_begin(options, read_only, session);
}

void
mh_session_close(MhConnection *session)
{
	PQfinish(session->connection);
	session->connection = NULL;
	session->table = NULL;
}
