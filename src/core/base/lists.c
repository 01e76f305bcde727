/*-------------------------------------------------------------------------
 *
 * lists.c
 *	  Lists of strings, and lists of nodes of a graph.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/lists.h"

#define MH_FIRST_CAPACITY 4

/*
 * Returns the array with room for one more element than n.  Copies it if it is borrowed (capacity
 * 0).
 */
static void *
grow(void *array, int n, int *capacity, size_t size)
{
	bool is_own = *capacity > 0;
	void *grown;

	if (n < *capacity)
		return array;
	*capacity = Max(n * 2, MH_FIRST_CAPACITY);
	if (is_own)
		return repalloc(array, *capacity * size);
	grown = palloc(*capacity * size);
	if (n > 0)
		memcpy(grown, array, n * size);
	return grown;
}

void
mh_strings_push(MhStrings *list, const char *value)
{
	MH_CHECK_INTERRUPTS();
	list->v = grow(list->v, list->n, &list->capacity, sizeof(char *));
	list->v[list->n++] = unconstify(char *, value);
}

void
mh_strings_add(MhStrings *list, const char *value)
{
	mh_strings_push(list, pstrdup(value));
}

bool
mh_strings_contain(const MhStrings *list, const char *value)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->v[i], value) == 0)
			return true;
	return false;
}

static int
compare_strings(const void *left, const void *right)
{
	MH_CHECK_INTERRUPTS();
	return strcmp(*(char *const *) left, *(char *const *) right);
}

bool
mh_strings_equal(const MhStrings *a, const MhStrings *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	}
	return true;
}

bool
mh_texts_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
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

static int
first_not_below(const MhStrings *sorted, const char *value)
{
	int low = 0;
	int high = sorted->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(sorted->v[middle], value) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

MhStrings
mh_strings_without(const MhStrings *list, const MhStrings *values)
{
	MhStrings sorted = mh_strings_with_room(values->n);
	MhStrings rest = {0, NULL};
	int *taken = palloc0((values->n + 1) * sizeof(int)); /* index: the first of equal strings */

	for (int i = 0; i < values->n; i++)
		mh_strings_push(&sorted, values->v[i]);
	mh_strings_sort(&sorted);
	for (int i = 0; i < list->n; i++)
	{
		int first = first_not_below(&sorted, list->v[i]);
		int next = first + taken[first];

		MH_CHECK_INTERRUPTS();
		if (next < sorted.n && strcmp(sorted.v[next], list->v[i]) == 0)
			taken[first]++;
		else
			mh_strings_add(&rest, list->v[i]);
	}
	pfree(sorted.v);
	pfree(taken);
	return rest;
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

MhStrings
mh_strings_with_room(int n)
{
	MhStrings list = {0, NULL, Max(n, 1)};

	list.v = palloc(list.capacity * sizeof(char *));
	return list;
}

MhNodes
mh_nodes_with_room(int n)
{
	MhNodes list = {0, NULL, Max(n, 1)};

	list.v = palloc(list.capacity * sizeof(int));
	return list;
}

void
mh_strings_free(MhStrings *list)
{
	for (int i = 0; i < list->n; i++)
		pfree(list->v[i]);
	if (list->capacity > 0)
		pfree(list->v);
	memset(list, 0, sizeof(MhStrings));
}

void
mh_nodes_add(MhNodes *list, int node)
{
	MH_CHECK_INTERRUPTS();
	list->v = grow(list->v, list->n, &list->capacity, sizeof(int));
	list->v[list->n++] = node;
}

bool
mh_begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}
