/*-------------------------------------------------------------------------
 *
 * version_table.h
 *	  Finding and reading the tables in which Alembic keeps its rows.
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
	bool is_trusted;   /* see mh_version_tables_list() */
	bool counts;       /* it is trusted, or none is, or the caller named it */
	bool is_temporary; /* of this session */
	bool is_shadowed;  /* its schema is on the search_path, behind another of its name */

	MhAccess access;
	char *reason;        /* a sentence, where rows could not be read */
	char *missing_grant; /* the statement that would allow it; NULL: it is not that */
	bool can_be_named;   /* it is read where the caller names it */
	MhRowSecurity row_security;

	MhStrings rows; /* physical order, NULL rows left out; UTF-8 */
	int null_rows;
	int long_rows;          /* more than 1,000 bytes: left out */
	bool has_more_rows;     /* than 1,000: left out */
	bool is_cut;            /* something was left out: rows are not all that is there */
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
 * out, in order of schema and name.  Reads only what is safe: see rows.c.
 * Never waits for a lock, never raises for a single table.
 */
extern List *mh_version_tables_find(List *projects); /* of MhVersionTable * */

/*
 * The same without what has to be read from them: no table is opened or locked.
 *
 * Anybody may make a table called alembic_version.  One is trusted if the caller runs its
 * owner's code anyway (mh_is_trusted_role), or if an administrator has vouched for it: it is
 * registered by mighead_project() with its schema, or watched.  Where one is trusted the
 * others are listed, and count for nothing.
 */
extern List *mh_version_tables_list(List *projects); /* of MhVersionTable * */

/*
 * Tables of no project that have the form of a version table: one column, version_num, of a
 * built-in text type; and a trusted owner, because whoever reads of them is told to register
 * them.  The first few, in no order.  From the catalogs alone: nothing is opened.
 */
extern List *mh_version_tables_by_form(List *projects); /* of MhVersionTable * */

/*
 * The one that the caller names.  Unlike discovery this also reads views,
 * foreign tables, custom types and tables with row security, as the caller,
 * through SPI.  Does not wait for a lock.  42P01 if there is no such relation.
 */
extern MhVersionTable *mh_version_table_read(Oid relation);

/* The same, with what its project knows: whether it is trusted, and that it counts. */
extern MhVersionTable *mh_version_table_named(Oid relation, List *projects);

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
 * of project, where that is not NULL, that count, and not a stranger's that cannot be read.
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

/*
 * lock_key.c: the advisory lock that migrations of one project and the guarded writers take, so that there is one at a time.
 */

/*
 * The key of a project (UTF-8): the first eight bytes of SHA-256 of "mighead:" and the
 * project's name, read as a signed number with the highest byte first.  The same on
 * every server and release; in Python:
 *
 *	int.from_bytes(hashlib.sha256(b"mighead:" + project.encode()).digest()[:8], "big",
 *				   signed=True)
 *
 * PostgreSQL keeps advisory locks apart by database, so the database is not part of it.
 */
extern int64 mh_lock_key(const char *project);

/*
 * Takes the lock to the end of the transaction, without waiting; true also where this
 * session holds it already.
 */
extern bool mh_lock_migrations(const char *project);

/*
 * sessions.c: what stands around a version table: sessions that use it, tables beside it, other projects that know its rows.
 */

typedef struct MhTableSession
{
	Oid version_table;
	MhSession session;
	char *client_address; /* NULL: through a Unix socket, or not known */
	int client_port;
} MhTableSession;

/*
 * Other sessions that hold a lock on one of these version tables, by pid.  Reads
 * pg_locks and pg_stat_activity as the caller, takes no lock; what the caller may
 * not see of a session is NULL.
 */
extern List *mh_sessions_find(List *version_tables); /* of MhTableSession * */

/* Other sessions that hold the advisory lock of this key in this database; likewise. */
extern List *mh_lock_sessions_find(int64 key); /* of MhTableSession * */

/* Sessions that wait for that lock; likewise. */
extern List *mh_lock_waiters_find(int64 key); /* of MhTableSession * */

/* These sessions, as migrating ones; and those that they wait for, at first or second hand. */
extern List *mh_migrations_of(const List *pids);
extern List *mh_blockers_find(const List *pids);
/* Sessions that wait for these, at first hand; as migrating ones. */
extern List *mh_waiters_find(const List *pids);

/* A session that holds a migration lock and has been idle for so many seconds migrates no more. */
#define MH_LEAKED_AFTER 30

/*
 * being_made.c: pids of other sessions that have made a table by the name of a project's
 * version table, in any schema, and have not committed it yet.  Not of a role that is not trusted in
 * a schema that is not either.
 */
extern List *mh_table_makers(List *projects);

/* Other sessions that hold ACCESS EXCLUSIVE on one of these relations (as shown), or on what it is made of; likewise. */
extern List *mh_lockers_find(const MhStrings *relations); /* of MhTableSession * */

/* The other projects whose scripts have a revision, current or not. */
extern MhStrings mh_projects_with_revision(const char *revision, const char *but);

/* schemas.c: schemas that hold tables of an application. */

/*
 * OIDs of the schemas that hold tables of an application: not of the system, of an
 * extension, or a version table.  As the caller; takes no lock on them.
 */
extern List *mh_schemas_with_tables(List *version_tables);

/*
 * Schemas without a version table, of those given, that have at least half of the tables of
 * this one, by their names.  Those with most, at most 20.
 */
extern List *mh_schemas_alike(List *schemas, Oid schema); /* of Oid */

/*
 * held_locks.c: what sessions but this one hold of this database's locks, on relations or, as migration
 * locks, on keys.  Read once; without any, the queries above find nobody, and need not be asked.
 */
typedef struct MhHeldLocks MhHeldLocks;
extern MhHeldLocks *mh_held_locks_read(void);
extern bool mh_holds_any(const MhHeldLocks *held, const List *version_tables);
extern bool mh_holds_key(const MhHeldLocks *held, int64 key);

/* locks.c: sessions that migrate, those that hold them up, and those that wait for them. */

typedef struct MhLock
{
	int pid;          /* 0: a prepared transaction */
	const char *role; /* migrating, blocking or waiting */
	char *state;      /* of pg_stat_activity; NULL here and below: not known or not allowed */
	char *application;
	char *user;
	bool since_known;
	TimestampTz since; /* begin of the wait of who waits, else of the transaction */
	char *mode;        /* as in pg_locks */
	char *relation;    /* name as SQL, or what else is locked */
	Datum blocked_by;  /* int4[] */
	char *query;
	char *client_address; /* NULL also: connected through a Unix socket */
	int client_port;
} MhLock;

/*
 * By role in the order above, then oldest first.  A session migrates that holds a version
 * table beyond reading it, or reads it and does DDL elsewhere, or holds the migration lock of
 * a project.  Reads pg_locks, pg_stat_activity and catalogs as the caller.  Locks none of
 * the tables, waits for nobody, and needs no privilege: what the caller may not see of a
 * session is NULL.
 */
extern List *mh_locks_find(List *projects); /* of MhLock * */

/* client_connection.c: connections whose client is gone, as far as the kernel tells. */

/* Far ends that have closed their connection with this server. */
typedef struct MhClients
{
	MhStrings ends; /* as the kernel writes them */
} MhClients;

/*
 * A backend that works on a long statement does not notice that its client has gone
 * (client_connection_check_interval is off by default), but the connection is in the
 * state CLOSE_WAIT.  Linux shows that to everybody; elsewhere, through a Unix socket, and
 * where the client's machine went without a word, nothing is known and none are found.
 */
extern MhClients *mh_clients_gone(void);

/* address: as host(inet) writes it. */
extern bool mh_client_is_gone(const MhClients *clients, const char *address, int port);

/* write.c: locking a version table and writing its rows. */

/*
 * Is a guarded writer writing this relation right now?  Triggers on it ask: the writer
 * puts its own row into the journal, with the reason, and one change is one row.  Only
 * true while the writer's own statements run, and only for their table and its
 * partitions, so that what triggers of others do to other version tables at that time is
 * still seen.
 */
extern bool mh_is_own_write(Oid relation);

/*
 * Takes, without waiting and to the end of the transaction, the migration lock of the
 * project and ACCESS EXCLUSIVE on the version table and its children.
 *
 * Privileges: those of LOCK TABLE (UPDATE, DELETE or TRUNCATE on the table, USAGE on its
 * schema), as the caller; 42501.  42809 where it is no table, MH105 where another session
 * is in the way, 55000 where the table was renamed or dropped before the lock was there.
 */
extern void mh_version_table_lock(const MhVersionTable *table, const MhWriting *writing);

/*
 * 42501 where a write would run code of a role that the caller does not trust: triggers, rules,
 * policies, defaults, checks, index expressions.  Under the lock, which keeps such code from
 * being added meanwhile.
 */
extern void mh_version_table_check_code(const MhVersionTable *table);

/*
 * Describes the table and reads its rows anew, as the newest snapshot shows them, under
 * the lock.  42501 where the caller may not read it, or does not see every row because of
 * row security; 40001 where the transaction has a snapshot of its own that shows other
 * rows; 54000 for more rows than a version table has.
 */
extern void mh_version_table_reread(MhVersionTable *table, MhRowSet *rows);

/*
 * Carries out a plan made from rows, as the caller and through SPI, so that privileges, row
 * security, triggers and replication hold.  purge: every row goes first, whatever it
 * is.  27000 where a statement did not write just the rows that it had to, or where the
 * rows are not the plan's afterwards.
 */
extern void mh_version_table_write(const MhVersionTable *table, const MhRowSet *rows,
								   const MhStampPlan *plan, bool purge);

/* owner.c: whose a new version table shall be. */

/* The role that owns most tables of a schema. */
typedef struct MhSchemaOwner
{
	char *role;    /* as SQL */
	bool can_take; /* the caller may give it a table, and it may have one in the schema */
} MhSchemaOwner;

/*
 * NULL where the schema has no table of an application.  Reads catalogs as the caller; takes no
 * lock on the tables.
 */
extern MhSchemaOwner *mh_schema_owner(const char *schema);

/*
 * elsewhere.c.  Citus keeps the rows of the tables in pg_catalog.pg_dist_partition elsewhere, and what
 * the heap here has is empty or old.  The catalog is the superuser's, as all of pg_catalog.
 * AccessShareLock on it, not waited for.
 */
extern bool mh_is_distributed(Oid relation);

/* Is this database a worker of Citus, to which a coordinator sends its objects?  Likewise. */
extern bool mh_is_worker(void);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_H */
