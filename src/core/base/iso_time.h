/*-------------------------------------------------------------------------
 *
 * iso_time.h
 *	  Dates and times as Python's str() of a datetime and ISO 8601 write them.
 *
 * PostgreSQL's own input functions depend on settings and know words such as "now",
 * so nothing immutable may use them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_ISO_TIME_H
#define MIGHEAD_CORE_BASE_ISO_TIME_H

#include "core/base/base.h"

typedef struct MhIsoTime
{
	int64 local;   /* microseconds since 2000-01-01 00:00 of what is written: a Timestamp */
	bool has_zone; /* is an offset from UTC written? */
	int offset;    /* that, in seconds, positive in the east */
} MhIsoTime;

/*
 * Reads "2026-01-31", "2026-01-31 12:00", "2026-01-31T12:00:00.123456+01:00"; years 1 to
 * 9999, as Python's.  False for anything else.
 */
extern bool mh_iso_time_parse(const char *text, MhIsoTime *time);

#endif /* MIGHEAD_CORE_BASE_ISO_TIME_H */
