/*-------------------------------------------------------------------------
 *
 * graph_private.h
 *	  What the sources of the graph core share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H
#define MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H

#include "core/graph/graph.h"
#include "core/graph/name_index.h"

/*
 * Python's None where Alembic's walks end beyond a base; MH_BASE is then its
 * word "base".  Only within lists that mh_identify and mh_walk return.
 */
#define MH_NOTHING (-2)

typedef enum MhEdges
{
	MH_EDGES_DOWN,     /* down_revision */
	MH_EDGES_ALL_DOWN, /* down_revision and depends_on */
	MH_EDGES_NEXT,     /* the reverse of MH_EDGES_DOWN */
	MH_EDGES_ALL_NEXT  /* the reverse of MH_EDGES_ALL_DOWN */
} MhEdges;

/*
 * Marks start and everything reached from it along edges.  What is marked
 * already is taken as closed: it is not walked again.
 */
extern void mh_graph_mark(const MhGraph *graph, const MhNodes *start, MhEdges edges, bool *marks);

/* The indexes that are set, in load order. */
extern MhNodes mh_graph_marked(const MhGraph *graph, const bool *marks);

/* A list of one node. */
extern MhNodes mh_nodes_one(int node);
extern bool mh_nodes_contain(const MhNodes *list, int node);

/*
 * An empty list with room for n strings, which the caller may fill in without
 * copying them; mh_strings_add may follow.
 */
extern MhStrings mh_strings_with_room(int n);

/* Cycles, as Alembic finds them, and those that it misses: MH211, MH212. */
extern bool mh_graph_check_cycles(const MhGraph *graph, MhError *err);

/* Fills in rank and by_rank of a graph without cycles. */
extern void mh_graph_rank(MhGraph *graph);

/* Fills in ndown: down and those dependencies that no ancestor has. */
extern void mh_graph_normalize(MhGraph *graph);

/* Fills in labels from those that the scripts carry. */
extern void mh_graph_propagate_labels(MhGraph *graph);

#endif /* MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H */
