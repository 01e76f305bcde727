/*-------------------------------------------------------------------------
 *
 * journal.c
 *	  Judges how a version table got its rows: whether a migration wrote them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

static char *
watch_call(const MhFacts *facts)
{
	MhCall call = mh_call_begin(facts->prefix, "mighead_watch");

	mh_call_add(&call, NULL, mh_regclass_value(facts->table));
	mh_call_add(&call, "capture", facts->is_captured ? "true" : NULL);
	return psprintf("SELECT %s", mh_call_end(&call));
}

/*
 * Reports a watch that lost its triggers.  A table that was dropped and created again has none,
 * without notice.
 */
void
mh_judge_watch(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (!facts->is_watched || facts->has_watch_triggers)
		return;
	finding = mh_finding_add(d, MH_WARNING, MH_STATE_WATCH_LOST, MH_STATE_WATCH_LOST);
	finding->detail = psprintf("%s is to be watched, but its triggers are missing or disabled: it "
							   "was made again, or they were changed by hand.",
							   facts->table);
	finding->fix = watch_call(facts);
	finding->hint = psprintf("%s;", finding->fix);
}

static bool
is_action(const MhPastChange *change, const char *action)
{
	return strcmp(change->action, action) == 0;
}

/* Judges a change again, because the scripts may have been loaded after it. */
static MhRowChangeVerdict
judge_again(const MhFacts *facts, const MhPastChange *change)
{
	MhRowChange rows = mh_row_change(&change->old_rows, &change->new_rows);

	return mh_row_change_judge(facts->graph, &rows, change->ddl);
}

static char *
rows_text(const MhStrings *rows)
{
	return rows->n == 0 ? pstrdup("no row") : mh_enumerate(rows);
}

/* Returns the hint how to vouch for the rows.  Only a person can, so it is no fix. */
static char *
vouching_hint(const MhFacts *facts)
{
	char *look = mh_reader_call(facts, "mighead_drift");
	MhFinding stamp = {0};

	mh_offer_stamp(facts, &stamp, &facts->rows, "verified");
	if (stamp.fix == NULL)
		return look;
	return psprintf("%s -- decide: if the schema is right: %s;", look, stamp.fix);
}

static void
describe_change(const MhFacts *facts, MhFinding *finding, const MhPastChange *change)
{
	mh_evidence_list(finding, "old_rows", &change->old_rows);
	mh_evidence_list(finding, "new_rows", &change->new_rows);
	mh_evidence_text(finding, "at", change->at);
	mh_evidence_text(finding, "session_user_name", change->by);
	mh_evidence_text(finding, "application_name", change->application);
	finding->hint = vouching_hint(facts);
}

static void
add_blind_stamp(MhDiagnosing *d, const MhPastChange *change, int passed)
{
	MhFinding *finding =
		mh_finding_add(d, MH_WARNING, MH_STATE_STAMPED_BLINDLY, MH_STATE_STAMPED_BLINDLY);

	finding->detail =
		psprintf("%s went from %s to %s on %s, over %d revisions and without any DDL: "
				 "a stamp by %s, which runs no migration.",
				 d->facts->table, rows_text(&change->old_rows), rows_text(&change->new_rows),
				 change->at, passed, change->by);
	describe_change(d->facts, finding, change);
	mh_evidence_number(finding, "revisions", passed);
}

static void
add_by_hand(MhDiagnosing *d, const MhPastChange *change)
{
	MhFinding *finding =
		mh_finding_add(d, MH_WARNING, MH_STATE_CHANGED_BY_HAND, MH_STATE_CHANGED_BY_HAND);

	finding->detail = psprintf("%s went from %s to %s on %s by %s, which is no step of a migration "
							   "and nothing that \"alembic stamp\" writes.",
							   d->facts->table, rows_text(&change->old_rows),
							   rows_text(&change->new_rows), change->at, change->by);
	describe_change(d->facts, finding, change);
}

/*
 * Returns whether a stamp may have skipped migrations: it went up, or it is not known where.  A
 * stamp to base cannot skip any.
 */
static bool
is_blind(const MhPastChange *change, const MhRowChangeVerdict *move)
{
	return is_action(change, MH_ACTION_STAMP) && change->ddl == MH_DDL_NONE &&
		   change->new_rows.n > 0 && move->kind == MH_ROWS_STAMP && move->passed > 1;
}

/*
 * Returns whether a guarded writer skipped the guard "schema" and changed which revisions are
 * applied.
 */
static bool
is_unguarded(const MhFacts *facts, const MhPastChange *change, const MhRowChangeVerdict *move)
{
	return change->skipped_schema && change->new_rows.n > 0 && move->passed != 0 &&
		   !mh_rows_equal(&change->old_rows, &change->new_rows) &&
		   !mh_are_renamed(facts, &change->old_rows, &change->new_rows);
}

/*
 * Returns whether a change was made manually.  A migration may have written it before its script
 * was loaded, so it is not judged while a row is in no script, which is reported by itself.
 */
static bool
is_by_hand(const MhDiagnosing *d, const MhPastChange *change, const MhRowChangeVerdict *move)
{
	if (move->passed < 0 && d->result->unknown.n > 0)
		return false;
	return is_action(change, MH_ACTION_MANUAL) && move->kind == MH_ROWS_MANUAL;
}

static void
add_unguarded(MhDiagnosing *d, const MhPastChange *change)
{
	MhFinding *finding =
		mh_finding_add(d, MH_WARNING, MH_STATE_STAMPED_BLINDLY, MH_STATE_STAMPED_BLINDLY);

	finding->detail =
		psprintf("%s went from %s to %s on %s by %s of %s, which skipped the guard "
				 "\"schema\"; since then the schema has not been found as it should "
				 "be.",
				 d->facts->table, rows_text(&change->old_rows), rows_text(&change->new_rows),
				 change->at, change->action, change->by);
	describe_change(d->facts, finding, change);
}

/*
 * Judges an entry.  Returns true if older entries do not matter: a guarded writer vouches for the
 * rows by the guards that it passed, or as a stamp to the same rows.
 */
static bool
judge_change(MhDiagnosing *d, const MhPastChange *change)
{
	bool is_own = mh_begins_with(change->action, MH_OWN_PREFIX);
	MhRowChangeVerdict move;

	if (!is_own && !is_action(change, MH_ACTION_STAMP) && !is_action(change, MH_ACTION_MANUAL))
		return false;
	move = judge_again(d->facts, change);
	if (is_own && is_unguarded(d->facts, change, &move))
		add_unguarded(d, change);
	else if (is_own)
		return !change->skipped_schema || change->new_rows.n == 0 ||
			   mh_rows_equal(&change->old_rows, &change->new_rows);
	else if (is_blind(change, &move))
		add_blind_stamp(d, change, move.passed);
	else if (is_by_hand(d, change, &move))
		add_by_hand(d, change);
	else
		return false;
	return true;
}

/*
 * Returns the rows that the entries lead to.  An entry has the rows that its transaction saw, which
 * lack those of a simultaneous one; a guarded writer saw all, since it had locked the table.
 */
static MhStrings
recorded_rows(const MhFacts *facts)
{
	int n = 0; /* entries since then */
	MhStrings rows;

	while (n < facts->changes_n && !mh_begins_with(facts->changes[n].action, MH_OWN_PREFIX))
		n++;
	rows = n < facts->changes_n ? facts->changes[n].new_rows : facts->changes[n - 1].old_rows;
	for (int i = n - 1; i >= 0; i--)
	{
		const MhPastChange *change = &facts->changes[i];
		MhRowChange step = mh_row_change(&change->old_rows, &change->new_rows);

		rows = mh_strings_without(&rows, &step.removed);
		for (int j = 0; j < step.added.n; j++)
			mh_strings_add(&rows, step.added.v[j]);
	}
	return rows;
}

/*
 * Returns whether the rows are others than the watch recorded.  What a subscription writes is not
 * recorded, and what row security or the size of the table hides is not known.
 */
static bool
is_past_watch(const MhFacts *facts)
{
	const MhPastChange *last = &facts->changes[0];
	MhStrings recorded;

	if (!facts->is_watched || facts->is_subscribed || !facts->is_readable || facts->is_cut ||
		facts->has_more_rows || facts->null_rows > 0 || facts->long_rows > 0 ||
		facts->row_security.is_enabled || last->time < facts->watched_since ||
		mh_rows_equal(&last->new_rows, &facts->rows))
		return false;
	recorded = recorded_rows(facts);
	return !mh_rows_equal(&recorded, &facts->rows);
}

static void
add_past_watch(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhPastChange *last = &facts->changes[0];
	MhFinding *finding =
		mh_finding_add(d, MH_WARNING, MH_STATE_CHANGED_BY_HAND, MH_STATE_CHANGED_BY_HAND);

	finding->detail =
		psprintf("%s has %s, but its watch recorded %s last, on %s: somebody changed the rows "
				 "while the triggers of the watch were switched off.",
				 facts->table, rows_text(&facts->rows), rows_text(&last->new_rows), last->at);
	mh_evidence_list(finding, "old_rows", &last->new_rows);
	mh_evidence_list(finding, "new_rows", &facts->rows);
	finding->hint = vouching_hint(facts);
}

/*
 * Reports the newest blind stamp and manual change since somebody vouched for the rows, or that the
 * rows were changed later without an entry.  They do not matter if the schema was compared with its
 * expectation and satisfies it.  They do not explain the current rows if these came without an
 * entry, for example by a subscription.
 */
void
mh_judge_journal(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	bool is_verified =
		facts->schema != NULL && facts->schema->differences != NULL && facts->schema->objects == 0;
	const MhStrings *led_to = &facts->rows;

	if (facts->changes_n > 0 && !is_verified && is_past_watch(facts))
	{
		add_past_watch(d);
		return;
	}
	for (int i = 0; i < facts->changes_n && !is_verified; i++)
	{
		const MhPastChange *change = &facts->changes[i];

		if (change->time < facts->accepted_until || !mh_rows_equal(&change->new_rows, led_to) ||
			judge_change(d, change))
			return;
		led_to = &change->old_rows;
	}
}
