/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Setting storage parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/wording.h"

static char *
option_name(const char *option)
{
	return pnstrdup(option, strcspn(option, "="));
}

static void
append_option(StringInfo out, const char *option, const char *prefix)
{
	const char *value = strchr(option, '=');

	appendStringInfo(out, "%s%s%s", out->len > 0 && out->data[out->len - 1] != '(' ? ", " : "",
					 prefix, option_name(option));
	if (value != NULL)
		appendStringInfo(out, "=%s", mh_sql_literal(value + 1));
}

void
mh_append_options(StringInfo out, const char *options, const char *prefix)
{
	MhStrings list = mh_split_list(options);

	for (int i = 0; i < list.n; i++)
		append_option(out, list.v[i], prefix);
}

static bool
has_option(const MhStrings *list, const char *option)
{
	size_t length = strcspn(option, "=");

	for (int i = 0; i < list->n; i++)
		if (strncmp(list->v[i], option, length) == 0 &&
			(list->v[i][length] == '=' || list->v[i][length] == '\0'))
			return true;
	return false;
}

void
mh_repair_options(MhRepair *repair, const char *command, const char *prefix, const char *expected,
				  const char *actual)
{
	MhStrings wanted = mh_split_list(expected);
	MhStrings found = mh_split_list(actual);
	StringInfoData set;
	StringInfoData reset;

	initStringInfo(&set);
	initStringInfo(&reset);
	for (int i = 0; i < wanted.n; i++)
		if (!mh_strings_contain(&found, wanted.v[i]))
			append_option(&set, wanted.v[i], prefix);
	for (int i = 0; i < found.n; i++)
		if (!has_option(&wanted, found.v[i]))
			append_option(&reset, option_name(found.v[i]), prefix);
	if (set.len > 0)
		appendStringInfo(mh_statement(repair), "%s SET (%s)", command, set.data);
	if (reset.len > 0)
		appendStringInfo(mh_statement(repair), "%s RESET (%s)", command, reset.data);
}
