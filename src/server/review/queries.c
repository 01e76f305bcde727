/*-------------------------------------------------------------------------
 *
 * queries.c
 *	  Queries of a script: whether the server would accept them.
 *
 * A query is analysed with the live catalogs, so only one that reads nothing that the script has
 * changed.  Nothing is planned or run.  The relations are locked first, without waiting.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "server/base/trust.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "access/relation.h"

/* The analysis compares the names of all tables with each other, and cannot be interrupted. */
#define MOST_READS 1000

typedef struct Analysis
{
	const MhReviewStatement *statement;
	const Oid *tables;
	int n;
	bool is_locked; /* by somebody else */
	bool is_unsafe;
	bool is_volatile;
} Analysis;

/* Those of one WITH are compared with each other, too. */
static bool
has_many_queries(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, WithClause) && list_length(((WithClause *) node)->ctes) > MOST_READS)
		return true;
	return raw_expression_tree_walker(node, has_many_queries, unused);
}

static MhReviewAnswer
unknown(const char *why)
{
	return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, why};
}

/* Whether the values of the columns are of types whose code may run: constants are compared. */
static bool
has_trusted_columns(Oid table)
{
	Relation relation = relation_open(table, NoLock);
	TupleDesc descriptor = RelationGetDescr(relation);
	bool is_trusted = true;

	for (int i = 0; i < descriptor->natts; i++)
		if (!TupleDescAttr(descriptor, i)->attisdropped &&
			mh_distrust_type(TupleDescAttr(descriptor, i)->atttypid) != NULL)
			is_trusted = false;
	relation_close(relation, NoLock);
	return is_trusted;
}

static void
analyse(void *arg)
{
	Analysis *analysis = arg;
	RawStmt *tree = makeNode(RawStmt);
	const Node *query = analysis->statement->tree;

	if (has_many_queries(unconstify(Node *, query), NULL))
		ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
						errmsg("WITH has more than %d queries", MOST_READS)));
	if (mh_names_untrusted(unconstify(Node *, query), true))
	{
		analysis->is_unsafe = true;
		return;
	}
	for (int i = 0; i < analysis->n; i++)
	{
		if (!ConditionalLockRelationOid(analysis->tables[i], AccessShareLock))
		{
			analysis->is_locked = true;
			return;
		}
		if (!has_trusted_columns(analysis->tables[i]))
		{
			analysis->is_unsafe = true;
			return;
		}
	}
	tree->stmt = copyObject(unconstify(Node *, query));
	analysis->is_volatile =
		contain_volatile_functions((Node *) parse_analyze_fixedparams(tree, "", NULL, 0, NULL));
}

MhReviewAnswer
mh_world_query(void *arg, const MhReviewStatement *statement, const uint32 *reads, int n)
{
	Analysis analysis = {statement, reads, n};
	ErrorData *error;

	if (statement->tree == NULL)
		return unknown(NULL);
	if (statement->n_reads > MOST_READS)
		return unknown("the query reads so many tables that it is not analysed");
	error = mh_try(analyse, &analysis);
	if (analysis.is_locked)
		return unknown("a table that the query reads is locked");
	if (analysis.is_unsafe)
		return unknown("the query may name code that is not built in");
	return error != NULL ? mh_refusal(error)
						 : (MhReviewAnswer){MH_TRUTH_YES, NULL, NULL, !analysis.is_volatile};
}
