/*-------------------------------------------------------------------------
 *
 * privileges.c
 *	  Writes GRANT and REVOKE for the difference of two lists of privileges.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"

#include "core/base/sql_names.h"

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

/* Default privileges of the owner and of PUBLIC. */
typedef struct Defaults
{
	const char *type;
	const char *keyword; /* in GRANT ... ON */
	const char *of_owner;
	const char *of_public;
} Defaults;

static const Defaults defaults[] = {
	{MH_TYPE_TABLE, "TABLE", "arwdDxt", ""},   {MH_TYPE_FOREIGN_TABLE, "TABLE", "arwdDxt", ""},
	{MH_TYPE_VIEW, "TABLE", "arwdDxt", ""},    {MH_TYPE_MATERIALIZED_VIEW, "TABLE", "arwdDxt", ""},
	{MH_TYPE_SEQUENCE, "SEQUENCE", "rwU", ""}, {MH_TYPE_FUNCTION, "FUNCTION", "X", "X"},
	{MH_TYPE_AGGREGATE, "FUNCTION", "X", "X"}, {MH_TYPE_PROCEDURE, "PROCEDURE", "X", "X"},
	{MH_TYPE_ENUM, "TYPE", "U", "U"},          {MH_TYPE_COMPOSITE_TYPE, "TYPE", "U", "U"},
	{MH_TYPE_RANGE_TYPE, "TYPE", "U", "U"},    {MH_TYPE_DOMAIN, "DOMAIN", "U", "U"},
	{MH_TYPE_SCHEMA, "SCHEMA", "UC", ""},      {MH_TYPE_COLUMN, "TABLE", "", ""},
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
	bool is_column = mh_is_type(definition, MH_TYPE_COLUMN);

	if (is_column)
		appendStringInfo(out, " (%s)", mh_local_name(definition->name));
	appendStringInfo(out, " ON %s %s", usual->keyword,
					 is_column ? definition->parent : definition->name);
}

static void
append_grant(MhRepair *repair, const MhDefinition *definition, const char *grantee,
			 const Privilege *privilege, bool with_option)
{
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "GRANT %s", privilege->name);
	append_object(out, find_defaults(definition->type), definition);
	appendStringInfo(out, " TO %s%s", grantee, with_option ? " WITH GRANT OPTION" : "");
}

/* Appends grants.  Revokes nothing: additional grants stay. */
static void
append_grants(MhRepair *repair, const MhDefinition *definition, const MhPrivileges *expected,
			  const MhPrivileges *actual)
{
	for (int i = 0; i < expected->n; i++)
		for (size_t j = 0; j < lengthof(privileges); j++)
		{
			const MhPrivilege *item = &expected->v[i];
			int wanted =
				mh_privilege_level(expected, item->grantee, item->grantor, privileges[j].letter);
			int found =
				mh_privilege_level(actual, item->grantee, item->grantor, privileges[j].letter);

			if (strchr(item->letters, privileges[j].letter) != NULL && wanted > found)
				append_grant(repair, definition, item->grantee, &privileges[j], wanted == 2);
		}
}

/* Returns whether one list has a privilege that the other does not. */
static bool
has_more(const MhPrivileges *items, const MhPrivileges *others)
{
	for (int i = 0; i < items->n; i++)
		for (const char *letter = items->v[i].letters; *letter != '\0'; letter++)
			if (*letter != '*' &&
				mh_privilege_level(items, items->v[i].grantee, items->v[i].grantor, *letter) >
					mh_privilege_level(others, items->v[i].grantee, items->v[i].grantor, *letter))
				return true;
	return false;
}

/* Returns whether the roles are identifiers; a list may come from a document. */
static bool
are_roles(const MhPrivileges *items)
{
	for (int i = 0; i < items->n; i++)
		if (!mh_is_identifier(items->v[i].grantee) || !mh_is_identifier(items->v[i].grantor))
			return false;
	return true;
}

static bool
are_by(const MhPrivileges *items, const char *owner)
{
	for (int i = 0; i < items->n; i++)
		if (strcmp(items->v[i].grantor, owner) != 0)
			return false;
	return true;
}

/* Returns the owner of an object; for a column, that of its table. */
static const char *
owner_of(const MhDefinitions *set, const MhDefinition *definition)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_VIEW, MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_FOREIGN_TABLE};
	const char *owner = mh_attribute(definition, MH_ATTR_OWNER);

	for (size_t i = 0; i < lengthof(types) && owner == NULL && definition->parent != NULL; i++)
	{
		MhDefinition *parent = mh_definitions_find(set, types[i], definition->parent);

		if (parent != NULL)
			owner = mh_attribute(parent, MH_ATTR_OWNER);
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
		!get_items(usual, owner, actual_text, &actual) || !are_roles(&expected) ||
		!are_by(&expected, owner))
		repair->reason = "Some of the privileges were granted by others than the owner.";
	else if (live == NULL && has_more(&actual, &expected))
		repair->reason = "What everybody may do at first would have to be taken away.";
	else if (live != NULL && !has_more(&expected, &actual))
		repair->reason = "Who may do more than expected may need to: a person has to decide.";
	else
		append_grants(repair, definition, &expected, &actual);
}

/* ---------- default privileges ---------- */

/* What a definition of default privileges is called after, and where they start from. */
typedef struct DefaultFor
{
	char *role;
	const char *schema;  /* NULL: all schemas, which the privileges of a new object begin with */
	const char *objects; /* as in GRANT ... ON */
	const char *of_owner;
	const char *of_public;
} DefaultFor;

/* Definitions have the keyword in lower case. */
static const struct
{
	const char *keyword;
	const char *of_owner;
	const char *of_public;
} default_objects[] = {
	{"TABLES", "arwdDxt", ""}, {"SEQUENCES", "rwU", ""}, {"FUNCTIONS", "X", "X"},
	{"TYPES", "U", "U"},       {"SCHEMAS", "UC", ""},
};

static bool
is_in_lower_case(const char *text, const char *keyword)
{
	while (*text != '\0' && *text == *keyword - 'A' + 'a')
	{
		text++;
		keyword++;
	}
	return *text == '\0' && *keyword == '\0';
}

/* Takes "role in schema: tables" or "role: tables" apart.  A document may have anything there. */
static bool
parse_default(const char *name, DefaultFor *found)
{
	const char *end = mh_end_of_identifier(name);

	memset(found, 0, sizeof(DefaultFor));
	found->role = pnstrdup(name, end - name);
	if (strncmp(end, " in ", 4) == 0)
	{
		const char *schema = end + 4;

		end = mh_end_of_identifier(schema);
		found->schema = pnstrdup(schema, end - schema);
	}
	if (end == name || strncmp(end, ": ", 2) != 0)
		return false;
	for (size_t i = 0; i < lengthof(default_objects); i++)
		if (is_in_lower_case(end + 2, default_objects[i].keyword))
		{
			found->objects = default_objects[i].keyword;
			found->of_owner = found->schema == NULL ? default_objects[i].of_owner : "";
			found->of_public = found->schema == NULL ? default_objects[i].of_public : "";
		}
	return found->objects != NULL;
}

/* Returns whether GRANT knows all the letters: a later server has more. */
static bool
are_known(const MhPrivileges *items)
{
	for (int i = 0; i < items->n; i++)
		for (const char *letter = items->v[i].letters; *letter != '\0'; letter++)
		{
			bool is_known = *letter == '*';

			for (size_t j = 0; j < lengthof(privileges); j++)
				is_known |= privileges[j].letter == *letter;
			if (!is_known)
				return false;
		}
	return true;
}

static void
append_default_grants(MhRepair *repair, const DefaultFor *target, const MhPrivileges *expected,
					  const MhPrivileges *actual)
{
	for (int i = 0; i < expected->n; i++)
		for (size_t j = 0; j < lengthof(privileges); j++)
		{
			const MhPrivilege *item = &expected->v[i];
			int wanted =
				mh_privilege_level(expected, item->grantee, item->grantor, privileges[j].letter);

			if (wanted <=
				mh_privilege_level(actual, item->grantee, item->grantor, privileges[j].letter))
				continue;
			appendStringInfo(mh_statement(repair),
							 "ALTER DEFAULT PRIVILEGES FOR ROLE %s%s%s GRANT %s ON %s TO %s%s",
							 target->role, target->schema ? " IN SCHEMA " : "",
							 target->schema ? target->schema : "", privileges[j].name,
							 target->objects, item->grantee,
							 wanted == 2 ? " WITH GRANT OPTION" : "");
		}
}

void
mh_repair_default_privileges(MhRepair *repair, const MhDefinition *definition,
							 const char *expected_text, const char *actual_text)
{
	DefaultFor target;
	Defaults usual = {NULL};
	MhPrivileges expected;
	MhPrivileges actual;

	if (!parse_default(definition->name, &target))
	{
		repair->reason = "mighead writes no GRANT for such objects.";
		return;
	}
	usual.of_owner = target.of_owner;
	usual.of_public = target.of_public;
	if (!get_items(&usual, target.role, expected_text, &expected) ||
		!get_items(&usual, target.role, actual_text, &actual) || !are_roles(&expected) ||
		!are_by(&expected, target.role) || !are_known(&expected))
		repair->reason = "mighead writes no GRANT for such privileges.";
	else if (has_more(&actual, &expected))
		repair->reason = repair->actual == NULL
							 ? "What everybody may do at first would have to be taken away."
							 : "Who may do more than expected may need to: a person has to decide.";
	else
		append_default_grants(repair, &target, &expected, &actual);
}
