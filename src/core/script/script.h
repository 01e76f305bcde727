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
 * Reads the module-level values of revision, down_revision, branch_labels and
 * depends_on, and the docstring, from Python source without running it.
 *
 * source is UTF-8 (a byte order mark is skipped), length in bytes; it need not
 * be NUL-terminated.  file_name may be NULL; its last component gives the id
 * of a legacy script ([a-f0-9]+.py without a revision variable), and it is
 * named in errors.  Everything in *script is palloc'd.  On refusal returns
 * false with MH220 (what cannot be read statically: message names file, line,
 * variable and reason) or MH215 (forbidden character in the id); *script then has
 * what could be read, such as the message, for a revision that is registered by hand.
 */
extern bool mh_script_parse(const char *source, size_t length, const char *file_name,
							MhScript *script, MhError *err);

/*
 * The name of the encoding that a PEP 263 cookie in the first two lines of
 * source declares, lower-cased, or NULL where there is none.
 */
extern char *mh_script_encoding(const char *source, size_t length);

/* The path without links and dots, or as it is where it leads nowhere. */
extern char *mh_real_path(const char *path);

/*
 * Is this file name (without directory) one that Alembic takes for a script?
 * Ends in .py, does not start with ".#" or "__init__".
 */
extern bool mh_script_is_name(const char *name);

/*
 * code.c: hands out, piece by piece, what Python runs of a script, without docstring, header
 * and comments: of a script of which only these were edited it is the same.  The source is
 * one that mh_script_parse accepts.  False where it cannot be cut into tokens.
 */
typedef void (*MhCodeTaker)(void *taker, const char *data, size_t size);

extern bool mh_script_code(const char *source, size_t length, MhCodeTaker take, void *taker);

/* files.c: which files of a version location Alembic reads, and in which order. */

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

/*
 * archive.c: the migration scripts in a tar archive.
 *
 * Where in the archive they are:
 *
 * - "mighead-load" puts each version location under a number, "000001/...", because
 *   the order of locations matters.  Where all there is lies in such directories,
 *   each is a location, in the order of the numbers.
 * - A directory "versions" beside a file "env.py" is what "alembic init" makes.
 *   Where there are such directories, they are the locations, in the order of their
 *   paths, and nothing else is read: so that "git archive" of a whole repository
 *   will do.
 * - Otherwise the archive as a whole is one location, read from its root: "tar -C
 *   versions -c ." and "git archive HEAD:migrations/versions".
 *
 * Locations are read recursively.
 */

/*
 * Lists the scripts, in load order; their data is in the archive, in place.  MH221
 * for what mh_tar_next refuses and for scripts whose content is not there: sparse
 * ones, links to what is not in the archive.  Of several members of one name the
 * last counts, as when unpacking.
 */
extern bool mh_archive_list(const char *data, size_t size, MhScriptFiles *files, MhError *err);

/* python_codec.c: python's names for encodings. */

/* Beside the values of pg_enc: */
#define MH_CODEC_UNKNOWN (-1)
#define MH_CODEC_ASCII (-2) /* PostgreSQL's SQL_ASCII takes any byte, this does not */

/*
 * PostgreSQL's encoding for the codec that Python would decode a source file with
 * whose PEP 263 comment has this name.  MH_CODEC_UNKNOWN for codecs that Python does
 * not know, or PostgreSQL has no equal for.
 */
extern int mh_python_codec(const char *name);

#endif /* MIGHEAD_CORE_SCRIPT_SCRIPT_H */
