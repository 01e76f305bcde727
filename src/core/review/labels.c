/*-------------------------------------------------------------------------
 *
 * labels.c
 *	  Columns that become enums: the texts of their values are labels, or are refused.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

#define TYPE_TEXT 25
#define TYPE_VARCHAR 1043

static bool
is_text(const MhReviewTypeAnswer *type)
{
	return (type->id == TYPE_TEXT || type->id == TYPE_VARCHAR) && type->typmod == -1;
}

/* Labels that can be used now; false: some cannot. */
static bool
usable_labels(const MhReview *review, const MhModelType *type, MhStrings *labels)
{
	for (int i = 0; i < type->labels.places; i++)
		if (type->labels.v[i] != NULL)
		{
			if (mh_names_have(&type->new_labels, type->labels.v[i]) &&
				!(type->made_in_transaction && review->world->has_labels_of_new_types))
				return false;
			mh_strings_push(labels, type->labels.v[i]);
		}
	return true;
}

/* Whether each label of one enum is one of another. */
static bool
has_all_labels(const MhModelType *type, const MhModelType *other)
{
	for (int i = 0; i < other->labels.places; i++)
		if (other->labels.v[i] != NULL && !mh_names_have(&type->labels, other->labels.v[i]))
			return false;
	return true;
}

/* The values are texts, or are cast to text. */
static void
ask_labels(MhReview *review, MhModelRelation *relation, const MhModelColumn *column,
		   const MhModelType *type)
{
	const MhModelType *from = mh_model_type_with_id(&review->model, column->type);
	MhReviewTypeAnswer text = {.id = TYPE_TEXT, .typmod = -1, .name = "text"};
	MhReviewCastAnswer cast = {{MH_TRUTH_UNKNOWN, NULL, NULL}};
	MhReviewQuestion question = {MH_ASK_LABELS, relation};
	MhReviewValue value = {NULL};

	if (!usable_labels(review, type, &question.texts))
	{
		mh_not_known(review, relation, "a label may not be used before the transaction ends");
		return;
	}
	if (from != NULL && from->kind == 'e' && from->is_new && has_all_labels(type, from))
		return;
	review->world->cast(review->world->arg, relation, column, &text, NULL, &cast);
	if (cast.answer.passes != MH_TRUTH_YES || cast.node == NULL)
	{
		if (!mh_is_empty(review, relation))
			mh_not_known(review, relation, "whether the values are labels of %s",
						 mh_review_quote(review, type->name));
		return;
	}
	value.node = cast.node;
	question.values = &value;
	mh_strings_add(&question.columns, column->name);
	mh_ask_rows(review, relation, &question, "22P02",
				psprintf("values of column %s are no labels of %s",
						 mh_review_quote(review, column->name),
						 mh_review_quote(review, type->name)));
}

static bool
is_referred_to(MhReview *review, const MhModelRelation *relation, const MhModelColumn *column)
{
	for (int i = 0; i < relation->n_referrers; i++)
	{
		const MhModelRelation *user = mh_model_by_id(&review->model, relation->referrers[i]);

		for (int k = 0; user != NULL && k < user->n_constraints; k++)
			if (!user->constraints[k].is_gone && user->constraints[k].type == 'f' &&
				user->constraints[k].partner == relation->id &&
				mh_strings_contain(&user->constraints[k].partner_columns, column->name))
				return true;
	}
	return false;
}

/* Other indexes of the column may not be made with the new type. */
static void
judge_indexes(MhReview *review, MhModelRelation *relation, const MhModelColumn *column)
{
	for (int i = 0; i < relation->n_constraints; i++)
		if (!relation->constraints[i].is_gone &&
			strchr("puc", relation->constraints[i].type) == NULL &&
			mh_strings_contain(&relation->constraints[i].columns, column->name))
			mh_not_known(review, relation, "whether constraint %s can have the new type",
						 mh_review_quote(review, relation->constraints[i].name));
	if (is_referred_to(review, relation, column) || review->model.has_new_statistics)
		mh_not_known(review, relation, "whether foreign keys and statistics can have the new type");
	for (int i = 0; i < relation->n_indexes; i++)
	{
		const MhModelRelation *index = mh_model_by_id(&review->model, relation->indexes[i]);

		if (index == NULL || (index->is_usual && !index->is_partial))
			continue;
		if (index->used_columns.n == 0 || mh_strings_contain(&index->used_columns, column->name) ||
			mh_strings_contain(&index->index_columns, column->name))
			mh_not_known(review, relation, "whether index %s can be made with the new type",
						 mh_review_quote(review, index->name));
	}
}

/* Whether the cast that is written is one; it is refused, or not known, otherwise. */
static bool
is_cast(MhReview *review, MhModelRelation *relation, const MhModelColumn *from,
		const MhReviewConversion *conversion, const MhModelType *type)
{
	const MhModelType *enumeration = mh_model_type_with_id(&review->model, from->type);
	bool is_enum = enumeration != NULL && enumeration->kind == 'e';
	bool is_string = from->type == TYPE_TEXT || from->type == TYPE_VARCHAR;
	MhReviewTypeAnswer between;

	if (conversion->between == NULL)
	{
		if ((is_enum || mh_is_integer(from->type)) && type->is_new)
			mh_fails(review, relation, "42846", "the type of column %s cannot be cast to %s",
					 mh_review_quote(review, from->name), mh_review_quote(review, type->name));
		return is_string;
	}
	mh_resolve_type(review, conversion->between, &between);
	return between.sqlstate == NULL && is_text(&between) &&
		   (is_enum || is_string || mh_is_integer(from->type) ||
			(from->type >= MH_FIRST_OTHER_TYPE && !from->is_domain));
}

bool
mh_judge_cast_to_labels(MhReview *review, MhModelRelation *relation, MhModelColumn *column,
						const MhReviewAction *action, const MhReviewTypeAnswer *type)
{
	const MhReviewConversion *conversion = action->conversion;
	const MhModelType *to = mh_model_type_with_id(&review->model, type->id);
	const MhModelColumn *from =
		conversion == NULL ? NULL : mh_model_column(relation, conversion->column);
	MhReviewTypeAnswer written;

	if (to == NULL || to->kind != 'e' || column->generated != '\0' || column->type == type->id ||
		column->type == 0)
		return false;
	if (action->expression == NULL)
	{
		if (to->is_new)
			mh_fails(review, relation, MH_PG_DATATYPE_MISMATCH,
					 "the type of column %s cannot be cast to %s without USING",
					 mh_review_quote(review, column->name), mh_review_quote(review, to->name));
		return to->is_new;
	}
	if (from == NULL || from->is_retyped || from->generated == 'v')
		return false;
	mh_resolve_type(review, conversion->type, &written);
	if (written.sqlstate != NULL || written.id != type->id ||
		!is_cast(review, relation, from, conversion, to))
		return mh_has_failed(review);
	column->is_converted = true;
	column->converted = (MhReviewValue){.is_unknown = true};
	mh_note_rewrite(review, relation);
	mh_refuse_row_type(review, relation);
	if (column->live_name != NULL)
		mh_find(review, relation, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS, NULL,
				"code that writes values of %s into column %s may fail", column->type_name,
				mh_review_quote(review, column->name));
	judge_indexes(review, relation, column);
	ask_labels(review, relation, from, to);
	return true;
}
