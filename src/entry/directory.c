/*-------------------------------------------------------------------------
 *
 * directory.c
 *	  Reads migration scripts from a directory of the server.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file_utils.h"
#include "core/script/script.h"
#include "entry/script_source.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"

/* The state of reading one directory tree. */
typedef struct Walk
{
	const char *root;
	char *real_root;
	bool recursive;
	List *pending; /* directories to read, below the root, as char * */
	MhScriptFiles *files;
} Walk;

/* psprintf would take a thirtieth of a load, which joins three times for each file. */
static char *
join(const char *directory, const char *name)
{
	size_t length = strlen(directory);
	size_t name_size = strlen(name) + 1;
	char *path;

	if (length == 0)
		return pstrdup(name);
	path = palloc(length + 1 + name_size);
	memcpy(path, directory, length);
	path[length] = '/';
	memcpy(path + length + 1, name, name_size);
	return path;
}

static bool
is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void
check_name(const char *path)
{
	int length = (int) strlen(path);

	if (pg_encoding_verifymbstr(PG_UTF8, path, length) != length)
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_SCRIPT)),
						errmsg("directory has a script whose name is not valid UTF-8")));
}

static void
take_entry(Walk *walk, const char *directory, const struct dirent *entry)
{
	char *path = join(directory, entry->d_name);
	char *shown = join(walk->root, path);
	PGFileType type = get_dirent_type(shown, entry, false, ERROR);
	MhScriptFile file = {1, path, shown, NULL, NULL, 0};

	if (type == PGFILETYPE_DIR && walk->recursive)
		walk->pending = lappend(walk->pending, path);
	if (type == PGFILETYPE_DIR || !mh_script_files_select(path, walk->recursive))
		return;
	if (type == PGFILETYPE_LNK && is_directory(shown))
		return;
	check_name(path);
	file.real = type == PGFILETYPE_LNK ? mh_real_path(shown) : join(walk->real_root, path);
	mh_script_files_add(walk->files, &file);
}

/* Reads one directory after the other, so that no depth can exhaust descriptors or stack. */
static void
walk_directories(Walk *walk)
{
	walk->pending = list_make1(pstrdup(""));
	while (walk->pending != NIL)
	{
		char *directory = llast(walk->pending);
		char *path = directory[0] == '\0' ? pstrdup(walk->root) : join(walk->root, directory);
		DIR *handle = AllocateDir(path);
		struct dirent *entry;

		walk->pending = list_delete_last(walk->pending);
		while ((entry = ReadDir(handle, path)) != NULL)
		{
			CHECK_FOR_INTERRUPTS();
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				take_entry(walk, directory, entry);
		}
		FreeDir(handle);
	}
}

static bool
fail_read(const MhScriptFile *file, MhError *err)
{
	return mh_fail(err, MHERR_SCRIPT, "could not read script \"%s\": %s", file->shown,
				   mh_to_utf8(strerror(errno)));
}

/*
 * Reads an open file.  *size is MH_SCRIPT_LIMIT + 1 if it is larger.  Fails with MH220 if it cannot
 * be read.
 */
static bool
read_open_file(int handle, const MhScriptFile *file, char **data, size_t *size, MhError *err)
{
	struct stat status;
	size_t room;

	if (fstat(handle, &status) != 0)
		return fail_read(file, err);
	if (!S_ISREG(status.st_mode))
		return mh_fail(err, MHERR_SCRIPT, "could not read script \"%s\": it is not a file",
					   file->shown);
	/* one byte more shows whether the file grows while it is read */
	room = Min((size_t) status.st_size, MH_SCRIPT_LIMIT) + 1;
	*data = palloc(room);
	while (*size < room)
	{
		ssize_t n = read(handle, *data + *size, room - *size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_read(file, err);
		*size += n;
		/* one byte more was asked for, so this is the end */
		if (n == 0 || *size == (size_t) status.st_size)
			break;
	}
	if (*size == room && room <= MH_SCRIPT_LIMIT)
		return mh_fail(err, MHERR_SCRIPT, "script \"%s\" changed while it was read", file->shown);
	return true;
}

static void
read_file(const MhScriptFile *file, MhIncoming *incoming)
{
	MhError err = MH_NO_ERROR;
	char *data = NULL;
	size_t size = 0;
	/* opening a pipe would wait for its writer */
	int handle = OpenTransientFile(file->shown, O_RDONLY | O_NONBLOCK | PG_BINARY);
	bool done;

	if (handle < 0)
	{
		fail_read(file, &err);
		mh_script_source_refuse(incoming, file, &err);
		return;
	}
	done = read_open_file(handle, file, &data, &size, &err);
	CloseTransientFile(handle);
	if (done)
		mh_script_source_add(incoming, file, data, size);
	else
		mh_script_source_refuse(incoming, file, &err);
	if (data != NULL)
		pfree(data);
}

/*
 * Returns the version location.  People may name the directory that "alembic init" created, or the
 * "versions" in it.
 */
static char *
version_location(const char *directory)
{
	char *versions = psprintf("%s/versions", directory);

	if (access(psprintf("%s/env.py", directory), F_OK) == 0 && is_directory(versions))
		return versions;
	return pstrdup(directory);
}

void
mh_directory_read(const char *directory, bool recursive, MhIncoming *incoming, char **source)
{
	MhScriptFiles files = {0};
	Walk walk = {0};

	*source = version_location(directory);
	walk.root = *source;
	walk.real_root = mh_real_path(*source);
	walk.recursive = recursive;
	walk.files = &files;
	walk_directories(&walk);
	mh_script_files_finish(&files);
	for (int i = 0; i < files.warnings.n; i++)
		mh_strings_add(&incoming->warnings, files.warnings.v[i]);
	for (int i = 0; i < files.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_file(&files.v[i], incoming);
	}
	mh_script_source_end(incoming);
}
