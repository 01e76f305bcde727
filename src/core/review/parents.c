/*-------------------------------------------------------------------------
 *
 * parents.c
 *	  What tables have from those that they inherit from.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

bool
mh_has_id(const uint32 *ids, int n, uint32 id)
{
	for (int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* ---------- columns ---------- */

static const MhReviewAction *
own_action(const MhReview *review, const char *name)
{
	for (int i = 0; i < review->statement->n_actions; i++)
		if (review->statement->actions[i].kind == MH_ACT_ADD_COLUMN &&
			strcmp(review->statement->actions[i].name, name) == 0)
			return &review->statement->actions[i];
	return NULL;
}

/* Also of a column without a default: that of another parent stays. */
static void
take_default(MhModelColumn *column, const MhModelColumn *from)
{
	column->has_default = from->has_default;
	column->made_default = from->made_default;
	column->is_counted = from->is_counted;
}

/* Two parents have the column. */
static void
merge_of_parents(MhReview *review, MhModelColumn *column, const MhModelColumn *from)
{
	bool is_same = column->made_default != NULL && column->made_default == from->made_default;

	if (column->generated != from->generated)
		mh_fails(review, NULL, MH_PG_DATATYPE_MISMATCH, "column %s is generated in one parent only",
				 mh_review_quote(review, from->name));
	else if (column->has_default && from->has_default && !is_same)
		mh_not_known(review, NULL, "whether the parents have the same default of column %s",
					 mh_review_quote(review, from->name));
	else if (from->has_default)
		take_default(column, from);
	if (column->storage != '\0' && from->storage != '\0' && column->storage != from->storage)
		mh_fails(review, NULL, MH_PG_DATATYPE_MISMATCH,
				 "column %s is stored in different ways in the parents",
				 mh_review_quote(review, from->name));
	else if (column->storage == 'e' || from->storage == 'e')
		mh_not_known(review, NULL, "whether values of column %s are stored alike in the parents",
					 mh_review_quote(review, from->name));
}

/* The table itself has a column that it inherits. */
static void
merge_own(MhReview *review, MhModelColumn *column, const MhModelColumn *from,
		  const MhReviewAction *own)
{
	const char *name = mh_review_quote(review, from->name);
	bool is_generated = own->generated != '\0';
	bool has_default = !is_generated && (own->expression != NULL || own->type->is_serial);

	if (from->generated != '\0' && (has_default || own->identity != '\0'))
		mh_fails(review, NULL, MH_PG_SYNTAX_OF_COLUMN, "column %s is generated in the parent",
				 name);
	else if (is_generated &&
			 (review->world->children_compute_anew ? own->generated != from->generated
												   : from->generated != '\0'))
		mh_fails(review, NULL, MH_PG_SYNTAX_OF_COLUMN,
				 "column %s cannot have an expression of its own", name);
	else if (from->generated != '\0' && !is_generated)
	{
		column->generated = from->generated;
		column->made_generated = from->made_generated;
	}
	else if (from->has_default && !is_generated && !has_default && own->identity == '\0')
		take_default(column, from);
}

static void
merge_column(MhReview *review, MhModelColumn *column, const MhModelColumn *from,
			 const MhModelRelation *parent)
{
	const MhReviewAction *own = own_action(review, from->name);
	const char *name = mh_review_quote(review, from->name);

	if (column->type == 0 || from->type == 0)
		mh_not_known(review, NULL, "the type of column %s", name);
	else if (column->type != from->type || column->typmod != from->typmod)
		mh_fails(review, NULL, MH_PG_DATATYPE_MISMATCH, "column %s has another type in %s", name,
				 mh_model_name(review, parent));
	else if (column->collation != from->collation)
		mh_fails(review, NULL, "42P21", "column %s has another collation in %s", name,
				 mh_model_name(review, parent));
	if (own != NULL && own->type != NULL)
		merge_own(review, column, from, own);
	else if (column->parents > 0)
		merge_of_parents(review, column, from);
}

static MhModelColumn *
copy_column(MhModelRelation *relation, const MhModelColumn *from)
{
	MhModelColumn *column = mh_model_add_column(relation, from->name);

	column->type = from->type;
	column->typmod = from->typmod;
	column->collation = from->collation;
	column->type_name = from->type_name;
	column->generated = from->generated;
	column->storage = from->storage;
	column->is_domain =
		from->live_name == NULL
			? from->is_domain
			: from->type == 0 || from->type >= MH_FIRST_OTHER_TYPE; /* nobody asks */
	column->is_local = false;
	take_default(column, from);
	return column;
}

static void
take_columns(MhReview *review, MhModelRelation *relation, const MhModelRelation *parent)
{
	for (int i = 0; i < parent->n_columns; i++)
	{
		const MhModelColumn *from = &parent->columns[i];
		MhModelColumn *column = mh_model_column(relation, from->name);

		if (from->is_gone)
			continue;
		if (column == NULL)
			column = copy_column(relation, from);
		else
			merge_column(review, column, from, parent);
		column->not_null = column->not_null || from->not_null;
		column->parents++;
	}
}

/* Inherited columns are before those of the table itself. */
void
mh_order_columns(MhReview *review, MhModelRelation *relation)
{
	bool *is_moved = palloc0(Max(relation->n_columns, 1) * sizeof(bool));
	MhModelColumn *ordered = NULL;
	int n = 0;

	if (relation->n_parents == 0)
		return;
	for (int i = 0; i < relation->n_parents; i++)
	{
		const MhModelRelation *parent = mh_model_by_id(&review->model, relation->parents[i]);

		for (int k = 0; parent != NULL && k < parent->n_columns; k++)
		{
			const MhModelColumn *column = parent->columns[k].is_gone
											  ? NULL
											  : mh_model_column(relation, parent->columns[k].name);

			if (column == NULL || is_moved[column - relation->columns])
				continue;
			is_moved[column - relation->columns] = true;
			ordered = mh_with_room(ordered, n, sizeof(MhModelColumn));
			ordered[n++] = *column;
		}
	}
	for (int i = 0; i < relation->n_columns; i++)
		if (!is_moved[i])
		{
			ordered = mh_with_room(ordered, n, sizeof(MhModelColumn));
			ordered[n++] = relation->columns[i];
		}
	relation->columns = ordered;
}

/* ---------- checks ---------- */

/* Of those that are live nobody compares the expressions. */
static bool
are_same(const MhReview *review, const MhReviewConstraint *a, const MhReviewConstraint *b)
{
	return a != NULL && b != NULL &&
		   (a == b || (review->world->same != NULL && a->expression != NULL &&
					   b->expression != NULL && review->world->same(a->expression, b->expression)));
}

static void
take_check(MhReview *review, MhModelRelation *relation, const MhModelConstraint *from)
{
	MhModelConstraint *constraint = mh_model_constraint(relation, from->name);

	if (from->is_gone || from->type != 'c' || from->no_inherit)
		return;
	if (constraint != NULL)
	{
		if (!are_same(review, constraint->made, from->made))
			mh_not_known(review, NULL, "whether constraint %s is the same in the parents",
						 mh_review_quote(review, from->name));
		constraint->parents++;
		return;
	}
	constraint = mh_model_add_constraint(relation, from->name, 'c');
	constraint->columns = from->columns;
	constraint->proves = from->proves;
	constraint->made = from->made;
	constraint->is_local = false;
	constraint->parents = 1;
}

void
mh_take_from_parent(MhReview *review, MhModelRelation *relation, const MhModelRelation *parent)
{
	take_columns(review, relation, parent);
	for (int i = 0; i < parent->n_constraints; i++)
		take_check(review, relation, &parent->constraints[i]);
}

bool
mh_merge_check(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
			   const char *name, bool is_inherited)
{
	MhModelConstraint *there = mh_model_constraint(relation, name);

	if (there == NULL)
		return false;
	if (there->type != 'c' || (there->is_local && !is_inherited))
	{
		mh_fails(review, relation, MH_PG_DUPLICATE_OBJECT, "constraint %s of %s exists already",
				 mh_review_quote(review, name), mh_model_name(review, relation));
		return true;
	}
	if (!are_same(review, there->made, constraint))
		mh_not_known(review, relation, "whether constraint %s is the same as the one that is there",
					 mh_review_quote(review, name));
	if (there->no_inherit || (there->parents > 0 && constraint->no_inherit) ||
		(!there->is_valid && !constraint->is_not_valid))
		mh_fails(review, relation, MH_PG_INVALID_OBJECT,
				 "constraint %s of %s is NO INHERIT or NOT VALID, and the other is not",
				 mh_review_quote(review, name), mh_model_name(review, relation));
	there->is_local |= !is_inherited;
	return true;
}

/* ---------- names ---------- */

void
mh_refuse_rename_below(MhReview *review, const MhModelRelation *root,
					   const MhModelRelation *relation, const char *name)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		const MhModelColumn *column = child == NULL ? NULL : mh_model_column(child, name);

		if (column == NULL)
			continue;
		mh_refuse_other_parents(review, root, child, column);
		mh_refuse_rename_below(review, root, child, name);
	}
}

void
mh_rename_check_below(MhReview *review, const MhModelRelation *relation, const char *from,
					  const char *to)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelConstraint *check = child == NULL ? NULL : mh_model_constraint(child, from);

		mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
		if (check == NULL || check->type != 'c' || mh_has_failed(review))
			continue;
		if (check->parents > 1)
			mh_not_known(review, child, "whether constraint %s has other parents",
						 mh_review_quote(review, from));
		if (mh_model_constraint(child, to) != NULL)
			mh_fails(review, child, MH_PG_DUPLICATE_OBJECT, "constraint %s of %s exists already",
					 mh_review_quote(review, to), mh_model_name(review, child));
		mh_rename_check_below(review, child, from, to);
		mh_model_rename_constraint(&review->model, child, check, to);
	}
}

/* ---------- ONLY ---------- */

static bool
is_nullable_below(MhReview *review, const MhModelRelation *relation, const char *name)
{
	for (int i = 0; i < relation->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		const MhModelColumn *column = child == NULL ? NULL : mh_model_column(child, name);

		if (column != NULL && !column->not_null)
			return true;
	}
	return false;
}

void
mh_refuse_only(MhReview *review, const MhModelRelation *relation, const MhReviewAction *action)
{
	const MhModelColumn *column = mh_model_column(relation, action->name);

	if (!action->flag || relation->n_children == 0 || column == NULL ||
		(review->world->constraints_lock_children && relation->kind == 'p' &&
		 action->kind == MH_ACT_DROP_NOT_NULL))
		return;
	if (relation->kind != 'p' || column->not_null == (action->kind == MH_ACT_SET_NOT_NULL))
		mh_not_known(review, relation, "whether column %s can differ from that of child tables",
					 mh_review_quote(review, action->name));
	else if (action->kind == MH_ACT_DROP_NOT_NULL ||
			 is_nullable_below(review, relation, action->name))
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "column %s must be changed in the partitions too",
				 mh_review_quote(review, action->name));
}

/* Of 17 on, partitions have the identity of the partitioned table. */
void
mh_refuse_identity_below(MhReview *review, const MhModelRelation *relation)
{
	if (relation->kind == 'p')
		mh_not_known(review, relation, "whether partitions can have the identity column");
	else
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "an identity column cannot be added to a table that has child tables");
}

static void
drop_expression_below(MhReview *review, MhModelRelation *relation, const char *name)
{
	MhModelColumn *column = mh_model_column(relation, name);

	if (mh_is_too_deep(review) || column == NULL)
		return;
	column->generated = '\0';
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL)
			drop_expression_below(review, child, name);
	}
}

void
mh_drop_expression(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	const MhModelColumn *column = mh_model_column(relation, action->name);
	const char *name = mh_review_quote(review, action->name);

	if (action->flag && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED,
				 "the expression of column %s must be dropped in child tables too", name);
	else if (column->parents > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is inherited", name);
	else if (column->generated == '\0' && !action->missing_ok)
		mh_fails(review, relation, MH_PG_PREREQUISITE, "column %s is not generated", name);
	drop_expression_below(review, relation, action->name);
}
