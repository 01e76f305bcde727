/*-------------------------------------------------------------------------
 *
 * fleet_servers.c
 *	  mighead_fleet_servers: foreign servers for all databases of one server, as statements.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/result.h"
#include "server/remote/remote.h"

PG_FUNCTION_INFO_V1(mighead_fleet_servers);

/* There may be thousands of databases, but each only has a name. */
static const MhRemoteLimits limits = {10 * 1000, 16 * 1024 * 1024};

/*
 * mighead_fleet_servers(server text) returns setof text
 *		Connects to the foreign server. Privileges: USAGE on it and a user mapping. Raises 22004 for
 *		NULL, 42704 if there is no such server or user mapping, 42501 without USAGE or for an
 *		option that works for superusers only, 2F003 without a password where one is required,
 *		42809 if it is no PostgreSQL server, 08006 or the SQLSTATE from there if it cannot be asked.
 */
Datum
mighead_fleet_servers(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhStrings statements = {0, NULL};
	MhError err = MH_NO_ERROR;

	mh_result_begin(&result, fcinfo);
	mh_require_argument(fcinfo, 0, "server");
	if (!mh_remote_database_servers(mh_text_argument(fcinfo, 0), limits, &statements, &err))
		mh_raise(&err);
	for (int i = 0; i < statements.n; i++)
	{
		mh_put_text(&result, statements.v[i]);
		mh_row_end(&result);
	}
	return (Datum) 0;
}
