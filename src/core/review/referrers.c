/*-------------------------------------------------------------------------
 *
 * referrers.c
 *	  Rows that refer to those that a statement deletes, or whose keys it changes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static bool
is_deferred(const MhReview *review, const MhModelConstraint *constraint)
{
	return constraint->is_deferred || (constraint->is_deferrable && review->defers_all);
}

bool
mh_changes_one_of(const MhReviewStatement *statement, const MhStrings *columns)
{
	if (statement->kind != MH_REVIEW_UPDATE || columns->n == 0)
		return true;
	for (int i = 0; i < columns->n; i++)
		if (statement->columns.n == 0 || mh_strings_contain(&statement->columns, columns->v[i]))
			return true;
	return false;
}

/* A foreign key to rows that are deleted. */
static void
judge_referrer(MhReview *review, const MhReviewWritten *row, MhModelRelation *user,
			   const MhModelConstraint *key)
{
	MhReviewQuestion question = {MH_ASK_REFERRED, row->relation};

	if (mh_is_empty(review, user) || is_deferred(review, key) ||
		strchr("ar", key->on_delete) == NULL)
		return;
	if (row->is_where_unknown || row->relation->kind != 'r' || user->kind != 'r' ||
		user == row->relation || review->statement->has_select || review->statement->n_reads > 0)
	{
		mh_not_known(review, row->relation, "the rows that refer to it decide");
		return;
	}
	question.partner = user;
	question.node = row->where;
	for (int i = 0; i < key->columns.n; i++)
	{
		mh_strings_add(&question.columns, key->partner_columns.v[i]);
		mh_strings_add(&question.partner_columns, key->columns.v[i]);
	}
	for (int i = 0; row->where != NULL && i < review->statement->condition->columns.n; i++)
		mh_strings_add(&question.where_columns, review->statement->condition->columns.v[i]);
	mh_ask_rows(review, row->relation, &question, MH_PG_FOREIGN_KEY,
				psprintf("rows of %s refer to it by foreign key %s", mh_model_name(review, user),
						 mh_review_quote(review, key->name)));
}

/* Whether a foreign key refers to what the statement changes. */
bool
mh_is_referred_to(MhReview *review, const MhModelRelation *relation,
				  const MhReviewStatement *statement)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		const MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
		{
			const MhModelConstraint *key = &user->constraints[k];

			if (!key->is_gone && key->type == 'f' && key->partner == relation->id &&
				mh_changes_one_of(statement, &key->partner_columns))
				return true;
		}
	}
	return false;
}

/* A key that the rows say whether it is satisfied once UPDATE has changed those that it refers to. */
static bool
can_be_asked_after(const MhReview *review, const MhModelRelation *relation,
				   const MhModelRelation *user, const MhModelConstraint *key)
{
	return key->on_update == 'a' && key->is_valid && relation->kind == 'r' &&
		   !relation->is_partition && relation->n_children == 0 &&
		   mh_are_followed(review, relation) && mh_are_followed(review, user);
}

static void
tell(MhReview *review, const MhModelRelation *relation, const MhModelRelation *user,
	 const MhModelConstraint *key, const MhReviewAnswer *answer)
{
	if (answer->passes == MH_TRUTH_NO)
		mh_fails_late(review, relation, MH_PG_FOREIGN_KEY,
					  "rows of %s refer to it by foreign key %s", mh_model_name(review, user),
					  mh_review_quote(review, key->name));
	else if (answer->passes == MH_TRUTH_UNKNOWN)
		mh_not_known_late(review, relation, "the rows that refer to it decide");
}

void
mh_judge_referrers_after(MhReview *review, MhModelRelation *relation,
						 const MhReviewStatement *statement)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
		{
			const MhModelConstraint *key = &user->constraints[k];
			MhReviewQuestion question = {MH_ASK_FOREIGN_KEY, user};
			MhReviewAnswer answer;

			if (key->is_gone || key->type != 'f' || key->partner != relation->id ||
				is_deferred(review, key) || !mh_changes_one_of(statement, &key->partner_columns) ||
				strchr("ar", key->on_update) == NULL || mh_is_empty(review, user))
				continue;
			question.partner = relation;
			for (int n = 0; n < key->columns.n; n++)
			{
				mh_strings_push(&question.columns, key->columns.v[n]);
				mh_strings_push(&question.partner_columns, key->partner_columns.v[n]);
			}
			answer = can_be_asked_after(review, relation, user, key)
						 ? mh_ask_after(review, &question)
						 : (MhReviewAnswer){MH_TRUTH_UNKNOWN};
			tell(review, relation, user, key, &answer);
		}
	}
}

/* The rows that refer to those that are deleted. */
void
mh_judge_referrers(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
				   const MhReviewWritten *row)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
			if (!user->constraints[k].is_gone && user->constraints[k].type == 'f' &&
				user->constraints[k].partner == relation->id)
				judge_referrer(review, row, user, &user->constraints[k]);
	}
}

void
mh_judge_referrers_left(MhReview *review, MhModelRelation *relation, const MhModelRelation *deleted)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
		{
			const MhModelConstraint *key = &user->constraints[k];
			MhReviewQuestion question = {MH_ASK_REFERRED, deleted};
			MhReviewAnswer answer = {MH_TRUTH_UNKNOWN};

			if (key->is_gone || key->type != 'f' || key->partner != relation->id ||
				is_deferred(review, key) || strchr("ar", key->on_delete) == NULL ||
				mh_is_empty(review, user))
				continue;
			question.partner = user;
			for (int n = 0; n < key->columns.n; n++)
			{
				mh_strings_push(&question.columns, key->partner_columns.v[n]);
				mh_strings_push(&question.partner_columns, key->columns.v[n]);
			}
			/* RESTRICT looks at rows that the same statement deletes */
			if (user != relation || key->on_delete == 'a')
				answer = mh_ask_after(review, &question);
			tell(review, relation, user, key, &answer);
		}
	}
}

void
mh_note_partner(MhReview *review, const MhModelConstraint *key)
{
	MhModelRelation *partner = mh_model_by_id(&review->model, key->partner);

	mh_note_planned(review, partner);
	for (int i = 0; partner != NULL && i < partner->n_children; i++)
		mh_note_planned(review, mh_model_by_id(&review->model, partner->children[i]));
}

void
mh_touch_partner(MhReview *review, const MhModelConstraint *key)
{
	MhModelRelation *partner = mh_model_by_id(&review->model, key->partner);

	mh_touch(review, partner, MH_LOCK_ACCESS_EXCLUSIVE);
	if (partner != NULL && partner->kind == 'p')
		mh_note_partner(review, key);
}
