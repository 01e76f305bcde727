/*-------------------------------------------------------------------------
 *
 * asked.c
 *	  What the server asks the model, which is the schema as the script has it now.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

MhModelRelation *
mh_review_find_relation(MhReview *review, const MhReviewName *name)
{
	return mh_model_find(&review->model, name);
}

MhModelRelation *
mh_review_find_relation_by_id(MhReview *review, uint32 id)
{
	return mh_model_by_id(&review->model, id);
}

const MhModelColumn *
mh_review_find_column(const MhModelRelation *relation, const char *name)
{
	return mh_model_column(relation, name);
}

void
mh_review_resolve_type(MhReview *review, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	mh_resolve_type(review, type, answer);
}

char
mh_review_kind_of_new_type(MhReview *review, uint32 id)
{
	const MhModelType *type = mh_model_type_with_id(&review->model, id);

	return type != NULL && type->is_new ? type->kind : '\0';
}

MhReviewTruth
mh_review_checks_bodies(const MhReview *review)
{
	return review->now.checks_bodies;
}
