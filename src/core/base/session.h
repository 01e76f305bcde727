/*-------------------------------------------------------------------------
 *
 * session.h
 *	  Another session of the server, as sentences name it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_SESSION_H
#define MIGHEAD_CORE_BASE_SESSION_H

#include "core/base/base.h"

/* Another session that has to do with the version table. */
typedef struct MhSession
{
	int pid;
	const char *application; /* NULL: not known or not allowed */
	const char *state;       /* of pg_stat_activity; NULL as above */
	double seconds;          /* age of its transaction; < 0: not known */
	bool is_exclusive;       /* it keeps readers of the version table out */
	bool is_migrating;       /* it holds the version table and does DDL or writes */
	const char *blocked_by;  /* pids that it waits for, "1, 2"; NULL: does not wait */
	bool is_leaked;          /* it holds the migration lock and has done nothing for a while */
	bool is_next;            /* it waits in order: for a migration lock that somebody leaked */
	bool is_client_gone;     /* nobody waits for its statement any more; false: not known */
} MhSession;

/* "pid 42 (alembic), active, for 7 s", as far as that is known. */
extern char *mh_session_text(const MhSession *session);

#endif /* MIGHEAD_CORE_BASE_SESSION_H */
