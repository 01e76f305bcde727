/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  Turns parse trees into plain facts.
 *
 * Trees are those of the raw parser: names as they are written, nothing looked up.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "parser/parse_type.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

/* ---------- transactions and settings ---------- */

/* READ ONLY of BEGIN and SET TRANSACTION. */
static void
read_mode(MhReviewStatement *statement, const DefElem *option)
{
	const A_Const *value = (const A_Const *) option->arg;

	if (strcmp(option->defname, "transaction_read_only") != 0 || !IsA(value, A_Const))
		return;
	statement->is_read_only = intVal(&value->val) != 0;
	statement->is_read_write = !statement->is_read_only;
}

static void
read_transaction(MhReviewStatement *statement, TransactionStmt *stmt)
{
	ListCell *cell;

	statement->part = mh_fact_text(stmt->savepoint_name);
	statement->chain = stmt->chain;
	foreach (cell, stmt->options)
		read_mode(statement, lfirst_node(DefElem, cell));
	switch (stmt->kind)
	{
		case TRANS_STMT_BEGIN:
		case TRANS_STMT_START:
			statement->kind = MH_REVIEW_BEGIN;
			break;
		case TRANS_STMT_COMMIT:
			statement->kind = MH_REVIEW_COMMIT;
			break;
		case TRANS_STMT_ROLLBACK:
			statement->kind = MH_REVIEW_ROLLBACK;
			break;
		case TRANS_STMT_SAVEPOINT:
			statement->kind = MH_REVIEW_SAVEPOINT;
			break;
		case TRANS_STMT_RELEASE:
			statement->kind = MH_REVIEW_RELEASE;
			break;
		case TRANS_STMT_ROLLBACK_TO:
			statement->kind = MH_REVIEW_ROLLBACK_TO;
			break;
		default:
			break;
	}
}

static const char *
text_of_constant(Node *node)
{
	A_Const *constant = (A_Const *) node;

	if (node == NULL || !IsA(node, A_Const) || constant->isnull)
		return NULL;
	switch (nodeTag(&constant->val))
	{
		case T_Integer:
			return psprintf("%d", intVal(&constant->val));
		case T_String:
			return strVal(&constant->val);
		case T_Float:
			return castNode(Float, &constant->val)->fval;
		default:
			return NULL;
	}
}

static void
read_path(MhReviewStatement *statement, const VariableSetStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->args)
	{
		const char *schema = text_of_constant(lfirst(cell));

		if (schema == NULL || *schema == '\0')
			continue;
		if (strcmp(schema, "$user") == 0)
			schema = GetUserNameFromId(GetUserId(), false);
		mh_strings_push(&statement->values, mh_fact_text(schema));
	}
}

static void
read_default_path(MhReviewStatement *statement)
{
	ListCell *cell;

	foreach (cell, fetch_search_path(false))
	{
		char *schema = get_namespace_name(lfirst_oid(cell));

		if (schema != NULL)
			mh_strings_push(&statement->values, mh_fact_text(schema));
	}
}

/* Settings of the running transaction, and of who runs it, mean something else here. */
static bool
is_checked(const VariableSetStmt *stmt)
{
	return stmt->kind == VAR_SET_VALUE && strchr(stmt->name, '.') == NULL &&
		   strncmp(stmt->name, "transaction_", strlen("transaction_")) != 0 &&
		   strcmp(stmt->name, "role") != 0 && strcmp(stmt->name, "session_authorization") != 0;
}

static void
validate(void *arg)
{
	VariableSetStmt *stmt = arg;

	(void) set_config_option(stmt->name, ExtractSetVariableArgs(stmt), PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, false, ERROR, false);
}

static void
check_value(MhReviewStatement *statement, VariableSetStmt *stmt)
{
	ErrorData *error = mh_try(validate, stmt);

	if (error == NULL || error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE)
		return;
	statement->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	statement->message = mh_to_utf8(pstrdup(error->message));
}

static void
read_setting(MhReviewStatement *statement, VariableSetStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_SET;
	statement->is_local = stmt->is_local;
	statement->setting = stmt->name == NULL ? "" : mh_fact_text(stmt->name);
	if (stmt->kind == VAR_SET_VALUE && stmt->args != NIL)
		statement->value = mh_fact_text(text_of_constant(linitial(stmt->args)));
	if (stmt->name == NULL)
		return;
	if (stmt->kind == VAR_SET_MULTI)
	{
		foreach (cell, stmt->args)
			if (IsA(lfirst(cell), DefElem))
				read_mode(statement, lfirst(cell));
		return;
	}
	if (strcmp(stmt->name, "search_path") == 0 && stmt->kind == VAR_SET_VALUE)
		read_path(statement, stmt);
	else if (strcmp(stmt->name, "search_path") == 0)
		read_default_path(statement);
	if (strchr(stmt->name, '.') == NULL && GetConfigOptionByName(stmt->name, NULL, true) == NULL)
	{
		statement->sqlstate = "42704";
		statement->message = psprintf("setting %s does not exist", statement->setting);
	}
	else if (is_checked(stmt))
		check_value(statement, stmt);
}

static A_Const *
new_text(const char *text)
{
	A_Const *constant = makeNode(A_Const);

	constant->val.sval.type = T_String;
	constant->val.sval.sval = pstrdup(text);
	constant->location = -1;
	return constant;
}

/* SELECT set_config(...) of constants, as pg_dump writes it, is a SET.  NULL: it is something else. */
static VariableSetStmt *
setting_of(const Node *tree)
{
	const SelectStmt *select = (const SelectStmt *) tree;
	const FuncCall *call;
	VariableSetStmt *stmt;
	const char *name;
	const char *value;
	List *parts = NIL;
	ListCell *cell;

	if (!IsA(tree, SelectStmt) || list_length(select->targetList) != 1 ||
		select->fromClause != NIL || select->whereClause != NULL || select->intoClause != NULL ||
		select->withClause != NULL)
		return NULL;
	call = (const FuncCall *) linitial_node(ResTarget, select->targetList)->val;
	if (!IsA(call, FuncCall) || list_length(call->args) != 3 ||
		strcmp(strVal(llast(call->funcname)), "set_config") != 0 ||
		(list_length(call->funcname) > 1 &&
		 strcmp(strVal(linitial(call->funcname)), "pg_catalog") != 0))
		return NULL;
	name = text_of_constant(linitial(call->args));
	value = text_of_constant(lsecond(call->args));
	if (name == NULL || value == NULL || !IsA(lthird(call->args), A_Const) ||
		nodeTag(&((A_Const *) lthird(call->args))->val) != T_Boolean)
		return NULL;
	stmt = makeNode(VariableSetStmt);
	stmt->kind = VAR_SET_VALUE;
	stmt->name = pstrdup(name);
	stmt->is_local = boolVal(&((A_Const *) lthird(call->args))->val);
	if (strcmp(name, "search_path") != 0)
		stmt->args = list_make1(new_text(value));
	else if (!SplitIdentifierString(pstrdup(value), ',', &parts))
		return NULL;
	foreach (cell, parts)
		stmt->args = lappend(stmt->args, new_text(lfirst(cell)));
	return stmt;
}

static void
read_deferral(MhReviewStatement *statement, const ConstraintsSetStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_SET;
	statement->setting = "CONSTRAINTS";
	statement->value = stmt->deferred ? "deferred" : NULL;
	foreach (cell, stmt->constraints)
		mh_strings_push(&statement->values, mh_fact_text(lfirst_node(RangeVar, cell)->relname));
}

/* ---------- statements ---------- */

static void
read_view(MhReviewStatement *statement, ViewStmt *stmt)
{
	statement->kind = MH_REVIEW_CREATE_VIEW;
	statement->object = MH_OBJECT_VIEW;
	statement->name = mh_fact_name(stmt->view);
	statement->replace = stmt->replace;
	statement->is_temporary = stmt->view->relpersistence == RELPERSISTENCE_TEMP;
	statement->columns = mh_fact_strings(stmt->aliases);
	/* options may ask for a view that can be changed */
	if (stmt->withCheckOption == NO_CHECK_OPTION && mh_fact_are_view_options(stmt->options))
		statement->tree = stmt->query;
	mh_facts_add_reads(statement, stmt->query);
}

static void
read_create_as(MhReviewStatement *statement, CreateTableAsStmt *stmt)
{
	bool is_view = stmt->objtype == OBJECT_MATVIEW;

	statement->kind = is_view ? MH_REVIEW_CREATE_VIEW : MH_REVIEW_CREATE_TABLE_AS;
	statement->object = is_view ? MH_OBJECT_MATERIALIZED_VIEW : MH_OBJECT_TABLE;
	statement->name = mh_fact_name(stmt->into->rel);
	statement->exists_ok = stmt->if_not_exists;
	statement->is_temporary = stmt->into->rel->relpersistence == RELPERSISTENCE_TEMP;
	statement->is_unlogged = stmt->into->rel->relpersistence == RELPERSISTENCE_UNLOGGED;
	statement->has_commit_action = stmt->into->onCommit != ONCOMMIT_NOOP;
	statement->ends_at_commit = stmt->into->onCommit == ONCOMMIT_DROP;
	statement->has_code = true;
	statement->has_no_data = stmt->into->skipData;
	statement->columns = mh_fact_strings(stmt->into->colNames);
	if (!IsA(stmt->query, SelectStmt))
		return;
	if (stmt->into->options == NIL && stmt->into->accessMethod == NULL &&
		stmt->into->tableSpaceName == NULL)
		statement->tree = stmt->query;
	mh_facts_add_reads(statement, stmt->query);
}

static void
read_index(MhReviewStatement *statement, IndexStmt *stmt)
{
	ListCell *cell;
	int i = 0;

	statement->kind = MH_REVIEW_CREATE_INDEX;
	statement->name = mh_fact_name(stmt->relation);
	statement->new_name = mh_fact_text(stmt->idxname);
	statement->exists_ok = stmt->if_not_exists;
	statement->is_unique = stmt->unique;
	statement->nulls_not_distinct = stmt->nulls_not_distinct;
	statement->is_only = !stmt->relation->inh;
	statement->concurrently = stmt->concurrent;
	statement->method = mh_fact_text(stmt->accessMethod);
	statement->condition = mh_fact_new_expression(stmt->whereClause);
	statement->is_simple_index = strcmp(stmt->accessMethod, "btree") == 0;
	statement->has_plain_keys = statement->is_simple_index;
	statement->is_covering = stmt->indexIncludingParams != NIL;
	statement->tree = stmt;
	if (stmt->concurrent)
		statement->needs_no_transaction = "CREATE INDEX CONCURRENTLY";
	statement->n_expressions = list_length(stmt->indexParams);
	statement->expressions = palloc0(statement->n_expressions * sizeof(MhReviewExpression));
	foreach (cell, stmt->indexParams)
	{
		IndexElem *element = lfirst_node(IndexElem, cell);

		if (element->name == NULL)
			statement->expressions[i] = mh_fact_expression(element->expr);
		mh_strings_push(&statement->columns,
						element->name == NULL ? "expr" : mh_fact_text(element->name));
		if (element->opclass != NIL || element->collation != NIL)
			statement->has_plain_keys = false;
		if (element->name == NULL || element->opclass != NIL || element->collation != NIL ||
			element->ordering != SORTBY_DEFAULT || element->nulls_ordering != SORTBY_NULLS_DEFAULT)
			statement->is_simple_index = false;
		i++;
	}
}

/* Returns whether OWNED BY is a column or NONE. */
static bool
read_owner(MhReviewStatement *statement, List *names)
{
	int n = list_length(names);

	statement->has_owner = true;
	if (n < 2)
		return strcmp(strVal(linitial(names)), "none") == 0;
	statement->part = mh_fact_text(strVal(llast(names)));
	statement->other = mh_fact_name_of_list(list_truncate(list_copy(names), n - 1));
	return true;
}

static void
read_sequence(MhReviewStatement *statement, RangeVar *sequence, List *options)
{
	MhReviewSequence *read = mh_fact_sequence(options);
	ListCell *cell;

	statement->name = mh_fact_name(sequence);
	statement->object = MH_OBJECT_SEQUENCE;
	statement->sequence = read;
	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, MH_ATTR_OWNED_BY) == 0 &&
			(!IsA(option->arg, List) || !read_owner(statement, (List *) option->arg)))
			read->has_more = true;
	}
}

static void
read_enum_change(MhReviewStatement *statement, AlterEnumStmt *stmt)
{
	statement->kind = stmt->oldVal == NULL ? MH_REVIEW_ADD_LABEL : MH_REVIEW_RENAME_LABEL;
	statement->name = mh_fact_name_of_list(stmt->typeName);
	statement->new_name = mh_fact_text(stmt->newVal);
	statement->part = mh_fact_text(stmt->oldVal != NULL ? stmt->oldVal : stmt->newValNeighbor);
	statement->exists_ok = stmt->skipIfNewValExists;
}

static bool
is_row(const Node *node, const char *name)
{
	const ColumnRef *column = (const ColumnRef *) node;

	return node != NULL && IsA(node, ColumnRef) && list_length(column->fields) == 2 &&
		   IsA(linitial(column->fields), String) &&
		   strcmp(strVal(linitial(column->fields)), name) == 0 &&
		   IsA(lsecond(column->fields), A_Star);
}

static bool
names_row(Node *node, void *name)
{
	if (node == NULL)
		return false;
	/* a subquery is refused */
	if (IsA(node, SubLink) || is_row(node, name) ||
		(IsA(node, ColumnRef) && IsA(linitial(((ColumnRef *) node)->fields), String) &&
		 strcmp(strVal(linitial(((ColumnRef *) node)->fields)), name) == 0))
		return true;
	return raw_expression_tree_walker(node, names_row, name);
}

/* NEW.ctid and the like. */
static bool
names_new_system(Node *node, void *unused)
{
	const ColumnRef *reference = (const ColumnRef *) node;

	if (node == NULL || IsA(node, SubLink))
		return false;
	if (IsA(node, ColumnRef) && list_length(reference->fields) == 2 &&
		IsA(linitial(reference->fields), String) && IsA(lsecond(reference->fields), String) &&
		strcmp(strVal(linitial(reference->fields)), "new") == 0 &&
		SystemAttributeByName(strVal(lsecond(reference->fields))) != NULL)
		return true;
	return raw_expression_tree_walker(node, names_new_system, unused);
}

static RangeVar *
row_as(const RangeVar *relation, const char *name)
{
	RangeVar *row = copyObject(unconstify(RangeVar *, relation));

	row->alias = makeAlias(name, NIL);
	return row;
}

/* WHEN, as a query over the row before and the row after. */
static void
read_trigger_condition(MhReviewStatement *statement, CreateTrigStmt *stmt)
{
	const A_Expr *expression = (const A_Expr *) stmt->whenClause;
	SelectStmt *select;

	if (!stmt->row)
		return;
	if (stmt->events == TRIGGER_TYPE_UPDATE && IsA(expression, A_Expr) &&
		expression->kind == AEXPR_DISTINCT)
		statement->compares_rows =
			(is_row(expression->lexpr, "old") && is_row(expression->rexpr, "new")) ||
			(is_row(expression->lexpr, "new") && is_row(expression->rexpr, "old"));
	if (statement->compares_rows || names_row(stmt->whenClause, ""))
		return;
	/* both rows are there for names to be looked up in, but not for values */
	statement->names_absent_row =
		((stmt->events & TRIGGER_TYPE_INSERT) != 0 && names_row(stmt->whenClause, "old")) ||
		((stmt->events & TRIGGER_TYPE_DELETE) != 0 && names_row(stmt->whenClause, "new"));
	statement->names_new_system =
		stmt->timing == TRIGGER_TYPE_BEFORE && names_new_system(stmt->whenClause, NULL);
	select = makeNode(SelectStmt);
	select->fromClause = list_make2(row_as(stmt->relation, "old"), row_as(stmt->relation, "new"));
	select->whereClause = stmt->whenClause;
	statement->returning = select;
	statement->expressions = palloc(sizeof(MhReviewExpression));
	statement->expressions[0] = mh_fact_expression(stmt->whenClause);
	statement->n_expressions = 1;
}

static void
read_trigger(MhReviewStatement *statement, CreateTrigStmt *stmt)
{
	statement->kind = MH_REVIEW_CREATE_TRIGGER;
	statement->name = mh_fact_name(stmt->relation);
	statement->part = mh_fact_text(stmt->trigname);
	statement->replace = stmt->replace;
	statement->tree = stmt;
	statement->is_instead = stmt->timing == TRIGGER_TYPE_INSTEAD;
	statement->is_per_row = stmt->row;
	statement->is_on_truncate = (stmt->events & TRIGGER_TYPE_TRUNCATE) != 0;
	statement->is_of_condition = stmt->whenClause != NULL;
	statement->is_constraint = stmt->isconstraint;
	statement->has_transitions = stmt->transitionRels != NIL;
	if (stmt->whenClause != NULL)
		read_trigger_condition(statement, stmt);
	statement->columns = mh_fact_strings(stmt->columns);
	mh_strings_push(&statement->code, mh_fact_text(strVal(llast(stmt->funcname))));
}

/* expressions: the checks; values: their names, "" where there is none; condition: the default; type NULL: it has what is not followed. */
static void
read_domain(MhReviewStatement *statement, CreateDomainStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_CREATE_DOMAIN;
	statement->name = mh_fact_name_of_list(stmt->domainname);
	statement->expressions =
		palloc((list_length(stmt->constraints) + 1) * sizeof(MhReviewExpression));
	foreach (cell, stmt->constraints)
	{
		const Constraint *constraint = lfirst_node(Constraint, cell);

		if (constraint->contype == CONSTR_CHECK && !constraint->is_no_inherit)
		{
			statement->expressions[statement->n_expressions++] =
				mh_fact_expression(constraint->raw_expr);
			mh_strings_push(&statement->values,
							constraint->conname == NULL ? "" : mh_fact_text(constraint->conname));
		}
		else if (constraint->contype == CONSTR_DEFAULT && statement->condition == NULL)
			statement->condition = mh_fact_new_expression(constraint->raw_expr);
		else if ((constraint->contype == CONSTR_NOTNULL || constraint->contype == CONSTR_NULL) &&
				 statement->is_not_null == MH_TRUTH_UNKNOWN)
			statement->is_not_null =
				constraint->contype == CONSTR_NOTNULL ? MH_TRUTH_YES : MH_TRUTH_NO;
		else
			return;
	}
	statement->type = mh_fact_type(stmt->typeName);
	/* in a domain it is the name of a type */
	if (statement->type->is_serial)
		statement->type = NULL;
	else if (stmt->collClause != NULL)
		statement->type->collation = stmt->collClause->collname;
}

/* Without COLLATE. */
static void
read_composite(MhReviewStatement *statement, CompositeTypeStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_CREATE_COMPOSITE;
	statement->name = mh_fact_name(stmt->typevar);
	foreach (cell, stmt->coldeflist)
	{
		const ColumnDef *column = lfirst_node(ColumnDef, cell);
		MhReviewAction *action = mh_fact_add_action(statement, MH_ACT_ADD_COLUMN);

		action->name = mh_fact_text(column->colname);
		action->type = mh_fact_type(column->typeName);
		statement->has_code |= column->collClause != NULL || action->type->is_serial;
	}
}

/* Of a subtype that has an order of its own. */
static bool
read_range(MhReviewStatement *statement, CreateRangeStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->params)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (option->arg == NULL || !IsA(option->arg, TypeName))
			return false;
		if (strcmp(option->defname, MH_ATTR_SUBTYPE) == 0 && statement->type == NULL)
			statement->type = mh_fact_type((TypeName *) option->arg);
		else if (strcmp(option->defname, "multirange_type_name") == 0 && statement->part == NULL &&
				 list_length(((TypeName *) option->arg)->names) == 1)
			statement->part = mh_fact_text(strVal(linitial(((TypeName *) option->arg)->names)));
		else
			return false;
	}
	if (statement->type == NULL || statement->type->is_serial)
		return false;
	statement->kind = MH_REVIEW_CREATE_RANGE;
	statement->name = mh_fact_name_of_list(stmt->typeName);
	return true;
}

static bool
read_creation(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateStmt:
			mh_facts_of_create_table(statement, (CreateStmt *) tree);
			return true;
		case T_CreateTableAsStmt:
			read_create_as(statement, (CreateTableAsStmt *) tree);
			return true;
		case T_ViewStmt:
			read_view(statement, (ViewStmt *) tree);
			return true;
		case T_IndexStmt:
			read_index(statement, (IndexStmt *) tree);
			return true;
		case T_CreateSeqStmt:
			statement->kind = MH_REVIEW_CREATE_SEQUENCE;
			statement->exists_ok = ((CreateSeqStmt *) tree)->if_not_exists;
			read_sequence(statement, ((CreateSeqStmt *) tree)->sequence,
						  ((CreateSeqStmt *) tree)->options);
			return true;
		case T_AlterSeqStmt:
			statement->kind = MH_REVIEW_ALTER_SEQUENCE;
			statement->missing_ok = ((AlterSeqStmt *) tree)->missing_ok;
			read_sequence(statement, ((AlterSeqStmt *) tree)->sequence,
						  ((AlterSeqStmt *) tree)->options);
			return true;
		case T_CreateEnumStmt:
			statement->kind = MH_REVIEW_CREATE_ENUM;
			statement->name = mh_fact_name_of_list(((CreateEnumStmt *) tree)->typeName);
			statement->values = mh_fact_strings(((CreateEnumStmt *) tree)->vals);
			return true;
		case T_CreateDomainStmt:
			read_domain(statement, (CreateDomainStmt *) tree);
			return true;
		case T_CreateRangeStmt:
			return read_range(statement, (CreateRangeStmt *) tree);
		case T_CompositeTypeStmt:
			read_composite(statement, (CompositeTypeStmt *) tree);
			return true;
		case T_AlterEnumStmt:
			read_enum_change(statement, (AlterEnumStmt *) tree);
			return true;
		case T_CreateTrigStmt:
			read_trigger(statement, (CreateTrigStmt *) tree);
			return true;
		default:
			return false;
	}
}

static bool
read_plain(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_TransactionStmt:
			read_transaction(statement, (TransactionStmt *) tree);
			return true;
		case T_VariableSetStmt:
			read_setting(statement, (VariableSetStmt *) tree);
			return true;
		case T_ConstraintsSetStmt:
			read_deferral(statement, (ConstraintsSetStmt *) tree);
			return true;
		case T_AlterTableStmt:
			mh_facts_of_alter_table(statement, (AlterTableStmt *) tree);
			return true;
		default:
			return false;
	}
}

static bool
names_parameter(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, ParamRef))
		return true;
	return raw_expression_tree_walker(node, names_parameter, unused);
}

static bool
is_plain_query(Node *tree)
{
	return tree != NULL && IsA(tree, SelectStmt) && ((SelectStmt *) tree)->intoClause == NULL &&
		   ((SelectStmt *) tree)->lockingClause == NIL && !names_parameter(tree, NULL);
}

/* EXPLAIN, PREPARE and DECLARE of a query, which do not run it.  NULL: it is something else. */
static Node *
query_within(MhReviewStatement *statement, Node *tree)
{
	const DeclareCursorStmt *cursor = (const DeclareCursorStmt *) tree;
	const PrepareStmt *prepared = (const PrepareStmt *) tree;
	const ExplainStmt *explained = (const ExplainStmt *) tree;

	if (IsA(tree, ExplainStmt) && explained->options == NIL && is_plain_query(explained->query))
		return explained->query;
	if (IsA(tree, PrepareStmt) && prepared->argtypes == NIL && is_plain_query(prepared->query))
	{
		statement->planning = MH_PLAN_PREPARED;
		mh_strings_push(&statement->makes, psprintf("prepared %s", mh_fact_text(prepared->name)));
		return prepared->query;
	}
	if (IsA(tree, DeclareCursorStmt) && is_plain_query(cursor->query) &&
		(cursor->options & ~(CURSOR_OPT_FAST_PLAN | CURSOR_OPT_NO_SCROLL | CURSOR_OPT_SCROLL)) == 0)
	{
		statement->planning = MH_PLAN_CURSOR;
		mh_strings_push(&statement->makes, psprintf("cursor %s", mh_fact_text(cursor->portalname)));
		return cursor->query;
	}
	return NULL;
}

void
mh_facts_read(MhReviewStatement *statement, Node *tree)
{
	VariableSetStmt *setting = setting_of(tree);
	Node *query = query_within(statement, tree);

	statement->command = GetCommandTagName(CreateCommandTag(tree));
	if (query != NULL)
	{
		if (statement->planning == MH_PLAN_NONE)
			statement->planning = MH_PLAN_EXPLAINED;
		(void) mh_facts_of_rows(statement, query);
		return;
	}
	if (setting != NULL)
		tree = (Node *) setting;
	if (!read_plain(statement, tree) && !read_creation(statement, tree) &&
		!mh_facts_of_rows(statement, tree))
		mh_facts_of_objects(statement, tree);
}
