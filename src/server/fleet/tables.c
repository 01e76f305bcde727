/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  Finds the version tables of a database elsewhere, by one query.
 *
 * Whether the rows may be read is decided before they are, by the rules of discovery
 * (server/version_table/rows.c). There a scan of the heap runs nobody's code; here a query has to
 * be planned, and planning evaluates the table's expressions. So a table that others than trusted
 * roles could change, or put in place of this one, is copied, and so are those below it if the caller names it.
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "catalog/pg_class.h"
#include "core/base/wording.h"
#include "server/definitions/definitions.h"
#include "server/base/query.h"

/* Columns of the query. */
enum
{
	DATABASE,
	VERSION,
	ROLE,
	TABLE_OID,
	SCHEMA,
	NAME,
	KIND,
	OWNER,
	IS_TRUSTED,
	MAY_USE_SCHEMA,
	MAY_READ,
	RLS_ENABLED_THERE,
	RLS_FORCED,
	RLS_HAS_POLICIES,
	RLS_APPLIES,
	RLS_OWNER_IS_EXEMPT,
	HAS_COLUMN,
	COLUMN_TYPE,
	IS_TEXT,
	IS_PADDED,
	IS_COMPUTED,
	MAX_LENGTH,
	HAS_UNIQUE_KEY,
	IS_EXCLUSIVE,
	IS_LOCKED,
	HAS_OTHER_PARTITION,
	IS_ABSENT,
	IS_PLAIN,
	IS_SCHEMA_TRUSTED,
	IS_LARGE,
	DATABASE_OWNER,
	MEMBER_SCHEMAS,
	MEMBER_NAMES,
	COLUMNS
};

/*
 * $1: names to look for. $2: in this schema only, if it is not NULL. A superuser is member of every role;
 * only what was granted makes the owner trusted. 6171 is pg_database_owner; the types are text,
 * varchar, char and name.
 */
static const char *const query =
	"WITH RECURSIVE d AS MATERIALIZED (SELECT oid, datname, datdba FROM pg_catalog.pg_database"
	"  WHERE datname = pg_catalog.current_database()),"
	" me (oid) AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user"
	"  UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN me ON me.oid = m.member),"
	" locks AS MATERIALIZED (SELECT relation, mode, granted FROM pg_catalog.pg_locks"
	"  WHERE locktype = 'relation' AND database = (SELECT oid FROM d)"
	"  AND pid <> pg_catalog.pg_backend_pid()),"
	" t AS MATERIALIZED (SELECT c.*, n.nspname FROM pg_catalog.pg_class c"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"  WHERE c.relname = ANY ($1::pg_catalog.name[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
	"  AND ($2::pg_catalog.text IS NULL OR n.nspname = $2::pg_catalog.name)"
	"  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
	"  AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp_')"
	"  AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_toast_temp_')),"
	" tree (root, oid) AS (SELECT oid, oid FROM t"
	"  UNION SELECT tree.root, h.inhrelid FROM pg_catalog.pg_inherits h"
	"   JOIN tree ON tree.oid = h.inhparent),"
	" base (root, oid, typmod) AS (SELECT a.attrelid, a.atttypid, a.atttypmod"
	"   FROM pg_catalog.pg_attribute a JOIN t ON t.oid = a.attrelid"
	"   WHERE a.attname = '" MH_VERSION_COLUMN "' AND NOT a.attisdropped"
	"  UNION ALL SELECT base.root, y.typbasetype, y.typtypmod FROM pg_catalog.pg_type y"
	"   JOIN base ON base.oid = y.oid WHERE y.typtype = 'd')"
	" SELECT d.datname::pg_catalog.text, pg_catalog.current_setting('server_version'),"
	"  current_user::pg_catalog.text, t.oid::pg_catalog.text,"
	"  t.nspname::pg_catalog.text, t.relname::pg_catalog.text, t.relkind::pg_catalog.text,"
	"  r.rolname::pg_catalog.text,"
	"  r.rolsuper OR r.oid = d.datdba OR r.oid = 6171 OR r.oid IN (SELECT oid FROM me),"
	"  pg_catalog.has_schema_privilege(t.relnamespace, 'USAGE'),"
	"  pg_catalog.has_table_privilege(t.oid, 'SELECT')"
	"   OR pg_catalog.has_column_privilege(t.oid, a.attnum, 'SELECT'),"
	"  t.relrowsecurity, t.relforcerowsecurity,"
	"  EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid),"
	"  pg_catalog.row_security_active(t.oid), r.rolsuper OR r.rolbypassrls,"
	"  a.attnum IS NOT NULL, pg_catalog.format_type(a.atttypid, a.atttypmod),"
	"  a.atttypid IN (25, 1043, 1042, 19), a.atttypid = 1042, a.attgenerated NOT IN ('', 's'),"
	"  COALESCE((SELECT CASE WHEN b.oid = 19 THEN 63"
	"    WHEN b.oid IN (1043, 1042) AND b.typmod >= 0 THEN b.typmod - 4 ELSE -1 END FROM base b"
	"    JOIN pg_catalog.pg_type y ON y.oid = b.oid WHERE b.root = t.oid AND y.typtype <> 'd'), -1),"
	"  EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = t.oid AND i.indisunique"
	"   AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL),"
	"  EXISTS (SELECT FROM locks l JOIN tree ON tree.oid = l.relation WHERE tree.root = t.oid"
	"   AND l.granted AND l.mode = 'AccessExclusiveLock'),"
	"  EXISTS (SELECT FROM locks l WHERE l.relation = t.oid AND l.granted),"
	"  EXISTS (SELECT FROM tree JOIN pg_catalog.pg_class o ON o.oid = tree.oid"
	"   WHERE tree.root = t.oid AND o.oid <> t.oid AND o.relkind NOT IN ('r', 'p')),"
	"  pg_catalog.pg_is_in_recovery() AND EXISTS (SELECT FROM tree"
	"   JOIN pg_catalog.pg_class o ON o.oid = tree.oid"
	"   WHERE tree.root = t.oid AND o.relpersistence = 'u'),"
	"  t.relkind = 'r' AND NOT t.relhassubclass AND NOT t.relhasrules,"
	"  EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner"
	"   WHERE n.oid = t.relnamespace AND (o.rolsuper OR o.oid = d.datdba OR o.oid = 6171"
	"    OR o.oid IN (SELECT oid FROM me))),"
	"  t.relpages > 1000,"
	"  pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text,"
	"  ARRAY(SELECT n.nspname FROM tree JOIN pg_catalog.pg_class o ON o.oid = tree.oid"
	"   JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace"
	"   WHERE tree.root = t.oid AND o.relkind = 'r' ORDER BY o.oid),"
	"  ARRAY(SELECT o.relname FROM tree JOIN pg_catalog.pg_class o ON o.oid = tree.oid"
	"   WHERE tree.root = t.oid AND o.relkind = 'r' ORDER BY o.oid)"
	" FROM d LEFT JOIN t ON true LEFT JOIN pg_catalog.pg_roles r ON r.oid = t.relowner"
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid"
	"  AND a.attname = '" MH_VERSION_COLUMN "' AND NOT a.attisdropped";

static void
describe(MhVersionTable *table, const char *const *values)
{
	table->schema = mh_remote_text(values[SCHEMA]);
	table->name = mh_remote_text(values[NAME]);
	table->relkind = values[KIND] ? values[KIND][0] : '\0';
	table->is_trusted = mh_remote_true(values[IS_TRUSTED]);
	table->counts = true;
	table->column_type = mh_remote_text(values[COLUMN_TYPE]);
	table->max_length = values[MAX_LENGTH] ? (int) strtol(values[MAX_LENGTH], NULL, 10) : -1;
	table->has_unique_key = mh_remote_true(values[HAS_UNIQUE_KEY]);
	table->row_security = (MhRowSecurity){
		.is_enabled = mh_remote_true(values[RLS_ENABLED_THERE]),
		.is_forced = mh_remote_true(values[RLS_FORCED]),
		.has_policies = mh_remote_true(values[RLS_HAS_POLICIES]),
		.applies = mh_remote_true(values[RLS_APPLIES]),
		.owner_is_exempt = mh_remote_true(values[RLS_OWNER_IS_EXEMPT]),
	};
	if (!table->row_security.is_enabled)
		table->row_security = (MhRowSecurity){0};
}

/*
 * Could somebody who is not trusted change it, or put another table in its place?  A view or foreign
 * table, which cannot be copied, is read by a query where the caller names it, as it is here.
 */
static bool
needs_copy(const MhVersionTable *table, const char *const *values)
{
	if (table->is_trusted && mh_remote_true(values[IS_SCHEMA_TRUSTED]))
		return false;
	return !table->is_named || table->relkind == RELKIND_RELATION ||
		   table->relkind == RELKIND_PARTITIONED_TABLE;
}

static bool
check_privileges(MhVersionTable *table, const char *const *values)
{
	const char *role = values[ROLE] ? values[ROLE] : "";

	if (!mh_remote_true(values[MAY_USE_SCHEMA]))
		return mh_version_table_lacks(table, role, "USAGE", "SCHEMA ",
									  mh_quote_identifier(table->schema));
	if (!mh_remote_true(values[MAY_READ]))
		return mh_version_table_lacks(table, role, "SELECT", "", mh_version_table_name(table));
	return true;
}

/* Reading it would be safe, but for what a query has to plan. */
static bool
check_copying(MhVersionTable *table, const char *const *values)
{
	if (!needs_copy(table, values))
		return true;
	if (!mh_remote_true(values[IS_PLAIN]))
		return mh_version_table_refuse(
			table, MH_ACCESS_UNREADABLE,
			psprintf(
				"%s, or its schema, belongs to a role that is not trusted, and it has children "
				"or rules: a query could run code of that role.",
				mh_version_table_name(table)));
	if (mh_remote_true(values[IS_LARGE]))
		return mh_version_table_refuse(
			table, MH_ACCESS_UNREADABLE,
			psprintf("%s has more than 1,000 pages, and it or its schema belongs to a role that is "
					 "not trusted.",
					 mh_version_table_name(table)));
	return true;
}

static bool
check_safety(MhVersionTable *table, const char *const *values)
{
	MhColumnFacts column = {.is_built_in_text = mh_remote_true(values[IS_TEXT]),
							.is_computed = mh_remote_true(values[IS_COMPUTED])};
	char *unsafe = mh_version_table_unsafe(table, column, values[ROLE] ? values[ROLE] : "");

	if (unsafe != NULL)
		return mh_version_table_refuse(table, MH_ACCESS_UNREADABLE, unsafe);
	if (mh_remote_true(values[HAS_OTHER_PARTITION]))
		return mh_version_table_has_other_partition(table);
	return check_copying(table, values);
}

/* In the order in which a table here is asked. */
static bool
may_be_read(MhVersionTable *table, const char *const *values)
{
	if (mh_remote_true(values[IS_EXCLUSIVE]))
		return mh_version_table_is_busy(table);
	if (!mh_remote_true(values[HAS_COLUMN]))
		return mh_version_table_has_no_column(table);
	if (!check_privileges(table, values))
		return false;
	if (mh_remote_true(values[IS_ABSENT]))
		return mh_version_table_is_absent(table);
	if (!table->is_named)
		return check_safety(table, values);
	/* rows of a foreign table are not copied */
	return !needs_copy(table, values) || !mh_remote_true(values[HAS_OTHER_PARTITION]) ||
		   mh_version_table_has_other_partition(table);
}

/* A copy of a table does not have the rows of those below it. */
static void
find_members(MhRemoteTable *found, const char *const *values)
{
	MhStrings none = {0, NULL};
	MhStrings schemas =
		values[MEMBER_SCHEMAS] == NULL ? none : mh_array_elements(values[MEMBER_SCHEMAS]);
	MhStrings names = values[MEMBER_NAMES] == NULL ? none : mh_array_elements(values[MEMBER_NAMES]);

	for (int i = 0; i < Min(schemas.n, names.n); i++)
		mh_strings_push(&found->members, mh_to_utf8(mh_quote_qualified_identifier(
											 mh_from_utf8(pstrdup(schemas.v[i])),
											 mh_from_utf8(pstrdup(names.v[i])))));
	if (found->members.n > 0 || found->table.relkind != RELKIND_PARTITIONED_TABLE)
		return;
	/* it has no partitions, and no rows */
	found->table.access = MH_ACCESS_READ;
	found->is_wanted = false;
}

MhRemoteTable *
mh_remote_table(const char *oid, const char *owner)
{
	size_t digits = oid == NULL ? 0 : strspn(oid, "0123456789");
	MhRemoteTable *table;

	if (oid == NULL || digits > 10)
		return NULL;
	table = palloc0(sizeof(MhRemoteTable));
	table->oid = pnstrdup(oid, digits);
	table->owner = mh_remote_text(owner);
	return table;
}

static void
add_table(const char *const *values, void *into)
{
	MhTableSink *sink = into;
	MhRemoteDatabase *database = sink->database;
	MhRemoteTable *found;

	if (database->name == NULL)
	{
		database->name = mh_remote_text(values[DATABASE]);
		database->version = mh_remote_text(values[VERSION]);
		database->owner = mh_remote_text(values[DATABASE_OWNER]);
	}
	found = mh_remote_table(values[TABLE_OID], values[OWNER]);
	if (found == NULL)
		return;
	describe(&found->table, values);
	if (sink->fleet->name == NULL &&
		!mh_is_version_table(sink->fleet->projects, found->table.schema, found->table.name))
		return;
	found->table.is_named = sink->fleet->name != NULL;
	found->is_padded = mh_remote_true(values[IS_PADDED]);
	found->is_locked = mh_remote_true(values[IS_LOCKED]);
	found->is_copied = needs_copy(&found->table, values);
	found->is_wanted = may_be_read(&found->table, values);
	if (found->is_copied && found->is_wanted)
		find_members(found, values);
	database->tables = lappend(database->tables, found);
}

MhRemoteQuery
mh_tables_query(const MhFleet *fleet, const char **parameters, MhTableSink *sink)
{
	parameters[0] = fleet->names;
	parameters[1] = fleet->schema;
	return (MhRemoteQuery){.text = query,
						   .n = 2,
						   .parameters = parameters,
						   .columns = COLUMNS,
						   .sink = add_table,
						   .into = sink};
}
