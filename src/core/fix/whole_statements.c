/*-------------------------------------------------------------------------
 *
 * whole_statements.c
 *	  Checks that a printed fix has as many statements as were written.
 *
 * A definition may come from a document, and so from anybody.  Its texts must not end a statement,
 * begin another, hide anything in a comment or leave a quote open.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/sql_names.h"

typedef struct Scan
{
	const char *at;
	int statements;
	StringInfoData open; /* the closing parentheses and brackets of those that are open */
	int blocks;          /* open blocks of BEGIN ATOMIC and CASE ... END */
	bool is_broken;
	bool is_routine; /* the current statement creates a function */
	int words;       /* words of the current statement so far */
} Scan;

static void
skip_quoted(Scan *scan, char quote, bool has_escapes)
{
	for (scan->at++; *scan->at != '\0'; scan->at++)
	{
		/* without E, the meaning of a backslash depends on the reader's settings */
		if (*scan->at == '\\' && quote == '\'' && (!has_escapes || scan->at[1] == '\0'))
			break;
		if ((has_escapes && *scan->at == '\\') || (*scan->at == quote && scan->at[1] == quote))
			scan->at++;
		else if (*scan->at == quote)
		{
			scan->at++;
			return;
		}
	}
	scan->is_broken = true;
}

static bool
is_word_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '$' || (unsigned char) c >= 0x80;
}

/*
 * Skips $tag$ ... $tag$.  Returns false if there is none: the dollar begins a placeholder or a
 * parameter.
 */
static bool
skip_dollar_quoted(Scan *scan)
{
	const char *end = scan->at + 1;
	char *tag;

	while (is_word_character(*end) && *end != '$')
		end++;
	if (*end != '$' || (scan->at[1] >= '0' && scan->at[1] <= '9'))
		return false;
	tag = pnstrdup(scan->at, end + 1 - scan->at);
	end = strstr(end + 1, tag);
	if (end == NULL)
		scan->is_broken = true;
	scan->at = end == NULL ? scan->at + strlen(scan->at) : end + strlen(tag);
	pfree(tag);
	return true;
}

static bool
is_word(const char *word, size_t length, const char *other)
{
	return strlen(other) == length && pg_strncasecmp(word, other, length) == 0;
}

/*
 * Reads a word as psql does: when a function is created, BEGIN and CASE continue until their END.
 */
static void
read_word(Scan *scan)
{
	const char *word = scan->at;
	size_t length;

	while (is_word_character(*scan->at))
		scan->at++;
	length = scan->at - word;
	if (*scan->at == '\'' && length == 1 && (*word == 'E' || *word == 'e'))
	{
		skip_quoted(scan, '\'', true);
		return;
	}
	scan->words++;
	if (scan->words <= 4 &&
		(is_word(word, length, "function") || is_word(word, length, "procedure")))
		scan->is_routine = true;
	if (!scan->is_routine || scan->open.len > 0)
		return;
	if (is_word(word, length, "begin") || (scan->blocks > 0 && is_word(word, length, "case")))
		scan->blocks++;
	else if (scan->blocks > 0 && is_word(word, length, "end"))
		scan->blocks--;
}

static void
close_bracket(Scan *scan, char c)
{
	if (scan->open.len == 0 || scan->open.data[scan->open.len - 1] != c)
		scan->is_broken = true;
	else
		scan->open.data[--scan->open.len] = '\0';
}

static void
read_character(Scan *scan)
{
	char c = *scan->at++;

	MH_CHECK_INTERRUPTS();
	if (c == '(' || c == '[')
		appendStringInfoChar(&scan->open, c == '(' ? ')' : ']');
	else if (c == ')' || c == ']')
		close_bracket(scan, c);
	if ((c == '-' && *scan->at == '-') || (c == '/' && *scan->at == '*') || c == '\\')
		scan->is_broken = true;
	if (c != ';' || scan->open.len > 0 || scan->blocks > 0)
		return;
	scan->statements++;
	scan->is_routine = false;
	scan->words = 0;
}

static void
read_piece(Scan *scan)
{
	if (*scan->at == '\'' || *scan->at == '"')
		skip_quoted(scan, *scan->at, false);
	else if (*scan->at == '$' && skip_dollar_quoted(scan))
		return;
	else if (is_word_character(*scan->at))
		read_word(scan);
	else
		read_character(scan);
}

/* Returns -1 if quotes or brackets are open at the end. */
int
mh_count_statements(const char *text)
{
	Scan scan = {text, 1};
	bool is_whole;

	initStringInfo(&scan.open);
	while (*scan.at != '\0' && !scan.is_broken)
		read_piece(&scan);
	is_whole = !scan.is_broken && scan.open.len == 0 && scan.blocks == 0;
	pfree(scan.open.data);
	return is_whole ? scan.statements : -1;
}

/* Returns a tag that does not occur in the text. */
static char *
free_tag(const char *text, const char *name)
{
	char *tag = psprintf("$%s$", name);

	for (int i = 1; strstr(text, tag) != NULL; i++)
		tag = psprintf("$%s%d$", name, i);
	return tag;
}

/*
 * Appends a statement to a PL/pgSQL block.  PL/pgSQL reads the result of a SELECT, and ends a body,
 * or a rule of several actions, at its first semicolon.
 */
static void
append_to_block(StringInfo out, const char *statement)
{
	const char *select = "SELECT ";

	if (strstr(statement, "BEGIN ATOMIC") != NULL ||
		(strstr(statement, " RULE ") != NULL && strchr(statement, ';') != NULL))
	{
		char *tag = free_tag(statement, "statement");

		appendStringInfo(out, "EXECUTE %s%s%s;\n", tag, statement, tag);
	}
	else if (mh_begins_with(statement, select))
		appendStringInfo(out, "PERFORM %s;\n", statement + strlen(select));
	else
		appendStringInfo(out, "%s;\n", statement);
}

/*
 * One statement runs completely or not at all, whoever sends it.  Programs that prepare statements
 * accept only one at a time.
 */
char *
mh_one_statement(const char *fix)
{
	Scan scan = {fix, 1};
	const char *from = fix;
	StringInfoData out;
	char *tag;

	if (mh_count_statements(fix) <= 1)
		return pstrdup(fix);
	initStringInfo(&scan.open);
	initStringInfo(&out);
	appendStringInfoString(&out, "#variable_conflict use_column\nBEGIN\n");
	while (*scan.at != '\0')
	{
		int before = scan.statements;

		MH_CHECK_INTERRUPTS();
		read_piece(&scan);
		if (scan.statements == before && *scan.at != '\0')
			continue;
		append_to_block(&out, pnstrdup(from, scan.at - from - (scan.statements != before)));
		from = scan.at + strspn(scan.at, " \n");
	}
	appendStringInfoString(&out, "END");
	tag = free_tag(out.data, "fix");
	return psprintf("DO %s\n%s\n%s", tag, out.data, tag);
}

bool
mh_is_identifier(const char *text)
{
	const char *end = mh_end_of_identifier(text);

	return end != text && *end == '\0';
}
