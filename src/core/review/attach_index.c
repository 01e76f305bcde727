/*-------------------------------------------------------------------------
 *
 * attach_index.c
 *	  ALTER INDEX ... ATTACH PARTITION.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static bool
can_become(const MhModelRelation *index, const MhModelRelation *of)
{
	return index->parent_index == 0 && !index->is_invalid && index->is_usual && of->is_usual &&
		   !index->is_partial && !of->is_partial && index->is_unique == of->is_unique &&
		   index->nulls_not_distinct == of->nulls_not_distinct &&
		   index->is_covering == of->is_covering &&
		   (of->constraint == NULL || index->constraint != NULL) &&
		   mh_strings_equal(&index->index_columns, &of->index_columns);
}

MhModelRelation *
mh_index_to_attach(MhReview *review, const MhModelRelation *table, const MhModelRelation *of)
{
	for (int i = 0; i < table->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, table->indexes[i]);

		if (index != NULL && can_become(index, of))
			return index;
	}
	return NULL;
}

static const MhModelRelation *
partition_of(MhReview *review, const MhModelRelation *index, const MhModelRelation *of)
{
	const MhModelRelation *table = mh_model_by_id(&review->model, index->table);

	return table != NULL && table->is_partition && table->n_parents == 1 &&
				   table->parents[0] == of->table
			   ? table
			   : NULL;
}

static bool
has_index_of(MhReview *review, const MhModelRelation *table, const MhModelRelation *of)
{
	for (int i = 0; i < table->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, table->indexes[i]);

		if (index != NULL && index->parent_index == of->id)
			return true;
	}
	return false;
}

/* Returns whether the definitions are the same; directions do not matter. */
static MhReviewTruth
is_like(const MhModelRelation *index, const MhModelRelation *of)
{
	if (index->is_unique != of->is_unique || index->nulls_not_distinct != of->nulls_not_distinct ||
		index->is_covering != of->is_covering)
		return MH_TRUTH_NO;
	if (index->is_partial || of->is_partial || !index->is_usual || !of->is_usual ||
		index->has_collation || of->has_collation)
		return MH_TRUTH_UNKNOWN;
	if (!mh_strings_equal(&index->index_columns, &of->index_columns))
		return MH_TRUTH_NO;
	return index->is_covering ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;
}

/* An index of a partitioned table is valid once each partition has a valid one. */
static void
settle_validity(MhReview *review, MhModelRelation *of)
{
	const MhModelRelation *table = mh_model_by_id(&review->model, of->table);

	for (int i = 0; table != NULL && i < table->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, table->children[i]);

		if (child != NULL && !has_index_of(review, child, of))
			return;
	}
	of->is_invalid = false;
}

void
mh_attach_index(MhReview *review, MhModelRelation *of, const MhReviewAction *action)
{
	MhModelRelation *index;
	const MhModelRelation *table;
	MhReviewTruth is_same;

	if (action->bound != NULL)
	{
		mh_fails(review, NULL, MH_PG_INVALID_OBJECT, "%s is no partitioned table",
				 mh_model_name(review, of));
		return;
	}
	index = mh_named(review, &action->other, false);
	if (index == NULL)
		return;
	if (strchr("iI", index->kind) == NULL)
	{
		mh_fails(review, NULL, MH_PG_INVALID_OBJECT, "%s is no index",
				 mh_model_name(review, index));
		return;
	}
	if (index->parent_index == of->id)
		return;
	table = partition_of(review, index, of);
	if (table == NULL || index->parent_index != 0 || has_index_of(review, table, of))
	{
		mh_fails(review, NULL, MH_PG_PREREQUISITE,
				 table == NULL              ? "%s is no index of a partition of that table"
				 : index->parent_index != 0 ? "%s is attached to another index already"
											: "the table of %s has an attached index already",
				 mh_model_name(review, index));
		return;
	}
	is_same = is_like(index, of);
	if (is_same == MH_TRUTH_NO)
		mh_fails(review, NULL, MH_PG_INVALID_OBJECT, "the definition of %s is another",
				 mh_model_name(review, index));
	else if (is_same == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "whether the definition of %s is the same",
					 mh_model_name(review, index));
	else if (of->constraint != NULL && index->constraint == NULL)
		mh_fails(review, NULL, MH_PG_INVALID_OBJECT, "%s belongs to no constraint",
				 mh_model_name(review, index));
	index->parent_index = of->id;
	settle_validity(review, of);
}
