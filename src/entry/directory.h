/*-------------------------------------------------------------------------
 *
 * directory.h
 *	  Reads migration scripts from a directory of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_DIRECTORY_H
#define MIGHEAD_ENTRY_DIRECTORY_H

#include "server/scripts/scripts.h"

/*
 * Reads the scripts of a version location, in load order.  If the directory is an Alembic
 * environment (has an env.py) it reads its "versions".  *source is the directory that was read.
 *
 * recursive: reads directories below too, except symbolic links to directories and Python's caches.
 * Files that cannot be read are added as refused (MH220).  Raises what opening a directory raises:
 * 58P01, 42809, 42501.  Does not check whether the caller may read files of the server; do it
 * first.
 */
extern void mh_directory_read(const char *directory, bool recursive, MhIncoming *incoming,
							  char **source);

#endif /* MIGHEAD_ENTRY_DIRECTORY_H */
