/*-------------------------------------------------------------------------
 *
 * remote_source.c
 *	  A database elsewhere as a source of definitions.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote_schema.h"
#include "server/definitions/definitions.h"
#include "utils/memutils.h"

typedef struct RemoteSource
{
	MhSource source;
	MhRemote *remote;
} RemoteSource;

/* The rows of one answer.  They are read when it has ended, because a reader may raise. */
typedef struct Rows
{
	const MhRemote *remote;
	MemoryContext context;
	int columns;
	List *rows; /* of const char ** */
} Rows;

/* Pointers and texts in one piece: a server may send many short values. */
static void
keep_row(const char *const *values, void *into)
{
	Rows *rows = into;
	MemoryContext caller = MemoryContextSwitchTo(rows->context);
	int n = mh_remote_columns(rows->remote);
	Size size = n * sizeof(char *);
	const char **row;
	char *text;

	for (int i = 0; i < n; i++)
		size += values[i] == NULL ? 0 : strlen(values[i]) + 1;
	row = palloc_extended(Max(size, 1), MCXT_ALLOC_HUGE);
	text = (char *) (row + n);
	rows->columns = n;
	for (int i = 0; i < n; i++)
	{
		Size length = values[i] == NULL ? 0 : strlen(values[i]) + 1;

		row[i] = values[i] == NULL ? NULL : memcpy(text, values[i], length);
		text += length;
	}
	rows->rows = lappend(rows->rows, row);
	MemoryContextSwitchTo(caller);
}

static void
read_rows(const Rows *rows, MhTextRowReader read, void *state)
{
	ListCell *cell;

	foreach (cell, rows->rows)
	{
		CHECK_FOR_INTERRUPTS();
		read(rows->columns, lfirst(cell), state);
	}
}

static void
run_query(MhSource *source, const char *query, const char *parameter, MhTextRowReader read,
		  void *state)
{
	MhRemote *remote = ((RemoteSource *) source)->remote;
	MemoryContext caller = CurrentMemoryContext;
	Rows rows = {remote, AllocSetContextCreate(caller, "mighead rows", ALLOCSET_DEFAULT_SIZES)};
	MhRemoteQuery asked = {.text = query,
						   .n = parameter == NULL ? 0 : 1,
						   .parameters = &parameter,
						   .columns = MH_ANY_COLUMNS,
						   .sink = keep_row,
						   .into = &rows};
	MhError err = MH_NO_ERROR;

	source->refusal = NULL;
	if (!mh_remote_query(remote, &asked, &err))
	{
		if (mh_remote_failure(remote) == NULL)
			source->refusal = mh_remote_query_error(remote);
		mh_raise(&err);
	}
	read_rows(&rows, read, state);
	MemoryContextDelete(rows.context);
}

MhSource *
mh_remote_source(MhRemote *remote)
{
	RemoteSource *source = palloc0(sizeof(RemoteSource));

	source->remote = remote;
	source->source.version = mh_remote_version(source->remote);
	source->source.query = run_query;
	return &source->source;
}
