/*-------------------------------------------------------------------------
 *
 * difference.c
 *	  Compares the expected schema with the live one.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference_private.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"

typedef struct Report
{
	const MhPairing *pairing;
	MhDifferences *differences;
	int allocated;
	MhChildren children; /* children of the expected side; v is NULL until they are ordered */
} Report;

/* The attribute that describes a missing or extra object of a type. */
static const char *const summary_attribute[][2] = {
	{MH_TYPE_COLUMN, MH_ATTR_TYPE},           {MH_TYPE_COMPOSITE_TYPE, MH_ATTR_COLUMNS},
	{MH_TYPE_CONSTRAINT, MH_ATTR_DEFINITION}, {MH_TYPE_DOMAIN, MH_ATTR_TYPE},
	{MH_TYPE_ENUM, MH_ATTR_LABELS},           {MH_TYPE_FUNCTION, MH_ATTR_RESULT},
	{MH_TYPE_INDEX, MH_ATTR_COLUMNS},         {MH_TYPE_MATERIALIZED_VIEW, MH_ATTR_DEFINITION},
	{MH_TYPE_POLICY, MH_ATTR_COMMAND},        {MH_TYPE_RANGE_TYPE, MH_ATTR_SUBTYPE},
	{MH_TYPE_RULE, MH_ATTR_DEFINITION},       {MH_TYPE_STATISTICS, MH_ATTR_DEFINITION},
	{MH_TYPE_TABLE, MH_ATTR_COLUMN_ORDER},    {MH_TYPE_TRIGGER, MH_ATTR_DEFINITION},
	{MH_TYPE_VIEW, MH_ATTR_DEFINITION},
};

static MhDifference *
add_difference(Report *report, MhDifferenceKind kind, int severity, const MhDefinition *expected,
			   const MhDefinition *actual)
{
	MhDifferences *list = report->differences;
	MhDifference *added;

	if (list->n == report->allocated)
	{
		report->allocated *= 2;
		list->v = repalloc(list->v, report->allocated * sizeof(MhDifference));
	}
	added = &list->v[list->n++];
	memset(added, 0, sizeof(MhDifference));
	added->kind = kind;
	added->severity = severity;
	added->expected_object = expected;
	added->actual_object = actual;
	if (expected != NULL || actual != NULL)
	{
		added->type = expected != NULL ? expected->type : actual->type;
		added->name = expected != NULL ? expected->name : actual->name;
	}
	return added;
}

static const char *
get_summary_attribute(const MhDefinition *definition)
{
	const char *value = NULL;

	for (size_t i = 0; i < lengthof(summary_attribute) && value == NULL; i++)
		if (strcmp(summary_attribute[i][0], definition->type) == 0)
			value = mh_attribute(definition, summary_attribute[i][1]);
	return value != NULL ? value : definition->name;
}

/*
 * Returns the severity of a rename: higher for names that programs use, such as those of tables and
 * columns.
 */
static int
rename_severity(const char *type)
{
	static const char *const inner[] = {MH_TYPE_CONSTRAINT, MH_TYPE_INDEX,    MH_TYPE_POLICY,
										MH_TYPE_RULE,       MH_TYPE_SEQUENCE, MH_TYPE_STATISTICS,
										MH_TYPE_TRIGGER};

	for (size_t i = 0; i < lengthof(inner); i++)
		if (strcmp(inner[i], type) == 0)
			return 1;
	return mh_type_severity(type);
}

static bool
is_validity(const char *attribute)
{
	return strcmp(attribute, MH_ATTR_VALID) == 0 || strcmp(attribute, MH_ATTR_INDEX_VALID) == 0;
}

/* Returns whether the attribute shows unfinished work.  Checked on the actual side only. */
static bool
is_invalid(const char *attribute, const char *actual)
{
	return actual != NULL &&
		   ((is_validity(attribute) && strcmp(actual, "false") == 0) ||
			(strcmp(attribute, MH_ATTR_INCOMPLETE) == 0 && strcmp(actual, "true") == 0));
}

/* Returns the elements of a list of identifiers, in the names of the expected side. */
static MhStrings
split_columns(const MhPairing *pairing, const char *list, const char *table, bool is_actual)
{
	MhStrings names = {0, NULL};
	const char *end;

	for (; *list != '\0'; list = *end == '\0' ? end : end + 1)
	{
		char *name;

		while (*list == ' ' || *list == ',')
			list++;
		end = mh_end_of_identifier(list);
		if (end == list)
			continue;
		name = pnstrdup(list, end - list);
		mh_strings_push(&names,
						is_actual ? mh_renames_apply(&pairing->renames, name, table) : name);
	}
	return names;
}

static int
compare_strings(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

static bool
has_string(const MhStrings *sorted, const char *name)
{
	MH_CHECK_INTERRUPTS();
	return sorted->n > 0 &&
		   bsearch(&name, sorted->v, sorted->n, sizeof(char *), compare_strings) != NULL;
}

static MhStrings
sorted_copy(const MhStrings *list)
{
	MhStrings copy = mh_strings_with_room(list->n);

	for (int i = 0; i < list->n; i++)
		mh_strings_push(&copy, list->v[i]);
	if (copy.n > 1)
		qsort(copy.v, copy.n, sizeof(char *), compare_strings);
	return copy;
}

/* Returns whether the columns have the same order.  Columns that only one side has are ignored. */
static bool
same_order(const MhPairing *pairing, const MhItem *expected, const char *expected_list,
		   const char *actual_list)
{
	MhStrings left = split_columns(pairing, expected_list, expected->name, false);
	MhStrings right = split_columns(pairing, actual_list, expected->name, true);
	MhStrings of_left = sorted_copy(&left);
	MhStrings of_right = sorted_copy(&right);
	int i = 0;
	int j = 0;

	for (;;)
	{
		MH_CHECK_INTERRUPTS();
		while (i < left.n && !has_string(&of_right, left.v[i]))
			i++;
		while (j < right.n && !has_string(&of_left, right.v[j]))
			j++;
		if (i == left.n || j == right.n)
			return true;
		if (strcmp(left.v[i++], right.v[j++]) != 0)
			return false;
	}
}

/*
 * Returns the text of statistics with its columns sorted.  The server writes them in the order of
 * the table's columns, which says nothing about the statistics.
 */
static char *
without_order(const char *text)
{
	const char *columns = strstr(text, "ON ");
	const char *table = NULL;
	MhStrings sorted;
	char *list;
	char *joined;

	for (const char *at = text; (at = strstr(at, " FROM ")) != NULL; at++)
		table = at;
	if (columns == NULL || table == NULL || table < columns)
		return pstrdup(text);
	columns += strlen("ON ");
	list = pnstrdup(columns, table - columns);
	sorted = mh_split_list(list);
	mh_strings_sort(&sorted);
	pfree(list);
	joined = mh_strings_join(&sorted, ", ");
	mh_strings_free(&sorted);
	list = psprintf("%.*s%s%s", (int) (columns - text), text, joined, table);
	pfree(joined);
	return list;
}

static bool
is_equal(const MhPairing *pairing, const MhItem *expected, const char *attribute,
		 const char *expected_value, const char *actual_value)
{
	if (expected_value == NULL || actual_value == NULL)
		return false;
	if (strcmp(attribute, MH_ATTR_COLUMN_ORDER) == 0)
		return same_order(pairing, expected, expected_value, actual_value);
	if (strcmp(expected->definition->type, MH_TYPE_STATISTICS) == 0 &&
		strcmp(attribute, MH_ATTR_DEFINITION) == 0 && strcmp(expected_value, actual_value) != 0)
		return mh_same_value(pairing, expected, without_order(expected_value),
							 without_order(actual_value));
	return mh_same_value(pairing, expected, expected_value, actual_value);
}

/* Returns whether only one of the two objects has the attribute. */
static bool
only_one_has(const MhItem *item, const char *attribute)
{
	return (mh_attribute(item->definition, attribute) == NULL) !=
		   (mh_attribute(item->mate->definition, attribute) == NULL);
}

static bool
both_have(const MhItem *item, const char *attribute)
{
	return mh_attribute(item->definition, attribute) != NULL &&
		   mh_attribute(item->mate->definition, attribute) != NULL;
}

/* Returns whether the tables of a column have different parents. */
static bool
has_other_parents(const MhPairing *pairing, const MhItem *column)
{
	const char *actual = column->mate->definition->parent;
	MhDefinition *left = mh_definitions_find(pairing->expected_set, MH_TYPE_TABLE, column->parent);
	MhDefinition *right = mh_definitions_find(pairing->actual_set, MH_TYPE_TABLE, actual);
	const char *expected_parents = left == NULL ? NULL : mh_attribute(left, MH_ATTR_INHERITS);
	const char *actual_parents = right == NULL ? NULL : mh_attribute(right, MH_ATTR_INHERITS);

	if (expected_parents == NULL || actual_parents == NULL)
		return expected_parents != actual_parents;
	return strcmp(expected_parents, actual_parents) != 0;
}

static bool
is_inherited_attribute(const char *attribute)
{
	return strcmp(attribute, MH_ATTR_TYPE) == 0 || strcmp(attribute, MH_ATTR_COLLATION) == 0 ||
		   strcmp(attribute, MH_ATTR_GENERATED) == 0;
}

/*
 * Returns whether privileges differ only by the owner.  A change of the owner replaces its name in
 * all privileges.
 */
static bool
is_same_but_owner(const MhItem *item)
{
	const char *expected = mh_attribute(item->definition, MH_ATTR_OWNER);
	const char *actual = mh_attribute(item->mate->definition, MH_ATTR_OWNER);

	return expected != NULL && actual != NULL && strcmp(expected, actual) != 0 &&
		   mh_same_privileges(mh_attribute(item->definition, MH_ATTR_PRIVILEGES), expected,
							  mh_attribute(item->mate->definition, MH_ATTR_PRIVILEGES), actual);
}

/*
 * Returns whether the text of a view differs, if it can be compared.  Its columns are then not
 * reported by themselves.
 */
static bool
has_other_text(const Report *report, const MhItem *item)
{
	const MhPairing *pairing = report->pairing;

	return pairing->expected_set->deparser == pairing->actual_set->deparser &&
		   both_have(item, MH_ATTR_DEFINITION) &&
		   !mh_same_value(pairing, item, mh_attribute(item->definition, MH_ATTR_DEFINITION),
						  mh_attribute(item->mate->definition, MH_ATTR_DEFINITION));
}

static bool
differs(const MhItem *item, const char *attribute)
{
	const char *expected = mh_attribute(item->definition, attribute);
	const char *actual = mh_attribute(item->mate->definition, attribute);

	return expected == NULL || actual == NULL ? expected != actual : strcmp(expected, actual) != 0;
}

static bool
follows_in_column(const Report *report, const MhItem *item, const char *attribute)
{
	if (strcmp(attribute, MH_ATTR_INHERITED) == 0)
		return has_other_parents(report->pairing, item);
	if (strcmp(attribute, MH_ATTR_DEFAULT) == 0)
		return only_one_has(item, MH_ATTR_GENERATED);
	return is_inherited_attribute(attribute) && both_have(item, MH_ATTR_INHERITED);
}

/*
 * Returns whether a difference only follows from another one, and so is not reported: options of an
 * identity that one side lacks, the bound of a partition that is none, what an inherited column has
 * from its parent, the owner of a sequence (its table's), privileges under another owner, options
 * of a collation with another provider, the function of a cast with another method, the kind of a
 * constraint with another text.
 */
static bool
follows_from_another(const Report *report, const MhItem *item, const char *attribute)
{
	const char *type = item->definition->type;

	if (strcmp(attribute, MH_ATTR_PRIVILEGES) == 0)
		return is_same_but_owner(item);
	if (strcmp(attribute, MH_ATTR_IDENTITY_OPTIONS) == 0)
		return only_one_has(item, MH_ATTR_IDENTITY);
	if (strcmp(type, MH_TYPE_CONSTRAINT) == 0 && strcmp(attribute, MH_ATTR_KIND) == 0)
		return differs(item, MH_ATTR_DEFINITION);
	if (strcmp(attribute, MH_ATTR_PARTITION_BOUND) == 0)
		return only_one_has(item, MH_ATTR_PARTITION_OF);
	if (strcmp(type, MH_TYPE_SEQUENCE) == 0)
		return strcmp(attribute, MH_ATTR_OWNER) == 0 && both_have(item, MH_ATTR_OWNED_BY);
	if (strcmp(type, MH_TYPE_COLLATION) == 0)
		return mh_attribute_severity(type, attribute) == MH_CRITICAL &&
			   strcmp(attribute, MH_ATTR_PROVIDER) != 0 && differs(item, MH_ATTR_PROVIDER);
	if (strcmp(type, MH_TYPE_CAST) == 0)
		return strcmp(attribute, MH_ATTR_FUNCTION) == 0 && differs(item, MH_ATTR_METHOD);
	if (strcmp(attribute, MH_ATTR_COLUMNS) == 0 && strstr(type, MH_TYPE_VIEW) != NULL)
		return has_other_text(report, item);
	return strcmp(type, MH_TYPE_COLUMN) == 0 && follows_in_column(report, item, attribute);
}

static void
compare_attribute(Report *report, const MhItem *expected, const char *attribute,
				  const char *expected_value, const char *actual_value)
{
	const MhPairing *pairing = report->pairing;
	const char *type = expected->definition->type;
	MhDifference *difference;

	if (is_equal(pairing, expected, attribute, expected_value, actual_value) ||
		follows_from_another(report, expected, attribute))
		return;
	difference = add_difference(report, MH_CHANGED, mh_attribute_severity(type, attribute),
								expected->definition, expected->mate->definition);
	difference->attribute = attribute;
	difference->expected = expected_value;
	difference->actual = actual_value;
	if (is_invalid(attribute, actual_value))
		difference->kind = MH_INVALID;
	else if (is_validity(attribute))
		difference->severity = MH_OK;
	if (mh_attribute_depends_on_deparser(type, attribute) && expected_value != NULL &&
		actual_value != NULL && pairing->expected_set->deparser != pairing->actual_set->deparser)
	{
		difference->kind = MH_NOT_COMPARABLE;
		difference->severity = MH_OK;
		difference->reason = pstrdup(
			"It was captured by a PostgreSQL version that writes such texts in another way.");
	}
}

static void
compare_attributes(Report *report, const MhItem *item)
{
	static const MhAttribute none = {"", NULL};
	const MhDefinition *expected = item->definition;
	const MhDefinition *actual = item->mate->definition;
	int i = 0;
	int j = 0;

	if (expected->checksum[0] != '\0' && strcmp(expected->checksum, actual->checksum) == 0)
		return;
	while (i < expected->n || j < actual->n)
	{
		const MhAttribute *left = i < expected->n ? &expected->attributes[i] : &none;
		const MhAttribute *right = j < actual->n ? &actual->attributes[j] : &none;
		int order = left == &none ? 1 : right == &none ? -1 : strcmp(left->name, right->name);

		compare_attribute(report, item, order <= 0 ? left->name : right->name,
						  order <= 0 ? left->value : NULL, order >= 0 ? right->value : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

/* Maximal depth of nested partitions. */
#define MOST_LEVELS 64

/* Returns a copy of the parent's column with what a partition's column inherits from it. */
static MhDefinition *
copy_inherited(const MhDefinition *column, const MhDefinition *parent_column)
{
	static const char *const inherited[] = {MH_ATTR_TYPE,       MH_ATTR_NOT_NULL,  MH_ATTR_DEFAULT,
											MH_ATTR_GENERATED,  MH_ATTR_COLLATION, MH_ATTR_STORAGE,
											MH_ATTR_COMPRESSION};
	MhDefinition *copy = palloc0(sizeof(MhDefinition));

	copy->type = column->type;
	copy->name = column->name;
	copy->parent = column->parent;
	for (int i = 0; i < parent_column->n; i++)
		for (size_t j = 0; j < lengthof(inherited); j++)
			if (strcmp(parent_column->attributes[i].name, inherited[j]) == 0)
				mh_attribute_add(copy, inherited[j], parent_column->attributes[i].value);
	return copy;
}

/* Returns whether the list of a view's columns, "a integer, b text", has the column. */
static bool
has_view_column(const MhDefinition *view, const char *column)
{
	const char *list = mh_attribute(view, MH_ATTR_COLUMNS);
	size_t length = strlen(column);
	const char *found = list;

	while (found != NULL && (found = strstr(found, column)) != NULL)
	{
		if ((found == list || found[-1] == ' ') && found[length] == ' ' &&
			(found == list || found[-2] == ','))
			return true;
		found += length;
	}
	return false;
}

/* Finds a view's column.  A set leaves it out if it has no default, privileges and comment. */
static MhDefinition *
find_view_column(const MhDefinitions *set, const MhDefinition *column)
{
	static const MhDefinition none = {0};
	MhDefinition *view = mh_definitions_find(set, MH_TYPE_VIEW, column->parent);

	if (view == NULL)
		view = mh_definitions_find(set, MH_TYPE_MATERIALIZED_VIEW, column->parent);
	if (view == NULL || !has_view_column(view, mh_local_name(column->name)))
		return NULL;
	return copy_inherited(column, &none);
}

/*
 * Returns a copy of the parent's trigger for a partition, whose trigger may differ only in being
 * enabled.
 */
static MhDefinition *
copy_trigger(const MhDefinition *trigger, const MhDefinition *parent_trigger)
{
	MhDefinition *copy = palloc0(sizeof(MhDefinition));
	const char *enabled = mh_attribute(parent_trigger, MH_ATTR_ENABLED);

	copy->type = trigger->type;
	copy->name = trigger->name;
	copy->parent = trigger->parent;
	for (int i = 0; i < trigger->n; i++)
		if (strcmp(trigger->attributes[i].name, MH_ATTR_ENABLED) != 0)
			mh_attribute_add(copy, trigger->attributes[i].name, trigger->attributes[i].value);
	if (enabled != NULL)
		mh_attribute_add(copy, MH_ATTR_ENABLED, unconstify(char *, enabled));
	return copy;
}

/*
 * Finds a partition's column or trigger.  A set leaves it out if it is as its parent's.  NULL: it
 * is absent.
 */
static MhDefinition *
find_followed(const MhDefinitions *set, const MhDefinition *object)
{
	const char *local = mh_local_name(object->name);
	const char *table = object->parent;

	for (int level = 0; level < MOST_LEVELS && table != NULL; level++)
	{
		MhDefinition *partition = mh_definitions_find(set, MH_TYPE_TABLE, table);
		MhDefinition *found = NULL;
		char *name;

		table = partition == NULL ? NULL : mh_attribute(partition, MH_ATTR_PARTITION_OF);
		if (table == NULL)
			return NULL;
		name = psprintf("%s.%s", table, local);
		found = mh_definitions_find(set, object->type, name);
		pfree(name);
		if (found != NULL)
			return strcmp(object->type, MH_TYPE_COLUMN) == 0 ? copy_inherited(object, found)
															 : copy_trigger(object, found);
	}
	return NULL;
}

/*
 * Compares a column or trigger that one side has with the one that the other side inherits from the
 * partition's parent.
 */
static bool
compare_followed(Report *report, const MhItem *item, bool is_expected)
{
	const MhPairing *pairing = report->pairing;
	bool is_column = strcmp(item->definition->type, MH_TYPE_COLUMN) == 0;
	const MhDefinition *followed;
	MhItem self = *item;
	MhItem other = *item;

	if (!is_column && strcmp(item->definition->type, MH_TYPE_TRIGGER) != 0)
		return false;
	followed =
		find_followed(is_expected ? pairing->actual_set : pairing->expected_set, item->definition);
	if (followed == NULL && is_column)
		followed = find_view_column(is_expected ? pairing->actual_set : pairing->expected_set,
									item->definition);
	if (followed == NULL)
		return false;
	other.definition = followed;
	self.mate = &other;
	other.mate = &self;
	compare_attributes(report, is_expected ? &self : &other);
	return true;
}

/*
 * Returns whether a column was renamed with that of a table that its table inherits from, beside
 * which it has a definition of its own.
 */
static bool
is_renamed_with_parent(const Report *report, const MhItem *item)
{
	const MhPairing *pairing = report->pairing;
	MhDefinition *table;
	MhStrings parents;
	bool is_so = false;

	if (strcmp(item->definition->type, MH_TYPE_COLUMN) != 0 || item->parent == NULL)
		return false;
	table = mh_definitions_find(pairing->expected_set, MH_TYPE_TABLE, item->parent);
	if (table == NULL || mh_attribute(table, MH_ATTR_INHERITS) == NULL ||
		has_other_parents(pairing, item))
		return false;
	parents = mh_split_list(mh_attribute(table, MH_ATTR_INHERITS));
	for (int i = 0; i < parents.n && !is_so; i++)
		is_so =
			mh_renames_have_column(&pairing->renames, mh_local_name(item->mate->definition->name),
								   mh_local_name(item->name), parents.v[i]);
	mh_strings_free(&parents);
	return is_so;
}

static void
compare_expected(Report *report)
{
	const MhItems *items = &report->pairing->expected;
	MhDifference *added;

	for (int i = 0; i < items->n; i++)
	{
		const MhItem *item = &items->v[i];
		const MhDefinition *definition = item->definition;

		MH_CHECK_INTERRUPTS();
		if (item->mate != NULL && item->mate->is_renamed && !item->mate->follows &&
			!both_have(item, MH_ATTR_INHERITED) && !is_renamed_with_parent(report, item))
		{
			added = add_difference(report, MH_RENAMED, rename_severity(definition->type),
								   definition, item->mate->definition);
			added->expected = definition->name;
			added->actual = item->mate->definition->name;
		}
		if (item->mate != NULL)
			compare_attributes(report, item);
		else if (!item->is_suppressed && !compare_followed(report, item, true))
		{
			added = add_difference(report, MH_MISSING, mh_type_severity(definition->type),
								   definition, NULL);
			added->expected = get_summary_attribute(definition);
		}
	}
}

/*
 * Returns the attribute by which an index or a constraint belongs to the whole partitioned table.
 */
static const char *
summary_attribute_of_partitioned(const MhDefinition *definition)
{
	bool is_index = strcmp(definition->type, MH_TYPE_INDEX) == 0;

	return mh_attribute(definition, is_index ? MH_ATTR_COLUMNS : MH_ATTR_DEFINITION);
}

/*
 * Returns whether an extra object is a rest from the time when its table was a partition.  It is
 * not reported if the table was detached.
 */
static bool
was_of_partitioned(Report *report, const MhDefinition *extra)
{
	const MhDefinitions *expected = report->pairing->expected_set;
	bool is_index = strcmp(extra->type, MH_TYPE_INDEX) == 0;
	const char *text = summary_attribute_of_partitioned(extra);
	MhDefinition *table;
	MhChildren same;
	const char *parent;

	if ((!is_index && strcmp(extra->type, MH_TYPE_CONSTRAINT) != 0) || extra->parent == NULL ||
		text == NULL)
		return false;
	table = mh_definitions_find(report->pairing->actual_set, MH_TYPE_TABLE, extra->parent);
	if (table == NULL || mh_attribute(table, MH_ATTR_PARTITION_OF) != NULL)
		return false;
	table = mh_definitions_find(expected, MH_TYPE_TABLE, extra->parent);
	parent = table == NULL ? NULL : mh_attribute(table, MH_ATTR_PARTITION_OF);
	if (parent == NULL)
		return false;
	if (report->children.v == NULL)
		mh_children_order(&report->children, expected);
	same = mh_children_of(&report->children, parent, extra->type);
	for (int i = 0; i < same.n; i++)
	{
		const char *other = summary_attribute_of_partitioned(same.v[i]);

		if (other != NULL && strcmp(other, text) == 0)
			return true;
	}
	return false;
}

static void
list_extra(Report *report)
{
	const MhItems *items = &report->pairing->actual;

	for (int i = 0; i < items->n; i++)
	{
		const MhDefinition *definition = items->v[i].definition;
		MhDifference *added;

		if (items->v[i].mate != NULL || items->v[i].is_suppressed ||
			compare_followed(report, &items->v[i], false) || was_of_partitioned(report, definition))
			continue;
		added =
			add_difference(report, MH_EXTRA, mh_type_severity(definition->type), NULL, definition);
		added->actual = get_summary_attribute(definition);
	}
}

static void
list_unread(Report *report, const MhDefinitions *actual)
{
	for (int i = 0; i < actual->n_unread; i++)
	{
		const MhUnread *unread = &actual->unread[i];
		MhDifferenceKind kind = MH_UNMODELLED;
		int severity = MH_OK;
		MhDifference *added;

		MH_CHECK_INTERRUPTS();
		if (strcmp(unread->kind, MH_DRIFT_BUSY) == 0)
		{
			kind = MH_BUSY;
			severity = MH_WARNING;
		}
		else if (strcmp(unread->kind, MH_DRIFT_UNREADABLE) == 0)
		{
			kind = MH_UNREADABLE;
			severity = MH_UNKNOWN;
		}
		added = add_difference(report, kind, severity, NULL, NULL);
		added->type = unread->type;
		added->name = unread->name;
		added->reason = unread->reason;
	}
}

/* Returns the rank for sorting: unknown is worse than a warning and better than critical. */
static int
severity_rank(int severity)
{
	static const int ranks[] = {3, 2, 0, 1};

	return ranks[severity];
}

/*
 * Returns the rank of a type for sorting.  Types that others depend on come first, so that fixes
 * can be run in this order.
 */
static int
type_rank(const char *type)
{
	static const char *const order[] = {MH_TYPE_SCHEMA,
										MH_TYPE_EXTENSION,
										MH_TYPE_COLLATION,
										MH_TYPE_ENUM,
										MH_TYPE_DOMAIN,
										MH_TYPE_COMPOSITE_TYPE,
										MH_TYPE_RANGE_TYPE,
										MH_TYPE_SEQUENCE,
										MH_TYPE_FUNCTION,
										MH_TYPE_PROCEDURE,
										MH_TYPE_TABLE,
										MH_TYPE_COLUMN,
										MH_TYPE_CONSTRAINT,
										MH_TYPE_INDEX,
										MH_TYPE_STATISTICS,
										MH_TYPE_VIEW,
										MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_RULE,
										MH_TYPE_TRIGGER,
										MH_TYPE_POLICY};
	int rank = 0;

	while (rank < (int) lengthof(order) && strcmp(order[rank], type) != 0)
		rank++;
	return rank;
}

/*
 * Returns the depth for sorting: a partition or child comes after its parent, a foreign key after
 * the key to which it refers.
 */
static int
descent(const MhDifference *difference)
{
	const MhDefinition *object = difference->expected_object;
	const char *kind = object == NULL ? NULL : mh_attribute(object, MH_ATTR_KIND);

	return object != NULL && (mh_attribute(object, MH_ATTR_PARTITION_OF) != NULL ||
							  mh_attribute(object, MH_ATTR_INHERITS) != NULL ||
							  (kind != NULL && strcmp(kind, MH_CONSTRAINT_FOREIGN_KEY) == 0));
}

static int
compare_differences(const void *left, const void *right)
{
	const MhDifference *a = left;
	const MhDifference *b = right;
	int order = severity_rank(a->severity) - severity_rank(b->severity);

	if (order == 0)
		order = type_rank(a->type) - type_rank(b->type);
	if (order == 0)
		order = strcmp(a->type, b->type);
	if (order == 0)
		order = descent(a) - descent(b);
	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0 && a->attribute != NULL && b->attribute != NULL)
		order = strcmp(a->attribute, b->attribute);
	else if (order == 0)
		order = (a->attribute != NULL) - (b->attribute != NULL);
	return order != 0 ? order : (int) a->kind - (int) b->kind;
}

void
mh_differences_order(MhDifferences *differences)
{
	if (differences->n > 1)
		qsort(differences->v, differences->n, sizeof(MhDifference), compare_differences);
}

MhDifferences *
mh_compare(const MhDefinitions *expected, const MhDefinitions *actual)
{
	MhPairing pairing;
	Report report = {&pairing, NULL, 64, {0, NULL}};

	report.differences = palloc(sizeof(MhDifferences));
	report.differences->n = 0;
	report.differences->v = palloc(report.allocated * sizeof(MhDifference));
	mh_pair(&pairing, expected, actual);
	compare_expected(&report);
	list_extra(&report);
	list_unread(&report, actual);
	if (report.children.v != NULL)
		pfree(report.children.v);
	mh_differences_order(report.differences);
	return report.differences;
}

const char *
mh_difference_kind_name(MhDifferenceKind kind)
{
	static const char *const names[] = {
		[MH_MISSING] = MH_DRIFT_MISSING,
		[MH_EXTRA] = MH_DRIFT_EXTRA,
		[MH_CHANGED] = MH_DRIFT_CHANGED,
		[MH_RENAMED] = MH_DRIFT_RENAMED,
		[MH_INVALID] = MH_DRIFT_INVALID,
		[MH_BUSY] = MH_DRIFT_BUSY,
		[MH_UNREADABLE] = MH_DRIFT_UNREADABLE,
		[MH_UNMODELLED] = MH_DRIFT_UNMODELLED,
		[MH_NOT_COMPARABLE] = MH_DRIFT_NOT_COMPARABLE,
	};

	return names[kind];
}
