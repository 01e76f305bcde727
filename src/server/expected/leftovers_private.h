/*-------------------------------------------------------------------------
 *
 * leftovers_private.h
 *	  Declarations that the sources of leftovers share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_EXPECTED_LEFTOVERS_PRIVATE_H
#define MIGHEAD_SERVER_EXPECTED_LEFTOVERS_PRIVATE_H

#include "mighead.h"

/*
 * leftover_traces.c: returns whether the catalogs may hold a leftover.  Never false if there is
 * one.  Takes AccessShareLock on catalogs only; needs no privilege.
 */
extern bool mh_has_traces(void);

#endif /* MIGHEAD_SERVER_EXPECTED_LEFTOVERS_PRIVATE_H */
