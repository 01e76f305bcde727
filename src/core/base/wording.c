/*-------------------------------------------------------------------------
 *
 * wording.c
 *	  Builds pieces of sentences, and values in commands that a person pastes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/wording.h"

/*
 * Returns whether the word needs quotes in a sentence: it is empty, or begins or ends with a blank.
 */
static bool
needs_marks(const char *word)
{
	size_t length = strlen(word);

	return length == 0 || strchr(" \t\n\v\f\r", word[0]) != NULL ||
		   strchr(" \t\n\v\f\r", word[length - 1]) != NULL;
}

char *
mh_enumerate(const MhStrings *list)
{
	const int most = 4;
	StringInfoData buf;
	int shown = list->n <= most ? list->n : most - 1;

	initStringInfo(&buf);
	for (int i = 0; i < shown; i++)
	{
		const char *mark = needs_marks(list->v[i]) ? "\"" : "";

		appendStringInfo(&buf, "%s%s%s%s",
						 i == 0             ? ""
						 : i == list->n - 1 ? " and "
											: ", ",
						 mark, list->v[i], mark);
	}
	if (shown < list->n)
		appendStringInfo(&buf, " and %d more", list->n - shown);
	return buf.data;
}

const char *
mh_plural(int n)
{
	return n == 1 ? "" : "s";
}

char *
mh_sql_literal(const char *text)
{
	char *literal = palloc(2 * strlen(text) + sizeof("E''"));
	char *end = literal;

	if (strchr(text, '\\') != NULL)
		*end++ = 'E';
	*end++ = '\'';
	for (; *text != '\0'; text++)
	{
		if (*text == '\'' || *text == '\\')
			*end++ = *text;
		*end++ = *text;
	}
	*end++ = '\'';
	*end = '\0';
	return literal;
}

static bool
is_plain_in_array(const char *text)
{
	if (*text == '\0' || pg_strcasecmp(text, "NULL") == 0)
		return false;
	return text[strcspn(text, "{}\",\\ \t\n\v\f\r")] == '\0';
}

static void
append_array_element(StringInfo buf, const char *text)
{
	MH_CHECK_INTERRUPTS();
	if (is_plain_in_array(text))
	{
		appendStringInfoString(buf, text);
		return;
	}
	appendStringInfoChar(buf, '"');
	for (; *text != '\0'; text++)
	{
		if (*text == '"' || *text == '\\')
			appendStringInfoChar(buf, '\\');
		appendStringInfoChar(buf, *text);
	}
	appendStringInfoChar(buf, '"');
}

char *
mh_array_literal(const MhStrings *list, int nulls)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	for (int i = 0; i < list->n + nulls; i++)
	{
		if (i > 0)
			appendStringInfoChar(&buf, ',');
		if (i < list->n)
			append_array_element(&buf, list->v[i]);
		else
			appendStringInfoString(&buf, "NULL");
	}
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

char *
mh_row_set_literal(const MhStrings *rows)
{
	if (rows->n == 1 && is_plain_in_array(rows->v[0]))
		return mh_sql_literal(rows->v[0]);
	return mh_sql_literal(mh_array_literal(rows, 0));
}

static bool
is_plain_in_shell(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		   strchr("_-./:@%+,=", c) != NULL;
}

char *
mh_shell_word(const char *text)
{
	StringInfoData buf;
	const char *rest = text;

	while (*rest != '\0' && is_plain_in_shell(*rest))
		rest++;
	if (text[0] != '\0' && *rest == '\0')
		return pstrdup(text);
	initStringInfo(&buf);
	appendStringInfoChar(&buf, '\'');
	for (; *text != '\0'; text++)
	{
		if (*text == '\'')
			appendStringInfoString(&buf, "'\\''");
		else
			appendStringInfoChar(&buf, *text);
	}
	appendStringInfoChar(&buf, '\'');
	return buf.data;
}

/* Returns the end of the element at text.  Ignores commas within parentheses and quotes. */
static const char *
end_of_element(const char *text)
{
	int depth = 0;
	char quote = '\0';

	for (; *text != '\0'; text++)
	{
		if (quote != '\0')
		{
			if (*text == quote)
				quote = '\0';
		}
		else if (*text == '"' || *text == '\'')
			quote = *text;
		else if (*text == '(' || *text == '[')
			depth++;
		else if (*text == ')' || *text == ']')
			depth--;
		else if (*text == ',' && depth <= 0)
			break;
	}
	return text;
}

MhStrings
mh_split_list(const char *list)
{
	MhStrings elements = {0, NULL};

	while (list != NULL && *list != '\0')
	{
		const char *end = end_of_element(list);
		char *element = pnstrdup(list, end - list);

		mh_strings_add(&elements, element);
		pfree(element);
		list = *end == '\0' ? end : end + 1;
		while (*list == ' ')
			list++;
	}
	return elements;
}
