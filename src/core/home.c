/*-------------------------------------------------------------------------
 *
 * home.c
 *	  Names relative to a home schema.
 *
 * Both directions walk over the tokens of SQL as the server's deparser writes it:
 * no comments, no Unicode escapes, literals for standard_conforming_strings.  The texts
 * of people (a function's body) stand in dollar quotes or in literals, and stay.
 *
 *-------------------------------------------------------------------------
 */
#include "core/home.h"

/* What takes the place of what. */
typedef struct Translation
{
	const char *from; /* as a name without its quotes; NULL: placeholder itself */
	const char *placeholder;
	const char *to;
	StringInfo out;
} Translation;

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

/* Past the closing quote; a doubled one stands for itself.  Unclosed: the end. */
static const char *
end_of_quoted(const char *text, bool with_escapes)
{
	char quote = *text++;

	for (; *text != '\0'; text++)
	{
		if (with_escapes && *text == '\\' && text[1] != '\0')
			text++;
		else if (*text == quote && text[1] == quote)
			text++;
		else if (*text == quote)
			return text + 1;
	}
	return text;
}

/* Past $tag$...$tag$; NULL: no such quote begins here. */
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

/* What stands between the quotes, single ones. */
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

static bool
is_name(const char *from, const char *to, const char *name)
{
	char *plain;
	bool same;

	if (*from != '"')
		return is_text(from, to, name);
	plain = unquote(from, to, '"', false);
	same = strcmp(plain, name) == 0;
	pfree(plain);
	return same;
}

static const char *
end_of_number(const char *text)
{
	while (continues_identifier(*text) || *text == '.')
		text++;
	return text;
}

/* Past the token at text, if it can be part of a name or hide one; else past one byte. */
static const char *
end_of_token(const char *text)
{
	const char *end = NULL;

	if (starts_identifier(*text))
		return end_of_word(text);
	if (*text == '"')
		return end_of_quoted(text, false);
	if (*text >= '0' && *text <= '9')
		return end_of_number(text);
	if (*text == '$')
	{
		end = end_of_dollar_quote(text);
		if (end == NULL)
			end = end_of_word(text);
	}
	return end == NULL ? text + 1 : end;
}

/* Is the token one to be replaced?  before: the byte in front of it, 0 at the start. */
static bool
is_wanted(const Translation *translation, const char *from, const char *to, char before)
{
	if (translation->from == NULL)
		return is_text(from, to, translation->placeholder);
	return (*from == '"' || starts_identifier(*from)) && *to == '.' && before != '.' &&
		   is_name(from, to, translation->from);
}

/* The inside of a literal that is a name, or several. */
static bool
translate_names(const Translation *translation, const char *text, StringInfo out)
{
	char before = '\0';
	bool changed = false;

	while (*text != '\0')
	{
		const char *end = end_of_token(text);

		if (is_wanted(translation, text, end, before))
		{
			appendStringInfoString(out, translation->to);
			changed = true;
		}
		else
			appendBinaryStringInfo(out, text, end - text);
		before = end[-1];
		text = end;
	}
	return changed;
}

/*
 * The type that the literal that ends here is cast to, if it is one whose values are
 * names.  ('home.seq'::text)::regclass is what dumps of old servers hold.
 */
static const char *
find_name_type(const char *text)
{
	static const char by_text[] = "::text)::";

	if (strncmp(text, by_text, strlen(by_text)) == 0)
		text += strlen(by_text);
	else if (strncmp(text, "::", 2) == 0)
		text += 2;
	else
		return NULL;
	return strncmp(text, "reg", 3) == 0 ? text : NULL;
}

static bool
is_schema_type(const char *type)
{
	static const char name[] = "regnamespace";

	return strncmp(type, name, strlen(name)) == 0 && !continues_identifier(type[strlen(name)]);
}

/* A literal of type regnamespace is the whole name, without a dot after it. */
static bool
translate_schema(const Translation *translation, const char *text, StringInfo out)
{
	const char *wanted = translation->from;
	bool same;

	if (wanted == NULL)
		same = strcmp(text, translation->placeholder) == 0;
	else
		same = *text != '\0' && end_of_token(text)[0] == '\0' &&
			   is_name(text, text + strlen(text), wanted);
	if (same)
		appendStringInfoString(out, translation->to);
	return same;
}

/* The server writes E'' only where there is a backslash, and so does this. */
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

/* text: at the quote, or at the E before it.  Returns the end. */
static const char *
translate_literal(const Translation *translation, const char *text)
{
	bool with_escapes = *text != '\'';
	const char *quote = text + (with_escapes ? 1 : 0);
	const char *end = end_of_quoted(quote, with_escapes);
	const char *type = find_name_type(end);
	StringInfoData names;
	char *plain;
	bool changed;

	if (type == NULL)
	{
		appendBinaryStringInfo(translation->out, text, end - text);
		return end;
	}
	plain = unquote(quote, end, '\'', with_escapes);
	initStringInfo(&names);
	if (is_schema_type(type))
		changed = translate_schema(translation, plain, &names);
	else
		changed = translate_names(translation, plain, &names);
	if (changed)
		append_literal(translation->out, names.data, with_escapes);
	else
		appendBinaryStringInfo(translation->out, text, end - text);
	pfree(names.data);
	pfree(plain);
	return end;
}

static bool
is_literal(const char *text)
{
	return *text == '\'' || ((*text == 'E' || *text == 'e') && text[1] == '\'');
}

static char *
translate(Translation *translation, const char *text)
{
	StringInfoData out;
	char before = '\0';

	initStringInfo(&out);
	translation->out = &out;
	while (*text != '\0')
	{
		const char *end;

		if (is_literal(text))
			end = translate_literal(translation, text);
		else
		{
			end = end_of_token(text);
			if (is_wanted(translation, text, end, before))
				appendStringInfoString(&out, translation->to);
			else
				appendBinaryStringInfo(&out, text, end - text);
		}
		before = end[-1];
		text = end;
	}
	return out.data;
}

char *
mh_relative(const char *text, const char *home)
{
	Translation translation = {NULL, MH_HOME, MH_HOME, NULL};
	const char *end;
	char *name;
	char *relative;

	if (home == NULL)
		return pstrdup(text);
	end = home + strlen(home);
	name = *home == '"' ? unquote(home, end, '"', false) : pstrdup(home);
	translation.from = name;
	relative = translate(&translation, text);
	pfree(name);
	return relative;
}

char *
mh_absolute(const char *text, const char *home)
{
	Translation translation = {NULL, MH_HOME, home, NULL};

	if (home == NULL || strchr(text, '$') == NULL)
		return pstrdup(text);
	return translate(&translation, text);
}

char *
mh_with_owner(const char *text, const char *owner)
{
	Translation translation = {NULL, MH_OWNER, owner, NULL};

	if (owner == NULL || strchr(text, '$') == NULL)
		return pstrdup(text);
	return translate(&translation, text);
}
