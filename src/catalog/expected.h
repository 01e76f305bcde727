/*-------------------------------------------------------------------------
 *
 * expected.h
 *	  Access to mighead.definition, mighead.expected_set and mighead.expected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_EXPECTED_H
#define MIGHEAD_EXPECTED_H

#include "catalog/scripts_write.h"
#include "core/compose.h"

/*
 * All that is stored for a project, without the definitions themselves.  As the caller;
 * AccessShareLock on the three tables.  XX001 where the rows do not fit together (written
 * past our functions).
 */
extern MhExpectations *mh_expectations_read(const char *project);

/* Loads the definitions of these forms (NULL: of all) that are not loaded yet.  As the caller. */
extern void mh_expectations_load(MhExpectations *expectations, const int *forms);

/*
 * The expectation at rows, in whatever order, implied ones or not; loaded.  False, with
 * the reason, where there is none.
 */
extern bool mh_expected_at(MhExpectations *expectations, const MhGraph *graph,
						   const MhStrings *rows, MhComposed *composed);

/* The schemas that the captures of the project named, and MH_HOME: sorted. */
extern MhStrings mh_expected_schemas(const MhExpectations *expectations);

/* One set to be stored, of which mh_expected_write works out the rest. */
typedef struct MhNewSet
{
	MhStrings rows;       /* mh_rows_key */
	const char *revision; /* NULL: not the step of one */
	int previous;         /* index of a set in the expectations; -1: none */
	MhStrings schemas;
	const MhDefinitions *definitions;
} MhNewSet;

/*
 * Writes a set, in the place of the one at the same rows if there is one; those that are
 * told as a difference to it keep what they hold.  Returns the number of definitions that were
 * not stored before.  Under mh_store_open.
 */
extern int mh_expected_write(MhStore *store, MhExpectations *expectations, const MhNewSet *set);

#endif /* MIGHEAD_EXPECTED_H */
