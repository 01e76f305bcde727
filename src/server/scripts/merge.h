/*-------------------------------------------------------------------------
 *
 * merge.h
 *	  What becomes of the stored revisions when scripts are loaded: which are
 *	  current, new, changed, retired.  Works on structures only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_MERGE_H
#define MIGHEAD_SERVER_SCRIPTS_MERGE_H

#include "server/scripts/scripts.h"

/*
 * The scripts that a load found, in load order.  Where refusals[i].sqlstate is set, a
 * script could not be read, and only a registration by hand can stand for it; its
 * revision may be known (else NULL) or not.
 */
typedef struct MhIncoming
{
	int n;
	int room;
	MhScript *scripts;
	MhRevisionFacts *facts; /* load_order and releases are not set */
	MhError *refusals;
	MhStrings warnings;
} MhIncoming;

/* A revision of the project as it is to be stored. */
typedef struct MhMergedRow
{
	MhScript script;
	MhRevisionFacts facts;
	int before;          /* index in the stored scripts, or -1 */
	const char *missing; /* what it refers to and is left out for, or NULL */
	bool is_held;        /* by hand, and in no file */
	bool written;        /* differs from what is stored */
} MhMergedRow;

typedef struct MhMerge
{
	bool is_load; /* rather than a change of one revision */
	int n;
	int room;
	MhMergedRow *rows; /* current ones first, in load order */
	int current;
	int added;
	int changed;
	int retired;
	MhScript *scripts; /* of the current ones */
	MhGraph *graph;
	MhStrings warnings;
} MhMerge;

extern void mh_incoming_add(MhIncoming *incoming, const MhScript *script,
							const MhRevisionFacts *facts, const MhError *refusal);

/*
 * Merges a load, which makes release number release, into what is stored.
 *
 * A registration by hand wins over a script of the same revision.  It stands for a
 * script that could not be read if that is for the same revision, or, where not even the
 * revision could be read, if its id is a word of the file's name; without a script it comes
 * last in load order, but is left out as long as something that it refers to is absent.
 * So do those of waiting (may be NULL), unless they are stored already.
 *
 * Raises what a script was refused for where nothing stands for it, and MH21x for a
 * graph that is refused.
 */
extern MhMerge *mh_merge_load(const MhScripts *before, const MhIncoming *incoming,
							  const MhIncoming *waiting, int64 release);

/*
 * Merges one revision, registered by hand, into the current release.  Where it refers to
 * what is absent it is not current, and *missing is that (else NULL); a revision that is
 * current already cannot be left out.  Raises MH21x.
 */
extern MhMerge *mh_merge_by_hand(const MhScripts *before, const MhScript *script, int64 release,
								 const char **missing);

/* Leaves out a registration by hand that has no script.  Raises MH21x. */
extern MhMerge *mh_merge_without(const MhScripts *before, const char *revision, int64 release);

/* Index of a stored revision, or -1. */
extern int mh_scripts_find(const MhScripts *scripts, const char *revision);

#endif /* MIGHEAD_SERVER_SCRIPTS_MERGE_H */
