/*-------------------------------------------------------------------------
 *
 * stored.h
 *	  What the rows of mighead.fingerprint have in common: whose they are, and when they are looked at.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_STORED_H
#define MIGHEAD_SERVER_DEFINITIONS_STORED_H

#include "server/definitions/definitions_private.h"

#define MH_CHECKSUM_BYTES ((MH_CHECKSUM_SIZE - 1) / 2)

/* The server and the library that wrote a text, and the database whose OIDs are in the sums. */
extern char *mh_stored_origin(void);

/* A hash of everything by which a reading of this scope may differ from others in the same database. */
extern char *mh_stored_scope(const MhScope *scope, const char *origin);

/* Takes a fingerprint from a bytea.  False: it is not one. */
extern bool mh_stored_fingerprint(Datum value, MhFingerprint *into);

extern Datum mh_bytes_datum(const void *bytes, int n);

/* Turns a checksum's hexadecimal digits into MH_CHECKSUM_BYTES bytes. */
extern void mh_checksum_bytes(const char *checksum, unsigned char *bytes);

/* Locks the table for writing.  False: somebody else writes; it is not waited for. */
extern bool mh_stored_lock(void);

/* Returns whether somebody holds a lock for which reading the relation would have to wait. */
extern bool mh_print_is_locked(const MhRelationPrint *print);

/* Returns whether the relation is of a kind, and in a schema, that is read. */
extern bool mh_print_is_in_scope(const MhReading *reading, const MhRelationPrint *print);

/* Returns whether looking at the catalogs takes less than reading n relations. */
extern bool mh_stored_is_worth_looking(long n);

/*
 * Returns whether the caller may read the table, the scope is the whole schema here, and the catalogs
 * tell everything: Citus tells more.
 */
extern bool mh_stored_may_use(const MhScope *scope);

#endif /* MIGHEAD_SERVER_DEFINITIONS_STORED_H */
