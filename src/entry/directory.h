/*-------------------------------------------------------------------------
 *
 * directory.h
 *	  The migration scripts in a directory of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_DIRECTORY_H
#define MIGHEAD_ENTRY_DIRECTORY_H

#include "server/scripts/scripts.h"

/*
 * Reads the scripts of a version location, in load order.  Given the directory of an
 * Alembic environment (with an env.py), takes its "versions"; *source is what was read.
 *
 * Directories below are read if recursive, but for symbolic links to directories and
 * Python's caches.  Files that cannot be read are added as refused (MH220).  Raises
 * what opening a directory raises: 58P01, 42809, 42501.  Whether the caller may read
 * files of the server is the caller's business.
 */
extern void mh_directory_read(const char *directory, bool recursive, MhIncoming *incoming,
							  char **source);

#endif /* MIGHEAD_ENTRY_DIRECTORY_H */
