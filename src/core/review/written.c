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
		mh_doubt_constraint(review, row->relation, check->name);
}

static void
judge_checks(MhReview *review, const MhReviewWritten *row, const MhReviewStatement *statement)
{
	int looked_at = 0;

	for (int i = 0; i < row->relation->n_constraints && !mh_is_decided(review); i++)
	{
		const MhModelConstraint *check = &row->relation->constraints[i];

		/* all checks see each row, also those that old rows violate */
		if (check->is_gone || check->type != 'c' ||
			(row->is_update && check->is_valid &&
			 !is_touched(statement, row->relation, &check->columns)))
			continue;
		if (++looked_at > MH_MOST_LOOKED_AT)
			mh_doubt_constraint(review, row->relation, check->name);
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
		mh_has_touched_column(partner, &key->partner_columns) ||
		!have_same_types(row->relation, &key->columns, partner, &key->partner_columns))
		return MH_TRUTH_UNKNOWN;
	if (mh_names_have(&index->written, text))
		return partner->has_deleted ? MH_TRUTH_UNKNOWN : MH_TRUTH_YES;
	found = mh_find_key(review, partner, &key->partner_columns, mh_values_of(row, &key->columns));
	return found == MH_TRUTH_NO && index->has_unseen_written ? MH_TRUTH_UNKNOWN : found;
}

static void
judge_reference(MhReview *review, const MhReviewWritten *row, const MhModelConstraint *key)
{
	const MhModelRelation *partner = mh_model_by_id(&review->model, key->partner);
	bool has_null;
	const char *text = mh_key_text(row, &key->columns, &has_null);
	MhReviewTruth found = MH_TRUTH_UNKNOWN;

	/* MATCH FULL refuses a row that has some NULLs */
	if (has_null && key->columns.n == 1)
		return;
	if (text != NULL && partner != NULL && key->partner_columns.n == key->columns.n)
		found = find_partner(review, row, key, partner, text);
	if (found == MH_TRUTH_UNKNOWN && partner != NULL && partner != row->relation &&
		key->partner_columns.n == key->columns.n &&
		have_same_types(row->relation, &key->columns, partner, &key->partner_columns))
		found = mh_find_key_after(review, row, partner, &key->partner_columns, &key->columns);
	if (found == MH_TRUTH_UNKNOWN || (found == MH_TRUTH_NO && (row->is_update || row->may_be_left)))
		mh_doubt_constraint(review, row->relation, key->name);
	else if (found == MH_TRUTH_NO)
		mh_fails_late(review, row->relation, MH_PG_FOREIGN_KEY,
					  "%s has no row to which foreign key %s refers",
					  mh_model_name(review, partner), mh_review_quote(review, key->name));
}

static void
judge_references(MhReview *review, const MhReviewWritten *row, const MhReviewStatement *statement)
{
	for (int i = 0;
		 i < row->relation->n_constraints && i < MH_MOST_LOOKED_AT && !mh_is_decided(review); i++)
	{
		const MhModelConstraint *key = &row->relation->constraints[i];

		if (key->is_gone || key->type != 'f' || key->is_for_partition || key->is_deferred ||
			(key->is_deferrable && review->defers_all) ||
			(row->is_update && !is_touched(statement, row->relation, &key->columns)))
			continue;
		judge_reference(review, row, key);
	}
	for (int i = MH_MOST_LOOKED_AT; i < row->relation->n_constraints && !mh_is_decided(review); i++)
		if (!row->relation->constraints[i].is_gone && row->relation->constraints[i].type == 'f')
			mh_doubt_constraint(review, row->relation, row->relation->constraints[i].name);
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
	MhReviewArbiters arbiters;
	MhReviewTruth *is_written; /* of each row */
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

	if (mh_is_decided(review) || runs_code)
		return written;
	if (written.relation->kind == 'p')
		mh_judge_bounds(review, &written, inserting->statement);
	if (mh_is_decided(review) || !mh_route_row(review, &written))
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

	if (!mh_is_decided(review))
		judge_not_null(review, inserting, row, written->relation);
	if (written->relation->kind != 'r')
		return;
	if (!mh_is_decided(review))
		judge_checks(review, written, statement);
	if (!mh_is_decided(review) && written->relation == inserting->relation)
		mh_judge_bounds(review, written, statement);
	if (mh_is_decided(review))
		return;
	if (statement->conflict == '\0')
		mh_judge_keys(review, written);
	else
		inserting->is_written[row] =
			mh_judge_conflict(review, written, statement, &inserting->arbiters);
}

/* A row that ON CONFLICT leaves out, or may leave out.  Returns whether nothing is left to note. */
static bool
note_conflict(MhReview *review, Inserting *inserting, MhReviewTruth is_written)
{
	if (is_written == MH_TRUTH_YES)
		return false;
	mh_judge_conflicting(review, inserting->relation, inserting->statement, &inserting->arbiters);
	if (is_written == MH_TRUTH_UNKNOWN)
	{
		mh_layers_lose(inserting->relation);
		mh_forget_keys(review, inserting->relation, true);
	}
	return true;
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
		mh_note_keys(review, written);
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
	inserting.is_written = palloc0(Max(statement->rows, 1) * sizeof(MhReviewTruth));
	for (int row = 0; row < statement->rows && statement->conflict == '\0'; row++)
		inserting.is_written[row] = MH_TRUTH_YES;
	if (statement->conflict != '\0')
		mh_find_arbiters(review, relation, statement, &inserting.arbiters);
	if (statement->conflict != '\0' && relation->kind != 'r')
		mh_not_known(review, relation, "what ON CONFLICT does in partitions");
	inserting.values = palloc0(Max(relation->n_columns, 1) * sizeof(MhReviewValue));
	inserting.is_given = palloc0(Max(relation->n_columns, 1) * sizeof(bool));
	for (int row = 0; row < statement->rows; row++)
	{
		MH_CHECK_INTERRUPTS();
		fill_row(review, &inserting, row);
		if (!mh_is_decided(review))
			judge_given(review, &inserting, row);
		if (!runs_code)
			compute_row(review, &inserting);
		written = written_row(review, &inserting, runs_code);
		if (!runs_code)
			judge_row(review, &inserting, row, &written);
		if (note_conflict(review, &inserting, inserting.is_written[row]))
			is_routed = false;
		else
			is_routed &= note_row(review, relation, &written);
	}
	/* foreign keys see all rows of the statement */
	for (int row = 0; row < statement->rows && !mh_is_decided(review) && !runs_code; row++)
	{
		fill_row(review, &inserting, row);
		compute_row(review, &inserting);
		written = written_row(review, &inserting, false);
		written.may_be_left = inserting.is_written[row] == MH_TRUTH_UNKNOWN;
		/* DO UPDATE writes the same values */
		if (inserting.is_written[row] == MH_TRUTH_NO && statement->conflict == 'n')
			continue;
		if (inserting.is_written[row] == MH_TRUTH_NO)
			written.may_be_left = true;
		if (!mh_is_decided(review))
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
		const MhReviewValue *value = mh_value_of(row, index->index_columns.v[i]);

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
		const MhReviewValue *value = mh_value_of(row, index->index_columns.v[i]);

		if (value != NULL && value->is_null)
			return;
	}
	if (index->is_partial || !ask_changed_key(review, row, index))
		mh_doubt_constraint(review, row->relation, index->name);
}

void
mh_judge_rows_updated(MhReview *review, const MhReviewWritten *row,
					  const MhReviewStatement *statement)
{
	mh_judge_bounds(review, row, statement);
	if (!mh_is_decided(review))
		judge_checks(review, row, statement);
	for (int i = 0; i < row->relation->n_indexes && !mh_is_decided(review); i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, row->relation->indexes[i]);

		if (index != NULL && !mh_is_late_key(index) &&
			(index->is_invalid ||
			 is_touched(statement, row->relation,
						index->constraint != NULL ? &index->index_columns : &index->used_columns)))
			judge_changed_key(review, row, index);
	}
	for (int i = 0; i < row->relation->n_constraints && !mh_is_decided(review); i++)
		if (row->relation->constraints[i].type == 'x' && !row->relation->constraints[i].is_gone &&
			is_touched(statement, row->relation, &row->relation->constraints[i].columns))
			mh_doubt_constraint(review, row->relation, row->relation->constraints[i].name);
	judge_references(review, row, statement);
}
