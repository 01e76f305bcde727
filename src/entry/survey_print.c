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
