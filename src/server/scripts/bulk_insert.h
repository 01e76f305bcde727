/*-------------------------------------------------------------------------
 *
 * bulk_insert.h
 *	  Inserts many revisions at once.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_BULK_INSERT_H
#define MIGHEAD_SERVER_SCRIPTS_BULK_INSERT_H

#include "server/scripts/scripts.h"

/*
 * Inserts revisions of which mighead.revision has none, page by page.  Constraints apply.  Takes ROW
 * EXCLUSIVE.  Returns false, and has written nothing, where an INSERT has to do it: triggers, rules,
 * row security, a missing privilege, columns that the newest install script does not have.
 * Raises what INSERT raises, and 22P05 for a character that the database's encoding does not have.
 */
extern bool mh_bulk_insert_revisions(const char *project, const MhScript *const *scripts,
									 const MhRevisionFacts *const *facts, int n);

#endif /* MIGHEAD_SERVER_SCRIPTS_BULK_INSERT_H */
