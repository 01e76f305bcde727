/*-------------------------------------------------------------------------
 *
 * lookup.c
 *	  What a review looks up by name or number.
 *
 *-------------------------------------------------------------------------
 */
#include "core/review/review_private.h"

#define FIRST_BUCKETS 64

static MhHashKey hash_key;

void
mh_index_use_key(const MhHashKey *key)
{
	if (key != NULL)
		hash_key = *key;
}

uint64
mh_index_hash(const char *name)
{
	uint64 hash[2];

	mh_keyed_hash(&hash_key, 0, name, strlen(name), hash);
	return hash[0];
}

uint64
mh_index_hash_in(const char *schema, const char *name)
{
	uint64 hash[2];

	mh_keyed_hash(&hash_key, mh_index_hash(schema), name, strlen(name), hash);
	return hash[0];
}

uint64
mh_index_hash_id(uint32 id)
{
	uint64 hash = id * UINT64CONST(0x9E3779B97F4A7C15);

	return hash ^ (hash >> 32);
}

MhModelEntry **
mh_index_bucket(const MhModelIndex *index, uint64 hash)
{
	return &index->buckets[hash & (index->n_buckets - 1)];
}

const MhModelEntry *
mh_index_first(const MhModelIndex *index, uint64 hash)
{
	return index->n_buckets == 0 ? NULL : *mh_index_bucket(index, hash);
}

static MhModelEntry *
reverse(MhModelEntry *entry)
{
	MhModelEntry *reversed = NULL;

	while (entry != NULL)
	{
		MhModelEntry *next = entry->next;

		entry->next = reversed;
		reversed = entry;
		entry = next;
	}
	return reversed;
}

static void
put_first(MhModelIndex *index, MhModelEntry *entry)
{
	MhModelEntry **bucket = mh_index_bucket(index, entry->hash);

	entry->next = *bucket;
	*bucket = entry;
}

static void
make_room(MhModelIndex *index)
{
	MhModelIndex grown = *index;

	if (index->n < index->n_buckets)
		return;
	grown.n_buckets = Max(2 * index->n_buckets, FIRST_BUCKETS);
	grown.buckets = palloc0(grown.n_buckets * sizeof(MhModelEntry *));
	for (uint32 i = 0; i < index->n_buckets; i++)
	{
		/* the newest of a name stays the first */
		MhModelEntry *entry = reverse(index->buckets[i]);

		while (entry != NULL)
		{
			MhModelEntry *next = entry->next;

			put_first(&grown, entry);
			entry = next;
		}
	}
	if (index->buckets != NULL)
		pfree(index->buckets);
	*index = grown;
}

void
mh_index_put(MhModelIndex *index, uint64 hash, void *thing, int at)
{
	MhModelEntry *entry = palloc(sizeof(MhModelEntry));

	make_room(index);
	*entry = (MhModelEntry){hash, thing, at};
	put_first(index, entry);
	index->n++;
}

/* ---------- sets of names ---------- */

static const MhModelEntry *
entry_of(const MhNames *names, const char *name)
{
	uint64 hash = mh_index_hash(name);

	for (const MhModelEntry *entry = mh_index_first(&names->by_name, hash); entry != NULL;
		 entry = entry->next)
		if (entry->hash == hash && strcmp(names->v[entry->at], name) == 0)
			return entry;
	return NULL;
}

bool
mh_names_have(const MhNames *names, const char *name)
{
	MH_CHECK_INTERRUPTS();
	return names->n > 0 && entry_of(names, name) != NULL;
}

/* Many places are empty: their room is used again. */
static void
close_gaps(MhNames *names)
{
	int kept = 0;

	for (int i = 0; i < names->places; i++)
		if (names->v[i] != NULL)
			names->v[kept++] = names->v[i];
	names->places = kept;
	names->by_name = (MhModelIndex){NULL};
	for (int i = 0; i < kept; i++)
		mh_index_put(&names->by_name, mh_index_hash(names->v[i]), NULL, i);
}

static void
put_name(MhNames *names, const char *name, int place)
{
	names->v[place] = pstrdup(name);
	mh_index_put(&names->by_name, mh_index_hash(name), NULL, place);
	names->n++;
}

void
mh_names_add(MhNames *names, const char *name)
{
	if (mh_names_have(names, name))
		return;
	if (names->places > 64 && names->n < names->places / 2)
		close_gaps(names);
	if (names->places == 0)
		names->v = palloc(sizeof(char *));
	else if ((names->places & (names->places - 1)) == 0)
		names->v = repalloc(names->v, 2 * names->places * sizeof(char *));
	put_name(names, name, names->places++);
}

/* Returns the place that is empty now; < 0: the name is not there. */
static int
take_out(MhNames *names, const char *name)
{
	const MhModelEntry *found = names->n == 0 ? NULL : entry_of(names, name);
	MhModelEntry **entry;

	if (found == NULL)
		return -1;
	entry = mh_index_bucket(&names->by_name, found->hash);
	while (*entry != found)
		entry = &(*entry)->next;
	*entry = found->next;
	names->by_name.n--;
	names->v[found->at] = NULL;
	names->n--;
	return found->at;
}

void
mh_names_remove(MhNames *names, const char *name)
{
	(void) take_out(names, name);
}

void
mh_names_replace(MhNames *names, const char *from, const char *to)
{
	int place;

	if (strcmp(from, to) == 0)
		return;
	place = take_out(names, from);
	if (place >= 0 && !mh_names_have(names, to))
		put_name(names, to, place);
}

void
mh_names_clear(MhNames *names)
{
	*names = (MhNames){0};
}

char *
mh_names_shown(const MhNames *names, int most)
{
	StringInfoData text;
	int shown = 0;

	initStringInfo(&text);
	for (int i = 0; i < names->places && shown < most; i++)
		if (names->v[i] != NULL)
			appendStringInfo(&text, "%s%s", shown++ > 0 ? ", " : "", names->v[i]);
	if (names->n > shown)
		appendStringInfo(&text, " and %d more", names->n - shown);
	return text.data;
}

/* ---------- names inside of texts ---------- */

/* The hash of a part of a text follows from that of the part before it. */
static uint64
roll_factor(void)
{
	return (hash_key.second ^ UINT64CONST(0x9E3779B97F4A7C15)) | 1;
}

static uint64
roll(const char *text, size_t n)
{
	uint64 hash = 0;

	for (size_t i = 0; i < n; i++)
		hash = hash * roll_factor() + (unsigned char) text[i];
	return hash;
}

static uint64
mixed(uint64 hash)
{
	hash ^= hash >> 32;
	hash *= UINT64CONST(0x9E3779B97F4A7C15);
	return hash ^ (hash >> 29);
}

void
mh_needles_add(MhNeedles *needles, const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > MH_LONGEST_NEEDLE)
		needles->is_everywhere = true;
	else if (!mh_names_have(&needles->names, name))
	{
		mh_names_add(&needles->names, name);
		needles->has_length[n] = true;
		mh_index_put(&needles->by_roll, mixed(roll(name, n)),
					 needles->names.v[needles->names.places - 1], 0);
	}
}

static bool
is_needle(const MhNeedles *needles, const char *at, size_t n, uint64 rolled)
{
	uint64 hash = mixed(rolled);

	for (const MhModelEntry *entry = mh_index_first(&needles->by_roll, hash); entry != NULL;
		 entry = entry->next)
		if (entry->hash == hash && strncmp(entry->thing, at, n) == 0 &&
			((const char *) entry->thing)[n] == '\0')
			return true;
	return false;
}

static bool
has_needle_of(const MhNeedles *needles, const char *text, size_t length, size_t n)
{
	uint64 factor = roll_factor();
	uint64 highest = 1;
	uint64 hash = roll(text, n);

	for (size_t i = 1; i < n; i++)
		highest *= factor;
	for (size_t i = 0;; i++)
	{
		if (is_needle(needles, text + i, n, hash))
			return true;
		if (i + n >= length)
			return false;
		hash = (hash - (unsigned char) text[i] * highest) * factor + (unsigned char) text[i + n];
	}
}

bool
mh_needles_found(const MhNeedles *needles, const char *text)
{
	size_t length = strlen(text);

	if (needles->is_everywhere)
		return true;
	for (size_t n = 1; n <= MH_LONGEST_NEEDLE && n <= length; n++)
	{
		MH_CHECK_INTERRUPTS();
		if (needles->has_length[n] && has_needle_of(needles, text, length, n))
			return true;
	}
	return false;
}
