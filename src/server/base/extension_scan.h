/*-------------------------------------------------------------------------
 *
 * extension_scan.h
 *	  Reading rows of our own tables through their indexes, without a query.
 *
 * For the trigger of a watched version table: it runs for each step of a migration, and to
 * parse and plan its queries takes longer than everything else in it.  For readers there is
 * own_table.h, which asks for privileges first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_EXTENSION_SCAN_H
#define MIGHEAD_SERVER_BASE_EXTENSION_SCAN_H

#include "mighead.h"

#include "access/genam.h"
#include "utils/relcache.h"

/* Where a row has a column, counted from 0; -1: nowhere. */
extern int mh_column_place(TupleDesc descriptor, const char *name);

typedef struct MhExtensionScan
{
	Relation table;
	Relation index;
	SysScanDesc scan;
	HeapTuple tuple; /* the current row */
} MhExtensionScan;

/*
 * Begins a scan of a table in schema mighead by the first n columns of an index, which
 * are of type text (keys in UTF-8), in descending order.  It sees what is committed
 * when it begins and what this transaction did, the current command only after
 * CommandCounterIncrement.
 *
 * AccessShareLock on both, kept to the end of the transaction.  Privileges are not checked:
 * for rows that the caller is not shown, or within mh_begin_writing.
 */
extern void mh_extension_scan_begin(MhExtensionScan *scan, const char *table, const char *index,
									int n, const char *const *keys);

/* The same with what a snapshot shows; it has to be active or registered. */
extern void mh_extension_scan_begin_at(MhExtensionScan *scan, Snapshot snapshot, const char *table,
									   const char *index, int n, const char *const *keys);
extern bool mh_extension_scan_next(MhExtensionScan *scan);
extern void mh_extension_scan_end(MhExtensionScan *scan);

/* A column of the current row, valid until the next one. */
extern Datum mh_extension_value(const MhExtensionScan *scan, const char *column, bool *is_null);

/* The same as UTF-8, copied; NULL for NULL. */
extern char *mh_extension_text(const MhExtensionScan *scan, const char *column);
extern MhStrings mh_extension_strings(const MhExtensionScan *scan, const char *column);

#endif /* MIGHEAD_SERVER_BASE_EXTENSION_SCAN_H */
