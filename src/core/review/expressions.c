/*-------------------------------------------------------------------------
 *
 * expressions.c
 *	  Types and expressions of a script.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

void
mh_resolve_type(MhReview *review, const MhReviewType *type, MhReviewTypeAnswer *answer)
{
	MhModelType *found = NULL;

	memset(answer, 0, sizeof(*answer));
	answer->typmod = -1;
	answer->name = type->text;
	if (type->name.schema == NULL || strcmp(type->name.schema, "pg_catalog") != 0)
	{
		if (type->name.schema != NULL && !mh_model_has_schema(&review->model, type->name.schema))
		{
			answer->sqlstate = MH_PG_UNDEFINED_SCHEMA;
			answer->message =
				psprintf("schema %s does not exist", mh_review_quote(review, type->name.schema));
			return;
		}
		found = mh_model_find_type(&review->model, &type->name);
		if (found == NULL)
		{
			answer->sqlstate = MH_PG_UNDEFINED_OBJECT;
			answer->message = psprintf("type %s does not exist", type->text);
			return;
		}
	}
	/* columns are noted as users of their type only */
	if (found != NULL && type->is_array)
		found->has_new_users = true;
	if (found != NULL && found->is_new)
	{
		answer->id = type->is_array ? 0 : found->id;
		answer->is_domain_with_constraints = found->kind == 'd' && !type->is_array;
		answer->has_default = answer->is_domain_with_constraints;
	}
	else
		review->world->resolve(review->world->arg, type, answer);
}

/* A string constant for an enum whose labels the script has changed. */
static bool
check_label(MhReview *review, const MhModelColumn *target, const char *constant,
			MhReviewExpressionAnswer *answer)
{
	MhModelType *type = target == NULL ? NULL : mh_model_type_with_id(&review->model, target->type);

	if (type == NULL || type->kind != 'e' || constant == NULL)
		return false;
	answer->answer.passes = MH_TRUTH_YES;
	answer->is_simple = answer->is_not_null = true;
	if (!mh_names_have(&type->labels, constant))
	{
		answer->answer.passes = MH_TRUTH_NO;
		answer->answer.sqlstate = "22P02";
		answer->answer.detail =
			psprintf("%s is no label of %s", mh_review_quote(review, constant), type->name);
	}
	else if (mh_names_have(&type->new_labels, constant) &&
			 !(type->made_in_transaction && review->world->has_labels_of_new_types))
	{
		answer->answer.passes = MH_TRUTH_NO;
		answer->answer.sqlstate = MH_PG_UNSAFE_LABEL;
		answer->answer.detail =
			psprintf("the label %s cannot be used in the transaction that adds it",
					 mh_review_quote(review, constant));
	}
	return true;
}

/*
 * A literal may have a label in it, such as one of an array, or name a relation that the script
 * changes, such as that of nextval().
 */
const char *
mh_changed_code(const MhReview *review, const MhStrings *code, const MhStrings *texts)
{
	for (int i = 0; i < code->n; i++)
		if (mh_names_have(&review->model.code, code->v[i]))
			return "the script changes a function or type that it uses";
	for (int i = 0; i < texts->n && code->n > 0; i++)
		if (mh_needles_found(&review->model.made, texts->v[i]))
			return "the script makes or drops what it may name";
	for (int i = 0; i < texts->n; i++)
		if (mh_needles_found(&review->model.labels, texts->v[i]))
			return "the script changes a label of an enum that it may use";
	return NULL;
}

/* Functions that take the name of a relation, and the types of such names. */
static bool
may_name_relations(const MhStrings *code)
{
	for (int i = 0; i < code->n; i++)
		if (mh_begins_with(code->v[i], "reg") || strcmp(code->v[i], "nextval") == 0 ||
			strcmp(code->v[i], "currval") == 0 || strcmp(code->v[i], "setval") == 0)
			return true;
	return false;
}

/* The relation that a literal means as regclass reads it, or one of that name; NULL: none. */
static MhModelRelation *
relation_named(MhReview *review, const char *text)
{
	const char *dot = strrchr(text, '.');
	char *parts[2] = {dot == NULL ? NULL : pnstrdup(text, dot - text),
					  pstrdup(dot == NULL ? text : dot + 1)};
	MhReviewName name;

	for (int i = 0; i < 2; i++)
	{
		size_t length = parts[i] == NULL ? 0 : strlen(parts[i]);

		if (length >= 2 && parts[i][0] == '"' && parts[i][length - 1] == '"')
		{
			parts[i][length - 1] = '\0';
			parts[i]++;
		}
		else
			for (size_t k = 0; k < length; k++)
				parts[i][k] = pg_tolower((unsigned char) parts[i][k]);
	}
	name = (MhReviewName){parts[0], parts[1]};
	return mh_model_find(&review->model, &name);
}

void
mh_note_used(MhReview *review, const MhStrings *code, const MhStrings *texts)
{
	if (review->model.is_tainted)
		return;
	for (int i = 0; i < code->n; i++)
		mh_names_add(&review->model.used_code, code->v[i]);
	for (int i = 0; i < texts->n && may_name_relations(code); i++)
	{
		MhModelRelation *relation = relation_named(review, texts->v[i]);

		if (relation != NULL)
			relation->has_new_users = true;
	}
	for (int i = 0; i < code->n; i++)
	{
		MhReviewName name = {NULL, code->v[i]};
		MhModelType *type = mh_model_find_type(&review->model, &name);

		if (type != NULL)
			type->has_new_users = true;
	}
}

/* What is stored depends on what it names. */
static bool
is_stored(MhReviewUse use)
{
	return use != MH_USE_TRANSFORM && use != MH_USE_VALUE && use != MH_USE_WHERE;
}

static void
ask_server(MhReview *review, const MhModelRelation *relation, const MhModelColumn *target,
		   const MhReviewExpression *expression, MhReviewUse use, MhReviewExpressionAnswer *answer)
{
	const char *changed = mh_changed_code(review, &expression->code, &expression->texts);

	if (changed != NULL)
		answer->answer = (MhReviewAnswer){MH_TRUTH_UNKNOWN, NULL, changed};
	else
		review->world->expression(review->world->arg, expression, use, relation, target, answer);
}

static const char *
missing_column(const MhModelRelation *relation, const MhReviewExpression *expression)
{
	for (int i = 0; i < expression->columns.n; i++)
		if (mh_model_column(relation, expression->columns.v[i]) == NULL &&
			!mh_is_system_column(expression->columns.v[i]) &&
			strcmp(expression->columns.v[i], relation->name) != 0)
			return expression->columns.v[i];
	return NULL;
}

void
mh_check_expression(MhReview *review, const MhModelRelation *relation, const MhModelColumn *target,
					const MhReviewExpression *expression, MhReviewUse use,
					MhReviewExpressionAnswer *answer)
{
	const char *missing =
		relation == NULL || relation->is_opaque || expression->is_whole || use == MH_USE_DEFAULT
			? NULL
			: missing_column(relation, expression);

	if (is_stored(use))
		mh_note_used(review, &expression->code, &expression->texts);
	memset(answer, 0, sizeof(*answer));
	answer->is_null = expression->is_null;
	if (missing != NULL)
	{
		answer->answer.passes = MH_TRUTH_NO;
		answer->answer.sqlstate = MH_PG_UNDEFINED_COLUMN;
		answer->answer.detail =
			psprintf("column %s does not exist", mh_review_quote(review, missing));
	}
	else if (!check_label(review, target, expression->constant, answer))
		ask_server(review, relation, target, expression, use, answer);
	/* one row of VALUES may become many */
	if (answer->answer.passes == MH_TRUTH_NO && use == MH_USE_VALUE &&
		review->statement->kind == MH_REVIEW_INSERT && review->statement->rows == 1 &&
		strcmp(answer->answer.sqlstate, MH_PG_NOT_SUPPORTED) == 0)
		answer->answer.passes = MH_TRUTH_UNKNOWN;
	if (answer->answer.passes == MH_TRUTH_NO)
		mh_fails(review, relation, answer->answer.sqlstate, "%s", answer->answer.detail);
	else if (answer->answer.passes == MH_TRUTH_UNKNOWN)
		mh_not_known(review, relation, "%s",
					 answer->answer.detail == NULL ? "an expression cannot be analysed"
												   : answer->answer.detail);
}
