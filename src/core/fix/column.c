/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Changes attributes of columns.
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
	const char *storage = mh_attribute(column, MH_ATTR_STORAGE);
	const char *statistics = mh_attribute(column, MH_ATTR_STATISTICS);
	const char *options = mh_attribute(column, MH_ATTR_OPTIONS);
	const char *privileges = mh_attribute(column, MH_ATTR_PRIVILEGES);

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

/* Changes the type, together with the collation. */
static void
set_type(MhRepair *repair, const MhDefinition *column)
{
	const char *collation = mh_attribute(column, MH_ATTR_COLLATION);
	StringInfo out = alter_column(repair, column);

	appendStringInfo(out, "TYPE %s", mh_needed(repair, column, MH_ATTR_TYPE));
	if (collation != NULL)
		appendStringInfo(out, " COLLATE %s", collation);
	else if (mh_attribute(repair->actual, MH_ATTR_COLLATION) != NULL)
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
	repair->rows_reason = "What is made of the column (a view, a policy, a trigger, a generated "
						  "column) holds its type, and would have to be dropped.";
}

static void
repair_collation(MhRepair *repair)
{
	const char *expected = mh_attribute(repair->expected, MH_ATTR_TYPE);
	const char *actual = mh_attribute(repair->actual, MH_ATTR_TYPE);

	if (expected == NULL || actual == NULL || strcmp(expected, actual) != 0)
		repair->reason = "The type has to be put right first.";
	else
	{
		set_type(repair, repair->expected);
		repair->rows_reason = "Values that are different now may be equal in the other collation, "
							  "and indexes are built anew.";
	}
}

static bool
is_child(const MhDefinition *table, const char *parent)
{
	const char *inherits = mh_attribute(table, MH_ATTR_INHERITS);
	MhStrings parents;

	MH_CHECK_INTERRUPTS();
	if (mh_has(table, MH_ATTR_PARTITION_OF, parent))
		return true;
	if (inherits == NULL)
		return false;
	parents = mh_split_list(inherits);
	for (int i = 0; i < parents.n; i++)
		if (strcmp(parents.v[i], parent) == 0)
			return true;
	return false;
}

/*
 * Returns the tables below this one, parents before children, which ALTER TABLE changes too.  A
 * document may say that tables inherit from each other in a circle.
 */
static MhStrings
find_descendants(const MhRepair *repair, const char *table)
{
	bool *is_found = palloc0(Max(repair->n_inheritors, 1) * sizeof(bool));
	MhStrings found = {0, NULL};

	mh_strings_add(&found, table);
	for (int i = 0; i < found.n; i++)
		for (int j = 0; j < repair->n_inheritors; j++)
		{
			const char *name = repair->inheritors[j]->name;

			if (is_found[j] || !is_child(repair->inheritors[j], found.v[i]))
				continue;
			is_found[j] = true;
			if (strcmp(name, table) != 0 &&
				mh_definitions_find(repair->actual_set, MH_TYPE_TABLE, name) != NULL)
				mh_strings_add(&found, name);
		}
	pfree(is_found);
	return found;
}

/*
 * Restores the defaults of tables below, which SET DEFAULT overwrites, if another default is
 * expected or present there.
 */
static void
restore_defaults_below(MhRepair *repair)
{
	const MhDefinition *column = repair->expected;
	const char *usual = mh_attribute(column, MH_ATTR_DEFAULT);
	MhStrings tables = find_descendants(repair, column->parent);

	for (int i = 1; i < tables.n; i++)
	{
		char *name = psprintf("%s.%s", tables.v[i], mh_local_name(column->name));
		const MhDefinition *below = mh_definitions_find(repair->expected_set, MH_TYPE_COLUMN, name);
		const MhDefinition *live = mh_definitions_find(repair->actual_set, MH_TYPE_COLUMN, name);
		const char *value = below == NULL ? NULL : mh_attribute(below, MH_ATTR_DEFAULT);

		if (value == NULL && live != NULL)
			value = mh_attribute(live, MH_ATTR_DEFAULT);
		if (value != NULL && strcmp(value, usual) != 0 &&
			mh_attribute(below != NULL ? below : live, MH_ATTR_GENERATED) == NULL)
			appendStringInfo(alter_column(repair, below != NULL ? below : live), "SET DEFAULT %s",
							 value);
	}
}

static void
repair_not_null(MhRepair *repair, const char *expected)
{
	if (expected == NULL)
		repair->reason = "The column would be weaker: a person has to decide whether rows may have "
						 "no value there.";
	else
	{
		appendStringInfoString(alter_column(repair, repair->expected), "SET NOT NULL");
		repair->rows_reason =
			psprintf("Rows may have no value there. Fill them, then ALTER TABLE %s "
					 "ALTER COLUMN %s SET NOT NULL.",
					 repair->expected->parent, mh_local_name(repair->expected->name));
	}
}

/* Repairs a default.  The catalogs store a generation expression as a default too. */
static void
repair_default(MhRepair *repair, const char *actual)
{
	const MhDefinition *column = repair->expected;
	const char *value = mh_attribute(column, MH_ATTR_DEFAULT);

	if (mh_attribute(column, MH_ATTR_GENERATED) != NULL)
		repair->reason = "A generated column would have to be dropped and created again.";
	else if (mh_attribute(repair->actual, MH_ATTR_GENERATED) != NULL)
		repair->reason = "Without its expression nothing would keep the column right.";
	else if (mh_attribute(repair->actual, MH_ATTR_IDENTITY) != NULL)
		repair->reason = "The column is an identity now, and can have no default beside it.";
	else if (value == NULL)
		repair->reason = "Rows may need the default that is there: a person has to decide.";
	else if (actual != NULL && strstr(actual, "nextval(") != NULL &&
			 strstr(value, "nextval(") == NULL)
		repair->reason = "The column is numbered by a sequence now: a person has to decide.";
	else
	{
		appendStringInfo(alter_column(repair, column), "SET DEFAULT %s", value);
		restore_defaults_below(repair);
	}
}

static void
repair_identity(MhRepair *repair, const char *expected, const char *actual)
{
	if (expected == NULL)
		repair->reason = "Dropping the identity drops its sequence, and what that has counted.";
	else if (actual == NULL)
		repair->reason = "The new sequence would begin at its start, below values that may be "
						 "there: a person has to choose where.";
	else if (strcmp(expected, "always") != 0)
		repair->reason = "The identity would be weaker: a person has to decide.";
	else
		appendStringInfoString(alter_column(repair, repair->expected), "SET GENERATED ALWAYS");
}

/* Returns the value of an option in "START 10 INCREMENT 2 ..."; NULL: its default. */
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

static bool
has_other_option(const char *expected, const char *actual, const char *name)
{
	const char *left = identity_option(expected, name);
	const char *right = identity_option(actual, name);

	return left == NULL || right == NULL ? left != right : strcmp(left, right) != 0;
}

/* Repairs an identity sequence that would end.  Its range and start are a person's choice. */
static void
repair_identity_options(MhRepair *repair, const char *expected, const char *actual)
{
	static const char *const others[] = {"START", "INCREMENT", "MINVALUE", "MAXVALUE", "CACHE"};
	bool is_other = false;

	for (size_t i = 0; i < lengthof(others); i++)
		is_other |= has_other_option(expected, actual, others[i]);
	if (is_other || has_cycle(expected) || !has_cycle(actual))
		repair->reason = "How the identity counts was decided here: a person has to decide "
						 "whether to change that.";
	else
		appendStringInfoString(alter_column(repair, repair->expected), "SET NO CYCLE");
}

static bool
is_of_relation(const MhRepair *repair, const char *type)
{
	return mh_definitions_find(repair->expected_set, type, repair->expected->parent) != NULL;
}

static void
repair_view_default(MhRepair *repair, const char *expected)
{
	const MhDefinition *column = repair->expected;

	if (expected == NULL)
		repair->reason = "Rows may need the default that is there: a person has to decide.";
	else
		appendStringInfo(mh_statement(repair), "ALTER VIEW %s ALTER COLUMN %s SET DEFAULT %s",
						 column->parent, mh_local_name(column->name), expected);
}

static bool
is_stored_so(const char *attribute)
{
	return strcmp(attribute, MH_ATTR_STORAGE) == 0 || strcmp(attribute, MH_ATTR_COMPRESSION) == 0 ||
		   strcmp(attribute, MH_ATTR_STATISTICS) == 0 || strcmp(attribute, MH_ATTR_OPTIONS) == 0;
}

static bool
comes_from_parent(const char *attribute)
{
	return strcmp(attribute, MH_ATTR_TYPE) == 0 || strcmp(attribute, MH_ATTR_COLLATION) == 0 ||
		   strcmp(attribute, MH_ATTR_GENERATED) == 0;
}

void
mh_repair_column(MhRepair *repair, const char *attribute, const char *expected, const char *actual)
{
	const MhDefinition *column = repair->expected;

	if (mh_has(column, MH_ATTR_INHERITED, "true") && comes_from_parent(attribute))
		repair->reason = "The column comes with that of the table that this one inherits from.";
	else if (comes_from_parent(attribute) && mh_is_typed(repair, column->parent))
		repair->reason = MH_COMES_WITH_TYPE;
	else if (strcmp(attribute, MH_ATTR_TYPE) == 0)
		repair_type(repair, expected, actual);
	else if (strcmp(attribute, MH_ATTR_COLLATION) == 0)
		repair_collation(repair);
	else if (strcmp(attribute, MH_ATTR_NOT_NULL) == 0)
		repair_not_null(repair, expected);
	else if (strcmp(attribute, MH_ATTR_DEFAULT) == 0 && is_of_relation(repair, MH_TYPE_VIEW))
		repair_view_default(repair, expected);
	else if (strcmp(attribute, MH_ATTR_DEFAULT) == 0 || strcmp(attribute, MH_ATTR_GENERATED) == 0)
		repair_default(repair, actual);
	else if (strcmp(attribute, MH_ATTR_IDENTITY) == 0)
		repair_identity(repair, expected, actual);
	else if (strcmp(attribute, MH_ATTR_IDENTITY_OPTIONS) == 0 &&
			 mh_attribute(column, MH_ATTR_IDENTITY) != NULL &&
			 mh_attribute(repair->actual, MH_ATTR_IDENTITY) != NULL)
		repair_identity_options(repair, expected, actual);
	else if (is_stored_so(attribute))
		repair->reason = "How a column is stored is what those decide who run the server.";
}
