/*-------------------------------------------------------------------------
 *
 * sessions.c
 *	  What stands around a version table.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Autovacuum has no application_name, and is worth telling from a client without one. */
#define SESSION_NAME \
	"COALESCE(NULLIF(a.application_name, ''), NULLIF(a.backend_type, 'client backend'), " \
	"a.application_name)"

/*
 * A migration holds the version table (Alembic: AccessShareLock from reading its
 * rows, RowExclusiveLock once it has written them) and locks of DDL elsewhere.
 * VACUUM's lock on the version table itself is neither.
 */
const char *const mh_sessions_query =
	"WITH every AS MATERIALIZED ("
	"  SELECT pid, locktype, database, relation, mode, granted FROM pg_catalog.pg_locks"
	"  WHERE pid <> pg_catalog.pg_backend_pid()),"
	" locks AS (SELECT * FROM every WHERE locktype = 'relation'"
	"  AND database = (SELECT oid FROM pg_catalog.pg_database"
	"                  WHERE datname = pg_catalog.current_database())),"
	" held AS (SELECT relation, pid, pg_catalog.bool_or(mode = 'AccessExclusiveLock') AS exclusive,"
	"  pg_catalog.bool_or(mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock',"
	"   'ExclusiveLock')) AS writes"
	"  FROM locks WHERE granted AND relation = ANY ($1) GROUP BY relation, pid)"
	" SELECT h.relation, h.pid, " SESSION_NAME ", a.state,"
	"  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start),"
	"  h.exclusive,"
	"  h.writes OR EXISTS (SELECT FROM locks o WHERE o.pid = h.pid AND o.relation <> ALL ($1)"
	"   AND o.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',"
	"                  'ExclusiveLock', 'AccessExclusiveLock')),"
	/* pg_stat_activity tells a caller without pg_read_all_stats of no wait */
	"  CASE WHEN EXISTS (SELECT FROM every w WHERE w.pid = h.pid AND NOT w.granted) THEN"
	"   NULLIF(pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(h.pid), ', '), '') END,"
	"  pg_catalog.host(a.client_addr), a.client_port"
	" FROM held h LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid ORDER BY h.pid";

/* $1: the key in two halves. */
#define IS_KEY "classid = ($1::pg_catalog.oid[])[1] AND objid = ($1::pg_catalog.oid[])[2]"

/* An advisory lock shows its key in two halves; it is no relation and keeps no reader out. */
const char *const mh_lock_sessions_query =
	"SELECT 0::pg_catalog.oid, h.pid, " SESSION_NAME ", a.state,"
	"  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change)),"
	"  false, true,"
	"  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks w WHERE w.pid = h.pid AND NOT w.granted) THEN"
	"   NULLIF(pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(h.pid), ', '), '') END,"
	"  pg_catalog.host(a.client_addr), a.client_port"
	" FROM (SELECT DISTINCT pid FROM pg_catalog.pg_locks"
	"   WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND " IS_KEY ""
	"   AND pid <> pg_catalog.pg_backend_pid()"
	"   AND database = (SELECT oid FROM pg_catalog.pg_database"
	"                   WHERE datname = pg_catalog.current_database())) AS h"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid ORDER BY h.pid";

/* Age: for idle sessions since when they are. */
#define SESSION_OF_PID(is_migrating) \
	" SELECT 0::pg_catalog.oid, h.pid, " SESSION_NAME ", a.state," \
	"  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change))," \
	"  false, " is_migrating "," \
	"  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks w WHERE w.pid = h.pid AND NOT w.granted) THEN" \
	"   NULLIF(pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(h.pid), ', '), '') END," \
	"  pg_catalog.host(a.client_addr), a.client_port" \
	" FROM h LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid ORDER BY h.pid"

/* Those that wait for a migration lock. */
const char *const mh_lock_waiters_query =
	"WITH h AS (SELECT DISTINCT pid FROM pg_catalog.pg_locks"
	"   WHERE locktype = 'advisory' AND NOT granted AND objsubid = 1 AND " IS_KEY ""
	"   AND database = (SELECT oid FROM pg_catalog.pg_database"
	"                   WHERE datname = pg_catalog.current_database()))" SESSION_OF_PID("true");

static const char *const pids_query =
	"WITH h AS (SELECT pid FROM pg_catalog.unnest($1) AS p (pid)) " SESSION_OF_PID("true");

/*
 * Those that wait for the transactions of others at a name; who waits at a row holds its tuple,
 * and who waits at the migration lock or at a table waits in order.
 */
static const char *const waiting_query =
	"WITH h AS (SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l"
	"   WHERE NOT l.granted AND l.locktype = 'transactionid'"
	"    AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks t"
	"     WHERE t.pid = l.pid AND t.locktype = 'tuple' AND t.granted)"
	"    AND pg_catalog.pg_blocking_pids(l.pid) && $1)" SESSION_OF_PID("true");

/* Whom they wait for, at first or second hand. */
const char *const mh_blockers_query =
	"WITH RECURSIVE h (pid) AS ("
	"  SELECT b.pid FROM pg_catalog.unnest($1::pg_catalog.int4[]) AS p (pid),"
	"   pg_catalog.unnest(pg_catalog.pg_blocking_pids(p.pid)) AS b (pid)"
	"  UNION SELECT b.pid FROM h, pg_catalog.unnest(pg_catalog.pg_blocking_pids(h.pid)) AS b (pid)"
	"   WHERE h.pid <> 0)" SESSION_OF_PID("false");

/*
 * $1: names of relations that are locked.  Whoever keeps every reader out of one of them, or of what
 * it is made of: a view's tables, an index's table, a partition's parent.
 */
const char *const mh_lockers_query =
	"WITH busy AS (SELECT c.oid FROM pg_catalog.pg_class c"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"  WHERE pg_catalog.format('%I.%I', n.nspname, c.relname) = ANY ($1))"
	" SELECT 0::pg_catalog.oid, h.pid, " SESSION_NAME ", a.state,"
	"  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start),"
	"  true, false, NULL::pg_catalog.text, pg_catalog.host(a.client_addr), a.client_port"
	" FROM (SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l"
	"   JOIN pg_catalog.pg_class c ON c.oid = l.relation"
	"   WHERE l.relation IN (SELECT u.oid FROM busy"
	"     CROSS JOIN LATERAL (SELECT busy.oid UNION ALL"
	"      SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = busy.oid UNION ALL"
	"      SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = busy.oid UNION ALL"
	"      SELECT d.refobjid FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d"
	"       ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid"
	"       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"       WHERE r.ev_class = busy.oid) u)"
	"    AND l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock'"
	"    AND l.pid <> pg_catalog.pg_backend_pid()"
	"    AND c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace"
	"    AND c.relpersistence <> 't'"
	"    AND l.database = (SELECT oid FROM pg_catalog.pg_database"
	"                      WHERE datname = pg_catalog.current_database())) AS h"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid ORDER BY h.pid";

static const char *const projects_query =
	"SELECT project FROM mighead.revision WHERE revision = $1 AND project <> $2 ORDER BY 1";

static void *
session_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhTableSession *found = palloc0(sizeof(MhTableSession));
	MhSession *session = &found->session;
	Datum values[MH_SESSION_COLUMNS];
	bool nulls[MH_SESSION_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	found->version_table = DatumGetObjectId(values[0]);
	session->pid = DatumGetInt32(values[1]);
	session->application = mh_text_or_null(values[2], nulls[2]);
	session->state = mh_text_or_null(values[3], nulls[3]);
	session->seconds = nulls[4] ? -1 : DatumGetFloat8(values[4]);
	session->is_exclusive = DatumGetBool(values[5]);
	session->is_migrating = DatumGetBool(values[6]);
	session->blocked_by = nulls[7] ? NULL : TextDatumGetCString(values[7]);
	found->client_address = nulls[8] ? NULL : TextDatumGetCString(values[8]);
	found->client_port = nulls[9] ? 0 : DatumGetInt32(values[9]);
	return found;
}

/* What the kernel says is asked for migrations only: they are few, connections many. */
static void
find_clients_gone(List *sessions)
{
	MhClients *clients = NULL;
	ListCell *cell;

	foreach (cell, sessions)
	{
		MhTableSession *found = lfirst(cell);

		if (!found->session.is_migrating || found->client_address == NULL)
			continue;
		if (clients == NULL)
			clients = mh_clients_gone();
		found->session.is_client_gone =
			mh_client_is_gone(clients, found->client_address, found->client_port);
	}
}

static List *
read_sessions(const char *query, int n, Oid *types, Datum *values)
{
	List *sessions = mh_query_list(query, n, types, values, NULL, session_from_tuple);

	find_clients_gone(sessions);
	return sessions;
}

List *
mh_sessions_find(List *version_tables)
{
	Oid types[1] = {OIDARRAYOID};
	Datum values[1] = {mh_version_table_oids(version_tables)};

	return read_sessions(mh_sessions_query, 1, types, values);
}

static List *
read_by_key(const char *query, int64 key)
{
	Oid types[1] = {OIDARRAYOID};
	Datum halves[2] = {ObjectIdGetDatum((uint32) ((uint64) key >> 32)),
					   ObjectIdGetDatum((uint32) key)};
	Datum values[1] = {
		PointerGetDatum(construct_array(halves, 2, OIDOID, sizeof(Oid), true, TYPALIGN_INT))};

	return read_sessions(query, 1, types, values);
}

List *
mh_lock_sessions_find(int64 key)
{
	return read_by_key(mh_lock_sessions_query, key);
}

List *
mh_lock_waiters_find(int64 key)
{
	return read_by_key(mh_lock_waiters_query, key);
}

static List *
read_by_pid(const char *query, const List *pids)
{
	Datum *elements = palloc(Max(list_length(pids), 1) * sizeof(Datum));
	Oid types[1] = {INT4ARRAYOID};
	Datum values[1];
	ListCell *cell;
	int n = 0;

	if (pids == NIL)
		return NIL;
	foreach (cell, pids)
		elements[n++] = Int32GetDatum(lfirst_int(cell));
	values[0] =
		PointerGetDatum(construct_array(elements, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	return read_sessions(query, 1, types, values);
}

List *
mh_migrations_of(const List *pids)
{
	return read_by_pid(pids_query, pids);
}

List *
mh_waiters_find(const List *pids)
{
	return read_by_pid(waiting_query, pids);
}

List *
mh_blockers_find(const List *pids)
{
	return read_by_pid(mh_blockers_query, pids);
}

List *
mh_lockers_find(const MhStrings *relations)
{
	Oid types[1] = {TEXTARRAYOID};
	Datum values[1] = {mh_strings_datum(relations)};

	return read_sessions(mh_lockers_query, 1, types, values);
}

MhStrings
mh_projects_with_revision(const char *revision, const char *but)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(revision), mh_text_datum(but)};

	return mh_query_strings(projects_query, 2, types, values, NULL);
}
