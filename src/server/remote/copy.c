/*-------------------------------------------------------------------------
 *
 * copy.c
 *	  Lines of COPY ... TO STDOUT, which reads a table without planning a query on it.
 *
 * Planning evaluates the expressions of a table's indexes, so it runs code of the table's owner,
 * whatever was known of the indexes a moment ago. A copy calls only the output functions of types.
 *
 *-------------------------------------------------------------------------
 */
#include "server/remote/remote_private.h"

/* A letter after a backslash, as COPY writes it; octal and hexadecimal codes it does not write. */
static char
meaning_of(char letter)
{
	static const char letters[] = "bfnrtv";
	static const char meanings[] = "\b\f\n\r\t\v";
	const char *found = letter == '\0' ? NULL : strchr(letters, letter);

	return found == NULL ? letter : meanings[found - letters];
}

char *
mh_copied_value(char *line)
{
	char *to = line;

	if (strcmp(line, "\\N") == 0)
		return NULL;
	for (const char *from = line; *from != '\0'; from++)
	{
		bool is_escape = from[0] == '\\' && from[1] != '\0';

		*to++ = is_escape ? meaning_of(*++from) : *from;
	}
	*to = '\0';
	return line;
}
