/*-------------------------------------------------------------------------
 *
 * locate.h
 *	  Which rows a live schema fits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_EXPECTATION_LOCATE_H
#define MIGHEAD_CORE_EXPECTATION_LOCATE_H

#include "core/expectation/expectation.h"

/*
 * How a live schema compares with one expectation.  Only what tells revisions from
 * one another counts: MhDefinition.structure of the objects that
 * are mh_definition_is_structural.
 */
typedef struct MhLocation
{
	MhStrings rows;
	int node;          /* the revision, where rows are just one that is in the graph; else -1 */
	int applied;       /* revisions that the rows stand for; 0 without a graph */
	MhStrings same_as; /* rows of other expectations that are the very same: an id, or {a,b} */
	int matching;
	int missing;
	int extra;
	int changed;
	bool is_exact;
	bool is_current;
} MhLocation;

typedef struct MhLocations
{
	int n;
	MhLocation *v; /* best first */
} MhLocations;

/*
 * Compares with every captured set, with every single revision, with the heads and with
 * the current rows (NULL: not known), as far as they can be composed.  Of
 * expectations that are the same one is listed: the current one, else that with the most revisions.
 * Those of another format, or with other schemas than these, are left out.
 */
extern MhLocations *mh_locate(MhExpectations *expectations, const MhGraph *graph,
							  const MhDefinitions *live, const MhStrings *schemas,
							  const MhStrings *current);

/* How far a live schema went on the step of one revision from an expectation. */
typedef struct MhPartial
{
	int node;  /* the revision; MH_BASE: none of those that could come next was begun */
	int done;  /* objects of its step that are as after it */
	int open;  /* objects of its step that are not */
	int begun; /* those of them that are not as before it either, such as an invalid index */
} MhPartial;

/*
 * The revision that could be applied next on top of rows and of which a part, but not all, is
 * done; of several the one with most done.  node is MH_BASE where none is.
 */
extern MhPartial mh_locate_partial(const MhExpectations *expectations, const MhGraph *graph,
								   const MhStrings *rows, const MhDefinitions *live);

#endif /* MIGHEAD_CORE_EXPECTATION_LOCATE_H */
