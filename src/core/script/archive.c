/*-------------------------------------------------------------------------
 *
 * archive.c
 *	  Finds the migration scripts in a tar archive.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

#include "core/script/tar.h"
#include "mb/pg_wchar.h"

/* Maximal number of symbolic links, as in Linux. */
#define LONGEST_CHAIN 40

#define ENVIRONMENT_FILE "env.py"
#define VERSIONS "versions"

typedef struct Member
{
	char *path;
	char *target;
	MhTarKind kind;
	const char *data;
	size_t size;
	int ordinal; /* position in the archive */
} Member;

/* All members except directories, sorted by path, each path once. */
typedef struct Members
{
	int n;
	int room;
	Member *v;
} Members;

static void
add_member(Members *members, const MhTarMember *member)
{
	Member *added;

	if (members->n == members->room)
	{
		members->room = members->room == 0 ? 256 : members->room * 2;
		members->v = members->v == NULL ? palloc(members->room * sizeof(Member))
										: repalloc(members->v, members->room * sizeof(Member));
	}
	added = &members->v[members->n];
	added->path = pstrdup(member->path);
	added->target = member->target == NULL ? NULL : pstrdup(member->target);
	added->kind = member->kind;
	added->data = member->data;
	added->size = member->size;
	added->ordinal = members->n++;
}

static int
compare_members(const void *a, const void *b)
{
	const Member *left = a;
	const Member *right = b;
	int order = strcmp(left->path, right->path);

	/* the last one first, because only that counts */
	return order != 0 ? order : left->ordinal > right->ordinal ? -1 : 1;
}

static bool
read_members(const char *data, size_t size, Members *members, MhError *err)
{
	MhTar tar;
	MhTarMember member;
	MhTarStatus status;
	int kept = 0;

	mh_tar_begin(&tar, data, size);
	while ((status = mh_tar_next(&tar, &member, err)) == MH_TAR_MEMBER)
		if (member.kind != MH_TAR_DIRECTORY && member.path[0] != '\0')
			add_member(members, &member);
	mh_tar_end(&tar);
	if (status == MH_TAR_REFUSED)
		return false;
	if (members->n > 0)
		qsort(members->v, members->n, sizeof(Member), compare_members);
	for (int i = 0; i < members->n; i++)
		if (kept == 0 || strcmp(members->v[i].path, members->v[kept - 1].path) != 0)
			members->v[kept++] = members->v[i];
	members->n = kept;
	return true;
}

static int
compare_path(const void *key, const void *element)
{
	return strcmp(key, ((const Member *) element)->path);
}

static const Member *
find_member(const Members *members, const char *path)
{
	if (members->n == 0)
		return NULL;
	return bsearch(path, members->v, members->n, sizeof(Member), compare_path);
}

static bool
is_utf8(const char *text)
{
	int length = (int) strlen(text);

	return pg_encoding_verifymbstr(PG_UTF8, text, length) == length;
}

/* ---------- links ---------- */

/* Removes the last component. */
static void
cut_component(StringInfo path)
{
	char *slash = strrchr(path->data, '/');

	path->len = slash == NULL ? 0 : (int) (slash - path->data);
	path->data[path->len] = '\0';
}

/* Returns the path that a link names, from the archive's root; NULL: it is outside. */
static char *
link_path(const Member *link)
{
	StringInfoData path;
	const char *at = link->target;

	MH_CHECK_INTERRUPTS();
	initStringInfo(&path);
	if (*at == '/')
		return NULL;
	if (link->kind == MH_TAR_SYMBOLIC_LINK)
	{
		appendStringInfoString(&path, link->path);
		cut_component(&path);
	}
	while (*at != '\0')
	{
		int length = (int) strcspn(at, "/");

		if (length == 2 && memcmp(at, "..", 2) == 0)
		{
			if (path.len == 0)
				return NULL;
			cut_component(&path);
		}
		else if (length > 0 && !(length == 1 && *at == '.'))
			appendStringInfo(&path, "%s%.*s", path.len > 0 ? "/" : "", length, at);
		at += length;
		at += strspn(at, "/");
	}
	return path.data;
}

/* Returns whether the path is a directory: something is below it. */
static bool
is_directory(const Members *members, const char *path)
{
	size_t length = strlen(path);
	int low = 0;
	int high = members->n;
	char *prefix = psprintf("%s/", path);

	MH_CHECK_INTERRUPTS();
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(members->v[middle].path, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < members->n && strncmp(members->v[low].path, prefix, length + 1) == 0;
}

/*
 * Follows links to a file.  NULL without an error for a link to a directory, which
 * Alembic does not follow.
 */
static const Member *
follow(const Members *members, const Member *member, bool *refused, MhError *err)
{
	const Member *start = member;

	*refused = false;
	for (int i = 0; i < LONGEST_CHAIN; i++)
	{
		char *path;

		if (member->kind != MH_TAR_SYMBOLIC_LINK && member->kind != MH_TAR_HARD_LINK)
			return member;
		path = link_path(member);
		member = path == NULL ? NULL : find_member(members, path);
		if (member == NULL && path != NULL && is_directory(members, path))
			return NULL;
		if (member == NULL)
			break;
	}
	*refused = true;
	mh_fail(err, MHERR_ARCHIVE, "\"%s\" in the tar archive is a link to what is not in it",
			start->path);
	if (is_utf8(start->target))
		mh_fail_detail(err, "It points to \"%s\".", start->target);
	mh_fail_hint(err, "Archive the files that links point to, as tar does with the option -h.");
	return NULL;
}

/* ---------- locations ---------- */

typedef enum Layout
{
	LAYOUT_NUMBERED,
	LAYOUT_ENVIRONMENTS,
	LAYOUT_WHOLE
} Layout;

/* Returns the length of "000001/" at the start of the path, or 0. */
static size_t
number_length(const char *path)
{
	size_t digits = strspn(path, "0123456789");

	return digits == 6 && path[digits] == '/' ? digits + 1 : 0;
}

/*
 * Returns the length of "SOMEWHERE/versions/" at the start of the path, for the outermost one with
 * an env.py beside it, or 0.
 */
static size_t
versions_length(const Members *members, const char *path)
{
	const char *component = path;
	const char *slash;

	while ((slash = strchr(component, '/')) != NULL)
	{
		if (slash - component == strlen(VERSIONS) &&
			memcmp(component, VERSIONS, strlen(VERSIONS)) == 0)
		{
			char *sibling = psprintf("%.*s" ENVIRONMENT_FILE, (int) (component - path), path);
			bool found = find_member(members, sibling) != NULL;

			pfree(sibling);
			if (found)
				return slash + 1 - path;
		}
		component = slash + 1;
	}
	return 0;
}

static Layout
find_layout(const Members *members)
{
	bool numbered = true;

	for (int i = 0; i < members->n && numbered; i++)
		numbered = number_length(members->v[i].path) > 0;
	if (numbered && members->n > 0)
		return LAYOUT_NUMBERED;
	for (int i = 0; i < members->n; i++)
		if (versions_length(members, members->v[i].path) > 0)
			return LAYOUT_ENVIRONMENTS;
	return LAYOUT_WHOLE;
}

/* Finds the length of the location at the start of a path.  Returns false if it is in none. */
static bool
location_of(const Members *members, Layout layout, const char *path, size_t *length)
{
	*length = 0;
	if (layout == LAYOUT_NUMBERED)
		*length = number_length(path);
	else if (layout == LAYOUT_ENVIRONMENTS)
		*length = versions_length(members, path);
	return *length > 0 || layout == LAYOUT_WHOLE;
}

static bool
add_script(const Members *members, const Member *member, size_t location_length, int location,
		   MhScriptFiles *files, MhError *err)
{
	MhScriptFile file;
	bool refused;
	const Member *content = follow(members, member, &refused, err);

	if (content == NULL)
		return !refused;
	if (content->kind == MH_TAR_SPARSE)
	{
		mh_fail(err, MHERR_ARCHIVE, "\"%s\" in the tar archive is stored as a sparse file",
				content->path);
		mh_fail_hint(err, "Make the archive without the option --sparse.");
		return false;
	}
	if (content->kind != MH_TAR_FILE)
		return mh_fail(err, MHERR_ARCHIVE, "\"%s\" in the tar archive is not a file",
					   content->path);
	file.location = location;
	file.path = member->path + location_length;
	file.shown = member->path;
	/* two hard links are two files to Alembic, two symbolic links to one are not */
	file.real = member->kind == MH_TAR_HARD_LINK ? member->path : content->path;
	file.data = content->data;
	file.size = content->size;
	mh_script_files_add(files, &file);
	return true;
}

static bool
check_name(const char *path, MhError *err)
{
	if (is_utf8(path))
		return true;
	return mh_fail(err, MHERR_ARCHIVE, "tar archive has a script whose name is not valid UTF-8");
}

bool
mh_archive_list(const char *data, size_t size, MhScriptFiles *files, MhError *err)
{
	Members members = {0, 0, NULL};
	const char *location_start = NULL;
	size_t location_length = 0;
	int location = 0;
	Layout layout;

	if (!read_members(data, size, &members, err))
		return false;
	layout = find_layout(&members);
	for (int i = 0; i < members.n; i++)
	{
		const Member *member = &members.v[i];
		size_t length;

		MH_CHECK_INTERRUPTS();
		if (!location_of(&members, layout, member->path, &length) ||
			!mh_script_files_select(member->path + length, true))
			continue;
		/* sorted by path, so that a location's members stand together */
		if (location_start == NULL || length != location_length ||
			memcmp(location_start, member->path, length) != 0)
			location++;
		location_start = member->path;
		location_length = length;
		if (!check_name(member->path, err) ||
			!add_script(&members, member, length, location, files, err))
			return false;
	}
	mh_script_files_finish(files);
	return true;
}
