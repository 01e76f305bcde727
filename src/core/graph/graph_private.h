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

/* Cycles, as Alembic finds them, and those that it misses: MH211, MH212. */
extern bool mh_graph_check_cycles(const MhGraph *graph, MhError *err);

/* Fills in rank and by_rank of a graph without cycles. */
extern void mh_graph_rank(MhGraph *graph);

/* Fills in ndown: down and those dependencies that no ancestor has. */
extern void mh_graph_normalize(MhGraph *graph);

/* Fills in labels from those that the scripts carry. */
extern void mh_graph_propagate_labels(MhGraph *graph);

/* An identifier taken apart: _resolve_revision_number. */
typedef struct MhTerm
{
	char *label;   /* text before the first @, NULL where there is no @ */
	char *text;    /* the rest, to be looked up; NULL where it was a word */
	MhNodes nodes; /* what the word (head, heads, base) stands for */
} MhTerm;

extern bool mh_term_parse(const MhGraph *graph, const char *identifier, MhTerm *term, MhError *err);
extern bool mh_term_has_label(const MhTerm *term);

/* within: only names of these nodes are candidates; NULL for all. */
extern bool mh_lookup_within(const MhGraph *graph, const char *text, const bool *within, int *node,
							 MhError *err);

/* Marks nodes and what is above or below one of them. */
extern bool *mh_mark_lineage(const MhGraph *graph, const MhNodes *nodes, bool dependencies);

/* Refusals in Alembic's words.  False. */
extern bool mh_fail_resolution(MhError *err, const char *argument, const char *detail);
extern bool mh_fail_multiple_heads(const MhGraph *graph, const MhNodes *heads, const char *argument,
								   MhError *err);
extern bool mh_fail_unknown(const char *text, MhError *err);

#endif /* MIGHEAD_CORE_GRAPH_GRAPH_PRIVATE_H */
