/*-------------------------------------------------------------------------
 *
 * expressions.c
 *	  Types, expressions and casts of a script, over the columns of the model.
 *
 * Analysis calls input functions for constants, and so may run code: an expression is analysed only
 * if every function, operator and type that its names could mean is trusted by the strict rule
 * (server/base/trust.h).  It opens no relation: columns are parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/amapi.h"
#include "access/stratnum.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_type.h"
#include "server/base/expression_size.h"
#include "server/base/trust.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* An AND or OR of more is not analysed. */
#define MOST_PARTS 20000

/* ---------- answers ---------- */

static MhReviewAnswer
yes(void)
{
	return (MhReviewAnswer){MH_TRUTH_YES, NULL, NULL};
}

/* ---------- types ---------- */

typedef struct Resolving
{
	const MhReviewType *type;
	MhReviewTypeAnswer *answer;
} Resolving;

static Oid
collation_of(const MhReviewType *type, Oid oid)
{
	List *name = unconstify(List *, (const List *) type->collation);

	if (!OidIsValid(get_typcollation(oid)))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("collations are not supported by type %s", format_type_be(oid))));
	return get_collation_oid(name, false);
}

/* As get_typdefault() has one, without parsing it. */
static bool
has_type_default(Oid type)
{
	HeapTuple row = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool is_null = true;

	if (!HeapTupleIsValid(row))
		return false;
	(void) SysCacheGetAttr(TYPEOID, row, Anum_pg_type_typdefaultbin, &is_null);
	if (is_null)
		(void) SysCacheGetAttr(TYPEOID, row, Anum_pg_type_typdefault, &is_null);
	ReleaseSysCache(row);
	return !is_null;
}

/* Deeper ones are taken to have no other rows. */
#define DEEPEST_TYPE 32
#define MOST_ROWS 1000

static int
number_of_attributes(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	int n = HeapTupleIsValid(tuple) ? ((Form_pg_class) GETSTRUCT(tuple))->relnatts : 0;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return n;
}

static void
collect_rows(Oid type, int depth, MhReviewTypeAnswer *answer)
{
	Oid base = getBaseType(type);
	Oid relation = get_typ_typrelid(base);
	int natts;

	if (depth > DEEPEST_TYPE || answer->n_rows > MOST_ROWS)
		return;
	if (OidIsValid(get_element_type(base)))
		collect_rows(get_element_type(base), depth + 1, answer);
	else if (OidIsValid(get_range_subtype(base)))
		collect_rows(get_range_subtype(base), depth + 1, answer);
	if (!OidIsValid(relation))
		return;
	for (int i = 0; i < answer->n_rows; i++)
		if (answer->rows[i] == relation)
			return;
	mh_ids_push(&answer->rows, &answer->n_rows, relation);
	natts = number_of_attributes(relation);
	for (int i = 1; i <= natts; i++)
	{
		HeapTuple tuple = SearchSysCacheAttNum(relation, (int16) i);

		if (!HeapTupleIsValid(tuple))
			continue;
		collect_rows(((Form_pg_attribute) GETSTRUCT(tuple))->atttypid, depth + 1, answer);
		ReleaseSysCache(tuple);
	}
}

static void
resolve(void *arg)
{
	Resolving *resolving = arg;
	TypeName *name = unconstify(TypeName *, (const TypeName *) resolving->type->tree);
	Oid oid;
	int32 typmod;

	typenameTypeIdAndMod(NULL, name, &oid, &typmod);
	CheckAttributeType("", oid, get_typcollation(oid), NIL, 0);
	resolving->answer->id = oid;
	resolving->answer->typmod = typmod;
	resolving->answer->collation = get_typcollation(oid);
	resolving->answer->row_of = get_typ_typrelid(oid);
	if (oid >= FirstNormalObjectId)
		collect_rows(oid, 0, resolving->answer);
	if (resolving->type->collation != NULL)
		resolving->answer->collation = collation_of(resolving->type, oid);
	resolving->answer->is_domain_with_constraints =
		get_typtype(oid) == TYPTYPE_DOMAIN && mh_domain_has_checks(oid);
	resolving->answer->has_default = get_typtype(oid) == TYPTYPE_DOMAIN && has_type_default(oid);
}

void
mh_world_resolve(void *arg, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	Resolving resolving = {type, answer};
	ErrorData *error = mh_try(resolve, &resolving);

	if (error != NULL && error->sqlerrcode != ERRCODE_INSUFFICIENT_PRIVILEGE)
	{
		answer->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		answer->message = mh_to_utf8(pstrdup(error->message));
	}
	else if (OidIsValid(answer->id))
		answer->name = mh_to_utf8(format_type_with_typemod(answer->id, answer->typmod));
}

/* ---------- the raw tree ---------- */

static bool
is_trusted_type(const TypeName *name)
{
	Type tuple;
	Oid oid;
	bool is_trusted;

	/* 42704 is for the analysis to say */
	tuple = LookupTypeName(NULL, name, NULL, true);
	if (tuple == NULL)
		return true;
	oid = typeTypeId(tuple);
	is_trusted = mh_distrust_type(oid) == NULL;
	ReleaseSysCache(tuple);
	return is_trusted;
}

static bool
are_trusted(FuncCandidateList candidates, bool are_operators)
{
	for (; candidates != NULL; candidates = candidates->next)
	{
		Oid function = are_operators ? get_opcode(candidates->oid) : candidates->oid;

		for (int i = 0; i < candidates->nargs; i++)
			if (mh_distrust_type(candidates->args[i]) != NULL)
				return false;
		/* a volatile built-in function is analysed, not run */
		if (mh_distrust_function(function) != NULL && function >= FirstNormalObjectId)
			return false;
	}
	return true;
}

static FuncCandidateList
functions_called(List *names)
{
	return FuncnameGetCandidates(names, -1, NIL, false, false, false, true);
}

static bool
has_untrusted(Node *node, void *may_query)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) && !*(bool *) may_query)
		return true;
	/* its analysis needs the table of the UPDATE or DELETE, and nobody knows where the cursor is */
	if (IsA(node, CurrentOfExpr))
		return true;
	if (IsA(node, TypeName) && !is_trusted_type((TypeName *) node))
		return true;
	if (IsA(node, FuncCall) && !are_trusted(functions_called(((FuncCall *) node)->funcname), false))
		return true;
	if (IsA(node, A_Expr) && ((A_Expr *) node)->name != NIL &&
		!are_trusted(OpernameGetCandidates(((A_Expr *) node)->name, '\0', true), true))
		return true;
	if (IsA(node, TypeCast) && !is_trusted_type(((TypeCast *) node)->typeName))
		return true;
	return raw_expression_tree_walker(node, has_untrusted, may_query);
}

bool
mh_names_untrusted(Node *tree, bool may_query)
{
	return has_untrusted(tree, &may_query);
}

bool
mh_are_same_expressions(const MhReviewExpression *a, const MhReviewExpression *b)
{
	return equal(a->tree, b->tree);
}

/* ---------- analysis ---------- */

typedef struct Analysis
{
	const MhReviewExpression *expression;
	int use;
	const MhModelRelation *relation;
	const MhModelColumn *target;
	Node *result;
	bool is_volatile;
	bool is_unknown;
	bool is_unsafe; /* it may run code by being analysed */
} Analysis;

static int
number_of_column(const MhModelRelation *relation, const char *name)
{
	for (int i = 0; relation != NULL && i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && strcmp(relation->columns[i].name, name) == 0)
			return i;
	return -1;
}

static bool
is_own_name(const Analysis *analysis, const ColumnRef *reference)
{
	int n = list_length(reference->fields);

	return n == 1 || (n == 2 && strcmp(strVal(linitial(reference->fields)),
									   mh_from_utf8(pstrdup(analysis->relation->name))) == 0);
}

/* System columns, whole rows, and names with a schema. */
static bool
may_mean_more(const Analysis *analysis, const ColumnRef *reference)
{
	Node *last = llast(reference->fields);

	return list_length(reference->fields) > 1 || !IsA(last, String) ||
		   SystemAttributeByName(strVal(last)) != NULL ||
		   strcmp(strVal(last), mh_from_utf8(pstrdup(analysis->relation->name))) == 0;
}

/* A column is a parameter with its number, so that no relation has to be opened. */
static Node *
column_as_parameter(ParseState *state, ColumnRef *reference)
{
	const Analysis *analysis = state->p_ref_hook_state;
	const MhModelColumn *column;
	Node *last = llast(reference->fields);
	Param *parameter;
	int number;

	if (analysis->relation == NULL)
		return NULL;
	number = IsA(last, String) && is_own_name(analysis, reference)
				 ? number_of_column(analysis->relation, mh_to_utf8(pstrdup(strVal(last))))
				 : -1;
	if (number < 0 && may_mean_more(analysis, reference))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("an expression names more than columns")));
	if (number < 0)
		return NULL;
	column = &analysis->relation->columns[number];
	if (column->type == 0 || column->type >= MH_FIRST_MODEL_ID)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("the type of a column is not known")));
	parameter = makeNode(Param);
	parameter->paramkind = PARAM_EXTERN;
	parameter->paramid = number + 1;
	parameter->paramtype = column->type;
	parameter->paramtypmod = column->typmod;
	parameter->paramcollid = column->collation;
	parameter->location = reference->location;
	return (Node *) parameter;
}

static ParseExprKind
kind_of_use(int use)
{
	switch (use)
	{
		case MH_USE_DEFAULT:
			return EXPR_KIND_COLUMN_DEFAULT;
		case MH_USE_GENERATED:
			return EXPR_KIND_GENERATED_COLUMN;
		case MH_USE_CHECK:
			return EXPR_KIND_CHECK_CONSTRAINT;
		case MH_USE_INDEX:
			return EXPR_KIND_INDEX_EXPRESSION;
		case MH_USE_PREDICATE:
			return EXPR_KIND_INDEX_PREDICATE;
		case MH_USE_TRANSFORM:
			return EXPR_KIND_ALTER_COL_TRANSFORM;
		case MH_USE_WHERE:
			return EXPR_KIND_WHERE;
		case MH_USE_POLICY:
			return EXPR_KIND_POLICY;
		default:
			return EXPR_KIND_UPDATE_SOURCE;
	}
}

static bool
is_condition(int use)
{
	return use == MH_USE_CHECK || use == MH_USE_PREDICATE || use == MH_USE_WHERE ||
		   use == MH_USE_POLICY;
}

static const char *
name_of_use(int use)
{
	return use == MH_USE_CHECK ? "CHECK" : "WHERE";
}

/* As the server does for the value of a column. */
static Node *
coerce_to_target(ParseState *state, const Analysis *analysis, Node *value)
{
	Oid type = exprType(value);
	Node *result;

	if (analysis->target == NULL || analysis->use == MH_USE_TRANSFORM)
		return value;
	if (analysis->target->type == 0 || analysis->target->type >= MH_FIRST_MODEL_ID ||
		mh_distrust_type(analysis->target->type) != NULL)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("values of the type are not made here")));
	result =
		coerce_to_target_type(state, value, type, analysis->target->type, analysis->target->typmod,
							  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (result == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" is of type %s but expression is of type %s",
							   mh_from_utf8(pstrdup(analysis->target->name)),
							   format_type_be(analysis->target->type), format_type_be(type))));
	return result;
}

static void
refuse_mutable(const Analysis *analysis, Node *result)
{
	if (analysis->use != MH_USE_INDEX && analysis->use != MH_USE_PREDICATE &&
		analysis->use != MH_USE_GENERATED)
		return;
	/* as planned: a function in SQL may be more than what it comes down to here */
	if (contain_mutable_functions((Node *) expression_planner((Expr *) result)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						errmsg(analysis->use == MH_USE_GENERATED
								   ? "generation expression is not immutable"
								   : "functions in index expression must be marked IMMUTABLE")));
}

static bool
is_in_sql(Oid function, void *unused)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	bool result =
		HeapTupleIsValid(tuple) && ((Form_pg_proc) GETSTRUCT(tuple))->prolang == SQLlanguageId;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* Functions in SQL, which the planner may replace by what they compute. */
static bool
has_sql_function(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_in_sql, NULL))
		return true;
	return expression_tree_walker(node, has_sql_function, unused);
}

static bool
may_analyse(const MhReviewExpression *expression, int use, const MhModelRelation *relation)
{
	/* elsewhere the analysis refuses a subquery before it looks into it */
	bool may_query = use != MH_USE_WHERE && use != MH_USE_VALUE && use != MH_USE_POLICY;

	if (mh_names_untrusted(unconstify(Node *, (const Node *) expression->tree), may_query))
		return false;
	for (int i = 0; relation != NULL && i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];

		if ((expression->is_whole || mh_strings_contain(&expression->columns, column->name)) &&
			column->type != 0 && column->type < MH_FIRST_MODEL_ID &&
			mh_distrust_type(column->type) != NULL)
			return false;
	}
	return true;
}

/* AND and OR of many parts: folding moves all of them for each. */
static bool
is_long(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, BoolExpr) && list_length(((BoolExpr *) node)->args) > MOST_PARTS)
		return true;
	return raw_expression_tree_walker(node, is_long, unused);
}

static void
analyse(void *arg)
{
	Analysis *analysis = arg;
	ParseState *state = make_parsestate(NULL);
	Node *result;

	if (is_long((Node *) analysis->expression->tree, NULL))
		ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
						errmsg("an expression has more than %d parts", MOST_PARTS)));
	if (!may_analyse(analysis->expression, analysis->use, analysis->relation))
	{
		analysis->is_unsafe = true;
		return;
	}
	state->p_pre_columnref_hook = column_as_parameter;
	state->p_ref_hook_state = analysis;
	result = transformExpr(state, copyObject((Node *) analysis->expression->tree),
						   kind_of_use(analysis->use));
	if (is_condition(analysis->use))
		result = coerce_to_boolean(state, result, name_of_use(analysis->use));
	result = coerce_to_target(state, analysis, result);
	assign_expr_collations(state, result);
	if (analysis->use == MH_USE_INDEX && exprType(result) == RECORDOID)
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
						errmsg("an index cannot have rows without a type")));
	if (mh_distrust_expression(result) == NULL)
		refuse_mutable(analysis, result);
	else if (analysis->use == MH_USE_INDEX || analysis->use == MH_USE_PREDICATE ||
			 analysis->use == MH_USE_GENERATED)
	{
		if (contain_mutable_functions(result) && !has_sql_function(result, NULL))
			ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
							errmsg("the expression is not immutable")));
		analysis->is_unknown = true;
	}
	analysis->is_volatile = contain_volatile_functions(result);
	analysis->result = result;
}

static Node *
run_analysis(Analysis *analysis, MhReviewAnswer *answer)
{
	ErrorData *error;

	if (analysis->relation != NULL && analysis->relation->is_opaque)
	{
		*answer = mh_answer_unknown("the columns are not known");
		return NULL;
	}
	error = mh_try(analyse, analysis);
	if (analysis->is_unsafe)
	{
		*answer = mh_answer_unknown("an expression may run code that is not built in");
		return NULL;
	}
	*answer = error == NULL ? yes() : mh_refusal(error);
	return error == NULL ? analysis->result : NULL;
}

Node *
mh_analyse_expression(const MhReviewExpression *expression, int use,
					  const MhModelRelation *relation, MhReviewAnswer *answer)
{
	Analysis analysis = {expression, use, relation};

	return run_analysis(&analysis, answer);
}

bool
mh_is_never_null(Node *node)
{
	if (IsA(node, Const))
		return !((Const *) node)->constisnull;
	if (IsA(node, SQLValueFunction))
		return true;
	if (IsA(node, RelabelType))
		return mh_is_never_null((Node *) ((RelabelType *) node)->arg);
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid < FirstNormalObjectId)
	{
		ListCell *cell;

		/* casts of constants, now() and the like */
		foreach (cell, ((FuncExpr *) node)->args)
			if (!mh_is_never_null(lfirst(cell)))
				return false;
		return true;
	}
	if (IsA(node, CoerceViaIO))
		return mh_is_never_null((Node *) ((CoerceViaIO *) node)->arg);
	return false;
}

/* A constant, after folding: what may fail has failed. */
typedef struct Folding
{
	Node *node;
} Folding;

static void
fold(void *arg)
{
	Folding *folding = arg;

	folding->node = (Node *) expression_planner(copyObject((Expr *) folding->node));
}

void
mh_world_expression(void *arg, const MhReviewExpression *expression, MhReviewUse use,
					const MhModelRelation *relation, const MhModelColumn *target,
					MhReviewExpressionAnswer *answer)
{
	const MhReviewServer *server = arg;
	Analysis analysis = {expression, use, relation, target};
	Node *result = run_analysis(&analysis, &answer->answer);
	bool is_of_here;

	if (result == NULL)
		return;
	is_of_here = server->there != NULL && mh_depends_on_collation(result);
	if (analysis.is_unknown)
		answer->answer = mh_answer_unknown("an expression runs code that is not built in");
	answer->is_volatile = analysis.is_volatile;
	if (mh_distrust_expression(result) == NULL)
	{
		Folding folding = {result};
		ErrorData *error = mh_try(fold, &folding);

		/* defaults, indexes and the like are folded when they are made or used */
		if (error != NULL && error->sqlerrcode != ERRCODE_INSUFFICIENT_PRIVILEGE)
		{
			if (use != MH_USE_DEFAULT)
				answer->answer = mh_refusal(error);
			else
				answer->answer = mh_answer_unknown("the default cannot be evaluated");
			return;
		}
		result = folding.node;
	}
	answer->is_simple = mh_cannot_fail(result);
	answer->is_distinct =
		IsA(result, FuncExpr) && ((FuncExpr *) result)->funcid == F_GEN_RANDOM_UUID;
	answer->is_not_null = mh_is_never_null(result);
	answer->is_null = IsA(result, Const) && ((Const *) result)->constisnull;
	if (is_of_here || analysis.is_volatile || mh_distrust_expression(result) != NULL)
		answer->value.is_unknown = true;
	else
		mh_describe_value(result, &answer->value);
}

/* ---------- casts ---------- */

typedef struct Casting
{
	const MhModelRelation *relation;
	const MhModelColumn *column;
	const MhReviewTypeAnswer *type;
	const MhReviewExpression *transform;
	Node *result;
	bool is_unsafe;
} Casting;

static Node *
value_of_column(const Casting *casting)
{
	Param *parameter = makeNode(Param);

	parameter->paramkind = PARAM_EXTERN;
	parameter->paramid = 1 + (int) (casting->column - casting->relation->columns);
	parameter->paramtype = casting->column->type;
	parameter->paramtypmod = casting->column->typmod;
	parameter->paramcollid = casting->column->collation;
	parameter->location = -1;
	return (Node *) parameter;
}

static void
cast_column(void *arg)
{
	Casting *casting = arg;
	Node *value = value_of_column(casting);

	if (casting->transform != NULL)
	{
		Analysis analysis = {casting->transform, MH_USE_TRANSFORM, casting->relation};

		analyse(&analysis);
		casting->is_unsafe = analysis.is_unsafe;
		if (analysis.is_unsafe)
			return;
		value = analysis.result;
	}
	value =
		coerce_to_target_type(NULL, value, exprType(value), casting->type->id,
							  casting->type->typmod, COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (value == NULL)
		return;
	assign_expr_collations(NULL, value);
	if (mh_distrust_expression(value) == NULL)
		value = (Node *) expression_planner((Expr *) value);
	casting->result = value;
}

/* As ATColumnChangeRequiresRewrite(): number is that of the column's parameter. */
static bool
requires_rewrite(Node *node, int number)
{
	for (;;)
	{
		if (IsA(node, Param) && ((Param *) node)->paramid == number)
			return false;
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceToDomain))
		{
			if (mh_domain_has_checks(((CoerceToDomain *) node)->resulttype))
				return true;
			node = (Node *) ((CoerceToDomain *) node)->arg;
		}
		else if (IsA(node, FuncExpr) &&
				 (((FuncExpr *) node)->funcid == F_TIMESTAMPTZ_TIMESTAMP ||
				  ((FuncExpr *) node)->funcid == F_TIMESTAMP_TIMESTAMPTZ) &&
				 !TimestampTimestampTzRequiresRewrite())
			node = linitial(((FuncExpr *) node)->args);
		else
			return true;
	}
}

/* Widening casts that fail for no value. */
static bool
never_fails(const Casting *casting)
{
	static const Oid widenings[][2] = {
		{INT2OID, INT4OID},     {INT2OID, INT8OID},        {INT4OID, INT8OID},
		{INT2OID, NUMERICOID},  {INT4OID, NUMERICOID},     {INT8OID, NUMERICOID},
		{FLOAT4OID, FLOAT8OID}, {TIMESTAMPTZOID, DATEOID}, {JSONOID, TEXTOID},
		{JSONBOID, TEXTOID},    {UUIDOID, TEXTOID},        {INT4OID, TEXTOID},
		{INT8OID, TEXTOID},     {BOOLOID, TEXTOID},        {TIMESTAMPOID, DATEOID},
		{DATEOID, TEXTOID},     {NUMERICOID, TEXTOID}};

	if (casting->transform != NULL)
		return false;
	for (int i = 0; i < lengthof(widenings); i++)
		if (widenings[i][0] == casting->column->type && widenings[i][1] == casting->type->id &&
			casting->type->typmod == -1)
			return true;
	return false;
}

static bool
is_narrower(const Casting *casting)
{
	int32 before = casting->column->typmod;
	int32 after = casting->type->typmod;

	if (casting->column->type != casting->type->id)
		return casting->column->type == TEXTOID ||
			   (casting->column->type == INT8OID && casting->type->id != NUMERICOID);
	return after != -1 && (before == -1 || after < before);
}

bool
mh_is_known_type(uint32 type)
{
	return type != 0 && type < MH_FIRST_MODEL_ID;
}

static MhReviewAnswer
no_cast(const Casting *casting)
{
	MhReviewAnswer answer = {MH_TRUTH_NO, "42804"};

	answer.detail = psprintf(
		"the type of column %s cannot be cast to %s%s",
		mh_to_utf8(pstrdup(quote_identifier(mh_from_utf8(pstrdup(casting->column->name))))),
		casting->type->name, casting->transform == NULL ? " without USING" : "");
	return answer;
}

void
mh_world_cast(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
			  const MhReviewTypeAnswer *type, const MhReviewExpression *transform,
			  MhReviewCastAnswer *answer)
{
	Casting casting = {relation, column, type, transform};
	ErrorData *error;

	answer->answer = mh_answer_unknown("the types are made by the script");
	answer->rewrites = true;
	if (!mh_is_known_type(column->type) || !mh_is_known_type(type->id))
		return;
	error = mh_try(cast_column, &casting);
	if (casting.is_unsafe)
	{
		answer->answer = mh_answer_unknown("USING may run code that is not built in");
		return;
	}
	answer->rewrites = false;
	if (error != NULL)
		answer->answer = mh_refusal(error);
	else if (casting.result == NULL)
		answer->answer = no_cast(&casting);
	if (casting.result == NULL)
		return;
	answer->answer = yes();
	answer->node = casting.result;
	answer->is_known = true;
	answer->is_narrower = is_narrower(&casting);
	answer->rewrites = requires_rewrite(casting.result, 1 + (int) (column - relation->columns));
	answer->cannot_fail = !answer->rewrites || never_fails(&casting);
	if (mh_distrust_expression(casting.result) != NULL)
		answer->answer = mh_answer_unknown("the cast runs code that is not built in");
}

MhReviewTruth
mh_world_comparable(void *arg, uint32 referring, uint32 referred)
{
	Oid opclass;
	Oid family;
	Oid base;

	if (!mh_is_known_type(referring) || !mh_is_known_type(referred))
		return MH_TRUTH_UNKNOWN;
	referred = getBaseType(referred);
	base = getBaseType(referring);
	opclass = GetDefaultOpClass(referred, BTREE_AM_OID);
	if (!OidIsValid(opclass))
		return MH_TRUTH_UNKNOWN;
	family = get_opclass_family(opclass);
	if (OidIsValid(get_opfamily_member(family, get_opclass_input_type(opclass), base,
									   BTEqualStrategyNumber)))
		return MH_TRUTH_YES;
	if (can_coerce_type(1, &base, &referred, COERCION_IMPLICIT))
		return MH_TRUTH_YES;
	referred = get_opclass_input_type(opclass);
	return can_coerce_type(1, &base, &referred, COERCION_IMPLICIT) && !IsPolymorphicType(referred)
			   ? MH_TRUTH_YES
			   : MH_TRUTH_NO;
}

/* ---------- indexes ---------- */

typedef struct Indexing
{
	const MhModelRelation *relation;
	const IndexStmt *stmt;
} Indexing;

static void
check_method(const IndexStmt *stmt, Oid method)
{
	const IndexAmRoutine *routine = GetIndexAmRoutineByAmId(method, false);

	if ((stmt->unique && !routine->amcanunique) ||
		(stmt->indexIncludingParams != NIL && !routine->amcaninclude) ||
		(list_length(stmt->indexParams) > 1 && !routine->amcanmulticol))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("access method \"%s\" does not support this kind of index",
							   stmt->accessMethod)));
}

static void
check_keys(void *arg)
{
	const Indexing *indexing = arg;
	Oid method = get_am_oid(indexing->stmt->accessMethod, false);
	ListCell *cell;

	check_method(indexing->stmt, method);
	foreach (cell, indexing->stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, cell);
		int number = element->name == NULL
						 ? -1
						 : number_of_column(indexing->relation, mh_to_utf8(pstrdup(element->name)));
		uint32 type = number < 0 ? 0 : indexing->relation->columns[number].type;

		if (element->collation != NIL)
			(void) get_collation_oid(element->collation, false);
		if (element->opclass != NIL)
			(void) get_opclass_oid(method, element->opclass, false);
		else if (mh_is_known_type(type) && !OidIsValid(GetDefaultOpClass(type, method)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("data type %s has no default operator class for access method \"%s\"",
							format_type_be(type), indexing->stmt->accessMethod)));
	}
}

MhReviewAnswer
mh_world_index(void *arg, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	Indexing indexing = {relation, statement->tree};
	ErrorData *error = mh_try(check_keys, &indexing);

	if (error != NULL)
		return mh_refusal(error);
	return indexing.stmt->options != NIL || indexing.stmt->tableSpace != NULL
			   ? mh_answer_unknown("options of the index are not judged")
			   : yes();
}
