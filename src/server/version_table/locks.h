/*-------------------------------------------------------------------------
 *
 * locks.h
 *	  Sessions that migrate, those that hold them up, and those that wait for them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_LOCKS_H
#define MIGHEAD_SERVER_VERSION_TABLE_LOCKS_H

#include "mighead.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

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

#endif /* MIGHEAD_SERVER_VERSION_TABLE_LOCKS_H */
