/*-------------------------------------------------------------------------
 *
 * json.c
 *	  JSON for programs: written, checked, printed.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/base/screen.h"

#include "mb/pg_wchar.h"

/* As deep as PostgreSQL would ever nest what mighead returns, and more. */
#define DEEPEST_VALUE 100

/* ---------- writing ---------- */

void
mh_json_quote(StringInfo json, const char *text)
{
	if (text == NULL)
	{
		appendStringInfoString(json, "null");
		return;
	}
	appendStringInfoChar(json, '"');
	while (*text != '\0')
	{
		const unsigned char *c = (const unsigned char *) text;
		int bytes = pg_utf_mblen(c);

		if (strnlen(text, 4) < (size_t) bytes || !pg_utf8_islegal(c, bytes))
		{
			/* JSON has no bytes, and parsers refuse lone surrogates */
			appendStringInfoString(json, "\\ufffd");
			text++;
			continue;
		}
		if (*c == '"' || *c == '\\')
			appendStringInfo(json, "\\%c", *c);
		else if (*c < 0x20)
			appendStringInfo(json, "\\u%04x", *c);
		else
			appendBinaryStringInfo(json, text, bytes);
		text += bytes;
	}
	appendStringInfoChar(json, '"');
}

void
mh_json_list(StringInfo json, const MhStrings *list)
{
	appendStringInfoChar(json, '[');
	for (int i = 0; i < list->n; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		mh_json_quote(json, list->v[i]);
	}
	appendStringInfoChar(json, ']');
}

/* ---------- checking ---------- */

static bool skip_value(const char **at, int depth);

static void
skip_blanks(const char **at)
{
	*at += strspn(*at, " \t\r\n");
}

static bool
skip_string(const char **at)
{
	const char *c = *at;

	if (*c++ != '"')
		return false;
	for (; *c != '"'; c++)
	{
		if ((unsigned char) *c < 0x20)
			return false;
		if (*c != '\\')
			continue;
		c++;
		if (*c == 'u')
		{
			for (int i = 0; i < 4; i++)
				if (!isxdigit((unsigned char) *++c))
					return false;
		}
		else if (*c == '\0' || strchr("\"\\/bfnrt", *c) == NULL)
			return false;
	}
	*at = c + 1;
	return true;
}

static bool
skip_digits(const char **at)
{
	size_t digits = strspn(*at, "0123456789");

	*at += digits;
	return digits > 0;
}

static bool
skip_number(const char **at)
{
	if (**at == '-')
		(*at)++;
	if (!skip_digits(at))
		return false;
	if (**at == '.')
	{
		(*at)++;
		if (!skip_digits(at))
			return false;
	}
	if (**at != 'e' && **at != 'E')
		return true;
	(*at)++;
	if (**at == '+' || **at == '-')
		(*at)++;
	return skip_digits(at);
}

/* An object or an array behind its first bracket. */
static bool
skip_members(const char **at, char end, int depth)
{
	skip_blanks(at);
	if (**at == end)
	{
		(*at)++;
		return true;
	}
	for (;;)
	{
		skip_blanks(at);
		if (end == '}')
		{
			if (!skip_string(at))
				return false;
			skip_blanks(at);
			if (*(*at)++ != ':')
				return false;
		}
		if (!skip_value(at, depth))
			return false;
		skip_blanks(at);
		if (**at == end)
		{
			(*at)++;
			return true;
		}
		if (*(*at)++ != ',')
			return false;
	}
}

static bool
skip_word(const char **at, const char *word)
{
	if (!mh_begins_with(*at, word))
		return false;
	*at += strlen(word);
	return true;
}

static bool
skip_value(const char **at, int depth)
{
	skip_blanks(at);
	if (depth > DEEPEST_VALUE)
		return false;
	switch (**at)
	{
		case '{':
			(*at)++;
			return skip_members(at, '}', depth + 1);
		case '[':
			(*at)++;
			return skip_members(at, ']', depth + 1);
		case '"':
			return skip_string(at);
		default:
			return skip_word(at, "true") || skip_word(at, "false") || skip_word(at, "null") ||
				   skip_number(at);
	}
}

bool
mh_json_is_valid(const char *text)
{
	const char *at = text;

	if (pg_encoding_verifymbstr(PG_UTF8, text, (int) strlen(text)) != (int) strlen(text) ||
		!skip_value(&at, 0))
		return false;
	skip_blanks(&at);
	return *at == '\0';
}

/* ---------- printing ---------- */

void
mh_json_print(const char *json)
{
	while (*json != '\0')
	{
		const unsigned char *c = (const unsigned char *) json;
		int bytes = pg_utf_mblen(c);
		pg_wchar code = utf8_to_unicode(c);

		/* only strings can hold these, where an escape means the same */
		if (code >= 0x7f && mh_is_unsafe_char(code))
			printf("\\u%04x", code);
		else
			fwrite(json, 1, (size_t) bytes, stdout);
		json += bytes;
	}
	putchar('\n');
}
