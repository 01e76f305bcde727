/*-------------------------------------------------------------------------
 *
 * written.c
 *	  Rows that INSERT and UPDATE write, against NOT NULL, checks and keys.
 *
 * Of a value that is constant much can be told without the rows.  Keys that the script itself wrote
 * are remembered with their index.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Checks and indexes of a table that are looked at for each row, so that time grows with the script. */
#define MOST_LOOKED_AT 50

/* Rows that are looked for by their keys in what the script changes, all in all. */
#define MOST_KEYS_ASKED 1000

static bool
is_decided(const MhReview *review)
{
	return review->late_sqlstate != NULL || review->late_not_known != NULL ||
		   review->not_known != NULL || mh_has_failed(review);
}

static void
doubt(MhReview *review, const MhModelRelation *relation, const char *name)
{
	mh_not_known_late(review, relation, "the rows decide whether %s is satisfied",
					  mh_review_quote(review, name));
}

/* ---------- values ---------- */

static void
read_made_default(MhReview *review, const MhModelRelation *relation, const MhModelColumn *column,
				  MhReviewDefault *known)
{
	const MhReviewExpression *expression = column->made_default;
	MhReviewExpressionAnswer answer = {{MH_TRUTH_UNKNOWN}};

	if (mh_changed_code(review, &expression->code, &expression->texts) == NULL)
		review->world->expression(review->world->arg, expression, MH_USE_DEFAULT, relation, column,
								  &answer);
	known->can_fail = answer.answer.passes != MH_TRUTH_YES || !answer.is_simple;
	if (answer.answer.passes != MH_TRUTH_YES)
		return;
	known->value = answer.value;
	known->is_never_null = answer.is_not_null && answer.is_simple;
}

/* A domain may have a default of its own, or refuse NULL. */
static bool
may_be_domain(MhReview *review, const MhModelColumn *column)
{
	const MhModelType *type = mh_model_type_with_id(&review->model, column->type);

	return column->is_domain || (type != NULL && type->kind == 'd');
}

const MhReviewDefault *
mh_default_of(MhReview *review, const MhModelRelation *relation, MhModelColumn *column)
{
	MhReviewDefault *known = column->known_default;

	if (known != NULL)
		return known;
	known = column->known_default = palloc0(sizeof(MhReviewDefault));
	if (column->is_counted || column->identity != '\0')
		known->is_counted = known->is_never_null = true;
	else if (column->generated == '\0' && !column->has_default &&
			 (column->live_name == NULL || column->is_retyped) && !may_be_domain(review, column))
		known->value = (MhReviewValue){.is_constant = true, .is_null = true};
	else if (column->made_default != NULL)
		read_made_default(review, relation, column, known);
	else if ((column->has_live_default || !column->has_default) && column->live_name != NULL &&
			 !column->is_retyped && relation->live_name != NULL && column->generated == '\0')
		review->world->live_default(review->world->arg, relation, column, known);
	else
		known->can_fail = column->generated == '\0';
	if (known->is_counted && column->identity == '\0' &&
		mh_has_right(review, relation, MH_RIGHT_OWNER) != MH_TRUTH_YES)
		known->is_counted = known->is_never_null = false;
	if (known->value.node == NULL && !known->value.is_null)
		known->value.is_unknown = true;
	return known;
}

static bool
is_touched(const MhReviewStatement *statement, const MhModelRelation *relation,
		   const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		if (mh_strings_contain(&statement->columns, columns->v[i]) ||
			(column != NULL && column->generated != '\0'))
			return true;
	}
	return columns->n == 0;
}

static const MhReviewValue *
value_of(const MhReviewWritten *row, const char *column)
{
	const MhModelColumn *found = mh_model_column(row->relation, column);

	return found == NULL ? NULL : &row->values[found - row->relation->columns];
}

/* ---------- values that all rows have ---------- */

const MhReviewValue *
mh_fill_of(const MhModelRelation *relation, const MhModelColumn *column)
{
	return column->has_fill && column->fill_inserts == relation->inserts ? &column->fill : NULL;
}

void
mh_fill(const MhReview *review, const MhModelRelation *relation, MhModelColumn *column,
		const MhReviewValue *value)
{
	column->has_fill = value->is_constant && !value->is_unknown;
	column->fill = *value;
	column->fill_inserts = relation->inserts;
	column->fill_round = review->round;
}

/* ---------- checks ---------- */

static void
judge_check(MhReview *review, const MhReviewWritten *row, const MhModelConstraint *check)
{
	MhReviewQuestion question = {MH_ASK_OTHER, row->relation};
	MhReviewAnswer answer;

	if (review->is_replaying)
		return;
	answer = review->world->passes_check(review->world->arg, row, check, &question);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails_late(review, row->relation, answer.sqlstate, "a row violates check constraint %s",
					  mh_review_quote(review, check->name));
	else if (answer.passes == MH_TRUTH_UNKNOWN && question.kind == MH_ASK_NO_ROW)
		mh_ask_rows(
			review, row->relation, &question, MH_PG_CHECK,
			psprintf("rows violate check constraint %s", mh_review_quote(review, check->name)));
	else if (answer.passes == MH_TRUTH_UNKNOWN)
		doubt(review, row->relation, check->name);
}

static void
judge_checks(MhReview *review, const MhReviewWritten *row, const MhReviewStatement *statement)
{
	int looked_at = 0;

	for (int i = 0; i < row->relation->n_constraints && !is_decided(review); i++)
	{
		const MhModelConstraint *check = &row->relation->constraints[i];

		/* all checks see each row, also those that old rows violate */
		if (check->is_gone || check->type != 'c' ||
			(row->is_update && check->is_valid &&
			 !is_touched(statement, row->relation, &check->columns)))
			continue;
		if (++looked_at > MOST_LOOKED_AT)
			doubt(review, row->relation, check->name);
		else
			judge_check(review, row, check);
	}
}

bool
mh_judge_filled_check(MhReview *review, MhModelRelation *relation, const MhModelConstraint *check,
					  const MhStrings *columns)
{
	MhReviewValue *values;
	MhReviewWritten row = {.relation = relation, .is_update = true};
	bool is_filled = false;

	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		is_filled |= column != NULL && mh_fill_of(relation, column) != NULL;
	}
	if (!is_filled || mh_is_empty(review, relation))
		return false;
	values = palloc0(relation->n_columns * sizeof(MhReviewValue));
	row.values = values;
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];
		const MhReviewValue *fill = mh_fill_of(relation, column);

		if (fill != NULL)
			values[i] = *fill;
		else
			values[i].is_unknown = column->live_name == NULL || column->is_touched;
	}
	judge_check(review, &row, check);
	return true;
}

/* ---------- keys ---------- */

static bool
is_deferred(const MhReview *review, const MhModelRelation *index)
{
	return !index->is_immediate && index->constraint != NULL;
}

/* The key as a text; NULL: a value is not known, or *has_null. */
static char *
key_text(const MhReviewWritten *row, const MhStrings *columns, bool *has_null)
{
	StringInfoData text;
	bool is_known = true;

	initStringInfo(&text);
	*has_null = false;
	for (int i = 0; i < columns->n; i++)
	{
		const MhReviewValue *value = value_of(row, columns->v[i]);

		if (value == NULL || (!value->is_null && value->text == NULL))
			is_known = false;
		else if (value->is_null)
			*has_null = true;
		else
			appendStringInfo(&text, "%zu:%s", strlen(value->text), value->text);
	}
	return is_known && !*has_null && columns->n > 0 ? text.data : NULL;
}

static bool
has_touched_column(const MhModelRelation *relation, const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		if (column == NULL || column->is_touched)
			return true;
	}
	return false;
}

static const MhReviewValue *
values_of(const MhReviewWritten *row, const MhStrings *columns)
{
	MhReviewValue *values = palloc(columns->n * sizeof(MhReviewValue));

	for (int i = 0; i < columns->n; i++)
		values[i] = *value_of(row, columns->v[i]);
	return values;
}

/* Whether a row has the key already. */
static MhReviewTruth
find_key(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index,
		 const char *key)
{
	const MhModelRelation *relation = row->relation;

	if (has_touched_column(relation, &index->index_columns))
		return MH_TRUTH_UNKNOWN;
	if (mh_names_have(&index->written, key))
		return relation->has_deleted ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;
	if (index->has_unseen_written)
		return mh_find_key(review, relation, &index->index_columns,
						   values_of(row, &index->index_columns)) == MH_TRUTH_YES
				   ? MH_TRUTH_YES
				   : MH_TRUTH_UNKNOWN;
	return mh_find_key(review, relation, &index->index_columns,
					   values_of(row, &index->index_columns));
}

/* The same, of the rows as the script leaves them. */
static MhReviewTruth
find_key_after(MhReview *review, const MhReviewWritten *row, const MhModelRelation *relation,
			   const MhStrings *columns, const MhStrings *own)
{
	MhReviewQuestion question = {MH_ASK_KEY, relation};
	MhReviewValue *values = palloc(Max(columns->n, 1) * sizeof(MhReviewValue));
	MhReviewAnswer answer;

	for (int i = 0; i < columns->n; i++)
	{
		const MhReviewValue *value = value_of(row, own->v[i]);

		if (value == NULL || value->is_unknown || value->node == NULL || value->is_null)
			return MH_TRUTH_UNKNOWN;
		values[i] = *value;
		mh_strings_push(&question.columns, columns->v[i]);
	}
	question.values = values;
	if (columns->n == 0 || row->is_update || review->keys_asked++ >= MOST_KEYS_ASKED)
		return MH_TRUTH_UNKNOWN;
	answer = mh_ask_after(review, &question);
	return answer.passes == MH_TRUTH_YES  ? MH_TRUTH_NO
		   : answer.passes == MH_TRUTH_NO ? MH_TRUTH_YES
										  : MH_TRUTH_UNKNOWN;
}

/* Whether a column of the key gets numbers of a sequence, and never got others. */
static bool
is_counted(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	for (int i = 0; i < index->index_columns.n; i++)
	{
		MhModelColumn *column = mh_model_column(row->relation, index->index_columns.v[i]);
		const MhReviewValue *value = value_of(row, index->index_columns.v[i]);

		if (column != NULL && value->is_unknown && column->known_default != NULL &&
			column->known_default->is_counted && !column->has_given_values && !column->is_touched &&
			mh_counts_past(review, row->relation, column))
			return true;
	}
	return false;
}

bool
mh_is_harmless_index(MhReview *review, const MhModelRelation *index)
{
	if (index->live_name != NULL)
		return review->world->index_cannot_fail(review->world->arg, index);
	return index->cannot_fail;
}

static void
judge_key(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	bool has_null;
	const char *key = key_text(row, &index->index_columns, &has_null);
	MhReviewTruth found = MH_TRUTH_UNKNOWN;

	if (index->is_partial && !index->is_unique && mh_is_harmless_index(review, index))
		return;
	if (index->is_partial || !index->is_usual || index->is_invalid ||
		(has_null && index->nulls_not_distinct))
	{
		if (index->is_partial || index->is_unique)
			doubt(review, row->relation, index->name);
		return;
	}
	if (!index->is_unique || has_null || is_counted(review, row, index))
		return;
	if (key != NULL)
		found = find_key(review, row, index, key);
	if (found == MH_TRUTH_UNKNOWN)
		found = find_key_after(review, row, row->relation, &index->index_columns,
							   &index->index_columns);
	if (found == MH_TRUTH_YES)
		mh_fails_late(review, row->relation, MH_PG_UNIQUE, "a row has this key of %s already",
					  mh_review_quote(review, index->name));
	else if (found == MH_TRUTH_UNKNOWN)
		doubt(review, row->relation, index->name);
}

static void
judge_keys(MhReview *review, const MhReviewWritten *row)
{
	int looked_at = 0;

	for (int i = 0; i < row->relation->n_indexes && !is_decided(review); i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, row->relation->indexes[i]);

		if (index == NULL || is_deferred(review, index))
			continue;
		if (++looked_at > MOST_LOOKED_AT)
			doubt(review, row->relation, index->name);
		else
			judge_key(review, row, index);
	}
	for (int i = 0; i < row->relation->n_constraints && !is_decided(review); i++)
		if (row->relation->constraints[i].type == 'x' && !row->relation->constraints[i].is_gone &&
			!mh_is_empty(review, row->relation))
			doubt(review, row->relation, row->relation->constraints[i].name);
}

/* Remembers the keys of a row that is inserted. */
static void
note_keys(MhReview *review, const MhReviewWritten *row)
{
	for (int i = 0; i < row->relation->n_indexes && i < MOST_LOOKED_AT; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, row->relation->indexes[i]);
		bool has_null;
		const char *key;

		if (index == NULL || !index->is_unique || index->is_partial)
			continue;
		key = key_text(row, &index->index_columns, &has_null);
		if (key != NULL)
			mh_names_add(&index->written, key);
		else if (!has_null)
			index->has_unseen_written = true;
	}
}

void
mh_forget_keys(MhReview *review, MhModelRelation *relation, bool are_unseen)
{
	for (int i = 0; i < relation->n_indexes; i++)
	{
		MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL)
			continue;
		index->has_unseen_written = are_unseen;
		if (!are_unseen)
			mh_names_clear(&index->written);
	}
	/* rows of a partitioned table are in its partitions */
	if (are_unseen && relation->kind == 'p' && relation->n_children > MOST_LOOKED_AT)
	{
		mh_doubt_rows(review);
		return;
	}
	for (int i = 0; are_unseen && relation->kind == 'p' && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && !mh_is_too_deep(review))
			mh_forget_keys(review, child, true);
	}
}

/* ---------- foreign keys ---------- */

static bool
have_same_types(const MhModelRelation *relation, const MhStrings *columns,
				const MhModelRelation *partner, const MhStrings *partner_columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *one = mh_model_column(relation, columns->v[i]);
		const MhModelColumn *other = mh_model_column(partner, partner_columns->v[i]);

		if (one == NULL || other == NULL ||
			(one->type != other->type && !(mh_is_integer(one->type) && mh_is_integer(other->type))))
			return false;
	}
	return true;
}

/* Whether the row is there to which the key refers. */
static MhReviewTruth
find_partner(MhReview *review, const MhReviewWritten *row, const MhModelConstraint *key,
			 const MhModelRelation *partner, const char *text)
{
	const MhModelRelation *index = mh_model_by_id(&review->model, key->index);
	MhReviewTruth found;

	if (index == NULL || strchr("r", partner->kind) == NULL ||
		!mh_strings_equal(&index->index_columns, &key->partner_columns) ||
		has_touched_column(partner, &key->partner_columns) ||
		!have_same_types(row->relation, &key->columns, partner, &key->partner_columns))
		return MH_TRUTH_UNKNOWN;
	if (mh_names_have(&index->written, text))
		return partner->has_deleted ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;
	found = mh_find_key(review, partner, &key->partner_columns, values_of(row, &key->columns));
	return found == MH_TRUTH_NO && index->has_unseen_written ? MH_TRUTH_UNKNOWN : found;
}

static void
judge_reference(MhReview *review, const MhReviewWritten *row, const MhModelConstraint *key)
{
	const MhModelRelation *partner = mh_model_by_id(&review->model, key->partner);
	bool has_null;
	const char *text = key_text(row, &key->columns, &has_null);
	MhReviewTruth found = MH_TRUTH_UNKNOWN;

	/* MATCH FULL refuses a row that has some NULLs */
	if (has_null && key->columns.n == 1)
		return;
	if (text != NULL && partner != NULL && key->partner_columns.n == key->columns.n)
		found = find_partner(review, row, key, partner, text);
	if (found == MH_TRUTH_UNKNOWN && partner != NULL && partner != row->relation &&
		key->partner_columns.n == key->columns.n &&
		have_same_types(row->relation, &key->columns, partner, &key->partner_columns))
		found = find_key_after(review, row, partner, &key->partner_columns, &key->columns);
	if (found == MH_TRUTH_UNKNOWN || (found == MH_TRUTH_NO && row->is_update))
		doubt(review, row->relation, key->name);
	else if (found == MH_TRUTH_NO)
		mh_fails_late(review, row->relation, MH_PG_FOREIGN_KEY,
					  "%s has no row to which foreign key %s refers",
					  mh_model_name(review, partner), mh_review_quote(review, key->name));
}

static void
judge_references(MhReview *review, const MhReviewWritten *row, const MhReviewStatement *statement)
{
	for (int i = 0; i < row->relation->n_constraints && i < MOST_LOOKED_AT && !is_decided(review);
		 i++)
	{
		const MhModelConstraint *key = &row->relation->constraints[i];

		if (key->is_gone || key->type != 'f' || key->is_deferred ||
			(key->is_deferrable && review->defers_all) ||
			(row->is_update && !is_touched(statement, row->relation, &key->columns)))
			continue;
		judge_reference(review, row, key);
	}
	for (int i = MOST_LOOKED_AT; i < row->relation->n_constraints && !is_decided(review); i++)
		if (!row->relation->constraints[i].is_gone && row->relation->constraints[i].type == 'f')
			doubt(review, row->relation, row->relation->constraints[i].name);
}

/* ---------- INSERT ---------- */

typedef struct Inserting
{
	MhModelRelation *relation;
	const MhReviewStatement *statement;
	MhModelColumn **targets;
	int n_targets;
	MhReviewExpressionAnswer *answers; /* row after row */
	MhReviewValue *values;             /* of the row that is looked at */
	bool *is_given;
} Inserting;

static void
find_targets(Inserting *inserting)
{
	const MhReviewStatement *statement = inserting->statement;
	MhModelRelation *relation = inserting->relation;
	int n = statement->columns.n > 0 ? statement->columns.n : relation->n_columns;

	inserting->targets = palloc0(Max(n, 1) * sizeof(MhModelColumn *));
	for (int i = 0; i < n; i++)
		if (statement->columns.n > 0)
			inserting->targets[inserting->n_targets++] =
				mh_model_column(relation, statement->columns.v[i]);
		else if (!relation->columns[i].is_gone)
			inserting->targets[inserting->n_targets++] = &relation->columns[i];
}

static void
judge_number(MhReview *review, const Inserting *inserting)
{
	const MhReviewStatement *statement = inserting->statement;

	if (statement->n_expressions == 0)
		return;
	if (statement->n_expressions > inserting->n_targets && !inserting->relation->is_opaque)
		mh_fails(review, inserting->relation, MH_PG_SYNTAX, "there are more values than columns");
	else if (statement->columns.n > statement->n_expressions)
		mh_fails(review, inserting->relation, MH_PG_SYNTAX, "there are more columns than values");
}

static void
refuse_given_value(MhReview *review, const MhReviewStatement *statement,
				   const MhModelRelation *relation, const MhModelColumn *column)
{
	if (column->identity == 'a' && statement->is_overriding)
		return;
	mh_fails(review, relation, MH_PG_GENERATED, "column %s gets its values from the server",
			 mh_review_quote(review, column->name));
}

/* What fails before the first row is made. */
static void
analyse_values(MhReview *review, Inserting *inserting)
{
	const MhReviewStatement *statement = inserting->statement;
	int n = statement->n_expressions;

	inserting->answers = palloc0(Max(statement->rows * n, 1) * sizeof(MhReviewExpressionAnswer));
	for (int i = 0; i < statement->rows * n; i++)
	{
		MhModelColumn *column = i % n < inserting->n_targets ? inserting->targets[i % n] : NULL;
		const MhReviewExpression *expression = &statement->expressions[i];

		MH_CHECK_INTERRUPTS();
		if (column == NULL || expression->tree == NULL)
			continue;
		if (column->generated != '\0' || column->identity == 'a')
			refuse_given_value(review, statement, inserting->relation, column);
		mh_check_expression(review, NULL, column, expression, MH_USE_VALUE, &inserting->answers[i]);
	}
}

static void
fill_row(MhReview *review, Inserting *inserting, int row)
{
	const MhReviewStatement *statement = inserting->statement;
	MhModelRelation *relation = inserting->relation;

	for (int i = 0; i < relation->n_columns; i++)
	{
		inserting->is_given[i] = false;
		if (!relation->columns[i].is_gone)
			inserting->values[i] = mh_default_of(review, relation, &relation->columns[i])->value;
	}
	for (int i = 0; i < statement->n_expressions && i < inserting->n_targets; i++)
	{
		int at = row * statement->n_expressions + i;
		MhModelColumn *column = inserting->targets[i];
		MhReviewValue *value;

		if (column == NULL || statement->expressions[at].tree == NULL ||
			(statement->is_overriding_user && column->identity != '\0'))
			continue;
		value = &inserting->values[column - relation->columns];
		*value = inserting->answers[at].value;
		if (value->node == NULL && !value->is_null)
			value->is_unknown = true;
		inserting->is_given[column - relation->columns] = column->has_given_values = true;
	}
}

/* Generated columns of the row. */
static void
compute_row(MhReview *review, Inserting *inserting)
{
	MhReviewWritten row = {inserting->relation, inserting->values};

	for (int i = 0; i < inserting->relation->n_columns; i++)
	{
		const MhModelColumn *column = &inserting->relation->columns[i];
		MhReviewComputed computed = {{MH_TRUTH_UNKNOWN}};

		if (column->is_gone || column->generated == '\0')
			continue;
		inserting->values[i] = (MhReviewValue){.is_unknown = true};
		if (column->generated != 's')
			continue;
		review->world->computed(review->world->arg, &row, column, &computed);
		if (computed.answer.passes == MH_TRUTH_YES)
			inserting->values[i] = computed.value;
		if (computed.answer.passes == MH_TRUTH_NO)
			mh_fails_late(review, inserting->relation, computed.answer.sqlstate, "column %s: %s",
						  mh_review_quote(review, column->name), computed.answer.detail);
		else if (computed.answer.passes == MH_TRUTH_UNKNOWN ||
				 (!computed.is_simple && !computed.value.is_constant))
			mh_not_known_late(review, inserting->relation, "whether column %s can be computed",
							  mh_review_quote(review, column->name));
	}
}

static const MhReviewExpressionAnswer *
answer_of(const Inserting *inserting, int row, const MhModelColumn *column)
{
	for (int i = 0; i < inserting->statement->n_expressions && i < inserting->n_targets; i++)
		if (inserting->targets[i] == column)
			return &inserting->answers[row * inserting->statement->n_expressions + i];
	return NULL;
}

/* into: the relation that the row goes into, which may be a partition. */
static void
judge_not_null(MhReview *review, const Inserting *inserting, int row, const MhModelRelation *into)
{
	const MhModelRelation *relation = inserting->relation;

	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];
		const MhModelColumn *target;
		const char *name;

		if (column->is_gone)
			continue;
		target = into == relation ? column : mh_model_column(into, column->name);
		name = mh_review_quote(review, column->name);
		if (column->generated != '\0')
		{
			if (target != NULL && target->not_null && inserting->values[i].is_null)
				mh_fails_late(review, relation, MH_PG_NOT_NULL, "column %s gets NULL", name);
			else if (target != NULL && target->not_null && !inserting->values[i].is_constant)
				mh_not_known_late(review, relation, "whether column %s is NULL", name);
			continue;
		}
		if (!inserting->is_given[i] && column->known_default->can_fail)
			mh_not_known_late(review, relation, "whether the default of column %s is accepted",
							  name);
		if (target == NULL || !target->not_null)
			continue;
		if (inserting->values[i].is_null)
			mh_fails_late(review, relation, MH_PG_NOT_NULL, "column %s gets %s", name,
						  inserting->is_given[i] ? "NULL" : "no value");
		else if (inserting->is_given[i]
					 ? !answer_of(inserting, row, column)->is_not_null
					 : inserting->values[i].is_unknown && !column->known_default->is_never_null)
			mh_not_known_late(review, relation, "whether the value for column %s is accepted",
							  name);
	}
}

/* Values may fail to be computed. */
static void
judge_given(MhReview *review, const Inserting *inserting, int row)
{
	for (int i = 0; i < inserting->statement->n_expressions && i < inserting->n_targets; i++)
	{
		int at = row * inserting->statement->n_expressions + i;

		if (inserting->targets[i] != NULL && inserting->statement->expressions[at].tree != NULL &&
			!inserting->answers[at].is_simple)
			mh_not_known_late(review, inserting->relation,
							  "whether the value for column %s is accepted",
							  mh_review_quote(review, inserting->targets[i]->name));
	}
}

/* The row as it is written to a table; its relation is none if nobody knows which. */
static MhReviewWritten
written_row(MhReview *review, const Inserting *inserting, bool runs_code)
{
	MhReviewWritten written = {inserting->relation, inserting->values};

	if (is_decided(review) || runs_code)
		return written;
	if (written.relation->kind == 'p')
		mh_judge_bounds(review, &written, inserting->statement);
	if (is_decided(review) || !mh_route_row(review, &written))
		return written;
	if (written.relation != inserting->relation && (written.relation->code_events & MH_ON_INSERT))
		mh_not_known_late(review, written.relation, "triggers, rules or policies of the table run");
	else if (written.relation != inserting->relation && written.relation->kind != 'r')
		mh_not_known_late(review, written.relation, "what a change of %s does",
						  mh_model_name(review, written.relation));
	return written;
}

static void
judge_row(MhReview *review, Inserting *inserting, int row, MhReviewWritten *written)
{
	const MhReviewStatement *statement = inserting->statement;

	if (!is_decided(review))
		judge_not_null(review, inserting, row, written->relation);
	if (written->relation->kind != 'r')
		return;
	if (!is_decided(review))
		judge_checks(review, written, statement);
	if (!is_decided(review) && written->relation == inserting->relation)
		mh_judge_bounds(review, written, statement);
	if (!is_decided(review))
		judge_keys(review, written);
}

/* Returns whether it noted the partition that the row goes into. */
static bool
note_row(MhReview *review, MhModelRelation *relation, const MhReviewWritten *written)
{
	MhModelRelation *into = mh_model_by_id(&review->model, written->relation->id);

	if (written->relation->kind == 'p')
		mh_forget_keys(review, relation, true);
	else
	{
		note_keys(review, written);
		if (into != NULL)
			mh_note_layer_row(into, written->values);
	}
	if (written->relation == relation || written->relation->kind == 'p' || into == NULL)
		return false;
	for (; into != NULL; into = mh_model_by_id(&review->model, into->parents[0]))
	{
		into->inserts++;
		into->has_inserted = true;
		if (into == relation || into->n_parents == 0)
			break;
	}
	return true;
}

bool
mh_judge_rows_inserted(MhReview *review, MhModelRelation *relation,
					   const MhReviewStatement *statement, bool runs_code)
{
	Inserting inserting = {relation, statement};
	MhReviewWritten written;
	bool is_routed = statement->rows > 0;

	/* its rows are noted one by one */
	if (!runs_code && relation->kind == 'r')
	{
		relation->change = NULL;
		relation->change_round = review->round;
	}
	find_targets(&inserting);
	judge_number(review, &inserting);
	analyse_values(review, &inserting);
	inserting.values = palloc0(Max(relation->n_columns, 1) * sizeof(MhReviewValue));
	inserting.is_given = palloc0(Max(relation->n_columns, 1) * sizeof(bool));
	for (int row = 0; row < statement->rows; row++)
	{
		MH_CHECK_INTERRUPTS();
		fill_row(review, &inserting, row);
		if (!is_decided(review))
			judge_given(review, &inserting, row);
		if (!runs_code)
			compute_row(review, &inserting);
		written = written_row(review, &inserting, runs_code);
		if (!runs_code)
			judge_row(review, &inserting, row, &written);
		is_routed &= note_row(review, relation, &written);
	}
	/* foreign keys see all rows of the statement */
	for (int row = 0; row < statement->rows && !is_decided(review) && !runs_code; row++)
	{
		fill_row(review, &inserting, row);
		compute_row(review, &inserting);
		written = written_row(review, &inserting, false);
		if (!is_decided(review))
			judge_references(review, &written, statement);
	}
	return is_routed;
}

/* ---------- UPDATE ---------- */

/* Returns whether the rows can be asked what the key is then. */
static bool
ask_changed_key(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	MhReviewQuestion question = {MH_ASK_UNIQUE_AFTER, row->relation};
	const MhStrings *condition =
		review->statement->condition == NULL ? NULL : &review->statement->condition->columns;
	MhReviewValue *values = palloc0(Max(index->index_columns.n, 1) * sizeof(MhReviewValue));

	if (row->is_where_unknown || row->relation->kind != 'r' || !index->is_usual ||
		index->is_invalid || index->nulls_not_distinct || row->relation->n_children > 0)
		return false;
	for (int i = 0; i < index->index_columns.n; i++)
	{
		const MhReviewValue *value = value_of(row, index->index_columns.v[i]);

		if (value != NULL && (value->is_unknown || (value->node == NULL && value->is_constant)))
			return false;
		if (value != NULL)
			values[i] = *value;
		mh_strings_push(&question.columns, index->index_columns.v[i]);
	}
	for (int i = 0; i < review->statement->n_expressions; i++)
		for (int k = 0; k < review->statement->expressions[i].columns.n; k++)
			mh_strings_add(&question.where_columns, review->statement->expressions[i].columns.v[k]);
	for (int i = 0; condition != NULL && i < condition->n; i++)
		mh_strings_add(&question.where_columns, condition->v[i]);
	question.values = values;
	question.node = row->where;
	mh_ask_rows(review, row->relation, &question, MH_PG_UNIQUE,
				psprintf("%s is not satisfied", mh_review_quote(review, index->name)));
	return true;
}

static void
judge_changed_key(MhReview *review, const MhReviewWritten *row, const MhModelRelation *index)
{
	if (!index->is_unique && !index->is_partial)
		return;
	if (!index->is_unique && mh_is_harmless_index(review, index))
		return;
	for (int i = 0; !index->is_partial && !index->nulls_not_distinct && i < index->index_columns.n;
		 i++)
	{
		const MhReviewValue *value = value_of(row, index->index_columns.v[i]);

		if (value != NULL && value->is_null)
			return;
	}
	if (index->is_partial || !ask_changed_key(review, row, index))
		doubt(review, row->relation, index->name);
}

void
mh_judge_rows_updated(MhReview *review, const MhReviewWritten *row,
					  const MhReviewStatement *statement)
{
	mh_judge_bounds(review, row, statement);
	if (!is_decided(review))
		judge_checks(review, row, statement);
	for (int i = 0; i < row->relation->n_indexes && !is_decided(review); i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, row->relation->indexes[i]);

		if (index != NULL && !is_deferred(review, index) &&
			(index->is_invalid ||
			 is_touched(statement, row->relation,
						index->constraint != NULL ? &index->index_columns : &index->used_columns)))
			judge_changed_key(review, row, index);
	}
	for (int i = 0; i < row->relation->n_constraints && !is_decided(review); i++)
		if (row->relation->constraints[i].type == 'x' && !row->relation->constraints[i].is_gone &&
			is_touched(statement, row->relation, &row->relation->constraints[i].columns))
			doubt(review, row->relation, row->relation->constraints[i].name);
	judge_references(review, row, statement);
}
