/*-------------------------------------------------------------------------
 *
 * of_relation.c
 *	  Which differences of a schema are those of one relation.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference.h"

/* Types of which what is missing or extra may not come from, or have gone to, another relation. */
static bool
is_fixed_part(const char *type)
{
	return strcmp(type, MH_TYPE_COLUMN) == 0 || strcmp(type, MH_TYPE_CONSTRAINT) == 0 ||
		   strcmp(type, MH_TYPE_POLICY) == 0;
}

/* Returns whether the text may name another object. */
static bool
may_name(const char *text)
{
	return text != NULL && strchr(text, '.') != NULL;
}

bool
mh_is_local(const MhDifference *difference)
{
	const char *attribute = difference->attribute;

	if (may_name(difference->expected) || may_name(difference->actual))
		return false;
	if (difference->kind == MH_MISSING || difference->kind == MH_EXTRA)
		return is_fixed_part(difference->type);
	return difference->kind == MH_CHANGED && attribute != NULL &&
		   strcmp(attribute, MH_ATTR_TABLE) != 0 && strcmp(attribute, MH_ATTR_OWNED_BY) != 0;
}

const char *
mh_expected_name(const MhDifferences *differences, const char *name)
{
	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *one = &differences->v[i];

		if (one->kind == MH_RENAMED && one->actual_object != NULL && one->expected_object != NULL &&
			one->actual_object->parent == NULL && strcmp(one->actual_object->name, name) == 0)
			return one->expected_object->name;
	}
	return name;
}

/* Returns whether the text is the name, or begins with it and a dot. */
static bool
is_name_or_part(const char *text, const char *name)
{
	size_t length = strlen(name);

	return strncmp(text, name, length) == 0 && (text[length] == '\0' || text[length] == '.');
}

/* A sequence belongs to the table of the column that owns it. */
static bool
belongs(const MhDefinition *object, const char *name)
{
	const char *owned_by = object == NULL ? NULL : mh_attribute(object, MH_ATTR_OWNED_BY);

	if (object == NULL)
		return false;
	return is_name_or_part(object->parent == NULL ? object->name : object->parent, name) ||
		   (owned_by != NULL && is_name_or_part(owned_by, name));
}

bool
mh_is_of_relation(const MhDifference *difference, const char *expected, const char *actual)
{
	if (difference->expected_object == NULL && difference->actual_object == NULL)
		return is_name_or_part(difference->name, actual);
	return belongs(difference->expected_object, expected) ||
		   belongs(difference->actual_object, actual);
}
