/*-------------------------------------------------------------------------
 *
 * planted.c
 *	  Functions, types and relations of others under the names of ours.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/planted.h"

#include "server/base/query.h"

#define MEMBERS(catalog) \
	"(SELECT d.objid FROM pg_catalog.pg_extension e" \
	"  JOIN pg_catalog.pg_depend d ON d.refobjid = e.oid" \
	"  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass" \
	"  WHERE e.extname = 'mighead' AND d.deptype = 'e'" \
	"  AND d.classid = 'pg_catalog." catalog "'::pg_catalog.regclass)"

#define NO_MEMBER(catalog, oid) \
	"NOT EXISTS (SELECT FROM pg_catalog.pg_depend d" \
	"  WHERE d.classid = 'pg_catalog." catalog "'::pg_catalog.regclass AND d.objid = " oid \
	"  AND d.deptype = 'e')"

/*
 * Objects in temporary schemas are found by nobody who does not name the schema.  A call with
 * one argument is a cast where a type has the name, and a domain's checks are code.
 */
static const char *const planted_query =
	"SELECT p.object FROM ("
	"SELECT p.pronamespace AS schema, 'ROUTINE ' || p.oid::pg_catalog.regprocedure::text AS object"
	" FROM pg_catalog.pg_proc p WHERE p.proname IN (SELECT o.proname FROM pg_catalog.pg_proc o"
	"  WHERE o.oid IN " MEMBERS("pg_proc") ") AND " NO_MEMBER(
		"pg_proc",
		"p.oid") " UNION ALL"
				 " SELECT t.typnamespace, CASE t.typtype WHEN 'd' THEN 'DOMAIN ' ELSE 'TYPE ' END"
				 "  || t.oid::pg_catalog.regtype::text"
				 " FROM pg_catalog.pg_type t WHERE t.typrelid = 0 AND t.typname IN"
				 "  (SELECT o.proname FROM pg_catalog.pg_proc o WHERE o.oid IN " MEMBERS(
					 "pg_proc") ")"
								"  AND " NO_MEMBER(
									"pg_type",
									"t.oid") " UNION ALL"
											 " SELECT c.relnamespace, CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW '"
											 "  WHEN 'f' THEN 'FOREIGN TABLE ' WHEN 'S' THEN 'SEQUENCE ' WHEN 'c' THEN 'TYPE '"
											 "  WHEN 'i' THEN 'INDEX ' WHEN 'I' THEN 'INDEX ' ELSE 'TABLE ' END"
											 "  || c.oid::pg_catalog.regclass::text"
											 " FROM pg_catalog.pg_class c WHERE c.relname IN (SELECT o.relname FROM pg_catalog.pg_class o"
											 "  WHERE o.relkind = 'v' AND o.oid IN " MEMBERS(
												 "pg_class") ")"
															 "  AND " NO_MEMBER(
																 "pg_class",
																 "c.oid") ") p JOIN pg_catalog.pg_namespace n ON n.oid = p.schema"
																		  " WHERE NOT pg_catalog.starts_with(n.nspname::text, 'pg_temp_')"
																		  " ORDER BY 1 LIMIT 100";

MhStrings
mh_planted_objects(void)
{
	return mh_query_strings(planted_query, 0, NULL, NULL, NULL);
}
