/*-------------------------------------------------------------------------
 *
 * judge.c
 *	  Judges the statements of a script in their order.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

/* Statements that a review judges again because others were rolled back, all in all. */
#define MOST_REPLAYED 200000

static void
begin(MhReview *review)
{
	memset(&review->model, 0, sizeof(MhModel));
	mh_model_begin(&review->model, review->world);
	mh_settings_begin(review);
	review->in_transaction = review->defers_all = review->has_deferred = false;
	review->n_savepoints = review->begin = 0;
	mh_names_clear(&review->version_rows);
	for (int i = 0; i < review->world->version_rows.n; i++)
		mh_names_add(&review->version_rows, review->world->version_rows.v[i]);
}

MhReview *
mh_review_begin(const MhReviewWorld *world)
{
	MhReview *review = palloc0(sizeof(MhReview));

	review->world = world;
	begin(review);
	return review;
}

const MhStrings *
mh_review_path(const MhReview *review)
{
	return &review->model.search_path;
}

/* ---------- statements ---------- */

typedef struct Judge
{
	MhReviewKind kind;
	void (*judge)(MhReview *review, const MhReviewStatement *statement);
} Judge;

static const Judge judges[] = {
	{MH_REVIEW_BEGIN, mh_judge_transaction},
	{MH_REVIEW_COMMIT, mh_judge_transaction},
	{MH_REVIEW_ROLLBACK, mh_judge_transaction},
	{MH_REVIEW_SAVEPOINT, mh_judge_transaction},
	{MH_REVIEW_RELEASE, mh_judge_transaction},
	{MH_REVIEW_ROLLBACK_TO, mh_judge_transaction},
	{MH_REVIEW_SET, mh_judge_setting},
	{MH_REVIEW_CREATE_TABLE, mh_judge_create_table},
	{MH_REVIEW_CREATE_TABLE_AS, mh_judge_create_table},
	{MH_REVIEW_CREATE_VIEW, mh_judge_create_view},
	{MH_REVIEW_CREATE_SEQUENCE, mh_judge_create_sequence},
	{MH_REVIEW_CREATE_ENUM, mh_judge_type},
	{MH_REVIEW_CREATE_DOMAIN, mh_judge_type},
	{MH_REVIEW_CREATE_COMPOSITE, mh_judge_type},
	{MH_REVIEW_CREATE_RANGE, mh_judge_type},
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

static bool
changes_code(const MhReviewStatement *statement)
{
	return statement->kind == MH_REVIEW_HARMLESS || statement->kind == MH_REVIEW_RENAME ||
		   statement->kind == MH_REVIEW_SET_SCHEMA || statement->kind == MH_REVIEW_DROP;
}

/* Statements about objects that the model does not have. */
static bool
makes_other(const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_OTHER:
		case MH_REVIEW_HARMLESS:
		case MH_REVIEW_CREATE_STATISTICS:
			return true;
		case MH_REVIEW_SET_SCHEMA:
			return statement->object == MH_OBJECT_TYPE || statement->object == MH_OBJECT_DOMAIN ||
				   statement->object == MH_OBJECT_OTHER;
		case MH_REVIEW_DROP:
		case MH_REVIEW_RENAME:
			return statement->object == MH_OBJECT_OTHER;
		default:
			return false;
	}
}

/* Statements that a transaction may run that only reads; DML is refused where its table is found. */
static bool
is_refused_read_only(const MhReviewStatement *statement)
{
	switch (statement->kind)
	{
		case MH_REVIEW_OTHER:
		case MH_REVIEW_HARMLESS:
		case MH_REVIEW_LOCK:
		case MH_REVIEW_SELECT:
		case MH_REVIEW_INSERT:
		case MH_REVIEW_UPDATE:
		case MH_REVIEW_DELETE:
		case MH_REVIEW_COPY:
		case MH_REVIEW_VACUUM:
		case MH_REVIEW_REINDEX:
		case MH_REVIEW_CLUSTER:
			return false;
		default:
			return statement->kind > MH_REVIEW_SET;
	}
}

static void
judge_transaction_rules(MhReview *review, const MhReviewStatement *statement)
{
	bool is_unsure = statement->kind == MH_REVIEW_OTHER || statement->kind == MH_REVIEW_HARMLESS ||
					 (statement->kind >= MH_REVIEW_COPY && statement->kind <= MH_REVIEW_VACUUM) ||
					 statement->kind == MH_REVIEW_LOCK;

	if (statement->sqlstate != NULL)
		mh_fails(review, NULL, statement->sqlstate, "%s", statement->message);
	else if (review->now.is_read_only && is_refused_read_only(statement))
		mh_fails(review, NULL, MH_PG_READ_ONLY, "the transaction is read-only");
	else if (review->now.is_read_only && is_unsure)
		mh_not_known(review, NULL, "whether a read-only transaction may run it");
	else if (statement->needs_no_transaction != NULL && review->in_transaction)
		mh_fails(review, NULL, MH_PG_IN_TRANSACTION, "%s cannot run inside a transaction",
				 statement->needs_no_transaction);
}

/* Checks that wait for COMMIT run at the end of a statement that is a transaction by itself. */
static void
judge_end(MhReview *review)
{
	if (review->in_transaction || !review->has_deferred)
		return;
	mh_not_known(review, NULL, "a deferred constraint is checked at the end of the statement");
	review->has_deferred = false;
}

static void
judge_once(MhReview *review, const MhReviewStatement *statement)
{
	mh_effects_begin(review, statement);
	review->is_taken_back = false;
	review->taken_back_to = -1;
	if (!review->in_transaction)
		review->warned_of_timeout = false;
	judge_transaction_rules(review, statement);
	review->model.has_new_publications |= strstr(statement->command, "PUBLICATION") != NULL;
	if (statement->kind != MH_REVIEW_SYNTAX)
		judge(review, statement);
	judge_end(review);
	mh_remember_objects(review, statement);
	mh_note_routines(review, statement);
	if (makes_other(statement))
		review->model.has_other_objects = true;
	if (changes_model(statement))
		review->model.is_changed = true;
	if (changes_code(statement))
		for (int i = 0; i < statement->code.n; i++)
			mh_names_add(&review->model.code, statement->code.v[i]);
}

static void
remember(MhReview *review, const MhReviewStatement *statement)
{
	if (review->is_taken_back)
		return;
	if (review->n_history == review->max_history)
	{
		review->max_history = review->max_history == 0 ? 64 : 2 * review->max_history;
		review->history =
			review->history == NULL
				? palloc(review->max_history * sizeof(MhReviewStatement *))
				: repalloc(review->history, review->max_history * sizeof(MhReviewStatement *));
	}
	review->history[review->n_history++] = statement;
}

static void
replay(MhReview *review, int n)
{
	const MhReviewStatement *statement = review->statement;
	bool warned = review->warned_of_timeout;
	int first = review->first;

	review->replayed += n;
	review->has_rolled_back = true;
	if (review->replayed > MOST_REPLAYED)
	{
		mh_taint(review);
		review->n_history = n;
		return;
	}
	begin(review);
	review->is_replaying = true;
	review->n_history = 0;
	for (int i = 0; i < n; i++)
	{
		MH_CHECK_INTERRUPTS();
		judge_once(review, review->history[i]);
		review->n = first;
		remember(review, review->history[i]);
	}
	review->is_replaying = false;
	review->warned_of_timeout = warned;
	mh_effects_begin(review, statement);
}

static void
judge_whole(MhReview *review, const MhReviewStatement *statement)
{
	bool is_taken_back;

	judge_once(review, statement);
	if (review->taken_back_to < 0)
		return;
	is_taken_back = review->is_taken_back;
	replay(review, review->taken_back_to);
	review->is_taken_back = is_taken_back;
	mh_finish_rollback(review, statement);
}

void
mh_review_statement(MhReview *review, const MhReviewStatement *statement)
{
	MH_CHECK_INTERRUPTS();
	judge_whole(review, statement);
	remember(review, statement);
	mh_effects_end(review);
}

MhReviewEffect **
mh_review_end(MhReview *review, int *n)
{
	*n = review->n;
	return review->effects;
}
