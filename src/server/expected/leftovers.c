/*-------------------------------------------------------------------------
 *
 * leftovers.c
 *	  Finds what half-finished migrations left in the catalogs.
 *
 * Reads only catalogs and deparses no expression, because that would wait for a session that holds
 * ACCESS EXCLUSIVE on the table.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/leftovers_private.h"

#include "server/expected/expected.h"

#include "core/base/relative_names.h"
#include "server/base/query.h"
#include "server/base/trust.h"
#include "server/definitions/definitions.h"
#include "server/scripts/scripts.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*
 * Trusted owners.  A fix runs code of the object's owner (a CHECK constraint's functions, for
 * example), so it is offered only if the caller trusts the owner.
 */
#define WITH_TRUSTED \
	"trusted AS (" \
	" SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname = current_user" \
	" UNION SELECT datdba FROM pg_catalog.pg_database" \
	"  WHERE datname = pg_catalog.current_database())"

/*
 * Invalid indexes that nobody builds or drops.  The progress view shows CREATE INDEX CONCURRENTLY.
 * A caller who may not see it sees the lock on the table, which is held to the end; the index's OID
 * is not visible before the first commit.  DROP and REINDEX CONCURRENTLY lock the index itself.
 * The index of a partitioned table gets its parts one by one while they are built.
 */
#define WITH_INDEXES \
	"locks AS MATERIALIZED (" \
	" SELECT pid, relation, mode FROM pg_catalog.pg_locks" \
	" WHERE locktype = 'relation' AND granted AND mode IN ('ShareUpdateExclusiveLock', 'ShareLock')" \
	"  AND database = (SELECT oid FROM pg_catalog.pg_database" \
	"                  WHERE datname = pg_catalog.current_database()))," \
	" building AS MATERIALIZED (" \
	" SELECT pid, relid, index_relid FROM pg_catalog.pg_stat_progress_create_index" \
	" WHERE datname = pg_catalog.current_database())," \
	" above AS MATERIALIZED (" \
	" WITH RECURSIVE up AS (" \
	"  SELECT h.inhparent FROM (SELECT relid FROM building WHERE relid IS NOT NULL" \
	"   UNION SELECT l.relation FROM building b JOIN locks l USING (pid) WHERE b.relid IS NULL) b" \
	"   JOIN pg_catalog.pg_inherits h ON h.inhrelid = b.relid" \
	"  UNION SELECT h.inhparent FROM up JOIN pg_catalog.pg_inherits h ON h.inhrelid = up.inhparent)" \
	" SELECT inhparent FROM up)," \
	" invalid AS (" \
	" SELECT i.indexrelid, i.indrelid, i.indisready FROM pg_catalog.pg_index i" \
	" WHERE NOT i.indisvalid" \
	" AND NOT EXISTS (SELECT FROM locks l WHERE l.relation = i.indexrelid" \
	"  AND l.mode = 'ShareUpdateExclusiveLock')" \
	" AND NOT EXISTS (SELECT FROM building b WHERE b.relid = i.indrelid" \
	"  AND b.index_relid IN (0, i.indexrelid))" \
	" AND NOT EXISTS (SELECT FROM building b JOIN locks l USING (pid)" \
	"  WHERE b.relid IS NULL AND l.relation = i.indrelid)" \
	" AND i.indrelid NOT IN (SELECT inhparent FROM above)" \
	" AND i.indexrelid NOT IN (" MH_SQL_REPACK_INDEXES "))," \
	" indexes AS (" \
	" SELECT 'pg_catalog.pg_class'::regclass AS catalog, coalesce(o.oid, t.oid) AS member, coalesce(o.relnamespace, t.relnamespace) AS schema," \
	"  c.relowner AS owner, '" MH_LEFTOVER_INVALID_INDEX \
	"' AS kind, c.oid::regclass::text AS object," \
	"  CASE WHEN c.relkind = 'I' THEN" \
	"    pg_catalog.format('Not every partition of %s has its part of this index.', t.oid::regclass)" \
	"   WHEN x.indisready THEN" \
	"    pg_catalog.format('The index was not completed: queries of %s do not use it," \
	" and every write pays for it.', t.oid::regclass)" \
	"   ELSE pg_catalog.format('The index was not completed: queries of %s do not use it," \
	" and no write maintains it.', t.oid::regclass) END AS detail," \
	"  CASE WHEN c.relkind = 'I' THEN NULL" \
	"   WHEN i.indisexclusion THEN NULL" \
	"   ELSE pg_catalog.format('REINDEX INDEX CONCURRENTLY %s', c.oid::regclass) END AS repair," \
	"  CASE WHEN c.relkind = 'I' OR EXISTS (SELECT FROM pg_catalog.pg_constraint k" \
	"    WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) THEN NULL" \
	"   ELSE pg_catalog.format('DROP INDEX CONCURRENTLY %s', c.oid::regclass) END AS removal," \
	"  c.relname ~ '_cc(new|old)[0-9]*$' AND EXISTS (SELECT FROM pg_catalog.pg_class b" \
	"   WHERE b.relnamespace = c.relnamespace AND b.relkind = 'i'" \
	"   AND b.relname = pg_catalog.regexp_replace(c.relname, '_cc(new|old)[0-9]*$', ''))" \
	"   AS is_copy," \
	"  i.indisunique OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL AS checks_rows," \
	"  c.oid AS index, NULL AS table_name, NULL AS name" \
	" FROM invalid x" \
	" JOIN pg_catalog.pg_index i ON i.indexrelid = x.indexrelid" \
	" JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid" \
	" JOIN pg_catalog.pg_class t ON t.oid = x.indrelid" \
	" LEFT JOIN pg_catalog.pg_class o ON o.reltoastrelid = t.oid AND t.relkind = 't')"

/* Constraints that are NOT VALID.  An inherited one is validated with its parent. */
#define WITH_CONSTRAINTS \
	"constraints AS (" \
	" SELECT CASE WHEN r.oid IS NULL THEN 'pg_catalog.pg_type'::regclass" \
	"  ELSE 'pg_catalog.pg_class'::regclass END AS catalog, coalesce(r.oid, d.oid) AS member, coalesce(r.relnamespace, d.typnamespace) AS schema," \
	"  coalesce(r.relowner, d.typowner) AS owner, '" MH_LEFTOVER_NOT_VALID_CONSTRAINT "' AS kind," \
	"  pg_catalog.format('%I on %s', c.conname," \
	"   coalesce(r.oid::regclass::text, pg_catalog.format_type(d.oid, NULL))) AS object," \
	"  CASE WHEN c.contype = 'f' THEN" \
	"    pg_catalog.format('The foreign key to %s is NOT VALID:" \
	" rows that were there before it may violate it.', c.confrelid::regclass)" \
	"   ELSE 'The constraint is NOT VALID: rows that were there before it may violate it.'" \
	"   END AS detail," \
	"  CASE WHEN r.oid IS NOT NULL THEN" \
	"    pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', r.oid::regclass, c.conname)" \
	"   ELSE pg_catalog.format('ALTER DOMAIN %s VALIDATE CONSTRAINT %I'," \
	"    pg_catalog.format_type(d.oid, NULL), c.conname) END AS repair," \
	"  NULL AS removal, false AS is_copy, true AS checks_rows, 0 AS index," \
	"  coalesce(r.oid::regclass::text, pg_catalog.format_type(d.oid, NULL)) AS table_name," \
	"  pg_catalog.quote_ident(c.conname) AS name" \
	" FROM pg_catalog.pg_constraint c" \
	" LEFT JOIN pg_catalog.pg_class r ON r.oid = c.conrelid" \
	" LEFT JOIN pg_catalog.pg_type d ON d.oid = c.contypid" \
	" WHERE NOT c.convalidated AND c.coninhcount = 0 AND c.conparentid = 0" \
	"  AND " MH_SQL_HERE_OR_THERE(MH_CONSTRAINT_IS_ENFORCED("c"), \
								  MH_SQL_SINCE("18", "c.conenforced", "true")) ")"

/* Tables of batch mode.  The table's own name begins at character 14. */
#define WITH_BATCH_TABLES \
	"batch_tables AS (" \
	" SELECT 'pg_catalog.pg_class'::regclass AS catalog, c.oid AS member, c.relnamespace AS schema, c.relowner AS owner," \
	"  '" MH_LEFTOVER_BATCH_TABLE "' AS kind, c.oid::regclass::text AS object," \
	"  CASE WHEN o.oid IS NOT NULL THEN" \
	"    pg_catalog.format('Batch mode left this copy of %s, which is still there.'," \
	"     o.oid::regclass)" \
	"   ELSE pg_catalog.format('Batch mode left this copy of %I, which is not there:" \
	" these may be its only rows.', pg_catalog.substr(c.relname, 14)) END AS detail," \
	"  NULL AS repair, NULL AS removal, false AS is_copy, false AS checks_rows, 0 AS index," \
	"  NULL AS table_name, NULL AS name" \
	" FROM pg_catalog.pg_class c" \
	" LEFT JOIN pg_catalog.pg_class o ON o.relnamespace = c.relnamespace" \
	"  AND o.relname = pg_catalog.substr(c.relname, 14)" \
	" WHERE c.relkind IN ('r', 'p') AND c.relname LIKE '\\_alembic\\_tmp\\_%')"

/* Unused enum types.  The array type belongs to the enum, so it does not count. */
#define WITH_ENUMS \
	"enums AS (" \
	" SELECT 'pg_catalog.pg_type'::regclass AS catalog, t.oid AS member, t.typnamespace AS schema, t.typowner AS owner," \
	"  '" MH_LEFTOVER_UNUSED_ENUM "' AS kind, pg_catalog.format_type(t.oid, NULL) AS object," \
	"  'Nothing uses this enum type; a migration that creates it again fails.' AS detail," \
	"  NULL AS repair," \
	"  pg_catalog.format('DROP TYPE %s', pg_catalog.format_type(t.oid, NULL)) AS removal," \
	"  false AS is_copy, false AS checks_rows, 0 AS index, NULL AS table_name, NULL AS name" \
	" FROM pg_catalog.pg_type t" \
	" WHERE t.typtype = 'e' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d" \
	"  WHERE d.refclassid = 'pg_catalog.pg_type'::regclass" \
	"   AND d.refobjid IN (t.oid, t.typarray) AND d.deptype <> 'i'))"

static const char *const leftovers_query =
	"WITH " WITH_TRUSTED ", " WITH_INDEXES ", " WITH_CONSTRAINTS ", " WITH_BATCH_TABLES
	", " WITH_ENUMS ", every AS ("
	" SELECT * FROM indexes UNION ALL SELECT * FROM constraints"
	" UNION ALL SELECT * FROM batch_tables UNION ALL SELECT * FROM enums)"
	" SELECT e.schema, e.kind, e.object, e.detail,"
	"  CASE WHEN e.owner IN (SELECT oid FROM trusted) AND pg_catalog.pg_has_role(e.owner, 'USAGE') THEN e.repair END,"
	"  CASE WHEN e.owner IN (SELECT oid FROM trusted) AND pg_catalog.pg_has_role(e.owner, 'USAGE') THEN e.removal END,"
	"  e.is_copy, e.checks_rows, e.index, e.table_name, e.name, e.member, n.nspname"
	" FROM every e JOIN pg_catalog.pg_namespace n ON n.oid = e.schema"
	" WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = e.catalog"
	"  AND d.objid = e.member AND d.objsubid = 0 AND d.deptype = 'e')"
	" ORDER BY 2, 3";

static char *
column_text(HeapTuple tuple, TupleDesc descriptor, int column)
{
	char *value = SPI_getvalue(tuple, descriptor, column);

	return value == NULL ? NULL : mh_to_utf8(value);
}

/* A leftover as read, before it is known which expectation has it. */
typedef struct Candidate
{
	MhSchemaLeftover found;
	char *repair;  /* the statement that completes it */
	char *removal; /* the statement that drops it */
	bool is_copy;  /* copy of another index, which REINDEX CONCURRENTLY should have replaced */
	Oid member;    /* the table, domain or type to which it belongs */
} Candidate;

static void *
candidate_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Candidate *candidate = palloc0(sizeof(Candidate));
	MhSchemaLeftover *found = &candidate->found;
	bool is_null;

	found->schema = DatumGetObjectId(SPI_getbinval(tuple, descriptor, 1, &is_null));
	found->leftover.kind = column_text(tuple, descriptor, 2);
	found->leftover.object = column_text(tuple, descriptor, 3);
	found->leftover.detail = column_text(tuple, descriptor, 4);
	candidate->repair = column_text(tuple, descriptor, 5);
	candidate->removal = column_text(tuple, descriptor, 6);
	candidate->is_copy = DatumGetBool(SPI_getbinval(tuple, descriptor, 7, &is_null));
	found->checks_rows = DatumGetBool(SPI_getbinval(tuple, descriptor, 8, &is_null));
	found->index = DatumGetObjectId(SPI_getbinval(tuple, descriptor, 9, &is_null));
	found->table = column_text(tuple, descriptor, 10);
	found->name = column_text(tuple, descriptor, 11);
	candidate->member = DatumGetObjectId(SPI_getbinval(tuple, descriptor, 12, &is_null));
	return candidate;
}

#define LEFTOVER_COLUMNS 13

/* More of a database elsewhere are not told: nobody has so many, unless he lies. */
#define MOST_THERE 1000

/* Without OIDs, and without the statement that completes it: whose code that runs is not known. */
static void
candidate_from_texts(int n, const char *const *values, void *into)
{
	Candidate *candidate = palloc0(sizeof(Candidate));
	MhSchemaLeftover *found = &candidate->found;
	List **candidates = into;

	if (n != LEFTOVER_COLUMNS || values[1] == NULL || values[2] == NULL || values[3] == NULL ||
		values[12] == NULL || list_length(*candidates) == MOST_THERE)
		return;
	found->leftover.kind = pstrdup(values[1]);
	found->leftover.object = pstrdup(values[2]);
	found->leftover.detail = pstrdup(values[3]);
	candidate->removal = values[5] == NULL ? NULL : pstrdup(values[5]);
	candidate->is_copy = values[6] != NULL && values[6][0] == 't';
	found->table = values[9] == NULL ? NULL : pstrdup(values[9]);
	found->name = values[10] == NULL ? NULL : pstrdup(values[10]);
	found->schema_name = pstrdup(values[12]);
	candidate->member = values[11] == NULL ? InvalidOid : (Oid) strtoul(values[11], NULL, 10);
	*candidates = lappend(*candidates, candidate);
}

typedef struct Trusted
{
	Oid member;
	bool runs_code_of_others;
} Trusted;

/* Returns whether the table would run a stranger's code.  Asks once for each table. */
static bool
runs_code_of_others(HTAB *known, Oid member)
{
	bool is_known;
	Trusted *answer = hash_search(known, &member, HASH_ENTER, &is_known);

	if (!is_known)
		answer->runs_code_of_others =
			(get_rel_relkind(member) != '\0' ? mh_distrust_writing(member)
											 : mh_distrust_named_type(member)) != NULL;
	return answer->runs_code_of_others;
}

static HTAB *
trust_nobody_yet(void)
{
	HASHCTL control = {
		.keysize = sizeof(Oid), .entrysize = sizeof(Trusted), .hcxt = CurrentMemoryContext};

	return hash_create("mighead owners of leftovers", 64, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Removes fixes that would run a stranger's code.  Validating a constraint, building an index or
 * looking for duplicates evaluates everything that belongs to the table, and a trusted owner may
 * have used a stranger's function.
 */
static void
withhold_code_of_others(HTAB *known, Candidate *candidate)
{
	if (candidate->repair != NULL && runs_code_of_others(known, candidate->member))
		candidate->repair = NULL;
}

/* ---------- who expects it ---------- */

/* Where an object is expected, from the weakest to the strongest. */
typedef enum Standing
{
	UNKNOWN,   /* no expectation has it */
	ELSEWHERE, /* the expectation at the recorded rows of a version table has it */
	HERE       /* the expectation at the recorded rows of a version table has it */
} Standing;

typedef struct Expecting
{
	const char *version_schema;
	MhExpectations *expectations;
	MhComposed composed;
	bool is_known; /* composed is set */
	bool is_damaged;
} Expecting;

typedef struct Expectings
{
	List *v;         /* of Expecting */
	bool is_damaged; /* what some project expects cannot be told */
	bool is_checked;
} Expectings;

static MhProject *
project_of(List *projects, const MhVersionTable *table)
{
	return mh_project_of_table(projects, table->schema, table->name);
}

static Expecting *
expecting_of(const MhVersionTable *table, MhProject *project)
{
	MhScripts *scripts = mh_scripts_read_any(project);
	Expecting *one = palloc0(sizeof(Expecting));

	one->version_schema = mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(table->schema))));
	one->expectations = mh_expectations_read_any(project->name);
	one->is_damaged = scripts->refusal != NULL || one->expectations->damage != NULL;
	if (one->is_damaged || one->expectations->n == 0)
		return one;
	one->is_known = mh_expected_at(one->expectations, scripts->graph, &table->rows, &one->composed);
	one->is_damaged = one->expectations->damage != NULL;
	return one;
}

/* Returns the expectations at the rows of every readable version table. */
static Expectings
find_expecting(List *projects, const List *tables)
{
	Expectings expecting = {NIL, false, false};
	ListCell *cell;

	foreach (cell, tables)
	{
		const MhVersionTable *table = lfirst(cell);
		MhProject *project = project_of(projects, table);
		Expecting *one;

		if (!table->counts || project == NULL)
			continue;
		one = expecting_of(table, project);
		if (one->is_damaged)
			expecting.is_damaged = true;
		else if (one->expectations->n > 0)
			expecting.v = lappend(expecting.v, one);
	}
	return expecting;
}

/*
 * Returns where an object is expected.  If the rows have no known expectation, that at any rows
 * counts.
 */
static Standing
standing_with(const Expecting *one, const char *type, const char *name)
{
	int object = mh_object_find(one->expectations, type, mh_relative(name, one->version_schema));

	if (object < 0)
		return UNKNOWN;
	return !one->is_known || one->composed.forms[object] != MH_NO_FORM ? HERE : ELSEWHERE;
}

/*
 * Checks the expectations against their checksums, once.  That costs as much as comparing the
 * schema.
 */
static void
check_expecting(Expectings *expecting)
{
	ListCell *cell;

	foreach (cell, expecting->is_checked ? NIL : expecting->v)
	{
		const Expecting *one = lfirst(cell);

		mh_expectations_load(one->expectations, one->is_known ? one->composed.forms : NULL);
		if (one->is_known && one->composed.set >= 0)
			mh_expected_check(one->expectations, one->composed.set, NULL);
		if (one->expectations->damage != NULL)
			expecting->is_damaged = true;
	}
	expecting->is_checked = true;
}

/* What is damaged may have had it, so that it is nowhere said to be left over. */
static Standing
find_standing(Expectings *expecting, const char *type, const char *name)
{
	Standing best = UNKNOWN;
	ListCell *cell;

	foreach (cell, expecting->v)
		best = Max(best, standing_with(lfirst(cell), type, name));
	if (best != ELSEWHERE)
		return best;
	check_expecting(expecting);
	return expecting->is_damaged ? UNKNOWN : ELSEWHERE;
}

/* ---------- what to do about it ---------- */

static void
judge_index(Candidate *candidate, Standing standing)
{
	MhLeftover *leftover = &candidate->found.leftover;

	candidate->found.completes = candidate->repair;
	if (candidate->removal == NULL || standing == HERE)
		leftover->fix = candidate->repair;
	else if (candidate->is_copy || standing == ELSEWHERE)
	{
		leftover->fix = candidate->removal;
		candidate->found.checks_rows = false;
	}
	else
	{
		leftover->detail =
			psprintf("%s Whether a migration that was applied makes it is not known: "
					 "complete it or drop it.",
					 leftover->detail);
		if (leftover->hint == NULL && candidate->repair != NULL)
			leftover->hint = psprintf("%s; -- or, where its migration has still to run: %s;",
									  candidate->repair, candidate->removal);
	}
}

/* Returns whether the recorded rows expect the constraint as it is; then it is no leftover. */
static bool
is_not_valid_on_purpose(const Expectings *expecting, const Candidate *candidate)
{
	ListCell *cell;
	char *name;

	if (strcmp(candidate->found.leftover.kind, MH_LEFTOVER_NOT_VALID_CONSTRAINT) != 0 ||
		candidate->found.table == NULL || candidate->found.name == NULL)
		return false;
	name = psprintf("%s.%s", candidate->found.table, candidate->found.name);
	foreach (cell, expecting->v)
	{
		const Expecting *one = lfirst(cell);
		int object = mh_object_find(one->expectations, MH_TYPE_CONSTRAINT,
									mh_relative(name, one->version_schema));
		const MhDefinition *expected;
		const char *validated;

		if (object < 0 || !one->is_known || one->composed.forms[object] == MH_NO_FORM)
			continue;
		mh_expectations_load(one->expectations, one->composed.forms);
		expected = one->expectations->forms[one->composed.forms[object]].definition;
		validated = expected == NULL ? NULL : mh_attribute(expected, MH_ATTR_VALIDATED);
		if (validated != NULL && strcmp(validated, "false") == 0)
			return true;
	}
	return false;
}

/* Returns whether the recorded rows expect the type; then it is no leftover. */
static bool
is_unused_on_purpose(const Candidate *candidate, Standing standing)
{
	return standing == HERE && strcmp(candidate->found.leftover.kind, MH_LEFTOVER_UNUSED_ENUM) == 0;
}

static void
judge_enum(Candidate *candidate, Standing standing)
{
	MhLeftover *leftover = &candidate->found.leftover;

	if (standing == ELSEWHERE)
		leftover->fix = candidate->removal;
	else if (candidate->removal != NULL)
	{
		leftover->detail = psprintf(
			"%s Whether a migration that was applied makes it is not known.", leftover->detail);
		leftover->hint = psprintf("%s; -- decide first: only where no applied migration makes it",
								  candidate->removal);
	}
}

/* Returns false if it is none. */
static bool
judge(Candidate *candidate, Expectings *expecting)
{
	MhLeftover *leftover = &candidate->found.leftover;
	bool is_index = strcmp(leftover->kind, MH_LEFTOVER_INVALID_INDEX) == 0;
	Standing standing =
		find_standing(expecting, is_index ? MH_TYPE_INDEX : MH_TYPE_ENUM, leftover->object);

	if (is_unused_on_purpose(candidate, standing) || is_not_valid_on_purpose(expecting, candidate))
		return false;
	if (is_index)
		judge_index(candidate, standing);
	else if (strcmp(leftover->kind, MH_LEFTOVER_UNUSED_ENUM) == 0)
		judge_enum(candidate, standing);
	else
		leftover->fix = candidate->found.completes = candidate->repair;
	return true;
}

List *
mh_leftovers_find(void)
{
	List *candidates =
		mh_has_traces() ? mh_query_list(leftovers_query, 0, NULL, NULL, NULL, candidate_from_tuple)
						: NIL;
	Expectings expecting = {NIL, false, false};
	MhShards *shards = mh_shards_read();
	HTAB *known = trust_nobody_yet();
	List *found = NIL;
	ListCell *cell;

	if (candidates != NIL)
	{
		List *projects = mh_projects_read();

		expecting = find_expecting(projects, mh_version_tables_find(projects));
	}
	foreach (cell, candidates)
	{
		Candidate *candidate = lfirst(cell);

		/* what a shard has, its table has too */
		if (mh_is_shard(shards, candidate->member))
			continue;
		withhold_code_of_others(known, candidate);
		if (judge(candidate, &expecting))
			found = lappend(found, &candidate->found);
	}
	return found;
}

List *
mh_leftovers_there(MhSource *source, List *projects, const List *tables)
{
	Expectings expecting = {NIL, false, false};
	HTAB *shards = mh_shards_there(source);
	List *candidates = NIL;
	List *found = NIL;
	ListCell *cell;

	source->query(source, mh_query_there(leftovers_query, source->version, (Datum) 0), NULL,
				  candidate_from_texts, &candidates);
	if (candidates != NIL)
		expecting = find_expecting(projects, tables);
	foreach (cell, candidates)
	{
		const Candidate *candidate = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (shards != NULL && hash_search(shards, &candidate->member, HASH_FIND, NULL) != NULL)
			continue;
		if (judge(lfirst(cell), &expecting))
			found = lappend(found, &((Candidate *) lfirst(cell))->found);
	}
	return found;
}
