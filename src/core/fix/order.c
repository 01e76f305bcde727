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
	/* missing extensions that no fix creates; what they hold is not known by name */
	const MhDefinition **extensions;
	int n_extensions;
	MhStrings present; /* names of what is there, sorted; empty without such an extension */
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
	MhStrings relations; /* qualified names in the text */
	MhStrings last_parts;
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
	static const struct
	{
		const char *type;
		const char *attribute; /* NULL: each */
	} needed[] = {{MH_TYPE_ENUM, NULL},
				  {MH_TYPE_VIEW, MH_ATTR_DEFINITION},
				  {MH_TYPE_VIEW, MH_ATTR_COLUMNS},
				  {MH_TYPE_MATERIALIZED_VIEW, MH_ATTR_DEFINITION},
				  {MH_TYPE_MATERIALIZED_VIEW, MH_ATTR_COLUMNS},
				  {MH_TYPE_COMPOSITE_TYPE, MH_ATTR_COLUMNS},
				  {MH_TYPE_COLUMN, MH_ATTR_TYPE},
				  {MH_TYPE_CONSTRAINT, MH_ATTR_DEFINITION},
				  {MH_TYPE_FUNCTION, MH_ATTR_RESULT}};

	if (difference->expected_object == NULL)
		return false;
	if (difference->kind == MH_MISSING || difference->kind == MH_RENAMED)
		return true;
	for (size_t i = 0; difference->kind == MH_CHANGED && i < lengthof(needed); i++)
		if (strcmp(difference->type, needed[i].type) == 0 &&
			(needed[i].attribute == NULL ||
			 mh_texts_equal(difference->attribute, needed[i].attribute)))
			return true;
	return false;
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

/* Returns the index of the first provider whose name is not less. */
static int
find_first(const Ordering *ordering, const char *name)
{
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
	return low;
}

static void
look_up(Search *search, const char *name)
{
	const Ordering *ordering = search->ordering;
	int low = find_first(ordering, name);

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

static int
compare_with_part(const void *key, const void *element)
{
	return strcmp(key, *(char *const *) element);
}

static bool
is_in(const MhStrings *sorted, const char *name)
{
	return sorted->n > 0 &&
		   bsearch(name, sorted->v, sorted->n, sizeof(char *), compare_with_part) != NULL;
}

/*
 * Blames a missing extension for a name in its schema that nothing has and no fix creates.  name is
 * NULL for an operator.
 */
static void
look_up_extension(Search *search, const char *schema, size_t length, const char *name)
{
	const Ordering *ordering = search->ordering;
	int at;

	for (int i = 0; i < ordering->n_extensions; i++)
	{
		const char *place = mh_attribute(ordering->extensions[i], MH_ATTR_SCHEMA);

		if (place == NULL || strlen(place) != length || strncmp(place, schema, length) != 0)
			continue;
		if (name != NULL)
		{
			at = find_first(ordering, name);
			if (is_in(&ordering->present, name) ||
				(at < ordering->n && strcmp(ordering->v[at].name, name) == 0))
				return;
		}
		search->missing = ordering->extensions[i]->name;
	}
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
	if (name->is_schema)
		look_up_extension(search, name->from[0], name->to[0] - name->from[0], NULL);
	for (int parts = 2; parts <= Min(name->n, 3); parts++)
	{
		char *plain = pnstrdup(name->from[0], name->to[parts - 1] - name->from[0]);

		look_up(search, plain);
		if (parts == 2)
			look_up_extension(search, name->from[0], name->to[0] - name->from[0], plain);
		if (parts == 2)
			mh_strings_push(&search->relations, plain);
		else
			pfree(plain);
	}
	mh_strings_push(&search->last_parts, pnstrdup(name->from[name->n - 1],
												  name->to[name->n - 1] - name->from[name->n - 1]));
	(void) out;
	return false;
}

/* Returns whether the text has a foreign key that refers to the columns of this key. */
static bool
has_reference(const char *text, const MhDefinition *key)
{
	const char *definition = mh_attribute(key, MH_ATTR_DEFINITION);
	const char *columns = definition == NULL ? NULL : strchr(definition, '(');
	char *reference;
	bool has;

	if (columns == NULL || key->parent == NULL ||
		(!mh_has(key, MH_ATTR_KIND, MH_CONSTRAINT_PRIMARY_KEY) &&
		 !mh_has(key, MH_ATTR_KIND, MH_CONSTRAINT_UNIQUE)))
		return false;
	reference = psprintf("REFERENCES %s%.*s)", key->parent, (int) strcspn(columns, ")"), columns);
	has = strstr(text, reference) != NULL;
	pfree(reference);
	return has;
}

/* Returns whether the text of a fix has what belongs to a relation that it mentions. */
static bool
needs_part(const Search *search, const Provider *provider, const char *local)
{
	const MhDifference *differences = search->ordering->differences->v;
	const MhDifference *part = &differences[provider->row];

	if (provider->row == search->row)
		return false;
	if (strcmp(part->type, MH_TYPE_CONSTRAINT) == 0)
		return has_reference(differences[search->row].fix, part->expected_object);
	return strcmp(part->type, MH_TYPE_COLUMN) == 0 && is_in(&search->last_parts, local);
}

/*
 * Finds columns of the relations in the text whose names are in it too, and keys to which its foreign
 * keys refer.  A query writes columns behind an alias, and a foreign key by themselves, so that no
 * name in the text is that of the column.
 */
static void
look_up_columns(Search *search)
{
	const Ordering *ordering = search->ordering;

	mh_strings_make_set(&search->relations);
	mh_strings_make_set(&search->last_parts);
	for (int i = 0; i < search->relations.n && search->last_parts.n > 0; i++)
	{
		char *prefix = psprintf("%s.", search->relations.v[i]);

		MH_CHECK_INTERRUPTS();
		for (int at = find_first(ordering, prefix);
			 at < ordering->n && mh_begins_with(ordering->v[at].name, prefix); at++)
			if (needs_part(search, &ordering->v[at], ordering->v[at].name + strlen(prefix)))
				search->found(search, &ordering->v[at]);
		pfree(prefix);
	}
	mh_strings_free(&search->relations);
	mh_strings_free(&search->last_parts);
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
	look_up_columns(search);
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
		Search search = {ordering, i, false, note_missing, NULL, 0, false, {0, NULL}, {0, NULL}};

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
	Search search = {ordering, row, false, place_before, NULL, depth, false, {0, NULL}, {0, NULL}};

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
	mh_strings_free(&ordering->present);
	if (ordering->extensions != NULL)
		pfree(ordering->extensions);
	for (int i = 0; i < ordering->n; i++)
		pfree(ordering->v[i].name);
	pfree(ordering->v);
}

static void
collect_extensions(Ordering *ordering, const MhDefinitions *live)
{
	const MhDifferences *differences = ordering->differences;

	ordering->extensions = palloc((differences->n + 1) * sizeof(MhDefinition *));
	for (int i = 0; i < differences->n; i++)
		if (differences->v[i].kind == MH_MISSING && differences->v[i].fix == NULL &&
			differences->v[i].expected_object != NULL &&
			strcmp(differences->v[i].type, MH_TYPE_EXTENSION) == 0)
			ordering->extensions[ordering->n_extensions++] = differences->v[i].expected_object;
	for (int i = 0; ordering->n_extensions > 0 && i < live->n; i++)
	{
		const char *name = live->v[i].name;
		const char *local = mh_local_name(name);

		mh_strings_push(&ordering->present, pnstrdup(name, mh_end_of_identifier(local) - name));
	}
	mh_strings_make_set(&ordering->present);
}

void
mh_withdraw_needing(MhDifferences *differences, const MhDefinitions *live)
{
	Ordering ordering = {differences};

	collect_providers(&ordering);
	collect_extensions(&ordering, live);
	for (int round = 0; ordering.n > 0 && round < MOST_ROUNDS && withdraw_needing(&ordering);)
		round++;
	end(&ordering);
}

void
mh_order_fixes(MhDifferences *differences)
{
	Ordering ordering = {differences};

	collect_providers(&ordering);
	if (ordering.n > 0)
	{
		for (int round = 0; round < MOST_ROUNDS && withdraw_needing(&ordering);)
			round++;
		reorder(&ordering);
	}
	end(&ordering);
}
