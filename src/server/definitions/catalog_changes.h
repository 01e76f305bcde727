/*-------------------------------------------------------------------------
 *
 * catalog_changes.h
 *	  Of which relations the definitions may have changed, known from rows of the catalogs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_CATALOG_CHANGES_H
#define MIGHEAD_SERVER_DEFINITIONS_CATALOG_CHANGES_H

#include "server/definitions/catalog_rows.h"

/*
 * Finds the tables, views and sequences that the changes (MhCatalogChange) are of, and all that refer
 * to one of them, even indirectly.  Returns false if something else may have changed too, or that many
 * that to read everything is as fast: the list is of no use then.  Reads the catalogs as the last look
 * left them.  Locks: AccessShareLock on catalogs.
 */
extern bool mh_catalog_changes_find(List *changes, List *unsettled, List **relations);

#endif /* MIGHEAD_SERVER_DEFINITIONS_CATALOG_CHANGES_H */
