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
 * Functions that are called like one of the extension's and are none of its members, as
 * "public.mighead_status(text)", by schema and name; at most a hundred.  Whoever calls ours
 * without its schema or without casts may reach them, or neither.  System catalogs only, as the
 * caller, and no privilege is needed.
 */
extern MhStrings mh_planted_functions(void);

#endif /* MIGHEAD_SERVER_BASE_PLANTED_H */
