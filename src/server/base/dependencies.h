/*-------------------------------------------------------------------------
 *
 * dependencies.h
 *	  What pg_depend says of one object, without a query.
 *
 * Read with the active snapshot, as a query would.  Takes AccessShareLock on pg_depend, needs no
 * privilege.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_DEPENDENCIES_H
#define MIGHEAD_SERVER_BASE_DEPENDENCIES_H

#include "mighead.h"

/* Does the object, of the catalog, belong to an extension? */
extern bool mh_is_extension_member(Oid catalog, Oid object);

/* Does anything use the object that is not a part of it? */
extern bool mh_is_used(Oid catalog, Oid object);

#endif /* MIGHEAD_SERVER_BASE_DEPENDENCIES_H */
