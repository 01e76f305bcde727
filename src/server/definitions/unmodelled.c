/*-------------------------------------------------------------------------
 *
 * unmodelled.c
 *	  What is in scope and not compared, or as a whole only, so that nothing is passed over in
 *	  silence.
 *
 * The list is of what is compared, not of what is not: every object of a schema
 * depends on it, so a kind that a later server brings is named as soon as it is used.
 *
 *-------------------------------------------------------------------------
 */
#include "server/definitions/kinds.h"

/* clang-format off */
/*
 * Kinds of which each object is defined, or is part of one that is (an expression with a
 * regnamespace constant depends on a schema too).  Of relations and types those are left
 * that are of a kind by themselves.
 */
#define COMPARED_CLASSES \
	"'pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_collation'::pg_catalog.regclass," \
	" 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass," \
	" 'pg_catalog.pg_default_acl'::pg_catalog.regclass," \
	" 'pg_catalog.pg_publication_namespace'::pg_catalog.regclass," \
	" 'pg_catalog.pg_extension'::pg_catalog.regclass," \
	" 'pg_catalog.pg_attrdef'::pg_catalog.regclass," \
	" 'pg_catalog.pg_constraint'::pg_catalog.regclass," \
	" 'pg_catalog.pg_rewrite'::pg_catalog.regclass," \
	" 'pg_catalog.pg_trigger'::pg_catalog.regclass," \
	" 'pg_catalog.pg_policy'::pg_catalog.regclass"
#define COMPARED_RELATIONS \
	"'r', 'p', 'f', 'v', 'm', 'S', 'c', 'i', 'I', 't'"
#define COMPARED_TYPES \
	"'e', 'd', 'c', 'r', 'm'"

#define OF_SCHEMAS \
	" d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = ANY ($1)"

#define NOT_A_MEMBER \
	" NOT EXISTS (SELECT FROM pg_catalog.pg_depend m WHERE m.classid = d.classid" \
	"  AND m.objid = d.objid AND m.deptype = 'e')"

/*
 * The few objects are named after the many are left out: the planner takes naming for cheap.
 */
static const char *const objects_query =
	"SELECT DISTINCT i.type, i.identity, o.classid, o.objid FROM (SELECT d.classid, d.objid"
	"  FROM pg_catalog.pg_depend d WHERE" OF_SCHEMAS
	"  AND d.classid NOT IN (" COMPARED_CLASSES ")"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.objid"
	"   AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"   AND c.relkind IN (" COMPARED_RELATIONS "))"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = d.objid"
	"   AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass"
	"   AND t.typtype IN (" COMPARED_TYPES
	") AND t.typisdefined)" " AND" NOT_A_MEMBER
	"  OFFSET 0) o, pg_catalog.pg_identify_object(o.classid, o.objid, 0) i"
	" WHERE i.identity IS NOT NULL";

/* All labels of an object, or of a column, are one text. */
static const MhKind labels = {
	MH_TYPE_SECURITY_LABEL,
	MH_NO_PRIVILEGES,
	"SELECT NULL::text, NULL::text, l.type || ' ' || l.identity, NULL::oid, NULL, NULL::text,"
	" pg_catalog.string_agg(l.provider || ' ' || pg_catalog.quote_literal(l.label), ', ' ORDER BY l.provider)"
	" FROM (SELECT DISTINCT i.type, i.identity, s.provider, s.label"
	"  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_seclabel s"
	"   ON s.classoid = d.classid AND s.objoid = d.objid,"
	"  pg_catalog.pg_identify_object(s.classoid, s.objoid, s.objsubid) i" " WHERE" OF_SCHEMAS
	"  AND" NOT_A_MEMBER
	"  AND i.identity IS NOT NULL) l GROUP BY l.type, l.identity",
	{{MH_ATTR_DEFINITION, mh_row_text}}};

#define GLOBAL_OBJECTS(class, condition) \
	"SELECT 'pg_catalog." class \
	"'::pg_catalog.regclass::pg_catalog.oid, o.oid FROM pg_catalog." class " o" \
	" WHERE o.oid >= 16384" condition

static const char *const global_query =
	"SELECT i.type, i.identity, d.classid, d.objid FROM (" GLOBAL_OBJECTS("pg_am", "")
	" UNION ALL " GLOBAL_OBJECTS("pg_language", "")
	" UNION ALL " GLOBAL_OBJECTS("pg_transform", "")
	" UNION ALL "
	GLOBAL_OBJECTS("pg_subscription", " AND o.subdbid = (SELECT b.oid FROM pg_catalog.pg_database b" " WHERE b.datname = pg_catalog.current_database())")
	") d (classid, objid), pg_catalog.pg_identify_object(d.classid, d.objid, 0) i"
	" WHERE $1 IS NOT NULL AND" NOT_A_MEMBER
	" AND i.identity IS NOT NULL";
/* clang-format on */

static void
note_unmodelled(MhReading *reading, const MhCatalogRow *row, void *state)
{
	if (!mh_note_whole(state, mh_row_class(row, 2), mh_row_oid(row, 3)))
		mh_unread_add(reading->set, MH_DRIFT_UNMODELLED, mh_row_text(row, 0),
					  mh_row_canonical(row, 1), pstrdup("Objects of this kind are not compared."));
}

void
mh_read_unmodelled(MhReading *reading)
{
	MhWholes wholes = {{NIL}};

	mh_query_catalogs(reading, objects_query, reading->schemas, note_unmodelled, &wholes);
	mh_read_kind(reading, &labels);
	if (reading->scope->with_global)
		mh_query_catalogs(reading, global_query, reading->schemas, note_unmodelled, &wholes);
	mh_read_wholes(reading, &wholes);
}
