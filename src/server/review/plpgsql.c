/*-------------------------------------------------------------------------
 *
 * plpgsql.c
 *	  Whether the compiler of PL/pgSQL accepts a body.
 *
 * The compiler looks no table up, and parses expressions without looking into them.  So it can be
 * followed: what is read here to its end is accepted, and what raises an error is refused with it.
 * Nothing is compiled or run.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/plpgsql_private.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/guc.h"

static const char *const to_semicolon[] = {";", NULL};
static const char *const to_then[] = {"then", NULL};
static const char *const to_loop[] = {"loop", NULL};

/* ---------- names ---------- */

static const char *
read_label(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);
	const char *label;

	if (token->kind != PL_OPERATOR || strcmp(token->text, "<<") != 0)
		return NULL;
	mh_pl_next(body);
	label = mh_pl_read_identifier(body);
	token = mh_pl_now(body);
	if (token->kind != PL_OPERATOR || strcmp(token->text, ">>") != 0)
		mh_pl_syntax("syntax error");
	mh_pl_next(body);
	return label;
}

static void
read_end_label(PlBody *body, const char *label)
{
	const char *end;

	if (mh_pl_is(body, ';') || mh_pl_is(body, PL_END))
		return;
	end = mh_pl_read_identifier(body);
	if (label == NULL || strcmp(label, end) != 0)
		mh_pl_syntax("the label at the end is another one");
}

/* ---------- statements ---------- */

static void read_statements(PlBody *body);
static void read_block(PlBody *body, const char *label);

static void
read_if(PlBody *body)
{
	(void) mh_pl_read_expression(body, to_then);
	read_statements(body);
	while (mh_pl_skip_word(body, "elsif") || mh_pl_skip_word(body, "elseif"))
	{
		(void) mh_pl_read_expression(body, to_then);
		read_statements(body);
	}
	if (mh_pl_skip_word(body, "else"))
		read_statements(body);
	mh_pl_expect_word(body, "end");
	mh_pl_expect_word(body, "if");
	mh_pl_expect(body, ';');
}

static void
read_case(PlBody *body)
{
	static const char *const to_when[] = {"when", NULL};

	if (!mh_pl_skip_word(body, "when"))
		(void) mh_pl_read_expression(body, to_when);
	do
	{
		(void) mh_pl_read_expression(body, to_then);
		read_statements(body);
	} while (mh_pl_skip_word(body, "when"));
	if (mh_pl_skip_word(body, "else"))
		read_statements(body);
	mh_pl_expect_word(body, "end");
	mh_pl_expect_word(body, "case");
	mh_pl_expect(body, ';');
}

static void
read_loop_body(PlBody *body, const char *label)
{
	read_statements(body);
	mh_pl_expect_word(body, "end");
	mh_pl_expect_word(body, "loop");
	read_end_label(body, label);
	mh_pl_expect(body, ';');
	mh_pl_pop(body);
}

/* What FOR gives values to. */
typedef struct LoopVariable
{
	const char *name;
	PlTarget target;
	bool is_list;
} LoopVariable;

static LoopVariable
read_loop_variable(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);
	LoopVariable loop = {token->text, mh_pl_find_target(body)};
	int length;

	if ((token->kind != PL_IDENT && token->kind != PL_PARAM) || mh_pl_is_reserved(token))
		mh_pl_syntax("the variable of a loop is missing");
	length = mh_pl_name_length(body);
	if (loop.target.variable == NULL &&
		(token->kind == PL_PARAM || length > 1 || mh_pl_is_keyword(token)))
		mh_pl_syntax("the variable of a loop is not known");
	/* of three names two may be meant */
	if (loop.target.variable != NULL && length == 5)
		mh_pl_not_understood();
	body->now += length;
	if (!mh_pl_is(body, ','))
		return loop;
	if (loop.target.variable == NULL)
		mh_pl_syntax("the variable of a loop is not known");
	if (loop.target.variable->is_record && !loop.target.is_field)
		mh_pl_syntax("syntax error");
	mh_pl_read_list(body, &loop.target);
	loop.is_list = true;
	return loop;
}

static void
check_rows(const LoopVariable *loop, int sqlstate)
{
	if (loop->target.variable == NULL)
		mh_pl_refuse(sqlstate, "the variable of a loop over rows is not known");
	mh_pl_check_assignable(&loop->target);
}

static void
read_for_execute(PlBody *body, const LoopVariable *loop)
{
	static const char *const to_using[] = {"loop", "using", NULL};
	static const char *const to_end[] = {",", "loop", NULL};
	int met = mh_pl_read_expression(body, to_using);

	check_rows(loop, ERRCODE_DATATYPE_MISMATCH);
	if (met == 1)
		while (mh_pl_read_expression(body, to_end) == 0)
			continue;
}

static void
read_for_cursor(PlBody *body, const LoopVariable *loop, const PlVariable *cursor)
{
	body->now += mh_pl_name_length(body);
	if (loop->is_list)
		mh_pl_syntax("a loop over a cursor has one variable");
	if (!cursor->is_bound)
		mh_pl_syntax("a loop over a cursor needs one that has a query");
	if (cursor->n_arguments > 0)
		mh_pl_not_understood();
	mh_pl_expect_word(body, "loop");
	mh_pl_declare(body, loop->name)->is_record = true;
}

/* IN a .. b, or a query. */
static void
read_for_range(PlBody *body, const LoopVariable *loop)
{
	static const char *const to_range[] = {"..", "loop", NULL};
	static const char *const to_by[] = {"loop", "by", NULL};
	bool is_reverse = mh_pl_skip_free_word(body, "reverse");
	char *first;

	if (mh_pl_read_sql(body, to_range, RAW_PARSE_DEFAULT, false, &first) == 1)
	{
		if (is_reverse)
			mh_pl_syntax("REVERSE is not for queries");
		mh_pl_check_sql(first, RAW_PARSE_DEFAULT);
		check_rows(loop, ERRCODE_SYNTAX_ERROR);
		return;
	}
	mh_pl_check_sql(first, RAW_PARSE_PLPGSQL_EXPR);
	if (mh_pl_read_expression(body, to_by) == 1)
		(void) mh_pl_read_expression(body, to_loop);
	if (loop->is_list)
		mh_pl_syntax("a loop over integers has one variable");
	(void) mh_pl_declare(body, loop->name);
}

static void
read_for(PlBody *body)
{
	LoopVariable loop = read_loop_variable(body);
	PlTarget source;

	mh_pl_expect_word(body, "in");
	source = mh_pl_find_target(body);
	if (mh_pl_skip_word(body, "execute"))
		read_for_execute(body, &loop);
	else if (source.variable != NULL && source.variable->is_cursor && !source.is_field)
		read_for_cursor(body, &loop, source.variable);
	else
		read_for_range(body, &loop);
}

/* The compiler says at the end of the loop that its variable is none, where other faults come first. */
static void
read_foreach(PlBody *body)
{
	LoopVariable loop = read_loop_variable(body);

	if (loop.target.variable == NULL || loop.target.variable->is_constant)
		mh_pl_not_understood();
	if (mh_pl_skip_plain_word(body, "slice"))
		mh_pl_expect(body, PL_ICONST);
	mh_pl_expect_word(body, "in");
	if (!mh_pl_skip_plain_word(body, "array"))
		mh_pl_syntax("ARRAY is missing");
	(void) mh_pl_read_expression(body, to_loop);
}

static void
read_loop(PlBody *body, const char *label)
{
	mh_pl_push(body, label, true);
	if (mh_pl_skip_word(body, "foreach"))
		read_foreach(body);
	else if (mh_pl_skip_word(body, "while"))
		(void) mh_pl_read_expression(body, to_loop);
	else if (mh_pl_skip_word(body, "for"))
		read_for(body);
	else
		mh_pl_expect_word(body, "loop");
	read_loop_body(body, label);
}

/* ---------- which statement it is ---------- */

/* Returns false if no such statement begins here. */
static bool
read_reserved(PlBody *body)
{
	if (mh_pl_skip_word(body, "if"))
		read_if(body);
	else if (mh_pl_skip_word(body, "case"))
		read_case(body);
	else if (mh_pl_skip_word(body, "execute"))
		mh_pl_read_execute(body);
	else if (mh_pl_skip_word(body, "null"))
		mh_pl_expect(body, ';');
	else
		return false;
	return true;
}

static void
read_assignment(PlBody *body, const PlTarget *target)
{
	static const int modes[] = {RAW_PARSE_PLPGSQL_ASSIGN1, RAW_PARSE_PLPGSQL_ASSIGN2,
								RAW_PARSE_PLPGSQL_ASSIGN3};

	mh_pl_check_assignable(target);
	(void) mh_pl_read_sql(body, to_semicolon, modes[target->names - 1], true, NULL);
}

/* A statement that begins with a word that is not reserved, or with a parameter. */
static void
read_other(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);
	int length = mh_pl_name_length(body);
	int after = mh_pl_ahead(body, length)->kind;
	bool is_assigned = after == '=' || after == PL_ASSIGN || after == '[';
	PlTarget target = mh_pl_find_target(body);

	/* "." stands before a column with a reserved name */
	if (target.variable != NULL && (length > 1 || is_assigned || after == '.'))
		read_assignment(body, &target);
	else if (length == 1 && mh_pl_is_keyword(token))
	{
		if (mh_pl_is_word(token, "insert") || mh_pl_is_word(token, "merge") ||
			mh_pl_is_word(token, "import"))
			mh_pl_read_command(body);
		else if (!mh_pl_read_leaf(body))
			mh_pl_syntax("no statement");
	}
	else if (is_assigned || after == '.')
		mh_pl_syntax("no known variable");
	else
		mh_pl_read_command(body);
}

static void
read_statement(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);
	const char *label = read_label(body);

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (label != NULL)
		token = mh_pl_now(body);
	if (mh_pl_is_word(token, "declare") || mh_pl_is_word(token, "begin"))
	{
		read_block(body, label);
		mh_pl_expect(body, ';');
	}
	else if (mh_pl_is_word(token, "loop") || mh_pl_is_word(token, "while") ||
			 mh_pl_is_word(token, "for") || mh_pl_is_word(token, "foreach"))
		read_loop(body, label);
	else if (label != NULL)
		mh_pl_syntax("a label is for blocks and loops");
	else if (mh_pl_is_reserved(token))
	{
		if (!read_reserved(body))
			mh_pl_syntax("no statement");
	}
	else if (token->kind == PL_IDENT || token->kind == PL_PARAM)
		read_other(body);
	else
		mh_pl_syntax("no statement");
}

/* Words that end a list of statements, unless a variable of that name gets a value. */
static bool
is_end_of_list(const PlBody *body)
{
	static const char *const words[] = {"end", "else", "when"};
	const PlToken *token = mh_pl_now(body);
	int after;

	for (int i = 0; i < lengthof(words); i++)
		if (mh_pl_is_word(token, words[i]))
			return true;
	if (!mh_pl_is_word(token, "exception") && !mh_pl_is_word(token, "elsif") &&
		!mh_pl_is_word(token, "elseif"))
		return token->kind == PL_END;
	after = mh_pl_ahead(body, mh_pl_name_length(body))->kind;
	if (mh_pl_name_length(body) > 1 || after == '=' || after == PL_ASSIGN || after == '[')
		mh_pl_not_understood();
	return true;
}

static void
read_statements(PlBody *body)
{
	while (!is_end_of_list(body))
		read_statement(body);
}

/* ---------- blocks ---------- */

static void
read_handlers(PlBody *body)
{
	mh_pl_declare(body, "sqlstate")->is_constant = true;
	mh_pl_declare(body, "sqlerrm")->is_constant = true;
	if (!mh_pl_is_word(mh_pl_now(body), "when"))
		mh_pl_syntax("syntax error");
	while (mh_pl_skip_word(body, "when"))
	{
		do
		{
			const char *name = mh_pl_read_identifier(body);

			if (strcmp(name, "sqlstate") == 0)
				mh_pl_read_sqlstate(body);
			else if (strcmp(name, "others") != 0)
				mh_pl_check_condition(name);
		} while (mh_pl_skip_word(body, "or"));
		mh_pl_expect_word(body, "then");
		read_statements(body);
	}
}

static void
read_block(PlBody *body, const char *label)
{
	mh_pl_push(body, label, false);
	if (mh_pl_skip_word(body, "declare"))
		mh_pl_read_declarations(body);
	mh_pl_expect_word(body, "begin");
	read_statements(body);
	if (mh_pl_skip_word(body, "exception"))
		read_handlers(body);
	mh_pl_expect_word(body, "end");
	read_end_label(body, label);
	mh_pl_pop(body);
}

/* ---------- the body ---------- */

static void
declare_parameters(PlBody *body)
{
	const MhRoutine *routine = body->routine;

	for (int i = 0; i < routine->n; i++)
	{
		const MhRoutineParameter *parameter = &routine->parameters[i];
		PlVariable *variable = mh_pl_declare(body, psprintf("$%d", i + 1));

		variable->is_record = parameter->is_record;
		variable->is_cursor = parameter->type == REFCURSOROID;
		if (parameter->name[0] == '\0')
			continue;
		variable = mh_pl_declare(body, parameter->name);
		variable->is_record = parameter->is_record;
		variable->is_cursor = parameter->type == REFCURSOROID;
	}
}

static void
declare_trigger(PlBody *body)
{
	static const char *const names[] = {
		"tg_name",    "tg_when",       "tg_level",        "tg_op",    "tg_relid",
		"tg_relname", "tg_table_name", "tg_table_schema", "tg_nargs", "tg_argv"};

	mh_pl_declare(body, "new")->is_record = true;
	mh_pl_declare(body, "old")->is_record = true;
	for (int i = 0; i < lengthof(names); i++)
		(void) mh_pl_declare(body, names[i]);
}

static void
read_body(void *arg)
{
	PlBody *body = arg;
	const char *label;

	mh_pl_scan(body);
	mh_pl_push(body, body->routine->name, false);
	if (body->routine->returns == TRIGGEROID)
		declare_trigger(body);
	else if (body->routine->returns == EVENT_TRIGGEROID)
	{
		(void) mh_pl_declare(body, "tg_event");
		(void) mh_pl_declare(body, "tg_tag");
	}
	else
		declare_parameters(body);
	(void) mh_pl_declare(body, "found");
	/* options of the compiler */
	if (mh_pl_is(body, PL_OPERATOR) && strcmp(mh_pl_now(body)->text, "#") == 0)
		mh_pl_not_understood();
	label = read_label(body);
	read_block(body, label);
	(void) mh_pl_skip(body, ';');
	if (!mh_pl_is(body, PL_END))
		mh_pl_syntax("something follows the end");
}

/* Settings with which the compiler raises more. */
static bool
has_more_errors(void)
{
	const char *errors = GetConfigOption("plpgsql.extra_errors", true, false);

	return errors != NULL && *errors != '\0' && pg_strcasecmp(errors, "none") != 0;
}

MhReviewAnswer
mh_judge_plpgsql_body(const MhReviewServer *server, const MhRoutine *routine)
{
	PlBody body = {server, routine, routine->body, .has_old_names = routine->has_path};
	ErrorData *error;

	if (has_more_errors())
		return mh_answer_unknown("a setting of PL/pgSQL is not followed");
	error = mh_try(read_body, &body);
	return error == NULL ? mh_answer_yes() : mh_refusal(error);
}
