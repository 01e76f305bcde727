/*-------------------------------------------------------------------------
 *
 * like.c
 *	  CREATE TABLE with the columns of another table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static void
copy_column(MhReview *review, MhModelRelation *relation, const MhModelColumn *from,
			const MhReviewAction *action)
{
	MhModelColumn *column;

	if (mh_model_column(relation, from->name) != NULL)
	{
		mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "column %s is there twice",
				 mh_review_quote(review, from->name));
		return;
	}
	column = mh_model_add_column(relation, from->name);
	column->type = from->type;
	column->typmod = from->typmod;
	column->collation = from->collation;
	column->type_name = from->type_name;
	column->not_null = from->not_null;
	mh_note_type_user(review, from->type, relation->id);
	if (from->generated != '\0' && (action->copies & MH_COPY_GENERATED) != 0)
	{
		column->generated = from->generated;
		column->has_default = relation->has_new_dependents = true;
	}
	else if (from->generated == '\0' && (action->copies & MH_COPY_DEFAULTS) != 0)
		column->has_default = from->has_default;
	review->model.has_copied_code |= column->has_default;
	if (from->identity == '\0' || (action->copies & MH_COPY_IDENTITY) == 0)
		return;
	column->identity = from->identity;
	mh_make_owned_sequence(review, relation, from->name, true);
}

void
mh_copy_columns(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	const MhModelRelation *from = mh_named(review, &action->other, false);

	if (from == NULL || from == relation)
	{
		relation->is_opaque = true;
		return;
	}
	if (strchr("rvmcfp", from->kind) == NULL)
		mh_fails(review, from, MH_PG_WRONG_TYPE, "%s has no columns to copy",
				 mh_model_name(review, from));
	else if (from->kind == 'c' || from->is_system)
		mh_not_known(review, NULL, "LIKE of such a relation is not judged");
	else
		mh_may(review, from, MH_RIGHT_SELECT);
	mh_touch(review, from, MH_LOCK_ACCESS_SHARE);
	if (from->is_opaque || from->is_system)
	{
		relation->is_opaque = true;
		mh_not_known(review, NULL, "the columns of %s are not known", mh_model_name(review, from));
	}
	for (int i = 0; i < from->n_columns; i++)
		if (!from->columns[i].is_gone)
			copy_column(review, relation, &from->columns[i], action);
}

static void
copy_check(MhReview *review, MhModelRelation *relation, const MhModelConstraint *from)
{
	MhModelConstraint *check;

	if (mh_model_constraint(relation, from->name) != NULL)
	{
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "constraint %s exists already",
				 mh_review_quote(review, from->name));
		return;
	}
	if (from->is_of_whole_row || from->columns.n == 0)
		mh_not_known(review, NULL, "whether constraint %s can be copied",
					 mh_review_quote(review, from->name));
	if (relation->kind == 'p' && from->no_inherit)
		mh_fails(review, NULL, MH_PG_INVALID_TABLE,
				 "a constraint of a partitioned table cannot be NO INHERIT");
	check = mh_model_add_constraint(relation, from->name, 'c');
	check->columns = from->columns;
	check->proves = from->proves;
	check->compares_integers = from->compares_integers;
	check->no_inherit = from->no_inherit;
	review->model.has_copied_code = true;
}

static char
type_of_key(const MhModelRelation *table, const MhModelRelation *index)
{
	const MhModelConstraint *key =
		index->constraint == NULL ? NULL : mh_model_constraint(table, index->constraint);

	return key == NULL ? '\0' : key->type;
}

static void
copy_index(MhReview *review, MhModelRelation *relation, const MhModelRelation *table,
		   const MhModelRelation *from)
{
	char type = type_of_key(table, from);
	const MhStrings *names = from->names.n > 0 ? &from->names : &from->index_columns;
	const char *name;
	MhModelRelation *index;
	MhModelConstraint *key;

	if (type == 'x' || (from->is_partial && !from->is_built_in))
		mh_not_known(review, NULL, "whether index %s can be copied",
					 mh_review_quote(review, from->name));
	if (type == 'p' && mh_has_primary_key(relation))
		mh_fails(review, NULL, MH_PG_INVALID_TABLE, "the table would have two primary keys");
	name = mh_model_choose_name(&review->model, relation,
								type == 'p' ? NULL : mh_strings_join(names, "_"),
								type == 'p'   ? "pkey"
								: type == 'u' ? "key"
								: type == 'x' ? "excl"
											  : "idx",
								true);
	index = mh_make_index(review, relation, name);
	index->index_columns = from->index_columns;
	index->used_columns = from->used_columns;
	index->names = from->names;
	index->is_unique = from->is_unique;
	index->is_primary = from->is_primary;
	index->is_partial = from->is_partial;
	index->is_usual = from->is_usual;
	index->is_immediate = from->is_immediate;
	index->method = from->method;
	index->is_built_in = from->is_built_in;
	index->nulls_not_distinct = from->nulls_not_distinct;
	if (type == '\0')
		return;
	key = mh_model_add_constraint(relation, name, type);
	key->columns = from->index_columns;
	key->index = index->id;
	key->is_deferrable = !from->is_immediate;
	relation->has_deferrable |= key->is_deferrable;
	index->constraint = key->name;
}

void
mh_copy_parts(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	const MhModelRelation *from = mh_model_find(&review->model, &action->other);

	if (from == NULL || from == relation)
		return;
	for (int i = 0; (action->copies & MH_COPY_CHECKS) != 0 && i < from->n_constraints; i++)
		if (!from->constraints[i].is_gone && from->constraints[i].type == 'c')
			copy_check(review, relation, &from->constraints[i]);
	for (int i = 0; (action->copies & MH_COPY_INDEXES) != 0 && i < from->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, from->indexes[i]);

		if (index != NULL)
			copy_index(review, relation, from, index);
	}
	if ((action->copies & MH_COPY_STATISTICS) != 0)
		review->model.has_new_statistics = review->model.has_other_objects = true;
}
