/*-------------------------------------------------------------------------
 *
 * version_table.h
 *	  Finds, reads, locks and writes version tables, and finds the sessions that use them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H
#define MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H

#include "core/diagnosis/diagnosis.h"
#include "server/scripts/scripts.h"
#include "mighead.h"
#include "core/guard/guard.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

typedef enum MhAccess
{
	MH_ACCESS_READ,       /* rows are there */
	MH_ACCESS_BUSY,       /* another session holds a conflicting lock */
	MH_ACCESS_UNREADABLE, /* not permitted, or not safe to read unless the caller names it */
	MH_ACCESS_GONE        /* dropped meanwhile */
} MhAccess;

typedef struct MhVersionTable
{
	Oid oid;
	char *schema;
	char *name;
	char relkind;
	Oid owner;
	bool is_trusted;   /* see mh_version_tables_list() */
	bool counts;       /* it is trusted, or none is, or the caller named it */
	bool is_temporary; /* of this session */
	bool is_shadowed;  /* its schema is on the search_path, behind another table with its name */
	bool is_named;     /* the caller named it */
	const struct MhElsewhere *there; /* NULL: of this database; else without OIDs (definitions.h) */

	MhAccess access;
	char *reason;        /* why the rows could not be read: a sentence */
	char *missing_grant; /* the grant that would allow reading; NULL: no grant would */
	bool can_be_named;   /* it can be read if the caller names it */
	MhRowSecurity row_security;

	MhStrings rows; /* in physical order, without NULL rows; UTF-8 */
	int null_rows;
	int long_rows;          /* rows of more than 1,000 bytes, which are left out */
	bool has_more_rows;     /* there are more than 1,000 rows; the others are left out */
	bool is_cut;            /* rows were left out */
	TimestampTz changed_at; /* newest commit of a row; 0: not known */

	/* the column version_num and its table */
	char *column_type;   /* as format_type prints it; NULL: no such column */
	int max_length;      /* in characters; -1: unlimited */
	bool has_unique_key; /* a primary key or unique index on just version_num */
	bool is_nullable;
	MhStrings extra_columns;
} MhVersionTable;

#define MH_VERSION_COLUMN "version_num"

/* Limits: no history has so many branches, and no id is so long. */
#define MH_MAX_ROWS 1000
#define MH_MAX_ROW_BYTES 1000

/*
 * Why the rows of a version table, here or elsewhere, could not be read.  Each sets access and reason
 * and returns false.
 */
extern bool mh_version_table_refuse(MhVersionTable *table, MhAccess access, char *reason);
extern bool mh_version_table_is_busy(MhVersionTable *table);
extern bool mh_version_table_is_absent(MhVersionTable *table); /* unlogged, on a standby */
extern bool mh_version_table_has_no_column(MhVersionTable *table);
extern bool mh_version_table_has_other_partition(MhVersionTable *table);

/* The role lacks a privilege.  kind: the word before the name in GRANT, with a space after it. */
extern bool mh_version_table_lacks(MhVersionTable *table, const char *role, const char *privilege,
								   const char *kind, const char *name);

/* The column version_num. */
typedef struct MhColumnFacts
{
	bool is_built_in_text;
	bool is_computed; /* when it is read */
} MhColumnFacts;

/* Returns why reading the table as the role is not safe unless the caller names it, or NULL. */
extern char *mh_version_table_unsafe(const MhVersionTable *table, MhColumnFacts column,
									 const char *role);

/* Counts a row that is too long to be shown. */
extern void mh_version_table_note_long_row(MhVersionTable *table);

/* Returns whether a relation is a version table by its name. */
extern bool mh_is_version_table(List *projects, const char *schema, const char *name);

/* Decides which tables are trusted beside those of trusted owners, and which count. */
extern void mh_version_tables_decide(List *projects, List *tables);

/* The names that version tables have. */
extern MhStrings mh_version_table_names(List *projects);

/*
 * Returns every version table of the database: the relations with a project's version table name in
 * the project's schemas (or in all schemas), without system schemas, ordered by schema and name.
 * Reads only what is safe: see rows.c.  Never waits for a lock and never raises an error
 * because of a single table.
 */
extern List *mh_version_tables_find(List *projects); /* of MhVersionTable * */

/*
 * As mh_version_tables_find, but opens and locks no table, so that rows and columns are not filled
 * in.
 *
 * Anybody can make a table called alembic_version.  A table is trusted if the caller runs its
 * owner's code anyway (mh_is_trusted_role), or if an administrator has vouched for it: it is
 * registered by mighead_project() with its schema, or it is watched.  If any table is trusted the
 * others are listed, but do not count.
 */
extern List *mh_version_tables_list(List *projects); /* of MhVersionTable * */

/*
 * Returns tables that look like a version table but belong to no project: one column, version_num,
 * of a built-in text type.  The owner must be trusted, because the reader is told to register the
 * table.  Returns the first few, in no order.  Reads only the catalogs; opens no table.
 */
extern List *mh_version_tables_by_form(List *projects); /* of MhVersionTable * */

/*
 * Reads the version table that the caller names.  Unlike mh_version_tables_find it also reads
 * views, foreign tables, custom types and tables with row security, as the caller, through SPI.
 * Does not wait for a lock.  Raises 42P01 if there is no such relation.
 */
extern MhVersionTable *mh_version_table_read(Oid relation);

/* As mh_version_table_read, and fills in is_trusted and counts (true). */
extern MhVersionTable *mh_version_table_named(Oid relation, List *projects);

/*
 * Describes a relation from the catalogs, without its rows and columns; access and the like are not
 * set.  Takes no lock.  Raises 42P01 if there is no such relation.
 */
extern MhVersionTable *mh_version_table_describe(Oid relation);

/*
 * Reads all rows anew from the heap with the active snapshot, also those that row security hides
 * from the caller.  For a writer that holds a lock on the table and its children.  Returns false,
 * with access and reason set, if version_num is not a stored text (of a built-in type or a domain
 * over one), or if a child is no table.
 */
extern bool mh_version_table_scan(MhVersionTable *table);

/*
 * Raises 40001 unless a table that was read still has the same rows with the newest snapshot, and
 * 55P03 if it is busy.  Reads it as the caller, in the way in which it was read before.
 */
extern void mh_version_table_recheck(const MhVersionTable *table);

/*
 * For readers that compared the rows with a schema which may be newer, because a migration has
 * committed meanwhile.  Reads the rows again with the newest snapshot, as before, and returns
 * whether they differ; the table then has the new ones.  If graph lacks one of them it is as after
 * mh_version_table_changing: the scripts may be too old as well.  Never waits for a lock; a table
 * that is gone has not changed.
 */
extern bool mh_version_table_catch_up(MhVersionTable *table, const MhGraph *graph);

/* Marks a table as busy because its rows change too fast to be compared. */
extern void mh_version_table_changing(MhVersionTable *table);

/* Number of times that a reader compares again because the rows changed meanwhile. */
#define MH_MOST_COMPARISONS 3

/* Returns the tables of a reader's version_table argument: the one named, or all. */
extern List *mh_version_tables_argument(FunctionCallInfo fcinfo, int argno, List *projects);

/*
 * Returns those of the tables among which a version_table argument of NULL chooses: those that
 * count and belong to project (NULL: to any).  An untrusted table that cannot be read is left out.
 */
extern List *mh_version_tables_of(List *projects, List *tables, const char *project);

/*
 * Returns the version table of a function that needs exactly one: the one named, or the only one of
 * project (NULL: of all).  NULL: there is none.  Raises MH301, listing them, if there are several.
 * argno is negative if the function has no version_table argument.
 */
extern MhVersionTable *mh_version_table_choose(FunctionCallInfo fcinfo, int argno, List *projects,
											   const char *project);

/* Returns the only table; NULL: there is none.  Raises MH301 if there are several.  where: " on ...". */
extern MhVersionTable *mh_version_table_only(List *tables, const char *where);

/* Returns an oid[] of version tables. */
extern Datum mh_version_table_oids(List *version_tables);

/* Returns the schema-qualified name as SQL. */
extern char *mh_version_table_name(const MhVersionTable *table);

/*
 * lock_key.c: the advisory lock of a project, which its migrations and the guarded writers take so
 * that only one of them runs at a time.
 */

/*
 * Returns the key of a project (name in UTF-8): the first eight bytes of SHA-256 of "mighead:" and
 * the name, read as a signed number with the highest byte first.  It is the same on every server
 * and in every release.  In Python:
 *
 *	int.from_bytes(hashlib.sha256(b"mighead:" + project.encode()).digest()[:8], "big",
 *				   signed=True)
 *
 * The database is not part of it, because advisory locks of different databases are separate.
 */
extern int64 mh_lock_key(const char *project);

/*
 * Takes the lock until the end of the transaction, without waiting.  Returns whether this session
 * holds it now.
 */
extern bool mh_lock_migrations(const char *project);

/*
 * sessions.c: sessions that use a version table or hold up its migrations, and other projects that
 * know its rows.
 */

typedef struct MhTableSession
{
	Oid version_table;
	MhSession session;
	char *client_address; /* NULL: connected through a Unix socket, or not known */
	int client_port;
} MhTableSession;

/*
 * Returns the other sessions that hold a lock on one of these version tables, ordered by pid.
 * Reads pg_locks and pg_stat_activity as the caller and takes no lock.  What the caller may not see
 * of a session is NULL.
 */
extern List *mh_sessions_find(List *version_tables); /* of MhTableSession * */

/*
 * The queries behind mh_sessions_find ($1: oid[]), mh_blockers_find ($1: integer[]), mh_lock_sessions_find and
 * mh_lock_waiters_find ($1: oid[], the halves of the key) and mh_lockers_find ($1: text[]), for a database
 * elsewhere.  Columns: OID of the version table, pid, application, state, seconds, is_exclusive,
 * is_migrating, blocked_by, address and port of the client.
 */
extern const char *const mh_sessions_query;
extern const char *const mh_blockers_query;
extern const char *const mh_lock_sessions_query;
extern const char *const mh_lock_waiters_query;
extern const char *const mh_lockers_query;
#define MH_SESSION_COLUMNS 10

/*
 * Returns the other sessions that hold the advisory lock with this key in this database, in the
 * same way.
 */
extern List *mh_lock_sessions_find(int64 key); /* of MhTableSession * */

/* Returns the sessions that wait for that lock, in the same way. */
extern List *mh_lock_waiters_find(int64 key); /* of MhTableSession * */

/*
 * mh_migrations_of returns the sessions with these pids, with is_migrating set.  mh_blockers_find
 * returns the sessions for which they wait, directly or through other sessions.
 */
extern List *mh_migrations_of(const List *pids);
extern List *mh_blockers_find(const List *pids);
/*
 * Returns the sessions that wait for the transactions of these pids directly, with is_migrating
 * set.  Sessions that wait for a row or in the queue of a table or of the migration lock are not
 * among them.
 */
extern List *mh_waiters_find(const List *pids);

/*
 * A session that holds a migration lock does not count as migrating after this many idle seconds.
 */
#define MH_LEAKED_AFTER 30

/*
 * being_made.c: returns the pids of other sessions that have created a table with the name of a
 * project's version table, in any schema, and have not committed it yet.  Leaves out tables of
 * an untrusted role in an untrusted schema.  Takes AccessShareLock on pg_class.
 */
extern List *mh_table_makers(List *projects);

/*
 * Returns the other sessions that hold ACCESS EXCLUSIVE on one of these relations (names as shown),
 * or on what it is made of.  Reads as mh_sessions_find.
 */
extern List *mh_lockers_find(const MhStrings *relations); /* of MhTableSession * */

/*
 * Returns the projects other than but whose scripts have a revision, current or not.  Reads
 * mighead.revision as the caller.
 */
extern MhStrings mh_projects_with_revision(const char *revision, const char *but);

/* schemas.c: finds schemas that hold tables of an application. */

/*
 * Returns the OIDs of the schemas that hold tables of an application: not of the system, of an
 * extension, or a version table.  Reads pg_class as the caller; takes no lock on the tables.
 */
extern List *mh_schemas_with_tables(List *version_tables);

/*
 * Returns those of schemas (schemas without a version table) that have at least half of the tables
 * of schema, compared by name: those with most, at most 20.  Reads pg_class as the caller.
 */
extern List *mh_schemas_alike(List *schemas, Oid schema); /* of Oid */

/*
 * held_locks.c: locks that other sessions hold in this database, on relations and on advisory keys.
 * They are read once.  If there are none, the queries above would find nobody and need not run.
 */
typedef struct MhHeldLocks MhHeldLocks;
extern MhHeldLocks *mh_held_locks_read(void);
extern bool mh_holds_any(const MhHeldLocks *held, const List *version_tables);
extern bool mh_holds_key(const MhHeldLocks *held, int64 key);

/* locks.c: sessions that migrate, sessions that block them, and sessions that wait for them. */

typedef struct MhLock
{
	int pid;          /* 0: a prepared transaction */
	const char *role; /* migrating, blocking or waiting */
	char *state;      /* as in pg_stat_activity; NULL here and below: not known, or not permitted */
	char *application;
	char *user;
	bool since_known;
	TimestampTz since; /* start of the wait if role is waiting, otherwise of the transaction */
	char *mode;        /* as in pg_locks */
	char *relation;    /* name as SQL, or a description of another locked object */
	Datum blocked_by;  /* int4[] */
	char *query;
	char *client_address; /* NULL also if connected through a Unix socket */
	int client_port;
} MhLock;

/*
 * Returns the sessions ordered by role, as above, then oldest first.  A session is migrating if it
 * holds a version table with more than a reader's lock, or reads it and does DDL elsewhere, or
 * holds the migration lock of a project.
 *
 * Reads pg_locks, pg_stat_activity and catalogs as the caller.  Locks none of the tables, waits for
 * nobody, and needs no privilege.  What the caller may not see of a session is NULL.
 */
extern List *mh_locks_find(List *projects); /* of MhLock * */

/* client_connection.c: finds connections whose client is gone, as far as the kernel tells. */

/* Clients that have closed their connection to this server. */
typedef struct MhClients
{
	MhStrings ends; /* addresses and ports as the kernel writes them */
} MhClients;

/*
 * Returns the clients that are gone.  A backend that runs a long statement does not notice that its
 * client has gone (client_connection_check_interval is off by default), but its connection is in
 * the state CLOSE_WAIT.  Linux shows that to everybody.  On other systems, for Unix sockets, and if
 * the client's machine went down without closing the connection, none are found.
 */
extern MhClients *mh_clients_gone(void);

/* Returns whether the client is among them.  address: as host(inet) writes it. */
extern bool mh_client_is_gone(const MhClients *clients, const char *address, int port);

/* write.c: locks a version table and writes its rows. */

/*
 * Returns whether a guarded writer is writing this relation right now.  The watch triggers ask: the
 * writer itself writes the journal's row, with the reason, and one change must be one row.  True
 * only while the writer's own statements run, and only for their table and its partitions.  So the
 * triggers still see what other triggers do to other version tables meanwhile.
 */
extern bool mh_is_own_write(Oid relation);

/*
 * Takes, without waiting and until the end of the transaction, the migration lock of the project
 * and ACCESS EXCLUSIVE on the version table and its children.
 *
 * Needs the privileges of LOCK TABLE as the caller: UPDATE, DELETE or TRUNCATE on the table, and
 * USAGE on its schema.  Raises 42501 without them, 42809 if it is no table, MH105 if another
 * session holds a lock, and 55000 if the table was renamed or dropped before the lock was taken.
 */
extern void mh_version_table_lock(const MhVersionTable *table, const MhWriting *writing);

/*
 * Raises 42501 if a write would run code of a role that the caller does not trust: triggers, rules,
 * policies, defaults, checks, index expressions.  Call it under the lock, which prevents that such
 * code is added meanwhile.
 */
extern void mh_version_table_check_code(const MhVersionTable *table);

/*
 * Describes the table and reads its rows anew, with the newest snapshot.  Call it under the lock.
 * Raises 42501 if the caller may not read the table or does not see every row because of row
 * security, 40001 if the transaction's own snapshot shows other rows, and 54000 if there are more
 * rows than a version table can have.
 */
extern void mh_version_table_reread(MhVersionTable *table, MhRowSet *rows);

/*
 * Executes a plan that was made from rows, as the caller and through SPI, so that privileges, row
 * security, triggers and replication apply.  purge: every row is deleted first.  Raises 27000 if a
 * statement did not write exactly its rows, or if the rows are not the plan's afterwards.
 */
extern void mh_version_table_write(const MhVersionTable *table, const MhRowSet *rows,
								   const MhStampPlan *plan, bool purge);

/* owner.c: which role shall own a new version table. */

/* The role that owns most tables of a schema. */
typedef struct MhSchemaOwner
{
	char *role;    /* as SQL */
	bool can_take; /* the caller may give it a table, and it may have one in the schema */
} MhSchemaOwner;

/*
 * Returns the role that owns most tables of the schema, or NULL if the schema has no table of an
 * application.  Reads catalogs as the caller; takes no lock on the tables.
 */
extern MhSchemaOwner *mh_schema_owner(const char *schema);

/*
 * elsewhere.c: returns whether Citus distributes the relation.  Citus lists such tables in
 * pg_catalog.pg_dist_partition and stores their rows elsewhere; the local heap is empty or old.
 * The catalog belongs to the superuser, as all of pg_catalog does.  Takes AccessShareLock on it
 * without waiting; returns false if it cannot.
 */
extern bool mh_is_distributed(Oid relation);

/*
 * Returns whether this database is a worker of Citus, to which a coordinator sends its objects.
 * Takes AccessShareLock on pg_catalog.pg_dist_local_group without waiting.
 */
extern bool mh_is_worker(void);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H */
