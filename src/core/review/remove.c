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
			if (!cascade && user->named_round != review->round)
				mh_fails(review, relation, MH_PG_DEPENDENTS, "foreign key %s of %s depends on it",
						 mh_review_quote(review, key->name), mh_model_name(review, user));
			mh_touch(review, user, MH_LOCK_ACCESS_EXCLUSIVE);
			mh_forget_constraint(review, key);
		}
	}
	return found;
}

/* The table that a foreign key refers to, and its partitions, have triggers for it. */
static void
lock_partner(MhReview *review, const MhModelConstraint *key)
{
	MhModelRelation *partner = mh_model_by_id(&review->model, key->partner);

	/* the triggers there are those of the parent's key */
	if (partner == NULL || key->parents > 0)
		return;
	mh_touch(review, partner, MH_LOCK_ACCESS_EXCLUSIVE);
	if (partner->kind == 'p')
		mh_lock_children(review, partner, MH_LOCK_ACCESS_EXCLUSIVE);
}

void
mh_forget_constraint(MhReview *review, MhModelConstraint *constraint)
{
	MhModelRelation *index = NULL;

	constraint->is_gone = true;
	mh_model_name_is_free(&review->model, constraint->name);
	if (constraint->type == 'f')
		lock_partner(review, constraint);
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
static void
drop_dependents(MhReview *review, MhModelRelation *relation, bool cascade)
{
	if (relation->has_new_users && !cascade)
		mh_not_known(review, relation, "whether what the script made uses %s",
					 mh_model_name(review, relation));
	for (int i = 0; i < relation->n_dependents; i++)
	{
		const MhModelDependent *dependent = &relation->dependents[i];
		MhModelRelation *user = mh_model_by_id(&review->model, dependent->relation);

		if (!mh_still_depends(dependent, user))
			continue;
		if (dependent->is_own ||
			(user == NULL && (dependent->is_automatic || dependent->goes_along)))
			continue;
		if (!cascade && (user == NULL || user->named_round != review->round))
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
			lock_partner(review, &relation->constraints[i]);
}

void
mh_doubt_sequences(MhReview *review, const MhModelRelation *relation, const char *column)
{
	for (int i = 0; review->model.has_copied_code && i < relation->n_sequences; i++)
	{
		const MhModelRelation *sequence = mh_model_by_id(&review->model, relation->sequences[i]);

		if (sequence != NULL && !mh_has_failed(review) && sequence->owned_by == relation->id &&
			(column == NULL ||
			 (sequence->owned_by_column != NULL && strcmp(sequence->owned_by_column, column) == 0)))
			mh_not_known(review, relation, "whether a copied default uses sequence %s",
						 mh_model_name(review, sequence));
	}
}

static void
lock_parents_of_partition(MhReview *review, const MhModelRelation *relation)
{
	for (int i = 0; relation->is_partition && i < relation->n_parents; i++)
		mh_touch(review, mh_model_by_id(&review->model, relation->parents[i]),
				 MH_LOCK_ACCESS_EXCLUSIVE);
}

/* So that a parent has only children that are there. */
static void
leave_parents(MhReview *review, MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_parents; i++)
	{
		MhModelRelation *parent = mh_model_by_id(&review->model, relation->parents[i]);

		if (parent == NULL)
			continue;
		mh_ids_remove(parent->children, &parent->n_children, relation->id);
		if (parent->default_partition == relation->id)
			parent->default_partition = 0;
	}
}

/* The definition of the default partition changes with that of the others. */
static void
lock_default_partition(MhReview *review, const MhModelRelation *relation)
{
	for (int i = 0; relation->is_partition && i < relation->n_parents; i++)
	{
		const MhModelRelation *parent = mh_model_by_id(&review->model, relation->parents[i]);

		if (parent != NULL)
			mh_touch(review, mh_model_by_id(&review->model, parent->default_partition),
					 MH_LOCK_ACCESS_EXCLUSIVE);
	}
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
	lock_default_partition(review, relation);
	drop_foreign_keys(review, relation);
	mh_drop_users_of_key(review, relation, 0, cascade);
	drop_children(review, relation, cascade);
	drop_dependents(review, relation, cascade);
	if (!cascade)
		mh_doubt_sequences(review, relation, NULL);
	leave_parents(review, relation);
	mh_model_drop(&review->model, relation);
}

void
mh_drop_grouping_view(MhReview *review, MhModelRelation *relation, const MhModelConstraint *key,
					  bool cascade)
{
	const MhModelRelation *view = mh_model_by_id(&review->model, key->user);

	if (key->user == 0)
		return;
	if (view == NULL || view->version > 0 || cascade)
		mh_not_known(review, relation, "which views depend on constraint %s",
					 mh_review_quote(review, key->name));
	else
		mh_fails(review, relation, MH_PG_DEPENDENTS, "%s depends on it",
				 mh_model_name(review, view));
	if (cascade)
		mh_taint(review);
}

/* ---------- what a statement drops ---------- */

static void
drop_index(MhReview *review, MhModelRelation *index, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_model_by_id(&review->model, index->table);

	mh_touch(review, table,
			 statement->concurrently ? MH_LOCK_SHARE_UPDATE_EXCLUSIVE : MH_LOCK_ACCESS_EXCLUSIVE);
	if (index->constraint != NULL)
		mh_fails(review, table, MH_PG_DEPENDENTS, "constraint %s requires the index",
				 mh_review_quote(review, index->constraint));
	else if (index->parent_index != 0)
		mh_fails(review, table, MH_PG_DEPENDENTS, "the index of the partitioned table requires it");
	else if (index->kind == 'I' && statement->concurrently)
		mh_fails(review, table, MH_PG_NOT_SUPPORTED,
				 "an index of a partitioned table cannot be dropped CONCURRENTLY");
	if (table != NULL && index->is_unique)
		mh_drop_users_of_key(review, table, index->id, statement->cascade);
	if (index->kind == 'I')
		mh_lock_children(review, table, MH_LOCK_ACCESS_EXCLUSIVE);
	mh_model_drop(&review->model, index);
}

static void
drop_sequence(MhReview *review, MhModelRelation *sequence, bool cascade)
{
	MhModelRelation *table = mh_model_by_id(&review->model, sequence->owned_by);

	if (sequence->is_internal)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "an identity column requires sequence %s",
				 mh_model_name(review, sequence));
	else if (table != NULL && sequence->live_name == NULL && !sequence->is_owned_by_script &&
			 !cascade)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "a default of %s depends on it",
				 mh_model_name(review, table));
	sequence->is_gone = true;
	drop_dependents(review, sequence, cascade);
	if (review->model.has_copied_code && !cascade && sequence->live_name != NULL &&
		!mh_has_failed(review))
		mh_not_known(review, NULL, "whether a copied default uses sequence %s",
					 mh_model_name(review, sequence));
	mh_model_drop(&review->model, sequence);
}

void
mh_drop_found(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (strchr("iI", relation->kind) != NULL)
		drop_index(review, relation, statement);
	else if (relation->kind == 'S')
		drop_sequence(review, relation, statement->cascade);
	else
	{
		relation->is_gone = true;
		mh_drop_relation(review, relation, statement->cascade);
		if (relation->live_name != NULL)
			mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS,
					"Drop it in a later release than the one that stops to use it.",
					"code that uses %s fails", mh_model_name(review, relation));
	}
}
