/*-------------------------------------------------------------------------
 *
 * expected.h
 *	  Access to mighead.definition, mighead.expected_set and mighead.expected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_EXPECTED_H
#define MIGHEAD_SERVER_EXPECTED_EXPECTED_H

#include "server/scripts/write.h"
#include "core/expectation/expectation.h"

/*
 * All that is stored for a project, without the definitions themselves.  As the caller;
 * AccessShareLock on the three tables.  XX001 where the rows do not fit together (written
 * past our functions).
 */
extern MhExpectations *mh_expectations_read(const char *project);

/* Loads the definitions of these forms (NULL: of all) that are not loaded yet.  As the caller. */
extern void mh_expectations_load(MhExpectations *expectations, const int *forms);

/* The same of all forms of these objects (bool[n_objects]). */
extern void mh_expectations_load_objects(MhExpectations *expectations, const bool *objects);

/*
 * The expectation at rows, in whatever order, implied ones or not, for mh_expectations_load.
 * False, with the reason, where there is none.
 */
extern bool mh_expected_at(MhExpectations *expectations, const MhGraph *graph,
						   const MhStrings *rows, MhComposed *composed);

/* The schemas that the captures of the project named, and MH_HOME: sorted. */
extern MhStrings mh_expected_schemas(const MhExpectations *expectations);

/* One set to be stored, of which mh_expected_write works out the difference. */
typedef struct MhNewSet
{
	MhStrings rows;       /* mh_rows_key */
	const char *revision; /* NULL: not the step of one */
	int previous;         /* index of a set in the expectations; -1: none */
	MhStrings schemas;    /* sorted; MH_HOME for the home schema */
	const MhDefinitions *definitions;
} MhNewSet;

/*
 * Writes a set.  Where there is one at these rows already it is replaced, but goes on to build on
 * what it built on, and those that build on it keep what they hold.  Returns the number of
 * definitions that were not stored before.  Under mh_store_open; expectations as read under it.
 */
extern int mh_expected_write(MhStore *store, const MhExpectations *expectations,
							 const MhNewSet *set);

/* The difference from one ordered list of definitions to another, told by checksums. */
typedef struct MhManifestEntry
{
	const char *type;
	const char *name;
	const char *checksum;
} MhManifestEntry;

typedef struct MhManifest
{
	int n;
	MhManifestEntry *v; /* by type and name */
} MhManifest;

/*
 * Lower pieces, for documents and for pruning.
 *
 * mh_expected_store_set writes the row of a set that tells a difference from before to
 * after; the set takes rows, previous_rows, revision, schemas and what the server is from set.
 */
extern MhManifest mh_manifest_of_forms(const MhExpectations *expectations, const int *forms);
extern MhManifest mh_manifest_of(const MhDefinitions *definitions);
extern int mh_definitions_store(const MhDefinition *const *definitions, int n);
extern void mh_expected_store_set(MhStore *store, const MhExpectedSet *set,
								  const MhManifest *before, const MhManifest *after);
extern void mh_expected_delete(MhStore *store, const MhStrings *rows);

/*
 * Takes expectations that were read from elsewhere, with all their definitions, in place of those at
 * the same rows; what is captured at other rows stays.  Under mh_store_open.
 */
extern void mh_expectations_import(MhStore *store, const MhExpectations *imported);

/* Deletes definitions that no project's set holds; returns their number. */
extern int mh_definitions_sweep(void);

#endif /* MIGHEAD_SERVER_EXPECTED_EXPECTED_H */
