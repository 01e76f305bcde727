/*-------------------------------------------------------------------------
 *
 * cluster_key.h
 *	  A key that no SQL command shows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_CLUSTER_KEY_H
#define MIGHEAD_SERVER_BASE_CLUSTER_KEY_H

#include "mighead.h"

#include "core/base/keyed_hash.h"

/* Returns the cluster's key: random, the same after a restart, and on a standby. */
extern const MhHashKey *mh_cluster_key(void);

#endif /* MIGHEAD_SERVER_BASE_CLUSTER_KEY_H */
