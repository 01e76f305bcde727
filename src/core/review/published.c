/*-------------------------------------------------------------------------
 *
 * published.c
 *	  UPDATE and DELETE of published tables, which need a replica identity.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Whether the table, as the script leaves it, can be changed. */
static void
judge_table(MhReview *review, MhModelRelation *relation, int needed, bool is_certain)
{
	bool is_new = relation->live_name == NULL || relation->is_identity_changed;

	if (relation->persistence != 'p' || relation->is_system)
		return;
	if (review->model.has_new_publications ||
		(relation->live_name == NULL && review->world->publishes_new_tables) ||
		(relation->live_name == NULL && relation->n_parents > 0))
	{
		if (is_new ? !mh_has_primary_key(relation)
				   : !(relation->published & MH_HAS_REPLICA_IDENTITY))
			mh_not_known(review, relation, "whether a publication needs a replica identity of %s",
						 mh_model_name(review, relation));
		return;
	}
	if (!(relation->published & needed))
		return;
	if (is_new || !is_certain || (relation->published & MH_PUBLISHES_A_PART))
		mh_not_known(review, relation,
					 "whether the replica identity of %s has what its publications need",
					 mh_model_name(review, relation));
	else if (!(relation->published & MH_HAS_REPLICA_IDENTITY))
		mh_fails(review, relation, MH_PG_PREREQUISITE,
				 "%s is published and has no replica identity", mh_model_name(review, relation));
}

/* The planner leaves out children that have no row for a condition. */
static void
judge_children(MhReview *review, const MhModelRelation *relation, int needed, bool is_certain)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child == NULL)
			continue;
		if (child->kind == 'r')
			judge_table(review, child, needed, is_certain);
		judge_children(review, child, needed, is_certain);
	}
}

/* The rule is CheckCmdReplicaIdentity() of the server, for each table that is opened to be changed. */
void
mh_judge_replica_identity(MhReview *review, MhModelRelation *relation,
						  const MhReviewStatement *statement)
{
	int needed = statement->kind == MH_REVIEW_DELETE ? MH_PUBLISHES_DELETES : MH_PUBLISHES_UPDATES;

	if (relation->kind == 'r')
		judge_table(review, relation, needed, true);
	if (!statement->is_only)
		judge_children(review, relation, needed, statement->condition == NULL);
}
