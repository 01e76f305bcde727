/*-------------------------------------------------------------------------
 *
 * lists.h
 *	  Lists of strings, and lists of nodes of a graph.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_BASE_LISTS_H
#define MIGHEAD_CORE_BASE_LISTS_H

#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "lib/stringinfo.h"

#include "core/base/interrupts.h"

/*
 * A list of strings, which are never NULL.  capacity is the number of elements that v has room for.
 * It is 0 if v is borrowed: a slice of another list, or an array that somebody else owns.  Adding
 * to such a list first copies v to an array that can grow.
 */
typedef struct MhStrings
{
	int n;
	char **v;
	int capacity;
} MhStrings;

/* A list of nodes of a graph: indexes into MhGraph.nodes. */
typedef struct MhNodes
{
	int n;
	int *v;
	int capacity; /* as in MhStrings */
} MhNodes;

/* mh_strings_add appends a copy of value, mh_strings_push value itself. */
extern void mh_strings_add(MhStrings *list, const char *value);
extern void mh_strings_push(MhStrings *list, const char *value);
extern bool mh_strings_contain(const MhStrings *list, const char *value);

/* Returns whether both lists have the same elements in the same order. */
extern bool mh_strings_equal(const MhStrings *a, const MhStrings *b);

/* Returns whether both texts are equal, or both are NULL. */
extern bool mh_texts_equal(const char *a, const char *b);

/* Sorts the list by strcmp. */
extern void mh_strings_sort(MhStrings *list);

/* Sorts the list by strcmp and removes duplicates. */
extern void mh_strings_make_set(MhStrings *list);

/*
 * Returns the elements with separator between them, such as "a, b, c".  The caller frees the
 * result.
 */
extern char *mh_strings_join(const MhStrings *list, const char *separator);

/* Return an empty list with room for n elements. */
extern MhStrings mh_strings_with_room(int n);
extern MhNodes mh_nodes_with_room(int n);

/*
 * Returns list without values, both taken as multisets: each value removes one equal element.  The
 * order is kept.
 */
extern MhStrings mh_strings_without(const MhStrings *list, const MhStrings *values);

/* Frees the list and its elements. */
extern void mh_strings_free(MhStrings *list);

extern void mh_nodes_add(MhNodes *list, int node);

extern bool mh_begins_with(const char *text, const char *beginning);

#endif /* MIGHEAD_CORE_BASE_LISTS_H */
