/*-------------------------------------------------------------------------
 *
 * inheritance.c
 *	  INHERIT, NO INHERIT, ATTACH PARTITION and DETACH PARTITION.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static bool
is_partitioned(MhReview *review, const MhModelRelation *relation)
{
	if (relation->kind == 'p')
		return true;
	mh_fails(review, relation,
			 relation->kind == 'r' && !review->world->refuses_unpartitioned_early
				 ? MH_PG_INVALID_OBJECT
				 : MH_PG_WRONG_TYPE,
			 "%s is not partitioned", mh_model_name(review, relation));
	return false;
}

/* ---------- children that leave ---------- */

static bool
is_child_of(const MhModelRelation *child, const MhModelRelation *parent)
{
	for (int i = 0; i < child->n_parents; i++)
		if (child->parents[i] == parent->id)
			return true;
	return false;
}

static void
leave_columns(const MhModelRelation *parent, MhModelRelation *child)
{
	for (int i = 0; i < child->n_columns; i++)
	{
		MhModelColumn *column = &child->columns[i];
		const MhModelColumn *from = column->is_gone ? NULL : mh_model_column(parent, column->name);

		if (from == NULL || column->parents == 0)
			continue;
		if (--column->parents == 0)
			column->is_local = true;
		if (parent->kind == 'p' && from->identity != '\0')
			column->identity = '\0';
	}
}

static void
leave_constraints(const MhModelRelation *parent, MhModelRelation *child)
{
	for (int i = 0; i < child->n_constraints; i++)
	{
		MhModelConstraint *constraint = &child->constraints[i];

		if (constraint->is_gone || constraint->parents == 0 ||
			(constraint->type == 'c' ? mh_model_constraint(parent, constraint->name) == NULL
									 : parent->kind != 'p'))
			continue;
		if (--constraint->parents == 0)
			constraint->is_local = true;
	}
}

static void
leave_indexes(MhReview *review, const MhModelRelation *parent, const MhModelRelation *child)
{
	for (int i = 0; i < child->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, child->indexes[i]);
		const MhModelRelation *from =
			index == NULL ? NULL : mh_model_by_id(&review->model, index->parent_index);

		if (from != NULL && from->table == parent->id)
			index->parent_index = 0;
	}
}

static void
leave(MhReview *review, MhModelRelation *parent, MhModelRelation *child)
{
	leave_columns(parent, child);
	leave_constraints(parent, child);
	leave_indexes(review, parent, child);
	mh_ids_remove(child->parents, &child->n_parents, parent->id);
	mh_ids_remove(parent->children, &parent->n_children, child->id);
	child->is_partition = false;
	if (parent->default_partition == child->id)
		parent->default_partition = 0;
}

static void
judge_no_inherit(MhReview *review, MhModelRelation *child, const MhReviewAction *action)
{
	MhModelRelation *parent;

	if (child->is_partition)
	{
		mh_fails(review, child, MH_PG_WRONG_TYPE, "%s is a partition",
				 mh_model_name(review, child));
		return;
	}
	parent = mh_named(review, &action->other, false);
	if (parent == NULL)
		return;
	if (!is_child_of(child, parent))
		mh_fails(review, child, MH_PG_UNDEFINED_TABLE, "%s is not a parent of %s",
				 mh_model_name(review, parent), mh_model_name(review, child));
	else
		leave(review, parent, child);
}

static bool
has_inherited_foreign_key(const MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone && relation->constraints[i].type == 'f' &&
			relation->constraints[i].parents > 0)
			return true;
	return false;
}

static void
judge_detach(MhReview *review, MhModelRelation *parent, const MhReviewAction *action)
{
	MhModelRelation *by_default;
	MhModelRelation *child;

	if (!is_partitioned(review, parent))
		return;
	by_default = mh_model_by_id(&review->model, parent->default_partition);
	if (by_default != NULL && action->concurrently)
		mh_fails(review, parent, MH_PG_PREREQUISITE,
				 "a partition cannot be detached CONCURRENTLY where there is a default partition");
	mh_touch(review, by_default, MH_LOCK_ACCESS_EXCLUSIVE);
	child = mh_named(review, &action->other, false);
	if (child == NULL)
		return;
	mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
	if (!is_child_of(child, parent))
	{
		mh_fails(review, parent, MH_PG_UNDEFINED_TABLE, "%s is not a partition of %s",
				 mh_model_name(review, child), mh_model_name(review, parent));
		return;
	}
	/* CONCURRENTLY adds a constraint, and waits for others */
	if (parent->n_referrers > 0 || has_inherited_foreign_key(child) || action->concurrently ||
		parent->has_code)
		mh_not_known(review, parent, "whether %s can be detached", mh_model_name(review, child));
	leave(review, parent, child);
}

/* ---------- children that come ---------- */

static void
fit_column(MhReview *review, const MhModelRelation *child, const MhModelColumn *from)
{
	const MhModelColumn *column = mh_model_column(child, from->name);
	const char *name = mh_review_quote(review, from->name);

	if (column == NULL)
		mh_fails_absent(review, child, MH_PG_DATATYPE_MISMATCH, "%s has no column %s",
						mh_model_name(review, child), name);
	else if (column->type == 0 || from->type == 0)
		mh_not_known(review, child, "the type of column %s", name);
	else if (column->type != from->type || column->typmod != from->typmod)
		mh_fails(review, child, MH_PG_DATATYPE_MISMATCH, "column %s has another type in %s", name,
				 mh_model_name(review, child));
	else if (column->collation != from->collation)
		mh_fails(review, child, "42P21", "column %s has another collation in %s", name,
				 mh_model_name(review, child));
	else if (from->not_null && !column->not_null)
		mh_fails(review, child, MH_PG_DATATYPE_MISMATCH, "column %s must be NOT NULL in %s", name,
				 mh_model_name(review, child));
	else if (from->generated != '\0' && column->generated == '\0')
		mh_fails(review, child, MH_PG_DATATYPE_MISMATCH, "column %s must be generated in %s", name,
				 mh_model_name(review, child));
	else if (column->generated != '\0' || (from->not_null && column->is_own_not_null))
		mh_not_known(review, child, "whether column %s is the same in both tables", name);
}

static void
fit_constraint(MhReview *review, const MhModelRelation *child, const MhModelConstraint *from)
{
	const MhModelConstraint *constraint;

	if (from->is_gone || from->type != 'c' || from->no_inherit)
		return;
	constraint = mh_model_constraint(child, from->name);
	if (constraint == NULL || constraint->type != 'c')
		mh_fails_absent(review, child, MH_PG_DATATYPE_MISMATCH, "%s has no constraint %s",
						mh_model_name(review, child), mh_review_quote(review, from->name));
	else
		mh_not_known(review, child, "whether constraint %s is the same in both tables",
					 mh_review_quote(review, from->name));
}

static void
fit(MhReview *review, const MhModelRelation *parent, const MhModelRelation *child)
{
	if (parent->is_opaque || child->is_opaque)
		mh_not_known(review, child, "whether the tables fit each other");
	for (int i = 0; i < parent->n_columns && !mh_has_failed(review); i++)
		if (!parent->columns[i].is_gone)
			fit_column(review, child, &parent->columns[i]);
	for (int i = 0; i < parent->n_constraints && !mh_has_failed(review); i++)
		fit_constraint(review, child, &parent->constraints[i]);
}

static void
join(MhModelRelation *parent, MhModelRelation *child)
{
	for (int i = 0; i < parent->n_columns; i++)
	{
		MhModelColumn *column =
			parent->columns[i].is_gone ? NULL : mh_model_column(child, parent->columns[i].name);

		if (column != NULL)
			column->parents++;
	}
	for (int i = 0; i < parent->n_constraints; i++)
	{
		const MhModelConstraint *from = &parent->constraints[i];
		MhModelConstraint *constraint = from->is_gone || from->type != 'c' || from->no_inherit
											? NULL
											: mh_model_constraint(child, from->name);

		if (constraint != NULL)
			constraint->parents++;
	}
	mh_ids_add(&child->parents, &child->n_parents, parent->id);
	mh_ids_push(&parent->children, &parent->n_children, child->id);
}

static bool
may_have_child(MhReview *review, const MhModelRelation *parent, const MhModelRelation *child)
{
	if (!mh_may(review, parent, MH_RIGHT_OWNER))
		return false;
	if (strchr("rf", parent->kind) == NULL)
		mh_fails(review, parent, MH_PG_WRONG_TYPE, "%s cannot be inherited from",
				 mh_model_name(review, parent));
	else if (parent->persistence == 't' && child->persistence != 't')
		mh_fails(review, parent, MH_PG_WRONG_TYPE, "%s is temporary",
				 mh_model_name(review, parent));
	else if (parent->is_partition)
		mh_fails(review, parent, MH_PG_WRONG_TYPE, "%s is a partition",
				 mh_model_name(review, parent));
	else if (mh_is_below(review, parent, child))
		mh_fails(review, parent, MH_PG_DUPLICATE_TABLE, "%s would inherit from itself",
				 mh_model_name(review, child));
	else if (is_child_of(child, parent))
		mh_fails(review, parent, MH_PG_DUPLICATE_TABLE, "%s inherits from it already",
				 mh_model_name(review, child));
	return !mh_has_failed(review);
}

static void
judge_inherit(MhReview *review, MhModelRelation *child, const MhReviewAction *action)
{
	MhModelRelation *parent;

	if (child->is_typed || child->is_partition || child->kind == 'p')
	{
		mh_fails(review, child, MH_PG_WRONG_TYPE, "the inheritance of %s cannot be changed",
				 mh_model_name(review, child));
		return;
	}
	parent = mh_named(review, &action->other, false);
	if (parent == NULL)
		return;
	mh_touch(review, parent, MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
	if (!may_have_child(review, parent, child))
		return;
	/* one with tables of changed rows is refused */
	if (child->has_code)
		mh_not_known(review, child, "whether the triggers of %s allow that",
					 mh_model_name(review, child));
	fit(review, parent, child);
	if (!mh_has_failed(review))
		join(parent, child);
}

static void
join_indexes(MhReview *review, const MhModelRelation *parent, MhModelRelation *child)
{
	for (int i = 0; i < parent->n_indexes; i++)
	{
		const MhModelRelation *from = mh_model_by_id(&review->model, parent->indexes[i]);
		MhModelRelation *found = from == NULL ? NULL : mh_index_to_attach(review, child, from);

		if (found != NULL)
			found->parent_index = from->id;
		else if (from != NULL)
			mh_inherit_index(review, child, from);
	}
}

/* What keeps a table from being attached, before its bounds are looked at; *sqlstate NULL: nothing. */
static const char *
refusal_of(MhReview *review, const MhModelRelation *parent, const MhModelRelation *child,
		   const char **sqlstate)
{
	*sqlstate = MH_PG_WRONG_TYPE;
	if (strchr("rpf", child->kind) == NULL)
		return "is no table";
	if (child->is_partition)
		return "is a partition already";
	if (child->is_typed)
		return "is a typed table";
	if (child->n_parents > 0)
		return "inherits from another table";
	if (child->n_children > 0 && child->kind != 'p')
		return "has tables that inherit from it";
	*sqlstate = MH_PG_DUPLICATE_TABLE;
	if (mh_is_below(review, parent, child))
		return "would be a partition of itself";
	*sqlstate = MH_PG_WRONG_TYPE;
	if ((parent->persistence == 't') != (child->persistence == 't'))
		return "is temporary, or its parent is";
	*sqlstate = MH_PG_DATATYPE_MISMATCH;
	for (int i = 0; i < child->n_columns; i++)
		if (!child->columns[i].is_gone && mh_model_column(parent, child->columns[i].name) == NULL)
			return "has a column that the partitioned table has not";
	*sqlstate = NULL;
	return NULL;
}

/* The bounds are analysed before the table is looked at; whether they overlap is seen later. */
static bool
may_attach(MhReview *review, MhModelRelation *parent, MhModelRelation *child,
		   const MhReviewAction *action)
{
	const char *sqlstate;
	const char *refusal = refusal_of(review, parent, child, &sqlstate);
	const void *placed;
	MhReviewAnswer answer = {MH_TRUTH_YES};

	if (sqlstate == NULL)
		return true;
	if (action->bound != NULL && !action->bound->is_default)
		answer = review->world->place(review->world->arg, parent, child->id, action->bound->tree,
									  &placed);
	if (answer.passes == MH_TRUTH_NO && strcmp(answer.sqlstate, MH_PG_INVALID_OBJECT) != 0)
		mh_fails(review, parent, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, parent, "%s", answer.detail);
	mh_fails(review, parent, sqlstate, "%s %s", mh_model_name(review, child), refusal);
	return false;
}

/* An index of the partition is built if there is none. */
static void
ask_new_indexes(MhReview *review, MhModelRelation *parent, MhModelRelation *child)
{
	for (int i = 0; i < child->n_indexes && !mh_is_empty(review, child); i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, child->indexes[i]);
		const MhModelRelation *from =
			index == NULL ? NULL : mh_model_by_id(&review->model, index->parent_index);
		MhReviewQuestion question = {MH_ASK_UNIQUE, child};

		if (from == NULL || from->table != parent->id || index->live_name != NULL ||
			(!index->is_unique && !index->is_partial))
			continue;
		if (index->is_partial || !index->is_usual || child->kind != 'r')
		{
			mh_not_known(review, child, "the rows decide whether %s can be built",
						 mh_review_quote(review, index->name));
			continue;
		}
		question.nulls_not_distinct = index->nulls_not_distinct;
		for (int k = 0; k < index->index_columns.n; k++)
			mh_strings_add(&question.columns, index->index_columns.v[k]);
		mh_ask_rows(
			review, child, &question, MH_PG_UNIQUE,
			psprintf("rows have equal values for %s", mh_review_quote(review, index->name)));
	}
}

static void
doubt_keys(MhReview *review, const MhModelRelation *parent, const MhModelRelation *child)
{
	int keys = 0;

	for (int i = 0; i < child->n_constraints; i++)
		keys += !child->constraints[i].is_gone && child->constraints[i].type == 'p';
	if (keys > 1)
		mh_not_known(review, child, "whether it gets a second primary key");
	for (int i = 0; i < parent->n_constraints; i++)
		if (!parent->constraints[i].is_gone && strchr("fx", parent->constraints[i].type) != NULL)
			mh_not_known(review, child, "whether rows satisfy %s",
						 mh_review_quote(review, parent->constraints[i].name));
	/* keys that refer to the partitioned table refer to its partitions */
	if (parent->n_referrers > 0 || parent->has_code || child->has_code)
		mh_not_known(review, parent, "whether keys and triggers can be copied");
}

/* Whether its rows belong into it, and those of the default partition do not. */
static void
judge_attached_rows(MhReview *review, MhModelRelation *parent, MhModelRelation *child,
					const MhReviewAction *action, const void *placed, MhModelRelation *by_default)
{
	if (action->bound == NULL || mh_has_failed(review))
		return;
	if (child->kind == 'f' ||
		(!mh_is_empty(review, child) && (action->bound->is_default || parent->is_partition)))
		mh_not_known(review, child, "the rows decide whether they belong there");
	else
		mh_ask_partitions(review, parent, child, placed, true);
	if (by_default != NULL && !action->bound->is_default)
		mh_ask_partitions(review, parent, by_default, placed, false);
}

static void
judge_attach(MhReview *review, MhModelRelation *parent, const MhReviewAction *action)
{
	MhModelRelation *by_default;
	MhModelRelation *child;
	const void *placed = NULL;

	if (!is_partitioned(review, parent))
		return;
	by_default = mh_model_by_id(&review->model, parent->default_partition);
	mh_touch(review, by_default, MH_LOCK_ACCESS_EXCLUSIVE);
	child = mh_named(review, &action->other, false);
	if (child == NULL)
		return;
	mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
	mh_lock_children(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
	if (by_default != NULL)
		mh_lock_children(review, by_default, MH_LOCK_ACCESS_EXCLUSIVE);
	if (!mh_may(review, child, MH_RIGHT_OWNER) || !may_attach(review, parent, child, action))
		return;
	if (action->bound != NULL)
		placed = mh_place_partition(review, parent, child, action->bound);
	if (!mh_has_failed(review))
		fit(review, parent, child);
	join(parent, child);
	join_indexes(review, parent, child);
	child->is_partition = true;
	ask_new_indexes(review, parent, child);
	doubt_keys(review, parent, child);
	judge_attached_rows(review, parent, child, action, placed, by_default);
}

void
mh_judge_inheritance(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	switch (action->kind)
	{
		case MH_ACT_ATTACH:
			judge_attach(review, relation, action);
			break;
		case MH_ACT_DETACH:
			judge_detach(review, relation, action);
			break;
		case MH_ACT_INHERIT:
			judge_inherit(review, relation, action);
			break;
		default:
			judge_no_inherit(review, relation, action);
			break;
	}
}
