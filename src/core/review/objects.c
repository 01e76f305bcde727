/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  Objects that the model does not have: the server says what there is, and the script what it
 *	  made since.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

MhReviewTruth
mh_review_made(const MhReview *review, const char *kind, const char *name)
{
	const char *key = psprintf("%s %s", kind, name);

	if (mh_names_have(&review->model.made_objects, key))
		return MH_TRUTH_YES;
	return mh_names_have(&review->model.gone_objects, key) ? MH_TRUTH_NO : MH_TRUTH_UNKNOWN;
}

void
mh_remember_objects(MhReview *review, const MhReviewStatement *statement)
{
	if (mh_has_failed(review))
		return;
	for (int i = 0; i < statement->drops.n; i++)
	{
		mh_names_remove(&review->model.made_objects, statement->drops.v[i]);
		mh_names_add(&review->model.gone_objects, statement->drops.v[i]);
	}
	for (int i = 0; i < statement->makes.n; i++)
	{
		mh_names_remove(&review->model.gone_objects, statement->makes.v[i]);
		mh_names_add(&review->model.made_objects, statement->makes.v[i]);
	}
}

static void
take_answer(MhReview *review, const MhModelRelation *relation, const MhReviewAnswer *answer,
			const char *unknown)
{
	if (answer->passes == MH_TRUTH_NO)
		mh_fails_absent(review, relation, answer->sqlstate, "%s", answer->detail);
	else if (answer->passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "%s", answer->detail == NULL ? unknown : answer->detail);
}

MhReviewTruth
mh_ask_other(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewAnswer answer = review->world->other(review->world->arg, statement);

	take_answer(review, NULL, &answer, "this statement is not judged");
	if (statement->makes_anything && answer.passes == MH_TRUTH_UNKNOWN)
		mh_taint(review);
	review->model.has_new_extension |=
		statement->makes_anything && statement->makes.n > 0 && answer.passes == MH_TRUTH_YES;
	return answer.passes;
}
