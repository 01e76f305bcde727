/*-------------------------------------------------------------------------
 *
 * routines.c
 *	  Functions and procedures that go, and statistics: what uses them.
 *
 * The server knows who used what is live before the script.  What the script stores since then is
 * noted with the names of the functions that it may use.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Those that are looked through one after the other. */
#define MOST_ROUTINES 300

/* ---------- what the script makes ---------- */

static void
note_trigger(MhReview *review, const MhReviewStatement *statement)
{
	MhModel *model = &review->model;
	const MhModelRelation *relation = mh_model_find(model, &statement->name);

	for (int i = 0; i < statement->n_expressions; i++)
		for (int k = 0; k < statement->expressions[i].code.n; k++)
			mh_names_add(&model->used_code, statement->expressions[i].code.v[k]);
	if (relation == NULL || statement->code.n != 1 || model->n_trigger_users >= MOST_ROUTINES)
	{
		model->has_unseen_users = true;
		return;
	}
	model->trigger_users =
		mh_with_room(model->trigger_users, model->n_trigger_users, sizeof(MhReviewTriggerUser));
	model->trigger_users[model->n_trigger_users++] =
		(MhReviewTriggerUser){relation->id, statement->part, statement->code.v[0]};
}

static void
note_routine(MhReview *review, const MhReviewStatement *statement)
{
	MhModel *model = &review->model;

	model->has_unseen_users |= statement->routine->has_users;
	if (model->n_routines >= MOST_ROUTINES)
	{
		model->has_unseen_users = true;
		return;
	}
	model->routines = mh_with_room(model->routines, model->n_routines, sizeof(MhModelRoutine));
	model->routines[model->n_routines++] = (MhModelRoutine){
		statement->routine, mh_model_creation_schema(model), statement->replace, false};
}

void
mh_note_routines(MhReview *review, const MhReviewStatement *statement)
{
	MhModel *model = &review->model;

	switch (statement->kind)
	{
		case MH_REVIEW_CREATE_TRIGGER:
			note_trigger(review, statement);
			break;
		case MH_REVIEW_HARMLESS:
			if (statement->routine != NULL)
				note_routine(review, statement);
			break;
		case MH_REVIEW_RENAME:
		case MH_REVIEW_SET_SCHEMA:
			model->has_moved_code |=
				statement->object == MH_OBJECT_OTHER || statement->object == MH_OBJECT_SCHEMA;
			break;
		case MH_REVIEW_CREATE_STATISTICS:
			model->has_unseen_users = true;
			break;
		case MH_REVIEW_CREATE_TABLE_AS:
			model->has_unseen_users = true;
			break;
		case MH_REVIEW_CREATE_VIEW:
		case MH_REVIEW_CREATE_RULE:
			for (int i = 0; i < statement->code.n; i++)
				mh_names_add(&model->used_code, statement->code.v[i]);
			break;
		case MH_REVIEW_CREATE_TABLE:
			/* defaults and the like of other tables are copied */
			for (int i = 0; i < statement->n_names; i++)
			{
				MhModelType *type = mh_model_find_type(model, &statement->names[i]);

				if (type != NULL)
					type->has_new_users = true;
			}
			model->has_unseen_users |= statement->has_key_expressions || statement->n_parents > 0 ||
									   statement->bound != NULL;
			for (int i = 0; i < statement->n_actions; i++)
				model->has_unseen_users |= statement->actions[i].kind == MH_ACT_LIKE ||
										   statement->actions[i].kind == MH_ACT_UNKNOWN;
			break;
		case MH_REVIEW_ALTER_TABLE:
			for (int i = 0; i < statement->n_actions; i++)
				model->has_unseen_users |= statement->actions[i].kind == MH_ACT_ATTACH ||
										   statement->actions[i].kind == MH_ACT_UNKNOWN;
			break;
		default:
			break;
	}
}

/* ---------- which one is meant ---------- */

static bool
has_same_name(const MhReviewName *one, const MhReviewName *other)
{
	return strcmp(one->name, other->name) == 0;
}

/* A schema that is written at one of the two only may be the same. */
static bool
has_same_schema(const MhReviewName *one, const MhReviewName *other)
{
	return one->schema == NULL ? other->schema == NULL
							   : other->schema != NULL && strcmp(one->schema, other->schema) == 0;
}

static bool
has_changed_types(const MhReview *review, const MhReviewRoutine *routine)
{
	for (int i = 0; i < routine->types.n; i++)
		if (mh_names_have(&review->model.code, routine->types.v[i]) ||
			mh_needles_found(&review->model.made, routine->types.v[i]))
			return true;
	return false;
}

/* The one that the script made; *is_unsure: nobody knows which.  Two that fit: *n is 2. */
static MhModelRoutine *
find_made(MhReview *review, const MhReviewRoutine *wanted, int *n, bool *is_unsure)
{
	MhModelRoutine *found = NULL;
	const char *schema = mh_model_creation_schema(&review->model);

	*n = 0;
	*is_unsure = review->model.n_routines >= MOST_ROUTINES || review->model.has_moved_code;
	for (int i = 0; i < review->model.n_routines; i++)
	{
		MhModelRoutine *routine = &review->model.routines[i];
		const MhReviewRoutine *made = routine->made;

		if (routine->is_gone || !has_same_name(&made->name, &wanted->name) ||
			(wanted->has_types && made->key != NULL && made->n_types != wanted->n_types))
			continue;
		if (schema == NULL || routine->schema == NULL || strcmp(schema, routine->schema) != 0 ||
			!has_same_schema(&made->name, &wanted->name) || made->key == NULL ||
			has_changed_types(review, made) ||
			(wanted->has_types && strcmp(made->key, wanted->key) != 0))
			*is_unsure = true;
		/* made again, by OR REPLACE */
		if (found != NULL && made->key != NULL && found->made->key != NULL &&
			strcmp(found->made->key, made->key) == 0)
			found->is_gone = true;
		else
			(*n)++;
		found = routine;
	}
	return found;
}

/* ---------- who uses it ---------- */

/* Whether a trigger still calls it.  The script may have made it anew, with another one. */
static bool
is_still_there(MhReview *review, const MhReviewTriggerUser *user)
{
	const MhModelRelation *relation = mh_model_by_id(&review->model, user->relation);

	return relation != NULL && mh_names_have(&relation->triggers, user->trigger);
}

static bool
is_made_later(const MhModel *model, const MhReviewTriggerUser *user, int first)
{
	for (int i = first; i < model->n_trigger_users; i++)
		if (model->trigger_users[i].relation == user->relation &&
			strcmp(model->trigger_users[i].trigger, user->trigger) == 0)
			return true;
	return false;
}

static void
drop_trigger(MhReview *review, const MhReviewTriggerUser *user, bool cascade)
{
	MhModelRelation *relation = mh_model_by_id(&review->model, user->relation);

	if (!cascade)
	{
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "trigger %s of %s depends on it",
				 mh_review_quote(review, user->trigger), mh_model_name(review, relation));
		return;
	}
	mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
	if (relation->kind == 'p')
		mh_taint(review);
	relation->has_new_dependents = true;
	mh_names_remove(&relation->triggers, user->trigger);
}

static void
judge_users(MhReview *review, const MhReviewStatement *statement, const MhReviewUsers *users)
{
	MhModel *model = &review->model;
	const char *name = statement->routine->name.name;

	for (int i = 0; i < users->n_triggers; i++)
		if (is_still_there(review, &users->triggers[i]) &&
			!is_made_later(model, &users->triggers[i], 0))
			drop_trigger(review, &users->triggers[i], statement->cascade);
	for (int i = 0; i < model->n_trigger_users; i++)
		if (strcmp(model->trigger_users[i].function, name) == 0 &&
			is_still_there(review, &model->trigger_users[i]) &&
			!is_made_later(model, &model->trigger_users[i], i + 1))
			drop_trigger(review, &model->trigger_users[i], statement->cascade);
	if (users->other != NULL && !statement->cascade && !model->is_changed)
		mh_fails(review, NULL, MH_PG_DEPENDENTS, "%s depends on it", users->other);
	else if (users->other != NULL)
		mh_not_known(review, NULL, "what depends on it");
	if (model->has_unseen_users || mh_names_have(&model->used_code, name))
		mh_not_known(review, NULL, "whether what the script made uses it");
	if (statement->cascade && (users->other != NULL || model->has_unseen_users))
		mh_taint(review);
}

/* ---------- DROP ---------- */

static void
refuse_kind(MhReview *review, const MhReviewRoutine *wanted, const MhReviewRoutine *made)
{
	if (wanted->kind != 'r' && wanted->kind != made->kind)
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is another kind of routine",
				 mh_review_quote(review, made->name.name));
}

static void
drop_live(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewUsers users = {{MH_TRUTH_UNKNOWN}};

	review->world->users(review->world->arg, statement, &users);
	if (review->model.is_tainted || users.found.passes == MH_TRUTH_UNKNOWN ||
		mh_changed_code(review, &statement->code, &statement->texts) != NULL)
		mh_not_known(review, NULL, "what depends on it");
	else if (users.found.passes == MH_TRUTH_YES)
		judge_users(review, statement, &users);
	else if (users.found.detail != NULL)
		mh_fails_absent(review, NULL, users.found.sqlstate, "%s", users.found.detail);
}

static void
drop_made(MhReview *review, const MhReviewStatement *statement, MhModelRoutine *routine)
{
	const MhReviewRoutine *wanted = statement->routine;
	MhReviewUsers users = {{MH_TRUTH_NO}};

	if (!wanted->has_types || routine->may_be_live)
		review->world->users(review->world->arg, statement, &users);
	refuse_kind(review, wanted, routine->made);
	if (users.found.passes == MH_TRUTH_UNKNOWN || review->model.is_tainted ||
		(users.found.passes == MH_TRUTH_YES && !(wanted->has_types && routine->may_be_live)))
		mh_not_known(review, NULL, "which function it is, and what depends on it");
	else
		judge_users(review, statement, &users);
	if (!mh_has_failed(review))
		routine->is_gone = true;
}

static void
drop_statistics(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewUsers users = {{MH_TRUTH_UNKNOWN}};
	MhModelRelation *table;

	review->world->users(review->world->arg, statement, &users);
	table = users.table == 0 ? NULL : mh_model_by_id(&review->model, users.table);
	if (users.found.passes == MH_TRUTH_UNKNOWN || review->model.has_new_statistics ||
		(review->model.is_changed &&
		 (table == NULL || table->is_altered || review->model.has_other_objects)))
		mh_not_known(review, NULL, "whether there are such statistics");
	else if (users.found.passes == MH_TRUTH_YES && table != NULL)
		mh_touch(review, table, MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
	else if (!statement->missing_ok)
		mh_fails_absent(review, NULL, users.found.sqlstate, "%s", users.found.detail);
	review->model.has_new_statistics = true;
}

void
mh_drop_routine(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRoutine *routine;
	bool is_unsure;
	int n;

	if (statement->is_statistics)
	{
		drop_statistics(review, statement);
		return;
	}
	routine = find_made(review, statement->routine, &n, &is_unsure);
	if (routine != NULL && is_unsure)
	{
		mh_not_known(review, NULL, "which function it is, and what depends on it");
		if (statement->cascade)
			mh_taint(review);
	}
	else if (routine == NULL)
		drop_live(review, statement);
	else if (n > 1 && !statement->routine->has_types && statement->routine->kind == 'f')
		mh_fails(review, NULL, "42725", "there are several functions with the name %s",
				 mh_review_quote(review, statement->routine->name.name));
	else
		drop_made(review, statement, routine);
}
