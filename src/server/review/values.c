/*-------------------------------------------------------------------------
 *
 * values.c
 *	  Values that a statement writes: defaults, and whether checks accept them.
 *
 * Conditions of the live schema are read from the catalogs as they are stored, so nothing waits for
 * a lock.  A condition is folded with the values in it where all of it is trusted by the strict
 * rule.  What is left of it is a question about the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parser.h"
#include "server/base/expression_size.h"
#include "server/base/trust.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/* ---------- folding ---------- */

typedef struct Folding
{
	Node *node;
} Folding;

static void
fold(void *arg)
{
	Folding *folding = arg;

	folding->node = eval_const_expressions(NULL, folding->node);
}

/* Returns NULL where the node may not be evaluated, or fails. */
static Node *
folded(Node *node)
{
	Folding folding = {node};

	if (mh_distrust_expression(node) != NULL)
		return NULL;
	return mh_try(fold, &folding) == NULL ? folding.node : NULL;
}

/* ---------- defaults ---------- */

/* Returns the default; NULL: there is none, or it is too large. */
static Node *
stored_default(Oid relation, AttrNumber number, bool *is_large)
{
	Relation catalog = table_open(AttrDefaultRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	Node *stored = NULL;

	*is_large = false;
	ScanKeyInit(&keys[0], Anum_pg_attrdef_adrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	ScanKeyInit(&keys[1], Anum_pg_attrdef_adnum, BTEqualStrategyNumber, F_INT2EQ,
				Int16GetDatum(number));
	scan = systable_beginscan(catalog, AttrDefaultIndexId, true, NULL, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool is_null;
		Datum value =
			heap_getattr(tuple, Anum_pg_attrdef_adbin, RelationGetDescr(catalog), &is_null);

		*is_large = !is_null && mh_expression_is_large(value);
		if (!is_null)
			stored = mh_expression_parse(value);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return stored;
}

typedef struct Defaulting
{
	const MhModelRelation *relation;
	const MhModelColumn *column;
	MhReviewDefault *answer;
} Defaulting;

/* nextval() of a sequence, which may have been made wider or narrower. */
static bool
is_nextval(Node *node)
{
	if (IsA(node, FuncExpr) && list_length(((FuncExpr *) node)->args) == 1 &&
		((FuncExpr *) node)->funcid != F_NEXTVAL)
		return is_nextval(linitial(((FuncExpr *) node)->args));
	return IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_NEXTVAL &&
		   IsA(linitial(((FuncExpr *) node)->args), Const);
}

/* Whether who may do everything with the table may use the sequence. */
static bool
is_of_owner(Node *node, const MhModelRelation *relation)
{
	HeapTuple tuple;
	bool is_same;

	if (list_length(((FuncExpr *) node)->args) == 1 && ((FuncExpr *) node)->funcid != F_NEXTVAL)
		return is_of_owner(linitial(((FuncExpr *) node)->args), relation);
	tuple = SearchSysCache1(RELOID, ((Const *) linitial(((FuncExpr *) node)->args))->constvalue);
	is_same =
		HeapTupleIsValid(tuple) && ((Form_pg_class) GETSTRUCT(tuple))->relowner == relation->owner;
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return is_same;
}

static void
read_default(void *arg)
{
	Defaulting *defaulting = arg;
	AttrNumber number =
		get_attnum(defaulting->relation->id, mh_from_utf8(pstrdup(defaulting->column->live_name)));
	bool is_large;
	Node *node = stored_default(defaulting->relation->id, number, &is_large);

	if (node == NULL && !is_large && get_typtype(defaulting->column->type) != TYPTYPE_DOMAIN)
		defaulting->answer->value = (MhReviewValue){.is_constant = true, .is_null = true};
	else
		defaulting->answer->can_fail = true;
	if (node == NULL)
		return;
	defaulting->answer->is_counted = is_nextval(node) && is_of_owner(node, defaulting->relation);
	defaulting->answer->is_never_null =
		defaulting->answer->is_counted ||
		(mh_is_never_null(node) && mh_cannot_fail(node) && !contain_volatile_functions(node));
	defaulting->answer->can_fail = !defaulting->answer->is_counted && !mh_cannot_fail(node);
	if (contain_volatile_functions(node))
		return;
	node = folded(node);
	if (node == NULL)
		return;
	mh_describe_value(node, &defaulting->answer->value);
	defaulting->answer->can_fail &= !IsA(node, Const);
}

void
mh_world_default(void *arg, const MhModelRelation *relation, const MhModelColumn *column,
				 MhReviewDefault *answer)
{
	Defaulting defaulting = {relation, column, answer};

	if (mh_try(read_default, &defaulting) != NULL)
		*answer = (MhReviewDefault){.can_fail = true};
}

/* ---------- conditions ---------- */

static Param *
parameter_of(const MhModelRelation *relation, const Var *var)
{
	char *name = get_attname(relation->id, var->varattno, true);
	Param *parameter = makeNode(Param);

	name = name == NULL ? NULL : mh_to_utf8(name);
	parameter->paramkind = PARAM_EXTERN;
	parameter->paramtype = var->vartype;
	parameter->paramtypmod = var->vartypmod;
	parameter->paramcollid = var->varcollid;
	parameter->location = -1;
	for (int i = 0; name != NULL && i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];

		if (column->is_gone || column->live_name == NULL || column->is_retyped ||
			strcmp(column->live_name, name) != 0)
			continue;
		parameter->paramid = i + 1;
		return parameter;
	}
	return NULL;
}

typedef struct Condition
{
	const MhModelRelation *relation;
	const MhModelConstraint *constraint;
	bool is_other; /* than what the catalog has */
	Node *node;
} Condition;

static Node *
use_parameters(Node *node, void *arg)
{
	Condition *condition = arg;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Param *parameter = parameter_of(condition->relation, (Var *) node);

		condition->is_other |= parameter == NULL;
		return parameter == NULL ? node : (Node *) parameter;
	}
	return expression_tree_mutator(node, use_parameters, arg);
}

static Node *
stored_condition(const Condition *condition)
{
	Oid oid = get_relation_constraint_oid(
		condition->relation->id, mh_from_utf8(pstrdup(condition->constraint->live_name)), true);
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(oid));
	bool is_null;
	Datum value;
	Node *node;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	value = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conbin, &is_null);
	node = is_null ? NULL : mh_expression_parse(value);
	ReleaseSysCache(tuple);
	return node;
}

static bool
rename_columns(Node *node, void *arg)
{
	const MhModelRelation *relation = arg;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef) && list_length(((ColumnRef *) node)->fields) == 1 &&
		IsA(linitial(((ColumnRef *) node)->fields), String))
	{
		String *name = linitial_node(String, ((ColumnRef *) node)->fields);

		for (int i = 0; i < relation->n_columns; i++)
			if (!relation->columns[i].is_gone && relation->columns[i].live_name != NULL &&
				strcmp(relation->columns[i].live_name, mh_fact_text(strVal(name))) == 0)
			{
				((ColumnRef *) node)->fields =
					list_make1(makeString(mh_from_utf8(pstrdup(relation->columns[i].name))));
				break;
			}
		return false;
	}
	return raw_expression_tree_walker(node, rename_columns, arg);
}

/* Columns of the text have their live names. */
Node *
mh_parse_condition(const char *text, const MhModelRelation *relation)
{
	List *trees = raw_parser(psprintf("SELECT (%s)", text), RAW_PARSE_DEFAULT);
	const SelectStmt *select = (const SelectStmt *) linitial_node(RawStmt, trees)->stmt;
	Node *condition;

	/* a stranger's text may close the parenthesis, and go on with UNION */
	if (list_length(trees) != 1 || list_length(select->targetList) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("the text is no condition")));
	condition = linitial_node(ResTarget, select->targetList)->val;
	(void) rename_columns(condition, unconstify(MhModelRelation *, relation));
	return condition;
}

/* As ALTER TABLE does where a type has changed: the text of the condition is read again. */
static void
read_again(void *arg)
{
	Condition *condition = arg;
	Oid table = condition->relation->id;
	Node *stored = stored_condition(condition);
	List *context;

	if (stored == NULL || !ConditionalLockRelationOid(table, AccessShareLock) ||
		get_rel_name(table) == NULL)
		return;
	context = deparse_context_for(get_rel_name(table), table);
	condition->node =
		mh_parse_condition(deparse_expression(stored, context, false, false), condition->relation);
}

static void
read_condition(void *arg)
{
	Condition *condition = arg;
	Node *node = stored_condition(condition);

	condition->node = use_parameters(node, condition);
}

static Node *
analysed(const MhReviewExpression *expression, const MhModelRelation *relation,
		 MhReviewAnswer *answer)
{
	return mh_analyse_expression(expression, MH_USE_CHECK, relation, answer);
}

Node *
mh_condition_of(const MhModelRelation *relation, const MhModelConstraint *constraint,
				MhReviewAnswer *answer)
{
	Condition condition = {relation, constraint};

	*answer = mh_answer_unknown("the condition is not followed");
	if (constraint->made != NULL)
		return analysed(constraint->made->expression, relation, answer);
	if (constraint->live_name == NULL || relation->live_name == NULL)
		return NULL;
	if (mh_try(read_condition, &condition) != NULL)
		return NULL;
	if (!condition.is_other)
		return condition.node;
	condition.node = NULL;
	if (mh_try(read_again, &condition) != NULL || condition.node == NULL)
		return NULL;
	return analysed(mh_fact_new_expression(condition.node), relation, answer);
}

/* ---------- indexes ---------- */

typedef struct Indexing
{
	Oid index;
	bool can_fail;
} Indexing;

static void
read_index_parts(void *arg)
{
	static const AttrNumber parts[] = {Anum_pg_index_indexprs, Anum_pg_index_indpred};
	Indexing *indexing = arg;
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexing->index));

	indexing->can_fail = !HeapTupleIsValid(tuple);
	for (int i = 0; HeapTupleIsValid(tuple) && i < (int) lengthof(parts); i++)
	{
		bool is_null;
		Datum value = SysCacheGetAttr(INDEXRELID, tuple, parts[i], &is_null);

		Node *node = is_null ? NULL : mh_expression_parse(value);

		if (!is_null && (node == NULL || !mh_cannot_fail(node)))
			indexing->can_fail = true;
	}
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
}

bool
mh_world_index_cannot_fail(void *arg, const MhModelRelation *index)
{
	Indexing indexing = {index->id};

	return mh_try(read_index_parts, &indexing) == NULL && !indexing.can_fail;
}

/* ---------- a row ---------- */

typedef struct Writing
{
	const MhReviewWritten *row;
	MhReviewQuestion *question;
	bool is_unknown;
} Writing;

static Node *
put_values(Node *node, void *arg)
{
	Writing *writing = arg;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
	{
		const Param *column = (const Param *) node;
		const MhReviewValue *value = &writing->row->values[column->paramid - 1];

		if (value->is_null)
			return (Node *) makeNullConst(column->paramtype, column->paramtypmod,
										  column->paramcollid);
		if (value->node != NULL)
			return copyObject(unconstify(Node *, (const Node *) value->node));
		writing->is_unknown |= value->is_unknown || !writing->row->is_update;
		return node;
	}
	return expression_tree_mutator(node, put_values, arg);
}

static bool
collect_columns(Node *node, void *arg)
{
	Writing *writing = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		mh_strings_add(&writing->question->columns,
					   writing->row->relation->columns[((Param *) node)->paramid - 1].name);
	return expression_tree_walker(node, collect_columns, arg);
}

static bool
is_false(Node *node)
{
	return IsA(node, Const) &&
		   (((Const *) node)->constisnull || !DatumGetBool(((Const *) node)->constvalue));
}

/* Rows of which the statement makes some that violate the condition. */
static MhReviewAnswer
ask_for_violations(Writing *writing, Node *accepted)
{
	List *parts = list_make1(makeBoolExpr(NOT_EXPR, list_make1(accepted), -1));
	Node *violated;

	if (writing->row->is_where_unknown)
		return folded(linitial(parts)) != NULL && is_false(folded(linitial(parts)))
				   ? (MhReviewAnswer){MH_TRUTH_YES}
				   : mh_answer_unknown("the condition cannot be evaluated here");
	if (writing->row->where != NULL)
		parts = lcons(unconstify(Node *, (const Node *) writing->row->where), parts);
	violated = folded((Node *) makeBoolExpr(AND_EXPR, parts, -1));
	if (violated == NULL)
		return mh_answer_unknown("the condition cannot be evaluated here");
	if (is_false(violated))
		return (MhReviewAnswer){MH_TRUTH_YES};
	(void) collect_columns(violated, writing);
	writing->question->kind = MH_ASK_NO_ROW;
	writing->question->node = violated;
	return mh_answer_unknown(NULL);
}

MhReviewAnswer
mh_row_passes(const MhReviewWritten *row, Node *condition, MhReviewQuestion *question)
{
	Writing writing = {row, question};
	Node *node = put_values(condition, &writing);

	if (writing.is_unknown)
	{
		Node *left = folded(node);

		/* some parts may decide, whatever the others are */
		return left != NULL && IsA(left, Const) && !is_false(left)
				   ? (MhReviewAnswer){MH_TRUTH_YES}
				   : mh_answer_unknown("a value is not known");
	}
	if (row->is_update)
		return ask_for_violations(&writing, node);
	node = folded(node);
	if (node == NULL || !IsA(node, Const))
		return mh_answer_unknown("the condition cannot be evaluated here");
	if (((Const *) node)->constisnull || DatumGetBool(((Const *) node)->constvalue))
		return (MhReviewAnswer){MH_TRUTH_YES};
	return (MhReviewAnswer){MH_TRUTH_NO, "23514"};
}

MhReviewAnswer
mh_world_passes_check(void *arg, const MhReviewWritten *row, const MhModelConstraint *check,
					  MhReviewQuestion *question)
{
	MhReviewAnswer answer;
	Node *node = mh_condition_of(row->relation, check, &answer);

	return node == NULL ? answer : mh_row_passes(row, node, question);
}

/* ---------- generated columns ---------- */

typedef struct Generating
{
	const MhModelRelation *relation;
	const MhModelColumn *column;
	Node *node;
} Generating;

static void
read_generated(void *arg)
{
	Generating *generating = arg;
	Condition condition = {generating->relation};
	bool is_large;
	Node *node = stored_default(
		generating->relation->id,
		get_attnum(generating->relation->id, mh_from_utf8(pstrdup(generating->column->live_name))),
		&is_large);

	if (node == NULL)
		return;
	node = use_parameters(node, &condition);
	generating->node = condition.is_other ? NULL : node;
}

/* Over the columns of the model; NULL: nobody can tell. */
static Node *
generated_value(const MhReviewServer *server, const MhModelRelation *relation,
				const MhModelColumn *column)
{
	Generating generating = {relation, column};
	MhReviewExpressionAnswer answer = {{MH_TRUTH_UNKNOWN}};

	if (column->is_retyped)
		return NULL;
	if (column->made_generated != NULL)
	{
		mh_world_expression(unconstify(MhReviewServer *, server), column->made_generated,
							MH_USE_GENERATED, relation, column, &answer);
		return answer.answer.passes == MH_TRUTH_YES && !answer.value.is_unknown
				   ? copyObject(unconstify(Node *, (const Node *) answer.value.node))
				   : NULL;
	}
	if (column->live_name == NULL || relation->live_name == NULL ||
		mh_try(read_generated, &generating) != NULL)
		return NULL;
	return generating.node;
}

static bool
collect_names(Node *node, void *arg)
{
	Writing *writing = arg;
	MhReviewQuestion *question = writing->question;

	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		mh_strings_add(&question->columns,
					   writing->row->relation->columns[((Param *) node)->paramid - 1].name);
	return expression_tree_walker(node, collect_names, arg);
}

static MhStrings
names_in(const MhReviewWritten *row, Node *node)
{
	MhReviewQuestion question = {MH_ASK_OTHER};
	Writing writing = {row, &question};

	(void) collect_names(node, &writing);
	return question.columns;
}

void
mh_compute(const MhReviewWritten *row, const void *expression, MhReviewComputed *computed)
{
	Node *node = unconstify(Node *, (const Node *) expression);
	Writing writing = {row};
	Folding folding;
	ErrorData *error;

	computed->answer = mh_answer_unknown("the expression is not followed");
	if (node == NULL || mh_distrust_expression(node) != NULL || contain_mutable_functions(node))
		return;
	computed->inputs = names_in(row, node);
	folding.node = put_values(node, &writing);
	if (writing.is_unknown || mh_distrust_expression(folding.node) != NULL)
		return;
	error = mh_try(fold, &folding);
	/* UPDATE computes it only if there is a row */
	if (error != NULL && row->is_update)
		return;
	computed->answer = error == NULL ? mh_answer_yes() : mh_refusal(error);
	if (error != NULL)
		return;
	computed->is_simple = mh_cannot_fail(folding.node);
	computed->is_not_null = mh_is_never_null(folding.node);
	computed->columns = names_in(row, folding.node);
	mh_describe_value(folding.node, &computed->value);
}

void
mh_world_computed(void *arg, const MhReviewWritten *row, const MhModelColumn *column,
				  MhReviewComputed *computed)
{
	mh_compute(row, generated_value(arg, row->relation, column), computed);
}
