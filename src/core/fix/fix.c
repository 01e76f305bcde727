/*-------------------------------------------------------------------------
 *
 * fix.c
 *	  Writes the DDL that removes a difference.
 *
 * A fix never drops or rewrites data, and never drops what somebody has created in addition to the
 * expectation.  An index, a constraint, a policy or statistics may be dropped if the same fix
 * creates it again.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/sql_names.h"

/*
 * Returns whether the object holds rows.  The object with the other name may then be a different
 * one with its own rows.
 */
static bool
may_be_another(const MhDefinition *definition)
{
	return mh_is_type(definition, MH_TYPE_TABLE) || mh_is_type(definition, MH_TYPE_FOREIGN_TABLE) ||
		   mh_is_type(definition, MH_TYPE_MATERIALIZED_VIEW) ||
		   mh_is_type(definition, MH_TYPE_SEQUENCE);
}

/* Returns the name of a function or an aggregate without its arguments. */
static char *
without_arguments(const char *local)
{
	return pnstrdup(local, mh_end_of_identifier(local) - local);
}

static bool
is_in_same_place(const MhDefinition *expected, const MhDefinition *actual)
{
	size_t length = mh_local_name(expected->name) - expected->name;

	return (!mh_is_type(expected, MH_TYPE_STATISTICS) &&
			(expected->parent != NULL || actual->parent != NULL)) ||
		   ((size_t) (mh_local_name(actual->name) - actual->name) == length &&
			strncmp(expected->name, actual->name, length) == 0);
}

static void
write_rename(MhRepair *repair, const char *keyword)
{
	const MhDefinition *actual = repair->actual;
	char *from = without_arguments(mh_local_name(actual->name));
	char *to = without_arguments(mh_local_name(repair->expected->name));
	StringInfo out = mh_statement(repair);

	if (mh_is_type(actual, MH_TYPE_COLUMN))
		appendStringInfo(out, "ALTER TABLE %s RENAME COLUMN %s TO %s", actual->parent, from, to);
	else if (mh_is_type(actual, MH_TYPE_CONSTRAINT))
		appendStringInfo(out, "ALTER %s %s RENAME CONSTRAINT %s TO %s",
						 mh_definitions_find(repair->actual_set, MH_TYPE_DOMAIN, actual->parent)
							 ? "DOMAIN"
							 : "TABLE",
						 actual->parent, from, to);
	else if (mh_is_type(actual, MH_TYPE_TRIGGER) || mh_is_type(actual, MH_TYPE_POLICY) ||
			 mh_is_type(actual, MH_TYPE_RULE))
		appendStringInfo(out, "ALTER %s %s ON %s RENAME TO %s", keyword, from, actual->parent, to);
	else
		appendStringInfo(out, "ALTER %s %s RENAME TO %s", keyword, actual->name, to);
}

/* Renames an object.  Uses the current names, so that it can be run at once. */
static void
repair_renamed(MhRepair *repair)
{
	const MhDefinition *actual = repair->actual;
	const char *keyword = mh_type_keyword(actual->type);

	if (keyword == NULL)
		return;
	if (!is_in_same_place(repair->expected, actual))
		repair->reason = "It was moved: a person has to decide whether to move it back.";
	else if (may_be_another(actual) || actual->follows_dropped)
		repair->reason = "It may be another one, made in its place: a person has to decide.";
	else if (mh_is_type(actual, MH_TYPE_COLUMN) && mh_is_typed(repair, actual->parent))
		repair->reason = MH_COMES_WITH_TYPE;
	else if (repair->is_newer)
		repair->reason = "The schema has what is not expected: it may be newer, and this its name.";
	else
		write_rename(repair, keyword);
}

static bool
holds_data(const MhDefinition *definition)
{
	return mh_is_type(definition, MH_TYPE_TABLE) || mh_is_type(definition, MH_TYPE_COLUMN) ||
		   mh_is_type(definition, MH_TYPE_MATERIALIZED_VIEW) ||
		   mh_is_type(definition, MH_TYPE_SEQUENCE) || mh_is_type(definition, MH_TYPE_SCHEMA) ||
		   mh_is_type(definition, MH_TYPE_EXTENSION);
}

static void
repair_extra(MhRepair *repair)
{
	if (holds_data(repair->actual))
		repair->reason = "Dropping it would drop what it holds: a person has to decide that.";
	else
		repair->reason = "Somebody made it, perhaps for a purpose: a person has to decide whether "
						 "to drop it.";
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/* Returns the tables with a column that has another type and no fix, sorted. */
static MhStrings
find_retyped(const MhDifferences *differences)
{
	MhStrings tables = {0, NULL};

	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *one = &differences->v[i];

		if (one->attribute != NULL && one->fix == NULL && strcmp(one->type, MH_TYPE_COLUMN) == 0 &&
			strcmp(one->attribute, MH_ATTR_TYPE) == 0 && one->expected_object->parent != NULL)
			mh_strings_add(&tables, one->expected_object->parent);
	}
	if (tables.n > 1)
		qsort(tables.v, tables.n, sizeof(char *), compare_names);
	return tables;
}

/* Returns whether the casts in the attribute's text depend on the types of the table's columns. */
static bool
is_expression(const char *attribute)
{
	static const char *const expressions[] = {MH_ATTR_DEFINITION, MH_ATTR_COLUMNS,
											  MH_ATTR_PREDICATE,  MH_ATTR_USING,
											  MH_ATTR_WITH_CHECK, MH_ATTR_DEFAULT};

	for (size_t i = 0; attribute != NULL && i < lengthof(expressions); i++)
		if (strcmp(expressions[i], attribute) == 0)
			return true;
	return false;
}

/*
 * Removes fixes of objects that use a column with another type: their texts are deparsed
 * differently.
 */
static void
withdraw_dependent(MhDifferences *differences)
{
	MhStrings tables = find_retyped(differences);

	for (int i = 0; i < differences->n && tables.n > 0; i++)
	{
		MhDifference *one = &differences->v[i];
		const char *parent = one->expected_object == NULL ? NULL : one->expected_object->parent;

		if (one->fix == NULL || parent == NULL || !is_expression(one->attribute) ||
			bsearch(&parent, tables.v, tables.n, sizeof(char *), compare_names) == NULL)
			continue;
		pfree(one->fix);
		one->fix = NULL;
		one->reason = pstrdup("The type of a column of the table has to be put right first.");
	}
}

/* Returns whether DDL names the object together with its parent, which is missing. */
static bool
lacks_parent(const MhDefinition *definition)
{
	static const char *const types[] = {MH_TYPE_COLUMN, MH_TYPE_CONSTRAINT, MH_TYPE_INDEX,
										MH_TYPE_POLICY, MH_TYPE_RULE,       MH_TYPE_TRIGGER};

	for (size_t i = 0; i < lengthof(types); i++)
		if (definition->parent == NULL && mh_is_type(definition, types[i]))
			return true;
	return false;
}

static bool
is_made_by_extension(const MhDefinition *definition)
{
	return definition != NULL && mh_is_type(definition, MH_TYPE_VIEW) &&
		   mh_attribute(definition, MH_ATTR_KIND) != NULL;
}

static void
repair_difference(MhRepair *repair)
{
	if (is_made_by_extension(repair->expected) || is_made_by_extension(repair->actual))
	{
		repair->reason = "An extension makes and changes it, with functions of its own.";
		return;
	}
	if (repair->expected != NULL && lacks_parent(repair->expected))
	{
		repair->reason = "What is expected does not say what it belongs to.";
		return;
	}
	if (repair->actual == NULL && repair->expected != NULL &&
		mh_attribute(repair->expected, MH_ATTR_DISTRIBUTION) != NULL)
	{
		repair->reason = "Citus has to distribute the table once it is there.";
		return;
	}
	switch (repair->difference->kind)
	{
		case MH_MISSING:
			if (repair->expected != NULL)
				mh_repair_missing(repair);
			break;
		case MH_EXTRA:
			repair_extra(repair);
			break;
		case MH_RENAMED:
			if (repair->expected != NULL && repair->actual != NULL)
				repair_renamed(repair);
			break;
		case MH_CHANGED:
		case MH_INVALID:
			if (repair->expected != NULL && repair->actual != NULL)
				mh_repair_changed(repair);
			break;
		default:
			break;
	}
}

/* Returns why the written fix may not be run; NULL: it may. */
static const char *
refuse_text(const MhRepair *repair)
{
	if (repair->fix.len == 0)
		return "mighead writes no DDL for this.";
	if (mh_count_statements(repair->fix.data) != repair->statements)
		return "What is expected is not written as PostgreSQL writes it.";
	return NULL;
}

/* Returns why a harmless difference has no fix. */
static const char *
why_operators(const MhDifference *difference)
{
	if (strcmp(difference->type, MH_TYPE_EXTENSION_TRIGGER) == 0)
		return "An extension may have made or dropped it by itself.";
	if (mh_area_of(difference->type, difference->attribute) != 0)
		return "Operators answer for this, unless the project's \"manages\" says that its "
			   "migrations do.";
	return "Nothing depends on it.";
}

static void
fill(MhDifference *difference, MhRepair *repair)
{
	repair->difference = difference;
	repair->expected = difference->expected_object;
	repair->actual = difference->actual_object;
	repair->reason = NULL;
	repair->statements = 0;
	initStringInfo(&repair->fix);
	repair->rows_reason = NULL;
	if (difference->severity == MH_OK)
		repair->reason = why_operators(difference);
	else
		repair_difference(repair);
	if (repair->reason == NULL)
		repair->reason = refuse_text(repair);
	if (difference->reason == NULL && repair->reason != NULL &&
		(difference->expected_object != NULL || difference->kind == MH_EXTRA))
		difference->reason = pstrdup(repair->reason);
	difference->rows_reason =
		repair->reason == NULL && repair->rows_reason != NULL ? pstrdup(repair->rows_reason) : NULL;
	if (repair->reason == NULL)
		difference->fix = repair->fix.data;
	else
		pfree(repair->fix.data);
}

/*
 * Returns whether the schema has an unexpected object.  The schema may then be newer than the
 * expectation.
 */
static bool
is_newer(const MhDifferences *differences)
{
	for (int i = 0; i < differences->n; i++)
		if (differences->v[i].kind == MH_EXTRA && differences->v[i].severity == MH_CRITICAL)
			return true;
	return false;
}

static void
forget_fixes(MhDifferences *differences)
{
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *one = &differences->v[i];

		if (one->kind == MH_MISSING || one->kind == MH_EXTRA || one->kind == MH_CHANGED ||
			one->kind == MH_RENAMED || one->kind == MH_INVALID)
			one->reason = NULL;
		one->fix = NULL;
		one->rows_reason = NULL;
	}
}

static void
find_inheritors(MhRepair *repair, const MhDefinitions *set)
{
	repair->inheritors = palloc((set->n + 1) * sizeof(MhDefinition *));
	for (int i = 0; i < set->n; i++)
		if (mh_attribute(&set->v[i], MH_ATTR_PARTITION_OF) != NULL ||
			mh_attribute(&set->v[i], MH_ATTR_INHERITS) != NULL)
			repair->inheritors[repair->n_inheritors++] = &set->v[i];
}

static MhStrings
find_renamed_without_fix(const MhDifferences *differences)
{
	MhStrings names = {0, NULL};

	for (int i = 0; i < differences->n; i++)
		if (differences->v[i].kind == MH_RENAMED && differences->v[i].fix == NULL &&
			differences->v[i].expected_object != NULL)
			mh_strings_push(&names, differences->v[i].expected_object->name);
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(char *), compare_names);
	return names;
}

/* What may be of another table is not given the names that belong to this one. */
static void
withdraw_inner_renames(MhDifferences *differences)
{
	MhStrings renamed = find_renamed_without_fix(differences);

	for (int i = 0; i < differences->n && renamed.n > 0; i++)
	{
		MhDifference *one = &differences->v[i];
		const char *parent = one->expected_object == NULL ? NULL : one->expected_object->parent;

		if (one->fix == NULL || parent == NULL ||
			bsearch(&parent, renamed.v, renamed.n, sizeof(char *), compare_names) == NULL)
			continue;
		pfree(one->fix);
		one->fix = NULL;
		one->reason = psprintf("It belongs to %s, which has to be put right first.", parent);
	}
}

void
mh_repair(MhDifferences *differences, const MhDefinitions *expected, const MhDefinitions *actual)
{
	MhChildren children;
	MhRepair repair = {0};

	/* most of the time, and there are as many objects all the same */
	if (differences->n == 0)
		return;
	mh_children_order(&children, expected);
	repair.expected_set = expected;
	repair.actual_set = actual;
	repair.children = &children;
	find_inheritors(&repair, expected);
	repair.is_newer = is_newer(differences);
	forget_fixes(differences);
	for (int i = 0; i < differences->n; i++)
		fill(&differences->v[i], &repair);
	withdraw_dependent(differences);
	withdraw_inner_renames(differences);
	mh_order_fixes(differences);
	pfree(children.v);
	pfree(repair.inheritors);
}
