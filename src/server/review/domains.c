/*-------------------------------------------------------------------------
 *
 * domains.c
 *	  What a live domain is, and the rows that a check of one refuses.
 *
 * No lock is taken.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "server/base/trust.h"

/* A domain over another one has the constraints of both: it is not followed. */
static const char *const domain_query =
	"SELECT t.typbasetype::int4, t.typtypmod, t.typcollation::int4, t.typnotnull,"
	" ARRAY(SELECT c.conname FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid"
	"  AND c.contype = 'c' ORDER BY c.oid)"
	" FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype"
	" WHERE t.oid = $1 AND t.typtype = 'd' AND b.typtype <> 'd'";

static void
read_domain(int n, const char *const *row, void *into)
{
	MhModelType *type = into;
	MhStrings names = mh_names_at(row, 5);

	type->base = (uint32) mh_int_at(row, 1);
	type->base_typmod = mh_int_at(row, 2);
	type->base_collation = (uint32) mh_int_at(row, 3);
	type->is_not_null = mh_bool_at(row, 4);
	for (int i = 0; i < names.n; i++)
	{
		type->checks = mh_with_room(type->checks, type->n_checks, sizeof(MhModelDomainCheck));
		type->checks[type->n_checks++] = (MhModelDomainCheck){names.v[i], NULL, true, false};
	}
	type->is_domain_known = true;
}

void
mh_world_domain(void *arg, MhModelType *type)
{
	mh_review_ask(arg, domain_query, type->id, 5, read_domain, type);
}

/* The value of the check is that of a column. */
static Node *
use_column(Node *node, void *arg)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Param))
	{
		Param *column = copyObject((Param *) node);

		column->paramid = 1 + *(int *) arg;
		return (Node *) column;
	}
	return expression_tree_mutator(node, use_column, arg);
}

const void *
mh_world_fails(void *arg, const MhReviewExpression *check, const MhModelRelation *values,
			   int column)
{
	MhReviewAnswer answer;
	Node *node = mh_analyse_expression(check, MH_USE_CHECK, values, &answer);

	if (node == NULL || mh_distrust_expression(node) != NULL)
		return NULL;
	return makeBoolExpr(NOT_EXPR, list_make1(use_column(node, &column)), -1);
}

void
mh_there_domain(void *arg, MhModelType *type)
{
}

const void *
mh_there_fails(void *arg, const MhReviewExpression *check, const MhModelRelation *values,
			   int column)
{
	return NULL;
}
