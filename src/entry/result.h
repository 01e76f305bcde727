/*-------------------------------------------------------------------------
 *
 * result.h
 *	  Fills the rows of a set-returning function, column by column.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_RESULT_H
#define MIGHEAD_ENTRY_RESULT_H

#include "mighead.h"

#include "nodes/execnodes.h"
#include "utils/timestamp.h"

#define MH_MAX_COLUMNS 24

/*
 * The row being filled.  Put the columns in the order in which the function declares them; then
 * mh_row_end stores the row.  An assertion checks their number, which keeps the C and the SQL side
 * of the interface consistent.
 */
typedef struct MhResult
{
	ReturnSetInfo *info;
	MemoryContext row; /* holds the values of the row being filled */
	Datum no_strings;  /* an empty array of text */
	int n;
	Datum values[MH_MAX_COLUMNS];
	bool nulls[MH_MAX_COLUMNS];
} MhResult;

/*
 * Prepares the caller's tuplestore.  Call it before reading anything, because it raises 0A000 if
 * the context of the call accepts no set.
 */
extern void mh_result_begin(MhResult *result, FunctionCallInfo fcinfo);
extern void mh_row_end(MhResult *result);

extern void mh_put_null(MhResult *result);
extern void mh_put_int(MhResult *result, int value);
extern void mh_put_bool(MhResult *result, bool value);
/* NULL unless known */
extern void mh_put_known_bool(MhResult *result, bool known, bool value);
/* UTF-8; NULL gives NULL */
extern void mh_put_text(MhResult *result, const char *value);
/* the same, as mh_short_message shows it */
extern void mh_put_message(MhResult *result, const char *message);
extern void mh_put_strings(MhResult *result, const MhStrings *value);
extern void mh_put_timestamp(MhResult *result, bool known, Timestamp value);
/* an IP address as text; NULL gives NULL */
extern void mh_put_address(MhResult *result, const char *address);
extern void mh_put_datum(MhResult *result, Datum value);

/* Returns the only row of a function that returns a record. */
extern Datum mh_record_datum(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

#endif /* MIGHEAD_ENTRY_RESULT_H */
