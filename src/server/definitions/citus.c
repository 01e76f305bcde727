/*-------------------------------------------------------------------------
 *
 * citus.c
 *	  What Citus does with a table: how it is distributed, and its shards.
 *
 * A shard is a part of the table that it is called after, with its number behind that.  Sessions
 * for which Citus does not hide shards see one beside the other.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/relations.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "nodes/primnodes.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* A row of one of its catalogs; columns as asked for. */
typedef void (*CatalogReader)(const Datum *values, const bool *nulls, void *state);

#define MOST_COLUMNS 5

/* Nothing where the catalog is not there, has other columns, or is locked. */
static void
read_catalog(const char *name, int n, const char *const *columns, const Oid *types,
			 CatalogReader read, void *state)
{
	Oid oid = get_relname_relid(name, PG_CATALOG_NAMESPACE);
	AttrNumber numbers[MOST_COLUMNS];
	Datum values[MOST_COLUMNS];
	bool nulls[MOST_COLUMNS];
	Relation catalog;
	SysScanDesc scan;
	HeapTuple tuple;

	if (!OidIsValid(oid) || get_rel_relkind(oid) != RELKIND_RELATION)
		return;
	for (int i = 0; i < n; i++)
	{
		numbers[i] = get_attnum(oid, columns[i]);
		if (numbers[i] <= 0 || get_atttype(oid, numbers[i]) != types[i])
			return;
	}
	if (!ConditionalLockRelationOid(oid, AccessShareLock))
		return;
	catalog = table_open(oid, NoLock);
	scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < n; i++)
			values[i] = heap_getattr(tuple, numbers[i], RelationGetDescr(catalog), &nulls[i]);
		read(values, nulls, state);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* ---------- shards ---------- */

typedef struct Shard
{
	int64 number;
	Oid table;
} Shard;

static void
add_shard(const Datum *values, const bool *nulls, void *state)
{
	int64 number = nulls[1] ? 0 : DatumGetInt64(values[1]);
	Shard *shard;

	if (nulls[0] || nulls[1])
		return;
	shard = hash_search(state, &number, HASH_ENTER, NULL);
	shard->table = DatumGetObjectId(values[0]);
}

MhShards *
mh_shards_read(void)
{
	static const char *const columns[] = {"logicalrelid", "shardid"};
	static const Oid types[] = {REGCLASSOID, INT8OID};
	HASHCTL control = {0};
	HTAB *shards;

	control.keysize = sizeof(int64);
	control.entrysize = sizeof(Shard);
	control.hcxt = CurrentMemoryContext;
	shards = hash_create("mighead shards", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	read_catalog("pg_dist_shard", 2, columns, types, add_shard, shards);
	return (MhShards *) shards;
}

/* "table_102008", or, where that is too long, "the_beginning_of_i_1f2e3d4c_102008". */
bool
mh_is_called_after(const char *name, const char *table, size_t length)
{
	size_t beginning = length > 9 ? length - 9 : 0;

	if (strlen(table) == length && strncmp(name, table, length) == 0)
		return true;
	return strlen(name) >= NAMEDATALEN - 5 && beginning > 0 && name[beginning] == '_' &&
		   strlen(table) > beginning && strncmp(name, table, beginning) == 0;
}

/* Returns whether the relation is named after the shard's table, in its schema, and has its owner. */
static bool
is_part_of(const char *name, size_t length, Form_pg_class relation, Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Form_pg_class whole;
	bool is_part;

	if (!HeapTupleIsValid(tuple))
		return false;
	whole = (Form_pg_class) GETSTRUCT(tuple);
	is_part = whole->relnamespace == relation->relnamespace &&
			  whole->relowner == relation->relowner &&
			  mh_is_called_after(name, NameStr(whole->relname), length);
	ReleaseSysCache(tuple);
	return is_part;
}

static bool
is_shard(HTAB *shards, Form_pg_class relation)
{
	const char *name = NameStr(relation->relname);
	const char *underscore = strrchr(name, '_');
	const Shard *shard;
	char *end;
	int64 number;

	if (underscore == NULL)
		return false;
	number = strtoi64(underscore + 1, &end, 10);
	if (underscore[1] == '\0' || *end != '\0')
		return false;
	shard = hash_search(shards, &number, HASH_FIND, NULL);
	return shard != NULL && is_part_of(name, underscore - name, relation, shard->table);
}

bool
mh_is_shard(const MhShards *shards, Oid relation)
{
	HTAB *numbers = (HTAB *) unconstify(MhShards *, shards);
	HeapTuple tuple;
	bool found;

	if (hash_get_num_entries(numbers) == 0)
		return false;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	if (!HeapTupleIsValid(tuple))
		return false;
	found = is_shard(numbers, (Form_pg_class) GETSTRUCT(tuple));
	ReleaseSysCache(tuple);
	return found;
}

/* ---------- how it is distributed ---------- */

/* The column is kept as a node tree, which may be of another release. */
static char *
key_column(Oid table, const char *tree)
{
	static const char attribute[] = " :varattno ";
	const char *found = strncmp(tree, "{VAR ", 5) == 0 ? strstr(tree, attribute) : NULL;
	char *name = found == NULL ? NULL : get_attname(table, atoi(found + strlen(attribute)), true);

	return name == NULL ? pstrdup("?") : mh_to_utf8(pstrdup(mh_quote_identifier(name)));
}

enum
{
	TABLE,
	METHOD,
	KEY,
	COLOCATION,
	REPLICATION
};

static char *
describe(const MhDistribution *distribution)
{
	const char *word = NULL;

	switch (distribution->method)
	{
		case 'h':
			word = "hash";
			break;
		case 'r':
			word = "range";
			break;
		case 'a':
			word = "append";
			break;
		case 'n':
			if (distribution->replication == 't')
				return pstrdup("reference");
			/* of the others those that have a place were given it by somebody */
			return distribution->colocation > 0 ? pstrdup("single shard") : NULL;
		default:
			return NULL;
	}
	return psprintf("%s (%s)", word, distribution->key == NULL ? "?" : distribution->key);
}

void
mh_distribution_add(MhReading *reading, MhCatalogOid oid, const MhDistribution *distribution)
{
	MhRelation *relation = mh_relation_find(reading, oid);
	MhDefinition *table =
		relation == NULL ? NULL : mh_definitions_find(reading->set, MH_TYPE_TABLE, relation->name);
	char *text = table == NULL ? NULL : describe(distribution);

	if (text == NULL)
		return;
	mh_attribute_add(table, MH_ATTR_DISTRIBUTION, text);
	mh_definition_end(table);
}

bool
mh_has_citus(void)
{
	return OidIsValid(get_extension_oid("citus", true)) ||
		   OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE)) ||
		   OidIsValid(get_relname_relid("pg_dist_shard", PG_CATALOG_NAMESPACE));
}

static void
note_distribution(const Datum *values, const bool *nulls, void *state)
{
	MhDistribution of = {0};

	if (nulls[TABLE])
		return;
	of.method = nulls[METHOD] ? '\0' : DatumGetChar(values[METHOD]);
	of.key = nulls[KEY]
				 ? NULL
				 : key_column(DatumGetObjectId(values[TABLE]), TextDatumGetCString(values[KEY]));
	of.colocation = nulls[COLOCATION] ? 0 : DatumGetInt32(values[COLOCATION]);
	of.replication = nulls[REPLICATION] ? '\0' : DatumGetChar(values[REPLICATION]);
	mh_distribution_add(state, (MhCatalogOid){DatumGetObjectId(values[TABLE])}, &of);
}

void
mh_read_distribution(MhReading *reading)
{
	static const char *const columns[] = {"logicalrelid", "partmethod", "partkey", "colocationid",
										  "repmodel"};
	static const Oid types[] = {REGCLASSOID, CHAROID, TEXTOID, INT4OID, CHAROID};

	read_catalog("pg_dist_partition", 5, columns, types, note_distribution, reading);
}
