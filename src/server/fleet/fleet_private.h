/*-------------------------------------------------------------------------
 *
 * fleet_private.h
 *	  What the files of server/fleet share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_FLEET_FLEET_PRIVATE_H
#define MIGHEAD_SERVER_FLEET_FLEET_PRIVATE_H

#include "server/fleet/fleet.h"

struct MhFleet
{
	List *projects;
	const char *schema;
	const char *name;
	const char *names; /* of version tables, as an array literal */
};

/* tables.c: the query for the version tables, and its sink (into: MhTableSink *). */
typedef struct MhTableSink
{
	const MhFleet *fleet;
	MhRemoteDatabase *database;
} MhTableSink;

extern MhRemoteQuery mh_tables_query(const MhFleet *fleet, const char **parameters,
									 MhTableSink *sink);

/* rows.c: the query for the rows of some tables; they are marked as read. */
extern MhRemoteQuery mh_rows_query(List *tables);

/* Tells why the rows could not be read. */
extern void mh_rows_failed(List *tables, const MhError *err);

/* around.c: the queries for schemas, tables that look like a version table, sessions, and what these wait for. */
extern MhRemoteQuery mh_schemas_query(MhRemoteDatabase *database, const char **parameters);
extern MhRemoteQuery mh_lookalikes_query(MhRemoteDatabase *database);
extern MhRemoteQuery mh_table_sessions_query(MhRemoteDatabase *database, const char **parameters);
extern MhRemoteQuery mh_session_blockers_query(MhRemoteDatabase *database, const char **parameters);

/* Returns whether a boolean from there is true. */
static inline bool
mh_remote_true(const char *value)
{
	return value != NULL && value[0] == 't';
}

#endif /* MIGHEAD_SERVER_FLEET_FLEET_PRIVATE_H */
