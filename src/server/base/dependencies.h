/*-------------------------------------------------------------------------
 *
 * dependencies.h
 *	  Answers questions about one object from pg_depend, without a query.
 *
 * Reads with the active snapshot, as a query would.  Takes AccessShareLock on pg_depend.  Needs no
 * privilege.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_DEPENDENCIES_H
#define MIGHEAD_SERVER_BASE_DEPENDENCIES_H

#include "mighead.h"

/* Returns whether an object of this catalog belongs to an extension. */
extern bool mh_is_extension_member(Oid catalog, Oid object);

/* Returns whether anything depends on the object that is not a part of it. */
extern bool mh_is_used(Oid catalog, Oid object);

#endif /* MIGHEAD_SERVER_BASE_DEPENDENCIES_H */
