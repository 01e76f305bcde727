/*-------------------------------------------------------------------------
 *
 * remote_definitions.c
 *	  SQL function that shows the schema of a database elsewhere as mighead reads it.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/definitions.h"
#include "entry/remote_schema.h"
#include "server/version_table/version_table.h"

PG_FUNCTION_INFO_V1(mighead_remote_definitions);

#define ARG_SERVER 0
#define ARG_VERSION_TABLE 1
#define ARG_SCHEMAS 2

/*
 * mighead_remote_definitions(server text, version_table text, schemas text[])
 *
 *		What mighead_definitions returns there: the schema of the database of a foreign server.
 *		Privileges: USAGE on the server and a user mapping; the catalogs are read as the role
 *		there.  Locks: none here; there AccessShareLock, hardly waited for.  Errors: 22004 (NULL
 *		for server, or in schemas), MH301, MH302, those of the connection (see
 *		mighead_fleet_servers), and those of the server there.
 */
Datum
mighead_remote_definitions(PG_FUNCTION_ARGS)
{
	MhScope scope = {0};
	MhVersionTable *table;
	MhResult result;

	mh_result_begin(&result, fcinfo);
	mh_require_argument(fcinfo, ARG_SERVER, "server");
	table = mh_table_there(mh_remote_server(mh_text_argument(fcinfo, ARG_SERVER)),
						   mh_projects_read(), mh_text_argument(fcinfo, ARG_VERSION_TABLE));
	scope.source = table->there->source;
	scope.with_global = true;
	scope.version_schema = table->schema;
	scope.owner = table->there->owner;
	mh_strings_add(&scope.version_table_schemas, table->schema);
	mh_strings_add(&scope.version_table_names, table->name);
	if (PG_ARGISNULL(ARG_SCHEMAS))
		mh_strings_add(&scope.schemas, table->schema);
	else
		scope.schemas = mh_strings_from_array(PG_GETARG_DATUM(ARG_SCHEMAS), "schemas");
	mh_definitions_put(&result, mh_definitions_read(&scope));
	return (Datum) 0;
}
