/*-------------------------------------------------------------------------
 *
 * version_table.h
 *	  Finding and reading the tables in which Alembic keeps its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H
#define MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H

#include "server/scripts/scripts.h"

typedef enum MhAccess
{
	MH_ACCESS_READ,       /* rows are there */
	MH_ACCESS_BUSY,       /* another session holds a conflicting lock */
	MH_ACCESS_UNREADABLE, /* not allowed, or not safe to read unasked */
	MH_ACCESS_GONE        /* dropped while we looked */
} MhAccess;

typedef struct MhVersionTable
{
	Oid oid;
	char *schema;
	char *name;
	char relkind;
	Oid owner;
	bool is_trusted;   /* owner is a superuser, the database owner or the caller */
	bool is_temporary; /* of this session */
	bool is_shadowed;  /* its schema is on the search_path, behind another of its name */

	MhAccess access;
	char *reason;        /* a sentence, where rows could not be read */
	char *missing_grant; /* the statement that would allow it; NULL: it is not that */
	bool can_be_named;   /* it is read where the caller names it */

	MhStrings rows; /* physical order, NULL rows left out; UTF-8 */
	int null_rows;
	bool is_cut;            /* there are more rows than we read */
	TimestampTz changed_at; /* newest commit of a row; 0: not known */

	/* the column and its table */
	char *column_type;   /* as format_type prints it; NULL: no such column */
	int max_length;      /* in characters; -1: unlimited */
	bool has_unique_key; /* a primary key or unique index on just version_num */
	bool is_nullable;
	MhStrings extra_columns;
} MhVersionTable;

/*
 * Every version table of the database: relations of a project's version table
 * name in the schemas that the project names (or all), system schemas left
 * out, in order of schema and name.  Reads only what is safe: see version_table.c.
 * Never waits for a lock, never raises for a single table.
 */
extern List *mh_version_tables_find(List *projects); /* of MhVersionTable * */

/* The same without what has to be read from them: no table is opened or locked. */
extern List *mh_version_tables_list(List *projects); /* of MhVersionTable * */

/*
 * The one that the caller names.  Unlike discovery this also reads views,
 * foreign tables, custom types and tables with row security, as the caller,
 * through SPI.  Does not wait for a lock.  42P01 if there is no such relation.
 */
extern MhVersionTable *mh_version_table_read(Oid relation);

/*
 * What the catalogs say of a relation, without its rows and columns; access and the
 * like are not set.  Takes no lock.  42P01 if there is no such relation.
 */
extern MhVersionTable *mh_version_table_describe(Oid relation);

/*
 * Reads the rows anew from the heap, under the active snapshot: all of them, also those
 * that row security keeps from the caller.  For a writer that holds a lock on the table
 * and its children.  False, with access and reason set, where version_num is not a
 * stored text, of a built-in type or a domain over one, or a child is no table.
 */
extern bool mh_version_table_scan(MhVersionTable *table);

/*
 * What a version_table argument means to a reader: the one named, or all.
 */
extern List *mh_version_tables_argument(FunctionCallInfo fcinfo, int argno, List *projects);

/*
 * Those of the tables found among which a version_table argument of NULL chooses:
 * of project, where that is not NULL, and not a stranger's that cannot be read.
 */
extern List *mh_version_tables_of(List *projects, List *tables, const char *project);

/*
 * For functions that need exactly one: the one named, or the only one that is
 * there, restricted to those of project where that is not NULL.  NULL when there is
 * none; MH301, listing them, when there are several.  argno is negative where the
 * function has no such argument.
 */
extern MhVersionTable *mh_version_table_choose(FunctionCallInfo fcinfo, int argno, List *projects,
											   const char *project);

/* oid[] of version tables. */
extern Datum mh_version_table_oids(List *version_tables);

/* Schema-qualified name as SQL. */
extern char *mh_version_table_name(const MhVersionTable *table);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H */
