/*-------------------------------------------------------------------------
 *
 * plan_private.h
 *	  Declarations that the sources of the plan core share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H
#define MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H

#include "core/plan/plan.h"
#include "core/graph/graph.h"

/*
 * Returns marks of nodes and their ancestors, or NULL with MH203 if one of the nodes is an ancestor
 * of another.
 */
extern bool *mh_ancestors_checked(const MhGraph *graph, const MhNodes *nodes, MhError *err);

/* stamp.c, stamp_simulate.c */

/* A stamp whose rows and targets have been resolved. */
typedef struct MhStamp
{
	const MhGraph *graph;
	MhStrings rows;     /* texts; none with purge */
	MhNodes *row_nodes; /* per row: the nodes for which it stands */
	MhNodes related;    /* Alembic's filtered_heads */
	MhStrings to_texts; /* revisions to stamp, in order; none for base */
	MhNodes to_nodes;   /* the same as nodes; MH_NOTHING: no script has it */
} MhStamp;

/*
 * Simulates the stamp in Alembic.  Returns true and the rows that Alembic leaves, or false and how
 * it fails (*error).
 */
extern bool mh_stamp_simulate(const MhStamp *stamp, MhStrings *rows, char **error);

/* Fills in overlap of a plan: rows_after holds a row and its ancestor, or a row twice. */
extern void mh_stamp_find_overlap(const MhGraph *graph, MhStampPlan *plan);

#endif /* MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H */
