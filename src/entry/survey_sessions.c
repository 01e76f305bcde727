/*-------------------------------------------------------------------------
 *
 * survey_sessions.c
 *	  Facts about sessions that migrate, or keep others from it.
 *
 * Locks and privileges as in survey.h.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_private.h"

#include "core/base/wording.h"
#include "server/fleet/fleet.h"
#include "server/version_table/version_table.h"

/* Sessions of one version table, under way. */
typedef struct Sessions
{
	int n;
	MhSession *v;
} Sessions;

static void
add(Sessions *sessions, const MhSession *session)
{
	if (sessions->n == 0)
		sessions->v = palloc(sizeof(MhSession));
	else
		sessions->v = repalloc(sessions->v, (sessions->n + 1) * sizeof(MhSession));
	sessions->v[sessions->n++] = *session;
}

static MhSession *
find(const Sessions *sessions, int pid)
{
	for (int i = 0; i < sessions->n; i++)
		if (sessions->v[i].pid == pid)
			return &sessions->v[i];
	return NULL;
}

static bool
is_anybody_migrating(const Sessions *sessions)
{
	for (int i = 0; i < sessions->n; i++)
		if (sessions->v[i].is_migrating)
			return true;
	return false;
}

static const MhHeldLocks *
held_locks(MhSurvey *survey)
{
	if (survey->held == NULL)
		survey->held = mh_held_locks_read();
	return survey->held;
}

static void
read_lock_sessions(MhSurvey *survey, MhLoadedProject *loaded)
{
	int64 key = mh_lock_key(loaded->scripts->project->name);

	if (loaded->lock_sessions_known)
		return;
	if (mh_holds_key(held_locks(survey), key))
		loaded->lock_sessions = mh_lock_sessions_find(key);
	loaded->lock_waiters = loaded->lock_sessions == NIL ? NIL : mh_lock_waiters_find(key);
	loaded->lock_sessions_known = true;
}

/* An advisory lock of a session outlives its transactions, and goes back to a pool with it. */
static bool
is_leaked(const MhSession *holder)
{
	return holder->state != NULL && strcmp(holder->state, "idle") == 0 &&
		   holder->seconds >= MH_LEAKED_AFTER;
}

/*
 * Who holds the project's lock migrates, though the version table may be free meanwhile, as
 * while Alembic is in an autocommit block; but for one that forgot to give it back: then those
 * that wait for it are the migrations.  Which of several version tables it is, only the locks
 * on them tell.
 */
static void
add_holders(Sessions *sessions, const List *holders, const List *waiters, bool is_only)
{
	bool is_busy = is_anybody_migrating(sessions);
	ListCell *cell;

	foreach (cell, holders)
	{
		MhSession holder = *(const MhSession *) lfirst(cell);
		MhSession *known = find(sessions, holder.pid);

		holder.is_leaked = known == NULL && !is_busy && is_leaked(&holder);
		holder.is_migrating = !holder.is_leaked;
		if (known != NULL)
			known->is_migrating = true;
		else if (is_only && !(holder.is_leaked && waiters != NIL))
			add(sessions, &holder);
		if (!holder.is_leaked || !is_only)
			continue;
		for (int i = 0; i < list_length(waiters); i++)
		{
			MhSession waiter = *(const MhSession *) list_nth(waiters, i);

			waiter.is_next = true;
			if (find(sessions, waiter.pid) == NULL)
				add(sessions, &waiter);
		}
	}
}

static List *
sessions_of(const List *found)
{
	List *sessions = NIL;
	ListCell *cell;

	foreach (cell, found)
		sessions = lappend(sessions, &((MhTableSession *) lfirst(cell))->session);
	return sessions;
}

static void
add_lock_sessions(MhSurvey *survey, Sessions *sessions, MhLoadedProject *loaded, bool is_only)
{
	read_lock_sessions(survey, loaded);
	add_holders(sessions, sessions_of(loaded->lock_sessions), sessions_of(loaded->lock_waiters),
				is_only);
}

/* The first upgrade of a database, and others that wait for it at the name of the table. */
static void
add_makers(Sessions *sessions, const MhSurvey *survey)
{
	List *makers = mh_table_makers(survey->projects);
	ListCell *cell;

	if (makers == NIL)
		return;
	foreach (cell, list_concat(mh_migrations_of(makers), mh_waiters_find(makers)))
		if (find(sessions, ((MhTableSession *) lfirst(cell))->session.pid) == NULL)
			add(sessions, &((MhTableSession *) lfirst(cell))->session);
}

static void
add_blockers(MhFacts *facts)
{
	List *waiting = NIL;
	List *found;
	MhSession *blockers;
	ListCell *cell;

	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].blocked_by != NULL)
			waiting = lappend_int(waiting, facts->sessions[i].pid);
	found = mh_blockers_find(waiting);
	blockers = palloc(Max(list_length(found), 1) * sizeof(MhSession));
	foreach (cell, found)
		blockers[facts->blockers_n++] = ((MhTableSession *) lfirst(cell))->session;
	facts->blockers = blockers;
}

void
mh_survey_sessions(MhSurvey *survey, const MhVersionTable *table, MhLoadedProject *loaded,
				   bool is_only, MhFacts *facts)
{
	Sessions sessions = {0, NULL};
	ListCell *cell;

	if (!survey->sessions_known && mh_holds_any(held_locks(survey), survey->tables))
		survey->sessions = mh_sessions_find(survey->tables);
	survey->sessions_known = true;
	foreach (cell, survey->sessions)
	{
		MhTableSession *found = lfirst(cell);

		if (table != NULL && found->version_table == table->oid)
			add(&sessions, &found->session);
	}
	add_lock_sessions(survey, &sessions, loaded, is_only);
	if (table == NULL)
		add_makers(&sessions, survey);
	facts->sessions = sessions.v;
	facts->sessions_n = sessions.n;
	add_blockers(facts);
}

/* ---------- who locks what is busy ---------- */

/* Without the types before them: "materialized view public.v". */
static MhStrings
busy_names(const MhStrings *busy)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < busy->n; i++)
	{
		const char *name = busy->v[i];
		const char *dot = strchr(name, '.');
		const char *quote = strchr(name, '"');

		/* a type has neither dots nor quotes */
		dot = quote != NULL && (dot == NULL || quote < dot) ? quote : dot;
		while (dot != NULL && dot > name && dot[-1] != ' ')
			dot--;
		mh_strings_add(&names, dot == NULL ? name : dot);
	}
	return names;
}

void
mh_survey_lockers(MhFacts *facts)
{
	MhStrings names = busy_names(&facts->schema->busy);
	List *found = mh_lockers_find(&names);
	MhSession *lockers = palloc(Max(list_length(found), 1) * sizeof(MhSession));
	ListCell *cell;

	foreach (cell, found)
		lockers[facts->lockers_n++] = ((MhTableSession *) lfirst(cell))->session;
	facts->lockers = lockers;
}

/* ---------- elsewhere ---------- */

static void
add_session_there(int n, const char *const *values, void *into)
{
	List **sessions = into;

	if (n == MH_SESSION_COLUMNS)
		*sessions = lappend(*sessions, mh_session_there(values));
}

static List *
sessions_there(MhSource *source, const char *query, const char *parameter)
{
	List *sessions = NIL;

	source->query(source, query, parameter, add_session_there, &sessions);
	return sessions;
}

MhSession *
mh_session_array(const List *list, int *n)
{
	MhSession *sessions = palloc(Max(list_length(list), 1) * sizeof(MhSession));
	ListCell *cell;

	*n = 0;
	foreach (cell, list)
		sessions[(*n)++] = *(const MhSession *) lfirst(cell);
	return sessions;
}

static void
add_blockers_there(MhSource *source, MhFacts *facts)
{
	MhStrings pids = {0, NULL};

	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].blocked_by != NULL)
			mh_strings_push(&pids, psprintf("%d", facts->sessions[i].pid));
	if (pids.n > 0)
		facts->blockers =
			mh_session_array(sessions_there(source, mh_blockers_query, mh_array_literal(&pids, 0)),
							 &facts->blockers_n);
}

void
mh_survey_sessions_there(MhSource *source, const char *project, bool is_only, MhFacts *facts)
{
	uint64 key = (uint64) mh_lock_key(project);
	char *halves = psprintf("{%u,%u}", (uint32) (key >> 32), (uint32) key);
	List *holders = sessions_there(source, mh_lock_sessions_query, halves);
	List *waiters = sessions_there(source, mh_lock_waiters_query, halves);
	Sessions sessions = {0, NULL};

	if (holders == NIL)
		return;
	for (int i = 0; i < facts->sessions_n; i++)
		add(&sessions, &facts->sessions[i]);
	add_holders(&sessions, holders, waiters, is_only);
	facts->sessions = sessions.v;
	facts->sessions_n = sessions.n;
	add_blockers_there(source, facts);
}

void
mh_survey_lockers_there(MhSource *source, MhFacts *facts)
{
	MhStrings names = busy_names(&facts->schema->busy);

	facts->lockers = mh_session_array(
		sessions_there(source, mh_lockers_query, mh_array_text(&names)), &facts->lockers_n);
}
