/*-------------------------------------------------------------------------
 *
 * log.c
 *	  The journal, to be read: mighead_log.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/xact.h"
#include "entry/result.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/xid8.h"

PG_FUNCTION_INFO_V1(mighead_log);

static void
put_entry(MhResult *result, const MhJournalEntry *entry)
{
	const MhChange *change = &entry->change;

	mh_put_datum(result, Int64GetDatum(entry->id));
	mh_put_timestamp(result, true, entry->at);
	mh_put_text(result, quote_qualified_identifier(change->schema, change->name));
	mh_put_text(result, change->action);
	mh_put_strings(result, &change->old_rows);
	mh_put_strings(result, &change->new_rows);
	mh_put_text(result, entry->session_user_name);
	mh_put_text(result, entry->current_user_name);
	mh_put_text(result, entry->application_name);
	mh_put_address(result, entry->client_addr);
	mh_put_int(result, entry->backend_pid);
	mh_put_datum(result,
				 FullTransactionIdGetDatum(FullTransactionIdFromU64(entry->transaction_id)));
	mh_put_known_bool(result, change->ddl_known, change->ran_ddl);
	mh_put_text(result, change->reason);
	mh_put_strings(result, &change->skipped_guards);
	mh_row_end(result);
}

/* A log without entries would be taken for a quiet past, so this raises. */
static void
refuse(void)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("permission denied for table mighead.journal"),
					errhint("GRANT SELECT ON mighead.journal TO %s;",
							quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

/*
 * mighead_log(since interval, version_table regclass) returns setof record
 *		The journal, newest first: not older than since (NULL: all of it), of one version
 *		table or of all, those that are gone included.
 *
 * Privileges: SELECT on mighead.journal, 42501 without it.  Locks: AccessShareLock on it.
 * Errors: 42P01 for a relation that does not exist, 22008 for an interval out of range.
 */
Datum
mighead_log(PG_FUNCTION_ARGS)
{
	MhVersionTable *table = NULL;
	MhResult result;
	bool permitted;
	List *entries;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	if (!PG_ARGISNULL(1))
		table = mh_version_table_describe(PG_GETARG_OID(1));
	entries = mh_journal_read(table ? table->schema : NULL, table ? table->name : NULL,
							  mh_since_argument(fcinfo, 0), &permitted);
	if (!permitted)
		refuse();
	foreach (cell, entries)
		put_entry(&result, lfirst(cell));
	return (Datum) 0;
}
