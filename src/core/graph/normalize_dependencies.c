/*-------------------------------------------------------------------------
 *
 * normalize_dependencies.c
 *	  Normalises dependencies: finds the immediate parents of each revision.
 *
 * A revision loses a dependency if one of its ancestors over down_revision has it too.  For each
 * dependency: of the revisions that have it, those above another of them lose it.  One walk upward
 * from all of them decides.  It need not go higher than the highest of them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

typedef struct Normalizer
{
	MhGraph *graph;
	int *first;     /* per target: where its dependents start */
	int *holders;   /* per dependency: the revision that has it */
	int *slots;     /* the index in the holder's deps */
	bool **dropped; /* per revision and dep; NULL: the revision has none */
	int *seen;      /* per node: the last target whose walk met it */
	int *stack;
} Normalizer;

/* Groups all dependencies by target. */
static void
group_by_target(Normalizer *run)
{
	MhGraph *graph = run->graph;
	int total = 0;

	run->first = palloc0((graph->n + 2) * sizeof(int));
	run->dropped = palloc0(Max(graph->n, 1) * sizeof(bool *));
	for (int i = 0; i < graph->n; i++)
	{
		const MhNodes *deps = &graph->nodes[i].deps;

		MH_CHECK_INTERRUPTS();
		total += deps->n;
		if (deps->n > 0)
			run->dropped[i] = palloc0(deps->n * sizeof(bool));
		for (int j = 0; j < deps->n; j++)
			run->first[deps->v[j] + 2]++;
	}
	for (int i = 0; i < graph->n; i++)
		run->first[i + 2] += run->first[i + 1];
	run->holders = palloc(Max(total, 1) * sizeof(int));
	run->slots = palloc(Max(total, 1) * sizeof(int));
	for (int i = 0; i < graph->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < graph->nodes[i].deps.n; j++)
		{
			int at = run->first[graph->nodes[i].deps.v[j] + 1]++;

			run->holders[at] = i;
			run->slots[at] = j;
		}
	}
}

/* Pushes the nodes above node that were not visited and are not too high. */
static int
push_above(Normalizer *run, int node, int target, int highest, int depth)
{
	const MhNodes *above = &run->graph->nodes[node].next;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < above->n; i++)
	{
		int up = above->v[i];

		if (run->seen[up] == target || run->graph->nodes[up].rank > highest)
			continue;
		run->seen[up] = target;
		run->stack[depth++] = up;
	}
	return depth;
}

static void
normalize_target(Normalizer *run, int target)
{
	int start = run->first[target];
	int end = run->first[target + 1];
	int highest = 0;
	int depth = 0;

	if (end - start < 2)
		return;
	for (int i = start; i < end; i++)
		highest = Max(highest, run->graph->nodes[run->holders[i]].rank);
	for (int i = start; i < end; i++)
		depth = push_above(run, run->holders[i], target, highest, depth);
	while (depth > 0)
	{
		MH_CHECK_INTERRUPTS();
		depth--;
		depth = push_above(run, run->stack[depth], target, highest, depth);
	}
	for (int i = start; i < end; i++)
		if (run->seen[run->holders[i]] == target)
			run->dropped[run->holders[i]][run->slots[i]] = true;
}

/* Appends to ndown the nodes that it does not have yet. */
static void
add_parents(MhNode *node, int self, const MhNodes *list, const bool *dropped, int *last)
{
	for (int i = 0; i < list->n; i++)
	{
		if (last[list->v[i]] == self || (dropped != NULL && dropped[i]))
			continue;
		last[list->v[i]] = self;
		mh_nodes_add(&node->ndown, list->v[i]);
	}
}

void
mh_graph_normalize(MhGraph *graph)
{
	Normalizer run = {graph, NULL, NULL, NULL, NULL, NULL, NULL};

	run.seen = palloc(Max(graph->n, 1) * sizeof(int));
	run.stack = palloc(Max(graph->n, 1) * sizeof(int));
	memset(run.seen, -1, graph->n * sizeof(int));
	group_by_target(&run);
	for (int i = 0; i < graph->n; i++)
		normalize_target(&run, i);
	memset(run.seen, -1, graph->n * sizeof(int));
	for (int i = 0; i < graph->n; i++)
	{
		MhNode *node = &graph->nodes[i];

		MH_CHECK_INTERRUPTS();
		if (node->down.n + node->deps.n == 0)
			continue;
		node->ndown = mh_nodes_with_room(node->down.n + node->deps.n);
		add_parents(node, i, &node->down, NULL, run.seen);
		add_parents(node, i, &node->deps, run.dropped[i], run.seen);
	}
}
