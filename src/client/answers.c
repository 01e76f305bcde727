/*-------------------------------------------------------------------------
 *
 * answers.c
 *	  What the commands make of rows of the extension's functions: a status, JSON, a table.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

int
mh_severity_of(const char *text)
{
	return text[0] >= '0' && text[0] <= '3' && text[1] == '\0' ? text[0] - '0' : MH_EXIT_TROUBLE;
}

int
mh_worst_of(const struct pg_result *result, int column)
{
	int worst = MH_EXIT_OK;

	for (int row = 0; row < mh_rows_of(result); row++)
		worst = mh_worse(worst, mh_severity_of(mh_field(result, row, column)));
	return worst;
}

bool
mh_append_json(StringInfo json, const struct pg_result *result, int column)
{
	appendStringInfoChar(json, '[');
	for (int row = 0; row < mh_rows_of(result); row++)
	{
		const char *value = mh_field(result, row, column);

		if (!mh_json_is_valid(value))
		{
			mh_complain("the server's answer is not JSON");
			return false;
		}
		appendStringInfo(json, "%s\n  %s", row > 0 ? "," : "", value);
	}
	appendStringInfoString(json, "\n]");
	return true;
}

bool
mh_print_rows(const struct pg_result *result, const char *const *titles, int count)
{
	MhTable table = {count, titles, {0, NULL, 0}};

	for (int row = 0; row < mh_rows_of(result); row++)
		for (int column = 0; column < count; column++)
			mh_strings_add(&table.cells, mh_field(result, row, column));
	if (table.cells.n > 0)
		mh_table_print(&table);
	return table.cells.n > 0;
}
