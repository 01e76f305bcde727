/*-------------------------------------------------------------------------
 *
 * fact_parts.c
 *	  Names, types, expressions and the like of parse trees as plain facts.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

/* ---------- names and expressions ---------- */

const char *
mh_fact_text(const char *text)
{
	return text == NULL ? NULL : mh_to_utf8(pstrdup(text));
}

MhReviewName
mh_fact_name(const RangeVar *relation)
{
	MhReviewName name = {NULL, NULL};

	if (relation == NULL)
		return name;
	name.schema = mh_fact_text(relation->schemaname);
	name.name = mh_fact_text(relation->relname);
	if (relation->relpersistence == RELPERSISTENCE_TEMP && name.schema == NULL)
		name.schema = "pg_temp";
	return name;
}

/* A list of String: the last is the name, the one before it the schema. */
MhReviewName
mh_fact_name_of_list(List *names)
{
	MhReviewName name = {NULL, NULL};
	int n = list_length(names);

	if (n == 0)
		return name;
	name.name = mh_fact_text(strVal(llast(names)));
	if (n > 1)
		name.schema = mh_fact_text(strVal(list_nth(names, n - 2)));
	return name;
}

MhStrings
mh_fact_strings(List *names)
{
	MhStrings strings = {0, NULL};
	ListCell *cell;

	foreach (cell, names)
		mh_strings_push(&strings, mh_fact_text(strVal(lfirst(cell))));
	return strings;
}

static bool
collect_columns(Node *node, MhReviewExpression *expression)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		Node *last = llast(((ColumnRef *) node)->fields);

		if (IsA(last, String) && list_length(((ColumnRef *) node)->fields) == 1)
			mh_strings_push(&expression->columns, mh_fact_text(strVal(last)));
		else
			expression->is_whole = true;
		return false;
	}
	if (IsA(node, SubLink))
		expression->is_whole = true;
	return raw_expression_tree_walker(node, collect_columns, expression);
}

typedef struct CodeNames
{
	MhStrings *code;
	MhStrings *texts;
} CodeNames;

static bool
collect_code(Node *node, CodeNames *names)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
		mh_strings_push(names->code, mh_fact_text(strVal(llast(((FuncCall *) node)->funcname))));
	else if (IsA(node, TypeName) && ((TypeName *) node)->names != NIL)
		mh_strings_push(names->code, mh_fact_text(strVal(llast(((TypeName *) node)->names))));
	else if (IsA(node, A_Const) && !((A_Const *) node)->isnull &&
			 nodeTag(&((A_Const *) node)->val) == T_String)
		mh_strings_push(names->texts, mh_fact_text(strVal(&((A_Const *) node)->val)));
	return raw_expression_tree_walker(node, collect_code, names);
}

static void
add_code(Node *tree, MhStrings *code, MhStrings *texts)
{
	CodeNames names = {code, texts};

	collect_code(tree, &names);
}

MhReviewExpression
mh_fact_expression(Node *node)
{
	MhReviewExpression expression = {node};
	Node *inner = node;

	collect_columns(node, &expression);
	add_code(node, &expression.code, &expression.texts);
	mh_strings_make_set(&expression.columns);
	while (inner != NULL && IsA(inner, TypeCast))
		inner = ((TypeCast *) inner)->arg;
	if (inner != NULL && IsA(inner, A_Const))
	{
		A_Const *constant = (A_Const *) inner;

		expression.is_null = constant->isnull;
		if (!constant->isnull && nodeTag(&constant->val) == T_String)
			expression.constant = mh_fact_text(strVal(&constant->val));
	}
	return expression;
}

const MhReviewExpression *
mh_fact_new_expression(Node *node)
{
	MhReviewExpression *expression;

	if (node == NULL)
		return NULL;
	expression = palloc(sizeof(MhReviewExpression));
	*expression = mh_fact_expression(node);
	return expression;
}

/* serial is a word of CREATE TABLE and ADD COLUMN, not a type. */
static bool
replace_serial(TypeName *name, MhReviewType *type)
{
	static const char *const serials[][2] = {{"smallserial", "int2"}, {"serial2", "int2"},
											 {"serial", "int4"},      {"serial4", "int4"},
											 {"bigserial", "int8"},   {"serial8", "int8"}};

	if (list_length(name->names) != 1 || name->arrayBounds != NIL)
		return false;
	for (int i = 0; i < lengthof(serials); i++)
		if (strcmp(strVal(linitial(name->names)), serials[i][0]) == 0)
		{
			type->name = (MhReviewName){"pg_catalog", serials[i][1]};
			type->tree = makeTypeNameFromNameList(
				list_make2(makeString("pg_catalog"), makeString(pstrdup(serials[i][1]))));
			return true;
		}
	return false;
}

MhReviewType *
mh_fact_type(TypeName *name)
{
	MhReviewType *type = palloc0(sizeof(MhReviewType));

	type->name = mh_fact_name_of_list(name->names);
	type->text = mh_fact_text(TypeNameToString(name));
	type->tree = name;
	type->is_array = name->arrayBounds != NIL;
	type->is_serial = replace_serial(name, type);
	return type;
}

bool
mh_fact_are_view_options(List *options)
{
	ListCell *cell;

	foreach (cell, options)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (option->defnamespace != NULL || strcmp(option->defname, "security_barrier") != 0)
			return false;
		if (option->arg != NULL &&
			(!IsA(option->arg, String) || (strcmp(strVal(option->arg), "true") != 0 &&
										   strcmp(strVal(option->arg), "false") != 0)))
			return false;
	}
	return true;
}

MhReviewAction *
mh_fact_add_action(MhReviewStatement *statement, MhReviewActionKind kind)
{
	MhReviewAction *action;

	statement->actions =
		mh_with_room(statement->actions, statement->n_actions, sizeof(MhReviewAction));
	action = &statement->actions[statement->n_actions++];
	memset(action, 0, sizeof(MhReviewAction));
	action->kind = kind;
	action->text = "";
	return action;
}

/* ---------- objects of any type ---------- */

MhReviewObject
mh_fact_object(ObjectType type)
{
	switch (type)
	{
		case OBJECT_TABLE:
			return MH_OBJECT_TABLE;
		case OBJECT_VIEW:
			return MH_OBJECT_VIEW;
		case OBJECT_MATVIEW:
			return MH_OBJECT_MATERIALIZED_VIEW;
		case OBJECT_FOREIGN_TABLE:
			return MH_OBJECT_FOREIGN_TABLE;
		case OBJECT_SEQUENCE:
			return MH_OBJECT_SEQUENCE;
		case OBJECT_INDEX:
			return MH_OBJECT_INDEX;
		case OBJECT_COLUMN:
			return MH_OBJECT_COLUMN;
		case OBJECT_TABCONSTRAINT:
			return MH_OBJECT_CONSTRAINT;
		case OBJECT_TYPE:
			return MH_OBJECT_TYPE;
		case OBJECT_DOMAIN:
			return MH_OBJECT_DOMAIN;
		case OBJECT_SCHEMA:
			return MH_OBJECT_SCHEMA;
		case OBJECT_TRIGGER:
			return MH_OBJECT_TRIGGER;
		case OBJECT_POLICY:
			return MH_OBJECT_POLICY;
		case OBJECT_RULE:
			return MH_OBJECT_RULE;
		default:
			return MH_OBJECT_OTHER;
	}
}

void
mh_fact_add_name(MhReviewStatement *statement, MhReviewName name)
{
	size_t size = (statement->n_names + 1) * sizeof(MhReviewName);

	statement->names = statement->names == NULL ? palloc(size) : repalloc(statement->names, size);
	statement->names[statement->n_names++] = name;
}

MhReviewName
mh_fact_name_of_object(Node *object)
{
	MhReviewName name = {NULL, NULL};

	if (IsA(object, List) && list_length((List *) object) > 0 &&
		IsA(linitial((List *) object), String))
		return mh_fact_name_of_list((List *) object);
	if (IsA(object, TypeName))
		return mh_fact_name_of_list(((TypeName *) object)->names);
	if (IsA(object, String))
		name.name = mh_fact_text(strVal(object));
	return name;
}

void
mh_fact_add_code(MhReviewStatement *statement, Node *object)
{
	if (object != NULL && IsA(object, ObjectWithArgs))
		mh_strings_push(&statement->code,
						mh_fact_text(strVal(llast(((ObjectWithArgs *) object)->objname))));
}

/* ---------- what a query reads ---------- */

typedef struct Reads
{
	MhReviewStatement *statement;
	MhNames tables_of_with;
} Reads;

static void
add_read(MhReviewStatement *statement, const RangeVar *relation)
{
	statement->reads = mh_with_room(statement->reads, statement->n_reads, sizeof(MhReviewName));
	statement->reads[statement->n_reads++] = mh_fact_name(relation);
}

static bool
collect_reads(Node *node, Reads *reads)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
	{
		RangeVar *relation = (RangeVar *) node;

		if (relation->schemaname != NULL ||
			!mh_names_have(&reads->tables_of_with, relation->relname))
			add_read(reads->statement, relation);
		return false;
	}
	/* FOR UPDATE OF has aliases */
	if (IsA(node, LockingClause))
		return false;
	if (IsA(node, WithClause))
	{
		ListCell *cell;

		foreach (cell, ((WithClause *) node)->ctes)
			mh_names_add(&reads->tables_of_with, lfirst_node(CommonTableExpr, cell)->ctename);
	}
	/* the names of WITH are needed before the tables are met */
	if (IsA(node, SelectStmt) && ((SelectStmt *) node)->withClause != NULL)
	{
		SelectStmt *select = (SelectStmt *) node;
		WithClause *with = select->withClause;
		bool found = collect_reads((Node *) with, reads);

		/* once only: each level below would double it */
		select->withClause = NULL;
		found = found || raw_expression_tree_walker(node, collect_reads, reads);
		select->withClause = with;
		return found;
	}
	return raw_expression_tree_walker(node, collect_reads, reads);
}

void
mh_facts_add_reads(MhReviewStatement *statement, Node *tree)
{
	Reads reads = {statement};

	collect_reads(tree, &reads);
	add_code(tree, &statement->code, &statement->texts);
}
