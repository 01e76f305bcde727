/*-------------------------------------------------------------------------
 *
 * truncate.c
 *	  TRUNCATE, and what it empties besides.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static void
empty_table(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (mh_is_too_deep(review))
		return;
	if (relation->is_gone)
		return;
	relation->emptied_round = review->round;
	mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
	mh_note_loss(review, relation, NULL);
	relation->is_empty = true;
	relation->doubts = review->model.doubts;
	relation->has_inserted = relation->has_deleted = false;
	mh_layers_empty(relation);
	mh_forget_keys(review, relation, false);
	for (int i = 0; !statement->is_only && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL)
			empty_table(review, child, statement);
	}
}

static void
mark(MhReview *review, MhModelRelation *relation, bool is_only)
{
	relation->named_round = review->round;
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; !is_only && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && child->named_round != review->round)
			mark(review, child, false);
	}
}

static void
mark_named(MhReview *review, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_names; i++)
	{
		MhModelRelation *relation = mh_model_find(&review->model, &statement->names[i]);

		if (relation != NULL)
			mark(review, relation, statement->is_only);
	}
}

static void
follow_referrers(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		if (user == NULL || user == relation || user->named_round == review->round ||
			user->emptied_round == review->round)
			continue;
		if (!statement->cascade)
			mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s refers to it",
					 mh_model_name(review, user));
		else
		{
			empty_table(review, user, statement);
			follow_referrers(review, user, statement);
		}
	}
}

void
mh_judge_truncate(MhReview *review, const MhReviewStatement *statement)
{
	mark_named(review, statement);
	for (int i = 0; i < statement->n_names; i++)
	{
		MhModelRelation *relation = mh_named(review, &statement->names[i], false);

		if (relation == NULL)
			continue;
		if (strchr("rpf", relation->kind) == NULL)
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no table",
					 mh_model_name(review, relation));
		mh_may(review, relation, MH_RIGHT_TRUNCATE);
		if (relation->kind == 'p' && statement->is_only)
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is partitioned",
					 mh_model_name(review, relation));
		mh_doubt_pending(review, relation);
		if (relation->kind == 'f' || relation->has_code)
			mh_not_known(review, relation, "whether %s can be truncated",
						 mh_model_name(review, relation));
		if (mh_has_failed(review))
			continue;
		empty_table(review, relation, statement);
		follow_referrers(review, relation, statement);
	}
}
