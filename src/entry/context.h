/*-------------------------------------------------------------------------
 *
 * context.h
 *	  What the arguments project, version_table and current of a reader mean.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_CONTEXT_H
#define MIGHEAD_ENTRY_CONTEXT_H

#include "server/version_table/version_table.h"

#define MH_NO_ARGUMENT (-1)

/* Where a function has these arguments, by number, or MH_NO_ARGUMENT. */
typedef struct MhArguments
{
	int version_table;
	int current;
	int project;
} MhArguments;

/* What a function wants the rows of the version table for. */
typedef enum MhRowsUse
{
	MH_ROWS_UNUSED,   /* nothing */
	MH_ROWS_IF_KNOWN, /* columns that may be NULL */
	MH_ROWS_OF_ONE,   /* an answer that may be NULL, but about one version table */
	MH_ROWS_NEEDED    /* an answer that there is not without them */
} MhRowsUse;

typedef struct MhContext
{
	List *projects; /* of MhProject * */
	MhProject *project;
	MhVersionTable *table; /* NULL: there is none, or rows come from current */
	bool rows_known;
	MhStrings rows; /* UTF-8, in physical order; empty unless known */
} MhContext;

/*
 * Works out project and rows.
 *
 * The project is the argument's, else that of the version table (the one named or
 * the only one there is), else the only one with scripts, else "default".
 * The version table is the one named, else the only one of the project.  That
 * there is none means no rows, as to Alembic.
 *
 * Rows that could not be read (busy, unreadable), or of which there are several
 * tables, are left unknown where a function merely shows them.  Where they are
 * MH_ROWS_NEEDED there is no honest answer without them, and "nothing" would be the
 * wrong one, so this raises 55P03 (busy), 42501 (unreadable), 42809 (no version
 * table at all) or 54000 (too many rows to be one); as with MH_ROWS_OF_ONE, also MH301 (several version tables).  Always: 42P01 (no such
 * relation), 42704 (no such project), 22P02 and 22004 (malformed current).
 *
 * Locks: AccessShareLock on mighead.project and, without waiting, on version
 * tables.  Privileges: SELECT on what is read, as the caller.
 */
extern MhContext mh_context_open(FunctionCallInfo fcinfo, MhArguments arguments, MhRowsUse use);

/*
 * What a range of history (may be NULL) needs the rows for: its word "current", or
 * only marks.
 */
extern MhRowsUse mh_rows_use_of_range(const char *range);

/*
 * Which nodes are rows of the version table (bool[graph->n]), and which are rows
 * or below one.  Rows that no script has are left out of both.
 */
extern bool *mh_context_current(const MhContext *context, const MhGraph *graph);
extern bool *mh_context_applied(const MhContext *context, const MhGraph *graph);

/*
 * Raises what a plan refused.  An identifier that cannot be located may be a row
 * of the version table, not what the caller typed; then the hint says where to
 * look.
 */
pg_noreturn extern void mh_context_raise(FunctionCallInfo fcinfo, const MhContext *context,
										 const MhGraph *graph, MhError *err);

#endif /* MIGHEAD_ENTRY_CONTEXT_H */
