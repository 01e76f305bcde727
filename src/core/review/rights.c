/*-------------------------------------------------------------------------
 *
 * rights.c
 *	  What the role that runs a script may do.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static const char *
right_of(MhReviewRight right)
{
	switch (right)
	{
		case MH_RIGHT_SELECT:
			return "SELECT";
		case MH_RIGHT_INSERT:
			return "INSERT";
		case MH_RIGHT_UPDATE:
			return "UPDATE";
		case MH_RIGHT_DELETE:
			return "DELETE";
		case MH_RIGHT_TRUNCATE:
			return "TRUNCATE";
		case MH_RIGHT_REFERENCES:
			return "REFERENCES";
		default:
			return "ownership";
	}
}

static bool
has_rights_of(const MhReview *review, uint32 owner)
{
	uint32 role = review->model.role;

	return role == owner || review->world->has_rights_of(review->world->arg, role, owner);
}

uint32
mh_role(const MhReview *review, const char *name)
{
	if (mh_review_made(review, "role", name) != MH_TRUTH_UNKNOWN)
		return 0;
	return review->world->role(review->world->arg, name);
}

/* A new role has a number that nobody knows. */
static bool
has_role(const MhReview *review, const char *name)
{
	return mh_review_made(review, "role", name) == MH_TRUTH_YES || mh_role(review, name) != 0;
}

bool
mh_has_roles(MhReview *review, const MhStrings *roles)
{
	for (int i = 0; i < roles->n; i++)
		if (!has_role(review, roles->v[i]))
		{
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "role %s does not exist",
							mh_review_quote(review, roles->v[i]));
			return false;
		}
	return true;
}

MhReviewTruth
mh_has_right(const MhReview *review, const MhModelRelation *relation, MhReviewRight right)
{
	bool has_lost = relation->has_lost_rights || review->model.has_lost_rights;

	if (review->model.role == 0 || relation->owner == 0)
		return MH_TRUTH_UNKNOWN;
	if (has_rights_of(review, relation->owner))
		return has_lost && right != MH_RIGHT_OWNER ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;
	if (right == MH_RIGHT_OWNER)
		return MH_TRUTH_NO;
	if (relation->live_name == NULL || relation->has_new_rights || review->model.has_new_rights)
		return MH_TRUTH_UNKNOWN;
	return review->world->may(review->world->arg, review->model.role, relation->id, right);
}

bool
mh_may(MhReview *review, const MhModelRelation *relation, MhReviewRight right)
{
	MhReviewTruth truth = mh_has_right(review, relation, right);

	if (truth == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "whether the role has %s of %s", right_of(right),
					 mh_model_name(review, relation));
	else if (truth == MH_TRUTH_NO && right == MH_RIGHT_OWNER)
		mh_fails(review, relation, MH_PG_PRIVILEGE, "the role does not own %s",
				 mh_model_name(review, relation));
	else if (truth == MH_TRUTH_NO)
		mh_fails(review, relation, MH_PG_PRIVILEGE, "the role does not have %s of %s",
				 right_of(right), mh_model_name(review, relation));
	return truth != MH_TRUTH_NO;
}

bool
mh_owns_type(MhReview *review, const MhModelType *type)
{
	if (review->model.role == 0 || type->owner == 0)
		mh_not_known(review, NULL, "whether the role owns type %s",
					 mh_review_quote(review, type->name));
	else if (!has_rights_of(review, type->owner))
	{
		mh_fails(review, NULL, MH_PG_PRIVILEGE, "the role does not own type %s",
				 mh_review_quote(review, type->name));
		return false;
	}
	return true;
}

void
mh_may_use_type(MhReview *review, const MhModelRelation *relation, uint32 type)
{
	uint32 role = review->model.role;

	if (type < MH_FIRST_OTHER_TYPE || review->world->may_use_type == NULL)
		return;
	if (role == 0 || (review->model.has_new_rights && !has_rights_of(review, MH_FIRST_ROLE)))
		mh_not_known(review, relation, "whether the role may use the type");
	else if (!review->world->may_use_type(review->world->arg, role, type))
		mh_fails(review, relation, MH_PG_PRIVILEGE, "the role does not have USAGE of the type");
}

bool
mh_may_create_in(MhReview *review, const char *schema)
{
	if (strcmp(schema, MH_TEMPORARY) == 0 || mh_model_has_new_schema(&review->model, schema))
		return true;
	if (review->model.role == 0)
		mh_not_known(review, NULL, "whether the role may create objects in schema %s",
					 mh_review_quote(review, schema));
	else if (!review->world->may_create(review->world->arg, review->model.role, schema))
	{
		mh_fails(review, NULL, MH_PG_PRIVILEGE, "the role may not create objects in schema %s",
				 mh_review_quote(review, schema));
		return false;
	}
	return true;
}
