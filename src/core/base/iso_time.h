/*-------------------------------------------------------------------------
 *
 * iso_time.h
 *	  Reads dates and times in the formats of ISO 8601 and of Python's str(datetime).
 *
 * Immutable functions cannot use PostgreSQL's own input functions, because these depend on settings
 * and accept words such as "now".
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_ISO_TIME_H
#define MIGHEAD_CORE_BASE_ISO_TIME_H

#include "core/base/base.h"

typedef struct MhIsoTime
{
	int64 local;   /* the written time as a Timestamp, without the offset */
	bool has_zone; /* an offset from UTC is written */
	int offset;    /* the offset in seconds, positive east of UTC */
} MhIsoTime;

/*
 * Reads "2026-01-31", "2026-01-31 12:00" or "2026-01-31T12:00:00.123456+01:00", with years 1 to
 * 9999 as in Python.  Returns false for anything else.
 */
extern bool mh_iso_time_parse(const char *text, MhIsoTime *time);

#endif /* MIGHEAD_CORE_BASE_ISO_TIME_H */
