/*-------------------------------------------------------------------------
 *
 * build.c
 *	  Builds a graph from scripts: names, references and derived relations.
 *
 * The steps have Alembic's order, because that decides which of several errors is reported.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

/* RevisionMap's _revision_illegal_chars, sorted. */
static const char forbidden_characters[] = "+-:@";

static void
add_file_detail(MhError *err, const MhScript *script)
{
	if (script->file_name != NULL)
		mh_fail_detail(err, "The script is \"%s\".", script->file_name);
}

static bool
check_characters(const MhScript *script, MhError *err)
{
	StringInfoData found;

	if (strpbrk(script->revision, forbidden_characters) == NULL)
		return true;
	initStringInfo(&found);
	for (const char *c = forbidden_characters; *c != '\0'; c++)
	{
		if (strchr(script->revision, *c) == NULL)
			continue;
		appendStringInfo(&found, "%s%c", found.len > 0 ? ", " : "", *c);
	}
	mh_fail(err, MHERR_CHARACTER, "Character(s) '%s' not allowed in revision identifier '%s'",
			found.data, script->revision);
	add_file_detail(err, script);
	return false;
}

static bool
check_script(const MhScript *script, MhError *err)
{
	bool down = mh_strings_contain(&script->down_revision, script->revision);

	if (down || mh_strings_contain(&script->depends_on, script->revision))
	{
		mh_fail(err, MHERR_SELF_LOOP, "%s is detected in revisions (%s)",
				down ? "Self-loop" : "Dependency self-loop", script->revision);
		add_file_detail(err, script);
		return false;
	}
	return check_characters(script, err);
}

static bool
enter_ids(MhGraph *graph, MhError *err)
{
	for (int i = 0; i < graph->n; i++)
	{
		const MhScript *script = graph->nodes[i].script;
		const MhScript *other;
		int holder;

		if (mh_name_index_add(graph->names, script->revision, i, &holder))
			continue;
		other = graph->nodes[holder].script;
		mh_fail(err, MHERR_DUPLICATE, "Revision %s is present more than once", script->revision);
		if (script->file_name != NULL && other->file_name != NULL)
			mh_fail_detail(err, "The scripts are \"%s\" and \"%s\".", other->file_name,
						   script->file_name);
		return false;
	}
	return true;
}

/* Enters the labels.  All ids must be entered before, because both share one name space. */
static bool
enter_labels(MhGraph *graph, MhError *err)
{
	for (int i = 0; i < graph->n; i++)
	{
		const MhStrings *labels = &graph->nodes[i].script->branch_labels;

		for (int j = 0; j < labels->n; j++)
		{
			int holder;

			if (mh_name_index_add(graph->names, labels->v[j], i, &holder))
				continue;
			mh_fail(err, MHERR_DUPLICATE,
					"Branch name '%s' in revision %s already used by revision %s", labels->v[j],
					graph->nodes[i].id, graph->nodes[holder].id);
			add_file_detail(err, graph->nodes[i].script);
			return false;
		}
	}
	return true;
}

static bool
fail_dangling(const MhNode *node, const char *reference, MhError *err)
{
	mh_fail(err, MHERR_DANGLING, "Revision %s referenced from %s is not present", reference,
			node->id);
	add_file_detail(err, node->script);
	return false;
}

/*
 * Resolves references, which are exact names.  A dependency may also be a label, a parent may not.
 */
static bool
resolve_references(MhGraph *graph, bool dependencies, MhError *err)
{
	for (int i = 0; i < graph->n; i++)
	{
		MhNode *node = &graph->nodes[i];
		const MhStrings *texts =
			dependencies ? &node->script->depends_on : &node->script->down_revision;
		MhNodes *list = dependencies ? &node->deps : &node->down;

		MH_CHECK_INTERRUPTS();
		if (texts->n == 0)
			continue;
		*list = mh_nodes_with_room(texts->n);
		for (int j = 0; j < texts->n; j++)
		{
			int target = dependencies ? mh_name_index_find(graph->names, texts->v[j])
									  : mh_graph_find(graph, texts->v[j]);

			if (target < 0)
				return fail_dangling(node, texts->v[j], err);
			mh_nodes_add(list, target);
		}
	}
	return true;
}

/*
 * Makes one pass over the edges of list.  Counts (fill false) or enters (fill true) node in the
 * reverse list of each target, once even if it is named twice.
 */
static void
reverse_edges(MhGraph *graph, int node, const MhNodes *list, size_t reverse, int *last, bool fill)
{
	for (int i = 0; i < list->n; i++)
	{
		int target = list->v[i];
		MhNodes *back = (MhNodes *) ((char *) &graph->nodes[target] + reverse);

		if (last[target] == node)
			continue;
		last[target] = node;
		if (fill)
			mh_nodes_add(back, node);
		else
			back->n++;
	}
}

static void
reverse_all(MhGraph *graph, size_t reverse, bool dependencies)
{
	int *last = palloc(Max(graph->n, 1) * sizeof(int));

	for (int fill = 0; fill < 2; fill++)
	{
		MH_CHECK_INTERRUPTS();
		memset(last, -1, graph->n * sizeof(int));
		for (int i = 0; i < graph->n; i++)
		{
			reverse_edges(graph, i, &graph->nodes[i].down, reverse, last, fill);
			if (dependencies)
				reverse_edges(graph, i, &graph->nodes[i].deps, reverse, last, fill);
		}
		for (int i = 0; i < graph->n && !fill; i++)
		{
			MhNodes *back = (MhNodes *) ((char *) &graph->nodes[i] + reverse);

			*back = mh_nodes_with_room(back->n);
		}
	}
	pfree(last);
}

static void
set_flags(MhGraph *graph)
{
	for (int i = 0; i < graph->n; i++)
	{
		MhNode *node = &graph->nodes[i];

		MH_CHECK_INTERRUPTS();
		node->is_head = node->next.n == 0;
		node->is_real_head = node->all_next.n == 0;
		node->is_base = node->down.n == 0;
		node->is_real_base = node->is_base && node->deps.n == 0;
		node->is_branch_point = node->next.n > 1;
		node->is_merge_point = node->down.n > 1;
	}
}

static MhGraph *
start_graph(const MhScript *scripts, int n)
{
	MhGraph *graph = palloc0(sizeof(MhGraph));

	graph->n = n;
	graph->nodes = palloc0(Max(n, 1) * sizeof(MhNode));
	graph->names = mh_name_index_create(n);
	for (int i = 0; i < n; i++)
	{
		MH_CHECK_INTERRUPTS();
		graph->nodes[i].script = &scripts[i];
		graph->nodes[i].id = scripts[i].revision;
		graph->longest_id = Max(graph->longest_id, strlen(scripts[i].revision));
	}
	return graph;
}

MhGraph *
mh_graph_build(const MhScript *scripts, int n, MhError *err)
{
	MhGraph *graph;

	for (int i = 0; i < n; i++)
		if (!check_script(&scripts[i], err))
			return NULL;
	graph = start_graph(scripts, n);
	if (!enter_ids(graph, err) || !enter_labels(graph, err) ||
		!resolve_references(graph, true, err) || !resolve_references(graph, false, err))
		return NULL;
	reverse_all(graph, offsetof(MhNode, next), false);
	reverse_all(graph, offsetof(MhNode, all_next), true);
	set_flags(graph);
	if (!mh_graph_check_cycles(graph, err))
		return NULL;
	mh_graph_rank(graph);
	mh_graph_normalize(graph);
	mh_graph_propagate_labels(graph);
	return graph;
}
