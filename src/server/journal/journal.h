/*-------------------------------------------------------------------------
 *
 * journal.h
 *	  Reads and writes the journal, the results of checks, the DDL log and the watches.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_JOURNAL_JOURNAL_H
#define MIGHEAD_SERVER_JOURNAL_JOURNAL_H

#include "server/version_table/version_table.h"
#include "server/scripts/scripts.h"
#include "core/diagnosis/diagnosis.h"
#include "mighead.h"

#include "commands/event_trigger.h"
#include "nodes/params.h"
#include "nodes/plannodes.h"
#include "utils/timestamp.h"

/*
 * A change of the rows of a version table.  Who made it, when, from where and in which transaction
 * is taken from the session when it is written.
 */
typedef struct MhChange
{
	const char *schema;
	const char *name; /* of the version table */
	const char *project;
	const char *action; /* as in the column "action" */
	MhStrings old_rows;
	MhStrings new_rows;
	bool ddl_known;
	bool ran_ddl;
	const char *reason; /* NULL: none given */
	MhStrings skipped_guards;
	int64 undoes; /* id of the entry that it undoes; 0: none */
} MhChange;

/* An entry of the journal as stored. */
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
	bool is_own;         /* written by mighead itself, not by a trigger */
	int catalog_changes; /* result of mh_catalog_changes() when it was written */
} MhJournalEntry;

/*
 * Writes an entry in the caller's transaction, as the owner of the table with search_path pinned,
 * so that no role needs a privilege on it.  Returns its id.
 *
 * The entry names the current user, so call it outside of mh_begin_writing.
 *
 * Locks: RowExclusiveLock on the table and its sequence, until the end of the transaction.  Raises
 * 25006 in a read-only transaction, and whatever an INSERT may raise.
 */
extern int64 mh_journal_write(const MhChange *change);

/*
 * As mh_journal_write, inside a subtransaction.  catalog_changes: the result of
 * mh_catalog_changes() before the subtransaction.
 */
extern int64 mh_journal_write_counted(const MhChange *change, int catalog_changes);

/*
 * Returns entries, newest first: of the version table (schema NULL: of all), not older than since
 * (0: all).  Reads as the caller.  Sets *permitted to false, and reads nothing, if the caller may
 * not.  AccessShareLock until the end of the transaction.
 */
extern List *mh_journal_read(const char *schema, const char *name, TimestampTz since,
							 bool *permitted);

/* Returns true if a scan without a query shows that the journal has no entry at all. */
extern bool mh_journal_is_empty(void);

/*
 * Returns the newest n entries of a version table in the same way; NIL if the caller may not read
 * them.
 */
extern List *mh_journal_tail(const char *schema, const char *name, int n);

/* The time when an upgrade last applied a revision. */
typedef struct MhAppliedRevision
{
	char *revision;
	TimestampTz at;
} MhAppliedRevision;

/*
 * Returns the revisions that a recorded migration applied, or may have applied: an upgrade, or a
 * manual change, which is how it is recorded before the scripts are loaded.  Reads as the caller;
 * returns none if the caller may not read the journal.
 */
extern MhStrings mh_journal_recorded(const char *schema, const char *name);

/*
 * Returns MhAppliedRevision *, ordered by revision (C order).  Reads as the caller; NIL if the
 * caller may not.
 */
extern List *mh_journal_upgrades(const char *schema, const char *name);

/*
 * Returns the entries of manual changes, which the trigger could not attribute to a command, newest
 * first.  Reads as mh_journal_upgrades.
 */
extern List *mh_journal_untold(const char *schema, const char *name);

/* Returns the entry with this id, read as the owner of the table; NULL: there is none. */
extern MhJournalEntry *mh_journal_find(int64 id);

/*
 * Returns the entries that this transaction wrote for a version table, newest first, among the
 * newest MH_JOURNAL_RECENT.  They have only id, action, rows, DDL and catalog changes.  Privileges
 * are not checked.  AccessShareLock.
 */
#define MH_JOURNAL_RECENT 32
extern List *mh_journal_recent(const char *schema, const char *name);

/* Deletes the entries that this transaction wrote for a version table, from an id on. */
extern void mh_journal_withdraw(const char *schema, const char *name, int64 from_id);

/*
 * Returns how many changes of the system catalogs this transaction has made so far.  Two entries
 * with different numbers had DDL between them.  (ANALYZE and TRUNCATE count too.) Returns
 * MH_NOT_COUNTED inside a subtransaction, which knows only its own changes.
 */
#define MH_NOT_COUNTED (-1)
extern int mh_catalog_changes(void);

/*
 * check_result.c: reads and writes mighead.check_result and mighead.check_finding; for databases
 * elsewhere mighead.fleet_result and mighead.fleet_finding.
 */

/* Numbers of checks, and of findings that are no longer seen, that are retained. */
#define MH_KEPT_CHECKS 1000
#define MH_KEPT_FINDINGS 10000

/* The result of one call of mighead_check or mighead_fleet_check. */
typedef struct MhCheck
{
	const char
		*argument; /* the version table that the caller named, as SQL, NULL: all; the servers */
	int n;
	const char **servers;    /* foreign server of each diagnosis; NULL: this database */
	const char **tables;     /* table of each diagnosis, as SQL; "": there is no version table */
	MhDiagnosis **diagnoses; /* at least one */
	int worst;               /* index of the worst diagnosis */
} MhCheck;

/* Comparison with the previous check of the same version tables. */
typedef struct MhCheckChange
{
	bool is_changed; /* a state has changed; for a first check: the state is bad */
	char *state;     /* worst state of the previous check; NULL: there was none */
} MhCheckChange;

/* Returns what the diagnosis is about: the version table, with its server. */
extern char *mh_check_subject(const MhCheck *check, int i);

/*
 * Stores the result, updates the dates of its findings, and deletes the oldest results.  Runs as
 * the owner of the tables.  Locks the table of results in SHARE ROW EXCLUSIVE mode until the end of
 * the transaction, so that of two simultaneous checks one sees what the other stored.
 */
extern MhCheckChange mh_check_store(const MhCheck *check);

/*
 * Returns the time of the last check of all version tables, or 0 if there was none.  Reads as the
 * caller.  Sets *permitted to false if he may not read it.
 */
extern TimestampTz mh_check_last(bool *permitted);

/*
 * Delete the entries that are older than before.  Call them under mh_store_open.  Return the number
 * of rows deleted.
 */
extern int64 mh_journal_prune(const char *project, TimestampTz before);
extern int64 mh_ddl_log_prune(TimestampTz before);

/*
 * Deletes the checks that are older than before, as the owner of the tables.  Returns the number of
 * rows deleted.
 */
extern int64 mh_check_prune(TimestampTz before);

/* ddl_log.c: reads and writes the DDL log of the event triggers of mighead_watch_ddl. */

/* The newest known command on one object. */
typedef struct MhDdlEntry
{
	char *object; /* as SQL, not relative: app.orders, app.orders.check_total, app.f(integer) */
	char *object_type; /* as pg_identify_object returns it */
	char *command_tag;
	bool is_drop;
	TimestampTz at;
	uint64 transaction_id;
	char *session_user_name;
	char *current_user_name;
	char *application_name; /* NULL: none */
	char *client_addr;      /* as text; NULL: local or not known */
	int backend_pid;
	char *statement;      /* NULL: not logged */
	bool migration_known; /* the caller could read the journal */
	bool in_migration;    /* its transaction later changed a watched version table */
} MhDdlEntry;

/*
 * Logs what the running event trigger has seen, in the caller's transaction and as the owner of the
 * table.  with_statement: also the command's text, unless it may contain a password.
 *
 * Failures become a WARNING, because logging must not make anybody's DDL fail.  The work is done in
 * a subtransaction, and no lock is waited for longer than a moment.  Only errors that are meant to
 * end the command (cancel, shutdown) do so.
 */
extern void mh_ddl_log_write(const EventTriggerData *trigger, bool with_statement);

/*
 * Returns one entry for each object, ordered by object: the newest that was not part of a
 * migration, or else the newest.  (DDL of a migration is expected.) Entries are not older than
 * since (0: all).
 *
 * Reads as the caller.  Sets *permitted to false, and reads nothing, if the caller may not read
 * mighead.ddl_log.  Whether a command was part of a migration is known only if he may also read
 * mighead.journal.
 */
extern List *mh_ddl_log_read(TimestampTz since, bool *permitted);

/*
 * Returns the last entry for an object, or NULL.  An entry for parent counts too, because ALTER
 * TABLE of a column or constraint is logged for the table (parent NULL: none).  If only one of the
 * two was part of a migration, returns the other.  entries: from mh_ddl_log_read.  Names are SQL.
 */
extern MhDdlEntry *mh_ddl_log_last(List *entries, const char *object, const char *parent);

/* Returns the user, command and application of an entry: "alice: ALTER TABLE (psql)". */
extern char *mh_ddl_entry_words(const MhDdlEntry *entry);

/* watch.c: finds watched version tables, and installs the triggers that watch them. */

/* One row of mighead.watch. */
typedef struct MhWatch
{
	char *schema;
	char *name; /* of the version table */
	bool capture;
	TimestampTz since;
} MhWatch;

/*
 * The function of the triggers.  It has no arguments, so the name and the event of its trigger tell
 * what it has to do.
 */
#define MH_WATCH_FUNCTION "mighead_watch_trigger"

/* Returns all watches.  Reads as the caller (PUBLIC may read them); AccessShareLock. */
extern List *mh_watches_read(void); /* of MhWatch * */

/* Returns the watch of a version table, or NULL.  Privileges are not checked.  AccessShareLock. */
extern MhWatch *mh_watch_find(const char *schema, const char *name);

/*
 * Creates the triggers, in place of old ones, and stores the watch.  function_schema: the schema of
 * MH_WATCH_FUNCTION.  Runs as the owner of mighead's tables; check the caller's privileges first.
 * Locks: ShareRowExclusiveLock on the version table until the end of the transaction; take it
 * first, without waiting.
 */
extern void mh_watch_install(const MhVersionTable *table, const char *function_schema,
							 bool capture);

/*
 * Drops the triggers and deletes the watch, in the same way, with AccessExclusiveLock.  Returns
 * false if the table was not watched.
 */
extern bool mh_watch_remove(const MhVersionTable *table);

/* Returns whether mh_watch_install gives a trigger this name. */
extern bool mh_watch_is_trigger(const char *name);

/*
 * Returns whether the relation has all the triggers of a watch, and they fire whatever
 * session_replication_role is.  Reads system catalogs only; takes no lock on the relation.
 */
extern bool mh_watch_is_complete(Oid relation);

/*
 * statements.c: reads and writes mighead.statement, what each captured step ran.
 *
 * The table has data of migrations.  Only roles with SELECT on it read it; it is written as its
 * owner.  A database whose install script is older has no such table.
 */

/* One row.  Strings are UTF-8. */
typedef struct MhRecorded
{
	char *revision;
	int ordinal; /* from 1; 0: it says something of the whole step */
	char *text;  /* NULL: it says something of the step */
	bool in_transaction;
	char *role;
	char *search_path;
	const char *state; /* one of MH_STATEMENT_... */
	char *checksum;    /* of the script; NULL: not known */
} MhRecorded;

/* Returns whether the table is there. */
extern bool mh_statements_exist(void);

/*
 * Replaces what is recorded of a revision.  The checksums of the statements do not count; stored is
 * that of the revision's script as it is loaded, unless checksum is given.
 *
 * Runs as the owner of the table.  Locks: RowExclusiveLock.  Raises what an INSERT may raise.
 */
extern void mh_statements_write(const char *project, const char *revision, const char *checksum,
								const MhRecorded *statements, int n);

/* Adds one statement behind those of a revision, in the same way. */
extern void mh_statements_append(const char *project, const char *revision,
								 const MhRecorded *statement);

/* Returns whether all of the step was recorded, from the script that is loaded.  As the owner. */
extern bool mh_statements_are_complete(const char *project, const char *revision);

/*
 * Returns the statements of a project (MhRecorded *), ordered by revision (C order) and ordinal.
 * Reads as the caller.  Returns NIL, and sets *permitted to false, if the caller may not; NIL where
 * there is no table.
 */
extern List *mh_statements_read(const char *project, bool *permitted);

/*
 * pending.c: returns what these revisions will run, in their order: MhRecorded *, with at least one for each
 * revision, of all that mh_statements_read() has found.  What is not known is a statement without text and with the state
 * MH_STATEMENT_NOT_RECORDED (nothing is stored, or the caller may not read it), _OTHER_SCRIPT (the
 * loaded script has another checksum than the one that ran), _INCOMPLETE or _CUT.  The texts of the
 * others can be run one after the other as they are: a BEGIN or COMMIT is put in where the
 * recorded transaction begins or ends outside of these revisions.
 *
 * scripts: the project's, from mh_scripts_read.
 */
extern List *mh_statements_of(const MhScripts *scripts, List *all, const MhStrings *revisions);

/* Deletes what is recorded of revisions that the project does not have.  As mh_revisions_prune. */
extern void mh_statements_prune(const char *project);

/*
 * recorder.c: records the statements of this session in memory, for the step that the trigger of a
 * version table will capture.
 *
 * Its hooks are there only in a session that preloaded the library by itself
 * (session_preload_libraries), never by shared_preload_libraries or by a call of a function.  They
 * do nothing in a database in which no watch captures.
 */

/* Installs the hooks where they belong.  Called when the library is loaded. */
extern void mh_recorder_begin(void);

/* Returns whether this session has the hooks. */
extern bool mh_recorder_is_there(void);

/* A watch that captures was made in this session: what follows is recorded. */
extern void mh_recorder_wake(void);

/*
 * Stores what this session ran since its last step as the statements of a revision.  The newest
 * statement is the change of the version table; further_changes of the earlier ones belong to the
 * same step.  Without hooks, or if the beginning was not seen, it is stored as incomplete, unless
 * what is stored is complete.
 */
extern void mh_recorder_store(const char *project, const char *revision, int further_changes);

/* The version table changed by something that is no captured step: what was run is of none. */
extern void mh_recorder_pass(void);

/*
 * recorder_text.c.  mh_recorded_text returns one statement of a client's string, with the values of
 * its parameters as literals and without passwords, in UTF-8 and in the caller's memory context.
 * It is cut (*is_cut) at MH_STATEMENT_BYTES.
 *
 * mh_recorded_state returns what the statement is to the recorder: NULL for one that is not
 * recorded, since it only reads catalogs, settings and version tables.
 */
#define MH_STATEMENT_BYTES (1024 * 1024)
#define MH_STEP_STATEMENTS 10000

extern char *mh_recorded_text(const PlannedStmt *statement, const char *source,
							  ParamListInfo params, bool *is_cut);
extern const char *mh_recorded_state(const PlannedStmt *statement, const char *source);

#endif /* MIGHEAD_SERVER_JOURNAL_JOURNAL_H */
