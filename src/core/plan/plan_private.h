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

/*
 * Marks of nodes and their ancestors, or NULL with MH203 where one of nodes is
 * an ancestor of another.
 */
extern bool *mh_ancestors_checked(const MhGraph *graph, const MhNodes *nodes, MhError *err);

#endif /* MIGHEAD_CORE_PLAN_PLAN_PRIVATE_H */
