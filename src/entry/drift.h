/*-------------------------------------------------------------------------
 *
 * drift.h
 *	  Rows of mighead_drift and mighead_locate, for this database and for one elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_DRIFT_H
#define MIGHEAD_ENTRY_DRIFT_H

#include "entry/result.h"
#include "server/expected/expected.h"

/* What is asked of each version table. */
typedef struct MhDriftRequest
{
	List *projects;       /* of MhProject * */
	Oid relation;         /* only this one; InvalidOid: all.  Elsewhere the table says it */
	const char *revision; /* compares with this target; NULL: with the rows */
	int min_severity;
} MhDriftRequest;

/* Compares the schemas of version tables and puts their rows. */
extern void mh_drift_put(MhResult *result, const MhDriftRequest *request, List *tables);

/* Puts the first locations; NULL: there are none. */
extern void mh_locations_put(MhResult *result, const MhLocations *locations, int max_results,
							 const MhGraph *graph);

/* Returns an argument that says how many results there may be.  Raises 22004 and 22023. */
extern int mh_max_results_argument(FunctionCallInfo fcinfo, int argno);

#endif /* MIGHEAD_ENTRY_DRIFT_H */
