/*-------------------------------------------------------------------------
 *
 * around.c
 *	  What stands around version tables elsewhere: other tables, and sessions.
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "core/base/wording.h"

/* $1: the version tables. Objects of extensions and temporary tables are nobody's application. */
static const char *const schemas_query =
	"SELECT DISTINCT n.nspname::pg_catalog.text FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
	" AND c.oid <> ALL ($1::pg_catalog.oid[])"
	" AND n.nspname <> 'information_schema'"
	" AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e"
	"  WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid"
	"  AND e.objsubid = 0 AND e.deptype = 'e')";

/* As an array literal. */
static char *
oids_of(const MhRemoteDatabase *database)
{
	MhStrings oids = {0, NULL};
	ListCell *cell;

	foreach (cell, database->tables)
		mh_strings_add(&oids, ((MhRemoteTable *) lfirst(cell))->oid);
	return mh_array_literal(&oids, 0);
}

static void
add_schema(const char *const *values, void *into)
{
	if (values[0] != NULL)
		mh_strings_add(into, values[0]);
}

MhRemoteQuery
mh_schemas_query(MhRemoteDatabase *database, const char **parameters)
{
	parameters[0] = oids_of(database);
	return (MhRemoteQuery){.text = schemas_query,
						   .n = 1,
						   .parameters = parameters,
						   .columns = 1,
						   .sink = add_schema,
						   .into = &database->schemas};
}

/*
 * Tables with the one column of a version table, of a role that is trusted, because the reader is told
 * to register one (mh_version_tables_by_form).
 */
static const char *const lookalikes_query =
	"WITH RECURSIVE me (oid) AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user"
	"  UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN me ON me.oid = m.member)"
	" SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" JOIN pg_catalog.pg_roles r ON r.oid = c.relowner"
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	" WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'"
	" AND c.relnatts <= 8 AND n.nspname <> 'information_schema'"
	" AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')"
	" AND (r.rolsuper OR r.oid = 6171 OR r.oid IN (SELECT oid FROM me)"
	"  OR r.oid = (SELECT datdba FROM pg_catalog.pg_database"
	"   WHERE datname = pg_catalog.current_database()))"
	" GROUP BY c.oid, n.nspname, c.relname HAVING pg_catalog.count(*) = 1"
	" AND pg_catalog.bool_and(a.attname = '" MH_VERSION_COLUMN
	"' AND a.atttypid IN (25, 1043, 1042, 19)) ORDER BY 1, 2 LIMIT 10";

static void
add_lookalike(const char *const *values, void *into)
{
	MhRemoteDatabase *database = into;
	MhLookalike *found = palloc(sizeof(MhLookalike));

	if (values[0] == NULL || values[1] == NULL)
		return;
	found->schema = pstrdup(values[0]);
	found->name = pstrdup(values[1]);
	found->shown = mh_quote_qualified_identifier(found->schema, found->name);
	database->lookalikes = lappend(database->lookalikes, found);
}

MhRemoteQuery
mh_lookalikes_query(MhRemoteDatabase *database)
{
	return (MhRemoteQuery){
		.text = lookalikes_query, .columns = 2, .sink = add_lookalike, .into = database};
}

MhSession *
mh_session_there(const char *const *values)
{
	MhSession *session = palloc0(sizeof(MhSession));

	session->pid = values[1] ? (int) strtol(values[1], NULL, 10) : 0;
	session->application = values[2] ? pstrdup(values[2]) : NULL;
	session->state = values[3] ? pstrdup(values[3]) : NULL;
	session->seconds = values[4] ? strtod(values[4], NULL) : -1;
	session->is_exclusive = mh_remote_true(values[5]);
	session->is_migrating = mh_remote_true(values[6]);
	session->blocked_by = values[7] ? pstrdup(values[7]) : NULL;
	return session;
}

static void
add_session(const char *const *values, void *into)
{
	MhRemoteDatabase *database = into;
	ListCell *cell;

	foreach (cell, database->tables)
	{
		MhRemoteTable *table = lfirst(cell);

		if (values[0] != NULL && strcmp(table->oid, values[0]) == 0)
			table->sessions = lappend(table->sessions, mh_session_there(values));
	}
}

MhRemoteQuery
mh_table_sessions_query(MhRemoteDatabase *database, const char **parameters)
{
	parameters[0] = oids_of(database);
	return (MhRemoteQuery){.text = mh_sessions_query,
						   .n = 1,
						   .parameters = parameters,
						   .columns = MH_SESSION_COLUMNS,
						   .sink = add_session,
						   .into = database};
}

static void
add_blocker(const char *const *values, void *into)
{
	MhRemoteDatabase *database = into;

	database->blockers = lappend(database->blockers, mh_session_there(values));
}

static MhStrings
waiting_pids(const MhRemoteDatabase *database)
{
	MhStrings pids = {0, NULL};
	ListCell *table;
	ListCell *cell;

	foreach (table, database->tables)
		foreach (cell, ((MhRemoteTable *) lfirst(table))->sessions)
			if (((MhSession *) lfirst(cell))->blocked_by != NULL)
				mh_strings_push(&pids, psprintf("%d", ((MhSession *) lfirst(cell))->pid));
	return pids;
}

/* Without text if nobody waits. */
MhRemoteQuery
mh_session_blockers_query(MhRemoteDatabase *database, const char **parameters)
{
	MhStrings pids = waiting_pids(database);

	parameters[0] = mh_array_literal(&pids, 0);
	return (MhRemoteQuery){.text = pids.n > 0 ? mh_blockers_query : NULL,
						   .n = 1,
						   .parameters = parameters,
						   .columns = MH_SESSION_COLUMNS,
						   .sink = add_blocker,
						   .into = database};
}
