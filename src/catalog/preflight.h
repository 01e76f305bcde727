/*-------------------------------------------------------------------------
 *
 * preflight.h
 *	  What in the data would stop a migration.
 *
 * The tables are those that the caller names, and are read as the caller, in queries that
 * statement_timeout ends.  No lock is waited for: AccessShareLock on the tables, their
 * partitions and indexes, held to the end of the transaction as any query does, or 55P03.
 * 42P01 for a relation that does not exist, 42809 for one that is not a table, 42703 for a
 * column that is not there, 42501 without the right to read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_PREFLIGHT_H
#define MIGHEAD_PREFLIGHT_H

#include "mighead.h"

#include "utils/jsonb.h"
#include "utils/rel.h"

/* The two ends of a foreign key that is to be; names in UTF-8. */
typedef struct MhKeyEnds
{
	Oid child;
	MhStrings child_columns;
	Oid parent;
	MhStrings parent_columns;
} MhKeyEnds;

typedef struct MhOrphans
{
	int64 rows;
	Datum sample; /* jsonb: an array of objects, the primary key and the columns of each row */
	char *delete_sql;
} MhOrphans;

/*
 * Rows of the child that a foreign key, MATCH SIMPLE, would refuse, with the very
 * operators that it would use.  The parent need not have its unique key yet.  42830 for
 * lists of columns that do not agree, 42804 for types that no foreign key can compare,
 * 42501 where row security would hide rows of the parent, since their children would be taken
 * for orphans.
 */
extern MhOrphans mh_orphans_find(const MhKeyEnds *ends, int max_samples);

/*
 * preflight.c: opens a table that the caller named.  Close it with NoLock.
 */
extern Relation mh_preflight_open(Oid table);

/* As mh_begin_reading(), and nothing waits for a lock.  End it with mh_end(). */
extern MhIdentity mh_preflight_begin(void);

/* A column by its name in UTF-8; not one of the system's. */
extern AttrNumber mh_preflight_column(Relation table, const char *name);

/* "ONLY schema.table" or, where the rows are in partitions, "schema.table". */
extern char *mh_preflight_source(Relation table);

/* NOTICE where row security keeps rows of a table from the caller. */
extern void mh_preflight_notice_hidden(Relation table);

#endif /* MIGHEAD_PREFLIGHT_H */
