/*-------------------------------------------------------------------------
 *
 * converted.c
 *	  Columns whose type changes: their checks, and tables from which they come.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static int
count_changes_of_type(const MhReviewStatement *statement)
{
	int n = 0;

	for (int i = 0; i < statement->n_actions; i++)
		n += statement->actions[i].kind == MH_ACT_TYPE;
	return n;
}

/* A check is read and made anew with the type that a column has now. */
static void
judge_converted_check(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
					  bool was_retyped, const MhModelConstraint *check)
{
	MhReviewQuestion question = {MH_ASK_OTHER, relation};
	MhReviewValue *values = palloc0(relation->n_columns * sizeof(MhReviewValue));
	MhReviewWritten row = {.relation = relation, .values = values, .is_update = true};
	MhReviewAnswer answer;

	values[column - relation->columns] = column->converted;
	answer = review->world->passes_check(review->world->arg, &row, check, &question);
	if (answer.passes == MH_TRUTH_NO)
		mh_fails(review, relation, answer.sqlstate, "constraint %s: %s",
				 mh_review_quote(review, check->name), answer.detail);
	else if (answer.passes == MH_TRUTH_UNKNOWN && question.kind != MH_ASK_NO_ROW)
		mh_not_known(review, relation, "constraint %s is checked again with the new type",
					 mh_review_quote(review, check->name));
	else if (answer.passes == MH_TRUTH_UNKNOWN && check->is_valid)
	{
		/* the question is about the values before */
		column->is_retyped = was_retyped;
		mh_ask_rows(
			review, relation, &question, MH_PG_CHECK,
			psprintf("rows violate check constraint %s", mh_review_quote(review, check->name)));
		column->is_retyped = true;
	}
}

void
mh_judge_converted_checks(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
						  bool was_retyped, bool keeps_values)
{
	bool is_only = count_changes_of_type(review->statement) == 1;

	for (int i = 0; i < relation->n_constraints; i++)
	{
		const MhModelConstraint *check = &relation->constraints[i];

		if (check->is_gone || check->type != 'c' ||
			!mh_strings_contain(&check->columns, column->name) ||
			(keeps_values && check->is_valid && check->compares_integers) || mh_has_failed(review))
			continue;
		if (is_only || check->columns.n == 1)
			judge_converted_check(review, relation, column, was_retyped, check);
		else
			mh_not_known(review, relation, "constraint %s is checked again with the new type",
						 mh_review_quote(review, check->name));
	}
}

/* Nothing is cast to an enum that the script makes. */
void
mh_judge_default_of_type(MhReview *review, const MhModelRelation *relation,
						 const MhModelColumn *column, const MhReviewTypeAnswer *type)
{
	const MhModelType *made = mh_model_type_with_id(&review->model, type->id);
	MhReviewCastAnswer cast = {{MH_TRUTH_UNKNOWN, NULL, NULL}};

	if (!column->has_default || column->generated != '\0' || column->identity != '\0' ||
		column->type == type->id)
		return;
	review->world->cast(review->world->arg, relation, column, type, NULL, &cast);
	if (made != NULL && made->is_new && made->kind == 'e')
		cast.answer.passes = column->made_default == NULL ? MH_TRUTH_NO : MH_TRUTH_UNKNOWN;
	if (cast.answer.passes == MH_TRUTH_NO)
		mh_fails(review, relation, MH_PG_DATATYPE_MISMATCH,
				 "the default of column %s cannot be cast to %s",
				 mh_review_quote(review, column->name), type->name);
	else if (made != NULL && made->is_new)
		mh_not_known(review, relation, "whether the default of column %s can be cast to %s",
					 mh_review_quote(review, column->name), type->name);
}

/* A column that also comes from outside the tree cannot differ from what is there. */
void
mh_refuse_other_parents(MhReview *review, const MhModelRelation *root, const MhModelRelation *child,
						const MhModelColumn *column)
{
	int in_tree = 0;

	for (int i = 0; i < child->n_parents; i++)
	{
		const MhModelRelation *parent = mh_model_by_id(&review->model, child->parents[i]);

		if (parent == NULL)
		{
			mh_not_known(review, child, "whether column %s has other parents",
						 mh_review_quote(review, column->name));
			return;
		}
		in_tree += mh_is_below(review, parent, root);
	}
	if (column->parents > in_tree)
		mh_fails(review, child, MH_PG_INVALID_TABLE, "column %s is inherited from other tables too",
				 mh_review_quote(review, column->name));
}

void
mh_refuse_identity_type(MhReview *review, const MhModelRelation *relation,
						const MhModelColumn *column, const MhReviewTypeAnswer *type)
{
	if (column->identity != '\0' && type->sqlstate == NULL && type->id != 0 &&
		!mh_is_integer(type->id))
		mh_fails(review, relation, MH_PG_INVALID_VALUE, "an identity column must be an integer");
}

/* Nobody says which generated column it is. */
bool
mh_computes_no_more(MhReview *review, const MhModelRelation *relation,
					const MhModelDependent *dependent)
{
	int there = 0;
	int dropped = 0;

	if (!dependent->is_own || strcmp(dependent->description, "a generated column") != 0)
		return false;
	for (int i = 0; i < relation->n_columns; i++)
		if (relation->columns[i].generated != '\0')
			relation->columns[i].is_gone ? dropped++ : there++;
	if (there > 0 && dropped > 0)
		mh_not_known(review, relation, "whether the generated column that uses column %s is there",
					 mh_review_quote(review, dependent->column));
	return there == 0 || dropped > 0;
}

/* An expression may give rows equal keys; a mere cast is taken to keep them different. */
void
mh_judge_converted_keys(MhReview *review, MhModelRelation *relation, const MhModelColumn *column,
						const MhReviewAction *action)
{
	MhReviewQuestion question = {MH_ASK_SINGLE, relation};
	const MhReviewValue *value = &column->converted;

	if (action->expression == NULL || action->conversion != NULL || mh_is_empty(review, relation))
		return;
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL || !index->is_unique ||
			!mh_strings_contain(&index->index_columns, column->name) ||
			(value->is_constant && value->is_null && !index->nulls_not_distinct))
			continue;
		if (value->is_constant && index->index_columns.n == 1 && !index->is_partial)
			mh_ask_rows(
				review, relation, &question, MH_PG_UNIQUE,
				psprintf("rows have equal values for %s", mh_review_quote(review, index->name)));
		else
			mh_not_known_late(review, relation, "whether USING keeps the keys of %s different",
							  mh_review_quote(review, index->name));
	}
}
