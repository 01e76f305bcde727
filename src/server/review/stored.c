/*-------------------------------------------------------------------------
 *
 * stored.c
 *	  How values can be stored, and whether a column accepts one.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/toast_compression.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "server/base/trust.h"
#include "utils/lsyscache.h"

static bool
is_toastable(uint32 type)
{
	return get_typstorage(type) != TYPSTORAGE_PLAIN;
}

static MhReviewAnswer
judge_storage(uint32 type, const char *storage)
{
	static const char *const modes[] = {"plain", "external", "extended", "main"};

	/* 16 knows it too */
	if (pg_strcasecmp(storage, "default") == 0)
		return mh_answer_unknown(NULL);
	for (int i = 0; i < (int) lengthof(modes); i++)
	{
		if (pg_strcasecmp(storage, modes[i]) != 0)
			continue;
		if (i == 0)
			return (MhReviewAnswer){MH_TRUTH_YES};
		if (!mh_is_known_type(type))
			return mh_answer_unknown(NULL);
		return is_toastable(type)
				   ? (MhReviewAnswer){MH_TRUTH_YES}
				   : mh_answer_no("0A000", "the type of the column can only have storage PLAIN");
	}
	return mh_answer_no("22023", psprintf("\"%s\" is no way to store values", storage));
}

static MhReviewAnswer
judge_compression(uint32 type, const char *compression)
{
	if (strcmp(compression, "default") == 0)
		return (MhReviewAnswer){MH_TRUTH_YES};
	if (!mh_is_known_type(type))
		return mh_answer_unknown(NULL);
	if (!is_toastable(type))
		return mh_answer_no("0A000", "the type of the column does not support compression");
	if (strcmp(compression, "pglz") == 0)
		return (MhReviewAnswer){MH_TRUTH_YES};
	/* the server may be built without it */
	if (strcmp(compression, "lz4") == 0)
		return mh_answer_unknown(NULL);
	return mh_answer_no("22023", psprintf("\"%s\" is no compression method", compression));
}

/* Both may be NULL.  Types are looked up in this server's caches, and nothing is locked. */
MhReviewAnswer
mh_world_storage(void *arg, uint32 type, const char *storage, const char *compression)
{
	MhReviewAnswer answer = {MH_TRUTH_YES};

	if (storage != NULL)
		answer = judge_storage(type, storage);
	if (compression != NULL && answer.passes == MH_TRUTH_YES)
		answer = judge_compression(type, compression);
	return answer;
}

/* ---------- values ---------- */

typedef struct Accepting
{
	Node *value; /* NULL: there is none */
	const MhModelColumn *column;
	bool is_known;
} Accepting;

static Node *
no_value(const MhModelColumn *column)
{
	int32 typmod = column->typmod;
	Oid type = getBaseTypeAndTypmod(column->type, &typmod);

	return (Node *) makeNullConst(type, typmod, get_typcollation(type));
}

/* As the server makes the value that each row of a table gets. */
static void
evaluate(void *arg)
{
	Accepting *accepting = arg;
	const MhModelColumn *column = accepting->column;
	Node *value = accepting->value == NULL ? no_value(column) : accepting->value;

	value = coerce_to_target_type(NULL, value, exprType(value), column->type, column->typmod,
								  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (value == NULL || mh_distrust_expression(value) != NULL || contain_mutable_functions(value))
		return;
	assign_expr_collations(NULL, value);
	value = (Node *) expression_planner((Expr *) value);
	(void) evaluate_expr((Expr *) value, column->type, column->typmod, column->collation);
	accepting->is_known = true;
}

/*
 * Evaluates a value that each time is the same, if the strict rule trusts all of it, its type, and the
 * checks of a domain.  Takes no lock.
 */
MhReviewAnswer
mh_world_accepts(void *arg, const MhReviewExpression *expression, const MhModelColumn *column)
{
	Accepting accepting = {NULL, column};
	MhReviewAnswer answer;
	ErrorData *error;

	if (!mh_is_known_type(column->type) || mh_distrust_type(column->type) != NULL)
		return mh_answer_unknown(NULL);
	if (expression != NULL)
	{
		accepting.value = mh_analyse_expression(expression, MH_USE_DEFAULT, NULL, &answer);
		if (accepting.value == NULL)
			return mh_answer_unknown(NULL);
	}
	error = mh_try(evaluate, &accepting);
	if (error != NULL)
		return mh_refusal(error);
	return accepting.is_known ? (MhReviewAnswer){MH_TRUTH_YES} : mh_answer_unknown(NULL);
}
