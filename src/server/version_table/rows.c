/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Describes one version table and reads its rows.
 *
 * Discovery must expect attacks: any user may own a table called alembic_version, and the caller is
 * often a superuser.  Planning a mere SELECT already runs the owner's code, because the planner
 * folds constants in index predicates and partition keys.  So discovery never plans.  It checks
 * privileges and row security itself and scans the heap, which calls no code of the owner.  It
 * reads ordinary and partitioned tables whose version_num has a built-in text type.  Everything
 * else is listed as unreadable, and is read through SPI, as the caller, only if the caller names
 * it.
 *
 * No lock is waited for.  AccessShareLock is taken conditionally and given back once the rows are
 * copied, so that a long monitoring transaction never blocks a migration.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table_private.h"

#include "access/commit_ts.h"
#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "server/base/expression_size.h"
#include "server/base/inheritors.h"
#include "server/base/trust.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

char *
mh_version_table_name(const MhVersionTable *table)
{
	return mh_quote_qualified_identifier(table->schema, table->name);
}

bool
mh_version_table_refuse(MhVersionTable *table, MhAccess access, char *reason)
{
	table->access = access;
	table->reason = reason;
	return false;
}

bool
mh_version_table_is_busy(MhVersionTable *table)
{
	return mh_version_table_refuse(
		table, MH_ACCESS_BUSY,
		psprintf("Another session holds a lock on %s.", mh_version_table_name(table)));
}

static bool
has_policies(Oid relation)
{
	Relation catalog = table_open(PolicyRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool found;

	ScanKeyInit(&key, Anum_pg_policy_polrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, PolicyPolrelidPolnameIndexId, true, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

/* Describes row security from the catalogs alone, so also for a table that may not be read. */
static void
describe_row_security(MhVersionTable *table, Relation relation)
{
	MhRowSecurity *security = &table->row_security;

	security->is_enabled = relation->rd_rel->relrowsecurity;
	if (!security->is_enabled)
		return;
	security->is_forced = relation->rd_rel->relforcerowsecurity;
	security->has_policies = has_policies(table->oid);
	security->applies = check_enable_rls(table->oid, InvalidOid, true) == RLS_ENABLED;
	security->owner_is_exempt = has_bypassrls_privilege(table->owner);
}

static char *
caller_name(void)
{
	return mh_to_utf8(GetUserNameFromId(GetUserId(), false));
}

bool
mh_version_table_lacks(MhVersionTable *table, const char *role, const char *privilege,
					   const char *kind, const char *name)
{
	table->missing_grant =
		psprintf("GRANT %s ON %s%s TO %s", privilege, kind, name, mh_quote_identifier(role));
	return mh_version_table_refuse(table, MH_ACCESS_UNREADABLE,
								   psprintf("Role \"%s\" lacks %s on %s%s.", role, privilege,
											kind[0] == '\0' ? "" : "schema ", name));
}

bool
mh_version_table_check_privileges(MhVersionTable *table, Oid schema, AttrNumber column)
{
	bool missing = false;

	/* three looks into the catalogs for each tenant, of which nothing would come */
	if (superuser())
		return true;
	if (!mh_may_use_schema(schema, GetUserId(), ACL_USAGE))
		return mh_version_table_lacks(table, caller_name(), "USAGE", "SCHEMA ",
									  mh_quote_identifier(table->schema));
	if (pg_class_aclcheck_ext(table->oid, GetUserId(), ACL_SELECT, &missing) == ACLCHECK_OK)
		return true;
	if (!missing && pg_attribute_aclcheck_ext(table->oid, column, GetUserId(), ACL_SELECT,
											  &missing) == ACLCHECK_OK)
		return true;
	if (missing)
		return mh_version_table_refuse(table, MH_ACCESS_GONE, NULL);
	return mh_version_table_lacks(table, caller_name(), "SELECT", "", mh_version_table_name(table));
}

/* Returns whether there is a valid, not partial unique index on just this column. */
static bool
has_unique_key(Relation relation, AttrNumber column)
{
	ListCell *cell;
	bool found = false;

	foreach (cell, RelationGetIndexList(relation))
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index index;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		found |= index->indisunique && index->indisvalid && index->indnkeyatts == 1 &&
				 index->indkey.values[0] == column &&
				 heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
		ReleaseSysCache(tuple);
	}
	return found;
}

/* In characters; -1: unlimited. */
static int
max_length(Form_pg_attribute column)
{
	int32 modifier = column->atttypmod;
	Oid type = getBaseTypeAndTypmod(column->atttypid, &modifier);

	if (type == NAMEOID)
		return NAMEDATALEN - 1;
	if (type == VARCHAROID || type == BPCHAROID)
		return modifier < 0 ? -1 : modifier - VARHDRSZ;
	return -1;
}

/* From the relation, which is open: one more catalog would have to be asked for each tenant. */
static AttrNumber
find_version_column(Relation relation)
{
	TupleDesc descriptor = RelationGetDescr(relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (!column->attisdropped && strcmp(NameStr(column->attname), MH_VERSION_COLUMN) == 0)
			return column->attnum;
	}
	return InvalidAttrNumber;
}

void
mh_version_table_describe_column(MhVersionTable *table, Form_pg_attribute column)
{
	table->column_type = mh_to_utf8(format_type_with_typemod(column->atttypid, column->atttypmod));
	table->max_length = max_length(column);
	table->is_nullable = !column->attnotnull;
}

static void
describe_columns(MhVersionTable *table, Relation relation, AttrNumber version_column)
{
	TupleDesc descriptor = RelationGetDescr(relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (column->attisdropped)
			continue;
		if (column->attnum != version_column)
		{
			mh_strings_add(&table->extra_columns, mh_to_utf8(NameStr(column->attname)));
			continue;
		}
		mh_version_table_describe_column(table, column);
	}
	table->has_unique_key = has_unique_key(relation, version_column);
}

bool
mh_is_built_in_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == NAMEOID;
}

char *
mh_version_table_unsafe(const MhVersionTable *table, MhColumnFacts column, const char *role)
{
	if (table->relkind != RELKIND_RELATION && table->relkind != RELKIND_PARTITIONED_TABLE)
		return psprintf("%s is not a table, and is read only where a caller names it.",
						mh_version_table_name(table));
	if (!column.is_built_in_text)
		return psprintf("Column " MH_VERSION_COLUMN
						" of %s is of type %s, and is read only where a "
						"caller names the table.",
						mh_version_table_name(table), table->column_type);
	if (column.is_computed)
		return psprintf("Column " MH_VERSION_COLUMN " of %s is computed when it is read, and is "
						"read only where a caller names the table.",
						mh_version_table_name(table));
	if (table->row_security.applies)
		return psprintf("Row security of %s applies to role \"%s\", and could hide rows.",
						mh_version_table_name(table), role);
	return NULL;
}

/* Returns why an ordinary read is not safe, or NULL. */
static char *
why_unsafe(const MhVersionTable *table, Relation relation, AttrNumber column)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), column - 1);
	MhColumnFacts facts = {.is_built_in_text = mh_is_built_in_text(attribute->atttypid),
						   .is_computed = attribute->attgenerated != '\0' &&
										  attribute->attgenerated != ATTRIBUTE_GENERATED_STORED};

	return mh_version_table_unsafe(table, facts,
								   table->row_security.applies ? caller_name() : NULL);
}

void
mh_version_table_note_commit(MhVersionTable *table, TransactionId xmin)
{
	TimestampTz committed;

	/* a standby may have the setting without the data, and reading it would raise an error */
	if (!track_commit_timestamp || RecoveryInProgress())
		return;
	if (TransactionIdIsNormal(xmin) && TransactionIdGetCommitTsData(xmin, &committed, NULL))
		table->changed_at = Max(table->changed_at, committed);
}

void
mh_version_table_note_long_row(MhVersionTable *table)
{
	table->long_rows++;
	table->is_cut = true;
}

bool
mh_version_table_is_full(MhVersionTable *table)
{
	if (table->rows.n + table->null_rows + table->long_rows < MH_MAX_ROWS)
		return false;
	table->has_more_rows = table->is_cut = true;
	return true;
}

bool
mh_version_table_add_row(MhVersionTable *table, Datum value, bool is_null, Oid type)
{
	char *row;

	if (is_null)
	{
		table->null_rows++;
		return true;
	}
	if (type != NAMEOID && toast_raw_datum_size(value) > (Size) MH_MAX_ROW_BYTES + VARHDRSZ)
	{
		/* not decompressed: a page can hold megabytes of one letter */
		mh_version_table_note_long_row(table);
		return true;
	}
	if (type == NAMEOID)
		row = NameStr(*DatumGetName(value));
	else if (VARATT_IS_EXTERNAL(DatumGetPointer(value)))
		/* its TOAST table may be locked, and no id is that long */
		return mh_version_table_refuse(
			table, MH_ACCESS_UNREADABLE,
			psprintf("A value in %s is stored out of line, which no revision id is.",
					 mh_version_table_name(table)));
	else
		row = TextDatumGetCString(value);
	mh_strings_add(&table->rows, mh_to_utf8(row));
	return true;
}

/* Appends the rows of one heap.  Returns false if it cannot be read. */
static bool
scan_heap(MhVersionTable *table, Relation relation)
{
	AttrNumber column = find_version_column(relation);
	Oid type = getBaseType(TupleDescAttr(RelationGetDescr(relation), column - 1)->atttypid);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = table_beginscan_strat(relation, GetActiveSnapshot(), 0, NULL, true, false);
	bool readable = true;

	while (readable && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool is_null;
		Datum value;

		CHECK_FOR_INTERRUPTS();
		if (mh_version_table_is_full(table))
			break;
		value = slot_getattr(slot, column, &is_null);
		readable = mh_version_table_add_row(table, value, is_null, type);
		value = slot_getsysattr(slot, MinTransactionIdAttributeNumber, &is_null);
		mh_version_table_note_commit(table, DatumGetTransactionId(value));
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return readable;
}

/*
 * Returns whether the relation's rows cannot be read here: a standby has no file for an unlogged
 * table.
 */
static bool
is_absent_here(Relation relation)
{
	return relation->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED && RecoveryInProgress();
}

bool
mh_version_table_is_absent(MhVersionTable *table)
{
	return mh_version_table_refuse(table, MH_ACCESS_UNREADABLE,
								   psprintf("%s is unlogged, and a standby does not have its rows.",
											mh_version_table_name(table)));
}

bool
mh_version_table_has_other_partition(MhVersionTable *table)
{
	return mh_version_table_refuse(table, MH_ACCESS_UNREADABLE,
								   psprintf("A partition of %s is not a table, and is read only "
											"where a caller names the table.",
											mh_version_table_name(table)));
}

/* Opening it would parse or copy its expressions, in one piece. */
static bool
refuse_large(MhVersionTable *table)
{
	return mh_version_table_refuse(
		table, MH_ACCESS_UNREADABLE,
		psprintf("%s depends on " MH_LARGE_EXPRESSION ".", mh_version_table_name(table)));
}

/* Reads one partition or child table.  Its parent must be locked. */
static bool
read_child(MhVersionTable *table, Oid child)
{
	Relation relation;
	bool readable = true;

	if (child != table->oid && !ConditionalLockRelationOid(child, AccessShareLock))
		return mh_version_table_is_busy(table);
	/* read_locked has looked at the table itself */
	if (child != table->oid && mh_expressions_are_large(child))
		return refuse_large(table);
	relation = try_relation_open(child, NoLock);
	if (relation == NULL)
		return true;
	if (RELATION_IS_OTHER_TEMP(relation))
		readable = true; /* another session's temporary rows are left out, as in any query */
	else if (is_absent_here(relation))
		readable = mh_version_table_is_absent(table);
	else if (relation->rd_rel->relkind == RELKIND_RELATION)
		readable = scan_heap(table, relation);
	else if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		readable = mh_version_table_has_other_partition(table);
	relation_close(relation, NoLock);
	if (child != table->oid)
		UnlockRelationOid(child, AccessShareLock);
	return readable;
}

static bool
read_heaps(MhVersionTable *table)
{
	List *heaps = mh_find_inheritors(table->oid);
	ListCell *cell;

	foreach (cell, heaps)
	{
		if (!read_child(table, lfirst_oid(cell)))
			return false;
	}
	table->access = MH_ACCESS_READ;
	return true;
}

/*
 * Reads through SPI, as the caller, a relation that discovery does not read.  A subtransaction
 * turns any error into a reason.  lock_timeout limits waiting for relations below a view.
 */
static void
read_through_spi(MhVersionTable *table)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char *query = psprintf("SELECT %s FROM %s", mh_quote_identifier(MH_VERSION_COLUMN),
						   mh_from_utf8(mh_version_table_name(table)));

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		int level = NewGUCNestLevel();

		RestrictSearchPath();
		(void) set_config_option("lock_timeout", "1ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
		SPI_connect();
		if (SPI_execute(query, true, MH_MAX_ROWS + 1) != SPI_OK_SELECT)
			elog(ERROR, "could not read %s", mh_version_table_name(table));
		MemoryContextSwitchTo(caller);
		for (uint64 i = 0; i < Min(SPI_processed, MH_MAX_ROWS); i++)
		{
			char *value = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

			CHECK_FOR_INTERRUPTS();
			if (value == NULL)
				table->null_rows++;
			else if (strlen(value) > MH_MAX_ROW_BYTES)
				mh_version_table_note_long_row(table);
			else
				mh_strings_add(&table->rows, mh_to_utf8(value));
			if (value != NULL)
				pfree(value);
		}
		table->has_more_rows = SPI_processed > MH_MAX_ROWS;
		table->is_cut |= table->has_more_rows;
		table->access = MH_ACCESS_READ;
		SPI_finish();
		AtEOXact_GUC(false, level);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			ReThrowError(error);
		if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
			mh_version_table_is_busy(table);
		else
			mh_version_table_refuse(table, MH_ACCESS_UNREADABLE,
									psprintf("%s cannot be read: %s.", mh_version_table_name(table),
											 mh_to_utf8(error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

void
mh_version_table_forget_rows(MhVersionTable *table)
{
	table->rows = (MhStrings){0, NULL, 0};
	table->null_rows = 0;
	table->long_rows = 0;
	table->has_more_rows = false;
	table->is_cut = false;
}

/* Returns whether a scan of the heap finds the column's values as they are. */
static bool
is_stored_text(Oid relation)
{
	HeapTuple tuple = SearchSysCacheAttName(relation, MH_VERSION_COLUMN);
	bool stored = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_attribute column = (Form_pg_attribute) GETSTRUCT(tuple);

		stored =
			mh_is_built_in_text(getBaseType(column->atttypid)) &&
			(column->attgenerated == '\0' || column->attgenerated == ATTRIBUTE_GENERATED_STORED);
		ReleaseSysCache(tuple);
	}
	return stored;
}

bool
mh_version_table_scan(MhVersionTable *table)
{
	mh_version_table_forget_rows(table);
	if (!is_stored_text(table->oid))
		return mh_version_table_refuse(table, MH_ACCESS_UNREADABLE,
									   psprintf("Column " MH_VERSION_COLUMN
												" of %s is not a stored text.",
												mh_version_table_name(table)));
	return read_heaps(table);
}

bool
mh_version_table_has_no_column(MhVersionTable *table)
{
	return mh_version_table_refuse(
		table, MH_ACCESS_UNREADABLE,
		psprintf("%s has no column " MH_VERSION_COLUMN ".", mh_version_table_name(table)));
}

static void
read_rows(MhVersionTable *table, Relation relation, AttrNumber column, bool named)
{
	char *unsafe = why_unsafe(table, relation, column);

	if (is_absent_here(relation))
	{
		mh_version_table_is_absent(table);
		return;
	}
	if (unsafe == NULL && mh_is_distributed(table->oid))
		unsafe = psprintf("The rows of %s are distributed by Citus.", mh_version_table_name(table));
	if (unsafe != NULL)
		mh_version_table_refuse(table, MH_ACCESS_UNREADABLE, unsafe);
	else if (read_heaps(table) || table->access != MH_ACCESS_UNREADABLE)
		return;
	table->can_be_named = !named;
	if (named)
	{
		mh_version_table_forget_rows(table);
		read_through_spi(table);
	}
}

void
mh_version_table_read_locked(MhVersionTable *table, bool named)
{
	AttrNumber column;
	Relation relation;

	if (mh_expressions_are_large(table->oid))
	{
		refuse_large(table);
		return;
	}
	relation = try_relation_open(table->oid, NoLock);
	if (relation == NULL)
	{
		mh_version_table_refuse(table, MH_ACCESS_GONE, NULL);
		return;
	}
	column = find_version_column(relation);
	if (column == InvalidAttrNumber)
		mh_version_table_has_no_column(table);
	else
	{
		describe_columns(table, relation, column);
		describe_row_security(table, relation);
		if (mh_version_table_check_privileges(table, RelationGetNamespace(relation), column))
			read_rows(table, relation, column, named);
	}
	relation_close(relation, NoLock);
}
