/*-------------------------------------------------------------------------
 *
 * dependents.c
 *	  Finds what depends on a column whose type shall be changed.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "utils/builtins.h"

/*
 * $1: the table, $2: the column's name.  A change of type also affects inheriting tables;
 * dependents inherited from above are listed once.  pg_describe_object() opens none of the objects,
 * so it waits for nobody.
 */
#define WITH_COLUMNS \
	"tree (relation) AS (" \
	" SELECT $1 UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i" \
	"  JOIN tree t ON t.relation = i.inhparent)," \
	" columns AS (" \
	" SELECT a.attrelid, a.attnum FROM tree t JOIN pg_catalog.pg_attribute a" \
	"  ON a.attrelid = t.relation AND a.attname = $2)," \
	" depends AS (" \
	" SELECT d.classid, d.objid, d.objsubid, c.attrelid, c.attnum FROM columns c" \
	" JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass" \
	"  AND d.refobjid = c.attrelid AND d.refobjsubid = c.attnum)"

#define FORBIDDING \
	"SELECT 1, CASE WHEN r.rulename = '_RETURN' THEN" \
	"  pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)" \
	"  ELSE pg_catalog.pg_describe_object(d.classid, d.objid, 0) END" \
	" FROM depends d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid" \
	" WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass" \
	" UNION SELECT 1, 'generated ' || pg_catalog.pg_describe_object(" \
	"  'pg_catalog.pg_class'::regclass, f.adrelid, f.adnum)" \
	" FROM depends d JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid" \
	" WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass" \
	"  AND (f.adrelid, f.adnum) <> (d.attrelid, d.attnum)" \
	" UNION SELECT 1, pg_catalog.pg_describe_object(d.classid, d.objid, 0) FROM depends d" \
	" WHERE d.classid IN ('pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_policy'::regclass," \
	"  'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_publication_rel'::regclass)" \
	" UNION SELECT 1, 'partition key of ' || pg_catalog.pg_describe_object(" \
	"  'pg_catalog.pg_class'::regclass, c.attrelid, 0)" \
	" FROM columns c JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = c.attrelid" \
	" WHERE c.attnum = ANY (p.partattrs)" \
	" UNION SELECT 1, pg_catalog.pg_describe_object(u.classid, u.objid, u.objsubid)" \
	" FROM tree t JOIN pg_catalog.pg_type y ON y.typrelid = t.relation" \
	" JOIN pg_catalog.pg_depend u ON u.refclassid = 'pg_catalog.pg_type'::regclass" \
	"  AND u.refobjid IN (y.oid, y.typarray)" \
	" WHERE u.classid = 'pg_catalog.pg_class'::regclass AND u.objsubid <> 0"

#define BUILT_AGAIN \
	"SELECT 2, pg_catalog.pg_describe_object(d.classid, d.objid, 0)" \
	" FROM depends d JOIN pg_catalog.pg_class i ON i.oid = d.objid" \
	" WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0" \
	"  AND i.relkind IN ('i', 'I') AND NOT i.relispartition" \
	" UNION SELECT 2, pg_catalog.pg_describe_object(d.classid, d.objid, 0)" \
	" FROM depends d JOIN pg_catalog.pg_constraint k ON k.oid = d.objid" \
	" WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND k.conparentid = 0" \
	"  AND k.contype <> 'n' AND (k.coninhcount = 0 OR k.conrelid = $1)" \
	" UNION SELECT 2, pg_catalog.pg_describe_object(d.classid, d.objid, 0) FROM depends d" \
	" WHERE d.classid = 'pg_catalog.pg_statistic_ext'::regclass"

static const char *const dependents_query =
	"WITH RECURSIVE " WITH_COLUMNS " SELECT description FROM (" FORBIDDING " UNION " BUILT_AGAIN
	") AS d (rank, description)"
	" ORDER BY rank, description COLLATE \"C\"";

static const char *const holders_query =
	"WITH RECURSIVE " WITH_COLUMNS " SELECT description FROM (" FORBIDDING
	") AS d (rank, description) ORDER BY description COLLATE \"C\" LIMIT 1";

char *
mh_holder_find(Oid table, const char *column)
{
	Oid types[2] = {OIDOID, NAMEOID};
	NameData name;
	Datum values[2] = {ObjectIdGetDatum(table), NameGetDatum(&name)};
	MhStrings found;

	namestrcpy(&name, mh_from_utf8(pstrdup(column)));
	found = mh_query_strings(holders_query, 2, types, values, NULL);
	return found.n == 0 ? NULL : found.v[0];
}

MhStrings
mh_dependents_find(Relation table, AttrNumber column)
{
	Oid types[2] = {OIDOID, NAMEOID};
	Datum values[2] = {ObjectIdGetDatum(RelationGetRelid(table)),
					   NameGetDatum(&TupleDescAttr(RelationGetDescr(table), column - 1)->attname)};

	return mh_query_strings(dependents_query, 2, types, values, NULL);
}
