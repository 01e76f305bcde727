/*-------------------------------------------------------------------------
 *
 * remove_type.c
 *	  Types that go, with the columns that have them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static void
drop_column_of_type(MhReview *review, MhModelRelation *relation, uint32 type)
{
	for (int i = 0; i < relation->n_columns; i++)
	{
		MhReviewAction action = {MH_ACT_DROP_COLUMN};

		if (relation->columns[i].is_gone || relation->columns[i].type != type)
			continue;
		action.name = relation->columns[i].name;
		action.cascade = true;
		mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
		if (relation->columns[i].is_key)
		{
			mh_not_known(review, relation, "a table goes with its partition key");
			mh_taint(review);
			return;
		}
		mh_drop_column(review, relation, &action);
	}
}

/* A live default goes with its column, and where the script sets another one. */
static void
drop_defaults(MhReview *review, const MhModelType *type, bool cascade)
{
	for (int i = 0; i < type->n_defaults; i++)
	{
		const MhModelDefaultUser *user = &type->defaults[i];
		MhModelRelation *relation = mh_model_by_id(&review->model, user->relation);

		for (int k = 0; relation != NULL && k < relation->n_columns; k++)
		{
			MhModelColumn *column = &relation->columns[k];

			if (column->is_gone || !column->has_live_default ||
				strcmp(column->live_name, user->column) != 0)
				continue;
			if (!cascade)
				mh_fails(review, NULL, MH_PG_DEPENDENTS, "%s depends on it", user->description);
			column->has_default = column->has_live_default = false;
			column->known_default = NULL;
		}
	}
}

void
mh_drop_found_type(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	mh_names_add(&review->model.code, type->name);
	for (int i = 0; i < type->n_users; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, type->users[i]);

		for (int k = 0; user != NULL && k < user->n_columns; k++)
			if (!user->columns[k].is_gone && !statement->cascade &&
				(user->columns[k].type == type->id || user->columns[k].type == type->array_id) &&
				user->columns[k].type != 0)
				mh_fails(review, NULL, MH_PG_DEPENDENTS, "column %s of %s depends on it",
						 mh_review_quote(review, user->columns[k].name),
						 mh_model_name(review, user));
		if (user != NULL && statement->cascade)
		{
			drop_column_of_type(review, user, type->id);
			drop_column_of_type(review, user, type->array_id);
		}
	}
	drop_defaults(review, type, statement->cascade);
	if (type->multirange != NULL)
	{
		if (type->multirange->n_users > 0 || type->multirange->has_new_users)
			mh_not_known(review, NULL, "what uses the multirange type");
		for (int i = 0; statement->cascade && i < type->multirange->n_users; i++)
		{
			MhModelRelation *user = mh_model_by_id(&review->model, type->multirange->users[i]);

			if (user != NULL)
				drop_column_of_type(review, user, type->multirange->id);
		}
		type->multirange->is_gone = true;
	}
	if (type->has_new_users && !statement->cascade)
		mh_not_known(review, NULL, "whether what the script made uses type %s",
					 mh_review_quote(review, type->name));
	if (type->dependents.n > 0 && !statement->cascade)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "%s depends on it", type->dependents.v[0]);
	type->is_gone = true;
}
