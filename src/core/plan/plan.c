/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  Plans what upgrade and downgrade would run, and the rows after each step.
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan/plan.h"

#include "core/graph/graph.h"
#include "core/plan/plan_private.h"

/* The rows while a plan runs: maximal applied revisions, in load order. */
typedef struct RowSet
{
	const MhGraph *graph;
	MhNodes nodes;
	int *applied_children; /* per node: applied revisions with it in ndown */
} RowSet;

static RowSet
start_rows(const MhGraph *graph, const bool *applied)
{
	RowSet rows = {graph, mh_graph_maximal(graph, applied), NULL};

	rows.applied_children = palloc0(Max(graph->n, 1) * sizeof(int));
	for (int i = 0; i < graph->n; i++)
		for (int j = 0; j < graph->nodes[i].ndown.n && applied[i]; j++)
			rows.applied_children[graph->nodes[i].ndown.v[j]]++;
	return rows;
}

/* Returns the position of node in the rows, or where it would be inserted. */
static int
row_position(const RowSet *rows, int node)
{
	int low = 0;
	int high = rows->nodes.n;

	MH_CHECK_INTERRUPTS();
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (rows->nodes.v[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
insert_row(RowSet *rows, int node)
{
	int at = row_position(rows, node);
	int *v;

	mh_nodes_add(&rows->nodes, node);
	v = rows->nodes.v;
	memmove(v + at + 1, v + at, (rows->nodes.n - 1 - at) * sizeof(int));
	v[at] = node;
}

static void
delete_row(RowSet *rows, int node)
{
	int at = row_position(rows, node);
	int *v = rows->nodes.v;

	if (at == rows->nodes.n || v[at] != node)
		return;
	memmove(v + at, v + at + 1, (rows->nodes.n - at - 1) * sizeof(int));
	rows->nodes.n--;
}

/*
 * Applies a step to the rows.  Only direct parents can have been maximal; all else is below one of
 * them.
 */
static void
apply_step(RowSet *rows, int node)
{
	const MhNodes *below = &rows->graph->nodes[node].ndown;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < below->n; i++)
	{
		rows->applied_children[below->v[i]]++;
		delete_row(rows, below->v[i]);
	}
	insert_row(rows, node);
}

static void
revert_step(RowSet *rows, int node)
{
	const MhNodes *below = &rows->graph->nodes[node].ndown;

	MH_CHECK_INTERRUPTS();
	delete_row(rows, node);
	for (int i = 0; i < below->n; i++)
		if (--rows->applied_children[below->v[i]] == 0)
			insert_row(rows, below->v[i]);
}

/* Fills the plan.  steps: in the order of running; applied: the state before. */
static void
fill_plan(const MhGraph *graph, const MhNodes *steps, const bool *applied, bool up, bool with_rows,
		  MhPlan *plan)
{
	RowSet rows;

	plan->n = steps->n;
	plan->steps = palloc0(Max(steps->n, 1) * sizeof(MhStep));
	if (with_rows)
		rows = start_rows(graph, applied);
	for (int i = 0; i < steps->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		plan->steps[i].node = steps->v[i];
		if (!with_rows)
			continue;
		if (up)
			apply_step(&rows, steps->v[i]);
		else
			revert_step(&rows, steps->v[i]);
		plan->steps[i].rows_after = mh_graph_ids(graph, &rows.nodes);
	}
}

static void
reverse_nodes(MhNodes *list)
{
	for (int i = 0, j = list->n - 1; i < j; i++, j--)
	{
		int node = list->v[i];

		list->v[i] = list->v[j];
		list->v[j] = node;
	}
}

/* Refuses a:b, which Alembic's command line accepts only with --sql. */
static bool
refuse_range(const char *target, MhError *err)
{
	if (strchr(target, ':') == NULL)
		return true;
	return mh_fail(err, MHERR_RANGE, "Range revision not allowed");
}

static bool
fail_overlap(const MhGraph *graph, int node, const bool *met, const bool *requested, MhError *err)
{
	StringInfoData others;

	initStringInfo(&others);
	for (int i = 0; i < graph->n; i++)
		if (met[i] && requested[i] && i != node)
			appendStringInfo(&others, "%s%s", others.len > 0 ? ", " : "", graph->nodes[i].id);
	return mh_fail(err, MHERR_OVERLAP, "%s",
				   mh_overlap_sentence(graph->nodes[node].id, others.data));
}

static bool *
overlapping_ancestors(const MhGraph *graph, int node)
{
	MhNodes one = mh_nodes_one(node);

	return mh_graph_ancestors(graph, &one);
}

/* Fails if one of the nodes is an ancestor of another. */
static bool
fail_if_overlapping(const MhGraph *graph, const MhNodes *nodes, MhError *err)
{
	bool *requested = palloc0(Max(graph->n, 1) * sizeof(bool));
	bool *holds_requested = palloc0(Max(graph->n, 1) * sizeof(bool));
	int found = 0;

	for (int i = 0; i < nodes->n; i++)
		requested[nodes->v[i]] = true;
	/* Lowest first, so one pass is enough. */
	for (int i = 0; i < graph->n; i++)
	{
		int node = graph->by_rank[i];
		MhNodes below = mh_graph_parents(graph, i);

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < below.n; j++)
			holds_requested[node] |= requested[below.v[j]] || holds_requested[below.v[j]];
	}
	while (found < nodes->n && !holds_requested[nodes->v[found]])
		found++;
	if (found < nodes->n)
		(void) fail_overlap(graph, nodes->v[found], overlapping_ancestors(graph, nodes->v[found]),
							requested, err);
	pfree(requested);
	pfree(holds_requested);
	return found < nodes->n;
}

bool *
mh_ancestors_checked(const MhGraph *graph, const MhNodes *nodes, MhError *err)
{
	if (nodes->n > 1 && fail_if_overlapping(graph, nodes, err))
		return NULL;
	return mh_graph_ancestors(graph, nodes);
}

/* Orders the members that are not applied yet, in the order of running. */
static bool
order_missing(const MhGraph *graph, bool *needed, const bool *applied, const MhNodes *targets,
			  MhNodes *steps, MhError *err)
{
	for (int i = 0; i < graph->n; i++)
		needed[i] &= !applied[i];
	if (!mh_graph_order(graph, needed, targets, steps))
		return mh_fail(err, MHERR_RANGE, "Dependency resolution failed; broken map");
	reverse_nodes(steps);
	return true;
}

bool
mh_upgrade_plan(const MhGraph *graph, const MhStrings *rows, const char *target, bool with_rows,
				MhPlan *plan, MhError *err)
{
	MhNodes targets;
	MhNodes current;
	MhNodes steps;
	bool *needed;
	bool *applied;

	memset(plan, 0, sizeof(MhPlan));
	if (!refuse_range(target, err))
		return false;
	if (!mh_upgrade_targets(graph, rows, target, false, &targets, err))
		return mh_reword_multiple_heads(err, target);
	needed = mh_ancestors_checked(graph, &targets, err);
	if (needed == NULL)
		return false;
	if (!mh_identify_all(graph, rows, &current, err))
		return mh_reword_multiple_heads(err, target);
	applied = mh_ancestors_checked(graph, &current, err);
	if (applied == NULL || !order_missing(graph, needed, applied, &targets, &steps, err))
		return false;
	fill_plan(graph, &steps, applied, true, with_rows, plan);
	return true;
}

/*
 * Counts the roots.  For a downgrade to base, Alembic counts each root once more for each branch
 * label that its script has.
 */
static int
count_roots(const MhGraph *graph, const MhNodes *roots, bool from_base)
{
	int count = roots->n;

	for (int i = 0; i < roots->n && from_base; i++)
		count += graph->nodes[roots->v[i]].script->branch_labels.n;
	return count;
}

/* Finds the roots of a downgrade: section 1.10 of doc/internals/alembic.md, steps 2 and 3. */
static bool
downgrade_roots(const MhGraph *graph, int target, const char *label, MhNodes *roots, MhError *err)
{
	bool *below;
	MhNodes branch;
	MhNodes kept = {0, NULL};
	int node;

	*roots = target < 0 ? mh_graph_bases(graph) : graph->nodes[target].next;
	if (label == NULL || label[0] == '\0' || count_roots(graph, roots, target < 0) < 2)
		return true;
	if (!mh_lookup_branch(graph, label, &node, err))
		return false;
	branch = mh_nodes_one(node);
	below = palloc0(graph->n * sizeof(bool));
	mh_graph_mark(graph, &branch, MH_EDGES_DOWN, below);
	for (int i = 0; i < roots->n; i++)
		if (below[roots->v[i]])
			mh_nodes_add(&kept, roots->v[i]);
	*roots = kept;
	if (kept.n == 0)
		return mh_fail(err, MHERR_RANGE, "Not a valid downgrade target from current heads");
	return true;
}

static bool
fail_nothing_to_drop(const MhGraph *graph, const char *target, int node, MhError *err)
{
	mh_fail(err, MHERR_RANGE, "Destination %s is not a valid downgrade target from current head(s)",
			target);
	mh_fail_detail(err, "Nothing above revision %s is applied, nor is it itself current.",
				   graph->nodes[node].id);
	return false;
}

bool
mh_downgrade_plan(const MhGraph *graph, const MhStrings *rows, const char *target, bool with_rows,
				  MhPlan *plan, MhError *err)
{
	MhNodes roots;
	MhNodes current;
	MhNodes steps;
	bool *doomed;
	bool *applied;
	bool any = false;
	char *label;
	int node;

	memset(plan, 0, sizeof(MhPlan));
	if (!refuse_range(target, err))
		return false;
	if (!mh_downgrade_target(graph, rows, target, false, &label, &node, &plan->warnings, err) ||
		!downgrade_roots(graph, node, label, &roots, err) ||
		!mh_identify_all(graph, rows, &current, err))
		return mh_reword_multiple_heads(err, target);
	doomed = mh_graph_descendants(graph, &roots, false);
	applied = mh_graph_ancestors(graph, &current);
	for (int i = 0; i < graph->n; i++)
	{
		doomed[i] &= applied[i];
		any |= doomed[i];
	}
	if (!any && node >= 0 && !mh_nodes_contain(&current, node))
		return fail_nothing_to_drop(graph, target, node, err);
	if (!mh_graph_order(graph, doomed, &current, &steps))
		return mh_fail(err, MHERR_RANGE, "Dependency resolution failed; broken map");
	fill_plan(graph, &steps, applied, false, with_rows, plan);
	return true;
}
