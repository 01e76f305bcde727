/*-------------------------------------------------------------------------
 *
 * schema_guard.c
 *	  Checks the live schema before rows are written.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"
#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "core/base/relative_names.h"
#include "utils/array.h"
#include "utils/builtins.h"

static const char *const expected_tables_query =
	"SELECT DISTINCT object FROM mighead.expected"
	" WHERE project = $1 AND object_type = '" MH_TYPE_TABLE "' AND checksum IS NOT NULL";

/*
 * Returns tables of applications as SQL names.  $1: version tables; $2: the schema of the version
 * table to be written.  Without $2: tables of all schemas.  With it: tables of that schema and of
 * those without another version table, because nothing else tells where the project's tables are.
 */
static const char *const user_tables_query =
	"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)"
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'"
	" AND c.oid <> ALL ($1) AND ($2 IS NULL OR n.nspname = $2"
	"  OR NOT EXISTS (SELECT FROM pg_catalog.pg_class v"
	"   WHERE v.oid = ANY ($1) AND v.relnamespace = n.oid))"
	" AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid"
	"  AND d.objsubid = 0 AND d.deptype = 'e') ORDER BY 1";

static MhStrings
read_expected_tables(const char *project)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(project)};

	return mh_query_strings(expected_tables_query, 1, types, values, NULL);
}

/* Reads the tables of applications.  schema NULL: of all schemas. */
static MhStrings
read_user_tables(const MhVersionTable *table, List *projects, const char *schema)
{
	List *found = mh_version_tables_find(projects);
	Datum *oids = palloc((list_length(found) + 1) * sizeof(Datum));
	Oid types[2] = {OIDARRAYOID, TEXTOID};
	Datum values[2];
	ListCell *cell;
	int n = 0;

	oids[n++] = ObjectIdGetDatum(table->oid);
	foreach (cell, found)
		oids[n++] = ObjectIdGetDatum(((MhVersionTable *) lfirst(cell))->oid);
	values[0] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	values[1] = schema == NULL ? (Datum) 0 : mh_text_datum(schema);
	return mh_query_strings(user_tables_query, 2, types, values, schema == NULL ? " n" : "  ");
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Returns the tables that are among expected, whose names are relative to version_schema. */
static MhStrings
find_common(const MhStrings *tables, MhStrings *expected, const char *version_schema)
{
	MhStrings common = {0, NULL};

	for (int i = 0; i < expected->n; i++)
		expected->v[i] = mh_absolute(expected->v[i], version_schema);
	qsort(expected->v, expected->n, sizeof(char *), compare_texts);
	for (int i = 0; i < tables->n; i++)
		if (bsearch(&tables->v[i], expected->v, expected->n, sizeof(char *), compare_texts) != NULL)
			mh_strings_add(&common, tables->v[i]);
	return common;
}

/*
 * Returns the tables that an upgrade without rows would create again.  Alembic then runs every
 * migration from the first one on.
 */
static MhStrings
find_collisions(const MhVersionTable *table, const char *project, List *projects)
{
	MhStrings expected = read_expected_tables(project);
	MhStrings tables;

	if (expected.n == 0)
		return read_user_tables(table, projects, table->schema);
	tables = read_user_tables(table, projects, NULL);
	return find_common(&tables, &expected, mh_quote_identifier(table->schema));
}

/*
 * Returns whether both contain the same revisions.  Then no migration can run twice because of the
 * change.
 */
static bool
are_same_revisions(const MhGraph *graph, const MhStrings *before, const MhStrings *after)
{
	MhRowSet left = {mh_rows_maximal(graph, before), 0};
	MhRowSet right = {mh_rows_maximal(graph, after), 0};

	return mh_row_sets_equal(&left, &right);
}

bool
mh_check_schema(const MhWriting *writing, const MhVersionTable *table, MhScripts *scripts,
				List *projects, const MhStrings *before, const MhStrings *rows, MhError *err)
{
	MhComparison *comparison;
	MhStrings collisions;

	if (rows->n == 0)
	{
		collisions = find_collisions(table, writing->project, projects);
		return mh_guard_collision(writing, &collisions, err);
	}
	comparison = mh_compare_schema(table, scripts, rows, InvalidOid, true, false);
	if (comparison->expectation != MH_EXPECTED)
		return mh_guard_blind(writing, rows, comparison->reason, err);
	return mh_guard_schema(writing, rows, comparison->differences, comparison->version_schema,
						   comparison->owner, !are_same_revisions(scripts->graph, before, rows),
						   err);
}
