/*-------------------------------------------------------------------------
 *
 * routine.c
 *	  Creates functions, procedures and aggregates.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"

/* Appends a body in dollar quotes, with a tag that does not occur in it. */
static void
append_body(StringInfo out, const char *body)
{
	const char *tag = "$function$";

	for (int i = 1; strstr(body, tag) != NULL; i++)
		tag = psprintf("$function%d$", i);
	appendStringInfo(out, "%s%s%s", tag, body, tag);
}

static void
append_attribute(StringInfo out, const MhDefinition *routine, const char *attribute,
				 const char *before)
{
	const char *value = mh_attribute(routine, attribute);

	if (value != NULL)
		appendStringInfo(out, "\n%s%s", before, value);
}

static void
append_keyword(StringInfo out, const MhDefinition *routine, const char *attribute,
			   const char *before)
{
	int start;

	if (mh_attribute(routine, attribute) == NULL)
		return;
	appendStringInfo(out, "\n%s", before);
	start = out->len;
	appendStringInfoString(out, mh_attribute(routine, attribute));
	for (int i = start; i < out->len; i++)
		out->data[i] = pg_toupper((unsigned char) out->data[i]);
}

static void
append_flag(StringInfo out, const MhDefinition *routine, const char *attribute, const char *clause)
{
	if (mh_has(routine, attribute, "true"))
		appendStringInfo(out, "\n%s", clause);
}

/* Appends a setting.  The schemas of a search path are identifiers, other values are literals. */
static void
append_setting(StringInfo out, const char *setting, size_t length)
{
	char *name = pnstrdup(setting, length);
	char *value = strchr(name, '=');

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(name, "search_path") == 0 && *value != '\0')
		appendStringInfo(out, "\nSET search_path TO %s", value);
	else
		appendStringInfo(out, "\nSET %s TO %s", name, mh_sql_literal(value));
}

static void
append_configuration(StringInfo out, const char *settings)
{
	while (settings != NULL && *settings != '\0')
	{
		size_t length = mh_setting_length(settings);

		append_setting(out, settings, length);
		settings += length;
		settings += *settings == '\0' ? 0 : strlen(MH_SETTING_SEPARATOR);
	}
}

static void
append_transforms(StringInfo out, const char *transforms)
{
	MhStrings types = mh_split_list(transforms);

	for (int i = 0; i < types.n; i++)
		appendStringInfo(out, "%sFOR TYPE %s", i == 0 ? "\nTRANSFORM " : ", ", types.v[i]);
}

static void
append_source(StringInfo out, const MhDefinition *routine)
{
	const char *body = mh_attribute(routine, MH_ATTR_BODY);
	const char *library = mh_attribute(routine, MH_ATTR_LIBRARY);
	const char *query = mh_attribute(routine, MH_ATTR_SQL_BODY);

	if (query != NULL)
		appendStringInfo(out, "\n%s", query);
	else if (library != NULL)
		appendStringInfo(out, "\nAS %s, %s", mh_sql_literal(library),
						 mh_sql_literal(body == NULL ? "" : body));
	else
	{
		appendStringInfoString(out, "\nAS ");
		append_body(out, body == NULL ? "" : body);
	}
}

/* Returns the name without the types of the arguments. */
static char *
plain_name(const MhDefinition *routine)
{
	const char *end = mh_end_of_identifier(mh_local_name(routine->name));

	return pnstrdup(routine->name, end - routine->name);
}

static void
append_aggregate(MhRepair *repair, const MhDefinition *aggregate)
{
	const char *arguments = mh_attribute(aggregate, MH_ATTR_ARGUMENTS);
	const char *parallel = mh_attribute(aggregate, MH_ATTR_PARALLEL);
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "CREATE OR REPLACE AGGREGATE %s(%s) (%s", plain_name(aggregate),
					 arguments == NULL || *arguments == '\0' ? "*" : arguments,
					 mh_needed(repair, aggregate, MH_ATTR_OPTIONS));
	if (parallel != NULL)
		appendStringInfo(out, ", PARALLEL = %s", parallel);
	appendStringInfoChar(out, ')');
}

void
mh_append_routine(MhRepair *repair, const MhDefinition *routine)
{
	const char *arguments = mh_attribute(routine, MH_ATTR_ARGUMENTS);
	bool is_procedure = mh_is_type(routine, MH_TYPE_PROCEDURE);
	StringInfo out;

	if (mh_is_type(routine, MH_TYPE_AGGREGATE))
	{
		append_aggregate(repair, routine);
		return;
	}
	out = mh_statement(repair);
	appendStringInfo(out, "CREATE OR REPLACE %s %s(%s)", is_procedure ? "PROCEDURE" : "FUNCTION",
					 plain_name(routine), arguments == NULL ? "" : arguments);
	if (!is_procedure)
		append_attribute(out, routine, MH_ATTR_RESULT, "RETURNS ");
	appendStringInfo(out, "\nLANGUAGE %s", mh_quoted(mh_needed(repair, routine, MH_ATTR_LANGUAGE)));
	append_transforms(out, mh_attribute(routine, MH_ATTR_TRANSFORMS));
	append_flag(out, routine, MH_ATTR_WINDOW, "WINDOW");
	append_keyword(out, routine, MH_ATTR_VOLATILITY, "");
	append_flag(out, routine, MH_ATTR_LEAKPROOF, "LEAKPROOF");
	append_flag(out, routine, MH_ATTR_STRICT, "STRICT");
	append_keyword(out, routine, MH_ATTR_SECURITY, "SECURITY ");
	append_keyword(out, routine, MH_ATTR_PARALLEL, "PARALLEL ");
	append_attribute(out, routine, MH_ATTR_COST, "COST ");
	append_attribute(out, routine, MH_ATTR_ROWS, "ROWS ");
	append_attribute(out, routine, MH_ATTR_SUPPORT, "SUPPORT ");
	append_configuration(out, mh_attribute(routine, MH_ATTR_CONFIGURATION));
	append_source(out, routine);
}
