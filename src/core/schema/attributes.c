/*-------------------------------------------------------------------------
 *
 * attributes.c
 *	  The vocabulary of definitions: the severities of types and attributes.
 *
 * An attribute that is not listed has the severity of its type: 2 for most types, because
 * migrations define them.
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
	bool is_whole;
} TypeRule;

/*
 * The types with other values than (2, false, 0, false).  Types that are compared as a whole tell no
 * revision from another, because older captures lack them.
 */
static const TypeRule types[] = {
	{MH_TYPE_ACCESS_METHOD, MH_WARNING, true, 0, true},
	{MH_TYPE_BASE_TYPE, MH_WARNING, false, 0, true},
	{MH_TYPE_CONVERSION, MH_WARNING, false, 0, true},
	{MH_TYPE_LANGUAGE, MH_WARNING, true, 0, true},
	{MH_TYPE_OPERATOR, MH_WARNING, false, 0, true},
	{MH_TYPE_OPERATOR_CLASS, MH_WARNING, false, 0, true},
	{MH_TYPE_OPERATOR_FAMILY, MH_WARNING, false, 0, true},
	{MH_TYPE_SECURITY_LABEL, MH_WARNING, false, 0, true},
	{MH_TYPE_SUBSCRIPTION, MH_OK, true, MH_MANAGES_PUBLICATIONS, true},
	{MH_TYPE_TEXT_SEARCH_CONFIGURATION, MH_WARNING, false, 0, true},
	{MH_TYPE_TEXT_SEARCH_DICTIONARY, MH_WARNING, false, 0, true},
	{MH_TYPE_TEXT_SEARCH_PARSER, MH_WARNING, false, 0, true},
	{MH_TYPE_TEXT_SEARCH_TEMPLATE, MH_WARNING, false, 0, true},
	{MH_TYPE_TRANSFORM, MH_WARNING, true, 0, true},
	{MH_TYPE_CAST, MH_CRITICAL, true, 0, false},
	{MH_TYPE_DEFAULT_PRIVILEGES, MH_WARNING, false, MH_MANAGES_PRIVILEGES, false},
	{MH_TYPE_EVENT_TRIGGER, MH_CRITICAL, true, 0, false},
	{MH_TYPE_EXTENSION, MH_CRITICAL, true, MH_MANAGES_EXTENSIONS, false},
	{MH_TYPE_EXTENSION_PRIVILEGES, MH_WARNING, true, MH_MANAGES_PRIVILEGES, false},
	{MH_TYPE_EXTENSION_TRIGGER, MH_OK, false, 0, true},
	{MH_TYPE_FOREIGN_DATA_WRAPPER, MH_CRITICAL, true, 0, false},
	{MH_TYPE_PUBLICATION, MH_OK, true, MH_MANAGES_PUBLICATIONS, false},
	{MH_TYPE_SERVER, MH_CRITICAL, true, 0, false},
	{MH_TYPE_USER_MAPPING, MH_CRITICAL, true, 0, false},
};

typedef struct AttributeRule
{
	const char *type; /* NULL: all */
	const char *attribute;
	int severity;
	int area; /* MhManages; 0: none */
} AttributeRule;

/*
 * The attributes; the first match counts.  The options of a view are part of its meaning, not of
 * its storage.
 */
static const AttributeRule attributes[] = {
	{NULL, MH_ATTR_COMMENT, MH_OK, MH_MANAGES_COMMENTS},
	{NULL, MH_ATTR_COLUMN_COMMENTS, MH_OK, MH_MANAGES_COMMENTS},
	{NULL, MH_ATTR_OWNER, MH_WARNING, MH_MANAGES_OWNERS},
	{NULL, MH_ATTR_PRIVILEGES, MH_WARNING, MH_MANAGES_PRIVILEGES},
	{NULL, MH_ATTR_COLUMN_ORDER, MH_OK, 0},
	{NULL, MH_ATTR_STATISTICS, MH_OK, MH_MANAGES_STORAGE},
	{NULL, MH_ATTR_CLUSTERED, MH_OK, MH_MANAGES_STORAGE},
	{NULL, MH_ATTR_REPLICA_IDENTITY, MH_OK, MH_MANAGES_STORAGE},
	{NULL, MH_ATTR_TABLESPACE, MH_OK, MH_MANAGES_STORAGE},
	{NULL, MH_ATTR_INDEX_TABLESPACE, MH_OK, MH_MANAGES_STORAGE},
	{NULL, MH_ATTR_INDEX_OPTIONS, MH_OK, MH_MANAGES_STORAGE},
	{NULL, MH_ATTR_TOAST_OPTIONS, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_TABLE, MH_ATTR_OPTIONS, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_MATERIALIZED_VIEW, MH_ATTR_OPTIONS, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_INDEX, MH_ATTR_OPTIONS, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_COLUMN, MH_ATTR_OPTIONS, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_COLUMN, MH_ATTR_STORAGE, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_COLUMN, MH_ATTR_COMPRESSION, MH_OK, MH_MANAGES_STORAGE},
	{MH_TYPE_EXTENSION, MH_ATTR_VERSION, MH_OK, MH_MANAGES_EXTENSIONS},
	{MH_TYPE_TABLE, MH_ATTR_DISTRIBUTION, MH_WARNING, 0},
};

/* The words of mighead_project(manages). */
static const struct
{
	const char *word;
	int area;
} areas[] = {
	{MH_AREA_PRIVILEGES, MH_MANAGES_PRIVILEGES}, {MH_AREA_OWNERS, MH_MANAGES_OWNERS},
	{MH_AREA_STORAGE, MH_MANAGES_STORAGE},       {MH_AREA_EXTENSIONS, MH_MANAGES_EXTENSIONS},
	{MH_AREA_PARTITIONS, MH_MANAGES_PARTITIONS}, {MH_AREA_PUBLICATIONS, MH_MANAGES_PUBLICATIONS},
	{MH_AREA_COMMENTS, MH_MANAGES_COMMENTS},
};

/* Texts in which 15 qualifies the columns of a single relation, and 16 does not. */
static const AttributeRule deparsed[] = {
	{MH_TYPE_VIEW, MH_ATTR_DEFINITION, MH_OK, 0},
	{MH_TYPE_MATERIALIZED_VIEW, MH_ATTR_DEFINITION, MH_OK, 0},
	{MH_TYPE_RULE, MH_ATTR_DEFINITION, MH_OK, 0},
	{MH_TYPE_FUNCTION, MH_ATTR_SQL_BODY, MH_OK, 0},
	{MH_TYPE_PROCEDURE, MH_ATTR_SQL_BODY, MH_OK, 0},
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

	return rule == NULL ? MH_CRITICAL : rule->severity;
}

bool
mh_type_is_global(const char *type)
{
	const TypeRule *rule = find_type(type);

	return rule != NULL && rule->is_global;
}

bool
mh_type_is_whole(const char *type)
{
	const TypeRule *rule = find_type(type);

	return rule != NULL && rule->is_whole;
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
		   strcmp(attribute, MH_ATTR_STATISTICS) != 0 && strcmp(attribute, MH_ATTR_CLUSTERED) != 0;
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
