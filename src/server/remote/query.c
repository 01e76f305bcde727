/*-------------------------------------------------------------------------
 *
 * query.c
 *	  One connection, and one query after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

MhRemote *
mh_remote_open(const MhRemoteServer *server, MhRemoteLimits limits, MhError *err)
{
	MhRemote *remote;

	if (server->refusal.sqlstate != NULL)
	{
		*err = server->refusal;
		return NULL;
	}
	remote = mh_remote_new(server, limits, NULL, NULL);
	mh_remote_run(list_make1(remote));
	if (mh_remote_failure(remote) == NULL)
		return remote;
	*err = *mh_remote_failure(remote);
	return NULL;
}

bool
mh_remote_query(MhRemote *remote, const MhRemoteQuery *query, MhError *err)
{
	if (remote->phase == MH_REMOTE_IDLE)
	{
		mh_remote_ask(remote, query);
		mh_remote_run(list_make1(remote));
	}
	if (mh_remote_failure(remote) != NULL)
	{
		*err = *mh_remote_failure(remote);
		return false;
	}
	if (mh_remote_query_error(remote) == NULL)
		return true;
	mh_fail(err, remote->query_error.sqlstate, "server \"%s\": %s", remote->server->name,
			remote->query_error.message);
	return false;
}
