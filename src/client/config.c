/*-------------------------------------------------------------------------
 *
 * config.c
 *	  alembic.ini, as Python's configparser and Alembic read it.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#define BLANKS " \t\r\f\v\n"
#define DEFAULT_SECTION "DEFAULT"
#define HERE "here"

/* configparser.MAX_INTERPOLATION_DEPTH */
#define DEEPEST_EXPANSION 10

/* Interpolation can multiply what is written, and the work even where it gives nothing. */
#define LONGEST_VALUE (1024 * 1024)
#define MOST_EXPANSIONS 10000

typedef struct Entry
{
	char *section;
	char *name; /* lower case */
	StringInfoData value;
	int line;
} Entry;

typedef struct Reader
{
	const char *shown;
	const char *here;
	int n;
	int room;
	Entry *entries;
	MhNameIndex *names; /* entries by key_of */
	MhNameIndex *sections;

	char *section; /* NULL before the first */
	int current;   /* the entry that indented lines continue, or -1 */
	size_t indent;
	int line;

	int expansions;
} Reader;

static bool
fail_line(const Reader *reader, int line, const char *what, const char *name, MhError *err)
{
	return mh_fail(err, MHERR_SCRIPT, "\"%s\", line %d: %s%s%s%s", reader->shown, line, what,
				   name == NULL ? "" : " \"", name == NULL ? "" : name, name == NULL ? "" : "\"");
}

/* ---------- lines ---------- */

static char *
stripped(const char *text, size_t length)
{
	while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL && text[length - 1] != '\0')
		length--;
	while (length > 0 && strchr(BLANKS, *text) != NULL && *text != '\0')
	{
		text++;
		length--;
	}
	return pnstrdup(text, length);
}

/* A line has no line feed, so neither has a section. */
static char *
key_of(const char *section, const char *name)
{
	return psprintf("%s\n%s", section, name);
}

static int
find_entry(const Reader *reader, const char *section, const char *name)
{
	char *key = key_of(section, name);
	int found = mh_name_index_find(reader->names, key);

	pfree(key);
	return found;
}

/* False where the section has it already. */
static bool
add_entry(Reader *reader, char *name, char *value)
{
	Entry *entry;
	int holder;

	if (!mh_name_index_add(reader->names, key_of(reader->section, name), reader->n, &holder))
		return false;

	if (reader->n == reader->room)
	{
		reader->room = Max(reader->room * 2, 32);
		reader->entries = reader->entries == NULL
							  ? palloc(reader->room * sizeof(Entry))
							  : repalloc(reader->entries, reader->room * sizeof(Entry));
	}
	reader->current = reader->n;
	entry = &reader->entries[reader->n++];
	entry->section = reader->section;
	entry->name = name;
	entry->line = reader->line;
	/* no larger than it is, as a file can have many, and few go on in further lines */
	entry->value.data = value;
	entry->value.len = (int) strlen(value);
	entry->value.maxlen = entry->value.len + 1;
	entry->value.cursor = 0;
	return true;
}

static bool
take_section(Reader *reader, const char *text, MhError *err)
{
	const char *end = strrchr(text, ']');
	int holder;

	reader->section = pnstrdup(text + 1, (size_t) (end - text - 1));
	reader->current = -1;
	if (strcmp(reader->section, DEFAULT_SECTION) == 0)
		return true;
	if (!mh_name_index_add(reader->sections, reader->section, reader->line, &holder))
		return fail_line(reader, reader->line, "there already is a section", reader->section, err);
	return true;
}

static bool
take_option(Reader *reader, const char *text, MhError *err)
{
	size_t length = strcspn(text, "=:");
	char *name;

	if (text[length] == '\0' || length == 0)
		return fail_line(reader, reader->line, "neither a section nor an option:", text, err);
	name = stripped(text, length);
	for (char *c = name; *c != '\0'; c++)
		*c = (char) pg_ascii_tolower((unsigned char) *c);
	if (!add_entry(reader, name, stripped(text + length + 1, strlen(text + length + 1))))
		return fail_line(reader, reader->line, "there already is an option", name, err);
	return true;
}

static bool
take_line(Reader *reader, const char *line, size_t length, MhError *err)
{
	char *text = stripped(line, length);
	size_t indent = strspn(line, " \t\f\v");
	const char *end = strrchr(text, ']');

	if (*text == '#' || *text == ';')
		return true;
	if (*text == '\0')
	{
		if (reader->current >= 0)
			appendStringInfoChar(&reader->entries[reader->current].value, '\n');
		return true;
	}
	if (reader->current >= 0 && indent > reader->indent)
	{
		appendStringInfo(&reader->entries[reader->current].value, "\n%s", text);
		return true;
	}
	reader->indent = indent;
	if (*text == '[' && end != NULL && end > text + 1)
		return take_section(reader, text, err);
	if (reader->section == NULL)
		return fail_line(reader, reader->line, "an option stands before the first section", NULL,
						 err);
	return take_option(reader, text, err);
}

static bool
take_lines(Reader *reader, const char *text, size_t size, MhError *err)
{
	const char *end = text + size;

	if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	if (memchr(text, '\0', (size_t) (end - text)) != NULL)
		return mh_fail(err, MHERR_SCRIPT, "\"%s\" is no text: it has a null byte", reader->shown);
	while (text < end)
	{
		size_t length = 0;
		char *line;

		while (text + length < end && text[length] != '\n' && text[length] != '\r')
			length++;
		reader->line++;
		line = pnstrdup(text, length);
		if (!take_line(reader, line, length, err))
			return false;
		pfree(line);
		text += length;
		if (text < end)
			text += text[0] == '\r' && text + 1 < end && text[1] == '\n' ? 2 : 1;
	}
	return true;
}

/* ---------- values ---------- */

static const Entry *
find_option(const Reader *reader, const char *section, const char *name)
{
	int at = find_entry(reader, section, name);

	if (at < 0)
		at = find_entry(reader, DEFAULT_SECTION, name);
	return at < 0 ? NULL : &reader->entries[at];
}

static bool expand(Reader *reader, const char *section, const Entry *entry, const char *text,
				   int depth, StringInfo value, MhError *err);

/* "%(name)s", of which text is what comes behind "%(". */
static bool
expand_name(Reader *reader, const char *section, const Entry *entry, const char **text, int depth,
			StringInfo value, MhError *err)
{
	const char *end = strchr(*text, ')');
	const Entry *other;
	char *name;

	if (end == NULL || end[1] != 's')
		return fail_line(reader, entry->line, "bad \"%(\" in the value of", entry->name, err);
	name = pnstrdup(*text, (size_t) (end - *text));
	for (char *c = name; *c != '\0'; c++)
		*c = (char) pg_ascii_tolower((unsigned char) *c);
	*text = end + 2;
	other = find_option(reader, section, name);
	if (other != NULL)
		return expand(reader, section, entry, other->value.data, depth + 1, value, err);
	if (strcmp(name, HERE) != 0)
		return fail_line(reader, entry->line, "there is no option", name, err);
	/* a folder with "%" in its name goes through configparser as well */
	return expand(reader, section, entry, reader->here, depth + 1, value, err);
}

static bool
expand(Reader *reader, const char *section, const Entry *entry, const char *text, int depth,
	   StringInfo value, MhError *err)
{
	if (depth > DEEPEST_EXPANSION || ++reader->expansions > MOST_EXPANSIONS)
		return fail_line(reader, entry->line, "too many options in the value of", entry->name, err);
	while (*text != '\0')
	{
		size_t plain = strcspn(text, "%");

		if (value->len + plain > LONGEST_VALUE)
			return fail_line(reader, entry->line, "too long is the value of", entry->name, err);
		appendBinaryStringInfo(value, text, (int) plain);
		text += plain;
		if (*text == '\0')
			break;
		if (text[1] == '%')
		{
			appendStringInfoChar(value, '%');
			text += 2;
		}
		else if (text[1] == '(')
		{
			text += 2;
			if (!expand_name(reader, section, entry, &text, depth, value, err))
				return false;
		}
		else
			return fail_line(reader, entry->line,
							 "\"%\" must be followed by \"%\" or \"(\" in the value of",
							 entry->name, err);
	}
	return true;
}

/* *value: NULL where there is no such option. */
static bool
get_option(Reader *reader, const char *section, const char *name, char **value, MhError *err)
{
	const Entry *entry = find_option(reader, section, name);
	StringInfoData expanded;

	*value = NULL;
	if (entry == NULL)
		return true;
	initStringInfo(&expanded);
	if (!expand(reader, section, entry, entry->value.data, 1, &expanded, err))
		return false;
	*value = stripped(expanded.data, (size_t) expanded.len);
	return true;
}

/* ---------- version_locations ---------- */

/* What separates them; "" for Alembic's oldest way: a comma with blanks, or blanks. */
static const char *
separator_of(const char *word)
{
	static const struct
	{
		const char *word;
		const char *separator;
	} separators[] = {{"space", " "}, {"newline", "\n"}, {"os", ":"}, {":", ":"}, {";", ";"}};

	for (size_t i = 0; i < lengthof(separators); i++)
		if (strcmp(word, separators[i].word) == 0)
			return separators[i].separator;
	return NULL;
}

static void
split_locations(const char *text, const char *separator, MhStrings *locations)
{
	const char *ends = *separator == '\0' ? ", " : separator;

	while (*text != '\0')
	{
		size_t length = strcspn(text, ends);
		char *location = stripped(text, length);

		if (*location != '\0')
			mh_strings_push(locations, location);
		text += length;
		if (*text != '\0')
			text++;
	}
}

static bool
get_locations(Reader *reader, const char *section, MhConfig *config, MhError *err)
{
	char *locations;
	char *word;
	const char *separator = "";

	if (!get_option(reader, section, "version_locations", &locations, err) ||
		!get_option(reader, section, "path_separator", &word, err) ||
		(word == NULL && !get_option(reader, section, "version_path_separator", &word, err)))
		return false;
	if (locations == NULL)
		return true;
	if (word != NULL)
		separator = separator_of(word);
	if (separator == NULL)
		return mh_fail(err, MHERR_SCRIPT,
					   "\"%s\": '%s' is not a valid value for path_separator; expected 'space', "
					   "'newline', 'os', ':', ';'",
					   reader->shown, word);
	split_locations(locations, separator, &config->version_locations);
	return true;
}

/*
 * Alembic itself takes these from env.py, which in many projects passes on what is written here.
 */
static bool
get_version_table(Reader *reader, const char *section, MhConfig *config, MhError *err)
{
	if (!get_option(reader, section, "version_table", &config->version_table, err) ||
		!get_option(reader, section, "version_table_schema", &config->version_table_schema, err))
		return false;
	if (config->version_table != NULL && *config->version_table == '\0')
		config->version_table = NULL;
	if (config->version_table_schema != NULL && *config->version_table_schema == '\0')
		config->version_table_schema = NULL;
	return true;
}

bool
mh_config_parse(const char *text, size_t size, const char *shown, const char *here,
				const char *section, MhConfig *config, MhError *err)
{
	Reader reader = {0};
	char *recursive;

	memset(config, 0, sizeof(*config));
	reader.shown = shown;
	reader.here = here;
	reader.current = -1;
	reader.names = mh_name_index_create(0);
	reader.sections = mh_name_index_create(0);
	if (!take_lines(&reader, text, size, err))
		return false;
	if (mh_name_index_find(reader.sections, section) < 0)
		return mh_fail(err, MHERR_SCRIPT, "\"%s\" has no section [%s]", shown, section);
	if (!get_option(&reader, section, "script_location", &config->script_location, err) ||
		!get_option(&reader, section, "recursive_version_locations", &recursive, err) ||
		!get_locations(&reader, section, config, err) ||
		!get_version_table(&reader, section, config, err))
		return false;
	if (config->script_location == NULL)
		return mh_fail(err, MHERR_SCRIPT, "No 'script_location' key found in configuration \"%s\"",
					   shown);
	config->recursive = recursive != NULL && strcmp(recursive, "true") == 0;
	return true;
}
