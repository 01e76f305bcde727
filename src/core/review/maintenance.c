/*-------------------------------------------------------------------------
 *
 * maintenance.c
 *	  REINDEX, CLUSTER, VACUUM and ANALYZE of a table, or of an index.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Types below it are built in. */
#define FIRST_OTHER_TYPE 16384

/* Whether nothing but built-in code runs where the index is built. */
static bool
is_trusted(const MhModelRelation *table, const MhModelRelation *index)
{
	if (index->live_name != NULL)
		return index->is_trusted;
	if (index->is_partial || !index->is_usual)
		return false;
	for (int i = 0; i < index->index_columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(table, index->index_columns.v[i]);

		if (column == NULL || column->type == 0 || column->type >= FIRST_OTHER_TYPE)
			return false;
	}
	return true;
}

/*
 * The rows have been in the index before.  Only code of others, or an index that was never finished,
 * may refuse them now.
 */
static void
doubt_build(MhReview *review, const MhModelRelation *table, const MhModelRelation *index)
{
	if (index == NULL || mh_is_empty(review, table))
		return;
	if (index->is_invalid)
		mh_not_known(review, table, "whether index %s, which is not valid, can be built",
					 mh_review_quote(review, index->name));
	else if (!is_trusted(table, index))
		mh_not_known(review, table, "index %s may run code that is not built in",
					 mh_review_quote(review, index->name));
}

static void
doubt_builds(MhReview *review, const MhModelRelation *table)
{
	for (int i = 0; i < table->n_indexes; i++)
		doubt_build(review, table, mh_model_by_id(&review->model, table->indexes[i]));
}

static bool
has_exclusion(const MhModelRelation *table)
{
	for (int i = 0; i < table->n_constraints; i++)
		if (!table->constraints[i].is_gone && table->constraints[i].type == 'x')
			return true;
	return false;
}

static void
judge_reindex(MhReview *review, const MhModelRelation *relation, const MhModelRelation *table,
			  const MhReviewStatement *statement)
{
	mh_note_scan(review, table);
	if (strchr("rm", table->kind) == NULL || table->is_system || statement->has_code ||
		(statement->concurrently && has_exclusion(table)))
		mh_not_known(review, table, "whether %s succeeds", statement->command);
	else if (relation == table)
		doubt_builds(review, table);
	else
		doubt_build(review, table, relation);
}

/* Rows are in the order of an index that can give them all. */
static void
check_order(MhReview *review, const MhModelRelation *table, const MhReviewStatement *statement)
{
	const MhModelRelation *index =
		statement->index == NULL ? NULL
								 : mh_model_in(&review->model, table->schema, statement->index);

	if (statement->index == NULL)
		mh_not_known(review, table, "by which index %s was clustered before",
					 mh_model_name(review, table));
	else if (index == NULL)
		mh_fails_absent(review, table, MH_PG_UNDEFINED_OBJECT, "index %s of %s does not exist",
						mh_review_quote(review, statement->index), mh_model_name(review, table));
	else if (index->table != table->id)
		mh_fails(review, table, MH_PG_WRONG_TYPE, "%s is no index of %s",
				 mh_review_quote(review, statement->index), mh_model_name(review, table));
	else if (index->is_partial || index->is_invalid || index->method == NULL ||
			 strcmp(index->method, "btree") != 0)
		mh_not_known(review, table, "whether index %s orders all rows",
					 mh_review_quote(review, statement->index));
}

static void
judge_cluster(MhReview *review, const MhModelRelation *table, const MhReviewStatement *statement)
{
	mh_note_rewrite(review, table);
	if (strchr("rm", table->kind) == NULL || table->is_system)
	{
		mh_not_known(review, table, "whether %s succeeds", statement->command);
		return;
	}
	check_order(review, table, statement);
	doubt_builds(review, table);
}

static void
judge_vacuum(MhReview *review, const MhModelRelation *table, const MhReviewStatement *statement)
{
	if (statement->is_full)
		mh_note_rewrite(review, table);
	if (table->kind == 'p' || statement->has_code)
		mh_not_known(review, table, "whether %s succeeds", statement->command);
}

void
mh_judge_maintenance(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation = mh_named(review, &statement->name, false);
	MhModelRelation *table = relation;

	if (relation == NULL)
		return;
	if (strchr("iI", relation->kind) != NULL)
		table = mh_model_by_id(&review->model, relation->table);
	if (table == NULL)
		return;
	if (statement->object == MH_OBJECT_INDEX && table == relation)
	{
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no index",
				 mh_model_name(review, relation));
		return;
	}
	/* VACUUM and ANALYZE skip a table with a warning */
	if (statement->kind != MH_REVIEW_VACUUM)
		mh_may(review, table, MH_RIGHT_MAINTAIN);
	mh_doubt_pending(review, table);
	mh_touch(review, table, statement->lock);
	if (statement->kind == MH_REVIEW_CLUSTER)
		judge_cluster(review, table, statement);
	else if (statement->kind == MH_REVIEW_REINDEX)
		judge_reindex(review, relation, table, statement);
	else
		judge_vacuum(review, table, statement);
}
