/*-------------------------------------------------------------------------
 *
 * plpgsql_declare.c
 *	  DECLARE of PL/pgSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/plpgsql_private.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

/* What the compiler has to know of the type of a variable. */
typedef struct PlType
{
	bool is_record;
	bool is_cursor;
	bool is_pseudo;
	bool has_collation;
} PlType;

/* ---------- types ---------- */

static PlType
describe(const PlBody *body, uint32 id, uint32 collation)
{
	char kind = mh_review_kind_of_new_type(body->server->review, id);
	PlType type = {.has_collation = collation != 0, .is_cursor = id == REFCURSOROID};

	if (kind == '\0' && id < MH_FIRST_MODEL_ID)
		kind = get_typtype(id);
	if (kind == TYPTYPE_DOMAIN && id < MH_FIRST_MODEL_ID && type_is_rowtype(getBaseType(id)))
		mh_pl_not_understood();
	type.is_record = kind == TYPTYPE_COMPOSITE || id == RECORDOID;
	type.is_pseudo = kind == TYPTYPE_PSEUDO && id != RECORDOID;
	return type;
}

/* A built-in type is found under any search_path, unless another one has its name. */
static void
check_path(const PlBody *body, const TypeName *name)
{
	if (body->has_old_names && list_length(name->names) == 1)
		mh_pl_not_understood();
}

static PlType
resolve(PlBody *body, const char *text)
{
	List *tree = raw_parser(text, RAW_PARSE_TYPE_NAME);
	TypeName *name = linitial_node(TypeName, tree);
	MhReviewTypeAnswer answer;
	const MhReviewType *type;

	if (name->setof)
		mh_pl_syntax("a variable cannot be a set");
	check_path(body, name);
	type = mh_fact_type(copyObject(name));
	if (type->is_serial || name->pct_type)
		mh_pl_not_understood();
	if (strcmp(type->name.name, "record") == 0 && !type->is_array)
		return (PlType){.is_record = true};
	mh_review_resolve_type(body->server->review, type, &answer);
	/* the row type of a table of the script */
	if (answer.sqlstate != NULL && strcmp(answer.sqlstate, "42704") == 0 &&
		mh_review_find_relation(body->server->review, &type->name) != NULL)
		return (PlType){.is_record = !type->is_array};
	if (answer.sqlstate != NULL && strcmp(answer.sqlstate, "42P16") == 0)
		mh_pl_refuse(ERRCODE_FEATURE_NOT_SUPPORTED, answer.message);
	if (answer.sqlstate != NULL)
		mh_pl_refuse(MAKE_SQLSTATE(answer.sqlstate[0], answer.sqlstate[1], answer.sqlstate[2],
								   answer.sqlstate[3], answer.sqlstate[4]),
					 answer.message);
	if (answer.id == 0 && type->is_array)
		return (PlType){.is_record = false};
	if (answer.id == 0)
		mh_pl_not_understood();
	return describe(body, answer.id, answer.collation);
}

/* table.column%TYPE or table%ROWTYPE, whose table has to be one of the model. */
static PlType
resolve_part(PlBody *body, int length, bool is_row)
{
	const char *names[3] = {mh_pl_now(body)->text, length > 1 ? mh_pl_ahead(body, 2)->text : NULL,
							length > 3 ? mh_pl_ahead(body, 4)->text : NULL};
	int n = (length + 1) / 2 - !is_row;
	MhReviewName name = {n > 1 ? mh_fact_text(names[0]) : NULL, NULL};
	const MhModelRelation *relation;
	const MhModelColumn *column;

	if (n < 1 || n > 2 || body->has_old_names)
		mh_pl_not_understood();
	name.name = mh_fact_text(names[n - 1]);
	relation = mh_review_find_relation(body->server->review, &name);
	if (relation == NULL && is_row)
		mh_pl_refuse(ERRCODE_UNDEFINED_TABLE, "the relation of %ROWTYPE does not exist");
	if (relation == NULL || strchr("rpvmf", relation->kind) == NULL)
		mh_pl_not_understood();
	if (is_row)
		return (PlType){.is_record = true};
	if (relation->is_opaque)
		mh_pl_not_understood();
	column = mh_review_find_column(relation, mh_fact_text(names[n]));
	if (column == NULL || column->type == 0)
		mh_pl_not_understood();
	return describe(body, column->type, column->collation);
}

/* Returns false if it is no name with %TYPE or %ROWTYPE. */
static bool
read_part(PlBody *body, PlType *type)
{
	const PlToken *token = mh_pl_now(body);
	int length;
	bool is_row;

	if (token->kind != PL_IDENT || mh_pl_is_reserved(token))
		return false;
	length = mh_pl_name_length(body);
	if (mh_pl_ahead(body, length)->kind != '%')
		return false;
	is_row = mh_pl_is_word(mh_pl_ahead(body, length + 1), "rowtype");
	if (!is_row && !mh_pl_is_word(mh_pl_ahead(body, length + 1), "type"))
		mh_pl_not_understood();
	if (!is_row && length <= 3)
	{
		PlTarget target = mh_pl_find_target(body);

		/* the type of another variable is not kept, but whether it is a record */
		if (target.variable != NULL &&
			(target.variable->is_record || target.is_field || target.variable->is_cursor))
			mh_pl_not_understood();
		if (target.variable != NULL)
		{
			*type = (PlType){.has_collation = true};
			body->now += length + 2;
			return true;
		}
	}
	*type = resolve_part(body, length, is_row);
	body->now += length + 2;
	/* arrays of them are of some releases */
	if (mh_pl_is(body, '[') || mh_pl_is_word(mh_pl_now(body), "array"))
		mh_pl_not_understood();
	return true;
}

static bool
ends_type(const PlToken *token, int depth)
{
	return token->kind == ';' || token->kind == '=' || token->kind == PL_ASSIGN ||
		   mh_pl_is_word(token, "collate") || mh_pl_is_word(token, "not") ||
		   mh_pl_is_word(token, "default") ||
		   (depth == 0 && (token->kind == ',' || token->kind == ')'));
}

static PlType
read_type(PlBody *body)
{
	int from = mh_pl_now(body)->at;
	int depth = 0;
	PlType type;
	char *text;

	if (read_part(body, &type))
		return type;
	for (; !ends_type(mh_pl_now(body), depth); mh_pl_next(body))
	{
		if (mh_pl_is(body, PL_END))
			mh_pl_syntax("a type is not complete");
		if (mh_pl_is(body, '('))
			depth++;
		else if (mh_pl_is(body, ')'))
			depth--;
	}
	text = pnstrdup(body->text + from, mh_pl_now(body)->at - from);
	if (*text == '\0')
		mh_pl_syntax("a type is missing");
	return resolve(body, text);
}

/* ---------- declarations ---------- */

static const char *
read_name(PlBody *body)
{
	const PlToken *token = mh_pl_now(body);

	if (token->kind == PL_PARAM)
		mh_pl_not_understood();
	if (token->kind != PL_IDENT || mh_pl_is_reserved(token) || mh_pl_name_length(body) > 1)
		mh_pl_syntax("a name of a variable is missing");
	if (mh_pl_find(body, token->text, true) != NULL)
		mh_pl_syntax("duplicate declaration");
	mh_pl_next(body);
	return token->text;
}

static void
read_alias(PlBody *body, const char *name)
{
	PlTarget target;
	PlVariable *variable;

	mh_pl_expect_word(body, "for");
	if (mh_pl_is(body, PL_PARAM) || mh_pl_name_length(body) == 1)
		target = mh_pl_find_target(body);
	else
		mh_pl_not_understood();
	if (!mh_pl_is(body, PL_PARAM) &&
		(!mh_pl_is(body, PL_IDENT) || mh_pl_is_reserved(mh_pl_now(body))))
		mh_pl_syntax("syntax error");
	if (target.variable == NULL)
		mh_pl_refuse(ERRCODE_UNDEFINED_OBJECT, "the variable of ALIAS does not exist");
	mh_pl_next(body);
	mh_pl_expect(body, ';');
	variable = mh_pl_declare(body, name);
	variable->is_record = target.variable->is_record;
	variable->is_constant = target.variable->is_constant;
	variable->is_cursor = target.variable->is_cursor;
	variable->is_bound = target.variable->is_bound;
	variable->n_arguments = target.variable->n_arguments;
}

static int
read_arguments(PlBody *body)
{
	int n = 0;

	if (!mh_pl_skip(body, '('))
		return 0;
	do
	{
		const char *name = read_name(body);
		PlType type = read_type(body);

		if (type.is_pseudo)
			mh_pl_refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a variable has a pseudo-type");
		mh_pl_declare(body, name)->is_record = type.is_record;
		n++;
	} while (mh_pl_skip(body, ','));
	mh_pl_expect(body, ')');
	return n;
}

static void
read_cursor(PlBody *body, const char *name)
{
	PlVariable *variable;
	int n;

	mh_pl_push(body, name, false);
	n = read_arguments(body);
	if (!mh_pl_skip_word(body, "for"))
		mh_pl_expect_word(body, "is");
	mh_pl_read_statement(body);
	mh_pl_pop(body);
	variable = mh_pl_declare(body, name);
	variable->is_cursor = variable->is_bound = true;
	variable->n_arguments = n;
}

static void
read_collation(PlBody *body, const PlType *type)
{
	const PlToken *token = mh_pl_now(body);

	if (token->kind != PL_IDENT || mh_pl_is_reserved(token))
		mh_pl_syntax("syntax error");
	if (mh_pl_name_length(body) > 1)
		mh_pl_not_understood();
	if (!type->has_collation || body->has_old_names)
		mh_pl_not_understood();
	(void) get_collation_oid(list_make1(makeString(pstrdup(token->text))), false);
	mh_pl_next(body);
}

static void
read_variable(PlBody *body, const char *name)
{
	static const char *const ends[] = {";", NULL};
	bool is_constant = mh_pl_skip_word(body, "constant");
	PlType type = read_type(body);
	bool is_not_null;
	bool has_value;
	PlVariable *variable;

	if (mh_pl_skip_word(body, "collate"))
		read_collation(body, &type);
	is_not_null = mh_pl_skip_word(body, "not");
	if (is_not_null)
		mh_pl_expect_word(body, "null");
	has_value =
		mh_pl_skip(body, '=') || mh_pl_skip(body, PL_ASSIGN) || mh_pl_skip_word(body, "default");
	if (has_value)
		(void) mh_pl_read_expression(body, ends);
	else
		mh_pl_expect(body, ';');
	if (type.is_pseudo)
		mh_pl_refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a variable has a pseudo-type");
	if (is_not_null && !has_value)
		mh_pl_refuse(ERRCODE_NULL_VALUE_NOT_ALLOWED, "a variable that is NOT NULL has no value");
	variable = mh_pl_declare(body, name);
	variable->is_record = type.is_record;
	variable->is_cursor = type.is_cursor;
	variable->is_constant = is_constant;
}

static void
read_declaration(PlBody *body)
{
	const char *name = read_name(body);
	bool is_scrolled = false;

	if (mh_pl_skip_word(body, "alias"))
	{
		read_alias(body, name);
		return;
	}
	if (mh_pl_skip_word(body, "no"))
	{
		mh_pl_expect_word(body, "scroll");
		is_scrolled = true;
	}
	else
		is_scrolled = mh_pl_skip_word(body, "scroll");
	if (is_scrolled && !mh_pl_is_word(mh_pl_now(body), "cursor"))
		mh_pl_syntax("syntax error");
	if (mh_pl_skip_word(body, "cursor"))
		read_cursor(body, name);
	else
		read_variable(body, name);
}

/* Behind DECLARE, up to BEGIN. */
void
mh_pl_read_declarations(PlBody *body)
{
	while (!mh_pl_is_word(mh_pl_now(body), "begin"))
	{
		CHECK_FOR_INTERRUPTS();
		if (!mh_pl_skip_word(body, "declare"))
			read_declaration(body);
	}
}
