/*-------------------------------------------------------------------------
 *
 * labels.c
 *	  Propagates branch labels (section 1.4 of doc/internals/alembic.md).
 *
 * A label goes to the revision that has it and to all its descendants over down_revision.  If a
 * straight line leads from the revision to its only leaf, the label also goes down from the leaf
 * along that line.  Revisions with the same labels share one list.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

/*
 * Finds the straight lines down from leaves: no merge, no branch and no second dependent between
 * the node and the leaf.
 */
static bool *
find_straight(const MhGraph *graph)
{
	bool *straight = palloc0(Max(graph->n, 1) * sizeof(bool));

	for (int i = graph->n - 1; i >= 0; i--)
	{
		const MhNode *node = &graph->nodes[graph->by_rank[i]];

		straight[graph->by_rank[i]] = node->all_next.n <= 1 && !node->is_merge_point &&
									  (node->next.n == 0 || straight[node->next.v[0]]);
	}
	return straight;
}

/* Appends the pointers.  The texts belong to the scripts. */
static void
append_labels(MhStrings *list, const MhStrings *more)
{
	MhStrings wider;

	if (more->n == 0)
		return;
	wider = mh_strings_with_room(list->n + more->n);
	for (int i = 0; i < list->n; i++)
		mh_strings_push(&wider, list->v[i]);
	for (int i = 0; i < more->n; i++)
		mh_strings_push(&wider, more->v[i]);
	*list = wider;
}

static bool
shares_list(const MhStrings *a, const MhStrings *b)
{
	return a->n == b->n && a->v == b->v;
}

/* Returns the labels inherited from node's parents.  Copies the list only if it must. */
static MhStrings
inherited_labels(const MhGraph *graph, const MhNode *node)
{
	MhStrings labels = {0, NULL};
	const MhStrings *latest = &labels;
	bool merged = false;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < node->down.n; i++)
	{
		const MhStrings *parent = &graph->nodes[node->down.v[i]].labels;

		if (parent->n == 0 || shares_list(latest, parent))
			continue;
		if (labels.n == 0)
			labels = *parent;
		else
		{
			append_labels(&labels, parent);
			merged = true;
		}
		latest = parent;
	}
	if (merged)
		mh_strings_make_set(&labels);
	return labels;
}

void
mh_graph_propagate_labels(MhGraph *graph)
{
	bool *straight = find_straight(graph);

	for (int i = 0; i < graph->n; i++)
	{
		int index = graph->by_rank[i];
		MhNode *node = &graph->nodes[index];
		bool owned = false;

		node->labels = inherited_labels(graph, node);
		if (straight[index] && node->down.n == 1 && straight[node->down.v[0]])
			continue;
		for (const MhNode *source = node;;)
		{
			owned |= source->script->branch_labels.n > 0;
			append_labels(&node->labels, &source->script->branch_labels);
			if (!straight[index] || source->next.n == 0)
				break;
			source = &graph->nodes[source->next.v[0]];
		}
		if (owned)
			mh_strings_make_set(&node->labels);
	}
	pfree(straight);
}

/* Such heads are intended as separate branches. */
bool
mh_are_labelled_apart(const MhGraph *graph, const MhNodes *nodes)
{
	for (int i = 0; i < nodes->n; i++)
	{
		const MhStrings *labels = &graph->nodes[nodes->v[i]].labels;
		bool has_own = false;

		for (int j = 0; j < labels->n && !has_own; j++)
		{
			has_own = true;
			for (int k = 0; k < nodes->n; k++)
				if (k != i && mh_strings_contain(&graph->nodes[nodes->v[k]].labels, labels->v[j]))
					has_own = false;
		}
		if (!has_own)
			return false;
	}
	return true;
}
