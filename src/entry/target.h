/*-------------------------------------------------------------------------
 *
 * target.h
 *	  The rows that a target argument names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_TARGET_H
#define MIGHEAD_ENTRY_TARGET_H

#include "server/scripts/scripts.h"

/*
 * Full ids of what text names: one identifier of Alembic's, or several as an array
 * literal; base names none.  In a project without scripts ids are taken as they are.  MH201, MH202,
 * MH205; 22P02 and 22004 for a malformed array.
 */
extern MhStrings mh_target_rows(const MhScripts *scripts, const char *text, const char *argument);

#endif /* MIGHEAD_ENTRY_TARGET_H */
