/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  What is known of a connection.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

#include "portability/instr_time.h"

int64
mh_remote_now(void)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MILLISEC(now);
}

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

void
mh_remote_keep(MhRemote *remote)
{
	remote->next = NULL;
}

void
mh_remote_allow(MhRemote *remote, int64 bytes)
{
	remote->limits.bytes = remote->bytes_left = bytes;
}

void
mh_remote_on_failure(MhRemote *remote, void (*failed)(void *into), void *into)
{
	remote->failed = failed;
	remote->failed_into = into;
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

int64
mh_remote_took(const MhRemote *remote)
{
	if (remote->began == 0)
		return 0;
	return (remote->ended != 0 ? remote->ended : mh_remote_now()) - remote->began;
}
