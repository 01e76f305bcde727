/*-------------------------------------------------------------------------
 *
 * version_table.c
 *	  Finding and reading the tables in which Alembic keeps its rows.
 *
 * Discovery is hostile territory: any user may own a table called
 * alembic_version, and who looks is often a superuser.  Planning a mere
 * SELECT already runs the owner's code, because the planner folds constants in
 * index predicates and partition keys.  So discovery never plans: it checks
 * privileges and row security by hand and scans the heap, which calls nothing of
 * the owner's.  It reads ordinary and partitioned tables whose version_num is of a
 * built-in text type; everything else is listed as unreadable, and read through
 * SPI, as the caller, only where the caller names it.
 *
 * No lock is waited for.  AccessShareLock is taken conditionally and given back
 * once the rows are copied, so that a long monitoring transaction never stands
 * in the way of a migration.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "access/commit_ts.h"
#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
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
#include "storage/lmgr.h"
#include "server/base/trust.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define VERSION_COLUMN "version_num"

/* More rows than any history has branches, and longer ones than any id is. */
#define MAX_ROWS 1000
#define MAX_ROW_BYTES 1000

/* Sets why rows could not be read; false, so that one can return it. */
static bool
refuse(MhVersionTable *table, MhAccess access, char *reason)
{
	table->access = access;
	table->reason = reason;
	return false;
}

static bool
refuse_busy(MhVersionTable *table)
{
	return refuse(table, MH_ACCESS_BUSY,
				  psprintf("Another session holds a lock on %s.", mh_version_table_name(table)));
}

Datum
mh_version_table_oids(List *version_tables)
{
	Datum *oids = palloc(Max(list_length(version_tables), 1) * sizeof(Datum));
	ListCell *cell;
	int n = 0;

	foreach (cell, version_tables)
		oids[n++] = ObjectIdGetDatum(((MhVersionTable *) lfirst(cell))->oid);
	return PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

char *
mh_version_table_name(const MhVersionTable *table)
{
	return mh_quote_qualified_identifier(table->schema, table->name);
}

/* Does a project name it by its schema too? */
static bool
is_registered(List *projects, const MhVersionTable *table)
{
	ListCell *cell;

	foreach (cell, projects)
	{
		const MhProject *project = lfirst(cell);

		if (project->version_table_schema != NULL &&
			strcmp(project->version_table_schema, table->schema) == 0 &&
			strcmp(project->version_table_name, table->name) == 0)
			return true;
	}
	return false;
}

/*
 * Those that are not trusted count only where none is.  The triggers of a watch say that a
 * table is watched: nobody else may attach their function.
 */
static void
decide_which_count(List *projects, List *tables)
{
	bool any_trusted = false;
	ListCell *cell;

	foreach (cell, tables)
	{
		MhVersionTable *table = lfirst(cell);

		table->is_trusted |= is_registered(projects, table) || mh_has_own_trigger(table->oid);
		any_trusted |= table->is_trusted;
	}
	foreach (cell, tables)
	{
		MhVersionTable *table = lfirst(cell);

		table->counts = table->is_trusted || !any_trusted;
	}
}

static bool
is_shadowed(Oid schema, Oid relation)
{
	return list_member_oid(fetch_search_path(true), schema) && !RelationIsVisible(relation);
}

static MhVersionTable *
new_table(Form_pg_class class)
{
	MhVersionTable *table = palloc0(sizeof(MhVersionTable));

	table->oid = class->oid;
	table->schema = mh_to_utf8(get_namespace_name(class->relnamespace));
	table->name = mh_to_utf8(pstrdup(NameStr(class->relname)));
	table->relkind = class->relkind;
	table->owner = class->relowner;
	table->is_trusted = mh_is_trusted_role(class->relowner);
	table->counts = true;
	table->is_temporary = isTempNamespace(class->relnamespace);
	table->is_shadowed = is_shadowed(class->relnamespace, class->oid);
	table->max_length = -1;
	return table;
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

/* From the catalogs alone, so also of a table that may not be read. */
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

/* kind: what GRANT writes before the name, with a space after it. */
static bool
lack(MhVersionTable *table, const char *privilege, const char *kind, const char *name)
{
	table->missing_grant = psprintf("GRANT %s ON %s%s TO %s", privilege, kind, name,
									mh_quote_identifier(caller_name()));
	return refuse(table, MH_ACCESS_UNREADABLE,
				  psprintf("Role \"%s\" lacks %s on %s%s.", caller_name(), privilege,
						   kind[0] == '\0' ? "" : "schema ", name));
}

/*
 * May the caller read the column?  As the executor asks, without its error.
 */
static bool
check_privileges(MhVersionTable *table, AttrNumber column)
{
	Oid schema = get_namespace_oid(mh_from_utf8(table->schema), true);
	bool missing = false;

	if (OidIsValid(schema) &&
		object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		return lack(table, "USAGE", "SCHEMA ", mh_quote_identifier(table->schema));
	if (pg_class_aclcheck_ext(table->oid, GetUserId(), ACL_SELECT, &missing) == ACLCHECK_OK)
		return true;
	if (missing)
		return refuse(table, MH_ACCESS_GONE, NULL);
	if (pg_attribute_aclcheck(table->oid, column, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	return lack(table, "SELECT", "", mh_version_table_name(table));
}

/* Is there a unique index on just this column, valid and not partial? */
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
		table->column_type =
			mh_to_utf8(format_type_with_typemod(column->atttypid, column->atttypmod));
		table->max_length = max_length(column);
		table->is_nullable = !column->attnotnull;
	}
	table->has_unique_key = has_unique_key(relation, version_column);
}

static bool
is_built_in_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == NAMEOID;
}

/* What keeps an ordinary read from being safe, or NULL. */
static char *
why_unsafe(const MhVersionTable *table, Relation relation, AttrNumber column)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), column - 1);

	if (table->relkind != RELKIND_RELATION && table->relkind != RELKIND_PARTITIONED_TABLE)
		return psprintf("%s is not a table, and is read only where a caller names it.",
						mh_version_table_name(table));
	if (!is_built_in_text(attribute->atttypid))
		return psprintf("Column " VERSION_COLUMN " of %s is of type %s, and is read only where a "
						"caller names the table.",
						mh_version_table_name(table), table->column_type);
	if (attribute->attgenerated != '\0' && attribute->attgenerated != ATTRIBUTE_GENERATED_STORED)
		return psprintf("Column " VERSION_COLUMN " of %s is computed when it is read, and is "
						"read only where a caller names the table.",
						mh_version_table_name(table));
	if (check_enable_rls(table->oid, InvalidOid, true) == RLS_ENABLED)
		return psprintf("Row security of %s applies to role \"%s\", and could hide rows.",
						mh_version_table_name(table), caller_name());
	return NULL;
}

/* Remembers when the newest row was committed, where the server tracks that. */
static void
note_commit(MhVersionTable *table, TupleTableSlot *slot)
{
	bool is_null;
	TransactionId xmin;
	TimestampTz committed;

	/* a standby may have the setting without the data, and asking would raise */
	if (!track_commit_timestamp || RecoveryInProgress())
		return;
	xmin = DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber, &is_null));
	if (TransactionIdIsNormal(xmin) && TransactionIdGetCommitTsData(xmin, &committed, NULL))
		table->changed_at = Max(table->changed_at, committed);
}

static void
note_long_row(MhVersionTable *table)
{
	table->long_rows++;
	table->is_cut = true;
}

static int
count_rows(const MhVersionTable *table)
{
	return table->rows.n + table->null_rows + table->long_rows;
}

static bool
add_row(MhVersionTable *table, Datum value, bool is_null, Oid type)
{
	char *row;

	if (is_null)
	{
		table->null_rows++;
		return true;
	}
	if (type != NAMEOID && toast_raw_datum_size(value) > (Size) MAX_ROW_BYTES + VARHDRSZ)
	{
		/* not even decompressed: a page can hold megabytes of the same letter */
		note_long_row(table);
		return true;
	}
	if (type == NAMEOID)
		row = NameStr(*DatumGetName(value));
	else if (VARATT_IS_EXTERNAL(DatumGetPointer(value)))
		/* its TOAST table may be locked, and no id is that long */
		return refuse(table, MH_ACCESS_UNREADABLE,
					  psprintf("A value in %s is stored out of line, which no revision id is.",
							   mh_version_table_name(table)));
	else
		row = TextDatumGetCString(value);
	mh_strings_add(&table->rows, mh_to_utf8(row));
	return true;
}

/* Appends the rows of one heap; false where that one cannot be read. */
static bool
scan_heap(MhVersionTable *table, Relation relation)
{
	AttrNumber column = get_attnum(RelationGetRelid(relation), VERSION_COLUMN);
	Oid type = getBaseType(TupleDescAttr(RelationGetDescr(relation), column - 1)->atttypid);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = table_beginscan_strat(relation, GetActiveSnapshot(), 0, NULL, true, false);
	bool readable = true;

	while (readable && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool is_null;
		Datum value;

		CHECK_FOR_INTERRUPTS();
		if (count_rows(table) >= MAX_ROWS)
		{
			table->has_more_rows = table->is_cut = true;
			break;
		}
		value = slot_getattr(slot, column, &is_null);
		readable = add_row(table, value, is_null, type);
		note_commit(table, slot);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return readable;
}

/* One partition or child table; its parent is locked already. */
static bool
read_child(MhVersionTable *table, Oid child)
{
	Relation relation;
	bool readable = true;

	if (child != table->oid && !ConditionalLockRelationOid(child, AccessShareLock))
		return refuse_busy(table);
	relation = try_relation_open(child, NoLock);
	if (relation == NULL)
		return true;
	if (RELATION_IS_OTHER_TEMP(relation))
		readable = true; /* nobody but its session sees these rows, as in any query */
	else if (relation->rd_rel->relkind == RELKIND_RELATION)
		readable = scan_heap(table, relation);
	else if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		readable = refuse(table, MH_ACCESS_UNREADABLE,
						  psprintf("A partition of %s is not a table, and is read only where a "
								   "caller names the table.",
								   mh_version_table_name(table)));
	relation_close(relation, NoLock);
	if (child != table->oid)
		UnlockRelationOid(child, AccessShareLock);
	return readable;
}

static bool
read_heaps(MhVersionTable *table)
{
	ListCell *cell;

	foreach (cell, find_all_inheritors(table->oid, NoLock, NULL))
	{
		if (!read_child(table, lfirst_oid(cell)))
			return false;
	}
	table->access = MH_ACCESS_READ;
	return true;
}

/*
 * Reads through SPI, as the caller, what discovery would not touch.  A
 * subtransaction turns whatever goes wrong in there into a reason; lock_timeout
 * keeps what lies below a view from making us wait.
 */
static void
read_through_spi(MhVersionTable *table)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char *query = psprintf("SELECT %s FROM %s", mh_quote_identifier(VERSION_COLUMN),
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
		if (SPI_execute(query, true, MAX_ROWS + 1) != SPI_OK_SELECT)
			elog(ERROR, "could not read %s", mh_version_table_name(table));
		MemoryContextSwitchTo(caller);
		for (uint64 i = 0; i < Min(SPI_processed, MAX_ROWS); i++)
		{
			char *value = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

			CHECK_FOR_INTERRUPTS();
			if (value == NULL)
				table->null_rows++;
			else if (strlen(value) > MAX_ROW_BYTES)
				note_long_row(table);
			else
				mh_strings_add(&table->rows, mh_to_utf8(value));
			if (value != NULL)
				pfree(value);
		}
		table->has_more_rows = SPI_processed > MAX_ROWS;
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
			refuse_busy(table);
		else
			refuse(table, MH_ACCESS_UNREADABLE,
				   psprintf("%s cannot be read: %s.", mh_version_table_name(table),
							mh_to_utf8(error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

static void
forget_rows(MhVersionTable *table)
{
	table->rows = (MhStrings){0, NULL, 0};
	table->null_rows = 0;
	table->long_rows = 0;
	table->has_more_rows = false;
	table->is_cut = false;
}

/* Is the column one whose values a scan of the heap finds as they are? */
static bool
is_stored_text(Oid relation)
{
	HeapTuple tuple = SearchSysCacheAttName(relation, VERSION_COLUMN);
	bool stored = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_attribute column = (Form_pg_attribute) GETSTRUCT(tuple);

		stored =
			is_built_in_text(getBaseType(column->atttypid)) &&
			(column->attgenerated == '\0' || column->attgenerated == ATTRIBUTE_GENERATED_STORED);
		ReleaseSysCache(tuple);
	}
	return stored;
}

bool
mh_version_table_scan(MhVersionTable *table)
{
	forget_rows(table);
	if (!is_stored_text(table->oid))
		return refuse(table, MH_ACCESS_UNREADABLE,
					  psprintf("Column " VERSION_COLUMN " of %s is not a stored text.",
							   mh_version_table_name(table)));
	return read_heaps(table);
}

static bool
check_version_column(MhVersionTable *table, AttrNumber column)
{
	if (column != InvalidAttrNumber)
		return true;
	return refuse(table, MH_ACCESS_UNREADABLE,
				  psprintf("%s has no column " VERSION_COLUMN ".", mh_version_table_name(table)));
}

static void
read_rows(MhVersionTable *table, Relation relation, AttrNumber column, bool named)
{
	char *unsafe = why_unsafe(table, relation, column);

	if (unsafe == NULL && mh_is_distributed(table->oid))
		unsafe = psprintf("The rows of %s are distributed by Citus.", mh_version_table_name(table));
	if (unsafe != NULL)
		refuse(table, MH_ACCESS_UNREADABLE, unsafe);
	else if (read_heaps(table) || table->access != MH_ACCESS_UNREADABLE)
		return;
	table->can_be_named = !named;
	if (named)
	{
		forget_rows(table);
		read_through_spi(table);
	}
}

/* With the lock held.  named: the caller asked for this very relation. */
static void
read_locked(MhVersionTable *table, bool named)
{
	Relation relation = try_relation_open(table->oid, NoLock);
	AttrNumber column = get_attnum(table->oid, VERSION_COLUMN);

	if (relation == NULL)
	{
		refuse(table, MH_ACCESS_GONE, NULL);
		return;
	}
	if (check_version_column(table, column))
	{
		describe_columns(table, relation, column);
		describe_row_security(table, relation);
		if (check_privileges(table, column))
			read_rows(table, relation, column, named);
	}
	relation_close(relation, NoLock);
}

static void
read_table(MhVersionTable *table, bool named)
{
	if (!ConditionalLockRelationOid(table->oid, AccessShareLock))
	{
		refuse_busy(table);
		return;
	}
	read_locked(table, named);
	UnlockRelationOid(table->oid, AccessShareLock);
	if (table->access != MH_ACCESS_READ)
		/* a partitioned table that failed half-way must not show half its rows */
		forget_rows(table);
}

static bool
is_relation_of_rows(char relkind)
{
	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
		   relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW ||
		   relkind == RELKIND_FOREIGN_TABLE;
}

static bool
is_system_schema(Oid schema)
{
	return IsCatalogNamespace(schema) || IsToastNamespace(schema) || isOtherTempNamespace(schema) ||
		   schema == get_namespace_oid("information_schema", true);
}

static bool
is_wanted(List *projects, const MhVersionTable *table)
{
	return strcmp(table->name, MH_DEFAULT_VERSION_TABLE) == 0 ||
		   mh_project_of_table(projects, table->schema, table->name) != NULL;
}

/* Appends the relations of one name, in whatever schema. */
static List *
find_by_name(List *tables, List *projects, const char *name)
{
	Relation catalog = table_open(RelationRelationId, AccessShareLock);
	NameData key_name;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	namestrcpy(&key_name, mh_from_utf8(name));
	ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ,
				NameGetDatum(&key_name));
	scan = systable_beginscan(catalog, ClassNameNspIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
		MhVersionTable *table;

		if (!is_relation_of_rows(class->relkind) || is_system_schema(class->relnamespace))
			continue;
		table = new_table(class);
		if (is_wanted(projects, table))
			tables = lappend(tables, table);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return tables;
}

/* A page of findings tells as much as a thousand. */
#define MAX_LOOKALIKES 10

/* One column, and that is the version's. */
static bool
has_form(Form_pg_class class)
{
	int n = 0;
	bool found = false;

	if ((class->relkind != RELKIND_RELATION && class->relkind != RELKIND_PARTITIONED_TABLE) ||
		class->relispartition || class->relpersistence == RELPERSISTENCE_TEMP ||
		is_system_schema(class->relnamespace) || !mh_is_trusted_role(class->relowner))
		return false;
	for (AttrNumber number = 1; number <= class->relnatts && n < 2; number++)
	{
		HeapTuple tuple =
			SearchSysCache2(ATTNUM, ObjectIdGetDatum(class->oid), Int16GetDatum(number));
		Form_pg_attribute column;

		if (!HeapTupleIsValid(tuple))
			continue;
		column = (Form_pg_attribute) GETSTRUCT(tuple);
		n += !column->attisdropped;
		found |= !column->attisdropped && strcmp(NameStr(column->attname), VERSION_COLUMN) == 0 &&
				 is_built_in_text(column->atttypid);
		ReleaseSysCache(tuple);
	}
	return found && n == 1;
}

List *
mh_version_tables_by_form(List *projects)
{
	Relation catalog = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	List *tables = NIL;
	HeapTuple tuple;

	while (list_length(tables) < MAX_LOOKALIKES && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		/* many columns, dropped or not, are no version table's, and would take time */
		if (class->relnatts <= 8 && has_form(class))
			tables = lappend(tables, new_table(class));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return tables;
}

static int
compare_tables(const ListCell *left, const ListCell *right)
{
	const MhVersionTable *a = lfirst(left);
	const MhVersionTable *b = lfirst(right);
	int order = strcmp(a->schema, b->schema);

	return order ? order : strcmp(a->name, b->name);
}

/* Distinct names to look for; NAMEDATALEN cuts none, names are checked when stored. */
static MhStrings
names_to_find(List *projects)
{
	MhStrings names = {0, NULL};
	ListCell *cell;

	mh_strings_add(&names, MH_DEFAULT_VERSION_TABLE);
	foreach (cell, projects)
	{
		MhProject *project = lfirst(cell);

		if (!mh_strings_contain(&names, project->version_table_name))
			mh_strings_add(&names, project->version_table_name);
	}
	return names;
}

List *
mh_version_tables_list(List *projects)
{
	MhStrings names = names_to_find(projects);
	List *found = NIL;

	for (int i = 0; i < names.n; i++)
		found = find_by_name(found, projects, names.v[i]);
	list_sort(found, compare_tables);
	decide_which_count(projects, found);
	return found;
}

List *
mh_version_tables_find(List *projects)
{
	List *tables = NIL;
	ListCell *cell;

	foreach (cell, mh_version_tables_list(projects))
	{
		MhVersionTable *table = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		read_table(table, false);
		if (table->access != MH_ACCESS_GONE)
			tables = lappend(tables, table);
	}
	return tables;
}

MhVersionTable *
mh_version_table_describe(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	MhVersionTable *table;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	table = new_table((Form_pg_class) GETSTRUCT(tuple));
	ReleaseSysCache(tuple);
	return table;
}

MhVersionTable *
mh_version_table_read(Oid relation)
{
	MhVersionTable *table = mh_version_table_describe(relation);

	if (is_relation_of_rows(table->relkind))
		read_table(table, true);
	else
		refuse(table, MH_ACCESS_UNREADABLE,
			   psprintf("%s is not a table.", mh_version_table_name(table)));
	if (table->access == MH_ACCESS_GONE)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	return table;
}

MhVersionTable *
mh_version_table_named(Oid relation, List *projects)
{
	MhVersionTable *table = mh_version_table_read(relation);

	decide_which_count(projects, list_make1(table));
	return table;
}

List *
mh_version_tables_argument(FunctionCallInfo fcinfo, int argno, List *projects)
{
	if (PG_ARGISNULL(argno))
		return mh_version_tables_find(projects);
	return list_make1(mh_version_table_named(PG_GETARG_OID(argno), projects));
}

/*
 * A stranger's relation that cannot be read must not make every call ambiguous.
 */
static bool
is_candidate(List *projects, const MhVersionTable *table, const char *project)
{
	MhProject *of_table = mh_project_of_table(projects, table->schema, table->name);

	if (!table->counts || (table->access == MH_ACCESS_UNREADABLE && !table->is_trusted))
		return false;
	return project == NULL || (of_table != NULL && strcmp(of_table->name, project) == 0);
}

static void
raise_several(List *tables)
{
	MhStrings names = {0, NULL};
	ListCell *cell;

	foreach (cell, tables)
		mh_strings_add(&names, mh_version_table_name(lfirst(cell)));
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_SEVERAL_VERSION_TABLES)),
					errmsg("there are several version tables"),
					errdetail("Version tables: %s.", mh_from_utf8(mh_strings_join(&names, ", "))),
					errhint("Say which one in the argument \"version_table\".")));
}

List *
mh_version_tables_of(List *projects, List *tables, const char *project)
{
	List *candidates = NIL;
	ListCell *cell;

	foreach (cell, tables)
	{
		MhVersionTable *table = lfirst(cell);

		if (is_candidate(projects, table, project))
			candidates = lappend(candidates, table);
	}
	return candidates;
}

MhVersionTable *
mh_version_table_choose(FunctionCallInfo fcinfo, int argno, List *projects, const char *project)
{
	List *candidates;

	if (argno >= 0 && !PG_ARGISNULL(argno))
		return mh_version_table_named(PG_GETARG_OID(argno), projects);
	candidates = mh_version_tables_of(projects, mh_version_tables_find(projects), project);
	if (list_length(candidates) > 1)
		raise_several(candidates);
	return candidates == NIL ? NULL : linitial(candidates);
}
