/*-------------------------------------------------------------------------
 *
 * sessions.h
 *	  What stands around a version table: sessions that use it, tables beside it,
 *	  other projects that know its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_SESSIONS_H
#define MIGHEAD_SERVER_VERSION_TABLE_SESSIONS_H

#include "server/version_table/version_table.h"
#include "core/diagnosis/diagnosis.h"

typedef struct MhTableSession
{
	Oid version_table;
	MhSession session;
	char *client_address; /* NULL: through a Unix socket, or not known */
	int client_port;
} MhTableSession;

/*
 * Other sessions that hold a lock on one of these version tables, by pid.  Reads
 * pg_locks and pg_stat_activity as the caller, takes no lock; what the caller may
 * not see of a session is NULL.
 */
extern List *mh_sessions_find(List *version_tables); /* of MhTableSession * */

/* Other sessions that hold the advisory lock of this key in this database; likewise. */
extern List *mh_lock_sessions_find(int64 key); /* of MhTableSession * */

/*
 * OIDs of the schemas that hold tables of an application: not of the system, of an
 * extension, or a version table.  As the caller; takes no lock on them.
 */
extern List *mh_schemas_with_tables(List *version_tables);

/* The other projects whose scripts have a revision, current or not. */
extern MhStrings mh_projects_with_revision(const char *revision, const char *but);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_SESSIONS_H */
