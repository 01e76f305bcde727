/*-------------------------------------------------------------------------
 *
 * attributes.c
 *	  The vocabulary of definitions: what a type of object or an attribute weighs.
 *
 * An attribute that is not listed has the severity of its type: 2 for most, that
 * is, a migration author controls it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"

typedef struct TypeRule
{
	const char *type;
	int severity;
	bool is_global;
	int area; /* MhManages; 0: structure */
} TypeRule;

/* The types that are not (2, false, 0). */
static const TypeRule types[] = {
	{"cast", 2, true, 0},
	{"default privileges", 1, false, MH_MANAGES_PRIVILEGES},
	{"event trigger", 2, true, 0},
	{"extension", 2, true, MH_MANAGES_EXTENSIONS},
	{"extension privileges", 1, true, MH_MANAGES_PRIVILEGES},
	{"foreign-data wrapper", 2, true, 0},
	{"publication", 0, true, MH_MANAGES_PUBLICATIONS},
	{"server", 2, true, 0},
	{"user mapping", 2, true, 0},
};

typedef struct AttributeRule
{
	const char *type; /* NULL: all */
	const char *attribute;
	int severity;
	int area; /* MhManages; 0: nobody's */
} AttributeRule;

/* The first that fits.  The options of a view are what it means, not how it is stored. */
static const AttributeRule attributes[] = {
	{NULL, "comment", 0, MH_MANAGES_COMMENTS},
	{NULL, "column_comments", 0, MH_MANAGES_COMMENTS},
	{NULL, "owner", 1, MH_MANAGES_OWNERS},
	{NULL, "privileges", 1, MH_MANAGES_PRIVILEGES},
	{NULL, "column_order", 0, 0},
	{NULL, "statistics", 0, MH_MANAGES_STORAGE},
	{NULL, "clustered", 0, MH_MANAGES_STORAGE},
	{NULL, "replica_identity", 0, MH_MANAGES_STORAGE},
	{NULL, "tablespace", 0, MH_MANAGES_STORAGE},
	{NULL, "index_tablespace", 0, MH_MANAGES_STORAGE},
	{NULL, "index_options", 0, MH_MANAGES_STORAGE},
	{NULL, "toast_options", 0, MH_MANAGES_STORAGE},
	{"table", "options", 0, MH_MANAGES_STORAGE},
	{"materialized view", "options", 0, MH_MANAGES_STORAGE},
	{"index", "options", 0, MH_MANAGES_STORAGE},
	{"column", "options", 0, MH_MANAGES_STORAGE},
	{"column", "storage", 0, MH_MANAGES_STORAGE},
	{"column", "compression", 0, MH_MANAGES_STORAGE},
	{"extension", "version", 0, MH_MANAGES_EXTENSIONS},
};

/* The words of mighead_project(manages). */
static const struct
{
	const char *word;
	int area;
} areas[] = {
	{"privileges", MH_MANAGES_PRIVILEGES}, {"owners", MH_MANAGES_OWNERS},
	{"storage", MH_MANAGES_STORAGE},       {"extensions", MH_MANAGES_EXTENSIONS},
	{"partitions", MH_MANAGES_PARTITIONS}, {"publications", MH_MANAGES_PUBLICATIONS},
	{"comments", MH_MANAGES_COMMENTS},
};

/* Texts in which 15 qualifies the columns of a single relation and 16 does not. */
static const AttributeRule deparsed[] = {
	{"view", "definition", 0, 0},    {"materialized view", "definition", 0, 0},
	{"rule", "definition", 0, 0},    {"function", "sql_body", 0, 0},
	{"procedure", "sql_body", 0, 0},
};

static const TypeRule *
find_type(const char *type)
{
	for (size_t i = 0; i < lengthof(types); i++)
		if (strcmp(types[i].type, type) == 0)
			return &types[i];
	return NULL;
}

int
mh_type_severity(const char *type)
{
	const TypeRule *rule = find_type(type);

	return rule == NULL ? 2 : rule->severity;
}

bool
mh_type_is_global(const char *type)
{
	const TypeRule *rule = find_type(type);

	return rule != NULL && rule->is_global;
}

static const AttributeRule *
find_attribute(const char *type, const char *attribute)
{
	for (size_t i = 0; i < lengthof(attributes); i++)
		if (strcmp(attributes[i].attribute, attribute) == 0 &&
			(attributes[i].type == NULL || strcmp(attributes[i].type, type) == 0))
			return &attributes[i];
	return NULL;
}

int
mh_attribute_severity(const char *type, const char *attribute)
{
	const AttributeRule *rule = find_attribute(type, attribute);
	int most = mh_type_severity(type);

	return rule == NULL ? most : Min(most, rule->severity);
}

bool
mh_attribute_is_recorded(const char *type, const char *attribute)
{
	const AttributeRule *rule = find_attribute(type, attribute);

	return rule != NULL && rule->area == MH_MANAGES_STORAGE &&
		   strcmp(attribute, "statistics") != 0 && strcmp(attribute, "clustered") != 0;
}

int
mh_area_of(const char *type, const char *attribute)
{
	const AttributeRule *rule = attribute == NULL ? NULL : find_attribute(type, attribute);
	const TypeRule *type_rule = find_type(type);

	if (rule != NULL)
		return rule->area;
	return type_rule == NULL ? 0 : type_rule->area;
}

int
mh_area_of_word(const char *word)
{
	for (size_t i = 0; i < lengthof(areas); i++)
		if (strcmp(areas[i].word, word) == 0)
			return areas[i].area;
	return 0;
}

int
mh_areas_of_words(const MhStrings *words)
{
	int all = 0;

	for (int i = 0; i < words->n; i++)
		all |= mh_area_of_word(words->v[i]);
	return all;
}

bool
mh_attribute_depends_on_deparser(const char *type, const char *attribute)
{
	for (size_t i = 0; i < lengthof(deparsed); i++)
		if (strcmp(deparsed[i].attribute, attribute) == 0 && strcmp(deparsed[i].type, type) == 0)
			return true;
	return false;
}
