/*-------------------------------------------------------------------------
 *
 * privileges.c
 *	  GRANT and REVOKE out of the difference of two lists of privileges.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"

typedef struct Privilege
{
	char letter;
	const char *name;
} Privilege;

static const Privilege privileges[] = {
	{'r', "SELECT"},   {'a', "INSERT"},     {'w', "UPDATE"},  {'d', "DELETE"},
	{'D', "TRUNCATE"}, {'x', "REFERENCES"}, {'t', "TRIGGER"}, {'X', "EXECUTE"},
	{'U', "USAGE"},    {'C', "CREATE"},     {'c', "CONNECT"}, {'T', "TEMPORARY"},
};

/* What the owner has, and what everybody has, where nothing was granted. */
typedef struct Defaults
{
	const char *type;
	const char *keyword; /* in GRANT ... ON */
	const char *of_owner;
	const char *of_public;
} Defaults;

static const Defaults defaults[] = {
	{"table", "TABLE", "arwdDxt", ""},   {"foreign table", "TABLE", "arwdDxt", ""},
	{"view", "TABLE", "arwdDxt", ""},    {"materialized view", "TABLE", "arwdDxt", ""},
	{"sequence", "SEQUENCE", "rwU", ""}, {"function", "FUNCTION", "X", "X"},
	{"aggregate", "FUNCTION", "X", "X"}, {"procedure", "PROCEDURE", "X", "X"},
	{"enum", "TYPE", "U", "U"},          {"composite type", "TYPE", "U", "U"},
	{"range type", "TYPE", "U", "U"},    {"domain", "DOMAIN", "U", "U"},
	{"schema", "SCHEMA", "UC", ""},      {"column", "TABLE", "", ""},
};

static const Defaults *
find_defaults(const char *type)
{
	for (size_t i = 0; i < lengthof(defaults); i++)
		if (strcmp(defaults[i].type, type) == 0)
			return &defaults[i];
	return NULL;
}

static bool
get_items(const Defaults *usual, const char *owner, const char *text, MhPrivileges *items)
{
	StringInfoData out;

	if (text != NULL)
		return mh_privileges_parse(text, items);
	initStringInfo(&out);
	if (usual->of_owner[0] != '\0')
		appendStringInfo(&out, "%s=%s/%s", owner, usual->of_owner, owner);
	if (usual->of_public[0] != '\0')
		appendStringInfo(&out, ", PUBLIC=%s/%s", usual->of_public, owner);
	return mh_privileges_parse(out.data, items);
}

static void
append_object(StringInfo out, const Defaults *usual, const MhDefinition *definition)
{
	bool is_column = mh_is_type(definition, "column");

	if (is_column)
		appendStringInfo(out, " (%s)", mh_local_name(definition->name));
	appendStringInfo(out, " ON %s %s", usual->keyword,
					 is_column ? definition->parent : definition->name);
}

static void
change_privilege(MhRepair *repair, const MhDefinition *definition, const char *grantee,
				 const Privilege *privilege, int wanted, int found)
{
	const Defaults *usual = find_defaults(definition->type);
	StringInfo out;

	if (wanted == found)
		return;
	out = mh_statement(repair);
	if (wanted > found)
		appendStringInfo(out, "GRANT %s", privilege->name);
	else
		appendStringInfo(out, "REVOKE %s%s", wanted == 1 ? "GRANT OPTION FOR " : "",
						 privilege->name);
	append_object(out, usual, definition);
	appendStringInfo(out, wanted > found ? " TO %s%s" : " FROM %s%s", grantee,
					 wanted == 2 ? " WITH GRANT OPTION" : "");
}

static void
change_items(MhRepair *repair, const MhDefinition *definition, const MhPrivileges *items,
			 const MhPrivileges *expected, const MhPrivileges *actual, bool only_new)
{
	for (int i = 0; i < items->n; i++)
		for (size_t j = 0; j < lengthof(privileges); j++)
		{
			const MhPrivilege *item = &items->v[i];
			char letter = privileges[j].letter;
			int wanted = mh_privilege_level(expected, item->grantee, item->grantor, letter);
			int found = mh_privilege_level(actual, item->grantee, item->grantor, letter);

			/* what both have is done with the actual ones */
			if (strchr(item->letters, letter) == NULL || (only_new && found > 0))
				continue;
			change_privilege(repair, definition, item->grantee, &privileges[j], wanted, found);
		}
}

static bool
are_by(const MhPrivileges *items, const char *owner)
{
	for (int i = 0; i < items->n; i++)
		if (strcmp(items->v[i].grantor, owner) != 0)
			return false;
	return true;
}

/* A column's owner is its table's. */
static const char *
owner_of(const MhDefinitions *set, const MhDefinition *definition)
{
	static const char *const types[] = {"table", "view", "materialized view", "foreign table"};
	const char *owner = mh_attribute(definition, "owner");

	for (size_t i = 0; i < lengthof(types) && owner == NULL && definition->parent != NULL; i++)
	{
		MhDefinition *parent = mh_definitions_find(set, types[i], definition->parent);

		if (parent != NULL)
			owner = mh_attribute(parent, "owner");
	}
	return owner;
}

void
mh_repair_privileges(MhRepair *repair, const MhDefinition *definition, const char *expected_text,
					 const char *actual_text)
{
	const Defaults *usual = find_defaults(definition->type);
	const char *owner = owner_of(repair->expected_set, definition);
	const MhDefinition *live = repair->actual;
	MhPrivileges expected;
	MhPrivileges actual;

	if (usual == NULL || owner == NULL)
	{
		repair->reason = "mighead writes no GRANT for such objects.";
		return;
	}
	if (live != NULL && owner_of(repair->actual_set, live) != NULL &&
		strcmp(owner_of(repair->actual_set, live), owner) != 0)
	{
		repair->reason = "The owner is another: it has to be put right first.";
		return;
	}
	if (!get_items(usual, owner, expected_text, &expected) ||
		!get_items(usual, owner, actual_text, &actual) || !are_by(&expected, owner) ||
		!are_by(&actual, owner))
	{
		repair->reason = "Some of the privileges were granted by others than the owner.";
		return;
	}
	change_items(repair, definition, &actual, &expected, &actual, false);
	change_items(repair, definition, &expected, &expected, &actual, true);
}
