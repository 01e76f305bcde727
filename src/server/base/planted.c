/*-------------------------------------------------------------------------
 *
 * planted.c
 *	  Functions of others under the names of ours.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/planted.h"

#include "server/base/query.h"

/* Functions in temporary schemas are found by nobody who does not name the schema. */
static const char *const planted_query =
	"SELECT p.oid::pg_catalog.regprocedure::text"
	" FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
	" WHERE p.proname IN (SELECT o.proname FROM pg_catalog.pg_extension e"
	"  JOIN pg_catalog.pg_depend d ON d.refobjid = e.oid"
	"  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass"
	"  JOIN pg_catalog.pg_proc o ON o.oid = d.objid"
	"  AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
	"  WHERE e.extname = 'mighead' AND d.deptype = 'e')"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid"
	"  AND d.deptype = 'e')"
	" AND NOT pg_catalog.starts_with(n.nspname::text, 'pg_temp_')"
	" ORDER BY 1 LIMIT 100";

MhStrings
mh_planted_functions(void)
{
	return mh_query_strings(planted_query, 0, NULL, NULL, NULL);
}
