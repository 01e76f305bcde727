/*-------------------------------------------------------------------------
 *
 * compose.c
 *	  Finds or composes the expectation at rows.
 *
 *-------------------------------------------------------------------------
 */
#include "core/expectation/expectation.h"

/* ---------- where to start from ---------- */

static bool
find_nodes(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes, const char **unknown)
{
	for (int i = 0; i < rows->n; i++)
	{
		int node = mh_graph_find(graph, rows->v[i]);

		*unknown = rows->v[i];
		if (node == MH_BASE)
			return false;
		mh_nodes_add(nodes, node);
	}
	return true;
}

static int
count_members(const bool *members, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += members[i];
	return count;
}

/* Computes once how many revisions each set contains, because locating composes very often. */
static void
measure(MhExpectations *expectations, const MhGraph *graph)
{
	MH_CHECK_INTERRUPTS();
	if (expectations->is_measured)
		return;
	for (int i = 0; i < expectations->n; i++)
	{
		MhExpectedSet *set = &expectations->sets[i];
		MhNodes nodes = {0, NULL};
		const char *unknown;
		bool *members;

		set->applied = -1;
		if (!find_nodes(graph, &set->rows, &nodes, &unknown))
			continue;
		members = mh_graph_ancestors(graph, &nodes);
		set->applied = count_members(members, graph->n);
		pfree(members);
	}
	expectations->is_measured = true;
}

static bool
lies_within(const MhExpectedSet *set, const MhGraph *graph, const bool *applied)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < set->rows.n; i++)
		if (!applied[mh_graph_find(graph, set->rows.v[i])])
			return false;
	return true;
}

/* Returns the set that contains most of the applied revisions and no others, or -1. */
static int
find_base(const MhExpectations *expectations, const MhGraph *graph, const bool *applied)
{
	int best = -1;

	for (int i = 0; i < expectations->n; i++)
	{
		const MhExpectedSet *set = &expectations->sets[i];

		MH_CHECK_INTERRUPTS();
		if (set->applied < 0 || (best >= 0 && set->applied <= expectations->sets[best].applied))
			continue;
		if (lies_within(set, graph, applied))
			best = i;
	}
	return best;
}

int
mh_expected_base(MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
				 const char **revision)
{
	MhNodes nodes = {0, NULL};
	MhNodes below = {0, NULL};
	const char *unknown;
	bool *applied;
	bool *held;
	int base;

	*revision = NULL;
	if (graph == NULL || !find_nodes(graph, rows, &nodes, &unknown))
		return -1;
	measure(expectations, graph);
	applied = mh_graph_ancestors(graph, &nodes);
	base = find_base(expectations, graph, applied);
	if (base < 0 || count_members(applied, graph->n) != expectations->sets[base].applied + 1)
		return base;
	find_nodes(graph, &expectations->sets[base].rows, &below, &unknown);
	held = mh_graph_ancestors(graph, &below);
	for (int i = 0; i < graph->n; i++)
		if (applied[i] && !held[i])
			*revision = graph->nodes[i].id;
	return base;
}

/* ---------- steps ---------- */

static bool
fits(const MhExpectedSet *step, const int *forms)
{
	for (int i = 0; i < step->n; i++)
		if (forms[step->deltas[i].object] != step->deltas[i].before)
			return false;
	return true;
}

static void
do_step(const MhExpectedSet *step, int *forms)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < step->n; i++)
		forms[step->deltas[i].object] = step->deltas[i].after;
}

/*
 * Merges a step into forms, object by object.  Does not change forms if an object cannot be merged.
 */
static bool
merge_step(MhExpectations *expectations, const MhExpectedSet *step, int *forms, char **reason)
{
	int *merged = palloc(Max(step->n, 1) * sizeof(int));

	for (int i = 0; i < step->n; i++)
	{
		const MhDelta *delta = &step->deltas[i];
		const MhObject *object = &expectations->objects[delta->object];
		const char *attribute;

		if (mh_form_merge(expectations, forms[delta->object], delta, &merged[i], &attribute))
			continue;
		*reason =
			psprintf("Revision %s was captured where the %s %s was another%s%s than the other "
					 "applied revisions leave it.",
					 step->revision, object->type, object->name, attribute ? " in its " : "",
					 attribute ? attribute : "");
		pfree(merged);
		return false;
	}
	for (int i = 0; i < step->n; i++)
		forms[step->deltas[i].object] = merged[i];
	pfree(merged);
	return true;
}

static void
note_step(MhExpectations *expectations, int step, MhComposed *composed)
{
	const MhExpectedSet *set = &expectations->sets[step];

	mh_nodes_add(&composed->path, step);
	if (set->format != composed->format)
		composed->format = 0;
	if (set->deparser != composed->deparser)
		composed->deparser = 0;
	for (int i = 0; i < set->schemas.n; i++)
		if (!mh_strings_contain(&composed->schemas, set->schemas.v[i]))
			mh_strings_add(&composed->schemas, set->schemas.v[i]);
}

/*
 * Applies the step of a revision.  If it was captured several times, prefers one that fits without
 * merging.
 */
static bool
apply_revision(MhExpectations *expectations, const char *revision, MhComposed *composed)
{
	MhNodes steps = mh_steps_of(expectations, revision);

	MH_CHECK_INTERRUPTS();
	composed->lacks_step = steps.n == 0;
	if (steps.n == 0)
		composed->reason =
			psprintf("What revision %s changes was not captured as a step of its own.", revision);
	for (int i = 0; i < steps.n; i++)
	{
		if (!fits(&expectations->sets[steps.v[i]], composed->forms))
			continue;
		do_step(&expectations->sets[steps.v[i]], composed->forms);
		note_step(expectations, steps.v[i], composed);
		return true;
	}
	for (int i = 0; i < steps.n; i++)
	{
		if (!merge_step(expectations, &expectations->sets[steps.v[i]], composed->forms,
						&composed->reason))
			continue;
		note_step(expectations, steps.v[i], composed);
		return true;
	}
	return false;
}

/* ---------- composing ---------- */

static bool
take_set(const MhExpectations *expectations, int set, MhComposed *composed)
{
	const MhExpectedSet *taken = &expectations->sets[set];

	composed->forms = mh_expected_forms(expectations, set);
	if (composed->forms == NULL)
	{
		composed->reason = psprintf("What is stored for the rows {%s} does not fit together.",
									mh_strings_join(&taken->rows, ","));
		return false;
	}
	composed->path = mh_expected_path(expectations, set);
	composed->format = taken->format;
	composed->deparser = taken->deparser;
	for (int i = 0; i < taken->schemas.n; i++)
		mh_strings_add(&composed->schemas, taken->schemas.v[i]);
	return true;
}

static bool
compose_from_steps(MhExpectations *expectations, const MhGraph *graph, const bool *applied,
				   MhComposed *composed)
{
	MhNodes nodes = {0, NULL};
	const char *unknown;
	bool done = true;
	bool *held;
	int base;

	measure(expectations, graph);
	base = find_base(expectations, graph, applied);
	if (base < 0)
	{
		composed->reason = pstrdup("No schema was captured at these rows, or at rows below them.");
		composed->lacks_step = true;
		return false;
	}
	if (!take_set(expectations, base, composed))
		return false;
	find_nodes(graph, &expectations->sets[base].rows, &nodes, &unknown);
	held = mh_graph_ancestors(graph, &nodes);
	for (int i = 0; i < graph->n && done; i++)
	{
		int node = graph->by_rank[i];

		MH_CHECK_INTERRUPTS();
		if (applied[node] && !held[node])
			done = apply_revision(expectations, graph->nodes[node].id, composed);
	}
	pfree(held);
	return done;
}

void
mh_composed_free_lists(MhComposed *composed)
{
	if (composed->path.v != NULL)
		pfree(composed->path.v);
	composed->path = (MhNodes){0, NULL};
	mh_strings_free(&composed->schemas);
	composed->schemas = (MhStrings){0, NULL};
}

/* Frees what was composed when it failed; a search composes at each revision. */
static void
discard(MhComposed *composed)
{
	if (composed->forms != NULL)
		pfree(composed->forms);
	composed->forms = NULL;
	mh_composed_free_lists(composed);
}

bool
mh_compose(MhExpectations *expectations, const MhGraph *graph, const MhStrings *rows,
		   MhComposed *composed)
{
	MhNodes nodes = {0, NULL};
	const char *unknown = NULL;
	bool *applied;
	bool done;

	memset(composed, 0, sizeof(MhComposed));
	composed->set = expectations->n == 0 ? -1 : mh_expected_find(expectations, rows);
	if (composed->set >= 0)
		return take_set(expectations, composed->set, composed);
	if (expectations->n == 0)
		composed->reason = pstrdup("No schema was captured.");
	else if (graph == NULL || graph->n == 0)
		composed->reason =
			pstrdup("No schema was captured at these rows, and no scripts are loaded.");
	else if (!find_nodes(graph, rows, &nodes, &unknown))
		composed->reason = psprintf("Revision %s is in no script.", unknown);
	if (composed->reason != NULL || graph == NULL)
		return false;
	applied = mh_graph_ancestors(graph, &nodes);
	done = compose_from_steps(expectations, graph, applied, composed);
	if (done)
		composed->reason = NULL;
	else
		discard(composed);
	pfree(applied);
	return done;
}
