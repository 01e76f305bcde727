/*-------------------------------------------------------------------------
 *
 * plan_readers.h
 *	  Rows that both plans and writers return.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_PLAN_READERS_H
#define MIGHEAD_ENTRY_PLAN_READERS_H

#include "core/plan/plan.h"
#include "entry/result.h"

/* Adds the steps of a stamp, in the columns of mighead_stamp_plan. */
extern void mh_put_stamp_steps(MhResult *result, const MhStampPlan *plan);

#endif /* MIGHEAD_ENTRY_PLAN_READERS_H */
