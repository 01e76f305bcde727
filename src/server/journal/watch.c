/*-------------------------------------------------------------------------
 *
 * watch.c
 *	  Finds watched version tables, and installs the triggers that watch them.
 *
 * They are statement triggers, because a step of a migration is the difference between the rows
 * before and after a statement.  Each trigger sees only the rows of its own event, so there is one
 * for each event.  They fire ALWAYS, so that a migration that sets session_replication_role to get
 * past foreign keys is journalled too.  "pg_restore --disable-triggers" leaves ordinary triggers,
 * which still count as a watch.  Changes by workers of a subscription are not journalled: the
 * trigger function checks for that itself.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "server/base/trust.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

typedef struct WatchTrigger
{
	const char *name;
	const char *event; /* event and time of the trigger, and its transition tables */
	int16 type;        /* the same in pg_trigger.tgtype */
} WatchTrigger;

static const WatchTrigger triggers[] = {
	{"mighead_watch_insert", "AFTER INSERT ON %s REFERENCING NEW TABLE AS mighead_new",
	 TRIGGER_TYPE_INSERT},
	{"mighead_watch_update",
	 "AFTER UPDATE ON %s REFERENCING OLD TABLE AS mighead_old NEW TABLE AS mighead_new",
	 TRIGGER_TYPE_UPDATE},
	{"mighead_watch_delete", "AFTER DELETE ON %s REFERENCING OLD TABLE AS mighead_old",
	 TRIGGER_TYPE_DELETE},
	{"mighead_watch_truncate", "BEFORE TRUNCATE ON %s",
	 TRIGGER_TYPE_BEFORE | TRIGGER_TYPE_TRUNCATE}};

static const char *const watch_columns[] =
	MH_NAMES("version_table_schema", "version_table_name", "capture", "since");

/* A renewed watch keeps its start time. */
static const char *const store_statement =
	"INSERT INTO mighead.watch (version_table_schema, version_table_name, capture, watched_by)"
	" VALUES ($1, $2, $3, session_user) ON CONFLICT (version_table_schema, version_table_name)"
	" DO UPDATE SET capture = excluded.capture";

static const char *const delete_statement =
	"DELETE FROM mighead.watch WHERE version_table_schema = $1 AND version_table_name = $2";

/* ---------- mighead.watch ---------- */

static void
add_watch(const Datum *values, const bool *nulls, void *into)
{
	List **watches = into;
	MhWatch *watch = palloc0(sizeof(MhWatch));

	watch->schema = mh_to_utf8(TextDatumGetCString(values[0]));
	watch->name = mh_to_utf8(TextDatumGetCString(values[1]));
	watch->capture = DatumGetBool(values[2]);
	watch->since = DatumGetTimestampTz(values[3]);
	*watches = lappend(*watches, watch);
}

List *
mh_watches_read(void)
{
	static const MhOwnColumns columns = MH_NAMES("watch", lengthof(watch_columns), watch_columns);
	List *watches = NIL;

	mh_own_table_each(&columns, NULL, NULL, add_watch, &watches);
	return watches;
}

MhWatch *
mh_watch_find(const char *schema, const char *name)
{
	const char *keys[2] = {schema, name};
	MhWatch *watch = NULL;
	MhExtensionScan scan;
	bool is_null;

	mh_extension_scan_begin(&scan, "watch", "watch_pkey", 2, keys);
	if (mh_extension_scan_next(&scan))
	{
		watch = palloc0(sizeof(MhWatch));
		watch->schema = pstrdup(schema);
		watch->name = pstrdup(name);
		watch->capture = DatumGetBool(mh_extension_value(&scan, "capture", &is_null));
		watch->since = DatumGetTimestampTz(mh_extension_value(&scan, "since", &is_null));
	}
	mh_extension_scan_end(&scan);
	return watch;
}

/* ---------- triggers ---------- */

static const WatchTrigger *
find_trigger(const char *name)
{
	for (int i = 0; i < lengthof(triggers); i++)
		if (strcmp(triggers[i].name, name) == 0)
			return &triggers[i];
	return NULL;
}

bool
mh_watch_is_trigger(const char *name)
{
	return find_trigger(name) != NULL;
}

static void
run_utility(const char *statement)
{
	int result = SPI_execute(mh_from_utf8(statement), false, 0);

	if (result != SPI_OK_UTILITY)
		elog(ERROR, "could not change triggers: %s", SPI_result_code_string(result));
}

static void
create_trigger(const WatchTrigger *trigger, const char *table, const char *function)
{
	run_utility(psprintf("CREATE OR REPLACE TRIGGER %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s()",
						 trigger->name, psprintf(trigger->event, table), function));
	run_utility(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", table, trigger->name));
}

void
mh_watch_install(const MhVersionTable *table, const char *function_schema, bool capture)
{
	Oid types[3] = {TEXTOID, TEXTOID, BOOLOID};
	Datum values[3] = {mh_text_datum(table->schema), mh_text_datum(table->name),
					   BoolGetDatum(capture)};
	char *function = mh_quote_qualified_identifier(function_schema, MH_WATCH_FUNCTION);
	MhIdentity identity = mh_begin_writing();

	SPI_connect();
	for (int i = 0; i < lengthof(triggers); i++)
		create_trigger(&triggers[i], mh_version_table_name(table), function);
	mh_write(store_statement, 3, types, values, NULL, SPI_OK_INSERT);
	SPI_finish();
	mh_end(&identity);
}

bool
mh_watch_remove(const MhVersionTable *table)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(table->schema), mh_text_datum(table->name)};
	MhIdentity identity = mh_begin_writing();
	bool removed;

	SPI_connect();
	for (int i = 0; i < lengthof(triggers); i++)
		if (OidIsValid(get_trigger_oid(table->oid, triggers[i].name, true)))
			run_utility(
				psprintf("DROP TRIGGER %s ON %s", triggers[i].name, mh_version_table_name(table)));
	removed = mh_write(delete_statement, 2, types, values, NULL, SPI_OK_DELETE) > 0;
	SPI_finish();
	mh_end(&identity);
	return removed;
}

static bool
is_null(HeapTuple tuple, Relation catalog, int attribute)
{
	bool null;

	heap_getattr(tuple, attribute, RelationGetDescr(catalog), &null);
	return null;
}

/*
 * Returns whether the trigger is one of a watch and fires at each statement of its kind: somebody
 * may have made it again with a condition, for another event, or for some columns only.
 */
static bool
is_watching(HeapTuple tuple, Relation catalog)
{
	Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);
	const WatchTrigger *wanted = find_trigger(NameStr(trigger->tgname));

	return (trigger->tgenabled == TRIGGER_FIRES_ALWAYS ||
			trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN) &&
		   wanted != NULL && trigger->tgtype == wanted->type && trigger->tgattr.dim1 == 0 &&
		   is_null(tuple, catalog, Anum_pg_trigger_tgqual) && mh_is_own_function(trigger->tgfoid);
}

bool
mh_watch_is_complete(Oid relation)
{
	Relation catalog = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	int n = 0;

	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		n += is_watching(tuple, catalog);
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return n == lengthof(triggers);
}
