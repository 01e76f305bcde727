/*-------------------------------------------------------------------------
 *
 * indexes.c
 *	  Definitions of indexes that belong to no constraint.
 *
 * Put together from pg_index rather than by pg_get_indexdef, which opens the table for
 * every index and looks up every operator class: that would take longer than all the
 * rest.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/expression.h"
#include "server/definitions/index_text.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* clang-format off */
/* Elsewhere the deparser writes the keys, because the names of operator classes are not known here. */
#define METHOD_THERE "(SELECT am.amname FROM pg_catalog.pg_am am WHERE am.oid = c.relam)"
#define BEFORE_KEYS_THERE \
	"(SELECT pg_catalog.concat('CREATE ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, 'INDEX '," \
	"  pg_catalog.quote_ident(c.relname), ' ON ', CASE WHEN c.relkind = 'I' THEN 'ONLY ' END," \
	"  pg_catalog.quote_ident(tn.nspname), '.', pg_catalog.quote_ident(t.relname), ' USING '," \
	"  pg_catalog.quote_ident(" METHOD_THERE "), ' (')" \
	" FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace" \
	" WHERE t.oid = i.indrelid)"
#define KEYS_THERE \
	"pg_catalog.substr(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.length(" BEFORE_KEYS_THERE ") + 1)"

/*
 * $1: relations.  Indexes of partitions that are part of the parent's are left out.
 */
static const char *const indexes_query =
	"SELECT i.indexrelid, i.indrelid, c.relname, " MH_SQL_HERE_OR_THERE("c.relam", METHOD_THERE)
	", i.indisunique,"
	" i.indnullsnotdistinct, i.indnkeyatts::int, i.indkey, i.indclass, i.indcollation,"
	" i.indoption, " MH_SQL_HERE_OR_THERE("i.indexprs::text", "NULL") ", "
	MH_SQL_HERE_OR_THERE("i.indpred::text", "pg_catalog.pg_get_expr(i.indpred, i.indrelid)")
	", c.reloptions, " MH_SQL_TABLESPACE("c.reltablespace") ","
	" i.indisvalid AND i.indisready AND i.indislive, c.relkind, i.indisclustered,"
	" i.indexrelid IN (SELECT k.conindid FROM pg_catalog.pg_constraint k"
	"  WHERE k.conrelid = ANY ($1) AND k.contype IN ('p', 'u', 'x'))"
	MH_SQL_HERE_OR_THERE("", ", " KEYS_THERE)
	" FROM pg_catalog.pg_index i"
	" JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
	" WHERE i.indrelid = ANY ($1) AND NOT c.relispartition";

enum
{
	OID,
	RELATION,
	NAME,
	METHOD,
	IS_UNIQUE,
	NULLS_NOT_DISTINCT,
	N_KEYS,
	KEYS,
	OPCLASSES,
	COLLATIONS,
	ORDERS,
	EXPRESSION_TREES,
	PREDICATE,
	OPTIONS,
	TABLESPACE,
	IS_VALID,
	RELKIND,
	CLUSTERED,
	IS_OF_CONSTRAINT,
	/* only elsewhere: CREATE INDEX from its keys on */
	TEXT
};

/* clang-format on */

/*
 * $1: relations.  What the columns of their indexes have of their own, which is rare.
 * 15.20 writes an option into each that is the server's own.
 */
static const char *const columns_query =
	"SELECT a.attrelid, a.attnum::int, COALESCE(a.attstattarget, -1)::int, o.options"
	" FROM pg_catalog.pg_index i"
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid"
	" CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(e) AS options"
	"  FROM pg_catalog.unnest(a.attoptions) e WHERE e NOT LIKE 'pg\\_attver=%') o"
	" WHERE i.indrelid = ANY ($1)"
	" AND (a.attstattarget >= 0 OR a.attoptions IS NOT NULL)"
	" AND (a.attstattarget >= 0 OR o.options IS NOT NULL)"
	" ORDER BY a.attrelid, a.attnum";

/*
 * $1: one index.  Its builder is seen in the progress view, or, by who may not see that,
 * by the lock on the table that a build holds to its end; autovacuum's does not count.
 */
static const char *const building_query =
	"SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p"
	"  WHERE p.index_relid = ANY ($1))"
	" OR EXISTS (SELECT FROM pg_catalog.pg_locks l"
	"  JOIN pg_catalog.pg_index i ON i.indrelid = l.relation"
	"  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
	"  WHERE i.indexrelid = ANY ($1) AND l.locktype = 'relation' AND l.granted"
	"  AND l.database = (SELECT oid FROM pg_catalog.pg_database"
	"   WHERE datname = pg_catalog.current_database())"
	"  AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')"
	"  AND l.pid <> pg_catalog.pg_backend_pid()"
	"  AND a.backend_type IS DISTINCT FROM 'autovacuum worker')";

/*
 * $1: one index, of a table whose rows are in others, partition by partition or chunk by chunk: it
 * is not valid until all of them have their part.
 */
static const char *const building_below_query =
	"WITH RECURSIVE below (oid) AS ("
	" SELECT h.inhrelid FROM pg_catalog.pg_index i"
	"  JOIN pg_catalog.pg_inherits h ON h.inhparent = i.indrelid WHERE i.indexrelid = ANY ($1)"
	" UNION SELECT h.inhrelid FROM below b JOIN pg_catalog.pg_inherits h ON h.inhparent = b.oid)"
	" SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p"
	"  WHERE p.relid IN (SELECT oid FROM below)"
	"  OR p.relid IS NULL AND EXISTS (SELECT FROM pg_catalog.pg_locks l"
	"   WHERE l.pid = p.pid AND l.locktype = 'relation' AND l.database = p.datid"
	"   AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock') AND l.granted"
	"   AND l.relation IN (SELECT oid FROM below)))";

typedef struct IndexColumn
{
	MhCatalogOid index;
	int attnum;
	int statistics;
	char *options;  /* of the operator class; NULL: none */
	char *deparsed; /* the same, as the deparser writes them */
} IndexColumn;

/* Of the relations of a batch. */
typedef struct Indexes
{
	List *columns; /* of IndexColumn */
	List *states;  /* of MhIndexState */
} Indexes;

/* Key columns of one index, while their text is written. */
typedef struct Keys
{
	MhReading *reading;
	const MhCatalogRow *row;
	const MhRelation *relation;
	Oid method; /* only here */
	int n;
	int n_columns; /* with those that are included */
	const int16 *numbers;
	const oidvector *opclasses;
	const oidvector *collations;
	const int2vector *orders;
	List *trees; /* of the expressions that are left */
	const List *index_columns;
} Keys;

static void
add_index_column(MhReading *reading, const MhCatalogRow *row, void *state)
{
	List **columns = state;
	IndexColumn *column = palloc(sizeof(IndexColumn));

	column->index = mh_row_oid(row, 0);
	column->attnum = mh_row_int(row, 1);
	column->statistics = mh_row_int(row, 2);
	column->options = mh_row_options(row, 3);
	column->deparsed = NULL;
	if (column->options != NULL && reading->source != NULL)
	{
		MhStrings options = mh_row_strings(row, 3);

		column->deparsed = mh_deparsed_options(&options);
	}
	*columns = lappend(*columns, column);
}

typedef struct OpclassKey
{
	Oid opclass;
	Oid type;
} OpclassKey;

typedef struct OpclassEntry
{
	OpclassKey key;
	char *name; /* NULL: it is the default one */
} OpclassEntry;

/* type: what it is to be the default for; InvalidOid: write it in any case. */
static char *
opclass_name_unless_default(MhReading *reading, Oid opclass, Oid type, Oid method)
{
	HeapTuple tuple;
	Form_pg_opclass form;
	char *name;

	if (OidIsValid(type) && GetDefaultOpClass(type, method) == opclass)
		return NULL;
	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	if (!HeapTupleIsValid(tuple))
		return pstrdup("unknown");
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	name =
		mh_visible_name(reading, form->opcnamespace, mh_to_utf8(pstrdup(NameStr(form->opcname))));
	ReleaseSysCache(tuple);
	return name;
}

/* Finding the default one scans a catalog, and there are few that occur. */
static const char *
opclass_name(MhReading *reading, Oid opclass, Oid type, Oid method)
{
	OpclassKey key = {opclass, type};
	OpclassEntry *entry;
	bool found;

	if (reading->opclasses == NULL)
	{
		HASHCTL control = {0};

		control.keysize = sizeof(OpclassKey);
		control.entrysize = sizeof(OpclassEntry);
		control.hcxt = reading->context;
		reading->opclasses = hash_create("mighead operator classes", 64, &control,
										 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(reading->opclasses, &key, HASH_FIND, NULL);
	if (entry == NULL)
	{
		char *name = opclass_name_unless_default(reading, opclass, type, method);

		entry = hash_search(reading->opclasses, &key, HASH_ENTER, &found);
		entry->name = name;
	}
	return entry->name;
}

static const IndexColumn *
find_index_column(const Keys *keys, int attnum)
{
	ListCell *cell;

	foreach (cell, keys->index_columns)
	{
		IndexColumn *column = lfirst(cell);

		if (mh_is_same_oid(column->index, mh_row_oid(keys->row, OID)) && column->attnum == attnum)
			return column;
	}
	return NULL;
}

/* The name or expression of a key; false if the index is being dropped. */
static bool
append_key(Keys *keys, int k, Oid *type, Oid *collation, StringInfo out)
{
	const MhColumn *column;
	char *expression;

	if (keys->numbers[k] != 0)
	{
		column = mh_find_column(keys->relation, keys->numbers[k]);
		if (column == NULL)
			return false;
		*type = mh_local_oid(keys->reading, column->type);
		*collation = mh_local_oid(keys->reading, column->collation);
		appendStringInfoString(out, column->name);
		return true;
	}
	if (keys->trees == NIL)
		return false;
	*type = exprType(linitial(keys->trees));
	*collation = exprCollation(linitial(keys->trees));
	expression =
		mh_index_key_text(keys->relation, mh_row_oid(keys->row, OID), k + 1, linitial(keys->trees));
	keys->trees = list_delete_first(keys->trees);
	if (expression == NULL)
		return false;
	appendStringInfoString(out, mh_canonical(keys->reading, mh_to_utf8(expression)));
	return true;
}

/* As pg_get_indexdef writes one key column. */
static bool
append_key_column(Keys *keys, int k, StringInfo out)
{
	const IndexColumn *index_column = find_index_column(keys, k + 1);
	int order = keys->orders->values[k];
	Oid collation;
	Oid type;
	const char *opclass;
	bool has_options;

	if (!append_key(keys, k, &type, &collation, out))
		return false;
	if (OidIsValid(keys->collations->values[k]) && keys->collations->values[k] != collation)
		appendStringInfo(
			out, " COLLATE %s",
			mh_collation_name(keys->reading, (MhCatalogOid){keys->collations->values[k]}));
	/* options can only follow a name */
	has_options = index_column != NULL && index_column->options != NULL;
	opclass = opclass_name(keys->reading, keys->opclasses->values[k],
						   has_options ? InvalidOid : type, keys->method);
	if (opclass != NULL)
		appendStringInfo(out, " %s", opclass);
	if (has_options)
		appendStringInfo(out, " (%s)", index_column->options);
	if (order & INDOPTION_DESC)
		appendStringInfoString(out, order & INDOPTION_NULLS_FIRST ? " DESC" : " DESC NULLS LAST");
	else if (order & INDOPTION_NULLS_FIRST)
		appendStringInfoString(out, " NULLS FIRST");
	return true;
}

static char *
key_columns(Keys *keys)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int k = 0; k < keys->n; k++)
	{
		if (k > 0)
			appendStringInfoString(&text, ", ");
		if (!append_key_column(keys, k, &text))
			return NULL;
	}
	return text.data;
}

static char *
key_columns_there(const Keys *keys)
{
	char *text = mh_index_keys_there(keys->reading, mh_row_text(keys->row, TEXT));

	for (int k = 0; k < keys->n && text != NULL; k++)
	{
		const IndexColumn *column = find_index_column(keys, k + 1);

		if (column != NULL && column->options != NULL)
			text = mh_replace_options(text, column->deparsed, column->options);
	}
	return text;
}

/* By their numbers in the table. */
static char *
included_columns(const Keys *keys)
{
	MhStrings names = {0, NULL};

	for (int k = keys->n; k < keys->n_columns; k++)
	{
		const MhColumn *column = mh_find_column(keys->relation, keys->numbers[k]);

		if (column != NULL)
			mh_strings_add(&names, column->name);
	}
	return names.n == 0 ? NULL : mh_strings_join(&names, ", ");
}

static char *
statistics_targets(const Keys *keys)
{
	MhStrings targets = {0, NULL};

	for (int k = 0; k < keys->n; k++)
	{
		const IndexColumn *column = find_index_column(keys, k + 1);

		if (column != NULL && column->statistics >= 0)
			mh_strings_add(&targets, psprintf("column %d: %d", k + 1, column->statistics));
	}
	return targets.n == 0 ? NULL : mh_strings_join(&targets, ", ");
}

static void
take_vectors(Keys *keys, const MhCatalogRow *row)
{
	const int2vector *numbers = (const int2vector *) DatumGetPointer(row->values[KEYS]);

	keys->method = mh_local_oid(keys->reading, mh_row_oid(row, METHOD));
	keys->n_columns = numbers->dim1;
	keys->numbers = numbers->values;
	keys->opclasses = (const oidvector *) DatumGetPointer(row->values[OPCLASSES]);
	keys->collations = (const oidvector *) DatumGetPointer(row->values[COLLATIONS]);
	keys->orders = (const int2vector *) DatumGetPointer(row->values[ORDERS]);
	if (!mh_row_is_null(row, EXPRESSION_TREES))
		keys->trees = stringToNode(TextDatumGetCString(row->values[EXPRESSION_TREES]));
}

/* The numbers are separated by spaces. */
static void
take_numbers_there(Keys *keys, const MhCatalogRow *row)
{
	const char *text = mh_required(mh_row_text(row, KEYS));
	int16 *numbers = palloc(INDEX_MAX_KEYS * sizeof(int16));
	char *after;

	keys->numbers = numbers;
	while (keys->n_columns < INDEX_MAX_KEYS)
	{
		long number = strtol(text, &after, 10);

		if (after == text)
			break;
		numbers[keys->n_columns++] = (int16) number;
		text = after;
	}
}

static Keys
keys_of(MhReading *reading, const MhCatalogRow *row, const List *index_columns)
{
	Keys keys = {0};

	keys.reading = reading;
	keys.row = row;
	keys.relation = mh_relation_of_row(row, RELATION);
	keys.n = mh_row_int(row, N_KEYS);
	keys.index_columns = index_columns;
	if (reading->source != NULL)
		take_numbers_there(&keys, row);
	else
		take_vectors(&keys, row);
	return keys;
}

static void
note_building(MhReading *reading, const MhCatalogRow *row, void *state)
{
	*(bool *) state = mh_row_bool(row, 0);
}

/* Is it invalid only because somebody is building it at this moment? */
static bool
is_being_built(MhReading *reading, const MhCatalogRow *row)
{
	Oid index = mh_row_oid(row, OID).value;
	bool is_building = false;

	if (mh_row_bool(row, IS_VALID))
		return false;
	if (mh_row_char(row, RELKIND) != RELKIND_PARTITIONED_INDEX)
		mh_query_catalogs(reading, building_query, mh_oids(&index, 1), note_building, &is_building);
	if (!is_building)
		mh_query_catalogs(reading, building_below_query, mh_oids(&index, 1), note_building,
						  &is_building);
	return is_building;
}

static char *
method_name(const Keys *keys)
{
	char *name;

	if (keys->reading->source != NULL)
		return mh_row_name(keys->row, METHOD);
	name = get_am_name(keys->method);
	return name == NULL ? pstrdup("unknown") : mh_to_utf8(name);
}

static void
add_index_attributes(MhDefinition *definition, const Keys *keys, const MhCatalogRow *row)
{
	bool is_partitioned = mh_row_char(row, RELKIND) == RELKIND_PARTITIONED_INDEX;

	mh_attribute_add(definition, MH_ATTR_TABLE, pstrdup(keys->relation->name));
	mh_attribute_add(definition, MH_ATTR_METHOD, method_name(keys));
	mh_attribute_add(definition, MH_ATTR_UNIQUE, mh_row_flag(row, IS_UNIQUE));
	mh_attribute_add(definition, MH_ATTR_NULLS_NOT_DISTINCT, mh_row_flag(row, NULLS_NOT_DISTINCT));
	mh_attribute_add(definition, MH_ATTR_INCLUDE, included_columns(keys));
	mh_attribute_add(definition, MH_ATTR_PREDICATE,
					 mh_row_expression(row, PREDICATE, keys->relation));
	mh_attribute_add(definition, MH_ATTR_OPTIONS, mh_row_options(row, OPTIONS));
	mh_attribute_add(definition, MH_ATTR_TABLESPACE, mh_row_name(row, TABLESPACE));
	if (!mh_row_bool(row, IS_VALID) && is_partitioned)
		mh_attribute_add(definition, MH_ATTR_INCOMPLETE, pstrdup("true"));
	else if (!mh_row_bool(row, IS_VALID))
		mh_attribute_add(definition, MH_ATTR_VALID, pstrdup("false"));
	mh_attribute_add(definition, MH_ATTR_CLUSTERED, mh_row_flag(row, CLUSTERED));
	mh_attribute_add(definition, MH_ATTR_STATISTICS, statistics_targets(keys));
	mh_attribute_add(definition, MH_ATTR_COMMENT,
					 mh_comment(keys->reading, RelationRelationId, mh_row_oid(row, OID), 0));
}

/* An index is named after its schema, which is its table's. */
static char *
index_name(const MhRelation *relation, const MhCatalogRow *row)
{
	return mh_member_name(relation->schema, mh_row_name(row, NAME));
}

static void
add_plain_index(MhReading *reading, const MhCatalogRow *row, const List *index_columns)
{
	Keys keys = keys_of(reading, row, index_columns);
	char *name = index_name(keys.relation, row);
	char *columns = reading->source != NULL ? key_columns_there(&keys) : key_columns(&keys);
	MhDefinition *definition;

	if (columns == NULL)
		return;
	if (is_being_built(reading, row))
	{
		mh_unread_add(reading->set, MH_DRIFT_BUSY, MH_TYPE_INDEX, name,
					  pstrdup("It is being built."));
		return;
	}
	definition = mh_definition_add(reading->set, MH_TYPE_INDEX, name, pstrdup(keys.relation->name));
	mh_attribute_add(definition, MH_ATTR_COLUMNS, columns);
	add_index_attributes(definition, &keys, row);
	mh_definition_end(definition);
}

/* Most have nothing to be told of, and so are not in the list. */
static void
add_index_state(Indexes *indexes, const MhCatalogRow *row)
{
	MhIndexState *state;

	if (mh_row_is_null(row, OPTIONS) && mh_row_is_null(row, TABLESPACE) &&
		mh_row_bool(row, IS_VALID) && !mh_row_bool(row, CLUSTERED))
		return;
	state = palloc(sizeof(MhIndexState));
	state->oid = mh_row_oid(row, OID);
	state->options = mh_row_options(row, OPTIONS);
	state->tablespace = mh_row_name(row, TABLESPACE);
	state->is_valid = mh_row_bool(row, IS_VALID);
	state->is_clustered = mh_row_bool(row, CLUSTERED);
	indexes->states = lappend(indexes->states, state);
}

static void
add_index(MhReading *reading, const MhCatalogRow *row, void *state)
{
	Indexes *indexes = state;

	if (mh_row_bool(row, IS_OF_CONSTRAINT))
		add_index_state(indexes, row);
	else
		add_plain_index(reading, row, indexes->columns);
}

List *
mh_read_indexes(MhReading *reading, Datum oids)
{
	Indexes indexes = {NIL, NIL};

	mh_query_catalogs(reading, columns_query, oids, add_index_column, &indexes.columns);
	mh_query_catalogs(reading, indexes_query, oids, add_index, &indexes);
	return indexes.states;
}
