/*-------------------------------------------------------------------------
 *
 * constraints.c
 *	  Constraints that a script adds, validates or drops.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Scripts validate what they have added NOT VALID in another transaction. */
#define NOT_VALID_HINT \
	"Add it as NOT VALID, commit, and then run ALTER TABLE %s VALIDATE CONSTRAINT %s;"

static bool
has_columns(MhReview *review, MhModelRelation *relation, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
		if (mh_model_column(relation, columns->v[i]) == NULL)
		{
			if (mh_is_system_column(columns->v[i]))
				mh_fails(review, relation, MH_PG_NOT_SUPPORTED, "%s is a system column",
						 mh_review_quote(review, columns->v[i]));
			mh_fails_absent(
				review, relation, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
				mh_review_quote(review, columns->v[i]), mh_model_name(review, relation));
			return false;
		}
	return true;
}

static const char *
suffix_of(char type)
{
	switch (type)
	{
		case 'p':
			return "pkey";
		case 'f':
			return "fkey";
		case 'u':
			return "key";
		case 'x':
			return "excl";
		default:
			return MH_CONSTRAINT_CHECK;
	}
}

static const char *
name_of(MhReview *review, const MhModelRelation *relation, const MhReviewConstraint *constraint)
{
	bool is_index = strchr("pux", constraint->type) != NULL;
	const char *column = NULL;

	if (constraint->name != NULL)
		return constraint->name;
	if (constraint->index != NULL)
		return constraint->index;
	if (constraint->type != 'p' && constraint->columns.n > 0 &&
		(constraint->type != 'c' || constraint->columns.n == 1))
		column = mh_strings_join(&constraint->columns, "_");
	return mh_model_choose_name(&review->model, relation, column, suffix_of(constraint->type),
								is_index);
}

static MhModelConstraint *
put_constraint(MhModelRelation *relation, const char *name, const MhReviewConstraint *made)
{
	MhModelConstraint *constraint = mh_model_add_constraint(relation, name, made->type);

	for (int i = 0; i < made->columns.n; i++)
		mh_strings_add(&constraint->columns, made->columns.v[i]);
	for (int i = 0; i < made->proves.n; i++)
		mh_strings_add(&constraint->proves, made->proves.v[i]);
	constraint->is_valid = !made->is_not_valid;
	constraint->no_inherit = made->no_inherit;
	constraint->is_deferrable = made->is_deferrable;
	constraint->is_deferred = made->is_deferred;
	relation->has_deferrable |= made->is_deferrable || made->is_deferred;
	constraint->on_delete = made->on_delete;
	constraint->on_update = made->on_update;
	constraint->made = made;
	return constraint;
}

static void
refuse_duplicate(MhReview *review, const MhModelRelation *relation, const char *name)
{
	if (mh_model_constraint(relation, name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_OBJECT, "constraint %s of %s exists already",
				 mh_review_quote(review, name), mh_model_name(review, relation));
}

static char *
not_valid_hint(MhReview *review, const MhModelRelation *relation, const char *name)
{
	return psprintf(NOT_VALID_HINT, mh_model_name(review, relation), mh_review_quote(review, name));
}

/* ---------- CHECK ---------- */

static void
ask_check(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
		  const char *name)
{
	MhReviewQuestion question = {MH_ASK_CHECK, relation};

	for (int i = 0; i < constraint->expression->columns.n; i++)
		mh_strings_add(&question.columns, constraint->expression->columns.v[i]);
	question.expression = constraint->expression;
	mh_ask_rows(review, relation, &question, MH_PG_CHECK,
				psprintf("rows violate check constraint %s", mh_review_quote(review, name)));
}

static void
add_check_to_children(MhReview *review, MhModelRelation *relation,
					  const MhReviewConstraint *constraint, const char *name)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child == NULL)
			continue;
		mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
		if (mh_merge_check(review, child, constraint, name, true))
		{
			mh_model_constraint(child, name)->parents++;
			continue;
		}
		put_constraint(child, name, constraint)->is_local = false;
		mh_model_constraint(child, name)->parents = 1;
		if (!constraint->is_not_valid)
		{
			mh_note_scan(review, child);
			ask_check(review, child, constraint, name);
		}
		add_check_to_children(review, child, constraint, name);
	}
}

static void
add_check(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
		  bool is_new)
{
	const char *name = name_of(review, relation, constraint);
	MhReviewExpressionAnswer answer;

	mh_check_expression(review, relation, NULL, constraint->expression, MH_USE_CHECK, &answer);
	if (relation->kind == 'p' && constraint->no_inherit)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "a constraint of a partitioned table cannot be NO INHERIT");
	if (mh_merge_check(review, relation, constraint, name, false))
		return;
	put_constraint(relation, name, constraint);
	if (is_new)
		return;
	if (!constraint->is_not_valid)
	{
		mh_note_scan(review, relation);
		if (answer.answer.passes == MH_TRUTH_YES &&
			!mh_judge_filled_check(review, relation, mh_model_constraint(relation, name),
								   &constraint->expression->columns))
			ask_check(review, relation, constraint, name);
	}
	if (!constraint->no_inherit && review->statement->is_only && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "the constraint must be added to child tables too");
	else if (!constraint->no_inherit)
		add_check_to_children(review, relation, constraint, name);
}

/* ---------- keys ---------- */

bool
mh_has_primary_key(const MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone && relation->constraints[i].type == 'p')
			return true;
	return false;
}

static void
make_not_null(MhReview *review, MhModelRelation *relation, const MhStrings *columns, bool is_new)
{
	for (int i = 0; i < columns->n; i++)
	{
		MhModelColumn *column = mh_model_column(relation, columns->v[i]);
		MhReviewAction action = {MH_ACT_SET_NOT_NULL};

		if (column == NULL || column->not_null)
			continue;
		action.name = column->name;
		if (is_new)
			column->not_null = true;
		else
			mh_alter_column(review, relation, &action);
	}
}

static void
ask_unique(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
		   const char *name)
{
	MhReviewQuestion question = {MH_ASK_UNIQUE, relation};

	question.nulls_not_distinct = constraint->nulls_not_distinct;
	for (int i = 0; i < constraint->columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, constraint->columns.v[i]);
		const MhReviewValue *fill = column == NULL ? NULL : mh_fill_of(relation, column);

		/* numbers of its own sequence */
		if (column != NULL && column->live_name == NULL && !column->is_touched &&
			!relation->has_inserted &&
			(column->is_counted || column->is_distinct ||
			 (column->identity != '\0' && column->is_filled)))
			return;
		if (fill != NULL && fill->is_null && !constraint->nulls_not_distinct)
			return;
		if (fill == NULL)
			mh_strings_add(&question.columns, constraint->columns.v[i]);
	}
	if (question.columns.n == 0)
		question.kind = MH_ASK_SINGLE;
	mh_ask_rows(review, relation, &question, constraint->type == 'x' ? "23P01" : MH_PG_UNIQUE,
				psprintf("rows have equal values for %s", mh_review_quote(review, name)));
}

static void
build_key(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
		  const char *name)
{
	mh_note_scan(review, relation);
	if (constraint->type == 'x' && !constraint->is_equality)
	{
		MhReviewQuestion question = {MH_ASK_OTHER, relation};

		mh_ask_rows(review, relation, &question, "23P01",
					psprintf("rows conflict with %s", mh_review_quote(review, name)));
	}
	else
		ask_unique(review, relation, constraint, name);
	if (relation->live_name != NULL && constraint->type != 'x')
		mh_find(review, relation, MH_WARNING, MH_REVIEW_NOT_CONCURRENT,
				psprintf("CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (...); then"
						 " ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s;",
						 mh_review_quote(review, name), mh_model_name(review, relation),
						 mh_model_name(review, relation), mh_review_quote(review, name),
						 constraint->type == 'p' ? "PRIMARY KEY" : "UNIQUE",
						 mh_review_quote(review, name)),
				"the index of the key is built while reads and writes are blocked");
}

static MhModelRelation *
new_key_index(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
			  const char *name)
{
	MhModelRelation *index = mh_make_index(review, relation, name);

	for (int i = 0; i < constraint->columns.n; i++)
		mh_strings_add(&index->index_columns, constraint->columns.v[i]);
	index->is_unique = constraint->type != 'x';
	index->is_primary = constraint->type == 'p';
	index->nulls_not_distinct = constraint->nulls_not_distinct;
	index->is_immediate = !constraint->is_deferrable;
	index->is_covering = constraint->is_covering;
	index->is_usual = true;
	index->constraint = pstrdup(name);
	return index;
}

static bool
may_use_index(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
			  const MhModelRelation *index)
{
	const char *name = mh_review_quote(review, constraint->index);

	if (index == NULL || strchr("iI", index->kind) == NULL)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "index %s does not exist", name);
	else if (index->constraint != NULL)
		mh_fails(review, relation, MH_PG_PREREQUISITE, "index %s belongs to a constraint already",
				 name);
	else if (index->table != relation->id)
		mh_fails(review, relation, MH_PG_PREREQUISITE, "index %s is of another table", name);
	else if (index->is_invalid)
		mh_fails(review, relation, MH_PG_PREREQUISITE, "index %s is not valid", name);
	else if (!index->is_unique)
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "index %s is not unique", name);
	else if (index->is_partial || !index->is_usual)
		mh_fails(review, relation, MH_PG_WRONG_TYPE,
				 "index %s has a condition, an expression or an unusual order", name);
	else if (relation->kind == 'p')
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED,
				 "a partitioned table takes no constraint USING INDEX");
	return !mh_has_failed(review);
}

static void
add_key_from_index(MhReview *review, MhModelRelation *relation,
				   const MhReviewConstraint *constraint, const char *name)
{
	MhModelRelation *index = mh_model_in(&review->model, relation->schema, constraint->index);
	MhReviewConstraint made = *constraint;
	MhModelConstraint *key;

	if (!may_use_index(review, relation, constraint, index) || index == NULL)
		return;
	if (constraint->type == 'p' && mh_has_primary_key(relation))
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "%s has a primary key already",
				 mh_model_name(review, relation));
	if (strcmp(index->name, name) != 0 &&
		mh_model_in(&review->model, relation->schema, name) != NULL)
		mh_duplicate(review, review->statement, name);
	refuse_duplicate(review, relation, name);
	made.columns = index->index_columns;
	key = put_constraint(relation, name, &made);
	key->made = constraint;
	key->index = index->id;
	index->constraint = key->name;
	if (strcmp(index->name, name) != 0)
		mh_model_rename(&review->model, index, index->schema, name);
	if (constraint->type == 'p')
		make_not_null(review, relation, &made.columns, false);
}

static void
add_key_to_partitions(MhReview *review, MhModelRelation *relation,
					  const MhReviewConstraint *constraint, uint32 parent_index)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; relation->kind == 'p' && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhReviewConstraint below = *constraint;
		const char *name;
		MhModelConstraint *key;

		if (child == NULL)
			continue;
		below.name = NULL;
		name = name_of(review, child, &below);
		mh_refuse_without_partition_key(review, child, &constraint->columns);
		mh_touch(review, child, MH_LOCK_SHARE);
		build_key(review, child, constraint, name);
		key = put_constraint(child, name, constraint);
		key->parents = 1;
		key->is_local = false;
		key->index = new_key_index(review, child, constraint, name)->id;
		mh_model_by_id(&review->model, key->index)->parent_index = parent_index;
		add_key_to_partitions(review, child, constraint, key->index);
	}
}

void
mh_refuse_without_partition_key(MhReview *review, const MhModelRelation *relation,
								const MhStrings *columns)
{
	for (int i = 0; relation->kind == 'p' && i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && relation->columns[i].is_key &&
			!mh_strings_contain(columns, relation->columns[i].name))
			mh_fails(
				review, relation, MH_PG_NOT_SUPPORTED,
				"a unique key of a partitioned table must have all columns of the partition key");
}

static void
check_key_columns(MhReview *review, const MhModelRelation *relation,
				  const MhReviewConstraint *constraint)
{
	for (int i = 0; i < constraint->columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, constraint->columns.v[i]);

		for (int k = 0; k < i && constraint->type != 'x' && !mh_has_failed(review); k++)
			if (strcmp(constraint->columns.v[i], constraint->columns.v[k]) == 0)
				mh_fails(review, relation, MH_PG_DUPLICATE_COLUMN, "column %s is in the key twice",
						 mh_review_quote(review, constraint->columns.v[i]));
		if ((constraint->type != 'x' || constraint->is_equality) && column != NULL &&
			column->type != 0 &&
			review->world->comparable(review->world->arg, column->type, column->type) !=
				MH_TRUTH_YES)
			mh_not_known(review, relation, "whether values of column %s can be compared",
						 mh_review_quote(review, column->name));
	}
}

static void
add_key(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
		bool is_new)
{
	const char *name = name_of(review, relation, constraint);
	bool is_only = relation->kind == 'p' && review->statement->is_only && relation->n_children > 0;
	MhModelConstraint *key;

	if (constraint->index != NULL)
	{
		add_key_from_index(review, relation, constraint, name);
		return;
	}
	if (!has_columns(review, relation, &constraint->columns))
		return;
	if (constraint->type == 'x' && relation->kind == 'p' && !review->world->excludes_partitioned)
		mh_fails(review, relation, MH_PG_NOT_SUPPORTED,
				 "a partitioned table has no exclusion constraints");
	else if (constraint->type == 'p' && is_only)
		mh_not_known(review, relation, "whether all partitions of %s have the constraint",
					 mh_model_name(review, relation));
	check_key_columns(review, relation, constraint);
	if (constraint->type == 'p' && mh_has_primary_key(relation))
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "%s has a primary key already",
				 mh_model_name(review, relation));
	mh_refuse_without_partition_key(review, relation, &constraint->columns);
	mh_may_create_in(review, relation->schema);
	if (mh_model_in(&review->model, relation->schema, name) != NULL)
		mh_fails(review, relation, MH_PG_DUPLICATE_TABLE, "relation %s exists already",
				 mh_review_quote(review, name));
	refuse_duplicate(review, relation, name);
	relation->is_identity_changed = true;
	key = put_constraint(relation, name, constraint);
	key->index = new_key_index(review, relation, constraint, name)->id;
	if (!is_new)
		build_key(review, relation, constraint, name);
	if (constraint->type == 'p')
		make_not_null(review, relation, &constraint->columns, is_new);
	if (is_only)
		mh_model_by_id(&review->model, key->index)->is_invalid = true;
	else
		add_key_to_partitions(review, relation, constraint, key->index);
}

/* ---------- FOREIGN KEY ---------- */

static bool
is_same_set(const MhStrings *a, const MhStrings *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (!mh_strings_contain(b, a->v[i]))
			return false;
	return true;
}

/* Finds the unique index to which a foreign key refers; columns empty: the primary key. */
static MhModelRelation *
find_key(MhReview *review, const MhModelRelation *partner, const MhStrings *columns)
{
	for (int i = 0; i < partner->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, partner->indexes[i]);

		if (index == NULL || !index->is_unique || index->is_partial || index->is_invalid)
			continue;
		if (columns->n == 0 ? index->is_primary : is_same_set(&index->index_columns, columns))
			return index;
	}
	return NULL;
}

static void
compare_types(MhReview *review, const MhModelRelation *relation, const MhStrings *columns,
			  const MhModelRelation *partner, const MhStrings *partner_columns)
{
	for (int i = 0; i < columns->n && i < partner_columns->n; i++)
	{
		const MhModelColumn *a = mh_model_column(relation, columns->v[i]);
		const MhModelColumn *b = mh_model_column(partner, partner_columns->v[i]);
		MhReviewTruth answer;

		if (a == NULL || b == NULL)
			return;
		answer = a->type == b->type && a->type != 0
					 ? MH_TRUTH_YES
					 : review->world->comparable(review->world->arg, a->type, b->type);
		if (answer == MH_TRUTH_NO)
			mh_fails(review, relation, MH_PG_DATATYPE_MISMATCH,
					 "columns %s and %s have types that cannot be compared",
					 mh_review_quote(review, a->name), mh_review_quote(review, b->name));
		else if (answer == MH_TRUTH_UNKNOWN)
			mh_not_known(review, relation, "whether a foreign key can compare columns %s and %s",
						 mh_review_quote(review, a->name), mh_review_quote(review, b->name));
	}
}

static bool
may_refer(MhReview *review, const MhModelRelation *relation, const MhModelRelation *partner)
{
	if (partner->kind != 'r' && partner->kind != 'p')
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no table",
				 mh_model_name(review, partner));
	else if (partner->is_system)
		mh_fails(review, relation, MH_PG_PRIVILEGE, "%s is a system catalog",
				 mh_model_name(review, partner));
	else if (relation->persistence != partner->persistence &&
			 (relation->persistence == 'p' || partner->persistence == 't' ||
			  relation->persistence == 't'))
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "a permanent table can refer to permanent tables only");
	return !mh_has_failed(review);
}

/* Changes of the other table would write values that are computed. */
static void
refuse_generated(MhReview *review, const MhModelRelation *relation,
				 const MhReviewConstraint *constraint)
{
	for (int i = 0; i < constraint->columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, constraint->columns.v[i]);

		if (column == NULL || column->generated == '\0')
			continue;
		if (strchr("nd", constraint->on_delete) != NULL ||
			strchr("ndc", constraint->on_update) != NULL)
			mh_fails(review, relation, MH_PG_SYNTAX,
					 "column %s is generated: the foreign key cannot write it",
					 mh_review_quote(review, column->name));
		else if (column->generated == 'v')
			mh_fails(review, relation, MH_PG_NOT_SUPPORTED,
					 "column %s is generated when it is read",
					 mh_review_quote(review, column->name));
	}
}

/* The columns of the key; NULL: there is none. */
static const MhModelRelation *
referred_key(MhReview *review, const MhModelRelation *relation, const MhModelRelation *partner,
			 const MhReviewConstraint *constraint)
{
	const MhModelRelation *key;

	if (!has_columns(review, (MhModelRelation *) partner, &constraint->partner_columns))
		return NULL;
	key = find_key(review, partner, &constraint->partner_columns);
	if (key == NULL && constraint->partner_columns.n == 0)
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT, "%s has no primary key",
						mh_model_name(review, partner));
	else if (key == NULL)
		mh_fails_absent(review, relation, MH_PG_INVALID_FOREIGN_KEY,
						"no unique constraint of %s has the columns of the foreign key",
						mh_model_name(review, partner));
	else if (!key->is_immediate)
		mh_fails(review, relation, MH_PG_PREREQUISITE,
				 "the foreign key cannot use a key that is deferrable");
	refuse_generated(review, relation, constraint);
	if (key != NULL &&
		constraint->columns.n != (constraint->partner_columns.n > 0 ? constraint->partner_columns.n
																	: key->index_columns.n))
		mh_fails(review, relation, MH_PG_INVALID_FOREIGN_KEY,
				 "the foreign key has another number of columns than the key");
	return mh_has_failed(review) ? NULL : key;
}

static void
ask_foreign_key(MhReview *review, MhModelRelation *relation, const MhModelConstraint *key,
				bool is_full)
{
	MhModelRelation *partner = mh_model_by_id(&review->model, key->partner);
	MhReviewQuestion question = {MH_ASK_FOREIGN_KEY, relation};

	if (partner == NULL)
		return;
	question.partner = partner;
	question.is_full = is_full && key->columns.n > 1;
	for (int i = 0; i < key->columns.n; i++)
	{
		mh_strings_add(&question.columns, key->columns.v[i]);
		mh_strings_add(&question.partner_columns, key->partner_columns.v[i]);
	}
	mh_ask_rows(review, relation, &question, MH_PG_FOREIGN_KEY,
				psprintf("rows violate foreign key %s", mh_review_quote(review, key->name)));
}

static void
validate_foreign_key(MhReview *review, MhModelRelation *relation, const MhModelConstraint *key,
					 const MhReviewConstraint *constraint)
{
	mh_note_scan(review, relation);
	mh_note_partner(review, key);
	ask_foreign_key(review, relation, key, constraint->is_full);
	for (int i = 0; relation->kind == 'p' && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child == NULL)
			continue;
		mh_touch(review, child, MH_LOCK_SHARE_ROW_EXCLUSIVE);
		mh_note_scan(review, child);
	}
}

static void
note_foreign_key(MhReview *review, MhModelRelation *relation, const MhModelRelation *partner,
				 const char *name)
{
	if (relation->live_name == NULL || partner->live_name == NULL)
		return;
	mh_find(review, partner, MH_WARNING, MH_REVIEW_BLOCKS_WRITES,
			not_valid_hint(review, relation, name),
			"writes to %s are blocked while the rows of %s are checked",
			mh_model_name(review, partner), mh_model_name(review, relation));
}

static void
put_foreign_key(MhReview *review, MhModelRelation *relation, MhModelRelation *partner,
				const MhReviewConstraint *constraint, const char *name, const MhModelRelation *used)
{
	const MhStrings *referred =
		constraint->partner_columns.n > 0 ? &constraint->partner_columns : &used->index_columns;
	MhModelConstraint *key = put_constraint(relation, name, constraint);

	key->partner = partner->id;
	key->index = used->id;
	for (int i = 0; i < referred->n; i++)
		mh_strings_add(&key->partner_columns, referred->v[i]);
	mh_model_refer(partner, relation->id);
	compare_types(review, relation, &key->columns, partner, &key->partner_columns);
}

static void
refuse_key_of_partitioned(MhReview *review, const MhModelRelation *relation,
						  const MhReviewConstraint *constraint)
{
	if (relation->kind != 'p')
		return;
	if (review->statement->is_only)
		mh_fails(review, relation, MH_PG_WRONG_TYPE,
				 "a foreign key of a partitioned table must be of its partitions too");
	else if (constraint->is_not_valid && !review->world->has_not_valid_keys_of_partitioned)
		mh_fails(review, relation, MH_PG_WRONG_TYPE,
				 "a foreign key of a partitioned table cannot be NOT VALID");
}

/* The server does not check the foreign keys of new columns if none of the columns has a default. */
static bool
adds_only_nulls(const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_actions; i++)
	{
		const MhReviewAction *action = &statement->actions[i];

		if (action->kind == MH_ACT_ADD_COLUMN &&
			(action->expression != NULL || action->type->is_serial))
			return false;
		if (action->kind == MH_ACT_ADD_CONSTRAINT && action->constraint->type == 'f' &&
			!action->constraint->is_of_column)
			return false;
	}
	return true;
}

/* Looked for once a statement. */
static bool
has_only_nulls(MhReview *review)
{
	if (review->nulls_round != review->round)
		review->has_only_nulls = adds_only_nulls(review->statement);
	review->nulls_round = review->round;
	return review->has_only_nulls;
}

static void
add_foreign_key(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
				bool is_new)
{
	const char *name = name_of(review, relation, constraint);
	MhModelRelation *partner;
	const MhModelRelation *used;

	refuse_duplicate(review, relation, name);
	partner = mh_named(review, &constraint->partner, false);
	if (partner == NULL)
		return;
	mh_touch(review, partner, MH_LOCK_SHARE_ROW_EXCLUSIVE);
	if (!is_new)
		refuse_key_of_partitioned(review, relation, constraint);
	mh_may(review, partner, MH_RIGHT_REFERENCES);
	mh_doubt_pending(review, partner);
	if (!may_refer(review, relation, partner) ||
		!has_columns(review, relation, &constraint->columns) ||
		!has_columns(review, relation, &constraint->delete_columns))
		return;
	for (int i = 0; i < constraint->delete_columns.n; i++)
		if (!mh_strings_contain(&constraint->columns, constraint->delete_columns.v[i]))
			mh_fails(review, relation, "42P10", "column %s is not in the foreign key",
					 mh_review_quote(review, constraint->delete_columns.v[i]));
	used = referred_key(review, relation, partner, constraint);
	if (used == NULL)
		return;
	put_foreign_key(review, relation, partner, constraint, name, used);
	if (is_new || constraint->is_not_valid || has_only_nulls(review))
		return;
	validate_foreign_key(review, relation, mh_model_constraint(relation, name), constraint);
	note_foreign_key(review, relation, partner, name);
}

void
mh_add_constraint(MhReview *review, MhModelRelation *relation, const MhReviewConstraint *constraint,
				  bool is_new)
{
	switch (constraint->type)
	{
		case 'c':
			add_check(review, relation, constraint, is_new);
			break;
		case 'f':
			add_foreign_key(review, relation, constraint, is_new);
			break;
		case 'p':
		case 'u':
		case 'x':
			add_key(review, relation, constraint, is_new);
			break;
		default:
			mh_not_known(review, relation, "this kind of constraint is not judged");
			break;
	}
}

/* ---------- VALIDATE and DROP ---------- */

static void
ask_existing(MhReview *review, MhModelRelation *relation, const MhModelConstraint *constraint)
{
	MhReviewQuestion question = {MH_ASK_EXISTING, relation};

	question.name = constraint->name;
	for (int i = 0; i < constraint->columns.n; i++)
		mh_strings_add(&question.columns, constraint->columns.v[i]);
	mh_ask_rows(review, relation, &question,
				constraint->type == 'f' ? MH_PG_FOREIGN_KEY : MH_PG_CHECK,
				psprintf("rows violate constraint %s", mh_review_quote(review, constraint->name)));
}

static void
validate_check(MhReview *review, MhModelRelation *relation, MhModelConstraint *check)
{
	mh_note_scan(review, relation);
	if (check->made != NULL)
		ask_check(review, relation, check->made, check->name);
	else
		ask_existing(review, relation, check);
	check->is_valid = true;
}

/* The rows of children are checked, too. */
static void
validate_below(MhReview *review, MhModelRelation *relation, const char *name)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelConstraint *check = child == NULL ? NULL : mh_model_constraint(child, name);

		mh_touch(review, child, MH_LOCK_SHARE_UPDATE_EXCLUSIVE);
		if (check == NULL || check->type != 'c')
			continue;
		if (!check->is_valid)
			validate_check(review, child, check);
		validate_below(review, child, name);
	}
}

static void
validate_key(MhReview *review, MhModelRelation *relation, MhModelConstraint *key)
{
	mh_note_scan(review, relation);
	mh_touch(review, mh_model_by_id(&review->model, key->partner), MH_LOCK_ROW_SHARE);
	mh_note_partner(review, key);
	ask_foreign_key(review, relation, key, key->made != NULL && key->made->is_full);
	key->is_valid = true;
}

void
mh_validate_constraint(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelConstraint *constraint = mh_model_constraint(relation, action->name);

	if (constraint == NULL)
	{
		mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT,
						"constraint %s of %s does not exist", mh_review_quote(review, action->name),
						mh_model_name(review, relation));
		return;
	}
	if (constraint->type != 'f' && constraint->type != 'c')
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no foreign key and no check",
				 mh_review_quote(review, action->name));
	if (constraint->is_valid)
		return;
	if (constraint->type == 'f')
	{
		validate_key(review, relation, constraint);
		return;
	}
	if (action->flag && !constraint->no_inherit && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "the constraint must be validated in child tables too");
	validate_check(review, relation, constraint);
	if (!constraint->no_inherit)
		validate_below(review, relation, action->name);
}

static void
drop_from_children(MhReview *review, MhModelRelation *relation, const char *name, bool is_only)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhModelConstraint *constraint = child == NULL ? NULL : mh_model_constraint(child, name);

		if (child != NULL)
			mh_touch(review, child, MH_LOCK_ACCESS_EXCLUSIVE);
		if (constraint == NULL || constraint->parents == 0)
			continue;
		constraint->parents--;
		constraint->is_local |= is_only;
		if (constraint->parents == 0 && !constraint->is_local)
		{
			mh_forget_constraint(review, constraint);
			drop_from_children(review, child, name, false);
		}
	}
}

void
mh_drop_constraint(MhReview *review, MhModelRelation *relation, const MhReviewAction *action)
{
	MhModelConstraint *constraint = mh_model_constraint(relation, action->name);

	if (constraint == NULL)
	{
		if (!action->missing_ok)
			mh_fails_absent(review, relation, MH_PG_UNDEFINED_OBJECT,
							"constraint %s of %s does not exist",
							mh_review_quote(review, action->name), mh_model_name(review, relation));
		return;
	}
	if (constraint->parents > 0)
	{
		mh_fails(review, relation, MH_PG_INVALID_TABLE, "constraint %s is inherited",
				 mh_review_quote(review, action->name));
		return;
	}
	if (constraint->type == 'p' || constraint->type == 'u')
		mh_drop_users_of_key(review, relation, constraint->index, action->cascade);
	/* of 18 on, that of the partitions stays */
	if (!review->world->constraints_lock_children && action->flag && relation->kind == 'p' &&
		!constraint->no_inherit && relation->n_children > 0)
		mh_fails(review, relation, MH_PG_INVALID_TABLE,
				 "the constraint must be dropped in the partitions too");
	mh_drop_grouping_view(review, relation, constraint, action->cascade);
	mh_forget_constraint(review, constraint);
	drop_from_children(review, relation, action->name, action->flag);
}
