/*-------------------------------------------------------------------------
 *
 * transactions.c
 *	  Transactions, savepoints, and the settings that end with them.
 *
 * What is rolled back is taken out of the history, and the rest is judged again from the start.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* The number of the bootstrap superuser, whose rights every superuser has. */
#define SUPERUSER 10

/* More schemas of a search_path are not looked into. */
#define MOST_SCHEMAS 100

void
mh_settings_begin(MhReview *review)
{
	const MhReviewWorld *world = review->world;
	MhReviewSettings settings = {.has_lock_timeout = world->has_lock_timeout};

	for (int i = 0; i < world->search_path.n; i++)
		mh_strings_add(&settings.path, world->search_path.v[i]);
	settings.role = world->role(world->arg, NULL);
	review->now = review->session = settings;
	review->model.search_path = settings.path;
	review->model.role = settings.role;
}

static void
use_settings(MhReview *review, const MhReviewSettings *settings)
{
	review->now = *settings;
	review->model.search_path = settings->path;
	review->model.role = settings->role;
}

/* ---------- the end of a transaction ---------- */

static void
drop_temporary(MhReview *review)
{
	for (MhModelRelation *r = review->model.ending; r != NULL; r = r->next_ending)
	{
		r->is_ending = r->has_pending_checks = false;
		if (r->ends_at_commit && !r->is_gone)
			mh_model_drop(&review->model, r);
	}
	review->model.ending = NULL;
}

static void
end_types(MhReview *review)
{
	for (MhModelType *type = review->model.ending_types; type != NULL; type = type->next_ending)
	{
		mh_names_clear(&type->new_labels);
		type->is_ending = type->made_in_transaction = false;
	}
	review->model.ending_types = NULL;
}

static void
end_transaction(MhReview *review, const MhReviewStatement *statement)
{
	use_settings(review, &review->session);
	drop_temporary(review);
	review->in_transaction = review->in_transaction && statement->chain;
	review->begin = review->n_history;
	review->warned_of_timeout = review->has_deferred = review->defers_all = false;
	review->n_savepoints = 0;
	end_types(review);
}

static void
commit(MhReview *review, const MhReviewStatement *statement)
{
	if (!review->in_transaction && statement->chain)
		mh_fails(review, NULL, MH_PG_NO_TRANSACTION, "%s works only inside a transaction",
				 "COMMIT AND CHAIN");
	if (review->has_deferred)
		mh_not_known(
			review, NULL,
			"a deferred constraint is checked here, and the rows that the script changed decide");
	end_transaction(review, statement);
	review->begin = review->n_history + 1;
}

static void
roll_back(MhReview *review, const MhReviewStatement *statement)
{
	if (!review->in_transaction && statement->chain && !review->is_replaying)
		mh_fails(review, NULL, MH_PG_NO_TRANSACTION, "%s works only inside a transaction",
				 "ROLLBACK AND CHAIN");
	else if (review->in_transaction)
	{
		review->taken_back_to = review->begin;
		review->is_taken_back = !statement->chain;
		return;
	}
	mh_finish_rollback(review, statement);
}

void
mh_finish_rollback(MhReview *review, const MhReviewStatement *statement)
{
	if (statement->kind != MH_REVIEW_ROLLBACK)
		return;
	end_transaction(review, statement);
	/* it begins a transaction that what is judged again later has to find */
	if (statement->chain)
		review->in_transaction = true;
}

/* ---------- savepoints ---------- */

/* Returns the last one with the name, or -1.  Takes those out that were released. */
static int
find_savepoint(MhReview *review, const char *name)
{
	uint64 hash = mh_index_hash(name);
	MhModelEntry **entry;

	if (review->by_savepoint.n_buckets == 0)
		return -1;
	entry = mh_index_bucket(&review->by_savepoint, hash);
	while (*entry != NULL)
	{
		int at = (*entry)->at;

		if (at >= review->n_savepoints ||
			mh_index_hash(review->savepoints[at].name) != (*entry)->hash)
		{
			*entry = (*entry)->next;
			review->by_savepoint.n--;
		}
		else if ((*entry)->hash == hash && strcmp(review->savepoints[at].name, name) == 0)
			return at;
		else
			entry = &(*entry)->next;
	}
	return -1;
}

static void
add_savepoint(MhReview *review, const char *name)
{
	review->savepoints =
		mh_with_room(review->savepoints, review->n_savepoints, sizeof(MhSavepoint));
	mh_index_put(&review->by_savepoint, mh_index_hash(name), NULL, review->n_savepoints);
	review->savepoints[review->n_savepoints++] = (MhSavepoint){name, review->n_history + 1};
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
		add_savepoint(review, statement->part);
		return;
	}
	found = find_savepoint(review, statement->part);
	if (found < 0)
		mh_fails(review, NULL, MH_PG_INVALID_SAVEPOINT, "savepoint %s does not exist",
				 mh_review_quote(review, statement->part));
	else if (statement->kind == MH_REVIEW_RELEASE)
		review->n_savepoints = found;
	else
	{
		review->taken_back_to = review->savepoints[found].at;
		review->is_taken_back = true;
	}
}

void
mh_judge_transaction(MhReview *review, const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_BEGIN:
			if (review->in_transaction)
				break;
			review->in_transaction = true;
			review->begin = review->n_history;
			review->warned_of_timeout = false;
			if (statement->is_read_only || statement->is_read_write)
				review->now.is_read_only = statement->is_read_only;
			break;
		case MH_REVIEW_COMMIT:
			commit(review, statement);
			break;
		case MH_REVIEW_ROLLBACK:
			roll_back(review, statement);
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

static bool
is_true(const char *value)
{
	return value != NULL && (strcmp(value, "on") == 0 || strcmp(value, "true") == 0 ||
							 strcmp(value, "1") == 0 || strcmp(value, "yes") == 0);
}

/* A value that the server has accepted. */
static MhReviewTruth
truth_of(const char *value)
{
	if (value == NULL)
		return MH_TRUTH_UNKNOWN;
	return strchr("fFnN0", *value) != NULL || pg_strncasecmp(value, "of", 2) == 0 ? MH_TRUTH_NO
																				  : MH_TRUTH_YES;
}

static void
set_role(MhReview *review, const MhReviewStatement *statement, MhReviewSettings *settings)
{
	const MhReviewWorld *world = review->world;
	uint32 first = world->role(world->arg, NULL);
	bool is_reset = statement->value == NULL || strcmp(statement->value, "none") == 0;
	bool is_new = !is_reset && mh_review_made(review, "role", statement->value) == MH_TRUTH_YES;
	uint32 role = is_reset ? first : mh_role(review, statement->value);

	if (is_new)
		mh_not_known(review, NULL, "what the new role may do");
	else if (role == 0)
		mh_fails_absent(review, NULL, MH_PG_INVALID_VALUE, "role %s does not exist",
						mh_review_quote(review, statement->value));
	else if (!world->may_become(world->arg, first, role))
		mh_fails(review, NULL, MH_PG_PRIVILEGE, "the role may not become %s",
				 mh_review_quote(review, statement->value));
	settings->role = role;
}

/* Each name without a schema is looked for in each schema of the path: it is cut. */
static void
set_path(MhReview *review, MhReviewSettings *settings, const MhReviewStatement *statement)
{
	settings->path = (MhStrings){0, NULL};
	for (int i = 0; i < statement->values.n && settings->path.n < MOST_SCHEMAS; i++)
		if (!mh_strings_contain(&settings->path, statement->values.v[i]))
			mh_strings_add(&settings->path, statement->values.v[i]);
	if (settings->path.n < MOST_SCHEMAS)
		return;
	mh_not_known(review, NULL, "only the first %d schemas of the search_path are looked into",
				 MOST_SCHEMAS);
	mh_taint(review);
}

static void
change_setting(MhReview *review, const MhReviewStatement *statement, MhReviewSettings *settings)
{
	const char *name = statement->setting;

	if (strcmp(name, "lock_timeout") == 0)
		settings->has_lock_timeout = !is_zero(statement->value);
	else if (strcmp(name, "check_function_bodies") == 0)
		settings->checks_bodies = truth_of(statement->value);
	else if (strcmp(name, "search_path") == 0)
		set_path(review, settings, statement);
	else if (strcmp(name, "role") == 0 || strcmp(name, "session_authorization") == 0)
		set_role(review, statement, settings);
	else if (strcmp(name, "transaction_read_only") == 0 ||
			 strcmp(name, "default_transaction_read_only") == 0)
		settings->is_read_only = is_true(statement->value);
	else if (statement->is_read_only || statement->is_read_write)
		settings->is_read_only = statement->is_read_only;
}

static void
set_constraints(MhReview *review, const MhReviewStatement *statement)
{
	bool is_deferred = statement->value != NULL;

	if (statement->values.n > 0)
		mh_not_known(review, NULL, "whether these constraints exist and are deferrable");
	if (is_deferred)
		review->defers_all = review->in_transaction;
	else if (review->has_deferred)
		mh_not_known(
			review, NULL,
			"deferred constraints are checked here, and the rows that the script changed decide");
}

/* Whether COMMIT keeps the setting. */
static bool
is_of_session(const MhReviewStatement *statement)
{
	if (statement->is_local)
		return false;
	if (strcmp(statement->setting, "TRANSACTION") == 0 ||
		strcmp(statement->setting, "transaction_read_only") == 0)
		return false;
	return true;
}

void
mh_judge_setting(MhReview *review, const MhReviewStatement *statement)
{
	bool is_session = is_of_session(statement);
	MhReviewSettings settings = is_session ? review->session : review->now;

	if (strcmp(statement->setting, "session_authorization") == 0 &&
		!review->world->has_rights_of(review->world->arg, review->session.role, SUPERUSER))
		mh_not_known(review, NULL, "only the session's first user decides who it may become");
	if (*statement->setting == '\0')
	{
		mh_settings_begin(review);
		return;
	}
	if (strcmp(statement->setting, "CONSTRAINTS") == 0)
	{
		set_constraints(review, statement);
		return;
	}
	change_setting(review, statement, &settings);
	if (!is_session)
	{
		/* outside of a transaction it ends with the statement */
		if (review->in_transaction)
			use_settings(review, &settings);
		return;
	}
	review->session = settings;
	settings = review->now;
	/* the running transaction keeps whether it is read only */
	change_setting(review, statement, &settings);
	if (review->in_transaction)
		settings.is_read_only = review->now.is_read_only;
	use_settings(review, &settings);
}
