/*-------------------------------------------------------------------------
 *
 * history.c
 *	  alembic history -r RANGE (section 1.11 of doc/internals/alembic.md).
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph.h"
#include "core/plan/plan.h"
#include "core/plan/plan_private.h"

/*
 * One end of a range: an identifier, or the rows if it is "current".  shown is how Alembic writes
 * it in errors.
 */
typedef struct RangeEnd
{
	MhStrings texts;
	bool is_rows;
	const char *shown;
} RangeEnd;

static bool
is_python_blank(char c)
{
	return (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= ' ');
}

/* Returns a Python tuple of strings, which is how Alembic's texts show rows. */
static char *
show_tuple(const MhStrings *texts)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '(');
	for (int i = 0; i < texts->n; i++)
	{
		char quote =
			strchr(texts->v[i], '\'') != NULL && strchr(texts->v[i], '"') == NULL ? '"' : '\'';

		appendStringInfo(&buf, "%s%c%s%c", i > 0 ? ", " : "", quote, texts->v[i], quote);
	}
	appendStringInfoString(&buf, texts->n == 1 ? ",)" : ")");
	return buf.data;
}

static RangeEnd
end_of_text(const char *text)
{
	RangeEnd end = {{0, NULL}, false, text};

	mh_strings_add(&end.texts, text);
	return end;
}

/*
 * Returns the end of a range for the rows.  No rows are false in Python, so the default is used
 * then.
 */
static RangeEnd
end_of_rows(const MhStrings *rows, const char *otherwise)
{
	RangeEnd end = {*rows, true, NULL};

	if (rows->n == 0)
		return end_of_text(otherwise);
	end.shown = show_tuple(rows);
	return end;
}

static bool
split_range(const char *range, const MhStrings *rows, RangeEnd *lower, RangeEnd *upper,
			MhError *err)
{
	const char *colon = strchr(range, ':');
	const char *end = range + strlen(range);
	char *from;
	char *to;

	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		return mh_fail(err, MHERR_RANGE,
					   "History range requires [start]:[end], [start]:, or :[end]");
	while (range < colon && is_python_blank(*range))
		range++;
	while (end > colon + 1 && is_python_blank(end[-1]))
		end--;
	from = pnstrdup(range, colon - range);
	to = pnstrdup(colon + 1, end - colon - 1);
	*lower = end_of_text(from[0] == '\0' ? "base" : from);
	*upper = end_of_text(to[0] == '\0' ? "heads" : to);
	/* Alembic evaluates the upper end first and takes only one of the ends as rows. */
	if (strcmp(to, "current") == 0)
		*upper = end_of_rows(rows, "heads");
	else if (strcmp(from, "current") == 0)
		*lower = end_of_rows(rows, "base");
	return true;
}

static bool
upper_targets(const MhGraph *graph, const RangeEnd *lower, const RangeEnd *upper, MhNodes *targets,
			  MhError *err)
{
	if (upper->is_rows)
		return mh_identify_all(graph, &upper->texts, targets, err);
	return mh_upgrade_targets(graph, &lower->texts, upper->texts.v[0], true, targets, err);
}

/* Finds the label of a lower end such as label@base.  It restricts history to that branch. */
static bool
branch_of_lower(const MhGraph *graph, const char *text, const char **branch, MhError *err)
{
	const MhNode *found;
	char *label = pnstrdup(text, strchr(text, '@') - text);
	int node;

	*branch = label;
	if (!mh_identify_one(graph, label, &node, err))
		return false;
	if (node < 0)
		return true;
	found = &graph->nodes[node];
	if (strcmp(found->id, label) != 0)
		return true;
	if (found->labels.n != 1)
		return mh_fail(err, MHERR_RANGE,
					   "Revision %s cannot stand for a branch, as it has %d branch labels", label,
					   found->labels.n);
	*branch = found->labels.v[0];
	return true;
}

static bool
restrict_targets(const MhGraph *graph, const RangeEnd *lower, MhNodes *targets, MhError *err)
{
	const char *branch;
	int kept = 0;

	if (lower->is_rows || strchr(lower->texts.v[0], '@') == NULL)
		return true;
	if (!branch_of_lower(graph, lower->texts.v[0], &branch, err))
		return false;
	for (int i = 0; i < targets->n; i++)
		if (mh_strings_contain(&graph->nodes[targets->v[i]].labels, branch))
			targets->v[kept++] = targets->v[i];
	targets->n = kept;
	return true;
}

static bool
fail_range(const RangeEnd *lower, const RangeEnd *upper, const char *detail, MhError *err)
{
	mh_fail(err, MHERR_RANGE,
			"Requested range %s:%s does not refer to ancestor/descendant revisions along the "
			"same branch",
			lower->shown, upper->shown);
	mh_fail_detail(err, "%s", detail);
	return false;
}

static bool
fail_not_ancestor(const RangeEnd *lower, const RangeEnd *upper, MhError *err)
{
	return fail_range(
		lower, upper,
		psprintf("Revision %s is not an ancestor of revision %s", lower->shown, upper->shown), err);
}

/* Evaluates a lower -N that went below a base again, relative to the upper end. */
static bool
reread_lower(const MhGraph *graph, const RangeEnd *lower, const RangeEnd *upper, MhNodes *bound,
			 MhError *err)
{
	MhStrings warnings = {0, NULL};
	char *label;
	int node;

	if (lower->is_rows)
		return fail_not_ancestor(lower, upper, err);
	if (!mh_downgrade_target(graph, &upper->texts, lower->texts.v[0], true, &label, &node,
							 &warnings, err))
		return false;
	if (node == MH_NOTHING)
		return fail_not_ancestor(lower, upper, err);
	memset(bound, 0, sizeof(MhNodes));
	if (node != MH_BASE)
		*bound = mh_nodes_one(node);
	return true;
}

/* Fails if some heads are too near to base for -N.  Alembic looks for overlaps first. */
static bool
fail_nothing(const MhGraph *graph, const RangeEnd *lower, const RangeEnd *upper,
			 const MhNodes *bound, MhError *err)
{
	MhNodes nodes = {0, NULL};

	for (int i = 0; i < bound->n; i++)
		if (bound->v[i] != MH_NOTHING)
			mh_nodes_add(&nodes, bound->v[i]);
	return mh_ancestors_checked(graph, &nodes, err) != NULL && fail_not_ancestor(lower, upper, err);
}

static bool
find_lower(const MhGraph *graph, const RangeEnd *lower, const RangeEnd *upper, const bool *needed,
		   MhNodes *bound, MhError *err)
{
	bool has_nothing = false;

	memset(bound, 0, sizeof(MhNodes));
	for (int i = 0; i < lower->texts.n; i++)
	{
		MhNodes some;

		if (!mh_identify(graph, lower->texts.v[i], &some, err))
			return false;
		for (int j = 0; j < some.n; j++)
			mh_nodes_add(bound, some.v[j]);
	}
	for (int i = 0; i < bound->n; i++)
	{
		int node = bound->v[i];

		if (node != MH_NOTHING && (node == MH_BASE || !needed[node]))
			return fail_not_ancestor(lower, upper, err);
	}
	if (bound->n > 0 && bound->v[0] == MH_NOTHING)
		return reread_lower(graph, lower, upper, bound, err);
	for (int i = 0; i < bound->n; i++)
		has_nothing |= bound->v[i] == MH_NOTHING;
	return !has_nothing || fail_nothing(graph, lower, upper, bound, err);
}

/*
 * Restricts needed to the nodes from bound upward, bound included.  Fails with MH203 if one of
 * bound is an ancestor of another.
 */
static bool
restrict_members(const MhGraph *graph, const MhNodes *bound, bool *needed, MhError *err)
{
	bool *below = mh_ancestors_checked(graph, bound, err);
	bool *above;

	if (below == NULL)
		return false;
	for (int i = 0; i < graph->n; i++)
		needed[i] &= !below[i];
	for (int i = 0; i < bound->n; i++)
		needed[bound->v[i]] = true;
	if (bound->n == 0)
		return true;
	above = mh_graph_descendants(graph, bound, true);
	for (int i = 0; i < graph->n; i++)
		needed[i] &= above[i];
	return true;
}

static bool
list_range(const MhGraph *graph, const RangeEnd *lower, const RangeEnd *upper, MhNodes *nodes,
		   MhError *err)
{
	MhNodes targets;
	MhNodes bound;
	bool *needed;

	if (!upper_targets(graph, lower, upper, &targets, err) ||
		!restrict_targets(graph, lower, &targets, err))
		return false;
	needed = mh_ancestors_checked(graph, &targets, err);
	if (needed == NULL || !find_lower(graph, lower, upper, needed, &bound, err) ||
		!restrict_members(graph, &bound, needed, err))
		return false;
	/* Reached over dependencies alone: an assertion of Alembic's fails here. */
	if (!mh_graph_order(graph, needed, &targets, nodes))
		return fail_range(lower, upper,
						  "Some revisions between them are reached over dependencies only.", err);
	return true;
}

bool
mh_history(const MhGraph *graph, const char *range, const MhStrings *rows, MhNodes *nodes,
		   MhError *err)
{
	RangeEnd lower = end_of_text("base");
	RangeEnd upper = end_of_text("heads");

	memset(nodes, 0, sizeof(MhNodes));
	if (range != NULL && !split_range(range, rows, &lower, &upper, err))
		return false;
	return list_range(graph, &lower, &upper, nodes, err) ||
		   mh_reword_multiple_heads(err, upper.shown);
}

/* Marks what is reached in so many steps, all down or all up. */
static void
mark_steps(const MhGraph *graph, const MhNodes *start, int steps, bool up, bool *marks)
{
	bool *seen = palloc0(Max(graph->n, 1) * sizeof(bool));
	MhNodes level = *start;

	for (int step = 0; level.n > 0 && step <= steps; step++)
	{
		MhNodes beyond = {0, NULL};

		for (int i = 0; i < level.n; i++)
		{
			const MhNode *node = &graph->nodes[level.v[i]];
			const MhNodes *edges = up ? &node->next : &node->down;

			MH_CHECK_INTERRUPTS();
			marks[level.v[i]] = true;
			for (int j = 0; j < edges->n; j++)
			{
				if (!seen[edges->v[j]])
					mh_nodes_add(&beyond, edges->v[j]);
				seen[edges->v[j]] = true;
			}
		}
		level = beyond;
	}
	pfree(seen);
}

void
mh_history_around(const MhGraph *graph, const MhStrings *rows, int steps, MhNodes *nodes)
{
	MhRow *judged = mh_rows_judge(graph, rows);
	bool *marks = palloc0(Max(graph->n, 1) * sizeof(bool));
	MhNodes centre = {0, NULL};
	int kept = 0;

	for (int i = 0; i < rows->n; i++)
		if (judged[i].node != MH_BASE)
			mh_nodes_add(&centre, judged[i].node);
	if (centre.n == 0)
		centre = mh_graph_bases(graph);
	mark_steps(graph, &centre, steps, false, marks);
	mark_steps(graph, &centre, steps, true, marks);
	for (int i = 0; i < nodes->n; i++)
		if (marks[nodes->v[i]])
			nodes->v[kept++] = nodes->v[i];
	nodes->n = kept;
}
