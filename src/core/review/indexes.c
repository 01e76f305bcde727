/*-------------------------------------------------------------------------
 *
 * indexes.c
 *	  CREATE INDEX.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static const char *
index_name(MhReview *review, const MhModelRelation *table, const MhReviewStatement *statement)
{
	if (statement->new_name != NULL)
		return statement->new_name;
	return mh_model_choose_name(&review->model, table, mh_strings_join(&statement->columns, "_"),
								"idx", true);
}

/* The names of the keys; an expression has none. */
static void
take_columns(MhModelRelation *index, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->n_expressions; i++)
		if (statement->expressions[i].tree == NULL)
			mh_strings_add(&index->index_columns, statement->columns.v[i]);
		else
			for (int k = 0; k < statement->expressions[i].columns.n; k++)
				mh_strings_add(&index->index_columns, statement->expressions[i].columns.v[k]);
	index->is_unique = statement->is_unique;
	index->is_immediate = true;
	index->is_covering = statement->is_covering;
	index->nulls_not_distinct = statement->nulls_not_distinct;
	index->is_usual = statement->is_simple_index;
	index->is_partial = statement->condition != NULL;
	for (int i = 0; i < statement->n_expressions; i++)
		if (statement->expressions[i].tree != NULL)
			index->is_partial = true;
}

/* Returns whether the expressions and the condition fail for no row. */
static bool
check_keys(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	MhReviewExpressionAnswer answer;
	MhReviewAnswer index;
	bool cannot_fail = true;

	for (int i = 0; i < statement->n_expressions; i++)
		if (statement->expressions[i].tree != NULL)
		{
			mh_check_expression(review, table, NULL, &statement->expressions[i], MH_USE_INDEX,
								&answer);
			cannot_fail &= answer.is_simple;
		}
	if (statement->condition != NULL)
	{
		mh_check_expression(review, table, NULL, statement->condition, MH_USE_PREDICATE, &answer);
		cannot_fail &= answer.is_simple;
	}
	for (int i = 0; i < statement->n_expressions; i++)
		if (statement->expressions[i].tree == NULL && mh_is_system_column(statement->columns.v[i]))
			mh_fails(review, table, MH_PG_NOT_SUPPORTED, "%s is a system column",
					 mh_review_quote(review, statement->columns.v[i]));
		else if (statement->expressions[i].tree == NULL &&
				 mh_model_column(table, statement->columns.v[i]) == NULL)
			mh_fails_absent(review, table, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
							mh_review_quote(review, statement->columns.v[i]),
							mh_model_name(review, table));
	if (mh_has_failed(review))
		return false;
	index = review->world->index(review->world->arg, table, statement);
	if (index.passes == MH_TRUTH_NO)
		mh_fails(review, table, index.sqlstate, "%s", index.detail);
	else if (index.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, table, "%s", index.detail);
	return cannot_fail;
}

static void
ask_values(MhReview *review, MhModelRelation *table, const MhReviewExpression *expression)
{
	MhReviewQuestion question = {MH_ASK_VALUES, table};

	if (expression == NULL || expression->tree == NULL)
		return;
	for (int i = 0; i < expression->columns.n; i++)
		mh_strings_add(&question.columns, expression->columns.v[i]);
	question.expression = expression;
	mh_ask_rows(review, table, &question, "22000", "an expression of the index fails");
}

static void
ask_rows(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement,
		 const MhModelRelation *index)
{
	MhReviewQuestion question = {MH_ASK_UNIQUE, table};

	question.nulls_not_distinct = statement->nulls_not_distinct;

	for (int i = 0; i < statement->n_expressions; i++)
		ask_values(review, table, &statement->expressions[i]);
	ask_values(review, table, statement->condition);
	if (!statement->is_unique)
		return;
	if (index->is_partial)
		question.kind = statement->has_plain_keys ? MH_ASK_UNIQUE_KEYS : MH_ASK_OTHER;
	question.index = statement;
	for (int i = 0; i < index->index_columns.n; i++)
		mh_strings_add(&question.columns, index->index_columns.v[i]);
	for (int i = 0; statement->condition != NULL && i < statement->condition->columns.n; i++)
		mh_strings_add(&question.columns, statement->condition->columns.v[i]);
	mh_ask_rows(review, table, &question, MH_PG_UNIQUE,
				psprintf("rows have equal keys of index %s", mh_review_quote(review, index->name)));
}

static void
judge_build(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	char *snapshots;

	mh_note_scan(review, table);
	if (table->live_name == NULL || table->is_empty)
		return;
	if (!statement->concurrently)
	{
		mh_find(review, table, MH_WARNING, MH_REVIEW_NOT_CONCURRENT,
				"Use CREATE INDEX CONCURRENTLY outside of a transaction; in Alembic:"
				" op.create_index(..., postgresql_concurrently=True) in an autocommit_block().",
				"writes to %s are blocked while the index is built", mh_model_name(review, table));
		return;
	}
	snapshots = review->world->snapshots(review->world->arg);
	if (snapshots != NULL)
		mh_find(review, table, MH_CRITICAL, MH_REVIEW_BLOCKED_NOW,
				"Wait until these transactions have ended.", "%s", snapshots);
}

static void
refuse_without_key(MhReview *review, const MhModelRelation *table,
				   const MhReviewStatement *statement)
{
	for (int i = 0; statement->is_unique && table->kind == 'p' && i < table->n_columns; i++)
		if (table->columns[i].is_key && !table->columns[i].is_gone &&
			!mh_strings_contain(&statement->columns, table->columns[i].name))
			mh_fails(
				review, table, MH_PG_NOT_SUPPORTED,
				"a unique index of a partitioned table must have all columns of the partition key");
}

static void
build_on_partitions(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement,
					const MhModelRelation *of)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; table->kind == 'p' && !statement->is_only && i < table->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, table->children[i]);
		MhModelRelation *index;

		if (child == NULL)
			continue;
		mh_touch(review, child, MH_LOCK_SHARE);
		index = mh_index_to_attach(review, child, of);
		if (index != NULL)
		{
			index->parent_index = of->id;
			continue;
		}
		refuse_without_key(review, child, statement);
		judge_build(review, child, statement);
		index = mh_make_index(review, child,
							  mh_model_choose_name(&review->model, child,
												   mh_strings_join(&statement->columns, "_"), "idx",
												   true));
		take_columns(index, statement);
		index->parent_index = of->id;
		ask_rows(review, child, statement, index);
		build_on_partitions(review, child, statement, index);
	}
}

static bool
may_index(MhReview *review, MhModelRelation *table, const MhReviewStatement *statement)
{
	if (!mh_may(review, table, MH_RIGHT_OWNER))
		return false;
	if (strchr("rpm", table->kind) == NULL)
		mh_fails(review, table, MH_PG_WRONG_TYPE, "no index can be made on %s",
				 mh_model_name(review, table));
	else if (table->kind == 'p' && statement->concurrently)
		mh_fails(review, table, MH_PG_NOT_SUPPORTED,
				 "an index of a partitioned table cannot be made CONCURRENTLY");
	refuse_without_key(review, table, statement);
	return !mh_has_failed(review);
}

void
mh_judge_index(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *table = mh_named(review, &statement->name, false);
	MhModelRelation *index;
	const char *name;
	bool cannot_fail;

	if (table == NULL)
		return;
	mh_touch(review, table,
			 statement->concurrently ? MH_LOCK_SHARE_UPDATE_EXCLUSIVE : MH_LOCK_SHARE);
	if (!may_index(review, table, statement))
		return;
	mh_may_create_in(review, table->schema);
	cannot_fail = check_keys(review, table, statement);
	name = index_name(review, table, statement);
	if (mh_model_in(&review->model, table->schema, name) != NULL)
	{
		mh_duplicate(review, statement, name);
		return;
	}
	index = mh_make_index(review, table, name);
	index->cannot_fail = cannot_fail;
	take_columns(index, statement);
	judge_build(review, table, statement);
	ask_rows(review, table, statement, index);
	build_on_partitions(review, table, statement, index);
}
