/*-------------------------------------------------------------------------
 *
 * review.h
 *	  What the functions share that review a script for this database, or for one elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_REVIEW_H
#define MIGHEAD_ENTRY_REVIEW_H

#include "entry/context.h"
#include "entry/result.h"
#include "server/review/review.h"

/* Puts a row for each finding of the effects, and for each note (of MhReviewNote *). */
extern void mh_review_put(MhResult *result, MhReviewEffect **effects, int n, const List *notes);

/*
 * Reviews what is pending, as it was recorded in CI.  target: the number of that argument.  Raises
 * what keeps it from being planned.
 */
extern void mh_review_pending(FunctionCallInfo fcinfo, int target, MhResult *result,
							  const MhContext *context, const MhReviewOptions *options);

#endif /* MIGHEAD_ENTRY_REVIEW_H */
