/*-------------------------------------------------------------------------
 *
 * missing.c
 *	  Decides whether a missing object can be created beside the existing ones.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"

#include "core/base/wording.h"

/* Returns whether its parent exists under the name that DDL would use. */
static bool
has_parent(const MhRepair *repair, const MhDefinition *definition)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_VIEW, MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_FOREIGN_TABLE, MH_TYPE_DOMAIN};

	if (definition->parent == NULL)
		return true;
	for (size_t i = 0; i < lengthof(types); i++)
		if (mh_definitions_find(repair->actual_set, types[i], definition->parent) != NULL)
			return true;
	return false;
}

/* Returns the object that has this name in the name space of relations; NULL: none. */
static const MhDefinition *
find_relation(const MhDefinitions *set, const char *name)
{
	static const char *const types[] = {
		MH_TYPE_TABLE, MH_TYPE_VIEW,     MH_TYPE_MATERIALIZED_VIEW, MH_TYPE_FOREIGN_TABLE,
		MH_TYPE_INDEX, MH_TYPE_SEQUENCE, MH_TYPE_COMPOSITE_TYPE};

	for (size_t i = 0; i < lengthof(types); i++)
	{
		const MhDefinition *found = mh_definitions_find(set, types[i], name);

		if (found != NULL)
			return found;
	}
	return NULL;
}

/*
 * Returns the name that the object takes in the name space of relations.  The index of a constraint
 * is in the schema of its table.
 */
static const char *
relation_name(const MhDefinition *definition)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_VIEW,     MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_INDEX, MH_TYPE_SEQUENCE, MH_TYPE_COMPOSITE_TYPE};
	int length;

	for (size_t i = 0; i < lengthof(types); i++)
		if (mh_is_type(definition, types[i]))
			return definition->name;
	if (!mh_is_type(definition, MH_TYPE_CONSTRAINT) ||
		mh_has(definition, MH_ATTR_KIND, MH_CONSTRAINT_CHECK) ||
		mh_has(definition, MH_ATTR_KIND, MH_CONSTRAINT_FOREIGN_KEY))
		return NULL;
	length = mh_local_name(definition->parent) - definition->parent;
	return psprintf("%.*s%s", length, definition->parent, mh_local_name(definition->name));
}

/* Returns whether an index is unique and has the form of the constraint's index. */
static bool
can_be_constraint(const MhDefinition *index, const MhDefinition *constraint)
{
	const char *columns = mh_attribute(index, MH_ATTR_COLUMNS);
	const char *include = mh_attribute(index, MH_ATTR_INCLUDE);
	const char *definition = mh_attribute(constraint, MH_ATTR_DEFINITION);
	bool is_primary = mh_has(constraint, MH_ATTR_KIND, MH_CONSTRAINT_PRIMARY_KEY);
	char *wanted;

	if (!mh_is_type(index, MH_TYPE_INDEX) || columns == NULL || definition == NULL ||
		!mh_has(index, MH_ATTR_UNIQUE, "true") || !mh_has(index, MH_ATTR_METHOD, "btree") ||
		!mh_has(index, MH_ATTR_TABLE, constraint->parent) ||
		mh_attribute(index, MH_ATTR_PREDICATE) != NULL ||
		mh_attribute(index, MH_ATTR_VALID) != NULL)
		return false;
	wanted =
		psprintf("%s%s (%s)%s%s%s", is_primary ? "PRIMARY KEY" : "UNIQUE",
				 mh_has(index, MH_ATTR_NULLS_NOT_DISTINCT, "true") ? " NULLS NOT DISTINCT" : "",
				 columns, include ? " INCLUDE (" : "", include ? include : "", include ? ")" : "");
	return strcmp(wanted, definition) == 0;
}

/* Makes an existing index the constraint's index, so that it is not built again. */
static void
use_index(MhRepair *repair, const MhDefinition *constraint)
{
	const char *name = mh_local_name(constraint->name);
	const char *deferrable = mh_attribute(constraint, MH_ATTR_DEFERRABLE);

	appendStringInfo(mh_statement(repair), "ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s",
					 constraint->parent, name,
					 mh_has(constraint, MH_ATTR_KIND, MH_CONSTRAINT_PRIMARY_KEY) ? "PRIMARY KEY"
																				 : "UNIQUE",
					 name);
	if (deferrable != NULL)
		appendStringInfoString(&repair->fix, strcmp(deferrable, "true") == 0
												 ? " DEFERRABLE"
												 : " DEFERRABLE INITIALLY DEFERRED");
	mh_append_clustered(repair, constraint);
	mh_append_comment(repair, constraint);
	if (mh_has(constraint, MH_ATTR_KIND, MH_CONSTRAINT_PRIMARY_KEY))
		repair->rows_reason = "Rows may have no value in a column of the key.";
}

/* Returns whether another object has the name.  Then writes the fix or the reason for that case. */
static bool
repair_taken(MhRepair *repair, const MhDefinition *missing)
{
	const char *name = relation_name(missing);
	const MhDefinition *other = name == NULL ? NULL : find_relation(repair->actual_set, name);

	if (other == NULL)
		return false;
	if (mh_is_type(missing, MH_TYPE_CONSTRAINT) && can_be_constraint(other, missing))
		use_index(repair, missing);
	else
		repair->reason = psprintf("The name is taken: there is %s %s.",
								  strchr("aeiou", other->type[0]) ? "an" : "a", other->type);
	return true;
}

/* Returns whether the table has another primary key. */
static bool
has_primary_key(const MhDefinitions *set, const char *table)
{
	for (int i = 0; i < set->n; i++)
		if (set->v[i].parent != NULL &&
			mh_has(&set->v[i], MH_ATTR_KIND, MH_CONSTRAINT_PRIMARY_KEY) &&
			strcmp(set->v[i].parent, table) == 0)
			return true;
	return false;
}

/* Returns whether an existing partition may hold rows of the missing one. */
static bool
has_other_partition(const MhRepair *repair, const char *parent)
{
	for (int i = 0; i < repair->actual_set->n; i++)
	{
		const MhDefinition *one = &repair->actual_set->v[i];

		if (mh_has(one, MH_ATTR_PARTITION_OF, parent) &&
			(mh_has(one, MH_ATTR_PARTITION_BOUND, "DEFAULT") ||
			 mh_definitions_find(repair->expected_set, MH_TYPE_TABLE, one->name) == NULL))
			return true;
	}
	return false;
}

static int
count_shared_columns(const MhStrings *left, const MhStrings *right)
{
	int n = 0;

	for (int i = 0; i < left->n; i++)
		n += mh_strings_contain(right, left->v[i]);
	return n;
}

/* With more extra tables than this, any of them could be the missing one. */
#define MOST_EXTRA_TABLES 200

/*
 * Returns an extra table with half of the columns.  It may be the missing one, renamed or moved and
 * changed; an empty table beside it would hide its rows.
 */
static const MhDefinition *
find_similar_table(const MhRepair *repair, const MhDefinition *table)
{
	MhStrings wanted = mh_split_list(mh_attribute(table, MH_ATTR_COLUMN_ORDER));
	int extra = 0;

	for (int i = 0; i < repair->actual_set->n; i++)
	{
		const MhDefinition *one = &repair->actual_set->v[i];
		MhStrings found;

		if (!mh_is_type(one, table->type) ||
			mh_definitions_find(repair->expected_set, one->type, one->name) != NULL)
			continue;
		found = mh_split_list(mh_attribute(one, MH_ATTR_COLUMN_ORDER));
		if (++extra > MOST_EXTRA_TABLES ||
			strcmp(mh_local_name(one->name), mh_local_name(table->name)) == 0 ||
			2 * count_shared_columns(&wanted, &found) >= Max(wanted.n, found.n))
			return one;
	}
	return NULL;
}

/* Returns the last element before name that is also in other; NULL: none. */
static const char *
predecessor(const MhStrings *order, const char *name, const MhStrings *other)
{
	const char *last = NULL;

	for (int i = 0; i < order->n && strcmp(order->v[i], name) != 0; i++)
		if (mh_strings_contain(other, order->v[i]))
			last = order->v[i];
	return last;
}

static MhStrings
columns_of(const MhDefinitions *set, const char *table)
{
	const MhDefinition *found = mh_definitions_find(set, MH_TYPE_TABLE, table);

	return mh_split_list(found == NULL ? NULL : mh_attribute(found, MH_ATTR_COLUMN_ORDER));
}

/*
 * Returns an extra column in the place of the missing one, which may be that one, renamed and changed;
 * an empty column beside it would hide its values.
 */
static const MhDefinition *
find_column_in_place(const MhRepair *repair, const MhDefinition *missing)
{
	MhStrings wanted = columns_of(repair->expected_set, missing->parent);
	MhStrings found = columns_of(repair->actual_set, missing->parent);
	const char *before = predecessor(&wanted, mh_local_name(missing->name), &found);

	for (int i = 0; i < found.n; i++)
	{
		const MhDefinition *column;

		if (mh_strings_contain(&wanted, found.v[i]) ||
			!mh_texts_equal(before, predecessor(&found, found.v[i], &wanted)))
			continue;
		column = mh_definitions_find(repair->actual_set, MH_TYPE_COLUMN,
									 psprintf("%s.%s", missing->parent, found.v[i]));
		if (column != NULL && !column->follows_dropped)
			return column;
	}
	return NULL;
}

/* Returns why the missing object cannot be created; NULL: it can. */
static const char *
find_obstacle(const MhRepair *repair, const MhDefinition *missing)
{
	const char *parent = mh_attribute(missing, MH_ATTR_PARTITION_OF);
	const MhDefinition *similar;

	if (mh_has(missing, MH_ATTR_KIND, MH_CONSTRAINT_PRIMARY_KEY) &&
		has_primary_key(repair->actual_set, missing->parent))
		return "The table has another primary key.";
	if (mh_is_type(missing, MH_TYPE_COLUMN))
	{
		similar = find_column_in_place(repair, missing);
		return similar == NULL ? NULL
							   : psprintf("It may be %s now, renamed and changed.", similar->name);
	}
	if (!mh_is_type(missing, MH_TYPE_TABLE))
		return NULL;
	if (mh_attribute(missing, MH_ATTR_OF_TYPE) != NULL)
		return "It is a table of a composite type.";
	if (parent != NULL && has_other_partition(repair, parent))
		return "Another partition may hold the rows of this one.";
	similar = find_similar_table(repair, missing);
	return similar == NULL ? NULL : psprintf("It may be %s now, renamed or moved.", similar->name);
}

void
mh_repair_missing(MhRepair *repair)
{
	const MhDefinition *missing = repair->expected;

	if (!has_parent(repair, missing))
	{
		repair->reason = psprintf("%s is not there under this name.", missing->parent);
		return;
	}
	repair->reason = find_obstacle(repair, missing);
	if (repair->reason != NULL)
		return;
	if (repair_taken(repair, missing))
		return;
	mh_create(repair, missing);
}
