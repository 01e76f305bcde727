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

/*
 * remote_source.c: connects to a foreign server, as the caller, and returns its database as a source
 * of definitions.  Raises what keeps the caller from connecting.  The connection is closed at the end
 * of the statement.
 */
extern MhSource *mh_remote_source(const char *server);

/* A version table there.  Names are in UTF-8, not quoted. */
typedef struct MhTableThere
{
	char *schema;
	char *name;
	char *owner;
} MhTableThere;

/*
 * remote_tables.c: returns the version table with a name (as SQL, with the schema or without; NULL: the only one).  Raises MH301
 * and MH302.
 */
extern MhTableThere *mh_table_there_choose(MhSource *source, List *projects, const char *name);

#endif /* MIGHEAD_ENTRY_REMOTE_SCHEMA_H */
