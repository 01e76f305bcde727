/*-------------------------------------------------------------------------
 *
 * facts_rows.c
 *	  Facts of statements that read or change rows.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "nodes/nodeFuncs.h"

/* ---------- the version table ---------- */

static const char *
text_of(Node *node)
{
	A_Const *constant = (A_Const *) node;

	while (node != NULL && IsA(node, TypeCast))
		node = ((TypeCast *) node)->arg;
	constant = (A_Const *) node;
	if (node == NULL || !IsA(node, A_Const) || constant->isnull ||
		nodeTag(&constant->val) != T_String)
		return NULL;
	return mh_fact_text(strVal(&constant->val));
}

static bool
is_version_column(Node *node)
{
	return node != NULL && IsA(node, ColumnRef) &&
		   IsA(llast(((ColumnRef *) node)->fields), String) &&
		   strcmp(strVal(llast(((ColumnRef *) node)->fields)), "version_num") == 0;
}

/* The value of WHERE version_num = 'a'; NULL: it is something else. */
static const char *
version_in(Node *where)
{
	A_Expr *equal = (A_Expr *) where;

	if (where == NULL || !IsA(where, A_Expr) || equal->kind != AEXPR_OP ||
		strcmp(strVal(llast(equal->name)), "=") != 0 || !is_version_column(equal->lexpr))
		return NULL;
	return text_of(equal->rexpr);
}

static bool
is_version_list(List *columns)
{
	return list_length(columns) == 1 &&
		   strcmp(linitial_node(ResTarget, columns)->name, "version_num") == 0;
}

/* ---------- INSERT, UPDATE, DELETE ---------- */

static void
read_columns(MhReviewStatement *statement, List *targets)
{
	ListCell *cell;

	foreach (cell, targets)
		mh_strings_push(&statement->columns, mh_fact_text(lfirst_node(ResTarget, cell)->name));
}

static void
read_values(MhReviewStatement *statement, List *values)
{
	ListCell *row;
	ListCell *cell;
	int i = 0;

	statement->rows = list_length(values);
	statement->n_expressions = list_length(linitial_node(List, values));
	statement->expressions = palloc0(statement->n_expressions * sizeof(MhReviewExpression));
	foreach (cell, linitial_node(List, values))
	{
		if (!IsA(lfirst(cell), SetToDefault))
			statement->expressions[i] = mh_fact_expression(lfirst(cell));
		i++;
	}
	/* rows are alike: one that differs in more than its constants is not analysed */
	foreach (row, values)
		foreach (cell, lfirst_node(List, row))
			if (!IsA(lfirst(cell), A_Const) && statement->rows > 1)
				statement->has_select = true;
}

static void
read_insert(MhReviewStatement *statement, InsertStmt *stmt)
{
	SelectStmt *select = (SelectStmt *) stmt->selectStmt;

	statement->kind = MH_REVIEW_INSERT;
	statement->name = mh_fact_name(stmt->relation);
	read_columns(statement, stmt->cols);
	statement->rows = 1;
	if (select == NULL)
		return;
	if (select->valuesLists == NIL || stmt->withClause != NULL || stmt->onConflictClause != NULL)
	{
		statement->has_select = true;
		statement->rows = -1;
		mh_facts_add_reads(statement, (Node *) select);
		return;
	}
	read_values(statement, select->valuesLists);
	if (is_version_list(stmt->cols) && statement->rows == 1)
		statement->version_after = text_of(linitial(linitial_node(List, select->valuesLists)));
}

static void
read_update(MhReviewStatement *statement, UpdateStmt *stmt)
{
	ListCell *cell;
	int i = 0;

	statement->kind = MH_REVIEW_UPDATE;
	statement->name = mh_fact_name(stmt->relation);
	statement->is_only = !stmt->relation->inh;
	statement->has_where = stmt->whereClause != NULL;
	statement->condition = mh_fact_new_expression(stmt->whereClause);
	read_columns(statement, stmt->targetList);
	statement->n_expressions = list_length(stmt->targetList);
	statement->expressions = palloc0(statement->n_expressions * sizeof(MhReviewExpression));
	foreach (cell, stmt->targetList)
		statement->expressions[i++] = mh_fact_expression(lfirst_node(ResTarget, cell)->val);
	statement->has_select = stmt->fromClause != NIL || stmt->withClause != NULL;
	mh_facts_add_reads(statement, (Node *) stmt->fromClause);
	mh_facts_add_reads(statement, stmt->whereClause);
	if (is_version_list(stmt->targetList) && version_in(stmt->whereClause) != NULL)
	{
		statement->version_before = version_in(stmt->whereClause);
		statement->version_after = text_of(linitial_node(ResTarget, stmt->targetList)->val);
	}
}

static void
read_delete(MhReviewStatement *statement, DeleteStmt *stmt)
{
	statement->kind = MH_REVIEW_DELETE;
	statement->name = mh_fact_name(stmt->relation);
	statement->is_only = !stmt->relation->inh;
	statement->has_where = stmt->whereClause != NULL;
	statement->condition = mh_fact_new_expression(stmt->whereClause);
	statement->has_select = stmt->usingClause != NIL || stmt->withClause != NULL;
	mh_facts_add_reads(statement, (Node *) stmt->usingClause);
	mh_facts_add_reads(statement, stmt->whereClause);
	statement->version_before = version_in(stmt->whereClause);
}

/* ---------- SELECT and COPY ---------- */

static bool
calls_function(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
		return true;
	return raw_expression_tree_walker(node, calls_function, unused);
}

static void
read_select(MhReviewStatement *statement, SelectStmt *stmt)
{
	statement->kind = MH_REVIEW_SELECT;
	statement->tree = stmt;
	statement->has_code = calls_function((Node *) stmt, NULL) || stmt->intoClause != NULL;
	mh_facts_add_reads(statement, (Node *) stmt);
}

static void
read_copy(MhReviewStatement *statement, CopyStmt *stmt)
{
	if (stmt->relation == NULL || !stmt->is_from || stmt->is_program)
		return;
	statement->kind = MH_REVIEW_COPY;
	statement->name = mh_fact_name(stmt->relation);
}

bool
mh_facts_of_rows(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_InsertStmt:
			read_insert(statement, (InsertStmt *) tree);
			return true;
		case T_UpdateStmt:
			read_update(statement, (UpdateStmt *) tree);
			return true;
		case T_DeleteStmt:
			read_delete(statement, (DeleteStmt *) tree);
			return true;
		case T_SelectStmt:
			read_select(statement, (SelectStmt *) tree);
			return true;
		case T_CopyStmt:
			read_copy(statement, (CopyStmt *) tree);
			return true;
		default:
			return false;
	}
}
