/*-------------------------------------------------------------------------
 *
 * comparison.h
 *	  The live schema beside what is expected of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_COMPARISON_H
#define MIGHEAD_COMPARISON_H

#include "catalog/scripts.h"
#include "catalog/version_table.h"
#include "core/difference.h"

typedef enum MhExpectation
{
	MH_EXPECTED,         /* there is one, comparable with this server */
	MH_NOTHING_EXPECTED, /* none at these rows, none can be composed */
	MH_OTHER_FORMAT      /* there is one that this server or version cannot compare */
} MhExpectation;

typedef struct MhComparison
{
	MhExpectation expectation;
	char *reason; /* where not MH_EXPECTED: a sentence */
	MhDifferences
		*differences; /* accepted ones (mighead.ignored) left out; NULL unless MH_EXPECTED */
	int objects;      /* differing objects of severity 1 and up */
	const char *home; /* schema, for mh_absolute; SQL identifier */
} MhComparison;

/*
 * Compares the schema of a version table with what is expected at rows (full
 * ids; not necessarily those it has).  relation: only this one; InvalidOid: all.
 *
 * As the caller, who may read expectations; locks as mh_definitions_read; never
 * waits.  No errors for a bad state.
 */
extern MhComparison *mh_compare_schema(const MhVersionTable *table, const MhScripts *scripts,
									   const MhStrings *rows, Oid relation);

#endif /* MIGHEAD_COMPARISON_H */
