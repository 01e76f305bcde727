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

/* ---------- what it counts ---------- */

static int64
least_of(uint32 type)
{
	return type == MH_TYPE_INT2 ? PG_INT16_MIN : type == MH_TYPE_INT4 ? PG_INT32_MIN : PG_INT64_MIN;
}

static int64
most_of(uint32 type)
{
	return type == MH_TYPE_INT2 ? PG_INT16_MAX : type == MH_TYPE_INT4 ? PG_INT32_MAX : PG_INT64_MAX;
}

static void
refuse_options(MhReview *review, const MhModelRelation *relation, const char *why)
{
	mh_fails(review, relation, MH_PG_INVALID_VALUE, "%s", why);
}

/* Bounds that are those of the type go with it. */
static void
take_bounds(MhModelCount *count, const MhReviewSequence *options, uint32 type, bool is_new)
{
	bool has_type = options->type != NULL && !is_new;
	bool follows_most = has_type && count->max == most_of(count->type);
	bool follows_least = has_type && count->min == least_of(count->type);

	count->type = type;
	if (options->max.state == MH_OPTION_GIVEN)
		count->max = options->max.value;
	else if (is_new || options->max.state == MH_OPTION_EMPTY || follows_most)
		count->max = count->increment > 0 || follows_most ? most_of(type) : -1;
	if (options->min.state == MH_OPTION_GIVEN)
		count->min = options->min.value;
	else if (is_new || options->min.state == MH_OPTION_EMPTY || follows_least)
		count->min = count->increment < 0 || follows_least ? least_of(type) : 1;
}

/* last: the number from which it goes on; NULL: nobody knows it. */
static void
check_count(MhReview *review, const MhModelRelation *relation, const MhModelCount *count,
			const int64 *last)
{
	if (count->increment == 0)
		refuse_options(review, relation, "INCREMENT must not be zero");
	else if (count->max > most_of(count->type) || count->max < least_of(count->type) ||
			 count->min > most_of(count->type) || count->min < least_of(count->type))
		refuse_options(review, relation, "a bound is out of range for the type of the sequence");
	else if (count->min >= count->max)
		refuse_options(review, relation, "MINVALUE must be less than MAXVALUE");
	else if (count->start < count->min || count->start > count->max)
		refuse_options(review, relation, "START is out of the bounds");
	else if (last != NULL && (*last < count->min || *last > count->max))
		refuse_options(review, relation, "RESTART is out of the bounds");
}

/* type: that of the sequence; 0: not known.  Returns what the sequence counts then. */
static MhModelCount
count_with(MhReview *review, const MhModelRelation *relation, const MhModelCount *before,
		   const MhReviewSequence *options, uint32 type)
{
	bool is_new = before == NULL;
	MhModelCount count = {true, type, 1};
	int64 last;
	bool has_last = true;

	if (options->sqlstate != NULL)
		mh_fails(review, relation, options->sqlstate, "%s", options->message);
	if (options->has_more || (!is_new && !before->is_known) || type == 0)
	{
		mh_not_known(review, relation, "the options of the sequence are not judged");
		return (MhModelCount){false};
	}
	if (!is_new)
		count = *before;
	if (options->increment.state == MH_OPTION_GIVEN)
		count.increment = options->increment.value;
	take_bounds(&count, options, type, is_new);
	if (options->start.state == MH_OPTION_GIVEN)
		count.start = options->start.value;
	else if (is_new)
		count.start = count.increment > 0 ? count.min : count.max;
	last = options->restart.state == MH_OPTION_GIVEN ? options->restart.value : count.start;
	if (!is_new && options->restart.state == MH_OPTION_ABSENT)
		has_last = false;
	check_count(review, relation, &count, has_last ? &last : NULL);
	if (!has_last && (count.min > before->min || count.max < before->max))
		mh_not_known(review, relation, "the last number of the sequence decides");
	if (options->cache.state == MH_OPTION_GIVEN && options->cache.value <= 0)
		refuse_options(review, relation, "CACHE must be greater than zero");
	return count;
}

/* The type that AS names; 0: none that a sequence can have. */
static uint32
type_of(MhReview *review, const MhModelRelation *relation, const MhReviewType *type)
{
	MhReviewTypeAnswer answer;

	mh_resolve_type(review, type, &answer);
	if (answer.sqlstate != NULL)
		mh_fails_absent(review, relation, answer.sqlstate, "%s", answer.message);
	else if (answer.id != 0 && !mh_is_integer(answer.id))
		refuse_options(review, relation, "the type of a sequence must be an integer");
	return mh_is_integer(answer.id) ? answer.id : 0;
}

static uint32
type_of_options(MhReview *review, const MhModelRelation *relation, const MhReviewSequence *options,
				uint32 otherwise)
{
	return options->type == NULL ? otherwise : type_of(review, relation, options->type);
}

void
mh_check_identity(MhReview *review, const MhModelRelation *relation, const MhReviewAction *action)
{
	const MhModelColumn *column;
	const MhModelRelation *sequence;

	if (action->sequence == NULL)
		return;
	column = relation == NULL ? NULL : mh_model_column(relation, action->name);
	if (action->kind == MH_ACT_ADD_COLUMN)
		(void) count_with(review, relation, NULL, action->sequence,
						  type_of_options(review, relation, action->sequence,
										  type_of(review, relation, action->type)));
	else if (action->kind == MH_ACT_ADD_IDENTITY && column != NULL)
		(void) count_with(review, relation, NULL, action->sequence,
						  type_of_options(review, relation, action->sequence,
										  mh_is_integer(column->type) ? column->type : 0));
	if (action->kind != MH_ACT_SET_IDENTITY || column == NULL || column->identity == '\0')
		return;
	sequence = mh_model_identity(&review->model, relation, action->name);
	if (sequence == NULL || action->sequence->type != NULL)
		mh_not_known(review, relation, "the options of the sequence are not judged");
	else
		(void) count_with(review, relation, &sequence->count, action->sequence,
						  sequence->count.type);
}

/* ---------- statements ---------- */

void
mh_judge_create_sequence(MhReview *review, const MhReviewStatement *statement)
{
	const char *schema;
	MhModelRelation *sequence;
	MhModelCount count;
	bool is_taken;

	if (statement->exists_ok)
	{
		schema = mh_schema_for(review, &statement->name);
		if (schema == NULL || mh_model_in(&review->model, schema, statement->name.name) != NULL)
			return;
	}
	count = count_with(review, NULL, NULL, statement->sequence,
					   type_of_options(review, NULL, statement->sequence, MH_TYPE_INT8));
	schema = mh_schema_for(review, &statement->name);
	if (schema == NULL)
		return;
	if (mh_model_in(&review->model, schema, statement->name.name) != NULL)
	{
		mh_duplicate(review, statement, statement->name.name);
		return;
	}
	sequence = mh_begin_relation(review, schema, statement->name.name, 'S', statement, &is_taken);
	sequence->count = count;
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
	sequence->count =
		count_with(review, NULL, &sequence->count, statement->sequence,
				   type_of_options(review, NULL, statement->sequence, sequence->count.type));
	if (statement->has_owner)
		own(review, sequence, statement);
}
