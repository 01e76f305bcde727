/*-------------------------------------------------------------------------
 *
 * locks.c
 *	  Sessions that migrate, those that hold them up, and those that wait for them.
 *
 * Nothing is opened but catalogs: the name of a relation that somebody holds in ACCESS
 * EXCLUSIVE mode can be read all the same.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"
#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * $1: pids that migrate, $2: OIDs of the version tables, $3 and $4: keys of the
 * migration locks and whose they are.
 *
 * pg_blocking_pids() is asked of those only that wait.  It also names who stands before
 * them in the queue, which is how a reader waits for a migration that itself waits.
 */
#define WITH_WAITS \
	"every AS MATERIALIZED (" \
	" SELECT l.*, pg_catalog.array_position(ARRAY['AccessShareLock', 'RowShareLock'," \
	"  'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock'," \
	"  'ExclusiveLock', 'AccessExclusiveLock'], l.mode) AS strength," \
	"  l.database = (SELECT oid FROM pg_catalog.pg_database" \
	"                WHERE datname = pg_catalog.current_database()) AS is_here," \
	"  CASE WHEN l.locktype = 'advisory' AND l.objsubid = 1 THEN" \
	"   (l.classid::bigint << 32) | l.objid::bigint END AS key" \
	" FROM pg_catalog.pg_locks l)," \
	" waits AS MATERIALIZED (" \
	" SELECT w.pid, b.pid AS blocker" \
	" FROM (SELECT DISTINCT pid FROM every WHERE NOT granted) w" \
	"  CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b (pid))"

/*
 * Who waits for the version table to write it is a migration that is held up, unless it is
 * held up by another migration: then it is the next in the queue.  So is who waits for a
 * migration lock that somebody forgot to give back.
 */
#define WITH_ROLES \
	"leaked (pid) AS (" \
	" SELECT e.pid FROM every e JOIN pg_catalog.pg_stat_activity a ON a.pid = e.pid" \
	" WHERE e.granted AND e.is_here AND e.key = ANY ($3) AND e.pid <> ALL ($1) AND a.state = 'idle'" \
	"  AND a.state_change < pg_catalog.clock_timestamp()" \
	"   - pg_catalog.make_interval(secs => " CppAsString2( \
		MH_LEAKED_AFTER) "))," \
						 " holders (pid) AS (" \
						 " SELECT pg_catalog.unnest($1)" \
						 " UNION SELECT pid FROM every WHERE granted AND is_here AND key = ANY ($3) AND pid IS NOT NULL" \
						 "  AND (pid NOT IN (SELECT pid FROM leaked) OR NOT EXISTS (SELECT FROM waits w WHERE w.blocker = every.pid)))," \
						 " queue (pid) AS (" \
						 " SELECT w.pid FROM waits w JOIN holders h ON h.pid = w.blocker" \
						 " UNION SELECT w.pid FROM waits w JOIN queue q ON q.pid = w.blocker)," \
						 " migrating (pid) AS (" \
						 " SELECT pid FROM holders" \
						 " UNION SELECT pid FROM every WHERE NOT granted AND is_here AND locktype = 'relation'" \
						 "  AND relation = ANY ($2) AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock'," \
						 "   'ExclusiveLock', 'AccessExclusiveLock') AND pid NOT IN (SELECT pid FROM queue)" \
						 " UNION SELECT pid FROM every WHERE NOT granted AND is_here AND key = ANY ($3)" \
						 "  AND pid NOT IN (SELECT pid FROM queue))," \
						 " blocking (pid) AS (" \
						 " SELECT w.blocker FROM waits w JOIN migrating m USING (pid)" \
						 " UNION SELECT w.blocker FROM waits w JOIN blocking b ON b.pid = w.pid)," \
						 " waiting (pid) AS (" \
						 " SELECT w.pid FROM waits w JOIN migrating m ON m.pid = w.blocker" \
						 " UNION SELECT w.pid FROM waits w JOIN waiting q ON q.pid = w.blocker)," \
						 " roles AS (" \
						 " SELECT pid, min(role) AS role FROM (SELECT pid, 1 FROM migrating" \
						 "  UNION ALL SELECT pid, 2 FROM blocking UNION ALL SELECT pid, 3 FROM waiting) r (pid, role)" \
						 " GROUP BY pid)"

/*
 * The one lock to show of a session: of who holds others up the one that they wait for, else
 * the one that it waits for itself, else its strongest on a table.
 */
#define WITH_LOCKS \
	"candidates AS (" \
	" SELECT r.pid, r.role, l.virtualtransaction, l.locktype, l.relation, l.transactionid," \
	"  l.key, l.mode, l.granted, l.waitstart, l.is_here, l.strength," \
	"  r.role = 2 AND l.granted AND EXISTS (SELECT FROM every w" \
	"   JOIN waits b ON b.pid = w.pid AND b.blocker = r.pid" \
	"   WHERE NOT w.granted AND w.locktype = l.locktype" \
	"    AND (w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid," \
	"         w.objid, w.objsubid) IS NOT DISTINCT FROM" \
	"        (l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid, l.classid," \
	"         l.objid, l.objsubid)) AS is_awaited," \
	"  l.locktype = 'relation' AND EXISTS (SELECT FROM pg_catalog.pg_class c" \
	"   WHERE l.is_here AND c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')" \
	"    AND c.relnamespace <> 'pg_catalog'::regnamespace) AS is_table" \
	" FROM roles r JOIN every l ON coalesce(l.pid, 0) = r.pid)," /* each prepared transaction is a row, though they share the pid 0 */ \
	" shown AS (" \
	" SELECT DISTINCT ON (pid, owner) * FROM (SELECT *," \
	"   CASE WHEN pid = 0 THEN virtualtransaction END AS owner FROM candidates" \
	"   WHERE pid <> 0 OR is_awaited) c" \
	" ORDER BY pid, owner, is_awaited DESC, granted, is_table DESC, strength DESC," \
	"  relation = ANY ($2) DESC, relation)"

/*
 * Who waits for the end of a transaction that changed a row has locked that row's place in the
 * queue, which tells the table to both of them.
 */
#define LOCKED_OBJECT \
	"CASE WHEN s.relation IS NOT NULL AND s.is_here THEN s.relation::regclass::text" \
	" WHEN s.locktype = 'transactionid' THEN" \
	"  coalesce((SELECT t.relation::regclass::text FROM every t" \
	"            WHERE t.locktype = 'tuple' AND t.is_here AND (t.pid = s.pid" \
	"             OR t.pid IN (SELECT w.pid FROM waits w WHERE w.blocker = s.pid)) LIMIT 1)," \
	"           'transaction ' || s.transactionid)" \
	" WHEN s.key = ANY ($3) THEN" \
	"  'migration lock of project ' || ($4)[pg_catalog.array_position($3, s.key)]" \
	" ELSE s.locktype END"

static const char *const locks_query =
	"WITH RECURSIVE " WITH_WAITS ", " WITH_ROLES ", " WITH_LOCKS
	" SELECT s.pid, s.role, coalesce(a.state, CASE WHEN s.pid = 0 THEN 'prepared' END),"
	"  a.application_name, coalesce(a.usename, p.owner)::text,"
	"  CASE WHEN s.role = 3 THEN coalesce(s.waitstart, a.query_start)"
	"   ELSE coalesce(p.prepared, a.xact_start, a.state_change, a.backend_start) END,"
	"  s.mode, " LOCKED_OBJECT ","
	"  ARRAY(SELECT DISTINCT w.blocker FROM waits w WHERE w.pid = s.pid ORDER BY 1),"
	"  coalesce(a.query, pg_catalog.format('PREPARE TRANSACTION %L', p.gid)),"
	"  pg_catalog.host(a.client_addr), a.client_port"
	" FROM shown s LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.pid"
	" LEFT JOIN pg_catalog.pg_prepared_xacts p ON s.pid = 0 AND p.transaction IN"
	"  (SELECT x.transactionid FROM every x WHERE x.pid IS NULL AND x.locktype = 'transactionid'"
	"   AND x.virtualtransaction = s.owner)"
	" ORDER BY s.role, 6, s.pid";

#define LOCK_COLUMNS 12

static const char *const role_names[] = {MH_ROLE_MIGRATING, MH_ROLE_BLOCKING, MH_ROLE_WAITING};

static void *
lock_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhLock *lock = palloc0(sizeof(MhLock));
	Datum values[LOCK_COLUMNS];
	bool nulls[LOCK_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	lock->pid = DatumGetInt32(values[0]);
	lock->role = role_names[DatumGetInt32(values[1]) - 1];
	lock->state = mh_text_or_null(values[2], nulls[2]);
	lock->application = mh_text_or_null(values[3], nulls[3]);
	lock->user = mh_text_or_null(values[4], nulls[4]);
	lock->since_known = !nulls[5];
	lock->since = nulls[5] ? 0 : DatumGetTimestampTz(values[5]);
	lock->mode = mh_text_or_null(values[6], nulls[6]);
	lock->relation = mh_text_or_null(values[7], nulls[7]);
	lock->blocked_by = PointerGetDatum(DatumGetArrayTypePCopy(values[8]));
	lock->query = mh_text_or_null(values[9], nulls[9]);
	lock->client_address = mh_text_or_null(values[10], nulls[10]);
	lock->client_port = nulls[11] ? 0 : DatumGetInt32(values[11]);
	return lock;
}

/*
 * A session that keeps everybody out of a version table has come to write it; and one that has
 * made the table has to commit it yet.
 */
static Datum
migrating_pids(List *version_tables, const List *makers)
{
	List *sessions = mh_sessions_find(version_tables);
	Datum *pids = palloc((list_length(sessions) + list_length(makers) + 1) * sizeof(Datum));
	ListCell *cell;
	int n = 0;

	foreach (cell, sessions)
	{
		const MhSession *session = &((MhTableSession *) lfirst(cell))->session;

		if (session->is_migrating || session->is_exclusive)
			pids[n++] = Int32GetDatum(session->pid);
	}
	foreach (cell, makers)
		pids[n++] = Int32GetDatum(lfirst_int(cell));
	return PointerGetDatum(construct_array(pids, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static void
project_keys(List *projects, Datum *keys, Datum *names)
{
	Datum *values = palloc(list_length(projects) * sizeof(Datum));
	MhStrings list = {0, NULL};
	ListCell *cell;

	foreach (cell, projects)
	{
		const MhProject *project = lfirst(cell);

		values[list.n] = Int64GetDatum(mh_lock_key(project->name));
		mh_strings_add(&list, project->name);
	}
	*keys = PointerGetDatum(
		construct_array(values, list.n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	*names = mh_strings_datum(&list);
}

List *
mh_locks_find(List *projects)
{
	List *tables = mh_version_tables_list(projects);
	Oid types[4] = {INT4ARRAYOID, OIDARRAYOID, INT8ARRAYOID, TEXTARRAYOID};
	Datum values[4] = {migrating_pids(tables, mh_table_makers(projects)),
					   mh_version_table_oids(tables)};

	project_keys(projects, &values[2], &values[3]);
	return mh_query_list(locks_query, 4, types, values, NULL, lock_from_tuple);
}
