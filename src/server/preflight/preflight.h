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
#ifndef MIGHEAD_SERVER_PREFLIGHT_PREFLIGHT_H
#define MIGHEAD_SERVER_PREFLIGHT_PREFLIGHT_H

#include "mighead.h"
#include "core/diagnosis/diagnosis.h"

#include "nodes/pg_list.h"
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

/* A value that the new type refuses. */
typedef struct MhRefusal
{
	char *value; /* as text, cut where it is long; NULL: the value NULL */
	int64 rows;  /* that hold it */
	char sqlstate[6];
	char *message;
} MhRefusal;

typedef struct MhCastable
{
	bool needs_using; /* there is no cast that is taken unasked, only an explicit one */
	int64 total_rows; /* that were looked at */
	int64 failing_rows;
	int64 null_rows;
	double estimated_rows; /* of the table, where only a sample was looked at; 0: all were */
	MhRefusal *refusals;
	int n;
	bool rewrites_table;
	MhStrings dependents; /* what forbids the change, then what is built again with it */
} MhCastable;

/* What a statement asks of the rows that are there. */
typedef enum MhDemandKind
{
	MH_DEMAND_NO_ROWS, /* it is not known what the statement demands: it passes where there is no row */
	MH_DEMAND_SMALL,      /* the table is small, so that nobody waits long */
	MH_DEMAND_TYPE,       /* so is it, and nothing holds the type of the column name */
	MH_DEMAND_NOT_NULL,   /* the column name holds no NULL */
	MH_DEMAND_DEFINITION, /* a constraint that is not there, of this definition, is kept */
	MH_DEMAND_CONSTRAINT, /* the constraint name, which is there, is kept */
	MH_DEMAND_INDEX       /* the index name, which is there and not valid, can be built */
} MhDemandKind;

typedef struct MhRowDemand
{
	MhDemandKind kind;
	const char *table;      /* these are SQL, qualified and absolute, in UTF-8 */
	const char *name;       /* of a column or constraint its own, of an index with its schema */
	const char *definition; /* as the server writes it */
	Oid index;              /* instead of its name */
	int64 *blocks_left;     /* that all the checks of a call together may still look at */
} MhRowDemand;

/* 128 MB: what one call looks at, whatever number of differences asks for it. */
#define MH_MOST_BLOCKS_LOOKED_AT 16384

typedef struct MhRowAnswer
{
	bool passes; /* false: it does not, or nobody knows */
	char *look;  /* the query that finds what is in the way; NULL: there is none that is short */
} MhRowAnswer;

/*
 * row_check.c: do the rows that are there let the statement pass?  Read are rows of small tables only,
 * as the caller, and where no code is run for it but what mh_distrust_reading() lets pass.
 * AccessShareLock on the tables, never waited for, given back at once.  Raises nothing but the
 * end of the statement.
 */
extern MhRowAnswer mh_rows_check(const MhRowDemand *demand);

/* More rows than these are sampled by pages, unless the whole table is asked for. */
#define MH_CASTABLE_ROWS 1000000

/*
 * What ALTER TABLE ... ALTER COLUMN ... TYPE, without USING, would do to each value of a
 * column and of the tables below.  Where there is no cast for that but an explicit one,
 * what USING column::type would do.  The type is looked up, and its functions run, with the
 * search_path of the caller, as they would be then; they are strangers' where the type is.
 * 42704 for a type that does not exist, 42846 where there is no cast at all, 42P16 for
 * a column that is inherited or a type that no column can have.
 */
extern MhCastable *mh_castable_find(Oid table, const char *column, const char *new_type,
									int max_samples, bool whole_table);

/*
 * preflight.c: opens a table that the caller named.  Close it with NoLock.
 */
extern Relation mh_preflight_open(Oid table);

/*
 * As the caller, with search_path pinned or not; nothing waits for a lock.  End it with
 * mh_end().
 */
extern MhIdentity mh_preflight_begin(bool pinned);

/*
 * 42501 where the query on the table, or a value of the columns' types, would run code that is
 * neither built in nor C code of a superuser: to plan is enough for that, and who calls is often
 * a superuser.
 */
extern void mh_preflight_refuse_code(Relation table);
extern void mh_preflight_refuse_type(Oid type);

/* A column by its name in UTF-8; not one of the system's. */
extern AttrNumber mh_preflight_column(Relation table, const char *name);

/* inheritors.c: "ONLY schema.table" or, where the rows are in partitions or chunks, "schema.table". */
extern char *mh_preflight_source(Relation table);

/*
 * NOTICE where tables inherit from the table by plain inheritance: their rows are "not counted",
 * say, because a foreign key would not see them.
 */
extern void mh_preflight_notice_inheritors(Relation table, const char *what_of_them);

/*
 * dependents.c: what depends on a column, or on the column of that name in a table below:
 * descriptions, first of what forbids to change its type.  Catalogs only.
 */
extern MhStrings mh_dependents_find(Relation table, AttrNumber column);

/* One of those that forbid it; NULL: there is none. */
extern char *mh_holder_find(Oid table, const char *column);

/* NOTICE where row security keeps rows of a table from the caller. */
extern void mh_preflight_notice_hidden(Relation table);

#endif /* MIGHEAD_SERVER_PREFLIGHT_PREFLIGHT_H */
