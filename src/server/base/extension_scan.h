/*-------------------------------------------------------------------------
 *
 * extension_scan.h
 *	  Reads rows of mighead's tables through their indexes, without a query.
 *
 * For the trigger of a watched version table.  It runs for each step of a migration, and parsing
 * and planning its queries would take longer than the rest of its work.  Readers use own_table.h,
 * which checks privileges first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_EXTENSION_SCAN_H
#define MIGHEAD_SERVER_BASE_EXTENSION_SCAN_H

#include "mighead.h"

#include "access/genam.h"
#include "utils/relcache.h"

/* Returns the position of a column in a row, counted from 0; -1: no such column. */
extern int mh_column_place(TupleDesc descriptor, const char *name);

typedef struct MhExtensionScan
{
	Relation table;
	Relation index;
	SysScanDesc scan;
	HeapTuple tuple; /* the current row */
} MhExtensionScan;

/*
 * Begins a scan of a table in schema mighead by the first n columns of an index, which are of type
 * text (keys in UTF-8), in descending order.  The scan sees what is committed when it begins and
 * what this transaction did.  It sees the current command only after CommandCounterIncrement.
 *
 * Locks: AccessShareLock on table and index, to the end of the transaction.  Privileges are not
 * checked: use it for rows that are not shown to the caller, or within mh_begin_writing.
 */
extern void mh_extension_scan_begin(MhExtensionScan *scan, const char *table, const char *index,
									int n, const char *const *keys);

/*
 * As mh_extension_scan_begin, but sees what a snapshot shows.  The snapshot has to be active or
 * registered.
 */
extern void mh_extension_scan_begin_at(MhExtensionScan *scan, Snapshot snapshot, const char *table,
									   const char *index, int n, const char *const *keys);
extern bool mh_extension_scan_next(MhExtensionScan *scan);
extern void mh_extension_scan_end(MhExtensionScan *scan);

/* Returns a column of the current row, valid until the next row. */
extern Datum mh_extension_value(const MhExtensionScan *scan, const char *column, bool *is_null);

/* Return a column copied, in UTF-8; NULL for NULL. */
extern char *mh_extension_text(const MhExtensionScan *scan, const char *column);
extern MhStrings mh_extension_strings(const MhExtensionScan *scan, const char *column);

#endif /* MIGHEAD_SERVER_BASE_EXTENSION_SCAN_H */
