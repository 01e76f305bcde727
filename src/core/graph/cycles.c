/*-------------------------------------------------------------------------
 *
 * cycles.c
 *	  Finds cycles of a graph, and the topological order of one without.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

static const MhNodes *
children(const MhNode *node, bool dependencies)
{
	return dependencies ? &node->all_next : &node->next;
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool
fail_cycle(const MhGraph *graph, const bool *members, bool dependencies, bool sorted, MhError *err)
{
	MhNodes nodes = mh_graph_marked(graph, members);
	MhStrings ids = mh_graph_ids(graph, &nodes);

	if (sorted)
		qsort(ids.v, ids.n, sizeof(char *), compare_ids);
	return mh_fail(err, dependencies ? MHERR_DEPENDENCY_CYCLE : MHERR_CYCLE,
				   "%s is detected in revisions (%s)", dependencies ? "Dependency cycle" : "Cycle",
				   mh_strings_join(&ids, ", "));
}

/*
 * Removes, one by one, nodes that have nothing left below; order receives them.  Returns their
 * number: all nodes, unless there is a cycle.  The queue is first in, first out, so the order is
 * one by rank.
 */
static int
peel(const MhGraph *graph, bool dependencies, int *order)
{
	int *below = palloc0(Max(graph->n, 1) * sizeof(int));
	int taken = 0;

	for (int i = 0; i < graph->n; i++)
	{
		const MhNodes *above = children(&graph->nodes[i], dependencies);

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < above->n; j++)
			below[above->v[j]]++;
	}
	for (int i = 0; i < graph->n; i++)
		if (below[i] == 0)
			order[taken++] = i;
	for (int i = 0; i < taken; i++)
	{
		const MhNodes *above = children(&graph->nodes[order[i]], dependencies);

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < above->n; j++)
			if (--below[above->v[j]] == 0)
				order[taken++] = above->v[j];
	}
	pfree(below);
	return taken;
}

/* Does Alembic's test: a revision outside a cycle is both below a head and above a base. */
static bool
check_reach(const MhGraph *graph, bool dependencies, MhError *err)
{
	MhNodes heads = dependencies ? mh_graph_real_heads(graph) : mh_graph_heads(graph);
	MhNodes bases = mh_graph_bases(graph);
	bool *below_head = palloc0(graph->n * sizeof(bool));
	bool *above_base = palloc0(graph->n * sizeof(bool));
	bool complete = true;

	if (dependencies)
	{
		int kept = 0;

		for (int i = 0; i < bases.n; i++)
			if (graph->nodes[bases.v[i]].is_real_base)
				bases.v[kept++] = bases.v[i];
		bases.n = kept;
	}
	mh_graph_mark(graph, &heads, dependencies ? MH_EDGES_ALL_DOWN : MH_EDGES_DOWN, below_head);
	mh_graph_mark(graph, &bases, dependencies ? MH_EDGES_ALL_NEXT : MH_EDGES_NEXT, above_base);
	for (int i = 0; i < graph->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		below_head[i] = !below_head[i] || !above_base[i] || heads.n == 0 || bases.n == 0;
		complete &= !below_head[i];
	}
	if (complete)
		return true;
	return fail_cycle(graph, below_head, dependencies, heads.n > 0 && bases.n > 0, err);
}

/*
 * Refuses the other cycles.  Alembic does not find a cycle that is both below a head and above a
 * base, and plans as if one of its edges did not exist.
 */
static bool
check_hidden(const MhGraph *graph, bool dependencies, MhError *err)
{
	int *order = palloc(graph->n * sizeof(int));
	bool *left = palloc(graph->n * sizeof(bool));
	int taken = peel(graph, dependencies, order);

	if (taken == graph->n)
		return true;
	memset(left, true, graph->n * sizeof(bool));
	for (int i = 0; i < taken; i++)
		left[order[i]] = false;
	return fail_cycle(graph, left, dependencies, true, err);
}

bool
mh_graph_check_cycles(const MhGraph *graph, MhError *err)
{
	if (graph->n == 0)
		return true;
	return check_reach(graph, false, err) && check_hidden(graph, false, err) &&
		   check_reach(graph, true, err) && check_hidden(graph, true, err);
}

static int
append_parents(MhGraph *graph, int n, const MhNodes *list)
{
	memcpy(graph->parents + n, list->v, list->n * sizeof(int));
	return n + list->n;
}

/*
 * Copies the edges downward.  A walk over the nodes themselves, which lie about in memory, takes
 * thirty times as long.
 */
static void
collect_parents(MhGraph *graph)
{
	int n = 0;

	for (int i = 0; i < graph->n; i++)
		n += graph->nodes[i].down.n + graph->nodes[i].deps.n;
	graph->parents = palloc(Max(n, 1) * sizeof(int));
	graph->parents_end = palloc(Max(graph->n, 1) * sizeof(int));
	n = 0;
	for (int i = 0; i < graph->n; i++)
	{
		const MhNode *node = &graph->nodes[graph->by_rank[i]];

		MH_CHECK_INTERRUPTS();
		if (node->down.n > 0)
			n = append_parents(graph, n, &node->down);
		if (node->deps.n > 0)
			n = append_parents(graph, n, &node->deps);
		graph->parents_end[i] = n;
	}
}

void
mh_graph_rank(MhGraph *graph)
{
	graph->by_rank = palloc(Max(graph->n, 1) * sizeof(int));
	(void) peel(graph, true, graph->by_rank);
	for (int i = 0; i < graph->n; i++)
	{
		int node = graph->by_rank[i];
		const MhNodes *above = &graph->nodes[node].all_next;

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < above->n; j++)
			graph->nodes[above->v[j]].rank =
				Max(graph->nodes[above->v[j]].rank, graph->nodes[node].rank + 1);
	}
	collect_parents(graph);
}
