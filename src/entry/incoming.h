/*-------------------------------------------------------------------------
 *
 * incoming.h
 *	  Scripts that were inserted into the view mighead.incoming.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_ENTRY_INCOMING_H
#define MIGHEAD_ENTRY_INCOMING_H

#include "server/scripts/scripts.h"

/* Returns what this transaction has inserted, in load order, or NULL: nothing. */
extern const MhIncoming *mh_inserted_scripts(void);

/* Forgets it, and frees its memory; so does the end of the transaction. */
extern void mh_forget_inserted_scripts(void);

#endif /* MIGHEAD_ENTRY_INCOMING_H */
