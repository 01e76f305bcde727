/*-------------------------------------------------------------------------
 *
 * remove.c
 *	  Relations and constraints that go, with what depends on them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

bool
mh_drop_users_of_key(MhReview *review, MhModelRelation *relation, uint32 index, bool cascade)
{
	bool found = false;

	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
		{
			MhModelConstraint *key = &user->constraints[k];

			if (key->is_gone || key->type != 'f' || key->partner != relation->id ||
				(index != 0 && key->index != index))
				continue;
			found = true;
			if (!cascade)
				mh_fails(review, relation, MH_PG_DEPENDENTS, "foreign key %s of %s depends on it",
						 mh_review_quote(review, key->name), mh_model_name(review, user));
			mh_touch(review, user, MH_LOCK_ACCESS_EXCLUSIVE);
			mh_forget_constraint(review, key);
		}
	}
	return found;
}

void
mh_forget_constraint(MhReview *review, MhModelConstraint *constraint)
{
	MhModelRelation *index = NULL;

	constraint->is_gone = true;
	mh_model_name_is_free(&review->model, constraint->name);
	if (constraint->type == 'f')
		mh_touch(review, mh_model_by_id(&review->model, constraint->partner),
				 MH_LOCK_ACCESS_EXCLUSIVE);
	else
		index = mh_model_by_id(&review->model, constraint->index);
	if (index != NULL)
		mh_model_drop(&review->model, index);
}

static void
drop_children(MhReview *review, MhModelRelation *relation, bool cascade)
{
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		MH_CHECK_INTERRUPTS();
		if (child == NULL)
			continue;
		if (!cascade && !child->is_partition)
			mh_fails(review, relation, MH_PG_DEPENDENTS, "table %s inherits from it",
					 mh_model_name(review, child));
		mh_drop_relation(review, child, cascade);
	}
}

/* A view goes with what it reads; of a table only the part that depends on it goes. */
void
mh_drop_dependents(MhReview *review, MhModelRelation *relation, bool cascade)
{
	for (int i = 0; i < relation->n_dependents; i++)
	{
		const MhModelDependent *dependent = &relation->dependents[i];
		MhModelRelation *user = mh_model_by_id(&review->model, dependent->relation);

		if (!mh_still_depends(dependent, user))
			continue;
		if (dependent->is_own || (user == NULL && dependent->is_automatic))
			continue;
		if (!cascade)
			mh_fails(review, relation, MH_PG_DEPENDENTS, "%s depends on it",
					 dependent->description);
		mh_touch(review, user, MH_LOCK_ACCESS_EXCLUSIVE);
		if (user != NULL && dependent->is_view)
			mh_drop_relation(review, user, true);
	}
}

static void
drop_foreign_keys(MhReview *review, MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone && relation->constraints[i].type == 'f')
			mh_touch(review, mh_model_by_id(&review->model, relation->constraints[i].partner),
					 MH_LOCK_ACCESS_EXCLUSIVE);
}

static void
lock_parents_of_partition(MhReview *review, const MhModelRelation *relation)
{
	for (int i = 0; relation->is_partition && i < relation->n_parents; i++)
		mh_touch(review, mh_model_by_id(&review->model, relation->parents[i]),
				 MH_LOCK_ACCESS_EXCLUSIVE);
}

void
mh_drop_relation(MhReview *review, MhModelRelation *relation, bool cascade)
{
	if (mh_is_too_deep(review))
		return;
	mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
	relation->is_gone = true;
	if (strchr("rp", relation->kind) != NULL)
		mh_note_loss(review, relation, NULL);
	lock_parents_of_partition(review, relation);
	drop_foreign_keys(review, relation);
	mh_drop_users_of_key(review, relation, 0, cascade);
	drop_children(review, relation, cascade);
	mh_drop_dependents(review, relation, cascade);
	mh_model_drop(&review->model, relation);
}
