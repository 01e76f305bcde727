/*-------------------------------------------------------------------------
 *
 * output.c
 *	  Files that are complete or not there.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
write_all(int handle, const char *text)
{
	size_t left = strlen(text);

	while (left > 0)
	{
		ssize_t n = write(handle, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		left -= (size_t) n;
	}
	return true;
}

/* A device or a pipe has no other name that could take its place. */
static bool
write_in_place(const char *path, const char *text)
{
	int handle = open(path, O_WRONLY | O_CLOEXEC);
	bool done = handle >= 0 && write_all(handle, text);

	if (handle >= 0)
		done = close(handle) == 0 && done;
	return done;
}

/* As the file that is replaced had them, or as any new file gets them. */
static mode_t
permissions_of(const char *path)
{
	struct stat status;
	mode_t mask = umask(0);

	umask(mask);
	return stat(path, &status) == 0 ? status.st_mode & 0777 : 0666 & ~mask;
}

/* link() leaves what is there already, rename() takes its place. */
static bool
write_beside(const char *path, const char *text, bool replace)
{
	char *temporary = psprintf("%s.XXXXXX", path);
	mode_t permissions = permissions_of(path);
	int handle;
	int saved;
	bool done;

	handle = mkstemp(temporary);
	done = handle >= 0 && write_all(handle, text) && fsync(handle) == 0 &&
		   fchmod(handle, permissions) == 0;
	if (handle >= 0)
		done = close(handle) == 0 && done;
	done = done && (replace ? rename(temporary, path) : link(temporary, path)) == 0;
	saved = errno;
	if (handle >= 0 && !(done && replace))
		unlink(temporary);
	errno = saved;
	return done;
}

#define MOST_LINKS 40

/* The file behind links, which need not be there, so that it is not a link that is replaced. */
static char *
behind_links(const char *path)
{
	char *result = pstrdup(path);

	for (int i = 0; i < MOST_LINKS; i++)
	{
		char target[PATH_MAX];
		ssize_t length = readlink(result, target, sizeof(target) - 1);
		const char *slash = strrchr(result, '/');

		if (length < 0)
			break;
		target[length] = '\0';
		result = *target == '/' || slash == NULL
					 ? pstrdup(target)
					 : psprintf("%.*s/%s", (int) (slash - result), result, target);
	}
	return result;
}

bool
mh_write_file(const char *path, const char *text, bool replace)
{
	struct stat status;
	bool done;

	if (replace && stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		done = write_in_place(path, text);
	else
		done = write_beside(replace ? behind_links(path) : path, text, replace);
	if (!done)
		mh_complain("could not write \"%s\": %s", path, strerror(errno));
	return done;
}

bool
mh_can_write_file(const char *path)
{
	struct stat status;
	const char *slash = strrchr(path, '/');
	const char *folder = slash == NULL   ? "."
						 : slash == path ? "/"
										 : pnstrdup(path, (size_t) (slash - path));
	bool can = stat(path, &status) != 0 || S_ISREG(status.st_mode) ? access(folder, W_OK) == 0
																   : access(path, W_OK) == 0;

	if (can && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
	{
		errno = EISDIR;
		can = false;
	}
	if (!can)
		mh_complain("could not write \"%s\": %s", path, strerror(errno));
	return can;
}
