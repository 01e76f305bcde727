/*
 * Unit tests of what a change of rows is called: by name, and every step and stamp of
 * random plans, which must be told for what it is.
 *
 * Graphs are written as graphs.h says, rows "a,b".
 */
#include "core/plan/plan.h"

#include "graphs.h"
#include "tap.h"

static MhGraph *
graph_of_scripts(const MhScript *scripts, int n)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = mh_graph_build(scripts, n, &err);

	if (graph == NULL)
	{
		printf("Bail out! %s\n", err.message);
		exit(1);
	}
	return graph;
}

static char *
describe(const MhRowChangeVerdict *move)
{
	static const char *const names[] = {"upgrade", "downgrade", "stamp", "manual"};

	return psprintf("%s %s %d", names[move->kind], move->revision ? move->revision : "-",
					move->passed);
}

static void
is_move(const char *graph_text, const char *before, const char *after, MhDdl ddl,
		const char *expected)
{
	MhGraph *graph = graph_of(graph_text);
	MhStrings old_rows = split(before, ',');
	MhStrings new_rows = split(after, ',');
	MhRowChange change = mh_row_change(&old_rows, &new_rows);
	MhRowChangeVerdict move = mh_row_change_judge(graph, &change, ddl);

	is(describe(&move), expected, psprintf("%s: {%s} -> {%s}", graph_text, before, after));
}

/* earlier: the rows before each statement, oldest first, separated by ";". */
static void
is_join(const char *graph_text, const char *states, bool only_steps, const char *expected)
{
	MhGraph *graph = graph_of(graph_text);
	MhStrings list = split(states, ';');
	MhStrings first = split(list.v[0], ',');
	MhStrings before_last = split(list.v[list.n - 2], ',');
	MhStrings final = split(list.v[list.n - 1], ',');
	MhRowChange last = mh_row_change(&before_last, &final);
	MhJoin join = {mh_row_change(&first, &final), &last, true, true, only_steps, false};
	MhRowChangeVerdict move;

	for (int i = 0; i + 2 < list.n; i++)
	{
		MhStrings before = split(list.v[i], ',');
		MhStrings after = split(list.v[i + 1], ',');
		MhRowChange change = mh_row_change(&before, &after);

		join.only_deletes = join.only_deletes && change.added.n == 0;
		join.only_inserts = join.only_inserts && change.removed.n == 0;
		join.emptied = join.emptied || after.n == 0;
	}
	is(mh_row_change_join(graph, &join, &move) ? describe(&move) : "apart", expected,
	   psprintf("%s: joined %s", graph_text, states));
}

static unsigned random_state = 1;

static int
random_below(int limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (int) ((random_state >> 8) % (unsigned) limit);
}

/* Some parents and now and then a dependency, all of them earlier ones. */
static MhGraph *
random_graph(int n)
{
	MhScript *scripts = palloc0(n * sizeof(MhScript));

	for (int i = 0; i < n; i++)
	{
		scripts[i].revision = psprintf("r%03d", i);
		for (int j = random_below(3); j > 0 && i > 0; j--)
		{
			char *parent = scripts[i - 1 - random_below(Min(i, 4))].revision;

			if (!mh_strings_contain(&scripts[i].down_revision, parent))
				mh_strings_add(&scripts[i].down_revision, parent);
		}
		if (i > 0 && random_below(8) == 0)
			mh_strings_add(&scripts[i].depends_on, scripts[random_below(i)].revision);
	}
	return graph_of_scripts(scripts, n);
}

static MhStrings
random_rows(const MhGraph *graph)
{
	MhNodes nodes = {0, NULL};
	MhNodes maximal;

	for (int i = random_below(3); i > 0; i--)
		mh_nodes_add(&nodes, random_below(graph->n));
	maximal = mh_graph_maximal(graph, mh_graph_ancestors(graph, &nodes));
	return mh_graph_ids(graph, &maximal);
}

/* Counts steps of a plan that are called anything but kind and their own revision. */
static int
misjudged_steps(const MhGraph *graph, const MhStrings *rows, const MhPlan *plan,
				MhRowChangeKind kind)
{
	const MhStrings *before = rows;
	int wrong = 0;

	for (int i = 0; i < plan->n; i++)
	{
		MhRowChange change = mh_row_change(before, &plan->steps[i].rows_after);
		MhRowChangeVerdict move = mh_row_change_judge(graph, &change, MH_DDL_NONE);

		wrong += move.kind != kind || move.passed != 1 ||
				 strcmp(move.revision, graph->nodes[plan->steps[i].node].id) != 0;
		before = &plan->steps[i].rows_after;
	}
	return wrong;
}

/* What the scripts of the rows alone say must be what the graph says. */
static int
misjudged_lines(const MhGraph *graph, const MhStrings *before, const MhStrings *after)
{
	MhRowChange change = mh_row_change(before, after);
	MhScript *scripts = palloc0((change.added.n + change.removed.n + 1) * sizeof(MhScript));
	MhRowChangeVerdict by_line;
	MhRowChangeVerdict by_graph;
	int n = 0;

	for (int i = 0; i < change.added.n; i++)
		scripts[n++] = *graph->nodes[mh_graph_find(graph, change.added.v[i])].script;
	for (int i = 0; i < change.removed.n; i++)
		scripts[n++] = *graph->nodes[mh_graph_find(graph, change.removed.v[i])].script;
	if (!mh_row_change_judge_line(scripts, n, &change, &by_line))
		return 0;
	by_graph = mh_row_change_judge(graph, &change, MH_DDL_NONE);
	return by_line.kind != by_graph.kind || by_line.passed != by_graph.passed ||
		   strcmp(by_line.revision, by_graph.revision) != 0;
}

static int
misjudged_stamp(const MhGraph *graph, const MhStrings *rows)
{
	char *target =
		random_below(10) == 0 ? pstrdup("base") : pstrdup(graph->nodes[random_below(graph->n)].id);
	MhStrings targets = {1, &target};
	MhStampPlan plan = {0};
	MhError err = MH_NO_ERROR;
	MhRowChange change;

	if (!mh_stamp_plan(graph, rows, &targets, false, false, &plan, &err))
		return 0;
	change = mh_row_change(rows, &plan.rows_after);
	if (change.added.n == 0 && change.removed.n == 0)
		return 0;
	return (mh_row_change_judge(graph, &change, MH_DDL_NONE).kind == MH_ROWS_MANUAL) +
		   misjudged_lines(graph, rows, &plan.rows_after);
}

static void
test_random(void)
{
	int wrong_up = 0;
	int wrong_down = 0;
	int wrong_stamp = 0;
	int steps = 0;

	for (int round = 0; round < 300; round++)
	{
		MhGraph *graph = random_graph(2 + random_below(25));
		MhStrings rows = random_rows(graph);
		MhStrings none = {0, NULL};
		MhPlan plan = {0};
		MhError err = MH_NO_ERROR;

		if (mh_upgrade_plan(graph, &rows, "heads", true, &plan, &err))
			wrong_up += misjudged_steps(graph, &rows, &plan, MH_ROWS_UPGRADE);
		steps += plan.n;
		memset(&plan, 0, sizeof(plan));
		if (mh_downgrade_plan(graph, &rows, "base", true, &plan, &err))
			wrong_down += misjudged_steps(graph, &rows, &plan, MH_ROWS_DOWNGRADE);
		steps += plan.n;
		wrong_stamp += misjudged_stamp(graph, &rows) + misjudged_stamp(graph, &none);
	}
	ok(steps > 2000, "random plans have steps enough");
	ok(wrong_up == 0, "each step of random upgrades is an upgrade to its revision");
	ok(wrong_down == 0, "each step of random downgrades is a downgrade from its revision");
	ok(wrong_stamp == 0,
	   "no random stamp is taken for manual, and lines are judged as by the graph");
}

int
main(void)
{
	const char *line = "a|b<a|c<b|d<c";
	const char *merge = "a|b<a|c<a|m<b,c|z";

	is_move(line, "", "a", MH_DDL_DONE, "upgrade a 1");
	is_move(line, "a", "b", MH_DDL_NONE, "upgrade b 1");
	is_move(line, "b", "a", MH_DDL_DONE, "downgrade b 1");
	is_move(line, "a", "", MH_DDL_DONE, "downgrade a 1");
	is_move(line, "a", "c", MH_DDL_NONE, "stamp - 2");
	is_move(line, "a", "c", MH_DDL_DONE, "stamp - 2");
	is_move(line, "d", "", MH_DDL_NONE, "stamp - 4");
	is_move(line, "b", "b,c", MH_DDL_DONE, "manual - 1");
	is_move(line, "b", "b,b", MH_DDL_NONE, "manual - 0");
	is_move(line, "b,b", "b", MH_DDL_NONE, "stamp - 0");
	is_move(line, "b", "x", MH_DDL_NONE, "manual - -1");
	is_move(line, "b", "x", MH_DDL_DONE, "upgrade x -1");
	is_move(line, "x", "b", MH_DDL_DONE, "downgrade x -1");
	is_move(line, "x", "", MH_DDL_UNKNOWN, "manual - -1");
	is_move(line, "b", "x,y", MH_DDL_DONE, "manual - -1");
	is_move(line, "a", "head", MH_DDL_NONE, "manual - -1");
	is_move("", "a", "b", MH_DDL_DONE, "upgrade b -1");
	is_move(merge, "b,c", "m", MH_DDL_NONE, "upgrade m 1");
	is_move(merge, "m", "b,c", MH_DDL_NONE, "downgrade m 1");
	is_move(merge, "m,z", "z,b,c", MH_DDL_NONE, "downgrade m 1");
	is_move(merge, "b", "b,c", MH_DDL_NONE, "upgrade c 1");
	is_move(merge, "b,c", "b", MH_DDL_NONE, "downgrade c 1");
	is_move(merge, "b", "m", MH_DDL_NONE, "stamp - 2");
	is_move(merge, "b", "c", MH_DDL_NONE, "manual - 2");
	is_move(merge, "m", "z", MH_DDL_NONE, "manual - 5");
	is_move("a|b<a|c<b*a|x", "c,x", "a,b,x", MH_DDL_DONE, "downgrade c 1");
	is_move("a1|a2<a1|a3<a2*a1|b1", "a3,b1", "a2,b1", MH_DDL_DONE, "downgrade a3 1");

	is_join(merge, "b,c;c;m", false, "upgrade m 1");
	is_join(merge, "m;m,b;b,c", false, "downgrade m 1");
	is_join("a|b<a|c<a|d<a|m<b,c,d", "b,c,d;c,d;d;m", false, "upgrade m 1");
	is_join(line, "a;b;c", true, "apart");
	is_join(line, "c;;a", false, "stamp - 2");
	is_join(line, "x;;b", false, "stamp - -1");
	is_join(line, "a;;z", false, "apart");
	is_join("a|b<a|x|y<x", "b,y;y;", false, "stamp - 4");
	is_join("a|x", "a,x;x;", true, "apart");

	test_random();
	return done_testing();
}
