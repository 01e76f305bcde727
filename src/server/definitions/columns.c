/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  Definitions of columns.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"
#include "server/definitions/relations.h"

#include "catalog/pg_type.h"
#include "access/toast_compression.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define COLLATION_THERE \
	"CASE WHEN a.attcollation <> y.typcollation THEN " MH_SQL_COLLATION("a.attcollation") " END"

/* clang-format off */
/*
 * $1: relations.  An expression without columns is deparsed without its relation, which
 * saves opening it.
 */
static const char *const columns_query =
	"SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.attcollation,"
	" " MH_SQL_HERE_OR_THERE("a.atttypmod", "pg_catalog.format_type(a.atttypid, a.atttypmod)")
	", a.attnotnull,"
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
	" a.attstorage, a.attcompression, a.attoptions, a.attfdwoptions, a.attislocal,"
	" COALESCE(a.attstattarget, -1)::int, " MH_SQL_PRIVILEGES("a.attacl", "'c'", "0::oid")
	MH_SQL_HERE_OR_THERE("", ", y.typcollation, y.typstorage, " COLLATION_THERE)
	" FROM pg_catalog.pg_attribute a"
	MH_SQL_HERE_OR_THERE("", " JOIN pg_catalog.pg_type y ON y.oid = a.atttypid")
	" WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY a.attrelid, a.attnum";
/* clang-format on */

enum
{
	RELATION,
	NUMBER,
	NAME,
	TYPE_OID,
	COLLATION_OID,
	TYPE, /* here the modifier of the type */
	NOT_NULL,
	DEFAULT,
	GENERATED,
	IDENTITY,
	IDENTITY_OPTIONS,
	STORAGE,
	COMPRESSION,
	OPTIONS,
	FOREIGN_OPTIONS,
	IS_LOCAL,
	STATISTICS,
	PRIVILEGES,
	/* only elsewhere: here the syscache has them */
	COLLATION_OF_TYPE,
	STORAGE_OF_TYPE,
	COLLATION_NAME
};

/* $1: relations.  Columns of partitions: are they as the parent's, and what is its default? */
static const char *const parents_query =
	"SELECT a.attrelid, a.attnum,"
	" a.atttypid = p.atttypid AND a.atttypmod = p.atttypmod"
	"  AND a.attnotnull = p.attnotnull AND a.attgenerated = p.attgenerated"
	"  AND a.attcollation = p.attcollation AND a.attstorage = p.attstorage"
	"  AND a.attcompression = p.attcompression,"
	" CASE WHEN p.atthasdef THEN (SELECT pg_catalog.pg_get_expr(e.adbin,"
	"   CASE WHEN p.attgenerated = '' THEN 0 ELSE p.attrelid END) FROM pg_catalog.pg_attrdef e"
	"  WHERE e.adrelid = p.attrelid AND e.adnum = p.attnum) END"
	" FROM pg_catalog.pg_inherits i"
	" JOIN pg_catalog.pg_partitioned_table t ON t.partrelid = i.inhparent"
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = i.inhrelid AND a.attnum > 0"
	"  AND NOT a.attisdropped"
	" JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname"
	"  AND NOT p.attisdropped"
	" WHERE i.inhrelid = ANY ($1) ORDER BY a.attrelid, a.attnum";

/* A column of a partition, beside that of its parent. */
typedef struct ParentColumn
{
	MhCatalogOid relation;
	int attnum;
	bool is_alike;
	char *parent_default; /* NULL: none */
} ParentColumn;

/* What the rows of columns_query are joined with. */
typedef struct Extras
{
	List *parents;  /* of ParentColumn, in the order of these rows */
	int n_parents;  /* that are passed */
	List *not_null; /* of NotNull */
} Extras;

/*
 * $1: relations.  Since 18 NOT NULL is a constraint, of which only what a flag in
 * pg_attribute cannot say is of interest.
 */
static const char *const not_null_query =
	"SELECT conrelid, conkey[1]::int, convalidated, connoinherit FROM pg_catalog.pg_constraint"
	" WHERE conrelid = ANY ($1) AND contype = 'n' AND (NOT convalidated OR connoinherit)";

typedef struct NotNull
{
	MhCatalogOid relation;
	int attnum;
	bool is_validated;
	bool no_inherit;
} NotNull;

static void
add_not_null(MhReading *reading, const MhCatalogRow *row, void *state)
{
	Extras *extras = state;
	NotNull *constraint = palloc(sizeof(NotNull));

	constraint->relation = mh_row_oid(row, 0);
	constraint->attnum = mh_row_int(row, 1);
	constraint->is_validated = mh_row_bool(row, 2);
	constraint->no_inherit = mh_row_bool(row, 3);
	extras->not_null = lappend(extras->not_null, constraint);
}

static void
add_parent_column(MhReading *reading, const MhCatalogRow *row, void *state)
{
	Extras *extras = state;
	ParentColumn *column = palloc(sizeof(ParentColumn));

	column->relation = mh_row_oid(row, 0);
	column->attnum = mh_row_int(row, 1);
	column->is_alike = mh_row_bool(row, 2);
	column->parent_default = mh_row_text(row, 3);
	extras->parents = lappend(extras->parents, column);
}

/* NULL: it is not of a partition. */
static const ParentColumn *
next_parent_column(Extras *extras, const MhCatalogRow *row)
{
	ParentColumn *column;

	if (extras->n_parents >= list_length(extras->parents))
		return NULL;
	column = list_nth(extras->parents, extras->n_parents);
	if (!mh_is_same_oid(column->relation, mh_row_oid(row, RELATION)) ||
		column->attnum != mh_row_int(row, NUMBER))
		return NULL;
	extras->n_parents++;
	return column;
}

/*
 * The options that a person sets.  Others are the server's own, as the version that
 * 15.20 writes into every column.
 */
static char *
column_options(const MhCatalogRow *row)
{
	static const char *const settable[] = {"n_distinct=", "n_distinct_inherited="};
	MhStrings kept = {0, NULL};
	MhStrings options;

	if (mh_row_is_null(row, OPTIONS))
		return NULL;
	options = mh_row_strings(row, OPTIONS);
	for (int i = 0; i < (int) lengthof(settable); i++)
		for (int j = 0; j < options.n; j++)
			if (mh_begins_with(options.v[j], settable[i]))
				mh_strings_add(&kept, options.v[j]);
	return kept.n == 0 ? NULL : mh_strings_join(&kept, ", ");
}

static char *
comment_of(const MhCatalogRow *row)
{
	return mh_comment(row->reading, RelationRelationId, mh_row_oid(row, RELATION),
					  mh_row_int(row, NUMBER));
}

static void
note_column(MhReading *reading, MhRelation *relation, const MhCatalogRow *row)
{
	MhColumn *column;

	/* room for twice as many whenever a power of two is reached */
	if (relation->n_columns == 0)
		relation->columns = palloc(sizeof(MhColumn));
	else if ((relation->n_columns & (relation->n_columns - 1)) == 0)
		relation->columns = repalloc(relation->columns, 2 * relation->n_columns * sizeof(MhColumn));
	column = &relation->columns[relation->n_columns++];
	column->attnum = mh_row_int(row, NUMBER);
	column->plain_name = mh_required(mh_row_name(row, NAME));
	column->name = pstrdup(mh_quote_identifier(column->plain_name));
	column->type = mh_row_oid(row, TYPE_OID);
	column->collation = mh_row_oid(row, COLLATION_OID);
}

static MhCatalogOid
collation_of_type(const MhCatalogRow *row)
{
	if (row->reading->source != NULL)
		return mh_row_oid(row, COLLATION_OF_TYPE);
	return (MhCatalogOid){get_typcollation(mh_local_oid(row->reading, mh_row_oid(row, TYPE_OID)))};
}

static char
storage_of_type(const MhCatalogRow *row)
{
	if (row->reading->source != NULL)
		return mh_row_char(row, STORAGE_OF_TYPE);
	return get_typstorage(mh_local_oid(row->reading, mh_row_oid(row, TYPE_OID)));
}

static char *
collation_of(const MhCatalogRow *row)
{
	MhCatalogOid collation = mh_row_oid(row, COLLATION_OID);

	if (!mh_is_oid(collation) || mh_is_same_oid(collation, collation_of_type(row)))
		return NULL;
	if (row->reading->source != NULL)
		return mh_row_canonical(row, COLLATION_NAME);
	return mh_collation_name(row->reading, collation);
}

/* A type with its modifier, as columns have it. */
typedef struct TypeText
{
	struct
	{
		Oid type;
		int modifier;
	} key;
	char *text;
} TypeText;

/* As format_type() writes it, in the form of mh_row_canonical: few types are those of most columns. */
static char *
type_text(const MhCatalogRow *row)
{
	MhReading *reading = row->reading;
	HASHCTL control = {.keysize = sizeof(((TypeText *) 0)->key),
					   .entrysize = sizeof(TypeText),
					   .hcxt = reading->context};
	TypeText wanted = {{InvalidOid, 0}, NULL};
	TypeText *known;

	if (reading->source != NULL)
		return mh_row_canonical(row, TYPE);
	if (reading->types == NULL)
		reading->types =
			hash_create("mighead types", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	wanted.key.type = mh_local_oid(reading, mh_row_oid(row, TYPE_OID));
	wanted.key.modifier = mh_row_int(row, TYPE);
	known = hash_search(reading->types, &wanted.key, HASH_FIND, NULL);
	if (known == NULL)
	{
		wanted.text = format_type_extended(wanted.key.type, wanted.key.modifier,
										   FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_ALLOW_INVALID);
		wanted.text = mh_canonical(reading, mh_to_utf8(wanted.text));
		known = hash_search(reading->types, &wanted.key, HASH_ENTER, NULL);
		known->text = wanted.text;
	}
	return pstrdup(known->text);
}

/* The column as part of a view's definition. */
static void
note_view_column(MhRelation *relation, const MhCatalogRow *row)
{
	char *collation = collation_of(row);

	if (relation->n_columns == 1)
		relation->signature = makeStringInfo();
	else
		appendStringInfoString(relation->signature, ", ");
	appendStringInfo(relation->signature, "%s %s", relation->columns[relation->n_columns - 1].name,
					 type_text(row));
	if (collation != NULL)
		appendStringInfo(relation->signature, " COLLATE %s", collation);
}

static char *
storage_unless_default(const MhCatalogRow *row)
{
	char storage = mh_row_char(row, STORAGE);

	if (storage == storage_of_type(row))
		return NULL;
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
add_identity(MhDefinition *definition, const MhCatalogRow *row)
{
	char identity = mh_row_char(row, IDENTITY);
	char *options = mh_row_text(row, IDENTITY_OPTIONS);

	if (identity == '\0')
		return;
	mh_attribute_add(definition, MH_ATTR_IDENTITY,
					 pstrdup(identity == ATTRIBUTE_IDENTITY_ALWAYS ? "always" : "by default"));
	if (options != NULL && options[0] != '\0')
		mh_attribute_add(definition, MH_ATTR_IDENTITY_OPTIONS, options);
}

/* What a table's column has and a view's cannot. */
static void
add_table_column(MhDefinition *definition, const MhCatalogRow *row, const List *not_null)
{
	char generated = mh_row_char(row, GENERATED);
	ListCell *cell;

	mh_attribute_add(definition, MH_ATTR_TYPE, type_text(row));
	mh_attribute_add(definition, MH_ATTR_NOT_NULL, mh_row_flag(row, NOT_NULL));
	foreach (cell, not_null)
	{
		NotNull *constraint = lfirst(cell);

		if (!mh_is_same_oid(constraint->relation, mh_row_oid(row, RELATION)) ||
			constraint->attnum != mh_row_int(row, NUMBER))
			continue;
		if (!constraint->is_validated)
			mh_attribute_add(definition, MH_ATTR_NOT_NULL_VALID, pstrdup("false"));
		if (constraint->no_inherit)
			mh_attribute_add(definition, MH_ATTR_NOT_NULL_NO_INHERIT, pstrdup("true"));
	}
	if (generated != '\0')
		mh_attribute_add(definition, MH_ATTR_GENERATED,
						 pstrdup(generated == ATTRIBUTE_GENERATED_STORED ? "stored" : "virtual"));
	mh_attribute_add(definition, MH_ATTR_COLLATION, collation_of(row));
	mh_attribute_add(definition, MH_ATTR_FOREIGN_OPTIONS, mh_row_options(row, FOREIGN_OPTIONS));
}

/* What a view's column may have too. */
static void
add_any_column(MhDefinition *definition, const MhCatalogRow *row)
{
	int statistics = mh_row_int(row, STATISTICS);

	mh_attribute_add(definition, MH_ATTR_DEFAULT, mh_row_canonical(row, DEFAULT));
	mh_attribute_add(definition, MH_ATTR_STORAGE, storage_unless_default(row));
	mh_attribute_add(definition, MH_ATTR_COMPRESSION,
					 compression_name(mh_row_char(row, COMPRESSION)));
	mh_attribute_add(definition, MH_ATTR_OPTIONS, column_options(row));
	if (statistics >= 0)
		mh_attribute_add(definition, MH_ATTR_STATISTICS, psprintf("%d", statistics));
	mh_attribute_add(definition, MH_ATTR_PRIVILEGES,
					 mh_row_privileges(row, PRIVILEGES, OBJECT_COLUMN, MH_NO_COLUMN));
	mh_attribute_add(definition, MH_ATTR_COMMENT, comment_of(row));
}

static bool
are_same(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Is the column of a partition in nothing different from its parent's? */
static bool
follows_parent(const MhCatalogRow *row, const ParentColumn *parent)
{
	return parent->is_alike && are_same(mh_row_text(row, DEFAULT), parent->parent_default) &&
		   mh_row_int(row, STATISTICS) < 0 && mh_row_is_null(row, PRIVILEGES) &&
		   comment_of(row) == NULL && mh_row_is_null(row, FOREIGN_OPTIONS) &&
		   column_options(row) == NULL;
}

static MhDefinition *
begin_column(MhReading *reading, const MhRelation *relation)
{
	const MhColumn *column = &relation->columns[relation->n_columns - 1];

	return mh_definition_add(reading->set, MH_TYPE_COLUMN,
							 psprintf("%s.%s", relation->name, column->name),
							 pstrdup(relation->name));
}

/* What makes a view's column is the view's; it is an object if it has more. */
static void
add_view_column(MhReading *reading, MhRelation *relation, const MhCatalogRow *row)
{
	MhDefinition *definition;

	note_view_column(relation, row);
	definition = begin_column(reading, relation);
	add_any_column(definition, row);
	if (definition->n == 0)
		reading->set->n--;
	else
		mh_definition_end(definition);
}

static void
add_column(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhRelation *relation = mh_relation_of_row(row, RELATION);
	Extras *extras = state;
	const ParentColumn *parent = next_parent_column(extras, row);
	MhDefinition *definition;

	note_column(reading, relation, row);
	if (mh_relation_is_view(relation))
		add_view_column(reading, relation, row);
	else if (parent == NULL || !follows_parent(row, parent))
	{
		definition = begin_column(reading, relation);
		add_table_column(definition, row, extras->not_null);
		/* a partition's identity is its parent's; before 17 the catalogs do not say so */
		if (parent == NULL)
			add_identity(definition, row);
		if (parent == NULL && !mh_row_bool(row, IS_LOCAL))
			mh_attribute_add(definition, MH_ATTR_INHERITED, pstrdup("true"));
		definition->follows_dropped =
			relation->n_columns > 0 &&
			relation->columns[relation->n_columns - 1].attnum -
					(relation->n_columns > 1 ? relation->columns[relation->n_columns - 2].attnum
											 : 0) >
				1;
		add_any_column(definition, row);
		mh_definition_end(definition);
	}
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
	Extras extras = {0};

	/* a batch that failed is read again */
	forget_columns(reading);
	mh_query_catalogs(reading, parents_query, oids, add_parent_column, &extras);
	if (mh_version_read(reading) >= 180000)
		mh_query_catalogs(reading, not_null_query, oids, add_not_null, &extras);
	mh_query_catalogs(reading, columns_query, oids, add_column, &extras);
}
