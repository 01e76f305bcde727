/*-------------------------------------------------------------------------
 *
 * query.h
 *	  Runs queries of mighead that read, and statements that write its tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_QUERY_H
#define MIGHEAD_SERVER_BASE_QUERY_H

#include "mighead.h"

#include "access/htup_details.h"
#include "executor/spi.h"

/*
 * Runs a query that only reads, with search_path pinned and with the current identity, and calls
 * read for each row in the caller's memory context.  nulls: as in SPI_execute_with_args; NULL:
 * there are none.  A query without parameters must be a literal, because the session caches its
 * plan.  Raises what the query raises.
 */
typedef void (*MhTupleSink)(HeapTuple tuple, TupleDesc descriptor, void *into);
extern void mh_query_each(const char *query, int n, Oid *types, Datum *values, const char *nulls,
						  MhTupleSink read, void *into);

/* As mh_query_each, but returns a list of the results of read. */
typedef void *(*MhTupleReader)(HeapTuple tuple, TupleDesc descriptor);
extern List *mh_query_list(const char *query, int n, Oid *types, Datum *values, const char *nulls,
						   MhTupleReader read);

/* As mh_query_each, but returns the first column, which must not be NULL, as strings. */
extern MhStrings mh_query_strings(const char *query, int n, Oid *types, Datum *values,
								  const char *nulls);

/*
 * Returns a generic plan of a query, cached for the session at its first use.  Call it within
 * SPI_connect.  query must be a literal: it is found by its address.  The server replans it if it
 * becomes invalid.
 */
extern SPIPlanPtr mh_cached_plan(const char *query, int n, const Oid *types);

/*
 * Runs a statement that writes mighead's tables, with the current identity (see mh_begin_writing).
 * Call it within SPI_connect.  statement must be a literal: its plan is kept for the session, by its
 * address.  nulls: NULL if no value is.  expected: the SPI result.  Returns the
 * number of rows.
 */
extern uint64 mh_write(const char *statement, int n, Oid *types, Datum *values, const bool *nulls,
					   int expected);

/* Returns a text column of a tuple in UTF-8; NULL for NULL. */
extern char *mh_text_or_null(Datum value, bool is_null);

/* Returns whether the current user may read a table of mighead. */
extern bool mh_may_read(const char *table);

/* Raises 42501: the current user may not read the table. The hint is all that has to be granted. */
pg_noreturn extern void mh_refuse_reading(const char *table);

#endif /* MIGHEAD_SERVER_BASE_QUERY_H */
