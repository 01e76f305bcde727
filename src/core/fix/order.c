/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Sorts fixes into an order in which they can be run, and removes those that cannot be
 *	  run.
 *
 * A fix needs the objects that it names.  An object that does not exist must be created by an
 * earlier fix.  If no fix creates it, or if two fixes need each other, there is no fix.
 *
 *-------------------------------------------------------------------------
 */
#include "core/fix/fix_private.h"
#include "core/base/sql_names.h"

/* An object that the fix of one difference creates, or would create. */
typedef struct Provider
{
	char *name; /* qualified; a column's with its table's */
	int row;
} Provider;

typedef struct Ordering
{
	MhDifferences *differences;
	int n;
	Provider *v; /* ordered by name */
	bool *is_done;
	bool *is_open;
	int *order;
	int ordered;
} Ordering;

/* A search of the names in one fix. */
typedef struct Search
{
	Ordering *ordering;
	int row;
	bool in_body; /* unqualified names count too */
	void (*found)(struct Search *search, const Provider *provider);
	const char *missing; /* a needed object that will not exist */
	int depth;
	bool is_circle;
} Search;

static int
compare_providers(const void *left, const void *right)
{
	const Provider *a = left;
	const Provider *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : a->row - b->row;
}

/*
 * Returns whether the object does not exist under its expected name, or not in the form that its
 * users need.
 */
static bool
is_provider(const MhDifference *difference)
{
	if (difference->expected_object == NULL)
		return false;
	if (difference->kind == MH_MISSING || difference->kind == MH_RENAMED)
		return true;
	return difference->kind == MH_CHANGED && strcmp(difference->type, MH_TYPE_ENUM) == 0;
}

static void
add_provider(Ordering *ordering, char *name, int row)
{
	ordering->v[ordering->n].name = name;
	ordering->v[ordering->n++].row = row;
}

/*
 * Collects the objects that fixes create.  Functions have no argument types here, because calls
 * have none.
 */
static void
collect_providers(Ordering *ordering)
{
	const MhDifferences *differences = ordering->differences;

	ordering->v = palloc((2 * differences->n + 1) * sizeof(Provider));
	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *one = &differences->v[i];
		const char *local;

		if (!is_provider(one))
			continue;
		local = mh_local_name(one->name);
		add_provider(ordering,
					 psprintf("%.*s%.*s", (int) (local - one->name), one->name,
							  (int) (mh_end_of_identifier(local) - local), local),
					 i);
		if (one->expected_object->parent == NULL)
			add_provider(ordering, pnstrdup(local, mh_end_of_identifier(local) - local), i);
	}
	if (ordering->n > 1)
		qsort(ordering->v, ordering->n, sizeof(Provider), compare_providers);
}

static void
look_up(Search *search, const char *name)
{
	const Ordering *ordering = search->ordering;
	Provider wanted = {unconstify(char *, name), -1};
	int low = 0;
	int high = ordering->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (compare_providers(&ordering->v[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < ordering->n && strcmp(ordering->v[low].name, name) == 0; low++)
		if (ordering->v[low].row != search->row)
			search->found(search, &ordering->v[low]);
}

static void
look_up_column(Search *search, const char *table, const char *column)
{
	char *name = psprintf("%s.%s", table, column);

	look_up(search, name);
	pfree(name);
}

static bool
search_name(void *arg, const MhSqlName *name, StringInfo out)
{
	Search *search = arg;
	const MhDifference *one = &search->ordering->differences->v[search->row];
	const MhDefinition *object = one->expected_object;

	if (name->n == 1)
	{
		char *plain = pnstrdup(name->from[0], name->to[0] - name->from[0]);

		if (object->parent != NULL)
			look_up_column(search, object->parent, plain);
		if (search->in_body)
			look_up(search, plain);
		pfree(plain);
	}
	for (int parts = 2; parts <= Min(name->n, 3); parts++)
	{
		char *plain = pnstrdup(name->from[0], name->to[parts - 1] - name->from[0]);

		look_up(search, plain);
		pfree(plain);
	}
	(void) out;
	return false;
}

/*
 * Searches a fix.  The body of an SQL function counts, because it is checked when the function is
 * created.
 */
static void
search_fix(Search *search)
{
	const MhDifference *one = &search->ordering->differences->v[search->row];
	char *text;

	search->in_body = mh_has(one->expected_object, MH_ATTR_LANGUAGE, "sql");
	if (search->in_body)
		text = mh_map_names_of_bodies(one->fix, search_name, search);
	else
		text = mh_map_names(one->fix, search_name, search);
	pfree(text);
}

static void
note_missing(Search *search, const Provider *provider)
{
	const MhDifference *one = &search->ordering->differences->v[provider->row];

	if (one->fix == NULL)
		search->missing = one->name;
}

static void
withdraw(MhDifference *difference, char *reason)
{
	pfree(difference->fix);
	difference->fix = NULL;
	difference->reason = reason;
}

/* Runs one round.  Returns true if a fix was removed that others may need. */
static bool
withdraw_needing(Ordering *ordering)
{
	bool any = false;

	for (int i = 0; i < ordering->differences->n; i++)
	{
		MhDifference *one = &ordering->differences->v[i];
		Search search = {ordering, i, false, note_missing, NULL, 0, false};

		if (one->fix == NULL || one->expected_object == NULL)
			continue;
		search_fix(&search);
		if (search.missing == NULL)
			continue;
		withdraw(one, psprintf("%s has to be put right first.", search.missing));
		any = true;
	}
	return any;
}

/* The longest chain of fixes. */
#define MOST_STEPS 200

static void place(Ordering *ordering, int row, int depth, bool *is_circle);

static void
place_before(Search *search, const Provider *provider)
{
	if (search->ordering->differences->v[provider->row].fix != NULL)
		place(search->ordering, provider->row, search->depth + 1, &search->is_circle);
}

/* Places the fixes that this one needs before it. */
static void
place(Ordering *ordering, int row, int depth, bool *is_circle)
{
	MhDifference *one = &ordering->differences->v[row];
	Search search = {ordering, row, false, place_before, NULL, depth, false};

	if (ordering->is_done[row])
		return;
	if (ordering->is_open[row] || depth > MOST_STEPS)
	{
		*is_circle = true;
		return;
	}
	ordering->is_open[row] = true;
	if (one->fix != NULL && one->expected_object != NULL)
		search_fix(&search);
	if (search.is_circle && one->fix != NULL)
		withdraw(one, pstrdup("It needs something that needs it."));
	ordering->is_open[row] = false;
	ordering->is_done[row] = true;
	ordering->order[ordering->ordered++] = row;
}

static void
reorder(Ordering *ordering)
{
	MhDifferences *differences = ordering->differences;
	MhDifference *moved = palloc((differences->n + 1) * sizeof(MhDifference));
	bool is_circle = false;

	ordering->is_done = palloc0((differences->n + 1) * sizeof(bool));
	ordering->is_open = palloc0((differences->n + 1) * sizeof(bool));
	ordering->order = palloc((differences->n + 1) * sizeof(int));
	for (int i = 0; i < differences->n; i++)
		place(ordering, i, 0, &is_circle);
	for (int i = 0; i < differences->n; i++)
		moved[i] = differences->v[ordering->order[i]];
	memcpy(differences->v, moved, differences->n * sizeof(MhDifference));
	pfree(moved);
	pfree(ordering->is_done);
	pfree(ordering->is_open);
	pfree(ordering->order);
}

#define MOST_ROUNDS 16

static void
end(Ordering *ordering)
{
	for (int i = 0; i < ordering->n; i++)
		pfree(ordering->v[i].name);
	pfree(ordering->v);
}

void
mh_withdraw_needing(MhDifferences *differences)
{
	Ordering ordering = {differences, 0, NULL, NULL, NULL, NULL, 0};

	collect_providers(&ordering);
	for (int round = 0; ordering.n > 0 && round < MOST_ROUNDS && withdraw_needing(&ordering);)
		round++;
	end(&ordering);
}

void
mh_order_fixes(MhDifferences *differences)
{
	Ordering ordering = {differences, 0, NULL, NULL, NULL, NULL, 0};

	collect_providers(&ordering);
	if (ordering.n > 0)
	{
		for (int round = 0; round < MOST_ROUNDS && withdraw_needing(&ordering);)
			round++;
		reorder(&ordering);
	}
	end(&ordering);
}
