/*-------------------------------------------------------------------------
 *
 * locks.c
 *	  SQL function that shows sessions that migrate, block migrations or wait for them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "server/scripts/scripts.h"
#include "entry/result.h"

PG_FUNCTION_INFO_V1(mighead_locks);

static const char *
describe_state(const MhLock *lock, const MhClients *clients)
{
	if (lock->state == NULL || lock->client_address == NULL ||
		!mh_client_is_gone(clients, lock->client_address, lock->client_port))
		return lock->state;
	return psprintf("%s (client gone)", lock->state);
}

/*
 * mighead_locks() returns setof record
 *		One row per session; none where nobody migrates.  AccessShareLock on mighead's own
 *		tables, and on nothing else; raises nothing.
 */
Datum
mighead_locks(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhClients *clients;
	List *locks;
	ListCell *cell;

	mh_result_begin(&result, fcinfo);
	locks = mh_locks_find(mh_projects_read());
	clients = mh_clients_gone();
	foreach (cell, locks)
	{
		const MhLock *lock = lfirst(cell);

		mh_put_int(&result, lock->pid);
		mh_put_text(&result, lock->role);
		mh_put_text(&result, describe_state(lock, clients));
		mh_put_text(&result, lock->application);
		mh_put_text(&result, lock->user);
		mh_put_timestamp(&result, lock->since_known, lock->since);
		mh_put_text(&result, lock->mode);
		mh_put_text(&result, lock->relation);
		mh_put_datum(&result, lock->blocked_by);
		mh_put_text(&result, lock->query);
		mh_row_end(&result);
	}
	return (Datum) 0;
}
