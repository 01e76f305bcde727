/*-------------------------------------------------------------------------
 *
 * ask.c
 *	  Runs the queries of a review: in this session, or in the database elsewhere that is reviewed.
 *
 * Both give texts, so that one reader serves both.  What comes from elsewhere is a stranger's: a
 * text that is no number is 0, and one that is missing is NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "utils/memutils.h"

/* ---------- values ---------- */

char *
mh_text_at(const char *const *row, int column)
{
	return row[column - 1] == NULL ? NULL : pstrdup(row[column - 1]);
}

char *
mh_name_at(const char *const *row, int column)
{
	return pstrdup(row[column - 1] == NULL ? "" : row[column - 1]);
}

bool
mh_bool_at(const char *const *row, int column)
{
	return row[column - 1] != NULL && row[column - 1][0] == 't';
}

int
mh_int_at(const char *const *row, int column)
{
	long value = row[column - 1] == NULL ? 0 : strtol(row[column - 1], NULL, 10);

	return value < INT_MIN || value > INT_MAX ? 0 : (int) value;
}

double
mh_number_at(const char *const *row, int column)
{
	double value = row[column - 1] == NULL ? -1 : strtod(row[column - 1], NULL);

	/* false for what is no number */
	return value >= -1 && value <= 1e18 ? value : -1;
}

char
mh_char_at(const char *const *row, int column)
{
	return row[column - 1] == NULL ? '\0' : row[column - 1][0];
}

MhStrings
mh_names_at(const char *const *row, int column)
{
	MhStrings none = {0, NULL};

	return row[column - 1] == NULL ? none : mh_array_elements(row[column - 1]);
}

/* ---------- queries ---------- */

static const char **
texts_of(HeapTuple tuple, TupleDesc descriptor)
{
	const char **row = palloc(descriptor->natts * sizeof(char *));

	for (int i = 0; i < descriptor->natts; i++)
	{
		char *value = SPI_getvalue(tuple, descriptor, i + 1);

		row[i] = value == NULL ? NULL : mh_to_utf8(value);
	}
	return row;
}

/* The plan is cached. */
static void
ask_here(const char *query, Oid object, MhTextRowReader read, void *into)
{
	MemoryContext caller = CurrentMemoryContext;
	MhIdentity identity = mh_begin_reading();
	Oid types[1] = {OIDOID};
	Datum values[1] = {ObjectIdGetDatum(object)};
	int n = OidIsValid(object) ? 1 : 0;

	SPI_connect();
	if (SPI_execute_plan(mh_cached_plan(query, n, types), values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a catalog");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		TupleDesc descriptor = SPI_tuptable->tupdesc;
		const char **row = texts_of(SPI_tuptable->vals[i], descriptor);

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(caller);
		read(descriptor->natts, row, into);
		MemoryContextSwitchTo(SPI_tuptable->tuptabcxt);
	}
	MemoryContextSwitchTo(caller);
	SPI_finish();
	mh_end(&identity);
}

/* More rows of one answer are refused: some are compared with each other. */
#define MOST_ROWS 100000

/* A row with other columns than the query has ends the review. */
typedef struct Checking
{
	int columns;
	int rows;
	MhTextRowReader read;
	void *into;
} Checking;

static void
check_row(int n, const char *const *values, void *state)
{
	Checking *checking = state;

	if (n != checking->columns)
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("the server sent %d columns instead of %d", n, checking->columns)));
	if (++checking->rows > MOST_ROWS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the server sent more than %d rows of a catalog", MOST_ROWS)));
	checking->read(n, values, checking->into);
}

void
mh_review_ask_there(const MhReviewServer *server, const char *query, const char *parameter,
					int columns, MhTextRowReader read, void *into)
{
	Checking checking = {columns, 0, read, into};
	MhSource *source = server->options->source;

	/* what a server sends may lead to itself */
	check_stack_depth();
	source->query(source, query, parameter, check_row, &checking);
}

/* $1 is an OID. */
static char *
with_type(const char *query)
{
	StringInfoData text;

	initStringInfo(&text);
	for (; *query != '\0'; query++)
	{
		appendStringInfoChar(&text, *query);
		if (query[0] == '$' && query[1] == '1')
		{
			appendStringInfoString(&text, "1::pg_catalog.oid");
			query++;
		}
	}
	return text.data;
}

void
mh_review_ask(const MhReviewServer *server, const char *query, uint32 object, int columns,
			  MhTextRowReader read, void *into)
{
	if (server->options->source == NULL)
		ask_here(query, object, read, into);
	else
		mh_review_ask_there(server, with_type(query), object == 0 ? NULL : psprintf("%u", object),
							columns, read, into);
}

/* ---------- single values ---------- */

static void
read_value(int n, const char *const *row, void *into)
{
	*(char **) into = mh_text_at(row, 1);
}

char *
mh_there_value(const MhReviewServer *server, const char *query, const char *first,
			   const char *second)
{
	MhStrings parameters = {0, NULL};
	char *value = NULL;

	mh_strings_add(&parameters, first);
	mh_strings_add(&parameters, second);
	mh_review_ask_there(server, query, mh_array_text(&parameters), 1, read_value, &value);
	return value;
}
