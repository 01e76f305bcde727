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
	int64 first_release;       /* numbers, as the releases of scripts count */
	int64 last_release;
} MhRetired;

/* What of a script is otherwise than it was loaded first. */
typedef struct MhEdit
{
	int node;
	const MhStrings *first_parents; /* NULL: the same */
	const MhStrings *first_dependencies;
	bool labels;
	bool message;
	bool is_code_known;
	bool code;
	bool is_accepted;        /* somebody said that it is right: the edit */
	bool is_parent_accepted; /* and the parent */
} MhEdit;

/*
 * A revision that is applied according to the graph, and was loaded later than one that
 * stands above it.
 */
typedef struct MhInserted
{
	int node;
	int64 loaded_at;     /* of the first release that had it */
	int64 loaded_before; /* of the release before that; 0: there was none */
	bool is_recorded;    /* the journal has a step that applied it */
	bool is_accepted;
	bool is_missing; /* objects that it makes are not there */
	bool is_present; /* an object that it makes is there */
} MhInserted;

/* What should have a version table and has none. */
typedef enum MhMissingKind
{
	MH_MISSING_WATCHED, /* a watched table is gone */
	MH_MISSING_TENANT,  /* a schema with a project's tables */
	MH_MISSING_PROJECT, /* a project with scripts */
	MH_MISSING_DROPPED  /* a watched table is gone with its schema */
} MhMissingKind;

typedef struct MhMissingTable
{
	MhMissingKind kind;
	const char *project;
	const char *shown;        /* the table's name as SQL */
	const char *shown_schema; /* its schema's as SQL */
	const char *schema;       /* NULL: any */
	const char *name;
	const MhStrings *last_rows; /* NULL: not known */
} MhMissingTable;

/* A table that has the form of a version table and is no project's. */
typedef struct MhLookalike
{
	const char *shown; /* its name as SQL */
	const char *schema;
	const char *name;
} MhLookalike;

/* What a half-finished migration left. */
typedef struct MhLeftover
{
	const char *kind;
	const char *object; /* name as SQL */
	const char *detail; /* a sentence */
	const char *fix;    /* NULL: no statement is safe without a person's choice */
	const char *hint;   /* SQL that helps to decide, or NULL */
} MhLeftover;

/* The schema beside what is expected of it. */
typedef struct MhSchemaFacts
{
	const char *version_schema; /* the version schema, as SQL */
	const char *damage;         /* of what is stored as expected, a sentence; NULL: none */

	/* from what is expected at the rows; NULL: nothing comparable is */
	const MhDifferences *differences;
	int objects;          /* that differ, of severity 1 and up */
	bool is_other_format; /* something is expected, and this server cannot compare it */

	/* objects that could not be read, as shown; while there are some, nothing is located */
	MhStrings busy;
	MhStrings unreadable;

	/* which rows the schema is that of, where that was looked for */
	bool is_located;
	MhStrings located; /* none: of no revision, not even nearly */
	bool is_exact;
	int distance;      /* objects that differ from it */
	MhStrings same_as; /* other revisions of the scripts that have the very same schema */

	/* the next revision, where only a part of it has been applied */
	const char *partial;    /* NULL: none */
	int done;               /* objects of its step that are as after it */
	int open;               /* and those that are not */
	MhStrings done_objects; /* these, as shown */
	MhStrings open_objects;
	int begun; /* of these, such as an invalid index */
} MhSchemaFacts;

/* What row security of the version table does to its readers. */
typedef struct MhRowSecurity
{
	bool is_enabled;
	bool is_forced;       /* for the owner, too */
	bool has_policies;    /* without one nobody sees a row */
	bool applies;         /* to the caller: rows may be hidden from us */
	bool owner_is_exempt; /* is a superuser, or has BYPASSRLS */
} MhRowSecurity;

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
	int64 time;              /* at, as a number */
	bool skipped_schema;     /* a guarded writer did not look at the schema */
} MhPastChange;

typedef struct MhFacts
{
	/* how to write SQL about it */
	const char *prefix;           /* schema and dot before functions of ours, or "" */
	const char *table;            /* SQL name of the version table; NULL: there is none */
	const char *argument;         /* it as an SQL literal; "" where it is the only one */
	const char *project_argument; /* the project likewise */
	bool is_trusted;              /* its owner, or somebody vouched for it */
	bool runs_code_of_others;     /* a statement about it would, whoever owns it */
	bool counts;                  /* false: a stranger's, beside others that are trusted */
	const char *owner;            /* SQL name of its owner */

	/* the version table */
	bool is_readable;
	bool is_busy;              /* meaningful where not readable */
	const char *reason;        /* why not readable */
	const char *missing_grant; /* statement that would make it so; NULL: none would */
	bool can_be_named;         /* not readable, but read where the caller names it */
	bool is_shadowed;
	MhRowSecurity row_security;
	MhStrings rows;
	int null_rows;
	int long_rows; /* as in MhVersionTable, and so are the next two */
	bool has_more_rows;
	bool is_cut;
	int max_length; /* -1: unlimited */
	bool has_unique_key;
	bool has_user_tables;       /* meaningful where there are no rows */
	bool is_newer_than_scripts; /* rows are known to have changed after the load */
	bool is_older_than_scripts; /* rows are known not to have changed since the load */

	/* the scripts */
	const char *project;
	const char *wanted_table; /* SQL name of the project's version table, there or not */
	bool has_scripts;
	const char *damage;   /* why the stored scripts cannot be used, a sentence; NULL: they can */
	const MhGraph *graph; /* never NULL; empty without scripts */
	const MhEdit *edits;  /* in load order */
	int edits_n;
	MhInserted *inserted; /* in load order */
	int inserted_n;
	const char *const *body_checksums; /* by node; elements may be NULL */
	const int64 *first_releases;       /* by node; NULL: not known */
	const MhRetired *retired;          /* in any order */
	int retired_n;
	const MhStrings *elsewhere; /* by row: other projects that have it; NULL: none */

	const MhSchemaFacts *schema; /* NULL: not looked at */

	/* how it came to its rows */
	bool is_watched;
	bool is_captured;            /* with capture */
	bool has_watch_triggers;     /* all of them, and they fire */
	int64 watched_since;         /* 0: not known */
	const MhPastChange *changes; /* the newest ones, newest first; none: not known */
	int changes_n;
	int64 accepted_until; /* changes before that time were accepted by somebody; 0: none */
	int64 changed_at;     /* of the rows, by the journal or the server; 0: not known */

	/* this database */
	const char *database;
	const char *environment;          /* NULL: not labelled */
	const char *environment_database; /* name when it was labelled */

	const MhMissingTable *missing; /* where table is NULL */
	int missing_n;
	bool is_worker;  /* of Citus: what is here belongs to another database */
	bool has_others; /* there are version tables: what is missing is all to be said */
	const MhLookalike *lookalikes;
	int lookalikes_n;

	const MhSession *sessions;
	int sessions_n;
	const MhSession *blockers; /* what a migration waits for, and what that waits for */
	int blockers_n;
	const MhSession *lockers; /* those that keep everybody out of what schema calls busy */
	int lockers_n;

	const MhStrings *planted; /* of others under names of ours, as for DROP; NULL: not looked for */

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
	bool is_compared; /* the schema, with what is expected at the rows */
	bool has_drift;   /* drift is known */
	int drift;
} MhDiagnosis;

/*
 * The revisions that rows contain and that were first loaded later than one above them;
 * first_releases by node.
 */
extern MhNodes mh_find_inserted(const MhGraph *graph, const MhStrings *rows,
								const int64 *first_releases);

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
