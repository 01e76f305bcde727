/*-------------------------------------------------------------------------
 *
 * elsewhere.c
 *	  What a database elsewhere needs instead of this session's caches and locks.
 *
 * A round trip is what costs, so everything is read in one batch.  Nothing can be locked there
 * without waiting: what pg_locks shows under ACCESS EXCLUSIVE is left out as busy, and the
 * lock_timeout there is short.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/definitions_private.h"

#include "server/base/expression_size.h"

/* Relations whose locks are held at the same time. */
#define BATCH_SIZE 2000

/* ---------- scope ---------- */

/* $1: names of schemas */
static const char *const schemas_query =
	"SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n"
	" WHERE n.nspname = ANY ($1::pg_catalog.text[])"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e"
	"  ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid"
	"  WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid"
	"  AND d.deptype = 'e' AND e.extname = 'pg_repack')";

/* $1: the schema and the name of each relation.  For an index, its table. */
static const char *const relations_query =
	"SELECT COALESCE(i.indrelid, c.oid) FROM (SELECT a.v[k * 2 - 1] AS s, a.v[k * 2] AS r"
	"  FROM (SELECT $1::pg_catalog.text[] AS v) a,"
	"   pg_catalog.generate_series(1, COALESCE(pg_catalog.array_length(a.v, 1), 0) / 2) k) w"
	" JOIN pg_catalog.pg_namespace n ON n.nspname = w.s"
	" JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.r"
	" LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid";

typedef struct Schemas
{
	bool (*is_left_out)(const char *schema);
	List *oids;
} Schemas;

static Oid
oid_of(const char *text)
{
	return text == NULL ? InvalidOid : (Oid) strtoul(text, NULL, 10);
}

static void
note_schema(int n, const char *const *values, void *state)
{
	Schemas *schemas = state;

	if (n == 2 && values[1] != NULL && !schemas->is_left_out(values[1]))
		schemas->oids = lappend_oid(schemas->oids, oid_of(values[0]));
}

static void
note_relation(int n, const char *const *values, void *state)
{
	List **oids = state;

	if (n == 1)
		*oids = lappend_oid(*oids, oid_of(values[0]));
}

static List *
relations_there(MhReading *reading, const MhStrings *names)
{
	List *oids = NIL;

	if (names->n > 0)
		reading->source->query(reading->source, relations_query, mh_array_text(names),
							   note_relation, &oids);
	return oids;
}

static void
find_wanted(MhReading *reading)
{
	const MhScope *scope = reading->scope;
	MhStrings names = {0, NULL};

	mh_strings_add(&names, scope->relation_schema);
	mh_strings_add(&names, scope->relation_name);
	reading->wanted = relations_there(reading, &names);
	if (reading->wanted == NIL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation \"%s.%s\" does not exist on the server",
							   mh_from_utf8(pstrdup(scope->relation_schema)),
							   mh_from_utf8(pstrdup(scope->relation_name)))));
}

void
mh_find_scope_there(MhReading *reading, bool (*is_left_out)(const char *schema))
{
	const MhScope *scope = reading->scope;
	Schemas schemas = {is_left_out, NIL};
	MhStrings names = {0, NULL};

	reading->source->query(reading->source, schemas_query, mh_array_text(&scope->schemas),
						   note_schema, &schemas);
	reading->schemas = mh_oids_of_list(schemas.oids);
	for (int i = 0; i < scope->version_table_names.n; i++)
	{
		mh_strings_add(&names, scope->version_table_schemas.v[i]);
		mh_strings_add(&names, scope->version_table_names.v[i]);
	}
	reading->version_tables = relations_there(reading, &names);
	if (scope->relation_name != NULL)
		find_wanted(reading);
	reading->shards_there = mh_shards_there(reading->source);
}

/* ---------- items ---------- */

/* clang-format off */
/* Size of the expressions of the relations in "used". */
#define SIZES(catalog, relation, expressions) \
	"SELECT " relation ", " expressions " FROM pg_catalog." catalog " WHERE " relation \
	" IN (SELECT u.relation FROM used u)"
#define SIZE(column) "COALESCE(pg_catalog.octet_length(" column "::pg_catalog.text), 0)::bigint"

/* Around a query for items and the relations that printing them opens: which must not be printed? */
#define BEFORE_RELATIONS_QUERY \
	"WITH used (item, relation) AS MATERIALIZED ("
#define AFTER_RELATIONS_QUERY \
	"), locked (relation) AS MATERIALIZED (SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l" \
	"  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'" \
	"  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()" \
	"  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d" \
	"   WHERE d.datname = pg_catalog.current_database()))," \
	" large (relation) AS MATERIALIZED (SELECT x.relation FROM (" \
	SIZES("pg_attrdef", "adrelid", SIZE("adbin")) \
	" UNION ALL " SIZES("pg_constraint", "conrelid", SIZE("conbin")) \
	" UNION ALL " SIZES("pg_index", "indrelid", SIZE("indexprs") " + " SIZE("indpred")) \
	" UNION ALL " SIZES("pg_policy", "polrelid", SIZE("polqual") " + " SIZE("polwithcheck")) \
	" UNION ALL " SIZES("pg_rewrite", "ev_class", SIZE("ev_qual") " + " SIZE("ev_action")) \
	" UNION ALL " SIZES("pg_trigger", "tgrelid", SIZE("tgqual")) \
	") x (relation, size) GROUP BY x.relation" \
	" HAVING pg_catalog.sum(x.size) > " CppAsString2(MH_EXPRESSION_LIMIT_MB) " * 1024 * 1024)" \
	" SELECT u.item, pg_catalog.bool_or(k.relation IS NOT NULL), pg_catalog.bool_or(g.relation IS NOT NULL)" \
	" FROM used u LEFT JOIN locked k ON k.relation = u.relation" \
	" LEFT JOIN large g ON g.relation = u.relation" \
	" WHERE k.relation IS NOT NULL OR g.relation IS NOT NULL GROUP BY u.item"
/* clang-format on */

typedef struct Items
{
	MhReading *reading;
	MhBatchItem *v;
	int n;
	MhItemsReader read;
} Items;

static int
compare_items(const void *left, const void *right)
{
	Oid a = ((const MhBatchItem *) left)->oid.value;
	Oid b = ((const MhBatchItem *) right)->oid.value;

	return a < b ? -1 : a > b;
}

static void
leave_item(MhReading *reading, const MhCatalogRow *row, void *state)
{
	const Items *items = state;
	MhBatchItem wanted = {.oid = mh_row_oid(row, 0)};
	MhBatchItem *item =
		items->n == 0 ? NULL
					  : bsearch(&wanted, items->v, items->n, sizeof(MhBatchItem), compare_items);

	if (item == NULL || item->is_left)
		return;
	if (mh_row_bool(row, 1))
	{
		mh_leave_busy(reading, item);
		return;
	}
	item->is_left = true;
	mh_unread_large(reading, item->type, item->name);
}

static Datum
oids_of(const Items *items)
{
	Oid *oids = palloc(Max(items->n, 1) * sizeof(Oid));
	int n = 0;

	for (int i = 0; i < items->n; i++)
		if (!items->v[i].is_left)
			oids[n++] = items->v[i].oid.value;
	return mh_oids(oids, n);
}

static void
read_items(void *state)
{
	Items *items = state;

	items->read(items->reading, oids_of(items));
}

/* Raises what no single item is to blame for: the connection is gone. */
static void
check_connection(const ErrorData *error)
{
	int class = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (class == ERRCODE_CONNECTION_EXCEPTION || class == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(unconstify(ErrorData *, error));
}

/* Where a batch fails, its halves are read, down to the items that are to blame. */
static void
read_halves(Items *items)
{
	Items half = *items;
	ErrorData *error = mh_try_reading(items->reading, read_items, items);

	if (error == NULL)
		return;
	check_connection(error);
	if (items->n == 1)
	{
		mh_leave_unread(items->reading, &items->v[0], error);
		return;
	}
	half.n = items->n / 2;
	read_halves(&half);
	half.v += half.n;
	half.n = items->n - half.n;
	read_halves(&half);
}

/* Keeps those that are not left out. */
static int
keep(MhBatchItem *items, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
		if (!items[i].is_left)
			items[kept++] = items[i];
	return kept;
}

void
mh_read_items_there(MhReading *reading, MhBatchItem *items, int n, const char *relations_query,
					MhItemsReader read)
{
	Items all = {reading, items, n, read};
	char *query;

	if (n == 0)
		return;
	qsort(items, n, sizeof(MhBatchItem), compare_items);
	query = psprintf(BEFORE_RELATIONS_QUERY "%s" AFTER_RELATIONS_QUERY, relations_query);
	mh_query_catalogs(reading, query, oids_of(&all), leave_item, &all);
	n = keep(items, n);
	for (int i = 0; i < n; i += BATCH_SIZE)
	{
		Items batch = {reading, items + i, Min(BATCH_SIZE, n - i), read};

		read_halves(&batch);
	}
}
