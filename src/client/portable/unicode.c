/*-------------------------------------------------------------------------
 *
 * unicode.c
 *	  UTF-8, the width of characters, and letters that stand for ASCII ones.
 *
 *-------------------------------------------------------------------------
 */
#include "client/portable/portable.h"

#include "client/portable/unicode_tables.h"

/* ---------- UTF-8 ---------- */

int
pg_utf_mblen(const unsigned char *text)
{
	if ((*text & 0x80) == 0)
		return 1;
	if ((*text & 0xe0) == 0xc0)
		return 2;
	if ((*text & 0xf0) == 0xe0)
		return 3;
	return (*text & 0xf8) == 0xf0 ? 4 : 1;
}

static bool
is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

bool
pg_utf8_islegal(const unsigned char *text, int length)
{
	if (length == 1)
		return text[0] < 0x80;
	if (length < 2 || length > 4 || pg_utf_mblen(text) != length)
		return false;
	for (int i = 1; i < length; i++)
		if (!is_continuation(text[i]))
			return false;
	switch (text[0])
	{
		case 0xc0:
		case 0xc1:
			return false;
		case 0xe0:
			return text[1] >= 0xa0;
		case 0xed:
			return text[1] <= 0x9f; /* surrogates */
		case 0xf0:
			return text[1] >= 0x90;
		case 0xf4:
			return text[1] <= 0x8f;
		default:
			return text[0] <= 0xf4;
	}
}

pg_wchar
utf8_to_unicode(const unsigned char *text)
{
	switch (pg_utf_mblen(text))
	{
		case 2:
			return ((text[0] & 0x1fu) << 6) | (text[1] & 0x3fu);
		case 3:
			return ((text[0] & 0x0fu) << 12) | ((text[1] & 0x3fu) << 6) | (text[2] & 0x3fu);
		case 4:
			return ((text[0] & 0x07u) << 18) | ((text[1] & 0x3fu) << 12) |
				   ((text[2] & 0x3fu) << 6) | (text[3] & 0x3fu);
		default:
			return text[0];
	}
}

unsigned char *
unicode_to_utf8(pg_wchar code, unsigned char *text)
{
	if (code < 0x80)
		text[0] = (unsigned char) code;
	else if (code < 0x800)
	{
		text[0] = (unsigned char) (0xc0 | (code >> 6));
		text[1] = (unsigned char) (0x80 | (code & 0x3f));
	}
	else if (code < 0x10000)
	{
		text[0] = (unsigned char) (0xe0 | (code >> 12));
		text[1] = (unsigned char) (0x80 | ((code >> 6) & 0x3f));
		text[2] = (unsigned char) (0x80 | (code & 0x3f));
	}
	else
	{
		text[0] = (unsigned char) (0xf0 | ((code >> 18) & 0x07));
		text[1] = (unsigned char) (0x80 | ((code >> 12) & 0x3f));
		text[2] = (unsigned char) (0x80 | ((code >> 6) & 0x3f));
		text[3] = (unsigned char) (0x80 | (code & 0x3f));
	}
	return text;
}

int
pg_encoding_mblen(int encoding, const char *text)
{
	(void) encoding;
	return pg_utf_mblen((const unsigned char *) text);
}

/* How many bytes from the start on are valid; a NUL ends it. */
int
pg_encoding_verifymbstr(int encoding, const char *text, int length)
{
	int at = 0;

	(void) encoding;
	while (at < length && text[at] != '\0')
	{
		const unsigned char *c = (const unsigned char *) text + at;
		int bytes = pg_utf_mblen(c);

		if (bytes > length - at || !pg_utf8_islegal(c, bytes))
			break;
		at += bytes;
	}
	return at;
}

/* ---------- tables ---------- */

static int
compare_range(const void *key, const void *element)
{
	pg_wchar code = *(const pg_wchar *) key;
	const Range *range = element;

	return code < range->first ? -1 : code > range->last;
}

static bool
is_in(pg_wchar code, const Range *ranges, size_t n)
{
	return bsearch(&code, ranges, n, sizeof(Range), compare_range) != NULL;
}

int
pg_encoding_dsplen(int encoding, const char *text)
{
	pg_wchar code = utf8_to_unicode((const unsigned char *) text);

	(void) encoding;
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return code == 0 ? 0 : -1;
	if (code < 0x300)
		return 1;
	if (is_in(code, zero_width, lengthof(zero_width)))
		return 0;
	return is_in(code, double_width, lengthof(double_width)) ? 2 : 1;
}

static int
compare_letter(const void *key, const void *element)
{
	pg_wchar code = *(const pg_wchar *) key;
	pg_wchar other = ((const AsciiLetters *) element)->code;

	return code < other ? -1 : code > other;
}

pg_wchar *
unicode_normalize(UnicodeNormalizationForm form, const pg_wchar *text)
{
	size_t length = 0;
	size_t at = 0;
	pg_wchar *result;

	(void) form;
	while (text[length] != 0)
		length++;
	result = malloc((length * LONGEST_LETTERS + 1) * sizeof(pg_wchar));
	if (result == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++)
	{
		const AsciiLetters *letters =
			text[i] < 0x80 ? NULL
						   : bsearch(&text[i], ascii_letters, lengthof(ascii_letters),
									 sizeof(AsciiLetters), compare_letter);

		if (letters == NULL)
			result[at++] = text[i];
		for (const char *c = letters == NULL ? "" : letters->letters; *c != '\0'; c++)
			result[at++] = (unsigned char) *c;
	}
	result[at] = 0;
	return result;
}
