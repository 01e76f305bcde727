/*-------------------------------------------------------------------------
 *
 * types.c
 *	  Definitions of enums, domains, composite types, ranges and collations.
 *
 * Arrays, the row types of tables and the multirange of a range are parts of
 * what they were made for and not listed; base types are among what is not modelled.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

/* clang-format off */
#define TYPE_COLUMNS \
	"SELECT n.nspname::text, t.typname::text, NULL::text, " MH_SQL_ROLE("t.typowner") ", " \
	MH_SQL_PRIVILEGES("t.typacl", "'T'", "t.typowner") "," \
	MH_SQL_COMMENT("pg_type", "t.oid") ","

#define FROM_TYPES(typtype) \
	" FROM pg_catalog.pg_type t" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace" \
	" WHERE t.typtype = '" typtype \
	"' AND t.typnamespace = ANY ($1)" " AND " MH_NOT_A_MEMBER("pg_type", "t.oid")

/* A collation that is not the one of the type it is used with. */
#define UNUSUAL_COLLATION(collation, type) \
	" CASE WHEN " collation \
	" <> (SELECT y.typcollation FROM pg_catalog.pg_type y" \
	"  WHERE y.oid = " type \
	") THEN " MH_SQL_COLLATION(collation) " END"

/* Labels in their order; the numbers that order them are others after a dump. */
static const MhKind enums = {
	MH_TYPE_ENUM,
	OBJECT_TYPE,
	TYPE_COLUMNS
	" COALESCE((SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', '"
	"  ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid), '')"
	FROM_TYPES("e"),
	{{MH_ATTR_LABELS, mh_row_text}}};

static const MhKind domains = {MH_TYPE_DOMAIN,
							   OBJECT_TYPE,
							   TYPE_COLUMNS
							   " pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull,"
							   " pg_catalog.pg_get_expr(t.typdefaultbin, 0)," UNUSUAL_COLLATION(
								   "t.typcollation", "t.typbasetype") FROM_TYPES("d")
							   " AND " MH_SQL_EXPRESSION_FITS("t.typdefaultbin"),
							   {{MH_ATTR_TYPE, mh_row_canonical},
								{MH_ATTR_NOT_NULL, mh_row_flag},
								{MH_ATTR_DEFAULT, mh_row_canonical},
								{MH_ATTR_COLLATION, mh_row_canonical}}};

static const char *const large_domains_query =
	"SELECT n.nspname::text, t.typname::text, NULL::text" FROM_TYPES("d")
	" AND NOT (" MH_SQL_EXPRESSION_FITS("t.typdefaultbin") ")";

#define COMPOSITE_COLUMN \
	"pg_catalog.concat(pg_catalog.quote_ident(a.attname), ' '," \
	" pg_catalog.format_type(a.atttypid, a.atttypmod)," \
	" ' COLLATE ' ||" UNUSUAL_COLLATION("a.attcollation", "a.atttypid") ")"

static const MhKind composite_types = {
	MH_TYPE_COMPOSITE_TYPE,
	OBJECT_TYPE,
	TYPE_COLUMNS
	" COALESCE((SELECT pg_catalog.string_agg(" COMPOSITE_COLUMN
	", ', ' ORDER BY a.attnum)"
	"  FROM pg_catalog.pg_attribute a"
	"  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), ''),"
	" (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' ' ||"
	"   pg_catalog.quote_literal(d.description), ', ' ORDER BY a.attnum)"
	"  FROM pg_catalog.pg_description d JOIN pg_catalog.pg_attribute a"
	"   ON a.attrelid = d.objoid AND a.attnum = d.objsubid"
	"  WHERE d.objoid = t.typrelid AND d.objsubid > 0"
	"  AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass)" FROM_TYPES("c")
	" AND EXISTS (SELECT FROM pg_catalog.pg_class r WHERE r.oid = t.typrelid AND r.relkind = 'c')",
	{{MH_ATTR_COLUMNS, mh_row_canonical}, {MH_ATTR_COLUMN_COMMENTS, mh_row_text}}};

#define RANGE_COLUMN(expression) \
	" (SELECT " expression \
	" FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid)"

/* Only where it is not the one that CREATE TYPE takes by itself. */
#define RANGE_OPERATOR_CLASS \
	" (SELECT " MH_SQL_SHARED("s.nspname") \
	" || pg_catalog.quote_ident(o.opcname)" \
	" FROM pg_catalog.pg_range r" \
	" JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc" \
	" JOIN pg_catalog.pg_namespace s ON s.oid = o.opcnamespace" \
	" WHERE r.rngtypid = t.oid" \
	" AND NOT (o.opcdefault AND o.opcintype = r.rngsubtype))"

static const MhKind range_types = {
	MH_TYPE_RANGE_TYPE,
	OBJECT_TYPE,
	TYPE_COLUMNS RANGE_COLUMN("pg_catalog.format_type(r.rngsubtype, NULL)") ","
	RANGE_OPERATOR_CLASS "," RANGE_COLUMN(UNUSUAL_COLLATION( "r.rngcollation", "r.rngsubtype"))
	"," RANGE_COLUMN(MH_SQL_FUNCTION("r.rngcanonical")) ","
	RANGE_COLUMN(MH_SQL_FUNCTION("r.rngsubdiff")) ","
	RANGE_COLUMN("pg_catalog.format_type(r.rngmultitypid, NULL)") FROM_TYPES("r"),
	{{MH_ATTR_SUBTYPE, mh_row_canonical},
	 {MH_ATTR_OPERATOR_CLASS, mh_row_canonical},
	 {MH_ATTR_COLLATION, mh_row_canonical},
	 {MH_ATTR_CANONICAL, mh_row_canonical},
	 {MH_ATTR_SUBTYPE_DIFF, mh_row_canonical},
	 {MH_ATTR_MULTIRANGE, mh_row_canonical}}};

/*
 * Never the version of the provider's data: an upgrade of the machine changes it.  The encoding is
 * the database's, or any.
 */
static const MhKind collations = {
	MH_TYPE_COLLATION,
	MH_NO_PRIVILEGES,
	"SELECT n.nspname::text, c.collname::text, NULL::text, " MH_SQL_ROLE("c.collowner") ", NULL,"
	MH_SQL_COMMENT("pg_collation", "c.oid") ","
	" CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'"
	"  WHEN 'd' THEN 'default' ELSE c.collprovider::text END,"
	" CASE WHEN NOT c.collisdeterministic THEN 'false' END,"
	" c.collcollate::text, c.collctype::text, " MH_SQL_HERE_OR_THERE(
		"c." MH_COLLATION_LOCALE, MH_SQL_SINCE("17", "c.colllocale", "c.colliculocale"))
	"::text, " MH_SQL_HERE_OR_THERE(
		MH_COLLATION_RULES, MH_SQL_SINCE("16", "c.collicurules::text", "NULL::text"))
	" FROM pg_catalog.pg_collation c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace"
	" WHERE c.collnamespace = ANY ($1) AND " MH_NOT_A_MEMBER("pg_collation", "c.oid"),
	{{MH_ATTR_PROVIDER, mh_row_text},
	 {MH_ATTR_DETERMINISTIC, mh_row_text},
	 {MH_ATTR_LC_COLLATE, mh_row_text},
	 {MH_ATTR_LC_CTYPE, mh_row_text},
	 {MH_ATTR_LOCALE, mh_row_text},
	 {MH_ATTR_RULES, mh_row_text}}};

/* Since 17 the NOT NULL of a domain has a constraint too, of another type. */
static const char *const domain_constraints_query =
	"SELECT n.nspname::text, t.typname::text, c.conname::text,"
	" CASE WHEN " MH_SQL_EXPRESSION_FITS("c.conbin") " THEN"
	"  pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(c.oid), ' NOT VALID$', '') END,"
	" CASE WHEN NOT c.convalidated THEN 'false' END," MH_SQL_COMMENT("pg_constraint", "c.oid")
	" FROM pg_catalog.pg_constraint c"
	" JOIN pg_catalog.pg_type t ON t.oid = c.contypid"
	" JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
	" WHERE c.contypid <> 0 AND c.contype = 'c' AND t.typnamespace = ANY ($1)" " AND "
	MH_NOT_A_MEMBER("pg_type", "t.oid");
/* clang-format on */

static void
read_domain_constraint(MhReading *reading, const MhCatalogRow *row, void *state)
{
	char *domain = mh_relative_name(reading, mh_row_text(row, 0), mh_row_text(row, 1));
	char *name = mh_member_name(domain, mh_row_text(row, 2));
	MhDefinition *definition;

	if (mh_row_is_null(row, 3))
	{
		mh_unread_large(reading, MH_TYPE_CONSTRAINT, name);
		return;
	}
	definition = mh_definition_add(reading->set, MH_TYPE_CONSTRAINT, name, domain);
	mh_attribute_add(definition, MH_ATTR_KIND, pstrdup(MH_CONSTRAINT_CHECK));
	mh_attribute_add(definition, MH_ATTR_DEFINITION, mh_row_canonical(row, 3));
	mh_attribute_add(definition, MH_ATTR_VALIDATED, mh_row_text(row, 4));
	mh_attribute_add(definition, MH_ATTR_COMMENT, mh_row_text(row, 5));
	mh_definition_finish(definition);
}

void
mh_read_types(MhReading *reading)
{
	mh_read_kind(reading, &enums);
	mh_read_kind(reading, &domains);
	mh_read_large(reading, MH_TYPE_DOMAIN, large_domains_query, reading->schemas);
	mh_query_catalogs(reading, domain_constraints_query, reading->schemas, read_domain_constraint,
					  NULL);
	mh_read_kind(reading, &composite_types);
	mh_read_kind(reading, &range_types);
	mh_read_kind(reading, &collations);
}
