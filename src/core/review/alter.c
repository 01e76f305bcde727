/*-------------------------------------------------------------------------
 *
 * alter.c
 *	  ALTER TABLE: its actions in the order of the server's passes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* In which pass the server runs an action, whatever the order in the statement. */
typedef enum Pass
{
	PASS_DROP,
	PASS_TYPE,
	PASS_ADD_COLUMN,
	PASS_ATTRIBUTES,
	PASS_INDEX,
	PASS_CONSTRAINT,
	PASS_OTHER,
	PASSES
} Pass;

static Pass
pass_of_constraint(const MhReviewConstraint *constraint)
{
	return strchr("pux", constraint->type) != NULL ? PASS_INDEX : PASS_CONSTRAINT;
}

static Pass
pass_of(const MhReviewAction *action)
{
	switch (action->kind)
	{
		case MH_ACT_DROP_COLUMN:
		case MH_ACT_DROP_CONSTRAINT:
		case MH_ACT_DROP_NOT_NULL:
		case MH_ACT_DROP_IDENTITY:
		case MH_ACT_DROP_EXPRESSION:
			return PASS_DROP;
		case MH_ACT_TYPE:
			return PASS_TYPE;
		case MH_ACT_ADD_COLUMN:
			return PASS_ADD_COLUMN;
		case MH_ACT_SET_NOT_NULL:
			return PASS_ATTRIBUTES;
		case MH_ACT_SET_DEFAULT:
			return action->expression == NULL ? PASS_DROP : PASS_CONSTRAINT;
		case MH_ACT_ADD_IDENTITY:
			return PASS_CONSTRAINT;
		case MH_ACT_ADD_CONSTRAINT:
			return pass_of_constraint(action->constraint);
		default:
			return PASS_OTHER;
	}
}

static bool
has_name(const MhNames *names, const char *name)
{
	return name == NULL || mh_names_have(names, name);
}

static void
judge_trigger_action(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	if (!has_name(&relation->triggers, action->name))
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "trigger %s of %s does not exist",
						mh_review_quote(review, action->name), mh_model_name(review, relation));
}

/* What finds the rows that change has to be one value of each row. */
static void
check_identity(MhReview *review, const MhModelRelation *relation, const MhModelRelation *index)
{
	if (!index->is_unique || !index->is_immediate || index->is_partial)
		mh_fails(review, relation, MH_PG_WRONG_TYPE,
				 "%s is not unique for each row, at once and without expressions",
				 mh_review_quote(review, index->name));
	for (int i = 0; i < index->index_columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, index->index_columns.v[i]);

		if (column != NULL && !column->not_null)
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "column %s of %s may be NULL",
					 mh_review_quote(review, column->name), mh_review_quote(review, index->name));
	}
}

static void
judge_index_action(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelRelation *index;

	relation->is_identity_changed |= action->kind == MH_ACT_REPLICA_IDENTITY;
	if (action->kind == MH_ACT_CLUSTER_ON && action->name == NULL && relation->kind == 'p')
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s is partitioned",
				 mh_model_name(review, relation));
	if (action->name == NULL)
		return;
	index = mh_model_in(&review->model, relation->schema, action->name);
	if (index == NULL)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "index %s does not exist",
						mh_review_quote(review, action->name));
	else if (index->table != relation->id)
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no index of %s",
				 mh_review_quote(review, action->name), mh_model_name(review, relation));
	else if (action->kind == MH_ACT_REPLICA_IDENTITY)
		check_identity(review, relation, index);
	else if (relation->kind == 'p')
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s is partitioned",
				 mh_model_name(review, relation));
	else if (index->is_partial || !index->is_usual)
		mh_not_known(review, relation, "whether %s can order the rows",
					 mh_review_quote(review, index->name));
}

static void
change_persistence(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	char persistence = action->flag ? 'p' : 'u';

	if (relation->persistence == 't')
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "%s is temporary",
				 mh_model_name(review, relation));
	if (relation->persistence == persistence)
		return;
	for (int i = 0; i < relation->n_constraints; i++)
	{
		const MhModelConstraint *key = &relation->constraints[i];
		const MhModelRelation *partner =
			key->type == 'f' && !key->is_gone ? mh_model_by_id(&review->model, key->partner) : NULL;

		if (partner != NULL && partner != relation && persistence == 'p' &&
			partner->persistence == 'u')
			mh_fails(review, relation, MH_PG_INVALID_TABLE, "it refers to the unlogged table %s",
					 mh_model_name(review, partner));
	}
	for (int i = 0; persistence == 'u' && i < relation->n_referrers; i++)
	{
		const MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		if (user != NULL && user != relation && user->persistence == 'p')
			mh_fails(review, relation, MH_PG_INVALID_TABLE, "the logged table %s refers to it",
					 mh_model_name(review, user));
	}
	relation->persistence = persistence;
	mh_note_rewrite(review, relation);
	if (review->world->row_types_keep_persistence)
		mh_refuse_row_type(review, relation);
}

static void
set_options(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	if (relation->kind == 'v' && action->is_plain)
		return;
	if (strchr("rm", relation->kind) == NULL)
		mh_not_known(review, relation, "how %s is stored is not judged",
					 mh_model_name(review, relation));
	else if (action->sqlstate != NULL)
		mh_fails(review, relation, action->sqlstate, "%s", action->text);
}

static void
alter_constraint(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelConstraint *constraint = mh_model_constraint(relation, action->name);

	if (constraint == NULL)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT,
						"constraint %s of %s does not exist", mh_review_quote(review, action->name),
						mh_model_name(review, relation));
	else if (constraint->type != 'f')
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no foreign key",
				 mh_review_quote(review, action->name));
	else
	{
		constraint->is_deferrable = action->constraint->is_deferrable;
		constraint->is_deferred = action->constraint->is_deferred;
		relation->has_deferrable = true;
	}
}

/* A constraint that is written at a column which is there already, IF NOT EXISTS. */
static bool
is_skipped(const MhReview *review, const MhModelRelation *relation, const MhReviewAction *action)
{
	const MhModelColumn *column;

	if (!action->constraint->is_of_column)
		return false;
	while (action > review->statement->actions && action->kind != MH_ACT_ADD_COLUMN)
		action--;
	column = action->kind == MH_ACT_ADD_COLUMN && action->missing_ok
				 ? mh_model_column(relation, action->name)
				 : NULL;
	return column != NULL && column->made_round != review->round;
}

static void
run_action(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	switch (action->kind)
	{
		case MH_ACT_ADD_COLUMN:
			mh_add_column(review, relation, action, false);
			break;
		case MH_ACT_DROP_COLUMN:
			mh_drop_column(review, relation, action);
			break;
		case MH_ACT_TYPE:
			mh_change_type(review, relation, action);
			break;
		case MH_ACT_ADD_CONSTRAINT:
			if (!is_skipped(review, relation, action))
				mh_add_constraint(review, relation, action->constraint, false);
			break;
		case MH_ACT_DROP_CONSTRAINT:
			mh_drop_constraint(review, relation, action);
			break;
		case MH_ACT_VALIDATE:
			mh_validate_constraint(review, relation, action);
			break;
		case MH_ACT_ALTER_CONSTRAINT:
			alter_constraint(review, relation, action);
			break;
		case MH_ACT_TRIGGER:
			judge_trigger_action(review, relation, action);
			break;
		case MH_ACT_CLUSTER_ON:
		case MH_ACT_REPLICA_IDENTITY:
			judge_index_action(review, relation, action);
			break;
		case MH_ACT_PERSISTENCE:
			change_persistence(review, relation, action);
			break;
		case MH_ACT_INHERIT:
		case MH_ACT_NO_INHERIT:
		case MH_ACT_ATTACH:
		case MH_ACT_DETACH:
			mh_judge_inheritance(review, relation, action);
			break;
		case MH_ACT_UNKNOWN:
		case MH_ACT_TABLESPACE:
			if (review->statement->n_actions == 1 &&
				mh_ask_other(review, review->statement) != MH_TRUTH_UNKNOWN)
				break;
			mh_layers_lose(relation);
			mh_not_known(review, relation, "%s is not judged", action->text);
			break;
		case MH_ACT_OPTIONS:
			set_options(review, relation, action);
			break;
		case MH_ACT_OTHER:
		case MH_ACT_SECURITY:
			break;
		default:
			mh_alter_column(review, relation, action);
			break;
	}
}

static bool
reaches_children(const MhReview *review, const MhReviewAction *action)
{
	switch (action->kind)
	{
		case MH_ACT_TYPE:
		case MH_ACT_ADD_COLUMN:
		case MH_ACT_DROP_COLUMN:
		case MH_ACT_SET_DEFAULT:
		case MH_ACT_SET_NOT_NULL:
		case MH_ACT_DROP_NOT_NULL:
		case MH_ACT_COLUMN_OTHER:
		case MH_ACT_DROP_EXPRESSION:
			return true;
		case MH_ACT_STORAGE:
			return action->storage != NULL;
		case MH_ACT_ADD_CONSTRAINT:
			return review->world->constraints_lock_children;
		default:
			return false;
	}
}

static bool
fits_kind(const MhModelRelation *relation, const MhReviewAction *action)
{
	if (strchr("rp", relation->kind) != NULL)
		return true;
	switch (action->kind)
	{
		case MH_ACT_OTHER:
		case MH_ACT_OPTIONS:
		case MH_ACT_UNKNOWN:
			return true;
		case MH_ACT_PERSISTENCE:
			return relation->kind == 'S';
		case MH_ACT_ATTACH:
			return relation->kind == 'I';
		case MH_ACT_SET_DEFAULT:
			return relation->kind == 'v' || relation->kind == 'f';
		case MH_ACT_COLUMN_OTHER:
		case MH_ACT_STORAGE:
		case MH_ACT_TABLESPACE:
		case MH_ACT_CLUSTER_ON:
			if (action->kind == MH_ACT_TABLESPACE && relation->kind == 'I')
				return true;
			return relation->kind == 'm' || relation->kind == 'f' || relation->kind == 'i';
		default:
			return relation->kind == 'f' &&
				   (action->constraint == NULL || action->constraint->type == 'c');
	}
}

/* ADD COLUMN IF NOT EXISTS of one that is there. */
static bool
adds_nothing(const MhReview *review, const MhModelRelation *relation, const MhReviewAction *action)
{
	if (action->kind == MH_ACT_ADD_CONSTRAINT)
		return is_skipped(review, relation, action);
	return action->kind == MH_ACT_ADD_COLUMN && action->missing_ok &&
		   mh_model_column(relation, action->name) != NULL;
}

/* What the server checks of all actions before it runs the first. */
static void
prepare(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
		MhLockMode lock)
{
	for (int i = 0; i < statement->n_actions; i++)
	{
		const MhReviewAction *action = &statement->actions[i];

		if (!fits_kind(relation, action))
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "this action is not possible for %s",
					 mh_model_name(review, relation));
		if (relation->is_typed &&
			(action->kind == MH_ACT_ADD_COLUMN || action->kind == MH_ACT_DROP_COLUMN ||
			 action->kind == MH_ACT_TYPE))
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is a typed table",
					 mh_model_name(review, relation));
		if (relation->is_partition && action->kind == MH_ACT_ADD_COLUMN)
			mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is a partition",
					 mh_model_name(review, relation));
		mh_check_identity(review, relation, action);
		if (reaches_children(review, action) && !statement->is_only &&
			!adds_nothing(review, relation, action))
			mh_lock_children(review, relation, lock);
		if (action->kind == MH_ACT_TYPE)
			mh_change_type_first(review, relation, action);
	}
}

bool
mh_is_of_kind(const MhModelRelation *relation, MhReviewObject object)
{
	switch (object)
	{
		case MH_OBJECT_VIEW:
			return relation->kind == 'v';
		case MH_OBJECT_MATERIALIZED_VIEW:
			return relation->kind == 'm';
		case MH_OBJECT_INDEX:
			return strchr("iI", relation->kind) != NULL;
		case MH_OBJECT_SEQUENCE:
			return relation->kind == 'S';
		case MH_OBJECT_FOREIGN_TABLE:
			return relation->kind == 'f';
		default:
			return true;
	}
}

void
mh_judge_alter_table(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation = mh_named(review, &statement->name, statement->missing_ok);
	MhLockMode lock = MH_LOCK_NONE;

	if (relation == NULL)
		return;
	for (int i = 0; i < statement->n_actions; i++)
		lock = Max(lock, statement->actions[i].lock);
	mh_touch(review, relation, lock);
	if (mh_may(review, relation, MH_RIGHT_OWNER) && !mh_is_of_kind(relation, statement->object))
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	if (relation->is_system)
	{
		mh_fails(review, relation, MH_PG_PRIVILEGE, "%s is a system catalog",
				 mh_model_name(review, relation));
		return;
	}
	if (!mh_is_table(relation))
	{
		for (int i = 0; i < statement->n_actions; i++)
			if (!fits_kind(relation, &statement->actions[i]))
				mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no table",
						 mh_model_name(review, relation));
		if (relation->kind == 'I' && statement->n_actions == 1 &&
			statement->actions[0].kind == MH_ACT_ATTACH && !mh_has_failed(review))
			mh_attach_index(review, relation, &statement->actions[0]);
		else if (relation->kind == 'S' && statement->n_actions == 1 &&
				 statement->actions[0].kind == MH_ACT_PERSISTENCE && relation->persistence != 't')
			relation->persistence = statement->actions[0].flag ? 'p' : 'u';
		else if (relation->kind != 'i' || statement->n_actions != 1 ||
				 mh_ask_other(review, statement) == MH_TRUTH_UNKNOWN)
			mh_not_known(review, relation, "this action of ALTER TABLE is not judged");
		return;
	}
	mh_doubt_pending(review, relation);
	prepare(review, relation, statement, lock);
	for (Pass pass = 0; pass < PASSES; pass++)
		for (int i = 0; i < statement->n_actions; i++)
			if (pass_of(&statement->actions[i]) == pass)
				run_action(review, relation, &statement->actions[i]);
}
