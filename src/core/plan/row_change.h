/*-------------------------------------------------------------------------
 *
 * row_change.h
 *	  What a change of the rows of a version table was, told from the graph.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_PLAN_ROW_CHANGE_H
#define MIGHEAD_CORE_PLAN_ROW_CHANGE_H

#include "core/plan/plan.h"

typedef enum MhMoveKind
{
	MH_MOVE_UPGRADE,   /* one step up, as "alembic upgrade" writes it */
	MH_MOVE_DOWNGRADE, /* one step down, as "alembic downgrade" writes it */
	MH_MOVE_STAMP,     /* what "alembic stamp" could write, and no single step */
	MH_MOVE_MANUAL     /* nothing that Alembic would write */
} MhMoveKind;

/* Does a script know of DDL in the transaction that moved the rows? */
typedef enum MhDdl
{
	MH_DDL_UNKNOWN,
	MH_DDL_NONE,
	MH_DDL_DONE
} MhDdl;

typedef struct MhMove
{
	MhMoveKind kind;
	const char *revision; /* whose script a step ran; NULL: no step */
	int passed;           /* revisions that are applied after and not before, or the other
						   * way round; -1: not known, a row is in no script */
} MhMove;

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
extern MhMove mh_move_judge(const MhGraph *graph, const MhRowChange *change, MhDdl ddl);

/*
 * The same from the scripts of the rows alone, which is enough for a step along a line;
 * false where it is not.
 */
extern bool mh_move_judge_line(const MhScript *scripts, int n, const MhRowChange *change,
							   MhMove *move);

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

extern bool mh_move_join(const MhGraph *graph, const MhJoin *join, MhMove *move);

#endif /* MIGHEAD_CORE_PLAN_ROW_CHANGE_H */
