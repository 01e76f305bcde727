/*-------------------------------------------------------------------------
 *
 * diagnosis_private.h
 *	  Declarations that the sources of the diagnosis share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_PRIVATE_H
#define MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_PRIVATE_H

#include "core/diagnosis/diagnosis.h"

/* The most elements of a list of evidence, and the most rows for which a stamp is offered. */
#define MH_MOST_LISTED 100

/* The most findings of one kind and severity.  One more finding summarizes the rest. */
#define MH_MOST_TOLD 20

/* The diagnosis under construction, with what every judge needs. */
typedef struct MhDiagnosing
{
	const MhFacts *facts;
	MhDiagnosis *result;
	MhRow *rows;               /* by row */
	bool *applied;             /* by node */
	bool is_ahead;             /* a row belongs to a later release */
	const MhRetired **retired; /* ordered by id; NULL: not sorted yet */
} MhDiagnosing;

/* finding.c: adds findings and their evidence.  A text that is NULL is not added. */
extern MhFinding *mh_finding_add(MhDiagnosing *d, MhSeverity severity, const char *code,
								 const char *state);
extern void mh_evidence_text(MhFinding *finding, const char *key, const char *text);
extern void mh_evidence_list(MhFinding *finding, const char *key, const MhStrings *list);
extern void mh_evidence_number(MhFinding *finding, const char *key, int64 number);

/* Counts findings of a kind, by severity, because a database may have thousands. */
typedef struct MhTold
{
	int n[MH_UNKNOWN + 1];
} MhTold;

/* Counts a finding.  Returns whether it shall be reported by itself. */
extern bool mh_is_told(MhTold *told, MhSeverity severity);
/*
 * Adds the findings that summarize the rest, one for each severity.  what: "scripts were changed".
 */
extern void mh_tell_rest(MhDiagnosing *d, const MhTold *told, const char *code, const char *state,
						 const char *what, char *hint);

extern bool mh_has_no_rows(const MhFacts *facts);

/* hint.c: statements with their semicolon (without it from mh_project_call and
 * mh_capture_call), and whole hints. */
extern char *mh_capture_call(const MhFacts *facts, const char *replace); /* replace: NULL, "true" */
extern char *mh_reader_call(const MhFacts *facts, const char *function);
extern char *mh_project_call(const MhFacts *facts, const char *function, const char *first);
extern char *mh_show_call(const MhFacts *facts, const char *id);
extern char *mh_all_drift_call(const MhFacts *facts); /* of severity 0 too */
extern char *mh_drift_call(const MhFacts *facts, const char *revision);
extern char *mh_locks_call(const MhFacts *facts);
/* a call of mighead_ignore that accepts a finding that somebody has verified */
extern char *mh_accepting_call(const MhFacts *facts, const char *object, const char *reason,
							   const char *code);
extern char *mh_load_hint(const MhFacts *facts);
extern char *mh_upgrade_hint(const MhFacts *facts, const char *target);

/* Returns whether a statement that names the version table may be offered. */
extern bool mh_may_be_named(const MhFacts *facts);

/* offer.c: offers stamps to the revision that the schema has. */

/* Returns whether a part of the schema is busy or unreadable, so that the whole is not known. */
extern bool mh_is_partly_unread(const MhFacts *facts);

/*
 * Sets as the finding's fix the guarded stamp that replaces all rows by target.  Use it if target
 * says about the schema what the rows said: without a comparison the guard "schema" is skipped.
 * Sets no fix if there are too many rows, if a part of the schema could not be read, or if a target
 * is in no script.
 */
extern void mh_offer_stamp(const MhFacts *facts, MhFinding *finding, const MhStrings *target,
						   const char *reason);

/*
 * Offers a stamp to the revision whose schema is exactly the live one (schema->located).  Sets fix
 * and hint, or neither if mh_offer_stamp would set no fix or if other revisions have the same
 * schema.
 */
extern void mh_offer_located(const MhFacts *facts, MhFinding *finding);

/*
 * Adds to a finding about an uninformative row which revision's schema the live schema is.
 * may_stamp: also offers the stamp there as hint and fix.
 */
extern void mh_tell_location(const MhFacts *facts, MhFinding *finding, bool may_stamp);
/*
 * Returns the revisions whose schema the live schema is: "a1", or "a1, and of a2, which only data
 * tells apart".
 */
extern char *mh_enumerate_located(const MhSchemaFacts *schema);
/*
 * Appends to the detail which revision's schema the live schema is; with_nearly: also if it is only
 * the nearest one.  Returns whether it is exactly that of a revision.
 */
extern bool mh_append_location(const MhFacts *facts, MhFinding *finding, bool with_nearly);

/* schema.c */
extern void mh_judge_schema(MhDiagnosing *d);
/* Reports the objects that could not be read, whatever the rows are. */
extern void mh_judge_unread(MhDiagnosing *d);
/*
 * Returns a clause that names the revision whose schema this is, if there is no expectation at the
 * rows; otherwise NULL.
 */
extern char *mh_located_elsewhere(const MhFacts *facts);
/* Reports why the schema was not compared, and how to make it comparable. */
extern void mh_judge_comparison(MhDiagnosing *d);

/* sessions.c */
/* Returns the session that has locked busy objects for longest, or NULL. */
extern const MhSession *mh_find_locker(const MhFacts *facts);
/* Returns the hint how to make busy objects readable. */
extern char *mh_unread_hint(const MhFacts *facts);
extern MhSeverity mh_by_patience(const MhSession *session);
extern void mh_describe_session(MhFinding *finding, const MhSession *session);
extern char *mh_migrating_hint(const MhFacts *facts, const MhSession *session);
extern void mh_judge_access(MhDiagnosing *d);
extern void mh_judge_row_security(MhDiagnosing *d);
extern void mh_judge_migrating(MhDiagnosing *d);
/* Returns a migrating session; NULL: there is none. */
extern const MhSession *mh_find_migrating(const MhFacts *facts);

/* rows.c */
extern void mh_judge_invalid_rows(MhDiagnosing *d);
extern void mh_judge_key(MhDiagnosing *d);
extern void mh_judge_unknown_rows(MhDiagnosing *d);
extern void mh_judge_redundant_rows(MhDiagnosing *d);
extern void mh_judge_multiple_rows(MhDiagnosing *d, bool heads_found);

/* retired.c */
/* Adds the nodes right below rows that only another release has. */
extern void mh_add_below_retired(const MhFacts *facts, MhNodes *nodes);
/* Reports a row that only another release has.  Returns false if no release ever had it. */
extern bool mh_judge_retired_row(MhDiagnosing *d, const char *row);
/*
 * Returns whether both lists have the same revisions, if some had another id in an earlier or later
 * release.
 */
extern bool mh_are_renamed(const MhFacts *facts, const MhStrings *rows, const MhStrings *now);

/* scripts.c */

/*
 * Reports several heads.  Returns false, and reports nothing, if there is one head or if each head
 * has a branch label of its own.
 */
extern bool mh_judge_heads(MhDiagnosing *d);
extern void mh_judge_width(MhDiagnosing *d);
/* Plans the upgrade to all heads.  Returns false if it is refused. */
extern bool mh_pending_plan(MhDiagnosing *d, MhPlan *plan);
extern void mh_judge_pending(MhDiagnosing *d);
extern void mh_judge_no_scripts(MhDiagnosing *d);
/* Reports inconsistent stored scripts of the project. */
extern void mh_judge_damage(MhDiagnosing *d);
extern void mh_judge_no_rows(MhDiagnosing *d);

/* edited.c */
extern void mh_judge_edited(MhDiagnosing *d);

/* inserted.c */
extern void mh_judge_inserted(MhDiagnosing *d);

/* missing.c */
extern void mh_judge_missing(MhDiagnosing *d);
/* Reports tables that may be the version table.  Returns whether there are any. */
extern bool mh_judge_lookalikes(MhDiagnosing *d);

/* journal.c */
extern void mh_judge_watch(MhDiagnosing *d);
extern void mh_judge_journal(MhDiagnosing *d);

/* leftovers.c */
extern void mh_judge_leftovers(MhDiagnosing *d);

#endif /* MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_PRIVATE_H */
