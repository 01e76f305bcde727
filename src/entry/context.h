/*-------------------------------------------------------------------------
 *
 * context.h
 *	  Evaluates the arguments project, version_table and current of a reader.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_CONTEXT_H
#define MIGHEAD_ENTRY_CONTEXT_H

#include "server/scripts/scripts.h"
#include "server/version_table/version_table.h"

#define MH_NO_ARGUMENT (-1)

/* The positions of these arguments in a function, or MH_NO_ARGUMENT. */
typedef struct MhArguments
{
	int version_table;
	int current;
	int project;
} MhArguments;

/* What a function needs the rows of the version table for. */
typedef enum MhRowsUse
{
	MH_ROWS_UNUSED,   /* nothing */
	MH_ROWS_IF_KNOWN, /* for columns that may be NULL */
	MH_ROWS_OF_ONE,   /* for an answer that may be NULL, but about one version table */
	MH_ROWS_NEEDED    /* for an answer that is impossible without them */
} MhRowsUse;

typedef struct MhContext
{
	List *projects; /* of MhProject * */
	MhProject *project;
	MhVersionTable *table; /* NULL: there is none, or rows are from the argument current */
	bool rows_known;
	MhStrings rows; /* UTF-8, in physical order; empty if not known */
} MhContext;

/*
 * Finds the project and the rows.
 *
 * The project is the one of the argument, or else that of the version table (the one named, or the
 * only one), or else the only one with scripts, or else "default".  The version table is the one
 * named, or else the only one of the project.  If there is none there are no rows, as in Alembic.
 *
 * Rows are left unknown if they could not be read (busy, unreadable) or if there are several
 * version tables, and the function only shows them.  With MH_ROWS_NEEDED there is no honest answer
 * without them, so this raises 55P03 (busy), 42501 (unreadable), 42809 (no version table at all) or
 * 54000 (too many rows).  With MH_ROWS_NEEDED and MH_ROWS_OF_ONE it raises MH301 for several
 * version tables.  It always raises 42P01 (no such relation), 42704 (no such project), and 22P02
 * and 22004 (malformed current).
 *
 * Locks: AccessShareLock on mighead.project and, without waiting, on version tables.  Privileges:
 * SELECT on what is read, as the caller.
 */
extern MhContext mh_context_open(FunctionCallInfo fcinfo, MhArguments arguments, MhRowsUse use);

/*
 * Returns what a range of history (may be NULL) needs the rows for: the word "current", or only
 * marks.
 */
extern MhRowsUse mh_rows_use_of_range(const char *range);

/*
 * Return marks (bool[graph->n]) of the nodes that are rows of the version table, and of those that
 * are rows or below one, also below one that only another release has.  Unknown rows are in
 * neither.
 */
extern bool *mh_context_current(const MhContext *context, const MhGraph *graph);
extern bool *mh_context_applied(const MhContext *context, const MhScripts *scripts);

/*
 * Raises the error with which a plan was refused.  If a revision cannot be located, it may be a row
 * of the version table and not what the caller typed.  The hint then says where to look.
 */
pg_noreturn extern void mh_context_raise(FunctionCallInfo fcinfo, const MhContext *context,
										 const MhGraph *graph, MhError *err);

#endif /* MIGHEAD_ENTRY_CONTEXT_H */
