/*-------------------------------------------------------------------------
 *
 * routine.c
 *	  The parameters, the result and the options of a function or procedure that a script makes.
 *
 * The checks have the server's order, and raise what it raises; 42501 stands for what is not
 * followed.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/routine.h"

#include "catalog/pg_namespace_d.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/proclang.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "server/base/trust.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

typedef struct Reading
{
	const MhReviewServer *server;
	const CreateFunctionStmt *stmt;
	MhRoutine *routine;
	Oid required; /* the result that the parameters ask for */
	bool has_variadic;
} Reading;

pg_noreturn static void
refuse(int sqlstate, const char *message)
{
	ereport(ERROR, (errcode(sqlstate), errmsg_internal("%s", message)));
	pg_unreachable();
}

pg_noreturn static void
give_up(void)
{
	refuse(ERRCODE_INSUFFICIENT_PRIVILEGE, "a part of the definition is not followed");
}

/* ---------- options ---------- */

/* Settings that do not change how a body is read. */
static bool
is_quiet_setting(const char *name)
{
	static const char *const names[] = {
		"statement_timeout",   "lock_timeout",         "work_mem",
		"client_min_messages", "maintenance_work_mem", "idle_in_transaction_session_timeout"};

	for (int i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static void
read_setting(MhRoutine *routine, const VariableSetStmt *stmt)
{
	if (stmt->kind != VAR_SET_VALUE || stmt->name == NULL)
		give_up();
	if (pg_strcasecmp(stmt->name, "search_path") == 0)
		routine->has_path = true;
	else if (!is_quiet_setting(stmt->name))
		give_up();
	(void) set_config_option(stmt->name,
							 ExtractSetVariableArgs(unconstify(VariableSetStmt *, stmt)),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, false, ERROR, false);
}

static void
check_number(const DefElem *option)
{
	if (defGetNumeric(unconstify(DefElem *, option)) <= 0)
		refuse(ERRCODE_INVALID_PARAMETER_VALUE, "COST and ROWS must be positive");
}

static void
read_option(MhRoutine *routine, const DefElem *option)
{
	const char *name = option->defname;

	if (strcmp(name, "as") == 0)
	{
		const List *parts = castNode(List, option->arg);

		routine->body = strVal(linitial(parts));
		if (list_length(parts) > 1)
			give_up();
	}
	else if (strcmp(name, MH_ATTR_LANGUAGE) == 0)
		routine->language = strVal(option->arg);
	else if (strcmp(name, "set") == 0)
		read_setting(routine, (const VariableSetStmt *) option->arg);
	else if (strcmp(name, MH_ATTR_COST) == 0 || strcmp(name, MH_ATTR_ROWS) == 0)
		check_number(option);
	else if (strcmp(name, MH_ATTR_PARALLEL) == 0)
	{
		const char *value = strVal(option->arg);

		if (strcmp(value, "safe") != 0 && strcmp(value, "restricted") != 0 &&
			strcmp(value, "unsafe") != 0)
			refuse(ERRCODE_SYNTAX_ERROR, "PARALLEL must be SAFE, RESTRICTED or UNSAFE");
	}
	else if (strcmp(name, MH_ATTR_SECURITY) != 0 && strcmp(name, MH_ATTR_VOLATILITY) != 0 &&
			 strcmp(name, MH_ATTR_STRICT) != 0 && strcmp(name, MH_ATTR_LEAKPROOF) != 0)
		give_up();
	/* what is only of functions */
	if (routine->is_procedure &&
		(strcmp(name, MH_ATTR_COST) == 0 || strcmp(name, MH_ATTR_ROWS) == 0 ||
		 strcmp(name, MH_ATTR_PARALLEL) == 0 || strcmp(name, MH_ATTR_VOLATILITY) == 0 ||
		 strcmp(name, MH_ATTR_STRICT) == 0 || strcmp(name, MH_ATTR_LEAKPROOF) == 0))
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "procedures do not have the option");
}

static bool
has_option(const CreateFunctionStmt *stmt, const char *name, const ListCell *before)
{
	ListCell *cell;

	foreach (cell, stmt->options)
		if (cell == before)
			return false;
		else if (strcmp(lfirst_node(DefElem, cell)->defname, name) == 0)
			return true;
	return false;
}

static void
read_options(Reading *reading)
{
	const CreateFunctionStmt *stmt = reading->stmt;
	ListCell *cell;

	/* those that differ, and SET */
	if (list_length(stmt->options) > 100)
		give_up();
	foreach (cell, stmt->options)
	{
		const DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "set") != 0 && has_option(stmt, option->defname, cell))
			refuse(ERRCODE_SYNTAX_ERROR, "conflicting or redundant options");
		read_option(reading->routine, option);
	}
}

static void
read_language(Reading *reading)
{
	MhRoutine *routine = reading->routine;

	if (routine->language == NULL && reading->stmt->sql_body != NULL)
		routine->language = "sql";
	if (routine->language == NULL)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "no language specified");
	(void) get_language_oid(routine->language, false);
	if (strcmp(routine->language, "sql") != 0 && strcmp(routine->language, "plpgsql") != 0)
		give_up();
}

/* ---------- types and parameters ---------- */

static Oid
resolve(Reading *reading, const TypeName *name)
{
	MhReviewType *type;
	MhReviewTypeAnswer answer;
	const TypeName *plain = name;
	const char *last = strVal(llast(name->names));

	if (name->pct_type)
		give_up();
	/* pseudo-types, which no column has */
	if (list_length(name->names) == 1 || strcmp(strVal(linitial(name->names)), "pg_catalog") == 0)
	{
		Oid id = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(last),
								 ObjectIdGetDatum(PG_CATALOG_NAMESPACE));

		if (OidIsValid(id) && get_typtype(id) == TYPTYPE_PSEUDO && name->arrayBounds == NIL &&
			name->typmods == NIL)
			return id;
	}
	type = mh_fact_type(copyObject(unconstify(TypeName *, plain)));
	if (type->is_serial)
		give_up();
	mh_review_resolve_type(reading->server->review, type, &answer);
	if (answer.sqlstate != NULL)
		refuse(MAKE_SQLSTATE(answer.sqlstate[0], answer.sqlstate[1], answer.sqlstate[2],
							 answer.sqlstate[3], answer.sqlstate[4]),
			   answer.message);
	if (answer.id == 0)
		give_up();
	return answer.id;
}

static char
type_kind(const Reading *reading, Oid type)
{
	return type >= MH_FIRST_MODEL_ID ? mh_review_kind_of_new_type(reading->server->review, type)
									 : get_typtype(type);
}

static bool
is_input(char mode)
{
	return mode == FUNC_PARAM_IN || mode == FUNC_PARAM_INOUT || mode == FUNC_PARAM_VARIADIC;
}

static bool
is_output(char mode)
{
	return mode == FUNC_PARAM_OUT || mode == FUNC_PARAM_INOUT || mode == FUNC_PARAM_TABLE;
}

static void
check_name(const MhRoutine *routine, const MhRoutineParameter *parameter)
{
	for (int i = 0; i < routine->n && parameter->name[0] != '\0'; i++)
	{
		const MhRoutineParameter *other = &routine->parameters[i];

		/* one that is only read may have the name of one that is only written */
		if ((parameter->mode == FUNC_PARAM_IN || parameter->mode == FUNC_PARAM_VARIADIC) &&
			(other->mode == FUNC_PARAM_OUT || other->mode == FUNC_PARAM_TABLE))
			continue;
		if ((other->mode == FUNC_PARAM_IN || other->mode == FUNC_PARAM_VARIADIC) &&
			(parameter->mode == FUNC_PARAM_OUT || parameter->mode == FUNC_PARAM_TABLE))
			continue;
		if (strcmp(other->name, parameter->name) == 0)
			refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "two parameters have one name");
	}
}

static void
check_default(Reading *reading, const MhRoutineParameter *parameter, Node *value)
{
	ParseState *state = make_parsestate(NULL);
	Node *result;

	if (!is_input(parameter->mode))
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "only input parameters can have defaults");
	if (parameter->type >= MH_FIRST_MODEL_ID || mh_names_untrusted(value, false) ||
		mh_distrust_type(parameter->type) != NULL)
		give_up();
	result = transformExpr(state, copyObject(value), EXPR_KIND_FUNCTION_DEFAULT);
	result = coerce_to_specific_type(state, result, parameter->type, "DEFAULT");
	assign_expr_collations(state, result);
	if (state->p_rtable != NIL || contain_var_clause(result))
		refuse(ERRCODE_INVALID_COLUMN_REFERENCE, "a default names a table");
	reading->routine->n_defaults++;
}

static void
count_parameter(Reading *reading, const MhRoutineParameter *parameter)
{
	MhRoutine *routine = reading->routine;

	if (is_input(parameter->mode))
	{
		if (reading->has_variadic)
			refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "VARIADIC must be the last");
		routine->n_in++;
	}
	if (parameter->mode == FUNC_PARAM_OUT && reading->has_variadic && routine->is_procedure)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "VARIADIC must be the last");
	if (is_output(parameter->mode))
	{
		reading->required =
			routine->n_out == 0 && !routine->is_procedure ? parameter->type : RECORDOID;
		routine->n_out++;
	}
	if (parameter->mode != FUNC_PARAM_VARIADIC)
		return;
	reading->has_variadic = true;
	if (parameter->type >= MH_FIRST_MODEL_ID)
		give_up();
	if (parameter->type != ANYARRAYOID && parameter->type != ANYCOMPATIBLEARRAYOID &&
		parameter->type != ANYOID && !OidIsValid(get_element_type(parameter->type)))
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "VARIADIC must be an array");
}

static void
read_parameter(Reading *reading, const FunctionParameter *given)
{
	MhRoutine *routine = reading->routine;
	MhRoutineParameter *parameter = &routine->parameters[routine->n];

	parameter->name = given->name == NULL ? "" : given->name;
	parameter->mode = given->mode == FUNC_PARAM_DEFAULT ? FUNC_PARAM_IN : given->mode;
	parameter->type = resolve(reading, given->argType);
	if (given->argType->setof)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "a parameter cannot be a set");
	parameter->is_record =
		parameter->type == RECORDOID || type_kind(reading, parameter->type) == TYPTYPE_COMPOSITE;
	if (type_kind(reading, parameter->type) == TYPTYPE_DOMAIN &&
		(parameter->type >= MH_FIRST_MODEL_ID || type_is_rowtype(getBaseType(parameter->type))))
		parameter->is_record = false;
	routine->is_polymorphic |= IsPolymorphicType(parameter->type);
	count_parameter(reading, parameter);
	check_name(routine, parameter);
	if (given->defexpr != NULL)
		check_default(reading, parameter, given->defexpr);
	else if (is_input(parameter->mode) && routine->n_defaults > 0)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "parameters after one with a default need one");
	else if (routine->is_procedure && routine->n_defaults > 0)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "parameters after one with a default need one");
	routine->n++;
}

static void
read_result(Reading *reading)
{
	MhRoutine *routine = reading->routine;

	if (routine->is_procedure)
		routine->returns = OidIsValid(reading->required) ? reading->required : VOIDOID;
	else if (reading->stmt->returnType != NULL)
	{
		routine->returns = resolve(reading, reading->stmt->returnType);
		routine->is_set = reading->stmt->returnType->setof;
		if (OidIsValid(reading->required) && routine->returns != reading->required)
			refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "the result is not that of the parameters");
	}
	else if (OidIsValid(reading->required))
		routine->returns = reading->required;
	else
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "the result is missing");
}

/* ---------- all of it ---------- */

static void
check_body_is_there(const Reading *reading)
{
	const MhRoutine *routine = reading->routine;
	bool has_body = reading->stmt->sql_body != NULL;

	if (has_body && routine->body != NULL)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "the body is there twice");
	if (!has_body && routine->body == NULL)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "the body is missing");
	if (has_body && strcmp(routine->language, "sql") != 0)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "such a body is for SQL");
	if (has_body && routine->is_polymorphic)
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "such a body has no polymorphic parameters");
}

static void
check_types(const Reading *reading)
{
	const MhRoutine *routine = reading->routine;
	bool is_sql = strcmp(routine->language, "sql") == 0;
	int sqlstate = is_sql ? ERRCODE_INVALID_FUNCTION_DEFINITION : ERRCODE_FEATURE_NOT_SUPPORTED;
	bool is_pseudo = type_kind(reading, routine->returns) == TYPTYPE_PSEUDO;

	if (is_pseudo && routine->returns != RECORDOID && routine->returns != VOIDOID &&
		!IsPolymorphicType(routine->returns) &&
		(is_sql || (routine->returns != TRIGGEROID && routine->returns != EVENT_TRIGGEROID)))
		refuse(sqlstate, "the language has no such result");
	for (int i = 0; i < routine->n; i++)
		if (type_kind(reading, routine->parameters[i].type) == TYPTYPE_PSEUDO &&
			(!is_sql || is_input(routine->parameters[i].mode)) &&
			(is_sql || routine->parameters[i].type != RECORDOID) &&
			!IsPolymorphicType(routine->parameters[i].type))
			refuse(sqlstate, "the language has no such parameter");
	if (!is_sql && routine->n_in > 0 &&
		(routine->returns == TRIGGEROID || routine->returns == EVENT_TRIGGEROID))
		refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "trigger functions have no parameters");
	if (routine->is_set && (routine->returns == TRIGGEROID || routine->returns == EVENT_TRIGGEROID))
		give_up();
}

static void
check_signature(const MhRoutine *routine)
{
	Oid *types = palloc((routine->n_in + 1) * sizeof(Oid));
	int n = 0;

	for (int i = 0; i < routine->n; i++)
		if (is_input(routine->parameters[i].mode))
			types[n++] = routine->parameters[i].type;
	for (int i = -1; i < routine->n; i++)
	{
		Oid type = i < 0 ? routine->returns : routine->parameters[i].type;

		if (i >= 0 && !is_output(routine->parameters[i].mode))
			continue;
		if (check_valid_polymorphic_signature(type, types, n) != NULL ||
			check_valid_internal_signature(type, types, n) != NULL)
			refuse(ERRCODE_INVALID_FUNCTION_DEFINITION, "the result cannot be determined");
	}
}

void
mh_routine_read(const MhReviewServer *server, const CreateFunctionStmt *stmt, MhRoutine *routine)
{
	Reading reading = {server, stmt, routine};
	ListCell *cell;

	memset(routine, 0, sizeof(*routine));
	routine->stmt = stmt;
	routine->name = strVal(llast(stmt->funcname));
	routine->is_procedure = stmt->is_procedure;
	read_options(&reading);
	read_language(&reading);
	if (list_length(stmt->parameters) >= FUNC_MAX_ARGS)
		give_up();
	routine->parameters = palloc0((list_length(stmt->parameters) + 1) * sizeof(MhRoutineParameter));
	foreach (cell, stmt->parameters)
		read_parameter(&reading, lfirst_node(FunctionParameter, cell));
	read_result(&reading);
	check_body_is_there(&reading);
	if (has_option(stmt, MH_ATTR_ROWS, NULL) && !routine->is_set)
		refuse(ERRCODE_INVALID_PARAMETER_VALUE, "ROWS is for sets");
	check_signature(routine);
	check_types(&reading);
}
