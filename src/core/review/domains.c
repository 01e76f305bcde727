/*-------------------------------------------------------------------------
 *
 * domains.c
 *	  Domains, and the values of their columns.
 *
 * What the server says of a domain is what is live.  So one that the script changes is one of the
 * script from then on.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* A name that the server makes from a longer one is cut. */
#define LONGEST_NAME 50

/* Checks that are looked for one after the other. */
#define MOST_CHECKS 100

/* The checks of a domain are about a value, as those of a table with one column. */
static MhModelRelation *
values_of(const MhModelType *type)
{
	MhModelRelation *values = palloc0(sizeof(MhModelRelation));
	MhModelColumn *value;

	values->kind = 'c';
	values->schema = values->name = "";
	value = mh_model_add_column(values, "value");
	value->type = type->base;
	value->typmod = type->base_typmod;
	value->collation = type->base_collation;
	return values;
}

static MhModelDomainCheck *
find_check(const MhModelType *type, const char *name)
{
	for (int i = 0; i < type->n_checks; i++)
		if (!type->checks[i].is_gone && strcmp(type->checks[i].name, name) == 0)
			return &type->checks[i];
	return NULL;
}

/* The name that the server chooses; NULL: nobody knows. */
static const char *
choose_name(const MhModelType *type)
{
	const char *name = psprintf("%s_check", type->name);

	if (strlen(type->name) > LONGEST_NAME)
		return NULL;
	for (int i = 1; find_check(type, name) != NULL; i++)
		name = psprintf("%s_check%d", type->name, i);
	return name;
}

static void
add_check(MhReview *review, MhModelType *type, const char *name,
		  const MhReviewExpression *expression, bool is_valid)
{
	MhReviewExpressionAnswer answer;

	if (name != NULL && *name != '\0' && find_check(type, name) != NULL)
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "constraint %s of the domain exists already",
				 mh_review_quote(review, name));
	if (name == NULL || *name == '\0')
		name = choose_name(type);
	if (name == NULL || type->n_checks >= MOST_CHECKS)
	{
		mh_not_known(review, NULL, "the constraints of the domain are not followed");
		type->is_domain_known = false;
		return;
	}
	mh_check_expression(review, values_of(type), NULL, expression, MH_USE_CHECK, &answer);
	type->checks = mh_with_room(type->checks, type->n_checks, sizeof(MhModelDomainCheck));
	type->checks[type->n_checks++] = (MhModelDomainCheck){name, expression, is_valid, false};
}

void
mh_define_domain(MhReview *review, MhModelType *type, const MhReviewTypeAnswer *base,
				 const MhReviewStatement *statement)
{
	MhReviewExpressionAnswer answer;

	type->base = base->id;
	type->base_typmod = base->typmod;
	type->base_collation = base->collation;
	type->is_not_null = statement->is_not_null == MH_TRUTH_YES;
	/* a domain over one is judged by the other, too */
	type->is_domain_known = !base->is_domain_with_constraints;
	if (statement->condition != NULL)
		mh_check_expression(review, NULL, values_of(type)->columns, statement->condition,
							MH_USE_DEFAULT, &answer);
	for (int i = 0; i < statement->n_expressions && !mh_has_failed(review); i++)
		add_check(review, type, statement->values.v[i], &statement->expressions[i], true);
}

/* ---------- rows ---------- */

/* Refuses an array of the domain that is stored, in a column. */
static void
refuse_arrays(MhReview *review, const MhModelType *type)
{
	for (int i = 0; i < type->n_users; i++)
	{
		const MhModelRelation *user = mh_model_by_id(&review->model, type->users[i]);

		for (int k = 0; user != NULL && k < user->n_columns; k++)
			if (!user->columns[k].is_gone && type->array_id != 0 &&
				user->columns[k].type == type->array_id && strchr("rmp", user->kind) != NULL)
				mh_fails(review, user, MH_PG_NOT_SUPPORTED, "column %s is an array of the domain",
						 mh_review_quote(review, user->columns[k].name));
	}
	if (type->dependents.n > 0)
		mh_not_known(review, NULL, "%s may have values of the domain", type->dependents.v[0]);
	if (type->has_new_users || review->model.has_unseen_users)
		mh_not_known(review, NULL, "what the script made may have values of the domain");
}

static void
ask_column(MhReview *review, MhModelRelation *user, int column, const MhModelType *type,
		   const MhModelDomainCheck *check)
{
	MhReviewQuestion question = {check == NULL ? MH_ASK_NOT_NULL : MH_ASK_NO_ROW, user};
	const char *name = mh_review_quote(review, user->columns[column].name);

	if (mh_is_empty(review, user))
		return;
	mh_strings_add(&question.columns, user->columns[column].name);
	if (check != NULL)
	{
		question.node =
			review->world->fails(review->world->arg, check->expression, values_of(type), column);
		if (question.node == NULL)
			question.kind = MH_ASK_OTHER;
	}
	if (check == NULL)
		mh_ask_rows(review, user, &question, MH_PG_NOT_NULL, psprintf("column %s has NULLs", name));
	else
		mh_ask_rows(review, user, &question, MH_PG_CHECK,
					psprintf("values of column %s violate the constraint %s of the domain", name,
							 mh_review_quote(review, check->name)));
}

/* What the script made may have rows of the table as values. */
static void
doubt_row_type(MhReview *review, const MhModelRelation *user)
{
	MhReviewName name = {user->schema, user->name};
	const MhModelType *row = mh_model_find_type(&review->model, &name);

	if (row != NULL && (row->n_users > 0 || row->has_new_users))
		mh_not_known(review, user, "whether a column has rows of %s", mh_model_name(review, user));
}

/* check NULL: values are not NULL. */
static void
ask_columns(MhReview *review, const MhModelType *type, const MhModelDomainCheck *check)
{
	refuse_arrays(review, type);
	for (int i = 0; i < type->n_users; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, type->users[i]);

		if (user == NULL || strchr("rm", user->kind) == NULL)
			continue;
		for (int k = 0; k < user->n_columns; k++)
		{
			if (user->columns[k].is_gone || user->columns[k].type != type->id)
				continue;
			mh_touch(review, user, MH_LOCK_SHARE);
			mh_note_scan(review, user);
			mh_refuse_row_type(review, user);
			doubt_row_type(review, user);
			ask_column(review, user, k, type, check);
		}
	}
}

/* ---------- ALTER DOMAIN ---------- */

/* Columns of the domain are of one that the script made. */
static void
renew(MhReview *review, MhModelType *type)
{
	uint32 id = review->model.next_id++;

	if (type->dependents.n > 0 || type->n_defaults > 0)
		mh_taint(review);
	for (int i = 0; i < type->n_users; i++)
	{
		MhModelRelation *user = mh_model_by_id(&review->model, type->users[i]);

		for (int k = 0; user != NULL && k < user->n_columns; k++)
		{
			MhModelColumn *column = &user->columns[k];

			if (column->type == type->array_id && type->array_id != 0)
				mh_taint(review);
			if (column->type != type->id)
				continue;
			column->type = id;
			column->is_domain = true;
			column->known_default = NULL;
		}
	}
	mh_names_add(&review->model.code, type->name);
	type->id = id;
	type->is_new = true;
	mh_model_put_type(&review->model, type);
}

static void
drop_check(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	MhModelDomainCheck *check = find_check(type, statement->part);

	if (check != NULL)
		check->is_gone = true;
	else if (!statement->missing_ok)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT,
						"constraint %s of the domain does not exist",
						mh_review_quote(review, statement->part));
}

static void
rename_check(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	MhModelDomainCheck *check = find_check(type, statement->part);

	if (check == NULL)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT,
						"constraint %s of the domain does not exist",
						mh_review_quote(review, statement->part));
	else if (find_check(type, statement->new_name) != NULL)
		mh_fails(review, NULL, MH_PG_DUPLICATE_OBJECT, "constraint %s of the domain exists already",
				 mh_review_quote(review, statement->new_name));
	else
		check->name = statement->new_name;
}

static void
validate_check(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	MhModelDomainCheck *check = find_check(type, statement->part);

	if (check == NULL)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT,
						"constraint %s of the domain does not exist",
						mh_review_quote(review, statement->part));
	else if (check->expression == NULL)
		mh_not_known(review, NULL, "the rows of its columns decide");
	else
	{
		ask_columns(review, type, check);
		check->is_valid = true;
	}
}

static void
set_default(MhReview *review, const MhModelType *type, const MhReviewStatement *statement)
{
	const char *changed =
		statement->condition == NULL
			? NULL
			: mh_changed_code(review, &statement->condition->code, &statement->condition->texts);

	if (statement->condition != NULL)
		mh_note_used(review, &statement->condition->code, &statement->condition->texts);
	if (changed != NULL)
		mh_not_known(review, NULL, "%s", changed);
	else if (!type->is_new)
		(void) mh_ask_other(review, statement);
	else if (statement->condition != NULL)
		mh_not_known(review, NULL, "the default of a domain of the script is not judged");
}

static void
set_not_null(MhReview *review, MhModelType *type, bool is_not_null)
{
	if (is_not_null && !type->is_not_null)
		ask_columns(review, type, NULL);
	type->is_not_null = is_not_null;
}

static void
change_domain(MhReview *review, MhModelType *type, const MhReviewStatement *statement)
{
	switch (statement->domain_action)
	{
		case 'T':
			set_default(review, type, statement);
			break;
		case 'N':
		case 'O':
			set_not_null(review, type, statement->domain_action == 'O');
			break;
		case 'X':
			drop_check(review, type, statement);
			break;
		case 'V':
			validate_check(review, type, statement);
			break;
		case 'R':
			rename_check(review, type, statement);
			break;
		default:
			if (statement->condition == NULL)
			{
				mh_not_known(review, NULL, "the constraint of the domain is not judged");
				type->is_domain_known = false;
				break;
			}
			add_check(review, type, statement->part, statement->condition,
					  !statement->is_not_valid);
			if (type->is_domain_known && !statement->is_not_valid && !mh_has_failed(review))
				ask_columns(review, type, &type->checks[type->n_checks - 1]);
			break;
	}
}

void
mh_judge_domain(MhReview *review, const MhReviewStatement *statement)
{
	MhModelType *type = mh_model_find_type(&review->model, &statement->name);

	if (type == NULL)
		mh_fails_absent(review, NULL, MH_PG_UNDEFINED_OBJECT, "type %s does not exist",
						mh_review_quote(review, statement->name.name));
	else if (type->kind != 'd')
		mh_fails(review, NULL, MH_PG_WRONG_TYPE, "%s is no domain",
				 mh_review_quote(review, type->name));
	if (type == NULL || type->kind != 'd' || !mh_owns_type(review, type))
		return;
	if (!type->is_new && !type->is_domain_known)
		review->world->domain(review->world->arg, type);
	if (type->is_domain_known)
	{
		change_domain(review, type, statement);
		renew(review, type);
		return;
	}
	if (type->is_new)
		mh_not_known(review, NULL, "the domain is not followed");
	else
		(void) mh_ask_other(review, statement);
	review->model.is_tainted = true;
}
