/*-------------------------------------------------------------------------
 *
 * citus_there.c
 *	  What citus.c reads in this database, for one elsewhere.
 *
 * A catalog of Citus is asked only where the server there says that it has the columns.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/relations.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

static const char *const catalogs_query =
	"SELECT (SELECT pg_catalog.count(*) = 2 FROM pg_catalog.pg_attribute a"
	"  WHERE a.attrelid = pg_catalog.to_regclass('pg_catalog.pg_dist_shard')"
	"  AND (a.attname, a.atttypid) IN (('logicalrelid', 2205), ('shardid', 20))),"
	" (SELECT pg_catalog.count(*) = 5 FROM pg_catalog.pg_attribute a"
	"  WHERE a.attrelid = pg_catalog.to_regclass('pg_catalog.pg_dist_partition')"
	"  AND (a.attname, a.atttypid) IN (('logicalrelid', 2205), ('partmethod', 18),"
	"   ('partkey', 25), ('colocationid', 23), ('repmodel', 18)))";

/* Relations with the number, the schema and the owner of a shard; whether the name fits is seen here. */
static const char *const shards_query =
	"SELECT r.oid, r.relname, t.relname, s.shardid FROM pg_catalog.pg_dist_shard s"
	" JOIN pg_catalog.pg_class t ON t.oid = s.logicalrelid"
	" JOIN pg_catalog.pg_class r ON r.relnamespace = t.relnamespace AND r.relowner = t.relowner"
	"  AND pg_catalog.substring(r.relname::pg_catalog.text, '_([0-9]+)$') = s.shardid::pg_catalog.text";

static const char *const distribution_query =
	"SELECT p.logicalrelid::pg_catalog.oid, p.partmethod, p.partkey IS NOT NULL,"
	" (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = p.logicalrelid"
	"  AND a.attnum::pg_catalog.text"
	"   = pg_catalog.substring(p.partkey, '^\\{VAR .* :varattno ([0-9]+)')),"
	" p.colocationid, p.repmodel FROM pg_catalog.pg_dist_partition p";

typedef struct Catalogs
{
	bool has_shards;
	bool has_distribution;
} Catalogs;

static bool
is_true(const char *value)
{
	return value != NULL && value[0] == 't';
}

static void
note_catalogs(int n, const char *const *values, void *state)
{
	if (n == 2)
		*(Catalogs *) state = (Catalogs){is_true(values[0]), is_true(values[1])};
}

static void
note_shard(int n, const char *const *values, void *state)
{
	Oid oid;
	size_t length;

	if (n != 4 || values[0] == NULL || values[1] == NULL || values[2] == NULL || values[3] == NULL)
		return;
	length = strlen(values[1]) - Min(strlen(values[1]), strlen(values[3]) + 1);
	oid = (Oid) strtoul(values[0], NULL, 10);
	if (mh_is_called_after(values[1], values[2], length))
		(void) hash_search(state, &oid, HASH_ENTER, NULL);
}

static Catalogs
find_catalogs(MhSource *source)
{
	Catalogs catalogs = {false, false};

	source->query(source, catalogs_query, NULL, note_catalogs, &catalogs);
	return catalogs;
}

HTAB *
mh_shards_there(MhSource *source)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = sizeof(Oid), .hcxt = CurrentMemoryContext};
	HTAB *shards;

	if (!find_catalogs(source).has_shards)
		return NULL;
	shards =
		hash_create("mighead shards there", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	source->query(source, shards_query, NULL, note_shard, shards);
	return shards;
}

static char *
key_column(const char *name)
{
	return name == NULL ? pstrdup("?")
						: mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(pstrdup(name)))));
}

static void
note_distribution(int n, const char *const *values, void *state)
{
	MhDistribution of = {0};

	if (n != 6 || values[0] == NULL)
		return;
	of.method = values[1] == NULL ? '\0' : values[1][0];
	of.key = is_true(values[2]) ? key_column(values[3]) : NULL;
	of.colocation = values[4] == NULL ? 0 : (int) strtol(values[4], NULL, 10);
	of.replication = values[5] == NULL ? '\0' : values[5][0];
	mh_distribution_add(state, (MhCatalogOid){(Oid) strtoul(values[0], NULL, 10)}, &of);
}

void
mh_read_distribution_there(MhReading *reading)
{
	if (find_catalogs(reading->source).has_distribution)
		reading->source->query(reading->source, distribution_query, NULL, note_distribution,
							   reading);
}
