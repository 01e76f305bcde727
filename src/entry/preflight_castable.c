/*-------------------------------------------------------------------------
 *
 * preflight_castable.c
 *	  SQL function that finds what would refuse a change of type.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/preflight.h"

#include "entry/result.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(mighead_castable);

#define CASTABLE_COLUMNS 7

static void
push_text(JsonbInState *state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value;

	value.type = text == NULL ? jbvNull : jbvString;
	if (text != NULL)
	{
		value.val.string.val = mh_from_utf8(text);
		value.val.string.len = strlen(value.val.string.val);
	}
	pushJsonbValue(state, token, &value);
}

static void
push_refusal(JsonbInState *state, const MhRefusal *refusal)
{
	JsonbValue rows;

	rows.type = jbvNumeric;
	rows.val.numeric = int64_to_numeric(refusal->rows);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_text(state, WJB_KEY, "value");
	push_text(state, WJB_VALUE, refusal->value);
	push_text(state, WJB_KEY, "rows");
	pushJsonbValue(state, WJB_VALUE, &rows);
	push_text(state, WJB_KEY, "sqlstate");
	push_text(state, WJB_VALUE, refusal->sqlstate);
	push_text(state, WJB_KEY, "error");
	push_text(state, WJB_VALUE, refusal->message);
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static Datum
sample_datum(const MhCastable *castable)
{
	JsonbInState state = {0};

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < castable->n; i++)
		push_refusal(&state, &castable->refusals[i]);
	pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(state.result));
}

static void
report(const MhCastable *castable, const char *column, const char *new_type)
{
	if (castable->needs_using)
		ereport(NOTICE,
				(errmsg("column \"%s\" cannot be cast automatically to type %s",
						mh_from_utf8(column), mh_from_utf8(new_type)),
				 errdetail("Values were tried as with USING %s::%s.",
						   mh_quote_identifier(mh_from_utf8(column)), mh_from_utf8(new_type)),
				 errhint("ALTER TABLE needs that clause; in Alembic: postgresql_using.")));
	if (castable->estimated_rows > 0)
		ereport(NOTICE,
				(errmsg("looked at " INT64_FORMAT " of about %.0f rows", castable->total_rows,
						castable->estimated_rows),
				 errdetail("Pages of tables of more than %d rows are sampled.", MH_CASTABLE_ROWS),
				 errhint("To look at every row, add whole_table => true.")));
}

/*
 * mighead_castable(relation regclass, column_name text, new_type text, max_samples int,
 *			whole_table boolean)
 *		returns record
 *		Returns what a change of a column's type would do to its values: mh_castable_find().
 *		Errors, locks and privileges: see server/preflight/preflight.h; also 22004 for a NULL
 *		argument and 22023 for a negative max_samples.
 */
Datum
mighead_castable(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"relation", "column_name", "new_type", "max_samples",
										"whole_table"};
	MhCastable *castable;
	Datum values[CASTABLE_COLUMNS];
	bool nulls[CASTABLE_COLUMNS] = {false};
	char *column;
	char *new_type;
	bool whole_table;

	/* the script of 0.1.0 declares no whole_table */
	for (int i = 0; i < Min(lengthof(names), PG_NARGS()); i++)
		mh_require_argument(fcinfo, i, names[i]);
	whole_table = PG_NARGS() > 4 && PG_GETARG_BOOL(4);
	mh_require_samples(PG_GETARG_INT32(3));
	column = mh_text_argument(fcinfo, 1);
	new_type = mh_text_argument(fcinfo, 2);
	castable = mh_castable_find(PG_GETARG_OID(0), column, new_type, PG_GETARG_INT32(3),
								whole_table ? MH_CASTABLE_ALL : MH_CASTABLE_SAMPLE);
	report(castable, column, new_type);
	values[0] = Int64GetDatum(castable->total_rows);
	values[1] = Int64GetDatum(castable->failing_rows);
	values[2] = Int64GetDatum(castable->null_rows);
	values[3] = sample_datum(castable);
	values[4] = BoolGetDatum(castable->rewrites_table);
	values[5] = mh_strings_datum(&castable->dependents);
	values[6] = BoolGetDatum(castable->estimated_rows > 0);
	return mh_record_datum(fcinfo, values, nulls);
}
