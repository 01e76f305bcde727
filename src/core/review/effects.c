/*-------------------------------------------------------------------------
 *
 * effects.c
 *	  What statements do to relations, and what is found about it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

#include <stdarg.h>

/* ---------- locks ---------- */

const char *
mh_lock_mode_name(MhLockMode mode)
{
	static const char *const names[] = {NULL,
										"AccessShareLock",
										"RowShareLock",
										"RowExclusiveLock",
										"ShareUpdateExclusiveLock",
										"ShareLock",
										"ShareRowExclusiveLock",
										"ExclusiveLock",
										"AccessExclusiveLock"};

	return names[mode];
}

const char *
mh_lock_blocks(MhLockMode mode)
{
	if (mode == MH_LOCK_ACCESS_EXCLUSIVE)
		return "reads and writes";
	if (mode >= MH_LOCK_SHARE)
		return "writes";
	if (mode >= MH_LOCK_ROW_EXCLUSIVE)
		return "ddl";
	return NULL;
}

/* ---------- effects ---------- */

static MhReviewEffect *
add_effect(MhReview *review, const MhModelRelation *relation)
{
	MhReviewEffect *effect = palloc0(sizeof(MhReviewEffect));

	if (review->n == review->capacity)
	{
		review->capacity = review->capacity == 0 ? 64 : 2 * review->capacity;
		review->effects =
			review->effects == NULL
				? palloc(review->capacity * sizeof(MhReviewEffect *))
				: repalloc(review->effects, review->capacity * sizeof(MhReviewEffect *));
	}
	review->effects[review->n++] = effect;
	effect->statement = review->statement;
	effect->relation = relation;
	effect->scans_known = true;
	effect->rows = effect->bytes = -1;
	if (relation == NULL)
		return effect;
	unconstify(MhModelRelation *, relation)->effect = effect;
	unconstify(MhModelRelation *, relation)->effect_round = review->round;
	effect->object = mh_model_name(review, relation);
	effect->is_new = relation->live_name == NULL;
	effect->rows = relation->is_empty ? 0 : relation->rows;
	effect->bytes = relation->is_empty ? 0 : relation->bytes;
	return effect;
}

static MhReviewEffect *
find_effect(MhReview *review, const MhModelRelation *relation)
{
	return relation->effect_round == review->round ? relation->effect : NULL;
}

MhReviewEffect *
mh_touch(MhReview *review, const MhModelRelation *relation, MhLockMode lock)
{
	MhReviewEffect *effect;

	if (relation == NULL || !mh_is_table(relation))
		return NULL;
	effect = find_effect(review, relation);
	if (effect == NULL)
		effect = add_effect(review, relation);
	if (lock > effect->lock)
		effect->lock = lock;
	/* whoever takes such a lock may change the definition */
	if (lock >= MH_LOCK_SHARE_UPDATE_EXCLUSIVE)
		unconstify(MhModelRelation *, relation)->is_altered = true;
	return effect;
}

void
mh_note_scan(MhReview *review, const MhModelRelation *relation)
{
	MhReviewEffect *effect;

	if (relation == review->creating)
		return;
	effect = mh_touch(review, relation, MH_LOCK_NONE);
	if (effect != NULL && relation->kind != 'p' && relation->kind != 'v')
		effect->scans = effect->scans_known = true;
}

void
mh_note_planned(MhReview *review, const MhModelRelation *relation)
{
	MhReviewEffect *effect = mh_touch(review, relation, MH_LOCK_NONE);

	if (effect != NULL && !effect->scans)
		effect->scans_known = false;
}

void
mh_refuse_row_type(MhReview *review, const MhModelRelation *relation)
{
	for (int i = 0; i < relation->n_dependents; i++)
	{
		const MhModelDependent *dependent = &relation->dependents[i];
		const MhModelRelation *user =
			dependent->is_row_type ? mh_model_by_id(&review->model, dependent->relation) : NULL;

		/* older releases let a constraint pass */
		if (dependent->is_row_type && (dependent->relation == 0 || user != NULL) &&
			mh_begins_with(dependent->description, "constraint "))
			mh_not_known_late(review, relation, "%s uses its row type", dependent->description);
		else if (user != NULL && strchr("rmp", user->kind) != NULL)
			mh_fails_late(review, relation, MH_PG_NOT_SUPPORTED, "%s has its row type",
						  dependent->description);
		else if (user != NULL && user->kind != 'v')
			mh_not_known_late(review, relation, "%s has its row type", dependent->description);
	}
}

void
mh_note_rewrite(MhReview *review, const MhModelRelation *relation)
{
	MhReviewEffect *effect;

	if (relation == review->creating)
		return;
	effect = mh_touch(review, relation, MH_LOCK_NONE);
	if (effect != NULL && relation->kind != 'p' && relation->kind != 'v')
		effect->rewrites = effect->scans = effect->scans_known = true;
}

/* ---------- findings ---------- */

static void
add_finding(MhReviewEffect *effect, const MhReviewFinding *finding)
{
	effect->findings = mh_with_room(effect->findings, effect->n_findings, sizeof(MhReviewFinding));
	effect->findings[effect->n_findings++] = *finding;
}

/* The effect to which something belongs that is found about a relation; NULL: about none. */
static MhReviewEffect *
effect_of(MhReview *review, const MhModelRelation *relation)
{
	MhReviewEffect *effect = NULL;

	if (relation != NULL && mh_is_table(relation))
		return mh_touch(review, relation, MH_LOCK_NONE);
	if (review->first < review->n)
		return review->effects[review->first];
	effect = add_effect(review, NULL);
	return effect;
}

void
mh_find(MhReview *review, const MhModelRelation *relation, int severity, const char *code,
		const char *hint, const char *fmt, ...)
{
	MhReviewFinding finding = {.severity = severity, .code = code, .hint = hint};
	va_list args;

	va_start(args, fmt);
	finding.detail = mh_format(fmt, args);
	va_end(args);
	add_finding(effect_of(review, relation), &finding);
}

bool
mh_has_failed(const MhReview *review)
{
	return review->sqlstate != NULL || review->is_doubted;
}

bool
mh_is_too_deep(MhReview *review)
{
	if (!MH_STACK_IS_DEEP())
		return false;
	mh_not_known(review, NULL, "so many objects depend on each other that they are not followed");
	mh_taint(review);
	return true;
}

bool
mh_is_below(MhReview *review, const MhModelRelation *relation, const MhModelRelation *other)
{
	if (relation == other)
		return true;
	if (mh_is_too_deep(review))
		return false;
	for (int i = 0; i < other->n_children; i++)
	{
		const MhModelRelation *child = mh_model_by_id(&review->model, other->children[i]);

		if (child != NULL && mh_is_below(review, relation, child))
			return true;
	}
	return false;
}

#define UNLESS_CHANGED "%s, unless an earlier statement whose effect is not known changes that"

/* What fails in any schema. */
static bool
is_certain(const char *sqlstate)
{
	static const char *const codes[] = {MH_PG_SYNTAX, MH_PG_IN_TRANSACTION, MH_PG_NO_TRANSACTION,
										MH_PG_INVALID_SAVEPOINT, MH_PG_READ_ONLY};

	for (size_t i = 0; i < lengthof(codes); i++)
		if (strcmp(codes[i], sqlstate) == 0)
			return true;
	return false;
}

void
mh_fails(MhReview *review, const MhModelRelation *relation, const char *sqlstate, const char *fmt,
		 ...)
{
	va_list args;

	/* what is not known comes first, so that this may never be reached */
	if (mh_has_failed(review))
		return;
	va_start(args, fmt);
	review->reason = mh_format(fmt, args);
	va_end(args);
	if ((review->model.is_tainted || review->model.has_new_extension) && !is_certain(sqlstate))
	{
		mh_not_known(review, relation, UNLESS_CHANGED, review->reason);
		review->is_doubted = true;
		return;
	}
	review->sqlstate = sqlstate;
	review->failed_at = relation;
	review->is_preceded = review->not_known != NULL;
}

void
mh_fails_late(MhReview *review, const MhModelRelation *relation, const char *sqlstate,
			  const char *fmt, ...)
{
	va_list args;

	if (review->late_sqlstate != NULL)
		return;
	va_start(args, fmt);
	review->late_reason = mh_format(fmt, args);
	va_end(args);
	review->late_sqlstate = sqlstate;
	review->late_at = relation;
}

void
mh_not_known(MhReview *review, const MhModelRelation *relation, const char *fmt, ...)
{
	va_list args;

	if (review->not_known != NULL)
		return;
	va_start(args, fmt);
	review->not_known = mh_format(fmt, args);
	va_end(args);
	review->not_known_at = relation;
}

void
mh_not_known_late(MhReview *review, const MhModelRelation *relation, const char *fmt, ...)
{
	va_list args;

	if (review->late_not_known != NULL)
		return;
	va_start(args, fmt);
	review->late_not_known = mh_format(fmt, args);
	va_end(args);
	review->late_not_known_at = relation;
}

void
mh_fails_absent(MhReview *review, const MhModelRelation *relation, const char *sqlstate,
				const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mh_format(fmt, args);
	va_end(args);
	if (review->model.is_tainted || review->model.has_new_extension ||
		(relation != NULL && relation->is_opaque))
		mh_not_known(review, relation, UNLESS_CHANGED, text);
	else
		mh_fails(review, relation, sqlstate, "%s", text);
}

void
mh_doubt_rows(MhReview *review)
{
	review->model.are_rows_unknown = true;
	review->model.doubts++;
}

void
mh_taint(MhReview *review)
{
	review->model.is_tainted = true;
	review->model.doubts++;
}

/* ---------- the end of a statement ---------- */

void
mh_effects_begin(MhReview *review, const MhReviewStatement *statement)
{
	review->statement = statement;
	review->round++;
	review->first = review->n;
	review->creating = NULL;
	review->sqlstate = review->late_sqlstate = NULL;
	review->reason = review->late_reason = review->not_known = review->late_not_known = NULL;
	review->failed_at = review->late_at = review->not_known_at = NULL;
	review->late_not_known_at = NULL;
	review->is_preceded = review->is_doubted = false;
}

static void
add_failure(MhReview *review, const MhModelRelation *relation, const char *sqlstate,
			const char *reason)
{
	MhReviewFinding finding = {.severity = MH_CRITICAL,
							   .code = MH_REVIEW_WILL_FAIL,
							   .sqlstate = sqlstate,
							   .detail = reason};

	add_finding(effect_of(review, relation), &finding);
}

/* Something not known may fail before what is known to fail later; the code is known only if not. */
static void
add_outcome(MhReview *review)
{
	if (review->sqlstate != NULL && review->is_preceded)
		mh_find(review, review->not_known_at, MH_WARNING, MH_REVIEW_NOT_KNOWN, NULL,
				"%s; if that passes, it fails with %s: %s", review->not_known, review->sqlstate,
				review->reason);
	else if (review->sqlstate != NULL)
		add_failure(review, review->failed_at, review->sqlstate, review->reason);
	else if (review->not_known != NULL)
		mh_find(review, review->not_known_at, MH_WARNING, MH_REVIEW_NOT_KNOWN, NULL, "%s",
				review->not_known);
	else if (review->late_not_known != NULL)
		mh_find(review, review->late_not_known_at, MH_WARNING, MH_REVIEW_NOT_KNOWN, NULL, "%s",
				review->late_not_known);
	else if (review->late_sqlstate != NULL)
		add_failure(review, review->late_at, review->late_sqlstate, review->late_reason);
}

static bool
is_large(const MhReview *review, const MhReviewEffect *effect)
{
	return effect->rows > review->world->large_rows || effect->bytes > review->world->large_bytes;
}

static const char *
long_lock_hint(const MhReviewEffect *effect)
{
	if (effect->statement->kind == MH_REVIEW_CREATE_INDEX)
		return NULL; /* said by not_concurrent */
	return effect->statement->kind == MH_REVIEW_ALTER_TABLE
			   ? "Add the constraint as NOT VALID, and validate it in a later transaction with VALIDATE CONSTRAINT."
			   : NULL;
}

static void
judge_length(MhReview *review, MhReviewEffect *effect)
{
	MhReviewFinding finding = {.severity = is_large(review, effect) ? MH_CRITICAL : MH_WARNING};

	if (effect->is_new || effect->rows == 0 || effect->relation == NULL)
		return;
	if (effect->rewrites)
	{
		finding.code = MH_REVIEW_REWRITE;
		finding.detail = psprintf("copies every row of %s into a new file while it blocks %s",
								  effect->object, mh_lock_blocks(effect->lock));
	}
	else if (effect->scans && effect->lock >= MH_LOCK_SHARE)
	{
		finding.code = MH_REVIEW_LONG_LOCK;
		finding.detail = psprintf("reads every row of %s while it blocks %s", effect->object,
								  mh_lock_blocks(effect->lock));
		finding.hint = long_lock_hint(effect);
	}
	else
		return;
	add_finding(effect, &finding);
}

static void
judge_holders(MhReview *review, MhReviewEffect *effect)
{
	MhReviewFinding finding = {.severity = MH_CRITICAL, .code = MH_REVIEW_BLOCKED_NOW};
	MhLockMode lock = effect->lock;
	char *holders;

	if (effect->is_new || effect->lock == MH_LOCK_NONE)
		return;
	/* it takes a weaker lock, and waits for all who write */
	if (effect->statement->kind == MH_REVIEW_CREATE_INDEX && effect->statement->concurrently)
		lock = MH_LOCK_SHARE;
	holders = review->world->holders(review->world->arg, effect->relation, lock);
	if (holders == NULL)
		return;
	finding.detail = holders;
	if (!review->now.has_lock_timeout)
		finding.hint =
			"Set lock_timeout, so that the statement gives up instead of making others wait behind it.";
	add_finding(effect, &finding);
}

static void
judge_timeout(MhReview *review, MhReviewEffect *effect)
{
	MhReviewFinding finding = {.severity = MH_WARNING,
							   .code = MH_REVIEW_NO_LOCK_TIMEOUT,
							   .hint = "SET lock_timeout = '5s';"};

	if (review->now.has_lock_timeout || review->warned_of_timeout || effect->is_new ||
		effect->lock < MH_LOCK_SHARE)
		return;
	finding.detail =
		psprintf("waits for %s without a limit, and others queue behind it", effect->object);
	review->warned_of_timeout = true;
	add_finding(effect, &finding);
}

static void
accept_allowed(const MhReviewStatement *statement, MhReviewFinding *finding)
{
	for (int i = 0; i < statement->allowed.n; i++)
		if (strcmp(statement->allowed.v[i], finding->code) == 0)
		{
			finding->severity = MH_OK;
			finding->detail =
				psprintf("%s%sallowed: %s", finding->detail == NULL ? "" : finding->detail,
						 finding->detail == NULL ? "" : "; ", statement->reasons.v[i]);
			return;
		}
}

static void
finish_effect(MhReview *review, MhReviewEffect *effect)
{
	MhReviewFinding ok = {.severity = MH_OK, .code = MH_STATE_OK};

	judge_length(review, effect);
	judge_holders(review, effect);
	judge_timeout(review, effect);
	if (effect->n_findings == 0)
		add_finding(effect, &ok);
	for (int i = 0; i < effect->n_findings; i++)
		accept_allowed(review->statement, &effect->findings[i]);
}

/*
 * A table that is only read has no row of its own, unless somebody is in the way.
 */
static bool
has_row(const MhReviewEffect *effect)
{
	if (effect->relation == NULL || effect->lock >= MH_LOCK_ROW_EXCLUSIVE ||
		effect->lock == MH_LOCK_NONE)
		return true;
	for (int i = 0; i < effect->n_findings; i++)
		if (strcmp(effect->findings[i].code, MH_STATE_OK) != 0)
			return true;
	return false;
}

void
mh_effects_end(MhReview *review)
{
	int kept = review->first;

	add_outcome(review);
	for (int i = review->first; i < review->n; i++)
	{
		finish_effect(review, review->effects[i]);
		if (has_row(review->effects[i]))
			review->effects[kept++] = review->effects[i];
	}
	review->n = kept;
	if (review->n == review->first)
		finish_effect(review, add_effect(review, NULL));
}
