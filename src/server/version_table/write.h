/*-------------------------------------------------------------------------
 *
 * write.h
 *	  Locking a version table and writing its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_SERVER_VERSION_TABLE_WRITE_H
#define MIGHEAD_SERVER_VERSION_TABLE_WRITE_H

#include "server/version_table/version_table.h"
#include "core/guard/guards.h"

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

#endif /* MIGHEAD_SERVER_VERSION_TABLE_WRITE_H */
