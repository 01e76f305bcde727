/*-------------------------------------------------------------------------
 *
 * row_change.c
 *	  Tells from the graph what a change of the rows of a version table was.
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan/plan.h"

/* ---------- sets of rows ---------- */

MhRowChange
mh_row_change(const MhStrings *old_rows, const MhStrings *new_rows)
{
	MhRowChange change = {*old_rows, *new_rows, mh_strings_without(old_rows, new_rows),
						  mh_strings_without(new_rows, old_rows)};

	return change;
}

bool
mh_rows_equal(const MhStrings *a, const MhStrings *b)
{
	return a->n == b->n && mh_strings_without(a, b).n == 0;
}

/* ---------- steps and stamps ---------- */

/* Rows split into those that scripts have and the others. */
typedef struct KnownRows
{
	MhNodes nodes;
	MhStrings unknown;
} KnownRows;

static KnownRows
known_rows(const MhGraph *graph, const MhStrings *rows)
{
	KnownRows known = {{0, NULL}, {0, NULL}};

	for (int i = 0; i < rows->n; i++)
	{
		int node = mh_graph_find(graph, rows->v[i]);

		if (node == MH_BASE)
			mh_strings_add(&known.unknown, rows->v[i]);
		else
			mh_nodes_add(&known.nodes, node);
	}
	return known;
}

/* Returns whether the new rows are the maximal applied ones, and the unknown ones. */
static bool
are_maximal(const MhGraph *graph, const MhRowChange *change, const KnownRows *old,
			const bool *applied)
{
	MhNodes nodes = mh_graph_maximal(graph, applied);
	MhStrings rows = mh_graph_ids(graph, &nodes);

	for (int i = 0; i < old->unknown.n; i++)
		mh_strings_add(&rows, old->unknown.v[i]);
	return mh_rows_equal(&rows, &change->new_rows);
}

static bool
is_upgrade(const MhGraph *graph, const MhRowChange *change)
{
	KnownRows old = known_rows(graph, &change->old_rows);
	bool *applied = mh_graph_ancestors(graph, &old.nodes);
	int node = change->added.n == 1 ? mh_graph_find(graph, change->added.v[0]) : MH_BASE;
	bool is_step = node != MH_BASE && !applied[node];

	for (int i = 0; is_step && i < graph->nodes[node].ndown.n; i++)
		is_step = applied[graph->nodes[node].ndown.v[i]];
	if (is_step)
	{
		applied[node] = true;
		is_step = are_maximal(graph, change, &old, applied);
	}
	pfree(applied);
	return is_step;
}

/*
 * Returns whether the new rows are those of Alembic's rule for a step down.  It leaves more than
 * the maximal ones if a parent is an ancestor of another.
 */
static bool
are_parents(const MhGraph *graph, const MhRowChange *change, int node)
{
	const MhNodes *down = &graph->nodes[node].ndown;
	MhStrings self = {1, &change->removed.v[0]};
	MhStrings rows = mh_strings_without(&change->old_rows, &self);
	KnownRows others = known_rows(graph, &rows);
	bool *kept = mh_graph_ancestors(graph, &others.nodes);

	for (int i = 0; i < down->n; i++)
		if (!kept[down->v[i]])
			mh_strings_add(&rows, graph->nodes[down->v[i]].id);
	pfree(kept);
	return mh_rows_equal(&rows, &change->new_rows);
}

static bool
is_downgrade(const MhGraph *graph, const MhRowChange *change)
{
	KnownRows old = known_rows(graph, &change->old_rows);
	int node = change->removed.n == 1 ? mh_graph_find(graph, change->removed.v[0]) : MH_BASE;
	bool *applied;
	bool is_step;

	/* one of two equal rows is left */
	if (node == MH_BASE || mh_strings_contain(&change->new_rows, change->removed.v[0]))
		return false;
	applied = mh_graph_ancestors(graph, &old.nodes);
	is_step = true;
	for (int i = 0; is_step && i < graph->nodes[node].all_next.n; i++)
		is_step = !applied[graph->nodes[node].all_next.v[i]];
	applied[node] = false;
	is_step =
		is_step && (are_maximal(graph, change, &old, applied) || are_parents(graph, change, node));
	pfree(applied);
	return is_step;
}

static bool
leads_to(const MhGraph *graph, const MhRowChange *change, const MhStrings *targets)
{
	MhStampPlan plan = {0};
	MhError err = MH_NO_ERROR;

	if (!mh_stamp_plan(graph, &change->old_rows, targets, false, false, &plan, &err))
		return false;
	return mh_rows_equal(&plan.rows_after, &change->new_rows) ||
		   (plan.alembic_differs && plan.alembic_error == NULL &&
			mh_rows_equal(&plan.alembic_rows, &change->new_rows));
}

/*
 * Returns whether rows were only removed by a stamp to "base", or to "label@base" of their branch.
 */
static bool
is_stamp_to_base(const MhGraph *graph, const MhRowChange *change)
{
	const MhStrings *removed = &change->removed;
	int node = removed->n == 0 ? MH_BASE : mh_graph_find(graph, removed->v[0]);

	if (change->new_rows.n == 0)
		return true;
	for (int i = 0; node != MH_BASE && i < graph->nodes[node].labels.n; i++)
	{
		char *target = psprintf("%s@base", graph->nodes[node].labels.v[i]);
		MhStrings targets = {1, &target};

		if (leads_to(graph, change, &targets))
			return true;
	}
	return false;
}

static bool
is_stamp(const MhGraph *graph, const MhRowChange *change)
{
	if (change->added.n > 0)
		return leads_to(graph, change, &change->added);
	if (is_stamp_to_base(graph, change))
		return true;
	for (int i = 0; i < change->new_rows.n; i++)
	{
		MhStrings target = {1, &change->new_rows.v[i]};

		if (leads_to(graph, change, &target))
			return true;
	}
	return false;
}

static int
count_passed(const MhGraph *graph, const MhRowChange *change)
{
	KnownRows old = known_rows(graph, &change->old_rows);
	KnownRows new = known_rows(graph, &change->new_rows);
	bool *before;
	bool *after;
	int n = 0;

	if (old.unknown.n > 0 || new.unknown.n > 0)
		return -1;
	before = mh_graph_ancestors(graph, &old.nodes);
	after = mh_graph_ancestors(graph, &new.nodes);
	for (int i = 0; i < graph->n; i++)
		n += before[i] != after[i];
	pfree(before);
	pfree(after);
	return n;
}

static bool
are_known(const MhGraph *graph, const MhStrings *rows)
{
	return known_rows(graph, rows).unknown.n == 0;
}

/* Judges a change to or from a revision that no script has yet (or any more). */
static MhRowChangeVerdict
judge_unknown(const MhGraph *graph, const MhRowChange *change, MhDdl ddl)
{
	MhRowChangeVerdict move = {MH_ROWS_MANUAL, NULL, -1};

	if (ddl != MH_DDL_DONE || change->added.n > 1 || change->removed.n > 1)
		return move;
	/* every revision below a script has a script, so an unknown one is above */
	if (change->added.n == 1 && !are_known(graph, &change->added))
	{
		move.kind = MH_ROWS_UPGRADE;
		move.revision = change->added.v[0];
	}
	else if (change->removed.n == 1)
	{
		move.kind = MH_ROWS_DOWNGRADE;
		move.revision = change->removed.v[0];
	}
	return move;
}

MhRowChangeVerdict
mh_row_change_judge(const MhGraph *graph, const MhRowChange *change, MhDdl ddl)
{
	MhRowChangeVerdict move = {MH_ROWS_MANUAL, NULL, 1};

	if (!are_known(graph, &change->added) || !are_known(graph, &change->removed))
		return judge_unknown(graph, change, ddl);
	if (is_upgrade(graph, change))
	{
		move.kind = MH_ROWS_UPGRADE;
		move.revision = change->added.v[0];
		return move;
	}
	if (is_downgrade(graph, change))
	{
		move.kind = MH_ROWS_DOWNGRADE;
		move.revision = change->removed.v[0];
		return move;
	}
	move.passed = count_passed(graph, change);
	if (is_stamp(graph, change))
		move.kind = MH_ROWS_STAMP;
	return move;
}

/* ---------- without the graph ---------- */

static const MhScript *
find_script(const MhScript *scripts, int n, const char *revision)
{
	for (int i = 0; i < n; i++)
		if (strcmp(scripts[i].revision, revision) == 0)
			return &scripts[i];
	return NULL;
}

/* Returns whether lower is the only parent of upper (NULL: upper has none). */
static bool
is_next(const MhScript *scripts, int n, const char *upper, const char *lower)
{
	const MhScript *script = find_script(scripts, n, upper);

	if (script == NULL || script->depends_on.n > 0)
		return false;
	if (lower == NULL)
		return script->down_revision.n == 0;
	return find_script(scripts, n, lower) != NULL && script->down_revision.n == 1 &&
		   strcmp(script->down_revision.v[0], lower) == 0;
}

bool
mh_row_change_judge_line(const MhScript *scripts, int n, const MhRowChange *change,
						 MhRowChangeVerdict *move)
{
	const char *old = change->removed.n > 0 ? change->removed.v[0] : NULL;
	const char *new = change->added.n > 0 ? change->added.v[0] : NULL;

	/* with other rows the step may leave them: a branch point that stays applied */
	if (change->old_rows.n > 1 || change->new_rows.n > 1)
		return false;
	if (new != NULL && is_next(scripts, n, new, old))
		*move = (MhRowChangeVerdict){MH_ROWS_UPGRADE, new, 1};
	else if (old != NULL && is_next(scripts, n, old, new))
		*move = (MhRowChangeVerdict){MH_ROWS_DOWNGRADE, old, 1};
	else
		return false;
	return true;
}

/* ---------- several statements ---------- */

static bool
is_of_merge(const MhGraph *graph, const MhRowChangeVerdict *move)
{
	int node = move->revision ? mh_graph_find(graph, move->revision) : MH_BASE;

	return node != MH_BASE && graph->nodes[node].ndown.n > 1;
}

static bool
is_antichain(const MhGraph *graph, const MhStrings *rows)
{
	KnownRows known = known_rows(graph, rows);
	bool *applied;
	MhNodes maximal;

	if (known.unknown.n > 0)
		return false;
	applied = mh_graph_ancestors(graph, &known.nodes);
	maximal = mh_graph_maximal(graph, applied);
	pfree(applied);
	return maximal.n == rows->n;
}

bool
mh_row_change_join(const MhGraph *graph, const MhJoin *join, MhRowChangeVerdict *move)
{
	bool updates = join->last->added.n == 1 && join->last->removed.n == 1;

	*move = mh_row_change_judge(graph, &join->whole, MH_DDL_NONE);
	if (updates && join->only_deletes && move->kind == MH_ROWS_UPGRADE && is_of_merge(graph, move))
		return join->whole.removed.n > 1;
	if (updates && join->only_inserts && move->kind == MH_ROWS_DOWNGRADE &&
		is_of_merge(graph, move))
		return join->whole.added.n > 1;
	if (!join->only_deletes || join->is_step)
		return false;
	/* with --purge every row is deleted first */
	if (join->emptied && join->last->added.n > 0 && is_antichain(graph, &join->whole.new_rows))
		*move = (MhRowChangeVerdict){MH_ROWS_STAMP, NULL, count_passed(graph, &join->whole)};
	return move->kind != MH_ROWS_MANUAL;
}
