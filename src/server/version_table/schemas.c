/*-------------------------------------------------------------------------
 *
 * schemas.c
 *	  Finds schemas that hold tables of an application.
 *
 *-------------------------------------------------------------------------
 */
#include "server/version_table/version_table.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

static const char *const alike_query =
	"WITH known AS (SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = $2"
	"  AND relkind IN ('r', 'p'))"
	" SELECT c.relnamespace FROM pg_catalog.pg_class c JOIN known k ON k.relname = c.relname"
	" WHERE c.relnamespace = ANY ($1) AND c.relkind IN ('r', 'p') GROUP BY c.relnamespace"
	" HAVING count(*) * 2 >= (SELECT count(*) - 1 FROM known)"
	" ORDER BY count(*) DESC, c.relnamespace LIMIT 20";

/* A schema seen so far, so that its other tables need not be checked. */
typedef struct Schema
{
	Oid oid;
	bool is_decided; /* it is a system schema, or a table was found */
} Schema;

static HTAB *
make_table(const char *name, Size entry_size)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = entry_size, .hcxt = CurrentMemoryContext};

	return hash_create(name, 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static HTAB *
oids_of(const List *version_tables)
{
	HTAB *oids = make_table("mighead version tables", sizeof(Oid));
	ListCell *cell;

	foreach (cell, version_tables)
		(void) hash_search(oids, &((MhVersionTable *) lfirst(cell))->oid, HASH_ENTER, NULL);
	return oids;
}

static bool
is_of_system(Oid schema)
{
	char *name = get_namespace_name(schema);

	return name == NULL || strncmp(name, "pg_", 3) == 0 || strcmp(name, "information_schema") == 0;
}

static Schema *
find_schema(HTAB *schemas, Oid oid)
{
	bool is_known;
	Schema *schema = hash_search(schemas, &oid, HASH_ENTER, &is_known);

	if (!is_known)
		schema->is_decided = is_of_system(oid);
	return schema;
}

static bool
is_table(Form_pg_class class)
{
	return (class->relkind == RELKIND_RELATION || class->relkind == RELKIND_PARTITIONED_TABLE) &&
		   class->relpersistence != RELPERSISTENCE_TEMP;
}

/* Reads once what belongs to extensions: a look for each table costs as much as the rest. */
static void
add_members(HTAB *oids)
{
	Relation catalog = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ExtensionRelationId));
	scan = systable_beginscan(catalog, DependReferenceIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (depend->classid == RelationRelationId && depend->deptype == DEPENDENCY_EXTENSION)
			(void) hash_search(oids, &depend->objid, HASH_ENTER, NULL);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

List *
mh_schemas_with_tables(List *version_tables)
{
	Relation catalog = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HTAB *excluded = oids_of(version_tables);
	HTAB *schemas = make_table("mighead schemas", sizeof(Schema));
	List *found = NIL;
	HeapTuple tuple;

	add_members(excluded);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
		Schema *schema;

		CHECK_FOR_INTERRUPTS();
		if (!is_table(class))
			continue;
		schema = find_schema(schemas, class->relnamespace);
		if (schema->is_decided || hash_search(excluded, &class->oid, HASH_FIND, NULL))
			continue;
		schema->is_decided = true;
		found = lappend_oid(found, schema->oid);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

static void
add_schema(HeapTuple tuple, TupleDesc descriptor, void *into)
{
	List **schemas = into;
	bool is_null;

	*schemas =
		lappend_oid(*schemas, DatumGetObjectId(SPI_getbinval(tuple, descriptor, 1, &is_null)));
}

List *
mh_schemas_alike(List *schemas, Oid schema)
{
	Oid types[2] = {OIDARRAYOID, OIDOID};
	Datum *oids = palloc(Max(list_length(schemas), 1) * sizeof(Datum));
	Datum values[2] = {0, ObjectIdGetDatum(schema)};
	List *alike = NIL;
	ListCell *cell;
	int n = 0;

	foreach (cell, schemas)
		oids[n++] = ObjectIdGetDatum(lfirst_oid(cell));
	values[0] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	mh_query_each(alike_query, 2, types, values, NULL, add_schema, &alike);
	return alike;
}
