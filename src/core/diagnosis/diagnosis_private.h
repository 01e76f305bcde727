/*-------------------------------------------------------------------------
 *
 * diagnosis_private.h
 *	  What the sources of the diagnosis share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_PRIVATE_H
#define MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_PRIVATE_H

#include "core/diagnosis/diagnosis.h"

/* Elements of a list of evidence; and rows that a stamp may be offered for. */
#define MH_MOST_LISTED 100

/* Findings of one kind and severity; one more tells of all others. */
#define MH_MOST_TOLD 20

/* The findings so far, with what every judge needs. */
typedef struct MhDiagnosing
{
	const MhFacts *facts;
	MhDiagnosis *result;
	MhRow *rows;               /* by row */
	bool *applied;             /* by node */
	bool is_ahead;             /* a row is of a later release */
	const MhRetired **retired; /* by id; NULL: not sorted yet */
} MhDiagnosing;

/*
 * finding.c: findings with their evidence.  A text that is NULL is left out.
 */
extern MhFinding *mh_finding_add(MhDiagnosing *d, MhSeverity severity, const char *code,
								 const char *state);
extern void mh_evidence_text(MhFinding *finding, const char *key, const char *text);
extern void mh_evidence_list(MhFinding *finding, const char *key, const MhStrings *list);
extern void mh_evidence_number(MhFinding *finding, const char *key, int64 number);

/* How many there were of a kind of which a database may have thousands, by severity. */
typedef struct MhTold
{
	int n[MH_UNKNOWN + 1];
} MhTold;

/* Counts one; is it to have a finding of its own? */
extern bool mh_is_told(MhTold *told, MhSeverity severity);
/* The finding for all others, of each severity; what: "scripts were changed". */
extern void mh_tell_rest(MhDiagnosing *d, const MhTold *told, const char *code, const char *state,
						 const char *what, char *hint);

extern bool mh_has_no_rows(const MhFacts *facts);

/* hint.c: statements with their semicolon, but for mh_project_call; and whole hints. */
extern char *mh_reader_call(const MhFacts *facts, const char *function);
extern char *mh_project_call(const MhFacts *facts, const char *function, const char *first);
extern char *mh_show_call(const MhFacts *facts, const char *id);
extern char *mh_drift_call(const MhFacts *facts, const char *revision);
extern char *mh_locks_call(const MhFacts *facts);
/* of mighead_ignore, for a finding that somebody has verified */
extern char *mh_accepting_call(const MhFacts *facts, const char *object, const char *reason,
							   const char *code);
extern char *mh_load_hint(const MhFacts *facts);
extern char *mh_upgrade_hint(const MhFacts *facts, const char *target);

/* May a statement that names the version table be offered? */
extern bool mh_may_be_named(const MhFacts *facts);

/* offer.c: stamps to what the schema is. */

/* Is something of the schema busy or unreadable, so that nothing can be said of all of it? */
extern bool mh_is_partly_unread(const MhFacts *facts);

/*
 * As the finding's fix the guarded stamp that makes target, and nothing else, the rows,
 * where that says of the schema what the rows said; none where there are too many rows or no
 * script has one.
 */
extern void mh_offer_stamp(const MhFacts *facts, MhFinding *finding, const MhStrings *target,
						   const char *reason);

/* The same with the rows that the schema exactly is. */
extern void mh_offer_located(const MhFacts *facts, MhFinding *finding);

/*
 * What the schema is, for a row that does not tell; with may_stamp the way there as hint and
 * fix.
 */
extern void mh_tell_location(const MhFacts *facts, MhFinding *finding, bool may_stamp);
/* "a1", or "a1, and of a2, which only data tells apart": what the schema exactly is. */
extern char *mh_enumerate_located(const MhSchemaFacts *schema);
/*
 * Appends to the detail which revision's schema this is; with_nearly: also where it is only the
 * nearest one.  False: it is not exactly that of any.
 */
extern bool mh_append_location(const MhFacts *facts, MhFinding *finding, bool with_nearly);

/* schema.c */
extern void mh_judge_schema(MhDiagnosing *d);
/* What of the schema could not be read, for whatever rows. */
extern void mh_judge_unread(MhDiagnosing *d);
/* A clause where nothing is expected at the rows and the schema is that of others; or NULL. */
extern char *mh_located_elsewhere(const MhFacts *facts);
/* Where it was not compared: why, and how to have it compared. */
extern void mh_judge_comparison(MhDiagnosing *d);

/* sessions.c */
/* Of those that hold what is busy the one that has been at it for longest, or NULL. */
extern const MhSession *mh_find_locker(const MhFacts *facts);
/* What makes readable what is busy. */
extern char *mh_unread_hint(const MhFacts *facts);
extern MhSeverity mh_by_patience(const MhSession *session);
extern void mh_describe_session(MhFinding *finding, const MhSession *session);
extern char *mh_migrating_hint(const MhFacts *facts, const MhSession *session);
extern void mh_judge_access(MhDiagnosing *d);
extern void mh_judge_row_security(MhDiagnosing *d);
extern void mh_judge_migrating(MhDiagnosing *d);
/* NULL: nobody migrates */
extern const MhSession *mh_find_migrating(const MhFacts *facts);

/* rows.c */
extern void mh_judge_invalid_rows(MhDiagnosing *d);
extern void mh_judge_key(MhDiagnosing *d);
extern void mh_judge_unknown_rows(MhDiagnosing *d);
extern void mh_judge_redundant_rows(MhDiagnosing *d);
extern void mh_judge_multiple_rows(MhDiagnosing *d, bool heads_found);

/* retired.c */
/* Adds the nodes that stand right below rows that another release has. */
extern void mh_add_below_retired(const MhFacts *facts, MhNodes *nodes);
/* False: no release ever had it. */
extern bool mh_judge_retired_row(MhDiagnosing *d, const char *row);
/* Is every row that the first list has more than the second one there under another id? */
extern bool mh_are_renamed(const MhFacts *facts, const MhStrings *rows, const MhStrings *now);

/* scripts.c */

/* Did it find something to say? */
extern bool mh_judge_heads(MhDiagnosing *d);
extern void mh_judge_width(MhDiagnosing *d);
/* The upgrade to all heads; false where it is refused. */
extern bool mh_pending_plan(MhDiagnosing *d, MhPlan *plan);
extern void mh_judge_pending(MhDiagnosing *d);
extern void mh_judge_no_scripts(MhDiagnosing *d);
/* What is stored of the project and does not fit together. */
extern void mh_judge_damage(MhDiagnosing *d);
extern void mh_judge_no_rows(MhDiagnosing *d);

/* edited.c */
extern void mh_judge_edited(MhDiagnosing *d);

/* inserted.c */
extern void mh_judge_inserted(MhDiagnosing *d);

/* missing.c */
extern void mh_judge_missing(MhDiagnosing *d);
/* Was there a table that may be the version table? */
extern bool mh_judge_lookalikes(MhDiagnosing *d);

/* journal.c */
extern void mh_judge_watch(MhDiagnosing *d);
extern void mh_judge_journal(MhDiagnosing *d);

/* leftovers.c */
extern void mh_judge_leftovers(MhDiagnosing *d);

#endif /* MIGHEAD_CORE_DIAGNOSIS_DIAGNOSIS_PRIVATE_H */
