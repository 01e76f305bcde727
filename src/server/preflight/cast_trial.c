/*-------------------------------------------------------------------------
 *
 * cast_trial.c
 *	  Tries a cast on values.
 *
 * Values are tried one after the other inside a subtransaction.  A value that is refused with an
 * error ends it, and the next subtransaction begins with the value after it.  So there are no more
 * subtransactions than refused values.  Input functions with soft errors (16 and later) need none.
 *
 *-------------------------------------------------------------------------
 */
#include "server/preflight/cast.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* Maximal bytes of a value that are shown. */
#define SHOWN_VALUE 200

struct MhCastTrial
{
	const MhCast *cast;
	int max_samples;

	/* the prepared cast; in its own context, because errors leave it undefined */
	MemoryContext context;
	MemoryContext batch; /* memory that is reset after each batch of values */
	MemoryContext result;
	ExprContext *econtext;
	ExprState *state;

	/* the text input with which the cast begins; NULL: none */
	const CoerceViaIO *through_text;
	bool text_is_all; /* the cast consists of the text input, which has soft errors */
	FmgrInfo input;
	Oid input_parameter;
	FmgrInfo output;

	FmgrInfo show;

	bool null_tried;
	ErrorData *null_error; /* NULL: not refused */
	MhCastable found;
};

static void
prepare_cast(MhCastTrial *trial)
{
	MemoryContext caller = MemoryContextSwitchTo(trial->context);

	MemoryContextReset(trial->context);
	trial->econtext = CreateStandaloneExprContext();
	trial->state = ExecInitExpr(trial->cast->expression, NULL);
	MemoryContextSwitchTo(caller);
}

/* Returns the conversion through text with which the cast begins, or NULL. */
static const CoerceViaIO *
find_conversion(Node *node)
{
	while (node != NULL)
	{
		if (IsA(node, CoerceViaIO))
		{
			const CoerceViaIO *conversion = (const CoerceViaIO *) node;

			return IsA(conversion->arg, CaseTestExpr) ? conversion : NULL;
		}
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceToDomain))
			node = (Node *) ((CoerceToDomain *) node)->arg;
		else if (IsA(node, FuncExpr) && ((FuncExpr *) node)->args != NIL)
			node = linitial(((FuncExpr *) node)->args);
		else
			node = NULL;
	}
	return NULL;
}

static void
prepare_conversion(MhCastTrial *trial)
{
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(trial->cast->source, &function, &is_varlena);
	fmgr_info(function, &trial->show);
	trial->through_text = find_conversion((Node *) trial->cast->expression);
	if (trial->through_text == NULL)
		return;
	trial->text_is_all =
		MH_HAS_SOFT_INPUT && (const void *) trial->through_text == trial->cast->expression;
	fmgr_info(function, &trial->output);
	getTypeInputInfo(trial->through_text->resulttype, &function, &trial->input_parameter);
	fmgr_info(function, &trial->input);
}

MhCastTrial *
mh_cast_trial_begin(const MhCast *cast, int max_samples)
{
	MhCastTrial *trial = palloc0(sizeof(MhCastTrial));

	trial->cast = cast;
	trial->max_samples = max_samples;
	trial->context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead cast", ALLOCSET_DEFAULT_SIZES);
	trial->batch =
		AllocSetContextCreate(CurrentMemoryContext, "mighead values", ALLOCSET_DEFAULT_SIZES);
	trial->result = CurrentMemoryContext;
	prepare_conversion(trial);
	prepare_cast(trial);
	return trial;
}

/* Returns a value as shown to a person; NULL for NULL. */
static char *
show_value(MhCastTrial *trial, Datum value, bool is_null)
{
	char *text;
	int length;

	if (is_null)
		return NULL;
	text = OutputFunctionCall(&trial->show, value);
	length = strlen(text);
	if (length > SHOWN_VALUE)
		text = psprintf("%.*s...", pg_mbcliplen(text, length, SHOWN_VALUE), text);
	return mh_to_utf8(text);
}

static bool
is_same_value(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
add_refusal(MhCastTrial *trial, const char *shown, const ErrorData *error)
{
	MhCastable *found = &trial->found;
	MemoryContext caller = MemoryContextSwitchTo(trial->result);
	MhRefusal *refusal;

	found->refusals = found->n == 0 ? palloc(sizeof(MhRefusal))
									: repalloc(found->refusals, (found->n + 1) * sizeof(MhRefusal));
	refusal = &found->refusals[found->n++];
	refusal->value = shown == NULL ? NULL : pstrdup(shown);
	refusal->rows = 1;
	strlcpy(refusal->sqlstate, unpack_sql_state(error->sqlerrcode), sizeof(refusal->sqlstate));
	refusal->message = mh_to_utf8(pstrdup(error->message));
	MemoryContextSwitchTo(caller);
}

static void
note_refusal(MhCastTrial *trial, Datum value, bool is_null, const ErrorData *error)
{
	MhCastable *found = &trial->found;
	char *shown;

	found->failing_rows++;
	if (trial->max_samples == 0)
		return;
	shown = show_value(trial, value, is_null);
	for (int i = 0; i < found->n; i++)
		if (is_same_value(found->refusals[i].value, shown))
		{
			found->refusals[i].rows++;
			return;
		}
	if (found->n < trial->max_samples)
		add_refusal(trial, shown, error);
}

/* Returns whether the error says nothing about the value. */
static bool
is_of_server(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE || /* raised by mh_guard_code */
		   category == ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_SYSTEM_ERROR) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK);
}

/*
 * Casts a value.  Raises the error of a refused value, or returns false with *error if the error is
 * soft.
 */
static bool
cast_value(MhCastTrial *trial, Datum value, bool is_null, ErrorData **error)
{
	bool result_is_null;

	if (trial->through_text != NULL && !is_null &&
		!mh_input_is_valid(&trial->input, OutputFunctionCall(&trial->output, value),
						   trial->input_parameter, error))
		return false;
	if (trial->text_is_all && !is_null)
		return true;
	trial->econtext->caseValue_datum = value;
	trial->econtext->caseValue_isNull = is_null;
	ExecEvalExpr(trial->state, trial->econtext, &result_is_null);
	return true;
}

/*
 * Tries values from first on, inside the subtransaction.  *at is the value being tried.  Soft
 * errors are stored in errors[], and counted after success.
 */
static void
try_values(MhCastTrial *trial, const Datum *values, const bool *nulls, int n, volatile int *at,
		   ErrorData **errors)
{
	for (; *at < n; (*at)++)
	{
		MemoryContext caller = MemoryContextSwitchTo(trial->econtext->ecxt_per_tuple_memory);
		ErrorData *error = NULL;

		CHECK_FOR_INTERRUPTS();
		if (!cast_value(trial, values[*at], nulls[*at], &error))
		{
			MemoryContextSwitchTo(caller);
			errors[*at] = palloc0(sizeof(ErrorData));
			errors[*at]->sqlerrcode = error->sqlerrcode;
			errors[*at]->message = pstrdup(error->message);
		}
		MemoryContextSwitchTo(caller);
		ResetExprContext(trial->econtext);
	}
}

/*
 * Runs one subtransaction from first to the value that is refused with an error, or to the end.
 * Returns where it ended.
 */
static int
try_in_subtransaction(MhCastTrial *trial, const Datum *values, const bool *nulls, int first, int n,
					  ErrorData **errors)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int at = first;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		try_values(trial, values, nulls, n, &at, errors);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		errors[at] = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (is_of_server(errors[at]))
			ReThrowError(errors[at]);
		prepare_cast(trial);
	}
	PG_END_TRY();
	return at;
}

/* Tries NULL once: only a domain can refuse it. */
static void
try_null(MhCastTrial *trial)
{
	Datum value = (Datum) 0;
	bool is_null = true;

	if (!trial->null_tried)
	{
		MemoryContext caller = MemoryContextSwitchTo(trial->result);

		try_in_subtransaction(trial, &value, &is_null, 0, 1, &trial->null_error);
		MemoryContextSwitchTo(caller);
		trial->null_tried = true;
	}
	if (trial->null_error != NULL)
		note_refusal(trial, value, is_null, trial->null_error);
}

void
mh_cast_try(MhCastTrial *trial, const Datum *values, const bool *nulls, int n)
{
	MemoryContext caller = MemoryContextSwitchTo(trial->batch);
	Datum *tried = palloc(n * sizeof(Datum));
	bool *tried_nulls = palloc0(n * sizeof(bool));
	ErrorData **errors = palloc0(n * sizeof(ErrorData *));
	int tried_n = 0;

	for (int i = 0; i < n; i++)
		if (nulls[i])
			try_null(trial);
		else
			tried[tried_n++] = values[i];
	for (int at = 0; at < tried_n; at++)
		at = try_in_subtransaction(trial, tried, tried_nulls, at, tried_n, errors);
	for (int i = 0; i < tried_n; i++)
		if (errors[i] != NULL)
			note_refusal(trial, tried[i], false, errors[i]);
	trial->found.total_rows += n;
	trial->found.null_rows += n - tried_n;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(trial->batch);
}

void
mh_cast_trial_end(MhCastTrial *trial, MhCastable *castable)
{
	castable->total_rows = trial->found.total_rows;
	castable->failing_rows = trial->found.failing_rows;
	castable->null_rows = trial->found.null_rows;
	castable->refusals = trial->found.refusals;
	castable->n = trial->found.n;
	MemoryContextDelete(trial->context);
	MemoryContextDelete(trial->batch);
}
