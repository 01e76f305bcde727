/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  The text of expressions on the columns of one table.
 *
 * pg_get_expr opens the table to learn the names of its columns.  That fills the relation cache with
 * the table and everything that belongs to it, which takes longer than writing the text, and keeps
 * memory for the rest of the session.  The names are known here.  So most expressions are deparsed
 * by the same function of the server with these names; test/t/060_definitions.pl compares.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/expression.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"

/*
 * Returns whether the text may need more than the names of columns, or is one that pg_get_expr breaks
 * into lines, which deparse_expression does not.
 */
static bool
needs_more(Node *node, void *relation)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
		{
			const Var *var = (const Var *) node;

			return var->varno != 1 || var->varlevelsup != 0 ||
				   mh_find_column(relation, var->varattno) == NULL;
		}
		case T_Const:
			return false;
		case T_List:
		case T_FuncExpr:
		case T_OpExpr:
		case T_ScalarArrayOpExpr:
		case T_BoolExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_CollateExpr:
		case T_ArrayExpr:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_NullTest:
		case T_BooleanTest:
			return expression_tree_walker(node, needs_more, relation);
		default:
			return true;
	}
}

/* The names of columns by their numbers; '' for one that was dropped. */
static List *
column_names(const MhRelation *relation)
{
	List *names = NIL;

	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhColumn *column = &relation->columns[i];

		while (list_length(names) < column->attnum - 1)
			names = lappend(names, makeString(pstrdup("")));
		names = lappend(names, makeString(mh_from_utf8(column->plain_name)));
	}
	return names;
}

/*
 * Names as deparse_context_for has them of a table.  An entry that is no table has its columns with it.
 * No text here has the name of the entry itself.
 */
static List *
naming(const MhRelation *relation)
{
	PlannedStmt *statement = makeNode(PlannedStmt);
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	char *name = pstrdup("of_table");

	entry->rtekind = RTE_VALUES;
	entry->eref = makeAlias(name, column_names(relation));
	statement->rtable = list_make1(entry);
	return deparse_context_for_plan_tree(statement, list_make1(name));
}

/* NULL: the table has to be opened for it. */
static char *
text_unopened(const MhRelation *relation, Node *expression)
{
	if (expression == NULL || IsA(expression, List) ||
		needs_more(expression, unconstify(MhRelation *, relation)))
		return NULL;
	return deparse_expression(expression, naming(relation), false, false);
}

/* Calls pg_get_expr or pg_get_indexdef, which return NULL for what is gone. */
static char *
text_of_call(FunctionCallInfo call, PGFunction function)
{
	Datum value = function(call);

	return call->isnull ? NULL : TextDatumGetCString(value);
}

static char *
opened_text(const MhRelation *relation, Datum tree)
{
	LOCAL_FCINFO(call, 2);

	InitFunctionCallInfoData(*call, NULL, 2, InvalidOid, NULL, NULL);
	call->args[0].value = tree;
	call->args[0].isnull = false;
	call->args[1].value = ObjectIdGetDatum(relation->oid.value);
	call->args[1].isnull = false;
	return text_of_call(call, pg_get_expr);
}

char *
mh_row_expression(const MhCatalogRow *row, int column, const MhRelation *relation)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch;
	char *shown;

	if (mh_row_is_null(row, column) || row->reading->source != NULL)
		return mh_row_canonical(row, column);
	scratch = AllocSetContextCreate(caller, "mighead expression", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(scratch);
	shown = text_unopened(relation, stringToNode(TextDatumGetCString(row->values[column])));
	if (shown == NULL)
		shown = opened_text(relation, row->values[column]);
	if (shown != NULL)
		shown = mh_canonical(row->reading, mh_to_utf8(shown));
	MemoryContextSwitchTo(caller);
	shown = shown == NULL ? NULL : pstrdup(shown);
	MemoryContextDelete(scratch);
	return shown;
}

static char *
opened_key(MhCatalogOid index, int key)
{
	LOCAL_FCINFO(call, 3);

	InitFunctionCallInfoData(*call, NULL, 3, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(index.value);
	call->args[0].isnull = false;
	call->args[1].value = Int32GetDatum(key);
	call->args[1].isnull = false;
	call->args[2].value = BoolGetDatum(false);
	call->args[2].isnull = false;
	return text_of_call(call, pg_get_indexdef_ext);
}

/* Only of these is it certain whether they need parentheses as a key. */
static bool
is_plain_call(const Node *expression)
{
	return IsA(expression, FuncExpr) &&
		   ((const FuncExpr *) expression)->funcformat == COERCE_EXPLICIT_CALL;
}

char *
mh_index_key_text(const MhRelation *relation, MhCatalogOid index, int key, Node *expression)
{
	char *text = NULL;

	if (is_plain_call(expression) || IsA(expression, OpExpr))
		text = text_unopened(relation, expression);
	if (text == NULL)
		return opened_key(index, key);
	return is_plain_call(expression) ? text : psprintf("(%s)", text);
}
