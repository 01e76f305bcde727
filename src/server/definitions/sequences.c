/*-------------------------------------------------------------------------
 *
 * sequences.c
 *	  Definitions of sequences.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/relations.h"

#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*
 * $1: schemas.  Which column owns a sequence is told by the dependency; that of an
 * identity column is a part of the column.
 */
/* clang-format off */
#define SEQUENCES_QUERY(condition) \
	"SELECT c.oid, n.nspname, c.relname, c.relpersistence," \
	" " MH_SQL_ROLE("c.relowner") "," \
	" " MH_SQL_PRIVILEGES("c.relacl", "'s'", "c.relowner") "," \
	" NULLIF(pg_catalog.format_type(s.seqtypid, NULL), 'bigint')," MH_SEQUENCE_START "::text," \
	" " MH_SEQUENCE_INCREMENT "::text, " MH_SEQUENCE_MINIMUM "::text," \
	" " MH_SEQUENCE_MAXIMUM "::text, " MH_SEQUENCE_CACHE "::text, s.seqcycle," \
	" o.refobjid, tn.nspname, t.relname, a.attname, n.oid" \
	" FROM pg_catalog.pg_class c" \
	" JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" LEFT JOIN pg_catalog.pg_depend o ON o.objid = c.oid AND o.objsubid = 0" \
	"  AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	"  AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	"  AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')" \
	" LEFT JOIN pg_catalog.pg_class t ON t.oid = o.refobjid" \
	" LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace" \
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.refobjid" \
	"  AND a.attnum = o.refobjsubid AND NOT a.attisdropped" \
	" WHERE " condition " AND c.relkind = 'S' AND c.relpersistence <> 't'" \
	" AND o.deptype IS DISTINCT FROM 'i' AND " MH_NOT_A_MEMBER("pg_class", "c.oid")
/* clang-format on */

static const char *const sequences_of_schemas_query = SEQUENCES_QUERY("c.relnamespace = ANY ($1)");

/* $1: relations, that are sequences or may own some. */
static const char *const sequences_of_relations_query =
	SEQUENCES_QUERY("c.oid = ANY (ARRAY(SELECT r FROM pg_catalog.unnest($1) AS r"
					" UNION SELECT d.objid FROM pg_catalog.pg_depend d"
					" WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
					" AND d.refobjid = ANY ($1) AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')"
					" AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass))");

enum
{
	OID,
	SCHEMA,
	NAME,
	PERSISTENCE,
	OWNER,
	PRIVILEGES,
	DATA_TYPE,
	START,
	INCREMENT,
	MINIMUM,
	MAXIMUM,
	CACHE,
	CYCLE,
	TABLE,
	TABLE_SCHEMA,
	TABLE_NAME,
	COLUMN,
	SCHEMA_OID
};

static bool
is_in_scope(const MhReading *reading, const MhCatalogRow *row)
{
	return !mh_is_listed(reading->version_tables, mh_row_oid(row, TABLE)) &&
		   mh_is_in_schemas(reading, mh_row_oid(row, SCHEMA_OID));
}

/* NULL: it has none, or that is being dropped. */
static char *
owning_table(MhReading *reading, const MhCatalogRow *row)
{
	char *schema = mh_row_name(row, TABLE_SCHEMA);

	return schema == NULL ? NULL : mh_relative_name(reading, schema, mh_row_name(row, TABLE_NAME));
}

static char *
owning_column(const MhCatalogRow *row, const char *table)
{
	char *name = mh_row_name(row, COLUMN);

	return name == NULL ? NULL : mh_member_name(table, name);
}

static void
add_sequence(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhDefinition *definition;
	char *table = owning_table(reading, row);

	if (!is_in_scope(reading, row))
		return;
	definition = mh_definition_add(
		reading->set, MH_TYPE_SEQUENCE,
		mh_relative_name(reading, mh_row_name(row, SCHEMA), mh_row_name(row, NAME)), table);
	if (table != NULL)
		mh_attribute_add(definition, MH_ATTR_OWNED_BY, owning_column(row, table));
	if (mh_row_char(row, PERSISTENCE) == RELPERSISTENCE_UNLOGGED)
		mh_attribute_add(definition, MH_ATTR_PERSISTENCE, pstrdup("unlogged"));
	mh_attribute_add(definition, MH_ATTR_DATA_TYPE, mh_row_text(row, DATA_TYPE));
	mh_attribute_add(definition, MH_ATTR_START, mh_row_text(row, START));
	mh_attribute_add(definition, MH_ATTR_INCREMENT, mh_row_text(row, INCREMENT));
	mh_attribute_add(definition, MH_ATTR_MINIMUM, mh_row_text(row, MINIMUM));
	mh_attribute_add(definition, MH_ATTR_MAXIMUM, mh_row_text(row, MAXIMUM));
	mh_attribute_add(definition, MH_ATTR_CACHE, mh_row_text(row, CACHE));
	mh_attribute_add(definition, MH_ATTR_CYCLE, mh_row_flag(row, CYCLE));
	mh_attribute_add(definition, MH_ATTR_OWNER, mh_row_role(row, OWNER));
	mh_attribute_add(definition, MH_ATTR_PRIVILEGES,
					 mh_row_privileges(row, PRIVILEGES, OBJECT_SEQUENCE, OWNER));
	mh_attribute_add(definition, MH_ATTR_COMMENT,
					 mh_comment(reading, RelationRelationId, mh_row_oid(row, OID), 0));
	mh_definition_end(definition);
}

static const char *const oids_query =
	"SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = ANY ($1) AND c.relkind = 'S'";

static void
note_oid(MhReading *reading, const MhCatalogRow *row, void *state)
{
	List **oids = state;

	*oids = lappend_oid(*oids, mh_row_oid(row, 0).value);
}

static void
read_comments_there(MhReading *reading)
{
	List *oids = NIL;

	if (reading->source == NULL)
		return;
	mh_query_catalogs(reading, oids_query, reading->schemas, note_oid, &oids);
	mh_read_comments(reading, mh_oids_of_list(oids));
}

void
mh_read_sequences(MhReading *reading)
{
	List *relations = reading->wanted;

	read_comments_there(reading);
	if (relations != NIL)
		mh_query_catalogs(reading, sequences_of_relations_query, mh_oids_of_list(relations),
						  add_sequence, NULL);
	else
		mh_query_catalogs(reading, sequences_of_schemas_query, reading->schemas, add_sequence,
						  NULL);
}
