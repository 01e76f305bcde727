/*-------------------------------------------------------------------------
 *
 * preflight.h
 *	  Finds data that would stop a migration.
 *
 * The caller names the tables.  They are read as the caller, in queries that statement_timeout
 * ends.  No lock is waited for.  AccessShareLock is taken on the tables, their partitions and
 * indexes, until the end of the transaction as in any query, or else 55P03 is raised.  Other
 * errors: 42P01 for a relation that does not exist, 42809 for one that is not a table, 42703 for a
 * column that does not exist, 42501 without the privilege to read.
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

/* The two ends of a planned foreign key.  Names are in UTF-8. */
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
 * Finds the rows of the child that a foreign key, MATCH SIMPLE, would refuse, with the operators
 * that it would use.  The parent need not have its unique key yet.  Raises 42830 for lists of
 * columns that do not match, 42804 for types that no foreign key can compare, and 42501 if row
 * security would hide rows of the parent, because their children would look like orphans.
 */
extern MhOrphans mh_orphans_find(const MhKeyEnds *ends, int max_samples);

/* A value that the new type refuses. */
typedef struct MhRefusal
{
	char *value; /* as text, shortened if long; NULL: the value NULL */
	int64 rows;  /* number of rows with this value */
	char sqlstate[6];
	char *message;
} MhRefusal;

typedef struct MhCastable
{
	bool needs_using; /* only an explicit cast exists, which needs USING */
	int64 total_rows; /* number of rows that were checked */
	int64 failing_rows;
	int64 null_rows;
	/* estimated rows of the table if only a sample was checked; 0: all were */
	double estimated_rows;
	MhRefusal *refusals;
	int n;
	bool rewrites_table;
	/* dependents that forbid the change, then those that are rebuilt with it */
	MhStrings dependents;
} MhCastable;

/* What a statement demands of the existing rows. */
typedef enum MhDemandKind
{
	MH_DEMAND_NO_ROWS,    /* not known: no rows pass */
	MH_DEMAND_SMALL,      /* the table is small, so that nobody waits long */
	MH_DEMAND_TYPE,       /* the same, and nothing forbids to change the type of the column name */
	MH_DEMAND_NOT_NULL,   /* the column name has no NULL */
	MH_DEMAND_DEFINITION, /* a new constraint with this definition is satisfied */
	MH_DEMAND_CONSTRAINT, /* the existing constraint name is satisfied */
	MH_DEMAND_INDEX       /* the existing invalid index name can be built */
} MhDemandKind;

typedef struct MhRowDemand
{
	MhDemandKind kind;
	const char *table;      /* the following names are SQL, qualified and absolute, in UTF-8 */
	const char *name;       /* a column's or constraint's own name; an index with its schema */
	const char *definition; /* as the server writes it */
	Oid index;              /* instead of its name */
	int64 *blocks_left;     /* blocks that all checks of the call together may still read */
} MhRowDemand;

/* The most blocks that one call reads (128 MB), however many differences there are. */
#define MH_MOST_BLOCKS_LOOKED_AT 16384

typedef struct MhRowAnswer
{
	bool passes; /* false: the rows do not pass, or it is not known */
	char *look;  /* a query that finds the rows in the way; NULL: there is no short one */
} MhRowAnswer;

/*
 * row_check.c: checks whether the existing rows satisfy a statement.  Reads only small tables, as
 * the caller, and only if that runs no code except what mh_distrust_reading() permits.  Takes
 * AccessShareLock on the tables without waiting and gives it back at once.  Raises no error except
 * those that end the statement (cancel, timeout).
 */
extern MhRowAnswer mh_rows_check(const MhRowDemand *demand);

/* Tables with more rows are sampled by pages, unless the caller asks for the whole table. */
#define MH_CASTABLE_ROWS 1000000

typedef enum MhCastableRows
{
	MH_CASTABLE_SAMPLE,
	MH_CASTABLE_ALL,
	MH_CASTABLE_OWN /* all of the table itself; its column may be inherited */
} MhCastableRows;

/*
 * Finds what ALTER TABLE ... ALTER COLUMN ... TYPE would do to each value of a column and of the
 * tables below.  If there is only an explicit cast it finds what USING column::type would do.  The
 * type is looked up, and its functions run, with the caller's search_path, as they would be then.
 *
 * Raises 42704 for a type that does not exist, 42846 if there is no cast, 42P16 for an inherited
 * column or a type that no column can have, and 42501 if it would run a stranger's code.
 */
extern MhCastable *mh_castable_find(Oid table, const char *column, const char *new_type,
									int max_samples, MhCastableRows rows);

/* preflight.c: opens a table that the caller named.  Close it with NoLock.  Errors as above. */
extern Relation mh_preflight_open(Oid table);

/*
 * Begins reading as the caller, with search_path pinned or not.  Nothing waits for a lock.  End it
 * with mh_end().
 */
extern MhIdentity mh_preflight_begin(bool pinned);

/*
 * Raise 42501 if a query on the table, or a value of the type, would run code that is neither built
 * in nor C code of a superuser.  Planning alone can run such code, and the caller is often a
 * superuser.
 */
extern void mh_preflight_refuse_code(Relation table);
extern void mh_preflight_refuse_type(Oid type);

/* Returns a column by its name in UTF-8; system columns are not found.  Raises 42703. */
extern AttrNumber mh_preflight_column(Relation table, const char *name);

/* Returns "ONLY schema.table", or "schema.table" if the rows are in partitions or chunks. */
extern char *mh_preflight_source(Relation table);

/*
 * Raises a NOTICE if tables inherit from the table by plain inheritance.  what_of_them: what
 * happens to their rows, such as "not counted", because a foreign key would not see them.
 */
extern void mh_preflight_notice_inheritors(Relation table, const char *what_of_them);

/*
 * dependents.c: describes what depends on a column, or on the column with that name in a table
 * below.  Dependents that forbid to change its type come first.  Reads catalogs only.
 */
extern MhStrings mh_dependents_find(Relation table, AttrNumber column);

/* Returns a dependent that forbids to change the type; NULL: there is none. */
extern char *mh_holder_find(Oid table, const char *column);

/* Raises a NOTICE if row security hides rows of a table from the caller. */
extern void mh_preflight_notice_hidden(Relation table);

#endif /* MIGHEAD_SERVER_PREFLIGHT_PREFLIGHT_H */
