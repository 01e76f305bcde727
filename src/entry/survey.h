/*-------------------------------------------------------------------------
 *
 * survey.h
 *	  What the functions that judge version tables look at: the tables, their
 *	  projects and what surrounds them, each read once in a call.
 *
 * Locks: AccessShareLock on the tables of mighead; on version tables the same,
 * never waited for.  Privileges: EXECUTE; what the caller may not read is
 * reported as unreadable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_H
#define MIGHEAD_ENTRY_SURVEY_H

#include "server/version_table/version_table.h"
#include "core/diagnosis/diagnosis.h"
#include "entry/result.h"
#include "utils/hsearch.h"

/* A project whose scripts have been read, so that tenants share them. */
typedef struct MhLoadedProject
{
	MhScripts *scripts;
	MhEdit *edits;
	int edits_n;
	const char **body_checksums;
	int64 *first_releases;
	MhRetired *retired;
	List *lock_sessions; /* of MhTableSession *, that hold its lock; read when first needed */
	List *lock_waiters;  /* likewise, that wait for it */
	bool lock_sessions_known;
	List *ignored; /* of MhIgnored *; read when first needed */
	bool ignored_known;
	List *releases; /* of MhRelease *; read when first needed */
} MhLoadedProject;

/* What one call looks at. */
typedef struct MhSurvey
{
	List *projects;
	List *tables;      /* of MhVersionTable *, as asked for */
	List *every;       /* every version table that counts; NIL: not looked for yet */
	bool is_named;     /* the caller named the table */
	List *global;      /* of MhProject *, for which the objects of the database were compared */
	List *loaded;      /* of MhLoadedProject * */
	MhHeldLocks *held; /* read when first needed */
	List *sessions;    /* of MhTableSession *; read when first needed */
	bool sessions_known;
	List *schemas; /* with tables of an application; read when first needed */
	bool schemas_known;
	List *leftovers; /* of MhSchemaLeftover *; read when first needed */
	bool leftovers_known;
	HTAB *journals; /* of MhTableJournal, of version tables that were looked at */
	bool journal_is_empty;
	List *watches; /* of MhWatch *, by schema and name; read when first needed */
	bool watches_known;
	MhMissingTable *missing; /* looked for when first needed */
	int missing_n;
	bool missing_known;
	const char *prefix;
	const char *database;
} MhSurvey;

/*
 * survey_read.c: begins a survey.  argno: the version_table argument, or negative where the function
 * has none (every table).  42P01 for a relation that does not exist.
 */
extern MhSurvey *mh_survey_begin(FunctionCallInfo fcinfo, int argno);

/* Those of its tables that count. */
extern List *mh_survey_counting(const MhSurvey *survey);

/* The project of a version table; NULL: of a database without one. */
extern MhProject *mh_survey_project(const MhSurvey *survey, const MhVersionTable *table);

/* Its scripts, read once. */
extern MhLoadedProject *mh_survey_load(MhSurvey *survey, MhProject *project);

/* Of MhWatch *, read once. */
extern List *mh_survey_watches(MhSurvey *survey);

/*
 * survey.c: all that is wrong with a version table; NULL: with a database without one, or where one is
 * missing, as mh_survey_subjects has found.
 */
extern MhDiagnosis *mh_survey_diagnose(MhSurvey *survey, const MhVersionTable *table,
									   MhLoadedProject **loaded);

/*
 * survey_missing.c: what a function that answers for every version table goes through: the tables and, where
 * there is none or one is missing, NULL.  counting: only those that count.
 */
extern List *mh_survey_subjects(MhSurvey *survey, bool counting); /* of MhVersionTable * */

/*
 * When rows of a version table changed the last time and who was logged in: from the journal
 * where the caller may read it and it knows of the rows that there are, else from
 * the commit of the rows where the server tracks that (by is NULL).  row NULL: any row.
 */
typedef struct MhLastChange
{
	TimestampTz at; /* 0: not known */
	const char *by; /* NULL: not known */
} MhLastChange;

extern MhLastChange mh_survey_last_change(MhSurvey *survey, const MhVersionTable *table,
										  const char *row);

/* survey_print.c: columns of a result. */
extern void mh_put_last_change(MhResult *result, MhLastChange change);

/* regclass; NULL gives NULL. */
extern void mh_put_version_table(MhResult *result, const MhVersionTable *table);

#endif /* MIGHEAD_ENTRY_SURVEY_H */
