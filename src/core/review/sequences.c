/*-------------------------------------------------------------------------
 *
 * sequences.c
 *	  Sequences that a script creates or alters.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static void
check_owner(MhReview *review, const MhModelRelation *sequence, const MhModelRelation *table,
			const char *column)
{
	if (strchr("rfvp", table->kind) == NULL)
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s cannot own a sequence",
				 mh_model_name(review, table));
	else if (table->owner != sequence->owner)
		mh_fails(review, NULL, MH_PG_PREREQUISITE, "the sequence has another owner than %s",
				 mh_model_name(review, table));
	else if (strcmp(table->schema, sequence->schema) != 0)
		mh_fails(review, NULL, MH_PG_PREREQUISITE, "the sequence is in another schema than %s",
				 mh_model_name(review, table));
	else if (mh_model_column(table, column) == NULL)
		mh_fails_absent(review, table, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
						mh_review_quote(review, column), mh_model_name(review, table));
}

/* OWNED BY */
static void
own(MhReview *review, MhModelRelation *sequence, const MhReviewStatement *statement)
{
	MhModelRelation *table = NULL;

	if (statement->other.name != NULL)
	{
		table = mh_named(review, &statement->other, false);
		if (table != NULL)
			check_owner(review, sequence, table, statement->part);
	}
	if (sequence->is_internal)
		mh_fails(review, NULL, MH_PG_NOT_SUPPORTED, "the sequence is that of an identity column");
	if (mh_has_failed(review))
		return;
	sequence->owned_by = table == NULL ? 0 : table->id;
	sequence->owned_by_column = table == NULL ? NULL : statement->part;
	sequence->is_owned_by_script = table != NULL;
	mh_model_own_sequence(table, sequence);
}

void
mh_judge_create_sequence(MhReview *review, const MhReviewStatement *statement)
{
	const char *schema = mh_schema_for(review, &statement->name);
	MhModelRelation *sequence;
	bool is_taken;

	if (schema == NULL)
		return;
	if (statement->exists_ok && mh_model_in(&review->model, schema, statement->name.name) != NULL)
		return;
	if (statement->has_options)
		mh_not_known(review, NULL, "the options of the sequence are not judged");
	if (mh_model_in(&review->model, schema, statement->name.name) != NULL)
	{
		mh_duplicate(review, statement, statement->name.name);
		return;
	}
	sequence = mh_begin_relation(review, schema, statement->name.name, 'S', statement, &is_taken);
	if (statement->has_owner)
		own(review, sequence, statement);
}

void
mh_judge_alter_sequence(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *sequence = mh_named(review, &statement->name, statement->missing_ok);

	if (sequence == NULL)
		return;
	if (sequence->kind != 'S')
	{
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no sequence",
				 mh_model_name(review, sequence));
		return;
	}
	if (!mh_may(review, sequence, MH_RIGHT_OWNER))
		return;
	review->model.has_new_sequences = true;
	if (statement->has_options)
		mh_not_known(review, NULL, "the options of the sequence are not judged");
	if (statement->has_owner)
		own(review, sequence, statement);
}
