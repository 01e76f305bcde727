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

static void
add_sockets(WaitEventSet *set, const List *remotes, int64 now, bool has_free_place)
{
	ListCell *cell;

	foreach (cell, remotes)
	{
		MhRemote *remote = lfirst(cell);
		uint32 events = WL_SOCKET_READABLE;

		if (!is_running(remote) || (!has_place(remote, now) && !has_free_place))
			continue;
		if (PQsocket(remote->conn) < 0)
		{
			mh_remote_fail(remote, "08006", "The connection was closed.");
			continue;
		}
		if (remote->wants_write)
			events = remote->phase == MH_REMOTE_CONNECTING
						 ? WL_SOCKET_WRITEABLE
						 : WL_SOCKET_READABLE | WL_SOCKET_WRITEABLE;
		AddWaitEventToSet(set, events, PQsocket(remote->conn), NULL, remote);
	}
}

static int
wait_for_events(WaitEventSet *set, const List *remotes, int64 now, Counts counts, WaitEvent *events,
				int most)
{
	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	add_sockets(set, remotes, now, counts.places < MAX_PLACES);
	return WaitEventSetWait(set, longest_wait(remotes, now), events, most, PG_WAIT_EXTENSION);
}

static List *
connections_of(const WaitEvent *events, int n)
{
	List *ready = NIL;

	for (int i = 0; i < n; i++)
		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		else if (events[i].user_data != NULL)
			ready = lappend(ready, events[i].user_data);
	return ready;
}

/* Waits, and returns which of the connections can go on. */
static List *
wait_for_some(const List *remotes, int64 now, Counts counts)
{
	int most = counts.sockets + 2;
	WaitEventSet *set = CreateWaitEventSet(CurrentResourceOwner, most);
	WaitEvent *events = palloc(most * sizeof(WaitEvent));
	List *ready = NIL;

	PG_TRY();
	{
		ready = connections_of(events, wait_for_events(set, remotes, now, counts, events, most));
	}
	PG_FINALLY();
	{
		FreeWaitEventSet(set);
	}
	PG_END_TRY();
	pfree(events);
	return ready;
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

void
mh_remote_run(List *remotes)
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
		step_all(remotes, wait_for_some(remotes, now, counts), now);
	}
}
