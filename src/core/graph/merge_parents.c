/*-------------------------------------------------------------------------
 *
 * merge_parents.c
 *	  Checks the revisions that "alembic merge" would merge, and the new id.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph.h"

#define ERR_INVALID_PARAMETER "22023"

static bool
check_parents(const MhGraph *graph, const MhNodes *parents, MhError *err)
{
	bool *seen = palloc0(Max(graph->n, 1) * sizeof(bool));

	for (int i = 0; i < parents->n; i++)
	{
		if (seen[parents->v[i]])
			return mh_fail(err, ERR_INVALID_PARAMETER, "Duplicate head revisions specified");
		seen[parents->v[i]] = true;
	}
	for (int i = 0; i < parents->n; i++)
	{
		const MhNode *node = &graph->nodes[parents->v[i]];

		if (!node->is_head)
			return mh_fail(err, ERR_INVALID_PARAMETER,
						   "Revision %s is not a head revision; please specify --splice to create "
						   "a new branch from this revision",
						   node->id);
	}
	return true;
}

/* For several heads Alembic's text for "head" is right for upgrade, but not for merge. */
bool
mh_merge_parents(const MhGraph *graph, const MhStrings *identifiers, MhNodes *parents, MhError *err)
{
	memset(parents, 0, sizeof(MhNodes));
	for (int i = 0; i < identifiers->n; i++)
	{
		MhNodes nodes;

		MH_CHECK_INTERRUPTS();
		if (!mh_resolve(graph, identifiers->v[i], &nodes, err))
		{
			if (strcmp(err->sqlstate, MHERR_MULTIPLE_HEADS) == 0)
				err->message = pstrdup("Multiple heads are present; please specify the head "
									   "revision on which the new revision should be based, or "
									   "perform a merge.");
			return false;
		}
		for (int j = 0; j < nodes.n; j++)
			mh_nodes_add(parents, nodes.v[j]);
	}
	return check_parents(graph, parents, err);
}

/*
 * Builds a graph of the new revision, because that has the rules.  It has no parents, because a
 * parent with its id would be reported as a loop first.
 */
bool
mh_check_new_id(const MhScript *scripts, int n, char *revision, MhError *err)
{
	MhScript *all = palloc((n + 1) * sizeof(MhScript));
	MhScript added = {0};

	added.revision = revision;
	added.message = "";
	if (n > 0)
		memcpy(all, scripts, n * sizeof(MhScript));
	all[n] = added;
	return mh_graph_build(all, n + 1, err) != NULL;
}
