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
#include "core/diagnosis/diagnosis.h"
#include "mighead.h"

#include "commands/event_trigger.h"
#include "utils/timestamp.h"

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

/* Is it plain, without a query, that there is no entry of any version table? */
extern bool mh_journal_is_empty(void);

/* The newest n entries of a version table; likewise, NIL where the caller may not. */
extern List *mh_journal_tail(const char *schema, const char *name, int n);

/* When a revision was applied by an upgrade the last time. */
typedef struct MhAppliedRevision
{
	char *revision;
	TimestampTz at;
} MhAppliedRevision;

/*
 * Revisions that a migration is recorded to have applied, though perhaps before their scripts
 * were loaded.  As the caller; none where the caller may not read it.
 */
extern MhStrings mh_journal_recorded(const char *schema, const char *name);

/* By revision, in C order.  As the caller; NIL where the caller may not. */
extern List *mh_journal_upgrades(const char *schema, const char *name);

/* Entries that the trigger could not tell: MhJournalEntry *, newest first.  Likewise. */
extern List *mh_journal_untold(const char *schema, const char *name);

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

/* check_result.c: access to mighead.check_result and mighead.check_finding. */

/* So many checks are kept, and so many findings that are no longer seen. */
#define MH_KEPT_CHECKS 1000
#define MH_KEPT_FINDINGS 10000

/* What one call of mighead_check found. */
typedef struct MhCheck
{
	const char *argument; /* the version table that was asked for, as SQL; NULL: all */
	int n;
	const char **tables;     /* of each diagnosis, as SQL; "": there is no version table */
	MhDiagnosis **diagnoses; /* at least one */
	int worst;               /* of them */
} MhCheck;

/* How it compares with the check before of the same version tables. */
typedef struct MhCheckChange
{
	bool is_changed; /* worst state or the state of any version table; at first: is it bad? */
	char *state;     /* of the check before; NULL: there was none */
} MhCheckChange;

/*
 * Stores the result, dates its findings, and drops the oldest results.  As the owner of the
 * tables.  Locks mighead.check_result in SHARE ROW EXCLUSIVE mode to the end of the
 * transaction, so that of two checks at the same time one sees what the other stored.
 */
extern MhCheckChange mh_check_store(const MhCheck *check);

/*
 * When the last check of all version tables was, or 0 if there was none.  As the caller;
 * *permitted is false where that may not be read.
 */
extern TimestampTz mh_check_last(bool *permitted);

/* Deletes what is older, under mh_store_open; returns how many rows. */
extern int64 mh_journal_prune(const char *project, TimestampTz before);
extern int64 mh_ddl_log_prune(TimestampTz before);

/* Deletes what is older.  As the owner of the tables; returns how many rows. */
extern int64 mh_check_prune(TimestampTz before);

/* ddl_log.c: DDL that the event triggers of mighead_watch_ddl saw. */

/* The newest that is known of one object. */
typedef struct MhDdlEntry
{
	char *object; /* as SQL, not relative: app.orders, app.orders.check_total, app.f(integer) */
	char *object_type; /* as pg_identify_object says */
	char *command_tag;
	bool is_drop;
	TimestampTz at;
	uint64 transaction_id;
	char *session_user_name;
	char *current_user_name;
	char *application_name; /* NULL: none */
	char *client_addr;      /* as text; NULL: local or not known */
	int backend_pid;
	char *statement;      /* NULL: not kept */
	bool migration_known; /* whether the journal could be read */
	bool in_migration;    /* its transaction changed a watched version table afterwards */
} MhDdlEntry;

/*
 * Writes what the event trigger that is running has seen, in the caller's transaction and as
 * the owner of the table; with_statement: the command's text too, unless it may hold a password.
 *
 * Whatever hinders that becomes a WARNING, because nobody's DDL may fail for it:
 * the work is done in a subtransaction, and no lock is waited for longer than a moment.
 * Only what is meant to end the command does end it (cancel, shutdown).
 */
extern void mh_ddl_log_write(const EventTriggerData *trigger, bool with_statement);

/*
 * One entry for each object, ordered by object: the newest that no migration did, where there
 * is one, because a migration's DDL is expected; else the newest.  Not older than since (0:
 * all).
 *
 * As the caller; *permitted false, and nothing read, where the caller may not read
 * mighead.ddl_log.  Whether it was a migration is only known to who may read
 * mighead.journal too.
 */
extern List *mh_ddl_log_read(TimestampTz since, bool *permitted);

/*
 * Of those the last to do with an object: its own or, because a table is altered as a
 * whole, that of what it belongs to (parent; NULL: nothing).  Names as SQL.  A migration's only
 * where there is no other; NULL: none is known.
 */
extern MhDdlEntry *mh_ddl_log_last(List *entries, const char *object, const char *parent);

/* "alice: ALTER TABLE (psql)": by whom, what, with which application. */
extern char *mh_ddl_entry_words(const MhDdlEntry *entry);

/* watch.c: which version tables are watched, and the triggers that do it. */

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

#endif /* MIGHEAD_SERVER_JOURNAL_JOURNAL_H */
