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

typedef struct Answer
{
	uint32 hash;
	char *query;
	char *parameter; /* NULL: none */
	const char *parameters[1];
	bool is_complete;
	MhError refusal; /* sqlstate NULL: it was answered */
	int columns;
	List *rows; /* of const char ** */
} Answer;

struct MhAnswers
{
	MhSource source;
	const MhRemote *remote;
	MemoryContext context;
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

	if (!is_worth_asking(answers, query))
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
mh_answers_begin(const MhRemote *remote)
{
	MhAnswers *answers = palloc0(sizeof(MhAnswers));

	answers->source.version = mh_remote_version(remote);
	answers->source.query = answer_query;
	answers->source.end = require_all;
	answers->remote = remote;
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
	MemoryContextDelete(answers->context);
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

/* One allocation for each row: there are many, of many small values. */
static const char **
copy_row(const char *const *values, int n)
{
	Size size = Max(n, 1) * sizeof(char *);
	const char **row;
	char *text;

	for (int i = 0; i < n; i++)
		size += values[i] == NULL ? 0 : strlen(values[i]) + 1;
	row = palloc(size);
	text = (char *) (row + Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		Size length = values[i] == NULL ? 0 : strlen(values[i]) + 1;

		row[i] = values[i] == NULL ? NULL : memcpy(text, values[i], length);
		text += length;
	}
	return row;
}

static void
keep_row(const char *const *values, void *into)
{
	MhAnswers *answers = into;
	Answer *answer = answers->asked;
	MemoryContext caller = MemoryContextSwitchTo(answers->context);

	answer->columns = mh_remote_columns(answers->remote);
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
