/*-------------------------------------------------------------------------
 *
 * timescaledb.h
 *	  Reads TimescaleDB's own lists of tables and views.
 *
 * Its lists count only as members of the extension with that name.  They are read as catalogs are:
 * without a privilege and without waiting for a lock.  If they are locked nothing is found.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_TIMESCALEDB_H
#define MIGHEAD_SERVER_BASE_TIMESCALEDB_H

#include "mighead.h"

/* Returns whether the rows of the table are in chunks, which inherit from it. */
extern bool mh_is_hypertable(Oid table);

/*
 * Returns, for a continuous aggregate, the view with the query that its user wrote; InvalidOid: it
 * is none.
 */
extern Oid mh_direct_view_of(Oid view);

#endif /* MIGHEAD_SERVER_BASE_TIMESCALEDB_H */
