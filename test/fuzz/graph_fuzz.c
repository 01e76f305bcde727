/*
 * Fuzzes the graph core: bytes become a small graph, rows and identifiers made
 * of pieces that mean something.  What has to hold of every answer is checked
 * against the relations between revisions alone.
 */
#include "core/plan/plan.h"

#include "../unit/arena.h"
#include "bytes.h"

#define MAX_SCRIPTS 24
#define MAX_QUESTIONS 12

static const char *const pieces[] = {
	"a",     "b",    "ab",  "abcd", "abce", "1",       "12",    "12345", "head",
	"heads", "base", "@",   "@",    "+",    "-",       "+1",    "-1",    "+2",
	"-2",    "@+1",  "@-1", ":",    " ",    "current", "core",  "lbl-1", "\xC3\xA9",
	"_",     "0",    "9",   "-99",  "zz",   "\n",      "@head", "x",     "",
};

static char *
make_name(Bytes *bytes, int longest)
{
	StringInfoData name;

	initStringInfo(&name);
	for (int n = 1 + choose(bytes, longest); n > 0; n--)
		appendStringInfoString(&name, pieces[choose(bytes, lengthof(pieces))]);
	return name.data;
}

/* Mostly a name that the graph has, sometimes anything. */
static char *
make_identifier(Bytes *bytes, const MhGraph *graph)
{
	unsigned how = next_byte(bytes);
	const MhNode *node;
	char *name;

	if (how % 4 == 0 || graph->n == 0)
		return make_name(bytes, 4);
	node = &graph->nodes[choose(bytes, graph->n)];
	name = pstrdup(node->id);
	if (how % 4 == 1 && node->labels.n > 0)
		name = pstrdup(node->labels.v[choose(bytes, node->labels.n)]);
	if (how & 4)
		name[choose(bytes, strlen(name) + 1)] = '\0';
	if (how & 8)
		name = psprintf("%s%s", name, make_name(bytes, 3));
	if (how & 16)
		name = psprintf("%s@%s", graph->nodes[choose(bytes, graph->n)].id, name);
	return name;
}

/* Parents come before, mostly; a reference to what follows makes the cycles. */
static void
make_references(Bytes *bytes, MhScript *scripts, int n, int self, MhStrings *list, unsigned odds)
{
	while (choose(bytes, odds) == 0 && bytes->left > 0 && list->n < 5)
	{
		unsigned how = next_byte(bytes);
		int limit = how == 255 ? n : self;

		if (how == 254)
			mh_strings_add(list, make_name(bytes, 2));
		else if (limit == 0)
			break;
		else if (how % 8 == 7 && scripts[how / 8 % limit].branch_labels.n > 0)
			mh_strings_add(list, scripts[how / 8 % limit].branch_labels.v[0]);
		else
			mh_strings_add(list, scripts[how % limit].revision);
	}
}

static MhScript *
make_scripts(Bytes *bytes, int *n)
{
	MhScript *scripts;

	*n = choose(bytes, MAX_SCRIPTS + 1);
	scripts = palloc0((*n + 1) * sizeof(MhScript));
	for (int i = 0; i < *n; i++)
	{
		unsigned how = next_byte(bytes);

		scripts[i].revision = how < 4   ? make_name(bytes, 2)
							  : how & 1 ? psprintf("abc%d", i)
										: psprintf("%d", i);
		if (how % 8 == 6)
			mh_strings_add(&scripts[i].branch_labels,
						   how > 128 ? psprintf("label%d", i) : make_name(bytes, 2));
	}
	for (int i = 0; i < *n; i++)
	{
		make_references(bytes, scripts, *n, i, &scripts[i].down_revision, 2);
		make_references(bytes, scripts, *n, i, &scripts[i].depends_on, 5);
	}
	return scripts;
}

static void
check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* An answer, or else an error that says what and why. */
static bool
answered(bool answer, const MhError *err)
{
	if (!answer)
		check(err->sqlstate != NULL && strlen(err->sqlstate) == 5 && err->message != NULL &&
				  err->message[0] != '\0',
			  "a refusal has a code and a message");
	return answer;
}

static bool
parents_all(const MhGraph *graph, int node, const bool *members)
{
	const MhNodes *below = &graph->nodes[node].ndown;

	for (int i = 0; i < below->n; i++)
		if (!members[below->v[i]])
			return false;
	return true;
}

static bool
children_any(const MhGraph *graph, int node, const bool *members)
{
	const MhNodes *above = &graph->nodes[node].all_next;

	for (int i = 0; i < above->n; i++)
		if (members[above->v[i]])
			return true;
	return false;
}

static void
check_graph(const MhGraph *graph)
{
	for (int i = 0; i < graph->n; i++)
	{
		const MhNode *node = &graph->nodes[i];

		check(mh_graph_find(graph, node->id) == i, "an id finds its node");
		for (int j = 0; j < node->ndown.n; j++)
		{
			check(graph->nodes[node->ndown.v[j]].rank < node->rank, "rank grows upward");
			check(mh_graph_is_ancestor(graph, node->ndown.v[j], i), "a parent is an ancestor");
			check(!mh_graph_is_ancestor(graph, i, node->ndown.v[j]), "a child is none");
		}
		check(node->is_head == (node->next.n == 0), "a head has no next");
		for (int j = 1; j < node->labels.n; j++)
			check(strcmp(node->labels.v[j - 1], node->labels.v[j]) < 0, "labels are sorted");
	}
}

static void
check_step(const MhGraph *graph, const MhStep *step, bool *applied, bool up)
{
	MhNodes rows;
	MhStrings ids;

	check(applied[step->node] != up, "a step changes something");
	if (up)
		check(parents_all(graph, step->node, applied), "parents come first");
	else
		check(!children_any(graph, step->node, applied), "children go first");
	applied[step->node] = up;
	rows = mh_graph_maximal(graph, applied);
	ids = mh_graph_ids(graph, &rows);
	check(mh_strings_equal(&ids, &step->rows_after), "rows are the maximal applied revisions");
}

static void
check_plan(const MhGraph *graph, const MhStrings *rows, const char *target, bool up)
{
	MhError err = MH_NO_ERROR;
	MhPlan plan;
	MhPlan short_plan;
	MhNodes nodes;
	bool *applied;
	bool planned = up ? mh_upgrade_plan(graph, rows, target, true, &plan, &err)
					  : mh_downgrade_plan(graph, rows, target, true, &plan, &err);

	if (!answered(planned, &err))
		return;
	check(mh_rows_resolve(graph, rows, &nodes, &err), "rows of a plan resolve");
	applied = mh_graph_ancestors(graph, &nodes);
	for (int i = 0; i < plan.n; i++)
		check_step(graph, &plan.steps[i], applied, up);
	planned = up ? mh_upgrade_plan(graph, rows, target, false, &short_plan, &err)
				 : mh_downgrade_plan(graph, rows, target, false, &short_plan, &err);
	check(planned && short_plan.n == plan.n, "a plan without rows is as long");
	if (up && mh_resolve(graph, target, &nodes, &err) && strpbrk(target, "+-") == NULL)
		for (int i = 0; i < nodes.n; i++)
			check(applied[nodes.v[i]], "the target is reached");
}

static void
check_history(const MhGraph *graph, const char *range, const MhStrings *rows)
{
	MhError err = MH_NO_ERROR;
	MhNodes nodes;

	if (!answered(mh_history(graph, range, rows, &nodes, &err), &err))
		return;
	for (int i = 0; i < nodes.n; i++)
		for (int j = i + 1; j < nodes.n; j++)
			check(nodes.v[i] != nodes.v[j] && !mh_graph_is_ancestor(graph, nodes.v[i], nodes.v[j]),
				  "history is newest first");
	if (range == NULL)
		check(nodes.n == graph->n, "all of history is everything");
}

/* Replays one step on the table; -1 where there is no such row. */
static void
replay(MhStrings *table, const MhStampStep *step)
{
	int at = 0;

	if (step->from_revision != NULL)
	{
		while (at < table->n && strcmp(table->v[at], step->from_revision) != 0)
			at++;
		check(at < table->n, "a stamp takes away rows that are there");
		table->v[at] = table->v[--table->n];
	}
	if (step->to_revision != NULL)
		mh_strings_add(table, step->to_revision);
	check(table->n == step->rows_after.n, "rows after a stamp step");
	for (int i = 0; i < table->n; i++)
		check(mh_strings_contain(&step->rows_after, table->v[i]), "rows after a stamp step");
}

static void
check_stamp(const MhGraph *graph, const MhStrings *rows, const MhStrings *targets, unsigned how)
{
	MhError err = MH_NO_ERROR;
	MhStampPlan plan;
	MhStrings table = {0, NULL};
	MhNodes nodes;

	if (!answered(mh_stamp_plan(graph, rows, targets, how & 1, how & 2, &plan, &err), &err))
		return;
	for (int i = 0; i < rows->n; i++)
		mh_strings_add(&table, rows->v[i]);
	for (int i = 0; i < plan.n; i++)
		replay(&table, &plan.steps[i]);
	check(table.n == plan.rows_after.n, "the steps lead to the rows");
	for (int i = 0; i < table.n; i++)
		check(mh_strings_contain(&plan.rows_after, table.v[i]), "the steps lead to the rows");
	check(plan.overlap == (plan.overlap_detail != NULL), "an overlap is explained");
	for (int i = 0; i < targets->n; i++)
		if (mh_resolve(graph, targets->v[i], &nodes, &err))
			for (int j = 0; j < nodes.n; j++)
				check(mh_strings_contain(&plan.rows_after, graph->nodes[nodes.v[j]].id) ||
						  plan.overlap || targets->n == 1,
					  "what is stamped is there");
}

static void
check_rows(const MhGraph *graph, const MhStrings *rows)
{
	MhRow *judged = mh_rows_judge(graph, rows);
	MhStrings kept = mh_rows_maximal(graph, rows);
	MhError err = MH_NO_ERROR;
	MhNodes nodes;

	for (int i = 0; i < rows->n; i++)
	{
		check(judged[i].node >= MH_BASE && judged[i].node < graph->n, "a row's node exists");
		check(judged[i].duplicate_of < i, "a duplicate comes later");
		if (judged[i].implied_by >= 0)
			check(mh_graph_is_ancestor(graph, judged[i].node, judged[judged[i].implied_by].node),
				  "an implied row is below the other");
	}
	judged = mh_rows_judge(graph, &kept);
	for (int i = 0; i < kept.n; i++)
		check(judged[i].implied_by < 0 && judged[i].duplicate_of < 0, "maximal rows are apart");
	if (answered(mh_current(graph, rows, &nodes, &err), &err))
		for (int i = 0; i < nodes.n; i++)
			check(i == 0 || nodes.v[i - 1] < nodes.v[i], "current is in load order");
}

static MhStrings
make_list(Bytes *bytes, const MhGraph *graph, bool clean)
{
	MhStrings list = {0, NULL};

	for (int n = choose(bytes, 4); n > 0; n--)
	{
		if (clean && graph->n > 0)
			mh_strings_add(&list, graph->nodes[choose(bytes, graph->n)].id);
		else
			mh_strings_add(&list, make_identifier(bytes, graph));
	}
	return list;
}

static void
ask(Bytes *bytes, const MhGraph *graph)
{
	unsigned how = next_byte(bytes);
	MhStrings rows = make_list(bytes, graph, how & 64);
	char *identifier = make_identifier(bytes, graph);
	MhStrings targets = make_list(bytes, graph, how & 32);
	MhError err = MH_NO_ERROR;
	MhNodes nodes;
	int node;

	if (answered(mh_resolve(graph, identifier, &nodes, &err), &err))
		for (int i = 0; i < nodes.n; i++)
			check(nodes.v[i] >= 0 && nodes.v[i] < graph->n, "an identifier means nodes");
	if (answered(mh_resolve_one(graph, identifier, &node, &err), &err))
		check(node >= MH_BASE && node < graph->n, "an identifier means one node");
	check_rows(graph, &rows);
	if (how & 128)
		rows = mh_rows_maximal(graph, &rows);
	check_plan(graph, &rows, identifier, true);
	check_plan(graph, &rows, identifier, false);
	check_history(graph, how % 8 == 0 ? NULL : identifier, &rows);
	check_history(graph, psprintf("%s:%s", identifier, make_identifier(bytes, graph)), &rows);
	check_stamp(graph, &rows, &targets, how);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	Bytes bytes = {data, size};
	MhError err = MH_NO_ERROR;
	int n;
	MhScript *scripts = make_scripts(&bytes, &n);
	MhGraph *graph = mh_graph_build(scripts, n, &err);

	if (answered(graph != NULL, &err))
	{
		check_graph(graph);
		for (int i = 0; i < MAX_QUESTIONS && (i == 0 || bytes.left > 0); i++)
			ask(&bytes, graph);
	}
	arena_reset();
	return 0;
}
