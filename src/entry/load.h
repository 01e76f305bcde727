/*-------------------------------------------------------------------------
 *
 * load.h
 *	  The end of every load: merges, stores, and returns the row about it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_LOAD_H
#define MIGHEAD_ENTRY_LOAD_H

#include "server/scripts/scripts.h"

/* Returns the release argument, or NULL if it is NULL or empty. */
extern char *mh_release_argument(FunctionCallInfo fcinfo, int argno);

/*
 * Merges what a load found into an open project, stores it as the next release, closes the store
 * and returns the row of a load.  waiting may be NULL.
 */
extern Datum mh_load_finish(FunctionCallInfo fcinfo, MhStore *store, const MhIncoming *incoming,
							const MhIncoming *waiting, const char *label, const char *source);

/* Stores the rows of a merge that differ from the stored ones. */
extern void mh_load_store_rows(MhStore *store, const MhMerge *merge);

/* Returns the row that a load returns. */
extern Datum mh_load_row(FunctionCallInfo fcinfo, const MhMerge *merge, const MhStrings *heads,
						 const MhStrings *warnings);

#endif /* MIGHEAD_ENTRY_LOAD_H */
