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
	MhModelType *used = mh_model_find_type(&review->model, &type->name);

	mh_resolve_type(review, type, answer);
	if (used != NULL)
		used->has_new_users = true;
	if (answer->sqlstate != NULL)
		mh_fails_absent(review, NULL, answer->sqlstate, "%s", answer->message);
	else
		mh_may_use_type(review, NULL, answer->id);
	if (answer->sqlstate == NULL && (answer->id == 0 || answer->row_of != 0))
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
check_attributes(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
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
		mh_names_add(&type->attributes, statement->actions[i].name);
	}
	mh_strings_make_set(&names);
	if (names.n < statement->n_actions)
		mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "an attribute is there twice");
}

/* Its values have an order; the multirange type gets a name of its own. */
static void
make_range(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	const char *range = strstr(type->name, "range");
	MhReviewName name = {type->schema, statement->part};
	MhReviewTypeAnswer base;

	mh_resolve_type(review, statement->type, &base);
	if (base.sqlstate == NULL || strcmp(base.sqlstate, MH_PG_INVALID_TABLE) != 0)
		check_base(review, statement->type, &base);
	if (mh_has_failed(review))
		return;
	if (base.id == 0 || base.sqlstate != NULL || base.is_domain_with_constraints ||
		strlen(type->name) > 50 ||
		review->world->comparable(review->world->arg, base.id, base.id) != MH_TRUTH_YES)
	{
		mh_not_known(review, NULL, "whether there can be ranges of this type");
		mh_taint(review);
		return;
	}
	if (name.name == NULL && range != NULL)
		name.name = psprintf("%.*smulti%s", (int) (range - type->name), type->name, range);
	else if (name.name == NULL)
		name.name = psprintf("%s_multirange", type->name);
	if (mh_model_find_type(&review->model, &name) != NULL)
	{
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "type %s exists already",
				 mh_review_quote(review, name.name));
		return;
	}
	type->multirange = mh_model_create_type(&review->model, type->schema, name.name, 'm');
	type->multirange->made_in_transaction = type->made_in_transaction;
	mh_model_type_ends(&review->model, type->multirange);
	mh_names_add(&review->model.code, name.name);
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
	type = mh_model_find_type(&review->model, &name);
	if (type != NULL && !type->is_array)
	{
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "type %s exists already",
				 mh_review_quote(review, name.name));
		return;
	}
	if (review->model.has_new_extension)
		mh_not_known(review, NULL, "whether an extension has made such a type");
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
		check_attributes(review, type, statement);
	else if (kind == 'r')
		make_range(review, type, statement);
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
		case MH_REVIEW_CREATE_RANGE:
			create_type(review, statement, 'r');
			break;
		default:
			create_type(review, statement, 'e');
			break;
	}
}

/* ---------- attributes ---------- */

/* Whether a column has values of the type; arrays count as what is not known. */
static bool
is_stored(MhReview *review, const MhModelType *type)
{
	for (int i = 0; i < type->n_users; i++)
	{
		const MhModelRelation *user = mh_model_by_id(&review->model, type->users[i]);

		for (int k = 0; user != NULL && k < user->n_columns; k++)
			if (!user->columns[k].is_gone && user->columns[k].type == type->id)
				return true;
	}
	return false;
}

static void
change_attribute(MhReview *review, MhModelType *type, const MhReviewAction *action)
{
	bool is_there = mh_names_have(&type->attributes, action->name);
	MhReviewTypeAnswer base;

	if (action->kind == MH_ACT_ADD_COLUMN && is_there)
		mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "the type has an attribute %s already",
				 mh_review_quote(review, action->name));
	else if (action->kind != MH_ACT_ADD_COLUMN && !is_there)
	{
		if (action->kind != MH_ACT_DROP_COLUMN || !action->missing_ok)
			mh_fails_absent(review, NULL, MH_PG_UNDEFINED_COLUMN, "the type has no attribute %s",
							mh_review_quote(review, action->name));
		return;
	}
	if (action->kind != MH_ACT_DROP_COLUMN)
	{
		check_base(review, action->type, &base);
		if (base.id == type->id)
			mh_fails(review, NULL, MH_PG_INVALID_TABLE, "the type would contain itself");
		type->has_new_users = base.id == type->id;
	}
	if (action->kind == MH_ACT_TYPE && is_stored(review, type))
		mh_fails(review, NULL, MH_PG_NOT_SUPPORTED, "a column has values of the type");
	if (action->kind == MH_ACT_ADD_COLUMN)
		mh_names_add(&type->attributes, action->name);
	else if (action->kind == MH_ACT_DROP_COLUMN)
		mh_names_remove(&type->attributes, action->name);
}

static void
rename_attribute(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	if (!mh_names_have(&type->attributes, statement->part))
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_COLUMN, "the type has no attribute %s",
						mh_review_quote(review, statement->part));
	else if (mh_names_have(&type->attributes, statement->new_name))
		mh_fails(review, NULL, MH_PG_DUPLICATE_COLUMN, "the type has an attribute %s already",
				 mh_review_quote(review, statement->new_name));
	else
		mh_names_replace(&type->attributes, statement->part, statement->new_name);
}

/* Typed tables, and what else may use attributes, are not followed. */
static bool
is_followed(const MhReview *review, const MhModelType *type, const MhReviewStatement *statement)
{
	const MhReviewActionKind kind =
		statement->n_actions == 1 ? statement->actions[0].kind : MH_ACT_UNKNOWN;

	return type->is_new && !type->has_new_users && type->attributes.n > 0 &&
		   !review->model.is_tainted && !review->model.has_unseen_users &&
		   (statement->new_name != NULL || kind == MH_ACT_ADD_COLUMN ||
			kind == MH_ACT_DROP_COLUMN || kind == MH_ACT_TYPE);
}

void
mh_judge_attributes(MhReview *review, const MhReviewStatement *statement)
{
	MhModelType *type = mh_model_find_type(&review->model, &statement->name);
	const MhModelRelation *relation = mh_model_find(&review->model, &statement->name);

	if (relation != NULL && relation->kind != 'c')
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no composite type",
				 mh_model_name(review, relation));
	else if (relation == NULL && statement->missing_ok && (type == NULL || type->kind != 'c'))
		mh_not_known(review, NULL, "whether there is such a type");
	else if (relation == NULL && (type == NULL || type->kind != 'c') &&
			 (statement->name.schema == NULL ||
			  mh_model_has_schema(&review->model, statement->name.schema)))
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_TABLE, "type %s does not exist",
						mh_review_quote(review, statement->name.name));
	else if (type == NULL || !is_followed(review, type, statement))
	{
		mh_not_known(review, NULL, "what uses the type is not followed");
		mh_taint(review);
	}
	else if (!mh_owns_type(review, type))
		return;
	else if (statement->new_name != NULL)
		rename_attribute(review, type, statement);
	else
		change_attribute(review, type, &statement->actions[0]);
}
