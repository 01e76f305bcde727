/*-------------------------------------------------------------------------
 *
 * encoding_cookie.c
 *	  Reads what is known of a migration file before it is parsed.
 *
 *-------------------------------------------------------------------------
 */
#include "core/script/script.h"

/* Returns the length of the line at source, without its end. */
static size_t
line_length(const char *source, size_t length)
{
	size_t n = 0;

	while (n < length && source[n] != '\n' && source[n] != '\r')
		n++;
	return n;
}

static bool
is_encoding_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		   c == '_' || c == '.';
}

/* Returns the encoding in a comment, as the expression in PEP 263 finds it, or NULL. */
static char *
cookie(const char *comment, size_t length)
{
	static const char label[] = "coding";
	size_t behind = strlen(label);

	for (size_t i = 0; i + behind < length; i++)
	{
		size_t start = i + behind + 1;
		size_t end;
		char *name;

		if (memcmp(comment + i, label, behind) != 0 ||
			(comment[start - 1] != ':' && comment[start - 1] != '='))
			continue;
		while (start < length && (comment[start] == ' ' || comment[start] == '\t'))
			start++;
		for (end = start; end < length && is_encoding_character(comment[end]);)
			end++;
		if (end == start)
			continue;
		name = pnstrdup(comment + start, end - start);
		for (char *c = name; *c != '\0'; c++)
			*c = pg_ascii_tolower((unsigned char) *c);
		return name;
	}
	return NULL;
}

char *
mh_script_encoding(const char *source, size_t length)
{
	if (length >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0)
	{
		source += 3;
		length -= 3;
	}
	for (int line = 0; line < 2; line++)
	{
		size_t end = line_length(source, length);
		size_t start = 0;
		char *name;

		while (start < end &&
			   (source[start] == ' ' || source[start] == '\t' || source[start] == '\f'))
			start++;
		if (start < end && source[start] != '#')
			return NULL;
		name = cookie(source + start, end - start);
		if (name != NULL || end == length)
			return name;
		end += source[end] == '\r' && end + 1 < length && source[end + 1] == '\n' ? 2 : 1;
		source += end;
		length -= end;
	}
	return NULL;
}

bool
mh_script_is_name(const char *name)
{
	size_t length = strlen(name);

	return length >= 3 && strcmp(name + length - 3, ".py") == 0 && strncmp(name, ".#", 2) != 0 &&
		   strncmp(name, "__init__", 8) != 0 && strchr(name, '\n') == NULL;
}
