/*-------------------------------------------------------------------------
 *
 * leftovers.c
 *	  What half-finished migrations leave in the catalogs.
 *
 * Only catalogs are read, and no expression is deparsed: that waits for whoever holds
 * ACCESS EXCLUSIVE on the table.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "server/base/query.h"
#include "utils/builtins.h"

/*
 * A fix runs code of whoever owns the object (a CHECK constraint's functions, say), so that
 * it is only given where that is somebody whom the caller trusts anyway.
 */
#define WITH_TRUSTED \
	"trusted AS (" \
	" SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname = current_user" \
	" UNION SELECT datdba FROM pg_catalog.pg_database" \
	"  WHERE datname = pg_catalog.current_database())"

/*
 * CREATE INDEX CONCURRENTLY is known by its progress.  To who may not see whose progress it is
 * the lock on the table tells, that it holds to the end; its index's number is not there
 * before its first commit.  DROP and REINDEX CONCURRENTLY lock the index itself.
 */
#define WITH_INDEXES \
	"locks AS MATERIALIZED (" \
	" SELECT pid, relation FROM pg_catalog.pg_locks" \
	" WHERE locktype = 'relation' AND granted AND mode = 'ShareUpdateExclusiveLock'" \
	"  AND database = (SELECT oid FROM pg_catalog.pg_database" \
	"                  WHERE datname = pg_catalog.current_database()))," \
	" building AS MATERIALIZED (" \
	" SELECT pid, relid, index_relid FROM pg_catalog.pg_stat_progress_create_index" \
	" WHERE datname = pg_catalog.current_database())," \
	" invalid AS (" \
	" SELECT i.indexrelid, i.indrelid, i.indisready FROM pg_catalog.pg_index i" \
	" WHERE NOT i.indisvalid" \
	" AND NOT EXISTS (SELECT FROM locks l WHERE l.relation = i.indexrelid)" \
	" AND NOT EXISTS (SELECT FROM building b WHERE b.relid = i.indrelid" \
	"  AND b.index_relid IN (0, i.indexrelid))" \
	" AND NOT EXISTS (SELECT FROM building b JOIN locks l USING (pid)" \
	"  WHERE b.relid IS NULL AND l.relation = i.indrelid))," \
	" indexes AS (" \
	" SELECT 'pg_catalog.pg_class'::regclass AS catalog, coalesce(o.oid, t.oid) AS member, coalesce(o.relnamespace, t.relnamespace) AS schema," \
	"  c.relowner AS owner, 'invalid_index' AS kind, c.oid::regclass::text AS object," \
	"  CASE WHEN c.relkind = 'I' THEN" \
	"    pg_catalog.format('Not every partition of %s has its part of this index.', t.oid::regclass)" \
	"   WHEN x.indisready THEN" \
	"    pg_catalog.format('The index was not completed: queries of %s do not use it," \
	" and every write pays for it.', t.oid::regclass)" \
	"   ELSE pg_catalog.format('The index was not completed: queries of %s do not use it," \
	" and no write maintains it.', t.oid::regclass) END AS detail," \
	"  CASE WHEN c.relkind = 'I' THEN NULL" \
	"   WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid" \
	"                AND k.contype IN ('p', 'u', 'x')) THEN" \
	"    pg_catalog.format('REINDEX INDEX CONCURRENTLY %s', c.oid::regclass)" \
	"   ELSE pg_catalog.format('DROP INDEX CONCURRENTLY %s', c.oid::regclass) END AS fix" \
	" FROM invalid x" \
	" JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid" \
	" JOIN pg_catalog.pg_class t ON t.oid = x.indrelid" \
	" LEFT JOIN pg_catalog.pg_class o ON o.reltoastrelid = t.oid AND t.relkind = 't')"

/* An inherited constraint is validated with the one that it comes from. */
#define WITH_CONSTRAINTS \
	"constraints AS (" \
	" SELECT CASE WHEN r.oid IS NULL THEN 'pg_catalog.pg_type'::regclass" \
	"  ELSE 'pg_catalog.pg_class'::regclass END AS catalog, coalesce(r.oid, d.oid) AS member, coalesce(r.relnamespace, d.typnamespace) AS schema," \
	"  coalesce(r.relowner, d.typowner) AS owner, 'not_valid_constraint' AS kind," \
	"  pg_catalog.format('%I on %s', c.conname," \
	"   coalesce(r.oid::regclass::text, pg_catalog.format_type(d.oid, NULL))) AS object," \
	"  CASE WHEN c.contype = 'f' THEN" \
	"    pg_catalog.format('The foreign key to %s is NOT VALID:" \
	" rows that were there before it may violate it.', c.confrelid::regclass)" \
	"   ELSE 'The constraint is NOT VALID: rows that were there before it may violate it.'" \
	"   END AS detail," \
	"  CASE WHEN r.oid IS NOT NULL THEN" \
	"    pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', r.oid::regclass, c.conname)" \
	"   ELSE pg_catalog.format('ALTER DOMAIN %s VALIDATE CONSTRAINT %I'," \
	"    pg_catalog.format_type(d.oid, NULL), c.conname) END AS fix" \
	" FROM pg_catalog.pg_constraint c" \
	" LEFT JOIN pg_catalog.pg_class r ON r.oid = c.conrelid" \
	" LEFT JOIN pg_catalog.pg_type d ON d.oid = c.contypid" \
	" WHERE NOT c.convalidated AND c.coninhcount = 0 AND c.conparentid = 0" \
	"  AND " MH_CONSTRAINT_IS_ENFORCED("c") ")"

/* 14 is where the table's own name begins. */
#define WITH_BATCH_TABLES \
	"batch_tables AS (" \
	" SELECT 'pg_catalog.pg_class'::regclass AS catalog, c.oid AS member, c.relnamespace AS schema, c.relowner AS owner," \
	"  'batch_table' AS kind, c.oid::regclass::text AS object," \
	"  CASE WHEN o.oid IS NOT NULL THEN" \
	"    pg_catalog.format('Batch mode left this copy of %s, which is still there.'," \
	"     o.oid::regclass)" \
	"   ELSE pg_catalog.format('Batch mode left this copy of %I, which is not there:" \
	" these may be its only rows.', pg_catalog.substr(c.relname, 14)) END AS detail," \
	"  NULL AS fix" \
	" FROM pg_catalog.pg_class c" \
	" LEFT JOIN pg_catalog.pg_class o ON o.relnamespace = c.relnamespace" \
	"  AND o.relname = pg_catalog.substr(c.relname, 14)" \
	" WHERE c.relkind IN ('r', 'p') AND c.relname LIKE '\\_alembic\\_tmp\\_%')"

/* Its own array type depends on it too, as what belongs to it. */
#define WITH_ENUMS \
	"enums AS (" \
	" SELECT 'pg_catalog.pg_type'::regclass AS catalog, t.oid AS member, t.typnamespace AS schema, t.typowner AS owner," \
	"  'unused_enum' AS kind, pg_catalog.format_type(t.oid, NULL) AS object," \
	"  'Nothing uses this enum type; a migration that creates it again fails.' AS detail," \
	"  pg_catalog.format('DROP TYPE %s', pg_catalog.format_type(t.oid, NULL)) AS fix" \
	" FROM pg_catalog.pg_type t" \
	" WHERE t.typtype = 'e' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d" \
	"  WHERE d.refclassid = 'pg_catalog.pg_type'::regclass" \
	"   AND d.refobjid IN (t.oid, t.typarray) AND d.deptype <> 'i'))"

static const char *const leftovers_query =
	"WITH " WITH_TRUSTED ", " WITH_INDEXES ", " WITH_CONSTRAINTS ", " WITH_BATCH_TABLES
	", " WITH_ENUMS ", every AS ("
	" SELECT * FROM indexes UNION ALL SELECT * FROM constraints"
	" UNION ALL SELECT * FROM batch_tables UNION ALL SELECT * FROM enums)"
	" SELECT e.schema, e.kind, e.object, e.detail,"
	"  CASE WHEN e.owner IN (SELECT oid FROM trusted) THEN e.fix END"
	" FROM every e JOIN pg_catalog.pg_namespace n ON n.oid = e.schema"
	" WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = e.catalog"
	"  AND d.objid = e.member AND d.objsubid = 0 AND d.deptype = 'e')"
	" ORDER BY 2, 3";

static char *
column_text(HeapTuple tuple, TupleDesc descriptor, int column)
{
	char *value = SPI_getvalue(tuple, descriptor, column);

	return value == NULL ? NULL : mh_to_utf8(value);
}

static void *
leftover_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhSchemaLeftover *found = palloc0(sizeof(MhSchemaLeftover));
	bool is_null;

	found->schema = DatumGetObjectId(SPI_getbinval(tuple, descriptor, 1, &is_null));
	found->leftover.kind = column_text(tuple, descriptor, 2);
	found->leftover.object = column_text(tuple, descriptor, 3);
	found->leftover.detail = column_text(tuple, descriptor, 4);
	found->leftover.fix = column_text(tuple, descriptor, 5);
	return found;
}

List *
mh_leftovers_find(void)
{
	return mh_query_list(leftovers_query, 0, NULL, NULL, NULL, leftover_from_tuple);
}
