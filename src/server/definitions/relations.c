/*-------------------------------------------------------------------------
 *
 * relations.c
 *	  Definitions of tables, foreign tables, views and materialized views.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/cache.h"
#include "server/definitions/known.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "commands/tablespace.h"
#include "server/base/expression_size.h"
#include "server/base/timescaledb.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * What an extension keeps in a schema of its own without having it as a member, such as the tables
 * behind a continuous aggregate, has other names in another database: so have the texts of the views
 * that read it.
 */
#define READS_INSIDE_EXTENSION \
	"c.relkind IN ('v', 'm') AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r" \
	" JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass" \
	"  AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	" JOIN pg_catalog.pg_class t ON t.oid = d.refobjid" \
	" JOIN pg_catalog.pg_depend s ON s.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass" \
	"  AND s.objid = t.relnamespace AND s.deptype = 'e'" \
	" WHERE r.ev_class = c.oid AND t.relnamespace <> ALL ($1) AND " MH_NOT_A_MEMBER("pg_class", \
																					"t.oid") ")"

/* clang-format off */
/* $1: schemas, or relations of which none is a view. */
#define RELATIONS_QUERY(condition, reads_inside_extension) \
	"SELECT c.oid, c.relkind, n.nspname, c.relname, " reads_inside_extension ", c.relnamespace" \
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" WHERE " condition " AND c.relkind IN ('r', 'p', 'f', 'v', 'm')" \
	" AND c.relpersistence <> 't' AND " MH_NOT_A_MEMBER("pg_class", "c.oid")
/* clang-format on */

static const char *const relations_of_schemas_query =
	RELATIONS_QUERY("c.relnamespace = ANY ($1)", READS_INSIDE_EXTENSION);
static const char *const relations_query = RELATIONS_QUERY("c.oid = ANY ($1)", "false");

/*
 * $1: relations.  The deparser opens the relation itself, and for views, rules and
 * policies those in their queries.  The columns of a partition are compared with the
 * parent's.
 */
static const char *const locks_query =
	"SELECT o, o FROM pg_catalog.unnest($1) o"
	" UNION SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i"
	"  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = i.inhparent"
	"  WHERE i.inhrelid = ANY ($1)"
	" UNION SELECT r.ev_class, d.refobjid FROM pg_catalog.pg_rewrite r"
	"  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
	"   AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  WHERE r.ev_class = ANY ($1)"
	" UNION SELECT p.polrelid, d.refobjid FROM pg_catalog.pg_policy p"
	"  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass"
	"   AND d.objid = p.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  WHERE p.polrelid = ANY ($1)";

/* clang-format off */
/* $1: relations.  A bound holds no columns: without the relation it needs no lock. */
static const char *const attributes_query =
	"SELECT c.oid, " MH_SQL_ROLE("c.relowner") ", c.relpersistence, c.relispartition, a.amname,"
	" " MH_SQL_TABLESPACE("c.reltablespace") ", c.reloptions, t.reloptions, c.relreplident,"
	" CASE WHEN c.relreplident = 'i' THEN (SELECT x.relname FROM pg_catalog.pg_index i"
	"  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
	"  WHERE i.indrelid = c.oid AND i.indisreplident) END,"
	" c.relrowsecurity, c.relforcerowsecurity,"
	" CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,"
	" CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, 0) END,"
	" (SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, p.relname), ', '"
	"   ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i"
	"  JOIN pg_catalog.pg_class p ON p.oid = i.inhparent"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace WHERE i.inhrelid = c.oid),"
	" CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END,"
	" " MH_SQL_PRIVILEGES("c.relacl", "'r'", "c.relowner") ", v.srvname, f.ftoptions,"
	" CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,"
	" EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgisinternal"
	"  AND g.tgconstraint <> 0 AND g.tgenabled IN ('D', 'R'))"
	" FROM pg_catalog.pg_class c"
	" LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam"
	" LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid"
	" LEFT JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid"
	" LEFT JOIN pg_catalog.pg_foreign_server v ON v.oid = f.ftserver"
	" WHERE c.oid = ANY ($1)";
/* clang-format on */

enum
{
	OID,
	OWNER,
	PERSISTENCE,
	IS_PARTITION,
	ACCESS_METHOD,
	TABLESPACE,
	OPTIONS,
	TOAST_OPTIONS,
	REPLICA_IDENTITY,
	REPLICA_INDEX,
	ROW_SECURITY,
	FORCE_ROW_SECURITY,
	PARTITION_KEY,
	PARTITION_BOUND,
	PARENTS,
	OF_TYPE,
	PRIVILEGES,
	SERVER,
	FOREIGN_OPTIONS,
	VIEW,
	CONSTRAINTS_ARE_OFF
};

static const char *
type_of(char kind)
{
	switch (kind)
	{
		case RELKIND_VIEW:
			return MH_TYPE_VIEW;
		case RELKIND_MATVIEW:
			return MH_TYPE_MATERIALIZED_VIEW;
		case RELKIND_FOREIGN_TABLE:
			return MH_TYPE_FOREIGN_TABLE;
		default:
			return MH_TYPE_TABLE;
	}
}

/* A view of an extension's inner tables is told by what its user wrote, or by its name alone. */
static void
find_direct_view(MhReading *reading, MhRelation *relation)
{
	MhCatalogOid oid = relation->oid;

	if (reading->source == NULL)
		relation->direct_view = mh_direct_view_of(mh_local_oid(reading, oid));
	if (OidIsValid(relation->direct_view) && !mh_expressions_are_large(relation->direct_view))
		return;
	if (OidIsValid(relation->direct_view))
		mh_unread_large(reading, relation->type, relation->name);
	else
		mh_unread_add(
			reading->set, MH_DRIFT_UNMODELLED, relation->type, relation->name,
			pstrdup("It reads tables of an extension, whose names differ between databases."));
	hash_search(reading->relations, &oid, HASH_REMOVE, NULL);
}

static void
add_relation(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhCatalogOid oid = mh_row_oid(row, 0);
	MhRelation *relation;

	if (mh_is_listed(reading->version_tables, oid) ||
		(reading->wanted != NIL && !mh_is_listed(reading->wanted, oid)) ||
		!mh_is_in_schemas(reading, mh_row_oid(row, 5)) ||
		(reading->shards != NULL && mh_is_shard(reading->shards, mh_local_oid(reading, oid))) ||
		(reading->shards_there != NULL &&
		 hash_search(reading->shards_there, &oid.value, HASH_FIND, NULL) != NULL))
		return;
	relation = hash_search(reading->relations, &oid, HASH_ENTER, NULL);
	relation->kind = mh_row_char(row, 1);
	relation->type = type_of(relation->kind);
	relation->schema = mh_schema_name(reading, mh_row_name(row, 2));
	relation->name = mh_member_name(relation->schema, mh_row_name(row, 3));
	relation->n_columns = 0;
	relation->columns = NULL;
	relation->signature = NULL;
	relation->direct_view = InvalidOid;
	if (mh_row_bool(row, 4))
		find_direct_view(reading, relation);
}

static bool
is_any_view(const MhReading *reading)
{
	ListCell *cell;

	if (reading->source != NULL)
		return true;
	foreach (cell, reading->wanted)
	{
		char kind = get_rel_relkind(lfirst_oid(cell));

		if (kind == RELKIND_VIEW || kind == RELKIND_MATVIEW)
			return true;
	}
	return false;
}

static void
make_relations(MhReading *reading)
{
	HASHCTL control = {0};

	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(MhRelation);
	control.hcxt = reading->context;
	reading->relations =
		hash_create("mighead relations", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
find_relations(MhReading *reading)
{
	if (reading->wanted != NIL && !is_any_view(reading))
		mh_query_catalogs(reading, relations_query, mh_oids_of_list(reading->wanted), add_relation,
						  NULL);
	else
		mh_query_catalogs(reading, relations_of_schemas_query, reading->schemas, add_relation,
						  NULL);
}

static int
compare_items(const void *left, const void *right)
{
	Oid a = ((const MhBatchItem *) left)->oid.value;
	Oid b = ((const MhBatchItem *) right)->oid.value;

	return a < b ? -1 : a > b;
}

/* By OID, so that batches read neighbours in the indexes of the catalogs. */
static MhBatchItem *
relation_items(const MhReading *reading, int *n)
{
	MhBatchItem *items =
		palloc0(Max(hash_get_num_entries(reading->relations), 1) * sizeof(MhBatchItem));
	HASH_SEQ_STATUS status;
	MhRelation *relation;

	*n = 0;
	hash_seq_init(&status, reading->relations);
	while ((relation = hash_seq_search(&status)) != NULL)
	{
		items[*n].oid = relation->oid;
		items[*n].type = relation->type;
		items[(*n)++].name = relation->name;
	}
	qsort(items, *n, sizeof(MhBatchItem), compare_items);
	return items;
}

/* "a, b, c" of the live columns. */
static char *
column_order(const MhRelation *relation)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < relation->n_columns; i++)
		appendStringInfo(&text, "%s%s", i == 0 ? "" : ", ", relation->columns[i].name);
	return text.data;
}

static char *
replica_identity(const MhCatalogRow *row)
{
	char *index;

	switch (mh_row_char(row, REPLICA_IDENTITY))
	{
		case REPLICA_IDENTITY_FULL:
			return pstrdup("full");
		case REPLICA_IDENTITY_NOTHING:
			return pstrdup("nothing");
		case REPLICA_IDENTITY_INDEX:
			index = mh_row_name(row, REPLICA_INDEX);
			/* without the index the setting stays, and means nothing */
			return index == NULL ? pstrdup("nothing")
								 : psprintf("using index %s", mh_quote_identifier(index));
		default:
			return NULL;
	}
}

static void
add_storage(MhDefinition *definition, const MhCatalogRow *row)
{
	char *method = mh_row_name(row, ACCESS_METHOD);

	if (mh_row_char(row, PERSISTENCE) == RELPERSISTENCE_UNLOGGED)
		mh_attribute_add(definition, MH_ATTR_PERSISTENCE, pstrdup("unlogged"));
	if (method != NULL && strcmp(method, "heap") != 0)
		mh_attribute_add(definition, MH_ATTR_ACCESS_METHOD, method);
	mh_attribute_add(definition, MH_ATTR_TABLESPACE, mh_row_name(row, TABLESPACE));
	mh_attribute_add(definition, MH_ATTR_OPTIONS, mh_row_options(row, OPTIONS));
	mh_attribute_add(definition, MH_ATTR_TOAST_OPTIONS, mh_row_options(row, TOAST_OPTIONS));
}

static void
add_table_attributes(MhDefinition *definition, const MhRelation *relation, const MhCatalogRow *row)
{
	bool is_partition = mh_row_bool(row, IS_PARTITION);

	mh_attribute_add(definition, MH_ATTR_REPLICA_IDENTITY, replica_identity(row));
	mh_attribute_add(definition, MH_ATTR_ROW_SECURITY, mh_row_flag(row, ROW_SECURITY));
	mh_attribute_add(definition, MH_ATTR_FORCE_ROW_SECURITY, mh_row_flag(row, FORCE_ROW_SECURITY));
	if (mh_row_bool(row, CONSTRAINTS_ARE_OFF))
		mh_attribute_add(definition, MH_ATTR_CONSTRAINT_TRIGGERS, pstrdup("disabled"));
	mh_attribute_add(definition, MH_ATTR_PARTITION_KEY, mh_row_canonical(row, PARTITION_KEY));
	mh_attribute_add(definition, MH_ATTR_PARTITION_BOUND, mh_row_canonical(row, PARTITION_BOUND));
	mh_attribute_add(definition, is_partition ? MH_ATTR_PARTITION_OF : MH_ATTR_INHERITS,
					 mh_row_canonical(row, PARENTS));
	mh_attribute_add(definition, MH_ATTR_OF_TYPE, mh_row_canonical(row, OF_TYPE));
	mh_attribute_add(definition, MH_ATTR_SERVER, mh_row_name(row, SERVER));
	mh_attribute_add(definition, MH_ATTR_FOREIGN_OPTIONS, mh_row_options(row, FOREIGN_OPTIONS));
	mh_attribute_add(definition, MH_ATTR_COLUMN_ORDER, column_order(relation));
}

static char *
direct_query(Oid view, const MhCatalogRow *row)
{
	text *query = DatumGetTextPP(OidFunctionCall1(F_PG_GET_VIEWDEF_OID, ObjectIdGetDatum(view)));

	return mh_canonical(row->reading, mh_to_utf8(text_to_cstring(query)));
}

/* The deparser begins with a space and ends with a semicolon. */
static char *
view_query(const MhRelation *relation, const MhCatalogRow *row)
{
	char *text = OidIsValid(relation->direct_view) ? direct_query(relation->direct_view, row)
												   : mh_row_canonical(row, VIEW);
	int length;

	if (text == NULL)
		return NULL;
	while (*text == ' ')
		text++;
	length = strlen(text);
	if (length > 0 && text[length - 1] == ';')
		text[length - 1] = '\0';
	return text;
}

static void
add_attributes(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhRelation *relation = mh_relation_of_row(row, OID);
	MhDefinition *definition =
		mh_definition_add(reading->set, relation->type, pstrdup(relation->name), NULL);

	add_storage(definition, row);
	if (mh_relation_is_view(relation))
	{
		mh_attribute_add(definition, MH_ATTR_DEFINITION, view_query(relation, row));
		if (OidIsValid(relation->direct_view))
			mh_attribute_add(definition, MH_ATTR_KIND, pstrdup(MH_VIEW_CONTINUOUS_AGGREGATE));
		mh_attribute_add(definition, MH_ATTR_COLUMNS,
						 relation->signature ? relation->signature->data : NULL);
	}
	else
		add_table_attributes(definition, relation, row);
	mh_attribute_add(definition, MH_ATTR_OWNER, mh_row_role(row, OWNER));
	mh_attribute_add(definition, MH_ATTR_PRIVILEGES,
					 mh_row_privileges(row, PRIVILEGES, OBJECT_TABLE, OWNER));
	mh_attribute_add(definition, MH_ATTR_COMMENT,
					 mh_comment(reading, RelationRelationId, relation->oid, 0));
	mh_definition_end(definition);
}

static void
read_relations(MhReading *reading, Datum oids)
{
	mh_read_comments(reading, oids);
	mh_read_columns(reading, oids);
	mh_query_catalogs(reading, attributes_query, oids, add_attributes, NULL);
	mh_read_constraints(reading, oids, mh_read_indexes(reading, oids));
	mh_read_rules(reading, oids);
}

/* What is kept for the session is not stored, and of what is stored nothing is kept. */
static MhRelationCache *
begin_cache(MhReading *reading, int n)
{
	bool is_needed =
		reading->source == NULL &&
		(reading->known == NULL || (!reading->scope->stores && !mh_known_is_any(reading->known)));

	return is_needed ? mh_relation_cache_begin(reading, n) : NULL;
}

static void
read_found(MhReading *reading)
{
	MhBatchItem *items;
	MhRelationCache *cache;
	int n;
	int first;

	find_relations(reading);
	items = relation_items(reading, &n);
	if (reading->known != NULL)
		n = mh_known_leave(reading->known, items, n);
	cache = begin_cache(reading, n);
	if (cache != NULL)
		n = mh_relation_cache_take(cache, items, n);
	first = reading->set->n;
	mh_read_items(reading, items, n, locks_query, read_relations);
	if (cache != NULL)
		mh_relation_cache_end(cache, items, n, first);
}

void
mh_read_relations(MhReading *reading)
{
	const MhKnown *known = reading->known;
	int first = reading->set->n;

	make_relations(reading);
	if (known == NULL || !mh_known_is_all(known))
		read_found(reading);
	if (known == NULL || !mh_known_has_sequences(known))
		mh_read_sequences(reading);
	if (known != NULL)
		mh_known_note(reading->known, first);
}
