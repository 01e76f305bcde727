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

/* A token in the text of the statement. */
typedef struct Span
{
	int start;
	int length;
} Span;

typedef enum Noted
{
	NOT_SEEN,
	IS_NEXT,
	NOTED
} Noted;

/* Within what the end of a statement does not count. */
typedef struct Scanner
{
	StringInfoData text;
	int origin;       /* where the line that is read would begin in the text; may be negative */
	char quote;       /* the quote that ends a string or name; '$' within a dollar quote */
	bool escapes;     /* a backslash escapes: E'...' */
	char *tag;        /* of a dollar quote, with both dollars */
	int comments;     /* nested */
	int parentheses;  /* open: CREATE RULE ... DO (a; b) */
	int blocks;       /* BEGIN ATOMIC, CASE */
	int prefix;       /* words of CREATE OR REPLACE that the statement begins with */
	bool is_routine;  /* CREATE [OR REPLACE] FUNCTION or PROCEDURE */
	bool is_begin;    /* the last token is BEGIN */
	bool is_name;     /* the last token is a quoted name */
	bool may_compute; /* AS outside of parentheses, or a dollar quote */
	Noted on;
	Span behind_on; /* the token behind the first ON */
	int tokens;
	Span spans[MH_STATEMENT_TOKENS];     /* of the first of them */
	Span last[MH_STATEMENT_LAST_TOKENS]; /* the last one is last */
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

/* ---------- tokens ---------- */

static void
note_token(Scanner *scanner, const char *at, size_t length, const char *line)
{
	Span span = {scanner->origin + (int) (at - line), (int) length};

	if (scanner->tokens < MH_STATEMENT_TOKENS)
		scanner->spans[scanner->tokens] = span;
	memmove(scanner->last, scanner->last + 1, sizeof(scanner->last) - sizeof(Span));
	scanner->last[MH_STATEMENT_LAST_TOKENS - 1] = span;
	if (scanner->on == IS_NEXT)
	{
		scanner->behind_on = span;
		scanner->on = NOTED;
	}
	scanner->tokens++;
	scanner->is_begin = false;
	scanner->is_name = false;
}

/* Where the last token ends, if it is one of those that are kept. */
static int *
length_of_last(Scanner *scanner, int *end)
{
	Span *last;

	if (scanner->tokens == 0 || scanner->tokens > MH_STATEMENT_TOKENS)
		return NULL;
	last = &scanner->spans[scanner->tokens - 1];
	*end = last->start + last->length;
	return &last->length;
}

static void
see_routine(Scanner *scanner, const char *at, size_t length)
{
	static const char *const words[] = {"create", "or", "replace"};
	int before = scanner->prefix;

	if (before != scanner->tokens)
		return;
	if (before < (int) lengthof(words) && is_word(at, length, words[before]))
		scanner->prefix++;
	else if (before == 1 || before == 3)
		scanner->is_routine = is_word(at, length, "function") || is_word(at, length, "procedure");
}

/*
 * A semicolon in the body of an SQL-standard function ends no statement.  BEGIN alone can be a
 * name.
 */
static void
take_word(Scanner *scanner, const char *at, size_t length, const char *line)
{
	bool is_body = scanner->is_begin && is_word(at, length, "atomic");

	see_routine(scanner, at, length);
	note_token(scanner, at, length, line);
	scanner->is_begin = is_word(at, length, "begin");
	if (scanner->on == NOT_SEEN && is_word(at, length, "on"))
		scanner->on = IS_NEXT;
	if (scanner->parentheses == 0 && is_word(at, length, "as"))
		scanner->may_compute = true;
	if (!scanner->is_routine || scanner->parentheses > 0)
		return;
	if (is_body || (scanner->blocks > 0 && is_word(at, length, "case")))
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

/* What ends a quote: *at is within one. */
static const char *
skip_quoted(Scanner *scanner, const char *at, const char *line)
{
	int end;
	int *length;

	if (scanner->quote == '$')
	{
		size_t tag = strlen(scanner->tag);

		if (strncmp(at, scanner->tag, tag) != 0)
			return at + 1;
		scanner->quote = '\0';
		return at + tag;
	}
	if (*at == '\\' && scanner->escapes && at[1] != '\0')
		return at + 2;
	/* a doubled quote ends the string and begins another */
	if (*at == scanner->quote)
	{
		scanner->quote = '\0';
		if (scanner->is_name && (length = length_of_last(scanner, &end)) != NULL)
			*length += scanner->origin + (int) (at + 1 - line) - end;
	}
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

/* The second half of a name with a doubled quote is no token of its own. */
static const char *
begin_quoted(Scanner *scanner, const char *at, const char *line)
{
	int end = -1;
	bool goes_on = *at == '"' && scanner->is_name && length_of_last(scanner, &end) != NULL &&
				   end == scanner->origin + (int) (at - line);

	scanner->quote = *at;
	scanner->escapes = *at == '\'' && at > line && (at[-1] == 'E' || at[-1] == 'e') &&
					   (at - 1 == line || !is_name_char(at[-2]));
	if (!goes_on)
		note_token(scanner, at, 1, line);
	scanner->is_name = *at == '"';
	return at + 1;
}

static const char *
begin_dollar_quoted(Scanner *scanner, const char *at, size_t length, const char *line)
{
	scanner->quote = '$';
	scanner->may_compute = true;
	if (scanner->tag != NULL)
		pfree(scanner->tag);
	scanner->tag = pnstrdup(at, length);
	note_token(scanner, at, 1, line);
	return at + length;
}

/* A character that is neither a word nor begins something; *end: the semicolon that ends the statement. */
static const char *
take_character(Scanner *scanner, const char *at, const char *line, bool *end)
{
	scanner->parentheses += (*at == '(') - (*at == ')' && scanner->parentheses > 0);
	*end = *at == ';' && scanner->parentheses == 0 && scanner->blocks == 0;
	if (!isspace((unsigned char) *at) && !*end)
		note_token(scanner, at, 1, line);
	return at + 1;
}

/* Behind the next token of code; PostgreSQL ends a comment at either end of a line. */
static const char *
take_token(Scanner *scanner, const char *at, const char *line, bool *end)
{
	size_t length;

	if (*at == '\'' || *at == '"')
		return begin_quoted(scanner, at, line);
	if (*at == '-' && at[1] == '-')
		return at + strcspn(at, "\r\n");
	if (*at == '/' && at[1] == '*')
	{
		scanner->comments++;
		return at + 2;
	}
	if (*at == '$' && (length = dollar_quote_length(at)) > 0)
		return begin_dollar_quoted(scanner, at, length, line);
	if (!is_name_start(*at))
		return take_character(scanner, at, line, end);
	/* E'...' is no name */
	length = name_length(at);
	take_word(scanner, at, length, line);
	return at + length;
}

/* Behind the end of the statement in this line, or at the line's end. */
static const char *
scan_line(Scanner *scanner, const char *line, const char *at, bool *end)
{
	*end = false;
	scanner->origin = scanner->text.len - (int) (at - line);
	while (*at != '\0' && !*end)
	{
		if (scanner->quote != '\0')
			at = skip_quoted(scanner, at, line);
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

/* Where the copy begins in what is one allocation for all. */
static int
copy_token(const Scanner *scanner, Span span, StringInfo copies)
{
	const char *token = scanner->text.data + span.start;
	int start = copies->len;

	for (int i = 0; i < span.length; i++)
		appendStringInfoChar(
			copies, *token == '"' ? token[i] : (char) pg_ascii_tolower((unsigned char) token[i]));
	appendStringInfoChar(copies, '\0');
	return start;
}

/* The copies are one allocation, which is returned. */
static char *
copy_tokens(const Scanner *scanner, MhDumpTokens *statement)
{
	StringInfoData copies;
	int starts[MH_STATEMENT_TOKENS];
	int last[MH_STATEMENT_LAST_TOKENS];
	int behind_on;

	initStringInfo(&copies);
	statement->text = scanner->text.data + scanner->spans[0].start;
	statement->n = Min(scanner->tokens, MH_STATEMENT_TOKENS);
	statement->is_whole = scanner->tokens <= MH_STATEMENT_TOKENS;
	statement->may_compute = scanner->may_compute;
	for (int i = 0; i < statement->n; i++)
		starts[i] = copy_token(scanner, scanner->spans[i], &copies);
	for (int i = 0; i < MH_STATEMENT_LAST_TOKENS; i++)
		last[i] = copy_token(scanner, scanner->last[i], &copies);
	behind_on = copy_token(scanner, scanner->behind_on, &copies);
	for (int i = 0; i < statement->n; i++)
		statement->tokens[i] = copies.data + starts[i];
	for (int i = 0; i < MH_STATEMENT_LAST_TOKENS; i++)
		statement->last[i] = copies.data + last[i];
	statement->behind_on = copies.data + behind_on;
	return copies.data;
}

/* ---------- what a statement is made of ---------- */

bool
mh_dump_has_words(const MhDumpTokens *statement, int token, const char *words)
{
	while (*words != '\0')
	{
		size_t length = strcspn(words, " ");

		if (token >= statement->n || strncmp(statement->tokens[token], words, length) != 0 ||
			statement->tokens[token][length] != '\0')
			return false;
		token++;
		words += length + (words[length] == ' ');
	}
	return true;
}

static bool
is_name(const MhDumpTokens *statement, int token)
{
	return token < statement->n &&
		   (*statement->tokens[token] == '"' || is_name_start(*statement->tokens[token]));
}

int
mh_dump_behind_name(const MhDumpTokens *statement, int token)
{
	if (!is_name(statement, token))
		return -1;
	token++;
	while (mh_dump_has_words(statement, token, ".") && is_name(statement, token + 1))
		token += 2;
	return token;
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
	bool is_open;   /* the line that begins a dump was read, and the one that ends it not */
	bool connected; /* a line \\connect was read */
} Dump;

static bool
fail_dump(const Dump *dump, const char *why)
{
	mh_complain("could not read dump \"%s\": %s", dump->shown, why);
	return false;
}

static bool
refuse_dump(const Dump *dump, const char *why, const char *hint)
{
	mh_complain("\"%s\" is not %s", dump->shown, why);
	mh_complain_hint("%s", hint);
	return false;
}

static bool
finish_statement(Dump *dump)
{
	Scanner *scanner = &dump->scanner;
	bool done = true;

	if (scanner->tokens > 0)
	{
		MhDumpTokens statement;
		char *copies = copy_tokens(scanner, &statement);

		done = dump->reader->statement(dump->reader, &statement, &dump->in_copy);
		pfree(copies);
	}
	pfree(scanner->text.data);
	if (scanner->tag != NULL)
		pfree(scanner->tag);
	begin_statement(scanner);
	return done;
}

static bool
has_begun(const Scanner *scanner)
{
	return scanner->tokens > 0 || scanner->quote != '\0' || scanner->comments > 0;
}

static bool
is_line(const char *line, const char *text)
{
	size_t length = strlen(text);

	return strncmp(line, text, length) == 0 && line[length + strspn(line + length, "\r\n")] == '\0';
}

/* Between statements: commands of psql, which takes them there only, and what pg_dump says of the dump. */
static bool
take_remark(Dump *dump, const char *line)
{
	bool begins = is_line(line, "-- PostgreSQL database dump");

	if (begins && dump->is_open)
		return fail_dump(dump, "a dump in it is cut off");
	if (begins || is_line(line, "-- PostgreSQL database dump complete"))
		dump->is_open = begins;
	if (!mh_begins_with(line, "\\connect "))
		return true;
	if (dump->connected)
		return refuse_dump(
			dump, "a dump of one database, but of several",
			"pg_dumpall writes all databases of a server. Dump one: pg_dump DB > FILE");
	dump->connected = true;
	return true;
}

static bool
take_line(Dump *dump, const char *line)
{
	const char *at = line;

	if (dump->in_copy)
		return dump->reader->row(dump->reader, line, &dump->in_copy);
	if (!has_begun(&dump->scanner) && !take_remark(dump, line))
		return false;
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

/* Where the text of the first line begins; NULL after a complaint. */
static const char *
begin_file(const Dump *dump, size_t length)
{
	const char *line = dump->line;

	if (length >= 2 && (memcmp(line, "\xff\xfe", 2) == 0 || memcmp(line, "\xfe\xff", 2) == 0))
		refuse_dump(
			dump, "an SQL dump, but UTF-16 text",
			"Windows PowerShell writes that with \">\". Let pg_dump write the file: pg_dump -f FILE DB");
	else if ((length >= 5 && memcmp(line, "PGDMP", 5) == 0) || memchr(line, '\0', length) != NULL)
		refuse_dump(dump, "an SQL dump, but an archive of pg_dump",
					"Convert it with: pg_restore -f dump.sql ARCHIVE");
	else
		return length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;
	return NULL;
}

static bool
finish_file(const Dump *dump)
{
	if (mh_scratch_was_interrupted())
		return false;
	if (!feof(dump->file))
		return fail_dump(dump, strerror(errno));
	if (has_begun(&dump->scanner) || dump->in_copy)
		return fail_dump(dump, "it ends in the middle of a statement");
	if (dump->is_open)
		return fail_dump(dump,
						 "it is cut off: \"-- PostgreSQL database dump complete\" is missing");
	return true;
}

static bool
read_lines(Dump *dump)
{
	ssize_t length;
	bool first = true;

	while (!mh_scratch_was_interrupted() &&
		   (length = getline(&dump->line, &dump->room, dump->file)) >= 0)
	{
		const char *line = first ? begin_file(dump, (size_t) length) : dump->line;

		if (line == NULL)
			return false;
		if (memchr(dump->line, '\0', (size_t) length) != NULL)
			return fail_dump(dump, "it is not text");
		first = false;
		if (!take_line(dump, line))
			return false;
	}
	return finish_file(dump);
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
		return !mh_scratch_was_interrupted() && fail_dump(&dump, strerror(errno));
	begin_statement(&dump.scanner);
	done = read_lines(&dump);
	free(dump.line);
	if (!is_input)
		fclose(dump.file);
	return done;
}
