/*-------------------------------------------------------------------------
 *
 * remote.h
 *	  Connections to databases elsewhere, which PostgreSQL's foreign servers name.
 *
 * server.c: foreign servers, and who may use them. connection.c: one connection. facts.c: what is known
 * of it. run.c: several at the same time. query.c: one connection, one query after the other.
 *
 * What comes from there is untrusted. Each value is verified in the encoding of this database before
 * anybody sees it, the amount is limited, notices are dropped. An OID from there is a number without
 * meaning here: it must not meet a local cache.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_REMOTE_REMOTE_H
#define MIGHEAD_SERVER_REMOTE_REMOTE_H

#include "mighead.h"

#include "core/base/base.h"
#include "nodes/pg_list.h"

/* A foreign server, as the caller may use it. */
typedef struct MhRemoteServer
{
	char *name;
	char *database;        /* the option dbname; NULL: not given */
	bool needs_password;   /* the server has to ask for the password of the user mapping */
	bool uses_own_account; /* libpq may use files and environment of the server's account */
	MhError refusal;       /* why the caller may not connect; sqlstate NULL: he may */
	int n;
	const char **keywords; /* for libpq, in the server's encoding, with a NULL at the end */
	const char **values;
} MhRemoteServer;

/*
 * Returns the foreign servers of postgres_fdw and dblink_fdw whose name is LIKE pattern (UTF-8), for
 * which the current user has USAGE and a user mapping, by name. Raises 22025 for a malformed
 * pattern.
 */
extern List *mh_remote_servers(const char *pattern); /* of MhRemoteServer * */

/*
 * Returns the foreign server (name: UTF-8). Its refusal says if there is none (42704), it is of
 * another foreign-data wrapper (42809), or the current user has no USAGE (42501) or no user mapping
 * (42704).
 */
extern MhRemoteServer *mh_remote_server(const char *name);

typedef struct MhRemoteLimits
{
	int timeout;  /* milliseconds from the first attempt to connect; the whole conversation */
	int64 bytes;  /* of all values of all answers */
	int64 memory; /* that the process may take beside what it had; 0: as it comes */
} MhRemoteLimits;

typedef struct MhRemote MhRemote;

/*
 * Gets a row of an answer: UTF-8, NULL for NULL. The values are gone when it returns. It runs in the
 * memory context in which the connection was made, and must not raise because of a value.
 */
typedef void (*MhRemoteSink)(const char *const *values, void *into);

/* For queries with any number of columns: the sink asks mh_remote_columns. */
#define MH_ANY_COLUMNS (-1)

typedef struct MhRemoteQuery
{
	const char *text; /* in the encoding of this database */
	int n;            /* parameters: UTF-8, NULL for NULL. The text says their types: $1::text */
	const char *const *parameters;
	int columns; /* of the answer; any other number ends the connection, except for MH_ANY_COLUMNS */
	bool is_copy; /* COPY ... TO STDOUT of one column, which needs no planner: each line is a row */
	/* it has no parameters, and ends soon: the server need not see whether somebody waits for it */
	bool is_short;
	MhRemoteSink sink;
	void *into;
} MhRemoteQuery;

/*
 * Is called when a connection is ready for a query: once it is made, and after each answer. It asks
 * one with mh_remote_ask; if it asks none, the connection is closed.
 */
typedef void (*MhRemoteNext)(MhRemote *remote, void *into);

/*
 * Makes a connection, which mh_remote_run opens. It lives in the current memory context, and is
 * closed at the latest when that is reset: at the end of the statement, after an error or cancel,
 * and when the session is terminated.
 */
extern MhRemote *mh_remote_new(const MhRemoteServer *server, MhRemoteLimits limits,
							   MhRemoteNext next, void *into);

/*
 * Opens the connections and keeps them busy until all are closed, as many at the same time as is
 * polite. Can be interrupted. Raises nothing because of a server.
 *
 * In each there is one transaction, REPEATABLE READ and READ ONLY, with search_path, timeouts and
 * everything that texts depend on set by SET LOCAL. A query that fails is rolled back to a savepoint,
 * and the connection goes on.
 */
extern void mh_remote_run(List *remotes); /* of MhRemote * */

/* Asks a query. Only in MhRemoteNext. */
extern void mh_remote_ask(MhRemote *remote, const MhRemoteQuery *query);

/*
 * Returns why the last query failed: SQLSTATE, message and detail from there. NULL: it did not.
 */
extern const MhError *mh_remote_query_error(const MhRemote *remote);

/*
 * Returns why the connection could not be made or was lost: message "server "x" is unreachable", and
 * a detail. NULL: it was not.
 */
extern const MhError *mh_remote_failure(const MhRemote *remote);

/*
 * Keeps the connection open, in MhRemoteNext, which is not called again: mh_remote_query asks the next
 * queries, in the same transaction.
 */
extern void mh_remote_keep(MhRemote *remote);

/* Lets the server send more values than the limits said: so many bytes from now on. */
extern void mh_remote_allow(MhRemote *remote, int64 bytes);

/* Lets a function be called once when the connection could not go on.  It must not raise. */
extern void mh_remote_on_failure(MhRemote *remote, void (*failed)(void *into), void *into);

/* Returns the number of columns of the row that a sink gets. */
extern int mh_remote_columns(const MhRemote *remote);

/* Returns the version as PQserverVersion does, such as 150004; 0: not known yet. */
extern int mh_remote_version(const MhRemote *remote);

/* Returns the milliseconds from the first attempt to the end, or until now. */
extern int64 mh_remote_took(const MhRemote *remote);

/*
 * query.c: the same for one connection and one query after the other. The functions return NULL or
 * false and fill err, for mh_raise. They raise nothing because of the server. After a query that
 * failed others can be asked, unless mh_remote_failure() says that the connection was lost.
 */
extern MhRemote *mh_remote_open(const MhRemoteServer *server, MhRemoteLimits limits, MhError *err);
extern bool mh_remote_query(MhRemote *remote, const MhRemoteQuery *query, MhError *err);

/* Closes the connection. Harmless if it is closed. */
extern void mh_remote_close(MhRemote *remote);

/*
 * databases.c: returns the statements that make a foreign server and a user mapping for each other
 * database of the server that can be connected to. Raises nothing because of the server.
 */
extern bool mh_remote_database_servers(const char *server, MhRemoteLimits limits,
									   MhStrings *statements, MhError *err);

#endif /* MIGHEAD_SERVER_REMOTE_REMOTE_H */
