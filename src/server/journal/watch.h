/*-------------------------------------------------------------------------
 *
 * watch.h
 *	  Which version tables are watched, and the triggers that do it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_JOURNAL_WATCH_H
#define MIGHEAD_SERVER_JOURNAL_WATCH_H

#include "server/version_table/version_table.h"

/* One row of mighead.watch. */
typedef struct MhWatch
{
	char *schema;
	char *name; /* of the version table */
	bool capture;
	TimestampTz since;
} MhWatch;

/*
 * The function of the triggers, which finds what it has to do by its arguments: it has
 * none, so only the name of the trigger and its event count.
 */
#define MH_WATCH_FUNCTION "mighead_watch_trigger"

/* All of them.  As the caller, who may read them as PUBLIC may; AccessShareLock. */
extern List *mh_watches_read(void); /* of MhWatch * */

/* The watch of a version table, whoever asks; NULL: there is none.  AccessShareLock. */
extern MhWatch *mh_watch_find(const char *schema, const char *name);

/*
 * Makes or makes anew the triggers, and stores the watch; function is the schema of
 * MH_WATCH_FUNCTION.  As the owner of our tables: whoever calls this has checked what the
 * caller may.  ShareRowExclusiveLock on the version table, to the end of the transaction;
 * the caller has taken it without waiting.
 */
extern void mh_watch_install(const MhVersionTable *table, const char *function_schema,
							 bool capture);

/*
 * Drops the triggers and forgets the watch.  Likewise, with AccessExclusiveLock.  False:
 * the table was not watched.
 */
extern bool mh_watch_remove(const MhVersionTable *table);

/* Is it a name that mh_watch_install gave to a trigger? */
extern bool mh_watch_is_trigger(const char *name);

/*
 * Has the relation all the triggers of a watch, and do they fire whatever
 * session_replication_role is?  System catalogs only, takes no lock on the relation.
 */
extern bool mh_watch_is_complete(Oid relation);

#endif /* MIGHEAD_SERVER_JOURNAL_WATCH_H */
