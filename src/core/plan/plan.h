/*-------------------------------------------------------------------------
 *
 * plan.h
 *	  What Alembic would do (upgrade, downgrade, history, stamp), and what changes of the rows
 *	  of a version table mean.
 *
 * "rows" are the texts of a version table in physical order.  They are identifiers and are resolved
 * as Alembic does: a row may be a prefix or even a word such as "head".
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_PLAN_PLAN_H
#define MIGHEAD_CORE_PLAN_PLAN_H

#include "core/graph/graph.h"

typedef struct MhStep
{
	int node;
	MhStrings rows_after; /* full ids, in load order */
} MhStep;

typedef struct MhPlan
{
	int n;
	MhStep *steps;
	MhStrings warnings;
} MhPlan;

typedef enum MhStampAction
{
	MH_STAMP_INSERT,
	MH_STAMP_UPDATE,
	MH_STAMP_DELETE
} MhStampAction;

typedef struct MhStampStep
{
	MhStampAction action;
	char *from_revision; /* raw text of the row; NULL for insert */
	char *to_revision;   /* NULL for delete */
	MhStrings rows_after;
} MhStampStep;

typedef struct MhStampPlan
{
	int n;
	MhStampStep *steps;     /* steps that lead to rows_after */
	MhStrings rows_after;   /* the targets, and the rows unrelated to them */
	bool alembic_differs;   /* several revisions to stamp; Alembic would lose rows or crash */
	MhStrings alembic_rows; /* the rows that Alembic would leave, if it does not crash */
	char *alembic_error;    /* how Alembic would crash; NULL: it would not */
	bool overlap;           /* rows_after holds a row and its ancestor */
	char *overlap_detail;
} MhStampPlan;

/*
 * Plans an upgrade.  with_rows false leaves rows_after empty, for callers that only count steps.
 * Fails with MH201, MH202, MH203 or MH205.
 */
extern bool mh_upgrade_plan(const MhGraph *graph, const MhStrings *rows, const char *target,
							bool with_rows, MhPlan *plan, MhError *err);

/* Plans a downgrade, as mh_upgrade_plan.  Fails with MH204 too. */
extern bool mh_downgrade_plan(const MhGraph *graph, const MhStrings *rows, const char *target,
							  bool with_rows, MhPlan *plan, MhError *err);

/*
 * Finds the revisions that "alembic history -r RANGE" shows, newest first.  range NULL means all.
 * "current" stands for the rows, as on Alembic's command line.
 */
extern bool mh_history(const MhGraph *graph, const char *range, const MhStrings *rows,
					   MhNodes *nodes, MhError *err);

/*
 * Keeps in nodes those that are at most this many steps above or below the rows, over
 * down_revision.  If no script has a row, keeps those above and at the bases.
 */
extern void mh_history_around(const MhGraph *graph, const MhStrings *rows, int steps,
							  MhNodes *nodes);

/*
 * Plans "alembic stamp TARGETS".  An empty list, or "base", means no rows.  purge: all rows are
 * deleted first.  unregistered: a target that is no name or prefix in any script is taken as it is.
 * Fails with MH201, MH202 or MH205.
 *
 * With one revision to stamp, rows_after is what Alembic would leave.  If the rows overlap already,
 * are not full ids or are duplicates, or if there are several revisions, rows_after is the
 * revisions and those rows that are unrelated to all of them.
 */
extern bool mh_stamp_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *targets,
						  bool purge, bool unregistered, MhStampPlan *plan, MhError *err);

/*
 * Returns whether target is a plain name that is no script's name, no prefix of one and no word of
 * Alembic's.
 */
extern bool mh_is_unregistered(const MhGraph *graph, const char *target);

/*
 * Returns the rows in the order in which lists show them: in load order, then unknown rows as they
 * are.
 */
extern MhStrings mh_rows_in_load_order(const MhGraph *graph, const MhStrings *rows);

/*
 * Plans the steps from rows to the wanted rows, both as they are.  Rows in both stay; the others
 * are paired in their order.  Fills in overlap of the plan.
 */
extern void mh_undo_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *wanted,
						 MhStampPlan *plan);

/* row_change.c: tells from the graph what a change of the rows of a version table was. */

typedef enum MhRowChangeKind
{
	MH_ROWS_UPGRADE,   /* one step up, as "alembic upgrade" writes it */
	MH_ROWS_DOWNGRADE, /* one step down, as "alembic downgrade" writes it */
	MH_ROWS_STAMP,     /* something that "alembic stamp" could write, but no single step */
	MH_ROWS_MANUAL     /* something that Alembic would not write */
} MhRowChangeKind;

/* Whether DDL is known to have run in the transaction that changed the rows. */
typedef enum MhDdl
{
	MH_DDL_UNKNOWN,
	MH_DDL_NONE,
	MH_DDL_DONE
} MhDdl;

typedef struct MhRowChangeVerdict
{
	MhRowChangeKind kind;
	const char *revision; /* the revision whose script the step ran; NULL: no step */
	int passed;           /* revisions applied or unapplied; -1: not known (unknown row) */
} MhRowChangeVerdict;

/* One statement that changed rows, or several that belong together. */
typedef struct MhRowChange
{
	MhStrings old_rows;
	MhStrings new_rows;
	MhStrings removed; /* the difference of the two, as multisets */
	MhStrings added;
} MhRowChange;

/* Returns the change between two sets of rows.  It shares their strings. */
extern MhRowChange mh_row_change(const MhStrings *old_rows, const MhStrings *new_rows);

extern bool mh_rows_equal(const MhStrings *a, const MhStrings *b);

/*
 * Judges a change.  If a step and a stamp write the same rows, the change is called a step.  ddl
 * decides only if a revision is in no script, because databases are migrated before the scripts are
 * loaded: with DDL it was a step.
 */
extern MhRowChangeVerdict mh_row_change_judge(const MhGraph *graph, const MhRowChange *change,
											  MhDdl ddl);

/*
 * Judges a change from the scripts of its rows alone, which is enough for a step along a line.
 * Returns false if it is not enough.
 */
extern bool mh_row_change_judge_line(const MhScript *scripts, int n, const MhRowChange *change,
									 MhRowChangeVerdict *move);

/*
 * Several statements that may belong to one step or stamp.  They follow each other without DDL: for
 * example rows are deleted one by one before the last is updated to a merge.
 */
typedef struct MhJoin
{
	MhRowChange whole;
	const MhRowChange *last;
	bool only_deletes; /* the earlier statements only delete rows */
	bool only_inserts;
	bool is_step; /* all statements were judged to be steps; these are not joined to a stamp */
	bool emptied; /* the earlier statements left no row */
} MhJoin;

/*
 * Returns whether the whole change is one step or stamp that its statements served.  *move is then
 * the verdict.
 */
extern bool mh_row_change_join(const MhGraph *graph, const MhJoin *join, MhRowChangeVerdict *move);

#endif /* MIGHEAD_CORE_PLAN_PLAN_H */
