/*-------------------------------------------------------------------------
 *
 * graph_private.h
 *	  Declarations that the sources of the graph core share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H
#define MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H

#include "core/graph/graph.h"

/* Checks for cycles: MH211 and MH212 for those that Alembic finds, and for those that it misses. */
extern bool mh_graph_check_cycles(const MhGraph *graph, MhError *err);

/* Fills in rank, by_rank, parents and parents_end.  The graph must have no cycles. */
extern void mh_graph_rank(MhGraph *graph);

/* Fills in ndown: down, and the dependencies that no ancestor has. */
extern void mh_graph_normalize(MhGraph *graph);

/* Fills in labels by propagating those that the scripts have. */
extern void mh_graph_propagate_labels(MhGraph *graph);

/* The parts of an identifier, as _resolve_revision_number splits it. */
typedef struct MhTerm
{
	char *label;   /* text before the first @; NULL: no @ */
	char *text;    /* the rest, to be looked up; NULL: it was a word */
	MhNodes nodes; /* the nodes of the word (head, heads, base) */
} MhTerm;

extern bool mh_term_parse(const MhGraph *graph, const char *identifier, MhTerm *term, MhError *err);
extern bool mh_term_has_label(const MhTerm *term);

/*
 * Looks up an id, a label or a prefix as mh_lookup does.  within: a prefix stands only for names of
 * these nodes (NULL: of all); an exact name is found anywhere.  Fails with MH201.
 */
extern bool mh_lookup_within(const MhGraph *graph, const char *text, const bool *within, int *node,
							 MhError *err);

/* Returns marks of the nodes and of all nodes above or below one of them. */
extern bool *mh_mark_lineage(const MhGraph *graph, const MhNodes *nodes, bool dependencies);

/* Refuse in Alembic's words.  Always return false. */
extern bool mh_fail_resolution(MhError *err, const char *argument, const char *detail);
extern bool mh_fail_multiple_heads(const MhGraph *graph, const MhNodes *heads, const char *argument,
								   MhError *err);
extern bool mh_fail_unknown(const char *text, MhError *err);

#endif /* MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H */
