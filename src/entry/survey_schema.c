/*-------------------------------------------------------------------------
 *
 * survey_schema.c
 *	  Facts about the schema beside a version table, for the diagnosis.
 *
 * Comparing costs more than everything else that is looked at, locating more than
 * comparing; so each is done only where the answer depends on it.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_schema.h"

#include "server/expected/expected.h"
#include "core/base/relative_names.h"
#include "miscadmin.h"
#include "utils/builtins.h"

static char *
identifier(const char *name)
{
	return mh_to_utf8(pstrdup(mh_quote_identifier(mh_from_utf8(name))));
}

/* As shown; names are relative to the schema of the version table. */
static MhStrings
absolute_names(const MhStrings *names, const char *version_schema)
{
	MhStrings shown = {0, NULL};

	for (int i = 0; i < names->n; i++)
		mh_strings_add(&shown, mh_absolute(names->v[i], version_schema));
	return shown;
}

/* Revisions that the scripts have, and sets of several, as a stamp could write them. */
static MhStrings
keep_possible(const MhStrings *same_as, const MhScripts *scripts)
{
	MhStrings kept = {0, NULL};

	for (int i = 0; i < same_as->n; i++)
		if (same_as->v[i][0] == '{' || mh_graph_find(scripts->graph, same_as->v[i]) != MH_BASE)
			mh_strings_add(&kept, same_as->v[i]);
	return kept;
}

static void
add_location(MhSchemaFacts *schema, const MhVersionTable *table, MhScripts *scripts,
			 const MhComparison *comparison)
{
	MhLocations *locations = mh_locate_schema(table, scripts, &table->rows, comparison);
	const MhLocation *best;

	if (locations == NULL)
		return;
	schema->busy = absolute_names(&locations->busy, schema->version_schema);
	schema->unreadable = absolute_names(&locations->unreadable, schema->version_schema);
	if (schema->busy.n + schema->unreadable.n > 0)
		return;
	schema->is_located = true;
	if (locations->n == 0)
		return;
	best = &locations->v[0];
	/* with nothing in common it is just the smallest one */
	if (!best->is_exact && best->matching == 0)
		return;
	schema->located = best->rows;
	schema->is_exact = best->is_exact;
	schema->same_as = keep_possible(&best->same_as, scripts);
	schema->distance = best->missing + best->extra + best->changed;
}

/* What was begun: an index that is there and invalid, say.  Changed objects may be so by hand. */
static bool
has_begun(const MhPartial *partial, const MhComparison *comparison)
{
	if (partial->node == MH_BASE || partial->open == 0)
		return false;
	if (partial->done > 0)
		return true;
	for (int i = 0; i < comparison->differences->n; i++)
		if (comparison->differences->v[i].kind == MH_EXTRA && partial->begun > 0)
			return true;
	return false;
}

static void
add_partial(MhSchemaFacts *schema, MhScripts *scripts, const MhVersionTable *table,
			const MhComparison *comparison)
{
	MhPartial partial =
		mh_locate_partial(comparison->expectations, scripts->graph, &table->rows, comparison->live);

	if (!has_begun(&partial, comparison))
		return;
	schema->partial = scripts->graph->nodes[partial.node].id;
	schema->done = partial.done;
	schema->open = partial.open;
	schema->begun = partial.begun;
	schema->done_objects = absolute_names(&partial.done_objects, schema->version_schema);
	schema->open_objects = absolute_names(&partial.open_objects, schema->version_schema);
}

/* What of the schema itself could not be read; of what belongs to the database others tell. */
static void
add_unread(MhSchemaFacts *schema, const MhComparison *comparison)
{
	for (int i = 0; i < comparison->differences->n; i++)
	{
		const MhDifference *difference = &comparison->differences->v[i];
		char *shown = psprintf("%s %s", difference->type, difference->name);

		if (mh_type_severity(difference->type) < MH_CRITICAL || mh_type_is_global(difference->type))
			continue;
		if (difference->kind == MH_BUSY)
			mh_strings_add(&schema->busy, mh_absolute(shown, schema->version_schema));
		if (difference->kind == MH_UNREADABLE)
			mh_strings_add(&schema->unreadable, mh_absolute(shown, schema->version_schema));
	}
}

static MhInserted *
inserted_by(const MhComparison *comparison, const MhScripts *scripts, MhInserted *inserted, int n,
			const char *type, const char *name)
{
	const char *revision =
		mh_introduced_by(comparison->expectations, comparison->composed, type, name, NULL);

	for (int i = 0; i < n && revision != NULL; i++)
		if (strcmp(scripts->graph->nodes[inserted[i].node].id, revision) == 0)
			return &inserted[i];
	return NULL;
}

/* Are the objects there that inserted revisions make? */
static void
look_for_objects(const MhComparison *comparison, const MhScripts *scripts, MhInserted *inserted,
				 int n)
{
	for (int i = 0; i < comparison->differences->n; i++)
	{
		const MhDifference *difference = &comparison->differences->v[i];
		MhInserted *by =
			difference->kind == MH_MISSING
				? inserted_by(comparison, scripts, inserted, n, difference->type, difference->name)
				: NULL;

		if (by != NULL)
			by->is_missing = true;
	}
	for (int i = 0; i < comparison->live->n; i++)
	{
		const MhDefinition *live = &comparison->live->v[i];
		MhInserted *by = inserted_by(comparison, scripts, inserted, n, live->type, live->name);

		if (by != NULL)
			by->is_present = true;
	}
}

static bool
is_critical(const MhComparison *comparison)
{
	for (int i = 0; i < comparison->differences->n; i++)
		if (comparison->differences->v[i].severity == MH_CRITICAL)
			return true;
	return false;
}

static void
add_comparison(MhSchemaFacts *schema, const MhVersionTable *table, MhScripts *scripts,
			   bool with_global, bool stores, MhInserted *inserted, int inserted_n)
{
	MhComparison *comparison =
		mh_compare_schema(table, scripts, &table->rows, InvalidOid, with_global, stores);

	schema->is_other_format = comparison->expectation == MH_OTHER_FORMAT;
	if (comparison->expectation != MH_EXPECTED)
	{
		/* what is expected elsewhere may tell all the same that the rows are wrong */
		if (!schema->is_other_format)
			add_location(schema, table, scripts, NULL);
		return;
	}
	schema->owner = comparison->owner;
	schema->differences = comparison->differences;
	schema->objects = comparison->objects;
	add_unread(schema, comparison);
	if (inserted_n > 0)
		look_for_objects(comparison, scripts, inserted, inserted_n);
	if (!is_critical(comparison) || schema->busy.n + schema->unreadable.n > 0)
		return;
	add_location(schema, table, scripts, comparison);
	if (!schema->is_exact)
		add_partial(schema, scripts, table, comparison);
}

static bool
are_rows_known(const MhVersionTable *table, const MhScripts *scripts)
{
	for (int i = 0; i < table->rows.n; i++)
		if (mh_graph_find(scripts->graph, table->rows.v[i]) == MH_BASE)
			return false;
	return true;
}

/* The facts of a schema of which a seal says that nothing differs.  NULL: it has to be looked at. */
static MhSchemaFacts *
sealed_facts(const MhVersionTable *table, const MhScripts *scripts)
{
	MhSchemaFacts *schema;
	char *owner;

	if (table->rows.n == 0 || !are_rows_known(table, scripts) ||
		!mh_is_schema_sealed(table, scripts))
		return NULL;
	schema = palloc0(sizeof(MhSchemaFacts));
	owner = GetUserNameFromId(table->owner, true);
	schema->owner = owner ? identifier(mh_to_utf8(owner)) : NULL;
	schema->version_schema = identifier(table->schema);
	schema->differences = palloc0(sizeof(MhDifferences));
	return schema;
}

const MhSchemaFacts *
mh_survey_schema(const MhVersionTable *table, MhScripts *scripts, bool has_user_tables,
				 bool with_global, bool stores, MhInserted *inserted, int inserted_n)
{
	MhSchemaFacts *schema = NULL;

	if (table != NULL && with_global && inserted_n == 0)
		schema = sealed_facts(table, scripts);
	if (schema != NULL)
		return schema;
	if (!mh_has_expectations(scripts) && mh_expectations_damage(scripts) == NULL)
		return NULL;
	if (table == NULL)
		table = mh_version_table_default(scripts->project);
	schema = palloc0(sizeof(MhSchemaFacts));
	schema->version_schema = identifier(table->schema);
	if (mh_expectations_damage(scripts) == NULL)
	{
		if (table->rows.n > 0 && are_rows_known(table, scripts))
			add_comparison(schema, table, scripts, with_global, stores, inserted, inserted_n);
		else if (table->rows.n > 0 || has_user_tables)
			add_location(schema, table, scripts, NULL);
	}
	/* definitions are read only now */
	schema->damage = mh_expectations_damage(scripts);
	return schema;
}
