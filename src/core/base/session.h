/*-------------------------------------------------------------------------
 *
 * session.h
 *	  Describes another session of the server in a message.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SESSION_H
#define MIGHEAD_CORE_BASE_SESSION_H

#include "core/base/base.h"

/* Another session that uses the version table or holds up its migrations. */
typedef struct MhSession
{
	int pid;
	const char *application; /* NULL: not known, or the caller may not see it */
	const char *state;       /* as in pg_stat_activity; NULL as above */
	double seconds;          /* age of its transaction; < 0: not known */
	bool is_exclusive;       /* it holds a lock that keeps readers out of the version table */
	bool is_migrating;       /* it locks the version table and does DDL or writes */
	const char *blocked_by;  /* the pids for which it waits, "1, 2"; NULL: it does not wait */
	bool is_leaked;          /* it holds the migration lock, but has been idle for a while */
	bool is_next;            /* it waits in order: for a migration lock that somebody leaked */
	bool is_client_gone;     /* its client has disconnected; false also: not known */
} MhSession;

/*
 * Returns a description such as "pid 42 (alembic), active, for 7 s", without the parts that are not
 * known.
 */
extern char *mh_session_text(const MhSession *session);

#endif /* MIGHEAD_CORE_BASE_SESSION_H */
