/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  Compares the live schema with its expectation.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/read_private.h"

#include "core/fix/fix.h"

#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "core/base/relative_names.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

char *
mh_shown(const MhComparison *comparison, const char *text)
{
	return text == NULL ? NULL : mh_shown_text(text, comparison->version_schema, comparison->owner);
}

/* ---------- which part of it ---------- */

pg_noreturn static void
raise_gone(Oid relation)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
					errmsg("relation with OID %u does not exist", relation)));
}

static char *
relative_name(const MhVersionTable *table, Oid relation)
{
	const char *name = get_rel_name(relation);
	const char *schema = get_namespace_name(get_rel_namespace(relation));

	if (name == NULL || schema == NULL)
		raise_gone(relation);
	name = mh_to_utf8(pstrdup(mh_quote_identifier(name)));
	if (strcmp(mh_to_utf8(unconstify(char *, schema)), table->schema) == 0)
		return psprintf(MH_HOME ".%s", name);
	return psprintf("%s.%s", mh_to_utf8(pstrdup(mh_quote_identifier(schema))), name);
}

static char *
relative_name_there(const MhVersionTable *table)
{
	const MhElsewhere *there = table->there;
	const char *schema = strcmp(there->relation_schema, table->schema) == 0
							 ? MH_HOME
							 : mh_scope_identifier(there->relation_schema);

	return psprintf("%s.%s", schema, mh_scope_identifier(there->relation_name));
}

static bool
is_relation_type(const char *type)
{
	return strcmp(type, MH_TYPE_TABLE) == 0 || strcmp(type, MH_TYPE_VIEW) == 0 ||
		   strcmp(type, MH_TYPE_MATERIALIZED_VIEW) == 0 ||
		   strcmp(type, MH_TYPE_FOREIGN_TABLE) == 0 || strcmp(type, MH_TYPE_SEQUENCE) == 0;
}

/* Removes the objects that were not asked for from the expectation. */
static void
narrow(MhDefinitions *expected, const char *relation, bool with_global)
{
	int kept = 0;

	for (int i = 0; i < expected->n; i++)
	{
		const MhDefinition *definition = &expected->v[i];
		bool wanted = with_global || !mh_type_is_global(definition->type);

		if (relation != NULL)
			wanted =
				(is_relation_type(definition->type) && strcmp(definition->name, relation) == 0) ||
				(definition->parent != NULL && strcmp(definition->parent, relation) == 0);
		if (wanted)
			expected->v[kept++] = *definition;
	}
	expected->n = kept;
}

static Oid
table_of(Oid relation)
{
	char relkind = get_rel_relkind(relation);

	Oid table = InvalidOid;

	if (relkind == RELKIND_INDEX || relkind == RELKIND_PARTITIONED_INDEX)
		table = IndexGetRelation(relation, true);
	return OidIsValid(table) ? table : relation;
}

/* ---------- comparing ---------- */

static MhExpectations *
expectations_of(MhScripts *scripts)
{
	if (scripts->expectations == NULL)
		scripts->expectations = mh_expectations_read_any(scripts->project->name);
	return scripts->expectations;
}

bool
mh_has_expectations(MhScripts *scripts)
{
	return expectations_of(scripts)->n > 0;
}

const char *
mh_expectations_damage(MhScripts *scripts)
{
	return expectations_of(scripts)->damage;
}

static bool
is_difference(const MhDifference *difference)
{
	return difference->kind != MH_BUSY && difference->kind != MH_UNREADABLE;
}

static void
drop_ignored(MhComparison *comparison, const char *project)
{
	MhDifferences *differences = comparison->differences;
	List *ignored = mh_ignored_read(project);
	int kept = 0;

	if (ignored == NIL)
		return;
	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *difference = &differences->v[i];

		if (difference->kind == MH_MISSING || !is_difference(difference) ||
			!mh_is_ignored(ignored, mh_shown(comparison, difference->name), difference->name,
						   difference->attribute))
			differences->v[kept++] = *difference;
	}
	differences->n = kept;
}

static bool
is_standard_schema(const MhDefinition *schema)
{
	const char *owner = schema == NULL ? NULL : mh_attribute(schema, MH_ATTR_OWNER);

	return owner != NULL && strcmp(owner, "pg_database_owner") == 0;
}

/*
 * Drops differences of the version schema itself.  The database's "public", and a schema that
 * somebody created for a tenant, have other owners and privileges, which no migration set: the
 * schema exists before the first one.
 */
static void
drop_home_itself(MhDifferences *differences)
{
	int kept = 0;

	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *difference = &differences->v[i];

		if (strcmp(difference->type, MH_TYPE_SCHEMA) == 0 &&
			strcmp(difference->name, MH_HOME) == 0 && difference->attribute != NULL &&
			is_standard_schema(difference->expected_object) !=
				is_standard_schema(difference->actual_object))
			continue;
		differences->v[kept++] = *difference;
	}
	differences->n = kept;
}

static int
compare_names(const void *left, const void *right)
{
	const MhDifference *a = *(const MhDifference *const *) left;
	const MhDifference *b = *(const MhDifference *const *) right;
	int order = strcmp(a->type, b->type);

	return order != 0 ? order : strcmp(a->name, b->name);
}

/* Counts objects; several attributes of one object count once. */
static void
count_objects(MhComparison *comparison)
{
	const MhDifferences *differences = comparison->differences;
	const MhDifference **counted = palloc(Max(differences->n, 1) * sizeof(MhDifference *));
	int n = 0;

	for (int i = 0; i < differences->n; i++)
	{
		if (is_difference(&differences->v[i]) && differences->v[i].severity > MH_OK)
			counted[n++] = &differences->v[i];
	}
	qsort(counted, n, sizeof(MhDifference *), compare_names);
	for (int i = 0; i < n; i++)
		comparison->objects += i == 0 || compare_names(&counted[i - 1], &counted[i]) != 0;
	pfree(counted);
}

/*
 * Returns the expectations of one relation only.  NULL: all have to be read, because that of the
 * relation is composed, for which other relations count, or because an object may belong to another
 * project.
 */
static MhExpectations *
expectations_of_relation(MhScripts *scripts, const MhStrings *rows, const MhVersionTable *table,
						 const char *relation)
{
	const char *project = scripts->project->name;
	MhExpectations *found = NULL;
	MhStrings key;

	if (relation == NULL || scripts->expectations != NULL || table->there != NULL ||
		mh_has_others_beside(table, project))
		return NULL;
	key = mh_rows_key(scripts->graph, rows);
	found = mh_expectations_read_relation(project, relation);
	if (found == NULL || found->damage != NULL || found->n == 0 ||
		mh_expected_find(found, &key) < 0)
		return NULL;
	return found;
}

static bool
find_expectation(MhComparison *comparison, MhScripts *scripts, const MhStrings *rows,
				 const MhVersionTable *table, const char *relation)
{
	MhComposed *composed = palloc0(sizeof(MhComposed));

	comparison->expectations = expectations_of_relation(scripts, rows, table, relation);
	comparison->is_whole = comparison->expectations == NULL;
	if (comparison->is_whole)
		comparison->expectations = expectations_of(scripts);
	comparison->composed = composed;
	comparison->expectation = MH_NOTHING_EXPECTED;
	if (!mh_expected_at(comparison->expectations, scripts->graph, rows, composed))
	{
		comparison->reason = composed->reason;
		return false;
	}
	if (composed->format != MH_CANONICAL_FORMAT)
	{
		comparison->expectation = MH_OTHER_FORMAT;
		comparison->reason =
			psprintf("What is expected was captured in format %d, this mighead compares format %d.",
					 composed->format, MH_CANONICAL_FORMAT);
		return false;
	}
	comparison->expectation = MH_EXPECTED;
	return true;
}

/* Returns the class of the texts.  Of several, the one that is not that of the live schema. */
static MhDeparser
deparser_of(const MhComposed *composed, MhDeparser live)
{
	if (composed->deparser != 0)
		return composed->deparser;
	return live == MH_DEPARSER_15 ? MH_DEPARSER_16 : MH_DEPARSER_15;
}

static bool
is_damaged(MhComparison *comparison)
{
	if (comparison->expectations->damage == NULL)
		return false;
	comparison->expectation = MH_NOTHING_EXPECTED;
	comparison->reason = comparison->expectations->damage;
	return true;
}

/* ---------- what is known without being read ---------- */

static int
find_expected_form(const void *state, const char *checksum)
{
	const MhComparison *comparison = state;
	const MhExpectations *expectations = comparison->expectations;
	int form = mh_form_find(expectations, checksum);

	if (form == MH_NO_FORM || comparison->composed->forms[expectations->forms[form].object] != form)
		return -1;
	return form;
}

/* Notes the objects that are live and as expected.  False: another one is live too. */
static bool
note_live(const MhComparison *comparison, const MhDefinitions *live, const MhNodes *known,
		  bool *is_live)
{
	const MhExpectations *expectations = comparison->expectations;

	for (int i = 0; i < known->n; i++)
		is_live[expectations->forms[known->v[i]].object] = true;
	for (int i = 0; i < live->n; i++)
	{
		int form = find_expected_form(comparison, live->v[i].checksum);

		if (form < 0)
			return false;
		is_live[expectations->forms[form].object] = true;
	}
	return live->n_unread == 0;
}

/* The objects of the expectation without their attributes. */
static MhDefinitions *
outline_of(const MhComparison *comparison)
{
	const MhExpectations *expectations = comparison->expectations;
	MhDefinitions *outline = palloc0(sizeof(MhDefinitions));

	for (int i = 0; i < expectations->n_objects; i++)
	{
		const MhObject *object = &expectations->objects[i];
		int form = comparison->composed->forms[i];
		MhDefinition *definition;

		if (form == MH_NO_FORM)
			continue;
		definition =
			mh_definition_add(outline, object->type, unconstify(char *, object->name), NULL);
		strlcpy(definition->checksum, expectations->forms[form].checksum, MH_CHECKSUM_SIZE);
		strlcpy(definition->structure, expectations->forms[form].structure, MH_CHECKSUM_SIZE);
	}
	return outline;
}

static bool
is_whole_set(const MhComparison *comparison, const MhDefinitions *outline)
{
	char checksum[MH_CHECKSUM_SIZE];

	if (comparison->composed->set < 0)
		return true;
	return mh_definitions_checksum(outline, checksum) &&
		   strcmp(checksum, comparison->expectations->sets[comparison->composed->set].checksum) ==
			   0;
}

/*
 * Returns an outline of what is expected if all of it is live, attribute by attribute, and nothing else
 * is.  Otherwise NULL.
 */
static MhDefinitions *
outline_if_equal(const MhComparison *comparison, const MhDefinitions *live, const MhNodes *known,
				 bool with_global)
{
	bool *is_live = palloc0(Max(comparison->expectations->n_objects, 1) * sizeof(bool));
	MhDefinitions *outline;

	if (!note_live(comparison, live, known, is_live))
		return NULL;
	for (int i = 0; i < comparison->expectations->n_objects; i++)
		if (comparison->composed->forms[i] != MH_NO_FORM && !is_live[i] &&
			(with_global || !mh_type_is_global(comparison->expectations->objects[i].type)))
			return NULL;
	outline = outline_of(comparison);
	return is_whole_set(comparison, outline) ? outline : NULL;
}

static void
settle_equal(MhComparison *comparison, const MhDefinitions *live, MhDefinitions *outline,
			 bool with_global)
{
	outline->deparser = live->deparser;
	narrow(outline, NULL, with_global);
	comparison->live = outline;
	comparison->is_outline = true;
	comparison->differences = palloc0(sizeof(MhDifferences));
}

/* Adds what is known to what was read, as it is stored. */
static void
add_known(MhComparison *comparison, MhDefinitions *live, const MhNodes *known)
{
	MhExpectations *expectations = comparison->expectations;
	int *wanted = palloc(Max(expectations->n_objects, 1) * sizeof(int));

	if (known->n == 0)
		return;
	for (int i = 0; i < expectations->n_objects; i++)
		wanted[i] = MH_NO_FORM;
	for (int i = 0; i < known->n; i++)
		wanted[expectations->forms[known->v[i]].object] = known->v[i];
	mh_expectations_load(expectations, wanted);
	for (int i = 0; i < known->n; i++)
	{
		const MhDefinition *definition = expectations->forms[known->v[i]].definition;

		/* without it, there is damage to be reported */
		if (definition != NULL)
			*mh_definition_add(live, definition->type, definition->name, definition->parent) =
				*definition;
	}
	mh_definitions_sort(live);
	pfree(wanted);
}

/* ---------- comparing ---------- */

/* Whether a fix may be run is known of this database only. */
static void
drop_fixes(MhDifferences *differences)
{
	for (int i = 0; i < differences->n; i++)
		differences->v[i].fix = NULL;
}

static void
compare_definitions(MhComparison *comparison, const MhVersionTable *table, const MhScope *scope,
					const MhScripts *scripts, const char *name)
{
	const MhDefinitions *compared;
	MhExpectations *expectations = comparison->expectations;
	const MhComposed *composed = comparison->composed;
	MhDefinitions *expected;

	mh_expected_take(expectations, composed->forms, comparison->live);
	mh_expectations_load(expectations, composed->forms);
	if (is_damaged(comparison))
		return;
	expected = mh_expected_definitions(expectations, composed->forms);
	if (comparison->is_whole && composed->set >= 0)
		mh_expected_check(expectations, composed->set, expected);
	if (is_damaged(comparison))
		return;
	if (table->there == NULL)
		mh_leave_to_extensions(expected, comparison->version_schema);
	expected->deparser = deparser_of(composed, comparison->live->deparser);
	if (comparison->is_of_relation || !scope->with_global)
		narrow(expected, name, scope->with_global);
	comparison->differences = mh_compare(expected, comparison->live);
	compared = comparison->live;
	if (table->there == NULL)
		compared =
			mh_compare_moved(table, scope, expected, comparison->live, &comparison->differences);
	mh_judge(comparison->differences, expected, compared, scripts->project->manages);
	drop_home_itself(comparison->differences);
	drop_ignored(comparison, scripts->project->name);
	mh_repair(comparison->differences, expected, compared);
	if (table->there != NULL)
		drop_fixes(comparison->differences);
	else
		mh_withhold_copies(table, scope, comparison->differences);
	count_objects(comparison);
}

/*
 * The live schema is what is expected, attribute by attribute: the checksum of a set, which is that of
 * structure only, would not be enough.
 */
static void
store_seal(const MhComparison *comparison, const MhSeal *seal)
{
	int set = comparison->composed->set;

	if (set >= 0)
		mh_seal_set(seal, comparison->expectations->sets[set].checksum);
}

/*
 * Returns whether everything is as expected, so that nothing has to be loaded, paired or judged.  If
 * nothing is known, the attributes are there, and are worth having: then it is only noted.
 */
static bool
settle(MhComparison *comparison, MhDefinitions *live, const MhNodes *known, const MhSeal *seal,
	   bool with_global, bool *is_equal)
{
	MhDefinitions *outline = seal->is_made || known->n > 0
								 ? outline_if_equal(comparison, live, known, with_global)
								 : NULL;

	*is_equal = outline != NULL;
	if (outline == NULL || known->n == 0)
	{
		add_known(comparison, live, known);
		return false;
	}
	store_seal(comparison, seal);
	settle_equal(comparison, live, outline, with_global);
	return true;
}

/* relation: as mh_compare_schema has it; its drift may say less than that of the schema says of it. */
static MhComparison *
compare_scope(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows, Oid relation,
			  bool with_global, bool stores)
{
	MhComparison *comparison = palloc0(sizeof(MhComparison));
	MhForms forms = {find_expected_form, comparison};
	const char *name = NULL;
	MhSeal seal = {0};
	MhScope scope;
	MhDefinitions *live;
	bool is_equal;
	int n;

	comparison->version_schema = mh_scope_identifier(table->schema);
	if (!OidIsValid(relation) && with_global && scripts->expectations == NULL &&
		mh_is_sealed(comparison, table, scripts, rows))
		return comparison;
	if (OidIsValid(relation))
		name = relative_name(table, relation);
	else if (table->there != NULL && table->there->relation_name != NULL)
		name = relative_name_there(table);
	if (!find_expectation(comparison, scripts, rows, table, name))
		return comparison;
	with_global = with_global && name == NULL;
	scope = mh_scope_of(table, &comparison->composed->schemas, with_global);
	comparison->owner = mh_scope_owner(&scope);
	comparison->is_of_relation = name != NULL;
	comparison->is_elsewhere = table->there != NULL;
	if (OidIsValid(relation))
		scope.relations = list_make1_oid(relation);
	scope.forms = table->there == NULL ? &forms : NULL;
	scope.stores = stores;
	scope.seal = with_global ? &seal : NULL;
	comparison->live = live = mh_definitions_read(&scope);
	n = live->n;
	mh_leave_to_others(live, table, scripts->project->name, comparison->expectations);
	/* what belongs to others is not sealed, because they may come to expect something else */
	seal.is_made = seal.is_made && live->n == n;
	if (settle(comparison, live, &forms.known, &seal, with_global, &is_equal))
		return comparison;
	compare_definitions(comparison, table, &scope, scripts, name);
	/* what is damaged has to be told again */
	if (is_equal && !is_damaged(comparison))
		store_seal(comparison, &seal);
	return comparison;
}

/* ---------- comparing one relation ---------- */

/* Keeps what is said of the relation, which may have another name in the expectation. */
static void
keep_relation(MhComparison *comparison, const char *name)
{
	MhDifferences *differences = comparison->differences;
	const char *expected = mh_expected_name(differences, name);
	int kept = 0;

	for (int i = 0; i < differences->n; i++)
		if (mh_is_of_relation(&differences->v[i], expected, name))
			differences->v[kept++] = differences->v[i];
	differences->n = kept;
	comparison->objects = 0;
	count_objects(comparison);
}

/*
 * Returns whether what was read of the relation alone is all that there is to say.  A relation that
 * has something from others is compared with them.
 */
static bool
is_all_of_relation(const MhComparison *comparison, Oid relation)
{
	const MhDifferences *differences = comparison->differences;

	if (comparison->expectation != MH_EXPECTED)
		return true;
	if (get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ||
		(differences->n > 0 && has_superclass(relation)))
		return false;
	for (int i = 0; i < differences->n; i++)
		if (!mh_is_local(&differences->v[i]))
			return false;
	return true;
}

MhComparison *
mh_compare_schema(const MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
				  Oid relation, bool with_global, bool stores)
{
	MhComparison *comparison;
	MhComparison *whole;

	if (!OidIsValid(relation))
		return compare_scope(table, scripts, rows, InvalidOid, with_global, stores);
	relation = table_of(relation);
	comparison = compare_scope(table, scripts, rows, relation, false, stores);
	if (is_all_of_relation(comparison, relation))
		return comparison;
	whole = compare_scope(table, scripts, rows, InvalidOid, false, stores);
	/* what is damaged elsewhere does not matter */
	if (whole->expectation != MH_EXPECTED)
		return comparison;
	keep_relation(whole, relative_name(table, relation));
	return whole;
}

/* ---------- locating ---------- */

/* Returns the schemas that most sets with this format name; NULL: there is none. */
static const MhStrings *
usual_schemas(const MhExpectations *expectations)
{
	const MhStrings *best = NULL;
	int most = 0;

	for (int i = 0; i < expectations->n; i++)
	{
		const MhStrings *schemas = &expectations->sets[i].schemas;
		int n = 0;

		if (expectations->sets[i].format != MH_CANONICAL_FORMAT ||
			(best != NULL && mh_rows_compare(best, schemas) == 0))
			continue;
		for (int j = 0; j < expectations->n; j++)
			n += mh_rows_compare(schemas, &expectations->sets[j].schemas) == 0;
		if (n > most)
		{
			most = n;
			best = schemas;
		}
	}
	return best;
}

/*
 * Returns the definitions that the comparison read, if they are just those to be located; otherwise
 * NULL.
 */
static const MhDefinitions *
live_of(const MhComparison *comparison, const MhStrings *schemas)
{
	if (comparison == NULL || comparison->live == NULL || comparison->is_of_relation ||
		comparison->is_outline || mh_rows_compare(&comparison->composed->schemas, schemas) != 0)
		return NULL;
	return comparison->live;
}

/* Only where a location is exact does anybody rely on it. */
static void
check_exact(MhExpectations *expectations, const MhLocations *locations)
{
	for (int i = 0; i < locations->n; i++)
	{
		const MhLocation *location = &locations->v[i];

		for (int j = 0; j < location->sets.n && location->is_exact; j++)
			mh_expected_check(expectations, location->sets.v[j], NULL);
	}
}

MhLocations *
mh_locate_schema(const MhVersionTable *table, MhScripts *scripts, const MhStrings *current,
				 const MhComparison *comparison)
{
	MhExpectations *expectations = expectations_of(scripts);
	const MhStrings *schemas = usual_schemas(expectations);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context;
	const MhDefinitions *known;
	MhDefinitions *live;
	MhLocations *locations;
	MhScope scope;

	if (schemas == NULL)
		return NULL;
	/* the definitions tell which objects are partitions, and how branches combine */
	mh_expectations_load(expectations, NULL);
	if (expectations->damage != NULL)
		return NULL;
	known = live_of(comparison, schemas);
	/* the locations do not refer to the definitions, which may be large and are freed */
	context = AllocSetContextCreate(caller, "mighead located schema", ALLOCSET_DEFAULT_SIZES);
	if (known == NULL)
	{
		MemoryContextSwitchTo(context);
		scope = mh_scope_of(table, schemas, false);
		known = live = mh_definitions_read(&scope);
		mh_leave_to_others(live, table, scripts->project->name, expectations);
		MemoryContextSwitchTo(caller);
	}
	locations = mh_locate(expectations, scripts->n > 0 ? scripts->graph : NULL, known, schemas,
						  current, scripts->project->manages);
	MemoryContextDelete(context);
	check_exact(expectations, locations);
	return expectations->damage == NULL ? locations : NULL;
}
