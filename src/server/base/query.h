/*-------------------------------------------------------------------------
 *
 * query.h
 *	  Reading with a query of our own, and writing our tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_BASE_QUERY_H
#define MIGHEAD_SERVER_BASE_QUERY_H

#include "mighead.h"

#include "access/htup_details.h"
#include "executor/spi.h"

/*
 * Runs a query that only reads, with search_path pinned and whatever identity the caller has,
 * and gives each row to read, in the caller's memory context.  nulls as in
 * SPI_execute_with_args; NULL: there are none.  A query without parameters is a literal: the
 * session keeps its plan.
 */
typedef void (*MhTupleSink)(HeapTuple tuple, TupleDesc descriptor, void *into);
extern void mh_query_each(const char *query, int n, Oid *types, Datum *values, const char *nulls,
						  MhTupleSink read, void *into);

/* The same, with what read makes of each row as a list. */
typedef void *(*MhTupleReader)(HeapTuple tuple, TupleDesc descriptor);
extern List *mh_query_list(const char *query, int n, Oid *types, Datum *values, const char *nulls,
						   MhTupleReader read);

/* The same, with the first column, which is never NULL, as strings. */
extern MhStrings mh_query_strings(const char *query, int n, Oid *types, Datum *values,
								  const char *nulls);

/*
 * The plan of a query, for whatever parameters, that this session keeps from its first use on; to be
 * called within SPI_connect.  query is a literal, known by its address.  The server itself
 * plans again what has become wrong.
 */
extern SPIPlanPtr mh_cached_plan(const char *query, int n, const Oid *types);

/*
 * Runs a statement that writes our tables, as whoever the caller has become (mh_begin_writing);
 * to be called within SPI_connect.  nulls is NULL where nothing is.  expected is the SPI result.
 * Returns the number of rows.
 */
extern uint64 mh_write(const char *statement, int n, Oid *types, Datum *values, const bool *nulls,
					   int expected);

/* A text of a tuple; NULL gives NULL. */
extern char *mh_text_or_null(Datum value, bool is_null);

/* May the current user read a table of ours? */
extern bool mh_may_read(const char *table);

#endif /* MIGHEAD_SERVER_BASE_QUERY_H */
