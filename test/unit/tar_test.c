/* Unit tests of src/core/tar.c, src/core/script_files.c and src/core/archive.c. */
#include "core/script/script.h"
#include "core/script/tar.h"
#include "tap.h"

/* ---------- writing archives, field by field as POSIX has them ---------- */

static void
set_octal(char *field, int length, unsigned long value)
{
	snprintf(field, length, "%0*lo", length - 1, value);
}

static void
fix_checksum(char *header)
{
	unsigned long sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char) header[i];
	snprintf(header + 148, 8, "%06lo", sum);
}

static void
add_header(StringInfo archive, const char *name, char type, size_t size, const char *target)
{
	char header[512] = {0};

	memcpy(header, name, Min(strlen(name), 100));
	set_octal(header + 100, 8, 0644);
	set_octal(header + 124, 12, size);
	header[156] = type;
	if (target != NULL)
		memcpy(header + 157, target, Min(strlen(target), 100));
	memcpy(header + 257, "ustar\00000", 8);
	fix_checksum(header);
	appendBinaryStringInfo(archive, header, 512);
}

static void
add_data(StringInfo archive, const char *data, size_t size)
{
	appendBinaryStringInfo(archive, data, size);
	while (archive->len % 512 != 0)
		appendStringInfoChar(archive, '\0');
}

static void
add_file(StringInfo archive, const char *name, const char *content)
{
	add_header(archive, name, '0', strlen(content), NULL);
	add_data(archive, content, strlen(content));
}

static void
add_end(StringInfo archive)
{
	for (int i = 0; i < 1024; i++)
		appendStringInfoChar(archive, '\0');
}

/* "path path": what a listing of scripts gives, or the error's message. */
static const char *
list_of(StringInfo archive)
{
	MhScriptFiles files = {0};
	MhError err = MH_NO_ERROR;
	StringInfoData text;

	initStringInfo(&text);
	if (!mh_archive_list(archive->data, archive->len, &files, &err))
		return psprintf("%s %s", err.sqlstate, err.message);
	for (int i = 0; i < files.n; i++)
		appendStringInfo(&text, "%s%d:%s", i > 0 ? " " : "", files.v[i].location, files.v[i].path);
	for (int i = 0; i < files.warnings.n; i++)
		appendStringInfo(&text, " [%s]", files.warnings.v[i]);
	return text.data;
}

/* "path=content": what the reader gives for every member. */
static const char *
members_of(StringInfo archive)
{
	MhTar tar;
	MhTarMember member;
	MhTarStatus status;
	MhError err = MH_NO_ERROR;
	StringInfoData text;

	initStringInfo(&text);
	mh_tar_begin(&tar, archive->data, archive->len);
	while ((status = mh_tar_next(&tar, &member, &err)) == MH_TAR_MEMBER)
		appendStringInfo(&text, "%s%d:%s=%.*s", text.len > 0 ? " " : "", member.kind, member.path,
						 (int) member.size, member.data);
	mh_tar_end(&tar);
	if (status == MH_TAR_REFUSED)
		return psprintf("%s %s (%s)", err.sqlstate, err.message, err.detail ? err.detail : "");
	return text.data;
}

static StringInfo
archive_of(int n, const char *const *names)
{
	StringInfo archive = makeStringInfo();

	for (int i = 0; i < n; i++)
		add_file(archive, names[i], names[i]);
	add_end(archive);
	return archive;
}

#define ARCHIVE(...) \
	archive_of(lengthof(((const char *const[]){__VA_ARGS__})), (const char *const[]){__VA_ARGS__})

/* ---------- tests ---------- */

static void
test_members(void)
{
	StringInfo archive = makeStringInfo();

	add_header(archive, "./", '5', 0, NULL);
	add_file(archive, "./a//b/./c.py", "x = 1\n");
	add_header(archive, "old/", '\0', 0, NULL);
	add_header(archive, "pipe", '6', 0, NULL);
	add_end(archive);
	is(members_of(archive),
	   "3:= 0:a/b/c.py=x = 1\n 3:old= 5:pipe=", "members with normalised names, kinds and content");

	archive = makeStringInfo();
	add_end(archive);
	is(members_of(archive), "", "an archive may be empty");

	/* ustar's prefix field */
	archive = makeStringInfo();
	add_header(archive, "name.py", '0', 0, NULL);
	memcpy(archive->data + 345, "some/where", 10);
	fix_checksum(archive->data);
	add_end(archive);
	is(members_of(archive), "0:some/where/name.py=", "the prefix field goes in front");
}

static void
test_extensions(void)
{
	StringInfo archive = makeStringInfo();

	add_header(archive, "pax_global_header", 'g', 11, NULL);
	add_data(archive, "11 comment=", 11);
	add_header(archive, "x", 'x', 31, NULL);
	add_data(archive, "31 path=from/the/pax/header.py\n", 31);
	add_file(archive, "short", "1");
	add_header(archive, "././@LongLink", 'L', 12, NULL);
	add_data(archive, "gnu/long.py", 12);
	add_file(archive, "short", "2");
	add_file(archive, "short", "3");
	add_end(archive);
	is(members_of(archive), "0:from/the/pax/header.py=1 0:gnu/long.py=2 0:short=3",
	   "extended headers name the member that follows, and only that");

	archive = makeStringInfo();
	add_header(archive, "x", 'x', 11, NULL);
	add_data(archive, "10 size=3\n ", 10);
	add_header(archive, "y.py", '0', 0, NULL);
	add_data(archive, "abc", 3);
	add_end(archive);
	is(members_of(archive),
	   "MH221 damaged tar archive: an extended header is malformed (At offset 0.)",
	   "garbage behind a pax record is refused");

	archive = makeStringInfo();
	add_header(archive, "x", 'x', 10, NULL);
	add_data(archive, "10 size=3\n", 10);
	add_header(archive, "y.py", '0', 0, NULL);
	add_data(archive, "abc", 3);
	add_end(archive);
	is(members_of(archive), "0:y.py=abc", "a pax header's size goes before the header's");

	archive = makeStringInfo();
	add_header(archive, "x", 'x', 30, NULL);
	add_data(archive, "30 path=from/the/pax/header.py", 30);
	add_file(archive, "y.py", "");
	add_end(archive);
	ok(strncmp(members_of(archive), "MH221", 5) == 0, "a pax record must end in a line feed");

	archive = makeStringInfo();
	add_header(archive, "././@LongLink", 'L', 12, NULL);
	add_data(archive, "gnu/long.py", 12);
	add_end(archive);
	is(members_of(archive),
	   "MH221 damaged tar archive: an extended header describes nothing (At offset 0.)",
	   "an extended header needs a member");
}

static void
test_damage(void)
{
	StringInfo whole = ARCHIVE("a.py", "b.py");
	StringInfoData part;
	bool refused = true;
	int accepted = 0;

	/* every way to cut it off, but for the last block of zeros */
	for (int length = 0; length < whole->len; length++)
	{
		part = *whole;
		part.len = length;
		if (strncmp(members_of(&part), "MH221", 5) != 0)
		{
			accepted++;
			refused &= length >= whole->len - 512;
		}
	}
	ok(refused && accepted == 512, "an archive that is cut off is refused");

	part = *whole;
	part.len = whole->len - 1024;
	is(members_of(&part),
	   "MH221 truncated tar archive: it has no end-of-archive mark (The archive has 2048 bytes.)",
	   "even where it is cut between two members");

	/* every bit of the second header counts, but for the sum's own padding */
	for (int bit = 0; bit < 512 * 8; bit++)
	{
		char *c = whole->data + 1024 + bit / 8;

		if (bit / 8 >= 148 && bit / 8 < 156)
			continue;
		*c ^= 1 << bit % 8;
		refused &= strncmp(members_of(whole), "MH221", 5) == 0;
		*c ^= 1 << bit % 8;
	}
	ok(refused, "a header with one bit wrong is refused");
	whole->data[1024] = 'X';
	is(members_of(whole),
	   "MH221 damaged tar archive: the checksum of a header is wrong (At offset 1024.)",
	   "and the offset is named");
}

static void
test_foreign(void)
{
	StringInfo archive = makeStringInfo();

	is(members_of(archive), "MH221 not a tar archive (The first 512 bytes are no tar header.)",
	   "nothing at all is no archive");
	appendBinaryStringInfo(archive, "\x1f\x8b\x08", 3);
	is(members_of(archive), "MH221 not a tar archive (It is gzip data.)", "gzip is recognised");
	resetStringInfo(archive);
	for (int i = 0; i < 100; i++)
		appendStringInfoString(archive, "revision = 'a'\n");
	is(members_of(archive), "MH221 not a tar archive (The first 512 bytes are no tar header.)",
	   "a script is no archive");
}

static void
test_names(void)
{
	is(members_of(ARCHIVE("a/../../etc/x.py")),
	   "MH221 tar archive has a member that lies outside of it: \"a/../../etc/x.py\" (At offset 0.)",
	   "a name that climbs is refused");
	is(members_of(ARCHIVE("ok.py", "/etc/x.py")),
	   "MH221 tar archive has a member that lies outside of it: \"/etc/x.py\" (At offset 1024.)",
	   "an absolute name is refused");
	is(list_of(ARCHIVE("..a.py", "b..py", "c/...py")), "1:..a.py 1:b..py 1:c/...py",
	   "dots within names are just dots");
}

static void
test_sizes(void)
{
	StringInfo archive = makeStringInfo();

	add_header(archive, "a.py", '0', 1 << 30, NULL);
	add_end(archive);
	is(members_of(archive),
	   "MH221 truncated tar archive: it ends within \"a.py\" (The archive has 1536 bytes.)",
	   "a size beyond the end is refused");

	/* a pax size of 2^64 - 1 and one that does not fit 64 bits */
	for (int i = 0; i < 2; i++)
	{
		const char *record =
			i == 0 ? "29 size=18446744073709551615\n" : "29 size=99999999999999999999\n";

		resetStringInfo(archive);
		add_header(archive, "x", 'x', 29, NULL);
		add_data(archive, record, 29);
		add_file(archive, "a.py", "");
		add_end(archive);
		ok(strncmp(members_of(archive), "MH221", 5) == 0, record);
	}

	/* GNU's base 256: three bytes, and more than there could be */
	for (int i = 0; i < 2; i++)
	{
		resetStringInfo(archive);
		add_file(archive, "a.py", "abc");
		memset(archive->data + 124, i == 0 ? 0 : 0xff, 12);
		archive->data[124] = (char) 0x80;
		archive->data[135] = 3;
		fix_checksum(archive->data);
		add_end(archive);
		is(members_of(archive),
		   i == 0 ? "0:a.py=abc"
				  : "MH221 damaged tar archive: a header has no valid size (At offset 0.)",
		   "sizes in base 256");
	}
}

static void
test_order(void)
{
	is(list_of(ARCHIVE("b/a.py", "z.py", "a/z.py", "a-b/x.py", "a/b/c.py", "Z.py", "a.py")),
	   "1:Z.py 1:a.py 1:z.py 1:a/z.py 1:a/b/c.py 1:a-b/x.py 1:b/a.py",
	   "files before sub-directories, by code point, component by component");
	is(list_of(ARCHIVE("a.py", "__pycache__/b.py", "x__pycache__/b.py", "__pycache__/d/b.py",
					   "a.pyc", "__init__.py", "__init__2.py", ".#a.py", ".a.py", "README",
					   "c.py/d.txt")),
	   "1:.a.py 1:a.py 1:__pycache__/d/b.py", "what Alembic takes for a script");
	is(list_of(ARCHIVE("000002/a.py", "000001/versions/b.py", "000001/env.py", "000001/z.py")),
	   "1:env.py 1:z.py 1:versions/b.py 2:a.py", "numbered directories are locations as they are");
	is(list_of(ARCHIVE("app/models.py", "app/db/env.py", "app/db/versions/b.py",
					   "app/db/versions/sub/versions/a.py", "tools/versions/x.py")),
	   "1:b.py 1:sub/versions/a.py", "of a repository only Alembic's directories are read");
	is(list_of(ARCHIVE("env.py", "versions/b.py")), "1:b.py", "also at the root");
	is(list_of(ARCHIVE("versions/b.py", "versions/a.py")), "1:versions/a.py 1:versions/b.py",
	   "without env.py all is one location");
	is(list_of(ARCHIVE("y/env.py", "y/versions/b.py", "x/env.py", "x/versions/c.py")),
	   "1:c.py 2:b.py", "several environments in the order of their paths");
}

static void
test_links(void)
{
	StringInfo archive = makeStringInfo();

	add_file(archive, "shared/x.py", "x");
	add_header(archive, "a.py", '2', 0, "shared/../shared/x.py");
	add_header(archive, "sub/b.py", '2', 0, "../a.py");
	add_header(archive, "dir.py", '2', 0, "shared");
	add_end(archive);
	is(list_of(archive),
	   "1:a.py [File shared/x.py loaded twice! ignoring. Please ensure version_locations is unique.]"
	   " [File shared/x.py loaded twice! ignoring. Please ensure version_locations is unique.]",
	   "symbolic links are followed and counted once, those to directories are not");

	resetStringInfo(archive);
	add_file(archive, "sub/x.py", "x");
	add_header(archive, "sub/a.py", '1', 0, "sub/x.py");
	add_end(archive);
	is(list_of(archive), "1:sub/a.py 1:sub/x.py", "a hard link is a file");

	for (int i = 0; i < 4; i++)
	{
		static const char *const targets[] = {"gone.py", "../outside.py", "/etc/passwd", "a.py"};

		resetStringInfo(archive);
		add_header(archive, "a.py", '2', 0, targets[i]);
		add_end(archive);
		is(list_of(archive), "MH221 \"a.py\" in the tar archive is a link to what is not in it",
		   targets[i]);
	}
}

static void
test_repeated(void)
{
	StringInfo archive = makeStringInfo();
	MhScriptFiles files = {0};
	MhError err = MH_NO_ERROR;

	add_file(archive, "a.py", "old");
	add_file(archive, "./a.py", "new");
	add_end(archive);
	ok(mh_archive_list(archive->data, archive->len, &files, &err) && files.n == 1 &&
		   files.v[0].size == 3 && memcmp(files.v[0].data, "new", 3) == 0,
	   "of members with one name the last counts");
}

int
main(void)
{
	test_members();
	test_extensions();
	test_damage();
	test_foreign();
	test_names();
	test_sizes();
	test_order();
	test_links();
	test_repeated();
	return done_testing();
}
