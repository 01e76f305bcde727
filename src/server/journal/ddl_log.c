/*-------------------------------------------------------------------------
 *
 * ddl_log.c
 *	  Reads and writes the DDL log of the event triggers of mighead_watch_ddl.
 *
 * Entries are written as the owner of the table and read as the caller.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "server/base/origin.h"
#include "core/base/call.h"
#include "server/base/query.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/xid8.h"

#define WRITE_PARAMETERS 5
#define ENTRY_COLUMNS 13

/* Long enough for a table of a thousand columns. */
#define MAX_STATEMENT 100000

#define INSERT_ENTRIES \
	"INSERT INTO mighead.ddl_log (at, transaction_id, session_user_name, current_user_name," \
	" application_name, client_addr, backend_pid, command_tag, is_drop, object_type, object," \
	" statement)" \
	" SELECT clock_timestamp(), pg_current_xact_id(), $1, $2, NULLIF($3, ''), inet_client_addr()," \
	" pg_backend_pid(), "

/*
 * Triggers, policies and the like of a temporary table are in no schema, but their identity names
 * it.
 */
#define IS_TEMPORARY "coalesce(object_identity ~ '(^| )pg_temp(_[0-9]+)?[.]', false)"

/* Commands of an extension's script belong to the extension and are not logged. */
static const char *const commands_statement =
	INSERT_ENTRIES "coalesce(command_tag, $4), false, lower(object_type), object_identity, $5"
				   " FROM pg_event_trigger_ddl_commands()"
				   " WHERE NOT in_extension AND schema_name IS DISTINCT FROM 'pg_temp'"
				   " AND NOT " IS_TEMPORARY;

/*
 * Logs dropped objects.  Of objects that are dropped with another, only independent ones.  Of an
 * extension's members only relations, which may have been dropped because they used it.
 */
static const char *const drops_statement =
	INSERT_ENTRIES "$4, true, lower(object_type), object_identity, $5"
				   " FROM pg_event_trigger_dropped_objects()"
				   " WHERE (original OR normal) AND NOT is_temporary AND NOT " IS_TEMPORARY
				   " AND object_type <> 'default value' AND object_identity !~ '^\"_RETURN\" on '"
				   " AND (original OR $4 <> 'DROP EXTENSION' OR object_type IN ('table',"
				   "  'table column', 'view', 'materialized view', 'foreign table'))";

/* The name of an object of a table is the table's name and its own, as elsewhere in mighead. */
#define OBJECT_NAME \
	"CASE WHEN object_type IN ('trigger', 'policy', 'rule', 'table constraint'," \
	" 'domain constraint') THEN regexp_replace(object, '^(.*) on (.*)$', '\\2.\\1')" \
	" WHEN object_type IN ('function', 'procedure', 'aggregate')" \
	" THEN replace(replace(object, 'pg_catalog.', ''), ',', ', ') ELSE object END"

#define ENTRY_LIST(in_migration) \
	"SELECT DISTINCT ON (1) " OBJECT_NAME " COLLATE \"C\", object_type, command_tag, is_drop, at," \
	" transaction_id, session_user_name, current_user_name, application_name," \
	" host(client_addr), backend_pid, statement, " in_migration \
	" AS in_migration FROM mighead.ddl_log d" \
	" WHERE %s AND object IS NOT NULL AND ($1 IS NULL OR at >= $1)" \
	" ORDER BY 1, in_migration NULLS FIRST, id DESC"

static const char *const read_query = ENTRY_LIST("NULL::boolean");
static const char *const read_with_journal_query =
	ENTRY_LIST("EXISTS (SELECT FROM mighead.journal j WHERE j.transaction_id = d.transaction_id"
			   " AND j.backend_pid = d.backend_pid AND j.at >= d.at)");

/* ---------- writing ---------- */

/* Limits waiting, so that no DDL waits for a session that locks the log. */
static void
limit_waiting(void)
{
	(void) set_config_option("lock_timeout", "10ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

static char *
role_name(Oid role)
{
	char *name = GetUserNameFromId(role, true);

	/* the role of a session may have been dropped */
	return name != NULL ? name : psprintf("%u", role);
}

/*
 * Returns whether the command's text may contain a secret: options of foreign servers or
 * connections, or any text.
 */
static bool
may_hold_secret(CommandTag tag)
{
	const char *name = GetCommandTagName(tag);

	return strstr(name, "SERVER") != NULL || strstr(name, "FOREIGN") != NULL ||
		   strstr(name, "USER") != NULL || strstr(name, "ROLE") != NULL ||
		   strstr(name, "SUBSCRIPTION") != NULL || strstr(name, "SECURITY LABEL") != NULL;
}

/*
 * Returns the client's text if it is this command only.  A string of several commands, or a
 * function that runs DDL, may contain anything.
 */
static const char *
statement_text(const EventTriggerData *trigger)
{
	List *parsed;

	if (debug_query_string == NULL || may_hold_secret(trigger->tag))
		return NULL;
	parsed = raw_parser(debug_query_string, RAW_PARSE_DEFAULT);
	if (list_length(parsed) != 1 ||
		CreateCommandTag(linitial_node(RawStmt, parsed)->stmt) != trigger->tag)
		return NULL;
	return debug_query_string;
}

static Datum
cut_text(const char *text)
{
	int length = pg_mbcliplen(text, strlen(text), MAX_STATEMENT);

	return PointerGetDatum(cstring_to_text_with_len(text, length));
}

static void
insert_entries(const EventTriggerData *trigger, bool with_statement)
{
	bool is_drop = strcmp(trigger->event, "sql_drop") == 0;
	const char *statement = with_statement ? statement_text(trigger) : NULL;
	Oid types[WRITE_PARAMETERS] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	Datum values[WRITE_PARAMETERS];
	bool nulls[WRITE_PARAMETERS] = {false, false, false, false, statement == NULL};
	MhIdentity identity;

	values[0] = CStringGetTextDatum(role_name(GetSessionUserId()));
	values[1] = CStringGetTextDatum(role_name(GetUserId()));
	values[2] = CStringGetTextDatum(application_name);
	values[3] = CStringGetTextDatum(GetCommandTagName(trigger->tag));
	values[4] = statement == NULL ? (Datum) 0 : cut_text(statement);

	identity = mh_begin_writing();
	limit_waiting();
	SPI_connect();
	mh_write(is_drop ? drops_statement : commands_statement, WRITE_PARAMETERS, types, values, nulls,
			 SPI_OK_INSERT);
	SPI_finish();
	mh_end(&identity);
}

/* Returns whether the error is meant to end the command (by the user or the server). */
static bool
is_meant(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		   ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION;
}

static void
warn(const ErrorData *error)
{
	ereport(WARNING,
			(errcode(error->sqlerrcode), errmsg("DDL was not recorded by mighead"),
			 errdetail_internal("%s", error->message),
			 errhint("SELECT %s; ends the recording.",
					 mh_from_utf8(mh_call(mh_extension_prefix(), "mighead_unwatch_ddl", NULL)))));
}

void
mh_ddl_log_write(const EventTriggerData *trigger, bool with_statement)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		insert_entries(trigger, with_statement);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (is_meant(error))
			ReThrowError(error);
		warn(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

/* ---------- reading ---------- */

static void *
entry_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhDdlEntry *entry = palloc0(sizeof(MhDdlEntry));
	Datum values[ENTRY_COLUMNS];
	bool nulls[ENTRY_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	entry->object = mh_text_or_null(values[0], nulls[0]);
	entry->object_type = mh_text_or_null(values[1], nulls[1]);
	entry->command_tag = mh_text_or_null(values[2], nulls[2]);
	entry->is_drop = DatumGetBool(values[3]);
	entry->at = DatumGetTimestampTz(values[4]);
	entry->transaction_id = U64FromFullTransactionId(DatumGetFullTransactionId(values[5]));
	entry->session_user_name = mh_text_or_null(values[6], nulls[6]);
	entry->current_user_name = mh_text_or_null(values[7], nulls[7]);
	entry->application_name = mh_text_or_null(values[8], nulls[8]);
	entry->client_addr = mh_text_or_null(values[9], nulls[9]);
	entry->backend_pid = DatumGetInt32(values[10]);
	entry->statement = mh_text_or_null(values[11], nulls[11]);
	entry->migration_known = !nulls[12];
	entry->in_migration = !nulls[12] && DatumGetBool(values[12]);
	return entry;
}

List *
mh_ddl_log_read(TimestampTz since, bool *permitted)
{
	Oid types[1] = {TIMESTAMPTZOID};
	Datum values[1] = {TimestampTzGetDatum(since)};

	*permitted = mh_may_read("ddl_log");
	if (!*permitted)
		return NIL;
	return mh_query_list(psprintf(mh_may_read("journal") ? read_with_journal_query : read_query,
								  mh_own_rows("ddl_log")),
						 1, types, values, since == 0 ? "n" : " ", entry_from_tuple);
}

static MhDdlEntry *
find_entry(List *entries, const char *object)
{
	int low = 0;
	int high = list_length(entries) - 1;

	while (low <= high)
	{
		int middle = low + (high - low) / 2;
		MhDdlEntry *entry = list_nth(entries, middle);
		int order = strcmp(entry->object, object);

		if (order == 0)
			return entry;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

MhDdlEntry *
mh_ddl_log_last(List *entries, const char *object, const char *parent)
{
	MhDdlEntry *own = find_entry(entries, object);
	MhDdlEntry *other = parent != NULL ? find_entry(entries, parent) : NULL;

	if (own == NULL || other == NULL)
		return own != NULL ? own : other;
	if (own->in_migration != other->in_migration)
		return own->in_migration ? other : own;
	return own->at >= other->at ? own : other;
}

char *
mh_ddl_entry_words(const MhDdlEntry *entry)
{
	StringInfoData words;

	initStringInfo(&words);
	appendStringInfoString(&words, entry->session_user_name);
	if (strcmp(entry->session_user_name, entry->current_user_name) != 0)
		appendStringInfo(&words, " as %s", entry->current_user_name);
	appendStringInfo(&words, ": %s", entry->command_tag);
	if (entry->application_name != NULL)
		appendStringInfo(&words, " (%s)", entry->application_name);
	return words.data;
}

int64
mh_ddl_log_prune(TimestampTz before)
{
	Oid types[1] = {TIMESTAMPTZOID};
	Datum values[1] = {TimestampTzGetDatum(before)};
	int64 deleted;

	SPI_connect();
	deleted = mh_write("DELETE FROM mighead.ddl_log WHERE at < $1", 1, types, values, NULL,
					   SPI_OK_DELETE);
	SPI_finish();
	return deleted;
}
