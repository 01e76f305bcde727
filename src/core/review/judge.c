/*-------------------------------------------------------------------------
 *
 * judge.c
 *	  Judges the statements of a script in their order.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

MhReview *
mh_review_begin(const MhReviewWorld *world)
{
	MhReview *review = palloc0(sizeof(MhReview));

	review->world = world;
	mh_model_begin(&review->model, world);
	review->has_lock_timeout = world->has_lock_timeout;
	for (int i = 0; i < world->version_rows.n; i++)
		mh_strings_add(&review->version_rows, world->version_rows.v[i]);
	return review;
}

const MhStrings *
mh_review_path(const MhReview *review)
{
	return &review->model.search_path;
}

/* ---------- transactions ---------- */

/* Undoes what the transaction did to the model, if that can be told. */
static void
roll_back(MhReview *review)
{
	if (review->began_unchanged)
	{
		memset(&review->model, 0, sizeof(MhModel));
		mh_model_begin(&review->model, review->world);
		review->version_rows.n = 0;
		for (int i = 0; i < review->world->version_rows.n; i++)
			mh_strings_add(&review->version_rows, review->world->version_rows.v[i]);
	}
	else
		review->model.is_tainted = true;
}

static void
end_transaction(MhReview *review)
{
	if (review->is_timeout_local)
		review->has_lock_timeout = review->timeout_before;
	review->is_timeout_local = false;
	review->in_transaction = review->warned_of_timeout = review->has_deferred = false;
	review->savepoints.n = 0;
	for (MhModelType *type = review->model.types; type != NULL; type = type->next)
	{
		type->new_labels.n = 0;
		type->made_in_transaction = false;
	}
}

static int
find_savepoint(const MhReview *review, const char *name)
{
	for (int i = review->savepoints.n - 1; i >= 0; i--)
		if (strcmp(review->savepoints.v[i], name) == 0)
			return i;
	return -1;
}

static void
judge_savepoint(MhReview *review, const MhReviewStatement *statement)
{
	int found;

	if (!review->in_transaction)
	{
		mh_fails(review, NULL, MH_PG_NO_TRANSACTION, "%s works only inside a transaction",
				 statement->command);
		return;
	}
	if (statement->kind == MH_REVIEW_SAVEPOINT)
	{
		mh_strings_add(&review->savepoints, statement->part);
		return;
	}
	found = find_savepoint(review, statement->part);
	if (found < 0)
		mh_fails(review, NULL, MH_PG_INVALID_SAVEPOINT, "savepoint %s does not exist",
				 mh_review_quote(review, statement->part));
	else if (statement->kind == MH_REVIEW_RELEASE)
		review->savepoints.n = found;
	else
	{
		review->savepoints.n = found + 1;
		review->model.is_tainted = true;
	}
}

static void
judge_transaction(MhReview *review, const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_BEGIN:
			review->in_transaction = true;
			review->begin = review->n;
			review->began_unchanged = !review->model.is_changed;
			review->warned_of_timeout = false;
			break;
		case MH_REVIEW_COMMIT:
			if (review->has_deferred)
				mh_not_known(
					review, NULL,
					"a deferred constraint is checked here, and the rows that the script changed decide");
			end_transaction(review);
			break;
		case MH_REVIEW_ROLLBACK:
			if (review->in_transaction)
				roll_back(review);
			end_transaction(review);
			break;
		default:
			judge_savepoint(review, statement);
			break;
	}
}

/* ---------- settings ---------- */

static bool
is_zero(const char *value)
{
	return value == NULL || strspn(value, "0") == strcspn(value, "abcdefghijklmnopqrstuvwxyz ");
}

static void
set_timeout(MhReview *review, const MhReviewStatement *statement)
{
	if (statement->is_local && !review->in_transaction)
		return;
	if (statement->is_local && !review->is_timeout_local)
	{
		review->timeout_before = review->has_lock_timeout;
		review->is_timeout_local = true;
	}
	review->has_lock_timeout = !is_zero(statement->value);
}

static void
judge_setting(MhReview *review, const MhReviewStatement *statement)
{
	MhStrings *path = &review->model.search_path;

	if (strcmp(statement->setting, "lock_timeout") == 0)
		set_timeout(review, statement);
	else if (strcmp(statement->setting, "search_path") == 0)
	{
		path->n = 0;
		for (int i = 0; i < statement->values.n; i++)
			mh_strings_add(path, statement->values.v[i]);
	}
	else if (strcmp(statement->setting, "role") == 0 ||
			 strcmp(statement->setting, "session_authorization") == 0)
		mh_not_known(review, NULL, "the privileges of another role are not judged");
}

/* ---------- statements ---------- */

typedef struct Judge
{
	MhReviewKind kind;
	void (*judge)(MhReview *review, const MhReviewStatement *statement);
} Judge;

static const Judge judges[] = {
	{MH_REVIEW_BEGIN, judge_transaction},
	{MH_REVIEW_COMMIT, judge_transaction},
	{MH_REVIEW_ROLLBACK, judge_transaction},
	{MH_REVIEW_SAVEPOINT, judge_transaction},
	{MH_REVIEW_RELEASE, judge_transaction},
	{MH_REVIEW_ROLLBACK_TO, judge_transaction},
	{MH_REVIEW_SET, judge_setting},
	{MH_REVIEW_CREATE_TABLE, mh_judge_create_table},
	{MH_REVIEW_CREATE_TABLE_AS, mh_judge_create_table},
	{MH_REVIEW_CREATE_VIEW, mh_judge_create_view},
	{MH_REVIEW_CREATE_SEQUENCE, mh_judge_create_sequence},
	{MH_REVIEW_CREATE_ENUM, mh_judge_type},
	{MH_REVIEW_CREATE_DOMAIN, mh_judge_type},
	{MH_REVIEW_CREATE_COMPOSITE, mh_judge_type},
	{MH_REVIEW_ADD_LABEL, mh_judge_type},
	{MH_REVIEW_RENAME_LABEL, mh_judge_type},
	{MH_REVIEW_CREATE_INDEX, mh_judge_index},
	{MH_REVIEW_ALTER_TABLE, mh_judge_alter_table},
	{MH_REVIEW_RENAME, mh_judge_rename},
	{MH_REVIEW_SET_SCHEMA, mh_judge_set_schema},
	{MH_REVIEW_COMMENT, mh_judge_comment},
	{MH_REVIEW_DROP, mh_judge_drop},
	{MH_REVIEW_TRUNCATE, mh_judge_truncate},
	{MH_REVIEW_INSERT, mh_judge_change},
	{MH_REVIEW_UPDATE, mh_judge_change},
	{MH_REVIEW_DELETE, mh_judge_change},
};

static void
judge(MhReview *review, const MhReviewStatement *statement)
{
	for (size_t i = 0; i < lengthof(judges); i++)
		if (judges[i].kind == statement->kind)
		{
			judges[i].judge(review, statement);
			return;
		}
	mh_judge_others(review, statement);
}

static bool
changes_model(const MhReviewStatement *statement)
{
	return statement->kind > MH_REVIEW_SET;
}

void
mh_review_statement(MhReview *review, const MhReviewStatement *statement)
{
	MH_CHECK_INTERRUPTS();
	mh_effects_begin(review, statement);
	if (!review->in_transaction)
		review->warned_of_timeout = false;
	if (statement->sqlstate != NULL)
		mh_fails(review, NULL, statement->sqlstate, "%s", statement->message);
	else if (statement->needs_no_transaction != NULL && review->in_transaction)
		mh_fails(review, NULL, MH_PG_IN_TRANSACTION, "%s cannot run inside a transaction",
				 statement->needs_no_transaction);
	if (statement->kind != MH_REVIEW_SYNTAX)
		judge(review, statement);
	if (changes_model(statement))
		review->model.is_changed = true;
	mh_effects_end(review);
}

MhReviewEffect **
mh_review_end(MhReview *review, int *n)
{
	*n = review->n;
	return review->effects;
}
