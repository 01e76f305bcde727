/*-------------------------------------------------------------------------
 *
 * plan.h
 *	  What Alembic would do: upgrade, downgrade, history, stamp, and what the
 *	  rows of a version table mean.
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

/* What one row of a version table is. */
typedef struct MhRow
{
	const char *text; /* NULL where the row is NULL */
	int node;         /* MH_BASE when unknown */
	bool is_exact;    /* text is the full id */
	int implied_by;   /* index of another row that is above this one
								 * (dependencies included), or -1 */
	int duplicate_of; /* index of an earlier row of the same node or
								 * text, or -1 */
} MhRow;

/* Judges each row; never fails. */
extern MhRow *mh_rows_judge(const MhGraph *graph, const MhStrings *rows);

/*
 * Resolves rows to nodes (distinct, in row order); fails with MH201 on an
 * unknown one.
 */
extern bool mh_rows_resolve(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes,
							MhError *err);

/* alembic current: the rows and implied tips, in load order. */
extern bool mh_current(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes, MhError *err);

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
extern void mh_restore_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *wanted,
							MhStampPlan *plan);

/*
 * What is left once every implied and duplicate row is dropped: full ids in
 * load order, then the rows that no script has, as they are.
 */
extern MhStrings mh_rows_maximal(const MhGraph *graph, const MhStrings *rows);

#endif /* MIGHEAD_CORE_PLAN_PLAN_H */
