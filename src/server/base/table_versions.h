/*-------------------------------------------------------------------------
 *
 * table_versions.h
 *	  The versions of all rows of one of our tables, of which most pages need not be read again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_TABLE_VERSIONS_H
#define MIGHEAD_SERVER_BASE_TABLE_VERSIONS_H

#include "mighead.h"

#include "utils/relcache.h"

/* The versions of rows (row_version.h) that a snapshot sees. */
typedef struct MhTableVersions
{
	uint64 n;
	uint64 sum; /* because the order of the heap does not matter */
} MhTableVersions;

/* What a session has seen of the pages of a table. */
typedef struct MhSeenTable MhSeenTable;

/*
 * Returns the versions of the rows that the active snapshot shows of a table that mh_own_table_open
 * has opened.  *seen is NULL at first; from then on the session keeps it.
 */
extern MhTableVersions mh_table_versions(Relation table, MhSeenTable **seen);

#endif /* MIGHEAD_SERVER_BASE_TABLE_VERSIONS_H */
