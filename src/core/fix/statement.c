/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Pieces that all DDL is made of: keywords, names, statements, comments.
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
	{"aggregate", "AGGREGATE"},
	{"cast", "CAST"},
	{"collation", "COLLATION"},
	{"column", "COLUMN"},
	{"composite type", "TYPE"},
	{"constraint", "CONSTRAINT"},
	{"domain", "DOMAIN"},
	{"enum", "TYPE"},
	{"event trigger", "EVENT TRIGGER"},
	{"extension", "EXTENSION"},
	{"foreign table", "FOREIGN TABLE"},
	{"foreign-data wrapper", "FOREIGN DATA WRAPPER"},
	{"function", "FUNCTION"},
	{"index", "INDEX"},
	{"materialized view", "MATERIALIZED VIEW"},
	{"policy", "POLICY"},
	{"procedure", "PROCEDURE"},
	{"publication", "PUBLICATION"},
	{"range type", "TYPE"},
	{"rule", "RULE"},
	{"schema", "SCHEMA"},
	{"sequence", "SEQUENCE"},
	{"server", "SERVER"},
	{"statistics", "STATISTICS"},
	{"table", "TABLE"},
	{"trigger", "TRIGGER"},
	{"view", "VIEW"},
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

/* Of a relation's constraint, trigger, policy or rule. */
static bool
is_named_on_parent(const MhDefinition *definition)
{
	return mh_is_type(definition, "constraint") || mh_is_type(definition, "trigger") ||
		   mh_is_type(definition, "policy") || mh_is_type(definition, "rule");
}

void
mh_append_comment_on(MhRepair *repair, const MhDefinition *definition, const char *comment)
{
	const char *keyword = mh_type_keyword(definition->type);
	StringInfo out = mh_statement(repair);

	if (is_named_on_parent(definition))
	{
		bool is_of_domain =
			mh_definitions_find(repair->expected_set, "domain", definition->parent) != NULL;

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
	const char *comment = mh_attribute(definition, "comment");

	if (comment != NULL && mh_type_keyword(definition->type) != NULL)
		mh_append_comment_on(repair, definition, comment);
}
