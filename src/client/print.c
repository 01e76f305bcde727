/*-------------------------------------------------------------------------
 *
 * print.c
 *	  Text for a terminal, and complaints.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/screen.h"

#define MAX_UTF8_BYTES 4

/* ---------- safety ---------- */

static void
append_safe(StringInfo safe, const char **text, bool lines)
{
	uint32 code;
	int bytes = mh_decode_char(*text, *text + strnlen(*text, MAX_UTF8_BYTES), &code);

	if (code == '\n' && lines)
		appendStringInfoChar(safe, '\n');
	else if (code == '\t' || code == '\n')
		appendStringInfoChar(safe, ' ');
	else if (code == MH_INVALID_BYTE || (mh_is_unsafe_char(code) && bytes == 1))
		appendStringInfo(safe, "\\x%02x", (unsigned char) **text);
	else if (mh_is_unsafe_char(code))
		appendStringInfo(safe, "\\u%04x", code);
	else
		appendBinaryStringInfo(safe, *text, bytes);
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

/* ---------- lines ---------- */

MhStrings
mh_wrap_text(const char *text, int columns)
{
	MhStrings lines = {0, NULL, 0};

	do
	{
		size_t bytes = columns > 0 ? mh_fitting_bytes(text, columns) : strcspn(text, "\n");
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
	/* libpq's messages end with one */
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
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
