/*-------------------------------------------------------------------------
 *
 * ddl_log.h
 *	  DDL that the event triggers of mighead_watch_ddl saw.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_JOURNAL_DDL_LOG_H
#define MIGHEAD_SERVER_JOURNAL_DDL_LOG_H

#include "mighead.h"

#include "commands/event_trigger.h"
#include "utils/timestamp.h"

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

#endif /* MIGHEAD_SERVER_JOURNAL_DDL_LOG_H */
