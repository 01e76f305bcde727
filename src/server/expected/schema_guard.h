/*-------------------------------------------------------------------------
 *
 * schema_guard.h
 *	  Does the live schema bear out the rows that are about to be written?
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_SCHEMA_GUARD_H
#define MIGHEAD_SERVER_EXPECTED_SCHEMA_GUARD_H

#include "server/version_table/version_table.h"
#include "core/guard/guards.h"

/*
 * The guard "schema": MH103 in err unless what is expected at rows is there.  Where no row
 * remains, unless no table exists that a migration would make again: those that the
 * project's expectations know, or, where it has none, any table of an application in the
 * version table's schema.
 *
 * As the caller; locks as mh_compare_schema; never waits.
 */
extern bool mh_check_schema(const MhWriting *writing, const MhVersionTable *table,
							MhScripts *scripts, List *projects, const MhStrings *rows,
							MhError *err);

#endif /* MIGHEAD_SERVER_EXPECTED_SCHEMA_GUARD_H */
