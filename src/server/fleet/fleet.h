/*-------------------------------------------------------------------------
 *
 * fleet.h
 *	  Version tables of databases elsewhere, read over foreign servers.
 *
 * Everything is read by queries in one transaction there, which takes no lock that a migration
 * minds. An OID from there stays text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_FLEET_FLEET_H
#define MIGHEAD_SERVER_FLEET_FLEET_H

#include "server/definitions/definitions.h"
#include "server/remote/remote.h"
#include "server/version_table/version_table.h"

typedef struct MhRemoteTable
{
	MhVersionTable table; /* without OIDs; columns and rows are filled in */
	const char *owner;    /* name */
	const char *oid;      /* of there, as a number */
	List *sessions;       /* of MhSession *, which hold a lock on it */

	/* until its rows are read */
	bool is_wanted;    /* its rows are to be read */
	bool is_copied;    /* without a query, which would run code of a role that is not trusted */
	MhStrings members; /* what is copied, as SQL; none: the table */
	int n_copied;
	bool is_padded; /* char(n), whose blanks a cast would cut */
	bool is_locked; /* somebody has a lock on it */
} MhRemoteTable;

/* What MhFleetLook keeps of a database from one table to the next. */
typedef struct MhRemoteKept
{
	bool is_known;
	List *leftovers; /* of MhSchemaLeftover * */
} MhRemoteKept;

typedef struct MhRemoteDatabase
{
	const MhRemoteServer *server;
	const MhError *failure; /* NULL: it was read */
	int64 took;             /* milliseconds; -1: nobody tried to connect */
	char *name;             /* NULL: not known */
	char *version;          /* as the server shows it; NULL: not known */
	List *tables;           /* of MhRemoteTable *, by schema and name */
	MhStrings schemas;      /* with tables of an application; only where it matters */
	List *lookalikes;       /* of MhLookalike *; only if there are no version tables */
	List *blockers;         /* of MhSession *, for which a migration waits */
	char *owner;            /* name of its owner; NULL: not known */
	MhSource *source;       /* its schema, for MhFleetLook; NULL: nobody looks */
	char *unread;           /* why its schema cannot be read: a sentence; NULL: it can */
	List *found;            /* what MhFleetLook has returned */
	MhRemoteKept *kept;
} MhRemoteDatabase;

typedef struct MhFleet MhFleet;

/*
 * Begins to ask about databases. projects: whose version tables are looked for. schema, name: read
 * only this one, as a caller who names it; both NULL: every one, as mh_version_tables_find does;
 * schema NULL: in any schema.
 */
extern MhFleet *mh_fleet_begin(List *projects, const char *schema, const char *name);

/*
 * Looks at a version table (NULL: the database has none) when its rows are known, and returns what is
 * to be found in the database.  May read definitions from the database's source, unless it is
 * unread.  It is called again until every answer is there, in a subtransaction that is rolled back
 * and in a memory context that is deleted: what it returns it allocates elsewhere.  NULL is not kept.
 */
typedef void *(*MhFleetLook)(const MhRemoteDatabase *database, MhRemoteTable *table, void *into);

/*
 * Lets mh_fleet_read look at each version table, and, where a database has several, at none (NULL) after them.
 */
extern void mh_fleet_look_with(MhFleet *fleet, MhFleetLook look, void *into);

/*
 * Reads the version tables of the servers' databases, all at the same time, and returns a
 * MhRemoteDatabase * for each, in their order. Can be interrupted. Raises nothing because of a
 * server.
 */
extern List *mh_fleet_read(MhFleet *fleet, const List *servers, MhRemoteLimits limits);

/*
 * Reads the version tables of one server, and leaves its connection open (remote; NULL: it failed):
 * what is asked there next is in the same transaction.  Sessions and other tables are not looked at.
 */
extern MhRemoteDatabase *mh_fleet_read_one(MhFleet *fleet, const MhRemoteServer *server,
										   MhRemoteLimits limits, MhRemote **remote);

/* Returns the session of a row that a query for sessions has (version_table.h). */
extern MhSession *mh_session_there(const char *const *values);

/* Returns whether the database has tables of an application beside the version table (may be NULL). */
extern bool mh_remote_has_user_tables(const MhRemoteDatabase *database, const MhRemoteTable *table);

#endif /* MIGHEAD_SERVER_FLEET_FLEET_H */
