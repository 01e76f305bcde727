/*-------------------------------------------------------------------------
 *
 * origin.h
 *	  Which rows of our tables this database wrote.
 *
 * A publication of all tables takes ours along, so that a subscriber that has mighead too gets the
 * journal, the DDL log and the checks of its publisher between its own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_ORIGIN_H
#define MIGHEAD_SERVER_BASE_ORIGIN_H

#include "postgres.h"

/* The value of the columns called origin: the default that their tables declare. */
extern char *mh_origin(void);

/*
 * A condition for rows of a table in schema mighead that say something of this database.  Where
 * no subscription fills the table those are all: a dump or an upgrade of this very database
 * brought the ones that came from elsewhere.
 *
 * Locks: AccessShareLock on pg_subscription_rel.  Privileges: none are checked.
 */
extern char *mh_own_rows(const char *table);

/* Is this session one of a subscription, which repeats what another database did? */
extern bool mh_is_replicating(void);

#endif /* MIGHEAD_SERVER_BASE_ORIGIN_H */
