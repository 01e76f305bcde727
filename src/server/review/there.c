/*-------------------------------------------------------------------------
 *
 * there.c
 *	  A database elsewhere as the model of a review begins with it.
 *
 * Everything is read by queries in one transaction there.  An OID from there is a number in the
 * model, and never meets a cache of this server.  Locks: there AccessShareLock, not waited for.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "utils/lsyscache.h"

/* Below it are the OIDs of what initdb makes, and only of that: FirstUnpinnedObjectId. */
#define FIRST_UNPINNED 12000

/* ---------- the session there ---------- */

static const char *const session_query =
	"SELECT (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'search_path'),"
	" (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'TimeZone'),"
	" (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'lock_timeout') <> '0',"
	" (SELECT s.reset_val FROM pg_catalog.pg_settings s"
	"  WHERE s.name = 'standard_conforming_strings') = 'on',"
	" (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)::int4,"
	" EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.oid >= 16384 AND c.castsource < 16384"
	"  AND c.casttarget < 16384),"
	" EXISTS (SELECT FROM pg_catalog.pg_opclass o WHERE o.oid >= 16384 AND o.opcintype < 16384),"
	" pg_catalog.current_setting('block_size')";

static void
read_session(int n, const char *const *row, void *into)
{
	MhThere *there = into;

	there->search_path = mh_name_at(row, 1);
	there->time_zone = mh_name_at(row, 2);
	there->has_lock_timeout = mh_bool_at(row, 3);
	there->is_conforming = mh_bool_at(row, 4);
	there->me = (uint32) mh_int_at(row, 5);
	there->has_casts = mh_bool_at(row, 6);
	there->has_operator_classes = mh_bool_at(row, 7);
	there->block_size = mh_int_at(row, 8);
}

MhThere *
mh_there_begin(const MhReviewServer *server)
{
	MhThere *there = palloc0(sizeof(MhThere));

	there->search_path = there->time_zone = pstrdup("");
	mh_review_ask_there(server, session_query, NULL, 8, read_session, there);
	if (there->block_size <= 0)
		there->block_size = BLCKSZ;
	there->rows_until =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), MH_ROWS_THERE_MILLISECONDS);
	there->is_other_major = server->options->source->version / 10000 != PG_VERSION_NUM / 10000;
	return there;
}

/* ---------- schemas ---------- */

bool
mh_there_has_schema(void *arg, const char *schema)
{
	return mh_there_value(arg,
						  "SELECT 1 FROM pg_catalog.pg_namespace n"
						  " WHERE n.nspname = ($1::pg_catalog.text[])[1]",
						  schema, "") != NULL;
}

/* ---------- relations ---------- */

#define RELATION_QUERY \
	"SELECT c.oid::int4, c.relkind, c.relname, n.nspname, c.relpersistence, c.relowner::int4," \
	" n.nspname ~ '^pg_toast', c.reloftype <> 0, c.relispartition, c.relrowsecurity," \
	" c.relnatts, NOT c.relispopulated" \
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE "

static const char *const by_name_query = RELATION_QUERY
	"n.nspname = ($1::pg_catalog.text[])[1] AND c.relname = ($1::pg_catalog.text[])[2]";

static const char *const by_oid_query = RELATION_QUERY "c.oid = $1";

/* Deparsing would wait for a lock that keeps readers out. */
static const char *const columns_query =
	MH_COLUMNS_QUERY(", tn.nspname, t.typname, t.typlen::int4, CASE WHEN a.attgenerated = 's'"
					 " AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l"
					 "  WHERE l.locktype = 'relation' AND l.relation = a.attrelid"
					 "  AND l.mode = 'AccessExclusiveLock')"
					 " THEN (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)"
					 "  FROM pg_catalog.pg_attrdef d"
					 "  WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum"
					 "  AND pg_catalog.length(d.adbin::pg_catalog.text) < 10000) END",
					 " LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
					 " LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace");

typedef struct ReadingColumns
{
	const MhReviewServer *server;
	MhModelRelation *relation;
	double width; /* of a row, as the planner assumes where nobody analyzed the table */
} ReadingColumns;

static void
read_column(int n, const char *const *row, void *into)
{
	ReadingColumns *reading = into;
	MhModelColumn *column;
	int length = mh_int_at(row, 16);

	mh_world_read_column(n, row, reading->relation);
	column = &reading->relation->columns[reading->relation->n_columns - 1];
	column->type = mh_there_type_number(reading->server, column->type, mh_name_at(row, 14),
										mh_name_at(row, 15));
	column->collation = mh_there_collation(column->collation);
	column->computation = mh_text_at(row, 17);
	/* values are not compared here as another collation would */
	if (!mh_there_is_plausible(column->type, column->typmod) ||
		column->collation >= MH_FIRST_TYPE_THERE)
		column->type = 0;
	if (length > 0)
		reading->width += length;
	else
		reading->width += column->type != 0 && column->type < MH_FIRST_TYPE_THERE
							  ? get_typavgwidth(column->type, column->typmod)
							  : 32;
}

static void
read_table(const MhReviewServer *server, MhModelRelation *relation)
{
	ReadingColumns reading = {server, relation};

	mh_review_ask(server, columns_query, relation->id, 17, read_column, &reading);
	relation->n_dropped = Max(relation->n_dropped - relation->n_columns, 0);
	mh_world_read_table(server, relation);
	mh_there_measure(server, relation, reading.width);
}

static void
read_relation(int n, const char *const *row, void *into)
{
	MhModelRelation *relation = palloc0(sizeof(MhModelRelation));

	relation->id = (uint32) mh_int_at(row, 1);
	relation->kind = mh_char_at(row, 2);
	relation->name = relation->live_name = mh_name_at(row, 3);
	relation->schema = relation->live_schema = mh_name_at(row, 4);
	relation->persistence = mh_char_at(row, 5);
	relation->owner = (uint32) mh_int_at(row, 6);
	relation->is_system = mh_bool_at(row, 7) || relation->id < FIRST_UNPINNED;
	relation->is_typed = mh_bool_at(row, 8);
	relation->is_partition = mh_bool_at(row, 9);
	relation->has_code = relation->has_row_security = mh_bool_at(row, 10);
	relation->is_unpopulated = mh_bool_at(row, 12);
	relation->code_events = relation->has_code ? MH_ON_CHANGE : 0;
	relation->n_dropped = Min(Max(mh_int_at(row, 11), 0), MaxHeapAttributeNumber);
	relation->rows = relation->bytes = -1;
	*(MhModelRelation **) into = relation;
}

static MhModelRelation *
complete(const MhReviewServer *server, MhModelRelation *relation)
{
	if (relation == NULL)
		return NULL;
	if (relation->kind == 'i' || relation->kind == 'I')
		mh_world_read_index(server, relation);
	else if (relation->kind != 't' && !relation->is_system)
		read_table(server, relation);
	if (relation->kind == 'S')
		mh_world_read_sequence(server, relation);
	return relation;
}

/* What is in pg_catalog there is here, too; and nobody can name what is temporary there. */
static bool
may_be_there(const char *schema, const char *name)
{
	if (strcmp(schema, "pg_temp") == 0)
		return false;
	return strcmp(schema, "pg_catalog") != 0 ||
		   OidIsValid(get_relname_relid(mh_from_utf8(pstrdup(name)), PG_CATALOG_NAMESPACE));
}

MhModelRelation *
mh_there_relation(void *arg, const char *schema, const char *name)
{
	const MhReviewServer *server = arg;
	MhModelRelation *relation = NULL;
	MhStrings parameters = {0, NULL};

	if (!may_be_there(schema, name))
		return NULL;
	mh_strings_add(&parameters, schema);
	mh_strings_add(&parameters, name);
	mh_review_ask_there(server, by_name_query, mh_array_text(&parameters), 12, read_relation,
						&relation);
	/* the model finds it by the name that it asked for */
	if (relation != NULL)
	{
		relation->schema = relation->live_schema = pstrdup(schema);
		relation->name = relation->live_name = pstrdup(name);
	}
	return complete(server, relation);
}

MhModelRelation *
mh_there_relation_by_id(void *arg, uint32 id)
{
	const MhReviewServer *server = arg;
	MhModelRelation *relation = NULL;

	mh_review_ask(server, by_oid_query, id, 12, read_relation, &relation);
	if (relation != NULL)
		relation->id = id;
	return complete(server, relation);
}

/* ---------- types ---------- */

static const char *const type_query =
	"SELECT t.oid::int4, t.typarray::int4, t.typtype, t.typowner::int4, a.typname"
	" FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
	" LEFT JOIN pg_catalog.pg_type a ON a.oid = t.typarray"
	" WHERE n.nspname = ($1::pg_catalog.text[])[1] AND t.typname = ($1::pg_catalog.text[])[2]";

typedef struct ReadingType
{
	const MhReviewServer *server;
	MhModelType *type;
	uint32 oid;
} ReadingType;

static void
read_type(int n, const char *const *row, void *into)
{
	ReadingType *reading = into;
	MhModelType *type = reading->type;

	reading->oid = (uint32) mh_int_at(row, 1);
	type->id = mh_there_type_number(reading->server, reading->oid, type->schema, type->name);
	type->array_id = mh_there_type_number(reading->server, (uint32) mh_int_at(row, 2), type->schema,
										  mh_name_at(row, 5));
	type->kind = mh_char_at(row, 3);
	type->owner = (uint32) mh_int_at(row, 4);
}

MhModelType *
mh_there_type(void *arg, const char *schema, const char *name)
{
	MhModelType *type = palloc0(sizeof(MhModelType));
	ReadingType reading = {arg, type};
	MhStrings parameters = {0, NULL};

	type->schema = pstrdup(schema);
	type->name = pstrdup(name);
	mh_strings_add(&parameters, schema);
	mh_strings_add(&parameters, name);
	mh_review_ask_there(arg, type_query, mh_array_text(&parameters), 5, read_type, &reading);
	if (reading.oid == 0)
		return NULL;
	if (strcmp(schema, "pg_catalog") != 0)
		mh_world_read_type(arg, type, reading.oid);
	return type;
}

/* ---------- who runs the script ---------- */

static const char *const role_query =
	"SELECT c.oid::int4, r.oid::int4, r.rolname FROM (VALUES (1)) AS one (n)"
	" LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace"
	"   AND s.nspname = ($1::pg_catalog.text[])[1])"
	"  ON c.relname = ($1::pg_catalog.text[])[2]"
	" LEFT JOIN pg_catalog.pg_roles r ON CASE WHEN ($1::pg_catalog.text[])[3] <> ''"
	"   THEN r.rolname = ($1::pg_catalog.text[])[4]"
	"  WHEN c.oid IS NULL OR pg_catalog.has_table_privilege(c.oid, 'UPDATE')"
	"   THEN r.rolname = current_user ELSE r.oid = c.relowner END";

static void
read_role(int n, const char *const *row, void *into)
{
	MhReviewOptions *options = into;

	options->version_oid = (uint32) mh_int_at(row, 1);
	options->role = (uint32) mh_int_at(row, 2);
	options->role_name = mh_name_at(row, 3);
}

bool
mh_review_role_there(MhReviewOptions *options, const char *name)
{
	MhReviewServer server = {options};
	MhStrings parameters = {0, NULL};

	mh_strings_add(&parameters, options->table ? options->table->schema : "");
	mh_strings_add(&parameters, options->table ? options->table->name : "");
	mh_strings_add(&parameters, name ? "named" : "");
	mh_strings_add(&parameters, name ? name : "");
	mh_review_ask_there(&server, role_query, mh_array_text(&parameters), 3, read_role, options);
	return options->role != 0;
}
