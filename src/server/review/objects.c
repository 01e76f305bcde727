/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  Statements about objects that the model does not have: functions, roles, extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/amapi.h"
#include "access/reloptions.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/tablespace.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
#include "server/base/query.h"
#include "statistics/statistics.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---------- what there is ---------- */

static bool
has_extension(const MhReviewServer *server, const char *name)
{
	if (!mh_is_elsewhere(server))
		return OidIsValid(get_extension_oid(name, true));
	return mh_there_value(server,
						  "SELECT 1 FROM pg_catalog.pg_extension e"
						  " WHERE e.extname = ($1::pg_catalog.text[])[1]",
						  mh_to_utf8(pstrdup(name)), "") != NULL;
}

static bool
has_statistics(const MhReviewServer *server, List *name)
{
	return mh_is_elsewhere(server) ? mh_there_has_statistics(server, name)
								   : OidIsValid(get_statistics_object_oid(name, true));
}

/* ---------- statements ---------- */

static MhReviewAnswer
judge_extension(const MhReviewServer *server, const CreateExtensionStmt *stmt)
{
	if (!has_extension(server, stmt->extname))
		return mh_is_elsewhere(server) ? mh_answer_unknown(NULL)
									   : mh_judge_new_extension(server, stmt);
	if (stmt->if_not_exists)
		return mh_answer_yes();
	return mh_answer_no("42710",
						psprintf("extension %s exists already", mh_to_utf8(stmt->extname)));
}

static MhReviewAnswer
judge_schema(const MhReviewServer *server, const char *name)
{
	if (mh_begins_with(name, "pg_"))
		return mh_answer_no("42939", "names of schemas must not begin with pg_");
	return mh_runs_as_superuser(server) ? mh_answer_yes() : mh_answer_unknown(NULL);
}

static void
find_domain_constraint(void *arg)
{
	const AlterDomainStmt *stmt = arg;

	(void) get_domain_constraint_oid(typenameTypeId(NULL, makeTypeNameFromNameList(stmt->typeName)),
									 stmt->name, false);
}

typedef struct BaseType
{
	const AlterDomainStmt *stmt;
	MhModelColumn column;
} BaseType;

static void
find_base(void *arg)
{
	BaseType *base = arg;
	Oid domain = typenameTypeId(NULL, makeTypeNameFromNameList(base->stmt->typeName));

	base->column.name = "value";
	base->column.type = getBaseTypeAndTypmod(domain, &base->column.typmod);
	base->column.collation = get_typcollation(domain);
}

/* A default is for columns that are made later. */
static MhReviewAnswer
judge_domain_default(const MhReviewServer *server, const AlterDomainStmt *stmt)
{
	BaseType base = {stmt, {.typmod = -1}};
	MhReviewExpression expression = mh_fact_expression(stmt->def);
	MhReviewExpressionAnswer answer = {{MH_TRUTH_UNKNOWN}};
	ErrorData *error = mh_try(find_base, &base);

	if (error != NULL)
		return mh_refusal(error);
	mh_world_expression(unconstify(MhReviewServer *, server), &expression, MH_USE_DEFAULT, NULL,
						&base.column, &answer);
	return answer.answer;
}

/* The core knows that the domain is there. */
static MhReviewAnswer
judge_domain(const MhReviewServer *server, const AlterDomainStmt *stmt)
{
	ErrorData *error;

	/* DROP DEFAULT and DROP NOT NULL */
	if ((stmt->subtype == 'T' && stmt->def == NULL) || stmt->subtype == 'N')
		return mh_answer_yes();
	if (stmt->subtype == 'T' && !mh_is_elsewhere(server))
		return judge_domain_default(server, stmt);
	if (stmt->subtype != 'X' || mh_is_elsewhere(server))
		return mh_answer_unknown("the rows of its columns decide");
	error = mh_try(find_domain_constraint, unconstify(AlterDomainStmt *, stmt));
	return error == NULL || (stmt->missing_ok && error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT)
			   ? mh_answer_yes()
			   : mh_refusal(error);
}

/* ---------- triggers, policies, statistics ---------- */

static void
find_trigger_function(void *arg)
{
	const CreateTrigStmt *stmt = arg;
	Oid function = LookupFuncName(stmt->funcname, 0, NULL, false);

	if (get_func_rettype(function) != TRIGGEROID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("function %s must return type trigger", NameListToString(stmt->funcname))));
}

/* At most one table for each side, of an event that has it. */
static bool
has_plain_transitions(const CreateTrigStmt *stmt)
{
	bool has_new = false;
	bool has_old = false;
	ListCell *cell;

	if (stmt->transitionRels == NIL)
		return true;
	if (stmt->timing != TRIGGER_TYPE_AFTER || stmt->row || stmt->columns != NIL ||
		(stmt->events != TRIGGER_TYPE_INSERT && stmt->events != TRIGGER_TYPE_UPDATE &&
		 stmt->events != TRIGGER_TYPE_DELETE))
		return false;
	foreach (cell, stmt->transitionRels)
	{
		const TriggerTransition *transition = lfirst_node(TriggerTransition, cell);

		if (!transition->isTable || (transition->isNew ? has_new : has_old) ||
			stmt->events == (transition->isNew ? TRIGGER_TYPE_DELETE : TRIGGER_TYPE_INSERT) ||
			(cell != list_head(stmt->transitionRels) &&
			 strcmp(linitial_node(TriggerTransition, stmt->transitionRels)->name,
					transition->name) == 0))
			return false;
		has_new |= transition->isNew;
		has_old |= !transition->isNew;
	}
	return true;
}

/* A trigger that is there and is replaced: a constraint, or one of the server itself, is not. */
static MhReviewAnswer
judge_replaced(const MhReviewServer *server, const CreateTrigStmt *stmt)
{
	MhReviewName name = mh_fact_name(stmt->relation);
	const MhModelRelation *relation = mh_review_find_relation(server->review, &name);
	Oid trigger;
	Oid types[1] = {OIDOID};
	Datum values[1];

	if (relation == NULL || mh_is_elsewhere(server))
		return mh_answer_unknown(NULL);
	trigger = relation->live_name == NULL ? InvalidOid
										  : get_trigger_oid(relation->id, stmt->trigname, true);
	values[0] = ObjectIdGetDatum(trigger);
	return OidIsValid(trigger) &&
				   mh_query_strings("SELECT '' FROM pg_catalog.pg_trigger WHERE oid = $1"
									" AND (tgisinternal OR tgparentid <> 0 OR tgconstraint <> 0)",
									1, types, values, NULL)
						   .n > 0
			   ? mh_answer_no("42710", "the trigger cannot be replaced")
			   : mh_answer_yes();
}

/* A plain trigger of a table; the core knows the table, its columns and its other triggers. */
static MhReviewAnswer
judge_trigger(const MhReviewServer *server, const MhReviewStatement *statement)
{
	const CreateTrigStmt *stmt = (const CreateTrigStmt *) statement->tree;
	MhReviewAnswer replaced = {MH_TRUTH_YES};
	ErrorData *error;

	/* the core judges the conditions that are a query, or compare rows */
	if (stmt->constrrel != NULL || !has_plain_transitions(stmt) ||
		(stmt->whenClause != NULL && statement->returning == NULL && !statement->compares_rows) ||
		!mh_runs_as_superuser(server))
		return mh_answer_unknown(NULL);
	if (stmt->replace)
		replaced = judge_replaced(server, stmt);
	if (mh_review_made(server->review, MH_TRIGGER_FUNCTION,
					   mh_to_utf8(pstrdup(strVal(llast(stmt->funcname))))) == MH_TRUTH_YES)
		return replaced;
	if (mh_is_elsewhere(server))
	{
		MhReviewAnswer there = mh_there_trigger_function(server, stmt->funcname);

		return there.passes == MH_TRUTH_YES ? replaced : there;
	}
	error = mh_try(find_trigger_function, unconstify(CreateTrigStmt *, stmt));
	return error == NULL ? replaced : mh_refusal(error);
}

static MhReviewAnswer
judge_policy(const MhReviewServer *server, const CreatePolicyStmt *stmt)
{
	bool is_for_reading =
		strcmp(stmt->cmd_name, "select") == 0 || strcmp(stmt->cmd_name, "delete") == 0;

	if (is_for_reading && stmt->with_check != NULL)
		return mh_answer_no("42601", "WITH CHECK is not possible for SELECT and DELETE");
	if (strcmp(stmt->cmd_name, "insert") == 0 && stmt->qual != NULL)
		return mh_answer_no("42601", "only WITH CHECK is possible for INSERT");
	return mh_answer_yes();
}

/* Of two columns or more, all kinds of statistics, under a name that nobody has. */
static MhReviewAnswer
judge_statistics(const MhReviewServer *server, const CreateStatsStmt *stmt)
{
	ListCell *cell;

	if (list_length(stmt->defnames) != 1 || stmt->stat_types != NIL || stmt->if_not_exists ||
		list_length(stmt->exprs) < 2 || list_length(stmt->exprs) > STATS_MAX_DIMENSIONS ||
		!mh_runs_as_superuser(server))
		return mh_answer_unknown(NULL);
	foreach (cell, stmt->exprs)
		if (lfirst_node(StatsElem, cell)->name == NULL)
			return mh_answer_unknown(NULL);
	/* it may be in another schema than the new one */
	return has_statistics(server, stmt->defnames) ? mh_answer_unknown(NULL) : mh_answer_yes();
}

/* Without arguments, which would be analysed first. */
static MhReviewAnswer
judge_call(const MhReviewServer *server, const CallStmt *stmt)
{
	List *name = stmt->funccall->funcname;

	if (mh_is_elsewhere(server) || stmt->funccall->args != NIL || list_length(name) > 1 ||
		FuncnameGetCandidates(name, -1, NIL, false, false, true, true) != NULL)
		return mh_answer_unknown(NULL);
	return mh_answer_no("42883", psprintf("procedure %s does not exist",
										  mh_to_utf8(pstrdup(NameListToString(name)))));
}

/* One that does nothing instead, or besides. */
static MhReviewAnswer
judge_rule(const MhReviewServer *server, const RuleStmt *stmt)
{
	MhReviewName name = mh_fact_name(stmt->relation);
	const MhModelRelation *relation = mh_review_find_relation(server->review, &name);

	return relation != NULL && strchr("rv", relation->kind) != NULL && !stmt->replace &&
				   stmt->actions == NIL && stmt->whereClause == NULL && stmt->event != CMD_SELECT &&
				   mh_runs_as_superuser(server)
			   ? mh_answer_yes()
			   : mh_answer_unknown(NULL);
}

/* The core knows the tables. */
static MhReviewAnswer
judge_publication(const MhReviewServer *server, const CreatePublicationStmt *stmt)
{
	if (mh_is_elsewhere(server) || !mh_runs_as_superuser(server) || stmt->options != NIL)
		return mh_answer_unknown(NULL);
	return OidIsValid(get_publication_oid(stmt->pubname, true))
			   ? mh_answer_no("42710", psprintf("publication %s exists already",
												mh_to_utf8(pstrdup(stmt->pubname))))
			   : mh_answer_yes();
}

/* ---------- how a table or an index is stored ---------- */

static Oid
method_of(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid method = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		method = ((Form_pg_class) GETSTRUCT(tuple))->relam;
		ReleaseSysCache(tuple);
	}
	return method;
}

/* Nothing is moved to where it is already. */
static MhReviewAnswer
judge_tablespace(const MhModelRelation *relation, const char *name)
{
	Oid tablespace = get_tablespace_oid(name, true);

	if (!OidIsValid(tablespace))
		return mh_answer_no("42704",
							psprintf("tablespace %s does not exist", mh_to_utf8(pstrdup(name))));
	if (tablespace == GLOBALTABLESPACE_OID)
		return mh_answer_no("22023", "only shared relations can be there");
	return tablespace == MyDatabaseTableSpace && !OidIsValid(get_rel_tablespace(relation->id))
			   ? mh_answer_yes()
			   : mh_answer_unknown(NULL);
}

static MhReviewAnswer
judge_method(const MhModelRelation *relation, const char *name)
{
	HeapTuple tuple = name == NULL ? NULL : SearchSysCache1(AMNAME, CStringGetDatum(name));
	MhReviewAnswer answer = {MH_TRUTH_UNKNOWN};

	if (name == NULL || strchr("rm", relation->kind) == NULL)
		;
	else if (!HeapTupleIsValid(tuple))
		return mh_answer_no("42704",
							psprintf("access method %s does not exist", mh_to_utf8(pstrdup(name))));
	else if (((Form_pg_am) GETSTRUCT(tuple))->amtype != AMTYPE_TABLE)
		answer = mh_answer_no("55000", "it is no access method of tables");
	else if (((Form_pg_am) GETSTRUCT(tuple))->oid == method_of(relation->id))
		answer = mh_answer_yes();
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return answer;
}

typedef struct IndexOptions
{
	const AlterTableCmd *command;
	Oid method;
} IndexOptions;

static void
check_index_options(void *arg)
{
	const IndexOptions *options = arg;
	Datum texts = transformRelOptions((Datum) 0, (List *) options->command->def, NULL, NULL, false,
									  options->command->subtype == AT_ResetRelOptions);

	(void) index_reloptions(GetIndexAmRoutineByAmId(options->method, false)->amoptions, texts,
							true);
}

static MhReviewAnswer
judge_index_options(const MhModelRelation *relation, const AlterTableCmd *command)
{
	IndexOptions options = {command, method_of(relation->id)};
	ErrorData *error;

	if (!OidIsValid(options.method) || options.method >= FirstNormalObjectId)
		return mh_answer_unknown(NULL);
	error = mh_try(check_index_options, &options);
	return error == NULL ? mh_answer_yes() : mh_refusal(error);
}

/* One action that the core does not judge. */
static MhReviewAnswer
judge_storage(const MhReviewServer *server, const AlterTableStmt *stmt)
{
	const AlterTableCmd *command = linitial_node(AlterTableCmd, stmt->cmds);
	MhReviewName name = mh_fact_name(stmt->relation);
	const MhModelRelation *relation = mh_review_find_relation(server->review, &name);

	if (relation == NULL || relation->live_name == NULL || mh_is_elsewhere(server) ||
		!mh_runs_as_superuser(server) || relation->is_system)
		return mh_answer_unknown(NULL);
	switch (command->subtype)
	{
		case AT_SetTableSpace:
			return judge_tablespace(relation, command->name);
		case AT_SetAccessMethod:
			return judge_method(relation, command->name);
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
			return relation->kind == 'i' ? judge_index_options(relation, command)
										 : mh_answer_unknown(NULL);
		default:
			return mh_answer_unknown(NULL);
	}
}

MhReviewAnswer
mh_world_other(void *arg, const MhReviewStatement *statement)
{
	const MhReviewServer *server = arg;
	const Node *tree = statement->tree;

	if (statement->kind == MH_REVIEW_CREATE_SCHEMA)
		return judge_schema(server, statement->name.name);
	if (tree != NULL && IsA(tree, RenameStmt) &&
		((const RenameStmt *) tree)->renameType == OBJECT_ROLE)
		return mh_world_rights(server, statement);
	if (statement->kind == MH_REVIEW_RENAME && statement->object == MH_OBJECT_SCHEMA)
		return judge_schema(server, statement->new_name);
	if (statement->kind == MH_REVIEW_OWNER)
		return mh_world_owner(server, statement);
	if (tree == NULL)
		return mh_answer_unknown(NULL);
	switch (nodeTag(tree))
	{
		case T_CreateExtensionStmt:
			return judge_extension(server, (const CreateExtensionStmt *) tree);
		case T_GrantStmt:
		case T_AlterDefaultPrivilegesStmt:
		case T_CreateRoleStmt:
		case T_AlterRoleStmt:
		case T_DropRoleStmt:
		case T_GrantRoleStmt:
			return mh_world_rights(server, statement);
		case T_CreateTrigStmt:
			return judge_trigger(server, statement);
		case T_CreatePolicyStmt:
			return judge_policy(server, (const CreatePolicyStmt *) tree);
		case T_CreateStatsStmt:
			return judge_statistics(server, (const CreateStatsStmt *) tree);
		case T_DoStmt:
			if (mh_is_elsewhere(server) || !mh_runs_as_superuser(server))
				return mh_answer_unknown(NULL);
			/* one that does nothing */
			return statement->kind == MH_REVIEW_HARMLESS
					   ? mh_answer_yes()
					   : mh_judge_do(server, (const DoStmt *) tree);
		case T_AlterTableStmt:
			return judge_storage(server, (const AlterTableStmt *) tree);
		case T_CallStmt:
			return judge_call(server, (const CallStmt *) tree);
		case T_RuleStmt:
			return judge_rule(server, (const RuleStmt *) tree);
		case T_CreatePublicationStmt:
			return judge_publication(server, (const CreatePublicationStmt *) tree);
		case T_DropStmt:
		case T_AlterObjectSchemaStmt:
		case T_CommentStmt:
		case T_RenameStmt:
		case T_CreateFunctionStmt:
		case T_AlterFunctionStmt:
			return mh_world_function(server, tree);
		case T_AlterDomainStmt:
			return judge_domain(server, (const AlterDomainStmt *) tree);
		case T_CheckPointStmt:
			return mh_runs_as_superuser(server) ? mh_answer_yes() : mh_answer_unknown(NULL);
		case T_VariableShowStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
		case T_NotifyStmt:
		case T_ConstraintsSetStmt:
			return mh_answer_yes();
		default:
			return mh_answer_unknown(NULL);
	}
}
