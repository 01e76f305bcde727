/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  Of which set of definitions the schema is, known from the catalogs as a whole.
 *
 * A seal says: while all these catalogs are as they were, the set that is read from them has this
 * checksum.  It is a row of mighead.fingerprint, as fingerprints are, but of everything that a reading
 * asks.  doc/internals/caches.md says what it rests on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_SEAL_H
#define MIGHEAD_SERVER_DEFINITIONS_SEAL_H

#include "server/definitions/definitions_private.h"

/* Fills in the seal of the scope, for a reading of which the catalogs did not change. */
extern void mh_seal_make(const MhScope *scope, const MhFingerprints *prints, int n_relations);

/* Returns whether a seal with this checksum holds.  See mh_definitions_are_sealed. */
extern bool mh_seal_holds(const MhReading *reading, const char *checksum, MhBeside beside);

#endif /* MIGHEAD_SERVER_DEFINITIONS_SEAL_H */
