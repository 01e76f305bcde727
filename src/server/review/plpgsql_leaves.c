/*-------------------------------------------------------------------------
 *
 * plpgsql_leaves.c
 *	  Statements of PL/pgSQL that have no others in them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/plpgsql_private.h"

#include "catalog/pg_type.h"

static const char *const to_semicolon[] = {";", NULL};
static const char *const to_next[] = {",", ";", NULL};

/* ---------- words ---------- */

/* A label, or the name of a condition: any word that is not reserved. */
const char *
mh_pl_read_identifier(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);

	if (token->kind != PL_IDENT || mh_pl_is_reserved(token) || mh_pl_name_length(body) > 1)
		mh_pl_syntax("syntax error");
	mh_pl_next(body);
	return token->text;
}

/* A word that a variable of its name hides. */
bool
mh_pl_skip_plain_word(PlBody *body, const char *word)
{
	if (!mh_pl_is_word(mh_pl_now(body), word))
		return false;
	if (mh_pl_find(body, word, false) != NULL)
		mh_pl_not_understood();
	mh_pl_next(body);
	return true;
}

/* A word that no variable hides, but that may be a part of a name. */
bool
mh_pl_skip_free_word(PlBody *body, const char *word)
{
	if (!mh_pl_is_word(mh_pl_now(body), word) || mh_pl_name_length(body) > 1)
		return false;
	mh_pl_next(body);
	return true;
}

/* ---------- conditions ---------- */

/* Common ones, which all releases have. */
static const char *const conditions[] = {"case_not_found",
										 "cardinality_violation",
										 "check_violation",
										 "cannot_coerce",
										 "connection_exception",
										 "data_exception",
										 "datatype_mismatch",
										 "datetime_field_overflow",
										 "deadlock_detected",
										 "dependent_objects_still_exist",
										 "division_by_zero",
										 "duplicate_alias",
										 "duplicate_column",
										 "duplicate_database",
										 "duplicate_function",
										 "duplicate_object",
										 "duplicate_schema",
										 "duplicate_table",
										 "exclusion_violation",
										 "feature_not_supported",
										 "foreign_key_violation",
										 "insufficient_privilege",
										 "integrity_constraint_violation",
										 "internal_error",
										 "invalid_datetime_format",
										 "invalid_parameter_value",
										 "invalid_password",
										 "invalid_schema_name",
										 "invalid_table_definition",
										 "invalid_text_representation",
										 "lock_not_available",
										 "no_data",
										 "no_data_found",
										 "not_null_violation",
										 "null_value_not_allowed",
										 "numeric_value_out_of_range",
										 "object_in_use",
										 "object_not_in_prerequisite_state",
										 "plpgsql_error",
										 "program_limit_exceeded",
										 "query_canceled",
										 "raise_exception",
										 "restrict_violation",
										 "serialization_failure",
										 "string_data_right_truncation",
										 "syntax_error",
										 "system_error",
										 "too_many_rows",
										 "triggered_action_exception",
										 "undefined_column",
										 "undefined_file",
										 "undefined_function",
										 "undefined_object",
										 "undefined_parameter",
										 "undefined_table",
										 "unique_violation",
										 "wrong_object_type"};

void
mh_pl_check_condition(const char *name)
{
	for (int i = 0; i < lengthof(conditions); i++)
		if (strcmp(conditions[i], name) == 0)
			return;
	mh_pl_not_understood();
}

void
mh_pl_read_sqlstate(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);

	if (token->kind != PL_SCONST || strlen(token->text) != 5 ||
		strspn(token->text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5)
		mh_pl_syntax("invalid SQLSTATE code");
	mh_pl_next(body);
}

/* ---------- EXIT ---------- */

static void
read_exit(PlBody *body, bool is_exit)
{
	const PlScope *scope = body->scope;
	const char *label = NULL;

	if (!mh_pl_is(body, ';') && !mh_pl_is_word(mh_pl_now(body), "when"))
		label = mh_pl_read_identifier(body);
	if (mh_pl_skip_word(body, "when"))
		(void) mh_pl_read_expression(body, to_semicolon);
	else
		mh_pl_expect(body, ';');
	while (scope != NULL &&
		   (label == NULL ? !scope->is_loop
						  : scope->label == NULL || strcmp(scope->label, label) != 0))
		scope = scope->outer;
	if (scope == NULL)
		mh_pl_syntax("there is no such block or loop");
	if (!is_exit && !scope->is_loop)
		mh_pl_syntax("CONTINUE is for loops");
}

/* ---------- RETURN ---------- */

static void
expect_no_value(PlBody *body, int sqlstate)
{
	if (!mh_pl_skip(body, ';'))
		mh_pl_refuse(sqlstate, "RETURN cannot have a value here");
}

static void
read_return_query(PlBody *body)
{
	static const char *const to_using[] = {";", "using", NULL};

	if (!mh_pl_skip_word(body, "execute"))
		mh_pl_read_statement(body);
	else if (mh_pl_read_expression(body, to_using) == 1)
		while (mh_pl_read_expression(body, to_next) == 0)
			continue;
}

static void
read_return(PlBody *body)
{
	const MhRoutine *routine = body->routine;
	bool is_next;
	bool is_query;

	if (mh_pl_is(body, PL_END))
		mh_pl_syntax("the end of the body is not expected");
	is_next = mh_pl_skip_free_word(body, "next");
	is_query = !is_next && mh_pl_skip_free_word(body, "query");
	if ((is_next || is_query) && !routine->is_set)
		mh_pl_refuse(ERRCODE_DATATYPE_MISMATCH, "the function returns no set");
	if (is_query)
		read_return_query(body);
	else if (!is_next && routine->is_set)
		expect_no_value(body, ERRCODE_DATATYPE_MISMATCH);
	else if (!is_next && (routine->returns == VOIDOID || routine->returns == EVENT_TRIGGEROID))
		expect_no_value(body,
						routine->is_procedure ? ERRCODE_SYNTAX_ERROR : ERRCODE_DATATYPE_MISMATCH);
	else if (routine->n_out > 0)
		expect_no_value(body, ERRCODE_DATATYPE_MISMATCH);
	else
		(void) mh_pl_read_expression(body, to_semicolon);
}

/* ---------- RAISE, ASSERT ---------- */

static void
read_raise_options(PlBody *body)
{
	static const char *const words[] = {"errcode",    "message",  "detail", "hint",  "column",
										"constraint", "datatype", "table",  "schema"};

	do
	{
		bool is_option = false;

		for (int i = 0; i < lengthof(words) && !is_option; i++)
			is_option = mh_pl_skip_free_word(body, words[i]);
		if (!is_option)
			mh_pl_syntax("an option of RAISE is missing");
		if (!mh_pl_skip(body, '=') && !mh_pl_skip(body, PL_ASSIGN))
			mh_pl_syntax("syntax error");
	} while (mh_pl_read_expression(body, to_next) == 0);
}

static int
count_parameters(const char *message)
{
	int n = 0;

	for (const char *at = message; *at != '\0'; at++)
		if (at[0] == '%' && at[1] == '%')
			at++;
		else if (at[0] == '%')
			n++;
	return n;
}

static void
read_raise_message(PlBody *body)
{
	static const char *const to_using[] = {",", ";", "using", NULL};
	int expected = count_parameters(mh_pl_now(body)->text);
	int given = 0;
	int met = 0;

	mh_pl_next(body);
	if (!mh_pl_is(body, ',') && !mh_pl_is(body, ';') && !mh_pl_is_word(mh_pl_now(body), "using"))
		mh_pl_syntax("syntax error");
	if (mh_pl_skip(body, ','))
		do
			given++;
		while ((met = mh_pl_read_expression(body, to_using)) == 0);
	else
		met = mh_pl_skip(body, ';') ? 1 : 2;
	if (met == 2 && given == 0)
		mh_pl_next(body);
	if (met == 2)
		read_raise_options(body);
	if (given != expected)
		mh_pl_syntax("RAISE has more or fewer values than its message");
}

static void
read_raise(PlBody *body)
{
	static const char *const levels[] = {"exception", "warning", "notice", "info", "log", "debug"};

	if (mh_pl_skip(body, ';'))
		return;
	for (int i = 0; i < lengthof(levels); i++)
		if (mh_pl_skip_free_word(body, levels[i]))
			break;
	if (mh_pl_is(body, PL_SCONST))
	{
		read_raise_message(body);
		return;
	}
	if (mh_pl_skip_free_word(body, "sqlstate"))
		mh_pl_read_sqlstate(body);
	else if (!mh_pl_is_word(mh_pl_now(body), "using"))
	{
		const PlToken *token = mh_pl_now(body);

		/* a variable is no condition */
		if (token->kind != PL_IDENT || mh_pl_is_reserved(token) || mh_pl_name_length(body) > 1 ||
			mh_pl_find(body, token->text, false) != NULL)
			mh_pl_syntax("syntax error");
		mh_pl_check_condition(token->text);
		mh_pl_next(body);
	}
	if (mh_pl_skip(body, ';'))
		return;
	mh_pl_expect_word(body, "using");
	read_raise_options(body);
}

/* ---------- EXECUTE, GET DIAGNOSTICS, cursors ---------- */

void
mh_pl_read_execute(PlBody *body)
{
	static const char *const to_parts[] = {";", "into", "using", NULL};
	static const char *const to_rest[] = {";", "into", ",", NULL};
	int met = mh_pl_read_expression(body, to_parts);
	bool has_into = false;
	bool has_using = false;

	while (met != 0)
	{
		if (met == 1 ? has_into : has_using)
			mh_pl_syntax("INTO or USING is there twice");
		if (met == 1)
		{
			has_into = true;
			(void) mh_pl_skip_word(body, "strict");
			mh_pl_read_into(body);
			met = mh_pl_is(body, ';') ? 0 : mh_pl_is_word(mh_pl_now(body), "into") ? 1 : 2;
			if (met == 2 && !mh_pl_is_word(mh_pl_now(body), "using"))
				mh_pl_syntax("syntax error");
			mh_pl_next(body);
			continue;
		}
		has_using = true;
		do
			met = mh_pl_read_expression(body, to_rest);
		while (met == 2);
	}
}

static void
read_diagnostics(PlBody *body)
{
	static const char *const items[] = {
		"pg_context",           "row_count",   "pg_exception_detail", "pg_exception_hint",
		"pg_exception_context", "column_name", "constraint_name",     "pg_datatype_name",
		"message_text",         "table_name",  "schema_name",         "returned_sqlstate"};
	bool is_stacked = mh_pl_skip_plain_word(body, "stacked");
	bool is_wrong = false;

	if (!is_stacked)
		(void) mh_pl_skip_plain_word(body, "current");
	if (!mh_pl_skip_plain_word(body, "diagnostics"))
		mh_pl_syntax("syntax error");
	do
	{
		PlTarget target = mh_pl_find_target(body);
		int item = 0;

		if (target.variable == NULL || (target.variable->is_record && !target.is_field))
			mh_pl_syntax("no scalar variable");
		body->now += mh_pl_name_length(body);
		if (mh_pl_is(body, '['))
			mh_pl_syntax("no scalar variable");
		mh_pl_check_assignable(&target);
		if (!mh_pl_skip(body, '=') && !mh_pl_skip(body, PL_ASSIGN))
			mh_pl_syntax("syntax error");
		while (item < lengthof(items) && !mh_pl_skip_free_word(body, items[item]))
			item++;
		if (item == lengthof(items))
			mh_pl_not_understood();
		is_wrong |= item > 0 && is_stacked == (item == 1);
	} while (mh_pl_skip(body, ','));
	mh_pl_expect(body, ';');
	if (is_wrong)
		mh_pl_syntax("the item is not one of these diagnostics");
}

static PlVariable *
read_cursor(PlBody *body)
{
	PlTarget target = mh_pl_find_target(body);

	if (target.variable == NULL)
		mh_pl_syntax("no known variable");
	if (target.variable->is_record || !target.variable->is_cursor)
		mh_pl_refuse(ERRCODE_DATATYPE_MISMATCH, "no variable of a cursor");
	body->now += mh_pl_name_length(body);
	if (mh_pl_is(body, '['))
		mh_pl_refuse(ERRCODE_DATATYPE_MISMATCH, "no variable of a cursor");
	return target.variable;
}

static void
read_open(PlBody *body)
{
	static const char *const to_using[] = {"using", ";", NULL};
	const PlVariable *cursor = read_cursor(body);

	if (cursor->is_bound)
	{
		if (cursor->n_arguments > 0)
			mh_pl_not_understood();
		mh_pl_expect(body, ';');
		return;
	}
	if (mh_pl_skip_free_word(body, "no") && !mh_pl_skip_free_word(body, "scroll"))
		mh_pl_syntax("syntax error");
	(void) mh_pl_skip_free_word(body, "scroll");
	mh_pl_expect_word(body, "for");
	if (!mh_pl_skip_word(body, "execute"))
		mh_pl_read_statement(body);
	else if (mh_pl_read_expression(body, to_using) == 0)
		while (mh_pl_read_expression(body, to_next) == 0)
			continue;
}

/* Of the directions only those without a number. */
static void
read_fetch(PlBody *body, bool is_move)
{
	static const char *const directions[] = {"next", "prior", "first", "last"};
	bool has_direction = false;

	for (int i = 0; i < lengthof(directions) && !has_direction; i++)
		has_direction = mh_pl_skip_free_word(body, directions[i]);
	if (!mh_pl_skip_word(body, "from") && !mh_pl_skip_word(body, "in") &&
		(has_direction || mh_pl_find_target(body).variable == NULL))
		mh_pl_not_understood();
	(void) read_cursor(body);
	if (!is_move)
	{
		mh_pl_expect_word(body, "into");
		mh_pl_read_into(body);
	}
	mh_pl_expect(body, ';');
}

static void
read_end_of_transaction(PlBody *body)
{
	if (mh_pl_skip_plain_word(body, "and"))
	{
		(void) mh_pl_skip_plain_word(body, "no");
		if (!mh_pl_skip_plain_word(body, "chain"))
			mh_pl_syntax("syntax error");
	}
	mh_pl_expect(body, ';');
}

/* ---------- which one it is ---------- */

static void
read_perform(PlBody *body)
{
	static const char *const ends[] = {";", NULL};
	char *sql;

	/* PERFORM is a part of what is read */
	body->now--;
	(void) mh_pl_read_sql(body, ends, RAW_PARSE_DEFAULT, false, &sql);
	memcpy(sql, " SELECT", strlen(" SELECT"));
	mh_pl_check_sql(sql, RAW_PARSE_DEFAULT);
}

static void
read_assert(PlBody *body)
{
	if (mh_pl_read_expression(body, to_next) == 0)
		(void) mh_pl_read_expression(body, to_semicolon);
}

bool
mh_pl_read_leaf(PlBody *body)
{
	if (mh_pl_skip_word(body, "exit"))
		read_exit(body, true);
	else if (mh_pl_skip_word(body, "continue"))
		read_exit(body, false);
	else if (mh_pl_skip_word(body, "return"))
		read_return(body);
	else if (mh_pl_skip_word(body, "raise"))
		read_raise(body);
	else if (mh_pl_skip_word(body, "assert"))
		read_assert(body);
	else if (mh_pl_skip_word(body, "perform"))
		read_perform(body);
	else if (mh_pl_is_word(mh_pl_now(body), "call") || mh_pl_is_word(mh_pl_now(body), "do"))
		mh_pl_read_statement(body);
	else if (mh_pl_skip_word(body, "get"))
		read_diagnostics(body);
	else if (mh_pl_skip_word(body, "open"))
		read_open(body);
	else if (mh_pl_skip_word(body, "fetch"))
		read_fetch(body, false);
	else if (mh_pl_skip_word(body, "move"))
		read_fetch(body, true);
	else if (mh_pl_skip_word(body, "close"))
	{
		(void) read_cursor(body);
		mh_pl_expect(body, ';');
	}
	else if (mh_pl_skip_word(body, "commit") || mh_pl_skip_word(body, "rollback"))
		read_end_of_transaction(body);
	else
		return false;
	return true;
}
