/*-------------------------------------------------------------------------
 *
 * write.h
 *	  Writing mighead.project, mighead.release and mighead.revision.
 *
 * Everything between mh_store_open and mh_store_close runs as the owner of the
 * tables, with search_path pinned, and under a lock on the project's row: whoever
 * else loads the project waits, and then sees what was stored.  Readers are not
 * held up.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_WRITE_H
#define MIGHEAD_SERVER_SCRIPTS_WRITE_H

#include "server/scripts/scripts.h"

/* One row of mighead.release. */
typedef struct MhRelease
{
	int64 release;
	const char *label; /* NULL: none given */
	MhStrings heads;
	TimestampTz loaded_at; /* 0 when written: now */
	const char *loaded_by; /* NULL when written: who is logged in */
	const char *source;
} MhRelease;

/* A project that is being written. */
typedef struct MhStore
{
	MhIdentity identity;
	bool is_new; /* the project was not stored before */
	MhProject *project;
	MhScripts *before; /* its rows under the lock; graph is NULL */
} MhStore;

/*
 * Makes the project's row if there is none, locks it (FOR NO KEY UPDATE, to the end
 * of the transaction) and reads what is stored.  22023 for an empty name, 25006 in a
 * read-only transaction, 40001 where the snapshot of a serializable transaction is too
 * old to see what another load stored.
 */
extern MhStore *mh_store_open(const char *project);

/* Gives back the caller's identity; the lock stays. */
extern void mh_store_close(MhStore *store);

extern void mh_store_project(MhStore *store, const char *version_table_name,
							 const char *version_table_schema);

/* label NULL: none; the database is remembered with a label. */
extern void mh_store_environment(MhStore *store, const char *label, bool is_protected);

/* Adds a release. */
extern void mh_store_release(MhStore *store, const MhRelease *release);

/* Changes the heads of a release. */
extern void mh_store_heads(MhStore *store, int64 release, const MhStrings *heads);

/*
 * Inserts these revisions, or replaces those that are there.  Strings are in UTF-8;
 * what the database's encoding has no character for raises 22P05.
 */
extern void mh_store_revisions(MhStore *store, const MhScript *const *scripts,
							   const MhRevisionFacts *const *facts, int n);

extern void mh_store_delete(MhStore *store, const char *revision);

/* The releases of a project, oldest first.  As the caller; AccessShareLock. */
extern List *mh_releases_read(const char *project); /* of MhRelease * */

#endif /* MIGHEAD_SERVER_SCRIPTS_WRITE_H */
