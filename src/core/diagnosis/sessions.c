/*-------------------------------------------------------------------------
 *
 * sessions.c
 *	  Reports sessions that keep others from migrating, or from reading the version table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/* Maximal number of sessions in a hint that ends them. */
#define MOST_ENDED 5

MhSeverity
mh_by_patience(const MhSession *session)
{
	return session != NULL && session->seconds > MH_PATIENCE ? MH_UNKNOWN : MH_WARNING;
}

void
mh_describe_session(MhFinding *finding, const MhSession *session)
{
	mh_evidence_number(finding, "pid", session->pid);
	mh_evidence_text(finding, "application_name", session->application);
	mh_evidence_text(finding, "state", session->state);
	if (session->seconds >= 0)
		mh_evidence_number(finding, "seconds", (int64) session->seconds);
	mh_evidence_text(finding, "blocked_by", session->blocked_by);
	mh_evidence_text(finding, "client", session->is_client_gone ? "gone" : NULL);
}

/* Returns the statement that ends a session's work. */
static char *
ending_call(const MhSession *session)
{
	bool is_idle = session->state != NULL && strncmp(session->state, "idle", 4) == 0;

	return psprintf("SELECT pg_catalog.%s(%d);",
					is_idle ? "pg_terminate_backend" : "pg_cancel_backend", session->pid);
}

/*
 * Returns the hint that ends a session.  That may lose work or roll a migration back, so a person
 * has to decide.
 */
static char *
ending_hint(const MhFacts *facts, const MhSession *session)
{
	return psprintf("%s -- decide: wait, or end what pid %d does: %s", mh_locks_call(facts),
					session->pid, ending_call(session));
}

const MhSession *
mh_find_locker(const MhFacts *facts)
{
	const MhSession *oldest = NULL;

	for (int i = 0; i < facts->lockers_n; i++)
		if (oldest == NULL || facts->lockers[i].seconds > oldest->seconds)
			oldest = &facts->lockers[i];
	return oldest;
}

char *
mh_unread_hint(const MhFacts *facts)
{
	const MhSession *locker = mh_find_locker(facts);

	if (locker == NULL)
		return psprintf("%s -- decide to wait: what is being built is compared when it is done",
						mh_locks_call(facts));
	return ending_hint(facts, locker);
}

/*
 * Returns the sessions for which a migration waits, directly or through others, and that wait for
 * nobody.
 */
static const MhSession **
find_roots(const MhFacts *facts, int *n)
{
	const MhSession **roots = palloc(Max(facts->blockers_n, 1) * sizeof(MhSession *));

	*n = 0;
	for (int i = 0; i < facts->blockers_n; i++)
		if (facts->blockers[i].blocked_by == NULL)
			roots[(*n)++] = &facts->blockers[i];
	return roots;
}

/*
 * Returns descriptions of the sessions: "pid 7 (app), idle in transaction, for 74 s", or only the
 * pids of those that are gone.
 */
static char *
describe_blockers(const MhFacts *facts, const MhSession *session)
{
	MhStrings texts = {0, NULL};
	const char *next = session->blocked_by;

	while (*next != '\0')
	{
		char *end;
		long pid = strtol(next, &end, 10);
		char *text = pid == 0 ? pstrdup("a prepared transaction") : psprintf("pid %ld", pid);

		if (end == next)
			break;
		for (int i = 0; i < facts->blockers_n && pid != 0; i++)
			if (facts->blockers[i].pid == pid)
				text = mh_session_text(&facts->blockers[i]);
		mh_strings_add(&texts, text);
		next = end + strspn(end, ", ");
	}
	return mh_strings_join(&texts, "; ");
}

static char *
unblocking_hint(const MhFacts *facts)
{
	StringInfoData buf;
	int n;
	const MhSession **roots = find_roots(facts, &n);

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s -- decide: wait, or ", mh_locks_call(facts));
	for (int i = 0; i < n && i < MOST_ENDED; i++)
	{
		if (i > 0)
			appendStringInfoString(&buf, " -- or ");
		if (roots[i]->pid == 0)
			appendStringInfoString(&buf, "end the prepared transaction: ROLLBACK PREPARED '...';");
		else
			appendStringInfo(&buf, "end what pid %d does: %s", roots[i]->pid,
							 ending_call(roots[i]));
	}
	if (n == 0)
		appendStringInfoString(&buf, "end what it waits for");
	return buf.data;
}

/* The migration may still succeed, so the hint does not end it at once. */
char *
mh_migrating_hint(const MhFacts *facts, const MhSession *session)
{
	if (session->blocked_by != NULL)
		return unblocking_hint(facts);
	return psprintf("%s -- decide: wait, or if it hangs: %s", mh_locks_call(facts),
					ending_call(session));
}

static void
judge_busy(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhSession *holder = NULL;
	MhFinding *finding;

	for (int i = 0; i < facts->sessions_n && holder == NULL; i++)
		if (facts->sessions[i].is_exclusive)
			holder = &facts->sessions[i];
	finding = mh_finding_add(d, mh_by_patience(holder), MH_STATE_BUSY, MH_STATE_BUSY);
	if (holder == NULL)
	{
		finding->detail = pstrdup(facts->reason);
		finding->hint = psprintf("%s -- decide to wait: look again", mh_locks_call(facts));
		return;
	}
	finding->detail =
		psprintf("Version table %s is locked by %s.", facts->table, mh_session_text(holder));
	finding->hint = ending_hint(facts, holder);
	mh_describe_session(finding, holder);
}

/* Returns the hint how to make the rows readable. */
static char *
unreadable_hint(const MhFacts *facts)
{
	if (facts->missing_grant != NULL)
		return psprintf("%s;", facts->missing_grant);
	if (!mh_may_be_named(facts))
		return psprintf("Decide whether role %s may run code as you: naming the table in a call "
						"can do that.",
						facts->owner);
	if (facts->can_be_named)
		return psprintf("SELECT * FROM %s; -- decide first: it runs code of its owner %s as you",
						mh_call(facts->prefix, "mighead_status", mh_regclass_value(facts->table)),
						facts->owner);
	return psprintf("SELECT version_num FROM %s; -- fails with the reason; decide by that",
					facts->table);
}

void
mh_judge_access(MhDiagnosing *d)
{
	MhFinding *finding;

	if (d->facts->table == NULL || d->facts->is_readable)
		return;
	if (d->facts->is_busy)
	{
		judge_busy(d);
		return;
	}
	if (d->facts->row_security.applies)
	{
		mh_judge_row_security(d);
		return;
	}
	finding = mh_finding_add(d, MH_UNKNOWN, MH_STATE_UNREADABLE, MH_STATE_UNREADABLE);
	finding->detail = pstrdup(d->facts->reason);
	finding->hint = unreadable_hint(d->facts);
}

/*
 * Reports simultaneous migrations.  Alembic does not serialize them: only one can win, and the
 * others fail or do harm.
 */
static void
judge_race(MhDiagnosing *d)
{
	MhStrings texts = {0, NULL};
	MhFinding *finding;

	for (int i = 0; i < d->facts->sessions_n; i++)
		if (d->facts->sessions[i].is_migrating && !d->facts->sessions[i].is_next)
			mh_strings_add(&texts, mh_session_text(&d->facts->sessions[i]));
	if (texts.n < 2)
		return;
	finding = mh_finding_add(d, MH_WARNING, MH_CODE_CONCURRENT_MIGRATIONS, MH_STATE_MIGRATING);
	finding->detail = psprintf("%d sessions migrate %s at the same time: %s.", texts.n,
							   d->facts->table == NULL ? "the database" : d->facts->table,
							   mh_strings_join(&texts, "; "));
	finding->hint = psprintf("%s -- decide: let one of them end; then take the migration lock in "
							 "env.py, as doc/alembic.md shows",
							 mh_locks_call(d->facts));
	mh_evidence_list(finding, "sessions", &texts);
}

/*
 * Reports a leaked migration lock, for example of a session that went back to a pool: nobody
 * migrates, and nobody can.
 */
static void
add_leaked(MhDiagnosing *d, const MhSession *session)
{
	MhFinding *finding =
		mh_finding_add(d, mh_by_patience(session), MH_CODE_LEAKED_LOCK, MH_STATE_MIGRATING);

	finding->detail = psprintf("%s holds the migration lock of project %s and does nothing: the "
							   "next migration will wait for it.",
							   mh_session_text(session), d->facts->project);
	finding->hint = ending_hint(d->facts, session);
	mh_describe_session(finding, session);
}

static void
add_blocked(MhDiagnosing *d, const MhSession *session)
{
	MhFinding *finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_BLOCKED, MH_STATE_BLOCKED);

	finding->detail = psprintf("The migration of %s waits for %s.", mh_session_text(session),
							   describe_blockers(d->facts, session));
	finding->hint = unblocking_hint(d->facts);
	mh_describe_session(finding, session);
}

/* Reports a migrating session.  Its work is not wrong, unless it is stuck. */
void
mh_judge_migrating(MhDiagnosing *d)
{
	for (int i = 0; i < d->facts->sessions_n; i++)
	{
		const MhSession *session = &d->facts->sessions[i];
		MhFinding *finding;

		if (session->is_leaked)
			add_leaked(d, session);
		if (!session->is_migrating)
			continue;
		if (session->blocked_by != NULL)
		{
			add_blocked(d, session);
			continue;
		}
		finding =
			mh_finding_add(d, mh_by_patience(session), MH_STATE_MIGRATING, MH_STATE_MIGRATING);
		finding->detail = psprintf("A migration is running: %s.", mh_session_text(session));
		finding->hint = mh_migrating_hint(d->facts, session);
		mh_describe_session(finding, session);
	}
	judge_race(d);
}

const MhSession *
mh_find_migrating(const MhFacts *facts)
{
	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].is_migrating)
			return &facts->sessions[i];
	return NULL;
}
