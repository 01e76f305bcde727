/*-------------------------------------------------------------------------
 *
 * tar.c
 *	  Reads tar archives in memory.
 *
 * The formats are those of POSIX pax (which includes ustar) and of the GNU tar manual, chapter "Tar
 * Internals".
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/tar.h"

#define BLOCK 512

/*
 * Maximal length of a name.  No file system has longer ones, but a pax header could hold a
 * gigabyte.
 */
#define LONGEST_NAME 65536

/* Where the fields of a header are, and how long. */
#define NAME_AT 0
#define NAME_LENGTH 100
#define SIZE_AT 124
#define SIZE_LENGTH 12
#define CHECKSUM_AT 148
#define CHECKSUM_LENGTH 8
#define TYPE_AT 156
#define LINK_AT 157
#define LINK_LENGTH 100
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_LENGTH 155
#define GNU_EXTENDED_AT 482        /* old GNU sparse header: more of them follow */
#define GNU_SPARSE_EXTENDED_AT 504 /* the same in such a further block */

/* A part of the archive; start NULL: none. */
typedef struct Span
{
	const char *start;
	size_t length;
} Span;

/* Values of extended headers for the next member. */
typedef struct Extension
{
	bool present;
	size_t offset; /* offset of the first extended header */
	Span path;
	Span target;
	bool has_size;
	uint64 size;
	bool sparse;
} Extension;

/* The first bytes of compressed files. */
static const struct
{
	const char *magic;
	size_t length;
	const char *name;
} compressions[] = {
	{"\x1f\x8b", 2, "gzip"},
	{"BZh", 3, "bzip2"},
	{"\xfd"
	 "7zXZ",
	 5, "xz"},
	{"\x28\xb5\x2f\xfd", 4, "zstd"},
	{"\x1f\x9d", 2, "compress"},
	{"\x04\x22\x4d\x18", 4, "lz4"},
	{"PK\x03\x04", 4, "zip"},
};

void
mh_tar_begin(MhTar *tar, const char *data, size_t size)
{
	tar->data = data;
	tar->size = size;
	tar->at = 0;
	initStringInfo(&tar->path);
	initStringInfo(&tar->target);
}

void
mh_tar_end(MhTar *tar)
{
	pfree(tar->path.data);
	pfree(tar->target.data);
}

static MhTarStatus
refuse(MhError *err, size_t offset, const char *what)
{
	mh_fail(err, MHERR_ARCHIVE, "damaged tar archive: %s", what);
	mh_fail_detail(err, "At offset %zu.", offset);
	return MH_TAR_REFUSED;
}

static MhTarStatus
refuse_truncated(const MhTar *tar, MhError *err, const char *what)
{
	mh_fail(err, MHERR_ARCHIVE, "truncated tar archive: %s", what);
	mh_fail_detail(err, "The archive has %zu bytes.", tar->size);
	return MH_TAR_REFUSED;
}

/*
 * Refuses a first block that is no header: the data is no archive at all, rather than a damaged
 * one.
 */
static MhTarStatus
refuse_foreign(const MhTar *tar, MhError *err)
{
	mh_fail(err, MHERR_ARCHIVE, "not a tar archive");
	for (size_t i = 0; i < lengthof(compressions); i++)
	{
		if (tar->size < compressions[i].length ||
			memcmp(tar->data, compressions[i].magic, compressions[i].length) != 0)
			continue;
		mh_fail_detail(err, "It is %s data.", compressions[i].name);
		mh_fail_hint(err, "Send the tar archive without compression.");
		return MH_TAR_REFUSED;
	}
	mh_fail_detail(err, "The first %d bytes are no tar header.", BLOCK);
	return MH_TAR_REFUSED;
}

/*
 * Reads a number: octal digits between blanks, or GNU's base 256 for larger ones.  Returns false
 * for anything else, negative numbers and overflow.
 */
static bool
read_number(const char *field, size_t length, uint64 *number)
{
	size_t i = 0;
	uint64 value = 0;

	if ((unsigned char) field[0] == 0x80)
	{
		for (i = 1; i < length; i++)
		{
			if (value >> 56 != 0)
				return false;
			value = value << 8 | (unsigned char) field[i];
		}
		*number = value;
		return true;
	}
	while (i < length && field[i] == ' ')
		i++;
	for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64) (field[i] - '0');
	for (; i < length; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return false;
	*number = value;
	return true;
}

/* Some old programs summed signed bytes, so both sums are accepted. */
static bool
checksum_fits(const char *header)
{
	uint64 stored;
	int64 sum = 0;
	int64 signed_sum = 0;

	if (!read_number(header + CHECKSUM_AT, CHECKSUM_LENGTH, &stored))
		return false;
	for (int i = 0; i < BLOCK; i++)
	{
		char c = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH ? ' ' : header[i];

		sum += (unsigned char) c;
		signed_sum += (signed char) c;
	}
	return stored == (uint64) sum || (signed_sum >= 0 && stored == (uint64) signed_sum);
}

static bool
is_zero_block(const char *block)
{
	for (int i = 0; i < BLOCK; i++)
		if (block[i] != '\0')
			return false;
	return true;
}

static Span
field_of(const char *header, size_t at, size_t length)
{
	Span span = {header + at, strnlen(header + at, length)};

	return span;
}

/* Splits off one record of a pax header, "LENGTH KEY=VALUE\n". */
static bool
next_record(Span *rest, Span *key, Span *value)
{
	size_t length = 0;
	size_t i = 0;
	const char *equals;

	MH_CHECK_INTERRUPTS();
	for (; i < rest->length && rest->start[i] >= '0' && rest->start[i] <= '9'; i++)
	{
		if (length > rest->length)
			return false;
		length = length * 10 + (size_t) (rest->start[i] - '0');
	}
	if (i == 0 || i == rest->length || rest->start[i] != ' ' || length > rest->length ||
		length < i + 3 || rest->start[length - 1] != '\n')
		return false;
	key->start = rest->start + i + 1;
	equals = memchr(key->start, '=', length - i - 2);
	if (equals == NULL)
		return false;
	key->length = equals - key->start;
	value->start = equals + 1;
	value->length = rest->start + length - 1 - value->start;
	rest->start += length;
	rest->length -= length;
	return true;
}

static bool
key_is(const Span *key, const char *name)
{
	return key->length == strlen(name) && memcmp(key->start, name, key->length) == 0;
}

static bool
decimal_number(const Span *value, uint64 *number)
{
	*number = 0;
	for (size_t i = 0; i < value->length; i++)
	{
		char c = value->start[i];

		if (c < '0' || c > '9' || *number > PG_UINT64_MAX / 10 - 1)
			return false;
		*number = *number * 10 + (uint64) (c - '0');
	}
	return value->length > 0;
}

static bool
read_pax_header(Span content, Extension *extension)
{
	Span key;
	Span value;

	while (content.length > 0)
	{
		if (!next_record(&content, &key, &value))
			return false;
		if (key_is(&key, "path"))
			extension->path = value;
		else if (key_is(&key, "linkpath"))
			extension->target = value;
		else if (key_is(&key, "size"))
		{
			extension->has_size = true;
			if (!decimal_number(&value, &extension->size))
				return false;
		}
		else if (key.length > 11 && memcmp(key.start, "GNU.sparse.", 11) == 0)
			extension->sparse = true;
	}
	return true;
}

/*
 * Reads a header that describes the next member (or, of type g, all of them, which has nothing of
 * interest).
 */
static bool
read_extension(char type, Span content, Extension *extension)
{
	switch (type)
	{
		case 'x':
		case 'X':
			return read_pax_header(content, extension);
		case 'L':
			/* a pax header goes before GNU's, wherever it stands */
			if (extension->path.start == NULL)
				extension->path = field_of(content.start, 0, content.length);
			return true;
		case 'K':
			if (extension->target.start == NULL)
				extension->target = field_of(content.start, 0, content.length);
			return true;
		default:
			return true;
	}
}

static bool
is_extension(char type)
{
	return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K';
}

static MhTarKind
kind_of(char type, bool ends_in_slash, bool sparse)
{
	switch (type)
	{
		case '\0':
		case '0':
		case '7':
			/* V7 knew no directories */
			if (ends_in_slash)
				return MH_TAR_DIRECTORY;
			return sparse ? MH_TAR_SPARSE : MH_TAR_FILE;
		case '1':
			return MH_TAR_HARD_LINK;
		case '2':
			return MH_TAR_SYMBOLIC_LINK;
		case '5':
		case 'D':
			return MH_TAR_DIRECTORY;
		case 'S':
			return MH_TAR_SPARSE;
		default:
			return MH_TAR_OTHER;
	}
}

/* Returns whether the member has data.  These types have none, whatever their size field says. */
static bool
has_data(char type)
{
	return !(type >= '1' && type <= '6');
}

/*
 * Appends the components of a name.  Returns false if it is absolute, contains "..", or holds a NUL
 * byte, which is possible in a pax header.
 */
static bool
append_path(StringInfo path, Span name)
{
	const char *at = name.start;
	const char *end = name.start + name.length;

	if (name.length > 0 && (*at == '/' || memchr(at, '\0', name.length) != NULL))
		return false;
	while (at < end)
	{
		const char *slash = memchr(at, '/', end - at);
		size_t length = (slash ? slash : end) - at;

		if (length == 2 && memcmp(at, "..", 2) == 0)
			return false;
		if (length > 0 && !(length == 1 && *at == '.'))
		{
			if (path->len > 0)
				appendStringInfoChar(path, '/');
			appendBinaryStringInfo(path, at, (int) length);
		}
		at += length + 1;
	}
	return true;
}

/* Returns a name for a message; it may be in any encoding. */
static char *
printable(Span name)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (size_t i = 0; i < Min(name.length, 1000); i++)
	{
		char c = name.start[i];

		appendStringInfoChar(&buf, c >= ' ' && c < 0x7f ? c : '?');
	}
	return buf.data;
}

static MhTarStatus
refuse_path(MhError *err, size_t offset, Span name)
{
	mh_fail(err, MHERR_ARCHIVE, "tar archive has a member that lies outside of it: \"%s\"",
			printable(name));
	mh_fail_detail(err, "At offset %zu.", offset);
	return MH_TAR_REFUSED;
}

/* Reads the member's name: that of an extended header, or else prefix and name of the header. */
static MhTarStatus
read_path(MhTar *tar, const char *header, const Extension *extension, size_t offset, MhError *err)
{
	Span name = extension->path;
	Span prefix = {NULL, 0};

	resetStringInfo(&tar->path);
	if (name.length > LONGEST_NAME || extension->target.length > LONGEST_NAME)
		return refuse(err, offset, "a name is too long");
	if (name.start == NULL)
	{
		name = field_of(header, NAME_AT, NAME_LENGTH);
		/* GNU's own format has other things where ustar has the prefix */
		if (memcmp(header + MAGIC_AT, "ustar\0", 6) == 0)
			prefix = field_of(header, PREFIX_AT, PREFIX_LENGTH);
	}
	if (prefix.length > 0 && !append_path(&tar->path, prefix))
		return refuse_path(err, offset, prefix);
	/* after a prefix a slash in front does not make the name absolute */
	while (prefix.length > 0 && name.length > 0 && *name.start == '/')
	{
		name.start++;
		name.length--;
	}
	if (!append_path(&tar->path, name))
		return refuse_path(err, offset, name);
	return MH_TAR_MEMBER;
}

static bool
name_ends_in_slash(const char *header, const Extension *extension)
{
	Span name = extension->path.start ? extension->path : field_of(header, NAME_AT, NAME_LENGTH);

	return name.length > 0 && name.start[name.length - 1] == '/';
}

static const char *
read_target(MhTar *tar, const char *header, const Extension *extension, MhTarKind kind)
{
	Span target = extension->target;

	if (kind != MH_TAR_HARD_LINK && kind != MH_TAR_SYMBOLIC_LINK)
		return NULL;
	if (target.start == NULL)
		target = field_of(header, LINK_AT, LINK_LENGTH);
	resetStringInfo(&tar->target);
	appendBinaryStringInfo(&tar->target, target.start, (int) target.length);
	return tar->target.data;
}

/* Skips the further blocks of an old GNU sparse header, which are before the data. */
static bool
skip_sparse_blocks(MhTar *tar, const char *header)
{
	bool more = header[GNU_EXTENDED_AT] != '\0';

	while (more)
	{
		if (tar->size - tar->at < BLOCK)
			return false;
		more = tar->data[tar->at + GNU_SPARSE_EXTENDED_AT] != '\0';
		tar->at += BLOCK;
	}
	return true;
}

/* Skips a header's data.  Returns false if it is cut off. */
static bool
take_data(MhTar *tar, uint64 size, Span *content)
{
	size_t left = tar->size - tar->at;

	if (size > left)
		return false;
	content->start = tar->data + tar->at;
	content->length = (size_t) size;
	/* the last block of data may be cut off; then there is no end mark either */
	tar->at += Min(left, (content->length + BLOCK - 1) / BLOCK * BLOCK);
	return true;
}

/* Reads an extended header, at this offset and of this size, that describes the next member. */
static MhTarStatus
read_extended_header(MhTar *tar, size_t offset, uint64 size, Extension *extension, MhError *err)
{
	char type = tar->data[offset + TYPE_AT];
	Span content;

	if (!take_data(tar, size, &content))
		return refuse_truncated(tar, err, "it ends within an extended header");
	if (!read_extension(type, content, extension))
		return refuse(err, offset, "an extended header is malformed");
	if (!extension->present && type != 'g')
	{
		extension->present = true;
		extension->offset = offset;
	}
	return MH_TAR_MEMBER;
}

/*
 * Reads one header.  For one that only describes the next member it returns MH_TAR_MEMBER with
 * member->path NULL.
 */
static MhTarStatus
read_header(MhTar *tar, Extension *extension, MhTarMember *member, MhError *err)
{
	size_t offset = tar->at;
	const char *header = tar->data + offset;
	char type = header[TYPE_AT];
	Span content = {header, 0};
	uint64 size;

	if (!checksum_fits(header))
		return offset == 0 ? refuse_foreign(tar, err)
						   : refuse(err, offset, "the checksum of a header is wrong");
	if (!read_number(header + SIZE_AT, SIZE_LENGTH, &size))
		return refuse(err, offset, "a header has no valid size");
	tar->at += BLOCK;
	member->path = NULL;
	if (is_extension(type))
		return read_extended_header(tar, offset, size, extension, err);
	if (read_path(tar, header, extension, offset, err) == MH_TAR_REFUSED)
		return MH_TAR_REFUSED;
	if (extension->has_size)
		size = extension->size;
	if ((type == 'S' && !skip_sparse_blocks(tar, header)) ||
		(has_data(type) && !take_data(tar, size, &content)))
		return refuse_truncated(
			tar, err,
			psprintf("it ends within \"%s\"", printable((Span){tar->path.data, tar->path.len})));
	member->kind = kind_of(type, name_ends_in_slash(header, extension), extension->sparse);
	member->target = read_target(tar, header, extension, member->kind);
	member->path = tar->path.data;
	member->data = content.start;
	member->size = content.length;
	return MH_TAR_MEMBER;
}

MhTarStatus
mh_tar_next(MhTar *tar, MhTarMember *member, MhError *err)
{
	Extension extension = {0};

	MH_CHECK_INTERRUPTS();
	for (;;)
	{
		if (tar->size - tar->at < BLOCK)
		{
			if (tar->at == 0)
				return refuse_foreign(tar, err);
			return refuse_truncated(tar, err, "it has no end-of-archive mark");
		}
		if (is_zero_block(tar->data + tar->at))
		{
			if (extension.present)
				return refuse(err, extension.offset, "an extended header describes nothing");
			return MH_TAR_END;
		}
		if (read_header(tar, &extension, member, err) == MH_TAR_REFUSED)
			return MH_TAR_REFUSED;
		if (member->path != NULL)
			return MH_TAR_MEMBER;
	}
}
