/*-------------------------------------------------------------------------
 *
 * below.c
 *	  Finds what is below revisions that only another release has.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph.h"

static int
compare_scripts(const void *left, const void *right)
{
	return strcmp((*(const MhScript *const *) left)->revision,
				  (*(const MhScript *const *) right)->revision);
}

static int
compare_id(const void *id, const void *script)
{
	return strcmp(id, (*(const MhScript *const *) script)->revision);
}

/* The retired scripts, sorted by id, and the walk through them. */
typedef struct Walk
{
	const MhScript **sorted;
	int n;
	bool *seen;
	MhNodes todo;
} Walk;

static Walk
begin_walk(const MhScript *const *retired, int n)
{
	Walk walk = {palloc(n * sizeof(MhScript *)), n, palloc0(n * sizeof(bool)), {0, NULL}};

	memcpy(walk.sorted, retired, n * sizeof(MhScript *));
	qsort(walk.sorted, n, sizeof(MhScript *), compare_scripts);
	return walk;
}

static void
visit(Walk *walk, const char *id)
{
	const MhScript **found = bsearch(id, walk->sorted, walk->n, sizeof(MhScript *), compare_id);

	if (found == NULL || walk->seen[found - walk->sorted])
		return;
	walk->seen[found - walk->sorted] = true;
	mh_nodes_add(&walk->todo, (int) (found - walk->sorted));
}

void
mh_graph_add_below(const MhGraph *graph, const MhScript *const *retired, int n,
				   const MhStrings *rows, MhNodes *nodes)
{
	Walk walk;

	if (n == 0 || rows->n == 0)
		return;
	walk = begin_walk(retired, n);
	for (int i = 0; i < rows->n; i++)
		if (mh_graph_find(graph, rows->v[i]) == MH_BASE)
			visit(&walk, rows->v[i]);
	for (int i = 0; i < walk.todo.n; i++)
	{
		const MhStrings *down = &walk.sorted[walk.todo.v[i]]->down_revision;

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < down->n; j++)
		{
			int node = mh_graph_find(graph, down->v[j]);

			if (node != MH_BASE)
				mh_nodes_add(nodes, node);
			visit(&walk, down->v[j]);
		}
	}
	pfree(walk.seen);
	pfree(walk.sorted);
}
