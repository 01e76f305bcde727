/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Renames, moves to another schema, and comments.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* ---------- columns ---------- */

static void
replace_name(MhStrings *names, const char *from, const char *to)
{
	MhStrings copy = {0, NULL};

	if (!mh_strings_contain(names, from))
		return;
	/* lists may be shared by a table and its partitions */
	for (int i = 0; i < names->n; i++)
		mh_strings_add(&copy, strcmp(names->v[i], from) == 0 ? to : names->v[i]);
	*names = copy;
}

static void
rename_in_referrers(MhReview *review, const MhModelRelation *relation, const char *from,
					const char *to)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
			if (user->constraints[k].partner == relation->id)
				replace_name(&user->constraints[k].partner_columns, from, to);
	}
}

static void
rename_owner_column(MhReview *review, const MhModelRelation *relation, const char *from,
					const char *to)
{
	for (int i = 0; i < relation->n_sequences; i++)
	{
		MhModelRelation *sequence = mh_model_by_id(&review->model, relation->sequences[i]);

		if (sequence != NULL && sequence->owned_by == relation->id &&
			sequence->owned_by_column != NULL && strcmp(sequence->owned_by_column, from) == 0)
			sequence->owned_by_column = pstrdup(to);
	}
}

static void
rename_column_in(MhReview *review, MhModelRelation *relation, const char *from, const char *to)
{
	MhModelColumn *column = mh_model_column(relation, from);

	if (mh_is_too_deep(review))
		return;
	if (column == NULL)
		return;
	column->name = pstrdup(to);
	rename_owner_column(review, relation, from, to);
	for (int i = 0; i < relation->n_constraints; i++)
	{
		replace_name(&relation->constraints[i].columns, from, to);
		replace_name(&relation->constraints[i].proves, from, to);
		relation->constraints[i].made = NULL;
	}
	for (int i = 0; i < relation->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index != NULL)
		{
			replace_name(&index->index_columns, from, to);
			replace_name(&index->used_columns, from, to);
		}
	}
	for (int i = 0; i < relation->n_dependents; i++)
		if (relation->dependents[i].column != NULL &&
			strcmp(relation->dependents[i].column, from) == 0)
			relation->dependents[i].column = pstrdup(to);
	rename_in_referrers(review, relation, from, to);
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child == NULL)
			continue;
		mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
		rename_column_in(review, child, from, to);
	}
}

static bool
is_taken_below(MhReview *review, const MhModelRelation *relation, const char *name)
{
	if (mh_is_too_deep(review))
		return false;
	for (int i = 0; i < relation->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL &&
			(mh_model_column(child, name) != NULL || is_taken_below(review, child, name)))
			return true;
	}
	return false;
}

static void
rename_column(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	MhModelColumn *column = mh_model_column(relation, statement->part);

	if (column == NULL)
	{
		if (mh_is_system_column(statement->part))
			mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s is a system column",
					 mh_review_quote(review, statement->part));
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
						mh_review_quote(review, statement->part), mh_model_name(review, relation));
		return;
	}
	if (!statement->is_only && !relation->is_typed)
		mh_refuse_rename_below(review, relation, relation, statement->part);
	if (relation->is_typed)
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is a typed table",
				 mh_model_name(review, relation));
	else if (statement->is_only && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "an inherited column must be renamed in child tables too");
	else if (column->parents > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "column %s is inherited",
				 mh_review_quote(review, column->name));
	else if (mh_model_column(relation, statement->new_name) != NULL ||
			 mh_is_system_column(statement->new_name) ||
			 is_taken_below(review, relation, statement->new_name))
		mh_fails(review, relation, MH_PG_DUPLICATE_COLUMN, "column %s of %s exists already",
				 mh_review_quote(review, statement->new_name), mh_model_name(review, relation));
	if (mh_has_failed(review))
		return;
	rename_column_in(review, relation, statement->part, statement->new_name);
	if (column->live_name != NULL)
		mh_find(
			review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS,
			"Add a column with the new name, write both, and drop the old one in a later release.",
			"code that names column %s fails", mh_review_quote(review, statement->part));
}

/* ---------- constraints and other parts ---------- */

static void
rename_constraint(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	MhModelConstraint *constraint = mh_model_constraint(relation, statement->part);
	MhModelRelation *index;

	if (constraint == NULL)
	{
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT,
						"constraint %s of %s does not exist",
						mh_review_quote(review, statement->part), mh_model_name(review, relation));
		return;
	}
	if (constraint->type == 'c' && statement->is_only && !constraint->no_inherit &&
		relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "an inherited constraint must be renamed in child tables too");
	if (constraint->type == 'c' && constraint->parents > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "constraint %s is inherited",
				 mh_review_quote(review, statement->part));
	index = constraint->type == 'f' ? NULL : mh_model_by_id(&review->model, constraint->index);
	if (index != NULL && mh_model_in(&review->model, relation->schema, statement->new_name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_TABLE, "relation %s exists already",
				 mh_review_quote(review, statement->new_name));
	if (mh_model_constraint(relation, statement->new_name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_OBJECT, "constraint %s exists already",
				 mh_review_quote(review, statement->new_name));
	if (constraint->type == 'c' && !constraint->no_inherit)
		mh_rename_check_below(review, relation, statement->part, statement->new_name);
	if (mh_has_failed(review))
		return;
	mh_model_rename_constraint(&review->model, relation, constraint, statement->new_name);
	if (index != NULL)
	{
		mh_model_rename(&review->model, index, index->schema, statement->new_name);
		index->constraint = constraint->name;
	}
}

/* The query of a view is a rule, too. */
static bool
has_part(const MhModelRelation *relation, const MhNames *names, const char *name)
{
	return mh_names_have(names, name) ||
		   (names == &relation->rules && strchr("vm", relation->kind) != NULL &&
			strcmp(name, MH_RULE_OF_VIEW) == 0);
}

/* Triggers of rows of a partitioned table are those of its partitions, too. */
static void
rename_clones(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	const MhModelRelation *parent = relation->is_partition && relation->n_parents > 0
										? mh_model_by_id(&review->model, relation->parents[0])
										: NULL;

	if (parent != NULL && mh_names_have(&parent->triggers, statement->part))
		mh_not_known(review, relation, "whether the trigger is that of %s",
					 mh_model_name(review, parent));
	for (int i = 0; relation->kind == 'p' && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child == NULL || !mh_names_have(&child->triggers, statement->part))
			continue;
		if (mh_names_have(&child->triggers, statement->new_name) || child->kind == 'p')
			mh_not_known(review, child, "whether the triggers of partitions can be renamed");
		mh_names_replace(&child->triggers, statement->part, statement->new_name);
	}
}

static void
rename_part(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	MhNames *names = statement->object == MH_OBJECT_TRIGGER  ? &relation->triggers
					 : statement->object == MH_OBJECT_POLICY ? &relation->policies
															 : &relation->rules;

	/* policies look for the new name first */
	if (statement->object == MH_OBJECT_POLICY && mh_names_have(names, statement->new_name))
		mh_fails(review, relation, MH_PG_DUPLICATE_OBJECT, "%s exists already",
				 mh_review_quote(review, statement->new_name));
	if (!has_part(relation, names, statement->part))
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "%s of %s does not exist",
						mh_review_quote(review, statement->part), mh_model_name(review, relation));
	if (statement->object == MH_OBJECT_TRIGGER)
		rename_clones(review, relation, statement);
	if (has_part(relation, names, statement->new_name))
		mh_fails(review, relation, MH_PG_DUPLICATE_OBJECT, "%s exists already",
				 mh_review_quote(review, statement->new_name));
	if (statement->object == MH_OBJECT_RULE && strcmp(statement->part, MH_RULE_OF_VIEW) == 0)
		mh_fails(review, relation, MH_PG_INVALID_OBJECT, "the rule of a view keeps its name");
	mh_names_replace(names, statement->part, statement->new_name);
}

/* ---------- relations ---------- */

bool
mh_is_called(const MhModelRelation *relation, MhReviewObject object)
{
	switch (object)
	{
		case MH_OBJECT_TABLE:
			return strchr("rp", relation->kind) != NULL;
		case MH_OBJECT_VIEW:
			return relation->kind == 'v';
		case MH_OBJECT_MATERIALIZED_VIEW:
			return relation->kind == 'm';
		case MH_OBJECT_SEQUENCE:
			return relation->kind == 'S';
		case MH_OBJECT_INDEX:
			return strchr("iI", relation->kind) != NULL;
		case MH_OBJECT_FOREIGN_TABLE:
			return relation->kind == 'f';
		default:
			return true;
	}
}

/* ALTER TABLE takes what is like a table, too. */
static bool
may_be_altered_as(const MhModelRelation *relation, MhReviewObject object)
{
	return object == MH_OBJECT_TABLE || mh_is_called(relation, object);
}

static MhModelRelation *
find_for_change(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation = mh_named(review, &statement->name, statement->missing_ok);

	if (relation == NULL)
		return NULL;
	mh_touch(review, relation, MH_LOCK_ACCESS_EXCLUSIVE);
	/* ALTER INDEX may rename any relation */
	if (mh_may(review, relation, MH_RIGHT_OWNER) &&
		!(statement->kind == MH_REVIEW_RENAME && statement->object == MH_OBJECT_INDEX) &&
		!may_be_altered_as(relation, statement->object))
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	return relation;
}

static void
rename_relation(MhReview *review, MhModelRelation *relation, const char *name)
{
	if (!mh_may_create_in(review, relation->schema))
		return;
	mh_doubt_pending(review, relation);
	if (mh_model_in(&review->model, relation->schema, name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_TABLE, "relation %s exists already",
				 mh_review_quote(review, name));
	mh_refuse_type_name(review, relation, name);
	if (mh_has_failed(review))
		return;
	if (relation->live_name != NULL && mh_is_table(relation))
		mh_find(
			review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS,
			"Make a view with the old name in the same transaction, and drop it in a later release.",
			"code that uses %s fails", mh_model_name(review, relation));
	if (relation->constraint != NULL)
	{
		MhModelRelation *table = mh_model_by_id(&review->model, relation->table);
		MhModelConstraint *constraint =
			table == NULL ? NULL : mh_model_constraint(table, relation->constraint);

		if (constraint != NULL)
		{
			mh_model_rename_constraint(&review->model, table, constraint, name);
			relation->constraint = constraint->name;
		}
	}
	mh_model_rename(&review->model, relation, relation->schema, name);
}

static void
rename_type(MhReview *review, const MhReviewStatement *statement)
{
	MhModelType *type = mh_model_find_type(&review->model, &statement->name);
	MhReviewName wanted;

	if (type == NULL)
	{
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "type %s does not exist",
						mh_review_quote(review, statement->name.name));
		return;
	}
	wanted = (MhReviewName){type->schema, statement->new_name};
	mh_owns_type(review, type);
	if (type->kind == 'c')
		mh_not_known(review, NULL, "whether the type is the row type of a table");
	else if (mh_model_find_type(&review->model, &wanted) != NULL &&
			 !mh_model_find_type(&review->model, &wanted)->is_array)
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "type %s exists already",
				 mh_review_quote(review, statement->new_name));
	if (mh_has_failed(review))
		return;
	/* the live type must not be found by its old name again */
	{
		MhModelType *renamed = palloc(sizeof(MhModelType));

		mh_names_add(&review->model.code, type->name);
		mh_names_add(&review->model.code, statement->new_name);

		*renamed = *type;
		type->is_gone = true;
		renamed->name = pstrdup(statement->new_name);
		renamed->is_ending = false;
		mh_model_type_ends(&review->model, renamed);
		mh_model_put_type(&review->model, renamed);
		mh_strings_push(&mh_model_schema(&review->model, renamed->schema)->types, renamed->name);
	}
}

static void
rename_other(MhReview *review, const MhReviewStatement *statement)
{
	const char *changed = mh_changed_code(review, &statement->code, &statement->texts);
	MhReviewAnswer answer = {MH_TRUTH_UNKNOWN, NULL, changed};

	if (changed == NULL)
		answer = review->world->other(review->world->arg, statement);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails_absent(review, NULL, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, NULL, "%s",
					 answer.detail == NULL ? "this is not judged" : answer.detail);
}

void
mh_judge_rename(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation;

	if (statement->object == MH_OBJECT_SCHEMA)
		mh_rename_schema(review, statement);
	else if (statement->object == MH_OBJECT_TYPE || statement->object == MH_OBJECT_DOMAIN)
		rename_type(review, statement);
	else if (statement->object == MH_OBJECT_OTHER)
		rename_other(review, statement);
	else
	{
		relation = find_for_change(review, statement);
		if (relation == NULL || mh_has_failed(review))
			return;
		if (statement->object == MH_OBJECT_COLUMN)
			rename_column(review, relation, statement);
		else if (statement->object == MH_OBJECT_CONSTRAINT)
			rename_constraint(review, relation, statement);
		else if (statement->object == MH_OBJECT_TRIGGER || statement->object == MH_OBJECT_POLICY ||
				 statement->object == MH_OBJECT_RULE)
			rename_part(review, relation, statement);
		else
			rename_relation(review, relation, statement->new_name);
	}
}

/* ---------- SET SCHEMA ---------- */

static void
move_part(MhReview *review, const MhModelRelation *relation, MhModelRelation *part,
		  const char *schema)
{
	if (part == NULL)
		return;
	if (mh_model_in(&review->model, schema, part->name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_TABLE, "relation %s exists already",
				 mh_review_quote(review, part->name));
	else
		mh_model_rename(&review->model, part, schema, part->name);
}

/* Its indexes, and the sequences that its columns own. */
static void
move_parts(MhReview *review, MhModelRelation *relation, const char *schema)
{
	for (int i = 0; i < relation->n_indexes; i++)
		move_part(review, relation, mh_model_by_id(&review->model, relation->indexes[i]), schema);
	for (int i = 0; i < relation->n_sequences; i++)
	{
		MhModelRelation *sequence = mh_model_by_id(&review->model, relation->sequences[i]);

		if (sequence != NULL && sequence->owned_by == relation->id &&
			strcmp(sequence->schema, schema) != 0)
			move_part(review, relation, sequence, schema);
	}
}

void
mh_judge_set_schema(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation;
	const char *schema = statement->other.name;

	if (statement->object == MH_OBJECT_TYPE || statement->object == MH_OBJECT_DOMAIN ||
		statement->object == MH_OBJECT_OTHER)
	{
		rename_other(review, statement);
		mh_taint(review);
		return;
	}
	relation = find_for_change(review, statement);
	if (relation == NULL || mh_has_failed(review))
		return;
	if (relation->kind == 'S' && relation->owned_by != 0)
		mh_fails(review, NULL, MH_PG_NOT_SUPPORTED, "the sequence is owned by a column");
	else if (!mh_model_has_schema(&review->model, schema))
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
						mh_review_quote(review, schema));
	else if (!mh_may_create_in(review, schema))
		return;
	else if (strcmp(schema, relation->schema) != 0 &&
			 mh_model_in(&review->model, schema, relation->name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_TABLE, "relation %s exists already in %s",
				 mh_review_quote(review, relation->name), mh_review_quote(review, schema));
	if (mh_has_failed(review) || strcmp(schema, relation->schema) == 0)
		return;
	if (relation->live_name != NULL && mh_is_table(relation))
		mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS, NULL,
				"code that uses %s fails", mh_model_name(review, relation));
	move_parts(review, relation, schema);
	mh_model_rename(&review->model, relation, schema, relation->name);
}

/* ---------- COMMENT ---------- */

static void
comment_part(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	bool is_there = true;

	if (statement->object == MH_OBJECT_COLUMN)
	{
		if (mh_model_column(relation, statement->part) == NULL)
			mh_fails_absent(
				review, relation, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
				mh_review_quote(review, statement->part), mh_model_name(review, relation));
		return;
	}
	if (statement->object == MH_OBJECT_CONSTRAINT)
		is_there = mh_model_constraint(relation, statement->part) != NULL;
	else if (statement->object == MH_OBJECT_TRIGGER)
		is_there = mh_names_have(&relation->triggers, statement->part);
	else if (statement->object == MH_OBJECT_POLICY)
		is_there = mh_names_have(&relation->policies, statement->part);
	else if (statement->object == MH_OBJECT_RULE)
		is_there = mh_names_have(&relation->rules, statement->part);
	if (!is_there)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "%s of %s does not exist",
						mh_review_quote(review, statement->part), mh_model_name(review, relation));
}

void
mh_judge_comment(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation;

	if (statement->object >= MH_OBJECT_TYPE && statement->object <= MH_OBJECT_SCHEMA)
	{
		if (statement->object == MH_OBJECT_SCHEMA)
		{
			if (!mh_model_has_schema(&review->model, statement->name.name))
				mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
								mh_review_quote(review, statement->name.name));
		}
		else if (mh_model_find_type(&review->model, &statement->name) == NULL)
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "type %s does not exist",
							mh_review_quote(review, statement->name.name));
		return;
	}
	if (statement->object == MH_OBJECT_OTHER)
	{
		rename_other(review, statement);
		return;
	}
	relation = mh_named(review, &statement->name, false);
	if (relation == NULL)
		return;
	mh_touch(review, relation,
			 statement->object > MH_OBJECT_COLUMN ? MH_LOCK_NONE : MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
	if (!mh_is_called(relation, statement->object))
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is of another kind",
				 mh_model_name(review, relation));
	else
		comment_part(review, relation, statement);
	mh_may(review, relation, MH_RIGHT_OWNER);
}
