/*-------------------------------------------------------------------------
 *
 * error.c
 *	  Fills the error with which a core refuses.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/base.h"

char *
mh_format(const char *fmt, va_list args)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (;;)
	{
		va_list copy;
		int needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&buf, fmt, copy);
		va_end(copy);
		if (needed == 0)
			return buf.data;
		enlargeStringInfo(&buf, needed);
	}
}

bool
mh_fail(MhError *err, const char *sqlstate, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err->sqlstate = sqlstate;
	err->message = mh_format(fmt, args);
	err->detail = NULL;
	err->hint = NULL;
	va_end(args);
	return false;
}

void
mh_fail_detail(MhError *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err->detail = mh_format(fmt, args);
	va_end(args);
}

void
mh_fail_hint(MhError *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err->hint = mh_format(fmt, args);
	va_end(args);
}
