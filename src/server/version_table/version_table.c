/*-------------------------------------------------------------------------
 *
 * version_table.c
 *	  Finds version tables, and chooses one.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table_private.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "server/base/trust.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

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

/* Returns whether a project names the table with its schema. */
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
 * Untrusted tables count only if no table is trusted.  The triggers of a watch show that a table is
 * watched: nobody else may attach their function.
 */
void
mh_version_tables_decide(List *projects, List *tables)
{
	bool any_trusted = false;
	ListCell *cell;

	foreach (cell, tables)
	{
		MhVersionTable *table = lfirst(cell);

		table->is_trusted = table->is_trusted || is_registered(projects, table) ||
							(OidIsValid(table->oid) && mh_has_own_trigger(table->oid));
		any_trusted |= table->is_trusted;
	}
	foreach (cell, tables)
	{
		MhVersionTable *table = lfirst(cell);

		table->counts = table->is_trusted || !any_trusted;
	}
}

/*
 * Returns whether a schema of the search_path has a relation of the name before the schema has one.
 * RelationIsVisible() would raise where the relation was dropped meanwhile.
 */
static bool
is_shadowed(Oid schema, const char *name)
{
	List *path = fetch_search_path(true);
	ListCell *cell;

	if (!list_member_oid(path, schema))
		return false;
	foreach (cell, path)
	{
		if (lfirst_oid(cell) == schema)
			return false;
		if (OidIsValid(get_relname_relid(name, lfirst_oid(cell))))
			return true;
	}
	return false;
}

/* Returns NULL if the table and its schema were dropped since the row of pg_class was read. */
static MhVersionTable *
new_table(Form_pg_class class)
{
	MhVersionTable *table;
	char *schema = get_namespace_name(class->relnamespace);

	if (schema == NULL)
		return NULL;
	table = palloc0(sizeof(MhVersionTable));
	table->oid = class->oid;
	table->schema = mh_to_utf8(schema);
	table->name = mh_to_utf8(pstrdup(NameStr(class->relname)));
	table->relkind = class->relkind;
	table->owner = class->relowner;
	table->is_trusted = mh_is_trusted_role(class->relowner);
	table->counts = true;
	table->is_temporary = isTempNamespace(class->relnamespace);
	table->is_shadowed = is_shadowed(class->relnamespace, NameStr(class->relname));
	table->max_length = -1;
	return table;
}

static bool
is_relation_of_rows(char relkind)
{
	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
		   relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW ||
		   relkind == RELKIND_FOREIGN_TABLE;
}

/* The schemas of the server are known by their names; those of temporary tables are many. */
static bool
is_system_schema(Oid schema)
{
	char *name = get_namespace_name(schema);
	bool is_of_system = IsCatalogNamespace(schema) || IsToastNamespace(schema);

	if (name == NULL)
		return is_of_system;
	is_of_system |= strcmp(name, "information_schema") == 0 ||
					(strncmp(name, "pg_", 3) == 0 && isOtherTempNamespace(schema));
	pfree(name);
	return is_of_system;
}

bool
mh_is_version_table(List *projects, const char *schema, const char *name)
{
	return strcmp(name, MH_DEFAULT_VERSION_TABLE) == 0 ||
		   mh_project_of_table(projects, schema, name) != NULL;
}

/* Appends the relations with one name, in any schema. */
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
		if (table != NULL && mh_is_version_table(projects, table->schema, table->name))
			tables = lappend(tables, table);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return tables;
}

/* Maximal number of tables reported, because more would tell no more. */
#define MAX_LOOKALIKES 10

/* Returns whether the table has only the column of a version table. */
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
		found |= !column->attisdropped &&
				 strcmp(NameStr(column->attname), MH_VERSION_COLUMN) == 0 &&
				 mh_is_built_in_text(column->atttypid);
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
		MhVersionTable *table;

		CHECK_FOR_INTERRUPTS();
		/*
		 * a version table does not have many columns, dropped or not; checking them would take time
		 */
		table = class->relnatts <= 8 && has_form(class) ? new_table(class) : NULL;
		if (table != NULL)
			tables = lappend(tables, table);
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

/*
 * Returns the distinct names to look for.  None is longer than NAMEDATALEN allows, because names
 * are checked when stored.
 */
MhStrings
mh_version_table_names(List *projects)
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
	MhStrings names = mh_version_table_names(projects);
	List *found = NIL;

	for (int i = 0; i < names.n; i++)
		found = find_by_name(found, projects, names.v[i]);
	list_sort(found, compare_tables);
	mh_version_tables_decide(projects, found);
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
		mh_version_table_read_rows(table, false);
		if (table->access != MH_ACCESS_GONE)
			tables = lappend(tables, table);
	}
	return tables;
}

MhVersionTable *
mh_version_table_describe(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	MhVersionTable *table = NULL;

	if (HeapTupleIsValid(tuple))
	{
		table = new_table((Form_pg_class) GETSTRUCT(tuple));
		ReleaseSysCache(tuple);
	}
	if (table == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	return table;
}

MhVersionTable *
mh_version_table_read(Oid relation)
{
	MhVersionTable *table = mh_version_table_describe(relation);

	table->is_named = true;
	if (is_relation_of_rows(table->relkind))
		mh_version_table_read_rows(table, true);
	else
		mh_version_table_refuse(table, MH_ACCESS_UNREADABLE,
								psprintf("%s is not a table.", mh_version_table_name(table)));
	if (table->access == MH_ACCESS_GONE)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	return table;
}

/* Returns whether both readings of a table found the same rows. */
static bool
has_same_rows(const MhVersionTable *table, const MhVersionTable *now)
{
	MhRowSet before = {table->rows, table->null_rows};
	MhRowSet after = {now->rows, now->null_rows};

	return now->access == MH_ACCESS_READ && now->is_cut == table->is_cut &&
		   mh_row_sets_equal(&before, &after);
}

void
mh_version_table_recheck(const MhVersionTable *table)
{
	MhVersionTable *now = mh_version_table_describe(table->oid);
	char *name = mh_from_utf8(mh_version_table_name(table));

	PushActiveSnapshot(GetLatestSnapshot());
	mh_version_table_read_rows(now, table->is_named);
	PopActiveSnapshot();
	if (now->access == MH_ACCESS_BUSY)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("version table %s is busy", name),
				 errdetail_internal("%s", mh_from_utf8(now->reason))));
	if (!has_same_rows(table, now))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to concurrent update of version "
							   "table %s",
							   name),
						errhint("Try the transaction again.")));
}

/* Reads the rows again with the newest snapshot. */
static MhVersionTable *
read_newest(const MhVersionTable *table)
{
	MhVersionTable *now = palloc(sizeof(MhVersionTable));

	*now = *table;
	now->reason = now->missing_grant = now->column_type = NULL;
	now->rows = now->extra_columns = (MhStrings){0, NULL};
	now->null_rows = now->long_rows = 0;
	now->can_be_named = now->has_more_rows = now->is_cut = false;
	now->has_unique_key = now->is_nullable = false;
	now->row_security = (MhRowSecurity){0};
	now->changed_at = 0;
	now->max_length = -1;
	PushActiveSnapshot(GetLatestSnapshot());
	mh_version_table_read_rows(now, table->is_named);
	PopActiveSnapshot();
	return now;
}

static bool
has_all_rows(const MhGraph *graph, const MhStrings *rows)
{
	for (int i = 0; i < rows->n; i++)
		if (mh_graph_find(graph, rows->v[i]) == MH_BASE)
			return false;
	return true;
}

bool
mh_version_table_catch_up(MhVersionTable *table, const MhGraph *graph)
{
	MhVersionTable *now;

	if (!OidIsValid(table->oid) || table->access != MH_ACCESS_READ)
		return false;
	now = read_newest(table);
	if (now->access == MH_ACCESS_GONE || has_same_rows(table, now))
		return false;
	*table = *now;
	if (table->access == MH_ACCESS_READ && !has_all_rows(graph, &table->rows))
		mh_version_table_changing(table);
	return true;
}

void
mh_version_table_changing(MhVersionTable *table)
{
	table->rows = (MhStrings){0, NULL};
	mh_version_table_refuse(table, MH_ACCESS_BUSY,
							psprintf("The rows of %s changed while the schema was read.",
									 mh_version_table_name(table)));
}

MhVersionTable *
mh_version_table_named(Oid relation, List *projects)
{
	MhVersionTable *table = mh_version_table_read(relation);

	mh_version_tables_decide(projects, list_make1(table));
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
 * Returns whether the table is a candidate.  A stranger's unreadable relation must not make every
 * call ambiguous.
 */
static bool
is_candidate(List *projects, const MhVersionTable *table, const char *project)
{
	MhProject *of_table = mh_project_of_table(projects, table->schema, table->name);

	if (!table->counts || (table->access == MH_ACCESS_UNREADABLE && !table->is_trusted))
		return false;
	return project == NULL || (of_table != NULL && strcmp(of_table->name, project) == 0);
}

/* Tables that an error lists: with a tenant in each schema there are thousands. */
#define LISTED_TABLES 10

static void
raise_several(List *tables, const char *where)
{
	MhStrings names = {0, NULL};
	int more = list_length(tables) - LISTED_TABLES;

	for (int i = 0; i < Min(list_length(tables), LISTED_TABLES); i++)
		mh_strings_add(&names, mh_version_table_name(list_nth(tables, i)));
	if (more > 0)
		mh_strings_push(&names, psprintf("and %d more", more));
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_SEVERAL_VERSION_TABLES)),
					errmsg("there are several version tables%s", where),
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
	return mh_version_table_only(candidates, "");
}

MhVersionTable *
mh_version_table_only(List *tables, const char *where)
{
	if (list_length(tables) > 1)
		raise_several(tables, where);
	return tables == NIL ? NULL : linitial(tables);
}
