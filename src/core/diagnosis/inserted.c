/*-------------------------------------------------------------------------
 *
 * inserted.c
 *	  Revisions that came below the rows after these had passed their place.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

MhNodes
mh_find_inserted(const MhGraph *graph, const MhStrings *rows, const int64 *first_releases)
{
	int64 *earliest = palloc(Max(graph->n, 1) * sizeof(int64)); /* of those above */
	MhNodes nodes = {0, NULL};
	MhNodes found = {0, NULL};
	bool *applied;

	for (int i = 0; i < rows->n; i++)
	{
		int node = mh_graph_find(graph, rows->v[i]);

		if (node != MH_BASE)
			mh_nodes_add(&nodes, node);
	}
	applied = mh_graph_ancestors(graph, &nodes);
	for (int i = 0; i < graph->n; i++)
		earliest[i] = PG_INT64_MAX;
	for (int i = graph->n - 1; i >= 0; i--)
	{
		int node = graph->by_rank[i];
		const MhNodes *below = &graph->nodes[node].ndown;
		int64 first = Min(earliest[node], first_releases[node]);

		for (int j = 0; j < below->n && applied[node]; j++)
			earliest[below->v[j]] = Min(earliest[below->v[j]], first);
	}
	for (int i = 0; i < graph->n; i++)
		if (applied[i] && earliest[i] < first_releases[i])
			mh_nodes_add(&found, i);
	pfree(applied);
	pfree(earliest);
	return found;
}

static bool
contain(const MhGraph *graph, const MhStrings *rows, int node)
{
	for (int i = 0; i < rows->n; i++)
	{
		int row = mh_graph_find(graph, rows->v[i]);

		if (row == node || (row != MH_BASE && mh_graph_is_ancestor(graph, node, row)))
			return true;
	}
	return false;
}

/* Since when at least the rows have contained the revision, by the journal; 0: not known. */
static int64
contained_since(const MhFacts *facts, int node)
{
	int64 since = 0;

	if (facts->changes_n == 0)
		return facts->has_watch_triggers ? facts->watched_since : 0;
	for (int i = 0; i < facts->changes_n; i++)
	{
		if (!contain(facts->graph, &facts->changes[i].new_rows, node))
			return since;
		since = facts->changes[i].time;
	}
	/* before the first entry the rows were what it replaced */
	if (facts->watched_since != 0 &&
		contain(facts->graph, &facts->changes[facts->changes_n - 1].old_rows, node))
		return Min(since, facts->watched_since);
	return since;
}

/*
 * Had the rows passed its place before it was there?  The journal would have a step of it
 * then.  Without a journal a release without the revision has to have been loaded after the
 * rows were written: an upgrade may go before the load of its scripts.
 */
static bool
is_passed(const MhFacts *facts, const MhInserted *inserted)
{
	int64 since = contained_since(facts, inserted->node);

	if (since != 0 && since < inserted->loaded_at)
		return true;
	return facts->changed_at != 0 && facts->changed_at < inserted->loaded_before;
}

static void
add_inserted(MhDiagnosing *d, const MhInserted *inserted)
{
	const MhFacts *facts = d->facts;
	const MhNode *node = &facts->graph->nodes[inserted->node];
	const char *parent = node->down.n > 0 ? facts->graph->nodes[node->down.v[0]].id : "base";
	MhFinding *finding = mh_finding_add(d, inserted->is_missing ? MH_CRITICAL : MH_WARNING,
										MH_STATE_INSERTED_REVISION, MH_STATE_INSERTED_REVISION);

	finding->object = pstrdup(node->id);
	finding->detail =
		psprintf("%s was inserted below the row and was not applied by any recorded "
				 "step%s.",
				 node->id, inserted->is_missing ? "; objects that it makes are missing" : "");
	finding->hint =
		psprintf("alembic upgrade %s:%s --sql -- shows what did not run; when it has "
				 "been done: SELECT %s;",
				 mh_shell_word(parent), mh_shell_word(node->id),
				 mh_project_call(facts, "mighead_ignore",
								 psprintf("%s, reason => %s, attribute => %s",
										  mh_text_value(node->id), mh_text_value("done by hand"),
										  mh_text_value(MH_STATE_INSERTED_REVISION))));
	mh_evidence_list(finding, "rows", &facts->rows);
}

void
mh_judge_inserted(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;

	for (int i = 0; i < facts->inserted_n; i++)
	{
		const MhInserted *inserted = &facts->inserted[i];

		if (inserted->is_missing && !inserted->is_present)
			add_inserted(d, inserted);
		else if (!inserted->is_recorded && !inserted->is_accepted && !inserted->is_present &&
				 is_passed(facts, inserted))
			add_inserted(d, inserted);
	}
}
