/*-------------------------------------------------------------------------
 *
 * fixes_extensions.c
 *	  What the server knows of extensions, and the DDL that was written of them does not.
 *
 * Which can be installed, what each requires, which schema it makes, and what has become a member of
 * one.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/fixes.h"

#include "catalog/pg_type.h"
#include "core/base/sql_names.h"
#include "miscadmin.h"
#include "server/base/query.h"

/* ---------- members ---------- */

/* $1: names.  What is called so and is a member of an extension. */
static const char *const members_query =
	"SELECT i.type, COALESCE((SELECT pg_catalog.format('%I.%I(%s)', n.nspname, p.proname,"
	"   CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '*'"
	"    ELSE pg_catalog.oidvectortypes(p.proargtypes) END) FROM pg_catalog.pg_proc p"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
	"  WHERE p.oid = d.objid AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass), i.identity),"
	" pg_catalog.quote_ident(e.extname)"
	" FROM (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS catalog, oid, relname AS name"
	"  FROM pg_catalog.pg_class"
	" UNION ALL SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, proname FROM pg_catalog.pg_proc"
	" UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, oid, typname FROM pg_catalog.pg_type"
	" UNION ALL SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, nspname FROM pg_catalog.pg_namespace"
	" UNION ALL SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, oid, collname FROM pg_catalog.pg_collation"
	" UNION ALL SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid, srvname FROM pg_catalog.pg_foreign_server"
	") o JOIN pg_catalog.pg_depend d ON d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e'"
	"  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass"
	" JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid,"
	" pg_catalog.pg_identify_object(d.classid, d.objid, 0) i WHERE o.name::text = ANY ($1)"
	/* dropped since the snapshot */
	" AND i.type IS NOT NULL AND i.identity IS NOT NULL";

typedef struct Member
{
	char *type;      /* as pg_identify_object calls it */
	char *identity;  /* as mighead calls it */
	char *extension; /* quoted */
} Member;

static void *
member_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Member *member = palloc(sizeof(Member));

	member->type = mh_to_utf8(SPI_getvalue(tuple, descriptor, 1));
	member->identity = mh_to_utf8(SPI_getvalue(tuple, descriptor, 2));
	member->extension = mh_to_utf8(SPI_getvalue(tuple, descriptor, 3));
	return member;
}

static char *
plain_name(const char *name)
{
	const char *local = mh_local_name(name);

	return mh_unquote_identifier(pnstrdup(local, mh_end_of_identifier(local) - local));
}

static bool
is_missing(const MhDifference *difference)
{
	return difference->kind == MH_MISSING && difference->expected_object != NULL &&
		   difference->expected_object->parent == NULL;
}

static List *
find_members(const MhComparison *comparison)
{
	MhStrings names = {0, NULL};
	Oid types[1] = {TEXTARRAYOID};
	Datum values[1];

	for (int i = 0; i < comparison->differences->n; i++)
		if (is_missing(&comparison->differences->v[i]))
			mh_strings_push(&names, plain_name(comparison->differences->v[i].name));
	if (names.n == 0)
		return NIL;
	values[0] = mh_strings_datum(&names);
	return mh_query_list(members_query, 1, types, values, NULL, member_from_tuple);
}

static bool
is_same_type(const char *expected, const char *found)
{
	static const char *const types[] = {MH_TYPE_ENUM, MH_TYPE_DOMAIN, MH_TYPE_COMPOSITE_TYPE,
										MH_TYPE_RANGE_TYPE};

	for (size_t i = 0; i < lengthof(types); i++)
		if (strcmp(types[i], expected) == 0)
			return strcmp(found, MH_ATTR_TYPE) == 0;
	return strcmp(expected, found) == 0;
}

static char *
in_capitals(const char *text)
{
	char *capitals = pstrdup(text);

	for (char *c = capitals; *c != '\0'; c++)
		*c = pg_toupper((unsigned char) *c);
	return capitals;
}

/*
 * Repairs a missing object that exists as a member of an extension: it must not be created again.
 */
static void
repair_member(const MhComparison *comparison, MhDifference *difference, const List *members)
{
	const char *name = mh_shown(comparison, difference->name);
	const ListCell *cell;

	foreach (cell, members)
	{
		const Member *member = lfirst(cell);

		if (!is_same_type(difference->type, member->type) || strcmp(name, member->identity) != 0)
			continue;
		difference->reason = psprintf("It is a member of extension %s.", member->extension);
		difference->fix = superuser() ? psprintf("ALTER EXTENSION %s DROP %s %s", member->extension,
												 in_capitals(member->type), member->identity)
									  : NULL;
		return;
	}
}

/* ---------- extensions that are missing ---------- */

/* Extensions that require each other do not exist, but control files may be written badly. */
#define MOST_STEPS 16

static const char *const available_query =
	"SELECT pg_catalog.quote_ident(v.name), pg_catalog.quote_ident(v.schema),"
	" ARRAY(SELECT pg_catalog.quote_ident(r) FROM pg_catalog.unnest(v.requires) r"
	"  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = r))::text[]"
	" FROM pg_catalog.pg_available_extension_versions v JOIN pg_catalog.pg_available_extensions a"
	"  ON a.name = v.name AND a.default_version = v.version";

typedef struct Available
{
	char *name;         /* quoted, as the next two */
	char *schema;       /* the only one that it may be in, which it makes; NULL: any */
	MhStrings requires; /* what of that is not installed yet */
} Available;

static void *
available_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Available *available = palloc0(sizeof(Available));
	char *schema = SPI_getvalue(tuple, descriptor, 2);
	bool is_null;

	available->name = mh_to_utf8(SPI_getvalue(tuple, descriptor, 1));
	available->schema = schema == NULL ? NULL : mh_to_utf8(schema);
	available->requires =
		mh_strings_from_array(SPI_getbinval(tuple, descriptor, 3, &is_null), "requires");
	return available;
}

static const Available *
find_available(const List *all, const char *name)
{
	const ListCell *cell;

	foreach (cell, all)
		if (strcmp(((const Available *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	return NULL;
}

static bool
is_of_type(const MhDifference *difference, const char *type)
{
	return is_missing(difference) && strcmp(difference->type, type) == 0;
}

static bool
is_made_here(const MhComparison *comparison, const char *extension)
{
	for (int i = 0; i < comparison->differences->n; i++)
	{
		const MhDifference *one = &comparison->differences->v[i];

		if (is_of_type(one, MH_TYPE_EXTENSION) && one->fix != NULL &&
			strcmp(one->name, extension) == 0)
			return true;
	}
	return false;
}

/*
 * Returns whether the files of the extension, and of all that it requires, are installed on the
 * server.
 */
static bool
can_be_installed(const List *all, const char *extension, int depth)
{
	const Available *available = find_available(all, extension);

	for (int i = 0; available != NULL && i < available->requires.n; i++)
		if (depth > MOST_STEPS || !can_be_installed(all, available->requires.v[i], depth + 1))
			return false;
	return available != NULL;
}

/* CREATE EXTENSION makes the schema that its control file names, unless the command names it. */
static void
repair_extension(const MhComparison *comparison, MhDifference *difference, const List *all)
{
	const Available *available = find_available(all, difference->name);

	if (!can_be_installed(all, difference->name, 0))
	{
		difference->fix = NULL;
		difference->reason =
			pstrdup("Its files, or those of an extension that it requires, are not "
					"installed on this server.");
		return;
	}
	if (available->schema != NULL)
		difference->fix = psprintf("CREATE EXTENSION IF NOT EXISTS %s", difference->name);
	for (int i = 0; i < available->requires.n; i++)
		if (!is_made_here(comparison, available->requires.v[i]))
		{
			difference->fix = psprintf("%s CASCADE", difference->fix);
			return;
		}
}

static void
leave_schema(const MhComparison *comparison, MhDifference *schema, const List *all)
{
	const char *name = mh_shown(comparison, schema->name);

	for (int i = 0; i < comparison->differences->n; i++)
	{
		const MhDifference *one = &comparison->differences->v[i];
		const Available *available = is_of_type(one, MH_TYPE_EXTENSION) && one->fix != NULL
										 ? find_available(all, one->name)
										 : NULL;

		if (available == NULL || available->schema == NULL || strcmp(available->schema, name) != 0)
			continue;
		schema->fix = NULL;
		schema->reason = psprintf("CREATE EXTENSION %s makes it.", one->name);
		return;
	}
}

/* Returns whether the extension requires the other, itself or through others. */
static bool requires(const List *all, const char *extension, const char *other, int depth)
{
	const Available *available = find_available(all, extension);

	for (int i = 0; available != NULL && depth < MOST_STEPS && i < available->requires.n; i++)
		if (strcmp(available->requires.v[i], other) == 0 ||
			requires(all, available->requires.v[i], other, depth + 1))
			return true;
	return false;
}

/* Sorts the extensions' rows among their own places, so that required ones come first. */
static void
order_extensions(const MhComparison *comparison, const List *all)
{
	MhDifferences *differences = comparison->differences;

	for (int i = 0; i < differences->n; i++)
		for (int j = i + 1; j < differences->n && is_of_type(&differences->v[i], MH_TYPE_EXTENSION);
			 j++)
		{
			MhDifference moved = differences->v[i];

			CHECK_FOR_INTERRUPTS();
			if (!is_of_type(&differences->v[j], MH_TYPE_EXTENSION) ||
				!requires(all, moved.name, differences->v[j].name, 0))
				continue;
			differences->v[i] = differences->v[j];
			differences->v[j] = moved;
			j = i;
		}
}

void
mh_judge_extension_fixes(const MhComparison *comparison)
{
	MhDifferences *differences = comparison->differences;
	List *members = find_members(comparison);
	List *all = NIL;

	for (int i = 0; i < differences->n && members != NIL; i++)
		if (is_missing(&differences->v[i]))
			repair_member(comparison, &differences->v[i], members);
	for (int i = 0; i < differences->n && all == NIL; i++)
		if (is_of_type(&differences->v[i], MH_TYPE_EXTENSION) && differences->v[i].fix != NULL)
			all = mh_query_list(available_query, 0, NULL, NULL, NULL, available_from_tuple);
	for (int i = 0; i < differences->n && all != NIL; i++)
		if (is_of_type(&differences->v[i], MH_TYPE_EXTENSION) && differences->v[i].fix != NULL)
			repair_extension(comparison, &differences->v[i], all);
	for (int i = 0; i < differences->n && all != NIL; i++)
		if (is_of_type(&differences->v[i], MH_TYPE_SCHEMA) && differences->v[i].fix != NULL)
			leave_schema(comparison, &differences->v[i], all);
	order_extensions(comparison, all);
}
