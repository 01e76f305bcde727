/*-------------------------------------------------------------------------
 *
 * known.h
 *	  What a reading need not read: relations whose fingerprint was stored with their definitions.
 *
 * A reading takes the fingerprints of all relations, and compares them with those in
 * mighead.fingerprint.  What is the same is not read, if the caller expects it to be so (MhForms).
 * Only what changes the database anyway stores: mighead_capture() and mighead_check().
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_KNOWN_H
#define MIGHEAD_SERVER_DEFINITIONS_KNOWN_H

#include "server/definitions/definitions_private.h"

/*
 * Begins, with the snapshot of the reading active.  Returns NULL if every relation has to be read,
 * because nothing is stored, or it is not worth while, or Citus tells more than the catalogs, or the
 * caller may not read mighead.fingerprint.
 */
extern MhKnown *mh_known_begin(MhReading *reading);

/* Return whether some relations of the scope, all, and all sequences, need not be read. */
extern bool mh_known_is_any(const MhKnown *known);
extern bool mh_known_is_all(const MhKnown *known);
extern bool mh_known_has_sequences(const MhKnown *known);

/* Keeps the items that have to be read, and returns their number. */
extern int mh_known_leave(const MhKnown *known, MhBatchItem *items, int n);

/* Notes the definitions of the set from index first on, which are those that were read. */
extern void mh_known_note(MhKnown *known, int first);

/*
 * Ends a reading.  Stores what was read if the scope says so, and the catalogs have not changed
 * since the reading began, and nobody else stores.
 */
extern void mh_known_end(MhKnown *known);

#endif /* MIGHEAD_SERVER_DEFINITIONS_KNOWN_H */
