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
	const char *quick_text;
	bool keeps;       /* only rows are read, and the connection is kept */
	int64 kept;       /* bytes of answers that wait until they are all there */
	MhFleetLook look; /* NULL: nobody looks at schemas */
	void *into;
};

typedef struct MhTableSink
{
	const MhFleet *fleet;
	MhRemoteDatabase *database;
	bool is_unsure; /* the quick query has found a table that it does not say enough about */
} MhTableSink;

/*
 * quick.c: a query that costs a new session little, and says all that is to be known of ordinary
 * version tables.
 */
extern MhRemoteQuery mh_quick_query(const MhFleet *fleet, MhTableSink *sink);
extern char *mh_quick_text(const MhStrings *names);

/* Returns whether it did; if not, forgets what it has found. */
extern bool mh_quick_suffices(const MhTableSink *sink);
extern void mh_quick_forget(const MhTableSink *sink);

/* tables.c: the query for all version tables. */
extern MhRemoteQuery mh_tables_query(const MhFleet *fleet, const char **parameters,
									 MhTableSink *sink);

/* Begins a table.  Returns NULL if oid is no number. */
extern MhRemoteTable *mh_remote_table(const char *oid, const char *owner);

/* rows.c: the query for the rows of some tables, or of one that is copied; they are marked as read. */
extern MhRemoteQuery mh_rows_query(List *tables);

/* Tells why the rows could not be read. */
extern void mh_rows_failed(List *tables, const MhError *err);

/* around.c: the queries for schemas, tables that look like a version table, sessions, and what these wait for. */
extern MhRemoteQuery mh_schemas_query(MhRemoteDatabase *database, const char **parameters);
extern MhRemoteQuery mh_lookalikes_query(MhRemoteDatabase *database);
extern MhRemoteQuery mh_table_sessions_query(MhRemoteDatabase *database, const char **parameters);
extern MhRemoteQuery mh_session_blockers_query(MhRemoteDatabase *database, const char **parameters);

/*
 * look.c: looks at the tables of one database, one after the other.  A connection that is lost
 * meanwhile is only a schema that cannot be read, if the reason is a limit.
 */
typedef struct MhLooking MhLooking;

extern MhLooking *mh_looking_begin(MhFleet *fleet, MhRemoteDatabase *database, MhRemote *remote);

/* Takes the answer to the last query, and returns the next one; without text: all were looked at. */
extern MhRemoteQuery mh_looking_next(MhLooking *looking);

/* Returns whether a connection was ended because something there took too long, or was too large. */
extern bool mh_is_limit(const MhError *failure);

/* Looks at what is left without asking.  Returns false if the database is unreachable. */
extern bool mh_looking_end(MhLooking *looking);

/* Returns whether a boolean from there is true. */
static inline bool
mh_remote_true(const char *value)
{
	return value != NULL && value[0] == 't';
}

/* Returns a text from there, "" where a server sends NULL against the query. */
static inline char *
mh_remote_text(const char *value)
{
	return pstrdup(value ? value : "");
}

#endif /* MIGHEAD_SERVER_FLEET_FLEET_PRIVATE_H */
