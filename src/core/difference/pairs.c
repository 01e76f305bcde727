/*-------------------------------------------------------------------------
 *
 * pairs.c
 *	  Pairs each object with that of the other side.
 *
 *-------------------------------------------------------------------------
 */
#include "core/difference/difference_private.h"

/*
 * Maximal number of rounds.  A rename may hide another one: that of a type hides that of a table.
 */
#define MOST_ROUNDS 8

static void
make_items(MhItems *items, const MhDefinitions *set)
{
	items->n = set->n;
	items->v = palloc0((set->n + 1) * sizeof(MhItem));
	for (int i = 0; i < set->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		items->v[i].definition = &set->v[i];
		items->v[i].name = set->v[i].name;
		items->v[i].parent = set->v[i].parent;
	}
}

static int
compare_items(const void *left, const void *right)
{
	const MhItem *a = left;
	const MhItem *b = right;
	int order = strcmp(a->definition->type, b->definition->type);

	return order != 0 ? order : strcmp(a->name, b->name);
}

static void
match_names(MhPairing *pairing)
{
	MhItems *expected = &pairing->expected;
	MhItems *actual = &pairing->actual;
	int i = 0;
	int j = 0;

	while (i < expected->n && j < actual->n)
	{
		int order = compare_items(&expected->v[i], &actual->v[j]);

		if (order == 0)
		{
			expected->v[i].mate = &actual->v[j];
			actual->v[j].mate = &expected->v[i];
		}
		i += order <= 0;
		j += order >= 0;
	}
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

static bool
contains(const MhStrings *names, const char *name)
{
	return names->n > 0 &&
		   bsearch(&name, names->v, names->n, sizeof(char *), compare_names) != NULL;
}

/*
 * Collects the names whose children are not reported: without a mate, or not read on the other
 * side.
 */
static void
collect_quiet(MhStrings *names, const MhItems *items, const MhDefinitions *other)
{
	*names = mh_strings_with_room(items->n + other->n_unread);
	for (int i = 0; i < items->n; i++)
		if (items->v[i].mate == NULL)
			mh_strings_push(names, items->v[i].name);
	for (int i = 0; i < other->n_unread; i++)
		if (strcmp(other->unread[i].kind, MH_DRIFT_UNMODELLED) != 0)
			mh_strings_push(names, other->unread[i].name);
	if (names->n > 1)
		qsort(names->v, names->n, sizeof(char *), compare_names);
}

static bool
is_unread(const MhItem *item, const MhDefinitions *other)
{
	int low = 0;
	int high = other->n_unread;

	MH_CHECK_INTERRUPTS();
	while (low < high)
	{
		int middle = low + (high - low) / 2;
		const MhUnread *unread = &other->unread[middle];
		int order = strcmp(item->definition->type, unread->type);

		if (order == 0)
			order = strcmp(item->name, unread->name);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/*
 * Suppresses objects whose parent is reported instead, and those that could not be read on the
 * other side.
 */
static void
hush(MhItems *items, const MhDefinitions *other)
{
	MhStrings quiet;

	collect_quiet(&quiet, items, other);
	for (int i = 0; i < items->n; i++)
	{
		MhItem *item = &items->v[i];
		/* a serial column's sequence belongs to the column */
		const char *owner = mh_attribute(item->definition, MH_ATTR_OWNED_BY);

		item->is_suppressed =
			item->mate == NULL && (other->is_busy || is_unread(item, other) ||
								   (item->parent != NULL && contains(&quiet, item->parent)) ||
								   (owner != NULL && contains(&quiet, owner)));
	}
	pfree(quiet.v);
}

static bool
has_types_in_name(const char *type)
{
	return strcmp(type, MH_TYPE_FUNCTION) == 0 || strcmp(type, MH_TYPE_PROCEDURE) == 0 ||
		   strcmp(type, MH_TYPE_AGGREGATE) == 0 || strcmp(type, MH_TYPE_CAST) == 0;
}

/* Gives the parts of a renamed relation the names that the expected side uses. */
static void
rename_item(const MhRenames *renames, MhItem *item)
{
	const MhDefinition *definition = item->definition;
	const char *to;
	size_t length;

	if (!item->is_renamed && has_types_in_name(definition->type))
		item->name = mh_renames_apply(renames, definition->name, NULL);
	if (definition->parent == NULL)
		return;
	to = mh_renames_find(renames, definition->parent);
	if (to == NULL)
		return;
	item->parent = to;
	length = strlen(definition->parent);
	if (!item->is_renamed && strncmp(definition->name, definition->parent, length) == 0 &&
		definition->name[length] == '.')
		item->name = psprintf("%s%s", to, definition->name + length);
}

static void
match(MhPairing *pairing)
{
	MhItems *expected = &pairing->expected;
	MhItems *actual = &pairing->actual;

	for (int i = 0; i < expected->n; i++)
		expected->v[i].mate = NULL;
	for (int i = 0; i < actual->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		actual->v[i].mate = NULL;
		if (pairing->renames.n > 0)
			rename_item(&pairing->renames, &actual->v[i]);
	}
	if (pairing->renames.n > 0)
		qsort(actual->v, actual->n, sizeof(MhItem), compare_items);
	match_names(pairing);
	hush(expected, pairing->actual_set);
	hush(actual, pairing->expected_set);
}

void
mh_pair(MhPairing *pairing, const MhDefinitions *expected, const MhDefinitions *actual)
{
	memset(pairing, 0, sizeof(MhPairing));
	pairing->expected_set = expected;
	pairing->actual_set = actual;
	make_items(&pairing->expected, expected);
	make_items(&pairing->actual, actual);
	match(pairing);
	for (int round = 0;
		 round < MOST_ROUNDS && (mh_detect_renames(pairing) > 0 || mh_detect_moves(pairing) > 0);
		 round++)
	{
		mh_renames_order(pairing);
		match(pairing);
	}
}
