/*-------------------------------------------------------------------------
 *
 * write.c
 *	  Locks a version table and writes its rows.
 *
 * Alembic holds only ACCESS SHARE on the version table while it does its DDL, so only ACCESS
 * EXCLUSIVE conflicts with it.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "server/base/inheritors.h"
#include "server/base/trust.h"
#include "core/base/wording.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/*
 * The table being written, or InvalidOid.  A trigger gets only the relation and its rows, so it can
 * learn this in no other way.  Set and restored within one C function, also after an error.
 */
static Oid table_being_written = InvalidOid;

bool
mh_is_own_write(Oid relation)
{
	if (!OidIsValid(table_being_written))
		return false;
	return relation == table_being_written ||
		   list_member_oid(mh_find_inheritors(table_being_written), relation);
}

/* ---------- locking ---------- */

static void
check_kind(const MhVersionTable *table)
{
	if (table->relkind != RELKIND_RELATION && table->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s is not a table", mh_from_utf8(mh_version_table_name(table))),
						errdetail_relkind_not_supported(table->relkind)));
}

/* Checks the privileges: a role that may not write the table must not be able to lock it either. */
static void
check_lock_privilege(const MhVersionTable *table)
{
	Oid schema = get_rel_namespace(table->oid);
	AclResult result;

	if (!OidIsValid(schema))
		return;
	result = object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_SCHEMA, get_namespace_name(schema));
	result = pg_class_aclcheck(table->oid, GetUserId(), ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, get_relkind_objtype(table->relkind), mh_from_utf8(table->name));
}

pg_noreturn static void
raise_busy(const MhWriting *writing, bool is_migration_lock, List *found)
{
	const MhSession **sessions = palloc(Max(list_length(found), 1) * sizeof(MhSession *));
	MhError err = MH_NO_ERROR;
	ListCell *cell;
	int n = 0;

	foreach (cell, found)
		sessions[n++] = &((MhTableSession *) lfirst(cell))->session;
	mh_guard_busy(writing, is_migration_lock, sessions, n, &err);
	mh_raise(&err);
}

/* Locks the table first: its children do not change once it is locked. */
static bool
lock_with_children(Oid relation)
{
	ListCell *cell;

	if (!ConditionalLockRelationOid(relation, AccessExclusiveLock))
		return false;
	foreach (cell, mh_find_inheritors(relation))
	{
		if (lfirst_oid(cell) != relation &&
			!ConditionalLockRelationOid(lfirst_oid(cell), AccessExclusiveLock))
			return false;
	}
	return true;
}

/* Raises 55000 if the relation, which was locked by OID, no longer has its name. */
static void
check_name(const MhVersionTable *table)
{
	char *name = get_rel_name(table->oid);
	char *schema = name == NULL ? NULL : get_namespace_name(get_rel_namespace(table->oid));

	if (schema == NULL || strcmp(mh_to_utf8(name), table->name) != 0 ||
		strcmp(mh_to_utf8(schema), table->schema) != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("version table %s was renamed or dropped meanwhile",
							   mh_from_utf8(mh_version_table_name(table))),
						errhint("Look again which version table there is.")));
}

void
mh_version_table_lock(const MhVersionTable *table, const MhWriting *writing)
{
	check_kind(table);
	check_lock_privilege(table);
	if (!mh_lock_migrations(writing->project))
		raise_busy(writing, true, mh_lock_sessions_find(mh_lock_key(writing->project)));
	if (!lock_with_children(table->oid))
		raise_busy(writing, false,
				   mh_sessions_find(list_make1(unconstify(MhVersionTable *, table))));
	check_name(table);
}

void
mh_version_table_check_code(const MhVersionTable *table)
{
	char *found = mh_distrust_writing(table->oid);
	char *owner = GetUserNameFromId(table->owner, false);

	if (found != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a write to version table %s would run code of others as you",
						mh_from_utf8(mh_version_table_name(table))),
				 errdetail("It would run %s.", mh_from_utf8(found)),
				 errhint("Run this as role %s, which owns the table, or drop what would run.",
						 mh_quote_identifier(owner))));
}

/* ---------- reading under the lock ---------- */

static MhRowSet
row_set_of(const MhVersionTable *table)
{
	MhRowSet rows = {table->rows, table->null_rows};

	return rows;
}

/* Returns every row that a snapshot shows, without checks of privileges. */
static MhRowSet
scan(const MhVersionTable *table, Snapshot snapshot)
{
	MhVersionTable all = *table;

	PushActiveSnapshot(snapshot);
	if (!mh_version_table_scan(&all))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("version table %s cannot be written",
							   mh_from_utf8(mh_version_table_name(table))),
						all.reason ? errdetail_internal("%s", mh_from_utf8(all.reason)) : 0));
	PopActiveSnapshot();
	return row_set_of(&all);
}

static void
check_readable(const MhVersionTable *table)
{
	char *name = mh_from_utf8(mh_version_table_name(table));

	if (table->access != MH_ACCESS_READ)
		ereport(ERROR, (errcode(table->column_type == NULL ? ERRCODE_WRONG_OBJECT_TYPE
														   : ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("version table %s cannot be read", name),
						table->reason ? errdetail_internal("%s", mh_from_utf8(table->reason)) : 0));
	if (table->is_cut)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s has rows that no migration writes", name),
				 errdetail("It has more than 1,000 rows, or values longer than 1,000 bytes.")));
}

/* Describes the table as the caller sees it with the newest snapshot. */
static void
describe_anew(MhVersionTable *table)
{
	PushActiveSnapshot(GetLatestSnapshot());
	*table = *mh_version_table_read(table->oid);
	PopActiveSnapshot();
	check_readable(table);
}

void
mh_version_table_reread(MhVersionTable *table, MhRowSet *rows)
{
	MhRowSet all;
	MhRowSet own;

	describe_anew(table);
	*rows = row_set_of(table);
	all = scan(table, GetLatestSnapshot());
	if (!mh_row_sets_equal(rows, &all))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row security hides rows of version table %s from role \"%s\"",
						mh_from_utf8(mh_version_table_name(table)),
						GetUserNameFromId(GetUserId(), false)),
				 errhint("Call this as a role that sees every row, such as the table's owner.")));
	if (!IsolationUsesXactSnapshot())
		return;
	own = scan(table, GetTransactionSnapshot());
	if (!mh_row_sets_equal(rows, &own))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to concurrent update of version "
							   "table %s",
							   mh_from_utf8(mh_version_table_name(table))),
						errhint("Try the transaction again.")));
}

/* ---------- writing ---------- */

/*
 * Returns the condition for one row with exactly this text, whatever type and collation the column
 * has; for one row only if there are two.
 */
static char *
one_row_of(const char *table)
{
	return psprintf("(tableoid, ctid) OPERATOR(pg_catalog.=) (SELECT tableoid, ctid FROM %s"
					" WHERE version_num IS NOT NULL AND pg_catalog.format('%%s', version_num)"
					" OPERATOR(pg_catalog.=) $1 COLLATE pg_catalog.\"C\" LIMIT 1)",
					table);
}

/*
 * Runs a statement.  Its names are qualified by construction, because triggers run with the
 * caller's own search_path.
 */
static void
run_statement(const MhVersionTable *table, const char *statement, int n, const char *const *values,
			  uint64 expected)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum datums[2];
	int result;

	for (int i = 0; i < n; i++)
		datums[i] = mh_text_datum(values[i]);
	SPI_connect();
	result = SPI_execute_with_args(statement, n, types, datums, NULL, false, 0);
	if (result < 0)
		elog(ERROR, "could not write the version table: %s", SPI_result_code_string(result));
	if (SPI_processed != expected)
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
						errmsg("expected to write " UINT64_FORMAT " row(s) of version table %s, "
							   "but wrote " UINT64_FORMAT,
							   expected, mh_from_utf8(mh_version_table_name(table)),
							   (uint64) SPI_processed),
						errdetail("A trigger, a rule or row security stood in the way.")));
	SPI_finish();
}

static void
write_step(const MhVersionTable *table, const MhStampStep *step)
{
	char *name = mh_from_utf8(mh_version_table_name(table));
	const char *values[2] = {step->from_revision, step->to_revision};

	switch (step->action)
	{
		case MH_STAMP_INSERT:
			run_statement(table, psprintf("INSERT INTO %s (version_num) VALUES ($1)", name), 1,
						  &values[1], 1);
			break;
		case MH_STAMP_UPDATE:
			run_statement(
				table, psprintf("UPDATE %s SET version_num = $2 WHERE %s", name, one_row_of(name)),
				2, values, 1);
			break;
		case MH_STAMP_DELETE:
			run_statement(table, psprintf("DELETE FROM %s WHERE %s", name, one_row_of(name)), 1,
						  values, 1);
			break;
	}
}

static void
write_plan(const MhVersionTable *table, const MhRowSet *rows, const MhStampPlan *plan, bool purge)
{
	if (purge && rows->texts.n + rows->nulls > 0)
		run_statement(table, psprintf("DELETE FROM %s", mh_from_utf8(mh_version_table_name(table))),
					  0, NULL, rows->texts.n + rows->nulls);
	for (int i = 0; i < plan->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		/* these rows were deleted already */
		if (!purge || plan->steps[i].action != MH_STAMP_DELETE)
			write_step(table, &plan->steps[i]);
	}
}

/* Checks the rows, which triggers, or types that pad or fold, may have changed. */
static void
check_result(const MhVersionTable *table, const MhRowSet *wanted)
{
	MhRowSet written = scan(table, GetLatestSnapshot());

	if (!mh_row_sets_equal(&written, wanted))
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("the rows of version table %s are not those that were written",
						mh_from_utf8(mh_version_table_name(table))),
				 errdetail("They are %s instead of %s.",
						   mh_from_utf8(mh_array_literal(&written.texts, written.nulls)),
						   mh_from_utf8(mh_array_literal(&wanted->texts, wanted->nulls))),
				 errhint("Look at the table's triggers, rules and the type of version_num.")));
}

void
mh_version_table_write(const MhVersionTable *table, const MhRowSet *rows, const MhStampPlan *plan,
					   bool purge)
{
	MhRowSet wanted = {plan->rows_after, purge ? 0 : rows->nulls};
	Oid outer = table_being_written;

	table_being_written = table->oid;
	PG_TRY();
	{
		write_plan(table, rows, plan, purge);
	}
	PG_FINALLY();
	{
		table_being_written = outer;
	}
	PG_END_TRY();
	check_result(table, &wanted);
}
