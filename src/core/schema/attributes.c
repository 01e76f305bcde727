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
} TypeRule;

/* The types that are not (2, false). */
static const TypeRule types[] = {
	{"cast", 2, true},
	{"default privileges", 1, false},
	{"event trigger", 2, true},
	{"extension", 2, true},
	{"extension privileges", 1, true},
	{"foreign-data wrapper", 2, true},
	{"publication", 0, true},
	{"server", 2, true},
	{"user mapping", 2, true},
};

typedef struct AttributeRule
{
	const char *type; /* NULL: all */
	const char *attribute;
	int severity;
} AttributeRule;

static const AttributeRule attributes[] = {
	{NULL, "comment", 0},         {NULL, "owner", 1},          {NULL, "privileges", 1},
	{NULL, "statistics", 0},      {NULL, "clustered", 0},      {NULL, "column_order", 0},
	{NULL, "column_comments", 0}, {"extension", "version", 1},
};

/* Texts in which 15 qualifies the columns of a single relation and 16 does not. */
static const AttributeRule deparsed[] = {
	{"view", "definition", 0},   {"materialized view", "definition", 0}, {"rule", "definition", 0},
	{"function", "sql_body", 0}, {"procedure", "sql_body", 0},
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

int
mh_attribute_severity(const char *type, const char *attribute)
{
	int most = mh_type_severity(type);

	for (size_t i = 0; i < lengthof(attributes); i++)
	{
		const AttributeRule *rule = &attributes[i];

		if (strcmp(rule->attribute, attribute) == 0 &&
			(rule->type == NULL || strcmp(rule->type, type) == 0))
			return Min(most, rule->severity);
	}
	return most;
}

bool
mh_attribute_depends_on_deparser(const char *type, const char *attribute)
{
	for (size_t i = 0; i < lengthof(deparsed); i++)
		if (strcmp(deparsed[i].attribute, attribute) == 0 && strcmp(deparsed[i].type, type) == 0)
			return true;
	return false;
}
