/*-------------------------------------------------------------------------
 *
 * compare.h
 *	  The live schema beside what is expected of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_COMPARE_H
#define MIGHEAD_SERVER_EXPECTED_COMPARE_H

#include "server/definitions/definitions.h"
#include "server/scripts/scripts.h"
#include "server/version_table/version_table.h"
#include "core/difference/difference.h"
#include "core/expectation/locate.h"

typedef enum MhExpectation
{
	MH_EXPECTED,         /* there is one, comparable with this server */
	MH_NOTHING_EXPECTED, /* none at these rows, none can be composed */
	MH_OTHER_FORMAT      /* there is one that this server or version cannot compare */
} MhExpectation;

typedef struct MhComparison
{
	MhExpectation expectation;
	char *reason;               /* where not MH_EXPECTED: a sentence */
	MhDifferences *differences; /* accepted ones (mighead.ignored) left out; NULL unless
								 * MH_EXPECTED */
	int objects;                /* differing objects of severity 1 and up */
	bool is_complete;           /* nothing was busy or unreadable */
	const char *home;           /* schema, for mh_absolute; SQL identifier */
	const char *owner;          /* role, for mh_absolute; SQL identifier */
	const MhComposed *composed; /* for mh_introduced_by; NULL unless MH_EXPECTED */
	MhExpectations *expectations;
	const MhDefinitions *live; /* what was read; NULL unless MH_EXPECTED */
} MhComparison;

/* Was anything captured for the project?  As the caller, who may read expectations. */
extern bool mh_has_expectations(MhScripts *scripts);

/*
 * Compares the schema of a version table with what is expected at rows (not necessarily
 * those it has).  relation: only this one and what belongs to it; InvalidOid: all.
 * with_global: the objects of the database as a whole too, which are of no tenant in particular.
 *
 * As the caller, who may read expectations; locks as mh_definitions_read; never
 * waits.  No errors for a bad state.
 */
extern MhComparison *mh_compare_schema(const MhVersionTable *table, MhScripts *scripts,
									   const MhStrings *rows, Oid relation, bool with_global);

/*
 * Does the live schema satisfy what is expected: nothing missing, changed or invalid at
 * severity 2?  *known is false where nothing comparable is expected, or what could not be
 * read leaves it open.
 */
extern bool mh_satisfies(const MhComparison *comparison, bool *known);

/*
 * What is expected anywhere that fits the live schema best; NULL where nothing comparable is expected
 * anywhere.  current NULL: the rows are not known.  As above.
 */
extern MhLocations *mh_locate_schema(const MhVersionTable *table, MhScripts *scripts,
									 const MhStrings *current);

/*
 * The version table that there would be, for a project of which there is none: no rows, in the
 * project's schema, else "public", owned by the owner of the database.
 */
extern MhVersionTable *mh_version_table_imagined(const MhProject *project);

/* What to read of the live schema; schemas as expected, with MH_HOME. */
extern MhScope mh_scope_of(const MhVersionTable *table, const MhStrings *schemas, bool with_global);

/* A text of a definition as a person knows it: home schema and owner by name. */
extern char *mh_shown(const MhComparison *comparison, const char *text);

#endif /* MIGHEAD_SERVER_EXPECTED_COMPARE_H */
