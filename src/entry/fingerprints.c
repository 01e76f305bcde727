/*-------------------------------------------------------------------------
 *
 * fingerprints.c
 *	  Shows fingerprints of relations, for tests.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "access/transam.h"
#include "entry/result.h"
#include "server/definitions/definitions.h"

PG_FUNCTION_INFO_V1(mighead_fingerprints);

static char *
shown(const MhFingerprint *fingerprint)
{
	return psprintf("%016llx%016llx", (unsigned long long) fingerprint->high,
					(unsigned long long) fingerprint->low);
}

/*
 * mighead_fingerprints() returns TABLE (relation oid, fingerprint text, epoch text, trusted boolean,
 *		whole text)
 *
 *		The fingerprint of each relation of users, and beside it the epoch, and the sum over the whole database.  The extension does
 *		not declare it: a test that needs it does so, as a superuser.
 */
Datum
mighead_fingerprints(PG_FUNCTION_ARGS)
{
	MhFingerprints *prints = mh_fingerprints_take(false);
	HASH_SEQ_STATUS status;
	const MhRelationPrint *print;
	MhResult result;
	char *epoch;
	char *whole;

	mh_result_begin(&result, fcinfo);
	if (prints == NULL)
		return (Datum) 0;
	epoch = shown(&prints->epoch);
	whole = shown(&prints->whole);
	hash_seq_init(&status, prints->relations);
	while ((print = hash_seq_search(&status)) != NULL)
	{
		if (print->kind == '\0')
			continue;
		mh_put_datum(&result, ObjectIdGetDatum(print->oid));
		mh_put_text(&result, shown(&print->fingerprint));
		mh_put_text(&result, epoch);
		mh_put_bool(&result, !prints->is_murky && !print->is_unsettled);
		mh_put_text(&result, whole);
		mh_row_end(&result);
	}
	return (Datum) 0;
}
