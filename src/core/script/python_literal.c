/*-------------------------------------------------------------------------
 *
 * python_literal.c
 *	  The literals that a migration header may hold.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/python_literal.h"

#include "mb/pg_wchar.h"

#define PROBLEM_OTHER \
	"The value contains \"%s\"; only strings, None, and tuples or lists of strings can be read."
#define PROBLEM_FIELD "The value is an f-string with replacement fields."
#define PROBLEM_TEMPLATE "The value is a template string."
#define PROBLEM_BYTES "The value is a bytes literal."
#define PROBLEM_BRACES "The value contains a set, a dictionary or a comprehension."
#define PROBLEM_CALL "The value contains a call or a subscript."
#define PROBLEM_NESTED "The value has a tuple or list inside another."
#define PROBLEM_NONE "The value has None among other elements."
#define PROBLEM_SYNTAX "The value is not valid Python."
#define PROBLEM_LONG "The value takes more than one megabyte."
#define PROBLEM_ESCAPE "The value has an escape sequence that is not valid."
#define PROBLEM_NAMED_ESCAPE "The value names a character as \\N{...}."
#define PROBLEM_NUL "The value has a NUL character, which no text in PostgreSQL can hold."
#define PROBLEM_SURROGATE "The value has half of a surrogate pair, which is no character."

static void
refuse(MhLiteral *literal, const char *problem, const char *word, size_t length)
{
	literal->problem = problem;
	literal->word = word;
	literal->word_length = length;
	mh_strings_free(&literal->items);
}

void
mh_literal_begin(MhLiteral *literal, bool is_docstring)
{
	literal->kind = MH_LITERAL_EMPTY;
	memset(&literal->items, 0, sizeof(MhStrings));
	literal->problem = NULL;
	literal->too_long = false;
	literal->is_docstring = is_docstring;
	literal->start = NULL;
	literal->current = MH_LITERAL_EMPTY;
	literal->joinable = false;
	literal->nones = 0;
	literal->text.data = NULL;
	literal->frames[0].opener = '\0';
	literal->frames[0].comma = false;
}

void
mh_literal_free(MhLiteral *literal)
{
	mh_strings_free(&literal->items);
	if (literal->text.data != NULL)
		pfree(literal->text.data);
	literal->text.data = NULL;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = pg_ascii_tolower((unsigned char) c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends a character given by number, as "\x61" is. */
static const char *
append_code_point(StringInfo text, pg_wchar code)
{
	unsigned char utf8[5] = {0};

	if (code == 0)
		return PROBLEM_NUL;
	if (code >= 0xD800 && code <= 0xDFFF)
		return PROBLEM_SURROGATE;
	if (code > 0x10FFFF)
		return PROBLEM_ESCAPE;
	unicode_to_utf8(code, utf8);
	appendStringInfoString(text, (char *) utf8);
	return NULL;
}

/* Reads the digits of an escape.  at is behind "\x", "\u" or "\U", which need this many digits. */
static const char *
decode_hex(StringInfo text, const char **at, const char *end, int digits)
{
	pg_wchar code = 0;

	if (end - *at < digits)
		return PROBLEM_ESCAPE;
	for (int i = 0; i < digits; i++)
	{
		int value = hex_value(*(*at)++);

		if (value < 0)
			return PROBLEM_ESCAPE;
		code = code << 4 | value;
	}
	return append_code_point(text, code);
}

static const char *
decode_octal(StringInfo text, const char **at, const char *end)
{
	pg_wchar code = 0;

	for (int i = 0; i < 3 && *at < end && **at >= '0' && **at <= '7'; i++)
		code = code * 8 + (*(*at)++ - '0');
	return append_code_point(text, code);
}

static void
skip_line_end(const char **at, const char *end)
{
	*at += **at == '\r' && end - *at > 1 && (*at)[1] == '\n' ? 2 : 1;
}

/* Reads an escape.  at is behind a backslash; the scanner has checked that something follows. */
static const char *
decode_escape(StringInfo text, const char **at, const char *end)
{
	static const char simple[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
	char c = **at;

	for (int i = 0; simple[i] != '\0'; i += 2)
		if (simple[i] == c)
		{
			appendStringInfoChar(text, simple[i + 1]);
			(*at)++;
			return NULL;
		}
	if (c >= '0' && c <= '7')
		return decode_octal(text, at, end);
	if (c == 'x' || c == 'u' || c == 'U')
	{
		(*at)++;
		return decode_hex(text, at, end, c == 'x' ? 2 : c == 'u' ? 4 : 8);
	}
	if (c == '\n' || c == '\r')
	{
		skip_line_end(at, end);
		return NULL;
	}
	if (c == 'N')
		return PROBLEM_NAMED_ESCAPE;
	/* Python keeps the backslash of an escape that it does not know. */
	appendStringInfoChar(text, '\\');
	return NULL;
}

static const char *
decode_escape_or_keep(MhLiteral *literal, const char **at, const char *end)
{
	const char *start = *at;
	const char *problem = decode_escape(&literal->text, at, end);

	if (problem == NULL || !literal->is_docstring)
		return problem;
	appendStringInfoChar(&literal->text, '\\');
	*at = start;
	return NULL;
}

/* Appends the value of a string's body.  Returns the reason if it has none. */
static const char *
decode_string(MhLiteral *literal, const MhToken *token)
{
	const char *at = token->text;
	const char *end = at + token->length;
	const char *problem = NULL;

	while (at < end && problem == NULL)
	{
		const char *run = at;

		while (at < end && *at != '\\' && *at != '\r' &&
			   !(token->formatted && (*at == '{' || *at == '}')))
			at++;
		appendBinaryStringInfo(&literal->text, run, at - run);
		if (at == end)
			break;
		if (*at == '\r')
		{
			skip_line_end(&at, end);
			appendStringInfoChar(&literal->text, '\n');
		}
		else if (*at != '\\' || token->raw)
		{
			appendStringInfoChar(&literal->text, *at);
			/* An f-string doubles its braces. */
			at += *at == '\\' ? 1 : 2;
		}
		else
		{
			at++;
			problem = decode_escape_or_keep(literal, &at, end);
		}
	}
	return problem;
}

static const char *
string_problem(const MhToken *token)
{
	if (token->bytes)
		return PROBLEM_BYTES;
	if (token->template)
		return PROBLEM_TEMPLATE;
	if (token->has_field)
		return PROBLEM_FIELD;
	return NULL;
}

static void
add_string(MhLiteral *literal, const MhToken *token)
{
	const char *problem = string_problem(token);

	if (problem == NULL && literal->current != MH_LITERAL_EMPTY && !literal->joinable)
		problem = PROBLEM_SYNTAX;
	/* An f-string documents nothing, even without fields. */
	if (problem == NULL && literal->is_docstring && token->formatted)
		problem = PROBLEM_FIELD;
	if (problem == NULL)
	{
		if (literal->text.data == NULL)
			initStringInfo(&literal->text);
		if (literal->current == MH_LITERAL_EMPTY)
			resetStringInfo(&literal->text);
		literal->current = MH_LITERAL_STRING;
		literal->joinable = true;
		problem = decode_string(literal, token);
	}
	if (problem != NULL)
		refuse(literal, problem, "", 0);
}

/* Makes an element of what was read since the last comma or bracket. */
static void
take_element(MhLiteral *literal)
{
	if (literal->current == MH_LITERAL_STRING)
		mh_strings_add(&literal->items, literal->text.data);
	else if (literal->current == MH_LITERAL_NONE)
		literal->nones++;
	else if (literal->current != MH_LITERAL_EMPTY)
		refuse(literal, PROBLEM_NESTED, "", 0);
	literal->current = MH_LITERAL_EMPTY;
}

static void
add_comma(MhLiteral *literal, int depth)
{
	if (literal->current == MH_LITERAL_EMPTY)
	{
		refuse(literal, PROBLEM_SYNTAX, "", 0);
		return;
	}
	literal->frames[depth].comma = true;
	take_element(literal);
}

static void
open_bracket(MhLiteral *literal, const MhToken *token)
{
	if (literal->current != MH_LITERAL_EMPTY)
	{
		refuse(literal, PROBLEM_CALL, "", 0);
		return;
	}
	literal->frames[token->depth].opener = (char) token->op;
	literal->frames[token->depth].comma = false;
}

/*
 * Closes a bracket.  depth: that outside of the bracket.  Parentheses without a comma do not count.
 * A tuple or list in anything else is refused by take_element when its container continues or ends.
 */
static void
close_bracket(MhLiteral *literal, int depth)
{
	bool is_list = literal->frames[depth + 1].opener == '[';

	if (is_list || literal->frames[depth + 1].comma)
	{
		take_element(literal);
		literal->current = is_list ? MH_LITERAL_LIST : MH_LITERAL_TUPLE;
	}
	else if (literal->current == MH_LITERAL_EMPTY)
		literal->current = MH_LITERAL_TUPLE;
}

static bool
is_none(const MhToken *token)
{
	return token->kind == MH_TOKEN_NAME && token->length == 4 &&
		   memcmp(token->text, "None", 4) == 0;
}

void
mh_literal_add(MhLiteral *literal, const MhToken *token)
{
	bool joinable = literal->joinable;

	if (literal->problem != NULL)
		return;
	if (literal->start == NULL)
		literal->start = token->text;
	literal->joinable = false;
	if (token->text + token->length - literal->start > MH_LITERAL_LIMIT)
	{
		refuse(literal, PROBLEM_LONG, "", 0);
		literal->too_long = true;
	}
	else if (token->kind == MH_TOKEN_STRING)
	{
		literal->joinable = joinable;
		add_string(literal, token);
	}
	else if (is_none(token) && literal->current == MH_LITERAL_EMPTY)
		literal->current = MH_LITERAL_NONE;
	else if (token->op == '(' || token->op == '[')
		open_bracket(literal, token);
	else if (token->op == ')' || token->op == ']')
		close_bracket(literal, token->depth);
	else if (token->op == ',')
		add_comma(literal, token->depth);
	else
		refuse(literal, token->op == '{' ? PROBLEM_BRACES : PROBLEM_OTHER, token->text,
			   token->length);
}

bool
mh_literal_end(MhLiteral *literal)
{
	if (literal->problem != NULL)
		return false;
	if (literal->frames[0].comma)
	{
		take_element(literal);
		literal->current = MH_LITERAL_TUPLE;
	}
	literal->kind = literal->current;
	if (literal->kind == MH_LITERAL_STRING)
		take_element(literal);
	else if (literal->kind == MH_LITERAL_EMPTY)
		refuse(literal, PROBLEM_SYNTAX, "", 0);
	else if (literal->nones > 0 && literal->nones + literal->items.n > 1)
		refuse(literal, PROBLEM_NONE, "", 0);
	return literal->problem == NULL;
}
