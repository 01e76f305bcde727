/*-------------------------------------------------------------------------
 *
 * cast.h
 *	  The cast of a column's values to a new type, and trying it on them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_PREFLIGHT_CAST_H
#define MIGHEAD_SERVER_PREFLIGHT_CAST_H

#include "server/preflight/preflight.h"

#include "nodes/primnodes.h"

typedef struct MhCast
{
	Oid source;
	Oid target;
	Expr *expression; /* planned; its CaseTestExpr is the value */
	bool needs_using;
} MhCast;

/* A trial of a cast, with its counts so far. */
typedef struct MhCastTrial MhCastTrial;

extern MhCastTrial *mh_cast_trial_begin(const MhCast *cast, int max_samples);

/*
 * Tries the cast on n values.  Errors about a value are counted.  Other errors (a cancelled query,
 * out of memory, a lock) are raised.  Not for parallel operations.
 */
extern void mh_cast_try(MhCastTrial *trial, const Datum *values, const bool *nulls, int n);

/* Ends the trial and fills in its counts. */
extern void mh_cast_trial_end(MhCastTrial *trial, MhCastable *castable);

#endif /* MIGHEAD_SERVER_PREFLIGHT_CAST_H */
