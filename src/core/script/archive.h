/*-------------------------------------------------------------------------
 *
 * archive.h
 *	  The migration scripts in a tar archive.
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
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_SCRIPT_ARCHIVE_H
#define MIGHEAD_CORE_SCRIPT_ARCHIVE_H

#include "core/script/files.h"

/*
 * Lists the scripts, in load order; their data is in the archive, in place.  MH221
 * for what mh_tar_next refuses and for scripts whose content is not there: sparse
 * ones, links to what is not in the archive.  Of several members of one name the
 * last counts, as when unpacking.
 */
extern bool mh_archive_list(const char *data, size_t size, MhScriptFiles *files, MhError *err);

#endif /* MIGHEAD_CORE_SCRIPT_ARCHIVE_H */
