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
	"SELECT c.oid, n.nspname, c.relname, c.relpersistence, c.relowner, c.relacl," \
	" NULLIF(pg_catalog.format_type(s.seqtypid, NULL), 'bigint')," MH_SEQUENCE_START "::text," \
	" " MH_SEQUENCE_INCREMENT "::text, " MH_SEQUENCE_MINIMUM "::text," \
	" " MH_SEQUENCE_MAXIMUM "::text, " MH_SEQUENCE_CACHE "::text, s.seqcycle," \
	" o.refobjid, o.refobjsubid, n.oid" \
	" FROM pg_catalog.pg_class c" \
	" JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" LEFT JOIN pg_catalog.pg_depend o ON o.objid = c.oid AND o.objsubid = 0" \
	"  AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	"  AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	"  AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')" \
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
	COLUMN,
	SCHEMA_OID
};

static bool
is_in_scope(const MhReading *reading, const MhCatalogRow *row)
{
	return !list_member_oid(reading->scope->version_tables, mh_row_oid(row, TABLE)) &&
		   mh_is_in_schemas(reading, mh_row_oid(row, SCHEMA_OID));
}

/* NULL: it has none, or that is being dropped. */
static char *
owning_table(MhReading *reading, Oid oid)
{
	MhRelation *relation = mh_relation_find(reading, oid);
	char *name;

	if (relation != NULL)
		return relation->name;
	name = OidIsValid(oid) ? get_rel_name(oid) : NULL;
	if (name == NULL)
		return NULL;
	return mh_relative_name(reading, mh_to_utf8(get_namespace_name(get_rel_namespace(oid))),
							mh_to_utf8(name));
}

static char *
owning_column(const MhCatalogRow *row, const char *table)
{
	char *name = get_attname(mh_row_oid(row, TABLE), mh_row_int(row, COLUMN), true);

	return name == NULL ? NULL : mh_member_name(table, mh_to_utf8(name));
}

static void
add_sequence(MhReading *reading, const MhCatalogRow *row, void *state)
{
	MhDefinition *definition;
	char *table = owning_table(reading, mh_row_oid(row, TABLE));

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
					 mh_row_privileges(row, PRIVILEGES, OBJECT_SEQUENCE, mh_row_oid(row, OWNER)));
	mh_attribute_add(definition, MH_ATTR_COMMENT,
					 mh_comment(reading, RelationRelationId, mh_row_oid(row, OID), 0));
	mh_definition_end(definition);
}

void
mh_read_sequences(MhReading *reading)
{
	List *relations = reading->scope->relations;

	if (relations != NIL)
		mh_query_catalogs(reading, sequences_of_relations_query, mh_oids_of_list(relations),
						  add_sequence, NULL);
	else
		mh_query_catalogs(reading, sequences_of_schemas_query, reading->schemas, add_sequence,
						  NULL);
}
