/*-------------------------------------------------------------------------
 *
 * sql_names.c
 *	  Finds and replaces names in deparsed SQL.
 *
 * Such SQL has no comments and no Unicode escapes, and its literals are for
 * standard_conforming_strings.  Text that people wrote (a function's body) is in dollar quotes or
 * literals and is not changed.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/sql_names.h"

/* A mapping of a text: the mapper, the input and the output. */
typedef struct Mapping
{
	const char *start;
	MhNameMapper mapper;
	void *arg;
	StringInfo out;
} Mapping;

static bool
starts_identifier(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool
continues_identifier(unsigned char c)
{
	return starts_identifier(c) || (c >= '0' && c <= '9') || c == '$';
}

static const char *
end_of_word(const char *text)
{
	while (continues_identifier(*text))
		text++;
	return text;
}

/*
 * Returns the position behind the closing quote, or the end of text if there is none.  Skips
 * doubled quotes.
 */
static const char *
end_of_quoted(const char *text, bool with_escapes)
{
	char quote = *text++;

	for (; *text != '\0'; text++)
	{
		if ((with_escapes && *text == '\\' && text[1] != '\0') ||
			(*text == quote && text[1] == quote))
			text++;
		else if (*text == quote)
			return text + 1;
	}
	return text;
}

/* Returns the position behind $tag$...$tag$; NULL: no such quote begins here. */
static const char *
end_of_dollar_quote(const char *text)
{
	const char *body = text + 1;
	const char *end;
	char *tag;

	if (starts_identifier(*body))
		while (continues_identifier(*body) && *body != '$')
			body++;
	if (*body++ != '$')
		return NULL;
	tag = pnstrdup(text, body - text);
	end = strstr(body, tag);
	end = end == NULL ? body + strlen(body) : end + strlen(tag);
	pfree(tag);
	return end;
}

/* Returns what is between the quotes, with doubled quotes single. */
static char *
unquote(const char *from, const char *to, char quote, bool with_escapes)
{
	char *plain = palloc(to - from + 1);
	char *end = plain;

	for (from++; from < to - 1; from++)
	{
		if ((*from == quote || (with_escapes && *from == '\\')) && from + 1 < to - 1)
			from++;
		*end++ = *from;
	}
	*end = '\0';
	return plain;
}

static bool
is_text(const char *from, const char *to, const char *text)
{
	size_t length = to - from;

	return strlen(text) == length && strncmp(from, text, length) == 0;
}

bool
mh_name_part_is(const MhSqlName *name, int part, const char *plain)
{
	char *unquoted;
	bool same;

	if (part >= name->n)
		return false;
	if (*name->from[part] != '"')
		return is_text(name->from[part], name->to[part], plain);
	unquoted = unquote(name->from[part], name->to[part], '"', false);
	same = strcmp(unquoted, plain) == 0;
	pfree(unquoted);
	return same;
}

char *
mh_unquote_identifier(const char *identifier)
{
	if (*identifier != '"')
		return pstrdup(identifier);
	return unquote(identifier, identifier + strlen(identifier), '"', false);
}

const char *
mh_end_of_identifier(const char *text)
{
	MH_CHECK_INTERRUPTS();
	if (starts_identifier(*text))
		return end_of_word(text);
	if (*text == '"')
		return end_of_quoted(text, false);
	if (*text == '$' && starts_identifier(text[1]) && end_of_dollar_quote(text) == NULL)
		return end_of_word(text + 1);
	return text;
}

/* Reads the name at text.  Returns its end, or text itself if there is none. */
static const char *
read_name(const char *text, MhSqlName *name)
{
	const char *start = text;

	name->n = 0;
	name->is_schema = false;
	for (;;)
	{
		const char *end = mh_end_of_identifier(text);

		if (end == text)
			return name->n == 0 ? start : text - 1;
		if (name->n == MH_NAME_PARTS)
			return text - 1;
		name->from[name->n] = text;
		name->to[name->n++] = end;
		if (*end != '.')
			return end;
		text = end + 1;
	}
}

/* Skips a number, a dollar quote or a byte, which are no names. */
static const char *
skip_other(const char *text)
{
	const char *end = NULL;

	if (*text >= '0' && *text <= '9')
	{
		while (continues_identifier(*text) || *text == '.')
			text++;
		return text;
	}
	if (*text == '$')
		end = end_of_dollar_quote(text);
	return end == NULL ? text + 1 : end;
}

/*
 * Returns whether the name qualifies an operator, as in OPERATOR(shop.*).  Elsewhere shop.* is all
 * columns of a relation.
 */
static bool
qualifies_operator(const Mapping *mapping, const char *text, const char *end)
{
	static const char before[] = "OPERATOR(";
	ptrdiff_t length = strlen(before);

	return *end == '.' && text - mapping->start >= length &&
		   strncmp(text - length, before, length) == 0;
}

/* Maps the name at text, or copies what else is there.  Returns its end. */
static const char *
map_one(const Mapping *mapping, const char *text, bool is_rest, bool *mapped)
{
	MhSqlName name;
	const char *end = read_name(text, &name);

	MH_CHECK_INTERRUPTS();
	*mapped = false;
	if (end == text)
		end = skip_other(text);
	else if (!is_rest)
	{
		name.is_schema = name.n == 1 && qualifies_operator(mapping, text, end);
		*mapped = mapping->mapper(mapping->arg, &name, mapping->out);
	}
	if (!*mapped)
		appendBinaryStringInfo(mapping->out, text, end - text);
	return end;
}

/*
 * Returns whether a name right behind this byte would be a part of a longer word.  A replacement
 * that begins with "$" would join a word before it, and would make a quote with another "$".
 */
static bool
continues_name(char before)
{
	return before == '.' || continues_identifier(before);
}

/* Maps the inside of a literal that is one name or several. */
static bool
map_names_within(const Mapping *mapping, const char *text)
{
	bool any = false;
	char before = '\0';

	while (*text != '\0')
	{
		bool mapped;
		const char *end = map_one(mapping, text, continues_name(before), &mapped);

		any |= mapped;
		before = end[-1];
		text = end;
	}
	return any;
}

/*
 * Returns the type to which the literal that ends here is cast, if its values are names.  Dumps of
 * old servers have ('shop.seq'::text)::regclass.
 */
static const char *
find_name_type(const char *text)
{
	static const char by_text[] = "::text)::";

	if (mh_begins_with(text, by_text))
		text += strlen(by_text);
	else if (strncmp(text, "::", 2) == 0)
		text += 2;
	else
		return NULL;
	if (mh_begins_with(text, "pg_catalog."))
		text += strlen("pg_catalog.");
	return strncmp(text, "reg", 3) == 0 ? text : NULL;
}

static bool
is_schema_type(const char *type)
{
	static const char name[] = "regnamespace";

	return mh_begins_with(type, name) && !continues_identifier(type[strlen(name)]);
}

/* Maps a literal of type regnamespace, which is a name without qualification. */
static bool
map_schema(const Mapping *mapping, const char *text)
{
	MhSqlName name;

	if (*text == '\0' || *read_name(text, &name) != '\0' || name.n != 1)
		return false;
	name.is_schema = true;
	return mapping->mapper(mapping->arg, &name, mapping->out);
}

/* Appends a literal.  Uses E'' only if there is a backslash, as the server does. */
static void
append_literal(StringInfo out, const char *text, bool with_escapes)
{
	bool doubled = with_escapes && strchr(text, '\\') != NULL;

	if (doubled)
		appendStringInfoChar(out, 'E');
	appendStringInfoChar(out, '\'');
	for (; *text != '\0'; text++)
	{
		if (*text == '\'' || (doubled && *text == '\\'))
			appendStringInfoChar(out, *text);
		appendStringInfoChar(out, *text);
	}
	appendStringInfoChar(out, '\'');
}

/* Maps a literal.  text is at the quote, or at the E before it.  Returns the end. */
static const char *
map_literal(const Mapping *mapping, const char *text)
{
	bool with_escapes = *text != '\'';
	const char *quote = text + (with_escapes ? 1 : 0);
	const char *end = end_of_quoted(quote, with_escapes);
	const char *type = find_name_type(end);
	StringInfoData names;
	Mapping within = *mapping;
	char *plain;
	bool mapped = false;

	if (type != NULL)
	{
		initStringInfo(&names);
		plain = unquote(quote, end, '\'', with_escapes);
		within.start = plain;
		within.out = &names;
		mapped =
			is_schema_type(type) ? map_schema(&within, plain) : map_names_within(&within, plain);
		if (mapped)
			append_literal(mapping->out, names.data, with_escapes);
		pfree(names.data);
		pfree(plain);
	}
	if (!mapped)
		appendBinaryStringInfo(mapping->out, text, end - text);
	return end;
}

static bool
is_literal(const char *text)
{
	return *text == '\'' || ((*text == 'E' || *text == 'e') && text[1] == '\'');
}

char *
mh_map_names(const char *text, MhNameMapper mapper, void *arg)
{
	StringInfoData out;
	Mapping mapping = {text, mapper, arg, &out};
	char before = '\0';

	initStringInfo(&out);
	while (*text != '\0')
	{
		const char *end;
		bool mapped;

		if (is_literal(text))
			end = map_literal(&mapping, text);
		else
			end = map_one(&mapping, text, continues_name(before), &mapped);
		before = end[-1];
		text = end;
	}
	return out.data;
}

/* Returns the position behind a literal, an identifier or else a byte. */
static const char *
end_of_other(const char *text)
{
	const char *end;

	MH_CHECK_INTERRUPTS();
	if (is_literal(text))
		return end_of_quoted(*text == '\'' ? text : text + 1, *text != '\'');
	end = mh_end_of_identifier(text);
	return end == text ? text + 1 : end;
}

static void
append_mapped(StringInfo out, const char *from, const char *to, MhNameMapper mapper, void *arg)
{
	char *part = pnstrdup(from, to - from);
	char *mapped = mh_map_names(part, mapper, arg);

	appendStringInfoString(out, mapped);
	pfree(mapped);
	pfree(part);
}

char *
mh_map_names_of_bodies(const char *text, MhNameMapper mapper, void *arg)
{
	StringInfoData out;
	const char *start = text;

	initStringInfo(&out);
	while (*text != '\0')
	{
		const char *end = *text == '$' ? end_of_dollar_quote(text) : NULL;
		const char *body;

		if (end == NULL)
		{
			text = end_of_other(text);
			continue;
		}
		body = strchr(text + 1, '$') + 1;
		append_mapped(&out, start, text, mapper, arg);
		appendBinaryStringInfo(&out, text, body - text);
		/* the body of an unclosed quote is the rest of the text */
		start = end - body >= body - text ? end - (body - text) : end;
		append_mapped(&out, body, start, mapper, arg);
		appendBinaryStringInfo(&out, start, end - start);
		start = text = end;
	}
	append_mapped(&out, start, text, mapper, arg);
	return out.data;
}
