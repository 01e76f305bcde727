/*-------------------------------------------------------------------------
 *
 * lookup.h
 *	  What a review looks up by name or number, in a time that does not grow with the script.
 *
 *	  MhModelIndex   things by a hash of their names or numbers, the newest first
 *	  MhNames        a set of names, in the order in which they were added
 *	  MhNeedles      a set of names that are looked for inside of texts
 *
 * Names are those of strangers: they are hashed with a key, so that nobody can choose many with the
 * same hash.  PostgreSQL's simplehash does not serve here: it needs a library of its own outside the
 * server, wants each key once, and moves what it has found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_REVIEW_LOOKUP_H
#define MIGHEAD_CORE_REVIEW_LOOKUP_H

#include "core/base/keyed_hash.h"

/* Names of more bytes are taken to be in each text.  Those of relations have four times 63 at most. */
#define MH_LONGEST_NEEDLE 255

typedef struct MhModelEntry
{
	uint64 hash;
	void *thing;
	int at; /* in an array that may move; thing is NULL */
	struct MhModelEntry *next;
} MhModelEntry;

typedef struct MhModelIndex
{
	MhModelEntry **buckets;
	uint32 n_buckets; /* a power of two; 0: there are none yet */
	uint32 n;
} MhModelIndex;

typedef struct MhNames
{
	int n;
	char **v; /* NULL where a name was removed */
	int places;
	MhModelIndex by_name;
} MhNames;

typedef struct MhNeedles
{
	MhNames names;
	MhModelIndex by_roll;
	bool has_length[MH_LONGEST_NEEDLE + 1];
	bool is_everywhere; /* one is empty, or too long */
} MhNeedles;

/* The key of all hashes of this process, which is to be the same in each call. */
extern void mh_index_use_key(const MhHashKey *key);

extern uint64 mh_index_hash(const char *name);
extern uint64 mh_index_hash_in(const char *schema, const char *name);
extern uint64 mh_index_hash_id(uint32 id);

/* Puts a thing before those with the same hash. */
extern void mh_index_put(MhModelIndex *index, uint64 hash, void *thing, int at);

/* The entries among which those with the hash are; others are, too. */
extern const MhModelEntry *mh_index_first(const MhModelIndex *index, uint64 hash);

/* The same, to take some out; the caller counts them in n.  There has to be an entry. */
extern MhModelEntry **mh_index_bucket(const MhModelIndex *index, uint64 hash);

extern bool mh_names_have(const MhNames *names, const char *name);
/* Adds a copy, if it is not there. */
extern void mh_names_add(MhNames *names, const char *name);
extern void mh_names_remove(MhNames *names, const char *name);
/* In its place, if from is there. */
extern void mh_names_replace(MhNames *names, const char *from, const char *to);
extern void mh_names_clear(MhNames *names);
/* "a, b and 3 more" */
extern char *mh_names_shown(const MhNames *names, int most);

extern void mh_needles_add(MhNeedles *needles, const char *name);
/* Whether one of the names is a part of the text. */
extern bool mh_needles_found(const MhNeedles *needles, const char *text);

#endif /* MIGHEAD_CORE_REVIEW_LOOKUP_H */
