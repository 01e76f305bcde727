/*-------------------------------------------------------------------------
 *
 * moves.c
 *	  Finds objects that were moved to another schema, or renamed and changed.
 *
 * A moved object has the same name in another schema.  A table that was renamed and changed is found
 * by its constraints and indexes: ALTER TABLE ... RENAME leaves their names, which nothing else has
 * while they are taken.  Whatever is ambiguous stays missing and extra.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference_private.h"

#include "core/base/wording.h"

/* Types that ALTER ... SET SCHEMA supports; indexes and statistics go with their table. */
static const char *const moved_types[] = {
	MH_TYPE_AGGREGATE,  MH_TYPE_COLLATION,  MH_TYPE_COMPOSITE_TYPE,
	MH_TYPE_DOMAIN,     MH_TYPE_ENUM,       MH_TYPE_FOREIGN_TABLE,
	MH_TYPE_FUNCTION,   MH_TYPE_INDEX,      MH_TYPE_MATERIALIZED_VIEW,
	MH_TYPE_PROCEDURE,  MH_TYPE_RANGE_TYPE, MH_TYPE_SEQUENCE,
	MH_TYPE_STATISTICS, MH_TYPE_TABLE,      MH_TYPE_VIEW,
};

typedef struct Candidates
{
	int n;
	MhItem **v;
} Candidates;

static bool
can_be_moved(const char *type)
{
	for (size_t i = 0; i < lengthof(moved_types); i++)
		if (strcmp(moved_types[i], type) == 0)
			return true;
	return false;
}

static bool
is_kind_of_table(const MhDefinition *definition)
{
	return strcmp(definition->type, MH_TYPE_TABLE) == 0 ||
		   strcmp(definition->type, MH_TYPE_FOREIGN_TABLE) == 0;
}

/* Orders by type, name without schema, and table. */
static int
compare_candidates(const void *left, const void *right)
{
	const MhItem *a = *(const MhItem *const *) left;
	const MhItem *b = *(const MhItem *const *) right;
	int order = strcmp(a->definition->type, b->definition->type);

	if (order == 0)
		order = strcmp(mh_local_name(a->name), mh_local_name(b->name));
	if (order == 0 && (a->parent == NULL || b->parent == NULL))
		return (a->parent != NULL) - (b->parent != NULL);
	return order != 0 ? order : strcmp(a->parent ? a->parent : "", b->parent ? b->parent : "");
}

static Candidates
find_candidates(MhItems *items)
{
	Candidates found = {0, palloc(Max(items->n, 1) * sizeof(MhItem *))};

	for (int i = 0; i < items->n; i++)
	{
		MhItem *item = &items->v[i];

		/* partitions are counted */
		if (item->mate == NULL && !item->is_suppressed && can_be_moved(item->definition->type) &&
			mh_attribute(item->definition, MH_ATTR_PARTITION_OF) == NULL)
			found.v[found.n++] = item;
	}
	if (found.n > 1)
		qsort(found.v, found.n, sizeof(MhItem *), compare_candidates);
	return found;
}

static int
count_shared(const MhStrings *left, const MhStrings *right)
{
	int n = 0;

	for (int i = 0; i < left->n; i++)
		n += mh_strings_contain(right, left->v[i]);
	return n;
}

/* Returns whether half of the columns have the same names. */
static bool
has_similar_columns(const MhItem *expected, const MhItem *actual)
{
	MhStrings left = mh_split_list(mh_attribute(expected->definition, MH_ATTR_COLUMN_ORDER));
	MhStrings right = mh_split_list(mh_attribute(actual->definition, MH_ATTR_COLUMN_ORDER));

	return 2 * count_shared(&left, &right) >= Max(left.n, right.n);
}

static void
make_mates(MhPairing *pairing, const MhItem *expected, MhItem *actual)
{
	mh_renames_add(pairing, expected, actual);
	actual->name = expected->name;
	actual->is_renamed = true;
	/* statistics have a schema of their own, which SET SCHEMA of the table leaves */
	actual->follows =
		strcmp(expected->definition->type, MH_TYPE_STATISTICS) != 0 &&
		(expected->parent != NULL || mh_attribute(expected->definition, MH_ATTR_OWNED_BY) != NULL);
}

/* Returns the number of candidates, from the one with this index on, that are alike but for the schema. */
static int
count_alike(const Candidates *candidates, int from)
{
	int end = from + 1;

	while (end < candidates->n &&
		   compare_candidates(&candidates->v[from], &candidates->v[end]) == 0)
		end++;
	return end - from;
}

/* Pairs what has the same name in another schema. */
static int
match_local_names(MhPairing *pairing, const Candidates *expected, const Candidates *actual)
{
	int found = 0;
	int i = 0;
	int j = 0;

	while (i < expected->n && j < actual->n)
	{
		int order = compare_candidates(&expected->v[i], &actual->v[j]);
		int left = order <= 0 ? count_alike(expected, i) : 0;
		int right = order >= 0 ? count_alike(actual, j) : 0;

		MH_CHECK_INTERRUPTS();
		if (left == 1 && right == 1 && has_similar_columns(expected->v[i], actual->v[j]))
		{
			make_mates(pairing, expected->v[i], actual->v[j]);
			found++;
		}
		i += left;
		j += right;
	}
	return found;
}

/* With more tables than this on a side, each of them might be any other. */
#define MOST_TABLES 200

static int
keep_tables(Candidates *candidates)
{
	int kept = 0;

	for (int i = 0; i < candidates->n; i++)
		if (is_kind_of_table(candidates->v[i]->definition))
			candidates->v[kept++] = candidates->v[i];
	candidates->n = kept;
	return kept;
}

static MhStrings
names_of(const MhChildren *all, const char *table, const char *type)
{
	MhChildren children = mh_children_of(all, table, type);
	MhStrings names = {0, NULL};

	for (int i = 0; i < children.n; i++)
		mh_strings_add(&names, mh_local_name(children.v[i]->name));
	return names;
}

/* Returns whether a constraint or an index of the actual table has the name of an expected one. */
static bool
has_its_parts(const MhChildren *left, const MhItem *expected, const MhChildren *right,
			  const MhItem *actual)
{
	static const char *const types[] = {MH_TYPE_CONSTRAINT, MH_TYPE_INDEX};
	int n = 0;

	for (size_t i = 0; i < lengthof(types) && n == 0; i++)
	{
		MhStrings wanted = names_of(left, expected->definition->name, types[i]);
		MhStrings found = names_of(right, actual->definition->name, types[i]);

		n = count_shared(&wanted, &found);
	}
	return n > 0 && strcmp(expected->definition->type, actual->definition->type) == 0 &&
		   has_similar_columns(expected, actual);
}

/* Pairs tables by the names of their parts. */
static int
match_parts(MhPairing *pairing, Candidates *expected, Candidates *actual)
{
	MhChildren left = {0, NULL};
	MhChildren right = {0, NULL};
	int found = 0;

	if (keep_tables(expected) == 0 || keep_tables(actual) == 0 || expected->n > MOST_TABLES ||
		actual->n > MOST_TABLES)
		return 0;
	mh_children_order(&left, pairing->expected_set);
	mh_children_order(&right, pairing->actual_set);
	for (int i = 0; i < expected->n; i++)
		for (int j = 0; j < actual->n; j++)
		{
			MH_CHECK_INTERRUPTS();
			if (actual->v[j]->is_renamed ||
				!has_its_parts(&left, expected->v[i], &right, actual->v[j]))
				continue;
			make_mates(pairing, expected->v[i], actual->v[j]);
			found++;
			break;
		}
	return found;
}

int
mh_detect_moves(MhPairing *pairing)
{
	Candidates expected = find_candidates(&pairing->expected);
	Candidates actual = find_candidates(&pairing->actual);
	int found = 0;

	if (expected.n > 0 && actual.n > 0)
	{
		found = match_local_names(pairing, &expected, &actual);
		if (found == 0)
			found = match_parts(pairing, &expected, &actual);
	}
	pfree(expected.v);
	pfree(actual.v);
	return found;
}
