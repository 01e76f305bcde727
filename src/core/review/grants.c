/*-------------------------------------------------------------------------
 *
 * grants.c
 *	  Rights that a script grants or revokes, and new owners.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Of one GRANT, all relations together. */
#define MOST_COLUMNS 10000

/* ---------- GRANT and REVOKE ---------- */

static bool
has_schemas(MhReview *review, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_names; i++)
		if (!mh_model_has_schema(&review->model, statement->names[i].name))
		{
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
							mh_review_quote(review, statement->names[i].name));
			return false;
		}
	return true;
}

static bool
has_types(MhReview *review, const MhReviewStatement *statement)
{
	if (statement->object != MH_OBJECT_TYPE && statement->object != MH_OBJECT_DOMAIN)
		return true;
	for (int i = 0; i < statement->n_names; i++)
	{
		const MhModelType *type = mh_model_find_type(&review->model, &statement->names[i]);

		if (type == NULL)
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "type %s does not exist",
							mh_review_quote(review, statement->names[i].name));
		else if (statement->object == MH_OBJECT_DOMAIN && type->kind != 'd')
			mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no domain",
					 mh_review_quote(review, type->name));
	}
	return !mh_has_failed(review);
}

static void
check_granted_column(MhReview *review, const MhModelRelation *relation, const char *name)
{
	if (mh_model_column(relation, name) == NULL && !mh_is_system_column(name))
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
						mh_review_quote(review, name), mh_model_name(review, relation));
}

static void
grant_of_relation(MhReview *review, const MhModelRelation *relation,
				  const MhReviewStatement *statement)
{
	bool is_sequence = statement->object == MH_OBJECT_SEQUENCE;

	if (is_sequence ? relation->kind != 'S' : strchr("iI", relation->kind) != NULL)
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	else if (!is_sequence && relation->kind == 'S')
		mh_not_known(review, relation, "rights of a sequence are granted as those of a table");
	if (statement->is_revoking && !statement->cascade && relation->is_granted_on)
		mh_not_known(review, relation, "whether somebody has rights of %s from who loses them",
					 mh_model_name(review, relation));
	/* who may only pass on what was granted to him is warned, or refused */
	if (mh_has_right(review, relation, MH_RIGHT_OWNER) != MH_TRUTH_YES)
		mh_not_known(review, relation, "whether the role may grant rights of %s",
					 mh_model_name(review, relation));
	for (int i = 0; statement->columns.n <= MOST_COLUMNS / Max(statement->n_names, 1) &&
					i < statement->columns.n && !mh_has_failed(review);
		 i++)
		check_granted_column(review, relation, statement->columns.v[i]);
}

static void
grant_of_relations(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation **relations = palloc(Max(statement->n_names, 1) * sizeof(MhModelRelation *));

	for (int i = 0; i < statement->n_names; i++)
	{
		relations[i] = mh_named(review, &statement->names[i], false);
		mh_touch(review, relations[i], MH_LOCK_NONE);
	}
	if (!mh_has_roles(review, &statement->roles))
		return;
	(void) mh_ask_other(review, statement);
	/* each column is looked up in each of them */
	if (statement->columns.n > MOST_COLUMNS / Max(statement->n_names, 1))
		mh_not_known(review, NULL, "so many columns of so many relations are not judged");
	for (int i = 0; i < statement->n_names; i++)
		if (relations[i] != NULL)
		{
			grant_of_relation(review, relations[i], statement);
			relations[i]->has_new_rights = true;
			relations[i]->has_lost_rights |= statement->is_revoking;
		}
}

void
mh_judge_grant(MhReview *review, const MhReviewStatement *statement)
{
	if (!statement->is_in_schemas &&
		(statement->object == MH_OBJECT_TABLE || statement->object == MH_OBJECT_SEQUENCE))
		grant_of_relations(review, statement);
	else if (statement->is_in_schemas ? has_schemas(review, statement)
									  : has_types(review, statement))
	{
		const char *changed = mh_changed_code(review, &statement->code, &statement->texts);

		if (changed != NULL)
			mh_not_known(review, NULL, "%s", changed);
		else if (mh_has_roles(review, &statement->roles))
			(void) mh_ask_other(review, statement);
	}
	review->model.has_new_rights = true;
	if (statement->is_in_schemas)
		review->model.has_lost_rights |= statement->is_revoking;
}

/* ---------- OWNER TO ---------- */

static void
own_relation(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation = mh_named(review, &statement->name, statement->missing_ok);
	uint32 owner;

	if (relation == NULL)
		return;
	mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
	if (mh_may(review, relation, MH_RIGHT_OWNER) && !mh_is_of_kind(relation, statement->object))
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	if (!mh_has_roles(review, &statement->roles))
		return;
	owner = statement->is_for_self        ? review->model.role
			: statement->new_name == NULL ? 0
										  : mh_role(review, statement->new_name);
	if (owner != 0 && owner == relation->owner)
		return;
	if (relation->kind == 'S' && relation->owned_by != 0)
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "the sequence is owned by a column");
	else if (strchr("iI", relation->kind) != NULL)
		mh_not_known(review, relation, "an index has the owner of its table");
	else
		(void) mh_ask_other(review, statement);
	relation->owner = owner;
}

static bool
has_owned(MhReview *review, const MhReviewStatement *statement)
{
	if (statement->object == MH_OBJECT_SCHEMA)
	{
		if (mh_model_has_schema(&review->model, statement->name.name))
			return true;
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
						mh_review_quote(review, statement->name.name));
		return false;
	}
	if (mh_model_find_type(&review->model, &statement->name) != NULL)
		return true;
	mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "type %s does not exist",
					mh_review_quote(review, statement->name.name));
	return false;
}

void
mh_judge_owner(MhReview *review, const MhReviewStatement *statement)
{
	const MhModelType *type;

	review->model.has_new_rights = true;
	switch (statement->object)
	{
		case MH_OBJECT_TYPE:
		case MH_OBJECT_DOMAIN:
			if (!has_owned(review, statement))
				return;
			type = mh_model_find_type(&review->model, &statement->name);
			if (statement->object == MH_OBJECT_DOMAIN && type->kind != 'd')
				mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no domain",
						 mh_review_quote(review, type->name));
			else if (strchr("dertm", type->kind) == NULL || type->kind == 'm')
				mh_not_known(review, NULL, "the owner of such a type");
			break;
		case MH_OBJECT_SCHEMA:
			if (!has_owned(review, statement))
				return;
			break;
		case MH_OBJECT_OTHER:
			if (mh_changed_code(review, &statement->code, &statement->texts) != NULL)
				mh_not_known(review, NULL, "the script changes what has the name");
			break;
		default:
			own_relation(review, statement);
			return;
	}
	if (mh_has_roles(review, &statement->roles))
		(void) mh_ask_other(review, statement);
}
