/*-------------------------------------------------------------------------
 *
 * walk.c
 *	  Walks a number of steps up or down.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

/*
 * Finds the nodes to which one step up may lead.  marks (NULL until needed) caches the label's
 * lineage.
 */
static bool
step_up(const MhGraph *graph, int node, const char *label, bool **marks, MhNodes *choices,
		MhError *err)
{
	MhNodes all = node == MH_NOTHING ? mh_graph_bases(graph) : graph->nodes[node].next;

	*choices = all;
	if (label == NULL || label[0] == '\0')
		return true;
	if (all.n == 0)
		return mh_filter_lineage(graph, &all, label, false, choices, err);
	if (*marks == NULL)
	{
		if (!mh_lineage_marks(graph, label, false, marks, err))
			return false;
		if (*marks == NULL)
			return true;
	}
	memset(choices, 0, sizeof(MhNodes));
	for (int i = 0; i < all.n; i++)
		if ((*marks)[all.v[i]])
			mh_nodes_add(choices, all.v[i]);
	return true;
}

/*
 * Finds the nodes to which one step down leads.  Below a base comes base; from nothing, the heads.
 */
static void
step_down(const MhGraph *graph, int node, MhNodes *choices)
{
	memset(choices, 0, sizeof(MhNodes));
	if (node == MH_BASE)
		return;
	*choices = node == MH_NOTHING ? mh_graph_heads(graph) : graph->nodes[node].down;
	if (choices->n == 0)
		*choices = mh_nodes_one(MH_BASE);
}

bool
mh_walk(const MhGraph *graph, int start, int steps, const char *label, bool overwalk, int *end,
		MhError *err)
{
	bool *marks = NULL;

	*end = start;
	for (int left = abs(steps); left > 0; left--)
	{
		MhNodes choices;

		if (steps < 0)
			step_down(graph, *end, &choices);
		else if (!step_up(graph, *end, label, &marks, &choices, err))
			return false;
		if (choices.n == 0)
		{
			if (!overwalk)
				*end = MH_NOTHING;
			return true;
		}
		if (choices.n > 1)
			return mh_fail(err, MHERR_RELATIVE, "Ambiguous walk");
		*end = choices.v[0];
	}
	return true;
}
