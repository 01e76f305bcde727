/*-------------------------------------------------------------------------
 *
 * facts_rows.c
 *	  Facts of statements that read or change rows.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_class.h"
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
	{
		const ResTarget *target = lfirst_node(ResTarget, cell);

		mh_strings_push(&statement->columns, mh_fact_text(target->name));
		/* a part of a column, or one of several that get a row */
		if (target->indirection != NIL || (target->val != NULL && IsA(target->val, MultiAssignRef)))
			statement->has_select = true;
	}
}

static void
read_values(MhReviewStatement *statement, List *values)
{
	ListCell *row;
	ListCell *cell;
	int i = 0;

	statement->rows = list_length(values);
	statement->n_expressions = list_length(linitial_node(List, values));
	statement->expressions =
		palloc0(statement->rows * statement->n_expressions * sizeof(MhReviewExpression));
	foreach (row, values)
	{
		if (list_length(lfirst_node(List, row)) != statement->n_expressions)
		{
			statement->sqlstate = "42601";
			statement->message = "VALUES lists must all be the same length";
			statement->rows = 0;
			return;
		}
		foreach (cell, lfirst_node(List, row))
		{
			if (!IsA(lfirst(cell), SetToDefault))
				statement->expressions[i] = mh_fact_expression(lfirst(cell));
			i++;
		}
	}
}

static bool
changes_rows(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) ||
		IsA(node, MergeStmt))
		return true;
	return raw_expression_tree_walker(node, changes_rows, unused);
}

/* Functions, types and literals, without what is read. */
static void
add_code_of(MhReviewStatement *statement, Node *tree)
{
	MhReviewExpression expression = mh_fact_expression(tree);

	for (int i = 0; i < expression.code.n; i++)
		mh_strings_push(&statement->code, expression.code.v[i]);
	for (int i = 0; i < expression.texts.n; i++)
		mh_strings_push(&statement->texts, expression.texts.v[i]);
}

/* What a query reads, after the names that WITH gives. */
static void
read_with(MhReviewStatement *statement, WithClause *with, Node *tree)
{
	mh_facts_add_reads(statement,
					   (Node *) list_make2(with == NULL ? (Node *) NIL : (Node *) with, tree));
	if (with != NULL && changes_rows((Node *) with, NULL))
		statement->has_code = true;
	if (with != NULL)
		statement->has_select = true;
}

/* Names of columns may have the alias of the table before them, and then not its name. */
static bool
drop_alias(Node *node, void *arg)
{
	const RangeVar *relation = arg;
	ColumnRef *reference = (ColumnRef *) node;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef) && list_length(reference->fields) == 2 &&
		IsA(linitial(reference->fields), String))
	{
		const char *name = strVal(linitial(reference->fields));

		if (strcmp(name, relation->alias->aliasname) == 0)
			reference->fields = list_delete_first(reference->fields);
		else if (strcmp(name, relation->relname) == 0)
			linitial(reference->fields) = makeString("");
	}
	return raw_expression_tree_walker(node, drop_alias, arg);
}

static void
read_alias(const RangeVar *relation, Node *tree)
{
	if (relation->alias != NULL)
		(void) drop_alias(tree, unconstify(RangeVar *, relation));
}

static bool
has_default(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, SetToDefault))
		return true;
	return raw_expression_tree_walker(node, has_default, unused);
}

/* A query for what RETURNING has. */
static void
read_returning(MhReviewStatement *statement, RangeVar *relation, List *targets)
{
	SelectStmt *select = makeNode(SelectStmt);

	if (targets == NIL)
		return;
	select->targetList = targets;
	select->fromClause = list_make1(relation);
	add_code_of(statement, (Node *) targets);
	statement->returning = select;
}

/* The query that gives the rows, where it can be told from the rest. */
static void
read_insert_query(MhReviewStatement *statement, InsertStmt *stmt, SelectStmt *select)
{
	ListCell *cell;

	if (stmt->withClause != NULL || stmt->onConflictClause != NULL ||
		has_default((Node *) select, NULL))
		return;
	foreach (cell, stmt->cols)
		if (lfirst_node(ResTarget, cell)->indirection != NIL)
			return;
	statement->tree = select;
	read_returning(statement, stmt->relation, MH_RETURNING(stmt));
}

/* They may name columns of other tables. */
static void
forget_expressions(MhReviewStatement *statement)
{
	statement->n_expressions = 0;
	statement->condition = NULL;
}

/* The values and the condition of UPDATE or DELETE as a query. */
static void
read_change_query(MhReviewStatement *statement, RangeVar *relation, WithClause *with, List *values,
				  List *from, Node *where, List *returning)
{
	SelectStmt *select = makeNode(SelectStmt);
	ListCell *cell;

	if (!statement->has_select && statement->n_reads == 0)
		return;
	forget_expressions(statement);
	foreach (cell, values)
	{
		ResTarget *target = copyObject(lfirst_node(ResTarget, cell));

		/* a part of a column */
		if (target->indirection != NIL || IsA(target->val, SetToDefault))
			return;
		if (IsA(target->val, MultiAssignRef))
		{
			MultiAssignRef *part = (MultiAssignRef *) target->val;

			if (!IsA(part->source, RowExpr) ||
				list_length(((RowExpr *) part->source)->args) != part->ncolumns)
				return;
			target->val = list_nth(((RowExpr *) part->source)->args, part->colno - 1);
		}
		/* of several columns, or none */
		if (IsA(target->val, SetToDefault) ||
			(IsA(target->val, ColumnRef) &&
			 IsA(llast(((ColumnRef *) target->val)->fields), A_Star)))
			return;
		select->targetList = lappend(select->targetList, target);
	}
	foreach (cell, returning)
		select->targetList = lappend(select->targetList, lfirst(cell));
	select->fromClause = lcons(relation, list_copy(from));
	select->whereClause = where;
	select->withClause = with;
	add_code_of(statement, (Node *) select);
	statement->tree = select;
}

static bool
is_excluded(const ResTarget *target)
{
	const ColumnRef *column = (const ColumnRef *) target->val;

	return target->indirection == NIL && IsA(column, ColumnRef) &&
		   list_length(column->fields) == 2 && IsA(linitial(column->fields), String) &&
		   IsA(lsecond(column->fields), String) &&
		   strcmp(strVal(linitial(column->fields)), "excluded") == 0 &&
		   strcmp(strVal(lsecond(column->fields)), target->name) == 0;
}

static bool
read_arbiter(MhReviewStatement *statement, const InferClause *infer)
{
	ListCell *cell;

	if (infer == NULL)
		return true;
	if (infer->whereClause != NULL)
		return false;
	statement->arbiter_name = infer->conname == NULL ? NULL : mh_fact_text(infer->conname);
	foreach (cell, infer->indexElems)
	{
		const IndexElem *element = lfirst_node(IndexElem, cell);

		if (element->expr != NULL || element->collation != NIL || element->opclass != NIL)
			return false;
		mh_strings_push(&statement->arbiter, mh_fact_text(element->name));
	}
	return true;
}

/* Returns false where it is not followed. */
static bool
is_conflict_read(MhReviewStatement *statement, const OnConflictClause *clause)
{
	ListCell *cell;

	if ((clause->action != ONCONFLICT_NOTHING && clause->action != ONCONFLICT_UPDATE) ||
		clause->whereClause != NULL || !read_arbiter(statement, clause->infer) ||
		(clause->action == ONCONFLICT_UPDATE && clause->infer == NULL))
		return false;
	foreach (cell, clause->targetList)
	{
		if (!is_excluded(lfirst_node(ResTarget, cell)))
			return false;
		mh_strings_push(&statement->updated, mh_fact_text(lfirst_node(ResTarget, cell)->name));
	}
	statement->conflict = clause->action == ONCONFLICT_UPDATE ? 'u' : 'n';
	return true;
}

static bool
read_conflict(MhReviewStatement *statement, const OnConflictClause *clause)
{
	if (is_conflict_read(statement, clause))
		return true;
	statement->arbiter = statement->updated = (MhStrings){0, NULL};
	statement->arbiter_name = NULL;
	return false;
}

static void
read_insert(MhReviewStatement *statement, InsertStmt *stmt)
{
	SelectStmt *select = (SelectStmt *) stmt->selectStmt;

	statement->kind = MH_REVIEW_INSERT;
	statement->name = mh_fact_name(stmt->relation);
	read_columns(statement, stmt->cols);
	statement->rows = 1;
	statement->is_overriding = stmt->override != OVERRIDING_NOT_SET;
	statement->is_overriding_user = stmt->override == OVERRIDING_USER_VALUE;
	statement->has_select = statement->has_select || MH_HAS_RETURNING(stmt);
	if (select == NULL)
		return;
	if (select->valuesLists == NIL || stmt->withClause != NULL || statement->has_select ||
		(stmt->onConflictClause != NULL && !read_conflict(statement, stmt->onConflictClause)))
	{
		statement->has_select = true;
		statement->rows = select->valuesLists != NIL ? list_length(select->valuesLists) : -1;
		read_with(statement, stmt->withClause, (Node *) select);
		read_insert_query(statement, stmt, select);
		return;
	}
	read_values(statement, select->valuesLists);
	if (is_version_list(stmt->cols) && statement->rows == 1)
		statement->version_after = text_of(linitial(linitial_node(List, select->valuesLists)));
}

static void
read_update(MhReviewStatement *statement, UpdateStmt *stmt)
{
	List *values = copyObject(stmt->targetList);
	Node *where = copyObject(stmt->whereClause);
	ListCell *cell;
	int i = 0;

	read_alias(stmt->relation, (Node *) stmt->targetList);
	read_alias(stmt->relation, stmt->whereClause);
	statement->kind = MH_REVIEW_UPDATE;
	statement->name = mh_fact_name(stmt->relation);
	statement->is_only = !stmt->relation->inh;
	statement->has_where = stmt->whereClause != NULL;
	statement->condition = mh_fact_new_expression(stmt->whereClause);
	read_columns(statement, stmt->targetList);
	statement->n_expressions = list_length(stmt->targetList);
	statement->expressions = palloc0(statement->n_expressions * sizeof(MhReviewExpression));
	foreach (cell, stmt->targetList)
	{
		Node *value = lfirst_node(ResTarget, cell)->val;

		if (!IsA(value, SetToDefault) && !IsA(value, MultiAssignRef) &&
			lfirst_node(ResTarget, cell)->indirection == NIL)
			statement->expressions[i] = mh_fact_expression(value);
		i++;
	}
	statement->has_select |= stmt->fromClause != NIL || MH_HAS_RETURNING(stmt);
	read_with(statement, stmt->withClause,
			  (Node *) list_make3(stmt->fromClause, stmt->targetList, stmt->whereClause));
	read_change_query(statement, stmt->relation, stmt->withClause, values, stmt->fromClause, where,
					  MH_RETURNING(stmt));
	if (is_version_list(stmt->targetList) && version_in(stmt->whereClause) != NULL)
	{
		statement->version_before = version_in(stmt->whereClause);
		statement->version_after = text_of(linitial_node(ResTarget, stmt->targetList)->val);
	}
}

static void
read_delete(MhReviewStatement *statement, DeleteStmt *stmt)
{
	Node *where = copyObject(stmt->whereClause);

	read_alias(stmt->relation, stmt->whereClause);
	statement->kind = MH_REVIEW_DELETE;
	statement->name = mh_fact_name(stmt->relation);
	statement->is_only = !stmt->relation->inh;
	statement->has_where = stmt->whereClause != NULL;
	statement->condition = mh_fact_new_expression(stmt->whereClause);
	statement->has_select = stmt->usingClause != NIL || MH_HAS_RETURNING(stmt);
	read_with(statement, stmt->withClause,
			  (Node *) list_make2(stmt->usingClause, stmt->whereClause));
	read_change_query(statement, stmt->relation, stmt->withClause, NIL, stmt->usingClause, where,
					  MH_RETURNING(stmt));
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
	IntoClause *into = stmt->intoClause;

	statement->kind = MH_REVIEW_SELECT;
	statement->tree = stmt;
	statement->is_creating = changes_rows((Node *) stmt->withClause, NULL);
	statement->has_code = calls_function((Node *) stmt, NULL) || statement->is_creating;
	if (into != NULL)
	{
		statement->kind = statement->is_creating ? MH_REVIEW_OTHER : MH_REVIEW_CREATE_TABLE_AS;
		statement->object = MH_OBJECT_TABLE;
		statement->name = mh_fact_name(into->rel);
		statement->is_temporary = into->rel->relpersistence == RELPERSISTENCE_TEMP;
		statement->is_unlogged = into->rel->relpersistence == RELPERSISTENCE_UNLOGGED;
	}
	/* the table that INTO makes is not read */
	stmt->intoClause = NULL;
	mh_facts_add_reads(statement, (Node *) stmt);
}

static void
read_copy(MhReviewStatement *statement, CopyStmt *stmt)
{
	if (stmt->relation == NULL || stmt->is_program)
		return;
	statement->kind = MH_REVIEW_COPY;
	statement->is_reading = !stmt->is_from;
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
