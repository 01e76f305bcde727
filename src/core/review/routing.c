/*-------------------------------------------------------------------------
 *
 * routing.c
 *	  The partitions that rows belong to.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

bool
mh_review_has_partition(MhReview *review, const MhModelRelation *parent, uint32 id)
{
	const MhModelRelation *relation = mh_model_by_id(&review->model, id);

	return relation != NULL && relation->is_partition && relation->n_parents > 0 &&
		   relation->parents[0] == parent->id;
}

/* The values of a row as columns of another relation of the hierarchy; what has none is not known. */
static const MhReviewValue *
values_for(const MhReviewWritten *row, const MhModelRelation *relation)
{
	MhReviewValue *values = palloc0(Max(relation->n_columns, 1) * sizeof(MhReviewValue));

	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column =
			relation->columns[i].is_gone
				? NULL
				: mh_model_column(row->relation, relation->columns[i].name);

		if (column != NULL)
			values[i] = row->values[column - row->relation->columns];
		else
			values[i].is_unknown = true;
	}
	return values;
}

bool
mh_route_row(MhReview *review, MhReviewWritten *row)
{
	while (row->relation->kind == 'p')
	{
		MhModelRelation *parent = mh_model_by_id(&review->model, row->relation->id);
		MhModelRelation *partition;
		uint32 id = 0;

		if (parent == NULL || mh_is_too_deep(review) ||
			!review->world->route(review->world->arg, parent, row->values, &id))
		{
			mh_not_known_late(review, row->relation, "which partition a row belongs to");
			return false;
		}
		partition = mh_model_by_id(&review->model, id != 0 ? id : parent->default_partition);
		if (partition == NULL)
		{
			mh_fails_late(review, row->relation, MH_PG_CHECK, "a row belongs to no partition of %s",
						  mh_model_name(review, row->relation));
			return false;
		}
		mh_touch(review, partition, MH_LOCK_ROW_EXCLUSIVE);
		row->values = values_for(row, partition);
		row->relation = partition;
	}
	return true;
}

static bool
writes_key(const MhModelRelation *parent, const MhReviewStatement *statement)
{
	for (int i = 0; i < parent->n_columns; i++)
		if (!parent->columns[i].is_gone && parent->columns[i].is_key &&
			mh_strings_contain(&statement->columns, parent->columns[i].name))
			return true;
	return parent->has_key_expressions || parent->key_strategy == '\0';
}

/* A column that UPDATE does not change has the value that each row has. */
static void
doubt_old_values(const MhModelRelation *relation, const MhReviewStatement *statement,
				 MhReviewValue *values)
{
	for (int i = 0; i < relation->n_columns; i++)
		if (!mh_strings_contain(&statement->columns, relation->columns[i].name))
			values[i].is_unknown = true;
}

void
mh_judge_bounds(MhReview *review, const MhReviewWritten *row, const MhReviewStatement *statement)
{
	MhModelRelation *relation = mh_model_by_id(&review->model, row->relation->id);

	while (relation != NULL && relation->is_partition && relation->n_parents > 0)
	{
		MhModelRelation *parent = mh_model_by_id(&review->model, relation->parents[0]);
		MhReviewValue *values;
		uint32 id = 0;

		if (parent == NULL || mh_is_too_deep(review))
			break;
		values = unconstify(MhReviewValue *, values_for(row, parent));
		if (row->is_update)
			doubt_old_values(parent, statement, values);
		if (row->is_update && !writes_key(parent, statement))
			relation = parent;
		else if (!review->world->route(review->world->arg, parent, values, &id))
		{
			mh_not_known_late(review, row->relation, "whether a row belongs to the partition");
			return;
		}
		else if ((id != 0 ? id : parent->default_partition) == relation->id)
			relation = parent;
		else if (row->is_update)
		{
			mh_not_known_late(review, row->relation, "the rows decide whether they stay in %s",
							  mh_model_name(review, relation));
			return;
		}
		else
		{
			mh_fails_late(review, row->relation, MH_PG_CHECK, "a row does not belong to %s",
						  mh_model_name(review, relation));
			return;
		}
	}
}
