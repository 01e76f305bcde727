/*-------------------------------------------------------------------------
 *
 * name_index.c
 *	  Looks up ids and branch labels of a graph, exactly and by prefix.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph.h"

#include "common/hashfn.h"
#ifdef FRONTEND
#include "common/logging.h"
#endif

/* Names no longer than this are never found by prefix. */
#define MH_EXACT_ONLY_LENGTH 3

typedef struct MhNameEntry
{
	const char *text;
	int index;
	char status;
} MhNameEntry;

/* The header is not written for -Wextra. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define SH_PREFIX nametable
#define SH_ELEMENT_TYPE MhNameEntry
#define SH_KEY_TYPE const char *
#define SH_KEY text
#define SH_HASH_KEY(tb, key) hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_RAW_ALLOCATOR palloc0
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"
#pragma GCC diagnostic pop

struct MhNameIndex
{
	nametable_hash *table;
	MhIndexedName *v;
	int n;
	int capacity;
	int *sorted;    /* indexes ordered by text; filled by the first lookup of a prefix */
	bool is_sorted; /* sorted is filled; its memory is allocated at creation */
};

MhNameIndex *
mh_name_index_create(int expected)
{
	MhNameIndex *names = palloc0(sizeof(MhNameIndex));

	names->capacity = Max(expected, 16);
	names->v = palloc(names->capacity * sizeof(MhIndexedName));
	names->sorted = palloc(names->capacity * sizeof(int));
	names->table = nametable_create(names->capacity, NULL);
	return names;
}

bool
mh_name_index_add(MhNameIndex *names, const char *text, int node, int *holder)
{
	bool found;
	MhNameEntry *entry = nametable_insert(names->table, text, &found);

	if (found)
	{
		*holder = names->v[entry->index].node;
		return false;
	}
	if (names->n == names->capacity)
	{
		names->capacity *= 2;
		names->v = repalloc(names->v, names->capacity * sizeof(MhIndexedName));
		names->sorted = repalloc(names->sorted, names->capacity * sizeof(int));
	}
	names->v[names->n].text = text;
	names->v[names->n].node = node;
	entry->index = names->n++;
	return true;
}

int
mh_name_index_find(const MhNameIndex *names, const char *text)
{
	MhNameEntry *entry = nametable_lookup(names->table, text);

	return entry == NULL ? -1 : names->v[entry->index].node;
}

const MhIndexedName *
mh_name_index_get(const MhNameIndex *names, int index)
{
	return &names->v[index];
}

int
mh_character_count(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		if (((unsigned char) *text & 0xC0) != 0x80)
			count++;
	return count;
}

static int
compare_texts(const void *a, const void *b, void *names)
{
	const MhIndexedName *v = ((MhNameIndex *) names)->v;

	return strcmp(v[*(const int *) a].text, v[*(const int *) b].text);
}

static int
compare_indexes(const void *a, const void *b)
{
	int left = *(const int *) a;
	int right = *(const int *) b;

	return (left > right) - (left < right);
}

/* Sorts the names at the first lookup of a prefix, because most graphs never need it. */
static void
sort_names(MhNameIndex *names)
{
	if (names->is_sorted)
		return;
	for (int i = 0; i < names->n; i++)
		names->sorted[i] = i;
	qsort_arg(names->sorted, names->n, sizeof(int), compare_texts, names);
	names->is_sorted = true;
}

/* Returns the position of the first sorted name that is not below text. */
static int
lower_bound(const MhNameIndex *names, const char *text)
{
	int low = 0;
	int high = names->n;

	MH_CHECK_INTERRUPTS();
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(names->v[names->sorted[middle]].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

MhNodes
mh_name_index_with_prefix(MhNameIndex *names, const char *prefix)
{
	MhNodes found = {0, NULL};
	size_t length = strlen(prefix);

	sort_names(names);
	for (int i = lower_bound(names, prefix); i < names->n; i++)
	{
		const char *text = names->v[names->sorted[i]].text;

		if (strncmp(text, prefix, length) != 0)
			break;
		if (mh_character_count(text) > MH_EXACT_ONLY_LENGTH)
			mh_nodes_add(&found, names->sorted[i]);
	}
	if (found.n > 1)
		qsort(found.v, found.n, sizeof(int), compare_indexes);
	return found;
}
