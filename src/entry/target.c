/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Evaluates a target argument.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/target.h"

static bool
is_plain_id(const char *text)
{
	return text[0] != '\0' && strpbrk(text, "-@+:") == NULL && strcmp(text, "head") != 0 &&
		   strcmp(text, "heads") != 0 && strcmp(text, "base") != 0;
}

MhStrings
mh_target_rows(const MhScripts *scripts, const char *text, const char *argument)
{
	MhStrings named = mh_row_set(text, argument);
	MhStrings rows = {0, NULL};
	MhError err = MH_NO_ERROR;

	for (int i = 0; i < named.n; i++)
	{
		MhNodes nodes = {0, NULL};
		MhStrings ids;

		if (scripts->n == 0 && is_plain_id(named.v[i]))
		{
			mh_strings_add(&rows, named.v[i]);
			continue;
		}
		if (!mh_resolve(scripts->graph, named.v[i], &nodes, &err))
			mh_raise(&err);
		ids = mh_graph_ids(scripts->graph, &nodes);
		for (int j = 0; j < ids.n; j++)
			mh_strings_add(&rows, ids.v[j]);
	}
	return rows;
}
