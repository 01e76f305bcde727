/*-------------------------------------------------------------------------
 *
 * plan_private.h
 *	  What the sources of the plan core share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H
#define MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H

#include "core/plan/plan.h"
#include "core/graph/graph.h"

/*
 * Marks of nodes and their ancestors, or NULL with MH203 where one of nodes is
 * an ancestor of another.
 */
extern bool *mh_ancestors_checked(const MhGraph *graph, const MhNodes *nodes, MhError *err);

/* stamp.c, stamp_simulate.c: what the sources of the stamp core share. */

/* A stamp whose rows and targets have been resolved. */
typedef struct MhStamp
{
	const MhGraph *graph;
	MhStrings rows;     /* texts; none with purge */
	MhNodes *row_nodes; /* per row: what it stands for */
	MhNodes related;    /* Alembic's filtered_heads */
	MhStrings to_texts; /* revisions to stamp, in order, none for base */
	MhNodes to_nodes;   /* the same; MH_NOTHING where no script has it */
} MhStamp;

/*
 * What Alembic would do: true and the rows that it leaves, or false and how it
 * fails (*error).
 */
extern bool mh_stamp_simulate(const MhStamp *stamp, MhStrings *rows, char **error);

/* Says of a plan's result whether it holds a row and its ancestor, or one twice. */
extern void mh_stamp_find_overlap(const MhGraph *graph, MhStampPlan *plan);

#endif /* MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H */
