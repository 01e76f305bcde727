/*-------------------------------------------------------------------------
 *
 * tree.c
 *	  The migration scripts in directories of this machine.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_CONFIG (1024 * 1024)

/* What one call has read: an archive of more is refused by the server. */
#define LARGEST_TREE (512 * 1024 * 1024)

#define CONFIG_NAME "alembic.ini"

/* ---------- paths ---------- */

static bool
is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool
is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static char *
join(const char *directory, const char *name)
{
	size_t length = strlen(directory);
	size_t name_size = strlen(name) + 1;
	char *path;

	if (*directory == '\0' || *name == '/' || strcmp(directory, ".") == 0)
		return pstrdup(name);
	/* psprintf would take a thirtieth of a load, which joins three times for each file */
	path = palloc(length + 1 + name_size);
	memcpy(path, directory, length);
	if (path[length - 1] != '/')
		path[length++] = '/';
	memcpy(path + length, name, name_size);
	return path;
}

static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return pstrdup(".");
	return slash == path ? pstrdup("/") : pnstrdup(path, (size_t) (slash - path));
}

/* ---------- files ---------- */

static bool
fail_read(const char *what, const char *path, MhError *err)
{
	return mh_fail(err, MHERR_SCRIPT, "could not read %s \"%s\": %s", what, path, strerror(errno));
}

/* What was read last; the next file takes its memory. */
typedef struct Content
{
	char *data;
	size_t size;
	size_t room;
} Content;

static void
make_room(Content *content, size_t room)
{
	if (room <= content->room)
		return;
	if (content->data != NULL)
		pfree(content->data);
	content->data = palloc(room);
	content->room = room;
}

static bool
read_open_file(int handle, const char *what, const char *path, size_t limit, Content *content,
			   MhError *err)
{
	struct stat status;
	size_t room;

	content->size = 0;
	if (fstat(handle, &status) != 0)
		return fail_read(what, path, err);
	if (!S_ISREG(status.st_mode))
		return mh_fail(err, MHERR_SCRIPT, "could not read %s \"%s\": it is not a file", what, path);
	if ((uint64) status.st_size > limit)
		return mh_fail(err, MHERR_SCRIPT, "%s \"%s\" is larger than %zu bytes", what, path, limit);
	/* one byte more shows whether the file grows while it is read */
	room = (size_t) status.st_size + 1;
	make_room(content, room);
	while (content->size < room)
	{
		ssize_t n = read(handle, content->data + content->size, room - content->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_read(what, path, err);
		content->size += (size_t) n;
		/* one byte more was asked for, so this is the end */
		if (n == 0 || content->size == (size_t) status.st_size)
			break;
	}
	if (content->size == room)
		return mh_fail(err, MHERR_SCRIPT, "%s \"%s\" changed while it was read", what, path);
	return true;
}

/* name: the same file as path, from the folder; AT_FDCWD is that where the program runs. */
static bool
read_file_in(int folder, const char *name, const char *what, const char *path, size_t limit,
			 Content *content, MhError *err)
{
	/* opening a pipe would wait for its writer */
	int handle = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool done;

	if (handle < 0)
		return fail_read(what, path, err);
	done = read_open_file(handle, what, path, limit, content, err);
	close(handle);
	return done;
}

static bool
read_file(const char *what, const char *path, size_t limit, char **data, size_t *size, MhError *err)
{
	Content content = {NULL, 0, 0};
	bool done = read_file_in(AT_FDCWD, path, what, path, limit, &content, err);

	*data = content.data;
	*size = content.size;
	return done;
}

bool
mh_file_read(const char *path, size_t limit, char **data, size_t *size, MhError *err)
{
	return read_file("file", path, limit, data, size, err);
}

bool
mh_input_read(size_t limit, char **data, size_t *size, MhError *err)
{
	size_t room = 1024 * 1024;

	*data = palloc(room);
	for (*size = 0; *size <= limit;)
	{
		ssize_t n;

		if (*size == room)
		{
			room *= 2;
			*data = repalloc(*data, room);
		}
		n = read(STDIN_FILENO, *data + *size, room - *size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mh_fail(err, MHERR_SCRIPT, "could not read standard input: %s", strerror(errno));
		if (n == 0)
			return true;
		*size += (size_t) n;
	}
	return mh_fail(err, MHERR_SCRIPT, "standard input has more than %zu bytes", limit);
}

/* ---------- one version location ---------- */

typedef struct Walk
{
	const char *root;
	char *real_root;
	int location;
	bool recursive;
	MhStrings pending; /* directories to read, below the root */
	MhScriptFiles *files;
} Walk;

/*
 * What an entry of a directory is, as S_IFMT has it; 0: it is gone.  Most file systems tell that with
 * its name, and asking once more would take an eighth of the time of a load.
 */
static bool
type_of_entry(const struct dirent *entry, const char *shown, mode_t *type, MhError *err)
{
	struct stat status;

#ifdef _DIRENT_HAVE_D_TYPE
	*type = DTTOIF(entry->d_type);
	if (entry->d_type != DT_UNKNOWN)
		return true;
#endif
	*type = 0;
	if (lstat(shown, &status) != 0)
		return errno == ENOENT || fail_read("file", shown, err);
	*type = status.st_mode & S_IFMT;
	return true;
}

/*
 * A directory itself, not a link to one: so that no link makes a loop.  What cannot be looked at
 * is no reason to load the rest, which would retire its revisions; only what is gone is passed by.
 */
static bool
take_entry(Walk *walk, const char *directory, const struct dirent *entry, MhError *err)
{
	char *path = join(directory, entry->d_name);
	char *shown = join(walk->root, path);
	MhScriptFile file = {walk->location, path, shown, NULL, NULL, 0};
	mode_t type;
	bool is_link;

	if (!type_of_entry(entry, shown, &type, err))
		return false;
	is_link = S_ISLNK(type);
	if (S_ISDIR(type))
	{
		if (walk->recursive)
			mh_strings_add(&walk->pending, path);
		return true;
	}
	if (type == 0 || !mh_script_files_select(path, walk->recursive) ||
		(is_link && is_directory(shown)))
		return true;
	file.real = is_link ? mh_real_path(shown) : join(walk->real_root, path);
	mh_script_files_add(walk->files, &file);
	return true;
}

static bool
walk_directory(Walk *walk, DIR *handle, const char *directory, const char *path, MhError *err)
{
	struct dirent *entry;

	/* an error of readdir() looks like the end */
	while (errno = 0, (entry = readdir(handle)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			!take_entry(walk, directory, entry, err))
			return false;
	return errno == 0 || fail_read("directory", path, err);
}

/* One directory after the other, so that no depth can exhaust descriptors or stack. */
static bool
walk_location(Walk *walk, MhError *err)
{
	mh_strings_add(&walk->pending, "");
	while (walk->pending.n > 0)
	{
		char *directory = walk->pending.v[--walk->pending.n];
		char *path = *directory == '\0' ? pstrdup(walk->root) : join(walk->root, directory);
		DIR *handle = opendir(path);
		bool done;

		if (handle == NULL)
			return fail_read("directory", path, err);
		done = walk_directory(walk, handle, directory, path, err);
		closedir(handle);
		if (!done)
			return false;
	}
	return true;
}

static bool
add_location(MhTree *tree, const char *directory, bool recursive, MhError *err)
{
	Walk walk = {0};

	if (!is_directory(directory))
		return mh_fail(err, MHERR_SCRIPT, "not a directory: %s", directory);
	mh_strings_add(&tree->locations, directory);
	walk.root = directory;
	walk.real_root = mh_real_path(directory);
	walk.location = tree->locations.n;
	walk.recursive = recursive;
	walk.files = &tree->files;
	return walk_location(&walk, err);
}

/* ---------- what an argument means ---------- */

static void
replace_char(char *text, char from, char to)
{
	for (; *text != '\0'; text++)
		if (*text == from)
			*text = to;
}

/*
 * A name with a colon is a folder in a Python package, which only Python finds for certain.
 * Where the package lies below the base, so does the folder.
 */
static bool
resolve_location(const char *base, const char *location, const char *shown, char **path,
				 MhError *err)
{
	const char *colon = *location == '/' ? NULL : strchr(location, ':');
	char *package;
	char *rest;

	if (colon == NULL)
	{
		*path = join(base, location);
		return true;
	}
	package = pnstrdup(location, (size_t) (colon - location));
	rest = pstrdup(colon + 1);
	replace_char(package, '.', '/');
	replace_char(rest, ':', '/');
	*path = join(base, join(package, rest));
	if (is_directory(*path))
		return true;
	mh_fail(err, MHERR_SCRIPT,
			"\"%s\": the location \"%s\" is in a Python package that is not in \"%s\"", shown,
			location, base);
	mh_fail_hint(err, "Give the directory of the scripts instead of %s.", CONFIG_NAME);
	return false;
}

/*
 * Alembic takes relative locations from where it runs, which is the base; where that has not
 * what is named, the folder of the file may.
 */
static bool
add_configured(MhTree *tree, const char *path, const char *base, const char *location,
			   const char *below, bool recursive, MhError *err)
{
	const char *bases[] = {base, directory_of(path)};
	MhError second_err = MH_NO_ERROR;
	char *found;
	char *first = NULL;

	for (size_t i = 0; i < lengthof(bases); i++)
	{
		if (!resolve_location(bases[i], location, path, &found, i == 0 ? err : &second_err))
			continue;
		found = *below == '\0' ? found : join(found, below);
		if (is_directory(found))
			return add_location(tree, found, recursive, err);
		if (first == NULL)
			first = found;
	}
	return first != NULL && add_location(tree, first, recursive, err);
}

static bool
is_same_name(const char *one, const char *other)
{
	return one == NULL ? other == NULL : other != NULL && strcmp(one, other) == 0;
}

/* A project has one version table. */
static bool
take_version_table(MhTree *tree, const char *path, const MhConfig *config, MhError *err)
{
	if (config->version_table == NULL && config->version_table_schema == NULL)
		return true;
	if ((tree->version_table != NULL || tree->version_table_schema != NULL) &&
		(!is_same_name(tree->version_table, config->version_table) ||
		 !is_same_name(tree->version_table_schema, config->version_table_schema)))
		return mh_fail(err, MHERR_SCRIPT,
					   "\"%s\" names another version table than a file before it", path);
	tree->version_table = config->version_table;
	tree->version_table_schema = config->version_table_schema;
	return true;
}

static bool
add_config(MhTree *tree, const char *path, const char *base, bool recursive, MhError *err)
{
	MhConfig config;
	char *text;
	size_t size;

	if (!read_file("file", path, LARGEST_CONFIG, &text, &size, err) ||
		!mh_config_parse(text, size, path, mh_real_path(directory_of(path)), "alembic", &config,
						 err) ||
		!take_version_table(tree, path, &config, err))
		return false;
	recursive = recursive && config.recursive;
	for (int i = 0; i < config.version_locations.n; i++)
		if (!add_configured(tree, path, base, config.version_locations.v[i], "", recursive, err))
			return false;
	if (config.version_locations.n > 0)
		return true;
	return add_configured(tree, path, base, config.script_location, "versions", recursive, err);
}

/* What "alembic init" made, or NULL. */
static char *
versions_of(const char *directory)
{
	char *versions = join(directory, "versions");

	return is_file(join(directory, "env.py")) && is_directory(versions) ? versions : NULL;
}

/*
 * A version location; or what "alembic init" made; or the root of a project, with alembic.ini,
 * or with "migrations" as Flask-Migrate makes it, or "alembic".
 */
static bool
add_directory(MhTree *tree, const char *directory, bool recursive, MhError *err)
{
	char *config = join(directory, CONFIG_NAME);
	char *versions = versions_of(directory);

	if (versions != NULL)
		return add_location(tree, versions, recursive, err);
	if (is_file(config))
		return add_config(tree, config, directory, recursive, err);
	versions = versions_of(join(directory, "migrations"));
	if (versions == NULL)
		versions = versions_of(join(directory, "alembic"));
	return add_location(tree, versions == NULL ? directory : versions, recursive, err);
}

static bool
add_argument(MhTree *tree, const char *argument, bool recursive, MhError *err)
{
	size_t length = strlen(argument);

	if (!is_file(argument))
		return add_directory(tree, *argument == '\0' ? "." : argument, recursive, err);
	if (length < 4 || strcmp(argument + length - 4, ".ini") != 0)
		return mh_fail(err, MHERR_SCRIPT, "not a directory, nor %s: %s", CONFIG_NAME, argument);
	return add_config(tree, argument, ".", recursive, err);
}

/* The folder of the file read last: to find it anew for each of its files takes a tenth of a load. */
typedef struct Folder
{
	const char *of; /* a path in it; NULL: none was open yet */
	size_t length;  /* of the folder's own part of that path, with the slash */
	int handle;
} Folder;

struct MhTreeReader
{
	const MhTree *tree;
	Folder folder;
	Content content;
	size_t total;
};

/* Where the folder cannot be opened, as it may be passed through but not read, paths are whole. */
static const char *
enter_folder(Folder *folder, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t) (slash + 1 - path);
	char *name;

	if (folder->of == NULL || folder->length != length || memcmp(folder->of, path, length) != 0)
	{
		if (folder->of != NULL && folder->handle >= 0)
			close(folder->handle);
		name = pnstrdup(length == 0 ? "." : path, length == 0 ? 1 : length);
		folder->handle = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		pfree(name);
	}
	folder->of = path;
	folder->length = length;
	return folder->handle < 0 ? path : path + length;
}

MhTreeReader *
mh_tree_reader_begin(const MhTree *tree)
{
	MhTreeReader *reader = palloc0(sizeof(MhTreeReader));

	reader->tree = tree;
	return reader;
}

bool
mh_tree_reader_file(MhTreeReader *reader, int i, MhScriptFile *file, MhError *err)
{
	const char *name;

	*file = reader->tree->files.v[i];
	if (file->data != NULL)
		return true;
	name = enter_folder(&reader->folder, file->shown);
	if (!read_file_in(reader->folder.handle < 0 ? AT_FDCWD : reader->folder.handle, name, "file",
					  file->shown, MH_SCRIPT_LIMIT, &reader->content, err))
		return false;
	file->data = reader->content.data;
	file->size = reader->content.size;
	reader->total += file->size;
	if (reader->total > LARGEST_TREE)
		return mh_fail(err, MHERR_SCRIPT, "the scripts have more than %d bytes", LARGEST_TREE);
	return true;
}

void
mh_tree_reader_end(MhTreeReader *reader)
{
	if (reader->folder.of != NULL && reader->folder.handle >= 0)
		close(reader->folder.handle);
	if (reader->content.data != NULL)
		pfree(reader->content.data);
	pfree(reader);
}

bool
mh_tree_read_files(MhTree *tree, MhError *err)
{
	MhTreeReader *reader = mh_tree_reader_begin(tree);
	bool done = true;

	for (int i = 0; i < tree->files.n && done; i++)
	{
		done = mh_tree_reader_file(reader, i, &tree->files.v[i], err);
		/* the memory is the file's own */
		reader->content.data = NULL;
		reader->content.room = 0;
	}
	mh_tree_reader_end(reader);
	return done;
}

bool
mh_tree_find(const MhStrings *arguments, bool recursive, MhTree *tree, MhError *err)
{
	memset(tree, 0, sizeof(*tree));
	for (int i = 0; i < arguments->n; i++)
		if (!add_argument(tree, arguments->v[i], recursive, err))
			return false;
	if (arguments->n == 0 && !add_argument(tree, ".", recursive, err))
		return false;
	mh_script_files_finish(&tree->files);
	return true;
}

bool
mh_tree_read(const MhStrings *arguments, bool recursive, MhTree *tree, MhError *err)
{
	return mh_tree_find(arguments, recursive, tree, err) && mh_tree_read_files(tree, err);
}

void
mh_tree_warn(const MhTree *tree)
{
	for (int i = 0; i < tree->files.warnings.n; i++)
		fprintf(stderr, "warning: %s\n", mh_safe_text(tree->files.warnings.v[i], false));
}

bool
mh_tree_has_scripts(const MhTree *tree)
{
	if (tree->files.n > 0)
		return true;
	mh_complain("no migration script was found in %s", mh_strings_join(&tree->locations, ", "));
	return false;
}
