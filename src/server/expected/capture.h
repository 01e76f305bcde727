/*-------------------------------------------------------------------------
 *
 * capture.h
 *	  Recording the live schema as what is expected at some rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_CAPTURE_H
#define MIGHEAD_SERVER_EXPECTED_CAPTURE_H

#include "server/scripts/scripts.h"
#include "server/version_table/version_table.h"

typedef struct MhCaptured
{
	int tables;
	int objects;
	int stored;       /* definitions that were not stored before */
	bool is_kept;     /* there was another expectation at these rows, and it was left */
	int differing;    /* where is_kept: objects that differ from it */
	MhStrings unread; /* objects that could not be read: where there are any, nothing is stored */
} MhCaptured;

/*
 * Records the live schema of a version table as the expectation at rows (full ids).
 * schemas NULL: those of earlier captures and the home schema.  A different expectation that is there is
 * kept unless replace.
 *
 * As the owner of our tables, with search_path pinned: the caller needs no privilege on them.
 * Locks the project's row, as a load does; on what is read as mh_definitions_read.
 * 25006 in a read-only transaction.
 */
extern MhCaptured mh_capture_rows(const MhVersionTable *table, const char *project,
								  const MhStrings *rows, const MhStrings *schemas, bool replace);

/*
 * The same as the step of one revision: what differs from old_rows is what revision (a full id)
 * changed, if something is expected at old_rows.  For the trigger of mighead_watch(capture
 * => true), to be called after the row has changed, for single upgrade steps only.  Whoever starts to
 * watch calls mh_capture_rows for the rows that are there (none: {}), since the first step
 * has nothing to be told from otherwise.  What is kept or could not be read is a WARNING.
 */
extern void mh_capture_step(const MhVersionTable *table, const char *project,
							const MhStrings *old_rows, const MhStrings *new_rows,
							const char *revision);

/* The WARNING of what was kept or could not be read. */
extern void mh_capture_report(const MhVersionTable *table, const MhStrings *rows,
							  const MhCaptured *captured);

#endif /* MIGHEAD_SERVER_EXPECTED_CAPTURE_H */
