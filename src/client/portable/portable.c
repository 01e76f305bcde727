/*-------------------------------------------------------------------------
 *
 * portable.c
 *	  Memory, growing strings, sorting and hashing for the client.
 *
 *-------------------------------------------------------------------------
 */
#include "client/portable/portable.h"

/* Exit status for trouble of the program's own. */
#define EXIT_TROUBLE 3

/* PostgreSQL's MaxAllocSize: growing strings count in int. */
#define LONGEST_STRING 0x3fffffff

void
pg_fatal(const char *fmt, ...)
{
	va_list args;

	fputs("mighead: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_TROUBLE);
}

/* ---------- memory ---------- */

static void *
checked(void *pointer)
{
	if (pointer == NULL)
		pg_fatal("out of memory");
	return pointer;
}

void *
palloc(size_t size)
{
	return checked(malloc(Max(size, 1)));
}

void *
palloc0(size_t size)
{
	return checked(calloc(1, Max(size, 1)));
}

void *
repalloc(void *pointer, size_t size)
{
	return checked(realloc(pointer, Max(size, 1)));
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

char *
pnstrdup(const char *text, size_t length)
{
	size_t actual = strnlen(text, length);
	char *copy = palloc(actual + 1);

	memcpy(copy, text, actual);
	copy[actual] = '\0';
	return copy;
}

void
pfree(void *pointer)
{
	free(pointer);
}

char *
psprintf(const char *fmt, ...)
{
	va_list args;
	int length;
	char *text;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (length < 0)
		pg_fatal("could not format a message");
	text = palloc((size_t) length + 1);
	va_start(args, fmt);
	vsnprintf(text, (size_t) length + 1, fmt, args);
	va_end(args);
	return text;
}

/* ---------- growing strings ---------- */

void
initStringInfo(StringInfo text)
{
	text->maxlen = 1024;
	text->data = palloc(text->maxlen);
	resetStringInfo(text);
}

void
resetStringInfo(StringInfo text)
{
	text->data[0] = '\0';
	text->len = 0;
	text->cursor = 0;
}

void
enlargeStringInfo(StringInfo text, int needed)
{
	size_t wanted = (size_t) text->len + (size_t) needed + 1;
	size_t room = (size_t) text->maxlen;

	if (needed < 0 || wanted > LONGEST_STRING)
		pg_fatal("a text is longer than %d bytes", LONGEST_STRING);
	if (wanted <= room)
		return;
	while (room < wanted)
		room *= 2;
	room = Min(room, (size_t) LONGEST_STRING);
	text->data = repalloc(text->data, room);
	text->maxlen = (int) room;
}

/* As PostgreSQL's: 0, or how many bytes are needed. */
int
appendStringInfoVA(StringInfo text, const char *fmt, va_list args)
{
	int available = text->maxlen - text->len;
	int length = vsnprintf(text->data + text->len, (size_t) available, fmt, args);

	if (length < 0)
		pg_fatal("could not format a message");
	if (length < available)
	{
		text->len += length;
		return 0;
	}
	text->data[text->len] = '\0';
	return length + 1;
}

void
appendStringInfo(StringInfo text, const char *fmt, ...)
{
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(text, fmt, args);
		va_end(args);
		if (needed == 0)
			return;
		enlargeStringInfo(text, needed);
	}
}

void
appendBinaryStringInfo(StringInfo text, const void *data, int length)
{
	enlargeStringInfo(text, length);
	memcpy(text->data + text->len, data, (size_t) length);
	text->len += length;
	text->data[text->len] = '\0';
}

void
appendStringInfoString(StringInfo text, const char *added)
{
	size_t length = strlen(added);

	if (length > LONGEST_STRING)
		pg_fatal("a text is longer than %d bytes", LONGEST_STRING);
	appendBinaryStringInfo(text, added, (int) length);
}

void
appendStringInfoChar(StringInfo text, char c)
{
	appendBinaryStringInfo(text, &c, 1);
}

/* ---------- letters, sorting, hashing ---------- */

unsigned char
pg_ascii_tolower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

int
pg_strcasecmp(const char *a, const char *b)
{
	return strcasecmp(a, b);
}

/* A heap sort: no memory, no depth, never quadratic. */
static void
sift_down(char *base, size_t size, size_t at, size_t count,
		  int (*compare)(const void *, const void *, void *), void *argument, char *spare)
{
	for (;;)
	{
		size_t child = 2 * at + 1;

		if (child >= count)
			return;
		if (child + 1 < count &&
			compare(base + child * size, base + (child + 1) * size, argument) < 0)
			child++;
		if (compare(base + at * size, base + child * size, argument) >= 0)
			return;
		memcpy(spare, base + at * size, size);
		memcpy(base + at * size, base + child * size, size);
		memcpy(base + child * size, spare, size);
		at = child;
	}
}

void
qsort_arg(void *base, size_t count, size_t size, int (*compare)(const void *, const void *, void *),
		  void *argument)
{
	char *elements = base;
	char *spare = palloc(size);

	for (size_t i = count / 2; i > 0; i--)
		sift_down(elements, size, i - 1, count, compare, argument, spare);
	for (size_t last = count; last > 1; last--)
	{
		memcpy(spare, elements, size);
		memcpy(elements, elements + (last - 1) * size, size);
		memcpy(elements + (last - 1) * size, spare, size);
		sift_down(elements, size, 0, last - 1, compare, argument, spare);
	}
	pfree(spare);
}

/* FNV-1a, its high half folded into the low one. */
uint32
hash_bytes(const unsigned char *bytes, int length)
{
	uint64 hash = UINT64_C(14695981039346656037);

	for (int i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	return (uint32) (hash ^ (hash >> 32));
}
