/*-------------------------------------------------------------------------
 *
 * answers.c
 *	  Answers of a database elsewhere, kept until a reader of definitions has all that it asks for.
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/answers.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/*
 * Of all databases that are asked at the same time.  Each may keep a little whatever the others do: so
 * those who send much do not get in the way of those who send what a schema needs.
 */
#define MOST_KEPT (256 * 1024 * 1024)
#define LITTLE (8 * 1024 * 1024)

/* What the memory for a row costs beside the row. */
#define COST_OF_ROW 32

typedef struct Answer
{
	uint32 hash;
	char *query;
	char *parameter; /* NULL: none */
	const char *parameters[1];
	bool is_complete;
	MhError refusal; /* sqlstate NULL: it was answered */
	int columns;
	List *rows;  /* of const char ** */
	int64 bytes; /* of the rows */
} Answer;

struct MhAnswers
{
	MhSource source;
	const MhRemote *remote;
	MemoryContext context; /* NULL: freed */
	int64 *all_kept;       /* by everybody who shares it */
	int64 kept;
	List *all; /* of Answer * */
	Answer *asked;
	int missing;
	bool has_refused; /* the reader was told of a refusal */
};

static uint32
hash_of(const char *query, const char *parameter)
{
	uint32 hash = hash_bytes((const unsigned char *) query, strlen(query));

	if (parameter != NULL)
		hash ^= hash_bytes((const unsigned char *) parameter, strlen(parameter));
	return hash;
}

static bool
is_same(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

static Answer *
find(const MhAnswers *answers, const char *query, const char *parameter)
{
	uint32 hash = hash_of(query, parameter);
	ListCell *cell;

	foreach (cell, answers->all)
	{
		Answer *answer = lfirst(cell);

		if (answer->hash == hash && is_same(answer->query, query) &&
			is_same(answer->parameter, parameter))
			return answer;
	}
	return NULL;
}

/*
 * An empty list of OIDs, where answers are missing, is most likely one that those would fill; to ask
 * for nothing would cost a round trip.
 */
static bool
is_worth_asking(const MhAnswers *answers, const char *query)
{
	return answers->missing == 0 || strstr(query, MH_SQL_NO_OIDS) == NULL;
}

static void
note_missing(MhAnswers *answers, const char *query, const char *parameter)
{
	MemoryContext caller;
	Answer *answer;

	if (answers->context == NULL || !is_worth_asking(answers, query))
		return;
	caller = MemoryContextSwitchTo(answers->context);
	answer = palloc0(sizeof(Answer));
	answer->hash = hash_of(query, parameter);
	answer->query = pstrdup(query);
	answer->parameter = parameter == NULL ? NULL : pstrdup(parameter);
	answer->parameters[0] = answer->parameter;
	answers->all = lappend(answers->all, answer);
	MemoryContextSwitchTo(caller);
}

/* A time limit there must not look like a cancel here. */
static void
raise_refusal(MhAnswers *answers, const MhError *refusal)
{
	MhError err = *refusal;

	answers->has_refused = true;
	if (strncmp(err.sqlstate, "57", 2) == 0)
		err.sqlstate = "08000";
	mh_raise(&err);
}

static void
answer_query(MhSource *source, const char *query, const char *parameter, MhTextRowReader read,
			 void *state)
{
	MhAnswers *answers = (MhAnswers *) source;
	const Answer *answer = find(answers, query, parameter);
	ListCell *cell;

	if (answer == NULL || !answer->is_complete)
	{
		if (answer == NULL)
			note_missing(answers, query, parameter);
		answers->missing++;
		return;
	}
	if (answer->refusal.sqlstate != NULL)
		raise_refusal(answers, &answer->refusal);
	foreach (cell, answer->rows)
	{
		CHECK_FOR_INTERRUPTS();
		read(answer->columns, lfirst(cell), state);
	}
}

/* What follows would judge what is not known. */
static void
require_all(MhSource *source)
{
	if (((MhAnswers *) source)->missing > 0)
		ereport(ERROR, (errcode(ERRCODE_CONNECTION_DOES_NOT_EXIST),
						errmsg("the database elsewhere has not answered yet")));
}

MhAnswers *
mh_answers_begin(const MhRemote *remote, int64 *kept)
{
	MhAnswers *answers = palloc0(sizeof(MhAnswers));

	answers->source.version = mh_remote_version(remote);
	answers->source.query = answer_query;
	answers->source.end = require_all;
	answers->remote = remote;
	answers->all_kept = kept;
	answers->context =
		AllocSetContextCreate(CurrentMemoryContext, "mighead answers", ALLOCSET_DEFAULT_SIZES);
	return answers;
}

MhSource *
mh_answers_source(MhAnswers *answers)
{
	return &answers->source;
}

void
mh_answers_free(MhAnswers *answers)
{
	if (answers->context == NULL)
		return;
	MemoryContextDelete(answers->context);
	answers->context = NULL;
	*answers->all_kept -= answers->kept;
	answers->all = NIL;
	answers->asked = NULL;
}

/* ---------- trying ---------- */

static ErrorData *
run(void (*read)(void *state), void *state, MemoryContext context)
{
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		read(state);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	return error;
}

static MhTried
outcome(const MhAnswers *answers, ErrorData *error, MemoryContext caller, char **failure)
{
	if (error != NULL && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	if (answers->missing > 0)
		return MH_TRIED_MISSING;
	if (error == NULL)
		return MH_TRIED_DONE;
	if (!answers->has_refused)
		ReThrowError(error);
	*failure = MemoryContextStrdup(caller, mh_to_utf8(error->message));
	return MH_TRIED_FAILED;
}

MhTried
mh_answers_try(MhAnswers *answers, void (*read)(void *state), void *state, char **failure)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context =
		AllocSetContextCreate(caller, "mighead attempt", ALLOCSET_DEFAULT_SIZES);
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *error;
	MhTried tried;

	answers->missing = 0;
	answers->has_refused = false;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	error = run(read, state, context);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	tried = outcome(answers, error, caller, failure);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return tried;
}

/* ---------- asking ---------- */

static Size
size_of_row(const char *const *values, int n)
{
	Size size = Max(n, 1) * sizeof(char *);

	for (int i = 0; i < n; i++)
		size += values[i] == NULL ? 0 : strlen(values[i]) + 1;
	return size;
}

/* One allocation for each row: there are many, of many small values. */
static const char **
copy_row(const char *const *values, int n)
{
	const char **row = palloc(size_of_row(values, n));
	char *text = (char *) (row + Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		Size length = values[i] == NULL ? 0 : strlen(values[i]) + 1;

		row[i] = values[i] == NULL ? NULL : memcpy(text, values[i], length);
		text += length;
	}
	return row;
}

static void
count_bytes(MhAnswers *answers, Answer *answer, int64 bytes)
{
	answer->bytes += bytes;
	answers->kept += bytes;
	*answers->all_kept += bytes;
}

static void
refuse_answer(MhAnswers *answers, Answer *answer)
{
	list_free_deep(answer->rows);
	answer->rows = NIL;
	count_bytes(answers, answer, -answer->bytes);
	mh_fail(&answer->refusal, "54000",
			"the schemas of all servers that are asked have more than %d MB",
			MOST_KEPT / (1024 * 1024));
}

static void
keep_row(const char *const *values, void *into)
{
	MhAnswers *answers = into;
	Answer *answer = answers->asked;
	MemoryContext caller;

	if (answer->refusal.sqlstate != NULL)
		return;
	caller = MemoryContextSwitchTo(answers->context);
	answer->columns = mh_remote_columns(answers->remote);
	count_bytes(answers, answer, COST_OF_ROW + size_of_row(values, answer->columns));
	if (*answers->all_kept > MOST_KEPT && answers->kept > LITTLE)
		refuse_answer(answers, answer);
	else
		answer->rows = lappend(answer->rows, copy_row(values, answer->columns));
	MemoryContextSwitchTo(caller);
}

MhRemoteQuery
mh_answers_next(MhAnswers *answers)
{
	ListCell *cell;

	foreach (cell, answers->all)
	{
		Answer *answer = lfirst(cell);

		if (answer->is_complete)
			continue;
		answers->asked = answer;
		return (MhRemoteQuery){.text = answer->query,
							   .n = answer->parameter == NULL ? 0 : 1,
							   .parameters = answer->parameters,
							   .columns = MH_ANY_COLUMNS,
							   .sink = keep_row,
							   .into = answers};
	}
	return (MhRemoteQuery){.text = NULL};
}

void
mh_answers_end_of(MhAnswers *answers, const MhError *err)
{
	MemoryContext caller = MemoryContextSwitchTo(answers->context);
	Answer *answer = answers->asked;

	answers->asked = NULL;
	if (answer != NULL)
		answer->is_complete = true;
	if (answer != NULL && err != NULL)
	{
		answer->refusal = *err;
		answer->refusal.sqlstate = pstrdup(err->sqlstate);
		answer->refusal.message = pstrdup(err->message);
	}
	MemoryContextSwitchTo(caller);
}
