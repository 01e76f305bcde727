/*-------------------------------------------------------------------------
 *
 * version_table_private.h
 *	  Declarations that finding version tables and reading one share. Private to this folder.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_PRIVATE_H
#define MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_PRIVATE_H

#include "server/version_table/version_table.h"

/* rows.c */

/*
 * Returns whether the type is text, varchar, char or name, whose values are read without running
 * anybody's code.
 */
extern bool mh_is_built_in_text(Oid type);

/*
 * Describes the table and reads its rows.  named: the caller asked for this relation, so what a
 * scan cannot read is read through SPI, with his privileges.  Raises no error because of the table.
 * Never waits: AccessShareLock is taken conditionally, and given back.
 */
extern void mh_version_table_read_rows(MhVersionTable *table, bool named);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_PRIVATE_H */
