/*-------------------------------------------------------------------------
 *
 * relative_names.c
 *	  Names relative to a version schema.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/relative_names.h"
#include "core/base/sql_names.h"

/* What takes the place of what, in the first part of a name. */
typedef struct Replacement
{
	const char *from;
	const char *to;
	bool is_schema; /* from is a schema, so that only what it qualifies is one */
} Replacement;

static bool
replace_first_part(void *arg, const MhSqlName *name, StringInfo out)
{
	const Replacement *replacement = arg;

	if (replacement->is_schema && name->n == 1 && !name->is_schema)
		return false;
	if (!mh_name_part_is(name, 0, replacement->from))
		return false;
	appendStringInfoString(out, replacement->to);
	appendBinaryStringInfo(out, name->to[0], name->to[name->n - 1] - name->to[0]);
	return true;
}

/* In quotes these are doubled, so that the name does not look like itself. */
static bool
may_name(const char *text, const char *name)
{
	return strpbrk(name, "\"'\\") != NULL || strstr(text, name) != NULL;
}

char *
mh_relative(const char *text, const char *version_schema)
{
	Replacement replacement = {NULL, MH_HOME, true};
	char *name;
	char *relative = unconstify(char *, text);

	if (version_schema == NULL)
		return relative;
	name = mh_unquote_identifier(version_schema);
	replacement.from = name;
	if (may_name(text, name))
		relative = mh_map_names(text, replace_first_part, &replacement);
	pfree(name);
	return relative;
}

/* "$home" in quotes is somebody's name, and no placeholder. */
static bool
replace_placeholder(void *arg, const MhSqlName *name, StringInfo out)
{
	return *name->from[0] != '"' && replace_first_part(arg, name, out);
}

static char *
with_placeholder(const char *text, const char *placeholder, const char *name)
{
	Replacement replacement = {placeholder, name, false};

	if (name == NULL || strchr(text, '$') == NULL)
		return pstrdup(text);
	return mh_map_names_of_bodies(text, replace_placeholder, &replacement);
}

char *
mh_absolute(const char *text, const char *version_schema)
{
	return with_placeholder(text, MH_HOME, version_schema);
}

char *
mh_with_owner(const char *text, const char *owner)
{
	return with_placeholder(text, MH_OWNER, owner);
}
