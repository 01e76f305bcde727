/*-------------------------------------------------------------------------
 *
 * privileges.c
 *	  Lists of privileges in definitions.
 *
 *-------------------------------------------------------------------------
 */
#include "core/schema/schema.h"

#include "core/base/sql_names.h"
#include "core/base/wording.h"

static bool
parse_item(const char *text, MhPrivilege *item)
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

bool
mh_privileges_parse(const char *text, MhPrivileges *items)
{
	MhStrings list = mh_split_list(text);

	items->n = 0;
	items->v = palloc((list.n + 1) * sizeof(MhPrivilege));
	for (int i = 0; i < list.n; i++)
		if (!parse_item(list.v[i], &items->v[items->n++]))
			return false;
	return true;
}

int
mh_privilege_level(const MhPrivileges *items, const char *grantee, const char *grantor, char letter)
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

static bool
same_role(const char *expected, const char *expected_owner, const char *actual,
		  const char *actual_owner)
{
	/* a former grantee may be the owner now */
	if (strcmp(expected, expected_owner) == 0)
		return strcmp(actual, actual_owner) == 0;
	return strcmp(expected, actual) == 0;
}

static bool
has_item(const MhPrivileges *items, const char *owner, const MhPrivilege *wanted,
		 const char *wanted_owner)
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
	MhPrivileges expected;
	MhPrivileges actual;

	if (expected_text == NULL || actual_text == NULL ||
		!mh_privileges_parse(expected_text, &expected) ||
		!mh_privileges_parse(actual_text, &actual) || expected.n != actual.n)
		return false;
	for (int i = 0; i < expected.n; i++)
		if (!has_item(&actual, actual_owner, &expected.v[i], expected_owner))
			return false;
	return true;
}
