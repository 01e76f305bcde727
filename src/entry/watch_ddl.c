/*-------------------------------------------------------------------------
 *
 * watch_ddl.c
 *	  Watches DDL: mighead_watch_ddl, mighead_unwatch_ddl, their event triggers, and
 *	  mighead_ddl.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "entry/result.h"
#include "executor/spi.h"
#include "server/base/origin.h"
#include "server/base/query.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/xid8.h"

PG_FUNCTION_INFO_V1(mighead_log_ddl);
PG_FUNCTION_INFO_V1(mighead_log_ddl_statement);
PG_FUNCTION_INFO_V1(mighead_watch_ddl);
PG_FUNCTION_INFO_V1(mighead_unwatch_ddl);
PG_FUNCTION_INFO_V1(mighead_ddl);

static const struct
{
	const char *name;
	const char *event;
} our_event_triggers[] = {
	{"mighead_ddl", "ddl_command_end"},
	{"mighead_ddl_drop", "sql_drop"},
};

/* ---------- the event triggers ---------- */

/*
 * Returns whether the statement itself says that it creates a temporary table.  This is checked
 * first, so that programs with thousands of temporary tables do not become slower.
 */
static bool
makes_temporary(const Node *statement)
{
	const RangeVar *relation = NULL;

	if (statement == NULL)
		return false;
	if (IsA(statement, CreateStmt))
		relation = ((const CreateStmt *) statement)->relation;
	else if (IsA(statement, CreateTableAsStmt))
		relation = ((const CreateTableAsStmt *) statement)->into->rel;
	else if (IsA(statement, ViewStmt))
		relation = ((const ViewStmt *) statement)->view;
	else if (IsA(statement, CreateSeqStmt))
		relation = ((const CreateSeqStmt *) statement)->sequence;
	return relation != NULL && relation->relpersistence == RELPERSISTENCE_TEMP;
}

/*
 * Returns whether the command changes the schema.  Refreshing and rebuilding do not, and are
 * frequent.
 */
static bool
changes_schema(CommandTag tag)
{
	const char *name = GetCommandTagName(tag);

	return strcmp(name, "REFRESH MATERIALIZED VIEW") != 0 && strcmp(name, "REINDEX") != 0;
}

/*
 * Returns whether the statement only switches triggers, as "pg_restore --disable-triggers" does
 * before and after the data of each table.
 */
static bool
only_switches_triggers(const Node *statement)
{
	ListCell *cell;

	if (statement == NULL || !IsA(statement, AlterTableStmt))
		return false;
	foreach (cell, ((const AlterTableStmt *) statement)->cmds)
	{
		AlterTableType kind = lfirst_node(AlterTableCmd, cell)->subtype;

		if (kind != AT_EnableTrigAll && kind != AT_DisableTrigAll)
			return false;
	}
	return true;
}

static Datum
log_ddl(FunctionCallInfo fcinfo, bool with_statement)
{
	EventTriggerData *trigger;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("%s must be called by an event trigger",
							   get_func_name(fcinfo->flinfo->fn_oid))));
	trigger = (EventTriggerData *) fcinfo->context;
	/* commands of an extension's script belong to the extension */
	if (!creating_extension && !mh_is_replicating() && changes_schema(trigger->tag) &&
		!makes_temporary(trigger->parsetree) && !only_switches_triggers(trigger->parsetree))
		mh_ddl_log_write(trigger, with_statement);
	PG_RETURN_NULL();
}

/*
 * mighead_log_ddl() returns event_trigger
 *		Records what was done.  Never raises for what keeps it from that: see mh_ddl_log_write.
 *
 * Privileges: none; writes as the owner of mighead.ddl_log.  Locks: ROW EXCLUSIVE on that table to
 * the end of the transaction.
 */
Datum
mighead_log_ddl(PG_FUNCTION_ARGS)
{
	return log_ddl(fcinfo, false);
}

/*
 * mighead_log_ddl_statement() returns event_trigger
 *
 * As mighead_log_ddl(), and stores the statement too if it cannot contain a password.
 */
Datum
mighead_log_ddl_statement(PG_FUNCTION_ARGS)
{
	return log_ddl(fcinfo, true);
}

/* ---------- reading ---------- */

static void
put_entry(MhResult *result, const MhDdlEntry *entry)
{
	mh_put_text(result, entry->object);
	mh_put_text(result, entry->object_type);
	mh_put_text(result, entry->command_tag);
	mh_put_bool(result, entry->is_drop);
	mh_put_timestamp(result, true, entry->at);
	mh_put_known_bool(result, entry->migration_known, entry->in_migration);
	mh_put_text(result, entry->session_user_name);
	mh_put_text(result, entry->current_user_name);
	mh_put_text(result, entry->application_name);
	mh_put_address(result, entry->client_addr);
	mh_put_int(result, entry->backend_pid);
	mh_put_datum(result,
				 FullTransactionIdGetDatum(FullTransactionIdFromU64(entry->transaction_id)));
	mh_put_text(result, entry->statement);
	mh_row_end(result);
}

/*
 * mighead_ddl(since interval) returns setof record
 *
 *		Returns the newest DDL on each object, not older than since (NULL: any age).  DDL of a
 *		migration counts only if there is no other.
 *
 *		Privileges: SELECT on mighead.ddl_log, 42501 without it; in_migration needs SELECT on
 *		mighead.journal too, and is NULL without it.  Locks: AccessShareLock on both.  Errors:
 *		22008.
 */
Datum
mighead_ddl(PG_FUNCTION_ARGS)
{
	MhResult result;
	bool permitted;
	List *entries;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	entries = mh_ddl_log_read(mh_since_argument(fcinfo, 0), &permitted);
	/* no rows would look like no DDL */
	if (!permitted)
		mh_refuse_reading("ddl_log");
	foreach (cell, entries)
		put_entry(&result, lfirst(cell));
	return (Datum) 0;
}

/* ---------- switching them on and off ---------- */

static void
require_superuser(const char *function)
{
	PreventCommandIfReadOnly(function);
	if (!superuser())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be superuser to call %s", function),
						errdetail("Only superusers may have event triggers.")));
}

static void
execute(const char *statement)
{
	int result = SPI_execute(statement, false, 0);

	if (result != SPI_OK_UTILITY)
		elog(ERROR, "could not execute \"%s\": %s", statement, SPI_result_code_string(result));
}

static void
drop_event_triggers(void)
{
	SPI_connect();
	for (int i = 0; i < lengthof(our_event_triggers); i++)
		if (OidIsValid(get_event_trigger_oid(our_event_triggers[i].name, true)))
			execute(psprintf("DROP EVENT TRIGGER %s", our_event_triggers[i].name));
	SPI_finish();
}

/*
 * Makes the event trigger depend on the extension: DROP EXTENSION drops it, and a dump still has
 * it.
 */
static void
depend_on_extension(const char *event_trigger)
{
	ObjectAddress dependent;
	ObjectAddress extension;

	ObjectAddressSet(dependent, EventTriggerRelationId,
					 get_event_trigger_oid(event_trigger, false));
	ObjectAddressSet(extension, ExtensionRelationId, get_extension_oid("mighead", false));
	recordDependencyOn(&dependent, &extension, DEPENDENCY_AUTO_EXTENSION);
}

static void
create_event_triggers(const char *function_schema, const char *function)
{
	char *name = mh_quote_qualified_identifier(function_schema, function);

	SPI_connect();
	for (int i = 0; i < lengthof(our_event_triggers); i++)
	{
		execute(psprintf("CREATE EVENT TRIGGER %s ON %s EXECUTE FUNCTION %s()",
						 our_event_triggers[i].name, our_event_triggers[i].event, name));
		execute(psprintf("COMMENT ON EVENT TRIGGER %s IS"
						 " 'records DDL in mighead.ddl_log; mighead_unwatch_ddl() drops it'",
						 our_event_triggers[i].name));
		depend_on_extension(our_event_triggers[i].name);
	}
	SPI_finish();
}

/*
 * mighead_watch_ddl(statements boolean) returns void
 *		From now on DDL is recorded in mighead.ddl_log; with statements, its text too, where it can hold
 *		no password.  Again: renews the event triggers.
 *
 * Privileges: superuser.  Locks: those of CREATE EVENT TRIGGER.  Errors: 22004, 25006, 42501.
 */
Datum
mighead_watch_ddl(PG_FUNCTION_ARGS)
{
	mh_require_argument(fcinfo, 0, "statements");
	require_superuser("mighead_watch_ddl()");
	drop_event_triggers();
	create_event_triggers(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)),
						  PG_GETARG_BOOL(0) ? "mighead_log_ddl_statement" : "mighead_log_ddl");
	PG_RETURN_VOID();
}

/*
 * mighead_unwatch_ddl() returns void
 *		Drops the event triggers; what was recorded stays.  Nothing to do is no error.
 *
 * Privileges: superuser.  Locks: those of DROP EVENT TRIGGER.  Errors: 25006, 42501.
 */
Datum
mighead_unwatch_ddl(PG_FUNCTION_ARGS)
{
	require_superuser("mighead_unwatch_ddl()");
	drop_event_triggers();
	PG_RETURN_VOID();
}
