/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Pieces of DDL: keywords, names, statements, comments.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"

#include "core/base/wording.h"

#include "common/keywords.h"

typedef struct Keyword
{
	const char *type;
	const char *keyword;
} Keyword;

static const Keyword keywords[] = {
	{MH_TYPE_AGGREGATE, "AGGREGATE"},
	{MH_TYPE_CAST, "CAST"},
	{MH_TYPE_COLLATION, "COLLATION"},
	{MH_TYPE_COLUMN, "COLUMN"},
	{MH_TYPE_COMPOSITE_TYPE, "TYPE"},
	{MH_TYPE_CONSTRAINT, "CONSTRAINT"},
	{MH_TYPE_DOMAIN, "DOMAIN"},
	{MH_TYPE_ENUM, "TYPE"},
	{MH_TYPE_EVENT_TRIGGER, "EVENT TRIGGER"},
	{MH_TYPE_EXTENSION, "EXTENSION"},
	{MH_TYPE_FOREIGN_TABLE, "FOREIGN TABLE"},
	{MH_TYPE_FOREIGN_DATA_WRAPPER, "FOREIGN DATA WRAPPER"},
	{MH_TYPE_FUNCTION, "FUNCTION"},
	{MH_TYPE_INDEX, "INDEX"},
	{MH_TYPE_MATERIALIZED_VIEW, "MATERIALIZED VIEW"},
	{MH_TYPE_POLICY, "POLICY"},
	{MH_TYPE_PROCEDURE, "PROCEDURE"},
	{MH_TYPE_PUBLICATION, "PUBLICATION"},
	{MH_TYPE_RANGE_TYPE, "TYPE"},
	{MH_TYPE_RULE, "RULE"},
	{MH_TYPE_SCHEMA, "SCHEMA"},
	{MH_TYPE_SEQUENCE, "SEQUENCE"},
	{MH_TYPE_SERVER, "SERVER"},
	{MH_TYPE_STATISTICS, "STATISTICS"},
	{MH_TYPE_TABLE, "TABLE"},
	{MH_TYPE_TRIGGER, "TRIGGER"},
	{MH_TYPE_VIEW, "VIEW"},
};

const char *
mh_type_keyword(const char *type)
{
	for (size_t i = 0; i < lengthof(keywords); i++)
		if (strcmp(keywords[i].type, type) == 0)
			return keywords[i].keyword;
	return NULL;
}

bool
mh_is_type(const MhDefinition *definition, const char *type)
{
	return strcmp(definition->type, type) == 0;
}

bool
mh_is_typed(const MhRepair *repair, const char *table)
{
	const MhDefinition *found = mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, table);

	return found != NULL && mh_attribute(found, MH_ATTR_OF_TYPE) != NULL;
}

bool
mh_has(const MhDefinition *definition, const char *attribute, const char *value)
{
	const char *found = mh_attribute(definition, attribute);

	return found != NULL && strcmp(found, value) == 0;
}

const char *
mh_needed(MhRepair *repair, const MhDefinition *definition, const char *attribute)
{
	const char *value = mh_attribute(definition, attribute);

	if (value != NULL)
		return value;
	repair->reason =
		psprintf("What is expected does not say the %s of %s.", attribute, definition->name);
	return "";
}

static bool
is_plain_word(const char *name)
{
	int keyword = ScanKeywordLookup(name, &ScanKeywords);

	if (keyword >= 0 && ScanKeywordCategories[keyword] != UNRESERVED_KEYWORD)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) && *name != '\0' &&
		   !(*name >= '0' && *name <= '9');
}

char *
mh_quoted(const char *name)
{
	StringInfoData out;

	if (is_plain_word(name))
		return pstrdup(name);
	initStringInfo(&out);
	appendStringInfoChar(&out, '"');
	for (; *name != '\0'; name++)
	{
		if (*name == '"')
			appendStringInfoChar(&out, '"');
		appendStringInfoChar(&out, *name);
	}
	appendStringInfoChar(&out, '"');
	return out.data;
}

StringInfo
mh_statement(MhRepair *repair)
{
	if (repair->fix.len > 0)
		appendStringInfoString(&repair->fix, ";\n");
	repair->statements++;
	return &repair->fix;
}

/* Returns whether DDL names the object "ON" its relation: a constraint, trigger, policy or rule. */
static bool
is_named_on_parent(const MhDefinition *definition)
{
	return mh_is_type(definition, MH_TYPE_CONSTRAINT) || mh_is_type(definition, MH_TYPE_TRIGGER) ||
		   mh_is_type(definition, MH_TYPE_POLICY) || mh_is_type(definition, MH_TYPE_RULE);
}

void
mh_append_comment_on(MhRepair *repair, const MhDefinition *definition, const char *comment)
{
	const char *keyword = mh_type_keyword(definition->type);
	StringInfo out = mh_statement(repair);

	if (is_named_on_parent(definition))
	{
		bool is_of_domain =
			mh_definitions_find(repair->expected_set, MH_TYPE_DOMAIN, definition->parent) != NULL;

		appendStringInfo(out, "COMMENT ON %s %s ON %s%s IS ", keyword,
						 mh_local_name(definition->name), is_of_domain ? "DOMAIN " : "",
						 definition->parent);
	}
	else
		appendStringInfo(out, "COMMENT ON %s %s IS ", keyword, definition->name);
	appendStringInfoString(out, comment == NULL ? "NULL" : mh_sql_literal(comment));
}

void
mh_append_comment(MhRepair *repair, const MhDefinition *definition)
{
	const char *comment = mh_attribute(definition, MH_ATTR_COMMENT);

	if (comment != NULL && mh_type_keyword(definition->type) != NULL)
		mh_append_comment_on(repair, definition, comment);
}
