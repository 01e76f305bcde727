/*-------------------------------------------------------------------------
 *
 * quick.c
 *	  Finds ordinary version tables of a database elsewhere, by a query that is cheap in a new session.
 *
 * In a new session each catalog that a query touches first costs more than what is read of it, and so
 * does each view.  Most version tables are plain ones that belong to the owner of the database or to
 * the role that asks, who may read them.  Of such a table nothing else has to be known.  If there is another one, or none, everything is asked (tables.c).
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "catalog/pg_class.h"

/* Columns of the query. */
enum
{
	DATABASE,
	DATABASE_OWNER,
	VERSION,
	TABLE_OID,
	SCHEMA,
	NAME,
	OWNER,
	COLUMN_TYPE,
	TYPE_OID,
	TYPE_MODIFIER,
	HAS_UNIQUE_KEY,
	IS_ORDINARY,
	LOCK_MODES, /* that others hold on it */
	COLUMNS
};

/* Of a table and of its long values: more than a copy of it should bring. */
#define MOST_BYTES "8192000"

/*
 * $1: names to look for. There is no cast to text and no join that is not needed: each costs. 6171 is
 * pg_database_owner; the types are text, varchar, char and name.
 */
static const char *const query =
	"SELECT d.datname, pg_catalog.pg_get_userbyid(d.datdba),"
	" pg_catalog.current_setting('server_version'), c.oid,"
	" (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace), c.relname,"
	" pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.format_type(a.atttypid, a.atttypmod),"
	" a.atttypid, a.atttypmod,"
	" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique"
	"  AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL),"
	" c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relhassubclass AND NOT c.relhasrules"
	"  AND NOT c.relrowsecurity AND (c.relowner = d.datdba OR c.relowner = 6171"
	"   OR pg_catalog.pg_get_userbyid(c.relowner) = current_user)"
	"  AND a.attgenerated = '' AND a.atttypid IN (25, 1043, 1042, 19)"
	"  AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')"
	"  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')"
	"  AND pg_catalog.pg_relation_size(c.oid) <= " MOST_BYTES "  AND (c.reltoastrelid = 0"
	"   OR pg_catalog.pg_relation_size(c.reltoastrelid) <= " MOST_BYTES "),"
	" ARRAY(SELECT l.mode FROM pg_catalog.pg_lock_status() l WHERE l.relation = c.oid"
	"  AND l.database = d.oid AND l.locktype = 'relation' AND l.granted"
	"  AND l.pid <> pg_catalog.pg_backend_pid())"
	" FROM pg_catalog.pg_database d, pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a"
	"  ON a.attrelid = c.oid AND a.attname = '" MH_VERSION_COLUMN "' AND NOT a.attisdropped"
	" WHERE d.datname = pg_catalog.current_database()"
	" AND c.relname = ANY ($1::pg_catalog.name[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

static int
max_length(const char *const *values)
{
	int type = values[TYPE_OID] ? (int) strtol(values[TYPE_OID], NULL, 10) : 0;
	int modifier = values[TYPE_MODIFIER] ? (int) strtol(values[TYPE_MODIFIER], NULL, 10) : -1;

	if (type == NAMEOID)
		return NAMEDATALEN - 1;
	if ((type == VARCHAROID || type == BPCHAROID) && modifier >= 0)
		return modifier - VARHDRSZ;
	return -1;
}

static bool
is_ordinary(const char *const *values)
{
	return mh_remote_true(values[IS_ORDINARY]) && values[LOCK_MODES] != NULL &&
		   strstr(values[LOCK_MODES], "AccessExclusiveLock") == NULL;
}

/* Is it a schema in which nobody looks, or one of temporary tables? */
static bool
is_of_system(const char *schema)
{
	return strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0;
}

static bool
is_looked_for(const MhFleet *fleet, const char *schema, const char *name)
{
	if (fleet->name == NULL)
		return mh_is_version_table(fleet->projects, schema, name);
	return fleet->schema == NULL || strcmp(fleet->schema, schema) == 0;
}

static void
add_table(const char *const *values, void *into)
{
	MhTableSink *sink = into;
	MhRemoteTable *found = mh_remote_table(values[TABLE_OID], values[OWNER]);
	MhVersionTable *table;

	if (found == NULL)
		return;
	table = &found->table;
	table->schema = mh_remote_text(values[SCHEMA]);
	table->name = mh_remote_text(values[NAME]);
	if (is_of_system(table->schema) || !is_ordinary(values))
		sink->is_unsure = true;
	if (sink->is_unsure || !is_looked_for(sink->fleet, table->schema, table->name))
		return;
	table->relkind = RELKIND_RELATION;
	table->is_trusted = table->counts = true;
	table->is_named = sink->fleet->name != NULL;
	table->column_type = mh_remote_text(values[COLUMN_TYPE]);
	table->max_length = max_length(values);
	table->has_unique_key = mh_remote_true(values[HAS_UNIQUE_KEY]);
	found->is_locked = strcmp(values[LOCK_MODES], "{}") != 0;
	found->is_copied = found->is_wanted = true;
	sink->database->name = mh_remote_text(values[DATABASE]);
	sink->database->owner = mh_remote_text(values[DATABASE_OWNER]);
	sink->database->version = mh_remote_text(values[VERSION]);
	sink->database->tables = lappend(sink->database->tables, found);
}

MhRemoteQuery
mh_quick_query(const MhFleet *fleet, const char **parameters, MhTableSink *sink)
{
	parameters[0] = fleet->names;
	return (MhRemoteQuery){.text = query,
						   .n = 1,
						   .parameters = parameters,
						   .columns = COLUMNS,
						   .sink = add_table,
						   .into = sink};
}

bool
mh_quick_suffices(const MhTableSink *sink)
{
	MhRemoteDatabase *database = sink->database;

	if (database->tables != NIL && !sink->is_unsure)
		return true;
	database->tables = NIL;
	database->name = NULL;
	return false;
}
