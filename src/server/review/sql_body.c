/*-------------------------------------------------------------------------
 *
 * sql_body.c
 *	  Whether the server accepts a body in SQL, analysed over the model.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/routine.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/functions.h"
#include "funcapi.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "server/base/trust.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

/* Statements of one body. */
#define MOST_STATEMENTS 100

typedef struct Body
{
	const MhReviewServer *server;
	const MhRoutine *routine;
	List *statements; /* raw */
	TupleDesc row;    /* that it returns; NULL: none */
	bool is_value;    /* RETURN */
	bool is_unknown;
} Body;

/* ---------- the row that is returned ---------- */

static Datum
array_of(Datum *values, int n, Oid type, int length, bool by_value, char align)
{
	return PointerGetDatum(construct_array(values, n, type, length, by_value, align));
}

static TupleDesc
row_of_parameters(const MhRoutine *routine)
{
	Datum *types = palloc((routine->n + 1) * sizeof(Datum));
	Datum *modes = palloc((routine->n + 1) * sizeof(Datum));
	Datum *names = palloc((routine->n + 1) * sizeof(Datum));

	for (int i = 0; i < routine->n; i++)
	{
		types[i] = ObjectIdGetDatum(routine->parameters[i].type);
		modes[i] = CharGetDatum(routine->parameters[i].mode);
		names[i] = CStringGetTextDatum(routine->parameters[i].name);
	}
	return build_function_result_tupdesc_d(
		PROKIND_FUNCTION, array_of(types, routine->n, OIDOID, sizeof(Oid), true, TYPALIGN_INT),
		array_of(modes, routine->n, CHAROID, sizeof(char), true, TYPALIGN_CHAR),
		array_of(names, routine->n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* NULL: it cannot be told. */
static TupleDesc
row_of_relation(const MhModelRelation *relation)
{
	TupleDesc row;
	int n = 0;

	for (int i = 0; i < relation->n_columns; i++)
		n += !relation->columns[i].is_gone;
	if (n == 0)
		return NULL;
	/* where its attributes are may depend on their number */
	row = CreateTemplateTupleDesc(n);
	n = 0;
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];

		if (column->is_gone)
			continue;
		if (column->type == 0 || column->type >= MH_FIRST_MODEL_ID)
			return NULL;
		TupleDescInitEntry(row, ++n, mh_from_utf8(pstrdup(column->name)), column->type,
						   column->typmod, 0);
	}
	return row;
}

static void
find_row(Body *body)
{
	const MhRoutine *routine = body->routine;
	Oid table =
		routine->returns >= MH_FIRST_MODEL_ID ? InvalidOid : get_typ_typrelid(routine->returns);
	const MhModelRelation *relation;

	if (routine->returns == RECORDOID && routine->n_out > 0)
		body->row = row_of_parameters(routine);
	if (!OidIsValid(table))
		return;
	relation = mh_review_find_relation_by_id(body->server->review, table);
	if (relation == NULL || relation->is_opaque || strchr("rpvmf", relation->kind) == NULL)
		body->is_unknown = true;
	else
		body->row = row_of_relation(relation);
	body->is_unknown |= body->row == NULL;
}

/* ---------- the analysis ---------- */

static SQLFunctionParseInfoPtr
parameters_of(const MhRoutine *routine)
{
	SQLFunctionParseInfoPtr info = palloc0(sizeof(SQLFunctionParseInfo));

	info->fname = pstrdup(routine->name);
	info->argtypes = palloc((routine->n_in + 1) * sizeof(Oid));
	info->argnames = palloc((routine->n_in + 1) * sizeof(char *));
	for (int i = 0; i < routine->n; i++)
	{
		char mode = routine->parameters[i].mode;

		if (mode == FUNC_PARAM_OUT || mode == FUNC_PARAM_TABLE)
			continue;
		info->argtypes[info->nargs] = routine->parameters[i].type;
		info->argnames[info->nargs++] = pstrdup(routine->parameters[i].name);
	}
	return info;
}

static Query *
analyse_statement(Node *statement, const Body *body, SQLFunctionParseInfoPtr parameters)
{
	ParseState *state = make_parsestate(NULL);

	/* a literal that is returned takes the type of the result */
	state->p_resolve_unknowns = !body->is_value;
	sql_fn_parser_setup(state, parameters);
	return transformStmt(state, statement);
}

static void
analyse_body(Node *tree, void *arg)
{
	Body *body = arg;
	const MhRoutine *routine = body->routine;
	SQLFunctionParseInfoPtr parameters = parameters_of(routine);
	List *queries = NIL;
	ListCell *cell;

	foreach (cell, (List *) tree)
	{
		Query *query = analyse_statement(lfirst(cell), body, parameters);

		if (routine->body == NULL && query->commandType == CMD_UTILITY)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("such a statement is not supported in such a body")));
		queries = lappend(queries, list_make1(query));
	}
	if (routine->is_polymorphic)
		return;
	check_sql_fn_statements(queries);
	if (routine->returns != VOIDOID)
		MH_CHECK_SQL_RETURN(queries, routine->returns, body->row);
}

/* What transformStmt() does to some statements needs more than the model. */
static bool
can_be_analysed(const Body *body)
{
	const MhRoutine *routine = body->routine;
	ListCell *cell;

	if (body->is_unknown || routine->has_path || (routine->is_procedure && routine->n_out > 0))
		return false;
	for (int i = 0; i < routine->n; i++)
		if (routine->parameters[i].type >= MH_FIRST_MODEL_ID || routine->parameters[i].is_record ||
			(!IsPolymorphicType(routine->parameters[i].type) &&
			 mh_distrust_type(routine->parameters[i].type) != NULL))
			return false;
	foreach (cell, body->statements)
		if (!IsA(lfirst(cell), SelectStmt))
			return false;
	return routine->returns < MH_FIRST_MODEL_ID &&
		   (IsPolymorphicType(routine->returns) || routine->returns == RECORDOID ||
			routine->returns == VOIDOID || mh_distrust_type(routine->returns) == NULL);
}

static void
parse_body(void *arg)
{
	Body *body = arg;
	ListCell *cell;

	foreach (cell, raw_parser(body->routine->body, RAW_PARSE_DEFAULT))
		body->statements = lappend(body->statements, lfirst_node(RawStmt, cell)->stmt);
}

MhReviewAnswer
mh_judge_sql_body(const MhReviewServer *server, const MhRoutine *routine)
{
	Body body = {server, routine};
	ErrorData *error = NULL;

	if (routine->body == NULL)
		body.statements = mh_fact_body(routine->stmt->sql_body, &body.is_value);
	else
		error = mh_try(parse_body, &body);
	if (error != NULL)
		return mh_refusal(error);
	/* it was only parsed */
	if (routine->is_polymorphic)
		return mh_answer_yes();
	find_row(&body);
	if (routine->body == NULL && body.statements == NIL)
		return mh_answer_unknown("whether the server accepts the body");
	if (list_length(body.statements) > MOST_STATEMENTS || !can_be_analysed(&body))
		return mh_answer_unknown("whether the server accepts the body");
	return mh_analyse_over_model(server, copyObject((Node *) body.statements), analyse_body, &body);
}
