/*-------------------------------------------------------------------------
 *
 * planted.c
 *	  Finds other functions, types and relations that have the names of mighead's.
 *
 *-------------------------------------------------------------------------
 */
#include "server/base/planted.h"

#include "server/base/dependencies.h"
#include "server/base/query.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#define MEMBERS(catalog) \
	"(SELECT d.objid FROM pg_catalog.pg_extension e" \
	"  JOIN pg_catalog.pg_depend d ON d.refobjid = e.oid" \
	"  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass" \
	"  WHERE e.extname = 'mighead' AND d.deptype = 'e'" \
	"  AND d.classid = 'pg_catalog." catalog "'::pg_catalog.regclass)"

#define NO_MEMBER(catalog, oid) \
	"NOT EXISTS (SELECT FROM pg_catalog.pg_depend d" \
	"  WHERE d.classid = 'pg_catalog." catalog "'::pg_catalog.regclass AND d.objid = " oid \
	"  AND d.deptype = 'e')"

/*
 * Objects in temporary schemas are left out: only a qualified name finds them.  Types count,
 * because a call with one argument is a cast if a type has the name, and a domain's checks are
 * code.
 */
const char *const mh_planted_query =
	"SELECT p.object FROM ("
	"SELECT p.pronamespace AS schema, 'ROUTINE ' || p.oid::pg_catalog.regprocedure::text AS object"
	" FROM pg_catalog.pg_proc p WHERE p.proname IN (SELECT o.proname FROM pg_catalog.pg_proc o"
	"  WHERE o.oid IN " MEMBERS("pg_proc") ") AND " NO_MEMBER(
		"pg_proc",
		"p.oid") " UNION ALL"
				 " SELECT t.typnamespace, CASE t.typtype WHEN 'd' THEN 'DOMAIN ' ELSE 'TYPE ' END"
				 "  || t.oid::pg_catalog.regtype::text"
				 " FROM pg_catalog.pg_type t WHERE t.typrelid = 0 AND t.typname IN"
				 "  (SELECT o.proname FROM pg_catalog.pg_proc o WHERE o.oid IN " MEMBERS(
					 "pg_proc") ")"
								"  AND " NO_MEMBER(
									"pg_type",
									"t.oid") " UNION ALL"
											 " SELECT c.relnamespace, CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW '"
											 "  WHEN 'f' THEN 'FOREIGN TABLE ' WHEN 'S' THEN 'SEQUENCE ' WHEN 'c' THEN 'TYPE '"
											 "  WHEN 'i' THEN 'INDEX ' WHEN 'I' THEN 'INDEX ' ELSE 'TABLE ' END"
											 "  || c.oid::pg_catalog.regclass::text"
											 " FROM pg_catalog.pg_class c WHERE c.relname IN (SELECT o.relname FROM pg_catalog.pg_class o"
											 "  WHERE o.relkind = 'v' AND o.oid IN " MEMBERS(
												 "pg_class") ")"
															 "  AND " NO_MEMBER(
																 "pg_class",
																 "c.oid") ") p JOIN pg_catalog.pg_namespace n ON n.oid = p.schema"
																		  " WHERE NOT pg_catalog.starts_with(n.nspname::text, 'pg_temp_')"
																		  " ORDER BY 1 LIMIT 100";

/* ---------- is there any? ---------- */

typedef struct Members
{
	Oid catalog;
	HTAB *oids;
} Members;

static bool
add_member(Form_pg_depend row, void *into)
{
	Members *members = into;

	if (row->classid == members->catalog && row->deptype == DEPENDENCY_EXTENSION)
		(void) hash_search(members->oids, &row->objid, HASH_ENTER, NULL);
	return true;
}

/* Returns the members of the extension in one catalog. */
static HTAB *
members_of(Oid extension, Oid catalog)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = sizeof(Oid), .hcxt = CurrentMemoryContext};
	Members members = {catalog, hash_create("mighead members", 128, &control,
											HASH_ELEM | HASH_BLOBS | HASH_CONTEXT)};

	mh_each_dependent(ExtensionRelationId, extension, add_member, &members);
	return members.oids;
}

/* Returns whether a catalog has a row with this name that is no member. */
static bool
is_name_taken(Relation catalog, Oid index, AttrNumber column, const char *name, HTAB *members)
{
	bool found = false;
	NameData padded;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	namestrcpy(&padded, name);
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&padded));
	scan = systable_beginscan(catalog, index, true, GetActiveSnapshot(), 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		/* the name is the first column of these indexes */
		Oid oid = ((Form_pg_class) GETSTRUCT(tuple))->oid;

		found = members == NULL || hash_search(members, &oid, HASH_FIND, NULL) == NULL;
	}
	systable_endscan(scan);
	return found;
}

static bool
is_function_planted(Oid extension)
{
	HTAB *members = members_of(extension, ProcedureRelationId);
	Relation functions = table_open(ProcedureRelationId, AccessShareLock);
	Relation types = table_open(TypeRelationId, AccessShareLock);
	bool found = false;
	HASH_SEQ_STATUS all;
	Oid *member;

	hash_seq_init(&all, members);
	while ((member = hash_seq_search(&all)) != NULL)
	{
		const char *name = get_func_name(*member);

		if (found || name == NULL)
			continue;
		found = is_name_taken(functions, ProcedureNameArgsNspIndexId, Anum_pg_proc_proname, name,
							  members) ||
				is_name_taken(types, TypeNameNspIndexId, Anum_pg_type_typname, name, NULL);
	}
	table_close(types, AccessShareLock);
	table_close(functions, AccessShareLock);
	return found;
}

static bool
is_view_planted(Oid extension)
{
	HTAB *members = members_of(extension, RelationRelationId);
	Relation relations = table_open(RelationRelationId, AccessShareLock);
	bool found = false;
	HASH_SEQ_STATUS all;
	Oid *member;

	hash_seq_init(&all, members);
	while ((member = hash_seq_search(&all)) != NULL)
	{
		const char *name = get_rel_name(*member);

		if (!found && name != NULL && get_rel_relkind(*member) == RELKIND_VIEW)
			found =
				is_name_taken(relations, ClassNameNspIndexId, Anum_pg_class_relname, name, members);
	}
	table_close(relations, AccessShareLock);
	return found;
}

MhStrings
mh_planted_objects(void)
{
	Oid extension = get_extension_oid("mighead", true);

	/* planning the query takes long, and there is hardly ever a planted object */
	if (!is_function_planted(extension) && !is_view_planted(extension))
		return (MhStrings){0, NULL};
	return mh_query_strings(mh_planted_query, 0, NULL, NULL, NULL);
}
