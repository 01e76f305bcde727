/*-------------------------------------------------------------------------
 *
 * definitions_columns.c
 *	  Definitions of columns.
 *
 *-------------------------------------------------------------------------
 */
#include "catalog/definitions_relations.h"

#include "access/toast_compression.h"
#include "catalog/pg_attribute.h"
#include "utils/builtins.h"

/*
 * $1: relations.  The parent is that of a partition.  An expression without columns
 * is deparsed without its relation, which saves opening it.
 */
static const char *const columns_query =
	"SELECT a.attrelid, a.attnum, a.attname::text, a.atttypid, a.attcollation,"
	" pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,"
	" CASE WHEN a.atthasdef THEN (SELECT pg_catalog.pg_get_expr(e.adbin,"
	"   CASE WHEN a.attgenerated = '' THEN 0 ELSE a.attrelid END) FROM pg_catalog.pg_attrdef e"
	"  WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum) END,"
	" a.attgenerated, a.attidentity,"
	" CASE WHEN a.attidentity <> '' THEN (SELECT pg_catalog.concat_ws(' ',"
	"   'START ' || " MH_SEQUENCE_START ", 'INCREMENT ' || " MH_SEQUENCE_INCREMENT ","
	"   'MINVALUE ' || " MH_SEQUENCE_MINIMUM ", 'MAXVALUE ' || " MH_SEQUENCE_MAXIMUM ","
	"   'CACHE ' || " MH_SEQUENCE_CACHE ", CASE WHEN s.seqcycle THEN 'CYCLE' END)"
	"  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid"
	"  WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'"
	"  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) END,"
	" a.attcollation <> t.typcollation,"
	" CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, a.attcompression,"
	" a.attoptions, a.attfdwoptions, a.attislocal, COALESCE(a.attstattarget, -1)::int,"
	" a.attacl,"
	" p.attnum IS NOT NULL AND a.atttypid = p.atttypid AND a.atttypmod = p.atttypmod"
	"  AND a.attnotnull = p.attnotnull AND a.attgenerated = p.attgenerated"
	"  AND a.attcollation = p.attcollation AND a.attstorage = p.attstorage"
	"  AND a.attcompression = p.attcompression,"
	" CASE WHEN p.atthasdef THEN (SELECT pg_catalog.pg_get_expr(f.adbin,"
	"   CASE WHEN p.attgenerated = '' THEN 0 ELSE p.attrelid END) FROM pg_catalog.pg_attrdef f"
	"  WHERE f.adrelid = p.attrelid AND f.adnum = p.attnum) END,"
	" k.partrelid IS NOT NULL"
	" FROM pg_catalog.pg_attribute a"
	" JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
	" LEFT JOIN (pg_catalog.pg_inherits i"
	"  JOIN pg_catalog.pg_partitioned_table k ON k.partrelid = i.inhparent)"
	"  ON i.inhrelid = a.attrelid"
	" LEFT JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname"
	"  AND NOT p.attisdropped"
	" WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY a.attrelid, a.attnum";

enum
{
	RELATION,
	NUMBER,
	NAME,
	TYPE_OID,
	COLLATION_OID,
	TYPE,
	NOT_NULL,
	DEFAULT,
	GENERATED,
	IDENTITY,
	IDENTITY_OPTIONS,
	HAS_OTHER_COLLATION,
	STORAGE,
	COMPRESSION,
	OPTIONS,
	FOREIGN_OPTIONS,
	IS_LOCAL,
	STATISTICS,
	PRIVILEGES,
	IS_LIKE_PARENT,
	PARENT_DEFAULT,
	IS_OF_PARTITION
};

/*
 * $1: relations.  Since 18 NOT NULL is a constraint, of which only what a flag in
 * pg_attribute cannot say is of interest.
 */
static const char *const not_null_query =
	"SELECT conrelid, conkey[1]::int, convalidated, connoinherit FROM pg_catalog.pg_constraint"
	" WHERE conrelid = ANY ($1) AND contype = 'n' AND (NOT convalidated OR connoinherit)";

typedef struct NotNull
{
	Oid relation;
	int attnum;
	bool is_validated;
	bool no_inherit;
} NotNull;

static void
add_not_null(MhReading *reading, const MhRow *row, void *state)
{
	List **constraints = state;
	NotNull *constraint = palloc(sizeof(NotNull));

	constraint->relation = mh_row_oid(row, 0);
	constraint->attnum = mh_row_int(row, 1);
	constraint->is_validated = mh_row_bool(row, 2);
	constraint->no_inherit = mh_row_bool(row, 3);
	*constraints = lappend(*constraints, constraint);
}

/*
 * The options that a person sets.  Others are the server's own, as the version that
 * 15.20 writes into every column.
 */
static char *
column_options(const MhRow *row)
{
	static const char *const settable[] = {"n_distinct=", "n_distinct_inherited="};
	MhStrings kept = {0, NULL};
	MhStrings options;

	if (row->nulls[OPTIONS])
		return NULL;
	options = mh_strings_from_array(row->values[OPTIONS], "attoptions");
	for (int i = 0; i < (int) lengthof(settable); i++)
		for (int j = 0; j < options.n; j++)
			if (strncmp(options.v[j], settable[i], strlen(settable[i])) == 0)
				mh_strings_add(&kept, options.v[j]);
	return kept.n == 0 ? NULL : mh_strings_join(&kept, ", ");
}

static char *
comment_of(const MhRow *row)
{
	return mh_comment(row->reading, mh_row_oid(row, RELATION), mh_row_int(row, NUMBER));
}

static void
note_column(MhReading *reading, MhRelation *relation, const MhRow *row)
{
	MhColumn *column;

	/* room for twice as many whenever a power of two is reached */
	if (relation->n_columns == 0)
		relation->columns = palloc(sizeof(MhColumn));
	else if ((relation->n_columns & (relation->n_columns - 1)) == 0)
		relation->columns = repalloc(relation->columns, 2 * relation->n_columns * sizeof(MhColumn));
	column = &relation->columns[relation->n_columns++];
	column->attnum = mh_row_int(row, NUMBER);
	column->name = pstrdup(quote_identifier(mh_row_text(row, NAME)));
	column->type = mh_row_oid(row, TYPE_OID);
	column->collation = mh_row_oid(row, COLLATION_OID);
}

static char *
collation_of(const MhRow *row)
{
	Oid collation = mh_row_oid(row, COLLATION_OID);

	if (!OidIsValid(collation) || !mh_row_bool(row, HAS_OTHER_COLLATION))
		return NULL;
	return mh_collation_name(row->reading, collation);
}

/* The column as part of a view's definition. */
static void
note_view_column(MhRelation *relation, const MhRow *row)
{
	char *collation = collation_of(row);

	if (relation->n_columns == 1)
		relation->signature = makeStringInfo();
	else
		appendStringInfoString(relation->signature, ", ");
	appendStringInfo(relation->signature, "%s %s", relation->columns[relation->n_columns - 1].name,
					 mh_row_canonical(row, TYPE));
	if (collation != NULL)
		appendStringInfo(relation->signature, " COLLATE %s", collation);
}

static char *
storage_name(char storage)
{
	switch (storage)
	{
		case TYPSTORAGE_PLAIN:
			return pstrdup("plain");
		case TYPSTORAGE_EXTERNAL:
			return pstrdup("external");
		case TYPSTORAGE_EXTENDED:
			return pstrdup("extended");
		case TYPSTORAGE_MAIN:
			return pstrdup("main");
		default:
			return NULL;
	}
}

static char *
compression_name(char compression)
{
	switch (compression)
	{
		case TOAST_PGLZ_COMPRESSION:
			return pstrdup("pglz");
		case TOAST_LZ4_COMPRESSION:
			return pstrdup("lz4");
		default:
			return NULL;
	}
}

static void
add_identity(MhDefinition *definition, const MhRow *row)
{
	char identity = mh_row_char(row, IDENTITY);
	char *options = mh_row_text(row, IDENTITY_OPTIONS);

	/* a partition's is its parent's; before 17 the catalogs do not say so */
	if (identity == '\0' || mh_row_bool(row, IS_OF_PARTITION))
		return;
	mh_attribute_add(definition, "identity",
					 pstrdup(identity == ATTRIBUTE_IDENTITY_ALWAYS ? "always" : "by default"));
	if (options != NULL && options[0] != '\0')
		mh_attribute_add(definition, "identity_options", options);
}

/* What a table's column has and a view's cannot. */
static void
add_table_column(MhDefinition *definition, const MhRow *row, const List *not_null)
{
	char generated = mh_row_char(row, GENERATED);
	ListCell *cell;

	mh_attribute_add(definition, "type", mh_row_canonical(row, TYPE));
	mh_attribute_add(definition, "not_null", mh_row_flag(row, NOT_NULL));
	foreach (cell, not_null)
	{
		NotNull *constraint = lfirst(cell);

		if (constraint->relation != mh_row_oid(row, RELATION) ||
			constraint->attnum != mh_row_int(row, NUMBER))
			continue;
		if (!constraint->is_validated)
			mh_attribute_add(definition, "not_null_valid", pstrdup("false"));
		if (constraint->no_inherit)
			mh_attribute_add(definition, "not_null_no_inherit", pstrdup("true"));
	}
	if (generated != '\0')
		mh_attribute_add(definition, "generated",
						 pstrdup(generated == ATTRIBUTE_GENERATED_STORED ? "stored" : "virtual"));
	add_identity(definition, row);
	mh_attribute_add(definition, "collation", collation_of(row));
	mh_attribute_add(definition, "foreign_options", mh_row_options(row, FOREIGN_OPTIONS));
}

/* What a view's column may have too. */
static void
add_any_column(MhDefinition *definition, const MhRow *row)
{
	int statistics = mh_row_int(row, STATISTICS);

	mh_attribute_add(definition, "default", mh_row_canonical(row, DEFAULT));
	mh_attribute_add(definition, "storage", storage_name(mh_row_char(row, STORAGE)));
	mh_attribute_add(definition, "compression", compression_name(mh_row_char(row, COMPRESSION)));
	mh_attribute_add(definition, "options", column_options(row));
	if (statistics >= 0)
		mh_attribute_add(definition, "statistics", psprintf("%d", statistics));
	mh_attribute_add(definition, "privileges",
					 mh_row_privileges(row, PRIVILEGES, OBJECT_COLUMN, InvalidOid));
	mh_attribute_add(definition, "comment", comment_of(row));
}

static bool
are_same(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Is it the column of a partition, and in nothing different from the parent's? */
static bool
follows_parent(const MhRow *row)
{
	return mh_row_bool(row, IS_LIKE_PARENT) &&
		   are_same(mh_row_text(row, DEFAULT), mh_row_text(row, PARENT_DEFAULT)) &&
		   mh_row_int(row, STATISTICS) < 0 && row->nulls[PRIVILEGES] && comment_of(row) == NULL &&
		   row->nulls[FOREIGN_OPTIONS] && column_options(row) == NULL;
}

static void
add_column(MhReading *reading, const MhRow *row, void *state)
{
	MhRelation *relation = mh_relation_find(reading, mh_row_oid(row, RELATION));
	bool is_view = mh_relation_is_view(relation);
	MhDefinition *definition;

	note_column(reading, relation, row);
	if (is_view)
		note_view_column(relation, row);
	else if (follows_parent(row))
		return;
	definition = mh_definition_add(
		reading->set, "column",
		psprintf("%s.%s", relation->name, relation->columns[relation->n_columns - 1].name),
		pstrdup(relation->name));
	if (!is_view)
	{
		add_table_column(definition, row, *(List **) state);
		if (!mh_row_bool(row, IS_LOCAL) && !mh_row_bool(row, IS_OF_PARTITION))
			mh_attribute_add(definition, "inherited", pstrdup("true"));
	}
	add_any_column(definition, row);
	if (is_view && definition->n == 0)
		reading->set->n--;
	else
		mh_definition_end(definition);
}

static void
forget_columns(MhReading *reading)
{
	HASH_SEQ_STATUS status;
	MhRelation *relation;

	hash_seq_init(&status, reading->relations);
	while ((relation = hash_seq_search(&status)) != NULL)
		relation->n_columns = 0;
}

void
mh_read_columns(MhReading *reading, Datum oids)
{
	List *not_null = NIL;

	/* a batch that failed is read again */
	forget_columns(reading);
	if (PG_VERSION_NUM >= 180000)
		mh_query(reading, not_null_query, oids, add_not_null, &not_null);
	mh_query(reading, columns_query, oids, add_column, &not_null);
}
