/*-------------------------------------------------------------------------
 *
 * preflight_orphans.c
 *	  SQL function that finds what would refuse a foreign key.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "entry/result.h"

PG_FUNCTION_INFO_V1(mighead_orphans);
PG_FUNCTION_INFO_V1(mighead_orphans_text);

static const char *const names[] = {"child", "child_columns", "parent", "parent_columns",
									"max_samples"};

static void
check_arguments(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < lengthof(names); i++)
		mh_require_argument(fcinfo, i, names[i]);
	mh_require_samples(PG_GETARG_INT32(4));
}

static Datum
find(FunctionCallInfo fcinfo, const MhKeyEnds *ends)
{
	MhOrphans orphans = mh_orphans_find(ends, PG_GETARG_INT32(4));
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = Int64GetDatum(orphans.rows);
	values[1] = orphans.sample;
	values[2] = mh_text_datum(orphans.delete_sql);
	return mh_record_datum(fcinfo, values, nulls);
}

/*
 * mighead_orphans(child regclass, child_columns text[], parent regclass, parent_columns text[],
 *				   max_samples int) returns record
 *		Errors, locks and privileges: see server/preflight/preflight.h.  22004 for a NULL
 *		argument or element, 22023 for a negative max_samples.
 */
Datum
mighead_orphans(PG_FUNCTION_ARGS)
{
	MhKeyEnds ends;

	check_arguments(fcinfo);
	ends.child = PG_GETARG_OID(0);
	ends.child_columns = mh_strings_from_array(PG_GETARG_DATUM(1), names[1]);
	ends.parent = PG_GETARG_OID(2);
	ends.parent_columns = mh_strings_from_array(PG_GETARG_DATUM(3), names[3]);
	return find(fcinfo, &ends);
}

/*
 * mighead_orphans(child regclass, child_columns text, parent regclass, parent_columns text,
 *			max_samples int)
 *		returns record
 *		The same for one column.  Text that begins with a brace is an array literal (22P02 if
 *		malformed).  The parser takes untyped literals for text, so most calls reach this
 *		function.
 */
Datum
mighead_orphans_text(PG_FUNCTION_ARGS)
{
	MhKeyEnds ends;

	check_arguments(fcinfo);
	ends.child = PG_GETARG_OID(0);
	ends.child_columns = mh_row_set(mh_text_argument(fcinfo, 1), names[1]);
	ends.parent = PG_GETARG_OID(2);
	ends.parent_columns = mh_row_set(mh_text_argument(fcinfo, 3), names[3]);
	return find(fcinfo, &ends);
}
