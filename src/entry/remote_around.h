/*-------------------------------------------------------------------------
 *
 * remote_around.h
 *	  Facts about what stands around the version tables of a database elsewhere, for the diagnosis.
 *
 * They are read from the database's source, and raise what it raises.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_REMOTE_AROUND_H
#define MIGHEAD_ENTRY_REMOTE_AROUND_H

#include "entry/survey.h"
#include "server/fleet/fleet.h"

/*
 * Finds leftovers for a version table (NULL: there is none), and, for the first one, planted functions
 * where mighead is installed there.  Returns all leftovers of the database, for mh_remote_keep_around.
 */
extern List *mh_remote_look_around(const MhRemoteDatabase *database, const MhRemoteTable *table,
								   List *projects, MhFacts *facts);

/* Keeps them for its next tables, once every answer is there.  They are copied. */
extern void mh_remote_keep_around(const MhRemoteDatabase *database, const List *leftovers);

/*
 * Finds schemas with the tables of a project that has several version tables, but none there.  Returns that project;
 * NULL: there is none.  A project without any version table there is none that is missing: a database is of few
 * of the projects here.
 */
extern MhProject *mh_remote_look_for_missing(const MhRemoteDatabase *database,
											 const MhSurvey *survey, MhFacts *facts);

#endif /* MIGHEAD_ENTRY_REMOTE_AROUND_H */
