/*-------------------------------------------------------------------------
 *
 * graph.h
 *	  The revision graph: relations, labels and identifiers, as Alembic's
 *	  RevisionMap has them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_GRAPH_H
#define MIGHEAD_CORE_GRAPH_GRAPH_H

#include "core/base/base.h"

/* "base", or no revision at all, where one node is meant. */
#define MH_BASE (-1)

typedef struct MhNode
{
	const MhScript *script; /* what was loaded; owned by the caller */
	const char *id;         /* = script->revision */

	MhNodes down;     /* down_revision, as written (duplicates kept) */
	MhNodes deps;     /* depends_on, resolved */
	MhNodes ndown;    /* down, then normalised deps, no duplicates */
	MhNodes next;     /* nodes that have this one in down */
	MhNodes all_next; /* next, and nodes that depend on this one */
	MhStrings labels; /* own and propagated branch labels, sorted */

	bool is_head;         /* no next: Alembic's "head" */
	bool is_real_head;    /* no all_next: Alembic's "heads" */
	bool is_base;         /* no down */
	bool is_real_base;    /* no down and no deps */
	bool is_branch_point; /* several next */
	bool is_merge_point;  /* several entries in down */
	int rank;             /* length of the longest path down over ndown;
								 * an ancestor always has a smaller rank */
} MhNode;

/* Nodes are in load order; an index into nodes is the identity of a revision. */
typedef struct MhGraph
{
	int n;
	MhNode *nodes;
	struct MhNames *names; /* ids and labels; private */
	int *by_rank;          /* nodes, ancestors before descendants; private */
} MhGraph;

/*
 * Builds the graph of n scripts in load order, which must outlive it.
 * Returns NULL with MH210 ... MH215 where the graph is one that Alembic refuses
 * (or only warns about: duplicate ids, references to absent revisions).
 */
extern MhGraph *mh_graph_build(const MhScript *scripts, int n, MhError *err);

/* Node of this very id (not label, not prefix), or MH_BASE. */
extern int mh_graph_find(const MhGraph *graph, const char *id);

extern MhNodes mh_graph_heads(const MhGraph *graph); /* load order */
extern MhNodes mh_graph_real_heads(const MhGraph *graph);
extern MhNodes mh_graph_bases(const MhGraph *graph);

/*
 * RevisionMap.get_revisions: any identifier that Alembic takes to several
 * nodes; base gives none.  MH201, MH202, MH205 as Alembic's command line words
 * them, the low-level text in detail.
 */
extern bool mh_resolve(const MhGraph *graph, const char *identifier, MhNodes *nodes, MhError *err);

/* RevisionMap.get_revision: *node is MH_BASE for base. */
extern bool mh_resolve_one(const MhGraph *graph, const char *identifier, int *node, MhError *err);

/* Marks (in bool[graph->n]) the given nodes and all their ancestors (ndown). */
extern bool *mh_graph_ancestors(const MhGraph *graph, const MhNodes *nodes);

/* The same upward, over all_next; versioned_only: over next. */
extern bool *mh_graph_descendants(const MhGraph *graph, const MhNodes *nodes, bool versioned_only);

/* Does ancestor lie below descendant (dependencies included)?  False if equal. */
extern bool mh_graph_is_ancestor(const MhGraph *graph, int ancestor, int descendant);

/* The ids of nodes, sharing the graph's strings. */
extern MhStrings mh_graph_ids(const MhGraph *graph, const MhNodes *nodes);

/* The maximal nodes of a set given as bool[graph->n], in load order. */
extern MhNodes mh_graph_maximal(const MhGraph *graph, const bool *members);

#endif /* MIGHEAD_CORE_GRAPH_GRAPH_H */
