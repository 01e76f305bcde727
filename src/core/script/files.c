/*-------------------------------------------------------------------------
 *
 * files.c
 *	  Which files of a version location Alembic reads, and in which order:
 *	  ScriptDirectory._load_revisions and Script._list_py_dir.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

#define FIRST_ROOM 64
#define PYTHON_CACHE "__pycache__"

static bool
ends_with(const char *text, size_t length, const char *suffix)
{
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length &&
		   memcmp(text + length - suffix_length, suffix, suffix_length) == 0;
}

bool
mh_script_files_select(const char *path, bool recursive)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mh_script_is_name(path);
	/* as Alembic: any directory whose name ends so, but not what is below it */
	if (!recursive || ends_with(path, slash - path, PYTHON_CACHE))
		return false;
	return mh_script_is_name(slash + 1);
}

void
mh_script_files_add(MhScriptFiles *files, const MhScriptFile *file)
{
	if (files->n == files->room)
	{
		files->room = files->room == 0 ? FIRST_ROOM : files->room * 2;
		files->v = files->v == NULL ? palloc(files->room * sizeof(MhScriptFile))
									: repalloc(files->v, files->room * sizeof(MhScriptFile));
	}
	files->v[files->n++] = *file;
}

/*
 * Compares paths for sorting.  At the first difference a file comes before a directory; otherwise
 * only the names decide: "a-b/x" comes after "a/x" although "-" sorts before "/".
 */
static int
compare_paths(const char *left, const char *right)
{
	const char *component = left;
	const char *end_left;
	const char *end_right;
	size_t length;
	int order;

	while (*left != '\0' && *left == *right)
	{
		left++;
		right++;
		if (left[-1] == '/')
			component = left;
	}
	if (*left == *right)
		return 0;
	right -= left - component;
	end_left = strchr(component, '/');
	end_right = strchr(right, '/');
	if ((end_left == NULL) != (end_right == NULL))
		return end_left == NULL ? -1 : 1;
	if (end_left == NULL)
		return strcmp(component, right);
	length = Min(end_left - component, end_right - right);
	order = memcmp(component, right, length);
	return order != 0 ? order : (end_left - component) < (end_right - right) ? -1 : 1;
}

int
mh_script_files_compare(const MhScriptFile *left, const MhScriptFile *right)
{
	if (left->location != right->location)
		return left->location < right->location ? -1 : 1;
	return compare_paths(left->path, right->path);
}

static int
compare_files(const void *a, const void *b)
{
	return mh_script_files_compare(a, b);
}

/* Pointers into the sorted array: equal files stand together, the first one first. */
static int
compare_identities(const void *a, const void *b)
{
	const MhScriptFile *left = *(MhScriptFile *const *) a;
	const MhScriptFile *right = *(MhScriptFile *const *) b;
	int order = strcmp(left->real, right->real);

	return order != 0 ? order : left < right ? -1 : left > right;
}

static void
drop_repeated(MhScriptFiles *files)
{
	MhScriptFile **sorted = palloc(files->n * sizeof(MhScriptFile *));
	int kept = 0;

	for (int i = 0; i < files->n; i++)
		sorted[i] = &files->v[i];
	qsort(sorted, files->n, sizeof(MhScriptFile *), compare_identities);
	for (int i = files->n - 1; i > 0; i--)
		if (strcmp(sorted[i]->real, sorted[i - 1]->real) == 0)
			sorted[i]->path = NULL;
	pfree(sorted);
	for (int i = 0; i < files->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (files->v[i].path != NULL)
			files->v[kept++] = files->v[i];
		else
			mh_strings_add(&files->warnings,
						   psprintf("File %s loaded twice! ignoring. Please ensure "
									"version_locations is unique.",
									files->v[i].real));
	}
	files->n = kept;
}

void
mh_script_files_finish(MhScriptFiles *files)
{
	if (files->n == 0)
		return;
	qsort(files->v, files->n, sizeof(MhScriptFile), compare_files);
	drop_repeated(files);
}

/* A copy, because an error would leak what realpath() allocates. */
char *
mh_real_path(const char *path)
{
	char *resolved = realpath(path, NULL);
	char *copy = pstrdup(resolved == NULL ? path : resolved);

	free(resolved);
	return copy;
}
