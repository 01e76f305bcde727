/*-------------------------------------------------------------------------
 *
 * inserted.c
 *	  Reports revisions that were inserted below the rows after the rows had passed their
 *	  place.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/wording.h"

/* Returns by node whether the rows contain it. */
static bool *
nodes_of(const MhGraph *graph, const MhStrings *rows)
{
	MhNodes nodes = {0, NULL};
	bool *contained;

	for (int i = 0; i < rows->n; i++)
	{
		int node = mh_graph_find(graph, rows->v[i]);

		MH_CHECK_INTERRUPTS();
		if (node != MH_BASE)
			mh_nodes_add(&nodes, node);
	}
	contained = mh_graph_ancestors(graph, &nodes);
	if (nodes.n > 0)
		pfree(nodes.v);
	return contained;
}

MhNodes
mh_find_inserted(const MhGraph *graph, const MhStrings *rows, const int64 *first_releases)
{
	int64 *earliest = palloc(Max(graph->n, 1) * sizeof(int64)); /* the earliest of those above */
	MhNodes found = {0, NULL};
	bool *applied = nodes_of(graph, rows);

	for (int i = 0; i < graph->n; i++)
		earliest[i] = PG_INT64_MAX;
	for (int i = graph->n - 1; i >= 0; i--)
	{
		int node = graph->by_rank[i];
		MhNodes below = mh_graph_parents(graph, i);
		int64 first = Min(earliest[node], first_releases[node]);

		for (int j = 0; j < below.n && applied[node]; j++)
			earliest[below.v[j]] = Min(earliest[below.v[j]], first);
	}
	for (int i = 0; i < graph->n; i++)
		if (applied[i] && earliest[i] < first_releases[i])
			mh_nodes_add(&found, i);
	pfree(applied);
	pfree(earliest);
	return found;
}

/*
 * Returns by node the earliest time since which the journal shows that the rows contain it; 0: not
 * known.  The journal is long, so it is read once for all revisions.
 */
static int64 *
contained_since(const MhFacts *facts)
{
	int64 *since = palloc0(Max(facts->inserted_n, 1) * sizeof(int64));
	bool *is_open = palloc(Max(facts->inserted_n, 1) * sizeof(bool));
	int open = facts->inserted_n;
	bool *contained;

	for (int i = 0; i < facts->inserted_n; i++)
	{
		is_open[i] = true;
		if (facts->changes_n == 0 && facts->has_watch_triggers)
			since[i] = facts->watched_since;
	}
	for (int i = 0; i < facts->changes_n && open > 0; i++)
	{
		contained = nodes_of(facts->graph, &facts->changes[i].new_rows);
		for (int j = 0; j < facts->inserted_n; j++)
		{
			if (is_open[j] && contained[facts->inserted[j].node])
				since[j] = facts->changes[i].time;
			else if (is_open[j])
			{
				is_open[j] = false;
				open--;
			}
		}
		pfree(contained);
	}
	/* before the first entry the rows were its old rows */
	if (facts->changes_n > 0 && facts->watched_since != 0 && open > 0)
	{
		contained = nodes_of(facts->graph, &facts->changes[facts->changes_n - 1].old_rows);
		for (int i = 0; i < facts->inserted_n; i++)
			if (is_open[i] && contained[facts->inserted[i].node])
				since[i] = Min(since[i], facts->watched_since);
		pfree(contained);
	}
	pfree(is_open);
	return since;
}

/*
 * Returns whether the rows had passed the place of a revision before it was loaded; the journal
 * would otherwise have its step.  Without a journal, a release without the revision must have been
 * loaded after the rows were written, because an upgrade may run before its scripts are loaded.
 */
static bool
is_passed(const MhFacts *facts, const MhInserted *inserted, int64 since)
{
	if (since != 0 && since < inserted->loaded_at)
		return true;
	return facts->changed_at != 0 && facts->changed_at < inserted->loaded_before;
}

static void
add_inserted(MhDiagnosing *d, const MhInserted *inserted, MhTold *told)
{
	const MhFacts *facts = d->facts;
	MhSeverity severity = inserted->is_missing ? MH_CRITICAL : MH_WARNING;
	const MhNode *node = &facts->graph->nodes[inserted->node];
	const char *parent = node->down.n > 0 ? facts->graph->nodes[node->down.v[0]].id : "base";
	MhFinding *finding;

	if (!mh_is_told(told, severity))
		return;
	finding = mh_finding_add(d, severity, MH_STATE_INSERTED_REVISION, MH_STATE_INSERTED_REVISION);
	finding->object = pstrdup(node->id);
	finding->detail =
		psprintf("%s was inserted below the row and was not applied by any recorded "
				 "step%s.",
				 node->id, inserted->is_missing ? "; objects that it makes are missing" : "");
	finding->hint =
		psprintf("in a shell: alembic upgrade %s:%s --sql # shows what did not run -- decide: run "
				 "it by hand, or move the revision above the head; where it was done: %s",
				 mh_shell_word(parent), mh_shell_word(node->id),
				 mh_accepting_call(facts, node->id, "done by hand", MH_STATE_INSERTED_REVISION));
	mh_evidence_list(finding, "rows", &facts->rows);
}

void
mh_judge_inserted(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	int64 *since;
	MhTold told = {{0}};

	if (facts->inserted_n == 0)
		return;
	since = contained_since(facts);
	for (int i = 0; i < facts->inserted_n; i++)
	{
		const MhInserted *inserted = &facts->inserted[i];

		MH_CHECK_INTERRUPTS();
		if (!inserted->is_present &&
			(inserted->is_missing || (!inserted->is_recorded && !inserted->is_accepted &&
									  is_passed(facts, inserted, since[i]))))
			add_inserted(d, inserted, &told);
	}
	mh_tell_rest(d, &told, MH_STATE_INSERTED_REVISION, MH_STATE_INSERTED_REVISION,
				 "revisions were inserted below the row and were not applied by any recorded step",
				 psprintf("SELECT * FROM %s;", mh_project_call(facts, "mighead_history", "")));
	pfree(since);
}
