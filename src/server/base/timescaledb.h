/*-------------------------------------------------------------------------
 *
 * timescaledb.h
 *	  What TimescaleDB notes of tables and views in lists of its own.
 *
 * Its lists count only as members of the extension of that name. They are read as catalogs are:
 * without a privilege and without waiting for a lock; who locks them finds nothing noted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_TIMESCALEDB_H
#define MIGHEAD_SERVER_BASE_TIMESCALEDB_H

#include "mighead.h"

/* Are the rows of the table in chunks, which inherit from it? */
extern bool mh_is_hypertable(Oid table);

/* Where the view is a continuous aggregate: the view with the query that its user wrote; InvalidOid: it is none. */
extern Oid mh_direct_view_of(Oid view);

#endif /* MIGHEAD_SERVER_BASE_TIMESCALEDB_H */
