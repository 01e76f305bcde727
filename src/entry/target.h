/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Evaluates a target argument.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_TARGET_H
#define MIGHEAD_ENTRY_TARGET_H

#include "server/scripts/scripts.h"

/*
 * Returns the full ids that text names: one identifier of Alembic's, or several as an array
 * literal; base names none.  If the project has no scripts, ids are taken as they are.  Raises
 * MH201, MH202 or MH205, and 22P02 and 22004 for a malformed array.
 */
extern MhStrings mh_target_rows(const MhScripts *scripts, const char *text, const char *argument);

#endif /* MIGHEAD_ENTRY_TARGET_H */
