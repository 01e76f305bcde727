/*-------------------------------------------------------------------------
 *
 * types.c
 *	  Types that a script creates, and labels of enums.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

static MhModelType *
existing_type(MhReview *review, const MhReviewStatement *statement)
{
	MhModelType *type;

	if (statement->name.schema != NULL &&
		!mh_model_has_schema(&review->model, statement->name.schema))
	{
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_SCHEMA, "schema %s does not exist",
						mh_review_quote(review, statement->name.schema));
		return NULL;
	}
	type = mh_model_find_type(&review->model, &statement->name);
	if (type == NULL)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "type %s does not exist",
						mh_review_quote(review, statement->name.name));
	else if (type->kind != 'e')
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no enum",
				 mh_review_quote(review, type->name));
	else
		mh_owns_type(review, type);
	return mh_has_failed(review) ? NULL : type;
}

/* part: the label before or after which it goes. */
static void
add_label(MhReview *review, const MhReviewStatement *statement)
{
	MhModelType *type = existing_type(review, statement);

	if (type == NULL)
		return;
	if (strlen(statement->new_name) > 63)
		mh_fails(review, NULL, "42602", "the label is longer than 63 bytes");
	else if (mh_names_have(&type->labels, statement->new_name))
	{
		if (!statement->exists_ok)
			mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "the label %s exists already",
					 mh_review_quote(review, statement->new_name));
		return;
	}
	else if (statement->part != NULL && !mh_names_have(&type->labels, statement->part))
		mh_fails(review, NULL, "22023", "%s is no label of the enum",
				 mh_review_quote(review, statement->part));
	mh_names_add(&type->labels, statement->new_name);
	mh_needles_add(&review->model.labels, statement->new_name);
	if (review->in_transaction)
	{
		mh_names_add(&type->new_labels, statement->new_name);
		mh_model_type_ends(&review->model, type);
	}
}

static void
rename_label(MhReview *review, const MhReviewStatement *statement)
{
	MhModelType *type = existing_type(review, statement);

	if (type == NULL)
		return;
	if (!mh_names_have(&type->labels, statement->part))
		mh_fails(review, NULL, "22023", "%s is no label of the enum",
				 mh_review_quote(review, statement->part));
	else if (mh_names_have(&type->labels, statement->new_name))
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "the label %s exists already",
				 mh_review_quote(review, statement->new_name));
	mh_needles_add(&review->model.labels, statement->part);
	mh_needles_add(&review->model.labels, statement->new_name);
	mh_names_replace(&type->labels, statement->part, statement->new_name);
	if (!type->is_new)
		mh_find(review, NULL, MH_WARNING, MH_REVIEW_BREAKS_CLIENTS, NULL,
				"code that uses the label %s fails", mh_review_quote(review, statement->part));
}

static void
check_labels(MhReview *review, const MhStrings *labels)
{
	MhStrings sorted = {0, NULL};

	for (int i = 0; i < labels->n; i++)
	{
		if (strlen(labels->v[i]) > 63)
			mh_fails(review, NULL, "42602", "a label is longer than 63 bytes");
		mh_strings_push(&sorted, labels->v[i]);
	}
	mh_strings_make_set(&sorted);
	if (sorted.n < labels->n)
		mh_fails(review, NULL, MH_PG_UNIQUE, "a label is there twice");
}

/* Of a domain, or an attribute. */
static void
check_base(MhReview *review, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	mh_resolve_type(review, type, answer);
	if (answer->sqlstate != NULL)
		mh_fails_absent(review, NULL, answer->sqlstate, "%s", answer->message);
	else if (answer->id == 0 || answer->row_of != 0)
		mh_not_known(review, NULL, "whether it can have this type");
}

static void
make_domain(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	MhReviewTypeAnswer base;

	check_base(review, statement->type, &base);
	if (!mh_has_failed(review) && base.id != 0)
		mh_define_domain(review, type, &base, statement);
}

static void
check_attributes(MhReview *review, const MhReviewStatement *statement)
{
	MhReviewTypeAnswer answer;
	MhStrings names = {0, NULL};

	if (statement->n_actions > MH_MOST_COLUMNS || statement->has_code)
	{
		mh_not_known(review, NULL, "the definition of the type is not judged");
		return;
	}
	for (int i = 0; i < statement->n_actions; i++)
	{
		check_base(review, statement->actions[i].type, &answer);
		mh_strings_push(&names, statement->actions[i].name);
	}
	mh_strings_make_set(&names);
	if (names.n < statement->n_actions)
		mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "an attribute is there twice");
}

static void
create_type(MhReview *review, const MhReviewStatement *statement, char kind)
{
	const char *schema = mh_schema_for(review, &statement->name);
	MhReviewName name = {schema, statement->name.name};
	MhModelType *type;

	if (schema == NULL)
		return;
	if (mh_model_in(&review->model, schema, name.name) != NULL &&
		mh_is_table(mh_model_in(&review->model, schema, name.name)))
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "a table has the name %s",
				 mh_review_quote(review, name.name));
	if (mh_model_find_type(&review->model, &name) != NULL)
	{
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "type %s exists already",
				 mh_review_quote(review, name.name));
		return;
	}
	type = mh_model_create_type(&review->model, schema, name.name, kind);
	type->made_in_transaction = review->in_transaction;
	mh_model_type_ends(&review->model, type);
	for (int i = 0; kind == 'e' && i < statement->values.n; i++)
		mh_names_add(&type->labels, statement->values.v[i]);
	if (kind == 'e')
		check_labels(review, &statement->values);
	else if (kind == 'd' && statement->type != NULL)
		make_domain(review, type, statement);
	else if (kind == 'c')
		check_attributes(review, statement);
	else
		mh_not_known(review, NULL, "the definition of the type is not judged");
}

void
mh_judge_type(MhReview *review, const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_ADD_LABEL:
			add_label(review, statement);
			break;
		case MH_REVIEW_RENAME_LABEL:
			rename_label(review, statement);
			break;
		case MH_REVIEW_CREATE_DOMAIN:
			create_type(review, statement, 'd');
			break;
		case MH_REVIEW_CREATE_COMPOSITE:
			create_type(review, statement, 'c');
			break;
		default:
			create_type(review, statement, 'e');
			break;
	}
}
