/*-------------------------------------------------------------------------
 *
 * leftovers_private.h
 *	  What the sources of leftovers share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_LEFTOVERS_PRIVATE_H
#define MIGHEAD_SERVER_EXPECTED_LEFTOVERS_PRIVATE_H

#include "mighead.h"

/*
 * leftover_traces.c: is there anything in the catalogs that a leftover could be?  Never false where there
 * is one.  AccessShareLock on catalogs only; needs no privilege.
 */
extern bool mh_has_traces(void);

#endif /* MIGHEAD_SERVER_EXPECTED_LEFTOVERS_PRIVATE_H */
