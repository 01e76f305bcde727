/*-------------------------------------------------------------------------
 *
 * files.h
 *	  Which files of a version location Alembic reads, and in which order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_FILES_H
#define MIGHEAD_CORE_SCRIPT_FILES_H

#include "core/base/base.h"

/* Bytes of one script.  Real ones have some thousand. */
#define MH_SCRIPT_LIMIT (16 * 1024 * 1024)

typedef struct MhScriptFile
{
	int location;     /* ordinal of its version location */
	char *path;       /* below the location */
	char *shown;      /* as messages name it */
	char *real;       /* what several names of one file have in common */
	const char *data; /* in an archive; NULL where it is still to be read */
	size_t size;
} MhScriptFile;

typedef struct MhScriptFiles
{
	int n;
	int room;
	MhScriptFile *v;
	MhStrings warnings;
} MhScriptFiles;

/*
 * Is this file below a version location (path, with slashes) a script to Alembic?
 * The name decides, and that the directory is no cache of Python's.
 */
extern bool mh_script_files_select(const char *path, bool recursive);

/* Adds a file; the strings are kept, not copied. */
extern void mh_script_files_add(MhScriptFiles *files, const MhScriptFile *file);

/*
 * Brings the files into Alembic's load order: by location; in it top-down, the
 * files of a directory before its sub-directories, both by code point.  A file that
 * comes again under another name is dropped with Alembic's warning.
 */
extern void mh_script_files_finish(MhScriptFiles *files);

#endif /* MIGHEAD_CORE_SCRIPT_FILES_H */
