/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  Columns that a script adds, drops or alters.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static void
check_storage(MhReview *review, const MhModelRelation *relation, const MhModelColumn *column,
			  const MhReviewAction *action)
{
	MhReviewAnswer answer;

	if (action->storage == NULL && action->compression == NULL)
		return;
	answer = review->world->storage(review->world->arg, column->type, action->storage,
									action->compression);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails(review, relation, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "whether values of column %s can be stored so",
					 mh_review_quote(review, column->name));
}

/* ---------- ADD COLUMN ---------- */

void
mh_make_owned_sequence(MhReview *review, MhModelRelation *relation, const char *column,
					   bool is_internal)
{
	const char *name = mh_model_choose_name(&review->model, relation, column, "seq", true);
	MhModelRelation *sequence = mh_model_create(&review->model, relation->schema, name, 'S');

	sequence->owned_by = relation->id;
	sequence->owned_by_column = pstrdup(column);
	mh_model_own_sequence(relation, sequence);
	sequence->is_internal = is_internal;
}

/* All rows get the same value, which the domain may refuse. */
static void
ask_domain(MhReview *review, MhModelRelation *relation, const MhModelColumn *column,
		   const MhReviewAction *action, const MhReviewTypeAnswer *type)
{
	MhReviewQuestion question = {MH_ASK_EMPTY, relation};
	MhReviewAnswer answer = {MH_TRUTH_UNKNOWN, NULL, NULL};

	if (relation == review->creating || mh_is_empty(review, relation) ||
		!(type->is_domain_with_constraints || type->has_default))
		return;
	if (action->generated == '\0' && (action->expression != NULL || !type->has_default))
		answer = review->world->accepts(review->world->arg, action->expression, column);
	if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "whether the domain of column %s accepts its values",
					 mh_review_quote(review, action->name));
	else if (answer.passes == MH_TRUTH_NO)
		mh_ask_rows(review, relation, &question, answer.sqlstate,
					psprintf("the domain of column %s refuses its value: %s",
							 mh_review_quote(review, action->name), answer.detail));
}

/* Whether each row can get its value. */
static void
ask_values(MhReview *review, MhModelRelation *relation, const MhReviewAction *action,
		   const MhReviewValue *value)
{
	MhReviewQuestion question = {MH_ASK_VALUES, relation};

	if (relation == review->creating || mh_is_empty(review, relation) || action->generated != 's')
		return;
	for (int i = 0; i < action->expression->columns.n; i++)
		mh_strings_add(&question.columns, action->expression->columns.v[i]);
	question.expression = action->expression;
	question.values = value;
	mh_ask_rows(review, relation, &question, "22000", "the expression of the column fails");
}

static void
refuse_generated_from_generated(MhReview *review, const MhModelRelation *relation,
								const MhReviewAction *action)
{
	for (int i = 0; action->generated != '\0' && i < action->expression->columns.n; i++)
	{
		const MhModelColumn *used = mh_model_column(relation, action->expression->columns.v[i]);

		if (used != NULL && (used->generated != '\0' || strcmp(used->name, action->name) == 0))
			mh_fails(review, relation, MH_PG_INVALID_OBJECT, "column %s is generated itself",
					 mh_review_quote(review, used->name));
	}
}

/* What the default does to the rows that are there. */
static void
fill_column(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
			const MhReviewAction *action, const MhReviewTypeAnswer *type)
{
	MhReviewExpressionAnswer value = {.is_null = true};

	if (action->type->is_serial || action->identity != '\0')
	{
		column->has_default = column->is_filled = true;
		column->is_counted = true;
		mh_note_layer_fill(relation, column, &(MhReviewValue){.is_unknown = true}, NULL);
		if (relation != review->creating)
			mh_refuse_row_type(review, relation);
		mh_note_rewrite(review, relation);
		return;
	}
	if (action->expression != NULL)
	{
		MhReviewUse use = action->generated != '\0' ? MH_USE_GENERATED : MH_USE_DEFAULT;

		refuse_generated_from_generated(review, relation, action);
		mh_check_expression(review, relation, column, action->expression, use, &value);
		column->has_default = !value.is_null;
		column->made_default = action->generated == '\0' ? action->expression : NULL;
		column->made_generated = action->generated == '\0' ? NULL : action->expression;
		column->is_filled = value.is_not_null;
		column->is_distinct = value.is_distinct;
		column->is_touched = !value.is_null && !value.is_not_null;
		ask_values(review, relation, action, &value.value);
	}
	ask_domain(review, relation, column, action, type);
	if (type->has_default || value.is_volatile)
		value.value = (MhReviewValue){.is_unknown = true};
	if (action->expression != NULL || type->has_default)
		mh_note_layer_fill(relation, column, &value.value,
						   action->expression == NULL ? NULL : &action->expression->columns);
	if (action->expression == NULL && type->has_default)
		column->has_default = column->is_touched = true;
	else if (action->expression == NULL)
		mh_fill(review, relation, column, &(MhReviewValue){.is_constant = true, .is_null = true});
	else if (action->generated == '\0' && !value.is_volatile)
		mh_fill(review, relation, column, &value.value);
	if (relation != review->creating &&
		(action->generated == 's' || value.is_volatile || type->is_domain_with_constraints))
		mh_refuse_row_type(review, relation);
	if (action->generated == 's' || value.is_volatile || type->is_domain_with_constraints)
		mh_note_rewrite(review, relation);
	else if (column->not_null && (action->expression == NULL || value.is_null))
		mh_note_scan(review, relation);
	if (column->has_default && relation != review->creating)
		mh_refuse_row_type(review, relation);
}

static void
require_values(MhReview *review, MhModelRelation *relation, const MhModelColumn *column)
{
	MhReviewQuestion question = {MH_ASK_EMPTY, relation};

	if (!column->not_null || column->is_filled)
		return;
	if (column->is_touched || column->generated != '\0' || relation->has_inserted)
	{
		question.kind = MH_ASK_NOT_NULL;
		mh_strings_add(&question.columns, column->name);
		if (mh_are_followed(review, relation) && !column->is_lost)
			mh_ask_rows(review, relation, &question, MH_PG_NOT_NULL,
						psprintf("column %s has NULLs", mh_review_quote(review, column->name)));
		else if (!mh_is_empty(review, relation))
			mh_not_known(review, relation, "column %s must have no NULL: the rows decide",
						 mh_review_quote(review, column->name));
		return;
	}
	mh_ask_rows(review, relation, &question, MH_PG_NOT_NULL,
				psprintf("the existing rows have no value for column %s, which is NOT NULL",
						 mh_review_quote(review, column->name)));
}

static void
take_type(MhModelColumn *column, const MhReviewTypeAnswer *type)
{
	column->type = type->id;
	column->typmod = type->typmod;
	column->collation = type->collation;
	column->type_name = type->name;
	column->is_domain = type->is_domain_with_constraints || type->has_default;
}

static bool
may_add(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	if (mh_model_column(relation, action->name) != NULL || mh_is_system_column(action->name))
	{
		if (!action->missing_ok)
			mh_fails(review, relation, MH_PG_DUPLICATE_COLUMN, "column %s of %s exists already",
					 mh_review_quote(review, action->name), mh_model_name(review, relation));
		return false;
	}
	return true;
}

void
mh_note_type_user(MhReview *review, uint32 id, uint32 relation)
{
	MhModelType *type = mh_model_type_with_id(&review->model, id);

	/* once for all columns that are added one after the other; more do no harm */
	if (type != NULL && (type->n_users == 0 || type->users[type->n_users - 1] != relation))
		mh_ids_push(&type->users, &type->n_users, relation);
}

static void
refuse_type(MhReview *review, const MhModelRelation *relation, const MhReviewAction *action,
			const MhReviewTypeAnswer *type)
{
	if (mh_has_id(type->rows, type->n_rows, relation->id))
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "%s would contain itself",
				 mh_model_name(review, relation));
	else if (action->identity != '\0' && type->id != 0 && type->id != MH_TYPE_INT2 &&
			 type->id != MH_TYPE_INT4 && type->id != MH_TYPE_INT8)
		mh_fails(review, relation, MH_PG_INVALID_VALUE, "an identity column must be an integer");
}

/* Children have the column too; one that is there already is merged. */
static void
add_to_children(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelColumn *merged = child == NULL ? NULL : mh_model_column(child, action->name);

		if (child == NULL)
			continue;
		mh_touch(review, child, action->lock);
		if (merged == NULL)
			mh_add_column(review, child, action, false);
		else if (merged->type != mh_model_column(relation, action->name)->type)
			mh_fails(review, child, MH_PG_DATATYPE_MISMATCH,
					 "column %s of the child %s has another type",
					 mh_review_quote(review, action->name), mh_model_name(review, child));
		merged = mh_model_column(child, action->name);
		if (merged != NULL && ++merged->parents == 1)
			merged->is_local = false;
	}
}

void
mh_add_column(MhReview *review, MhModelRelation *relation, const MhReviewAction *action,
			  bool is_new)
{
	MhReviewTypeAnswer type;
	MhModelColumn *column;

	if (!may_add(review, relation, action))
		return;
	if (!is_new && action->flag && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "the column must be added to child tables too");
	if (!is_new && !action->flag && action->identity != '\0' && relation->n_children > 0)
		mh_refuse_identity_below(review, relation);
	mh_resolve_type(review, action->type, &type);
	if (type.sqlstate != NULL)
		mh_fails_absent(review, relation, type.sqlstate, "%s", type.message);
	refuse_type(review, relation, action, &type);
	mh_may_use_type(review, relation, type.id);
	if (relation->n_columns + relation->n_dropped >= MH_MOST_COLUMNS)
	{
		mh_fails(review, relation, MH_PG_TOO_MANY_COLUMNS,
				 "a table has at most %d columns, and those that were dropped count",
				 MH_MOST_COLUMNS);
		return;
	}
	column = mh_model_add_column(relation, action->name);
	column->made_round = review->round;
	take_type(column, &type);
	mh_note_type_user(review, type.id, relation->id);
	column->not_null = action->not_null || action->type->is_serial || action->identity != '\0';
	column->generated = action->generated;
	relation->has_new_dependents |= action->generated != '\0';
	column->identity = action->identity;
	check_storage(review, relation, column, action);
	if (action->type->is_serial || action->identity != '\0')
		mh_make_owned_sequence(review, relation, action->name, action->identity != '\0');
	column = mh_model_column(relation, action->name);
	if (type.sqlstate == NULL && !is_new)
		fill_column(review, relation, column, action, &type);
	if (!is_new)
	{
		require_values(review, relation, column);
		if (!action->flag)
			add_to_children(review, relation, action);
	}
}

void
mh_fill_new_column(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelColumn *column = mh_model_column(relation, action->name);
	MhReviewTypeAnswer type = {0};

	if (column != NULL && column->is_local && action->type != NULL)
		fill_column(review, relation, column, action, &type);
}

/* ---------- DROP COLUMN ---------- */

static MhModelColumn *
existing_column(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelColumn *column = mh_model_column(relation, action->name);

	if (column != NULL)
		return column;
	if (mh_is_system_column(action->name))
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s is a system column",
				 mh_review_quote(review, action->name));
	else if (!action->missing_ok)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
						mh_review_quote(review, action->name), mh_model_name(review, relation));
	return NULL;
}

static bool
uses_column(const MhStrings *columns, const char *name)
{
	return mh_strings_contain(columns, name);
}

static void
drop_dependents_of_column(MhReview *review, MhModelRelation *relation, const char *name,
						  bool cascade)
{
	if (relation->has_new_dependents && !cascade)
		mh_not_known(review, relation, "whether what the script makes or drops uses column %s",
					 mh_review_quote(review, name));
	for (int i = 0; i < relation->n_dependents; i++)
	{
		MhModelDependent *dependent = &relation->dependents[i];
		MhModelRelation *user = mh_model_by_id(&review->model, dependent->relation);

		if (dependent->column == NULL || strcmp(dependent->column, name) != 0 ||
			dependent->is_automatic || !mh_still_depends(dependent, user))
			continue;
		if (!cascade)
			mh_fails(review, relation, MH_PG_DEPENDENTS, "%s depends on column %s",
					 dependent->description, mh_review_quote(review, name));
		if (user != NULL)
			mh_touch(review, user, MH_LOCK_ACCESS_EXCLUSIVE);
		if (user != NULL && dependent->is_view)
			mh_drop_relation(review, user, true);
	}
}

static void
drop_indexes_of_column(MhReview *review, MhModelRelation *relation, const char *name, bool cascade)
{
	for (int i = 0; i < relation->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL || !uses_column(&index->index_columns, name))
			continue;
		mh_drop_users_of_key(review, relation, index->id, cascade);
		mh_model_drop(&review->model, index);
	}
}

static void
drop_parts_of_column(MhReview *review, MhModelRelation *relation, const char *name, bool cascade)
{
	for (int i = 0; i < relation->n_constraints; i++)
	{
		MhModelConstraint *constraint = &relation->constraints[i];

		if (constraint->is_gone || !uses_column(&constraint->columns, name))
			continue;
		if (constraint->type == 'p' || constraint->type == 'u')
			mh_drop_users_of_key(review, relation, constraint->index, cascade);
		mh_forget_constraint(review, constraint);
	}
	drop_indexes_of_column(review, relation, name, cascade);
	drop_dependents_of_column(review, relation, name, cascade);
}

static bool
may_drop(MhReview *review, MhModelRelation *relation, const MhModelColumn *column)
{
	if (column->parents > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is inherited",
				 mh_review_quote(review, column->name));
	else if ((column->is_key || column->is_in_key) && review->statement->kind == MH_REVIEW_DROP)
	{
		mh_not_known(review, relation, "whether %s goes with its partition key",
					 mh_model_name(review, relation));
		return false;
	}
	else if (column->is_key || column->is_in_key)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is part of the partition key",
				 mh_review_quote(review, column->name));
	return !mh_has_failed(review);
}

static void
drop_from_children(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelColumn *column = child == NULL ? NULL : mh_model_column(child, action->name);

		if (column == NULL)
			continue;
		column->parents--;
		if (action->flag)
		{
			column->is_local = true;
			mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
		}
		else if (column->parents == 0 && !column->is_local)
			mh_drop_column(review, child, action);
		else if (column->parents == 0)
			column->is_local = true;
	}
}

void
mh_drop_column(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelColumn *column = existing_column(review, relation, action);

	if (column == NULL || !may_drop(review, relation, column))
		return;
	if (relation->is_partition == false && relation->kind == 'p' && action->flag &&
		relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "a column of a partitioned table must be dropped in its partitions too");
	mh_note_loss(review, relation, column);
	if (column->live_name != NULL)
		mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS,
				"Drop it in a later release than the one that stops to use it.",
				"code that names column %s fails", mh_review_quote(review, column->name));
	drop_parts_of_column(review, relation, action->name, action->cascade);
	if (!action->cascade)
		mh_doubt_sequences(review, relation, action->name);
	drop_from_children(review, relation, action);
	mh_model_drop_sequences_of(&review->model, relation, action->name);
	column->is_gone = true;
}

/* ---------- ALTER COLUMN ... TYPE ---------- */

static bool
may_change_type(MhReview *review, MhModelRelation *relation, const MhModelColumn *column,
				const MhReviewAction *action)
{
	if (column->parents > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is inherited",
				 mh_review_quote(review, column->name));
	else if (column->is_key || column->is_in_key)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is part of the partition key",
				 mh_review_quote(review, column->name));
	else if (action->expression != NULL && column->generated != '\0')
		mh_fails(review, relation, MH_PG_SYNTAX_OF_COLUMN, "column %s is generated: no USING",
				 mh_review_quote(review, column->name));
	else if (action->flag && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "the type of an inherited column must be changed in child tables too");
	return !mh_has_failed(review);
}

static void
judge_cast(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
		   const MhReviewAction *action, const MhReviewTypeAnswer *type)
{
	MhReviewCastAnswer cast = {{MH_TRUTH_UNKNOWN, NULL, NULL}};
	MhReviewQuestion question = {MH_ASK_TYPE, relation};
	MhReviewExpressionAnswer value = {.is_null = false};

	mh_refuse_row_type(review, relation);
	if (mh_judge_cast_to_labels(review, relation, column, action, type))
		return;
	if (action->expression != NULL)
	{
		mh_check_expression(review, relation, NULL, action->expression, MH_USE_TRANSFORM, &value);
		if (value.answer.passes != MH_TRUTH_YES)
			return;
	}
	review->world->cast(review->world->arg, relation, column, type, action->expression, &cast);
	if (cast.answer.passes == MH_TRUTH_NO)
		mh_fails(review, relation, cast.answer.sqlstate, "%s", cast.answer.detail);
	else if (cast.answer.passes == MH_TRUTH_UNKNOWN && !mh_is_empty(review, relation))
		mh_not_known(review, relation, "%s",
					 cast.answer.detail == NULL ? "whether the values can be converted"
												: cast.answer.detail);
	column->is_converted = cast.rewrites || !cast.is_known;
	column->converted = (MhReviewValue){.node = cast.node,
										.is_unknown = cast.node == NULL,
										.is_constant = value.value.is_constant,
										.is_null = value.value.is_null};
	if (cast.rewrites)
		mh_note_rewrite(review, relation);
	if (cast.is_narrower && column->live_name != NULL)
		mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS, NULL,
				"code that writes values of %s into column %s may fail", column->type_name,
				mh_review_quote(review, column->name));
	if (cast.cannot_fail || cast.answer.passes != MH_TRUTH_YES)
		return;
	mh_strings_add(&question.columns, column->name);
	question.type = action->type;
	question.expression = action->expression;
	question.values = &column->converted;
	mh_ask_rows(review, relation, &question, "22P02",
				psprintf("values of column %s cannot become %s",
						 mh_review_quote(review, column->name), type->name));
}

static void
change_type_of_children(MhReview *review, MhModelRelation *root, MhModelRelation *relation,
						const MhReviewAction *action, const MhReviewTypeAnswer *type)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelColumn *column = child == NULL ? NULL : mh_model_column(child, action->name);

		if (column == NULL)
			continue;
		mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
		mh_refuse_other_parents(review, root, child, column);
		if (mh_has_failed(review))
			return;
		judge_cast(review, child, column, action, type);
		change_type_of_children(review, root, child, action, type);
	}
}

void
mh_change_type_first(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelColumn *column = existing_column(review, relation, action);
	MhReviewTypeAnswer type;

	if (column == NULL)
		return;
	mh_resolve_type(review, action->type, &type);
	mh_refuse_identity_type(review, relation, column, &type);
	if (!may_change_type(review, relation, column, action))
		return;
	if (type.sqlstate != NULL)
	{
		mh_fails_absent(review, relation, type.sqlstate, "%s", type.message);
		return;
	}
	mh_may_use_type(review, relation, type.id);
	if (mh_has_id(type.rows, type.n_rows, relation->id))
	{
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "%s would contain itself",
				 mh_model_name(review, relation));
		return;
	}
	judge_cast(review, relation, column, action, &type);
	change_type_of_children(review, relation, relation, action, &type);
}

/* Constraints and indexes of the column are made anew. */
static void
rebuild_parts(MhReview *review, MhModelRelation *relation, const char *name, bool keeps_values)
{
	MhReviewEffect *effect = mh_touch(review, relation, MH_LOCK_NONE);

	for (int i = 0; i < relation->n_constraints; i++)
	{
		MhModelConstraint *constraint = &relation->constraints[i];

		if (constraint->is_gone || !uses_column(&constraint->columns, name))
			continue;
		if (constraint->type == 'f')
			mh_touch_partner(review, constraint);
		if (constraint->type == 'c' && constraint->is_valid)
			mh_note_scan(review, relation);
		if (keeps_values &&
			(constraint->type == 'f' || (constraint->is_valid && constraint->compares_integers)))
			continue;
		if (constraint->type != 'p' && constraint->type != 'u' && constraint->type != 'c' &&
			effect != NULL && mh_model_column(relation, name)->is_converted &&
			!mh_is_empty(review, relation))
			mh_not_known(review, relation, "constraint %s is checked again with the new type",
						 mh_review_quote(review, constraint->name));
	}
}

static void
lock_referrers(MhReview *review, MhModelRelation *relation, const char *name, bool keeps_values)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
		{
			MhModelConstraint *key = &user->constraints[k];

			if (key->is_gone || key->type != 'f' || key->partner != relation->id ||
				!uses_column(&key->partner_columns, name))
				continue;
			mh_touch(review, user, MH_LOCK_ACCESS_EXCLUSIVE);
			if (!mh_is_empty(review, user) && !keeps_values &&
				mh_model_column(relation, name)->is_converted)
				mh_not_known(review, user, "foreign key %s is checked again with the new type",
							 mh_review_quote(review, key->name));
		}
	}
}

static void
refuse_holders(MhReview *review, MhModelRelation *relation, const char *name)
{
	if (relation->has_new_dependents)
		mh_not_known(review, relation, "whether what the script makes or drops uses column %s",
					 mh_review_quote(review, name));
	for (int i = 0; i < relation->n_dependents; i++)
	{
		const MhModelDependent *dependent = &relation->dependents[i];

		if (dependent->blocks_type && dependent->column != NULL &&
			strcmp(dependent->column, name) == 0 &&
			mh_still_depends(dependent, mh_model_by_id(&review->model, dependent->relation)) &&
			!mh_computes_no_more(review, relation, dependent))
			mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s uses column %s",
					 dependent->description, mh_review_quote(review, name));
	}
}

static void
take_new_type(MhReview *review, MhModelRelation *relation, const char *name,
			  const MhReviewTypeAnswer *type)
{
	MhModelColumn *column = mh_model_column(relation, name);

	if (mh_is_too_deep(review))
		return;
	if (column == NULL)
		return;
	take_type(column, type);
	mh_note_type_user(review, type->id, relation->id);
	column->is_retyped = true;
	column->known_default = NULL;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL)
			take_new_type(review, child, name, type);
	}
}

void
mh_change_type(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelColumn *column = mh_model_column(relation, action->name);
	MhReviewTypeAnswer type;
	bool was_retyped;
	bool keeps_values;

	if (column == NULL)
		return;
	was_retyped = column->is_retyped;
	mh_resolve_type(review, action->type, &type);
	mh_judge_default_of_type(review, relation, column, &type);
	refuse_holders(review, relation, action->name);
	keeps_values =
		action->expression == NULL && mh_is_integer(column->type) && mh_is_integer(type.id);
	rebuild_parts(review, relation, action->name, keeps_values);
	lock_referrers(review, relation, action->name, keeps_values);
	take_new_type(review, relation, action->name, &type);
	mh_judge_converted_keys(review, relation, column, action);
	mh_judge_converted_checks(review, relation, column, was_retyped, keeps_values);
}

/* ---------- other changes of a column ---------- */

static void
set_default(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
			const MhReviewAction *action)
{
	MhReviewExpressionAnswer value;

	if (column->identity != '\0')
		mh_fails(review, relation, MH_PG_SYNTAX, "column %s is an identity column",
				 mh_review_quote(review, column->name));
	else if (column->generated != '\0')
		mh_fails(review, relation, MH_PG_SYNTAX, "column %s is a generated column",
				 mh_review_quote(review, column->name));
	column->has_default = action->expression != NULL && !action->expression->is_null;
	column->has_live_default = column->is_counted = false;
	column->made_default = action->expression;
	column->known_default = NULL;
	if (action->expression != NULL)
		mh_check_expression(review, relation, column, action->expression, MH_USE_DEFAULT, &value);
}

static bool
is_proved(const MhModelRelation *relation, const char *column)
{
	for (int i = 0; i < relation->n_constraints; i++)
	{
		const MhModelConstraint *constraint = &relation->constraints[i];

		if (!constraint->is_gone && constraint->is_valid && constraint->type == 'c' &&
			mh_strings_contain(&constraint->proves, column))
			return true;
	}
	return false;
}

static void
set_not_null(MhReview *review, MhModelRelation *relation, MhModelColumn *column)
{
	MhReviewQuestion question = {MH_ASK_NOT_NULL, relation};
	bool is_known = column->not_null || is_proved(relation, column->name);

	if (!column->not_null && !is_known)
	{
		const MhReviewValue *fill = mh_fill_of(relation, column);

		mh_note_scan(review, relation);
		if (fill != NULL)
			column->is_filled = !fill->is_null;
		if (fill != NULL && fill->is_null)
		{
			question.kind = MH_ASK_EMPTY;
			mh_ask_rows(review, relation, &question, MH_PG_NOT_NULL,
						psprintf("column %s has NULLs", mh_review_quote(review, column->name)));
		}
		else if (fill != NULL)
			;
		else if (column->live_name == NULL)
		{
			column->not_null = true;
			require_values(review, relation, column);
		}
		else
		{
			mh_strings_add(&question.columns, column->name);
			mh_ask_rows(review, relation, &question, MH_PG_NOT_NULL,
						psprintf("column %s has NULLs", mh_review_quote(review, column->name)));
		}
	}
	column->not_null = true;
}

static void
set_not_null_below(MhReview *review, MhModelRelation *relation, const char *name, bool is_only)
{
	MhModelColumn *column = mh_model_column(relation, name);

	if (mh_is_too_deep(review))
		return;
	if (column != NULL)
		set_not_null(review, relation, column);
	for (int i = 0; !is_only && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL)
			set_not_null_below(review, child, name, false);
	}
}

static bool
is_in_primary_key(const MhModelRelation *relation, const char *column)
{
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone && relation->constraints[i].type == 'p' &&
			mh_strings_contain(&relation->constraints[i].columns, column))
			return true;
	return false;
}

static bool
is_not_null_above(MhReview *review, const MhModelRelation *relation, const char *name)
{
	/* of 18 on, NOT NULL is inherited as a constraint */
	MhModelRelation *parent =
		(relation->is_partition || review->world->constraints_lock_children) &&
				relation->n_parents > 0
			? mh_model_by_id(&review->model, relation->parents[0])
			: NULL;
	MhModelColumn *column = parent == NULL ? NULL : mh_model_column(parent, name);

	return column != NULL && column->not_null;
}

static void
drop_not_null(MhReview *review, MhModelRelation *relation, MhModelColumn *column, bool is_only)
{
	if (column->identity != '\0')
		mh_fails(review, relation, MH_PG_SYNTAX, "column %s is an identity column",
				 mh_review_quote(review, column->name));
	else if (is_in_primary_key(relation, column->name))
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is in a primary key",
				 mh_review_quote(review, column->name));
	else if (is_not_null_above(review, relation, column->name))
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is NOT NULL in the parent table",
				 mh_review_quote(review, column->name));
	column->not_null = false;
	for (int i = 0; !is_only && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelColumn *below = child == NULL ? NULL : mh_model_column(child, column->name);

		if (below != NULL)
			below->not_null = false;
	}
}

static void
change_identity(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
				const MhReviewAction *action)
{
	if (action->kind == MH_ACT_ADD_IDENTITY)
	{
		if (column->type != MH_TYPE_INT2 && column->type != MH_TYPE_INT4 &&
			column->type != MH_TYPE_INT8)
			mh_fails(review, relation, MH_PG_INVALID_VALUE,
					 "an identity column must be an integer");
		else if (!column->not_null)
			mh_fails(review, relation, MH_PG_PREREQUISITE, "column %s must be NOT NULL first",
					 mh_review_quote(review, column->name));
		else if (column->identity != '\0' || column->has_default)
			mh_fails(review, relation, MH_PG_PREREQUISITE, "column %s has an identity or a default",
					 mh_review_quote(review, column->name));
		column->identity = action->identity;
		column->known_default = NULL;
		mh_make_owned_sequence(review, relation, column->name, true);
	}
	else if (action->kind == MH_ACT_SET_IDENTITY && action->flag && action->identity != '\0')
		mh_not_known(review, relation, "GENERATED is given twice");
	else if (column->identity == '\0' && !action->missing_ok)
		mh_fails(review, relation, MH_PG_PREREQUISITE, "column %s is no identity column",
				 mh_review_quote(review, column->name));
	else if (action->kind == MH_ACT_SET_IDENTITY && action->identity != '\0')
	{
		column->identity = action->identity;
		column->known_default = NULL;
	}
	else if (action->kind == MH_ACT_DROP_IDENTITY)
	{
		column->identity = '\0';
		column->known_default = NULL;
	}
}

void
mh_alter_column(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhReviewAction named = *action;
	MhModelColumn *column;

	named.missing_ok = false;
	column = existing_column(review, relation, &named);
	if (column == NULL)
		return;
	switch (action->kind)
	{
		case MH_ACT_SET_DEFAULT:
			set_default(review, relation, column, action);
			break;
		case MH_ACT_SET_NOT_NULL:
			mh_refuse_only(review, relation, action);
			set_not_null_below(review, relation, action->name, action->flag);
			break;
		case MH_ACT_DROP_NOT_NULL:
			mh_refuse_only(review, relation, action);
			drop_not_null(review, relation, column, action->flag);
			break;
		case MH_ACT_DROP_EXPRESSION:
			mh_drop_expression(review, relation, action);
			break;
		case MH_ACT_ADD_IDENTITY:
		case MH_ACT_SET_IDENTITY:
		case MH_ACT_DROP_IDENTITY:
			change_identity(review, relation, column, action);
			break;
		case MH_ACT_STORAGE:
			check_storage(review, relation, column, action);
			column->storage = action->storage == NULL ? column->storage : 'e';
			break;
		default:
			break;
	}
}
