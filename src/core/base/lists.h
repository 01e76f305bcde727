/*-------------------------------------------------------------------------
 *
 * lists.h
 *	  Lists of strings, and of the numbers of nodes.
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
 * A list of strings; elements are never NULL.  capacity is what v has room for, or 0
 * where v is borrowed (a slice of another list, an array of its own): what is added to
 * such a list moves it to an array that can grow.
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

/* Appends a copy of value, or value itself. */
extern void mh_strings_add(MhStrings *list, const char *value);
extern void mh_strings_push(MhStrings *list, const char *value);
extern bool mh_strings_contain(const MhStrings *list, const char *value);

/* The same elements in the same order. */
extern bool mh_strings_equal(const MhStrings *a, const MhStrings *b);

/* The same text, or both NULL. */
extern bool mh_texts_equal(const char *a, const char *b);

/* By strcmp. */
extern void mh_strings_sort(MhStrings *list);

/* The same without duplicates: a set. */
extern void mh_strings_make_set(MhStrings *list);

/* "a, b, c"; the caller frees. */
extern char *mh_strings_join(const MhStrings *list, const char *separator);

/* An empty list with room for n. */
extern MhStrings mh_strings_with_room(int n);
extern MhNodes mh_nodes_with_room(int n);

/* A list without one of each of the values, as multisets; its order stays. */
extern MhStrings mh_strings_without(const MhStrings *list, const MhStrings *values);

/* Frees the elements too. */
extern void mh_strings_free(MhStrings *list);

extern void mh_nodes_add(MhNodes *list, int node);

extern bool mh_begins_with(const char *text, const char *beginning);

#endif /* MIGHEAD_CORE_BASE_LISTS_H */
