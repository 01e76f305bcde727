/*-------------------------------------------------------------------------
 *
 * queries.c
 *	  Queries that a script runs or makes a view of.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static MhReviewAnswer
ask_server(MhReview *review, const MhReviewStatement *statement)
{
	uint32 *reads = NULL;
	int n = 0;
	const char *changed = mh_changed_code(review, &statement->code, &statement->texts);

	if (changed != NULL)
		return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, changed};
	for (int i = 0; i < statement->n_reads; i++)
	{
		MhModelRelation *relation = mh_model_find(&review->model, &statement->reads[i]);

		if (relation == NULL || relation->live_name == NULL || relation->is_altered)
			return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL,
									"the query reads what the script has changed"};
		/* once */
		if (relation->read_round != review->round)
			mh_ids_push(&reads, &n, relation->id);
		relation->read_round = review->round;
	}
	return review->world->query(review->world->arg, statement, reads, n);
}

bool
mh_judge_query(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewAnswer answer;
	bool is_view = statement->kind == MH_REVIEW_CREATE_VIEW && statement->object == MH_OBJECT_VIEW;

	for (int i = 0; i < statement->n_reads; i++)
	{
		MhModelRelation *read = mh_named(review, &statement->reads[i], false);

		mh_touch(review, read, MH_LOCK_ACCESS_SHARE);
		/* a view needs the right only when it is read */
		if (read != NULL && !read->is_system && !is_view)
			mh_may(review, read, MH_RIGHT_SELECT);
	}
	if (mh_has_failed(review))
		return false;
	answer = ask_server(review, statement);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails_absent(review, NULL, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "%s",
					 answer.detail == NULL ? "the query is not analysed" : answer.detail);
	return answer.changes_nothing;
}
