/*-------------------------------------------------------------------------
 *
 * inheritors.h
 *	  The tables below a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_INHERITORS_H
#define MIGHEAD_SERVER_BASE_INHERITORS_H

#include "mighead.h"

/*
 * Returns the OIDs of the relation and of all below it, each once.  Unlike find_all_inheritors() it
 * does not raise where one of them is dropped meanwhile.  Takes no lock on them.
 */
extern List *mh_find_inheritors(Oid relation);

#endif /* MIGHEAD_SERVER_BASE_INHERITORS_H */
