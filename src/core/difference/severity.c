/*-------------------------------------------------------------------------
 *
 * severity.c
 *	  Sets the severity of a difference by the harm that it does.
 *
 * 2 is what can break an application or the next migration.  What operators manage (extra grants,
 * owners, extensions, storage, run-time partitions) is 0, or 1 if the project says that its
 * migrations manage it.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference.h"

#include "core/base/sql_names.h"

/* ---------- privileges ---------- */

/* The privileges of owner and PUBLIC before any GRANT or REVOKE. */
static const struct
{
	const char *type;
	const char *of_owner;
	const char *of_public;
} usual_privileges[] = {
	{MH_TYPE_TABLE, "arwdDxt", ""}, {MH_TYPE_FOREIGN_TABLE, "arwdDxt", ""},
	{MH_TYPE_VIEW, "arwdDxt", ""},  {MH_TYPE_MATERIALIZED_VIEW, "arwdDxt", ""},
	{MH_TYPE_SEQUENCE, "rwU", ""},  {MH_TYPE_FUNCTION, "X", "X"},
	{MH_TYPE_AGGREGATE, "X", "X"},  {MH_TYPE_PROCEDURE, "X", "X"},
	{MH_TYPE_ENUM, "U", "U"},       {MH_TYPE_COMPOSITE_TYPE, "U", "U"},
	{MH_TYPE_RANGE_TYPE, "U", "U"}, {MH_TYPE_DOMAIN, "U", "U"},
	{MH_TYPE_SCHEMA, "UC", ""},
};

typedef struct Grants
{
	const char *text;  /* as in a definition; NULL: the default privileges */
	const char *owner; /* NULL: not known */
	const char *type;
} Grants;

static bool
is_grantee(const char *text, const char *end, const char *role)
{
	return role != NULL && strlen(role) == (size_t) (end - text) &&
		   strncmp(text, role, end - text) == 0;
}

/* Returns whether letters has the privilege, with the grant option if is_with_option. */
static bool
has_letter(const char *letters, const char *end, char letter, bool is_with_option)
{
	for (; letters < end; letters++)
		if (*letters == letter && (!is_with_option || letters[1] == '*'))
			return true;
	return false;
}

/* Returns whether role has this privilege by default. */
static bool
is_usual(const Grants *grants, const char *role, char letter)
{
	for (size_t i = 0; i < lengthof(usual_privileges); i++)
	{
		if (strcmp(usual_privileges[i].type, grants->type) != 0)
			continue;
		if (strcmp(role, "PUBLIC") == 0)
			return strchr(usual_privileges[i].of_public, letter) != NULL;
		return grants->owner != NULL && strcmp(role, grants->owner) == 0 &&
			   strchr(usual_privileges[i].of_owner, letter) != NULL;
	}
	return false;
}

static bool
is_granted(const Grants *grants, const char *role, char letter, bool is_with_option)
{
	const char *text = grants->text;

	if (text == NULL)
		return is_usual(grants, role, letter);
	while (*text != '\0')
	{
		const char *equals = mh_end_of_identifier(text);
		const char *slash = *equals == '=' ? strchr(equals, '/') : NULL;

		if (slash == NULL)
			return false;
		if (is_grantee(text, equals, role) && has_letter(equals + 1, slash, letter, is_with_option))
			return true;
		text = mh_end_of_identifier(slash + 1);
		text += strspn(text, ", ");
	}
	return false;
}

/* Returns whether the other side lacks one of a grantee's letters. */
static bool
lacks_any(const Grants *actual, const char *role, const char *letters, const char *end)
{
	/* the owner may grant what it has */
	bool is_owner = actual->owner != NULL && strcmp(role, actual->owner) == 0;

	for (; letters < end; letters++)
		if (*letters != '*' && !is_granted(actual, role, *letters, letters[1] == '*' && !is_owner))
			return true;
	return false;
}

static bool
lacks_usual(const Grants *expected, const Grants *actual)
{
	for (size_t i = 0; i < lengthof(usual_privileges); i++)
	{
		const char *of_owner = usual_privileges[i].of_owner;
		const char *of_public = usual_privileges[i].of_public;

		if (strcmp(usual_privileges[i].type, expected->type) != 0)
			continue;
		return (actual->owner != NULL &&
				lacks_any(actual, actual->owner, of_owner, of_owner + strlen(of_owner))) ||
			   lacks_any(actual, "PUBLIC", of_public, of_public + strlen(of_public));
	}
	return false;
}

/* Returns whether an expected privilege is missing. */
static bool
lacks_privilege(const Grants *expected, const Grants *actual)
{
	const char *text = expected->text;

	if (text == NULL)
		return lacks_usual(expected, actual);
	while (*text != '\0')
	{
		const char *equals = mh_end_of_identifier(text);
		const char *slash = *equals == '=' ? strchr(equals, '/') : NULL;
		char *role;

		/* "none", or a malformed text */
		if (slash == NULL)
			return strcmp(text, "none") != 0 && actual->text != NULL;
		/* privileges of the old owner belong to the new one */
		if (is_grantee(text, equals, expected->owner) && actual->owner != NULL)
			role = pstrdup(actual->owner);
		else
			role = pnstrdup(text, equals - text);
		if (lacks_any(actual, role, equals + 1, slash))
			return true;
		pfree(role);
		text = mh_end_of_identifier(slash + 1);
		text += strspn(text, ", ");
	}
	return false;
}

/* Returns the owner of an object; for a column, that of its table. */
static const char *
owner_of(const MhDefinitions *set, const MhDefinition *definition)
{
	static const char *const types[] = {MH_TYPE_TABLE, MH_TYPE_VIEW, MH_TYPE_MATERIALIZED_VIEW,
										MH_TYPE_FOREIGN_TABLE};
	const char *owner = definition == NULL ? NULL : mh_attribute(definition, MH_ATTR_OWNER);

	for (size_t i = 0; definition != NULL && i < lengthof(types) && owner == NULL; i++)
	{
		MhDefinition *parent = mh_definitions_find(set, types[i], definition->parent);

		if (parent != NULL)
			owner = mh_attribute(parent, MH_ATTR_OWNER);
	}
	return owner;
}

static bool
lacks_expected_grant(const MhDifference *difference, const MhDefinitions *expected,
					 const MhDefinitions *actual)
{
	const MhDefinition *left = difference->expected_object;
	const MhDefinition *right = difference->actual_object;
	Grants wanted = {NULL, NULL, difference->type};
	Grants found = {NULL, NULL, difference->type};

	if (difference->kind == MH_EXTRA)
		return false;
	wanted.text = left == NULL ? NULL : mh_attribute(left, MH_ATTR_PRIVILEGES);
	wanted.owner = owner_of(expected, left);
	found.text = right == NULL ? NULL : mh_attribute(right, MH_ATTR_PRIVILEGES);
	found.owner = owner_of(actual, right);
	return lacks_privilege(&wanted, &found);
}

/* ---------- each by itself ---------- */

/* Returns whether operators create objects of this type, on which no application depends. */
static bool
is_made_by_operators(const char *type)
{
	static const char *const types[] = {
		MH_TYPE_EVENT_TRIGGER, MH_TYPE_EXTENSION, MH_TYPE_FOREIGN_DATA_WRAPPER,
		MH_TYPE_PUBLICATION,   MH_TYPE_SERVER,    MH_TYPE_USER_MAPPING};

	for (size_t i = 0; i < lengthof(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

static int
severity_of(const MhDifference *difference, const MhDefinitions *expected,
			const MhDefinitions *actual, int manages)
{
	int area = mh_area_of(difference->type, difference->attribute);
	int managed = (area & manages) != 0 ? 1 : 0;

	if (difference->kind == MH_EXTRA &&
		(is_made_by_operators(difference->type) || mh_type_is_whole(difference->type)))
		return managed;
	if (area == MH_MANAGES_PRIVILEGES)
		return lacks_expected_grant(difference, expected, actual) ? 1 : managed;
	if (area == MH_MANAGES_EXTENSIONS && difference->attribute == NULL)
		return difference->severity;
	if (area == MH_MANAGES_EXTENSIONS && strcmp(difference->attribute, MH_ATTR_VERSION) != 0)
		return difference->severity;
	return area == 0 ? difference->severity : managed;
}

/* ---------- partitions ---------- */

/* Partitions in partitions in partitions: more is a mistake of somebody's. */
#define MOST_LEVELS 64

static int
compare_strings(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/* Returns the topmost partitioned table of a partition; NULL: it is no partition. */
static const char *
root_of(const MhDefinitions *set, const MhDefinition *table)
{
	const char *root = NULL;

	for (int level = 0; table != NULL && level < MOST_LEVELS; level++)
	{
		const char *parent = mh_attribute(table, MH_ATTR_PARTITION_OF);

		if (parent == NULL)
			break;
		root = parent;
		table = mh_definitions_find(set, MH_TYPE_TABLE, parent);
	}
	return root;
}

/* Returns the roots of all partitions: one element for each partition, sorted. */
static MhStrings
roots_of(const MhDefinitions *set)
{
	MhStrings roots = {0, NULL};

	for (int i = 0; i < set->n; i++)
	{
		const char *root = NULL;

		if (strstr(set->v[i].type, MH_TYPE_TABLE) != NULL)
			root = root_of(set, &set->v[i]);
		if (root != NULL)
			mh_strings_add(&roots, root);
	}
	if (roots.n > 1)
		qsort(roots.v, roots.n, sizeof(char *), compare_strings);
	return roots;
}

static int
lower_bound(const MhStrings *sorted, const char *name)
{
	int low = 0;
	int high = sorted->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(sorted->v[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
count_of(const MhStrings *sorted, const char *name)
{
	int first = lower_bound(sorted, name);
	int end = first;

	while (end < sorted->n && strcmp(sorted->v[end], name) == 0)
		end++;
	return end - first;
}

/* Returns the root of a partition that only one side has; NULL: it is no such partition. */
static const char *
root_of_one_sided(const MhDifference *difference, const MhDefinitions *expected,
				  const MhDefinitions *actual)
{
	if (strstr(difference->type, MH_TYPE_TABLE) == NULL)
		return NULL;
	if (difference->kind == MH_MISSING && difference->expected_object != NULL)
		return root_of(expected, difference->expected_object);
	if (difference->kind == MH_EXTRA && difference->actual_object != NULL)
		return root_of(actual, difference->actual_object);
	return NULL;
}

static bool
was_detached(const MhDefinition *expected, const MhDefinition *actual)
{
	return expected != NULL && actual != NULL &&
		   mh_attribute(expected, MH_ATTR_PARTITION_OF) != NULL &&
		   mh_attribute(actual, MH_ATTR_PARTITION_OF) == NULL;
}

/* Returns whether the object's table was detached.  That is reported once. */
static bool
is_of_detached(const MhDifference *difference, const MhDefinitions *expected,
			   const MhDefinitions *actual)
{
	const MhDefinition *object =
		difference->expected_object ? difference->expected_object : difference->actual_object;
	bool is_itself = object != NULL && object->parent == NULL && difference->attribute != NULL &&
					 strcmp(difference->attribute, MH_ATTR_PARTITION_OF) != 0;
	const char *table = object == NULL ? NULL : is_itself ? object->name : object->parent;

	return table != NULL && (!is_itself || strcmp(difference->type, MH_TYPE_TABLE) == 0) &&
		   was_detached(mh_definitions_find(expected, MH_TYPE_TABLE, table),
						mh_definitions_find(actual, MH_TYPE_TABLE, table));
}

/* Returns whether the table was retained after it was detached. */
static bool
is_retired(const MhDifference *difference, const MhDefinitions *actual, const MhChildren *children)
{
	return difference->kind == MH_EXTRA &&
		   mh_is_retired_partition(actual, children, difference->actual_object);
}

/* Turns a difference into one about the number of partitions of a table. */
static void
count_partitions(MhDifference *difference, const char *root, const MhDefinitions *expected,
				 const MhDefinitions *actual, const MhStrings *left, const MhStrings *right)
{
	MhDefinition *wanted = mh_definitions_find(expected, MH_TYPE_TABLE, root);
	MhDefinition *found = mh_definitions_find(actual, MH_TYPE_TABLE, root);

	memset(difference, 0, sizeof(MhDifference));
	difference->kind = MH_CHANGED;
	difference->type = MH_TYPE_TABLE;
	difference->name = root;
	difference->attribute = MH_ATTR_PARTITIONS;
	difference->expected = psprintf("%d", count_of(left, root));
	difference->actual = psprintf("%d", count_of(right, root));
	difference->expected_object = wanted;
	difference->actual_object = found;
	difference->reason =
		pstrdup("Partitions are made and dropped at run time. mighead counts them.");
}

static MhStrings
merge_roots(const MhStrings *left, const MhStrings *right)
{
	MhStrings all = {0, NULL};

	for (int i = 0; i < left->n; i++)
		mh_strings_add(&all, left->v[i]);
	for (int i = 0; i < right->n; i++)
		mh_strings_add(&all, right->v[i]);
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(char *), compare_strings);
	return all;
}

/* Replaces differences of single partitions by one about their number. */
static void
fold_partitions(MhDifferences *differences, const MhDefinitions *expected,
				const MhDefinitions *actual)
{
	MhStrings left = roots_of(expected);
	MhStrings right = roots_of(actual);
	MhStrings all = merge_roots(&left, &right);
	bool *told = palloc0((all.n + 1) * sizeof(bool));
	MhChildren children = {0, NULL};
	int kept = 0;

	mh_children_order(&children, actual);
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *difference = &differences->v[i];
		const char *root = root_of_one_sided(difference, expected, actual);

		if (root == NULL)
		{
			if (is_of_detached(difference, expected, actual))
				continue;
			if (is_retired(difference, actual, &children))
				difference->severity = MH_OK;
			differences->v[kept++] = *difference;
			continue;
		}
		if (told[lower_bound(&all, root)] ||
			mh_definitions_find(expected, MH_TYPE_TABLE, root) == NULL ||
			mh_definitions_find(actual, MH_TYPE_TABLE, root) == NULL)
			continue;
		told[lower_bound(&all, root)] = true;
		count_partitions(&differences->v[kept++], root, expected, actual, &left, &right);
	}
	differences->n = kept;
	if (children.v != NULL)
		pfree(children.v);
}

static bool
is_of_partition(const MhDifference *difference)
{
	const char *attribute = difference->attribute;

	if (attribute != NULL && strcmp(attribute, MH_ATTR_PARTITIONS) == 0)
		return true;
	if (difference->kind == MH_RENAMED)
		return difference->expected_object != NULL &&
			   mh_attribute(difference->expected_object, MH_ATTR_PARTITION_OF) != NULL;
	return attribute != NULL && difference->expected != NULL &&
		   (strcmp(attribute, MH_ATTR_PARTITION_OF) == 0 ||
			strcmp(attribute, MH_ATTR_PARTITION_BOUND) == 0);
}

/* ---------- all of them ---------- */

/*
 * Returns whether the expectation knows how tables are distributed.  It does not if it was captured
 * without Citus.
 */
static bool
knows_distribution(const MhDefinitions *expected)
{
	for (int i = 0; i < expected->n; i++)
		if (strcmp(expected->v[i].type, MH_TYPE_TABLE) == 0 &&
			mh_attribute(&expected->v[i], MH_ATTR_DISTRIBUTION) != NULL)
			return true;
	return false;
}

void
mh_judge(MhDifferences *differences, const MhDefinitions *expected, const MhDefinitions *actual,
		 int manages)
{
	bool are_managed = (manages & MH_MANAGES_PARTITIONS) != 0;
	bool is_distributed;

	if (differences->n == 0)
		return;
	is_distributed = knows_distribution(expected);
	for (int i = 0; i < differences->n; i++)
	{
		MhDifference *difference = &differences->v[i];

		if (difference->kind == MH_MISSING || difference->kind == MH_EXTRA ||
			difference->kind == MH_CHANGED)
			difference->severity = severity_of(difference, expected, actual, manages);
		if (!is_distributed && difference->attribute != NULL &&
			strcmp(difference->attribute, MH_ATTR_DISTRIBUTION) == 0)
			difference->severity = MH_OK;
		/* to whom it is readable, it is extra */
		if (difference->kind == MH_UNREADABLE && is_made_by_operators(difference->type) &&
			mh_definitions_find(expected, difference->type, difference->name) == NULL)
			difference->severity = MH_OK;
		if (!are_managed && is_of_partition(difference))
			difference->severity = MH_OK;
		else if (are_managed && difference->kind == MH_EXTRA &&
				 root_of_one_sided(difference, expected, actual) != NULL)
			difference->severity = MH_WARNING;
	}
	if (!are_managed)
		fold_partitions(differences, expected, actual);
	mh_differences_order(differences);
}
