/*-------------------------------------------------------------------------
 *
 * own_table.h
 *	  Reads rows of mighead's tables as the caller, without a query if none is needed.
 *
 * In a new session, parsing and planning a query takes longer than reading the few rows.  An
 * exporter connects anew each minute.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_OWN_TABLE_H
#define MIGHEAD_SERVER_BASE_OWN_TABLE_H

#include "mighead.h"

#include "access/genam.h"
#include "utils/relcache.h"

/*
 * Opens a table of mighead if its heap holds exactly the rows that a query of the caller would
 * show: a plain table without children, readable by the caller, and without rows that are hidden
 * from him.  Takes AccessShareLock; close it with NoLock.  Returns NULL if only a query can tell
 * what the caller sees, or refuse.
 */
extern Relation mh_own_table_open(const char *table);

/*
 * Returns whether mh_own_table_open would open the table.  The lock is held from then on.  For
 * extension_scan.h.
 */
extern bool mh_own_table_may_scan(const char *table);

/*
 * Begins a scan of the rows that the active snapshot shows and whose column key, of type text, has
 * this value; key NULL: of all.  Uses the primary key if it begins with the column, so that rows of
 * others need not be read, unless another session has locked it.  End it with systable_endscan.
 */
extern SysScanDesc mh_own_scan_begin(Relation table, const char *key, const char *value);

/* The columns of a table that are read, at most MH_OWN_COLUMNS. */
typedef struct MhOwnColumns
{
	const char *table;
	int n;
	const char *const *names;
} MhOwnColumns;

#define MH_OWN_COLUMNS 24

/* An initializer for a list of names. */
#define MH_NAMES(...) \
	{ \
		__VA_ARGS__ \
	}

/*
 * Receives the columns of a row, valid until it returns.  A column that the table does not have is
 * NULL.
 */
typedef void (*MhOwnRowReader)(const Datum *values, const bool *nulls, void *into);

/*
 * Calls read for each row whose column key, of type text, has this value (key NULL: for each row),
 * in the caller's memory context and in no order.  Reads what the active snapshot shows.  Raises
 * the error of a query if the caller may not read the table.
 */
extern void mh_own_table_each(const MhOwnColumns *columns, const char *key, const char *value,
							  MhOwnRowReader read, void *into);

#endif /* MIGHEAD_SERVER_BASE_OWN_TABLE_H */
