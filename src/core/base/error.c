/*-------------------------------------------------------------------------
 *
 * error.c
 *	  Lists and error values shared by the pure cores.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/base.h"

#define MH_FIRST_CAPACITY 4

/*
 * Lists carry no capacity: it is the next power of two, so room has to be made
 * exactly when n is one.
 */
static bool
is_full(int n)
{
	return n == 0 || (n >= MH_FIRST_CAPACITY && (n & (n - 1)) == 0);
}

static char *format_text(const char *fmt, va_list args) pg_attribute_printf(1, 0);

static char *
format_text(const char *fmt, va_list args)
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
	err->message = format_text(fmt, args);
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
	err->detail = format_text(fmt, args);
	va_end(args);
}

void
mh_fail_hint(MhError *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err->hint = format_text(fmt, args);
	va_end(args);
}

void
mh_strings_add(MhStrings *list, const char *value)
{
	if (list->n == 0)
		list->v = palloc(MH_FIRST_CAPACITY * sizeof(char *));
	else if (is_full(list->n))
		list->v = repalloc(list->v, list->n * 2 * sizeof(char *));
	list->v[list->n++] = pstrdup(value);
}

bool
mh_strings_contain(const MhStrings *list, const char *value)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->v[i], value) == 0)
			return true;
	return false;
}

static int
compare_strings(const void *left, const void *right)
{
	return strcmp(*(char *const *) left, *(char *const *) right);
}

void
mh_strings_sort(MhStrings *list)
{
	if (list->n > 1)
		qsort(list->v, list->n, sizeof(char *), compare_strings);
}

void
mh_strings_make_set(MhStrings *list)
{
	int kept = 0;

	mh_strings_sort(list);
	for (int i = 0; i < list->n; i++)
		if (kept == 0 || strcmp(list->v[kept - 1], list->v[i]) != 0)
			list->v[kept++] = list->v[i];
	list->n = kept;
}

char *
mh_strings_join(const MhStrings *list, const char *separator)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < list->n; i++)
	{
		if (i > 0)
			appendStringInfoString(&buf, separator);
		appendStringInfoString(&buf, list->v[i]);
	}
	return buf.data;
}

void
mh_nodes_add(MhNodes *list, int node)
{
	if (list->n == 0)
		list->v = palloc(MH_FIRST_CAPACITY * sizeof(int));
	else if (is_full(list->n))
		list->v = repalloc(list->v, list->n * 2 * sizeof(int));
	list->v[list->n++] = node;
}
