/*-------------------------------------------------------------------------
 *
 * plpgsql_tokens.c
 *	  The tokens of a body of PL/pgSQL, as the server's scanner has them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/plpgsql_private.h"

/* Bodies that are longer are not read. */
#define MOST_TOKENS 200000

static const char *const reserved[] = {"all",    "begin",   "by",   "case",    "declare", "else",
									   "end",    "execute", "for",  "foreach", "from",    "if",
									   "in",     "into",    "loop", "not",     "null",    "or",
									   "strict", "then",    "to",   "using",   "when",    "while"};

/* Those of every release. */
static const char *const unreserved[] = {"absolute",
										 "alias",
										 "and",
										 "array",
										 "assert",
										 "backward",
										 "call",
										 "chain",
										 "close",
										 "collate",
										 "column",
										 "column_name",
										 "commit",
										 "constant",
										 "constraint",
										 "constraint_name",
										 "continue",
										 "current",
										 "cursor",
										 "datatype",
										 "debug",
										 "default",
										 "detail",
										 "diagnostics",
										 "do",
										 "dump",
										 "elseif",
										 "elsif",
										 "errcode",
										 "error",
										 "exception",
										 "exit",
										 "fetch",
										 "first",
										 "forward",
										 "get",
										 "hint",
										 "import",
										 "info",
										 "insert",
										 "is",
										 "last",
										 "log",
										 "merge",
										 "message",
										 "message_text",
										 "move",
										 "next",
										 "no",
										 "notice",
										 "open",
										 "option",
										 "perform",
										 "pg_context",
										 "pg_datatype_name",
										 "pg_exception_context",
										 "pg_exception_detail",
										 "pg_exception_hint",
										 "print_strict_params",
										 "prior",
										 "query",
										 "raise",
										 "relative",
										 "return",
										 "returned_sqlstate",
										 "reverse",
										 "rollback",
										 "row_count",
										 "rowtype",
										 "schema",
										 "schema_name",
										 "scroll",
										 "slice",
										 "sqlstate",
										 "stacked",
										 "table",
										 "table_name",
										 "type",
										 "use_column",
										 "use_variable",
										 "variable_conflict",
										 "warning"};

/* ---------- errors ---------- */

void
mh_pl_refuse(int sqlstate, const char *message)
{
	ereport(ERROR, (errcode(sqlstate), errmsg_internal("%s", message)));
	pg_unreachable();
}

void
mh_pl_syntax(const char *message)
{
	mh_pl_refuse(ERRCODE_SYNTAX_ERROR, message);
}

void
mh_pl_not_understood(void)
{
	mh_pl_refuse(ERRCODE_INSUFFICIENT_PRIVILEGE, "the body has something that is not followed");
}

/* ---------- scanning ---------- */

typedef struct Scanning
{
	PlBody *body;
	core_yyscan_t scanner;
	core_yy_extra_type extra;
} Scanning;

static PlToken *
add_token(PlBody *body)
{
	if (body->n >= MOST_TOKENS)
		mh_pl_not_understood();
	body->tokens = mh_with_room(body->tokens, body->n, sizeof(PlToken));
	return &body->tokens[body->n++];
}

static bool
scan_token(Scanning *scanning)
{
	PlBody *body = scanning->body;
	core_YYSTYPE value = {0};
	YYLTYPE at = 0;
	int kind = core_yylex(&value, &at, scanning->scanner);
	PlToken *token = add_token(body);

	*token = (PlToken){.kind = kind, .at = at, .end = at};
	if (kind == PL_END)
		return false;
	/* the scanner ends the token in its copy of the text until it reads the next */
	token->end = at + strlen(scanning->extra.scanbuf + at);
	if (kind == PL_IDENT || kind == PL_SCONST || kind == PL_OPERATOR)
		token->text = value.str;
	else if (kind == PL_PARAM)
		token->text = pnstrdup(body->text + at, token->end - at);
	token->is_quoted = kind != PL_IDENT || body->text[at] == '"';
	return true;
}

void
mh_pl_scan(PlBody *body)
{
	Scanning scanning = {body};
	MemoryContext caller = CurrentMemoryContext;

	scanning.scanner = mh_scan_without_keywords(body->text, &scanning.extra);
	scanning.extra.escape_string_warning = false;
	PG_TRY();
	{
		while (scan_token(&scanning))
			CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		/* other errors may come before one that is found later, or after it */
		if (error->sqlerrcode != ERRCODE_SYNTAX_ERROR)
			PG_RE_THROW();
		FlushErrorState();
		*add_token(body) = (PlToken){.kind = PL_BAD};
		*add_token(body) = (PlToken){.kind = PL_END};
	}
	PG_END_TRY();
	scanner_finish(scanning.scanner);
}

/* ---------- reading ---------- */

const PlToken *
mh_pl_ahead(const PlBody *body, int n)
{
	const PlToken *token = &body->tokens[Min(body->now + n, body->n - 1)];

	if (token->kind == PL_BAD)
		mh_pl_syntax("the text cannot be read");
	return token;
}

const PlToken *
mh_pl_now(const PlBody *body)
{
	return mh_pl_ahead(body, 0);
}

void
mh_pl_next(PlBody *body)
{
	if (body->now < body->n - 1)
		body->now++;
}

bool
mh_pl_is(const PlBody *body, int kind)
{
	return mh_pl_now(body)->kind == kind;
}

bool
mh_pl_is_word(const PlToken *token, const char *word)
{
	return token->kind == PL_IDENT && !token->is_quoted && strcmp(token->text, word) == 0;
}

static bool
is_one_of(const PlToken *token, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (mh_pl_is_word(token, words[i]))
			return true;
	return false;
}

bool
mh_pl_is_reserved(const PlToken *token)
{
	return is_one_of(token, reserved, lengthof(reserved));
}

bool
mh_pl_is_keyword(const PlToken *token)
{
	return is_one_of(token, unreserved, lengthof(unreserved));
}

bool
mh_pl_skip(PlBody *body, int kind)
{
	if (!mh_pl_is(body, kind))
		return false;
	mh_pl_next(body);
	return true;
}

bool
mh_pl_skip_word(PlBody *body, const char *word)
{
	if (!mh_pl_is_word(mh_pl_now(body), word))
		return false;
	mh_pl_next(body);
	return true;
}

void
mh_pl_expect(PlBody *body, int kind)
{
	if (!mh_pl_skip(body, kind))
		mh_pl_syntax("syntax error");
}

void
mh_pl_expect_word(PlBody *body, const char *word)
{
	if (!mh_pl_skip_word(body, word))
		mh_pl_syntax(psprintf("%s is missing", word));
}
