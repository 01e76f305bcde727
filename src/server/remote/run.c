/*-------------------------------------------------------------------------
 *
 * run.c
 *	  Keeps several connections busy at the same time.
 *
 * A connection has a place among MAX_PLACES while it is logged in, and in the first second of its
 * attempt. An attempt that takes longer gives its place to another one and goes on without: servers
 * that do not answer must not keep others waiting. Once such a server answers it needs a place
 * again.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

#include <sys/stat.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/wait_event.h"
#include "compat.h"

#define MAX_PLACES 32
#define MAX_SOCKETS 512

/* After this time without an answer an attempt gives up its place. */
#define PATIENCE 1000

/* Now and then all are looked at, whatever the sockets say. */
#define LONGEST_WAIT 1000

typedef struct Counts
{
	int places;
	int sockets;
} Counts;

static bool
is_running(const MhRemote *remote)
{
	return remote->phase != MH_REMOTE_NEW && remote->phase != MH_REMOTE_ENDED &&
		   !(remote->phase == MH_REMOTE_IDLE && remote->next == NULL);
}

static bool
has_place(const MhRemote *remote, int64 now)
{
	return remote->phase != MH_REMOTE_CONNECTING || now < remote->began + PATIENCE;
}

static Counts
count(const List *remotes, int64 now)
{
	Counts counts = {0, 0};
	ListCell *cell;

	foreach (cell, remotes)
	{
		const MhRemote *remote = lfirst(cell);

		if (!is_running(remote))
			continue;
		counts.sockets++;
		counts.places += has_place(remote, now);
	}
	return counts;
}

static void
end_late_ones(const List *remotes, int64 now)
{
	ListCell *cell;

	foreach (cell, remotes)
	{
		MhRemote *remote = lfirst(cell);

		if (is_running(remote) && now >= remote->began + remote->limits.timeout)
			mh_remote_fail(remote, "57014", "It did not answer within %g s.",
						   remote->limits.timeout / 1000.0);
	}
}

static void
begin_new_ones(const List *remotes, int64 now)
{
	Counts counts = count(remotes, now);
	ListCell *cell;

	foreach (cell, remotes)
	{
		MhRemote *remote = lfirst(cell);

		if (remote->phase != MH_REMOTE_NEW)
			continue;
		if (counts.places >= MAX_PLACES || counts.sockets >= MAX_SOCKETS)
			return;
		/* libpq may look up a name, which nobody can interrupt: so at least in between */
		CHECK_FOR_INTERRUPTS();
		if (!AcquireExternalFD())
		{
			if (counts.sockets == 0)
				mh_remote_fail(remote, "53000", "There are too many open files here.");
			return;
		}
		mh_remote_connect(remote);
		counts.places += is_running(remote);
		counts.sockets += is_running(remote);
	}
}

/* Returns the milliseconds until a time limit, or until a place becomes free. */
static long
longest_wait(const List *remotes, int64 now)
{
	int64 until = now + LONGEST_WAIT;
	ListCell *cell;

	foreach (cell, remotes)
	{
		const MhRemote *remote = lfirst(cell);

		if (!is_running(remote))
			continue;
		until = Min(until, remote->began + remote->limits.timeout);
		if (remote->phase == MH_REMOTE_CONNECTING && now < remote->began + PATIENCE)
			until = Min(until, remote->began + PATIENCE);
	}
	return Max(until - now, 1);
}

/* ---------- waiting ---------- */

/*
 * The sockets that are waited for.  To make a set anew costs as much as all else that is done for an event.  So it is
 * kept: it grows, and a closed socket, of which nothing more comes, stays in it until there is no room.
 */
typedef struct Waiting
{
	WaitEventSet *set; /* NULL: none yet, or it has to be made anew */
	WaitEvent *events;
	int size;
	int used;
} Waiting;

static pg_noinline void
forget_set(Waiting *waiting, const List *remotes)
{
	ListCell *cell;

	if (waiting->set == NULL)
		return;
	FreeWaitEventSet(waiting->set);
	pfree(waiting->events);
	*waiting = (Waiting){NULL};
	foreach (cell, remotes)
		((MhRemote *) lfirst(cell))->member.is_set = false;
}

static void
make_set(Waiting *waiting, int sockets)
{
	waiting->size = 2 * sockets + 2;
	waiting->events = palloc(waiting->size * sizeof(WaitEvent));
	waiting->set = CreateWaitEventSet(CurrentResourceOwner, waiting->size);
	AddWaitEventToSet(waiting->set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(waiting->set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	waiting->used = 2;
}

/* libpq may close a socket and open another one, to which the system gives the same number. */
static uint64
identity_of(pgsocket socket)
{
	struct stat status;

	return fstat(socket, &status) == 0 ? (uint64) status.st_ino : 0;
}

static uint32
events_of(const MhRemote *remote)
{
	if (!remote->wants_write)
		return WL_SOCKET_READABLE;
	return remote->phase == MH_REMOTE_CONNECTING ? WL_SOCKET_WRITEABLE
												 : WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE;
}

/* Returns false if there is no room. */
static bool
add_member(Waiting *waiting, MhRemote *remote, uint64 identity)
{
	MhRemoteMember *member = &remote->member;

	if (waiting->used == waiting->size)
		return false;
	member->is_set = true;
	member->identity = identity;
	member->events = events_of(remote);
	member->position =
		AddWaitEventToSet(waiting->set, member->events, PQsocket(remote->conn), NULL, remote);
	waiting->used++;
	return true;
}

/* Returns false if the set has to be made anew. */
static bool
add_socket(Waiting *waiting, MhRemote *remote)
{
	MhRemoteMember *member = &remote->member;
	bool may_differ = !member->is_set || member->is_connecting;
	uint64 identity = may_differ ? identity_of(PQsocket(remote->conn)) : member->identity;
	uint32 events = events_of(remote);

	/* a socket changes only while libpq connects */
	member->is_connecting = remote->phase == MH_REMOTE_CONNECTING;
	if (!member->is_set)
		return add_member(waiting, remote, identity);
	if (identity == 0 || identity != member->identity)
		return false;
	if (events != member->events)
		ModifyWaitEvent(waiting->set, member->position, events, NULL);
	member->events = events;
	return true;
}

/* Returns false if the set has to be made anew. */
static bool
add_sockets(Waiting *waiting, const List *remotes, int64 now, bool has_free_place)
{
	ListCell *cell;

	foreach (cell, remotes)
	{
		MhRemote *remote = lfirst(cell);

		if (!is_running(remote))
			continue;
		if (PQsocket(remote->conn) < 0)
			mh_remote_fail(remote, "08006", "The connection was closed.");
		else if (has_place(remote, now) || has_free_place)
		{
			if (!add_socket(waiting, remote))
				return false;
		}
		else if (remote->member.is_set)
			return false;
	}
	return true;
}

static void
prepare_set(Waiting *waiting, const List *remotes, int64 now, Counts counts)
{
	bool has_free_place = counts.places < MAX_PLACES;

	if (waiting->set != NULL && add_sockets(waiting, remotes, now, has_free_place))
		return;
	forget_set(waiting, remotes);
	make_set(waiting, counts.sockets);
	(void) add_sockets(waiting, remotes, now, has_free_place);
}

/* Where the system reports a closed socket, it would do so for ever. */
static List *
connections_of(Waiting *waiting, const List *remotes, int n)
{
	List *ready = NIL;
	bool is_stale = false;

	for (int i = 0; i < n; i++)
	{
		MhRemote *remote = waiting->events[i].user_data;

		if (waiting->events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		else if (remote != NULL && is_running(remote) &&
				 remote->member.position == waiting->events[i].pos)
			ready = lappend(ready, remote);
		else
			is_stale = true;
	}
	if (is_stale)
		forget_set(waiting, remotes);
	return ready;
}

/* Waits, and returns which of the connections can go on. */
static List *
wait_for_some(Waiting *waiting, const List *remotes, int64 now, Counts counts)
{
	int n;

	prepare_set(waiting, remotes, now, counts);
	n = WaitEventSetWait(waiting->set, longest_wait(remotes, now), waiting->events, waiting->size,
						 PG_WAIT_EXTENSION);
	return connections_of(waiting, remotes, n);
}

/*
 * Several attempts without a place may have an answer at once. The first gets the free place; the
 * others are asked again.
 */
static void
step_all(const List *remotes, List *ready, int64 now)
{
	ListCell *cell;

	foreach (cell, ready)
	{
		MhRemote *remote = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (has_place(remote, now) || count(remotes, now).places < MAX_PLACES)
			mh_remote_step(remote);
	}
	list_free(ready);
}

static pg_noinline void
run(const List *remotes, Waiting *waiting)
{
	for (;;)
	{
		int64 now = mh_remote_now();
		Counts counts;

		CHECK_FOR_INTERRUPTS();
		end_late_ones(remotes, now);
		begin_new_ones(remotes, now);
		counts = count(remotes, now);
		if (counts.sockets == 0)
			return;
		step_all(remotes, wait_for_some(waiting, remotes, now, counts), now);
	}
}

void
mh_remote_run(List *remotes)
{
	Waiting *waiting = palloc0(sizeof(Waiting));

	PG_TRY();
	{
		run(remotes, waiting);
	}
	PG_FINALLY();
	{
		forget_set(waiting, remotes);
	}
	PG_END_TRY();
	pfree(waiting);
}
