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

#include <strings.h>

#define LONGEST_WORD 64

/* ---------- words ---------- */

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

static const char *
skip_blanks(const char *at)
{
	for (;;)
	{
		at += strspn(at, " \t\r\n\f");
		if (at[0] == '-' && at[1] == '-')
			at += strcspn(at, "\r\n");
		else if (at[0] == '/' && at[1] == '*')
			at = skip_block_comment(at);
		else
			return at;
	}
}

static bool
is_word_char(char c)
{
	return isalnum((unsigned char) c) || c == '_' || c == '$' || (unsigned char) c >= 0x80;
}

/* Behind a quoted name or a string, or at the end of the text where it does not end. */
static const char *
skip_literal(const char *at, bool escapes)
{
	char quote = *at++;

	for (; *at != '\0' && *at != quote; at++)
		if (escapes && *at == '\\' && at[1] != '\0')
			at++;
	return *at == '\0' ? at : at + 1;
}

/* The next bare word in lower case, "" for anything else, a string with its E; returns what is behind. */
static const char *
next_word(const char *at, char *word)
{
	size_t n = 0;

	at = skip_blanks(at);
	word[0] = '\0';
	if (*at == '\'' || *at == '"')
		return skip_literal(at, false);
	if (!is_word_char(*at))
		return *at == '\0' ? at : at + 1;
	for (; is_word_char(*at); at++)
		if (n < LONGEST_WORD - 1)
			word[n++] = (char) pg_ascii_tolower((unsigned char) *at);
	word[n] = '\0';
	return *at == '\'' && strcmp(word, "e") == 0 ? skip_literal(at, true) : at;
}

/* The first words, one blank between them. */
static char *
first_words(const char *text, int count)
{
	StringInfoData words;
	char word[LONGEST_WORD];

	initStringInfo(&words);
	for (int i = 0; i < count; i++)
	{
		text = next_word(text, word);
		appendStringInfo(&words, "%s%s", i == 0 ? "" : " ", word);
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

/* ---------- kinds of statements ---------- */

/* Of the server, of another server, or of the transaction, in which one failure would hide all others. */
static bool
is_of_server(const char *words)
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

	return begins_with(words, starts, lengthof(starts)) ||
		   (strncmp(words, "create user ", 12) == 0 && strncmp(words + 12, "mapping ", 8) != 0);
}

/* Memberships, and privileges on what the databases of a server share. */
static bool
is_grant_of_server(const char *statement)
{
	static const char *const shared[] = {"database", "tablespace", "parameter"};
	char word[LONGEST_WORD];
	const char *at = statement;

	do
	{
		at = next_word(at, word);
		if (strcmp(word, "on") == 0)
		{
			next_word(at, word);
			return begins_with(word, shared, lengthof(shared));
		}
	} while (*at != '\0');
	return true;
}

/* Rows, large objects, and what is made of rows. */
static bool
is_about_rows(const char *words)
{
	static const char *const starts[] = {"insert into",
										 "refresh materialized view",
										 "select pg_catalog  setval",
										 "select pg_catalog  lo_create",
										 "select pg_catalog  lo_open",
										 "select pg_catalog  lo_close",
										 "select pg_catalog  lowrite",
										 "alter large object",
										 "comment on large object",
										 "security label on large"};

	return begins_with(words, starts, lengthof(starts));
}

/* A dollar quote, which pg_dump writes for functions only: it could hide what is behind it. */
static bool
is_dollar_quote(const char *word)
{
	return strchr(word, '$') != NULL && !isalpha((unsigned char) *word) && *word != '_' &&
		   (unsigned char) *word < 0x80;
}

/* CREATE TABLE ... AS computes rows; within parentheses the word means something else. */
static bool
is_computed_table(const char *statement)
{
	char word[LONGEST_WORD];
	int depth = 0;

	while (*(statement = skip_blanks(statement)) != '\0')
	{
		depth += (*statement == '(') - (*statement == ')');
		statement = next_word(statement, word);
		if (is_dollar_quote(word) || (depth == 0 && strcmp(word, "as") == 0))
			return true;
	}
	return false;
}

static bool
ends_with(const char *statement, const char *end)
{
	size_t length = strlen(statement);
	size_t n = strlen(end);

	while (length > 0 && strchr(" \t\r\n;", statement[length - 1]) != NULL)
		length--;
	return length >= n && strncasecmp(statement + length - n, end, n) == 0;
}

/* The settings that pg_dump makes, but for one that changes where strings end. */
static bool
is_known_setting(const char *words)
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

	return begins_with(words, starts, lengthof(starts));
}

static bool
is_of_schema(const char *statement, const char *words)
{
	static const char *const starts[] = {"create", "alter", "comment on", "security label", "drop"};
	static const char *const tables[] = {"create table", "create unlogged table",
										 "create foreign table"};
	static const char *const computed[] = {"create temp",     "create temporary",
										   "create local",    "create global",
										   "create unlogged", "create materialized"};

	if (begins_with(words, tables, lengthof(tables)))
		return !is_computed_table(statement);
	if (strncmp(words, "create materialized view ", strlen("create materialized view ")) == 0)
		return ends_with(statement, "with no data");
	if (strncmp(words, "create unlogged sequence ", strlen("create unlogged sequence ")) == 0)
		return true;
	return begins_with(words, starts, lengthof(starts)) &&
		   !begins_with(words, computed, lengthof(computed));
}

/* ---------- rows of version tables ---------- */

/* Behind "name", "schema.name" or the like; NULL: there is none. */
static const char *
skip_relation(const char *at)
{
	for (;;)
	{
		const char *start = at;

		if (*at == '"')
			do
				at = skip_literal(at, false);
			while (*at == '"');
		else
			while (is_word_char(*at))
				at++;
		if (at == start)
			return NULL;
		if (*at != '.')
			return at;
		at++;
	}
}

/* Exactly as pg_dump writes it: COPY relation (columns) FROM stdin; */
static MhDumpStatement
kind_of_copy(const char *statement)
{
	const char *at = skip_relation(skip_blanks(skip_blanks(statement) + strlen("copy")));
	const char *end = at == NULL ? NULL : strstr(at, ") FROM stdin;");

	/* a table without columns */
	if (at != NULL && strcmp(at, "  FROM stdin;") == 0)
		return MH_DUMP_ROWS_LEFT_OUT;
	if (end == NULL || strncmp(at, " (", 2) != 0 || *(end + strcspn(end, ";") + 1) != '\0')
		return MH_DUMP_REFUSE;
	return strcmp(at, " (version_num) FROM stdin;") == 0 ? MH_DUMP_ROWS : MH_DUMP_ROWS_LEFT_OUT;
}

/* pg_dump --inserts: INSERT INTO relation [(version_num)] VALUES ('text'); */
static bool
is_version_row(const char *statement)
{
	const char *at = skip_blanks(statement);

	if (strncmp(at, "INSERT INTO ", strlen("INSERT INTO ")) != 0)
		return false;
	at = skip_relation(at + strlen("INSERT INTO "));
	if (at == NULL)
		return false;
	if (strncmp(at, " (version_num)", strlen(" (version_num)")) == 0)
		at += strlen(" (version_num)");
	if (strncmp(at, " VALUES ('", strlen(" VALUES ('")) != 0)
		return false;
	at += strlen(" VALUES (");
	return strcmp(skip_literal(at, false), ");") == 0;
}

MhDumpStatement
mh_dump_judge(const char *statement)
{
	static const char only_setting[] = "SELECT pg_catalog.set_config('search_path', '', false);";
	char *words = first_words(statement, 5);
	MhDumpStatement kind = MH_DUMP_REFUSE;

	if (*skip_blanks(statement) == '\0' || is_of_server(words))
		kind = MH_DUMP_LEAVE_OUT;
	else if (strncmp(words, "copy ", 5) == 0)
		kind = kind_of_copy(statement);
	else if (is_version_row(statement) || strcmp(skip_blanks(statement), only_setting) == 0)
		kind = MH_DUMP_RUN;
	else if (is_about_rows(words) || strncmp(words, "set standard_conforming_strings", 31) == 0)
		kind = MH_DUMP_LEAVE_OUT;
	else if (strncmp(words, "grant ", 6) == 0 || strncmp(words, "revoke ", 7) == 0)
		kind = is_grant_of_server(statement) ? MH_DUMP_LEAVE_OUT : MH_DUMP_RUN;
	else if (is_known_setting(words) || is_of_schema(statement, words))
		kind = MH_DUMP_RUN;
	pfree(words);
	return kind;
}
