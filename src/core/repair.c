/*-------------------------------------------------------------------------
 *
 * repair.c
 *	  What DDL ends a difference.
 *
 * Nothing here drops or rewrites data, or takes away what somebody has made beside
 * what is expected.  What is dropped is created again in the same breath: an index, a
 * constraint, a policy, statistics.
 *
 *-------------------------------------------------------------------------
 */
#include "core/repair_private.h"

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
	return &repair->fix;
}

/* By the names that are there now, so that it can be done at once. */
static void
repair_renamed(MhRepair *repair)
{
	const MhDefinition *actual = repair->actual;
	const char *from = mh_local_name(actual->name);
	const char *to = mh_local_name(repair->expected->name);
	const char *keyword = mh_type_keyword(actual->type);
	StringInfo out;

	if (keyword == NULL)
		return;
	out = mh_statement(repair);
	if (mh_is_type(actual, "column"))
		appendStringInfo(out, "ALTER TABLE %s RENAME COLUMN %s TO %s", actual->parent, from, to);
	else if (mh_is_type(actual, "constraint"))
		appendStringInfo(
			out, "ALTER %s %s RENAME CONSTRAINT %s TO %s",
			mh_definitions_find(repair->actual_set, "domain", actual->parent) ? "DOMAIN" : "TABLE",
			actual->parent, from, to);
	else if (mh_is_type(actual, "trigger") || mh_is_type(actual, "policy") ||
			 mh_is_type(actual, "rule"))
		appendStringInfo(out, "ALTER %s %s ON %s RENAME TO %s", keyword, from, actual->parent, to);
	else
		appendStringInfo(out, "ALTER %s %s RENAME TO %.*s", keyword, actual->name,
						 (int) strcspn(to, "("), to);
}

static bool
holds_data(const MhDefinition *definition)
{
	return mh_is_type(definition, "table") || mh_is_type(definition, "column") ||
		   mh_is_type(definition, "materialized view") || mh_is_type(definition, "sequence") ||
		   mh_is_type(definition, "schema") || mh_is_type(definition, "extension");
}

static void
repair_extra(MhRepair *repair)
{
	if (holds_data(repair->actual))
		repair->reason = "Dropping it would drop what it holds: a person has to decide that.";
	else
		repair->reason = "Somebody made it, perhaps for a purpose: a person has to decide whether "
						 "to drop it.";
}

static void
repair_difference(MhRepair *repair)
{
	switch (repair->difference->kind)
	{
		case MH_MISSING:
			mh_repair_missing(repair);
			break;
		case MH_EXTRA:
			repair_extra(repair);
			break;
		case MH_RENAMED:
			repair_renamed(repair);
			break;
		case MH_CHANGED:
		case MH_INVALID:
			mh_repair_changed(repair);
			break;
		default:
			break;
	}
}

void
mh_repair(MhDifferences *differences, const MhDefinitions *expected, const MhDefinitions *actual)
{
	MhChildren children;

	mh_children_order(&children, expected);
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *difference = &differences->v[i];
		MhRepair repair = {0};

		repair.difference = difference;
		repair.expected = difference->expected_object;
		repair.actual = difference->actual_object;
		repair.expected_set = expected;
		repair.actual_set = actual;
		repair.children = &children;
		initStringInfo(&repair.fix);
		repair_difference(&repair);
		if (repair.reason == NULL && repair.fix.len == 0 && difference->expected_object != NULL &&
			difference->reason == NULL)
			repair.reason = "mighead writes no DDL for this.";
		if (repair.reason != NULL)
			difference->reason = pstrdup(repair.reason);
		if (repair.reason == NULL && repair.fix.len > 0)
			difference->fix = repair.fix.data;
		else
			pfree(repair.fix.data);
	}
}
