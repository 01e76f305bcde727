/*-------------------------------------------------------------------------
 *
 * survey_private.h
 *	  What the sources of the survey share.
 *
 * Each function reads as the caller, waits for nothing, and raises no error for a
 * bad state.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_PRIVATE_H
#define MIGHEAD_ENTRY_SURVEY_PRIVATE_H

#include "entry/survey.h"
#include "server/journal/journal.h"

/* survey_read.c: what is read once for all version tables of a call. */

/* Every version table that counts, also those that the caller did not name. */
extern List *mh_survey_every(MhSurvey *survey);

/*
 * Are there tables of an application that this version table (NULL: none) could stand for?  With
 * several version tables each answers for its own schema only.
 */
extern bool mh_survey_has_user_tables(MhSurvey *survey, const MhVersionTable *table);

/* Of MhJournalEntry *, newest first: the newest entries of a version table. */
extern List *mh_survey_journal(MhSurvey *survey, const MhVersionTable *table);

/* The watch of a version table, or NULL. */
extern const MhWatch *mh_survey_watch(MhSurvey *survey, const MhVersionTable *table);

/* survey_scripts.c: what became of the scripts since they were first loaded. */

/* Finds the scripts that were changed. */
extern void mh_survey_edits(MhLoadedProject *loaded);

/* Finds the revisions that came below the rows; facts has the table's and the scripts'. */
extern void mh_survey_inserted(const MhVersionTable *table, MhLoadedProject *loaded,
							   MhFacts *facts);

/* Until when somebody accepted how the version table came to its rows; 0: nobody did. */
extern int64 mh_survey_blindness_accepted(MhLoadedProject *loaded, const char *table);

/*
 * survey_sessions.c: sessions that migrate, or keep others from it.
 *
 * Fills sessions and blockers.  table NULL: of a database without one.  is_only: there is no
 * other version table that a migration could be of.
 */
extern void mh_survey_sessions(MhSurvey *survey, const MhVersionTable *table,
							   MhLoadedProject *loaded, bool is_only, MhFacts *facts);

#endif /* MIGHEAD_ENTRY_SURVEY_PRIVATE_H */
