/*-------------------------------------------------------------------------
 *
 * name_index.h
 *	  The name space that ids and branch labels of a graph share; private to
 *	  the graph core.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_NAME_INDEX_H
#define MIGHEAD_CORE_GRAPH_NAME_INDEX_H

#include "core/base/base.h"

typedef struct MhName
{
	const char *text;
	int node;
} MhName;

typedef struct MhNames MhNames;

/* Room for about expected names; it grows. */
extern MhNames *mh_names_create(int expected);

/*
 * Enters a name, whose text must live as long as the names.  False where a
 * node (*holder) has it already.
 */
extern bool mh_names_add(MhNames *names, const char *text, int node, int *holder);

/* The node of exactly this name, or -1. */
extern int mh_names_find(const MhNames *names, const char *text);

/*
 * The names that a prefix stands for, in the order in which they were entered:
 * those that start with it and are longer than three characters themselves
 * (Alembic measures the name, not the prefix: section 1.5 of its semantics).
 * The indexes are for mh_names_get.
 */
extern MhNodes mh_names_with_prefix(MhNames *names, const char *prefix);

extern const MhName *mh_names_get(const MhNames *names, int index);

/* Characters, not bytes, of UTF-8. */
extern int mh_character_count(const char *text);

#endif /* MIGHEAD_CORE_GRAPH_NAME_INDEX_H */
