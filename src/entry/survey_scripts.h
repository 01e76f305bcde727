/*-------------------------------------------------------------------------
 *
 * survey_scripts.h
 *	  Facts about what became of the scripts since they were first loaded.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_SCRIPTS_H
#define MIGHEAD_ENTRY_SURVEY_SCRIPTS_H

#include "entry/survey.h"

/* Finds the scripts that were changed. */
extern void mh_survey_edits(MhLoadedProject *loaded);

/* Finds the revisions that came below the rows; facts has the table's and the scripts'. */
extern void mh_survey_inserted(const MhVersionTable *table, MhLoadedProject *loaded,
							   MhFacts *facts);

/* Until when somebody accepted how the version table came to its rows; 0: nobody did. */
extern int64 mh_survey_blindness_accepted(MhLoadedProject *loaded, const char *table);

#endif /* MIGHEAD_ENTRY_SURVEY_SCRIPTS_H */
