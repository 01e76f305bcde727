/*-------------------------------------------------------------------------
 *
 * selected.c
 *	  Rows that INSERT ... SELECT and CREATE TABLE ... AS write.
 *
 * The rows of the query are asked about as those of a table of their own: whether they can be computed,
 * and pass NOT NULL and checks.  Then they are rows of the target, which says whether keys are unique, and
 * foreign keys have their rows.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Each is a query over all rows. */
#define MOST_ASKED 50

typedef struct Selecting
{
	MhReview *review;
	MhModelRelation *relation;
	const MhReviewStatement *statement;
	const MhReviewQueryAnswer *answer;
	MhModelRelation added;   /* the rows alone */
	MhReviewValue *values;   /* of the columns of the relation */
	MhReviewValue *computed; /* of generated columns, from the others */
	bool *is_computed;
	bool *is_given;
	int asked;
	/* rows are refused one after the other: the first refusal is known only if all are the same */
	const char *sqlstate;
	const char *refusal;
	const char *doubt;
} Selecting;

static void
doubt(Selecting *selecting, const char *why)
{
	if (selecting->doubt == NULL)
		selecting->doubt = why;
}

static void
refuse(Selecting *selecting, const char *sqlstate, const char *why)
{
	if (selecting->sqlstate != NULL && strcmp(selecting->sqlstate, sqlstate) != 0)
		doubt(selecting, "rows are refused for more than one reason, and their order decides");
	selecting->sqlstate = sqlstate;
	selecting->refusal = why;
}

/* What is asked of the rows. */
typedef struct Rule
{
	const char *sqlstate;
	const char *kept; /* in words, after the subject */
	const char *broken;
} Rule;

static const Rule computed_rule = {"22000", "can be computed", "fails"};
static const Rule not_null_rule = {MH_PG_NOT_NULL, "gets a value", "gets NULL"};
static const Rule check_rule = {MH_PG_CHECK, "is satisfied", "is violated"};
static const Rule unique_rule = {MH_PG_UNIQUE, "is satisfied", "is violated"};
static const Rule exclusion_rule = {"23P01", "is satisfied", "is violated"};
static const Rule foreign_key_rule = {MH_PG_FOREIGN_KEY, "is satisfied", "is violated"};

static void
note(Selecting *selecting, MhReviewAnswer answer, const Rule *rule, const char *subject)
{
	if (answer.passes == MH_TRUTH_NO)
		refuse(selecting, answer.sqlstate != NULL ? answer.sqlstate : rule->sqlstate,
			   answer.detail == NULL ? psprintf("%s %s", subject, rule->broken)
									 : psprintf("%s %s: %s", subject, rule->broken, answer.detail));
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		doubt(selecting, psprintf("the rows decide whether %s %s", subject, rule->kept));
}

static MhReviewAnswer
ask(Selecting *selecting, MhReviewQuestion *question)
{
	if (++selecting->asked > MOST_ASKED)
		return (MhReviewAnswer){MH_TRUTH_UNKNOWN};
	return mh_ask_after(selecting->review, question);
}

/* Returns whether it is clear how the statement ends. */
static bool
tell(Selecting *selecting)
{
	if (selecting->doubt != NULL)
		mh_not_known_late(selecting->review, selecting->relation, "%s", selecting->doubt);
	else if (selecting->sqlstate != NULL)
		mh_fails_late(selecting->review, selecting->relation, selecting->sqlstate, "%s",
					  selecting->refusal);
	return selecting->doubt != NULL || selecting->sqlstate != NULL;
}

/* ---------- the rows alone ---------- */

static void
begin_added(Selecting *selecting)
{
	MhModelRelation *added = &selecting->added;
	const MhModelRelation *relation = selecting->relation;

	*added = *relation;
	added->is_empty = true;
	added->is_lost = false;
	added->doubts = selecting->review->model.doubts;
	added->layers = NULL;
	added->n_layers = added->n_added = 0;
	added->columns = palloc(Max(relation->n_columns, 1) * sizeof(MhModelColumn));
	memcpy(added->columns, relation->columns, relation->n_columns * sizeof(MhModelColumn));
	for (int i = 0; i < added->n_columns; i++)
		added->columns[i].is_lost = false;
}

static void
give_value(Selecting *selecting, int column, int number)
{
	if (number >= selecting->answer->rows->n_values)
		return;
	selecting->values[column] = selecting->answer->rows->values[number];
	selecting->is_given[column] = true;
	selecting->relation->columns[column].has_given_values = true;
}

/* What each column gets. */
static void
find_values(Selecting *selecting)
{
	MhModelRelation *relation = selecting->relation;
	const MhStrings *names = &selecting->statement->columns;
	int number = 0;

	selecting->values = palloc0(Max(relation->n_columns, 1) * sizeof(MhReviewValue));
	selecting->computed = palloc0(Max(relation->n_columns, 1) * sizeof(MhReviewValue));
	selecting->is_given = palloc0(Max(relation->n_columns, 1) * sizeof(bool));
	selecting->is_computed = palloc0(Max(relation->n_columns, 1) * sizeof(bool));
	for (int i = 0; names->n == 0 && i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone)
			give_value(selecting, i, number++);
	for (int i = 0; i < names->n; i++)
		give_value(selecting, (int) (mh_model_column(relation, names->v[i]) - relation->columns),
				   i);
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && !selecting->is_given[i])
			selecting->values[i] =
				mh_default_of(selecting->review, relation, &relation->columns[i])->value;
}

static MhReviewQuestion
question_of(Selecting *selecting, MhReviewQuestionKind kind, const MhStrings *columns)
{
	MhReviewQuestion question = {kind, &selecting->added};

	for (int i = 0; columns != NULL && i < columns->n; i++)
		mh_strings_push(&question.columns, columns->v[i]);
	return question;
}

static void
judge_computing(Selecting *selecting)
{
	MhReviewQuestion question = question_of(selecting, MH_ASK_LAYERS, NULL);

	MhReviewAnswer computed = {MH_TRUTH_YES};

	if (!selecting->answer->cannot_fail)
		computed = ask(selecting, &question);
	if (computed.passes == MH_TRUTH_NO && !selecting->answer->rows->fails_surely)
		computed.passes = MH_TRUTH_UNKNOWN;
	note(selecting, computed, &computed_rule, "a value of the query");
}

/* Whether the value is computed from others that are not known. */
static bool
names_lost(const Selecting *selecting, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(selecting->relation, columns->v[i]);

		if (column == NULL || column->is_lost ||
			selecting->added.columns[column - selecting->relation->columns].is_lost)
			return true;
	}
	return false;
}

static bool
writes_one_of(const Selecting *selecting, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
		if (mh_strings_contain(&selecting->statement->columns, columns->v[i]))
			return true;
	return selecting->statement->kind == MH_REVIEW_INSERT;
}

/* Generated columns are computed from the others. */
static void
compute_columns(Selecting *selecting)
{
	MhReview *review = selecting->review;
	MhReviewValue *values = palloc0(Max(selecting->added.n_columns, 1) * sizeof(MhReviewValue));
	MhReviewWritten row = {.relation = &selecting->added, .values = values, .is_update = true};

	for (int i = 0; i < selecting->added.n_columns; i++)
		values[i].is_unknown = selecting->added.columns[i].is_lost;
	for (int i = 0; i < selecting->added.n_columns; i++)
	{
		const MhModelColumn *column = &selecting->added.columns[i];
		MhReviewComputed computed = {{MH_TRUTH_UNKNOWN}};
		MhReviewQuestion question = question_of(selecting, MH_ASK_COMPUTED, NULL);

		if (column->is_gone || column->generated == '\0')
			continue;
		if (column->generated == 's')
			review->world->computed(review->world->arg, &row, column, &computed);
		selecting->is_computed[i] =
			computed.answer.passes != MH_TRUTH_YES || writes_one_of(selecting, &computed.inputs);
		if (!selecting->is_computed[i])
			continue;
		for (int k = 0; k < computed.columns.n; k++)
			mh_strings_push(&question.columns, computed.columns.v[k]);
		question.values = &computed.value;
		question.wants_value = column->not_null;
		if (computed.answer.passes != MH_TRUTH_YES)
			doubt(selecting, psprintf("whether column %s can be computed",
									  mh_review_quote(review, column->name)));
		else if (!computed.is_simple || (column->not_null && !computed.is_not_null))
			note(selecting, ask(selecting, &question), &computed_rule,
				 psprintf("column %s", mh_review_quote(review, column->name)));
		if (computed.answer.passes == MH_TRUTH_YES && !names_lost(selecting, &computed.columns))
			selecting->computed[i] = computed.value;
		mh_note_layer_value(&selecting->added, i, &selecting->computed[i]);
	}
}

static void
judge_not_null(Selecting *selecting, int column)
{
	const MhModelColumn *found = &selecting->added.columns[column];
	const MhReviewValue *value = &selecting->values[column];
	MhStrings name = {0, NULL};
	MhReviewQuestion question;
	char *subject = psprintf("column %s", mh_review_quote(selecting->review, found->name));

	mh_strings_push(&name, found->name);
	question =
		question_of(selecting, selecting->is_given[column] ? MH_ASK_NOT_NULL : MH_ASK_EMPTY, &name);
	if (!selecting->is_given[column] && found->known_default->is_never_null)
		return;
	if (!selecting->is_given[column] && !value->is_null)
		note(selecting, (MhReviewAnswer){MH_TRUTH_UNKNOWN}, &not_null_rule, subject);
	else
		note(selecting, ask(selecting, &question), &not_null_rule, subject);
}

static void
judge_columns(Selecting *selecting)
{
	for (int i = 0; i < selecting->added.n_columns; i++)
	{
		const MhModelColumn *column = &selecting->added.columns[i];

		MH_CHECK_INTERRUPTS();
		if (column->is_gone || column->generated != '\0')
			continue;
		if (!selecting->is_given[i] && column->known_default->can_fail)
			doubt(selecting, psprintf("whether the default of column %s is accepted",
									  mh_review_quote(selecting->review, column->name)));
		if (column->not_null)
			judge_not_null(selecting, i);
	}
}

static void
judge_checks(Selecting *selecting)
{
	for (int i = 0; i < selecting->added.n_constraints; i++)
	{
		const MhModelConstraint *check = &selecting->added.constraints[i];
		MhReviewQuestion question;

		if (check->is_gone || check->type != 'c')
			continue;
		question = question_of(selecting, MH_ASK_EXISTING, &check->columns);
		question.name = check->name;
		note(selecting, ask(selecting, &question), &check_rule,
			 psprintf("check constraint %s", mh_review_quote(selecting->review, check->name)));
	}
}

/* ---------- together with those that are there ---------- */

/* Whether a column of the key gets numbers of a sequence, and never got others. */
static bool
is_counted(Selecting *selecting, const MhModelRelation *index)
{
	for (int i = 0; i < index->index_columns.n; i++)
	{
		MhModelColumn *column = mh_model_column(selecting->relation, index->index_columns.v[i]);

		if (column != NULL && !selecting->is_given[column - selecting->relation->columns] &&
			column->known_default != NULL && column->known_default->is_counted &&
			!column->has_given_values && !column->is_touched &&
			mh_counts_past(selecting->review, selecting->relation, column))
			return true;
	}
	return false;
}

/* Whether the statement writes one of the columns, or what may be computed from them. */
static bool
is_written(const Selecting *selecting, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(selecting->relation, columns->v[i]);

		if (column == NULL || column->generated != '\0' ||
			mh_strings_contain(&selecting->statement->columns, columns->v[i]))
			return true;
	}
	return columns->n == 0 || selecting->statement->kind == MH_REVIEW_INSERT;
}

static void
judge_key(Selecting *selecting, const MhModelRelation *index)
{
	MhReviewQuestion question = question_of(selecting, MH_ASK_UNIQUE, &index->index_columns);
	const char *subject = mh_review_quote(selecting->review, index->name);

	if (!index->is_unique && (!index->is_partial || mh_is_harmless_index(selecting->review, index)))
		return;
	question.relation = selecting->relation;
	question.nulls_not_distinct = index->nulls_not_distinct;
	if (index->is_partial || !index->is_usual || index->is_invalid)
		note(selecting, (MhReviewAnswer){MH_TRUTH_UNKNOWN}, &unique_rule, subject);
	else if (!is_counted(selecting, index))
		note(selecting, ask(selecting, &question), &unique_rule, subject);
}

static void
judge_keys(Selecting *selecting)
{
	const MhModelRelation *relation = selecting->relation;

	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index =
			mh_model_by_id(&selecting->review->model, relation->indexes[i]);

		if (index != NULL && (index->is_immediate || index->constraint == NULL))
			judge_key(selecting, index);
	}
	for (int i = 0; i < relation->n_constraints; i++)
		if (relation->constraints[i].type == 'x' && !relation->constraints[i].is_gone)
			note(selecting, (MhReviewAnswer){MH_TRUTH_UNKNOWN}, &exclusion_rule,
				 mh_review_quote(selecting->review, relation->constraints[i].name));
}

/* UPDATE looks only at rows whose keys it changes. */
static void
note_reference(Selecting *selecting, const MhModelConstraint *key, MhReviewAnswer answer,
			   const char *subject)
{
	if (answer.passes == MH_TRUTH_NO && !key->is_valid &&
		selecting->statement->kind == MH_REVIEW_UPDATE)
		answer.passes = MH_TRUTH_UNKNOWN;
	note(selecting, answer, &foreign_key_rule, subject);
}

static void
judge_references(Selecting *selecting)
{
	MhReview *review = selecting->review;

	for (int i = 0; i < selecting->added.n_constraints; i++)
	{
		const MhModelConstraint *key = &selecting->added.constraints[i];
		MhReviewQuestion question;
		char *subject;

		if (key->is_gone || key->type != 'f' || key->is_deferred ||
			(key->is_deferrable && review->defers_all) || !is_written(selecting, &key->columns))
			continue;
		question = question_of(selecting, MH_ASK_FOREIGN_KEY, &key->columns);
		question.partner = mh_model_by_id(&review->model, key->partner);
		/* whether it is MATCH FULL is not known here */
		question.is_full = key->columns.n > 1;
		for (int k = 0; k < key->partner_columns.n; k++)
			mh_strings_push(&question.partner_columns, key->partner_columns.v[k]);
		subject = psprintf("foreign key %s", mh_review_quote(review, key->name));
		if (question.partner == NULL || key->partner_columns.n != key->columns.n)
			note(selecting, (MhReviewAnswer){MH_TRUTH_UNKNOWN}, &foreign_key_rule, subject);
		else
			note_reference(selecting, key, ask(selecting, &question), subject);
	}
}

/* ---------- statements ---------- */

bool
mh_may_follow_rows(const MhReview *review, const MhModelRelation *relation)
{
	return relation->kind == 'r' && !relation->is_partition && !relation->is_opaque &&
		   !review->is_replaying && review->world->check_data && !review->model.is_tainted &&
		   !review->model.are_rows_unknown;
}

/* The relation gets the layers that the rows alone have. */
static void
note_layers(Selecting *selecting)
{
	MhModelRelation *relation = selecting->relation;

	mh_note_layer_query(relation, selecting->answer->rows, selecting->values);
	for (int i = 0; i < relation->n_columns; i++)
		if (selecting->is_computed[i])
			mh_note_layer_value(relation, i, &selecting->computed[i]);
}

void
mh_judge_rows_selected(MhReview *review, MhModelRelation *relation,
					   const MhReviewStatement *statement, const MhReviewQueryAnswer *answer)
{
	Selecting selecting = {review, relation, statement, answer};

	find_values(&selecting);
	begin_added(&selecting);
	mh_note_layer_query(&selecting.added, answer->rows, selecting.values);
	judge_computing(&selecting);
	judge_columns(&selecting);
	compute_columns(&selecting);
	judge_checks(&selecting);
	note_layers(&selecting);
	judge_keys(&selecting);
	relation->change = NULL;
	relation->change_round = review->round;
	if (!tell(&selecting))
	{
		judge_references(&selecting);
		(void) tell(&selecting);
	}
	mh_forget_keys(review, relation, true);
}

/* ---------- UPDATE and DELETE ---------- */

/* A key is checked as soon as its row is written, when some others are still as they were. */
static void
judge_changed_key(Selecting *selecting, const MhModelRelation *index, const MhModelRelation *before)
{
	MhReviewQuestion question = question_of(selecting, MH_ASK_REFERRED, &index->index_columns);
	MhReviewAnswer answer;

	judge_key(selecting, index);
	if (!index->is_unique || selecting->sqlstate != NULL)
		return;
	question.partner = before;
	for (int i = 0; i < index->index_columns.n; i++)
		mh_strings_push(&question.partner_columns, index->index_columns.v[i]);
	answer = ask(selecting, &question);
	if (answer.passes != MH_TRUTH_YES)
		doubt(selecting, "a row may get the key that another one has before");
}

static void
judge_changed_keys(Selecting *selecting, const MhModelRelation *before)
{
	const MhModelRelation *relation = selecting->relation;

	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index =
			mh_model_by_id(&selecting->review->model, relation->indexes[i]);

		if (index != NULL && (index->is_immediate || index->constraint == NULL) &&
			(index->is_invalid ||
			 is_written(selecting,
						index->constraint != NULL ? &index->index_columns : &index->used_columns)))
			judge_changed_key(selecting, index, before);
	}
	for (int i = 0; i < relation->n_constraints; i++)
		if (relation->constraints[i].type == 'x' && !relation->constraints[i].is_gone &&
			is_written(selecting, &relation->constraints[i].columns))
			doubt(selecting, "the rows decide whether an exclusion constraint is satisfied");
}

static void
judge_update(Selecting *selecting, const MhModelRows *changed)
{
	MhModelRelation before;

	begin_added(selecting);
	before = selecting->added;
	before.is_empty = selecting->relation->is_empty;
	before.n_layers = selecting->relation->n_layers;
	before.layers = palloc(Max(before.n_layers, 1) * sizeof(MhModelLayer));
	if (before.n_layers > 0)
		memcpy(before.layers, selecting->relation->layers, before.n_layers * sizeof(MhModelLayer));
	mh_note_layer_query(&selecting->added, changed, changed->values);
	judge_computing(selecting);
	for (int i = 0; i < selecting->added.n_columns; i++)
	{
		const MhModelColumn *column = &selecting->added.columns[i];

		selecting->is_given[i] = true;
		if (!column->is_gone && column->not_null && column->generated == '\0' &&
			mh_strings_contain(&selecting->statement->columns, column->name))
			judge_not_null(selecting, i);
	}
	compute_columns(selecting);
	judge_checks(selecting);
	note_layers(selecting);
	judge_changed_keys(selecting, &before);
	if (!tell(selecting))
	{
		judge_references(selecting);
		(void) tell(selecting);
	}
}

static void
judge_delete(Selecting *selecting, const MhModelRows *changed)
{
	MhReviewQuestion question = {MH_ASK_LAYERS, selecting->relation};

	begin_added(selecting);
	mh_note_layer_query(&selecting->added, changed, changed->values);
	note_layers(selecting);
	if (!selecting->answer->cannot_fail && ask(selecting, &question).passes != MH_TRUTH_YES)
		doubt(selecting, "what the query computes decides");
	if (!tell(selecting))
		mh_judge_referrers_left(selecting->review, selecting->relation, &selecting->added);
}

void
mh_judge_rows_changed(MhReview *review, MhModelRelation *relation,
					  const MhReviewStatement *statement, const MhReviewQueryAnswer *answer)
{
	Selecting selecting = {review, relation, statement, answer};
	MhModelRows changed = *answer->rows;
	int n = Max(relation->n_columns, 1);

	changed.sql = changed.changed;
	relation->noted_round = review->round;
	selecting.values = answer->rows->values;
	selecting.computed = palloc0(n * sizeof(MhReviewValue));
	selecting.is_computed = palloc0(n * sizeof(bool));
	selecting.is_given = palloc0(n * sizeof(bool));
	if (statement->kind == MH_REVIEW_UPDATE)
		judge_update(&selecting, &changed);
	else
		judge_delete(&selecting, &changed);
}

/* ---------- CREATE TABLE AS ---------- */

void
mh_judge_rows_of_table_as(MhReview *review, MhModelRelation *relation,
						  const MhReviewQueryAnswer *answer)
{
	MhReviewQuestion question = {MH_ASK_LAYERS, relation};
	MhReviewAnswer computed;

	relation->is_empty = true;
	for (int i = 0; i < relation->n_columns; i++)
		relation->columns[i].is_touched = true;
	mh_note_layer_query(relation, answer->rows, answer->rows->values);
	if (answer->cannot_fail)
		return;
	computed = mh_ask_after(review, &question);
	if (computed.passes == MH_TRUTH_NO && answer->rows->fails_surely)
		mh_fails_late(review, NULL, computed.sqlstate, "the query fails: %s", computed.detail);
	else if (computed.passes != MH_TRUTH_YES)
		mh_not_known_late(review, NULL, "what the query computes decides");
}
