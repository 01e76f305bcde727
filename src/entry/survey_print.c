/*-------------------------------------------------------------------------
 *
 * survey_print.c
 *	  Facts about version tables as columns of results.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey.h"

void
mh_put_last_change(MhResult *result, MhLastChange change)
{
	mh_put_timestamp(result, change.at != 0, change.at);
	mh_put_text(result, change.by);
}

void
mh_put_version_table(MhResult *result, const MhVersionTable *table)
{
	if (table == NULL)
		mh_put_null(result);
	else
		mh_put_datum(result, ObjectIdGetDatum(table->oid));
}

int
mh_count_findings(const MhDiagnosis *diagnosis)
{
	int n = 0;

	for (int i = 0; i < diagnosis->n; i++)
		n += diagnosis->findings[i].severity >= MH_WARNING;
	return n;
}

void
mh_put_known_int(MhResult *result, bool known, int value)
{
	if (known)
		mh_put_int(result, value);
	else
		mh_put_null(result);
}

void
mh_put_known_strings(MhResult *result, bool known, const MhStrings *value)
{
	if (known)
		mh_put_strings(result, value);
	else
		mh_put_null(result);
}

void
mh_put_heads(MhResult *result, const MhScripts *scripts)
{
	MhNodes heads = mh_graph_heads(scripts->graph);
	MhStrings ids = mh_graph_ids(scripts->graph, &heads);

	mh_put_known_strings(result, scripts->n > 0, &ids);
}
