/* Unit tests of src/core/script/bundle.c. */
#include "core/script/script.h"
#include "tap.h"

static void
add_number(StringInfo bundle, uint32 number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		appendStringInfoChar(bundle, (char) (number >> shift));
}

static void
add_bytes(StringInfo bundle, uint32 location, const char *path, size_t length, const char *source)
{
	add_number(bundle, location);
	add_number(bundle, (uint32) length);
	add_number(bundle, (uint32) strlen(source));
	appendBinaryStringInfo(bundle, path, (int) length);
	appendStringInfoString(bundle, source);
}

static void
add_script(StringInfo bundle, uint32 location, const char *path, const char *source)
{
	add_bytes(bundle, location, path, strlen(path), source);
}

/* "shown=source" of each script, or the error's message after those before it. */
static const char *
scripts_of(const char *data, size_t size)
{
	MhBundle bundle = {data, data + size};
	MhScriptFile file;
	MhError err = MH_NO_ERROR;
	StringInfoData text;
	bool found = true;

	initStringInfo(&text);
	while (mh_bundle_next(&bundle, &file, &found, &err) && found)
		appendStringInfo(&text, "%d:%s:%s:%s=%.*s ", file.location, file.path, file.shown,
						 file.real, (int) file.size, file.data);
	if (err.sqlstate != NULL)
		appendStringInfo(&text, "%s %s", err.sqlstate, err.message);
	return text.data;
}

static const char *
script_of(uint32 location, const char *path, size_t length)
{
	StringInfoData bundle;

	initStringInfo(&bundle);
	add_bytes(&bundle, location, path, length, "x");
	return scripts_of(bundle.data, bundle.len);
}

static void
test_scripts(void)
{
	StringInfoData bundle;

	initStringInfo(&bundle);
	is(scripts_of(bundle.data, 0), "", "a bundle may be empty");
	add_script(&bundle, 1, "a.py", "one");
	add_script(&bundle, 1, "sub/b.py", "");
	add_script(&bundle, 999999, "\xc3\xa4.py", "three");
	is(scripts_of(bundle.data, bundle.len),
	   "1:a.py:000001/a.py:000001/a.py=one 1:sub/b.py:000001/sub/b.py:000001/sub/b.py= "
	   "999999:\xc3\xa4.py:999999/\xc3\xa4.py:999999/\xc3\xa4.py=three ",
	   "scripts with their names and sources");
}

static void
test_cut_off(void)
{
	StringInfoData bundle;
	bool refused = true;

	initStringInfo(&bundle);
	add_script(&bundle, 1, "a.py", "one");
	for (int size = 1; size < bundle.len; size++)
	{
		/* in memory of its own, so that a sanitizer sees what is read behind it */
		char *part = malloc((size_t) size);

		memcpy(part, bundle.data, (size_t) size);
		refused &= strcmp(scripts_of(part, (size_t) size),
						  "MH221 damaged bundle of scripts: it is cut off") == 0;
		free(part);
	}
	ok(refused, "a bundle is refused wherever it is cut off");
	memset(bundle.data + 4, 0xff, 8);
	is(scripts_of(bundle.data, bundle.len), "MH221 damaged bundle of scripts: it is cut off",
	   "lengths that overflow together");
}

static void
test_names(void)
{
	static const char *const outside[] = {"../a.py", "/a.py",    "a/../b.py", "a//b.py",
										  "./a.py",  "a/./b.py", "",          "a/..",
										  "a.py/",   "..",       "."};

	for (int i = 0; i < (int) lengthof(outside); i++)
		is(script_of(1, outside[i], strlen(outside[i])),
		   "MH221 damaged bundle of scripts: a path leads out of its location", outside[i]);
	is(script_of(1, "..a/b..py/.a.py", 15),
	   "1:..a/b..py/.a.py:000001/..a/b..py/.a.py:000001/..a/b..py/.a.py=x ", "dots within names");
	is(script_of(1, "a\0.py", 5), "MH221 damaged bundle of scripts: a path is not valid UTF-8",
	   "a NUL byte in a path");
	is(script_of(1, "\xff.py", 4), "MH221 damaged bundle of scripts: a path is not valid UTF-8",
	   "a path in another encoding");
	is(script_of(1, "a.txt", 5), "MH221 damaged bundle of scripts: a path is not that of a script",
	   "another file");
	is(script_of(1, "__pycache__/a.py", 16),
	   "MH221 damaged bundle of scripts: a path is not that of a script", "a cache of Python's");
	is(script_of(0, "a.py", 4), "MH221 damaged bundle of scripts: a location has no valid number",
	   "locations count from 1");
	is(script_of(1000000, "a.py", 4),
	   "MH221 damaged bundle of scripts: a location has no valid number",
	   "to what six digits hold");
}

int
main(void)
{
	test_scripts();
	test_cut_off();
	test_names();
	return done_testing();
}
