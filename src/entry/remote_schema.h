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
#include "server/remote/remote.h"
#include "server/version_table/version_table.h"

/*
 * remote_source.c: connects to a foreign server, as the caller, and returns its database as a source
 * of definitions.  Raises what keeps the caller from connecting.  The connection is closed at the end
 * of the statement.
 */
extern MhSource *mh_remote_source(const char *server);

/*
 * remote_tables.c: returns the version tables of the projects there, ordered by schema and name, with
 * their rows.  name: as SQL, with the schema or without: only those; NULL: all.  Raises 42P01 if none
 * has the name.
 */
extern List *mh_tables_there(MhSource *source, List *projects,
							 const char *name); /* of MhVersionTable * */

/* As mh_tables_there, for the only one.  Raises MH301 and MH302 too. */
extern MhVersionTable *mh_table_there(MhSource *source, List *projects, const char *name);

#endif /* MIGHEAD_ENTRY_REMOTE_SCHEMA_H */
