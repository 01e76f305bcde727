/*-------------------------------------------------------------------------
 *
 * connection.c
 *	  One connection: what is sent and received, one step at a time, without ever waiting.
 *
 * The other side may be broken or hostile. Each step handles what is in libpq's buffer and returns,
 * so that time limits and cancel are seen however much the other side sends.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

#include <ctype.h>

#include "common/string.h"
#include "core/base/screen.h"
#include "mb/pg_wchar.h"
#include "storage/fd.h"
#include "utils/memutils.h"

/* The oldest major that has everything that is asked. */
#define OLDEST_VERSION 130000

/* In one answer; an honest one has an error, and another one where the server stops. */
#define MOST_ERRORS 8

/* Longest text of an error that is shown. */
#define MAX_LINE 400

/* A row without values counts, too. */
#define COST_OF_ROW 64

/* No lock is waited for: what is locked is busy. */
#define LOCK_TIMEOUT "50ms"

static const char savepoint[] = "SAVEPOINT mighead";
static const char roll_back[] = "ROLLBACK TO SAVEPOINT mighead";

/*
 * Returns text from elsewhere as one line of UTF-8 for a person, with a limited length. A character that could harm a
 * terminal or a log becomes a blank, and so do bytes that are none.
 */
static char *
line_of(const char *text)
{
	StringInfoData line;
	const char *end;
	bool is_valid = pg_verifymbstr(text, strlen(text), true);
	char *utf8 = is_valid ? mh_to_utf8(pstrdup(text)) : pstrdup(text);

	initStringInfo(&line);
	/* what libpq adds on a line of its own is advice */
	end = strstr(utf8, "\n\t");
	if (end == NULL)
		end = utf8 + strlen(utf8);
	for (const char *c = utf8; c < end && line.len < MAX_LINE;)
	{
		uint32 code;
		int length = mh_decode_char(c, end, &code);
		bool is_blank = code == MH_INVALID_BYTE || mh_is_unsafe_char(code) || code == ' ' ||
						(!is_valid && code > 126);

		if (!is_blank)
			appendBinaryStringInfo(&line, c, length);
		else if (line.len > 0 && line.data[line.len - 1] != ' ')
			appendStringInfoChar(&line, ' ');
		c += length;
	}
	while (line.len > 0 && (line.data[line.len - 1] == ' ' || line.data[line.len - 1] == '.'))
		line.data[--line.len] = '\0';
	return line.data;
}

static void
disconnect(MhRemote *remote)
{
	PQclear(remote->result);
	remote->result = NULL;
	if (remote->conn == NULL)
		return;
	PQfinish(remote->conn);
	remote->conn = NULL;
	ReleaseExternalFD();
}

void
mh_remote_close(MhRemote *remote)
{
	disconnect(remote);
	if (remote->phase != MH_REMOTE_ENDED)
		remote->ended = mh_remote_now();
	remote->phase = MH_REMOTE_ENDED;
}

void
mh_remote_fail(MhRemote *remote, const char *sqlstate, const char *fmt, ...)
{
	MemoryContext caller = MemoryContextSwitchTo(remote->context);
	StringInfoData detail;

	initStringInfo(&detail);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&detail, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&detail, needed);
	}
	mh_fail(&remote->failure, sqlstate, "server \"%s\" is unreachable", remote->server->name);
	remote->failure.detail = detail.data;
	mh_remote_close(remote);
	MemoryContextSwitchTo(caller);
	if (remote->failed != NULL)
		remote->failed(remote->failed_into);
}

static void
fail_by_libpq(MhRemote *remote)
{
	char *line = line_of(PQerrorMessage(remote->conn));

	mh_remote_fail(remote, "08006", "%s.", line[0] != '\0' ? line : "The connection was closed");
}

/* The memory context is gone, and the connection with it. */
static void
close_with_context(void *argument)
{
	disconnect(argument);
}

MhRemote *
mh_remote_new(const MhRemoteServer *server, MhRemoteLimits limits, MhRemoteNext next, void *into)
{
	MhRemote *remote = palloc0(sizeof(MhRemote));

	remote->server = server;
	remote->limits = limits;
	remote->bytes_left = limits.bytes;
	remote->next = next;
	remote->into = into;
	remote->context = CurrentMemoryContext;
	remote->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead remote row", ALLOCSET_SMALL_SIZES);
	remote->callback.func = close_with_context;
	remote->callback.arg = remote;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &remote->callback);
	return remote;
}

/* ---------- connecting ---------- */

/* libpq reads these when a connection begins, and there is no option against it. */
typedef struct Environment
{
	int n;
	char **names;
	char **values;
} Environment;

static void
hide_variable(Environment *hidden, const char *name)
{
	const char *value = getenv(name);

	if (value == NULL)
		return;
	hidden->names[hidden->n] = pstrdup(name);
	hidden->values[hidden->n++] = pstrdup(value);
}

static Environment
hide_environment(void)
{
	PQconninfoOption *options = PQconninfoParse("", NULL);
	Environment hidden = {0};
	int n = 3;

	for (PQconninfoOption *option = options; option && option->keyword; option++)
		n++;
	hidden.names = palloc(n * sizeof(char *));
	hidden.values = palloc(n * sizeof(char *));
	for (PQconninfoOption *option = options; option && option->keyword; option++)
		if (option->envvar != NULL)
			hide_variable(&hidden, option->envvar);
	PQconninfoFree(options);
	hide_variable(&hidden, "PGREQUIRESSL");
	hide_variable(&hidden, "PGSERVICEFILE");
	for (int i = 0; i < hidden.n; i++)
		unsetenv(hidden.names[i]);
	return hidden;
}

static void
show_environment(const Environment *hidden)
{
	for (int i = 0; i < hidden->n; i++)
		setenv(hidden->names[i], hidden->values[i], 1);
}

static void
ignore_notice(void *arg, const PGresult *result)
{
}

static PGconn *
start(const MhRemoteServer *server)
{
	Environment hidden = {0};
	PGconn *conn;

	if (!server->uses_own_account)
		hidden = hide_environment();
	conn = PQconnectStartParams(server->keywords, server->values, false);
	show_environment(&hidden);
	return conn;
}

void
mh_remote_connect(MhRemote *remote)
{
	remote->began = mh_remote_now();
	remote->size_before = mh_remote_data_size();
	remote->phase = MH_REMOTE_CONNECTING;
	remote->conn = start(remote->server);
	if (remote->conn == NULL)
	{
		ReleaseExternalFD();
		mh_remote_fail(remote, "53200", "Out of memory.");
		return;
	}
	if (PQstatus(remote->conn) == CONNECTION_BAD)
	{
		fail_by_libpq(remote);
		return;
	}
	PQsetNoticeReceiver(remote->conn, ignore_notice, NULL);
	remote->wants_write = true;
}

/* ---------- sending ---------- */

static void
flush(MhRemote *remote)
{
	int left = PQflush(remote->conn);

	if (left < 0)
		fail_by_libpq(remote);
	else
		remote->wants_write = left > 0;
}

static void
send_simple(MhRemote *remote, const char *statements, MhRemotePhase phase)
{
	remote->phase = phase;
	remote->n_errors = 0;
	/* row by row, or libpq would gather what nobody asked for */
	if (PQsendQuery(remote->conn, statements) == 0 || PQsetSingleRowMode(remote->conn) == 0)
		fail_by_libpq(remote);
	else
		flush(remote);
}

/*
 * Everything that the text of an answer depends on. No startup options, which poolers refuse. There is no
 * SELECT: the first one of a session costs as much as all of it. GMT is the time zone for which no file is read.
 */
static char *
setup_statements(const MhRemote *remote)
{
	StringInfoData text;
	int64 left = remote->began + remote->limits.timeout - mh_remote_now();

	initStringInfo(&text);
	appendStringInfo(&text,
					 "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
					 " SET LOCAL client_encoding = '%s';"
					 " SET LOCAL search_path = pg_catalog, pg_temp;"
					 " SET LOCAL statement_timeout = %d;"
					 " SET LOCAL lock_timeout = '" LOCK_TIMEOUT "';"
					 " SET LOCAL row_security = off;"
					 " SET LOCAL max_parallel_workers_per_gather = 0;"
					 " SET LOCAL jit = off;"
					 " SET LOCAL standard_conforming_strings = on;"
					 " SET LOCAL quote_all_identifiers = off;"
					 " SET LOCAL DateStyle = 'ISO, YMD';"
					 " SET LOCAL IntervalStyle = 'postgres';"
					 " SET LOCAL TimeZone = 'GMT';"
					 " SET LOCAL extra_float_digits = 1;"
					 " SET LOCAL bytea_output = 'hex';"
					 " SET LOCAL transform_null_equals = off;"
					 " %s",
					 GetDatabaseEncodingName(), (int) Max(left, 1), savepoint);
	return text.data;
}

/*
 * The check for a lost connection works where the kernel of that server can tell. It has to outlast a
 * query that fails.
 */
static const char preparation[] =
	"RELEASE SAVEPOINT mighead;"
	" SELECT pg_catalog.set_config('client_connection_check_interval',"
	" CASE WHEN pg_catalog.version() OPERATOR(pg_catalog.~~) '%linux%' THEN '1s' ELSE '0' END,"
	" true);"
	" SAVEPOINT mighead";

static bool
needs_preparation(const MhRemote *remote)
{
	return !remote->query.is_short && !remote->looks_for_us && mh_remote_version(remote) >= 140000;
}

/*
 * Before the transaction has begun the server reads a text in an encoding, and with rules for backslashes, that nobody
 * knows.
 */
static bool
may_be_sent_first(const MhRemoteQuery *query)
{
	return query->is_short && pg_is_ascii(query->text) && strchr(query->text, '\\') == NULL;
}

/* Without parameters the simple protocol does, which costs the server less. */
static bool
send_query(MhRemote *remote)
{
	const MhRemoteQuery *query = &remote->query;
	const char **values;
	bool done;

	if (query->is_short)
		return PQsendQuery(remote->conn, query->text) != 0;
	values = palloc(Max(query->n, 1) * sizeof(char *));
	for (int i = 0; i < query->n; i++)
		values[i] = query->parameters[i] ? mh_from_utf8(query->parameters[i]) : NULL;
	done = PQsendQueryParams(remote->conn, query->text, query->n, NULL, values, NULL, NULL, 0) != 0;
	pfree(values);
	return done;
}

static void
ask(MhRemote *remote)
{
	remote->phase = MH_REMOTE_ASKING;
	remote->n_errors = 0;
	if (!send_query(remote) || PQsetSingleRowMode(remote->conn) == 0)
		fail_by_libpq(remote);
	else
		flush(remote);
}

void
mh_remote_ask(MhRemote *remote, const MhRemoteQuery *query)
{
	remote->query = *query;
	remote->query_error = (MhError) MH_NO_ERROR;
	/* it is sent when everything is set, or with that */
	if (remote->phase == MH_REMOTE_CONNECTING)
		return;
	if (needs_preparation(remote))
		send_simple(remote, preparation, MH_REMOTE_PREPARING);
	else
		ask(remote);
}

/* ---------- receiving ---------- */

/* The three calls of libpq that make room for a message: without the memory, the connection fails. */

static PostgresPollingStatusType
poll_connection(const MhRemote *remote)
{
	MhMemoryLimit limit = mh_remote_limit_memory(remote);
	PostgresPollingStatusType status = PQconnectPoll(remote->conn);

	mh_remote_lift_limit(&limit);
	return status;
}

static bool
is_busy(const MhRemote *remote)
{
	MhMemoryLimit limit = mh_remote_limit_memory(remote);
	bool is_busy = PQisBusy(remote->conn) != 0;
	PGnotify *notification;

	/* nobody listens; libpq would keep them */
	while ((notification = PQnotifies(remote->conn)) != NULL)
		PQfreemem(notification);
	mh_remote_lift_limit(&limit);
	return is_busy;
}

static int
get_line(const MhRemote *remote, char **line)
{
	MhMemoryLimit limit = mh_remote_limit_memory(remote);
	int length = PQgetCopyData(remote->conn, line, 1);

	mh_remote_lift_limit(&limit);
	return length;
}

/* Returns whether the server may send so many bytes more; fails if not. */
static bool
spend(MhRemote *remote, int64 bytes)
{
	remote->bytes_left -= bytes;
	if (remote->bytes_left >= 0 && !mh_remote_takes_too_much(remote))
		return true;
	if (remote->bytes_left >= 0)
		mh_remote_fail(remote, "54000", "What it sent takes more than %d MB of memory.",
					   (int) (remote->limits.memory / (1024 * 1024)));
	else
		mh_remote_fail(remote, "54000", "It sent more than %d MB.",
					   (int) (remote->limits.bytes / (1024 * 1024)));
	return false;
}

/* Returns whether a value may be used; fails if not, or if there are too many bytes. */
static bool
accept_value(MhRemote *remote, const char *value, int length)
{
	if (strlen(value) == (size_t) length && pg_verifymbstr(value, length, true))
		return spend(remote, length + (int64) sizeof(char *));
	mh_remote_fail(remote, "22021", "It sent a text that is not valid in encoding %s.",
				   GetDatabaseEncodingName());
	return false;
}

/* Returns whether the values of a row are what was asked for; fails if not. */
static bool
check_row(MhRemote *remote, const PGresult *result)
{
	if (remote->query.columns == MH_ANY_COLUMNS)
		remote->query.columns = PQnfields(result);
	if (!spend(remote, COST_OF_ROW))
		return false;
	if (PQnfields(result) != remote->query.columns)
	{
		mh_remote_fail(remote, "08P01", "It sent %d columns instead of %d.", PQnfields(result),
					   remote->query.columns);
		return false;
	}
	for (int i = 0; i < remote->query.columns; i++)
	{
		if (PQfformat(result, i) != 0)
			mh_remote_fail(remote, "08P01", "It sent values that are no text.");
		else if (accept_value(remote, PQgetvalue(result, 0, i), PQgetlength(result, 0, i)))
			continue;
		return false;
	}
	return true;
}

static void
give_row(MhRemote *remote, const char *const *values)
{
	int n = Max(remote->query.columns, 1);
	MemoryContext caller = MemoryContextSwitchTo(remote->row_context);
	const char **converted = palloc(n * sizeof(char *));

	for (int i = 0; i < n; i++)
		converted[i] = values[i] ? mh_to_utf8(unconstify(char *, values[i])) : NULL;
	MemoryContextSwitchTo(remote->context);
	remote->query.sink(converted, remote->query.into);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(remote->row_context);
}

static void
take_row(MhRemote *remote, const PGresult *result)
{
	const char **values;

	if (!check_row(remote, result) || remote->query.sink == NULL)
		return;
	values = palloc0(Max(remote->query.columns, 1) * sizeof(char *));
	for (int i = 0; i < remote->query.columns; i++)
		values[i] = PQgetisnull(result, 0, i) ? NULL : PQgetvalue(result, 0, i);
	give_row(remote, values);
	pfree(values);
}

static void
take_line(MhRemote *remote, char *line, int length)
{
	const char *value;

	if (length > 0 && line[length - 1] == '\n')
		line[--length] = '\0';
	if (!accept_value(remote, line, length))
		return;
	value = mh_copied_value(line);
	give_row(remote, &value);
}

/* A copy that an error frees; without memory for it the connection fails, and nothing leaks. */
static void
take_and_free(MhRemote *remote, char *line, int length)
{
	char *copy = palloc_extended(length + 1, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);

	if (copy != NULL)
		memcpy(copy, line, length + 1);
	PQfreemem(line);
	if (copy == NULL)
	{
		mh_remote_fail(remote, "53200", "Out of memory.");
		return;
	}
	take_line(remote, copy, length);
	pfree(copy);
}

/* Takes the lines that have arrived. Returns false if more are to come, or it failed. */
static bool
take_copy(MhRemote *remote)
{
	while (remote->conn != NULL)
	{
		char *line = NULL;
		int length = get_line(remote, &line);

		if (length == 0)
			return false;
		if (length < 0)
		{
			/* an error is in the result that follows */
			remote->is_copying = false;
			return true;
		}
		take_and_free(remote, line, length);
	}
	return false;
}

static char *
sqlstate_of(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool is_valid = state != NULL && strlen(state) == 5;

	for (int i = 0; is_valid && i < 5; i++)
		is_valid = isdigit((unsigned char) state[i]) || (state[i] >= 'A' && state[i] <= 'Z');
	return pstrdup(is_valid ? state : "08P01");
}

static void
take_error(MhRemote *remote, const PGresult *result)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	/* libpq keeps the texts of all of one answer */
	if (++remote->n_errors > MOST_ERRORS)
	{
		mh_remote_fail(remote, "08P01", "It sent what nobody asked for.");
		return;
	}
	if (remote->query_error.sqlstate != NULL)
		return;
	remote->query_error.sqlstate = sqlstate_of(result);
	remote->query_error.message = line_of(message ? message : PQresultErrorMessage(result));
}

static void
take_result(MhRemote *remote, const PGresult *result)
{
	switch (PQresultStatus(result))
	{
		case PGRES_SINGLE_TUPLE:
			if (remote->settings_left > 0)
				mh_remote_fail(remote, "08P01", "It sent what nobody asked for.");
			else if (remote->phase == MH_REMOTE_ASKING)
				take_row(remote, result);
			break;
		case PGRES_TUPLES_OK:
			break;
		case PGRES_COMMAND_OK:
			remote->settings_left -= remote->settings_left > 0;
			break;
		case PGRES_COPY_OUT:
			remote->is_copying = remote->phase == MH_REMOTE_ASKING && remote->query.is_copy;
			if (!remote->is_copying)
				mh_remote_fail(remote, "08P01", "It sent what nobody asked for.");
			break;
		case PGRES_FATAL_ERROR:
			take_error(remote, result);
			break;
		default:
			mh_remote_fail(remote, "08P01", "It sent what nobody asked for.");
	}
}

static void
become_idle(MhRemote *remote)
{
	remote->phase = MH_REMOTE_IDLE;
	if (remote->next == NULL)
		return;
	remote->next(remote, remote->into);
	if (remote->phase == MH_REMOTE_IDLE && remote->next != NULL)
		mh_remote_close(remote);
}

/* The other side is ready for a query. */
static void
end_answer(MhRemote *remote)
{
	PGTransactionStatusType status = PQtransactionStatus(remote->conn);
	bool failed = remote->query_error.sqlstate != NULL;

	if (PQstatus(remote->conn) == CONNECTION_BAD)
		mh_remote_fail(remote, "08006", "%s.",
					   failed ? remote->query_error.message : "The connection was closed");
	else if ((remote->phase == MH_REMOTE_SETTING_UP || remote->settings_left > 0) && failed)
		mh_remote_fail(remote, remote->query_error.sqlstate, "%s.", remote->query_error.message);
	else if (remote->phase == MH_REMOTE_PREPARING && failed)
		mh_remote_fail(remote, remote->query_error.sqlstate, "It refused a query: %s.",
					   remote->query_error.message);
	else if (remote->phase == MH_REMOTE_ASKING && failed && status == PQTRANS_INERROR)
		send_simple(remote, roll_back, MH_REMOTE_RECOVERING);
	else if (status != PQTRANS_INTRANS)
		mh_remote_fail(remote, "08P01",
					   "It left the transaction. Poolers must not change the server between "
					   "statements of a transaction.");
	else if (remote->phase == MH_REMOTE_PREPARING)
	{
		remote->looks_for_us = true;
		ask(remote);
	}
	else if (remote->phase == MH_REMOTE_SETTING_UP && remote->query.text != NULL)
	{
		MhRemoteQuery query = remote->query;

		remote->phase = MH_REMOTE_IDLE;
		mh_remote_ask(remote, &query);
	}
	else
		become_idle(remote);
}

static void
receive(MhRemote *remote)
{
	/* what a TLS library has read already makes no socket ready */
	for (int i = 0; i < (PQsslInUse(remote->conn) ? 4 : 1); i++)
		if (PQconsumeInput(remote->conn) == 0)
		{
			fail_by_libpq(remote);
			return;
		}
	while (remote->conn != NULL && remote->phase != MH_REMOTE_IDLE)
	{
		if (remote->is_copying && !take_copy(remote))
			return;
		if (is_busy(remote))
			return;
		remote->result = PQgetResult(remote->conn);
		if (remote->result == NULL)
		{
			end_answer(remote);
			return;
		}
		take_result(remote, remote->result);
		PQclear(remote->result);
		remote->result = NULL;
	}
}

static int
count_statements(const char *statements)
{
	int n = 1;

	for (const char *c = statements; *c != '\0'; c++)
		n += *c == ';';
	return n;
}

/* The first query goes along, if it can: a round trip is what costs. */
static void
begin(MhRemote *remote)
{
	char *statements = setup_statements(remote);

	if (remote->next != NULL)
		remote->next(remote, remote->into);
	if (remote->query.text == NULL || !may_be_sent_first(&remote->query))
	{
		send_simple(remote, statements, MH_REMOTE_SETTING_UP);
		return;
	}
	remote->settings_left = count_statements(statements);
	send_simple(remote, psprintf("%s; %s", statements, remote->query.text), MH_REMOTE_ASKING);
}

static void
set_up(MhRemote *remote)
{
	PGconn *conn = remote->conn;

	remote->version = PQserverVersion(conn);
	if (remote->server->needs_password && !PQconnectionUsedPassword(conn))
		mh_remote_fail(remote, "2F003", "It did not ask for a password. %s.",
					   superuser() ? "It has to where the server's owner is no superuser"
								   : "Roles that are not superusers may use only servers that do");
	else if (remote->version == 0)
		mh_remote_fail(remote, "0A000", "It did not say which version it has.");
	else if (remote->version < OLDEST_VERSION)
		mh_remote_fail(remote, "0A000", "It has PostgreSQL %d, which is older than 13.",
					   remote->version / 10000);
	else if (PQsetnonblocking(conn, 1) != 0)
		fail_by_libpq(remote);
	else
		begin(remote);
}

static void
poll_attempt(MhRemote *remote)
{
	switch (poll_connection(remote))
	{
		case PGRES_POLLING_OK:
			set_up(remote);
			break;
		case PGRES_POLLING_READING:
			remote->wants_write = false;
			break;
		case PGRES_POLLING_WRITING:
			remote->wants_write = true;
			break;
		default:
			fail_by_libpq(remote);
	}
}

void
mh_remote_step(MhRemote *remote)
{
	MemoryContext caller = MemoryContextSwitchTo(remote->context);

	if (remote->phase == MH_REMOTE_CONNECTING)
		poll_attempt(remote);
	else
	{
		if (remote->wants_write)
			flush(remote);
		if (remote->conn != NULL)
			receive(remote);
	}
	MemoryContextSwitchTo(caller);
}
