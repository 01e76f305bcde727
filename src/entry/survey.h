/*-------------------------------------------------------------------------
 *
 * survey.h
 *	  Reads what the functions that judge version tables need: the tables, their projects and
 *	  their surroundings, each once in a call.
 *
 * Locks: AccessShareLock on the tables of mighead and, without waiting, on version tables.
 * Privileges: EXECUTE.  What the caller may not read is reported as unreadable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_SURVEY_H
#define MIGHEAD_ENTRY_SURVEY_H

#include "server/version_table/version_table.h"
#include "core/diagnosis/diagnosis.h"
#include "entry/result.h"
#include "utils/hsearch.h"

/* A project whose scripts have been read.  Its version tables share it. */
typedef struct MhLoadedProject
{
	MhScripts *scripts;
	MhEdit *edits;
	int edits_n;
	const char **body_checksums;
	int64 *first_releases;
	MhRetired *retired;
	List *lock_sessions; /* of MhTableSession *, holders of its lock; read when first needed */
	List *lock_waiters;  /* the same, which wait for it */
	bool lock_sessions_known;
	List *ignored; /* of MhIgnored *; read when first needed */
	bool ignored_known;
	List *releases;   /* of MhRelease *; read when first needed */
	List *statements; /* of MhRecorded *; read when first needed */
	bool statements_known;
} MhLoadedProject;

/* The state of one call. */
typedef struct MhSurvey
{
	List *projects;
	List *tables;      /* of MhVersionTable *, as the caller asked */
	List *every;       /* every version table that counts; NIL: not read yet */
	bool is_named;     /* the caller named the table */
	bool stores;       /* the caller writes: fingerprints of what is read are stored */
	List *global;      /* of MhProject *, for which database-wide objects were compared */
	List *loaded;      /* of MhLoadedProject * */
	MhHeldLocks *held; /* read when first needed */
	List *sessions;    /* of MhTableSession *; read when first needed */
	bool sessions_known;
	List *schemas; /* OIDs of schemas with tables of an application; read when first needed */
	bool schemas_known;
	List *leftovers; /* of MhSchemaLeftover *; read when first needed */
	bool leftovers_known;
	HTAB *journals; /* of MhTableJournal, for the version tables seen so far */
	bool journal_is_empty;
	List *watches; /* of MhWatch *, by schema and name; read when first needed */
	bool watches_known;
	int reviewed;            /* statements of what is pending, in all tables */
	int64 reviewed_bytes;    /* of their texts */
	MhMissingTable *missing; /* read when first needed */
	int missing_n;
	bool missing_known;
	const char *prefix;
	const char *database;
	bool is_summary;       /* only the worst finding of each table is shown */
	MemoryContext scratch; /* of diagnoses, one after the other; NULL: they are kept */
} MhSurvey;

/*
 * survey_read.c: begins a survey.  argno: the version_table argument, or negative if the function
 * has none (it then surveys every table).  Raises 42P01 for a relation that does not exist.
 */
extern MhSurvey *mh_survey_begin(FunctionCallInfo fcinfo, int argno);

/* Returns its tables that count. */
extern List *mh_survey_counting(const MhSurvey *survey);

/* Returns the project of a version table (NULL: of a database without one). */
extern MhProject *mh_survey_project(const MhSurvey *survey, const MhVersionTable *table);

/* Returns the project's scripts, read once. */
extern MhLoadedProject *mh_survey_load(MhSurvey *survey, MhProject *project);

/* Returns the watches (MhWatch *), read once. */
extern List *mh_survey_watches(MhSurvey *survey);

/*
 * survey.c: diagnoses a version table.  table NULL: the database has none, or one is missing, as
 * mh_survey_subjects found.  If a migration has committed since the table was read, so that the
 * schema does not go with its rows, the table gets the newest rows, or is busy.
 */
extern MhDiagnosis *mh_survey_diagnose(MhSurvey *survey, MhVersionTable *table,
									   MhLoadedProject **loaded);

/*
 * survey_missing.c: returns the subjects of a function that answers for every version table: the
 * tables, and NULL if there is none or one is missing.  counting: only tables that count.
 */
extern List *mh_survey_subjects(MhSurvey *survey, bool counting); /* of MhVersionTable * */

/*
 * When a row of a version table (row NULL: any) last changed, and who made the change.  From the
 * journal, if the caller may read it and it matches the current rows.  Otherwise from the commit of
 * the rows, if the server tracks commit times; by is then NULL.
 */
typedef struct MhLastChange
{
	TimestampTz at; /* 0: not known */
	const char *by; /* NULL: not known */
} MhLastChange;

extern MhLastChange mh_survey_last_change(MhSurvey *survey, const MhVersionTable *table,
										  const char *row);

/* findings.c: adds the columns of a finding; the table is in a database elsewhere, as SQL. */
extern void mh_put_finding_elsewhere(MhResult *result, const MhFinding *finding,
									 const char *version_table);

/* Returns the argument min_severity.  Raises 22004 for NULL, 22023 for one that is not 0 to 3. */
extern MhSeverity mh_severity_argument(FunctionCallInfo fcinfo, int argno);

/* survey_print.c: adds columns of a result. */
extern void mh_put_last_change(MhResult *result, MhLastChange change);

/* Return how many findings are of these severities, or worse than for information. */
extern int mh_count_between(const MhDiagnosis *diagnosis, MhSeverity from, MhSeverity to);
extern int mh_count_findings(const MhDiagnosis *diagnosis);

/* A number; NaN unless known */
extern void mh_put_number(MhResult *result, bool known, double value);

/* NULL unless known */
extern void mh_put_known_int(MhResult *result, bool known, int value);
extern void mh_put_known_strings(MhResult *result, bool known, const MhStrings *value);

/* The heads of the scripts; NULL if there are no scripts */
extern void mh_put_heads(MhResult *result, const MhScripts *scripts);

/* regclass; NULL gives NULL. */
extern void mh_put_version_table(MhResult *result, const MhVersionTable *table);

#endif /* MIGHEAD_ENTRY_SURVEY_H */
