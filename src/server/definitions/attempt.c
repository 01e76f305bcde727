/*-------------------------------------------------------------------------
 *
 * attempt.c
 *	  Reading what may fail, and leaving out what did.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "access/xact.h"
#include "utils/resowner.h"

ErrorData *
mh_try_reading(MhReading *reading, void (*read)(void *state), void *state)
{
	ResourceOwner owner = CurrentResourceOwner;
	int n = reading->set->n;
	int n_unread = reading->set->n_unread;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(reading->context);
	PG_TRY();
	{
		read(state);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(reading->context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(reading->context);
	CurrentResourceOwner = owner;
	if (error == NULL)
		return NULL;
	reading->set->n = n;
	reading->set->n_unread = n_unread;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	return error;
}

void
mh_leave_busy(MhReading *reading, MhBatchItem *item)
{
	item->is_left = true;
	mh_unread_add(reading->set, MH_DRIFT_BUSY, item->type, item->name,
				  pstrdup("Another session holds a lock on it, or on what it is made of."));
}

void
mh_leave_unread(MhReading *reading, MhBatchItem *item, const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		mh_leave_busy(reading, item);
	else
		mh_unread_add(reading->set, MH_DRIFT_UNREADABLE, item->type, item->name,
					  psprintf("It cannot be read: %s.", mh_to_utf8(error->message)));
}
