/*-------------------------------------------------------------------------
 *
 * index_text.c
 *	  Keys of an index as the deparser of a database elsewhere writes them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/index_text.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

/* Returns the length up to the parenthesis that closes the list; the whole text where none does. */
static int
length_of_keys(const char *text)
{
	int depth = 0;
	char quote = '\0';
	int i;

	for (i = 0; text[i] != '\0'; i++)
	{
		if (quote != '\0')
			quote = text[i] == quote ? '\0' : quote;
		else if (text[i] == '\'' || text[i] == '"')
			quote = text[i];
		else if (text[i] == '(')
			depth++;
		else if (text[i] == ')' && depth-- == 0)
			break;
	}
	return i;
}

char *
mh_index_keys_there(const MhReading *reading, const char *text)
{
	return text == NULL ? NULL : mh_canonical(reading, pnstrdup(text, length_of_keys(text)));
}

char *
mh_deparsed_options(const MhStrings *options)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < options->n; i++)
	{
		const char *value = strchr(options->v[i], '=');
		int length = value == NULL ? (int) strlen(options->v[i]) : (int) (value - options->v[i]);

		value = value == NULL ? "" : value + 1;
		appendStringInfo(&out, "%s%s=%s", i == 0 ? "" : ", ",
						 mh_quote_identifier(pnstrdup(options->v[i], length)),
						 mh_quote_identifier(value) == value ? value : quote_literal_cstr(value));
	}
	return out.data;
}

char *
mh_replace_options(char *keys, const char *deparsed, const char *options)
{
	char *from = psprintf(" (%s)", deparsed);
	char *found = strstr(keys, from);

	if (found == NULL)
		return keys;
	return psprintf("%.*s (%s)%s", (int) (found - keys), keys, options, found + strlen(from));
}
