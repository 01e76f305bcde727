/*-------------------------------------------------------------------------
 *
 * survey_private.h
 *	  Declarations that the sources of the survey share.
 *
 * Each function reads as the caller, waits for nothing, and raises no error because of a bad state.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_PRIVATE_H
#define MIGHEAD_ENTRY_SURVEY_PRIVATE_H

#include "entry/survey.h"
#include "server/definitions/definitions.h"
#include "server/journal/journal.h"

/* survey_read.c: reads once what all version tables of a call share. */

/* Returns every version table that counts, also those that the caller did not name. */
extern List *mh_survey_every(MhSurvey *survey);

/*
 * Returns whether there are tables of an application that this version table (NULL: none) could
 * belong to.  If there are several version tables, each counts for its own schema only.
 */
extern bool mh_survey_has_user_tables(MhSurvey *survey, const MhVersionTable *table);

/* Returns the newest journal entries (MhJournalEntry *) of a version table, newest first. */
extern List *mh_survey_journal(MhSurvey *survey, const MhVersionTable *table);

/* Has them read again, with the active snapshot of then. */
extern void mh_survey_forget_journal(MhSurvey *survey, const MhVersionTable *table);

/* Returns the watch of a version table, or NULL. */
extern const MhWatch *mh_survey_watch(MhSurvey *survey, const MhVersionTable *table);

/*
 * survey_facts.c: what the diagnosis is told of the scripts; of the rows, once the scripts are known;
 * and of the version table itself.
 */
extern void mh_survey_script_facts(const MhSurvey *survey, const MhLoadedProject *loaded,
								   MhFacts *facts);
extern void mh_survey_row_facts(const MhVersionTable *table, MhLoadedProject *loaded,
								MhFacts *facts);
extern void mh_survey_table_facts(const MhVersionTable *table, MhFacts *facts);

/* survey_scripts.c: what changed in the scripts since they were first loaded. */

/* Finds edited scripts. */
extern void mh_survey_edits(MhLoadedProject *loaded);

/*
 * Finds revisions that were inserted below the rows.  facts must have the facts about the table and
 * the scripts.
 */
extern void mh_survey_inserted(const MhVersionTable *table, MhLoadedProject *loaded,
							   MhFacts *facts);

/*
 * Returns the time until which somebody accepted how the version table got its rows; 0: nobody did.
 */
extern int64 mh_survey_blindness_accepted(MhLoadedProject *loaded, const char *table);

/*
 * survey_sessions.c: finds sessions that migrate or that hold up migrations.
 *
 * Fills in sessions and blockers of facts.  table NULL: the database has none.  is_only: no other
 * version table could be the one of a migration.
 */
extern void mh_survey_sessions(MhSurvey *survey, const MhVersionTable *table,
							   MhLoadedProject *loaded, bool is_only, MhFacts *facts);

/* An array of what a list of MhSession * has. */
extern MhSession *mh_session_array(const List *list, int *n);

/*
 * The same for a database elsewhere, beside the sessions that are in facts already: those that hold the migration lock.
 * Raises what the source raises.
 */
extern void mh_survey_sessions_there(MhSource *source, const char *project, bool is_only,
									 MhFacts *facts);

/* Fill in who locks what facts->schema has as busy, here or elsewhere. */
extern void mh_survey_lockers(MhFacts *facts);
extern void mh_survey_lockers_there(MhSource *source, MhFacts *facts);

/*
 * survey_pending.c: finds out whether what is pending will fail here, from the statements that were
 * recorded in CI and from the catalogs; no rows are read.  At most MH_MOST_REVIEWED statements
 * are looked at in one call, and texts of MH_MOST_REVIEWED_BYTES: whoever may write them makes no
 * status slow.  facts must have the facts about the table, the scripts and the sessions.
 */
#define MH_MOST_REVIEWED 1000
#define MH_MOST_REVIEWED_BYTES (256 * 1024)

extern void mh_survey_pending(MhSurvey *survey, const MhVersionTable *table,
							  MhLoadedProject *loaded, MhFacts *facts);

#endif /* MIGHEAD_ENTRY_SURVEY_PRIVATE_H */
