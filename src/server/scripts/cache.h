/*-------------------------------------------------------------------------
 *
 * cache.h
 *	  The graphs that a session has read last.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_CACHE_H
#define MIGHEAD_SERVER_SCRIPTS_CACHE_H

#include "server/scripts/scripts.h"

/* Reads the scripts of a project with their graph, in the current memory context. */
typedef MhScripts *(*MhScriptsReader)(MhProject *project);

/*
 * What read gives for the project, or what it gave for it earlier in this session if the rows of
 * mighead.revision that the active snapshot sees are still the same ones.  The MhScripts is
 * the caller's, what it points to is shared: valid as long as the current memory
 * context, and not to be changed.
 *
 * As the caller, with the right to read mighead.revision at each call; AccessShareLock on it.
 */
extern MhScripts *mh_scripts_cached(MhProject *project, MhScriptsReader read);

#endif /* MIGHEAD_SERVER_SCRIPTS_CACHE_H */
