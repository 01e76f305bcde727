/*-------------------------------------------------------------------------
 *
 * locate.c
 *	  Which rows a live schema fits.
 *
 * Every captured set is judged by what differs from the set before, so that the work
 * is that of the differences and not of sets times objects.  Whether two expectations are the
 * same is told by a sum over their objects, which the order does not matter to.
 *
 * What a server of another class wrote down of a view cannot be compared.  Such an object that is
 * there with another text counts neither as matching nor as changed, so that after an upgrade of
 * the server an exact match stays one.
 *
 *-------------------------------------------------------------------------
 */
#include "core/expectation/expectation.h"

#include "core/graph/graph.h"

/*
 * A sum of the first 16 bytes of SHA-256 structures, so that different sets do not have the same
 * sum by chance.
 */
typedef struct Sum
{
	uint64 high;
	uint64 low;
} Sum;

typedef struct Counts
{
	int matching;
	int changed;
	int missing;
	int other_texts; /* changed, but perhaps only because another class of server wrote the text */
	Sum sum;
} Counts;

typedef struct Candidate
{
	MhStrings rows;
	int set; /* that was captured; -1: composed */
	Counts counts;
	int node;
	int applied;
	int not_comparable;
	bool is_current;
} Candidate;

typedef struct Search
{
	MhExpectations *expectations;
	const MhGraph *graph;
	const MhStrings *schemas;
	const MhStrings *current; /* NULL: not known */
	const char **live;        /* by object: its structure; NULL: not there */
	bool *deparsed;           /* by object: has a text that depends on the class of server */
	int n_live;               /* number of live structural objects */
	MhDeparser deparser;      /* of the live schema's texts */
	bool *is_aside;           /* by object: a partition or a part of one, not counted */
	int n;
	int room;
	Candidate *v;
} Search;

static uint64
digits(const char *hex)
{
	char text[17];

	memcpy(text, hex, 16);
	text[16] = '\0';
	return strtoull(text, NULL, 16);
}

static bool
is_structural(const MhObject *object)
{
	return mh_type_severity(object->type) == MH_CRITICAL && !mh_type_is_global(object->type);
}

static bool
is_deparsed(const MhDefinition *definition)
{
	for (int i = 0; i < definition->n; i++)
		if (mh_attribute_depends_on_deparser(definition->type, definition->attributes[i].name))
			return true;
	return false;
}

/* Counts a form.  sign 1: it is expected; -1: it is no longer expected. */
static void
count_form(const Search *search, int form, int sign, Counts *counts)
{
	const MhForm *expected = &search->expectations->forms[form];
	const char *live = search->live[expected->object];
	uint64 high = digits(expected->structure);
	uint64 low = digits(expected->structure + 16);

	if (search->is_aside[expected->object] ||
		!is_structural(&search->expectations->objects[expected->object]))
		return;
	if (live == NULL)
		counts->missing += sign;
	else if (strcmp(live, expected->structure) == 0)
		counts->matching += sign;
	else if (search->deparsed[expected->object])
		counts->other_texts += sign;
	else
		counts->changed += sign;
	counts->sum.high += sign > 0 ? high : -high;
	counts->sum.low += sign > 0 ? low : -low;
}

static void
count_step(const Search *search, const MhExpectedSet *set, Counts *counts)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < set->n; i++)
	{
		if (set->deltas[i].before != MH_NO_FORM)
			count_form(search, set->deltas[i].before, -1, counts);
		if (set->deltas[i].after != MH_NO_FORM)
			count_form(search, set->deltas[i].after, 1, counts);
	}
}

static Counts
count_forms(const Search *search, const int *forms)
{
	Counts counts = {0};

	for (int i = 0; i < search->expectations->n_objects; i++)
		if (forms[i] != MH_NO_FORM)
			count_form(search, forms[i], 1, &counts);
	return counts;
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

static bool
is_among(const MhStrings *names, const char *name)
{
	return names->n > 0 && name != NULL &&
		   bsearch(&name, names->v, names->n, sizeof(char *), compare_names) != NULL;
}

/* Returns the tables that are partitions, live or in any expectation. */
static MhStrings
find_partitions(const Search *search, const MhDefinitions *live)
{
	MhStrings names = mh_partitions_of(live);
	MhChildren children;

	mh_children_order(&children, live);
	for (int i = 0; i < live->n; i++)
		if (strcmp(live->v[i].type, MH_TYPE_TABLE) == 0 &&
			mh_object_find(search->expectations, MH_TYPE_TABLE, live->v[i].name) < 0 &&
			mh_is_retired_partition(live, &children, &live->v[i]))
			mh_strings_add(&names, live->v[i].name);
	pfree(children.v);
	for (int i = 0; i < search->expectations->n_forms; i++)
	{
		const MhDefinition *definition = search->expectations->forms[i].definition;

		if (definition != NULL && mh_is_partition(definition))
			mh_strings_add(&names, definition->name);
	}
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(char *), compare_names);
	return names;
}

static bool
is_of_partition(const MhStrings *partitions, const MhDefinition *definition)
{
	return (definition->parent == NULL && strstr(definition->type, MH_TYPE_TABLE) != NULL &&
			is_among(partitions, definition->name)) ||
		   is_among(partitions, definition->parent);
}

static void
set_aside(Search *search, const MhStrings *partitions)
{
	search->is_aside = palloc0(Max(search->expectations->n_objects, 1) * sizeof(bool));
	for (int i = 0; i < search->expectations->n_forms; i++)
	{
		const MhForm *form = &search->expectations->forms[i];

		if (form->definition != NULL && is_of_partition(partitions, form->definition))
			search->is_aside[form->object] = true;
	}
}

static void
read_live(Search *search, const MhDefinitions *live, int manages)
{
	MhStrings partitions = {0, NULL};

	search->deparser = live->deparser;
	if ((manages & MH_MANAGES_PARTITIONS) == 0)
		partitions = find_partitions(search, live);
	set_aside(search, &partitions);
	search->live = palloc0(Max(search->expectations->n_objects, 1) * sizeof(char *));
	search->deparsed = palloc0(Max(search->expectations->n_objects, 1) * sizeof(bool));
	for (int i = 0; i < live->n; i++)
	{
		int object;

		if (!mh_definition_is_structural(&live->v[i]) || is_of_partition(&partitions, &live->v[i]))
			continue;
		search->n_live++;
		object = mh_object_find(search->expectations, live->v[i].type, live->v[i].name);
		if (object < 0)
			continue;
		search->live[object] = live->v[i].structure;
		search->deparsed[object] = is_deparsed(&live->v[i]);
	}
}

static void
list_unread(const MhDefinitions *live, MhLocations *locations)
{
	for (int i = 0; i < live->n_unread; i++)
	{
		const MhUnread *unread = &live->unread[i];

		if (mh_type_severity(unread->type) < MH_CRITICAL || mh_type_is_global(unread->type))
			continue;
		if (strcmp(unread->kind, MH_DRIFT_BUSY) == 0)
			mh_strings_add(&locations->busy, psprintf("%s %s", unread->type, unread->name));
		else if (strcmp(unread->kind, MH_DRIFT_UNREADABLE) == 0)
			mh_strings_add(&locations->unreadable, psprintf("%s %s", unread->type, unread->name));
	}
}

/* ---------- candidates ---------- */

static int
count_applied(const MhGraph *graph, const MhStrings *rows)
{
	MhNodes nodes = {0, NULL};
	bool *members;
	int count = 0;

	if (graph == NULL)
		return 0;
	for (int i = 0; i < rows->n; i++)
		if (mh_graph_find(graph, rows->v[i]) != MH_BASE)
			mh_nodes_add(&nodes, mh_graph_find(graph, rows->v[i]));
	members = mh_graph_ancestors(graph, &nodes);
	for (int i = 0; i < graph->n; i++)
		count += members[i];
	pfree(members);
	return count;
}

/* Adds a candidate.  deparser: the class of its texts; 0: several. */
static void
add_candidate(Search *search, const MhStrings *rows, int set, const Counts *counts,
			  MhDeparser deparser)
{
	Candidate *added;

	if (search->n == search->room)
	{
		search->room = search->room == 0 ? 64 : search->room * 2;
		search->v = search->v == NULL
						? palloc(search->room * sizeof(Candidate))
						: repalloc(search->v, (Size) search->room * sizeof(Candidate));
	}
	added = &search->v[search->n++];
	added->rows = *rows;
	added->set = set;
	added->counts = *counts;
	added->not_comparable = deparser == search->deparser ? 0 : counts->other_texts;
	added->counts.changed += counts->other_texts - added->not_comparable;
	added->node =
		rows->n == 1 && search->graph != NULL ? mh_graph_find(search->graph, rows->v[0]) : MH_BASE;
	added->applied = count_applied(search->graph, rows);
	added->is_current = search->current != NULL && mh_rows_compare(rows, search->current) == 0;
}

static bool
is_same_list(const MhStrings *left, const MhStrings *right)
{
	return mh_rows_compare(left, right) == 0;
}

/* Adds the captured sets in one pass, because a set comes after its previous one. */
static void
add_captured(Search *search)
{
	const MhExpectations *expectations = search->expectations;
	Counts *counts = palloc0(Max(expectations->n, 1) * sizeof(Counts));

	for (int i = 0; i < expectations->n; i++)
	{
		const MhExpectedSet *set = &expectations->sets[i];

		if (set->previous >= 0)
			counts[i] = counts[set->previous];
		count_step(search, set, &counts[i]);
		if (set->format == MH_CANONICAL_FORMAT && is_same_list(&set->schemas, search->schemas))
			add_candidate(search, &set->rows, i, &counts[i], set->deparser);
	}
	pfree(counts);
}

/*
 * Adds what is composed at rows where no set was captured.  Returns false if nothing can be, because
 * nothing was captured of a revision.
 */
static bool
add_composed(Search *search, const MhStrings *rows)
{
	MhComposed composed;

	if (mh_expected_find(search->expectations, rows) >= 0)
		return true;
	if (!mh_compose(search->expectations, search->graph, rows, &composed))
		return !composed.lacks_step;
	mh_strings_sort(&composed.schemas);
	if (composed.format == MH_CANONICAL_FORMAT && is_same_list(&composed.schemas, search->schemas))
	{
		Counts counts = count_forms(search, composed.forms);

		add_candidate(search, rows, -1, &counts, composed.deparser);
	}
	pfree(composed.forms);
	mh_composed_free_lists(&composed);
	return true;
}

/* Returns marks of the revisions that are a row of a captured set. */
static bool *
captured_rows(const Search *search)
{
	bool *captured = palloc0(Max(search->graph->n, 1) * sizeof(bool));

	for (int i = 0; i < search->expectations->n; i++)
	{
		const MhStrings *rows = &search->expectations->sets[i].rows;

		for (int j = 0; j < rows->n; j++)
		{
			int node = mh_graph_find(search->graph, rows->v[j]);

			if (node != MH_BASE)
				captured[node] = true;
		}
	}
	return captured;
}

/*
 * Adds what is composed at each revision.  What its only parent lacks a revision lacks too, unless a
 * captured set has it, so that a long history without sets costs nothing.
 */
static void
add_each_revision(Search *search)
{
	const MhGraph *graph = search->graph;
	bool *captured = captured_rows(search);
	bool *lacking = palloc0(Max(graph->n, 1) * sizeof(bool));

	for (int i = 0; i < graph->n; i++)
	{
		int node = graph->by_rank[i];
		const MhNodes *parents = &graph->nodes[node].ndown;
		MhStrings one = {0, NULL};

		MH_CHECK_INTERRUPTS();
		if (parents->n == 1 && lacking[parents->v[0]] && !captured[node])
		{
			lacking[node] = true;
			continue;
		}
		mh_strings_add(&one, graph->nodes[node].id);
		lacking[node] = !add_composed(search, &one);
	}
	pfree(captured);
	pfree(lacking);
}

static void
add_revisions(Search *search)
{
	MhNodes heads;
	MhStrings ids;
	MhStrings rows;

	add_each_revision(search);
	heads = mh_graph_real_heads(search->graph);
	ids = mh_graph_ids(search->graph, &heads);
	rows = mh_rows_key(search->graph, &ids);
	if (rows.n > 1)
		add_composed(search, &rows);
	/* several heads that are current were just composed */
	if (search->current != NULL && search->current->n > 1 &&
		mh_rows_compare(search->current, &rows) != 0)
		add_composed(search, search->current);
}

/* ---------- the best ones ---------- */

static int
compare_sums(const Candidate *a, const Candidate *b)
{
	if (a->counts.sum.high != b->counts.sum.high)
		return a->counts.sum.high < b->counts.sum.high ? -1 : 1;
	if (a->counts.sum.low != b->counts.sum.low)
		return a->counts.sum.low < b->counts.sum.low ? -1 : 1;
	return 0;
}

static int
compare_preference(const Candidate *a, const Candidate *b)
{
	if (a->is_current != b->is_current)
		return a->is_current ? -1 : 1;
	if (a->applied != b->applied)
		return b->applied - a->applied;
	return mh_rows_compare(&a->rows, &b->rows);
}

/* Sorts identical candidates together, the one to be listed first. */
static int
compare_same(const void *left, const void *right)
{
	int order = compare_sums(left, right);

	return order != 0 ? order : compare_preference(left, right);
}

static char *
name_of_rows(const MhStrings *rows)
{
	if (rows->n == 1)
		return rows->v[0];
	return psprintf("{%s}", mh_strings_join(rows, ","));
}

static void
add_location(const Search *search, MhLocations *locations, const Candidate *candidate)
{
	MhLocation *location = &locations->v[locations->n++];
	const Counts *counts = &candidate->counts;

	memset(location, 0, sizeof(MhLocation));
	location->rows = candidate->rows;
	location->node = candidate->node;
	location->applied = candidate->applied;
	location->matching = counts->matching;
	location->missing = counts->missing;
	location->changed = counts->changed;
	location->not_comparable = candidate->not_comparable;
	location->extra =
		search->n_live - counts->matching - counts->changed - location->not_comparable;
	location->is_current = candidate->is_current;
	location->is_exact = locations->busy.n + locations->unreadable.n == 0 &&
						 location->missing + location->changed + location->extra == 0;
}

/*
 * Decides which location is exact if several differ only in texts that cannot be compared: the
 * recorded rows decide.  Without rows none is.
 */
static void
settle_exact(MhLocations *locations)
{
	int exact = 0;

	for (int i = 0; i < locations->n; i++)
		exact += locations->v[i].is_exact;
	for (int i = 0; i < locations->n && exact > 1; i++)
		if (locations->v[i].not_comparable > 0 && !locations->v[i].is_current)
			locations->v[i].is_exact = false;
}

/* Compares locations for sorting.  Missing, changed and extra objects have the same weight. */
static int
compare_locations(const void *left, const void *right)
{
	const MhLocation *a = left;
	const MhLocation *b = right;
	int wrong_a = a->missing + a->changed + a->extra;
	int wrong_b = b->missing + b->changed + b->extra;

	if (wrong_a != wrong_b)
		return wrong_a < wrong_b ? -1 : 1;
	if (a->is_current != b->is_current)
		return a->is_current ? -1 : 1;
	if (a->applied != b->applied)
		return b->applied - a->applied;
	return mh_rows_compare(&a->rows, &b->rows);
}

MhLocations *
mh_locate(MhExpectations *expectations, const MhGraph *graph, const MhDefinitions *live,
		  const MhStrings *schemas, const MhStrings *current, int manages)
{
	MhLocations *locations = palloc0(sizeof(MhLocations));
	MhStrings key = {0, NULL};
	Search search = {0};

	search.expectations = expectations;
	search.graph = graph;
	search.schemas = schemas;
	if (current != NULL)
	{
		key = mh_rows_key(graph, current);
		search.current = &key;
	}
	read_live(&search, live, manages);
	list_unread(live, locations);
	add_captured(&search);
	if (graph != NULL)
		add_revisions(&search);
	if (search.n > 1)
		qsort(search.v, search.n, sizeof(Candidate), compare_same);
	locations->v = palloc(Max(search.n, 1) * sizeof(MhLocation));
	for (int i = 0; i < search.n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (i == 0 || compare_sums(&search.v[i - 1], &search.v[i]) != 0)
			add_location(&search, locations, &search.v[i]);
		else
			mh_strings_add(&locations->v[locations->n - 1].same_as,
						   name_of_rows(&search.v[i].rows));
		if (search.v[i].set >= 0)
			mh_nodes_add(&locations->v[locations->n - 1].sets, search.v[i].set);
	}
	settle_exact(locations);
	if (locations->n > 1)
		qsort(locations->v, locations->n, sizeof(MhLocation), compare_locations);
	return locations;
}

/* ---------- half-applied revisions ---------- */

static const char *
structure_of(const MhExpectations *expectations, int form)
{
	return form == MH_NO_FORM ? NULL : expectations->forms[form].structure;
}

static bool
is_same(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/*
 * Judges one object of a step.  is_comparable: the step's texts have the class of the live
 * schema's.
 */
static void
judge_delta(const MhExpectations *expectations, const MhDelta *delta, const MhDefinitions *live,
			bool is_comparable, MhPartial *partial)
{
	const MhObject *object = &expectations->objects[delta->object];
	const char *before = structure_of(expectations, delta->before);
	const char *after = structure_of(expectations, delta->after);
	const MhDefinition *found;
	const char *actual;
	char *shown;

	if (!is_structural(object) || is_same(before, after))
		return;
	found = mh_definitions_find(live, object->type, object->name);
	actual = found ? found->structure : NULL;
	shown = psprintf("%s %s", object->type, object->name);
	if (is_same(actual, after))
	{
		partial->done++;
		mh_strings_add(&partial->done_objects, shown);
	}
	else if (!is_comparable && found != NULL && !is_same(actual, before) && is_deparsed(found))
		return;
	else
	{
		partial->open++;
		mh_strings_add(&partial->open_objects, shown);
	}
	if (!is_same(actual, after) && !is_same(actual, before))
		partial->begun++;
}

static bool
could_be_next(const MhGraph *graph, int node, const bool *applied)
{
	const MhNodes *below = &graph->nodes[node].ndown;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < below->n; i++)
		if (!applied[below->v[i]])
			return false;
	return !applied[node];
}

static MhPartial
judge_step(const MhExpectations *expectations, int node, const MhExpectedSet *set,
		   const MhDefinitions *live)
{
	MhPartial partial = {.node = node};

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < set->n; i++)
		judge_delta(expectations, &set->deltas[i], live, set->deparser == live->deparser, &partial);
	return partial;
}

MhPartial
mh_locate_partial(const MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
				  const MhDefinitions *live)
{
	MhPartial best = {.node = MH_BASE};
	MhNodes nodes = {0, NULL};
	bool *applied;

	for (int i = 0; i < rows->n; i++)
		if (mh_graph_find(graph, rows->v[i]) != MH_BASE)
			mh_nodes_add(&nodes, mh_graph_find(graph, rows->v[i]));
	applied = mh_graph_ancestors(graph, &nodes);
	for (int i = 0; i < graph->n; i++)
	{
		MhNodes steps = {0, NULL};

		MH_CHECK_INTERRUPTS();
		if (could_be_next(graph, i, applied))
			steps = mh_steps_of(expectations, graph->nodes[i].id);
		for (int j = 0; j < steps.n; j++)
		{
			MhPartial partial = judge_step(expectations, i, &expectations->sets[steps.v[j]], live);

			if (partial.open > 0 && partial.done + partial.begun > best.done + best.begun)
				best = partial;
		}
	}
	pfree(applied);
	return best;
}
