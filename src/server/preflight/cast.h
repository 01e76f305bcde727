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
	Expr *expression; /* planned; the value is its CaseTestExpr */
	bool needs_using;
} MhCast;

/* Trying a cast, and what came of it so far. */
typedef struct MhCastTrial MhCastTrial;

extern MhCastTrial *mh_cast_trial_begin(const MhCast *cast, int max_samples);

/*
 * Tries n values.  What a value is refused with is noted; an error that is none of the
 * value's (a cancelled query, no memory, no lock) is raised.  Not in a parallel operation.
 */
extern void mh_cast_try(MhCastTrial *trial, const Datum *values, const bool *nulls, int n);

/* Fills in what was counted. */
extern void mh_cast_trial_end(MhCastTrial *trial, MhCastable *castable);

#endif /* MIGHEAD_SERVER_PREFLIGHT_CAST_H */
