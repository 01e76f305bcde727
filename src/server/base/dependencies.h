/*-------------------------------------------------------------------------
 *
 * dependencies.h
 *	  Walks over what depends on one object, in pg_depend, without a query.
 *
 * Reads with the active snapshot, as a query would.  Takes AccessShareLock on pg_depend.  Needs no
 * privilege.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_DEPENDENCIES_H
#define MIGHEAD_SERVER_BASE_DEPENDENCIES_H

#include "mighead.h"

#include "catalog/dependency.h"
#include "catalog/pg_depend.h"

/* Gets a row about one that depends on the object.  Returns whether it wants the next one. */
typedef bool (*MhDependentReader)(Form_pg_depend row, void *into);

extern void mh_each_dependent(Oid catalog, Oid object, MhDependentReader read, void *into);

/* Returns whether anything depends on the object that is not a part of it. */
extern bool mh_is_used(Oid catalog, Oid object);

#endif /* MIGHEAD_SERVER_BASE_DEPENDENCIES_H */
