/*-------------------------------------------------------------------------
 *
 * mighead.c
 *	  Module magic and version.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "utils/builtins.h"

MIGHEAD_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(mighead_version);

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
