/*-------------------------------------------------------------------------
 *
 * holders.c
 *	  Who holds locks and snapshots now that a statement will wait for.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "core/base/session.h"
#include "core/base/wording.h"
#include "storage/lock.h"

/* More of them are a number. */
#define MOST_SHOWN 3

typedef struct MhHeldLock
{
	uint32 relation;
	MhLockMode mode;
	int number;        /* in the order in which they are told */
	MhSession session; /* pid 0: a prepared transaction */
} MhHeldLock;

/* Autovacuum gives way, unless it prevents wraparound. */
static const char *const locks_query =
	"SELECT l.relation::int4, l.mode, l.pid, a.application_name, a.state,"
	" EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8"
	" FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
	" WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM"
	" pg_catalog.pg_backend_pid() AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
	"  WHERE d.datname = pg_catalog.current_database())"
	" AND NOT COALESCE(a.backend_type = 'autovacuum worker'"
	"  AND a.query NOT LIKE '%(to prevent wraparound)', false)"
	" ORDER BY a.xact_start, l.pid";

/* Short queries come and go, and are waited for only for a moment. */
static const char *const snapshots_query =
	"SELECT 0, '', a.pid, a.application_name, a.state,"
	" EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8"
	" FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database()"
	" AND a.backend_xmin IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()"
	" AND (a.state LIKE 'idle in transaction%'"
	"  OR a.xact_start < pg_catalog.clock_timestamp() - interval '1 s')"
	" AND a.backend_type IS DISTINCT FROM 'autovacuum worker' ORDER BY a.xact_start, a.pid";

static MhLockMode
mode_from_name(const char *name)
{
	for (MhLockMode mode = MH_LOCK_ACCESS_SHARE; mode <= MH_LOCK_ACCESS_EXCLUSIVE; mode++)
		if (strcmp(mh_lock_mode_name(mode), name) == 0)
			return mode;
	return MH_LOCK_NONE;
}

static void
add_lock(int n, const char *const *row, void *into)
{
	List **locks = into;
	MhHeldLock *lock = palloc0(sizeof(MhHeldLock));

	lock->relation = (uint32) mh_int_at(row, 1);
	lock->mode = mode_from_name(mh_name_at(row, 2));
	lock->session.pid = mh_int_at(row, 3);
	lock->session.application = mh_text_at(row, 4);
	lock->session.state = mh_text_at(row, 5);
	lock->session.seconds = mh_number_at(row, 6);
	lock->number = list_length(*locks);
	*locks = lappend(*locks, lock);
}

static int
compare_locks(const ListCell *left, const ListCell *right)
{
	const MhHeldLock *a = lfirst(left);
	const MhHeldLock *b = lfirst(right);

	if (a->relation != b->relation)
		return a->relation < b->relation ? -1 : 1;
	return a->number - b->number;
}

static void
read_locks(MhReviewServer *server)
{
	if (server->locks_read)
		return;
	server->locks_read = true;
	mh_review_ask(server, locks_query, 0, 6, add_lock, &server->locks);
	list_sort(server->locks, compare_locks);
}

/* Where the locks of a relation begin, or of the one behind it. */
static int
first_lock_of(const MhReviewServer *server, uint32 relation)
{
	int low = 0;
	int high = list_length(server->locks);

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (((const MhHeldLock *) list_nth(server->locks, middle))->relation < relation)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static char *
text_of(const MhHeldLock *lock)
{
	return lock->session.pid == 0 ? pstrdup("a prepared transaction")
								  : mh_session_text(&lock->session);
}

static char *
enumerate(List *found, const char *verb)
{
	StringInfoData text;
	ListCell *cell;
	int n = 0;

	initStringInfo(&text);
	foreach (cell, found)
	{
		const MhHeldLock *lock = lfirst(cell);

		if (n++ == MOST_SHOWN)
		{
			appendStringInfo(&text, "; and %d more", list_length(found) - MOST_SHOWN);
			break;
		}
		appendStringInfo(&text, "%s%s%s%s", n > 1 ? "; " : "", text_of(lock), verb,
						 lock->mode == MH_LOCK_NONE ? "" : mh_lock_mode_name(lock->mode));
	}
	return text.data;
}

/* One of each session is enough: the strongest lock comes first where it is the only one. */
static bool
is_listed(List *found, int pid)
{
	ListCell *cell;

	foreach (cell, found)
		if (pid != 0 && ((MhHeldLock *) lfirst(cell))->session.pid == pid)
			return true;
	return false;
}

char *
mh_world_holders(void *arg, const MhModelRelation *relation, MhLockMode mode)
{
	MhReviewServer *server = arg;
	List *found = NIL;

	read_locks(server);
	for (int i = first_lock_of(server, relation->id); i < list_length(server->locks); i++)
	{
		MhHeldLock *lock = list_nth(server->locks, i);

		if (lock->relation != relation->id)
			break;
		if (lock->mode != MH_LOCK_NONE &&
			DoLockModesConflict((LOCKMODE) lock->mode, (LOCKMODE) mode) &&
			!is_listed(found, lock->session.pid))
			found = lappend(found, lock);
	}
	return found == NIL ? NULL : enumerate(found, ", holds ");
}

char *
mh_world_snapshots(void *arg)
{
	List *found = NIL;

	mh_review_ask(arg, snapshots_query, 0, 6, add_lock, &found);
	return found == NIL ? NULL : enumerate(found, " has an older snapshot");
}
