/*-------------------------------------------------------------------------
 *
 * diagnosis.h
 *	  From facts about one version table to findings: what is wrong, how bad it
 *	  is, what it rests on and what to do next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_H
#define MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_H

#include "core/base/session.h"
#include "core/base/severity.h"
#include "core/difference/difference.h"
#include "core/plan/plan.h"

/* busy and migrating are a warning for this long, in seconds, and unknown after it. */
#define MH_PATIENCE 600

/* A retired revision: one that an earlier or later release has. */
typedef struct MhRetired
{
	const MhScript *script;
	const char *body_checksum; /* NULL: registered by hand */
	const char *release;       /* name of the last release that had it */
} MhRetired;

/* What a half-finished migration left. */
typedef struct MhLeftover
{
	const char *kind;
	const char *object; /* name as SQL */
	const char *detail; /* a sentence */
	const char *fix;    /* NULL: no statement is safe without a person's choice */
} MhLeftover;

/* The schema beside what is expected of it. */
typedef struct MhSchemaFacts
{
	const char *home; /* the home schema, as SQL */

	/* from what is expected at the rows; NULL: nothing comparable is */
	const MhDifferences *differences;
	int objects; /* that differ, of severity 1 and up */

	/* objects that could not be read, as shown; while there are some, nothing is located */
	MhStrings busy;
	MhStrings unreadable;

	/* which rows the schema is that of, where that was looked for */
	bool is_located;
	MhStrings located; /* none: of no revision, not even nearly */
	bool is_exact;
	int distance; /* objects that differ from it */

	/* the next revision, where only a part of it has been applied */
	const char *partial; /* NULL: none */
	int done;            /* objects of its step that are as after it */
	int open;            /* and those that are not */
} MhSchemaFacts;

/* An entry of the journal. */
typedef struct MhPastChange
{
	const char *action;
	MhStrings old_rows;
	MhStrings new_rows;
	MhDdl ddl;
	const char *at;          /* as text */
	const char *by;          /* who was logged in */
	const char *application; /* NULL: not known */
} MhPastChange;

typedef struct MhFacts
{
	/* how to write SQL about it */
	const char *prefix;           /* schema and dot before functions of ours, or "" */
	const char *table;            /* SQL name of the version table; NULL: there is none */
	const char *argument;         /* it as an SQL literal; "" where it is the only one */
	const char *project_argument; /* the project likewise */
	bool is_trusted;              /* a fix may be offered */
	bool counts;                  /* false: a stranger's, beside others that are trusted */
	const char *owner;            /* SQL name of its owner */

	/* the version table */
	bool is_readable;
	bool is_busy;              /* meaningful where not readable */
	const char *reason;        /* why not readable */
	const char *missing_grant; /* statement that would make it so; NULL: none would */
	bool can_be_named;         /* not readable, but read where the caller names it */
	bool is_shadowed;
	MhStrings rows;
	int null_rows;
	int long_rows; /* as the next two in MhVersionTable */
	bool has_more_rows;
	bool is_cut;
	int max_length; /* -1: unlimited */
	bool has_unique_key;
	bool has_user_tables;       /* meaningful where there are no rows */
	bool is_newer_than_scripts; /* rows are known to have changed after the load */

	/* the scripts */
	const char *project;
	bool has_scripts;
	const MhGraph *graph;              /* never NULL; empty without scripts */
	const bool *is_edited;             /* by node; NULL: none is */
	const char *const *body_checksums; /* by node; elements may be NULL */
	const MhRetired *retired;          /* in any order */
	int retired_n;
	const MhStrings *elsewhere; /* by row: other projects that have it; NULL: none */

	const MhSchemaFacts *schema; /* NULL: not looked at */

	/* how it came to its rows */
	bool is_watched;
	bool is_captured;            /* with capture */
	bool has_watch_triggers;     /* all of them, and they fire */
	const MhPastChange *changes; /* the newest ones, newest first; none: not known */
	int changes_n;

	/* this database */
	const char *database;
	const char *environment;          /* NULL: not labelled */
	const char *environment_database; /* name when it was labelled */

	const MhSession *sessions;
	int sessions_n;
	const MhSession *lockers; /* those that keep everybody out of what schema calls busy */
	int lockers_n;

	const MhStrings *planted; /* functions of others under names of ours; NULL: not looked for */

	const MhLeftover *leftovers; /* in its schema, or all where there is but one table */
	int leftovers_n;
} MhFacts;

/* A named value that a finding rests on: a text, a list or a number. */
typedef struct MhEvidence
{
	const char *key;
	const char *text;      /* NULL: a list or a number */
	const MhStrings *list; /* NULL: a number */
	int64 number;
} MhEvidence;

#define MH_MAX_EVIDENCE 8

typedef struct MhFinding
{
	MhSeverity severity;
	const char *code;
	const char *state; /* of mighead_status() that it stands for */
	const char *sqlstate;
	char *object; /* revision, row or column; NULL: the version table as a whole */
	char *detail;
	char *hint;
	char *fix;     /* NULL: no statement is safe without a person's choice */
	bool is_stamp; /* fix changes the rows */
	MhEvidence evidence[MH_MAX_EVIDENCE];
	int evidence_n;
} MhFinding;

typedef struct MhDiagnosis
{
	const char *state;
	MhSeverity severity;
	char *detail;
	char *hint; /* NULL: nothing to do */

	int n;
	MhFinding *findings; /* worst first */

	MhStrings current; /* rows: known ones in load order, then the others */
	MhStrings unknown;
	bool is_known; /* rows and scripts are both there: the following count */
	int applied;
	bool has_plan; /* pending is known */
	int pending;
	bool has_drift; /* drift is known */
	int drift;
} MhDiagnosis;

/* Never fails; the facts must outlive the diagnosis. */
extern MhDiagnosis *mh_diagnose(const MhFacts *facts);

/*
 * All version tables in one finding, of the worst one's severity and state; NULL where
 * they are so few that it would tell nothing.  prefix as in MhFacts.
 */
extern MhFinding *mh_summarize(MhDiagnosis *const *diagnoses, int n, const char *prefix);

/* The code of class MH that stands for a state; "00000" where nothing is wrong. */
extern const char *mh_state_sqlstate(const char *state);

/* Worst first: by severity (2, 3, 1, 0), then by what explains the others. */
extern int mh_compare_diagnoses(const MhDiagnosis *a, const MhDiagnosis *b);
extern int mh_compare_findings(const MhFinding *a, const MhFinding *b);

#endif /* MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_H */
