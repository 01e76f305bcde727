/*-------------------------------------------------------------------------
 *
 * there_table.c
 *	  Whether the rows of a table elsewhere may be read without running what is not built in.
 *
 * Locks: none; catalogs there are read.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/there_table.h"

#include "access/transam.h"
#include "utils/lsyscache.h"

/* Columns of the query. */
enum
{
	SCHEMA = 1,
	NAME,
	MAY_READ,
	IS_LOCKED,
	IS_SAFE,
	TYPES,
	COLLATIONS,
	KEY,
	TABLE_COLUMNS = KEY
};

#define CLASS_OF(name) "'pg_catalog." name "'::pg_catalog.regclass"

#define IS_TRUSTED(role) \
	"(" role ".rolsuper OR " role ".oid = (SELECT datdba FROM d) OR " role ".oid = 6171 OR " role \
	".oid IN (SELECT oid FROM me))"

/*
 * $1: the OID of a table, and names of columns.  Names of a key whose values can be shown are added.
 * What is built in has no entry in pg_depend; 6171 is pg_database_owner.
 */
/* clang-format off */
static const char *const table_query =
	"WITH RECURSIVE d AS MATERIALIZED (SELECT oid, datdba FROM pg_catalog.pg_database"
	"  WHERE datname = pg_catalog.current_database()),"
	" me (oid) AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user"
	"  UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN me ON me.oid = m.member),"
	" c AS MATERIALIZED (SELECT * FROM pg_catalog.pg_class"
	"  WHERE oid = ($1::pg_catalog.text[])[1]::pg_catalog.oid),"
	" parts (classid, objid) AS ("
	"  SELECT " CLASS_OF("pg_class") ", i.indexrelid FROM pg_catalog.pg_index i JOIN c ON c.oid = i.indrelid"
	"  UNION ALL SELECT " CLASS_OF("pg_constraint") ", k.oid FROM pg_catalog.pg_constraint k"
	"   JOIN c ON c.oid = k.conrelid WHERE k.contype <> 'f'"
	"  UNION ALL SELECT " CLASS_OF("pg_statistic_ext") ", s.oid FROM pg_catalog.pg_statistic_ext s"
	"   JOIN c ON c.oid = s.stxrelid),"
	" a AS MATERIALIZED (SELECT u.i, a.atttypid, a.attcollation FROM c"
	"  CROSS JOIN pg_catalog.unnest(($1::pg_catalog.text[])[2:]) WITH ORDINALITY u (name, i)"
	"  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = u.name"
	"   AND a.attnum > 0 AND NOT a.attisdropped)"
	" SELECT n.nspname, c.relname,"
	"  pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')"
	"   AND NOT pg_catalog.row_security_active(c.oid),"
	"  EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation = c.oid"
	"   AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM d)),"
	"  c.relkind = 'r' AND " IS_TRUSTED("r") " AND " IS_TRUSTED("o")
	"   AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())"
	"   AND NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_depend x"
	"    ON x.classid = parts.classid AND x.objid = parts.objid"
	"    WHERE x.refclassid NOT IN (" CLASS_OF("pg_class") ", " CLASS_OF("pg_constraint") ","
	"     " CLASS_OF("pg_namespace") ", " CLASS_OF("pg_collation") ", " CLASS_OF("pg_extension") "))"
	"   AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute v WHERE v.attrelid = c.oid AND v.attgenerated = 'v')"
	"   AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) q (oid)"
	"    JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = q.oid"
	"    WHERE p.partexprs IS NOT NULL OR 16384 <= ANY (p.partclass)),"
	"  ARRAY(SELECT a.atttypid FROM a ORDER BY a.i), ARRAY(SELECT a.attcollation FROM a ORDER BY a.i),"
	"  ARRAY(SELECT k.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute k"
	"   ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)"
	"   JOIN pg_catalog.pg_type t ON t.oid = k.atttypid AND t.oid < 10000 AND t.typtype IN ('b', 'r', 'm')"
	"   WHERE i.indrelid = c.oid AND i.indisprimary)"
	" FROM c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" JOIN pg_catalog.pg_roles r ON r.oid = c.relowner JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner";
/* clang-format on */

static void
read_table(int n, const char *const *row, void *into)
{
	MhTableThere *table = into;
	char *schema = mh_from_utf8(mh_name_at(row, SCHEMA));
	char *name = mh_from_utf8(mh_name_at(row, NAME));

	table->source = psprintf("ONLY %s", mh_quote_qualified_identifier(schema, name));
	table->may_read = mh_bool_at(row, MAY_READ);
	table->is_locked = mh_bool_at(row, IS_LOCKED);
	table->is_safe = mh_bool_at(row, IS_SAFE);
	table->types = mh_names_at(row, TYPES);
	table->collations = mh_names_at(row, COLLATIONS);
	table->key = mh_names_at(row, KEY);
}

const char *
mh_there_find_table(const MhReviewServer *server, const MhModelRelation *relation,
					const MhStrings *columns, MhTableThere *table)
{
	MhStrings parameters = {0, NULL};

	*table = (MhTableThere){NULL};
	mh_strings_push(&parameters, psprintf("%u", relation->id));
	for (int i = 0; i < columns->n; i++)
		mh_strings_add(&parameters, columns->v[i]);
	mh_review_ask_there(server, table_query, mh_array_text(&parameters), TABLE_COLUMNS, read_table,
						table);
	if (table->source == NULL || !table->may_read)
		return "the table may not be read";
	if (table->is_locked)
		return "the table is locked";
	if (!table->is_safe)
		return "reading the table may run code that is not built in";
	if (table->types.n != columns->n || table->collations.n != columns->n)
		return "a column is new";
	return NULL;
}

Oid
mh_there_type_of(const MhTableThere *table, int column)
{
	return (Oid) strtoul(table->types.v[column], NULL, 10);
}

bool
mh_there_is_built_in(Oid type)
{
	return OidIsValid(type) && type < FirstGenbkiObjectId &&
		   strchr("brm", get_typtype(type)) != NULL && get_typtype(type) != '\0';
}

bool
mh_there_has_built_in_types(const MhTableThere *table)
{
	for (int i = 0; i < table->types.n; i++)
		if (!mh_there_is_built_in(mh_there_type_of(table, i)))
			return false;
	return true;
}
