/*-------------------------------------------------------------------------
 *
 * iso_time.c
 *	  Reads dates and times in the formats of ISO 8601 and of Python's str(datetime).
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/iso_time.h"

#define SECOND INT64CONST(1000000)
#define DAY (INT64CONST(86400) * SECOND)

/* Reads exactly this many digits with a value in a range. */
static bool
read_field(const char **at, int digits, int low, int high, int *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++)
	{
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		*value = *value * 10 + ((*at)[i] - '0');
	}
	*at += digits;
	return *value >= low && *value <= high;
}

static bool
read_character(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Returns the number of days before a month, in a year that begins in March. */
static int
days_before(int month)
{
	return (153 * ((month + 9) % 12) + 2) / 5;
}

/* Returns the days since 2000-01-01 in the Gregorian calendar. */
static int64
day_number(int year, int month, int day)
{
	int64 y = month <= 2 ? year - 1 : year;

	return y * 365 + y / 4 - y / 100 + y / 400 + days_before(month) + day - 730426;
}

static bool
read_date(const char **at, int64 *day)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y;
	int m;
	int d;

	if (!read_field(at, 4, 1, 9999, &y) || !read_character(at, '-') ||
		!read_field(at, 2, 1, 12, &m) || !read_character(at, '-') ||
		!read_field(at, 2, 1, lengths[m - 1] + (m == 2 && is_leap(y)), &d))
		return false;
	*day = day_number(y, m, d);
	return true;
}

/* Reads a fraction of a second.  Ignores digits after the sixth, which a timestamp cannot hold. */
static bool
read_fraction(const char **at, int64 *microseconds)
{
	int64 unit = SECOND / 10;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++)
	{
		*microseconds += (**at - '0') * unit;
		unit /= 10;
	}
	return true;
}

static bool
read_time(const char **at, int64 *microseconds)
{
	int h;
	int m;
	int s = 0;
	int64 fraction = 0;

	if (!read_field(at, 2, 0, 23, &h) || !read_character(at, ':') || !read_field(at, 2, 0, 59, &m))
		return false;
	if (read_character(at, ':'))
	{
		if (!read_field(at, 2, 0, 59, &s))
			return false;
		if (read_character(at, '.') && !read_fraction(at, &fraction))
			return false;
	}
	*microseconds = (h * INT64CONST(3600) + m * 60 + s) * SECOND + fraction;
	return true;
}

/* Reads an offset: Z, +HH, +HHMM, +HH:MM, +HH:MM:SS. */
static bool
read_zone(const char **at, MhIsoTime *time)
{
	int h;
	int m = 0;
	int s = 0;
	int sign = **at == '-' ? -1 : 1;

	time->offset = 0;
	time->has_zone = true;
	if (read_character(at, 'Z'))
		return true;
	if (!read_character(at, '+') && !read_character(at, '-'))
		return false;
	if (!read_field(at, 2, 0, 23, &h))
		return false;
	if (read_character(at, ':') || (**at >= '0' && **at <= '9'))
		if (!read_field(at, 2, 0, 59, &m))
			return false;
	if (read_character(at, ':') && !read_field(at, 2, 0, 59, &s))
		return false;
	time->offset = sign * (h * 3600 + m * 60 + s);
	return true;
}

bool
mh_iso_time_parse(const char *text, MhIsoTime *time)
{
	int64 day;
	int64 microseconds = 0;

	time->has_zone = false;
	time->offset = 0;
	if (!read_date(&text, &day))
		return false;
	if (read_character(&text, ' ') || read_character(&text, 'T'))
	{
		if (!read_time(&text, &microseconds))
			return false;
		if (*text != '\0' && !read_zone(&text, time))
			return false;
	}
	time->local = day * DAY + microseconds;
	return *text == '\0';
}
