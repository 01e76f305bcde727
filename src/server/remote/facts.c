/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  What is known of a connection.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

const MhError *
mh_remote_query_error(const MhRemote *remote)
{
	return remote->query_error.sqlstate ? &remote->query_error : NULL;
}

const MhError *
mh_remote_failure(const MhRemote *remote)
{
	return remote->failure.sqlstate ? &remote->failure : NULL;
}

int
mh_remote_version(const MhRemote *remote)
{
	return remote->version;
}

int
mh_remote_columns(const MhRemote *remote)
{
	return remote->query.columns;
}
