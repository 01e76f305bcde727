/*-------------------------------------------------------------------------
 *
 * validate.c
 *	  Checks whether the reader of live schemas could have written a definition.
 *
 * Definitions also come from documents, and whoever pastes a fix runs what it contains of them.  So
 * everything in a definition is data until it has been found to be a name, a type, an expression or
 * whatever else the attribute holds.  It must not be able to end the statement in which it is put,
 * or to add another clause to it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"

#include "core/base/sql_names.h"

/* The syntax of a value. */
typedef enum Grammar
{
	ANY,        /* a text that is printed as a literal */
	WORDS,      /* keywords and numbers */
	NAME,       /* one name, qualified or not */
	NAMES,      /* several */
	ROLE,       /* one name without a dot */
	TYPE,       /* one type */
	ITEM,       /* SQL without a comma outside of brackets */
	SQL,        /* complete SQL */
	RULE,       /* the same, with semicolons in parentheses */
	BODY,       /* BEGIN ATOMIC ... END, or RETURN ... */
	BOUND,      /* bound of a partition: constants */
	SETTINGS,   /* a=b; c=d */
	PRIVILEGES, /* a=letters/b, ... */
} Grammar;

typedef struct ValueRule
{
	const char *type; /* NULL: all */
	const char *attribute;
	Grammar grammar;
	const char *begins; /* the words with which it may begin, separated by "|"; NULL: any */
} ValueRule;

static const ValueRule rules[] = {
	{MH_TYPE_RULE, MH_ATTR_DEFINITION, RULE, "CREATE RULE "},
	{MH_TYPE_TRIGGER, MH_ATTR_DEFINITION, SQL, "CREATE TRIGGER |CREATE CONSTRAINT TRIGGER "},
	{MH_TYPE_CONSTRAINT, MH_ATTR_DEFINITION, ITEM,
	 "CHECK |UNIQUE |PRIMARY KEY |FOREIGN KEY |EXCLUDE |NOT NULL |TRIGGER"},
	{MH_TYPE_VIEW, MH_ATTR_DEFINITION, SQL, " |SELECT|WITH |VALUES |(|TABLE "},
	{MH_TYPE_MATERIALIZED_VIEW, MH_ATTR_DEFINITION, SQL, " |SELECT|WITH |VALUES |(|TABLE "},
	{MH_TYPE_STATISTICS, MH_ATTR_DEFINITION, SQL, NULL},
	{NULL, MH_ATTR_SQL_BODY, BODY, "BEGIN ATOMIC|RETURN "},
	{NULL, MH_ATTR_PARTITION_BOUND, BOUND, "FOR VALUES |DEFAULT"},
	{MH_TYPE_INDEX, MH_ATTR_METHOD, ANY, NULL},
	{NULL, MH_ATTR_ACCESS_METHOD, ANY, NULL},
	{NULL, MH_ATTR_TABLESPACE, ANY, NULL},
	{NULL, MH_ATTR_INDEX_TABLESPACE, ANY, NULL},
	{NULL, MH_ATTR_LANGUAGE, ANY, NULL},
	{NULL, MH_ATTR_DISTRIBUTION, ANY, NULL},
	{NULL, MH_ATTR_COMMENT, ANY, NULL},
	{NULL, MH_ATTR_BODY, ANY, NULL},
	{NULL, MH_ATTR_LIBRARY, ANY, NULL},
	{NULL, MH_ATTR_LC_COLLATE, ANY, NULL},
	{NULL, MH_ATTR_LC_CTYPE, ANY, NULL},
	{NULL, MH_ATTR_LOCALE, ANY, NULL},
	{NULL, MH_ATTR_RULES, ANY, NULL},
	{NULL, MH_ATTR_VERSION, ANY, NULL},
	{MH_TYPE_SERVER, MH_ATTR_TYPE, ANY, NULL},
	{NULL, MH_ATTR_CONFIGURATION, SETTINGS, NULL},
	{NULL, MH_ATTR_PRIVILEGES, PRIVILEGES, NULL},
	{NULL, MH_ATTR_OWNER, ROLE, NULL},
	{MH_TYPE_EXTENSION, MH_ATTR_SCHEMA, ROLE, NULL},
	{NULL, MH_ATTR_SERVER, ROLE, NULL},
	{NULL, MH_ATTR_WRAPPER, ROLE, NULL},
	{NULL, MH_ATTR_COLLATION, NAME, NULL},
	{NULL, MH_ATTR_OF_TYPE, NAME, NULL},
	{NULL, MH_ATTR_PARTITION_OF, NAME, NULL},
	{NULL, MH_ATTR_TABLE, NAME, NULL},
	{NULL, MH_ATTR_OWNED_BY, NAME, NULL},
	{NULL, MH_ATTR_SUPPORT, NAME, NULL},
	{NULL, MH_ATTR_SUBTYPE_DIFF, NAME, NULL},
	{NULL, MH_ATTR_MULTIRANGE, NAME, NULL},
	{NULL, MH_ATTR_INHERITS, NAMES, NULL},
	{NULL, MH_ATTR_COLUMN_ORDER, NAMES, NULL},
	{NULL, MH_ATTR_ROLES, NAMES, NULL},
	{MH_TYPE_COLUMN, MH_ATTR_TYPE, TYPE, NULL},
	{MH_TYPE_VIEW, MH_ATTR_KIND, WORDS, NULL},
	{MH_TYPE_DOMAIN, MH_ATTR_TYPE, TYPE, NULL},
	{NULL, MH_ATTR_SUBTYPE, TYPE, NULL},
	{NULL, MH_ATTR_DATA_TYPE, TYPE, NULL},
	{NULL, MH_ATTR_DEFAULT, ITEM, NULL},
	{MH_TYPE_INDEX, MH_ATTR_PREDICATE, ITEM, NULL},
	{NULL, MH_ATTR_CACHE, WORDS, NULL},
	{NULL, MH_ATTR_COMPRESSION, WORDS, NULL},
	{NULL, MH_ATTR_COST, WORDS, NULL},
	{NULL, MH_ATTR_CYCLE, WORDS, NULL},
	{NULL, MH_ATTR_GENERATED, WORDS, NULL},
	{NULL, MH_ATTR_IDENTITY, WORDS, NULL},
	{NULL, MH_ATTR_IDENTITY_OPTIONS, WORDS, NULL},
	{NULL, MH_ATTR_INCREMENT, WORDS, NULL},
	{NULL, MH_ATTR_MAXIMUM, WORDS, NULL},
	{NULL, MH_ATTR_MINIMUM, WORDS, NULL},
	{NULL, MH_ATTR_PARALLEL, WORDS, NULL},
	{NULL, MH_ATTR_PERSISTENCE, WORDS, NULL},
	{NULL, MH_ATTR_ROWS, WORDS, NULL},
	{NULL, MH_ATTR_SECURITY, WORDS, NULL},
	{NULL, MH_ATTR_START, WORDS, NULL},
	{NULL, MH_ATTR_STORAGE, WORDS, NULL},
	{NULL, MH_ATTR_VOLATILITY, WORDS, NULL},
};

/* Types of objects whose name consists only of parts with dots between them. */
static const char *const named_types[] = {MH_TYPE_COLUMN,
										  MH_TYPE_COMPOSITE_TYPE,
										  MH_TYPE_CONSTRAINT,
										  MH_TYPE_DOMAIN,
										  MH_TYPE_ENUM,
										  MH_TYPE_FOREIGN_TABLE,
										  MH_TYPE_INDEX,
										  MH_TYPE_MATERIALIZED_VIEW,
										  MH_TYPE_POLICY,
										  MH_TYPE_RULE,
										  MH_TYPE_SCHEMA,
										  MH_TYPE_SEQUENCE,
										  MH_TYPE_STATISTICS,
										  MH_TYPE_TABLE,
										  MH_TYPE_TRIGGER,
										  MH_TYPE_VIEW,
										  MH_TYPE_RANGE_TYPE,
										  MH_TYPE_EXTENSION,
										  MH_TYPE_EVENT_TRIGGER,
										  MH_TYPE_PUBLICATION,
										  MH_TYPE_SERVER,
										  MH_TYPE_COLLATION,
										  MH_TYPE_EXTENSION_TRIGGER};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Returns the position behind a literal or quoted identifier; NULL: it is not closed. */
static const char *
end_of_quoted(const char *text, bool with_escapes)
{
	char quote = *text++;

	for (; *text != '\0'; text++)
	{
		MH_CHECK_INTERRUPTS();
		if ((with_escapes && *text == '\\' && text[1] != '\0') ||
			(*text == quote && text[1] == quote))
			text++;
		else if (*text == quote)
			return text + 1;
	}
	return NULL;
}

static const char *
end_of_dollar_quote(const char *text)
{
	const char *body = text + 1;
	const char *end;
	char *tag;

	while (is_letter(*body) || is_digit(*body))
		body++;
	if (*body != '$')
		return NULL;
	body++;
	tag = pnstrdup(text, body - text);
	end = strstr(body, tag);
	end = end == NULL ? NULL : end + strlen(tag);
	pfree(tag);
	return end;
}

static bool
is_placeholder(const char *text, size_t *length)
{
	static const char *const placeholders[] = {"$home", "$owner"};

	for (size_t i = 0; i < lengthof(placeholders); i++)
	{
		*length = strlen(placeholders[i]);
		if (strncmp(text, placeholders[i], *length) == 0 && !is_letter(text[*length]) &&
			!is_digit(text[*length]) && text[*length] != '$')
			return true;
	}
	return false;
}

/* Returns the end of a token of SQL, or of a byte; NULL: something is not closed. */
static const char *
end_of_token(const char *text)
{
	size_t length;

	if (*text == '\'')
		return end_of_quoted(text, false);
	if ((*text == 'E' || *text == 'e') && text[1] == '\'')
		return end_of_quoted(text + 1, true);
	if (*text == '"')
		return end_of_quoted(text, false);
	if (*text == '$')
		return is_placeholder(text, &length) ? text + length : end_of_dollar_quote(text);
	if (is_letter(*text) || is_digit(*text) || IS_HIGHBIT_SET(*text))
	{
		while (is_letter(*text) || is_digit(*text) || IS_HIGHBIT_SET(*text) || *text == '$')
			text++;
		return text;
	}
	return text + 1;
}

static bool
is_word(const char *from, const char *to, const char *word)
{
	size_t length = to - from;

	return strlen(word) == length && pg_strncasecmp(from, word, length) == 0;
}

static bool
is_comment(const char *text)
{
	return (text[0] == '-' && text[1] == '-') || (text[0] == '/' && text[1] == '*');
}

/*
 * Returns whether quotes and brackets match, and no comment or backslash swallows or adds anything.
 * semicolons: allowed in parentheses, as in the actions of a rule.
 */
static bool
is_closed(const char *text, bool commas, bool semicolons)
{
	StringInfoData open;

	initStringInfo(&open);
	while (*text != '\0')
	{
		const char *end = end_of_token(text);
		char last = open.len > 0 ? open.data[open.len - 1] : '\0';

		MH_CHECK_INTERRUPTS();
		if (end == NULL || is_comment(text) || *text == '\\')
			return false;
		if (*text == ';' && (!semicolons || open.len == 0))
			return false;
		if (*text == ',' && !commas && open.len == 0)
			return false;
		if (*text == '(' || *text == '[' || *text == '{')
			appendStringInfoChar(&open, *text == '(' ? ')' : *text == '[' ? ']' : '}');
		else if (*text == ')' || *text == ']' || *text == '}')
		{
			if (*text != last)
				return false;
			open.data[--open.len] = '\0';
		}
		text = end;
	}
	return open.len == 0;
}

/* Returns whether the text is BEGIN ATOMIC a; b; END with nothing after the last END. */
static bool
is_body(const char *text)
{
	int depth = 0;

	if (pg_strncasecmp(text, "BEGIN", 5) != 0)
		return is_closed(text, true, false);
	while (*text != '\0')
	{
		const char *end = end_of_token(text);

		MH_CHECK_INTERRUPTS();
		if (end == NULL || is_comment(text) || *text == '\\')
			return false;
		if (is_word(text, end, "BEGIN") || is_word(text, end, "CASE"))
			depth++;
		else if (is_word(text, end, "END") && --depth == 0)
			return *end == '\0';
		text = end;
	}
	return false;
}

/* Returns the end of one part of a name as quote_identifier writes it; NULL: none begins here. */
static const char *
end_of_part(const char *text)
{
	size_t length;

	if (is_placeholder(text, &length))
		return text + length;
	if (*text == '"')
		return text[1] == '"' && text[2] != '"' ? NULL : end_of_quoted(text, false);
	if (!is_letter(*text))
		return NULL;
	while (is_letter(*text) || is_digit(*text))
		text++;
	return text;
}

/* Returns the end of a name; NULL: none begins here. */
static const char *
end_of_name(const char *text)
{
	for (;;)
	{
		const char *end = end_of_part(text);

		if (end == NULL || *end != '.')
			return end;
		text = end + 1;
	}
}

static bool
is_name(const char *text)
{
	const char *end = end_of_name(text);

	return end != NULL && *end == '\0';
}

static bool
is_role(const char *text)
{
	const char *end = end_of_part(text);

	return end != NULL && *end == '\0';
}

static bool
is_names(const char *text)
{
	while (*text != '\0')
	{
		const char *end = end_of_name(text);

		MH_CHECK_INTERRUPTS();
		if (end == NULL || (*end != '\0' && strncmp(end, ", ", 2) != 0))
			return false;
		text = *end == '\0' ? end : end + 2;
	}
	return true;
}

static bool
is_words(const char *text)
{
	for (; *text != '\0'; text++)
		if (!is_letter(*text) && !is_digit(*text) && strchr(" .+-", *text) == NULL)
			return false;
	return true;
}

static bool
is_one_of(const char *from, const char *to, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_word(from, to, words[i]))
			return true;
	return false;
}

/*
 * Returns whether the text is a type: a name, with what SQL's own types have behind it: (10,2),
 * without time zone, [].
 */
static bool
is_type(const char *text)
{
	static const char *const more[] = {"precision", "varying", "with",  "without", "time",
									   "zone",      "year",    "to",    "month",   "day",
									   "hour",      "minute",  "second"};
	const char *at = end_of_name(text);

	if (at == NULL || !is_closed(text, false, false))
		return false;
	while (*at != '\0')
	{
		const char *end = end_of_token(at);

		MH_CHECK_INTERRUPTS();
		if (is_letter(*at) ? !is_one_of(at, end, more, lengthof(more))
						   : strchr(" [](", *at) == NULL)
			return false;
		if (*at == '(')
			end = at + strcspn(at, ")") + 1;
		at = end;
	}
	return true;
}

/*
 * Returns whether a bound has only literals and numbers.  An expression would be run when the
 * partition is created.
 */
static bool
is_bound(const char *text)
{
	static const char *const words[] = {"for",  "values",  "from",      "to",      "in",
										"with", "modulus", "remainder", "default", "null",
										"true", "false",   "minvalue",  "maxvalue"};

	if (!is_closed(text, true, false))
		return false;
	while (*text != '\0')
	{
		const char *end = end_of_token(text);

		MH_CHECK_INTERRUPTS();
		if (is_letter(*text) && *text != '\'' && end[-1] != '\'' &&
			!is_one_of(text, end, words, lengthof(words)))
			return false;
		if (*text == '"' || *text == '$')
			return false;
		text = end;
	}
	return true;
}

/*
 * Returns whether the text is names with commas between them.  One of them may be empty: an empty
 * path.
 */
static bool
is_search_path(const char *text)
{
	if (*text == '\0')
		return true;
	for (;;)
	{
		bool is_empty = strncmp(text, "\"\"", 2) == 0 && text[2] != '"';
		const char *end = is_empty ? text + 2 : end_of_part(text);

		MH_CHECK_INTERRUPTS();
		if (end == NULL)
			return false;
		end += strspn(end, " ");
		if (*end != ',')
			return *end == '\0';
		text = end + 1 + strspn(end + 1, " ");
	}
}

/* Returns whether a setting's name and its value begin here. */
static bool
begins_setting(const char *text)
{
	size_t name = strcspn(text, "=");

	if (name == 0 || text[name] == '\0')
		return false;
	for (size_t i = 0; i < name; i++)
		if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '.' && text[i] != '$' &&
			(unsigned char) text[i] < 0x80)
			return false;
	return true;
}

size_t
mh_setting_length(const char *text)
{
	const char *end = text;

	while ((end = strstr(end, MH_SETTING_SEPARATOR)) != NULL)
	{
		MH_CHECK_INTERRUPTS();
		if (begins_setting(end + strlen(MH_SETTING_SEPARATOR)))
			return end - text;
		end += strlen(MH_SETTING_SEPARATOR);
	}
	return strlen(text);
}

/*
 * Checks settings.  The names, and the value of search_path, are printed as they are; the other
 * values are literals.
 */
static bool
is_settings(const char *text)
{
	while (*text != '\0')
	{
		size_t length = mh_setting_length(text);
		size_t name = strcspn(text, "=");

		MH_CHECK_INTERRUPTS();
		if (!begins_setting(text))
			return false;
		if (name == strlen("search_path") && strncmp(text, "search_path", name) == 0 &&
			!is_search_path(pnstrdup(text + name + 1, length - name - 1)))
			return false;
		text += length;
		text += *text == '\0' ? 0 : strlen(MH_SETTING_SEPARATOR);
	}
	return true;
}

static bool
is_privileges(const char *text)
{
	while (*text != '\0')
	{
		const char *end = end_of_part(text);

		MH_CHECK_INTERRUPTS();
		if (end == NULL || *end != '=')
			return false;
		end++;
		while (is_letter(*end) || *end == '*')
			end++;
		if (*end != '/' || (end = end_of_part(end + 1)) == NULL)
			return false;
		if (*end != '\0' && strncmp(end, ", ", 2) != 0)
			return false;
		text = *end == '\0' ? end : end + 2;
	}
	return true;
}

static bool
fits(Grammar grammar, const char *value)
{
	switch (grammar)
	{
		case ANY:
			return true;
		case WORDS:
			return is_words(value);
		case NAME:
			return is_name(value);
		case NAMES:
			return is_names(value);
		case ROLE:
			return is_role(value);
		case TYPE:
			return is_type(value);
		case ITEM:
			return is_closed(value, false, false);
		case SQL:
			return is_closed(value, true, false);
		case RULE:
			return is_closed(value, true, true);
		case BODY:
			return is_body(value);
		case BOUND:
			return is_bound(value);
		case SETTINGS:
			return is_settings(value);
		case PRIVILEGES:
			return is_privileges(value);
	}
	return false;
}

static bool
begins_with_any(const char *value, const char *choices)
{
	if (choices == NULL)
		return true;
	for (;;)
	{
		size_t length = strcspn(choices, "|");

		if (strncmp(value, choices, length) == 0)
			return true;
		if (choices[length] == '\0')
			return false;
		choices += length + 1;
	}
}

static bool
is_lower_case(const char *name)
{
	return *name != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz_- ") == strlen(name);
}

static bool
is_good_value(const char *type, const MhAttribute *attribute)
{
	/* no fix prints it */
	if (mh_type_is_whole(type) && strcmp(attribute->name, MH_ATTR_DEFINITION) == 0)
		return true;
	for (size_t i = 0; i < lengthof(rules); i++)
		if (strcmp(rules[i].attribute, attribute->name) == 0 &&
			(rules[i].type == NULL || strcmp(rules[i].type, type) == 0))
			return begins_with_any(attribute->value, rules[i].begins) &&
				   fits(rules[i].grammar, attribute->value);
	return is_closed(attribute->value, true, false);
}

static bool
is_good_object(const char *type, const char *name)
{
	for (size_t i = 0; i < lengthof(named_types); i++)
		if (strcmp(named_types[i], type) == 0)
			return is_name(name);
	return *name != '\0' && is_closed(name, false, false);
}

const char *
mh_definition_problem(const MhDefinition *definition)
{
	if (!is_lower_case(definition->type))
		return "type";
	if (!is_good_object(definition->type, definition->name))
		return "object";
	if (definition->parent != NULL && !is_name(definition->parent))
		return "parent";
	for (int i = 0; i < definition->n; i++)
		if (!is_lower_case(definition->attributes[i].name))
			return "attributes";
		else if (!is_good_value(definition->type, &definition->attributes[i]))
			return definition->attributes[i].name;
	return NULL;
}
