/*-------------------------------------------------------------------------
 *
 * quick.c
 *	  Finds ordinary version tables of a database elsewhere, by a query that is cheap in a new session.
 *
 * In a new session each catalog that a query touches first costs more than what is read of it, and so
 * does each join, cast and function.  Most version tables are plain ones that belong to the owner of
 * the database or to the role that asks, who may read them.  Of such a table little has to be known:
 * a copy of it runs nobody's code.  If there is another one, or none, or the copy fails, everything
 * is asked (tables.c).
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "catalog/pg_class.h"
#include "server/definitions/definitions.h"
#include "utils/builtins.h"

/* Columns of the query. */
enum
{
	DATABASE,
	DATABASE_OWNER,
	VERSION,
	ROLE,
	TABLE_OID,
	SCHEMA,
	NAME,
	KIND,
	IS_PLAIN,
	OWNER_OID,
	OWNER,
	COLUMN,
	KEYS,       /* the columns that have a unique index each */
	LOCK_MODES, /* that others hold on it */
	IS_SMALL,
	COLUMNS
};

/* Parts of COLUMN. */
enum
{
	ATTRIBUTE,
	TYPE,
	TYPE_MODIFIER,
	PARTS
};

/* The owner of the database; it has none before 14. */
#define PG_DATABASE_OWNER "6171"

/*
 * Behind it: a condition for the names.  There is no parameter, no join, no EXISTS and no cast: each
 * takes the planner of a new session longer than a query for one value.  Locks on a table of the same
 * number in another database do no harm: they are asked about once more.  A copy should not bring more
 * bytes than this.
 */
static const char *const query_text =
	"SELECT pg_catalog.current_database(),"
	" (SELECT pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d"
	"  WHERE d.datname = pg_catalog.current_database()),"
	" pg_catalog.current_setting('server_version'), current_user, c.oid,"
	" (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace),"
	" c.relname, c.relkind, c.relpersistence = 'p' AND NOT c.relhassubclass"
	"  AND NOT c.relhasrules AND NOT c.relrowsecurity"
	"  AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')"
	"  AND pg_catalog.has_table_privilege(c.oid, 'SELECT'),"
	" c.relowner, pg_catalog.pg_get_userbyid(c.relowner),"
	" (SELECT pg_catalog.concat_ws(' ', a.attnum, a.atttypid, a.atttypmod)"
	"  FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
	"  AND a.attname = '" MH_VERSION_COLUMN "' AND NOT a.attisdropped),"
	" ARRAY(SELECT i.indkey[0] FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid"
	"  AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL),"
	" ARRAY(SELECT l.mode FROM pg_catalog.pg_lock_status() l WHERE l.relation = c.oid"
	"  AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()),"
	" pg_catalog.pg_table_size(c.oid) <= 8192000"
	" FROM pg_catalog.pg_class c WHERE c.relname ";

static bool
has_unique_key(const char *keys, long attribute)
{
	MhStrings elements = mh_array_elements(keys == NULL ? "{}" : keys);
	char *wanted = psprintf("%ld", attribute);
	bool found = mh_strings_contain(&elements, wanted);

	mh_strings_free(&elements);
	pfree(wanted);
	return found;
}

/* Returns false if there is no such column of a built-in type that a copy shows as Alembic sees it. */
static bool
read_column(MhVersionTable *table, const char *const *values)
{
	long parts[PARTS] = {0, 0, 0};
	const char *rest = values[COLUMN] == NULL ? "" : values[COLUMN];
	Oid type;
	int modifier;

	for (int i = 0; i < PARTS; i++)
	{
		char *end;

		parts[i] = strtol(rest, &end, 10);
		if (end == rest)
			return false;
		rest = end;
	}
	type = (Oid) parts[TYPE];
	modifier = (int) parts[TYPE_MODIFIER];
	if (type != TEXTOID && type != VARCHAROID && type != BPCHAROID && type != NAMEOID)
		return false;
	table->column_type = mh_to_utf8(format_type_with_typemod(type, modifier));
	table->max_length = -1;
	if (type == NAMEOID)
		table->max_length = NAMEDATALEN - 1;
	else if (type != TEXTOID && modifier >= 0)
		table->max_length = modifier - VARHDRSZ;
	table->has_unique_key = has_unique_key(values[KEYS], parts[ATTRIBUTE]);
	return true;
}

static bool
is_of_trusted_role(const char *const *values)
{
	const char *owner = values[OWNER];

	if (owner == NULL || values[OWNER_OID] == NULL)
		return false;
	return strcmp(values[OWNER_OID], PG_DATABASE_OWNER) == 0 ||
		   (values[ROLE] != NULL && strcmp(owner, values[ROLE]) == 0) ||
		   (values[DATABASE_OWNER] != NULL && strcmp(owner, values[DATABASE_OWNER]) == 0);
}

/* Is it a schema in which nobody looks, or one of temporary tables? */
static bool
is_of_system(const char *schema)
{
	return strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0;
}

static bool
is_ordinary(const MhVersionTable *table, const char *const *values)
{
	return table->relkind == RELKIND_RELATION && mh_remote_true(values[IS_PLAIN]) &&
		   mh_remote_true(values[IS_SMALL]) && is_of_trusted_role(values) &&
		   !is_of_system(table->schema) && values[LOCK_MODES] != NULL &&
		   strstr(values[LOCK_MODES], "AccessExclusiveLock") == NULL;
}

static bool
is_looked_for(const MhFleet *fleet, const char *schema, const char *name)
{
	if (fleet->name == NULL)
		return mh_is_version_table(fleet->projects, schema, name);
	return fleet->schema == NULL || strcmp(fleet->schema, schema) == 0;
}

/* An index, sequence or type may have the name, too. */
static bool
may_have_rows(char relkind)
{
	return relkind != '\0' && strchr("rpvmf", relkind) != NULL;
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
	table->relkind = values[KIND] == NULL ? '\0' : values[KIND][0];
	if (!may_have_rows(table->relkind))
		return;
	table->schema = mh_remote_text(values[SCHEMA]);
	table->name = mh_remote_text(values[NAME]);
	if (!is_ordinary(table, values) || !read_column(table, values))
		sink->is_unsure = true;
	if (sink->is_unsure || !is_looked_for(sink->fleet, table->schema, table->name))
		return;
	table->is_trusted = table->counts = true;
	table->is_named = sink->fleet->name != NULL;
	found->is_locked = strcmp(values[LOCK_MODES], "{}") != 0;
	found->is_copied = found->is_wanted = true;
	if (sink->database->name == NULL)
	{
		sink->database->name = mh_remote_text(values[DATABASE]);
		sink->database->owner = mh_remote_text(values[DATABASE_OWNER]);
		sink->database->version = mh_remote_text(values[VERSION]);
	}
	sink->database->tables = lappend(sink->database->tables, found);
}

/* A list costs more than one name. */
char *
mh_quick_text(const MhStrings *names)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, query_text);
	appendStringInfoString(&text, names->n == 1 ? "= " : "IN (");
	for (int i = 0; i < names->n; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "",
						 quote_literal_cstr(mh_from_utf8(pstrdup(names->v[i]))));
	appendStringInfoString(&text, names->n == 1 ? "" : ")");
	return text.data;
}

MhRemoteQuery
mh_quick_query(const MhFleet *fleet, MhTableSink *sink)
{
	return (MhRemoteQuery){.text = fleet->quick_text,
						   .is_short = true,
						   .columns = COLUMNS,
						   .sink = add_table,
						   .into = sink};
}

void
mh_quick_forget(const MhTableSink *sink)
{
	sink->database->tables = NIL;
	sink->database->name = NULL;
}

bool
mh_quick_suffices(const MhTableSink *sink)
{
	if (sink->database->tables != NIL && !sink->is_unsure)
		return true;
	mh_quick_forget(sink);
	return false;
}
