/*-------------------------------------------------------------------------
 *
 * screen.c
 *	  Characters on a terminal: how wide they are, and which could harm it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/screen.h"

#include "core/base/words.h"
#include "mb/pg_wchar.h"

int
mh_decode_char(const char *string, const char *end, uint32 *code)
{
	const unsigned char *bytes = (const unsigned char *) string;
	int length = pg_encoding_mblen(PG_UTF8, string);

	if (length > end - string || !pg_utf8_islegal(bytes, length))
	{
		*code = MH_INVALID_BYTE;
		return 1;
	}
	*code = utf8_to_unicode(bytes);
	return length;
}

/*
 * Besides control characters these are the bidirectional controls, with which
 * a message can make a line read differently from what it says, the two
 * separators that some terminals and editors take for a line feed, and the
 * byte order mark, which nobody sees.
 */
bool
mh_is_unsafe_char(uint32 code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
		   code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
		   (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

int
mh_char_width(const char *string, uint32 code)
{
	if (code == MH_INVALID_BYTE)
		return 1;
	return Max(pg_encoding_dsplen(PG_UTF8, string), 0);
}

int
mh_display_width(const char *string)
{
	const char *end = string + strlen(string);
	int width = 0;

	while (string < end)
	{
		uint32 code;
		int length = mh_decode_char(string, end, &code);

		width += mh_char_width(string, code);
		string += length;
	}
	return width;
}

size_t
mh_fitting_bytes(const char *text, int columns)
{
	const char *end = text + strcspn(text, "\n");
	const char *at = text;
	const char *blank = NULL;
	int used = 0;

	while (at < end)
	{
		uint32 code;
		int length = mh_decode_char(at, end, &code);

		used += mh_char_width(at, code);
		if (used > columns && at > text)
			return (size_t) ((*at == ' ' || blank == NULL ? at : blank) - text);
		if (*at == ' ' && at > text)
			blank = at;
		at += length;
	}
	return (size_t) (at - text);
}

const char *
mh_severity_word(int severity)
{
	static const char *const words[] = {MH_STATE_OK, "warning", "critical", "unknown"};

	return severity < 0 || severity >= (int) lengthof(words) ? "unknown" : words[severity];
}
