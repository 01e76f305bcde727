/*-------------------------------------------------------------------------
 *
 * print.c
 *	  Text for a terminal, and complaints.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "mb/pg_wchar.h"

/* ---------- safety ---------- */

/*
 * Besides control characters: the bidirectional controls, with which a text can read
 * differently from what it says, and the separators that some terminals take for a line feed.
 */
static bool
is_unsafe(pg_wchar code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
		   code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
		   (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static void
append_safe(StringInfo safe, const char **text, bool lines)
{
	const unsigned char *c = (const unsigned char *) *text;
	int bytes = pg_utf_mblen(c);
	size_t left = strnlen(*text, 4);

	if ((size_t) bytes > left || !pg_utf8_islegal(c, bytes))
	{
		appendStringInfo(safe, "\\x%02x", *c);
		(*text)++;
		return;
	}
	if (*c == '\n' && lines)
		appendStringInfoChar(safe, '\n');
	else if (*c == '\t' || *c == '\n')
		appendStringInfoChar(safe, ' ');
	else if (!is_unsafe(utf8_to_unicode(c)))
		appendBinaryStringInfo(safe, *text, bytes);
	else if (bytes == 1)
		appendStringInfo(safe, "\\x%02x", *c);
	else
		appendStringInfo(safe, "\\u%04x", utf8_to_unicode(c));
	*text += bytes;
}

char *
mh_safe_text(const char *text, bool lines)
{
	StringInfoData safe;

	initStringInfo(&safe);
	while (*text != '\0')
	{
		size_t plain = 0;

		while (plain < INT_MAX / 4 && text[plain] >= ' ' && text[plain] <= '~')
			plain++;
		appendBinaryStringInfo(&safe, text, (int) plain);
		text += plain;
		if (*text != '\0')
			append_safe(&safe, &text, lines);
	}
	return safe.data;
}

/* ---------- width ---------- */

static int
columns_of_char(const char *text)
{
	return Max(pg_encoding_dsplen(PG_UTF8, text), 0);
}

int
mh_text_columns(const char *text)
{
	int columns = 0;

	for (; *text != '\0'; text += pg_utf_mblen((const unsigned char *) text))
		columns += columns_of_char(text);
	return columns;
}

/* Bytes of the text that fit; at least one character, and a blank where that is possible. */
static size_t
fitting_bytes(const char *text, int columns)
{
	size_t at = 0;
	size_t after_blank = 0;
	int used = 0;

	while (text[at] != '\0' && text[at] != '\n')
	{
		int width = columns_of_char(text + at);

		if (used + width > columns && at > 0)
			return text[at] == ' ' ? at : after_blank > 0 ? after_blank : at;
		used += width;
		at += (size_t) pg_utf_mblen((const unsigned char *) text + at);
		if (text[at - 1] == ' ')
			after_blank = at;
	}
	return at;
}

MhStrings
mh_wrap_text(const char *text, int columns)
{
	MhStrings lines = {0, NULL, 0};

	do
	{
		size_t bytes = columns > 0 ? fitting_bytes(text, columns) : strcspn(text, "\n");
		size_t length = bytes;

		while (length > 0 && text[length - 1] == ' ')
			length--;
		mh_strings_push(&lines, pnstrdup(text, length));
		text += bytes;
		if (columns > 0 && *text == ' ')
			text += strspn(text, " ");
		if (*text == '\n')
			text++;
		else if (*text == '\0')
			break;
	} while (*text != '\0');
	return lines;
}

int
mh_output_columns(void)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	int given = columns == NULL ? 0 : atoi(columns);

	if (given > 0)
		return given;
	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* ---------- colours and severities ---------- */

static bool
has_colours(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return (no_colour == NULL || *no_colour == '\0') && isatty(STDOUT_FILENO) && terminal != NULL &&
		   strcmp(terminal, "dumb") != 0;
}

/* Bold colours: they can be read on a light and on a dark ground. */
const char *
mh_colour_of(int severity)
{
	static const char *const colours[] = {"\033[1;32m", "\033[1;35m", "\033[1;31m", "\033[1;36m"};

	if (!has_colours() || severity < 0 || severity >= (int) lengthof(colours))
		return "";
	return colours[severity];
}

const char *
mh_colour_bold(void)
{
	return has_colours() ? "\033[1m" : "";
}

const char *
mh_colour_end(void)
{
	return has_colours() ? "\033[0m" : "";
}

const char *
mh_severity_word(int severity)
{
	static const char *const words[] = {"ok", "warning", "critical", "unknown"};

	return severity < 0 || severity >= (int) lengthof(words) ? "unknown" : words[severity];
}

int
mh_worse(int a, int b)
{
	static const int ranks[] = {0, 1, 3, 2};

	if (a < 0 || a > 3)
		a = MH_EXIT_TROUBLE;
	if (b < 0 || b > 3)
		b = MH_EXIT_TROUBLE;
	return ranks[a] >= ranks[b] ? a : b;
}

/* ---------- complaints ---------- */

static void
print_complaint(const char *label, const char *fmt, va_list args)
{
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list copy;
		int needed;

		va_copy(copy, args);
		needed = appendStringInfoVA(&text, fmt, copy);
		va_end(copy);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", label, mh_safe_text(text.data, true));
}

void
mh_complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_complaint("mighead", fmt, args);
	va_end(args);
}

void
mh_complain_hint(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_complaint("hint", fmt, args);
	va_end(args);
}

void
mh_complain_error(const MhError *err)
{
	mh_complain("%s", err->message);
	if (err->detail != NULL)
		fprintf(stderr, "detail: %s\n", mh_safe_text(err->detail, true));
	if (err->hint != NULL)
		mh_complain_hint("%s", err->hint);
}

int
mh_finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	mh_complain("could not write to standard output: %s", strerror(errno));
	return MH_EXIT_TROUBLE;
}
