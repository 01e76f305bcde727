/*-------------------------------------------------------------------------
 *
 * python_scanner.c
 *	  Tokens of Python source.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/python_scanner.h"

static bool
fail(MhScanner *scanner, int64 line, const char *problem, char bracket)
{
	scanner->problem_line = line;
	scanner->problem = problem;
	scanner->problem_bracket = bracket;
	return false;
}

static char
peek(const MhScanner *scanner, int ahead)
{
	return scanner->end - scanner->at > ahead ? scanner->at[ahead] : '\0';
}

/* What a byte can be; every byte of a file is looked up here. */
#define IN_NAME 1   /* goes on a name or number */
#define IN_NUMBER 2 /* a digit */
#define IN_TEXT 4   /* may end a string, or what stands in it */
#define SINGLE 8    /* operator that no other character joins */

/* clang-format off */
#define N IN_NAME
#define D (IN_NAME | IN_NUMBER)
#define T IN_TEXT
#define S SINGLE
static const uint8 classes[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, T, 0, 0, T, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, T, 0, 0, 0, 0, T, 0, 0, 0, 0, S, 0, S, 0, D, D, D, D, D, D, D, D, D, D, 0, S, 0, 0, 0, 0,
	0, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, 0, T, 0, 0, N,
	0, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, T, 0, T, S, 0,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
};
#undef N
#undef D
#undef T
#undef S
/* clang-format on */

static bool
is_class(char c, uint8 class)
{
	return (classes[(unsigned char) c] & class) != 0;
}

/* Behind the bytes of one class. */
static const char *
skip_class(const char *at, const char *end, uint8 class)
{
	while (at < end && is_class(*at, class))
		at++;
	return at;
}

/* CR, LF and CR LF all end a line. */
static bool
skip_line_end(MhScanner *scanner)
{
	char c = peek(scanner, 0);

	if (c != '\n' && c != '\r')
		return false;
	scanner->at += c == '\r' && peek(scanner, 1) == '\n' ? 2 : 1;
	scanner->line++;
	return true;
}

static bool
push(MhScanner *scanner, MhFrameKind kind, char opener)
{
	MhFrame *frame;

	if (scanner->depth == MH_PYTHON_DEPTH)
		return fail(scanner, scanner->line, "too many nested brackets", '\0');
	frame = &scanner->frames[scanner->depth++];
	frame->kind = kind;
	frame->opener = opener;
	frame->line = scanner->line;
	frame->fstring = scanner->depth == 1 ? -1 : frame[-1].fstring;
	if (kind == MH_FRAME_FSTRING)
		frame->fstring = scanner->depth - 1;
	return true;
}

static MhFrame *
innermost(MhScanner *scanner)
{
	return scanner->depth > 0 ? &scanner->frames[scanner->depth - 1] : NULL;
}

static bool
operator_token(MhScanner *scanner, MhToken *token, int op, int length)
{
	token->kind = MH_TOKEN_OPERATOR;
	token->op = op;
	token->line = scanner->line;
	token->text = scanner->at;
	token->length = length;
	token->depth = scanner->depth;
	scanner->at += length;
	return true;
}

/*
 * Returns whether the string whose first quote has been read ends here; then skips its last quote.
 */
static bool
skip_closing_quote(MhScanner *scanner, char quote, bool triple)
{
	if (!triple)
	{
		scanner->at++;
		return true;
	}
	if (peek(scanner, 1) != quote || peek(scanner, 2) != quote)
		return false;
	scanner->at += 3;
	return true;
}

/* Skips a character after a backslash, which cannot end the string, not in raw strings either. */
static void
skip_escaped(MhScanner *scanner)
{
	scanner->at++;
	if (!skip_line_end(scanner) && scanner->at < scanner->end)
		scanner->at++;
}

static bool
unterminated(MhScanner *scanner, int64 line, bool triple)
{
	return fail(
		scanner, line,
		triple ? "unterminated triple-quoted string literal" : "unterminated string literal", '\0');
}

/* To what may end a string, or its end. */
static const char *
skip_text(const char *at, const char *end)
{
	while (at < end && !is_class(*at, IN_TEXT))
		at++;
	return at;
}

static bool
scan_plain_string(MhScanner *scanner, MhToken *token, char quote, bool triple)
{
	while ((scanner->at = skip_text(scanner->at, scanner->end)) < scanner->end)
	{
		const char *here = scanner->at;

		if (*here == quote)
		{
			if (skip_closing_quote(scanner, quote, triple))
			{
				token->length = here - token->text;
				return true;
			}
			scanner->at++;
		}
		else if (*here == '\\')
			skip_escaped(scanner);
		else if (*here != '\n' && *here != '\r')
			scanner->at++;
		else if (triple)
			skip_line_end(scanner);
		else
			break;
	}
	return unterminated(scanner, token->line, triple);
}

/* Skips an escape in an f-string.  In "\N{DASH}" the brace opens no replacement field. */
static void
skip_fstring_escape(MhScanner *scanner, bool raw)
{
	char next = peek(scanner, 1);

	if (next == '{' || next == '}')
	{
		scanner->at++;
		return;
	}
	if (!raw && next == 'N' && peek(scanner, 2) == '{')
	{
		scanner->at += 3;
		while (is_class(peek(scanner, 0), IN_NAME) || peek(scanner, 0) == ' ' ||
			   peek(scanner, 0) == '-')
			scanner->at++;
		if (peek(scanner, 0) == '}')
			scanner->at++;
		return;
	}
	skip_escaped(scanner);
}

typedef enum FstringStep
{
	FSTRING_GO_ON,
	FSTRING_TOKEN, /* there is a token to hand out */
	FSTRING_ENDED, /* the closing quote has been read */
	FSTRING_FAILED
} FstringStep;

/*
 * Opens a replacement field.  The f-string token is returned before its first field, so that a
 * reader gets the string before the expressions inside it.
 */
static FstringStep
open_field(MhScanner *scanner, MhFrame *fstring, MhToken *token)
{
	if (innermost(scanner) == fstring && !fstring->string.has_field)
	{
		fstring->string.has_field = true;
		*token = fstring->string;
		return FSTRING_TOKEN;
	}
	if (!push(scanner, MH_FRAME_FIELD, '{'))
		return FSTRING_FAILED;
	operator_token(scanner, token, '{', 1);
	return FSTRING_TOKEN;
}

static FstringStep
fstring_brace(MhScanner *scanner, MhFrame *fstring, MhToken *token)
{
	char c = *scanner->at;
	bool in_spec = innermost(scanner)->kind == MH_FRAME_SPEC;

	if (!in_spec && peek(scanner, 1) == c)
	{
		scanner->at += 2;
		return FSTRING_GO_ON;
	}
	if (c == '{')
		return open_field(scanner, fstring, token);
	if (!in_spec)
	{
		fail(scanner, scanner->line, "single \"%c\" in an f-string", c);
		return FSTRING_FAILED;
	}
	scanner->depth--;
	operator_token(scanner, token, '}', 1);
	return FSTRING_TOKEN;
}

static FstringStep
fstring_quote(MhScanner *scanner, MhFrame *fstring, MhToken *token)
{
	const char *here = scanner->at;

	if (!skip_closing_quote(scanner, fstring->opener, fstring->triple))
	{
		scanner->at++;
		return FSTRING_GO_ON;
	}
	if (innermost(scanner) != fstring)
	{
		fail(scanner, innermost(scanner)->line, "\"%c\" was never closed", '{');
		return FSTRING_FAILED;
	}
	scanner->depth--;
	if (fstring->string.has_field)
		return FSTRING_ENDED;
	*token = fstring->string;
	token->length = here - token->text;
	return FSTRING_TOKEN;
}

/* Goes on in the text of an f-string, or in a format specification. */
static FstringStep
scan_fstring(MhScanner *scanner, MhToken *token)
{
	MhFrame *fstring = &scanner->frames[innermost(scanner)->fstring];
	FstringStep step = FSTRING_GO_ON;

	while (step == FSTRING_GO_ON)
	{
		char c;

		scanner->at = skip_text(scanner->at, scanner->end);
		c = peek(scanner, 0);
		if (scanner->at == scanner->end || ((c == '\n' || c == '\r') && !fstring->triple))
			break;
		if (c == fstring->opener)
			step = fstring_quote(scanner, fstring, token);
		else if (c == '{' || c == '}')
			step = fstring_brace(scanner, fstring, token);
		else if (c == '\\')
			skip_fstring_escape(scanner, fstring->string.raw);
		else if (!skip_line_end(scanner))
			scanner->at++;
	}
	if (step == FSTRING_GO_ON)
	{
		unterminated(scanner, fstring->line, fstring->triple);
		step = FSTRING_FAILED;
	}
	return step;
}

/* Returns whether this is a string prefix, and then sets the properties of the string. */
static bool
string_prefix(const char *text, size_t length, MhToken *token)
{
	bool unicode = false;

	token->raw = token->bytes = token->template = token->formatted = false;
	token->has_field = false;
	if (length > 2)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		char c = pg_ascii_tolower((unsigned char) text[i]);
		bool *property = c == 'r'   ? &token->raw
						 : c == 'b' ? &token->bytes
						 : c == 't' ? &token->template
						 : c == 'f' ? &token->formatted
						 : c == 'u' ? &unicode
									: NULL;

		if (property == NULL || *property)
			return false;
		*property = true;
	}
	if (length == 2 && !(token->raw && !unicode))
		return false;
	token->formatted |= token->template;
	return true;
}

/* at stands on the first quote; token has the properties of the prefix. */
static bool
start_string(MhScanner *scanner, MhToken *token)
{
	char quote = *scanner->at;
	bool triple = peek(scanner, 1) == quote && peek(scanner, 2) == quote;
	MhFrame *frame;

	scanner->at += triple ? 3 : 1;
	token->text = scanner->at;
	token->length = 0;
	token->depth = scanner->depth;
	if (!token->formatted)
	{
		token->kind = MH_TOKEN_STRING;
		return scan_plain_string(scanner, token, quote, triple);
	}
	if (!push(scanner, MH_FRAME_FSTRING, quote))
		return false;
	frame = innermost(scanner);
	frame->triple = triple;
	frame->string = *token;
	frame->string.kind = MH_TOKEN_STRING;
	return true;
}

static void
scan_number(MhScanner *scanner, MhToken *token)
{
	token->kind = MH_TOKEN_NUMBER;
	token->text = scanner->at;
	token->depth = scanner->depth;
	while (is_class(peek(scanner, 0), IN_NAME) || peek(scanner, 0) == '.')
		scanner->at++;
	token->length = scanner->at - token->text;
}

static bool
closes(const MhFrame *frame, char closer)
{
	char opener = closer == ')' ? '(' : closer == ']' ? '[' : '{';

	return frame->opener == opener;
}

static bool
scan_bracket(MhScanner *scanner, MhToken *token, char c)
{
	if (c == '(' || c == '[' || c == '{')
		return push(scanner, MH_FRAME_BRACKET, c) && operator_token(scanner, token, c, 1);
	if (scanner->depth == 0)
		return fail(scanner, scanner->line, "unmatched \"%c\"", c);
	if (!closes(innermost(scanner), c))
		return fail(scanner, scanner->line, "closing \"%c\" does not match what was opened", c);
	scanner->depth--;
	return operator_token(scanner, token, c, 1);
}

/* Reads an operator of two or three characters, or else of one. */
static bool
scan_operator(MhScanner *scanner, MhToken *token)
{
	char c = peek(scanner, 0);
	char next = peek(scanner, 1);
	bool doubles = next == c && (c == '*' || c == '/' || c == '<' || c == '>');

	if (is_class(c, SINGLE))
		return operator_token(scanner, token, c, 1);
	if (c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}')
		return scan_bracket(scanner, token, c);
	if (doubles && peek(scanner, 2) == '=')
		return operator_token(scanner, token, MH_OP_AUGMENTED, 3);
	if (doubles || (c == '-' && next == '>'))
		return operator_token(scanner, token, MH_OP_OTHER, 2);
	if (next != '=')
		return operator_token(scanner, token, c, 1);
	if (c == ':')
		return operator_token(scanner, token, MH_OP_WALRUS, 2);
	if (c == '=' || c == '!' || c == '<' || c == '>')
		return operator_token(scanner, token, MH_OP_OTHER, 2);
	if (strchr("+-*/%@&|^", c) != NULL)
		return operator_token(scanner, token, MH_OP_AUGMENTED, 2);
	return operator_token(scanner, token, c, 1);
}

/* Reads the token at a character that is neither blank nor line end. */
static bool
scan_token(MhScanner *scanner, MhToken *token)
{
	char c = *scanner->at;
	MhFrame *frame = innermost(scanner);

	token->line = scanner->line;
	token->op = MH_OP_NONE;
	if (c == '"' || c == '\'' || (classes[(unsigned char) c] & (IN_NAME | IN_NUMBER)) == IN_NAME)
	{
		const char *start = scanner->at;

		scanner->at = skip_class(start, scanner->end, IN_NAME);
		c = peek(scanner, 0);
		if ((c == '"' || c == '\'') && string_prefix(start, scanner->at - start, token))
			return start_string(scanner, token);
		token->kind = MH_TOKEN_NAME;
		token->text = start;
		token->length = scanner->at - start;
		token->depth = scanner->depth;
		return true;
	}
	if (is_class(c, IN_NUMBER) || (c == '.' && is_class(peek(scanner, 1), IN_NUMBER)))
	{
		scan_number(scanner, token);
		return true;
	}
	if (c == ':' && frame != NULL && frame->kind == MH_FRAME_FIELD)
	{
		scanner->at++;
		frame->kind = MH_FRAME_SPEC;
		return true;
	}
	return scan_operator(scanner, token);
}

/*
 * Counts the column of a blank.  A tab counts as one column, because CPython refuses files in which
 * its width would matter.  A form feed starts again at 0.
 */
static void
count_column(MhScanner *scanner, char c)
{
	scanner->column = c == '\f' ? 0 : scanner->column + 1;
}

static void
skip_comment(MhScanner *scanner)
{
	const char *line_feed = memchr(scanner->at, '\n', scanner->end - scanner->at);
	const char *line_end = line_feed == NULL ? scanner->end : line_feed;
	const char *carriage_return = memchr(scanner->at, '\r', line_end - scanner->at);

	scanner->at = carriage_return == NULL ? line_end : carriage_return;
}

/* What stands between two tokens. */
typedef enum Gap
{
	GAP_TOKEN,   /* a token follows */
	GAP_NEWLINE, /* a logical line ended */
	GAP_END,
	GAP_FAILED
} Gap;

static Gap
skip_gap(MhScanner *scanner)
{
	bool indenting = !scanner->line_started;

	if (indenting)
		scanner->column = 0;
	while (scanner->at < scanner->end)
	{
		char c = *scanner->at;

		if (c == ' ' || c == '\t' || c == '\f')
		{
			if (indenting)
				count_column(scanner, c);
			scanner->at++;
		}
		else if (c == '#')
			skip_comment(scanner);
		else if (skip_line_end(scanner))
		{
			if (scanner->depth == 0 && scanner->line_started)
				return GAP_NEWLINE;
			indenting = !scanner->line_started;
			scanner->column = indenting ? 0 : scanner->column;
		}
		else if (c == '\\')
		{
			scanner->at++;
			/* Indentation ends at a backslash that follows some blank. */
			indenting &= scanner->column == 0;
			if (!skip_line_end(scanner))
			{
				fail(scanner, scanner->line, "unexpected character after line continuation", '\0');
				return GAP_FAILED;
			}
		}
		else
			return GAP_TOKEN;
	}
	return GAP_END;
}

static bool
finish(MhScanner *scanner, MhToken *token)
{
	MhFrame *frame = innermost(scanner);

	if (frame != NULL)
		return fail(scanner, frame->line, "\"%c\" was never closed", frame->opener);
	token->kind = scanner->line_started ? MH_TOKEN_NEWLINE : MH_TOKEN_END;
	token->depth = 0;
	scanner->line_started = false;
	return true;
}

void
mh_scan_init(MhScanner *scanner, const char *source, size_t length)
{
	scanner->at = source;
	scanner->end = source + length;
	scanner->line = 1;
	scanner->column = 0;
	scanner->line_started = false;
	scanner->depth = 0;
	scanner->problem = NULL;
}

/*
 * Takes one step; token->kind stays at NONE where that gave no token (an
 * f-string was opened or closed, a format specification begins).
 */
static bool
scan_step(MhScanner *scanner, MhToken *token)
{
	MhFrame *frame = innermost(scanner);

	if (frame != NULL && (frame->kind == MH_FRAME_FSTRING || frame->kind == MH_FRAME_SPEC))
		return scan_fstring(scanner, token) != FSTRING_FAILED;
	switch (skip_gap(scanner))
	{
		case GAP_NEWLINE:
			scanner->line_started = false;
			token->kind = MH_TOKEN_NEWLINE;
			token->depth = 0;
			return true;
		case GAP_END:
			return finish(scanner, token);
		case GAP_FAILED:
			return false;
		case GAP_TOKEN:
			break;
	}
	scanner->line_started = true;
	return scan_token(scanner, token);
}

bool
mh_scan_next(MhScanner *scanner, MhToken *token)
{
	MH_CHECK_INTERRUPTS();
	token->op = MH_OP_NONE;
	token->kind = MH_TOKEN_NONE;
	while (token->kind == MH_TOKEN_NONE)
		if (!scan_step(scanner, token))
			return false;
	return true;
}
