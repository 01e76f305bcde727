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
 * Reports the newest blind stamp and manual change since somebody vouched for the rows.  They do
 * not matter if the schema was compared with its expectation and satisfies it.  They do not explain
 * the current rows if these were changed later without an entry, for example by a subscription.
 */
void
mh_judge_journal(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	bool is_verified =
		facts->schema != NULL && facts->schema->differences != NULL && facts->schema->objects == 0;
	const MhStrings *led_to = &facts->rows;

	for (int i = 0; i < facts->changes_n && !is_verified; i++)
	{
		const MhPastChange *change = &facts->changes[i];

		if (change->time < facts->accepted_until || !mh_rows_equal(&change->new_rows, led_to) ||
			judge_change(d, change))
			return;
		led_to = &change->old_rows;
	}
}
