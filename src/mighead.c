/*-------------------------------------------------------------------------
 *
 * mighead.c
 *	  Module magic, version, and what is done when the library is loaded.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "server/journal/journal.h"
#include "server/review/review.h"
#include "utils/builtins.h"

MIGHEAD_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(mighead_version);

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	mh_review_define_settings();
	mh_recorder_begin();
}

/*
 * mighead_version() returns text
 *		Version of the loaded library, which the SQL objects may lag behind until
 *		ALTER EXTENSION ... UPDATE.
 */
Datum
mighead_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(MIGHEAD_VERSION));
}
