/*-------------------------------------------------------------------------
 *
 * origin.h
 *	  Tells which rows of mighead's tables this database wrote.
 *
 * A publication of all tables includes mighead's.  So a subscriber that has mighead too gets the
 * journal, the DDL log and the checks of its publisher in the same tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_ORIGIN_H
#define MIGHEAD_SERVER_BASE_ORIGIN_H

#include "postgres.h"

/* Returns the value of the columns "origin" in this database, which is their default. */
extern char *mh_origin(void);

/*
 * Returns an SQL condition for the rows of a table in schema mighead that are about this database.
 * If no subscription fills the table these are all rows: a dump or an upgrade of this database may
 * have brought rows with another origin.
 *
 * Locks: AccessShareLock on pg_subscription_rel.  Privileges: none are checked.
 */
extern char *mh_own_rows(const char *table);

/*
 * Returns whether a subscription writes rows of the table.
 *
 * Locks: AccessShareLock on pg_subscription_rel.  Privileges: none are checked.
 */
extern bool mh_is_subscribed(Oid relation);

/* Returns whether this session applies changes of a subscription. */
extern bool mh_is_replicating(void);

#endif /* MIGHEAD_SERVER_BASE_ORIGIN_H */
