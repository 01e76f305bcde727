/*-------------------------------------------------------------------------
 *
 * remote.h
 *	  Judges version tables of databases elsewhere against scripts and expectations of this one.
 *
 * Privileges: EXECUTE, and what mh_remote_server() needs. Raises nothing because of a server or a
 * state.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_REMOTE_H
#define MIGHEAD_ENTRY_REMOTE_H

#include "entry/survey.h"
#include "server/fleet/fleet.h"

/* A version table of a database elsewhere, judged. */
typedef struct MhRemoteState
{
	const MhRemoteDatabase *database;
	const MhRemoteTable *table; /* NULL: it has none, or could not be asked */
	const MhScripts *scripts;   /* NULL: it could not be asked */
	const MhDiagnosis *diagnosis;
} MhRemoteState;

/*
 * Asks the servers and returns a MhRemoteState * for each version table, worst first, and one for each
 * database that has none or could not be asked. timeout: milliseconds for each server.
 * version_table: as SQL, only this one; NULL: every one. If a server has no such table it raises
 * 42P01.  is_whole: what costs a round trip more is asked, too: leftovers, migration locks, planted functions and
 * missing tables.  Otherwise only where the schema is compared.
 */
extern List *mh_remote_judge(FunctionCallInfo fcinfo, const List *servers, int timeout,
							 const char *version_table, bool is_whole);

/* Returns the server that an argument names. Raises why the caller may not use it. */
extern MhRemoteServer *mh_remote_argument(FunctionCallInfo fcinfo, int argno);

/* Milliseconds that functions about one server wait. */
#define MH_REMOTE_TIMEOUT 10000

#endif /* MIGHEAD_ENTRY_REMOTE_H */
