/*-------------------------------------------------------------------------
 *
 * functions.c
 *	  Functions that a script makes, alters or drops, and comments on what the model does not have.
 *
 * Nothing is compiled.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/routine.h"

#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/proclang.h"
#include "funcapi.h"
#include "server/base/query.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static bool
is_function(ObjectType type)
{
	return type == OBJECT_FUNCTION || type == OBJECT_PROCEDURE || type == OBJECT_ROUTINE;
}

/* That the function, or a schema or type that its name has, is not there. */
static bool
is_absence(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
		   error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT ||
		   error->sqlerrcode == ERRCODE_UNDEFINED_SCHEMA;
}

/* ---------- DROP ---------- */

static void
read_user(MhReviewUsers *users, const char *text)
{
	const char *name = strchr(text, ' ');

	if (text[0] != 't')
	{
		users->other = text + 1;
		return;
	}
	users->triggers = mh_with_room(users->triggers, users->n_triggers, sizeof(MhReviewTriggerUser));
	users->triggers[users->n_triggers++] =
		(MhReviewTriggerUser){(uint32) strtoul(text + 1, NULL, 10), name + 1, ""};
}

/* Of a function that is no part of an extension. */
static void
read_users_of_function(Oid function, MhReviewUsers *users)
{
	Oid types[1] = {OIDOID};
	Datum values[1] = {ObjectIdGetDatum(function)};
	MhStrings found = mh_query_strings(
		"SELECT CASE WHEN t.oid IS NULL"
		" THEN 'o' || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)"
		" ELSE 't' || t.tgrelid::pg_catalog.int8 || ' ' || t.tgname END FROM pg_catalog.pg_depend d"
		" LEFT JOIN pg_catalog.pg_trigger t"
		" ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = d.objid"
		" WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = $1",
		1, types, values, NULL);

	users->found = function < FirstNormalObjectId ||
						   OidIsValid(getExtensionOfObject(ProcedureRelationId, function))
					   ? mh_answer_unknown(NULL)
					   : mh_answer_yes();
	for (int i = 0; i < found.n; i++)
		read_user(users, found.v[i]);
}

static void
read_table_of_statistics(const List *name, MhReviewUsers *users)
{
	Oid statistics = get_statistics_object_oid(unconstify(List *, name), true);
	HeapTuple tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(statistics));

	if (!HeapTupleIsValid(tuple))
	{
		users->found = mh_answer_no("42704", "the statistics do not exist");
		return;
	}
	users->table = ((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxrelid;
	users->found = OidIsValid(getExtensionOfObject(StatisticExtRelationId, statistics))
					   ? mh_answer_unknown(NULL)
					   : mh_answer_yes();
	ReleaseSysCache(tuple);
}

/* Objects are found along the path of the caller, which is that of the script, or the answer is not used. */
void
mh_world_users(void *arg, const MhReviewStatement *statement, MhReviewUsers *users)
{
	const MhReviewServer *server = arg;
	const DropStmt *stmt = (const DropStmt *) statement->tree;
	ErrorData *error;
	Oid function;

	users->found = mh_answer_unknown(NULL);
	if (mh_is_elsewhere(server) || !mh_runs_as_superuser(server))
		return;
	if (statement->is_statistics)
	{
		read_table_of_statistics(linitial_node(List, stmt->objects), users);
		return;
	}
	error =
		mh_find_function(stmt->removeType, linitial_node(ObjectWithArgs, stmt->objects), &function);
	if (error == NULL)
		read_users_of_function(function, users);
	else if (stmt->missing_ok && is_absence(error))
		users->found = mh_answer_no("42883", NULL);
	else
		users->found = mh_refusal(error);
}

/* Objects that only have a name: whether there is one. */
static MhReviewTruth
has_object(ObjectType type, Node *object)
{
	switch (type)
	{
		case OBJECT_EXTENSION:
			return OidIsValid(get_extension_oid(strVal(object), true)) ? MH_TRUTH_YES : MH_TRUTH_NO;
		case OBJECT_PUBLICATION:
			return OidIsValid(get_publication_oid(strVal(object), true)) ? MH_TRUTH_YES
																		 : MH_TRUTH_NO;
		case OBJECT_LANGUAGE:
			return OidIsValid(get_language_oid(strVal(object), true)) ? MH_TRUTH_YES : MH_TRUTH_NO;
		case OBJECT_STATISTIC_EXT:
			return OidIsValid(get_statistics_object_oid(castNode(List, object), true))
					   ? MH_TRUTH_YES
					   : MH_TRUTH_NO;
		default:
			return MH_TRUTH_UNKNOWN;
	}
}

static MhReviewAnswer
absent(Node *object)
{
	const char *name = IsA(object, List) ? NameListToString((List *) object) : strVal(object);

	return mh_answer_no("42704", psprintf("%s does not exist", mh_to_utf8(pstrdup(name))));
}

static MhReviewAnswer
judge_drop(const MhReviewServer *server, const DropStmt *stmt)
{
	ListCell *cell;

	/* several; of one the core judges the users */
	if (is_function(stmt->removeType))
		return mh_answer_unknown(NULL);
	foreach (cell, stmt->objects)
		switch (has_object(stmt->removeType, lfirst(cell)))
		{
			case MH_TRUTH_NO:
				if (!stmt->missing_ok)
					return absent(lfirst(cell));
				break;
			default:
				return mh_answer_unknown(NULL);
		}
	return mh_answer_yes();
}

/* ---------- COMMENT, RENAME, ALTER ---------- */

static MhReviewAnswer
judge_comment(const MhReviewServer *server, const CommentStmt *stmt)
{
	Oid function;
	ErrorData *error;

	if (is_function(stmt->objtype))
	{
		error = mh_find_function(stmt->objtype, (const ObjectWithArgs *) stmt->object, &function);
		return error == NULL ? mh_answer_yes() : mh_refusal(error);
	}
	/* one that is not there is warned of */
	if (stmt->objtype == OBJECT_DATABASE)
		return mh_answer_yes();
	if (stmt->objtype == OBJECT_ROLE)
		return mh_review_made(server->review, "role", mh_to_utf8(pstrdup(strVal(stmt->object)))) ==
						   MH_TRUTH_UNKNOWN &&
					   !OidIsValid(get_role_oid(strVal(stmt->object), true))
				   ? absent(stmt->object)
				   : mh_answer_unknown(NULL);
	switch (has_object(stmt->objtype, stmt->object))
	{
		case MH_TRUTH_YES:
			return mh_answer_yes();
		case MH_TRUTH_NO:
			return absent(stmt->object);
		default:
			return mh_answer_unknown(NULL);
	}
}

/* name or schema NULL: it stays. */
static MhReviewAnswer
judge_new_name(Oid function, const char *name, Oid schema)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	bool is_taken;

	if (!HeapTupleIsValid(tuple))
		return mh_answer_unknown(NULL);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	is_taken = (name != NULL || form->pronamespace != schema) &&
			   SearchSysCacheExists3(
				   PROCNAMEARGSNSP, CStringGetDatum(name != NULL ? name : NameStr(form->proname)),
				   PointerGetDatum(&form->proargtypes),
				   ObjectIdGetDatum(OidIsValid(schema) ? schema : form->pronamespace));
	ReleaseSysCache(tuple);
	return is_taken ? mh_answer_no("42723", "a function has the new name already")
					: mh_answer_yes();
}

static MhReviewAnswer
judge_rename(const RenameStmt *stmt)
{
	Oid function;
	ErrorData *error;

	if (!is_function(stmt->renameType))
		return mh_answer_unknown(NULL);
	error = mh_find_function(stmt->renameType, (const ObjectWithArgs *) stmt->object, &function);
	return error == NULL ? judge_new_name(function, stmt->newname, InvalidOid) : mh_refusal(error);
}

/* Into a schema that is there already; one of an extension stays where it is. */
static MhReviewAnswer
judge_set_schema(const AlterObjectSchemaStmt *stmt)
{
	Oid schema = get_namespace_oid(stmt->newschema, true);
	Oid function;
	ErrorData *error;

	if (!is_function(stmt->objectType))
		return mh_answer_unknown(NULL);
	error = mh_find_function(stmt->objectType, (const ObjectWithArgs *) stmt->object, &function);
	if (error != NULL)
		return mh_refusal(error);
	if (!OidIsValid(schema) || mh_begins_with(stmt->newschema, "pg_") ||
		function < FirstNormalObjectId ||
		OidIsValid(getExtensionOfObject(ProcedureRelationId, function)))
		return mh_answer_unknown(NULL);
	return judge_new_name(function, NULL, schema);
}

static MhReviewAnswer
judge_alter(const AlterFunctionStmt *stmt)
{
	Oid function;
	ErrorData *error = mh_find_function(stmt->objtype, stmt->func, &function);
	const DefElem *action = linitial_node(DefElem, stmt->actions);

	if (error != NULL)
		return mh_refusal(error);
	return list_length(stmt->actions) == 1 && stmt->objtype == OBJECT_FUNCTION &&
				   (strcmp(action->defname, MH_ATTR_SECURITY) == 0 ||
					strcmp(action->defname, MH_ATTR_VOLATILITY) == 0 ||
					strcmp(action->defname, MH_ATTR_STRICT) == 0)
			   ? mh_answer_yes()
			   : mh_answer_unknown(NULL);
}

/* ---------- CREATE FUNCTION ---------- */

typedef struct Creation
{
	const MhReviewServer *server;
	const CreateFunctionStmt *stmt;
	MhRoutine routine;
} Creation;

static void
read_routine(void *arg)
{
	Creation *creation = arg;

	mh_routine_read(creation->server, creation->stmt, &creation->routine);
}

static Oid
schema_of(const MhReviewServer *server, const List *names)
{
	const MhStrings *path = mh_review_path(server->review);
	Oid found = InvalidOid;

	if (list_length(names) > 1)
		return get_namespace_oid(strVal(linitial(names)), true);
	for (int i = 0; i < path->n && !OidIsValid(found); i++)
		found = get_namespace_oid(mh_from_utf8(pstrdup(path->v[i])), true);
	return found;
}

static bool
is_input(const MhRoutineParameter *parameter)
{
	return parameter->mode != FUNC_PARAM_OUT && parameter->mode != FUNC_PARAM_TABLE;
}

/* Parameters that have names keep them, and those with defaults have some again. */
static MhReviewAnswer
compare_parameters(const MhRoutine *routine, HeapTuple present)
{
	bool is_null;
	Datum names = SysCacheGetAttr(PROCOID, present, Anum_pg_proc_proargnames, &is_null);
	Datum modes;
	char **old;
	int n;
	int at = 0;

	if (((Form_pg_proc) GETSTRUCT(present))->pronargdefaults > 0)
		return mh_answer_unknown("whether the defaults of the parameters fit");
	if (is_null)
		return mh_answer_yes();
	modes = SysCacheGetAttr(PROCOID, present, Anum_pg_proc_proargmodes, &is_null);
	n = get_func_input_arg_names(names, is_null ? PointerGetDatum(NULL) : modes, &old);
	for (int i = 0; i < routine->n && at < n; i++)
	{
		if (!is_input(&routine->parameters[i]))
			continue;
		if (old[at] != NULL && old[at][0] != '\0' &&
			strcmp(old[at], routine->parameters[i].name) != 0)
			return mh_answer_no("42P13", "the names of parameters would change");
		at++;
	}
	return mh_answer_yes();
}

/* What a function of the same name and parameters says about it. */
static MhReviewAnswer
compare_with_present(const Creation *creation, HeapTuple present)
{
	const Form_pg_proc form = (Form_pg_proc) GETSTRUCT(present);
	const MhRoutine *routine = &creation->routine;

	if (!creation->stmt->replace)
		return mh_answer_no("42723", "the function exists already");
	if (form->prokind != (routine->is_procedure ? PROKIND_PROCEDURE : PROKIND_FUNCTION))
		return mh_answer_no("42809", "what is there is no such routine");
	if (form->prorettype != routine->returns || form->proretset != routine->is_set)
		return mh_answer_no("42P13", "the function that is there returns another type");
	if (routine->returns == RECORDOID)
		return mh_answer_unknown("whether the rows that are returned are the same");
	return compare_parameters(routine, present);
}

static MhReviewAnswer
look_for_present(const Creation *creation)
{
	const MhRoutine *routine = &creation->routine;
	Oid schema = schema_of(creation->server, creation->stmt->funcname);
	Oid types[FUNC_MAX_ARGS];
	int n = 0;
	HeapTuple present;
	MhReviewAnswer answer;

	if (!OidIsValid(schema))
		return mh_answer_yes();
	for (int i = 0; i < routine->n; i++)
		if (is_input(&routine->parameters[i]))
			types[n++] = routine->parameters[i].type;
	present = SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum(routine->name),
							  PointerGetDatum(buildoidvector(types, n)), ObjectIdGetDatum(schema));
	if (!HeapTupleIsValid(present))
		return mh_answer_yes();
	answer = compare_with_present(creation, present);
	ReleaseSysCache(present);
	return answer;
}

static bool
checks_bodies(const MhReviewServer *server)
{
	const char *value = GetConfigOption("check_function_bodies", true, false);

	switch (mh_review_checks_bodies(server->review))
	{
		case MH_TRUTH_YES:
			return true;
		case MH_TRUTH_NO:
			return false;
		default:
			return value != NULL && strcmp(value, "on") == 0;
	}
}

static MhReviewAnswer
judge_body(const Creation *creation)
{
	const MhRoutine *routine = &creation->routine;

	if (routine->body != NULL && !checks_bodies(creation->server))
		return mh_answer_yes();
	return strcmp(routine->language, "sql") == 0 ? mh_judge_sql_body(creation->server, routine)
												 : mh_judge_plpgsql_body(creation->server, routine);
}

static MhReviewAnswer
judge_create(const MhReviewServer *server, const CreateFunctionStmt *stmt)
{
	Creation creation = {server, stmt};
	ErrorData *error = mh_try(read_routine, &creation);
	MhReviewAnswer body;
	MhReviewAnswer present;

	if (error != NULL)
		return mh_refusal(error);
	body = judge_body(&creation);
	present = look_for_present(&creation);
	/* a body with its own syntax is analysed before the function is looked for */
	return creation.routine.body == NULL    ? (body.passes == MH_TRUTH_YES ? present : body)
		   : present.passes == MH_TRUTH_YES ? body
											: present;
}

/* ---------- DO ---------- */

MhReviewAnswer
mh_judge_do(const MhReviewServer *server, const DoStmt *stmt)
{
	MhRoutine routine = {.name = "inline_code_block", .returns = VOIDOID, .language = "plpgsql"};
	ListCell *cell;

	foreach (cell, stmt->args)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "as") == 0)
			routine.body = strVal(option->arg);
		else if (strcmp(strVal(option->arg), "plpgsql") != 0)
			return mh_answer_unknown(NULL);
	}
	if (routine.body == NULL || list_length(stmt->args) > 2 ||
		!OidIsValid(get_language_oid("plpgsql", true)) || !checks_bodies(server))
		return mh_answer_unknown(NULL);
	return mh_judge_plpgsql_body(server, &routine);
}

MhReviewAnswer
mh_world_function(const MhReviewServer *server, const Node *tree)
{
	if (mh_is_elsewhere(server) || !mh_runs_as_superuser(server))
		return mh_answer_unknown(NULL);
	switch (nodeTag(tree))
	{
		case T_DropStmt:
			return judge_drop(server, (const DropStmt *) tree);
		case T_CommentStmt:
			return judge_comment(server, (const CommentStmt *) tree);
		case T_RenameStmt:
			return judge_rename((const RenameStmt *) tree);
		case T_AlterObjectSchemaStmt:
			return judge_set_schema((const AlterObjectSchemaStmt *) tree);
		case T_AlterFunctionStmt:
			return judge_alter((const AlterFunctionStmt *) tree);
		case T_CreateFunctionStmt:
			return judge_create(server, (const CreateFunctionStmt *) tree);
		default:
			return mh_answer_unknown(NULL);
	}
}
