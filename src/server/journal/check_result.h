/*-------------------------------------------------------------------------
 *
 * check_result.h
 *	  Access to mighead.check_result and mighead.check_finding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_JOURNAL_CHECK_RESULT_H
#define MIGHEAD_SERVER_JOURNAL_CHECK_RESULT_H

#include "server/version_table/version_table.h"
#include "core/diagnosis/diagnosis.h"

/* So many checks are kept, and so many findings that are no longer seen. */
#define MH_KEPT_CHECKS 1000
#define MH_KEPT_FINDINGS 10000

/* What one call of mighead_check found. */
typedef struct MhCheck
{
	const char *argument; /* the version table that was asked for, as SQL; NULL: all */
	int n;
	const char **tables;     /* of each diagnosis, as SQL; "": there is no version table */
	MhDiagnosis **diagnoses; /* at least one */
	int worst;               /* of them */
} MhCheck;

/* How it compares with the check before of the same version tables. */
typedef struct MhCheckChange
{
	bool is_changed; /* worst state or the state of any version table; at first: is it bad? */
	char *state;     /* of the check before; NULL: there was none */
} MhCheckChange;

/*
 * Stores the result, dates its findings, and drops the oldest results.  As the owner of the
 * tables.  Locks mighead.check_result in SHARE ROW EXCLUSIVE mode to the end of the
 * transaction, so that of two checks at the same time one sees what the other stored.
 */
extern MhCheckChange mh_check_store(const MhCheck *check);

/*
 * When the last check of all version tables was, or 0 if there was none.  As the caller;
 * *permitted is false where that may not be read.
 */
extern TimestampTz mh_check_last(bool *permitted);

/* Deletes what is older.  As the owner of the tables; returns how many rows. */
extern int64 mh_check_prune(TimestampTz before);

#endif /* MIGHEAD_SERVER_JOURNAL_CHECK_RESULT_H */
