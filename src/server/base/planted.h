/*-------------------------------------------------------------------------
 *
 * planted.h
 *	  Functions of others under the names of ours.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_PLANTED_H
#define MIGHEAD_SERVER_BASE_PLANTED_H

#include "mighead.h"

/*
 * Functions and types that are called like a function of the extension, and relations that are
 * called like its view, and that are none of its members, as
 * "ROUTINE public.mighead_status(text)", what DROP takes; at most a hundred.  Whoever calls ours
 * without its schema or without casts may reach them, or neither.  System catalogs only, as the
 * caller, and no privilege is needed.
 */
extern MhStrings mh_planted_objects(void);

#endif /* MIGHEAD_SERVER_BASE_PLANTED_H */
