/*-------------------------------------------------------------------------
 *
 * privileges.c
 *	  GRANT and REVOKE out of the difference of two lists of privileges.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference_private.h"
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

/* One "grantee=letters/grantor", a letter followed by * with the grant option. */
typedef struct Item
{
	const char *grantee;
	const char *letters;
	const char *grantor;
} Item;

typedef struct Items
{
	int n;
	Item *v;
} Items;

static const Defaults *
find_defaults(const char *type)
{
	for (size_t i = 0; i < lengthof(defaults); i++)
		if (strcmp(defaults[i].type, type) == 0)
			return &defaults[i];
	return NULL;
}

static bool
parse_item(const char *text, Item *item)
{
	const char *equals = mh_end_of_identifier(text);
	const char *slash = *equals == '=' ? strchr(equals, '/') : NULL;

	if (slash == NULL)
		return false;
	item->grantee = pnstrdup(text, equals - text);
	item->letters = pnstrdup(equals + 1, slash - equals - 1);
	item->grantor = slash + 1;
	return true;
}

static bool
parse_items(const char *text, Items *items)
{
	MhStrings list = mh_split_list(text);

	items->n = 0;
	items->v = palloc((list.n + 1) * sizeof(Item));
	for (int i = 0; i < list.n; i++)
		if (!parse_item(list.v[i], &items->v[items->n++]))
			return false;
	return true;
}

static bool
get_items(const Defaults *usual, const char *owner, const char *text, Items *items)
{
	StringInfoData out;

	if (text != NULL)
		return parse_items(text, items);
	initStringInfo(&out);
	if (usual->of_owner[0] != '\0')
		appendStringInfo(&out, "%s=%s/%s", owner, usual->of_owner, owner);
	if (usual->of_public[0] != '\0')
		appendStringInfo(&out, ", PUBLIC=%s/%s", usual->of_public, owner);
	return parse_items(out.data, items);
}

/* 0: not granted; 1: granted; 2: with the grant option */
static int
level_of(const Items *items, const char *grantee, const char *grantor, char letter)
{
	for (int i = 0; i < items->n; i++)
	{
		const char *found;

		if (strcmp(items->v[i].grantee, grantee) != 0 || strcmp(items->v[i].grantor, grantor) != 0)
			continue;
		found = strchr(items->v[i].letters, letter);
		return found == NULL ? 0 : found[1] == '*' ? 2 : 1;
	}
	return 0;
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
change_items(MhRepair *repair, const MhDefinition *definition, const Items *items,
			 const Items *expected, const Items *actual, bool only_new)
{
	for (int i = 0; i < items->n; i++)
		for (size_t j = 0; j < lengthof(privileges); j++)
		{
			const Item *item = &items->v[i];
			char letter = privileges[j].letter;
			int wanted = level_of(expected, item->grantee, item->grantor, letter);
			int found = level_of(actual, item->grantee, item->grantor, letter);

			/* what both have is done with the actual ones */
			if (strchr(item->letters, letter) == NULL || (only_new && found > 0))
				continue;
			change_privilege(repair, definition, item->grantee, &privileges[j], wanted, found);
		}
}

static bool
are_by(const Items *items, const char *owner)
{
	for (int i = 0; i < items->n; i++)
		if (strcmp(items->v[i].grantor, owner) != 0)
			return false;
	return true;
}

static bool
same_role(const char *expected, const char *expected_owner, const char *actual,
		  const char *actual_owner)
{
	/* who was granted something before may be the owner now */
	if (strcmp(expected, expected_owner) == 0)
		return strcmp(actual, actual_owner) == 0;
	return strcmp(expected, actual) == 0;
}

static bool
has_item(const Items *items, const char *owner, const Item *wanted, const char *wanted_owner)
{
	for (int i = 0; i < items->n; i++)
		if (same_role(wanted->grantee, wanted_owner, items->v[i].grantee, owner) &&
			same_role(wanted->grantor, wanted_owner, items->v[i].grantor, owner) &&
			strcmp(wanted->letters, items->v[i].letters) == 0)
			return true;
	return false;
}

bool
mh_same_privileges(const char *expected_text, const char *expected_owner, const char *actual_text,
				   const char *actual_owner)
{
	Items expected;
	Items actual;

	if (expected_text == NULL || actual_text == NULL || !parse_items(expected_text, &expected) ||
		!parse_items(actual_text, &actual) || expected.n != actual.n)
		return false;
	for (int i = 0; i < expected.n; i++)
		if (!has_item(&actual, actual_owner, &expected.v[i], expected_owner))
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
	Items expected;
	Items actual;

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
