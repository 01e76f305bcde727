/*-------------------------------------------------------------------------
 *
 * remote_private.h
 *	  What the files of server/remote share about a connection.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REMOTE_REMOTE_PRIVATE_H
#define MIGHEAD_SERVER_REMOTE_REMOTE_PRIVATE_H

#include "server/remote/remote.h"

#include <libpq-fe.h>
#include <sys/resource.h>

typedef enum MhRemotePhase
{
	MH_REMOTE_NEW,
	MH_REMOTE_CONNECTING,
	MH_REMOTE_SETTING_UP,
	MH_REMOTE_IDLE,
	MH_REMOTE_PREPARING, /* for the query, which follows */
	MH_REMOTE_ASKING,
	MH_REMOTE_RECOVERING, /* rolls back to the savepoint */
	MH_REMOTE_ENDED
} MhRemotePhase;

/* run.c: its place among the sockets that are waited for. */
typedef struct MhRemoteMember
{
	bool is_set;
	bool is_connecting; /* it was when it was added */
	int position;
	uint32 events;
	uint64 identity; /* of the socket; 0: nobody knows */
} MhRemoteMember;

struct MhRemote
{
	const MhRemoteServer *server;
	MhRemoteLimits limits;
	MhRemoteNext next; /* NULL: mh_remote_run returns when the connection is idle */
	void *into;

	MhRemotePhase phase;
	PGconn *conn; /* NULL: none, and no external file is held */
	PGresult *result;
	bool is_copying;  /* lines of a copy come before the next result */
	bool wants_write; /* wait until the socket can be written to */
	MhRemoteMember member;
	int64 began; /* by mh_remote_now */
	int64 ended; /* 0: not yet */
	int64 bytes_left;
	int64 size_before; /* bytes of the process when it began; 0: nobody knows */
	int version;

	int settings_left;   /* statements before the query under way, of the same message */
	bool looks_for_us;   /* the server ends a statement if the connection is lost */
	MhRemoteQuery query; /* sink and columns of the query under way */
	MhError query_error;
	int n_errors; /* in the answer under way */
	MhError failure;
	void (*failed)(void *into); /* NULL: nobody wants to know */
	void *failed_into;

	MemoryContext context;     /* in which sinks run */
	MemoryContext row_context; /* for the values of one row */
	MemoryContextCallback callback;
};

/* facts.c: milliseconds of a clock that nobody sets. */
extern int64 mh_remote_now(void);

/* memory.c: a limit of this process, which is lifted before anything else runs. */
typedef struct MhMemoryLimit
{
	bool is_set;
	struct rlimit before;
} MhMemoryLimit;

extern MhMemoryLimit mh_remote_limit_memory(const MhRemote *remote);
extern void mh_remote_lift_limit(const MhMemoryLimit *limit);

/* Returns how much data the process has, about; 0: nobody knows. */
extern int64 mh_remote_data_size(void);

/* Returns whether what was read of the server takes more memory than the limits allow. */
extern bool mh_remote_takes_too_much(const MhRemote *remote);

/* connection.c */

/* Begins to connect. The caller has acquired an external file, which is given back at the end. */
extern void mh_remote_connect(MhRemote *remote);

/* Goes on after the socket became ready. */
extern void mh_remote_step(MhRemote *remote);

/* copy.c: returns the value of a line of a copy, without its end, in place; NULL for NULL. */
extern char *mh_copied_value(char *line);

/* Ends the connection with a failure: a sentence. */
extern void mh_remote_fail(MhRemote *remote, const char *sqlstate, const char *fmt, ...)
	pg_attribute_printf(3, 4);

#endif /* MIGHEAD_SERVER_REMOTE_REMOTE_PRIVATE_H */
