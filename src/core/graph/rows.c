/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  The meaning of the rows of a version table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

bool
mh_rows_resolve(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes, MhError *err)
{
	bool *seen = palloc0(Max(graph->n, 1) * sizeof(bool));
	int kept = 0;

	if (!mh_identify_all(graph, rows, nodes, err))
		return false;
	for (int i = 0; i < nodes->n; i++)
	{
		if (seen[nodes->v[i]])
			continue;
		seen[nodes->v[i]] = true;
		nodes->v[kept++] = nodes->v[i];
	}
	nodes->n = kept;
	pfree(seen);
	return true;
}

/* Dependents do not count as children here. */
bool
mh_current(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes, MhError *err)
{
	bool *applied;
	MhNodes found;

	memset(nodes, 0, sizeof(MhNodes));
	if (!mh_identify_all(graph, rows, &found, err))
		return false;
	applied = mh_graph_ancestors(graph, &found);
	for (int i = 0; i < graph->n; i++)
	{
		const MhNodes *next = &graph->nodes[i].next;
		bool is_tip = applied[i];

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < next->n && is_tip; j++)
			is_tip = !applied[next->v[j]];
		if (is_tip)
			mh_nodes_add(nodes, i);
	}
	pfree(applied);
	return true;
}

/* Judges the text of a row.  A row that stands for several revisions, or for none, is unknown. */
static void
judge_text(const MhGraph *graph, const char *text, MhRow *row)
{
	MhError err = MH_NO_ERROR;
	MhNodes found;

	row->text = text;
	row->node = MH_BASE;
	row->implied_by = -1;
	row->duplicate_of = -1;
	if (text == NULL)
		return;
	row->node = mh_graph_find(graph, text);
	row->is_exact = row->node != MH_BASE;
	if (!row->is_exact && mh_identify(graph, text, &found, &err) && found.n == 1 && found.v[0] >= 0)
		row->node = found.v[0];
}

typedef struct RowKey
{
	const MhRow *row;
	int index;
} RowKey;

static int
compare_row_nodes(const void *a, const void *b)
{
	const RowKey *left = a;
	const RowKey *right = b;
	int order = (left->row->node > right->row->node) - (left->row->node < right->row->node);

	if (order == 0 && left->row->node == MH_BASE)
		order = strcmp(left->row->text ? left->row->text : "",
					   right->row->text ? right->row->text : "");
	return order != 0 ? order : left->index - right->index;
}

static bool
is_same_row(const MhRow *a, const MhRow *b)
{
	if (a->node != b->node || a->text == NULL || b->text == NULL)
		return false;
	return a->node != MH_BASE || strcmp(a->text, b->text) == 0;
}

static void
find_duplicates(MhRow *judged, int n)
{
	RowKey *keys = palloc(Max(n, 1) * sizeof(RowKey));

	for (int i = 0; i < n; i++)
	{
		MH_CHECK_INTERRUPTS();
		keys[i].row = &judged[i];
		keys[i].index = i;
	}
	qsort(keys, n, sizeof(RowKey), compare_row_nodes);
	for (int i = 1; i < n; i++)
	{
		MhRow *row = &judged[keys[i].index];
		int earlier = keys[i - 1].index;

		MH_CHECK_INTERRUPTS();
		if (is_same_row(row, &judged[earlier]))
			row->duplicate_of =
				judged[earlier].duplicate_of >= 0 ? judged[earlier].duplicate_of : earlier;
	}
	pfree(keys);
}

/* Gives every node below the topmost row the index of that row. */
static void
find_implied(const MhGraph *graph, MhRow *judged, int n)
{
	int *row_of = palloc(Max(graph->n, 1) * sizeof(int));
	int *above = palloc(Max(graph->n, 1) * sizeof(int));

	MH_CHECK_INTERRUPTS();
	memset(row_of, -1, graph->n * sizeof(int));
	memset(above, -1, graph->n * sizeof(int));
	for (int i = n - 1; i >= 0; i--)
		if (judged[i].node != MH_BASE)
			row_of[judged[i].node] = i;
	for (int i = graph->n - 1; i >= 0; i--)
	{
		int node = graph->by_rank[i];
		const MhNodes *below = &graph->nodes[node].ndown;
		int top = above[node] >= 0 ? above[node] : row_of[node];

		for (int j = 0; j < below->n && top >= 0; j++)
			if (above[below->v[j]] < 0)
				above[below->v[j]] = top;
	}
	for (int i = 0; i < n; i++)
		if (judged[i].node != MH_BASE)
			judged[i].implied_by = above[judged[i].node];
	pfree(row_of);
	pfree(above);
}

MhRow *
mh_rows_judge(const MhGraph *graph, const MhStrings *rows)
{
	MhRow *judged = palloc0(Max(rows->n, 1) * sizeof(MhRow));

	for (int i = 0; i < rows->n; i++)
		judge_text(graph, rows->v[i], &judged[i]);
	if (rows->n < 2)
		return judged;
	find_duplicates(judged, rows->n);
	find_implied(graph, judged, rows->n);
	return judged;
}

char *
mh_overlap_sentence(const char *upper, const char *lower)
{
	return psprintf("Requested revision %s overlaps with other requested revisions %s", upper,
					lower);
}

MhStrings
mh_rows_maximal(const MhGraph *graph, const MhStrings *rows)
{
	MhRow *judged = mh_rows_judge(graph, rows);
	bool *members = palloc0(Max(graph->n, 1) * sizeof(bool));
	MhStrings texts = {0, NULL};

	for (int i = 0; i < rows->n; i++)
		if (judged[i].node != MH_BASE && !mh_row_is_redundant(&judged[i]))
			members[judged[i].node] = true;
	for (int i = 0; i < graph->n; i++)
		if (members[i])
			mh_strings_add(&texts, graph->nodes[i].id);
	for (int i = 0; i < rows->n; i++)
		if (judged[i].node == MH_BASE && !mh_row_is_redundant(&judged[i]) && judged[i].text != NULL)
			mh_strings_add(&texts, judged[i].text);
	pfree(members);
	return texts;
}
