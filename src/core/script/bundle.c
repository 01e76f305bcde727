/*-------------------------------------------------------------------------
 *
 * bundle.c
 *	  Reads scripts that stand back to back.
 *
 * A tar archive of ten thousand scripts is for almost one half what fills up its blocks.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

#include "mb/pg_wchar.h"

/* As many as "000001/" in front of a path has room for. */
#define LAST_LOCATION 999999

static uint32
read_number(const char *at)
{
	const unsigned char *bytes = (const unsigned char *) at;

	return (uint32) bytes[0] << 24 | (uint32) bytes[1] << 16 | (uint32) bytes[2] << 8 | bytes[3];
}

static bool
refuse(MhError *err, const char *what)
{
	return mh_fail(err, MHERR_ARCHIVE, "damaged bundle of scripts: %s", what);
}

/* Is each component a name, so that the path stays below where it begins? */
static bool
stays_below(const char *path, size_t length)
{
	const char *end = path + length;

	for (const char *at = path;;)
	{
		const char *slash = memchr(at, '/', end - at);
		size_t component = (slash == NULL ? end : slash) - at;

		if (component == 0 || (component == 1 && at[0] == '.') ||
			(component == 2 && memcmp(at, "..", 2) == 0))
			return false;
		if (slash == NULL)
			return true;
		at = slash + 1;
	}
}

static bool
check_path(const char *path, size_t length, MhError *err)
{
	/* a NUL byte is no valid UTF-8 to this */
	if (pg_encoding_verifymbstr(PG_UTF8, path, (int) length) != (int) length)
		return refuse(err, "a path is not valid UTF-8");
	if (!stays_below(path, length))
		return refuse(err, "a path leads out of its location");
	return true;
}

bool
mh_bundle_next(MhBundle *bundle, MhScriptFile *file, bool *found, MhError *err)
{
	size_t left = bundle->end - bundle->at;
	const char *head = bundle->at;
	const char *path = head + MH_BUNDLE_HEAD;
	uint32 location;
	uint32 length;
	uint32 size;

	*found = left > 0;
	if (left == 0)
		return true;
	if (left < MH_BUNDLE_HEAD)
		return refuse(err, "it is cut off");
	location = read_number(head);
	length = read_number(head + 4);
	size = read_number(head + 8);
	left -= MH_BUNDLE_HEAD;
	if (length > left || size > left - length)
		return refuse(err, "it is cut off");
	if (location < 1 || location > LAST_LOCATION)
		return refuse(err, "a location has no valid number");
	if (!check_path(path, length, err))
		return false;
	file->location = (int) location;
	file->shown = psprintf("%06u/%.*s", location, (int) length, path);
	file->path = strchr(file->shown, '/') + 1;
	file->real = file->shown;
	file->data = path + length;
	file->size = size;
	if (!mh_script_files_select(file->path, true))
		return refuse(err, "a path is not that of a script");
	bundle->at = file->data + size;
	return true;
}
