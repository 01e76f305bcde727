/*-------------------------------------------------------------------------
 *
 * journal.c
 *	  Access to mighead.journal.
 *
 * Entries are written as the owner of the table and read as the caller: who may
 * migrate need not see them, and who may see them cannot write any.
 *
 *-------------------------------------------------------------------------
 */
#include "catalog/journal.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/own_scan.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/xid8.h"

#define WRITE_PARAMETERS 14
#define ENTRY_COLUMNS 19

static const char *const write_statement =
	"INSERT INTO mighead.journal (at, version_table_schema, version_table_name, project, action,"
	" old_rows, new_rows, session_user_name, current_user_name, application_name, client_addr,"
	" backend_pid, transaction_id, ran_ddl, reason, skipped_guards, undoes, catalog_changes)"
	" VALUES (clock_timestamp(), $1, $2, $3, $4, $5, $6, $7, $8, $9, inet_client_addr(),"
	" pg_backend_pid(), pg_current_xact_id(), $10, $11, $12, $13, $14) RETURNING id";

#define ENTRY_LIST \
	"SELECT id, at, version_table_schema, version_table_name, project, action, old_rows," \
	" new_rows, ran_ddl, reason, skipped_guards, undoes, session_user_name, current_user_name," \
	" application_name, host(client_addr), backend_pid, transaction_id, catalog_changes FROM "

static const char *const read_query =
	ENTRY_LIST "mighead.journal WHERE ($1 IS NULL OR (version_table_schema = $1"
			   " AND version_table_name = $2)) AND ($3 IS NULL OR at >= $3) ORDER BY id DESC";

static const char *const find_query = ENTRY_LIST "mighead.journal WHERE id = $1";

static const char *const withdraw_statement =
	"DELETE FROM mighead.journal WHERE version_table_schema = $1 AND version_table_name = $2"
	" AND id >= $3 AND transaction_id = pg_current_xact_id()";

/* ---------- writing ---------- */

static char *
role_name(Oid role)
{
	char *name = GetUserNameFromId(role, true);

	/* a session outlives its role */
	return name ? mh_to_utf8(name) : psprintf("%u", role);
}

int
mh_catalog_changes(void)
{
	SharedInvalidationMessage *messages;
	bool of_init_file;
	int n;

	if (GetCurrentTransactionNestLevel() > 1)
		return MH_NOT_COUNTED;
	n = xactGetCommittedInvalidationMessages(&messages, &of_init_file);
	if (messages != NULL)
		pfree(messages);
	return n;
}

static void
check_result(int result, int expected)
{
	if (result != expected)
		elog(ERROR, "could not access mighead.journal: %s", SPI_result_code_string(result));
}

static int64
insert_entry(Oid *types, Datum *values, const bool *nulls)
{
	char flags[WRITE_PARAMETERS];
	bool is_null;
	int64 id;

	for (int i = 0; i < WRITE_PARAMETERS; i++)
		flags[i] = nulls[i] ? 'n' : ' ';
	SPI_connect();
	check_result(
		SPI_execute_with_args(write_statement, WRITE_PARAMETERS, types, values, flags, false, 0),
		SPI_OK_INSERT_RETURNING);
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	SPI_finish();
	return id;
}

int64
mh_journal_write(const MhChange *change)
{
	return mh_journal_write_counted(change, mh_catalog_changes());
}

int64
mh_journal_write_counted(const MhChange *change, int catalog_changes)
{
	Oid types[WRITE_PARAMETERS] = {TEXTOID,      TEXTOID,      TEXTOID, TEXTOID, TEXTARRAYOID,
								   TEXTARRAYOID, TEXTOID,      TEXTOID, TEXTOID, BOOLOID,
								   TEXTOID,      TEXTARRAYOID, INT8OID, INT4OID};
	Datum values[WRITE_PARAMETERS];
	bool nulls[WRITE_PARAMETERS] = {false};
	MhIdentity identity;
	int64 id;

	values[0] = mh_text_datum(change->schema);
	values[1] = mh_text_datum(change->name);
	values[2] = mh_text_datum(change->project);
	values[3] = mh_text_datum(change->action);
	values[4] = mh_strings_datum(&change->old_rows);
	values[5] = mh_strings_datum(&change->new_rows);
	values[6] = mh_text_datum(role_name(GetSessionUserId()));
	values[7] = mh_text_datum(role_name(GetUserId()));
	values[8] = CStringGetTextDatum(application_name);
	values[9] = BoolGetDatum(change->ran_ddl);
	nulls[9] = !change->ddl_known;
	values[10] = mh_text_datum_or_null(change->reason, &nulls[10]);
	values[11] = mh_strings_datum(&change->skipped_guards);
	values[12] = Int64GetDatum(change->undoes);
	nulls[12] = change->undoes == 0;
	values[13] = Int32GetDatum(catalog_changes);
	nulls[13] = catalog_changes == MH_NOT_COUNTED;

	identity = mh_begin_writing();
	id = insert_entry(types, values, nulls);
	mh_end(&identity);
	return id;
}

void
mh_journal_withdraw(const char *schema, const char *name, int64 from_id)
{
	Oid types[3] = {TEXTOID, TEXTOID, INT8OID};
	Datum values[3] = {mh_text_datum(schema), mh_text_datum(name), Int64GetDatum(from_id)};
	MhIdentity identity = mh_begin_writing();

	SPI_connect();
	check_result(SPI_execute_with_args(withdraw_statement, 3, types, values, NULL, false, 0),
				 SPI_OK_DELETE);
	SPI_finish();
	mh_end(&identity);
}

/* ---------- reading ---------- */

static char *
text_of(const Datum *values, const bool *nulls, int column)
{
	return nulls[column] ? NULL : mh_to_utf8(TextDatumGetCString(values[column]));
}

static MhJournalEntry *
entry_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhJournalEntry *entry = palloc0(sizeof(MhJournalEntry));
	MhChange *change = &entry->change;
	Datum values[ENTRY_COLUMNS];
	bool nulls[ENTRY_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	entry->id = DatumGetInt64(values[0]);
	entry->at = DatumGetTimestampTz(values[1]);
	change->schema = text_of(values, nulls, 2);
	change->name = text_of(values, nulls, 3);
	change->project = text_of(values, nulls, 4);
	change->action = text_of(values, nulls, 5);
	change->old_rows = mh_strings_from_array(values[6], "old_rows");
	change->new_rows = mh_strings_from_array(values[7], "new_rows");
	change->ddl_known = !nulls[8];
	change->ran_ddl = !nulls[8] && DatumGetBool(values[8]);
	change->reason = text_of(values, nulls, 9);
	change->skipped_guards = mh_strings_from_array(values[10], "skipped_guards");
	change->undoes = nulls[11] ? 0 : DatumGetInt64(values[11]);
	entry->session_user_name = text_of(values, nulls, 12);
	entry->current_user_name = text_of(values, nulls, 13);
	entry->application_name = text_of(values, nulls, 14);
	entry->client_addr = text_of(values, nulls, 15);
	entry->backend_pid = DatumGetInt32(values[16]);
	entry->transaction_id = U64FromFullTransactionId(DatumGetFullTransactionId(values[17]));
	entry->catalog_changes = nulls[18] ? MH_NOT_COUNTED : DatumGetInt32(values[18]);
	entry->is_own = strncmp(change->action, "mighead_", strlen("mighead_")) == 0;
	return entry;
}

/* Inside of an identity. */
static List *
select_entries(const char *query, int n, Oid *types, Datum *values, const bool *nulls)
{
	MemoryContext caller = CurrentMemoryContext;
	List *entries = NIL;
	char flags[3];

	for (int i = 0; i < n; i++)
		flags[i] = nulls != NULL && nulls[i] ? 'n' : ' ';
	SPI_connect();
	check_result(SPI_execute_with_args(query, n, types, values, flags, true, 0), SPI_OK_SELECT);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		entries = lappend(entries, entry_from_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc));
	}
	SPI_finish();
	return entries;
}

static bool
may_read(void)
{
	Oid schema = get_namespace_oid("mighead", false);

	return object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK &&
		   pg_class_aclcheck(get_relname_relid("journal", schema), GetUserId(), ACL_SELECT) ==
			   ACLCHECK_OK;
}

List *
mh_journal_read(const char *schema, const char *name, TimestampTz since, bool *permitted)
{
	Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum values[3];
	bool nulls[3];
	MhIdentity identity;
	List *entries;

	*permitted = may_read();
	if (!*permitted)
		return NIL;
	values[0] = mh_text_datum_or_null(schema, &nulls[0]);
	values[1] = mh_text_datum_or_null(schema ? name : NULL, &nulls[1]);
	values[2] = TimestampTzGetDatum(since);
	nulls[2] = since == 0;
	identity = mh_begin_reading();
	entries = select_entries(read_query, 3, types, values, nulls);
	mh_end(&identity);
	return entries;
}

MhJournalEntry *
mh_journal_find(int64 id)
{
	Oid types[1] = {INT8OID};
	Datum values[1] = {Int64GetDatum(id)};
	MhIdentity identity = mh_begin_writing();
	List *entries = select_entries(find_query, 1, types, values, NULL);

	mh_end(&identity);
	return entries == NIL ? NULL : linitial(entries);
}

static MhJournalEntry *
recent_entry(const MhOwnScan *scan)
{
	MhJournalEntry *entry = palloc0(sizeof(MhJournalEntry));
	bool is_null;

	entry->id = DatumGetInt64(mh_own_value(scan, "id", &is_null));
	entry->change.action = mh_own_text(scan, "action");
	entry->change.old_rows = mh_own_strings(scan, "old_rows");
	entry->change.new_rows = mh_own_strings(scan, "new_rows");
	entry->change.ran_ddl = DatumGetBool(mh_own_value(scan, "ran_ddl", &is_null));
	entry->change.ddl_known = !is_null;
	entry->catalog_changes = DatumGetInt32(mh_own_value(scan, "catalog_changes", &is_null));
	if (is_null)
		entry->catalog_changes = MH_NOT_COUNTED;
	return entry;
}

List *
mh_journal_recent(const char *schema, const char *name)
{
	const char *keys[2] = {schema, name};
	uint64 transaction = U64FromFullTransactionId(GetTopFullTransactionId());
	List *entries = NIL;
	MhOwnScan scan;
	bool is_null;

	/* for the first step of a migration there is none, and a whole journal must not be read */
	mh_own_scan_begin(&scan, "journal", "journal_version_table_idx", 2, keys);
	for (int i = 0; i < MH_JOURNAL_RECENT && mh_own_scan_next(&scan); i++)
	{
		Datum written_by = mh_own_value(&scan, "transaction_id", &is_null);

		if (U64FromFullTransactionId(DatumGetFullTransactionId(written_by)) == transaction)
			entries = lappend(entries, recent_entry(&scan));
	}
	mh_own_scan_end(&scan);
	return entries;
}
