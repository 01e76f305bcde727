/*-------------------------------------------------------------------------
 *
 * call.c
 *	  Builds calls of the extension's functions as SQL text that a person can paste.
 *
 *-------------------------------------------------------------------------
 */
#include "core/base/call.h"

#include "core/base/wording.h"

char *
mh_text_value(const char *text)
{
	return psprintf("%s::pg_catalog.text", mh_sql_literal(text));
}

char *
mh_regclass_value(const char *name)
{
	return psprintf("%s::pg_catalog.regclass", mh_sql_literal(name));
}

char *
mh_text_array_value(const MhStrings *list)
{
	return psprintf("%s::pg_catalog.text[]", mh_sql_literal(mh_array_literal(list, 0)));
}

char *
mh_row_set_value(const MhStrings *rows, int nulls)
{
	if (nulls == 0)
		return psprintf("%s::pg_catalog.text", mh_row_set_literal(rows));
	return mh_text_value(mh_array_literal(rows, nulls));
}

MhCall
mh_call_begin(const char *prefix, const char *function)
{
	MhCall call;

	initStringInfo(&call.text);
	call.has_arguments = false;
	appendStringInfo(&call.text, "%s%s(", prefix, function);
	return call;
}

void
mh_call_add(MhCall *call, const char *parameter, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	if (call->has_arguments)
		appendStringInfoString(&call->text, ", ");
	if (parameter != NULL)
		appendStringInfo(&call->text, "%s => ", parameter);
	appendStringInfoString(&call->text, value);
	call->has_arguments = true;
}

char *
mh_call_end(MhCall *call)
{
	char *text;

	appendStringInfoChar(&call->text, ')');
	/* the next call uses its kilobyte again; a status has several calls for each table */
	text = pstrdup(call->text.data);
	pfree(call->text.data);
	return text;
}

char *
mh_call(const char *prefix, const char *function, const char *value)
{
	MhCall call = mh_call_begin(prefix, function);

	mh_call_add(&call, NULL, value);
	return mh_call_end(&call);
}

char *
mh_load_command(const char *project)
{
	if (strcmp(project, "default") == 0)
		return pstrdup("mighead load .");
	return psprintf("mighead load -p %s .", mh_shell_word(project));
}
