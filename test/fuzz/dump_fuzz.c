/*
 * Fuzzes what "mighead offline" makes of a dump: where its statements end, and which of them are run.  Nothing
 * gets lost or doubled on the way, and what is run is of a few kinds only, told by another reading of its beginning.
 */
#define _GNU_SOURCE
#include "client/dump.c"
#include "client/restorable.c"

#include "../unit/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void
mh_complain(const char *format, ...)
{
	(void) format;
}

void
mh_complain_hint(const char *format, ...)
{
	(void) format;
}

bool
mh_scratch_was_interrupted(void)
{
	return false;
}

typedef struct Seen
{
	MhDumpReader reader; /* first */
	const char *at;      /* behind the last statement */
	bool has_commands;
} Seen;

static const char *
behind_comments(const char *text)
{
	for (;;)
	{
		int depth = 0;

		while (*text != '\0' && strchr(" \t\r\n\f", *text) != NULL)
			text++;
		if (strncmp(text, "--", 2) == 0)
		{
			while (*text != '\0' && *text != '\n' && *text != '\r')
				text++;
			continue;
		}
		if (strncmp(text, "/*", 2) != 0)
			return text;
		while (*text != '\0')
		{
			bool two = true;

			if (strncmp(text, "/*", 2) == 0)
				depth++;
			else if (strncmp(text, "*/", 2) == 0)
				depth--;
			else
				two = false;
			text += two ? 2 : 1;
			if (two && depth == 0)
				break;
		}
	}
}

static bool
starts_with(const char *text, const char *word)
{
	return strncasecmp(text, word, strlen(word)) == 0;
}

static void
check_run(const char *statement)
{
	static const char *const words[] = {
		"create", "alter", "comment", "security",     "drop",
		"set",    "grant", "revoke",  "insert into ", "select pg_catalog.set_config("};
	const char *text = behind_comments(statement);

	for (size_t i = 0; i < lengthof(words); i++)
		if (starts_with(text, words[i]))
			return;
	abort();
}

static bool
take_statement(MhDumpReader *reader, const MhDumpTokens *tokens, bool *in_copy)
{
	Seen *seen = (Seen *) reader;
	const char *statement = tokens->text;
	const char *found = strstr(seen->at, statement);
	MhDumpStatement kind = mh_dump_judge(tokens);

	if (*statement == '\0' || statement[strlen(statement) - 1] != ';')
		abort();
	/* only the commands of psql are left out of a statement, where they stand before its first word */
	if (found == NULL && !seen->has_commands)
		abort();
	if (found != NULL)
		seen->at = found + strlen(statement);
	if (kind == MH_DUMP_RUN)
		check_run(statement);
	if (kind == MH_DUMP_RUN &&
		starts_with(behind_comments(statement), "create materialized view ") &&
		strcasestr(statement, "data") == NULL)
		abort();
	if (kind == MH_DUMP_ROWS &&
		(strcasestr(statement, "program") != NULL && strchr(statement, '"') == NULL &&
		 strstr(behind_comments(statement), "program ") != NULL))
		abort();
	for (int i = 0; i < tokens->n; i++)
		if (*tokens->tokens[i] == '\0')
			abort();
	*in_copy = kind == MH_DUMP_ROWS || kind == MH_DUMP_ROWS_LEFT_OUT;
	return true;
}

static bool
take_row_of_copy(MhDumpReader *reader, const char *line, bool *in_copy)
{
	(void) reader;
	*in_copy = strcmp(line, "\\.\n") != 0 && strcmp(line, "\\.") != 0;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = palloc0(size + 1);
	Seen seen = {{take_statement, take_row_of_copy}, text, false};
	Dump dump = {0};

	memcpy(text, data, size);
	seen.has_commands = *text == '\\' || strstr(text, "\n\\") != NULL;
	if (size > 0)
	{
		dump.shown = "dump";
		dump.reader = &seen.reader;
		dump.file = fmemopen(text, size, "r");
		begin_statement(&dump.scanner);
		(void) read_lines(&dump);
		free(dump.line);
		fclose(dump.file);
	}
	arena_reset();
	return 0;
}
