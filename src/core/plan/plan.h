/*-------------------------------------------------------------------------
 *
 * plan.h
 *	  What Alembic would do: upgrade, downgrade, history, stamp, and what the rows of a version table mean.
 *
 * "rows" are the texts of a version table in physical order.  They are
 * identifiers, resolved as Alembic does (a row may be a prefix or even a word
 * such as "head").
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
	MhStampStep *steps;     /* the set algebra's steps */
	MhStrings rows_after;   /* {targets} and the rows unrelated to them */
	bool alembic_differs;   /* several revisions to stamp, and Alembic
								 * itself would lose rows or crash */
	MhStrings alembic_rows; /* what Alembic would leave, if it survives */
	char *alembic_error;    /* Alembic would crash: how; else NULL */
	bool overlap;           /* rows_after holds a row and its ancestor */
	char *overlap_detail;
} MhStampPlan;

/*
 * with_rows false leaves rows_after empty, for callers that only count steps.
 * Errors: MH201, MH202, MH203, MH205.
 */
extern bool mh_upgrade_plan(const MhGraph *graph, const MhStrings *rows, const char *target,
							bool with_rows, MhPlan *plan, MhError *err);

/* The same downward; also MH204. */
extern bool mh_downgrade_plan(const MhGraph *graph, const MhStrings *rows, const char *target,
							  bool with_rows, MhPlan *plan, MhError *err);

/*
 * alembic history -r RANGE, newest first; range NULL means everything.  "current" is
 * taken as the command line takes it: the rows.
 */
extern bool mh_history(const MhGraph *graph, const char *range, const MhStrings *rows,
					   MhNodes *nodes, MhError *err);

/*
 * Leaves of nodes those at most so many steps above or below the rows, over down_revision; where no
 * script has a row, above and at the bases.
 */
extern void mh_history_around(const MhGraph *graph, const MhStrings *rows, int steps,
							  MhNodes *nodes);

/*
 * alembic stamp TARGETS.  An empty list, or "base", means no rows.  purge: the
 * rows go first, whatever they are.  unregistered: a target that is no name
 * nor prefix in any script is taken as it is.
 *
 * With one revision to stamp rows_after is what Alembic would leave; where the
 * rows overlap before, or are not full ids, or are there twice, and with
 * several revisions, it is the revisions and those rows that are unrelated to
 * all of them.  MH201, MH202, MH205.
 */
extern bool mh_stamp_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *targets,
						  bool purge, bool unregistered, MhStampPlan *plan, MhError *err);

/*
 * Is target a plain name that neither a script nor a word of Alembic's has, nor
 * is it a prefix of one?
 */
extern bool mh_is_unregistered(const MhGraph *graph, const char *target);

/* Rows as lists show them: in load order, then those that no script has, as they are. */
extern MhStrings mh_rows_in_load_order(const MhGraph *graph, const MhStrings *rows);

/*
 * The steps from rows to other rows, both as they are: what is in both stays,
 * the others are paired in their order.  Says of the result whether it overlaps.
 */
extern void mh_undo_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *wanted,
						 MhStampPlan *plan);

/* row_change.c: what a change of the rows of a version table was, told from the graph. */

typedef enum MhRowChangeKind
{
	MH_ROWS_UPGRADE,   /* one step up, as "alembic upgrade" writes it */
	MH_ROWS_DOWNGRADE, /* one step down, as "alembic downgrade" writes it */
	MH_ROWS_STAMP,     /* what "alembic stamp" could write, and no single step */
	MH_ROWS_MANUAL     /* nothing that Alembic would write */
} MhRowChangeKind;

/* Does a script know of DDL in the transaction that moved the rows? */
typedef enum MhDdl
{
	MH_DDL_UNKNOWN,
	MH_DDL_NONE,
	MH_DDL_DONE
} MhDdl;

typedef struct MhRowChangeVerdict
{
	MhRowChangeKind kind;
	const char *revision; /* whose script a step ran; NULL: no step */
	int passed;           /* revisions that are applied after and not before, or the other
						   * way round; -1: not known, a row is in no script */
} MhRowChangeVerdict;

/* One statement that changed rows, or several that belong together. */
typedef struct MhRowChange
{
	MhStrings old_rows;
	MhStrings new_rows;
	MhStrings removed; /* the difference of the two, as multisets */
	MhStrings added;
} MhRowChange;

/* The change between two sets of rows, whose strings it shares. */
extern MhRowChange mh_row_change(const MhStrings *old_rows, const MhStrings *new_rows);

extern bool mh_rows_equal(const MhStrings *a, const MhStrings *b);

/*
 * Judges a change.  A step and a stamp by one are the same rows, and called a step.
 * ddl decides only where a revision is in no script, because the database is migrated
 * before the scripts are loaded: with DDL it was a step.
 */
extern MhRowChangeVerdict mh_row_change_judge(const MhGraph *graph, const MhRowChange *change,
											  MhDdl ddl);

/*
 * The same from the scripts of the rows alone, which is enough for a step along a line;
 * false where it is not.
 */
extern bool mh_row_change_judge_line(const MhScript *scripts, int n, const MhRowChange *change,
									 MhRowChangeVerdict *move);

/*
 * Statements of one step or stamp follow each other without DDL: rows are deleted one by
 * one before the last is updated to a merge, and so on.  Is the change, made of earlier
 * ones and the last statement, what they were for?  is_step: all statements were judged
 * to be steps, which are not joined to a stamp.  emptied: the first ones left no row.
 */
typedef struct MhJoin
{
	MhRowChange whole;
	const MhRowChange *last;
	bool only_deletes; /* the earlier ones */
	bool only_inserts;
	bool is_step;
	bool emptied;
} MhJoin;

extern bool mh_row_change_join(const MhGraph *graph, const MhJoin *join, MhRowChangeVerdict *move);

#endif /* MIGHEAD_CORE_PLAN_PLAN_H */
