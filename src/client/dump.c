/*-------------------------------------------------------------------------
 *
 * dump.c
 *	  The statements of an SQL dump, one by one, as pg_dump writes them.
 *
 * A dump is read line by line and may be large; what is kept is one statement.  Rows of COPY are
 * handed on line by line too.  Commands of psql ("\restrict") are left out: none is ever run.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <strings.h>

#define LARGEST_STATEMENT (64 * 1024 * 1024)

/* Within what the end of a statement does not count. */
typedef struct Scanner
{
	StringInfoData text;
	char quote;      /* the quote that ends a string or name; '$' within a dollar quote */
	bool escapes;    /* a backslash escapes: E'...' */
	char *tag;       /* of a dollar quote, with both dollars */
	int comments;    /* nested */
	int parentheses; /* open: CREATE RULE ... DO (a; b) */
	int blocks;      /* BEGIN ATOMIC, CASE */
	int words;       /* of the statement so far */
	bool is_routine; /* CREATE [OR REPLACE] FUNCTION or PROCEDURE */
} Scanner;

static bool
is_name_start(char c)
{
	return isalpha((unsigned char) c) || c == '_' || (unsigned char) c >= 0x80;
}

static bool
is_name_char(char c)
{
	return is_name_start(c) || isdigit((unsigned char) c) || c == '$';
}

static size_t
name_length(const char *at)
{
	size_t length = 0;

	while (is_name_char(at[length]))
		length++;
	return length;
}

static bool
is_word(const char *at, size_t length, const char *word)
{
	return strlen(word) == length && strncasecmp(at, word, length) == 0;
}

/* A semicolon in the body of an SQL-standard function ends no statement. */
static void
take_word(Scanner *scanner, const char *at, size_t length)
{
	scanner->words++;
	if (scanner->words <= 4 &&
		(is_word(at, length, "function") || is_word(at, length, "procedure")))
		scanner->is_routine = true;
	if (!scanner->is_routine || scanner->parentheses > 0)
		return;
	if (is_word(at, length, "begin") || (scanner->blocks > 0 && is_word(at, length, "case")))
		scanner->blocks++;
	else if (scanner->blocks > 0 && is_word(at, length, "end"))
		scanner->blocks--;
}

/* "$tag$" at this place, or 0. */
static size_t
dollar_quote_length(const char *at)
{
	size_t length = 1;

	if (is_name_start(at[1]))
		while (is_name_char(at[length]) && at[length] != '$')
			length++;
	return at[length] == '$' ? length + 1 : 0;
}

static const char *
skip_quoted(Scanner *scanner, const char *at)
{
	if (scanner->quote == '$')
	{
		size_t length = strlen(scanner->tag);

		if (strncmp(at, scanner->tag, length) != 0)
			return at + 1;
		scanner->quote = '\0';
		return at + length;
	}
	if (*at == '\\' && scanner->escapes && at[1] != '\0')
		return at + 2;
	/* a doubled quote ends the string and begins another */
	if (*at == scanner->quote)
		scanner->quote = '\0';
	return at + 1;
}

static const char *
skip_comment(Scanner *scanner, const char *at)
{
	if (at[0] == '*' && at[1] == '/')
		scanner->comments--;
	else if (at[0] == '/' && at[1] == '*')
		scanner->comments++;
	else
		return at + 1;
	return at + 2;
}

static const char *
begin_quoted(Scanner *scanner, const char *at, const char *line)
{
	scanner->quote = *at;
	scanner->escapes = *at == '\'' && at > line && (at[-1] == 'E' || at[-1] == 'e') &&
					   (at - 1 == line || !is_name_char(at[-2]));
	return at + 1;
}

/* Behind the next token of code; *end: it was the semicolon that ends the statement. */
static const char *
take_token(Scanner *scanner, const char *at, const char *line, bool *end)
{
	size_t length;

	if (*at == '\'' || *at == '"')
		return begin_quoted(scanner, at, line);
	if (*at == '-' && at[1] == '-')
		return at + strlen(at);
	if (*at == '/' && at[1] == '*')
	{
		scanner->comments++;
		return at + 2;
	}
	if (*at == '$' && (length = dollar_quote_length(at)) > 0)
	{
		scanner->quote = '$';
		scanner->tag = pnstrdup(at, length);
		return at + length;
	}
	if (is_name_start(*at))
	{
		/* E'...' is no name */
		length = name_length(at);
		take_word(scanner, at, length);
		return at + length;
	}
	scanner->parentheses += (*at == '(') - (*at == ')' && scanner->parentheses > 0);
	*end = *at == ';' && scanner->parentheses == 0 && scanner->blocks == 0;
	return at + 1;
}

/* Behind the end of the statement in this line, or at the line's end. */
static const char *
scan_line(Scanner *scanner, const char *line, const char *at, bool *end)
{
	*end = false;
	while (*at != '\0' && !*end)
	{
		if (scanner->quote != '\0')
			at = skip_quoted(scanner, at);
		else if (scanner->comments > 0)
			at = skip_comment(scanner, at);
		else
			at = take_token(scanner, at, line, end);
	}
	return at;
}

static void
begin_statement(Scanner *scanner)
{
	memset(scanner, 0, sizeof(*scanner));
	initStringInfo(&scanner->text);
}

/* ---------- a file ---------- */

typedef struct Dump
{
	const char *shown;
	FILE *file;
	MhDumpReader *reader;
	Scanner scanner;
	char *line; /* of getline */
	size_t room;
	bool in_copy;
} Dump;

static bool
fail_dump(const Dump *dump, const char *why)
{
	mh_complain("could not read dump \"%s\": %s", dump->shown, why);
	return false;
}

/* pg_dump's other formats begin so. */
static bool
refuse_format(const Dump *dump)
{
	mh_complain("\"%s\" is not an SQL dump, but an archive of pg_dump", dump->shown);
	mh_complain_hint("Convert it with: pg_restore -f dump.sql ARCHIVE");
	return false;
}

static bool
finish_statement(Dump *dump)
{
	char *text = dump->scanner.text.data;
	bool done = dump->reader->statement(dump->reader, text, &dump->in_copy);

	pfree(text);
	begin_statement(&dump->scanner);
	return done;
}

static bool
has_begun(const Scanner *scanner)
{
	return scanner->words > 0 || scanner->quote != '\0' || scanner->comments > 0;
}

static bool
take_line(Dump *dump, const char *line)
{
	const char *at = line;

	if (dump->in_copy)
		return dump->reader->row(dump->reader, line, &dump->in_copy);
	/* psql takes its commands between statements only */
	if (!has_begun(&dump->scanner) && *line == '\\')
		return true;
	while (*at != '\0')
	{
		bool end;
		const char *next = scan_line(&dump->scanner, line, at, &end);

		if (dump->scanner.text.len + (next - at) > LARGEST_STATEMENT)
			return fail_dump(dump, "a statement is too long");
		appendBinaryStringInfo(&dump->scanner.text, at, (int) (next - at));
		at = next;
		if (end && !finish_statement(dump))
			return false;
		if (dump->in_copy)
			return true;
	}
	return true;
}

static bool
read_lines(Dump *dump)
{
	ssize_t length;
	bool first = true;

	while ((length = getline(&dump->line, &dump->room, dump->file)) >= 0)
	{
		if (first && length >= 5 && memcmp(dump->line, "PGDMP", 5) == 0)
			return refuse_format(dump);
		if (memchr(dump->line, '\0', (size_t) length) != NULL)
			return first ? refuse_format(dump) : fail_dump(dump, "it is not text");
		first = false;
		if (!take_line(dump, dump->line))
			return false;
	}
	if (ferror(dump->file))
		return fail_dump(dump, strerror(errno));
	if (has_begun(&dump->scanner) || dump->in_copy)
		return fail_dump(dump, "it ends in the middle of a statement");
	return true;
}

bool
mh_dump_read(const char *path, MhDumpReader *reader)
{
	Dump dump = {0};
	bool is_input = strcmp(path, "-") == 0;
	bool done;

	dump.shown = is_input ? "standard input" : path;
	dump.reader = reader;
	dump.file = is_input ? stdin : fopen(path, "r");
	if (dump.file == NULL)
		return fail_dump(&dump, strerror(errno));
	begin_statement(&dump.scanner);
	done = read_lines(&dump);
	free(dump.line);
	if (!is_input)
		fclose(dump.file);
	return done;
}
