/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Attributes of columns.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"

#include "core/base/wording.h"

static StringInfo
alter_column(MhRepair *repair, const MhDefinition *column)
{
	StringInfo out = mh_statement(repair);

	appendStringInfo(out, "ALTER TABLE %s ALTER COLUMN %s ", column->parent,
					 mh_local_name(column->name));
	return out;
}

void
mh_append_column_state(MhRepair *repair, const MhDefinition *column)
{
	const char *storage = mh_attribute(column, "storage");
	const char *statistics = mh_attribute(column, "statistics");
	const char *options = mh_attribute(column, "options");
	const char *privileges = mh_attribute(column, "privileges");

	if (storage != NULL)
		appendStringInfo(alter_column(repair, column), "SET STORAGE %s", storage);
	if (statistics != NULL)
		appendStringInfo(alter_column(repair, column), "SET STATISTICS %s", statistics);
	if (options != NULL)
		appendStringInfo(alter_column(repair, column), "SET (%s)", options);
	if (privileges != NULL)
		mh_repair_privileges(repair, column, privileges, NULL);
	mh_append_comment(repair, column);
}

/* A type with another collation, which comes with it. */
static void
set_type(MhRepair *repair, const MhDefinition *column)
{
	const char *collation = mh_attribute(column, "collation");
	StringInfo out = alter_column(repair, column);

	appendStringInfo(out, "TYPE %s", mh_needed(repair, column, "type"));
	if (collation != NULL)
		appendStringInfo(out, " COLLATE %s", collation);
	else if (mh_attribute(repair->actual, "collation") != NULL)
		appendStringInfoString(out, " COLLATE \"default\"");
}

static void
repair_type(MhRepair *repair, const char *expected, const char *actual)
{
	if (expected == NULL || actual == NULL)
		return;
	if (!mh_is_wider_type(expected, actual))
	{
		repair->reason = psprintf("Values of the type %s may be lost as %s: mighead_castable tells "
								  "which.",
								  actual, expected);
		return;
	}
	set_type(repair, repair->expected);
}

static void
repair_collation(MhRepair *repair)
{
	const char *expected = mh_attribute(repair->expected, "type");
	const char *actual = mh_attribute(repair->actual, "type");

	if (expected == NULL || actual == NULL || strcmp(expected, actual) != 0)
		repair->reason = "The type has to be put right first.";
	else
		set_type(repair, repair->expected);
}

static bool
is_child(const MhDefinition *table, const char *parent)
{
	const char *inherits = mh_attribute(table, "inherits");
	MhStrings parents;

	if (mh_has(table, "partition_of", parent))
		return true;
	if (inherits == NULL)
		return false;
	parents = mh_split_list(inherits);
	for (int i = 0; i < parents.n; i++)
		if (strcmp(parents.v[i], parent) == 0)
			return true;
	return false;
}

/* Tables that ALTER TABLE of the first takes along, parents before children. */
static MhStrings
find_descendants(const MhRepair *repair, const char *table)
{
	MhStrings found = {0, NULL};

	mh_strings_add(&found, table);
	for (int i = 0; i < found.n; i++)
		for (int j = 0; j < repair->n_inheritors; j++)
			if (is_child(repair->inheritors[j], found.v[i]) &&
				mh_definitions_find(repair->actual_set, "table", repair->inheritors[j]->name) !=
					NULL)
				mh_strings_add(&found, repair->inheritors[j]->name);
	return found;
}

/*
 * ALTER TABLE changes the tables below, too: what is expected to be otherwise there is put
 * back at once.
 */
static void
restore_below(MhRepair *repair, const char *attribute, const char *set, const char *drop)
{
	const MhDefinition *column = repair->expected;
	const char *usual = mh_attribute(column, attribute);
	MhStrings tables = find_descendants(repair, column->parent);
	bool is_changed = false;

	for (int i = 1; i < tables.n; i++)
	{
		char *name = psprintf("%s.%s", tables.v[i], mh_local_name(column->name));
		const MhDefinition *below = mh_definitions_find(repair->expected_set, "column", name);
		const char *value = below == NULL ? usual : mh_attribute(below, attribute);
		bool is_same = value == NULL || usual == NULL ? value == usual : strcmp(value, usual) == 0;

		if (below == NULL || mh_attribute(below, "generated") != NULL || (is_same && !is_changed))
			continue;
		is_changed = true;
		if (value == NULL)
			appendStringInfoString(alter_column(repair, below), drop);
		else
			appendStringInfo(alter_column(repair, below), set, value);
	}
}

static void
repair_not_null(MhRepair *repair, const char *expected)
{
	if (expected == NULL && mh_attribute(repair->actual, "identity") != NULL)
		repair->reason = "The identity has to go first: it needs the column to be NOT NULL.";
	else if (expected == NULL)
	{
		appendStringInfoString(alter_column(repair, repair->expected), "DROP NOT NULL");
		restore_below(repair, "not_null", "SET NOT NULL", "DROP NOT NULL");
	}
	else
		repair->reason = psprintf("Rows may have no value there. Fill them, then ALTER TABLE %s "
								  "ALTER COLUMN %s SET NOT NULL.",
								  repair->expected->parent, mh_local_name(repair->expected->name));
}

/* Default and generation expression are one thing in the catalogs. */
static void
repair_default(MhRepair *repair)
{
	const MhDefinition *column = repair->expected;
	const char *value = mh_attribute(column, "default");
	const char *generated = mh_attribute(repair->actual, "generated");

	if (mh_attribute(column, "generated") != NULL)
	{
		repair->reason = "A generated column would have to be dropped and created again.";
		return;
	}
	if (generated != NULL && strcmp(generated, "stored") != 0)
	{
		repair->reason = "Without its expression the column would lose its values.";
		return;
	}
	if (generated != NULL)
		appendStringInfoString(alter_column(repair, column), "DROP EXPRESSION");
	if (value != NULL)
		appendStringInfo(alter_column(repair, column), "SET DEFAULT %s", value);
	else if (generated == NULL)
		appendStringInfoString(alter_column(repair, column), "DROP DEFAULT");
	if (generated == NULL)
		restore_below(repair, "default", "SET DEFAULT %s", "DROP DEFAULT");
}

static void
repair_identity(MhRepair *repair, const char *expected, const char *actual)
{
	if (expected == NULL)
		repair->reason = "Dropping the identity drops its sequence, and what that has counted.";
	else if (actual == NULL)
		repair->reason = "The new sequence would begin at its start, below values that may be "
						 "there: a person has to choose where.";
	else
		appendStringInfo(alter_column(repair, repair->expected), "SET GENERATED %s",
						 strcmp(expected, "always") == 0 ? "ALWAYS" : "BY DEFAULT");
}

/* The value of an option in "START 10 INCREMENT 2 ..."; NULL: at its default. */
static char *
identity_option(const char *options, const char *name)
{
	size_t length = strlen(name);

	while (options != NULL && *options != '\0')
	{
		if (strncmp(options, name, length) == 0 && options[length] == ' ')
			return pnstrdup(options + length + 1, strcspn(options + length + 1, " "));
		options += strcspn(options, " ");
		options += strspn(options, " ");
	}
	return NULL;
}

static bool
has_cycle(const char *options)
{
	return options != NULL && strstr(options, "CYCLE") != NULL;
}

static const char *
first_value(const char *options)
{
	const char *increment = identity_option(options, "INCREMENT");
	bool is_down = increment != NULL && increment[0] == '-';
	const char *bound = identity_option(options, is_down ? "MAXVALUE" : "MINVALUE");

	return bound != NULL ? bound : is_down ? "-1" : "1";
}

static void
repair_identity_options(MhRepair *repair, const char *expected, const char *actual)
{
	static const struct
	{
		const char *name;
		const char *usual;
	} options[] = {{"INCREMENT", "INCREMENT 1"},
				   {"MINVALUE", "NO MINVALUE"},
				   {"MAXVALUE", "NO MAXVALUE"},
				   {"CACHE", "CACHE 1"}};
	const char *start = identity_option(expected, "START");
	StringInfo out = alter_column(repair, repair->expected);

	for (size_t i = 0; i < lengthof(options); i++)
	{
		char *wanted = identity_option(expected, options[i].name);

		if (wanted != NULL)
			appendStringInfo(out, "SET %s %s ", options[i].name, wanted);
		else if (identity_option(actual, options[i].name) != NULL)
			appendStringInfo(out, "SET %s ", options[i].usual);
	}
	if (has_cycle(expected) != has_cycle(actual))
		appendStringInfo(out, "SET %sCYCLE ", has_cycle(expected) ? "" : "NO ");
	appendStringInfo(out, "SET START %s", start != NULL ? start : first_value(expected));
}

static void
repair_storage(MhRepair *repair, const char *expected)
{
	const char *type = mh_needed(repair, repair->expected, "type");

	if (expected == NULL)
		expected = mh_default_storage(type);
	if (expected == NULL)
		repair->reason = psprintf("How values of the type %s are stored is not known.", type);
	else
		appendStringInfo(alter_column(repair, repair->expected), "SET STORAGE %s", expected);
}

static bool
is_of_relation(const MhRepair *repair, const char *type)
{
	return mh_definitions_find(repair->expected_set, type, repair->expected->parent) != NULL;
}

static bool
comes_from_parent(const char *attribute)
{
	return strcmp(attribute, "type") == 0 || strcmp(attribute, "collation") == 0 ||
		   strcmp(attribute, "generated") == 0;
}

void
mh_repair_column(MhRepair *repair, const char *attribute, const char *expected, const char *actual)
{
	const MhDefinition *column = repair->expected;

	if (mh_has(column, "inherited", "true") && comes_from_parent(attribute))
		repair->reason = "The column comes with that of the table that this one inherits from.";
	else if (strcmp(attribute, "type") == 0)
		repair_type(repair, expected, actual);
	else if (strcmp(attribute, "collation") == 0)
		repair_collation(repair);
	else if (strcmp(attribute, "not_null") == 0)
		repair_not_null(repair, expected);
	else if (strcmp(attribute, "default") == 0 && is_of_relation(repair, "view"))
		appendStringInfo(mh_statement(repair), "ALTER VIEW %s ALTER COLUMN %s %s%s", column->parent,
						 mh_local_name(column->name),
						 expected == NULL ? "DROP DEFAULT" : "SET DEFAULT ",
						 expected == NULL ? "" : expected);
	else if (strcmp(attribute, "default") == 0 || strcmp(attribute, "generated") == 0)
		repair_default(repair);
	else if (strcmp(attribute, "identity") == 0)
		repair_identity(repair, expected, actual);
	else if (strcmp(attribute, "identity_options") == 0 &&
			 mh_attribute(column, "identity") != NULL &&
			 mh_attribute(repair->actual, "identity") != NULL)
		repair_identity_options(repair, expected, actual);
	else if (strcmp(attribute, "storage") == 0)
		repair_storage(repair, expected);
	else if (strcmp(attribute, "compression") == 0)
		appendStringInfo(alter_column(repair, column), "SET COMPRESSION %s",
						 expected == NULL ? "DEFAULT" : expected);
	else if (strcmp(attribute, "statistics") == 0)
		appendStringInfo(alter_column(repair, column), "SET STATISTICS %s",
						 expected == NULL ? "-1" : expected);
	else if (strcmp(attribute, "options") == 0)
		mh_repair_options(
			repair,
			psprintf("ALTER TABLE %s ALTER COLUMN %s", column->parent, mh_local_name(column->name)),
			"", expected, actual);
}
