/*-------------------------------------------------------------------------
 *
 * lists.c
 *	  Lists of strings, and of the numbers of nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/lists.h"

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

/* Room is a power of two, because mh_strings_add infers it from the length. */
MhStrings
mh_strings_with_room(int n)
{
	MhStrings list = {0, NULL};
	size_t room = 4;

	while (room < (size_t) n)
		room *= 2;
	if (n > 0)
		list.v = palloc(room * sizeof(char *));
	return list;
}

void
mh_strings_free(MhStrings *list)
{
	for (int i = 0; i < list->n; i++)
		pfree(list->v[i]);
	if (list->n > 0)
		pfree(list->v);
	list->n = 0;
	list->v = NULL;
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
