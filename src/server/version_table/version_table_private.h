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

#include "catalog/pg_attribute.h"

/* rows.c */

/*
 * Returns whether the type is text, varchar, char or name, whose values are read without running
 * anybody's code.
 */
extern bool mh_is_built_in_text(Oid type);

/* As mh_version_table_read_rows, for a table that is locked. */
extern void mh_version_table_read_locked(MhVersionTable *table, bool named);

/*
 * Returns whether the caller may read the column.  Checks as the executor does, without its error.
 */
extern bool mh_version_table_check_privileges(MhVersionTable *table, Oid schema, AttrNumber column);

/* Fills in what is known of the column version_num. */
extern void mh_version_table_describe_column(MhVersionTable *table, Form_pg_attribute column);

/* Returns whether no more rows are taken, and notes that there are more. */
extern bool mh_version_table_is_full(MhVersionTable *table);

/* Adds a row of a built-in text type.  Returns false if it cannot be read. */
extern bool mh_version_table_add_row(MhVersionTable *table, Datum value, bool is_null, Oid type);

/* Forgets the rows read so far. */
extern void mh_version_table_forget_rows(MhVersionTable *table);

/* Stores when the newest row was committed, if the server tracks commit times. */
extern void mh_version_table_note_commit(MhVersionTable *table, TransactionId xmin);

/* plain_table.c */

/*
 * Describes the table and reads its rows.  named: the caller asked for this relation, so what a
 * scan cannot read is read through SPI, with his privileges.  Raises no error because of the table.
 * Never waits: AccessShareLock is taken conditionally, and given back.
 */
extern void mh_version_table_read_rows(MhVersionTable *table, bool named);

#endif /* MIGHEAD_SERVER_VERSION_TABLE_VERSION_TABLE_PRIVATE_H */
