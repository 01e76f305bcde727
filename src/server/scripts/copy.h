/*-------------------------------------------------------------------------
 *
 * copy.h
 *	  Inserts many revisions at once.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_SCRIPTS_COPY_H
#define MIGHEAD_SERVER_SCRIPTS_COPY_H

#include "server/scripts/scripts.h"

/*
 * Inserts revisions of which mighead.revision has none, as COPY FROM does: constraints and triggers
 * apply.  Takes ROW EXCLUSIVE.  Returns false, and has written nothing, where an INSERT would do
 * something else than COPY: rules, row security, a missing privilege, no ordinary table.
 * Raises what INSERT raises, and 22P05 for a character that the database's encoding does not have.
 */
extern bool mh_copy_revisions(const char *project, const MhScript *const *scripts,
							  const MhRevisionFacts *const *facts, int n);

#endif /* MIGHEAD_SERVER_SCRIPTS_COPY_H */
