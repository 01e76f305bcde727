/*-------------------------------------------------------------------------
 *
 * survey_print.c
 *	  Facts about version tables as columns of results.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey.h"

#include "utils/float.h"
#include "utils/lsyscache.h"

void
mh_put_last_change(MhResult *result, MhLastChange change)
{
	mh_put_timestamp(result, change.at != 0, change.at);
	mh_put_text(result, change.by);
}

/* A stranger's table whose name the client cannot have must not make the call fail. */
static bool
can_be_printed(Oid table)
{
	const char *name;
	const char *schema;

	if (!mh_client_differs())
		return true;
	name = get_rel_name(table);
	schema = get_namespace_name(get_rel_namespace(table));
	return name == NULL || schema == NULL ||
		   (mh_client_can_have(name) && mh_client_can_have(schema));
}

void
mh_put_version_table(MhResult *result, const MhVersionTable *table)
{
	if (table == NULL || !can_be_printed(table->oid))
		mh_put_null(result);
	else
		mh_put_datum(result, ObjectIdGetDatum(table->oid));
}

int
mh_count_between(const MhDiagnosis *diagnosis, MhSeverity from, MhSeverity to)
{
	int n = 0;

	for (int i = 0; i < diagnosis->n; i++)
		n += diagnosis->findings[i].severity >= from && diagnosis->findings[i].severity <= to;
	return n;
}

int
mh_count_findings(const MhDiagnosis *diagnosis)
{
	return mh_count_between(diagnosis, MH_WARNING, MH_UNKNOWN);
}

/* Exporters drop a row with a NULL. */
void
mh_put_number(MhResult *result, bool known, double value)
{
	mh_put_datum(result, Float8GetDatum(known ? value : get_float8_nan()));
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
