/*-------------------------------------------------------------------------
 *
 * restorable.c
 *	  Which statements of a dump are restored.
 *
 * A dump may come from anybody.  What pg_dump writes of a schema is restored; what concerns the whole
 * server, would reach another one, or has rows is left out; anything else is refused.  The
 * server is sent one statement at a time and refuses two in one, so that only the beginning of each
 * has to be judged here.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

static bool
begins_with(const MhDumpTokens *statement, const char *const *starts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mh_dump_has_words(statement, 0, starts[i]))
			return true;
	return false;
}

/* ---------- kinds of statements ---------- */

/* Of the server, of another server, or of the transaction, in which one failure would hide all others. */
static bool
is_of_server(const MhDumpTokens *statement)
{
	static const char *const starts[] = {
		"create database",
		"alter database",
		"drop database",
		"comment on database",
		"security label on database",
		"create role",
		"alter role",
		"drop role",
		"comment on role",
		"security label on role",
		"alter user",
		"drop user",
		"create group",
		"alter group",
		"drop group",
		"create tablespace",
		"alter tablespace",
		"drop tablespace",
		"comment on tablespace",
		"security label on tablespace",
		"create subscription",
		"alter subscription",
		"drop subscription",
		"comment on subscription",
		"security label on subscription",
		"alter system",
		"drop owned",
		"begin",
		"start",
		"commit",
		"rollback",
		"end",
		"prepare",
	};

	return begins_with(statement, starts, lengthof(starts)) ||
		   (mh_dump_has_words(statement, 0, "create user") &&
			!mh_dump_has_words(statement, 2, "mapping"));
}

/* Memberships, and privileges on what the databases of a server share. */
static bool
is_grant_of_server(const MhDumpTokens *statement)
{
	static const char *const shared[] = {"", "database", "tablespace", "parameter"};

	for (size_t i = 0; i < lengthof(shared); i++)
		if (strcmp(statement->behind_on, shared[i]) == 0)
			return true;
	return false;
}

/* Rows, large objects, and what is made of rows. */
static bool
is_about_rows(const MhDumpTokens *statement)
{
	static const char *const starts[] = {"insert into",
										 "refresh materialized view",
										 "select pg_catalog . setval",
										 "select pg_catalog . lo_create",
										 "select pg_catalog . lo_open",
										 "select pg_catalog . lo_close",
										 "select pg_catalog . lowrite",
										 "alter large object",
										 "comment on large object",
										 "security label on large"};

	return begins_with(statement, starts, lengthof(starts));
}

/* The end of what is stored as a question only. */
static bool
has_no_data(const MhDumpTokens *statement)
{
	static const char *const end[MH_STATEMENT_LAST_TOKENS] = {"with", "no", "data"};

	for (int i = 0; i < MH_STATEMENT_LAST_TOKENS; i++)
		if (strcmp(statement->last[i], end[i]) != 0)
			return false;
	return true;
}

/* The settings that pg_dump makes, but for one that changes where strings end. */
static bool
is_known_setting(const MhDumpTokens *statement)
{
	static const char *const starts[] = {"set statement_timeout",
										 "set lock_timeout",
										 "set idle_in_transaction_session_timeout",
										 "set transaction_timeout",
										 "set client_encoding",
										 "set check_function_bodies",
										 "set xmloption",
										 "set client_min_messages",
										 "set row_security",
										 "set default_tablespace",
										 "set default_table_access_method",
										 "set default_with_oids",
										 "set search_path",
										 "set session authorization"};

	return begins_with(statement, starts, lengthof(starts));
}

/* CREATE TABLE ... AS computes rows; within parentheses the word means something else. */
static bool
is_of_schema(const MhDumpTokens *statement)
{
	static const char *const starts[] = {"create", "alter", "comment on", "security label", "drop"};
	static const char *const tables[] = {"create table", "create unlogged table",
										 "create foreign table"};
	static const char *const computed[] = {"create temp",     "create temporary",
										   "create local",    "create global",
										   "create unlogged", "create materialized"};

	if (begins_with(statement, tables, lengthof(tables)))
		return !statement->may_compute;
	if (mh_dump_has_words(statement, 0, "create materialized view"))
		return has_no_data(statement);
	if (mh_dump_has_words(statement, 0, "create unlogged sequence"))
		return true;
	return begins_with(statement, starts, lengthof(starts)) &&
		   !begins_with(statement, computed, lengthof(computed));
}

/* ---------- rows of version tables ---------- */

/* COPY relation (columns) FROM stdin; */
static MhDumpStatement
kind_of_copy(const MhDumpTokens *statement)
{
	static const char *const end[MH_STATEMENT_LAST_TOKENS] = {")", "from", "stdin"};
	int at = mh_dump_behind_name(statement, 1);

	if (at < 0)
		return MH_DUMP_REFUSE;
	/* a table without columns */
	if (at == statement->n - 2 && mh_dump_has_words(statement, at, "from stdin") &&
		strstr(statement->text, "  FROM stdin;") != NULL)
		return MH_DUMP_ROWS_LEFT_OUT;
	if (!mh_dump_has_words(statement, at, "("))
		return MH_DUMP_REFUSE;
	for (int i = 0; i < MH_STATEMENT_LAST_TOKENS; i++)
		if (strcmp(statement->last[i], end[i]) != 0)
			return MH_DUMP_REFUSE;
	return at == statement->n - 5 && statement->is_whole &&
				   mh_dump_has_words(statement, at, "( version_num ) from stdin")
			   ? MH_DUMP_ROWS
			   : MH_DUMP_ROWS_LEFT_OUT;
}

/* Behind "('text')" at this token, or -1.  A doubled quote ends one string and begins another. */
static int
behind_row(const MhDumpTokens *statement, int at)
{
	if (!mh_dump_has_words(statement, at, "( '"))
		return -1;
	for (at += 2; mh_dump_has_words(statement, at, "'");)
		at++;
	return mh_dump_has_words(statement, at, ")") ? at + 1 : -1;
}

/*
 * pg_dump --inserts: INSERT INTO relation [(version_num)] VALUES ('text') [, ...]
 * [ON CONFLICT DO NOTHING];
 */
static bool
is_version_row(const MhDumpTokens *statement)
{
	int at;

	if (!statement->is_whole || !mh_dump_has_words(statement, 0, "insert into"))
		return false;
	at = mh_dump_behind_name(statement, 2);
	if (at >= 0 && mh_dump_has_words(statement, at, "( version_num )"))
		at += 3;
	if (at < 0 || !mh_dump_has_words(statement, at, "values"))
		return false;
	at = behind_row(statement, at + 1);
	while (at >= 0 && mh_dump_has_words(statement, at, ","))
		at = behind_row(statement, at + 1);
	if (at >= 0 && mh_dump_has_words(statement, at, "on conflict do nothing"))
		at += 4;
	return at == statement->n;
}

MhDumpStatement
mh_dump_judge(const MhDumpTokens *statement)
{
	static const char only_setting[] = "SELECT pg_catalog.set_config('search_path', '', false);";

	if (is_of_server(statement))
		return MH_DUMP_LEAVE_OUT;
	if (mh_dump_has_words(statement, 0, "copy"))
		return kind_of_copy(statement);
	if (is_version_row(statement) || strcmp(statement->text, only_setting) == 0)
		return MH_DUMP_RUN;
	if (is_about_rows(statement) ||
		mh_dump_has_words(statement, 0, "set standard_conforming_strings"))
		return MH_DUMP_LEAVE_OUT;
	if (mh_dump_has_words(statement, 0, "grant") || mh_dump_has_words(statement, 0, "revoke"))
		return is_grant_of_server(statement) ? MH_DUMP_LEAVE_OUT : MH_DUMP_RUN;
	return is_known_setting(statement) || is_of_schema(statement) ? MH_DUMP_RUN : MH_DUMP_REFUSE;
}
