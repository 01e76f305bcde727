/*-------------------------------------------------------------------------
 *
 * graph.c
 *	  Relations between the revisions of a graph: which are above and below which.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

MhNodes
mh_nodes_one(int node)
{
	MhNodes list = {0, NULL};

	mh_nodes_add(&list, node);
	return list;
}

bool
mh_nodes_contain(const MhNodes *list, int node)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < list->n; i++)
		if (list->v[i] == node)
			return true;
	return false;
}

int
mh_graph_find(const MhGraph *graph, const char *id)
{
	int node = mh_name_index_find(graph->names, id);

	/* A label has an entry of its own in the same table. */
	return node >= 0 && strcmp(graph->nodes[node].id, id) == 0 ? node : MH_BASE;
}

static MhNodes
nodes_where(const MhGraph *graph, size_t flag)
{
	MhNodes list = {0, NULL};

	for (int i = 0; i < graph->n; i++)
		if (*(bool *) ((char *) &graph->nodes[i] + flag))
			mh_nodes_add(&list, i);
	return list;
}

MhNodes
mh_graph_heads(const MhGraph *graph)
{
	return nodes_where(graph, offsetof(MhNode, is_head));
}

MhNodes
mh_graph_real_heads(const MhGraph *graph)
{
	return nodes_where(graph, offsetof(MhNode, is_real_head));
}

MhNodes
mh_graph_bases(const MhGraph *graph)
{
	return nodes_where(graph, offsetof(MhNode, is_base));
}

MhNodes
mh_graph_marked(const MhGraph *graph, const bool *marks)
{
	MhNodes list = {0, NULL};

	for (int i = 0; i < graph->n; i++)
		if (marks[i])
			mh_nodes_add(&list, i);
	return list;
}

/* Marks the nodes of list that are not marked yet, and pushes them on the stack. */
static int
push_unmarked(const MhNodes *list, bool *marks, int *stack, int depth)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < list->n; i++)
	{
		if (marks[list->v[i]])
			continue;
		marks[list->v[i]] = true;
		stack[depth++] = list->v[i];
	}
	return depth;
}

void
mh_graph_mark(const MhGraph *graph, const MhNodes *start, MhEdges edges, bool *marks)
{
	int *stack = palloc(Max(graph->n, 1) * sizeof(int));
	int depth = push_unmarked(start, marks, stack, 0);

	while (depth > 0)
	{
		const MhNode *node = &graph->nodes[stack[--depth]];

		MH_CHECK_INTERRUPTS();
		switch (edges)
		{
			case MH_EDGES_ALL_DOWN:
				depth = push_unmarked(&node->deps, marks, stack, depth);
				depth = push_unmarked(&node->down, marks, stack, depth);
				break;
			case MH_EDGES_DOWN:
				depth = push_unmarked(&node->down, marks, stack, depth);
				break;
			case MH_EDGES_NEXT:
				depth = push_unmarked(&node->next, marks, stack, depth);
				break;
			case MH_EDGES_ALL_NEXT:
				depth = push_unmarked(&node->all_next, marks, stack, depth);
				break;
		}
	}
	pfree(stack);
}

/*
 * Passes what is marked on to the parents, from the newest node to the oldest.  Over all parents, or
 * over ndown, is the same: normalisation drops only dependencies that an ancestor has.
 */
bool *
mh_graph_ancestors(const MhGraph *graph, const MhNodes *nodes)
{
	bool *marks = palloc0(Max(graph->n, 1) * sizeof(bool));

	for (int i = 0; i < nodes->n; i++)
		marks[nodes->v[i]] = true;
	for (int i = graph->n - 1; i >= 0 && nodes->n > 0; i--)
	{
		MhNodes parents = mh_graph_parents(graph, i);

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < parents.n && marks[graph->by_rank[i]]; j++)
			marks[parents.v[j]] = true;
	}
	return marks;
}

bool *
mh_graph_descendants(const MhGraph *graph, const MhNodes *nodes, bool versioned_only)
{
	bool *marks = palloc0(Max(graph->n, 1) * sizeof(bool));

	mh_graph_mark(graph, nodes, versioned_only ? MH_EDGES_NEXT : MH_EDGES_ALL_NEXT, marks);
	return marks;
}

/* A node of smaller rank cannot lead to the ancestor, so the walk does not go below its rank. */
bool
mh_graph_is_ancestor(const MhGraph *graph, int ancestor, int descendant)
{
	bool *seen;
	int *stack;
	int depth = 0;
	int floor = graph->nodes[ancestor].rank;
	bool found;

	if (ancestor == descendant || graph->nodes[descendant].rank <= floor)
		return false;
	seen = palloc0(graph->n * sizeof(bool));
	stack = palloc(graph->n * sizeof(int));
	stack[depth++] = descendant;
	while (depth > 0 && !seen[ancestor])
	{
		const MhNodes *below = &graph->nodes[stack[--depth]].ndown;

		MH_CHECK_INTERRUPTS();
		for (int i = 0; i < below->n; i++)
		{
			int node = below->v[i];

			if (seen[node] || (graph->nodes[node].rank <= floor && node != ancestor))
				continue;
			seen[node] = true;
			stack[depth++] = node;
		}
	}
	found = seen[ancestor];
	pfree(seen);
	pfree(stack);
	return found;
}

MhStrings
mh_graph_ids(const MhGraph *graph, const MhNodes *nodes)
{
	MhStrings ids = mh_strings_with_room(nodes->n);

	for (int i = 0; i < nodes->n; i++)
		mh_strings_push(&ids, graph->nodes[nodes->v[i]].id);
	return ids;
}

MhNodes
mh_graph_maximal(const MhGraph *graph, const bool *members)
{
	bool *covered = palloc0(Max(graph->n, 1) * sizeof(bool));
	MhNodes maximal = {0, NULL};

	for (int i = graph->n - 1; i >= 0; i--)
	{
		int node = graph->by_rank[i];
		MhNodes below = mh_graph_parents(graph, i);

		MH_CHECK_INTERRUPTS();
		if (!members[node] && !covered[node])
			continue;
		for (int j = 0; j < below.n; j++)
			covered[below.v[j]] = true;
	}
	for (int i = 0; i < graph->n; i++)
		if (members[i] && !covered[i])
			mh_nodes_add(&maximal, i);
	pfree(covered);
	return maximal;
}
