/*-------------------------------------------------------------------------
 *
 * facts_objects.c
 *	  Facts of statements about objects of any type: DROP, RENAME, COMMENT and others.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "commands/proclang.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"

/* Names of the form [schema.]table.part. */
static void
read_part(MhReviewStatement *statement, List *names)
{
	List *table = list_truncate(list_copy(names), list_length(names) - 1);

	statement->part = mh_fact_text(strVal(llast(names)));
	statement->name = mh_fact_name_of_list(table);
}

static void
read_drop(MhReviewStatement *statement, DropStmt *stmt)
{
	ListCell *cell;

	statement->kind = MH_REVIEW_DROP;
	statement->object = mh_fact_object(stmt->removeType);
	statement->missing_ok = stmt->missing_ok;
	statement->cascade = stmt->behavior == DROP_CASCADE;
	statement->concurrently = stmt->concurrent;
	statement->tree = stmt;
	if (stmt->concurrent)
		statement->needs_no_transaction = "DROP INDEX CONCURRENTLY";
	if (statement->object == MH_OBJECT_TRIGGER || statement->object == MH_OBJECT_POLICY ||
		statement->object == MH_OBJECT_RULE)
	{
		read_part(statement, linitial_node(List, stmt->objects));
		return;
	}
	foreach (cell, stmt->objects)
		mh_fact_add_name(statement, mh_fact_name_of_object(lfirst(cell)));
}

static void
read_rename(MhReviewStatement *statement, RenameStmt *stmt)
{
	statement->kind = MH_REVIEW_RENAME;
	statement->object = mh_fact_object(stmt->renameType);
	statement->missing_ok = stmt->missing_ok;
	statement->new_name = mh_fact_text(stmt->newname);
	statement->part = mh_fact_text(stmt->subname);
	statement->tree = stmt;
	if (stmt->relation != NULL)
	{
		statement->name = mh_fact_name(stmt->relation);
		statement->is_only = !stmt->relation->inh;
	}
	else if (stmt->object != NULL)
		statement->name = mh_fact_name_of_object(stmt->object);
	else
		statement->name.name = mh_fact_text(stmt->subname);
	if (stmt->renameType == OBJECT_ATTRIBUTE)
	{
		statement->kind = MH_REVIEW_HARMLESS;
		statement->object = MH_OBJECT_TYPE;
	}
	else if (stmt->renameType == OBJECT_DOMCONSTRAINT)
	{
		statement->kind = MH_REVIEW_HARMLESS;
		statement->object = MH_OBJECT_DOMAIN;
		statement->domain_action = 'R';
	}
}

static void
read_set_schema(MhReviewStatement *statement, AlterObjectSchemaStmt *stmt)
{
	statement->kind = MH_REVIEW_SET_SCHEMA;
	statement->object = mh_fact_object(stmt->objectType);
	statement->missing_ok = stmt->missing_ok;
	statement->other.name = mh_fact_text(stmt->newschema);
	statement->name = stmt->relation != NULL ? mh_fact_name(stmt->relation)
											 : mh_fact_name_of_object(stmt->object);
	statement->tree = stmt;
}

static void
read_comment(MhReviewStatement *statement, CommentStmt *stmt)
{
	statement->kind = MH_REVIEW_COMMENT;
	statement->object = mh_fact_object(stmt->objtype);
	statement->tree = stmt;
	switch (statement->object)
	{
		case MH_OBJECT_COLUMN:
		case MH_OBJECT_CONSTRAINT:
		case MH_OBJECT_TRIGGER:
		case MH_OBJECT_POLICY:
		case MH_OBJECT_RULE:
			read_part(statement, castNode(List, stmt->object));
			break;
		default:
			statement->name = mh_fact_name_of_object(stmt->object);
			break;
	}
}

static bool
has_option(List *options, const char *name)
{
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0)
			return option->arg == NULL || defGetBoolean(option);
	}
	return false;
}

static void
read_reindex(MhReviewStatement *statement, ReindexStmt *stmt)
{
	ListCell *cell;

	statement->concurrently = has_option(stmt->params, "concurrently");
	foreach (cell, stmt->params)
		if (strcmp(lfirst_node(DefElem, cell)->defname, "tablespace") == 0)
			statement->has_code = true;
	if (stmt->relation == NULL)
	{
		statement->needs_no_transaction = "REINDEX of a schema or database";
		return;
	}
	statement->kind = MH_REVIEW_REINDEX;
	statement->object = stmt->kind == REINDEX_OBJECT_INDEX ? MH_OBJECT_INDEX : MH_OBJECT_TABLE;
	statement->name = mh_fact_name(stmt->relation);
	statement->lock = statement->concurrently ? MH_LOCK_SHARE_UPDATE_EXCLUSIVE : MH_LOCK_SHARE;
	if (statement->concurrently)
		statement->needs_no_transaction = "REINDEX CONCURRENTLY";
}

static void
read_vacuum(MhReviewStatement *statement, VacuumStmt *stmt)
{
	if (stmt->is_vacuumcmd)
		statement->needs_no_transaction = "VACUUM";
	if (list_length(stmt->rels) != 1)
		return;
	statement->kind = MH_REVIEW_VACUUM;
	statement->object = MH_OBJECT_TABLE;
	statement->name = mh_fact_name(linitial_node(VacuumRelation, stmt->rels)->relation);
	statement->is_full = has_option(stmt->options, "full");
	statement->has_code = linitial_node(VacuumRelation, stmt->rels)->va_cols != NIL;
	statement->lock =
		statement->is_full ? MH_LOCK_ACCESS_EXCLUSIVE : MH_LOCK_SHARE_UPDATE_EXCLUSIVE;
}

static void
read_statistics(MhReviewStatement *statement, CreateStatsStmt *stmt)
{
	ListCell *cell;

	if (list_length(stmt->relations) != 1 || !IsA(linitial(stmt->relations), RangeVar))
		return;
	statement->kind = MH_REVIEW_CREATE_STATISTICS;
	statement->name = mh_fact_name(linitial_node(RangeVar, stmt->relations));
	foreach (cell, stmt->exprs)
		if (lfirst_node(StatsElem, cell)->name != NULL)
			mh_strings_push(&statement->columns, mh_fact_text(lfirst_node(StatsElem, cell)->name));
}

static void
read_relations(MhReviewStatement *statement, List *relations)
{
	ListCell *cell;

	foreach (cell, relations)
	{
		mh_fact_add_name(statement, mh_fact_name(lfirst_node(RangeVar, cell)));
		if (!lfirst_node(RangeVar, cell)->inh)
			statement->is_only = true;
	}
}

static bool
read_maintenance(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_ReindexStmt:
			read_reindex(statement, (ReindexStmt *) tree);
			return true;
		case T_VacuumStmt:
			read_vacuum(statement, (VacuumStmt *) tree);
			return true;
		case T_ClusterStmt:
			if (((ClusterStmt *) tree)->relation == NULL)
				return false;
			statement->kind = MH_REVIEW_CLUSTER;
			statement->object = MH_OBJECT_TABLE;
			statement->name = mh_fact_name(((ClusterStmt *) tree)->relation);
			statement->index = mh_fact_text(((ClusterStmt *) tree)->indexname);
			statement->lock = MH_LOCK_ACCESS_EXCLUSIVE;
			return true;
		case T_RefreshMatViewStmt:
			statement->kind = MH_REVIEW_REFRESH;
			statement->name = mh_fact_name(((RefreshMatViewStmt *) tree)->relation);
			statement->concurrently = ((RefreshMatViewStmt *) tree)->concurrent;
			statement->has_no_data = ((RefreshMatViewStmt *) tree)->skipData;
			return true;
		case T_TruncateStmt:
			statement->kind = MH_REVIEW_TRUNCATE;
			statement->cascade = ((TruncateStmt *) tree)->behavior == DROP_CASCADE;
			read_relations(statement, ((TruncateStmt *) tree)->relations);
			return true;
		case T_LockStmt:
			statement->kind = MH_REVIEW_LOCK;
			statement->lock = (MhLockMode) ((LockStmt *) tree)->mode;
			read_relations(statement, ((LockStmt *) tree)->relations);
			return true;
		default:
			return false;
	}
}

static bool
read_change(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_DropStmt:
			read_drop(statement, (DropStmt *) tree);
			return true;
		case T_RenameStmt:
			read_rename(statement, (RenameStmt *) tree);
			return true;
		case T_AlterObjectSchemaStmt:
			read_set_schema(statement, (AlterObjectSchemaStmt *) tree);
			return true;
		case T_CommentStmt:
			read_comment(statement, (CommentStmt *) tree);
			return true;
		default:
			return false;
	}
}

/* Statements that run code of nobody, and change no table of the model. */
static bool
is_harmless(Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateExtensionStmt:
		case T_CreateFunctionStmt:
		case T_AlterFunctionStmt:
		case T_VariableShowStmt:
		case T_CheckPointStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
		case T_NotifyStmt:
		case T_PrepareStmt:
		case T_DeallocateStmt:
			return true;
		default:
			return false;
	}
}

/* A block of PL/pgSQL: BEGIN, any number of "NULL;", END. */
static bool
does_nothing(const DoStmt *stmt)
{
	const char *body = NULL;
	ListCell *cell;

	foreach (cell, stmt->args)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "as") == 0)
			body = strVal(option->arg);
		else if (strcmp(strVal(option->arg), "plpgsql") != 0)
			return false;
	}
	if (body == NULL || !OidIsValid(get_language_oid("plpgsql", true)))
		return false;
	body += strspn(body, " \t\r\n");
	if (pg_strncasecmp(body, "begin", 5) != 0 || strspn(body + 5, " \t\r\n") == 0)
		return false;
	for (body += 5 + strspn(body + 5, " \t\r\n"); pg_strncasecmp(body, "null;", 5) == 0;)
		body += 5 + strspn(body + 5, " \t\r\n");
	if (pg_strncasecmp(body, "end", 3) != 0)
		return false;
	body += 3 + strspn(body + 3, " \t\r\n");
	body += *body == ';';
	return body[strspn(body, " \t\r\n")] == '\0';
}

static Node *
query_of_value(Node *value)
{
	SelectStmt *select = makeNode(SelectStmt);
	ResTarget *target = makeNode(ResTarget);

	target->val = value;
	target->location = -1;
	select->targetList = list_make1(target);
	return (Node *) select;
}

List *
mh_fact_body(Node *body, bool *is_value)
{
	List *queries = NIL;
	ListCell *cell;

	*is_value = IsA(body, ReturnStmt);
	if (*is_value)
		return list_make1(query_of_value(((ReturnStmt *) body)->returnval));
	foreach (cell, linitial_node(List, (List *) body))
		if (!IsA(lfirst(cell), SelectStmt))
			return NIL;
		else
			queries = lappend(queries, lfirst(cell));
	return queries;
}

/* The types of parameters; others than those that are given to it are not compared. */
static void
add_type(MhReviewRoutine *routine, StringInfo key, const TypeName *type)
{
	appendStringInfo(key, "%s%s", routine->n_types++ > 0 ? "," : "", TypeNameToString(type));
	for (int i = 0; i < list_length(type->arrayBounds); i++)
		appendStringInfoString(key, "[]");
	mh_strings_push(&routine->types, mh_fact_text(strVal(llast(type->names))));
	if (type->pct_type || type->setof)
		routine->has_users = true;
}

static void
read_made_routine(MhReviewStatement *statement, const CreateFunctionStmt *stmt)
{
	MhReviewRoutine *routine = palloc0(sizeof(MhReviewRoutine));
	bool is_plain = true;
	StringInfoData key;
	ListCell *cell;

	initStringInfo(&key);
	routine->name = mh_fact_name_of_list(stmt->funcname);
	routine->kind = stmt->is_procedure ? 'p' : 'f';
	routine->has_types = true;
	routine->has_users = stmt->sql_body != NULL;
	foreach (cell, stmt->parameters)
	{
		const FunctionParameter *parameter = lfirst_node(FunctionParameter, cell);

		if (parameter->defexpr != NULL)
		{
			MhReviewExpression value = mh_fact_expression(parameter->defexpr);

			routine->has_users = true;
			for (int i = 0; i < value.code.n; i++)
				mh_strings_push(&statement->code, value.code.v[i]);
		}
		if (parameter->mode == FUNC_PARAM_TABLE)
			continue;
		is_plain &= parameter->mode == FUNC_PARAM_IN || parameter->mode == FUNC_PARAM_DEFAULT;
		is_plain &= !parameter->argType->pct_type;
		add_type(routine, &key, parameter->argType);
	}
	routine->key = is_plain ? mh_fact_text(key.data) : NULL;
	statement->routine = routine;
}

static void
read_dropped_routine(MhReviewStatement *statement, const DropStmt *stmt)
{
	MhReviewRoutine *routine = palloc0(sizeof(MhReviewRoutine));
	const ObjectWithArgs *object;
	StringInfoData key;
	ListCell *cell;

	statement->is_statistics =
		stmt->removeType == OBJECT_STATISTIC_EXT && list_length(stmt->objects) == 1;
	if ((stmt->removeType != OBJECT_FUNCTION && stmt->removeType != OBJECT_PROCEDURE &&
		 stmt->removeType != OBJECT_ROUTINE) ||
		list_length(stmt->objects) != 1)
		return;
	object = linitial_node(ObjectWithArgs, stmt->objects);
	initStringInfo(&key);
	routine->name = mh_fact_name_of_list(object->objname);
	routine->kind = stmt->removeType == OBJECT_FUNCTION    ? 'f'
					: stmt->removeType == OBJECT_PROCEDURE ? 'p'
														   : 'r';
	routine->has_types = !object->args_unspecified;
	foreach (cell, object->objargs)
		add_type(routine, &key, lfirst_node(TypeName, cell));
	routine->key = mh_fact_text(key.data);
	statement->routine = routine;
}

/* name: its own; names: those of its types; reads: what it depends on. */
static void
read_function(MhReviewStatement *statement, CreateFunctionStmt *stmt)
{
	const char *name = mh_fact_text(strVal(llast(stmt->funcname)));
	bool is_value;
	ListCell *cell;

	statement->name = mh_fact_name_of_list(stmt->funcname);
	mh_strings_push(&statement->code, name);
	if (stmt->sql_body != NULL)
		foreach (cell, mh_fact_body(stmt->sql_body, &is_value))
			mh_facts_add_reads(statement, lfirst(cell));
	foreach (cell, stmt->parameters)
		mh_fact_add_name(
			statement, mh_fact_name_of_list(lfirst_node(FunctionParameter, cell)->argType->names));
	if (stmt->returnType == NULL)
		return;
	mh_fact_add_name(statement, mh_fact_name_of_list(stmt->returnType->names));
	if (stmt->parameters == NIL &&
		strcmp(strVal(llast(stmt->returnType->names)), MH_TYPE_TRIGGER) == 0)
		mh_strings_push(&statement->makes, psprintf("%s %s", MH_TRIGGER_FUNCTION, name));
}

/* Functions that the statement makes or changes. */
static void
read_code_changes(MhReviewStatement *statement, Node *tree)
{
	ListCell *cell;

	switch (nodeTag(tree))
	{
		case T_CreateFunctionStmt:
			read_function(statement, (CreateFunctionStmt *) tree);
			read_made_routine(statement, (CreateFunctionStmt *) tree);
			statement->replace = ((CreateFunctionStmt *) tree)->replace;
			break;
		case T_CommentStmt:
			mh_fact_add_code(statement, ((CommentStmt *) tree)->object);
			break;
		case T_AlterFunctionStmt:
			mh_fact_add_code(statement, (Node *) ((AlterFunctionStmt *) tree)->func);
			break;
		case T_RenameStmt:
			mh_fact_add_code(statement, ((RenameStmt *) tree)->object);
			mh_strings_push(&statement->code, mh_fact_text(((RenameStmt *) tree)->newname));
			break;
		case T_AlterObjectSchemaStmt:
			mh_fact_add_code(statement, ((AlterObjectSchemaStmt *) tree)->object);
			break;
		case T_DropStmt:
			read_dropped_routine(statement, (DropStmt *) tree);
			foreach (cell, ((DropStmt *) tree)->objects)
				if (((DropStmt *) tree)->removeType == OBJECT_PUBLICATION)
					mh_strings_push(&statement->code, mh_fact_text(strVal(lfirst(cell))));
				else
					mh_fact_add_code(statement, lfirst(cell));
			break;
		default:
			break;
	}
}

/* WITH CHECK of a policy. */
static void
read_new_rows(MhReviewStatement *statement, Node *condition)
{
	if (condition == NULL)
		return;
	statement->expressions = palloc(sizeof(MhReviewExpression));
	statement->expressions[0] = mh_fact_expression(condition);
	statement->n_expressions = 1;
}

/* Of whole tables, or of all. */
static void
read_publication(MhReviewStatement *statement, CreatePublicationStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->pubobjects)
	{
		const PublicationObjSpec *object = lfirst_node(PublicationObjSpec, cell);

		if (object->pubobjtype != PUBLICATIONOBJ_TABLE || object->pubtable->columns != NIL ||
			object->pubtable->whereClause != NULL)
			return;
		mh_fact_add_name(statement, mh_fact_name(object->pubtable->relation));
	}
	statement->kind = MH_REVIEW_HARMLESS;
	statement->is_publication = true;
	mh_strings_push(&statement->code, mh_fact_text(stmt->pubname));
}

/* part: a constraint that is dropped, validated or added; condition: of one that is added. */
static void
read_domain_change(MhReviewStatement *statement, AlterDomainStmt *stmt)
{
	const Constraint *constraint = (const Constraint *) stmt->def;

	statement->name = mh_fact_name_of_list(stmt->typeName);
	statement->part = mh_fact_text(stmt->name);
	statement->missing_ok = stmt->missing_ok;
	statement->cascade = stmt->behavior == DROP_CASCADE;
	statement->domain_action = (char) stmt->subtype;
	if (statement->domain_action == 'T' && stmt->def != NULL)
		statement->condition = mh_fact_new_expression(stmt->def);
	if (statement->domain_action != 'C' || constraint->contype != CONSTR_CHECK ||
		constraint->is_no_inherit)
		return;
	statement->part = mh_fact_text(constraint->conname);
	statement->condition = mh_fact_new_expression(constraint->raw_expr);
	statement->is_not_valid = constraint->skip_validation;
}

static void
read_rest(MhReviewStatement *statement, Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_CreateSchemaStmt:
			statement->kind = MH_REVIEW_CREATE_SCHEMA;
			statement->name.name = mh_fact_text(((CreateSchemaStmt *) tree)->schemaname);
			statement->exists_ok = ((CreateSchemaStmt *) tree)->if_not_exists;
			if (statement->name.name == NULL || ((CreateSchemaStmt *) tree)->schemaElts != NIL)
				statement->kind = MH_REVIEW_OTHER;
			break;
		case T_CreateStatsStmt:
			read_statistics(statement, (CreateStatsStmt *) tree);
			break;
		case T_CreatePolicyStmt:
			statement->kind = MH_REVIEW_CREATE_POLICY;
			statement->name = mh_fact_name(((CreatePolicyStmt *) tree)->table);
			statement->part = mh_fact_text(((CreatePolicyStmt *) tree)->policy_name);
			statement->condition = mh_fact_new_expression(((CreatePolicyStmt *) tree)->qual);
			read_new_rows(statement, ((CreatePolicyStmt *) tree)->with_check);
			mh_fact_roles(statement, ((CreatePolicyStmt *) tree)->roles);
			break;
		case T_RuleStmt:
			statement->kind = MH_REVIEW_CREATE_RULE;
			statement->name = mh_fact_name(((RuleStmt *) tree)->relation);
			statement->part = mh_fact_text(((RuleStmt *) tree)->rulename);
			statement->replace = ((RuleStmt *) tree)->replace;
			break;
		case T_CreatePublicationStmt:
			read_publication(statement, (CreatePublicationStmt *) tree);
			break;
		case T_AlterDomainStmt:
			statement->kind = MH_REVIEW_HARMLESS;
			statement->object = MH_OBJECT_DOMAIN;
			read_domain_change(statement, (AlterDomainStmt *) tree);
			break;
		case T_DiscardStmt:
			statement->kind = MH_REVIEW_HARMLESS;
			if (((DiscardStmt *) tree)->target == DISCARD_ALL)
				statement->needs_no_transaction = "DISCARD ALL";
			break;
		case T_CreatedbStmt:
		case T_DropdbStmt:
		case T_CreateTableSpaceStmt:
		case T_AlterSystemStmt:
			statement->needs_no_transaction = statement->command;
			break;
		default:
			if (is_harmless(tree) || (IsA(tree, DoStmt) && does_nothing((DoStmt *) tree)))
				statement->kind = MH_REVIEW_HARMLESS;
			break;
	}
}

static void
read_extension_schema(MhReviewStatement *statement, CreateExtensionStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->options)
		if (strcmp(lfirst_node(DefElem, cell)->defname, MH_ATTR_SCHEMA) == 0)
			statement->other.schema = mh_fact_text(defGetString(lfirst_node(DefElem, cell)));
}

void
mh_facts_of_objects(MhReviewStatement *statement, Node *tree)
{
	statement->tree = tree;
	if (!read_maintenance(statement, tree) && !mh_facts_of_rights(statement, tree) &&
		!read_change(statement, tree))
		read_rest(statement, tree);
	statement->makes_anything = IsA(tree, CreateExtensionStmt);
	if (statement->makes_anything)
		read_extension_schema(statement, (CreateExtensionStmt *) tree);
	if (statement->makes_anything)
		mh_strings_push(
			&statement->makes,
			psprintf("extension %s", mh_fact_text(((CreateExtensionStmt *) tree)->extname)));
	statement->is_block =
		(IsA(tree, DoStmt) || IsA(tree, CallStmt)) && statement->kind == MH_REVIEW_OTHER;
	if (IsA(tree, CallStmt))
		mh_strings_push(&statement->code,
						mh_fact_text(strVal(llast(((CallStmt *) tree)->funccall->funcname))));
	read_code_changes(statement, tree);
}
