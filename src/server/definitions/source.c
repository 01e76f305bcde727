/*-------------------------------------------------------------------------
 *
 * source.c
 *	  What the texts of queries and values are for a database elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/source.h"

#include "lib/stringinfo.h"
#include "utils/array.h"

static const char here[] = "/*here*/";
static const char there[] = "/*there ";
static const char end[] = "*/";

static void
append_oids(StringInfo out, Datum oids)
{
	ArrayType *array = DatumGetArrayTypeP(oids);
	const Oid *elements = (const Oid *) ARR_DATA_PTR(array);
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	appendStringInfoString(out, "'{");
	for (int i = 0; i < n; i++)
		appendStringInfo(out, "%s%u", i == 0 ? "" : ",", elements[i]);
	appendStringInfoString(out, "}'::pg_catalog.oid[]");
}

/* Appends a text up to its end, with $1 replaced. */
static void
append_text(StringInfo out, const char *text, const char *text_end, Datum oids)
{
	for (; text < text_end; text++)
		if (text[0] == '$' && text[1] == '1')
		{
			append_oids(out, oids);
			text++;
		}
		else
			appendStringInfoChar(out, *text);
}

/* Appends a text for elsewhere, with one of each "@major@newer@older@". */
static void
append_there(StringInfo out, const char *text, const char *text_end, int version, Datum oids)
{
	const char *at;

	while ((at = memchr(text, '@', text_end - text)) != NULL)
	{
		const char *newer = strchr(at + 1, '@') + 1;
		const char *older = strchr(newer, '@') + 1;
		const char *after = strchr(older, '@') + 1;

		append_text(out, text, at, oids);
		if (version >= atoi(at + 1) * 10000)
			append_text(out, newer, older - 1, oids);
		else
			append_text(out, older, after - 1, oids);
		text = after;
	}
	append_text(out, text, text_end, oids);
}

char *
mh_query_there(const char *query, int version, Datum oids)
{
	StringInfoData out;
	const char *found;

	initStringInfo(&out);
	while ((found = strstr(query, here)) != NULL)
	{
		const char *text = strstr(found, there) + strlen(there);
		const char *text_end = strstr(text, end);

		append_text(&out, query, found, oids);
		append_there(&out, text, text_end, version, oids);
		query = text_end + strlen(end);
	}
	append_text(&out, query, query + strlen(query), oids);
	return out.data;
}

/* Reads an element, in double quotes or not, and returns what follows it. */
static const char *
read_element(const char *at, StringInfo element)
{
	bool is_quoted = *at == '"';

	resetStringInfo(element);
	if (is_quoted)
		at++;
	while (*at != '\0' && (is_quoted ? *at != '"' : strchr(",{}", *at) == NULL))
	{
		if (*at == '\\' && at[1] != '\0')
			at++;
		appendStringInfoChar(element, *at++);
	}
	if (!is_quoted && strcmp(element->data, "NULL") == 0)
		resetStringInfo(element);
	return is_quoted && *at == '"' ? at + 1 : at;
}

MhStrings
mh_array_elements(const char *array)
{
	MhStrings elements = {0, NULL};
	StringInfoData element;

	initStringInfo(&element);
	while (*array != '\0')
	{
		if (strchr(",{}", *array) != NULL)
		{
			array++;
			continue;
		}
		array = read_element(array, &element);
		mh_strings_add(&elements, element.data);
	}
	pfree(element.data);
	return elements;
}

char *
mh_array_text(const MhStrings *elements)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	for (int i = 0; i < elements->n; i++)
	{
		appendStringInfoString(&out, i == 0 ? "\"" : ",\"");
		for (const char *c = elements->v[i]; *c != '\0'; c++)
		{
			if (*c == '"' || *c == '\\')
				appendStringInfoChar(&out, '\\');
			appendStringInfoChar(&out, *c);
		}
		appendStringInfoChar(&out, '"');
	}
	appendStringInfoChar(&out, '}');
	return out.data;
}
