/*-------------------------------------------------------------------------
 *
 * own_table.h
 *	  Reading rows of our own tables as the caller, without a query where none is needed.
 *
 * To parse and plan a query takes a new session longer than to read the few rows of it, and an
 * exporter connects anew each minute.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_OWN_TABLE_H
#define MIGHEAD_SERVER_BASE_OWN_TABLE_H

#include "mighead.h"

#include "utils/relcache.h"

/*
 * A table of ours whose heap a query of the caller would show as it is: a plain table without
 * children that the caller may read, all of its rows.  Opened with AccessShareLock, to be closed
 * with NoLock.  NULL: only a query can say what the caller sees, or refuse.
 */
extern Relation mh_own_table_open(const char *table);

/* Would it be opened?  The lock is there from then on; for extension_scan.h. */
extern bool mh_own_table_may_scan(const char *table);

/* Which columns of a table are read; at most MH_OWN_COLUMNS. */
typedef struct MhOwnColumns
{
	const char *table;
	int n;
	const char *const *names;
} MhOwnColumns;

#define MH_OWN_COLUMNS 24

/* An initializer, with names that mean nothing elsewhere. */
#define MH_NAMES(...) \
	{ \
		__VA_ARGS__ \
	}

/* Gets the columns of a row, valid until it returns; one that the table does not have is NULL. */
typedef void (*MhOwnRowReader)(const Datum *values, const bool *nulls, void *into);

/*
 * Gives each row whose column key, of type text, has this value (key NULL: each row) to read, in the
 * caller's memory context and in no order.  What the active snapshot shows is read, as a query would.
 * Raises what a query would raise where the caller may not read the table.
 */
extern void mh_own_table_each(const MhOwnColumns *columns, const char *key, const char *value,
							  MhOwnRowReader read, void *into);

#endif /* MIGHEAD_SERVER_BASE_OWN_TABLE_H */
