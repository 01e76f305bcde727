/*-------------------------------------------------------------------------
 *
 * remote_schema.h
 *	  What the functions that look at a database elsewhere share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_REMOTE_SCHEMA_H
#define MIGHEAD_ENTRY_REMOTE_SCHEMA_H

#include "server/definitions/definitions.h"
#include "server/fleet/fleet.h"
#include "server/remote/remote.h"
#include "server/version_table/version_table.h"

/*
 * remote_source.c: returns the database of a connection that is set up as a source of definitions.
 * The connection is closed at the end of the statement.
 */
extern MhSource *mh_remote_source(MhRemote *remote);

/* remote_tables.c */

/* A name in UTF-8, not quoted. */
typedef struct MhTableName
{
	const char *schema; /* NULL: any */
	const char *name;   /* NULL: any */
} MhTableName;

/* Reads a name as SQL (NULL: any table).  Raises 42601 and 42602 for what is no name. */
extern MhTableName mh_table_name_there(const char *text);

/* Raises 42P01 if the database was read and has no such table.  version_table: as SQL; NULL: any. */
extern void mh_require_table_there(const MhRemoteDatabase *database, const char *version_table);

/* The version tables of a database, and the source that reads its schema in the same transaction. */
typedef struct MhTablesThere
{
	List *tables; /* of MhVersionTable *, by schema and name */
	MhSource *source;
	const char *owner; /* of the database */
} MhTablesThere;

/*
 * Connects as the caller, and reads the version tables that count, or those with a name (as SQL).
 * Raises what keeps the caller from connecting, and what mh_table_name_there and
 * mh_require_table_there raise.
 */
extern MhTablesThere mh_tables_there(const MhRemoteServer *server, List *projects,
									 const char *version_table);

/* The same for the only one.  Raises MH301 and MH302 too. */
extern MhVersionTable *mh_table_there(const MhRemoteServer *server, List *projects,
									  const char *version_table);

/* Returns the version table that a database without one would have.  owner: of the database. */
extern MhVersionTable *mh_default_table_there(MhSource *source, const char *owner,
											  const MhProject *project);

#endif /* MIGHEAD_ENTRY_REMOTE_SCHEMA_H */
