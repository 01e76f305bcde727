/*-------------------------------------------------------------------------
 *
 * cache.h
 *	  Caches the graphs that the session read last.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_CACHE_H
#define MIGHEAD_SERVER_SCRIPTS_CACHE_H

#include "server/scripts/scripts.h"

/* Reads the scripts of a project with their graph, in the current memory context. */
typedef MhScripts *(*MhScriptsReader)(MhProject *project);

/*
 * Returns the result of read for the project, or an earlier result of this session if the rows of
 * mighead.revision that the active snapshot sees have not changed.  The MhScripts belongs to the
 * caller.  What it points to is shared: it is valid as long as the current memory context, and must
 * not be changed.
 *
 * Reads as the caller, who must be able to read mighead.revision at each call.  AccessShareLock on
 * it.
 */
extern MhScripts *mh_scripts_cached(MhProject *project, MhScriptsReader read);

#endif /* MIGHEAD_SERVER_SCRIPTS_CACHE_H */
