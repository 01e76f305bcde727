/*-------------------------------------------------------------------------
 *
 * script.h
 *	  Reading migration scripts: files, archives, encodings, headers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_SCRIPT_H
#define MIGHEAD_CORE_SCRIPT_SCRIPT_H

#include "core/graph/graph.h"

/* parser.c: static parser for the header of an Alembic migration file. */

/*
 * Reads the module-level values of revision, down_revision, branch_labels and depends_on, and the
 * docstring, from Python source without running it.
 *
 * source is UTF-8 (a byte order mark is skipped).  length is in bytes; source need not be
 * NUL-terminated.  file_name may be NULL.  Errors name it.  Its last component is the id of a
 * legacy script ([a-f0-9]+.py without a revision variable).  Everything in *script is palloc'd.
 *
 * Returns false with MH220 if something cannot be read statically (the message names file, line,
 * variable and reason), or with MH215 for a forbidden character in the id.  *script then has what
 * could be read, such as the message, for a revision that is registered manually.
 */
extern bool mh_script_parse(const char *source, size_t length, const char *file_name,
							MhScript *script, MhError *err);

/*
 * The same, and passes the code of the script to take, piece by piece: what Python runs, without
 * docstring, header and comments (code.c).  The code stays the same if only these are edited.  It is
 * complete if this returns true, and means nothing otherwise.
 */
typedef void (*MhCodeTaker)(void *taker, const char *data, size_t size);

extern bool mh_script_parse_code(const char *source, size_t length, const char *file_name,
								 MhCodeTaker take, void *taker, MhScript *script, MhError *err);

/*
 * Returns the encoding that a PEP 263 cookie in the first two lines of source declares, in lower
 * case, or NULL if there is none.
 */
extern char *mh_script_encoding(const char *source, size_t length);

/* Returns the path without links and dots, or the path itself if it leads nowhere. */
extern char *mh_real_path(const char *path);

/*
 * Returns whether Alembic takes a file with this name (without directory) for a script: it ends in
 * .py and does not start with ".#" or "__init__".
 */
extern bool mh_script_is_name(const char *name);

/* files.c: which files of a version location Alembic reads, and in which order. */

/* Maximal size of a script in bytes.  Real scripts have a few thousand. */
#define MH_SCRIPT_LIMIT (16 * 1024 * 1024)

typedef struct MhScriptFile
{
	int location;     /* ordinal of its version location */
	char *path;       /* below the location */
	char *shown;      /* as messages name it */
	char *real;       /* resolved path, the same for all names of one file */
	const char *data; /* its content in an archive; NULL: still to be read */
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
 * Returns whether Alembic takes this file below a version location (path, with slashes) for a
 * script.  Its name decides; files in Python's caches are none.
 */
extern bool mh_script_files_select(const char *path, bool recursive);

/* Adds a file.  Its strings are stored, not copied. */
extern void mh_script_files_add(MhScriptFiles *files, const MhScriptFile *file);

/*
 * Sorts the files into Alembic's load order: by location, and in each top-down, the files of a
 * directory before its sub-directories, both by code point.  A file that occurs again under another
 * name is dropped with Alembic's warning.
 */
extern void mh_script_files_finish(MhScriptFiles *files);

/*
 * Returns whether a script comes before (< 0), with (0) or after another one in Alembic's load order,
 * as mh_script_files_finish sorts them.
 */
extern int mh_script_files_compare(const MhScriptFile *left, const MhScriptFile *right);

/*
 * archive.c: finds the migration scripts in a tar archive.  These are its version locations:
 *
 * - "mighead-load" puts each version location into a numbered directory, "000001/...", because the
 *   order of locations matters.  If all files are in such directories, each directory is a
 *   location, in the order of the numbers.
 * - "alembic init" makes a directory "versions" beside a file "env.py".  If there are such
 *   directories, they are the locations, in the order of their paths, and nothing else is read.  So
 *   "git archive" of a whole repository works.
 * - Otherwise the root of the archive is the only location: "tar -C versions -c ." and "git archive
 *   HEAD:migrations/versions".
 *
 * Locations are read recursively.
 */

/*
 * Lists the scripts in load order.  Their data points into the archive.  Fails with MH221 as
 * mh_tar_next does, and for scripts without content: sparse files, links to files that are not in
 * the archive.  If several members have one name the last counts, as when unpacking.
 */
extern bool mh_archive_list(const char *data, size_t size, MhScriptFiles *files, MhError *err);

/*
 * bundle.c: scripts back to back, as the program mighead sends them: the number of the location, the
 * lengths of path and source (four bytes each, the highest first), path and source.
 */
#define MH_BUNDLE_HEAD 12

typedef struct MhBundle
{
	const char *at;
	const char *end;
} MhBundle;

/*
 * Reads the next script; *found is false at the end.  Its data points into the bundle, its names are
 * new: shown with the number of the location in front, as those of an archive.  Fails with MH221 where
 * it is cut off, and for a path that leads out of its location, is not valid UTF-8 or no script's.
 */
extern bool mh_bundle_next(MhBundle *bundle, MhScriptFile *file, bool *found, MhError *err);

/* python_codec.c: Python's names for encodings. */

/* Beside the values of pg_enc: */
#define MH_CODEC_UNKNOWN (-1)
#define MH_CODEC_ASCII (-2) /* PostgreSQL's SQL_ASCII takes any byte, this does not */

/*
 * Returns PostgreSQL's encoding for the codec with which Python decodes a source file whose PEP 263
 * comment has this name.  MH_CODEC_UNKNOWN: Python does not know the codec, or PostgreSQL has no
 * equivalent.
 */
extern int mh_python_codec(const char *name);

#endif /* MIGHEAD_CORE_SCRIPT_SCRIPT_H */
