/*-------------------------------------------------------------------------
 *
 * result.c
 *	  Fills the rows of a set-returning function, column by column.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/result.h"

#include "access/htup_details.h"
#include "core/draw/draw.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/fmgrprotos.h"
#include "utils/tuplestore.h"

void
mh_result_begin(MhResult *result, FunctionCallInfo fcinfo)
{
	/* a set of plain values has no row type */
	bool is_row = get_call_result_type(fcinfo, NULL, NULL) != TYPEFUNC_SCALAR;

	InitMaterializedSRF(fcinfo, is_row ? 0 : MAT_SRF_USE_EXPECTED_DESC);
	result->info = (ReturnSetInfo *) fcinfo->resultinfo;
	result->row =
		AllocSetContextCreate(CurrentMemoryContext, "mighead row", ALLOCSET_DEFAULT_SIZES);
	result->no_strings = PointerGetDatum(construct_empty_array(TEXTOID));
	result->n = 0;
	Assert(result->info->setDesc->natts <= MH_MAX_COLUMNS);
}

void
mh_row_end(MhResult *result)
{
	CHECK_FOR_INTERRUPTS();
	/* an older install script does not declare the last columns */
	if (result->n < result->info->setDesc->natts)
		elog(ERROR, "row has %d columns, but the function declares %d", result->n,
			 result->info->setDesc->natts);
	tuplestore_putvalues(result->info->setResult, result->info->setDesc, result->values,
						 result->nulls);
	/* memory that each row touches anew costs more than all else that a row does */
	MemoryContextReset(result->row);
	result->n = 0;
}

void
mh_put_datum(MhResult *result, Datum value)
{
	Assert(result->n < MH_MAX_COLUMNS);
	result->values[result->n] = value;
	result->nulls[result->n++] = false;
}

void
mh_put_null(MhResult *result)
{
	Assert(result->n < MH_MAX_COLUMNS);
	result->values[result->n] = (Datum) 0;
	result->nulls[result->n++] = true;
}

void
mh_put_int(MhResult *result, int value)
{
	mh_put_datum(result, Int32GetDatum(value));
}

void
mh_put_bool(MhResult *result, bool value)
{
	mh_put_datum(result, BoolGetDatum(value));
}

void
mh_put_known_bool(MhResult *result, bool known, bool value)
{
	if (known)
		mh_put_bool(result, value);
	else
		mh_put_null(result);
}

void
mh_put_text(MhResult *result, const char *value)
{
	MemoryContext caller;

	if (value == NULL)
	{
		mh_put_null(result);
		return;
	}
	caller = MemoryContextSwitchTo(result->row);
	mh_put_datum(result, CStringGetTextDatum(mh_for_client(value)));
	MemoryContextSwitchTo(caller);
}

void
mh_put_message(MhResult *result, const char *message)
{
	MemoryContext caller = MemoryContextSwitchTo(result->row);

	mh_put_datum(result, CStringGetTextDatum(mh_for_client(mh_short_message(message))));
	MemoryContextSwitchTo(caller);
}

void
mh_put_strings(MhResult *result, const MhStrings *value)
{
	MemoryContext caller;
	Datum *elements;

	/* of most revisions two of three lists are empty */
	if (value->n == 0)
	{
		mh_put_datum(result, result->no_strings);
		return;
	}
	caller = MemoryContextSwitchTo(result->row);
	elements = palloc(value->n * sizeof(Datum));

	for (int i = 0; i < value->n; i++)
		elements[i] = CStringGetTextDatum(mh_for_client(value->v[i]));
	mh_put_datum(result, PointerGetDatum(construct_array(elements, value->n, TEXTOID, -1, false,
														 TYPALIGN_INT)));
	MemoryContextSwitchTo(caller);
}

void
mh_put_timestamp(MhResult *result, bool known, Timestamp value)
{
	if (known)
		mh_put_datum(result, TimestampGetDatum(value));
	else
		mh_put_null(result);
}

Datum
mh_record_datum(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

void
mh_put_address(MhResult *result, const char *address)
{
	if (address == NULL)
		mh_put_null(result);
	else
		mh_put_datum(result, DirectFunctionCall1(inet_in, CStringGetDatum(address)));
}
