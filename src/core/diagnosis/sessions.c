/*-------------------------------------------------------------------------
 *
 * sessions.c
 *	  Who keeps whom from migrating, or from reading the version table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

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

/* The statement that ends what a session does. */
static char *
ending_call(const MhSession *session)
{
	bool is_idle = session->state != NULL && strncmp(session->state, "idle", 4) == 0;

	return psprintf("SELECT pg_catalog.%s(%d);",
					is_idle ? "pg_terminate_backend" : "pg_cancel_backend", session->pid);
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
		return psprintf("SELECT * FROM %smighead_locks(); -- try again when nothing is locked",
						facts->prefix);
	return psprintf("%s -- decide first: this ends what pid %d does; or wait for it",
					ending_call(locker), locker->pid);
}

/* The statement that ends what a migration waits for, which nobody but a person may decide. */
static char *
unblocking_hint(const MhSession *session)
{
	return psprintf("SELECT b.pid, pg_catalog.pg_terminate_backend(b.pid) FROM "
					"pg_catalog.unnest('{%s}'::integer[]) AS b (pid); -- decide first: this ends "
					"what holds up the migration, and rolls it back; or wait",
					session->blocked_by);
}

/* Its transaction may end well, so that nobody is told to end it at once. */
static char *
migrating_hint(const MhSession *session)
{
	if (!session->is_client_gone)
		return mh_sessions_query(session);
	return psprintf("%s -- wait, or: SELECT pg_cancel_backend(%d);", mh_sessions_query(session),
					session->pid);
}

char *
mh_sessions_query(const MhSession *session)
{
	return psprintf("SELECT pid, state, application_name, xact_start, query "
					"FROM pg_stat_activity WHERE pid IN (%d%s%s);",
					session->pid, session->blocked_by ? ", " : "",
					session->blocked_by ? session->blocked_by : "");
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
		finding->hint = pstrdup("SELECT * FROM pg_locks WHERE NOT granted OR mode = "
								"'AccessExclusiveLock';");
		return;
	}
	finding->detail =
		psprintf("Version table %s is locked by %s.", facts->table, mh_session_text(holder));
	finding->hint = mh_sessions_query(holder);
	mh_describe_session(finding, holder);
}

/* What would make the rows visible. */
static char *
unreadable_hint(const MhFacts *facts)
{
	if (facts->missing_grant != NULL)
		return psprintf("%s;", facts->missing_grant);
	if (!mh_may_be_named(facts))
		return psprintf("Naming it in a call can run code of role %s as you.", facts->owner);
	if (facts->can_be_named)
		return psprintf("SELECT * FROM %s; -- runs code of its owner %s as you",
						mh_call(facts->prefix, "mighead_status", mh_regclass_value(facts->table)),
						facts->owner);
	return psprintf("SELECT version_num FROM %s; -- fails with the reason", facts->table);
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

/* Nothing of Alembic's keeps them apart: only one can win, and the others fail or do harm. */
static void
judge_race(MhDiagnosing *d)
{
	MhStrings texts = {0, NULL};
	MhFinding *finding;

	for (int i = 0; i < d->facts->sessions_n; i++)
		if (d->facts->sessions[i].is_migrating)
			mh_strings_add(&texts, mh_session_text(&d->facts->sessions[i]));
	if (texts.n < 2)
		return;
	finding = mh_finding_add(d, MH_WARNING, MH_CODE_CONCURRENT_MIGRATIONS, MH_STATE_MIGRATING);
	finding->detail = psprintf("%d sessions migrate %s at the same time: %s.", texts.n,
							   d->facts->table, mh_strings_join(&texts, "; "));
	finding->hint = psprintf("SELECT * FROM %s; -- then: take the migration lock in "
							 "env.py, as doc/alembic.md shows",
							 mh_call(d->facts->prefix, "mighead_locks", NULL));
	mh_evidence_list(finding, "sessions", &texts);
}

/* A session is migrating: what it does is not wrong, unless it is stuck. */
void
mh_judge_migrating(MhDiagnosing *d)
{
	for (int i = 0; i < d->facts->sessions_n; i++)
	{
		const MhSession *session = &d->facts->sessions[i];
		MhFinding *finding;

		if (!session->is_migrating)
			continue;
		if (session->blocked_by != NULL)
		{
			finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_BLOCKED, MH_STATE_BLOCKED);
			finding->detail = psprintf("The migration of %s waits for pid %s.",
									   mh_session_text(session), session->blocked_by);
		}
		else
		{
			finding =
				mh_finding_add(d, mh_by_patience(session), MH_STATE_MIGRATING, MH_STATE_MIGRATING);
			finding->detail = psprintf("A migration is running: %s.", mh_session_text(session));
		}
		finding->hint =
			session->blocked_by != NULL ? unblocking_hint(session) : migrating_hint(session);
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
