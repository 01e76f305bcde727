/*-------------------------------------------------------------------------
 *
 * journal.h
 *	  Access to mighead.journal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_JOURNAL_JOURNAL_H
#define MIGHEAD_SERVER_JOURNAL_JOURNAL_H

#include "server/version_table/version_table.h"

/*
 * One change of the rows of a version table.  What is not said here (who, when, from
 * where, in which transaction) is taken from the session when it is written.
 */
typedef struct MhChange
{
	const char *schema;
	const char *name; /* of the version table */
	const char *project;
	const char *action; /* as the column of that name */
	MhStrings old_rows;
	MhStrings new_rows;
	bool ddl_known;
	bool ran_ddl;
	const char *reason; /* NULL: none given */
	MhStrings skipped_guards;
	int64 undoes; /* 0: nothing */
} MhChange;

/* As stored. */
typedef struct MhJournalEntry
{
	int64 id;
	TimestampTz at;
	MhChange change;
	char *session_user_name;
	char *current_user_name;
	char *application_name;
	char *client_addr; /* as text; NULL: local or not known */
	int backend_pid;
	uint64 transaction_id;
	bool is_own;         /* an act of mighead itself, not seen by a trigger */
	int catalog_changes; /* as mh_catalog_changes() said when it was written */
} MhJournalEntry;

/*
 * Writes an entry, in the caller's transaction, as the owner of the table with
 * search_path pinned: no role needs a privilege on it.  Returns its id.
 *
 * Who did it is the current user, so call it outside of mh_begin_writing.
 *
 * Locks: RowExclusiveLock on the table and its sequence, to the end of the transaction.
 * Errors: 25006 in a read-only transaction, and whatever an INSERT may raise.
 */
extern int64 mh_journal_write(const MhChange *change);

/* The same inside of a subtransaction, with what mh_catalog_changes() said before it. */
extern int64 mh_journal_write_counted(const MhChange *change, int catalog_changes);

/*
 * Entries, newest first: of the version table (schema NULL: of all), not older than since (0:
 * all).  As the caller; *permitted false, and nothing read, where the caller may not.
 * AccessShareLock, given back with the transaction.
 */
extern List *mh_journal_read(const char *schema, const char *name, TimestampTz since,
							 bool *permitted);

/* The newest n entries of a version table; likewise, NIL where the caller may not. */
extern List *mh_journal_tail(const char *schema, const char *name, int n);

/* When a revision was applied by an upgrade the last time. */
typedef struct MhAppliedRevision
{
	char *revision;
	TimestampTz at;
} MhAppliedRevision;

/* By revision, in C order.  As the caller; NIL where the caller may not. */
extern List *mh_journal_upgrades(const char *schema, const char *name);

/* The entry of this id, read as the owner of the table; NULL: there is none. */
extern MhJournalEntry *mh_journal_find(int64 id);

/*
 * What this transaction has written of a version table, newest first, among the newest
 * MH_JOURNAL_RECENT entries; of each id, action, rows, DDL and catalog changes only.  Whoever
 * asks; AccessShareLock.
 */
#define MH_JOURNAL_RECENT 32
extern List *mh_journal_recent(const char *schema, const char *name);

/* Takes back what this transaction has written of a version table, from an id on. */
extern void mh_journal_withdraw(const char *schema, const char *name, int64 from_id);

/*
 * How many changes of the system catalogs this transaction has made so far, by which
 * two entries tell whether there was DDL between them; MH_NOT_COUNTED inside of a
 * subtransaction, which only knows its own.  Beside DDL also ANALYZE and TRUNCATE count.
 */
#define MH_NOT_COUNTED (-1)
extern int mh_catalog_changes(void);

#endif /* MIGHEAD_SERVER_JOURNAL_JOURNAL_H */
