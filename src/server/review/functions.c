/*-------------------------------------------------------------------------
 *
 * functions.c
 *	  Functions that a script makes, alters or drops, and comments on what the model does not have.
 *
 * Nothing is compiled: of a body only what stands for itself is accepted.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/proclang.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
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

/* One function, on which nothing depends, or of which this is to be said. */
static MhReviewAnswer
judge_drop_function(const MhReviewServer *server, const DropStmt *stmt)
{
	Oid function;
	Oid types[1] = {OIDOID};
	Datum values[1];
	MhStrings found;
	ErrorData *error;

	if (list_length(stmt->objects) != 1)
		return mh_answer_unknown(NULL);
	error =
		mh_find_function(stmt->removeType, linitial_node(ObjectWithArgs, stmt->objects), &function);
	if (error != NULL)
		return stmt->missing_ok && is_absence(error) ? mh_answer_yes() : mh_refusal(error);
	if (function < FirstNormalObjectId)
		return mh_answer_unknown(NULL);
	values[0] = ObjectIdGetDatum(function);
	found = mh_query_strings(
		"SELECT pg_catalog.pg_describe_object(classid, objid, objsubid) FROM pg_catalog.pg_depend"
		" WHERE refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND refobjid = $1"
		" UNION ALL SELECT '' FROM pg_catalog.pg_depend"
		" WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND objid = $1"
		" AND deptype IN ('e', 'i', 'x') LIMIT 1",
		1, types, values, NULL);
	if (found.n == 0)
		return mh_answer_yes();
	return stmt->behavior == DROP_CASCADE || found.v[0][0] == '\0'
			   ? mh_answer_unknown(NULL)
			   : mh_answer_no("2BP01", psprintf("%s depends on it", found.v[0]));
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

	if (is_function(stmt->removeType))
		return judge_drop_function(server, stmt);
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

static MhReviewAnswer
judge_rename(const RenameStmt *stmt)
{
	Oid function;
	ErrorData *error;
	HeapTuple tuple;
	Form_pg_proc form;
	bool is_taken;

	if (!is_function(stmt->renameType))
		return mh_answer_unknown(NULL);
	error = mh_find_function(stmt->renameType, (const ObjectWithArgs *) stmt->object, &function);
	if (error != NULL)
		return mh_refusal(error);
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return mh_answer_unknown(NULL);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	is_taken = SearchSysCacheExists3(PROCNAMEARGSNSP, CStringGetDatum(stmt->newname),
									 PointerGetDatum(&form->proargtypes),
									 ObjectIdGetDatum(form->pronamespace));
	ReleaseSysCache(tuple);
	return is_taken ? mh_answer_no("42723", "a function has the new name already")
					: mh_answer_yes();
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
	const CreateFunctionStmt *stmt;
	Oid returns;
	oidvector *arguments;
} Creation;

static void
find_types(void *arg)
{
	Creation *creation = arg;
	Oid types[FUNC_MAX_ARGS];
	int n = 0;
	ListCell *cell;

	foreach (cell, creation->stmt->parameters)
		if (n < FUNC_MAX_ARGS)
			types[n++] = typenameTypeId(NULL, lfirst_node(FunctionParameter, cell)->argType);
	creation->arguments = buildoidvector(types, n);
	if (creation->stmt->returnType != NULL)
		creation->returns = typenameTypeId(NULL, creation->stmt->returnType);
}

/* Parameters that are read, without defaults. */
static bool
has_plain_parameters(const CreateFunctionStmt *stmt)
{
	ListCell *cell;

	foreach (cell, stmt->parameters)
	{
		const FunctionParameter *parameter = lfirst_node(FunctionParameter, cell);

		if ((parameter->mode != FUNC_PARAM_IN && parameter->mode != FUNC_PARAM_DEFAULT) ||
			parameter->defexpr != NULL || parameter->argType->setof)
			return false;
	}
	return list_length(stmt->parameters) < FUNC_MAX_ARGS;
}

static const char *
option_text(const CreateFunctionStmt *stmt, const char *name)
{
	ListCell *cell;

	foreach (cell, stmt->options)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) != 0)
			continue;
		if (IsA(option->arg, String))
			return strVal(option->arg);
		if (IsA(option->arg, List) && list_length((List *) option->arg) == 1)
			return strVal(linitial((List *) option->arg));
	}
	return NULL;
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

/* What a function of the same name and parameters says about it. */
static MhReviewAnswer
compare_with_present(const Creation *creation, Oid schema)
{
	const CreateFunctionStmt *stmt = creation->stmt;
	HeapTuple tuple =
		SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum(strVal(llast(stmt->funcname))),
						PointerGetDatum(creation->arguments), ObjectIdGetDatum(schema));
	bool is_same;

	if (!HeapTupleIsValid(tuple))
		return mh_answer_yes();
	is_same = ((Form_pg_proc) GETSTRUCT(tuple))->prorettype == creation->returns &&
			  ((Form_pg_proc) GETSTRUCT(tuple))->prokind == PROKIND_FUNCTION && !stmt->is_procedure;
	ReleaseSysCache(tuple);
	if (!stmt->replace)
		return mh_answer_no("42723", "the function exists already");
	return is_same ? mh_answer_yes()
		   : stmt->is_procedure
			   ? mh_answer_unknown(NULL)
			   : mh_answer_no("42P13", "the function that is there returns another type");
}

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Returns what follows a word; NULL: it is not there. */
static const char *
skip_word(const char *at, const char *word)
{
	size_t length = strlen(word);

	if (at == NULL || pg_strncasecmp(at, word, length) != 0 ||
		isalnum((unsigned char) at[length]) || at[length] == '_')
		return NULL;
	return skip_blanks(at + length);
}

static void
parse_value(void *arg)
{
	(void) raw_parser(arg, RAW_PARSE_PLPGSQL_EXPR);
}

/* "NEW.column := value;", where the value has no quotes that could hide a semicolon. */
static const char *
skip_assignment(const char *at)
{
	const char *end;

	at = skip_word(at, "new");
	if (at == NULL || *at != '.')
		return NULL;
	at = skip_blanks(at + 1);
	if (!islower((unsigned char) *at))
		return NULL;
	at = skip_blanks(at + strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789"));
	if (strncmp(at, ":=", 2) == 0)
		at += 2;
	else if (*at == '=')
		at++;
	else
		return NULL;
	end = at + strcspn(at, ";'\"$\\-/");
	if (*end != ';' || mh_try(parse_value, pnstrdup(at, end - at)) != NULL)
		return NULL;
	return skip_blanks(end + 1);
}

/* BEGIN, assignments to NEW, RETURN NEW, OLD or NULL, END. */
static bool
is_plain_trigger(const char *body)
{
	const char *at = skip_word(skip_blanks(body), "begin");
	const char *next;

	while ((next = skip_assignment(at)) != NULL)
		at = next;
	at = skip_word(at, "return");
	next = skip_word(at, "new");
	if (next == NULL)
		next = skip_word(at, "old");
	if (next == NULL)
		next = skip_word(at, "null");
	if (next == NULL || *next != ';')
		return false;
	at = skip_word(skip_blanks(next + 1), "end");
	if (at == NULL)
		return false;
	at = skip_blanks(at + (*at == ';'));
	return *at == '\0';
}

/* Without blocks and variables. */
static bool
is_empty_block(const char *body)
{
	const char *at = skip_word(skip_blanks(body), "begin");
	const char *next;

	while ((next = skip_word(at, "null")) != NULL && *next == ';')
		at = skip_blanks(next + 1);
	at = skip_word(at, "end");
	if (at == NULL)
		return false;
	at = skip_blanks(at + (*at == ';'));
	return *at == '\0';
}

static MhReviewAnswer
judge_body(const Creation *creation, const char *language)
{
	const CreateFunctionStmt *stmt = creation->stmt;
	const char *body = option_text(stmt, "as");
	const char *checks = GetConfigOption("check_function_bodies", true, false);
	bool is_known = false;

	/* other options are few, and some have values */
	if (body == NULL || list_length(stmt->options) > 2 || strcmp(language, "plpgsql") != 0)
		return mh_answer_unknown("whether the server accepts the body");
	if (checks == NULL || strcmp(checks, "on") != 0)
		return mh_answer_unknown("whether the body is checked");
	if (stmt->parameters == NIL && creation->returns == TRIGGEROID)
		is_known = is_plain_trigger(body);
	else if (stmt->parameters == NIL && (stmt->is_procedure || creation->returns == VOIDOID))
		is_known = is_empty_block(body);
	return is_known ? mh_answer_yes() : mh_answer_unknown("whether the server accepts the body");
}

static MhReviewAnswer
judge_create(const MhReviewServer *server, const CreateFunctionStmt *stmt)
{
	Creation creation = {stmt};
	const char *language = option_text(stmt, MH_ATTR_LANGUAGE);
	Oid schema = schema_of(server, stmt->funcname);
	MhReviewAnswer answer;
	ErrorData *error;

	if (language == NULL)
		return mh_answer_unknown(NULL);
	if (!OidIsValid(get_language_oid(language, true)))
		return mh_answer_no("42704",
							psprintf("language %s does not exist", mh_to_utf8(pstrdup(language))));
	if (!has_plain_parameters(stmt) || stmt->sql_body != NULL ||
		(strcmp(language, "sql") != 0 && strcmp(language, "plpgsql") != 0))
		return mh_answer_unknown(NULL);
	error = mh_try(find_types, &creation);
	if (error != NULL)
		return mh_refusal(error);
	/* the types of a schema that the script makes are looked up as live ones */
	answer = OidIsValid(schema) ? compare_with_present(&creation, schema) : mh_answer_yes();
	return answer.passes == MH_TRUTH_YES ? judge_body(&creation, language) : answer;
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
		case T_AlterFunctionStmt:
			return judge_alter((const AlterFunctionStmt *) tree);
		case T_CreateFunctionStmt:
			return judge_create(server, (const CreateFunctionStmt *) tree);
		default:
			return mh_answer_unknown(NULL);
	}
}
