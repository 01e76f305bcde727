/*-------------------------------------------------------------------------
 *
 * partitions.c
 *	  Keys of partitioned tables, and their new partitions.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* ---------- what a table is partitioned by ---------- */

static void
mark_key_column(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
				const char *name)
{
	MhModelColumn *column = mh_model_column(relation, name);
	MhReviewAnswer answer;

	if (column == NULL)
	{
		if (mh_is_system_column(name))
			mh_fails(review, relation, MH_PG_INVALID_OBJECT,
					 "a system column cannot be in the partition key");
		else
			mh_fails_absent(review, relation, MH_PG_UNDEFINED_COLUMN, "column %s does not exist",
							mh_review_quote(review, name));
		return;
	}
	if (column->generated != '\0')
		mh_fails(review, relation, MH_PG_INVALID_OBJECT, "column %s is generated",
				 mh_review_quote(review, name));
	column->is_key = true;
	relation->n_keys++;
	if (column->key_place == 0)
		column->key_place = relation->n_keys;
	if (!statement->has_usual_key || column->generated != '\0')
		return;
	answer = review->world->partitions_by(review->world->arg, column, statement->key_strategy);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails(review, relation, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "%s", answer.detail);
}

void
mh_mark_partition_key(MhReview *review, MhModelRelation *relation,
					  const MhReviewStatement *statement)
{
	if (!statement->is_partitioned)
		return;
	if (statement->key_strategy == '\0')
		mh_fails(review, relation, MH_PG_INVALID_VALUE,
				 "there is no such strategy of partitioning");
	relation->has_key_expressions = statement->has_key_expressions;
	if (statement->key_strategy == 'l' && statement->columns.n + statement->has_key_expressions > 1)
		mh_fails(review, relation, MH_PG_INVALID_OBJECT,
				 "a list is partitioned by one column only");
	for (int i = 0; i < statement->columns.n; i++)
		mark_key_column(review, relation, statement, statement->columns.v[i]);
	if (statement->has_key_expressions || !statement->has_usual_key)
		mh_not_known(review, relation, "whether the table can be partitioned by this key");
	else
		relation->key_strategy = statement->key_strategy;
	/* those of its own parent */
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index != NULL && index->is_unique && !mh_has_failed(review))
			mh_refuse_without_partition_key(review, relation, &index->index_columns);
	}
}

/* ---------- rows of the default partition ---------- */

static bool
has_check(const MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone && relation->constraints[i].type == 'c')
			return true;
	return false;
}

/* Rows are read unless a check proves that none is in the way. */
static void
ask_partition(MhReview *review, MhModelRelation *parent, MhModelRelation *relation,
			  const void *placed, bool is_attached)
{
	MhReviewQuestion question = {MH_ASK_NO_ROW, relation};

	if (has_check(relation) || placed == NULL)
		mh_note_planned(review, relation);
	else
		mh_note_scan(review, relation);
	if (mh_is_empty(review, relation))
		return;
	question.node =
		review->world->belongs(review->world->arg, parent, placed, relation, is_attached);
	if (question.node == NULL)
	{
		mh_not_known(review, relation, "the rows of %s decide", mh_model_name(review, relation));
		return;
	}
	for (int i = 0; i < parent->n_columns; i++)
		if (!parent->columns[i].is_gone && parent->columns[i].is_key)
			mh_strings_add(&question.columns, parent->columns[i].name);
	mh_ask_rows(review, relation, &question, MH_PG_CHECK,
				psprintf(is_attached ? "rows of %s do not belong into the partition"
									 : "rows of %s belong into the new partition",
						 mh_model_name(review, relation)));
}

void
mh_ask_partitions(MhReview *review, MhModelRelation *parent, MhModelRelation *relation,
				  const void *placed, bool is_attached)
{
	if (relation->kind == 'r')
		ask_partition(review, parent, relation, placed, is_attached);
	if (relation->kind != 'p' || mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL)
			mh_ask_partitions(review, parent, child, placed, is_attached);
	}
}

/* ---------- a new partition ---------- */

static void
place_default(MhReview *review, MhModelRelation *parent, const MhModelRelation *partition)
{
	const MhModelRelation *before = mh_model_by_id(&review->model, parent->default_partition);

	if (parent->key_strategy == 'h')
		mh_fails(review, parent, MH_PG_INVALID_TABLE,
				 "a table partitioned by hash has no default partition");
	else if (before != NULL)
		mh_fails(review, parent, MH_PG_INVALID_OBJECT, "%s is the default partition already",
				 mh_model_name(review, before));
	else if (parent->key_strategy == '\0')
		mh_not_known(review, parent, "whether there can be a default partition");
	if (before == NULL)
		parent->default_partition = partition->id;
}

const void *
mh_place_partition(MhReview *review, MhModelRelation *parent, const MhModelRelation *partition,
				   const MhReviewBound *bound)
{
	const char *changed = mh_changed_code(review, &bound->code, &bound->texts);
	const void *placed = NULL;
	MhReviewAnswer answer;

	if (bound->is_default)
	{
		place_default(review, parent, partition);
		return NULL;
	}
	answer = review->world->place(review->world->arg, parent, partition->id,
								  changed == NULL ? bound->tree : NULL, &placed);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails(review, parent, answer.sqlstate, "%s", answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, parent, "%s", changed != NULL ? changed : answer.detail);
	return placed;
}

void
mh_judge_new_partition(MhReview *review, MhModelRelation *relation,
					   const MhReviewStatement *statement)
{
	MhModelRelation *parent =
		relation->n_parents == 1 ? mh_model_by_id(&review->model, relation->parents[0]) : NULL;
	MhModelRelation *by_default;
	const void *placed;

	if (parent == NULL || statement->bound == NULL)
		return;
	by_default = mh_model_by_id(&review->model, parent->default_partition);
	placed = mh_place_partition(review, parent, relation, statement->bound);
	if (by_default != NULL && !statement->bound->is_default && !mh_has_failed(review))
	{
		if (by_default->kind == 'p')
			mh_lock_children(review, by_default, MH_LOCK_ACCESS_EXCLUSIVE);
		mh_ask_partitions(review, parent, by_default, placed, false);
		/* these rows are read before anything else is made */
		if (review->late_sqlstate != NULL && review->not_known == NULL &&
			review->late_not_known == NULL)
			mh_fails(review, review->late_at, review->late_sqlstate, "%s", review->late_reason);
	}
	/* triggers are copied */
	if (parent->has_code)
		mh_not_known(review, parent, "whether the triggers of %s can be copied",
					 mh_model_name(review, parent));
}
