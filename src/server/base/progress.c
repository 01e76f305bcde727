/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  How far a long call is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "server/base/progress.h"

#include "utils/timestamp.h"

#define INTERVAL_MS 1000

void
mh_progress(const char *things, int64 done, int64 total)
{
	static TimestampTz last = 0;
	TimestampTz now;

	if (!message_level_is_interesting(DEBUG1))
		return;
	now = GetCurrentTimestamp();
	if (!TimestampDifferenceExceeds(last, now, INTERVAL_MS))
		return;
	last = now;
	if (total > 0)
		ereport(DEBUG1, (errmsg_internal("mighead: " INT64_FORMAT " of " INT64_FORMAT " %s", done,
										 total, things)));
	else
		ereport(DEBUG1, (errmsg_internal("mighead: " INT64_FORMAT " %s", done, things)));
}
