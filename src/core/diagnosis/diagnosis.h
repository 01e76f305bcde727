/*-------------------------------------------------------------------------
 *
 * diagnosis.h
 *	  Turns facts about one version table into findings: what is wrong, how bad it is, the
 *	  evidence, and what to do next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_H
#define MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_H

#include "core/base/session.h"
#include "core/difference/difference.h"
#include "core/plan/plan.h"

/* For this many seconds busy and migrating are warnings.  After that they are unknown. */
#define MH_PATIENCE 600

/* A retired revision: the current release does not have it, but an earlier or later one has. */
typedef struct MhRetired
{
	const MhScript *script;
	const char *body_checksum; /* NULL: registered manually */
	const char *release;       /* name of the last release that had it */
	int64 first_release;       /* numbers of releases */
	int64 last_release;
} MhRetired;

/* What changed in a script since it was first loaded. */
typedef struct MhEdit
{
	int node;
	const MhStrings *first_parents; /* NULL: unchanged */
	const MhStrings *first_dependencies;
	bool labels;
	bool message;
	bool is_code_known;
	bool code;
	bool is_accepted;        /* somebody accepted the edit */
	bool is_parent_accepted; /* somebody accepted the changed parent */
} MhEdit;

/* A revision that the graph counts as applied, but that was loaded later than one above it. */
typedef struct MhInserted
{
	int node;
	int64 loaded_at;     /* time of the first release that had it */
	int64 loaded_before; /* time of the release before that; 0: none */
	bool is_recorded;    /* the journal has an upgrade that applied it */
	bool is_accepted;
	bool is_missing; /* objects that it creates are missing */
	bool is_present; /* an object that it creates exists */
} MhInserted;

/* What should have a version table but has none. */
typedef enum MhMissingKind
{
	MH_MISSING_WATCHED, /* a watched table is gone */
	MH_MISSING_TENANT,  /* a schema has a project's tables */
	MH_MISSING_PROJECT, /* a project has scripts */
	MH_MISSING_DROPPED  /* a watched table is gone, and so is its schema */
} MhMissingKind;

typedef struct MhMissingTable
{
	MhMissingKind kind;
	const char *project;
	const char *shown;        /* name of the table as SQL */
	const char *shown_schema; /* name of its schema as SQL */
	const char *schema;       /* NULL: any */
	const char *name;
	const MhStrings *last_rows; /* NULL: not known */
} MhMissingTable;

/* A table that looks like a version table but belongs to no project. */
typedef struct MhLookalike
{
	const char *shown; /* its name as SQL */
	const char *schema;
	const char *name;
} MhLookalike;

/* Something that a half-finished migration left. */
typedef struct MhLeftover
{
	const char *kind;
	const char *object; /* name as SQL */
	const char *detail; /* a sentence */
	const char *fix;    /* NULL: no statement is safe without a person's decision */
	const char *hint;   /* SQL that helps to decide, or NULL */
} MhLeftover;

/* The schema compared with its expectation. */
typedef struct MhSchemaFacts
{
	const char *version_schema; /* the version schema, as SQL */
	const char *owner;          /* the owner of the version table, as SQL; NULL: not known */
	const char *damage; /* what is damaged in the stored expectations, a sentence; NULL: nothing */

	/* differences from the expectation at the rows; NULL: there is no comparable expectation */
	const MhDifferences *differences;
	int objects;          /* number of differing objects of severity 1 and up */
	bool is_other_format; /* there is an expectation, but this server cannot compare it */

	/* objects that could not be read, as shown to a person; nothing is located if there are any */
	MhStrings busy;
	MhStrings unreadable;
	const char *failure; /* why nothing of it could be read: a sentence; NULL: it could */

	/* the rows whose expectation the schema fits, if they were looked for */
	bool is_located;
	MhStrings located; /* empty: not even nearly the schema of a revision */
	bool is_exact;
	int distance;      /* number of objects that differ */
	MhStrings same_as; /* other revisions of the scripts with an identical schema */

	/* the next revision, if only a part of it has been applied */
	const char *partial;    /* NULL: none */
	int done;               /* objects of its step that are in their new form */
	int open;               /* objects of its step that are not */
	MhStrings done_objects; /* the objects of done, as shown to a person */
	MhStrings open_objects;
	int begun; /* those of open that are not in their old form either, such as an invalid index */
} MhSchemaFacts;

/* The effect of the version table's row security on its readers. */
typedef struct MhRowSecurity
{
	bool is_enabled;
	bool is_forced;       /* for the owner too */
	bool has_policies;    /* false: nobody sees a row */
	bool applies;         /* it applies to the caller: rows may be hidden */
	bool owner_is_exempt; /* the owner is a superuser or has BYPASSRLS */
} MhRowSecurity;

/* The first statement of what is pending that will fail on this database. */
typedef struct MhPendingFailure
{
	const char *revision;
	int statement; /* as mighead_review numbers them */
	const char *command;
	const char *sqlstate;
	const char *detail; /* of the review */
} MhPendingFailure;

/* An entry of the journal. */
typedef struct MhPastChange
{
	const char *action;
	MhStrings old_rows;
	MhStrings new_rows;
	MhDdl ddl;
	const char *at;          /* time as text */
	const char *by;          /* session user */
	const char *application; /* NULL: not known */
	int64 time;              /* time as a number */
	bool skipped_schema;     /* a guarded writer skipped the check of the schema */
} MhPastChange;

typedef struct MhFacts
{
	bool is_summary; /* what is of no consequence needs no words, because only the worst is shown */

	/* for writing SQL */
	const char *prefix;           /* the extension's schema and a dot, or "" */
	const char *table;            /* SQL name of the version table; NULL: there is none */
	const char *argument;         /* the version table as an SQL literal; "": it is the only one */
	const char *project_argument; /* the project as an SQL literal, or "" */
	bool is_trusted;              /* its owner is trusted, or somebody vouched for it */
	bool runs_code_of_others; /* a statement on it would run a stranger's code, whoever owns it */
	bool counts;              /* false: not trusted, while other version tables are */
	const char *owner;        /* SQL name of its owner */

	/* the version table */
	bool is_readable;
	bool is_busy;              /* only if not readable */
	const char *reason;        /* why it is not readable */
	const char *missing_grant; /* the statement that would make it readable; NULL: none would */
	bool can_be_named;         /* not readable here, but readable if the caller names it */
	bool is_shadowed;
	MhRowSecurity row_security;
	MhStrings rows;
	int null_rows;
	int long_rows; /* as in MhVersionTable, also the next two */
	bool has_more_rows;
	bool is_cut;
	int max_length; /* -1: unlimited */
	bool has_unique_key;
	bool has_user_tables;       /* only if there are no rows */
	bool is_newer_than_scripts; /* the rows changed after the scripts were loaded */
	bool is_older_than_scripts; /* the rows have not changed since the scripts were loaded */

	/* the scripts */
	const char *project;
	/* SQL name of the project's version table, whether it exists or not */
	const char *wanted_table;
	bool has_scripts;
	const char *damage;   /* why the stored scripts cannot be used, a sentence; NULL: they can be */
	const MhGraph *graph; /* never NULL; empty without scripts */
	const MhEdit *edits;  /* in load order */
	int edits_n;
	MhInserted *inserted; /* in load order */
	int inserted_n;
	const char *const *body_checksums; /* by node; elements may be NULL */
	const int64 *first_releases;       /* by node; NULL: not known */
	const MhRetired *retired;          /* in any order */
	int retired_n;
	bool is_recorded;                  /* statements of what is pending were recorded */
	const MhPendingFailure *will_fail; /* NULL: not known, or none */
	const MhStrings *elsewhere; /* by row: other projects that have the revision; NULL: none */

	const MhSchemaFacts *schema; /* NULL: not read */
	const char *server; /* the foreign server as an SQL literal; NULL: it is this database */

	/* how the rows came about */
	bool is_watched;
	bool is_captured;            /* watched with capture */
	bool is_subscribed;          /* a subscription writes its rows, past the journal */
	bool has_watch_triggers;     /* all watch triggers exist and are enabled */
	int64 watched_since;         /* 0: not known */
	const MhPastChange *changes; /* the newest entries, newest first; none: not known */
	int changes_n;
	int64 accepted_until; /* somebody accepted changes before this time; 0: nobody did */
	int64 changed_at;     /* last change of the rows, by the journal or the server; 0: not known */

	/* this database */
	const char *database;
	const char *environment;          /* NULL: not labelled */
	const char *environment_database; /* name of the database when it was labelled */

	const MhMissingTable *missing; /* only if table is NULL */
	int missing_n;
	bool is_worker;  /* a worker of Citus: its objects belong to the coordinator's database */
	bool has_others; /* there are version tables, so only missing ones are reported */
	const MhLookalike *lookalikes;
	int lookalikes_n;

	const MhSession *sessions;
	int sessions_n;
	/* sessions for which a migration waits, directly or through another one */
	const MhSession *blockers;
	int blockers_n;
	const MhSession *lockers; /* sessions that lock the objects in schema->busy */
	int lockers_n;

	const MhStrings *planted; /* others' objects with mighead's names; NULL: not looked for */

	const MhLeftover *leftovers; /* in its schema; all if there is only one version table */
	int leftovers_n;
} MhFacts;

/* A named value that supports a finding: a text, a list or a number. */
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
	const char *state; /* the state of mighead_status() to which it belongs */
	const char *sqlstate;
	char *object; /* a revision, row or column; NULL: the version table as a whole */
	char *detail;
	char *hint;
	char *fix;     /* NULL: no statement is safe without a person's decision */
	bool is_stamp; /* the fix changes the rows */
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

	MhStrings current; /* the rows: known ones in load order, then the others */
	MhStrings unknown;
	bool is_known; /* rows and scripts are both known: applied is valid */
	int applied;
	bool has_plan; /* pending is known */
	int pending;
	bool is_compared; /* the whole schema was compared with the expectation at the rows */
	int uncompared;   /* number of objects whose texts were written by another server's rules */
	bool has_drift;   /* drift is known */
	int drift;
} MhDiagnosis;

/*
 * Returns the revisions that rows contain and that were first loaded later than one above them.
 * first_releases: by node.
 */
extern MhNodes mh_find_inserted(const MhGraph *graph, const MhStrings *rows,
								const int64 *first_releases);

/* Diagnoses a version table.  Never fails.  The facts must outlive the diagnosis. */
extern MhDiagnosis *mh_diagnose(const MhFacts *facts);

/* copy.c: returns a copy that needs no facts. */
extern MhDiagnosis *mh_diagnosis_copy(const MhDiagnosis *diagnosis);

/*
 * Diagnoses a database that could not be asked.  reason: a sentence.  It says nothing about the
 * version tables.
 */
extern MhDiagnosis *mh_diagnose_unreachable(const char *server, const char *reason,
											const char *hint);

/*
 * Returns one finding about all version tables, with the severity and state of the worst one, or
 * NULL if there are too few for a summary.  prefix: as in MhFacts.
 */
extern MhFinding *mh_summarize(MhDiagnosis *const *diagnoses, int n, const char *prefix);

/* Returns the SQLSTATE of class MH of a state; "00000" if nothing is wrong. */
extern const char *mh_state_sqlstate(const char *state);

/* Compare for sorting worst first: by severity (2, 3, 1, 0), then causes before their effects. */
extern int mh_compare_diagnoses(const MhDiagnosis *a, const MhDiagnosis *b);
extern int mh_compare_findings(const MhFinding *a, const MhFinding *b);

#endif /* MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_H */
