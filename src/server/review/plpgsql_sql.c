/*-------------------------------------------------------------------------
 *
 * plpgsql_sql.c
 *	  SQL within a body of PL/pgSQL: cut out as its compiler does, and read by the server's parser.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/plpgsql_private.h"

#include "parser/scansup.h"

void
mh_pl_check_sql(const char *sql, int mode)
{
	(void) raw_parser(sql, mode);
}

/* Ends are words, or characters and "..". */
static bool
is_end(const PlToken *token, const char *end)
{
	if (strcmp(end, "..") == 0)
		return token->kind == PL_DOT_DOT;
	return isalpha((unsigned char) *end) ? mh_pl_is_word(token, end) : token->kind == *end;
}

static int
end_met(const PlToken *token, const char *const *ends)
{
	for (int i = 0; ends[i] != NULL; i++)
		if (is_end(token, ends[i]))
			return i;
	return -1;
}

int
mh_pl_read_sql(PlBody *body, const char *const *ends, int mode, bool is_checked, char **sql)
{
	int depth = 0;
	int from = mh_pl_now(body)->at;
	int to = -1;
	int met;
	char *text;

	for (;; mh_pl_next(body))
	{
		const PlToken *token = mh_pl_now(body);

		met = depth == 0 ? end_met(token, ends) : -1;
		if (met >= 0)
			break;
		if (token->kind == '(' || token->kind == '[')
			depth++;
		else if ((token->kind == ')' || token->kind == ']') && --depth < 0)
			mh_pl_syntax("mismatched parentheses");
		if (token->kind == PL_END || token->kind == ';')
			mh_pl_syntax("the end of an expression or a statement is missing");
		to = token->end;
	}
	if (to <= from)
		mh_pl_syntax("an expression or a statement is missing");
	mh_pl_next(body);
	text = pnstrdup(body->text + from, to - from);
	if (sql != NULL)
		*sql = text;
	if (is_checked)
		mh_pl_check_sql(text, mode);
	return met;
}

int
mh_pl_read_expression(PlBody *body, const char *const *ends)
{
	return mh_pl_read_sql(body, ends, RAW_PARSE_PLPGSQL_EXPR, true, NULL);
}

void
mh_pl_read_statement(PlBody *body)
{
	static const char *const ends[] = {";", NULL};

	(void) mh_pl_read_sql(body, ends, RAW_PARSE_DEFAULT, true, NULL);
}

/* ---------- commands, which may have INTO ---------- */

typedef struct Command
{
	PlBody *body;
	int from;
	int into_from; /* < 0: there is no INTO */
	int into_to;
	int depth;
	int blocks;
	int words; /* of CREATE OR REPLACE FUNCTION, that were met; < 0: it is something else */
	bool is_import;
} Command;

/* Follows CREATE [OR REPLACE] {FUNCTION | PROCEDURE}, which has blocks of its own. */
static void
follow_creation(Command *command, const PlToken *token)
{
	static const char *const words[] = {"create", "or", "replace"};

	if (command->words < 0 || command->words == 4)
		return;
	if ((command->words == 1 || command->words == 3) &&
		(mh_pl_is_word(token, "function") || mh_pl_is_word(token, "procedure")))
		command->words = 4;
	else if (command->words < 3 && mh_pl_is_word(token, words[command->words]))
		command->words++;
	else
		command->words = -1;
}

static void
follow_depth(Command *command, const PlToken *token)
{
	if (token->kind == '(')
		command->depth++;
	else if (token->kind == ')' && command->depth > 0)
		command->depth--;
	if (command->words != 4 || command->depth > 0)
		return;
	if (mh_pl_is_word(token, "begin") || mh_pl_is_word(token, "case"))
		command->blocks++;
	else if (mh_pl_is_word(token, "end") && command->blocks > 0)
		command->blocks--;
}

static bool
is_own_into(const Command *command)
{
	const PlToken *before = mh_pl_ahead(command->body, -1);

	if (command->is_import)
		return true;
	/* not one that belongs to a name */
	return (mh_pl_is_word(before, "insert") || mh_pl_is_word(before, "merge")) &&
		   mh_pl_ahead(command->body, -2)->kind != '.';
}

static void
read_into(Command *command)
{
	PlBody *body = command->body;

	if (command->into_from >= 0)
		mh_pl_syntax("INTO specified more than once");
	command->into_from = mh_pl_now(body)->at;
	mh_pl_next(body);
	(void) mh_pl_skip_word(body, "strict");
	mh_pl_read_into(body);
	command->into_to = mh_pl_now(body)->at;
}

void
mh_pl_read_command(PlBody *body)
{
	Command command = {body, mh_pl_now(body)->at, -1};
	char *sql;
	int length;

	command.is_import = mh_pl_is_word(mh_pl_now(body), "import");
	for (bool is_first = true;; is_first = false)
	{
		const PlToken *token = mh_pl_now(body);

		if (token->kind == ';' && command.depth == 0 && command.blocks == 0)
			break;
		if (token->kind == PL_END)
			mh_pl_syntax("the end of a statement is missing");
		if (!is_first && mh_pl_is_word(token, "into") && !is_own_into(&command))
		{
			read_into(&command);
			continue;
		}
		follow_creation(&command, token);
		if (!is_first)
			follow_depth(&command, token);
		mh_pl_next(body);
	}
	length = mh_pl_now(body)->at - command.from;
	sql = pnstrdup(body->text + command.from, length);
	if (command.into_from >= 0)
		memset(sql + command.into_from - command.from, ' ', command.into_to - command.into_from);
	while (length > 0 && scanner_isspace(sql[length - 1]))
		sql[--length] = '\0';
	mh_pl_next(body);
	mh_pl_check_sql(sql, RAW_PARSE_DEFAULT);
}
