/*-------------------------------------------------------------------------
 *
 * relative_names.c
 *	  SQL text with names relative to a version schema.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/relative_names.h"
#include "core/base/sql_names.h"

/* A replacement of the first part of a name. */
typedef struct Replacement
{
	const char *from;
	const char *to;
	bool is_schema; /* from is a schema: replace it only if it qualifies something */
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

/*
 * Returns whether text may contain the name.  A name with quotes or backslashes is doubled inside a
 * literal and so looks different; then the text may contain it.
 */
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

/* Replaces a placeholder.  A quoted "$home" is an ordinary name. */
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

char *
mh_shown_text(const char *text, const char *version_schema, const char *owner)
{
	char *absolute = mh_absolute(text, version_schema);

	return owner == NULL ? absolute : mh_with_owner(absolute, owner);
}
