/*-------------------------------------------------------------------------
 *
 * lock_key.h
 *	  The advisory lock that migrations of one project and the guarded writers
 *	  take, so that there is one at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_LOCK_KEY_H
#define MIGHEAD_SERVER_VERSION_TABLE_LOCK_KEY_H

#include "mighead.h"

/*
 * The key of a project (UTF-8): the first eight bytes of SHA-256 of "mighead:" and the
 * project's name, read as a signed number with the highest byte first.  The same on
 * every server and release; in Python:
 *
 *	int.from_bytes(hashlib.sha256(b"mighead:" + project.encode()).digest()[:8], "big",
 *				   signed=True)
 *
 * PostgreSQL keeps advisory locks apart by database, so the database is not part of it.
 */
extern int64 mh_lock_key(const char *project);

/*
 * Takes the lock to the end of the transaction, without waiting; true also where this
 * session holds it already.
 */
extern bool mh_lock_migrations(const char *project);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_LOCK_KEY_H */
