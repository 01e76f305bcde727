/*-------------------------------------------------------------------------
 *
 * journal.h
 *	  Access to mighead.journal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_JOURNAL_H
#define MIGHEAD_JOURNAL_H

#include "catalog/version_table.h"

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
} MhJournalEntry;

/*
 * Writes an entry, in the caller's transaction, as the owner of the table with
 * search_path pinned: no role needs a privilege on it.  Returns its id.
 */
extern int64 mh_journal_write(const MhChange *change);

/*
 * Entries, newest first: of the version table (schema NULL: of all), not older than since (0:
 * all).  As the caller; *permitted false, and nothing read, where the caller may not.
 */
extern List *mh_journal_read(const char *schema, const char *name, TimestampTz since,
							 bool *permitted);

/* The entry of this id, read as the owner of the table; NULL: there is none. */
extern MhJournalEntry *mh_journal_find(int64 id);

#endif /* MIGHEAD_JOURNAL_H */
