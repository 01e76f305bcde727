/*-------------------------------------------------------------------------
 *
 * leftovers.c
 *	  SQL function that lists what half-finished migrations left.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "entry/fixes.h"
#include "entry/result.h"

PG_FUNCTION_INFO_V1(mighead_leftovers);

/*
 * mighead_leftovers() returns setof record
 *		Returns one row per object, ordered by kind and name.  Needs no privilege and raises no
 *		error.  A fix that rows may refuse is offered only if mh_rows_check() finds that they let
 *		it pass.
 */
Datum
mighead_leftovers(PG_FUNCTION_ARGS)
{
	List *leftovers = mh_leftovers_find();
	MhResult result;
	ListCell *cell;

	mh_judge_leftover_fixes(leftovers);
	mh_result_begin(&result, fcinfo);
	foreach (cell, leftovers)
	{
		const MhLeftover *leftover = &((MhSchemaLeftover *) lfirst(cell))->leftover;

		mh_put_text(&result, leftover->kind);
		mh_put_text(&result, leftover->object);
		mh_put_text(&result, leftover->detail);
		mh_put_text(&result, leftover->fix);
		mh_row_end(&result);
	}
	return (Datum) 0;
}
