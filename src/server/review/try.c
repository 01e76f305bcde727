/*-------------------------------------------------------------------------
 *
 * try.c
 *	  Runs something that may fail, or take too long.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "server/base/code_guard.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

static volatile sig_atomic_t is_over = false;
static TimeoutId timer = 0;

/* In a signal handler: ends the query as a cancel would. */
static void
end_query(void)
{
	is_over = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static bool
must_be_raised(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		   error->sqlerrcode == ERRCODE_OUT_OF_MEMORY ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_ADMIN_SHUTDOWN);
}

static ErrorData *
run_in_subtransaction(void (*run)(void *arg), void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		mh_guard_code(run, arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return error;
}

ErrorData *
mh_try(void (*run)(void *arg), void *arg)
{
	ErrorData *error = run_in_subtransaction(run, arg);

	if (error != NULL && must_be_raised(error))
		ReThrowError(error);
	return error;
}

ErrorData *
mh_try_until(void (*run)(void *arg), void *arg, TimestampTz until, bool *is_late)
{
	ErrorData *error;

	*is_late = until <= GetCurrentTimestamp();
	if (*is_late)
		return NULL;
	if (timer == 0)
		timer = RegisterTimeout(USER_TIMEOUT, end_query);
	is_over = false;
	enable_timeout_at(timer, until);
	error = run_in_subtransaction(run, arg);
	disable_timeout(timer, false);
	*is_late = is_over;
	/* it may have come after the end of the query */
	if (is_over)
		QueryCancelPending = false;
	if (error != NULL && must_be_raised(error) &&
		!(is_over && error->sqlerrcode == ERRCODE_QUERY_CANCELED))
		ReThrowError(error);
	return error;
}

MhReviewAnswer
mh_refusal(const ErrorData *error)
{
	MhReviewAnswer answer = {MH_TRUTH_NO};

	answer.sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	answer.detail = mh_to_utf8(pstrdup(error->message));
	/* an internal error is that of an object that somebody drops at this moment */
	if (error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ||
		error->sqlerrcode == ERRCODE_INTERNAL_ERROR ||
		error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		error->sqlerrcode == ERRCODE_STATEMENT_TOO_COMPLEX)
		answer.passes = MH_TRUTH_UNKNOWN;
	return answer;
}
