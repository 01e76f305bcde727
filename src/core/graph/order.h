/*-------------------------------------------------------------------------
 *
 * order.h
 *	  The order of a plan; private to the graph core.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_ORDER_H
#define MIGHEAD_CORE_GRAPH_ORDER_H

#include "core/graph/graph_private.h"

/*
 * Orders members newest first as Alembic's _topological_sort does from heads
 * (section 1.12 of its semantics).  False where not all members can be reached
 * from heads, where an assertion of Alembic's fails.  members is consumed:
 * what is left set was not reached.
 */
extern bool mh_graph_order(const MhGraph *graph, bool *members, const MhNodes *heads,
						   MhNodes *ordered);

#endif /* MIGHEAD_CORE_GRAPH_ORDER_H */
