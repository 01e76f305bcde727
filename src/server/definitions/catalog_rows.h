/*-------------------------------------------------------------------------
 *
 * catalog_rows.h
 *	  Which rows of the system catalogs have changed since this session's last look.
 *
 * Nothing is trusted but the pages themselves: one that has the same LSN has the same bytes.  What of
 * them is visible can change only by the end of a transaction.  So a look counts only while no other
 * transaction is writing, and while what it saw of this session's own has not been undone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_DEFINITIONS_CATALOG_ROWS_H
#define MIGHEAD_SERVER_DEFINITIONS_CATALOG_ROWS_H

#include "mighead.h"

#include "access/htup.h"
#include "nodes/pg_list.h"

typedef struct MhCatalogRows MhCatalogRows;

/* A row that is there now and was not, or was there and is not. */
typedef struct MhCatalogChange
{
	Oid catalog;
	Oid owner; /* the relation, index ... that the row names; InvalidOid: none, or not known */
	bool is_nobodys; /* no definition is made of it */
	HeapTuple added; /* NULL: it was removed */
} MhCatalogChange;

/* Returns what nothing has been seen of yet, in a context of its own below the current one. */
extern MhCatalogRows *mh_catalog_rows_new(void);
extern MemoryContext mh_catalog_rows_context(const MhCatalogRows *rows);

/*
 * Looks at all catalogs that a reading asks.  A reading that begins afterwards finds what was seen,
 * or something newer, which the next look tells.
 *
 * Adds what has changed since the last look to changes, a list of MhCatalogChange; NULL: nobody wants
 * it, as at the first look.  Returns false if nothing is known; then no other look at these rows can be
 * taken.  Gives the transaction an ID.  Locks: AccessShareLock on the catalogs, without waiting, given
 * back at once.  No privilege is checked.
 */
extern bool mh_catalog_rows_look(MhCatalogRows *rows, List **changes);

/* Returns the tables that have an index whose state may change without its row. */
extern List *mh_catalog_rows_unsettled(const MhCatalogRows *rows);

#endif /* MIGHEAD_SERVER_DEFINITIONS_CATALOG_ROWS_H */
