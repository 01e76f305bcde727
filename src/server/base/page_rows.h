/*-------------------------------------------------------------------------
 *
 * page_rows.h
 *	  The rows of a page of a heap that a snapshot sees.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_PAGE_ROWS_H
#define MIGHEAD_SERVER_BASE_PAGE_ROWS_H

#include "mighead.h"

#include "access/htup_details.h"
#include "storage/buf.h"
#include "utils/snapshot.h"

/*
 * Fills in rows, which has room for MaxHeapTuplesPerPage, in the order of their places, and returns
 * how many there are.  The caller has locked the buffer, at least to share it.  The rows stay where
 * they are until it is unpinned.
 */
extern int mh_page_rows(Oid table, Buffer buffer, Snapshot snapshot, HeapTupleData *rows);

#endif /* MIGHEAD_SERVER_BASE_PAGE_ROWS_H */
