/*-------------------------------------------------------------------------
 *
 * data.c
 *	  What the rows decide.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Rows that are looked for by their keys, all in all: each is a query. */
#define MOST_KEYS_ASKED 1000

/* Whether code of which nobody knows may have put rows into what the script made or emptied. */
static bool
are_rows_doubted(const MhReview *review, const MhModelRelation *relation)
{
	return relation->doubts < review->model.doubts;
}

bool
mh_is_empty(const MhReview *review, const MhModelRelation *relation)
{
	return relation->is_empty && !relation->has_inserted && !are_rows_doubted(review, relation);
}

/* Replaces names by the live ones.  Returns false if a column is not as it is in the database. */
static bool
use_live_names(const MhModelRelation *relation, MhStrings *columns, bool *is_touched)
{
	MhStrings live = {0, NULL};

	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		if (column == NULL || column->live_name == NULL || column->is_retyped)
			return false;
		if (column->is_touched)
			*is_touched = true;
		mh_strings_add(&live, column->live_name);
	}
	*columns = live;
	return true;
}

/*
 * Whether the script may have changed the answer.  *adds: it may only have made it worse, so that a
 * refusal remains one.
 */
static bool
is_changed(const MhModelRelation *relation, bool is_touched, bool *adds)
{
	*adds = relation->has_inserted && !relation->has_deleted && !is_touched;
	return relation->has_inserted || relation->has_deleted || is_touched;
}

static void
tell(MhReview *review, const MhReviewQuestion *question, const MhReviewAnswer *answer,
	 const char *sqlstate, const char *what)
{
	const MhModelRelation *relation = question->relation;
	/* ALTER TABLE reads the rows at its end, but for the indexes that it builds */
	bool is_late = review->statement->kind == MH_REVIEW_ALTER_TABLE &&
				   question->kind != MH_ASK_UNIQUE && question->kind != MH_ASK_UNIQUE_KEYS &&
				   question->kind != MH_ASK_OTHER;
	const char *detail = answer->detail == NULL ? "" : answer->detail;

	if (answer->passes == MH_TRUTH_NO)
		mh_fails_late(review, relation, answer->sqlstate == NULL ? sqlstate : answer->sqlstate,
					  "%s%s%s", what, *detail == '\0' ? "" : ": ", detail);
	else if (answer->passes == MH_TRUTH_UNKNOWN && is_late)
		mh_not_known_late(review, relation, "%s: the rows decide%s%s", what,
						  *detail == '\0' ? "" : ", and ", detail);
	else if (answer->passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "%s: the rows decide%s%s", what,
					 *detail == '\0' ? "" : ", and ", detail);
}

/* A foreign key or unique key does not look at rows where one of its columns is NULL. */
static bool
has_new_null(const MhModelRelation *relation, const MhReviewQuestion *question)
{
	if (question->kind != MH_ASK_FOREIGN_KEY &&
		(question->kind != MH_ASK_UNIQUE || question->nulls_not_distinct))
		return false;
	for (int i = 0; i < question->columns.n && !question->is_full; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, question->columns.v[i]);

		if (column != NULL && column->live_name == NULL && !column->has_default &&
			!column->is_touched && column->generated == '\0' && column->identity == '\0' &&
			!relation->has_inserted)
			return true;
	}
	return false;
}

static bool
names_known_columns(const MhModelRelation *relation, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		if (column == NULL || column->is_lost || column->is_retyped)
			return false;
	}
	return true;
}

MhReviewAnswer
mh_ask_after(MhReview *review, MhReviewQuestion *question)
{
	const MhModelRelation *partner = question->partner;

	if (!mh_are_followed(review, question->relation) ||
		!names_known_columns(question->relation, &question->columns) ||
		!names_known_columns(question->relation, &question->where_columns) ||
		(partner != NULL && (!mh_are_followed(review, partner) ||
							 !names_known_columns(partner, &question->partner_columns))))
		return (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, "the script changes them"};
	question->is_after = true;
	return review->world->rows(review->world->arg, question);
}

void
mh_ask_rows(MhReview *review, const MhModelRelation *relation, MhReviewQuestion *question,
			const char *sqlstate, const char *what)
{
	MhReviewAnswer answer = {MH_TRUTH_UNKNOWN, sqlstate, NULL};
	MhReviewQuestion after = *question;
	bool is_touched = false;
	bool adds = false;
	bool changed;

	if (mh_is_empty(review, relation) || has_new_null(relation, question) || review->is_replaying)
		return;
	question->relation = relation;
	changed = !use_live_names(relation, &question->columns, &is_touched) ||
			  relation->live_name == NULL ||
			  !use_live_names(relation, &question->where_columns, &is_touched);
	if (question->partner != NULL)
		changed = changed || question->partner->live_name == NULL ||
				  question->partner->has_inserted || question->partner->has_deleted ||
				  question->partner->is_empty ||
				  !use_live_names(question->partner, &question->partner_columns, &is_touched);
	changed = changed || relation->is_empty || review->model.is_tainted ||
			  review->model.are_rows_unknown || (is_changed(relation, is_touched, &adds) && !adds);
	after.relation = relation;
	if (changed || adds)
		answer = mh_ask_after(review, &after);
	if (!changed && answer.passes == MH_TRUTH_UNKNOWN)
	{
		answer = review->world->rows(review->world->arg, question);
		if (adds && answer.passes == MH_TRUTH_YES)
			answer.passes = MH_TRUTH_UNKNOWN;
	}
	tell(review, question, &answer, sqlstate, what);
}

/* Whether nothing that the script did keeps the server from looking at rows. */
static bool
may_look(MhReview *review, const MhModelRelation *relation)
{
	return relation->live_name != NULL && !review->is_replaying && !review->model.is_tainted &&
		   !review->model.are_rows_unknown && review->keys_asked++ < MOST_KEYS_ASKED;
}

MhReviewTruth
mh_find_key(MhReview *review, const MhModelRelation *relation, const MhStrings *columns,
			const MhReviewValue *values)
{
	MhReviewQuestion question = {MH_ASK_KEY, relation};
	MhReviewAnswer answer;
	bool is_touched = false;

	if (relation->is_empty)
		return are_rows_doubted(review, relation) ? MH_TRUTH_UNKNOWN : MH_TRUTH_NO;
	question.values = values;
	for (int i = 0; i < columns->n; i++)
		mh_strings_push(&question.columns, columns->v[i]);
	if (!may_look(review, relation) || !use_live_names(relation, &question.columns, &is_touched) ||
		is_touched)
		return MH_TRUTH_UNKNOWN;
	answer = review->world->rows(review->world->arg, &question);
	if (answer.passes == MH_TRUTH_YES)
		return MH_TRUTH_NO;
	return answer.passes == MH_TRUTH_NO && !relation->has_deleted ? MH_TRUTH_YES : MH_TRUTH_UNKNOWN;
}

bool
mh_counts_past(MhReview *review, const MhModelRelation *relation, MhModelColumn *column)
{
	MhReviewQuestion question = {MH_ASK_NEXT, relation};

	if (relation->is_empty)
		return !are_rows_doubted(review, relation);
	if (column->is_next_asked)
		return column->is_next_free;
	if (review->is_replaying || column->live_name == NULL || column->is_retyped ||
		review->model.has_new_sequences || review->model.is_tainted ||
		review->model.are_rows_unknown)
		return false;
	mh_strings_add(&question.columns, column->live_name);
	column->is_next_asked = true;
	column->is_next_free =
		review->world->rows(review->world->arg, &question).passes == MH_TRUTH_YES;
	return column->is_next_free;
}

void
mh_note_loss(MhReview *review, const MhModelRelation *relation, const MhModelColumn *column)
{
	MhReviewQuestion question = {column == NULL ? MH_ASK_EMPTY : MH_ASK_NO_VALUE, relation};
	MhReviewAnswer answer;

	if (relation->is_empty || relation->live_name == NULL || review->is_replaying ||
		(column != NULL && column->live_name == NULL))
		return;
	if (column != NULL)
		mh_strings_add(&question.columns, column->live_name);
	answer = review->world->rows(review->world->arg, &question);
	if (answer.passes != MH_TRUTH_NO)
		return;
	if (column == NULL)
		mh_find(
			review, relation, MH_CRITICAL, MH_REVIEW_DATA_LOSS,
			"Save the rows first, or keep the table under another name until it is certain that nobody needs them.",
			"the rows of %s are lost%s%s", mh_model_name(review, relation),
			answer.detail == NULL ? "" : ": ", answer.detail == NULL ? "" : answer.detail);
	else
		mh_find(review, relation, MH_CRITICAL, MH_REVIEW_DATA_LOSS,
				"Copy the values first, or drop the column in a later release.",
				"the values of column %s are lost%s%s", mh_review_quote(review, column->name),
				answer.detail == NULL ? "" : ": ", answer.detail == NULL ? "" : answer.detail);
}
