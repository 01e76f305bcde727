/*-------------------------------------------------------------------------
 *
 * ignored.h
 *	  Access to mighead.ignored: differences that somebody accepted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_IGNORED_H
#define MIGHEAD_SERVER_EXPECTED_IGNORED_H

#include "server/scripts/write.h"

typedef struct MhIgnored
{
	char *object;    /* a pattern of LIKE */
	char *attribute; /* NULL: all of them */
} MhIgnored;

/* Those of a project that have not run out.  As the caller; AccessShareLock. */
extern List *mh_ignored_read(const char *project);

/* Does one of them stand for an object of one of these names, and for its attribute (may be NULL)? */
extern bool mh_is_ignored(const List *ignored, const char *shown, const char *relative,
						  const char *attribute);

/* Enters one, in place of one for the same.  until NULL: for good.  Under mh_store_open. */
extern void mh_ignored_write(MhStore *store, const MhIgnored *ignored, const char *reason,
							 const TimestampTz *until);

/* Removes it; false where there is none.  Under mh_store_open. */
extern bool mh_ignored_delete(MhStore *store, const MhIgnored *ignored);

#endif /* MIGHEAD_SERVER_EXPECTED_IGNORED_H */
