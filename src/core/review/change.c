/*-------------------------------------------------------------------------
 *
 * change.c
 *	  Statements that change rows.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* More rows of the version table are a number. */
#define MOST_ROWS_SHOWN 20

/* ---------- the version table ---------- */

static bool
is_version_table(const MhReview *review, const MhModelRelation *relation)
{
	const MhReviewWorld *world = review->world;

	if (world->version_table != 0)
		return relation->id == world->version_table ||
			   (relation->live_name == NULL && strcmp(relation->name, world->version_name) == 0);
	return relation->live_name == NULL && world->version_name != NULL &&
		   strcmp(relation->name, world->version_name) == 0;
}

static void
start_is_wrong(MhReview *review, MhModelRelation *relation, const char *row)
{
	char *rows = review->version_rows.n == 0
					 ? "no row"
					 : mh_names_shown(&review->version_rows, MOST_ROWS_SHOWN);

	mh_find(review, relation, MH_CRITICAL, MH_REVIEW_WRONG_START,
			"Generate the script from the revision of this database.",
			"the script begins at %s, but the version table has %s", row, rows);
}

static bool
runs_code(const MhModelRelation *relation, const MhReviewStatement *statement)
{
	int event = statement->conflict == 'u'            ? MH_ON_INSERT | MH_ON_UPDATE
				: statement->kind == MH_REVIEW_INSERT ? MH_ON_INSERT
				: statement->kind == MH_REVIEW_UPDATE ? MH_ON_UPDATE
													  : MH_ON_DELETE;

	return (relation->code_events & event) != 0;
}

static void
doubt_code(MhReview *review, MhModelRelation *relation)
{
	mh_not_known(review, relation, "triggers, rules or policies of the table run");
}

/* Returns whether the statement was a change of the version table that could be followed. */
static bool
change_version(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	const char *before = statement->version_before;
	const char *after = statement->version_after;
	bool is_known = relation->live_name == NULL || review->world->version_rows_known;

	if (!is_version_table(review, relation) || (before == NULL && after == NULL) || !is_known)
		return false;
	if (runs_code(relation, statement))
		doubt_code(review, relation);
	if (before != NULL && !mh_names_have(&review->version_rows, before))
		start_is_wrong(review, relation, before);
	if (before != NULL)
		mh_names_remove(&review->version_rows, before);
	if (after == NULL)
		return true;
	if (mh_names_have(&review->version_rows, after) && statement->conflict == '\0')
		mh_fails(review, relation, MH_PG_UNIQUE, "the version table has %s already", after);
	mh_names_add(&review->version_rows, after);
	return true;
}

/* ---------- what may refuse a row ---------- */

static bool
is_named(const MhStrings *columns, const char *name)
{
	return columns->n == 0 || mh_strings_contain(columns, name);
}

static bool
has_own_value(const MhReviewStatement *statement, const MhModelRelation *relation, int column)
{
	if (statement->columns.n > 0)
		return mh_strings_contain(&statement->columns, relation->columns[column].name);
	return statement->has_select || column < statement->n_expressions;
}

static void
require_columns(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];

		if (column->is_gone || !column->not_null || column->has_default ||
			column->identity != '\0' || column->generated != '\0' ||
			has_own_value(statement, relation, i))
			continue;
		if (statement->has_select || runs_code(relation, statement))
			mh_not_known(review, relation, "whether rows are inserted without column %s",
						 mh_review_quote(review, column->name));
		else
			mh_fails_late(review, relation, MH_PG_NOT_NULL, "column %s gets no value",
						  mh_review_quote(review, column->name));
	}
}

static bool
is_deferred(const MhReview *review, const MhModelConstraint *constraint)
{
	return constraint->is_deferred || (constraint->is_deferrable && review->defers_all);
}

/* Whether the statement writes one of the columns, or what may be computed from what it writes. */
static bool
writes_one_of(const MhReviewStatement *statement, const MhModelRelation *relation,
			  const MhStrings *columns)
{
	for (int i = 0; i < columns->n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, columns->v[i]);

		if (is_named(&statement->columns, columns->v[i]) ||
			(column != NULL && column->generated != '\0'))
			return true;
	}
	return columns->n == 0;
}

static void
wait_for_commit(MhReview *review, MhModelRelation *relation)
{
	if (mh_is_empty(review, relation) && review->statement->kind != MH_REVIEW_INSERT)
		return;
	review->has_deferred = relation->has_pending_checks = true;
	mh_model_ends(&review->model, relation);
}

static void
note_planned(MhReview *review, const MhModelRelation *relation)
{
	if (mh_is_too_deep(review))
		return;
	mh_note_planned(review, relation);
	for (int i = 0; i < relation->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL)
			note_planned(review, child);
	}
}

static void follow_keys(MhReview *review, MhModelRelation *relation,
						const MhReviewStatement *statement);

/* Follows a foreign key from the rows to which it refers: what is done to those that refer. */
static void
follow_key(MhReview *review, MhModelRelation *relation, MhModelRelation *user,
		   const MhModelConstraint *key, const MhReviewStatement *statement)
{
	char action = statement->kind == MH_REVIEW_DELETE ? key->on_delete : key->on_update;
	MhReviewEffect *effect;

	if (!mh_changes_one_of(statement, &key->partner_columns))
		return;
	if (is_deferred(review, key) && action == 'a')
		wait_for_commit(review, relation);
	if (strchr("cnd", action) == NULL || action == '\0')
		return;
	effect = mh_touch(review, user, MH_LOCK_NONE);
	if (effect == NULL || effect->lock >= MH_LOCK_ROW_EXCLUSIVE)
		return;
	mh_touch(review, user, MH_LOCK_ROW_EXCLUSIVE);
	note_planned(review, user);
	if (action != 'c' || statement->kind != MH_REVIEW_DELETE || user->n_referrers > 0 ||
		user->n_children > 0 || user->kind != 'r' || (user->code_events & MH_ON_DELETE) != 0)
		mh_not_known(review, user, "foreign key %s changes rows of %s too",
					 mh_review_quote(review, key->name), mh_model_name(review, user));
	user->has_deleted = true;
	mh_layers_lose(user);
	for (int i = 0; i < key->columns.n; i++)
		if (mh_model_column(user, key->columns.v[i]) != NULL)
		{
			mh_model_column(user, key->columns.v[i])->is_touched = true;
			mh_model_column(user, key->columns.v[i])->has_fill = false;
		}
	follow_keys(review, user, statement);
}

static void
follow_keys(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (mh_is_too_deep(review))
		return;
	for (int i = 0; statement->kind != MH_REVIEW_INSERT && i < relation->n_referrers; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
			if (!user->constraints[k].is_gone && user->constraints[k].type == 'f' &&
				user->constraints[k].partner == relation->id)
				follow_key(review, relation, user, &user->constraints[k], statement);
	}
}

void
mh_defer_checks(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (relation->has_deferred_code)
		wait_for_commit(review, relation);
	if (!relation->has_deferrable)
		return;
	for (int i = 0; statement->kind != MH_REVIEW_DELETE && i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone && is_deferred(review, &relation->constraints[i]) &&
			mh_changes_one_of(statement, &relation->constraints[i].columns))
			wait_for_commit(review, relation);
}

/* Whether a constraint other than NOT NULL may refuse what the statement writes. */
static const char *
doubtful_constraint(const MhReview *review, const MhModelRelation *relation,
					const MhReviewStatement *statement)
{
	bool is_first = mh_is_empty(review, relation) && statement->kind == MH_REVIEW_INSERT &&
					statement->rows == 1 && !statement->has_select;

	for (int i = 0; i < relation->n_constraints; i++)
	{
		const MhModelConstraint *constraint = &relation->constraints[i];
		/* all checks see each row, also those that old rows violate */
		bool is_touched = statement->kind == MH_REVIEW_INSERT ||
						  writes_one_of(statement, relation, &constraint->columns) ||
						  (constraint->type == 'c' && !constraint->is_valid);

		if (constraint->is_gone || is_deferred(review, constraint) ||
			(is_first && strchr("pux", constraint->type) != NULL))
			continue;
		if (is_touched)
			return constraint->name;
	}
	return NULL;
}

static const char *
doubtful_index(MhReview *review, const MhModelRelation *relation,
			   const MhReviewStatement *statement)
{
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index != NULL && index->constraint == NULL && (index->is_unique || index->is_partial) &&
			(statement->kind == MH_REVIEW_INSERT || index->is_invalid ||
			 writes_one_of(statement, relation, &index->used_columns)))
			return index->name;
	}
	return NULL;
}

/* DEFAULT as a value. */
static void
doubt_default(MhReview *review, const MhModelRelation *relation, const MhModelColumn *column)
{
	if (column->not_null && column->generated == '\0' && column->identity == '\0')
		mh_not_known(review, relation, "whether the default of column %s is accepted",
					 mh_review_quote(review, column->name));
}

/* A generated column that the statement computes anew; NULL: there is none. */
static const char *
computed_column(const MhModelRelation *relation, const MhReviewStatement *statement)
{
	const char *found = NULL;
	bool is_used = statement->kind == MH_REVIEW_INSERT || relation->has_new_dependents;

	for (int i = 0; i < relation->n_dependents; i++)
		if (relation->dependents[i].is_own && relation->dependents[i].relation == 0 &&
			relation->dependents[i].column != NULL &&
			is_named(&statement->columns, relation->dependents[i].column))
			is_used = true;
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && relation->columns[i].generated == 's')
			found = relation->columns[i].name;
	return is_used ? found : NULL;
}

/* Any row refuses it. */
static void
refuse_null(MhReview *review, const MhModelRelation *relation, const MhModelColumn *column)
{
	MhReviewQuestion question = {MH_ASK_EMPTY, relation};

	mh_ask_rows(review, relation, &question, MH_PG_NOT_NULL,
				psprintf("column %s gets NULL", mh_review_quote(review, column->name)));
}

/* The value of one column; fills in what the row gets. */
static void
judge_value(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
			MhModelColumn *column, const MhReviewExpression *expression, MhReviewValue *value)
{
	MhReviewExpressionAnswer answer;

	if (expression->tree == NULL)
	{
		doubt_default(review, relation, column);
		*value = mh_default_of(review, relation, column)->value;
		return;
	}
	if (column->generated != '\0' || column->identity == 'a')
		mh_fails(review, relation, MH_PG_GENERATED, "column %s gets its values from the server",
				 mh_review_quote(review, column->name));
	mh_check_expression(review, relation, column, expression, MH_USE_VALUE, &answer);
	*value = answer.value;
	if (value->node == NULL && !value->is_null)
		value->is_unknown = true;
	if (column->not_null && answer.is_null && statement->condition == NULL &&
		!runs_code(relation, statement) && relation->kind == 'r')
		refuse_null(review, relation, column);
	else if ((!answer.is_simple || (column->not_null && !answer.is_not_null)) &&
			 value->node != NULL && !runs_code(relation, statement) && relation->kind == 'r')
		value->is_asked = true;
	else if (!answer.is_simple || (column->not_null && !answer.is_not_null))
		mh_not_known(review, relation, "whether the value for column %s is accepted",
					 mh_review_quote(review, column->name));
}

/* Whether each row that is changed gets a value. */
static void
ask_computed(MhReview *review, const MhReviewStatement *statement, const MhReviewWritten *row)
{
	for (int i = 0; i < statement->n_expressions; i++)
	{
		const MhModelColumn *column = mh_model_column(row->relation, statement->columns.v[i]);
		const MhReviewExpression *expression = &statement->expressions[i];
		MhReviewQuestion question = {MH_ASK_COMPUTED, row->relation};
		const char *what;

		if (column == NULL || !row->values[column - row->relation->columns].is_asked)
			continue;
		what = psprintf("the value for column %s", mh_review_quote(review, column->name));
		if (row->is_where_unknown)
		{
			mh_not_known(review, row->relation, "whether %s is accepted", what);
			continue;
		}
		for (int k = 0; k < expression->columns.n; k++)
			mh_strings_add(&question.columns, expression->columns.v[k]);
		for (int k = 0; statement->condition != NULL && k < statement->condition->columns.n; k++)
			mh_strings_add(&question.where_columns, statement->condition->columns.v[k]);
		question.node = row->where;
		question.values = &row->values[column - row->relation->columns];
		question.wants_value = column->not_null;
		mh_ask_rows(review, row->relation, &question, "22000", what);
	}
}

static void
ask_generated(MhReview *review, const MhReviewStatement *statement, const MhReviewWritten *row,
			  const MhModelColumn *column, const MhReviewComputed *computed)
{
	MhReviewQuestion question = {MH_ASK_COMPUTED, row->relation};

	if (row->is_where_unknown)
	{
		mh_not_known(review, row->relation, "whether column %s can be computed",
					 mh_review_quote(review, column->name));
		return;
	}
	for (int i = 0; i < computed->columns.n; i++)
		mh_strings_add(&question.columns, computed->columns.v[i]);
	for (int i = 0; statement->condition != NULL && i < statement->condition->columns.n; i++)
		mh_strings_add(&question.where_columns, statement->condition->columns.v[i]);
	question.node = row->where;
	question.values = &computed->value;
	question.wants_value = column->not_null;
	mh_ask_rows(review, row->relation, &question, "22000",
				psprintf("the value for column %s", mh_review_quote(review, column->name)));
}

static bool
writes_input(const MhReviewStatement *statement, const MhStrings *inputs)
{
	for (int i = 0; i < inputs->n; i++)
		if (mh_strings_contain(&statement->columns, inputs->v[i]))
			return true;
	return false;
}

/* Generated columns follow those that the statement writes. */
static void
compute_columns(MhReview *review, const MhModelRelation *relation,
				const MhReviewStatement *statement, const MhReviewWritten *row,
				MhReviewValue *values)
{
	bool is_followed = !statement->has_select && statement->n_reads == 0 &&
					   statement->kind == MH_REVIEW_UPDATE && !runs_code(relation, statement);

	for (int i = 0; i < relation->n_columns; i++)
	{
		const MhModelColumn *column = &relation->columns[i];
		MhReviewComputed computed = {{MH_TRUTH_UNKNOWN}};

		if (column->is_gone || column->generated == '\0')
			continue;
		values[i].is_unknown = true;
		if (!is_followed || column->generated != 's')
			continue;
		review->world->computed(review->world->arg, row, column, &computed);
		if (computed.answer.passes == MH_TRUTH_YES ? !writes_input(statement, &computed.inputs)
												   : computed_column(relation, statement) == NULL)
			values[i] = (MhReviewValue){NULL};
		else if (computed.answer.passes != MH_TRUTH_YES)
			mh_not_known(review, relation, "whether column %s can be computed",
						 mh_review_quote(review, column->name));
		else
		{
			values[i] = computed.value;
			if (relation->kind == 'r' &&
				(!computed.is_simple || (column->not_null && !computed.is_not_null)))
				ask_generated(review, statement, row, column, &computed);
		}
	}
}

/* Of UPDATE and DELETE. */
static void
judge_values(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
			 MhReviewWritten *row)
{
	MhReviewExpressionAnswer answer;
	MhReviewValue *values = palloc0(Max(relation->n_columns, 1) * sizeof(MhReviewValue));
	MhReviewWritten *change;

	*row = (MhReviewWritten){.relation = relation, .values = values, .is_update = true};
	for (int i = 0; i < statement->n_expressions; i++)
	{
		MhModelColumn *column = mh_model_column(relation, statement->columns.v[i]);

		if (column == NULL)
			continue;
		judge_value(review, relation, statement, column, &statement->expressions[i],
					&values[column - relation->columns]);
		if (statement->condition == NULL && !runs_code(relation, statement) &&
			relation->kind == 'r')
			mh_fill(review, relation, column, &values[column - relation->columns]);
	}
	if (statement->condition != NULL)
	{
		mh_check_expression(review, relation, NULL, statement->condition, MH_USE_WHERE, &answer);
		if (!answer.is_simple)
			mh_not_known(review, relation, "whether the condition can be evaluated for each row");
		row->where = answer.value.node;
		row->is_where_unknown = answer.value.node == NULL;
	}
	compute_columns(review, relation, statement, row, values);
	ask_computed(review, statement, row);
	change = palloc(sizeof(MhReviewWritten));
	*change = *row;
	relation->change = change;
	relation->change_round = review->round;
}

/* Children have the columns under the same names, and rows of their own. */
static void
judge_updated(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
			  const MhReviewWritten *row)
{
	if (mh_is_too_deep(review))
		return;
	/* rows of a partitioned table are in its partitions */
	if (relation->kind != 'p')
		mh_judge_rows_updated(review, row, statement);
	for (int i = 0; (!statement->is_only || relation->kind == 'p') && i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);
		MhReviewWritten below;

		if (child == NULL)
			continue;
		judge_values(review, child, statement, &below);
		judge_updated(review, child, statement, &below);
	}
}

/* Whether rows go where their values say, or may have to leave their partition. */
static bool
moves_rows(MhReview *review, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (statement->kind == MH_REVIEW_DELETE || relation->kind != 'p')
		return false;
	if (statement->kind == MH_REVIEW_INSERT)
		return statement->has_select || statement->n_reads > 0;
	if (relation->has_key_expressions || statement->columns.n == 0 || mh_is_too_deep(review))
		return true;
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && relation->columns[i].is_key &&
			is_named(&statement->columns, relation->columns[i].name))
			return true;
	for (int i = 0; i < relation->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && moves_rows(review, child, statement))
			return true;
	}
	return false;
}

static void
judge_refusals(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	bool is_followed = !statement->has_select && statement->n_reads == 0;
	const char *constraint = is_followed ? NULL : doubtful_constraint(review, relation, statement);
	const char *index = is_followed ? NULL : doubtful_index(review, relation, statement);
	const char *computed = is_followed ? NULL : computed_column(relation, statement);
	/* a NULL is refused before checks and indexes look at the row */
	bool is_refused = statement->kind == MH_REVIEW_INSERT && review->late_sqlstate != NULL;

	if (statement->kind == MH_REVIEW_DELETE)
		constraint = index = computed = NULL;
	if (is_refused)
		constraint = index = NULL;
	if (runs_code(relation, statement))
		doubt_code(review, relation);
	else if (relation->kind == 'p' && moves_rows(review, relation, statement))
		mh_not_known(review, relation, "which partitions the rows are in");
	else if (constraint != NULL || index != NULL)
		mh_not_known(review, relation, "the rows decide whether %s is satisfied",
					 mh_review_quote(review, constraint != NULL ? constraint : index));
	else if (computed != NULL)
		mh_not_known(review, relation, "whether column %s can be computed",
					 mh_review_quote(review, computed));
	else if (statement->kind == MH_REVIEW_UPDATE && !is_followed &&
			 mh_is_referred_to(review, relation, statement))
		mh_not_known(review, relation, "the rows that refer to it decide");
}

/* UPDATE and DELETE are for the rows of children, too. */
static void
judge_refusals_below(MhReview *review, const MhModelRelation *relation,
					 const MhReviewStatement *statement)
{
	if (statement->kind == MH_REVIEW_INSERT || (statement->is_only && relation->kind != 'p') ||
		mh_is_too_deep(review))
		return;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child == NULL)
			continue;
		if (!mh_is_empty(review, child))
			judge_refusals(review, child, statement);
		if (mh_is_referred_to(review, child, statement))
			mh_not_known(review, child, "the rows that refer to it decide");
		judge_refusals_below(review, child, statement);
	}
}

/* ---------- statements ---------- */

static bool
has_double(const MhModelRelation *relation, const MhStrings *names)
{
	if (names->n > relation->n_columns)
		return true;
	for (int i = 0; i < names->n; i++)
		for (int k = 0; k < i; k++)
			if (strcmp(names->v[i], names->v[k]) == 0)
				return true;
	return false;
}

static bool
check_columns(MhReview *review, const MhModelRelation *relation, const MhReviewStatement *statement)
{
	for (int i = 0; i < statement->columns.n; i++)
	{
		const MhModelColumn *column = mh_model_column(relation, statement->columns.v[i]);

		if (column == NULL && statement->kind == MH_REVIEW_UPDATE && statement->has_select)
			mh_not_known(review, relation, "what is refused first");
		if (column == NULL)
			mh_fails_absent(
				review, relation, MH_PG_UNDEFINED_COLUMN, "column %s of %s does not exist",
				mh_review_quote(review, statement->columns.v[i]), mh_model_name(review, relation));
	}
	if (statement->kind == MH_REVIEW_UPDATE && statement->has_select &&
		has_double(relation, &statement->columns))
		mh_not_known(review, relation, "whether parts of a column are set, or a column twice");
	return !mh_has_failed(review);
}

/* Partitions of which each is told that rows may have gone into it. */
#define MOST_NOTED 100

static void
note_change(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (mh_is_too_deep(review))
		return;
	if (statement->kind == MH_REVIEW_INSERT && relation->n_children > MOST_NOTED)
	{
		mh_doubt_rows(review);
		return;
	}
	if (runs_code(relation, statement) || relation->kind != 'r' ||
		(statement->kind == MH_REVIEW_INSERT &&
		 (relation->change_round != review->round || relation->change != NULL)))
		mh_layers_lose(relation);
	else if (statement->kind != MH_REVIEW_INSERT && relation->noted_round != review->round)
		mh_note_layer(review, relation, statement);
	if (statement->kind == MH_REVIEW_INSERT || runs_code(relation, statement))
		relation->inserts++;
	if (statement->kind == MH_REVIEW_INSERT)
		relation->has_inserted = true;
	else if (statement->kind == MH_REVIEW_DELETE && !statement->has_where &&
			 !statement->has_select && statement->n_reads == 0 && relation->kind == 'r' &&
			 !runs_code(relation, statement))
	{
		relation->is_empty = true;
		relation->doubts = review->model.doubts;
		relation->has_inserted = relation->has_deleted = false;
		mh_layers_empty(relation);
		mh_forget_keys(review, relation, false);
	}
	else if (statement->kind == MH_REVIEW_DELETE)
		relation->has_deleted = true;
	else
		for (int i = 0; i < relation->n_columns; i++)
			if (mh_strings_contain(&statement->columns, relation->columns[i].name) ||
				relation->columns[i].generated != '\0' || runs_code(relation, statement))
			{
				relation->columns[i].is_touched = true;
				relation->columns[i].is_filled = false;
				if (relation->columns[i].fill_round != review->round)
					relation->columns[i].has_fill = false;
			}
	if (runs_code(relation, statement))
	{
		relation->has_inserted = relation->has_deleted = true;
		mh_forget_keys(review, relation, true);
	}
	/* rows of partitions may move to others */
	if (relation->kind == 'p' && statement->kind == MH_REVIEW_UPDATE)
		relation->has_inserted = relation->has_deleted = true;
	for (int i = 0; i < relation->n_children; i++)
	{
		MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && (relation->kind == 'p' || !statement->is_only))
			note_change(review, child, statement);
	}
}

static bool
reads_columns(const MhReviewStatement *statement)
{
	if (statement->condition != NULL)
		return true;
	for (int i = 0; statement->kind == MH_REVIEW_UPDATE && i < statement->n_expressions; i++)
		if (statement->expressions[i].columns.n > 0 || statement->expressions[i].is_whole)
			return true;
	return false;
}

static void
require_rights(MhReview *review, const MhModelRelation *relation,
			   const MhReviewStatement *statement)
{
	/* names are looked up before rights are */
	if (!relation->is_opaque && !check_columns(review, relation, statement))
		return;
	mh_may(review, relation,
		   statement->kind == MH_REVIEW_INSERT   ? MH_RIGHT_INSERT
		   : statement->kind == MH_REVIEW_DELETE ? MH_RIGHT_DELETE
												 : MH_RIGHT_UPDATE);
	if (statement->conflict == 'u')
		mh_may(review, relation, MH_RIGHT_UPDATE);
	if (reads_columns(statement) || statement->conflict == 'u' || statement->arbiter.n > 0 ||
		statement->arbiter_name != NULL)
		mh_may(review, relation, MH_RIGHT_SELECT);
	if (review->now.is_read_only && relation->persistence != 't')
		mh_fails(review, relation, MH_PG_READ_ONLY, "the transaction is read-only");
}

static bool
can_be_changed(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement)
{
	if (relation->kind == 'm')
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is a materialized view",
				 mh_model_name(review, relation));
	else if (strchr("iIS", relation->kind) != NULL)
		mh_fails(review, relation, MH_PG_WRONG_TYPE, "%s is no table",
				 mh_model_name(review, relation));
	else if (relation->kind == 'v' || relation->kind == 'f')
	{
		mh_not_known(review, relation, "what a change of %s does", mh_model_name(review, relation));
		if (relation->has_code)
			mh_taint(review);
		mh_doubt_rows(review);
		return false;
	}
	else
		require_rights(review, relation, statement);
	return !mh_has_failed(review);
}

/* The planner looks away from partitions that have no row for the condition, and locks them not. */
static bool
may_be_pruned(MhReview *review, const MhModelRelation *relation, const MhStrings *columns)
{
	if (relation->kind != 'p')
		return false;
	if (relation->has_key_expressions || mh_is_too_deep(review))
		return true;
	for (int i = 0; i < relation->n_columns; i++)
		if (!relation->columns[i].is_gone && relation->columns[i].is_key &&
			mh_strings_contain(columns, relation->columns[i].name))
			return true;
	for (int i = 0; i < relation->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, relation->children[i]);

		if (child != NULL && may_be_pruned(review, child, columns))
			return true;
	}
	return false;
}

/*
 * What the rows that are there, and those that are written, decide.  Returns whether it noted the
 * partitions that rows went into.
 */
static bool
judge_rows(MhReview *review, MhModelRelation *relation, const MhReviewStatement *statement,
		   const MhReviewQueryAnswer *answer)
{
	bool is_followed = !statement->has_select && statement->n_reads == 0;
	MhReviewWritten row = {relation};

	if (statement->kind == MH_REVIEW_INSERT && is_followed)
	{
		judge_refusals(review, relation, statement);
		return mh_judge_rows_inserted(review, relation, statement, runs_code(relation, statement));
	}
	if (answer->rows != NULL)
	{
		if (statement->kind == MH_REVIEW_INSERT)
			mh_judge_rows_selected(review, relation, statement, answer);
		else
			mh_judge_rows_changed(review, relation, statement, answer);
		return false;
	}
	judge_values(review, relation, statement, &row);
	if (statement->kind == MH_REVIEW_INSERT)
		require_columns(review, relation, statement);
	judge_refusals(review, relation, statement);
	judge_refusals_below(review, relation, statement);
	if (statement->kind == MH_REVIEW_UPDATE && is_followed && !runs_code(relation, statement))
		judge_updated(review, relation, statement, &row);
	if (statement->kind == MH_REVIEW_DELETE && !runs_code(relation, statement))
		mh_judge_referrers(review, relation, statement, &row);
	if (statement->kind == MH_REVIEW_INSERT)
		mh_forget_keys(review, relation, true);
	return false;
}

void
mh_judge_change(MhReview *review, const MhReviewStatement *statement)
{
	MhModelRelation *relation = mh_named_in_query(review, &statement->name);
	MhReviewQueryAnswer answer = {{MH_TRUTH_UNKNOWN}};
	bool is_routed;

	if (relation == NULL)
		return;
	mh_touch(review, relation, MH_LOCK_ROW_EXCLUSIVE);
	if (!can_be_changed(review, relation, statement))
		return;
	if (statement->kind != MH_REVIEW_INSERT && !statement->is_only)
		mh_lock_children(review, relation, MH_LOCK_ROW_EXCLUSIVE);
	if (statement->kind != MH_REVIEW_INSERT && statement->condition != NULL &&
		may_be_pruned(review, relation, &statement->condition->columns))
		mh_not_known(review, relation, "which partitions the condition leaves out");
	if (statement->kind != MH_REVIEW_INSERT || statement->n_reads > 0)
		note_planned(review, relation);
	if (change_version(review, relation, statement))
		return;
	if (!check_columns(review, relation, statement))
	{
		note_change(review, relation, statement);
		return;
	}
	if (statement->has_code)
	{
		mh_not_known(review, relation, "WITH may change any table");
		mh_taint(review);
	}
	if (statement->has_select || statement->n_reads > 0)
		mh_judge_query_of_change(
			review, relation, statement,
			mh_may_follow_rows(review, relation) && !runs_code(relation, statement) &&
				(statement->kind == MH_REVIEW_INSERT ||
				 (relation->n_children == 0 && mh_are_followed(review, relation))),
			&answer);
	is_routed = judge_rows(review, relation, statement, &answer);
	if (statement->kind != MH_REVIEW_INSERT)
		mh_judge_replica_identity(review, relation, statement);
	mh_defer_checks(review, relation, statement);
	if (is_routed)
		return;
	follow_keys(review, relation, statement);
	if (statement->kind == MH_REVIEW_DELETE && !statement->has_where)
		mh_note_loss(review, relation, NULL);
	note_change(review, relation, statement);
	if (statement->kind == MH_REVIEW_UPDATE &&
		((!statement->has_select && statement->n_reads == 0) || answer.rows != NULL) &&
		!runs_code(relation, statement))
		mh_judge_referrers_after(review, relation, statement);
}
