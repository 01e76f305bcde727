/*-------------------------------------------------------------------------
 *
 * plan_readers.h
 *	  Rows that plans and those who carry them out return alike.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_PLAN_READERS_H
#define MIGHEAD_ENTRY_PLAN_READERS_H

#include "core/plan/plan.h"
#include "entry/result.h"

/* The steps of a stamp, in the columns of mighead_stamp_plan. */
extern void mh_put_stamp_steps(MhResult *result, const MhStampPlan *plan);

#endif /* MIGHEAD_ENTRY_PLAN_READERS_H */
