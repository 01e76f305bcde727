/*-------------------------------------------------------------------------
 *
 * journal.c
 *	  Reads and writes mighead.journal.
 *
 * Entries are written as the owner of the table and read as the caller.  A role that may migrate
 * need not be able to see them, and a role that may see them cannot write any.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "server/base/origin.h"
#include "server/base/query.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#define ENTRY_COLUMNS 19

#define ENTRY_LIST \
	"SELECT id, at, version_table_schema, version_table_name, project, action, old_rows," \
	" new_rows, ran_ddl, reason, skipped_guards, undoes, session_user_name, current_user_name," \
	" application_name, host(client_addr), backend_pid, transaction_id, catalog_changes FROM "

static const char *const read_query =
	ENTRY_LIST "mighead.journal WHERE ($1 IS NULL OR (version_table_schema = $1"
			   " AND version_table_name = $2)) AND ($3 IS NULL OR at >= $3) ORDER BY id DESC";

static const char *const tail_query =
	ENTRY_LIST "mighead.journal WHERE version_table_schema = $1 AND version_table_name = $2"
			   " ORDER BY id DESC LIMIT $3";

static const char *const upgrades_query =
	"SELECT revision, max(at) FROM mighead.journal, unnest(new_rows) AS revision"
	" WHERE version_table_schema = $1 AND version_table_name = $2 AND action = '" MH_ACTION_UPGRADE
	"'"
	" AND revision <> ALL (old_rows) GROUP BY revision ORDER BY revision COLLATE \"C\"";

static const char *const untold_query =
	ENTRY_LIST "mighead.journal WHERE version_table_schema = $1 AND version_table_name = $2"
			   " AND action = '" MH_ACTION_MANUAL "' ORDER BY id DESC";

static const char *const recorded_query =
	"SELECT DISTINCT revision FROM mighead.journal, unnest(new_rows) AS revision"
	" WHERE version_table_schema = $1 AND version_table_name = $2"
	" AND action IN ('" MH_ACTION_UPGRADE "', '" MH_ACTION_MANUAL
	"') AND revision <> ALL (old_rows)";

/* Prefers the entry of this database (mh_own_rows) if several have the id. */
static const char *const find_query =
	ENTRY_LIST "mighead.journal WHERE id = $1 ORDER BY (id = $1 AND %s) DESC, at DESC";

static const char *const withdraw_statement =
	"DELETE FROM mighead.journal WHERE version_table_schema = $1 AND version_table_name = $2"
	" AND id >= $3 AND transaction_id = pg_current_xact_id()";

/* ---------- writing ---------- */

static char *
role_name(Oid role)
{
	char *name = GetUserNameFromId(role, true);

	/* the role of a session may have been dropped */
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

/* A row under construction, filled by column name. */
typedef struct NewRow
{
	Relation table;
	TupleTableSlot *slot;
} NewRow;

static void
set_datum(NewRow *row, const char *column, Datum value, bool is_null)
{
	AttrNumber number = get_attnum(RelationGetRelid(row->table), column);

	if (number == InvalidAttrNumber)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("column \"%s\" of mighead.journal does not exist", column)));
	row->slot->tts_values[number - 1] = value;
	row->slot->tts_isnull[number - 1] = is_null;
}

static void
set_text(NewRow *row, const char *column, const char *value)
{
	bool is_null;
	Datum datum = mh_text_datum_or_null(value, &is_null);

	set_datum(row, column, datum, is_null);
}

static void
set_change(NewRow *row, const MhChange *change)
{
	set_text(row, "version_table_schema", change->schema);
	set_text(row, "version_table_name", change->name);
	set_text(row, "project", change->project);
	set_text(row, "action", change->action);
	set_datum(row, "old_rows", mh_strings_datum(&change->old_rows), false);
	set_datum(row, "new_rows", mh_strings_datum(&change->new_rows), false);
	set_datum(row, "ran_ddl", BoolGetDatum(change->ran_ddl), !change->ddl_known);
	set_text(row, "reason", change->reason);
	set_datum(row, "skipped_guards", mh_strings_datum(&change->skipped_guards), false);
	set_datum(row, "undoes", Int64GetDatum(change->undoes), change->undoes == 0);
}

/* Fills in the session.  user: the current user before the owner's identity was taken. */
static void
set_session(NewRow *row, Oid user)
{
	LOCAL_FCINFO(call, 0);
	Datum address;

	InitFunctionCallInfoData(*call, NULL, 0, InvalidOid, NULL, NULL);
	address = inet_client_addr(call);
	set_datum(row, "at", TimestampTzGetDatum(GetCurrentTimestamp()), false);
	set_text(row, "session_user_name", role_name(GetSessionUserId()));
	set_text(row, "current_user_name", role_name(user));
	set_datum(row, "application_name", CStringGetTextDatum(application_name), false);
	set_datum(row, "client_addr", address, call->isnull);
	set_datum(row, "backend_pid", Int32GetDatum(MyProcPid), false);
	set_datum(row, "transaction_id", FullTransactionIdGetDatum(GetTopFullTransactionId()), false);
}

/*
 * Inserts a row as the apply worker of a subscription does.  Constraints, indexes and triggers
 * apply, but no query is parsed and planned, which would take half the time of a trigger that runs
 * for each step of a migration.
 */
static void
insert_row(NewRow *row)
{
	EState *estate = CreateExecutorState();
	ResultRelInfo *result = makeNode(ResultRelInfo);

	ExecStoreVirtualTuple(row->slot);
	InitResultRelInfo(result, row->table, 0, NULL, 0);
	estate->es_output_cid = GetCurrentCommandId(true);
	ExecOpenIndices(result, false);
	AfterTriggerBeginQuery();
	PushActiveSnapshot(GetTransactionSnapshot());
	ExecSimpleRelationInsert(result, estate, row->slot);
	AfterTriggerEndQuery(estate);
	PopActiveSnapshot();
	ExecCloseIndices(result);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
	CommandCounterIncrement();
}

static Oid
relation_of(const char *name)
{
	return get_relname_relid(name, get_namespace_oid("mighead", false));
}

int64
mh_journal_write(const MhChange *change)
{
	return mh_journal_write_counted(change, mh_catalog_changes());
}

int64
mh_journal_write_counted(const MhChange *change, int catalog_changes)
{
	Oid user = GetUserId();
	MhIdentity identity = mh_begin_writing();
	NewRow row;
	int64 id;

	PreventCommandIfReadOnly("writing to mighead.journal");
	row.table = table_open(relation_of("journal"), RowExclusiveLock);
	row.slot = MakeSingleTupleTableSlot(RelationGetDescr(row.table), &TTSOpsVirtual);
	memset(row.slot->tts_isnull, true, RelationGetDescr(row.table)->natts * sizeof(bool));
	id = nextval_internal(relation_of("journal_id_seq"), false);
	set_datum(&row, "id", Int64GetDatum(id), false);
	set_change(&row, change);
	set_session(&row, user);
	if (get_attnum(RelationGetRelid(row.table), "origin") != InvalidAttrNumber)
		set_text(&row, "origin", mh_to_utf8(mh_origin()));
	set_datum(&row, "catalog_changes", Int32GetDatum(catalog_changes),
			  catalog_changes == MH_NOT_COUNTED);
	insert_row(&row);
	ExecDropSingleTupleTableSlot(row.slot);
	table_close(row.table, NoLock);
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
	mh_write(withdraw_statement, 3, types, values, NULL, SPI_OK_DELETE);
	SPI_finish();
	mh_end(&identity);
}

int64
mh_journal_prune(const char *project, TimestampTz before)
{
	Oid types[2] = {TEXTOID, TIMESTAMPTZOID};
	Datum values[2] = {mh_text_datum(project), TimestampTzGetDatum(before)};
	int64 deleted;

	SPI_connect();
	deleted = mh_write("DELETE FROM mighead.journal WHERE project = $1 AND at < $2", 2, types,
					   values, NULL, SPI_OK_DELETE);
	SPI_finish();
	return deleted;
}

/* ---------- reading ---------- */

static MhJournalEntry *
entry_from_values(const Datum *values, const bool *nulls)
{
	MhJournalEntry *entry = palloc0(sizeof(MhJournalEntry));
	MhChange *change = &entry->change;

	entry->id = DatumGetInt64(values[0]);
	entry->at = DatumGetTimestampTz(values[1]);
	change->schema = mh_text_or_null(values[2], nulls[2]);
	change->name = mh_text_or_null(values[3], nulls[3]);
	change->project = mh_text_or_null(values[4], nulls[4]);
	change->action = mh_text_or_null(values[5], nulls[5]);
	change->old_rows = mh_strings_stored(values[6], NULL);
	change->new_rows = mh_strings_stored(values[7], NULL);
	change->ddl_known = !nulls[8];
	change->ran_ddl = !nulls[8] && DatumGetBool(values[8]);
	change->reason = mh_text_or_null(values[9], nulls[9]);
	change->skipped_guards = mh_strings_stored(values[10], NULL);
	change->undoes = nulls[11] ? 0 : DatumGetInt64(values[11]);
	entry->session_user_name = mh_text_or_null(values[12], nulls[12]);
	entry->current_user_name = mh_text_or_null(values[13], nulls[13]);
	entry->application_name = mh_text_or_null(values[14], nulls[14]);
	entry->client_addr = mh_text_or_null(values[15], nulls[15]);
	entry->backend_pid = DatumGetInt32(values[16]);
	entry->transaction_id = U64FromFullTransactionId(DatumGetFullTransactionId(values[17]));
	entry->catalog_changes = nulls[18] ? MH_NOT_COUNTED : DatumGetInt32(values[18]);
	entry->is_own = mh_begins_with(change->action, MH_OWN_PREFIX);
	return entry;
}

static void *
entry_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Datum values[ENTRY_COLUMNS];
	bool nulls[ENTRY_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	return entry_from_values(values, nulls);
}

static MhJournalEntry *
scanned_entry(const MhExtensionScan *scan)
{
	/* in the order of ENTRY_LIST */
	static const char *const columns[ENTRY_COLUMNS] =
		MH_NAMES("id", "at", "version_table_schema", "version_table_name", "project", "action",
				 "old_rows", "new_rows", "ran_ddl", "reason", "skipped_guards", "undoes",
				 "session_user_name", "current_user_name", "application_name", "client_addr",
				 "backend_pid", "transaction_id", "catalog_changes");
	Datum values[ENTRY_COLUMNS];
	bool nulls[ENTRY_COLUMNS];

	for (int i = 0; i < ENTRY_COLUMNS; i++)
	{
		values[i] = mh_extension_value(scan, columns[i], &nulls[i]);
		if (strcmp(columns[i], "client_addr") == 0 && !nulls[i])
			values[i] = DirectFunctionCall1(network_host, values[i]);
	}
	return entry_from_values(values, nulls);
}

List *
mh_journal_read(const char *schema, const char *name, TimestampTz since, bool *permitted)
{
	Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum values[3] = {mh_text_datum(schema ? schema : ""), mh_text_datum(schema ? name : ""),
					   TimestampTzGetDatum(since)};
	const char nulls[] = {schema ? ' ' : 'n', schema ? ' ' : 'n', since ? ' ' : 'n', '\0'};

	*permitted = mh_may_read("journal");
	if (!*permitted)
		return NIL;
	return mh_query_list(read_query, 3, types, values, nulls, entry_from_tuple);
}

static List *
scan_tail(const char *schema, const char *name, int n)
{
	const char *keys[2] = {schema, name};
	List *entries = NIL;
	MhExtensionScan scan;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "journal", "journal_version_table_idx",
							   2, keys);
	while (list_length(entries) < n && mh_extension_scan_next(&scan))
		entries = lappend(entries, scanned_entry(&scan));
	mh_extension_scan_end(&scan);
	return entries;
}

bool
mh_journal_is_empty(void)
{
	MhExtensionScan scan;
	bool is_empty;

	if (!mh_own_table_may_scan("journal"))
		return false;
	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "journal", "journal_version_table_idx",
							   0, NULL);
	is_empty = !mh_extension_scan_next(&scan);
	mh_extension_scan_end(&scan);
	return is_empty;
}

List *
mh_journal_tail(const char *schema, const char *name, int n)
{
	Oid types[3] = {TEXTOID, TEXTOID, INT4OID};
	Datum values[3] = {mh_text_datum(schema), mh_text_datum(name), Int32GetDatum(n)};

	if (mh_own_table_may_scan("journal"))
		return scan_tail(schema, name, n);
	if (!mh_may_read("journal"))
		return NIL;
	return mh_query_list(tail_query, 3, types, values, NULL, entry_from_tuple);
}

static void *
applied_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhAppliedRevision *applied = palloc(sizeof(MhAppliedRevision));
	bool is_null;

	applied->revision = mh_to_utf8(SPI_getvalue(tuple, descriptor, 1));
	applied->at = DatumGetTimestampTz(SPI_getbinval(tuple, descriptor, 2, &is_null));
	return applied;
}

List *
mh_journal_upgrades(const char *schema, const char *name)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(schema), mh_text_datum(name)};

	if (!mh_may_read("journal"))
		return NIL;
	return mh_query_list(upgrades_query, 2, types, values, NULL, applied_from_tuple);
}

List *
mh_journal_untold(const char *schema, const char *name)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(schema), mh_text_datum(name)};

	if (!mh_may_read("journal"))
		return NIL;
	return mh_query_list(untold_query, 2, types, values, NULL, entry_from_tuple);
}

MhStrings
mh_journal_recorded(const char *schema, const char *name)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(schema), mh_text_datum(name)};

	if (!mh_may_read("journal"))
		return (MhStrings){0, NULL};
	return mh_query_strings(recorded_query, 2, types, values, NULL);
}

MhJournalEntry *
mh_journal_find(int64 id)
{
	Oid types[1] = {INT8OID};
	Datum values[1] = {Int64GetDatum(id)};
	MhIdentity identity = mh_begin_writing();
	List *entries = mh_query_list(psprintf(find_query, mh_own_rows("journal")), 1, types, values,
								  NULL, entry_from_tuple);

	mh_end(&identity);
	return entries == NIL ? NULL : linitial(entries);
}

static MhJournalEntry *
recent_entry(const MhExtensionScan *scan)
{
	MhJournalEntry *entry = palloc0(sizeof(MhJournalEntry));
	bool is_null;

	entry->id = DatumGetInt64(mh_extension_value(scan, "id", &is_null));
	entry->change.action = mh_extension_text(scan, "action");
	entry->change.old_rows = mh_extension_strings(scan, "old_rows");
	entry->change.new_rows = mh_extension_strings(scan, "new_rows");
	entry->change.ran_ddl = DatumGetBool(mh_extension_value(scan, "ran_ddl", &is_null));
	entry->change.ddl_known = !is_null;
	entry->catalog_changes = DatumGetInt32(mh_extension_value(scan, "catalog_changes", &is_null));
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
	MhExtensionScan scan;
	bool is_null;

	/* a migration's first step finds none, and must not read a whole journal */
	mh_extension_scan_begin(&scan, "journal", "journal_version_table_idx", 2, keys);
	for (int i = 0; i < MH_JOURNAL_RECENT && mh_extension_scan_next(&scan); i++)
	{
		Datum written_by = mh_extension_value(&scan, "transaction_id", &is_null);

		if (U64FromFullTransactionId(DatumGetFullTransactionId(written_by)) == transaction)
			entries = lappend(entries, recent_entry(&scan));
	}
	mh_extension_scan_end(&scan);
	return entries;
}
