/*
 * Unit tests of expectations: told as differences, put together from steps, and merged
 * where branches met in one object.  The random part applies the revisions themselves, which is
 * what composing has to come to.
 */
#include "captures.h"

#include "tap.h"

#define BRANCHES "a1|a2<a1|b1|b2<b1|m<a2,b2"

static void
test_captured(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, "old"},
		{"a", "", "a", "old;t:persistence=1"},
		{"b", "a", "b", "old;t:persistence=2"},
		{"c", "b", "c", "t:persistence=2"},
	};
	char *reason;
	MhExpectations *expectations = capture_all(captures, 4, &reason);

	is(composed_text(expectations, NULL, ""), "old", "a set told from nothing");
	is(composed_text(expectations, NULL, "c"), "t:persistence=2", "a set at the end of a chain");
	is(composed_text(expectations, NULL, "d"),
	   "! No schema was captured at these rows, and no scripts are loaded.",
	   "without scripts only what was captured is known");
	is(composed_text(expectations, graph_of("a|b<a|c<b|d<c"), "d"),
	   "! What revision d changes was not captured as a step of its own.", "a step is missing");
	is(composed_text(expectations, graph_of("a|b<a|c<b"), "x"), "! Revision x is in no script.",
	   "an unknown row");
	is(composed_text(expectations, graph_of("a|b<a|c<b"), "a,c"), "t:persistence=2",
	   "rows that others imply do not count");
	is(composed_text(capture_all(captures, 0, &reason), NULL, ""), "! No schema was captured.",
	   "nothing at all");
}

/* Both orders of capture, each branch on top of the other one. */
static void
test_branches(void)
{
	static const Capture a_first[] = {
		{"", NULL, NULL, "old"},
		{"a1", "", "a1", "a;old"},
		{"a1,b1", "a1", "b1", "a;b;old"},
		{"a2,b1", "a1,b1", "a2", "a:persistence=1;b;old"},
		{"a2,b2", "a2,b1", "b2", "a:persistence=1;b:persistence=2"},
		{"m", "a2,b2", "m", "a:persistence=1;b:persistence=2"},
	};
	static const Capture b_first[] = {
		{"", NULL, NULL, "old"},
		{"b1", "", "b1", "b;old"},
		{"b2", "b1", "b2", "b:persistence=2"},
		{"a1,b2", "b2", "a1", "a;b:persistence=2"},
		{"a2,b2", "a1,b2", "a2", "a:persistence=1;b:persistence=2"},
	};
	MhGraph *graph = graph_of(BRANCHES);

	for (int i = 0; i < 2; i++)
	{
		char *reason;
		MhExpectations *expectations =
			i == 0 ? capture_all(a_first, 6, &reason) : capture_all(b_first, 5, &reason);

		is(composed_text(expectations, graph, "a1"), "a;old", "one branch, one step");
		is(composed_text(expectations, graph, "a2"), "a:persistence=1;old", "one branch alone");
		is(composed_text(expectations, graph, "b2"), "b:persistence=2", "the other branch alone");
		is(composed_text(expectations, graph, "a1,b1"), "a;b;old", "a part of each");
		is(composed_text(expectations, graph, "b2,a1"), "a;b:persistence=2", "rows in any order");
		is(composed_text(expectations, graph, "a2,b2"), "a:persistence=1;b:persistence=2",
		   "both heads");
	}
}

static void
test_merging(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, "t:column_order=id,persistence=0"},
		{"a1", "", "a1", "t:column_order=id/ \"x/y\",persistence=0"},
		{"a1,b1", "a1", "b1", "n;t:column_order=id/ \"x/y\"/ z,persistence=0,row_security=true"},
		{"a2,b1", "a1,b1", "a2",
		 "n;t:column_order=\"x/y\"/ z,comment=A,persistence=1,row_security=true"},
		{"a2,b2", "a2,b1", "b2",
		 "n:persistence=5;t:column_order=\"x/y\"/ z,comment=B,persistence=2"},
	};
	MhGraph *graph = graph_of("a1|a2<a1|b1|b2<b1");
	char *reason;
	MhExpectations *expectations = capture_all(captures, 5, &reason);

	is(composed_text(expectations, graph, "b1"),
	   "n;t:column_order=id, z,persistence=0,row_security=true",
	   "attributes of one object, each by the branch that set it");
	is(composed_text(expectations, graph, "a2"), "t:column_order=\"x,y\",comment=A,persistence=1",
	   "columns are added and dropped in the order that is left");
	is(composed_text(expectations, graph, "b2"),
	   "! Revision b2 was captured where the table t was another in its persistence than the other "
	   "applied revisions leave it.",
	   "what two branches set cannot be told apart");
}

static void
test_damage(void)
{
	static const Capture loop[] = {{"a", "b", NULL, "t"}, {"b", "a", NULL, "t"}};
	static const Capture orphan[] = {{"a", "x", NULL, "t"}};
	static const Capture twice[] = {{"a,b", NULL, NULL, "t"}, {"b,a", NULL, NULL, "u"}};
	static const Capture good[] = {{"", NULL, NULL, "t"}, {"a", "", "a", "t:persistence=1"}};
	char *reason;
	MhExpectations *expectations;

	ok(capture_all(loop, 2, &reason) == NULL, "sets that build on each other");
	is(reason, "The rows {a} build on themselves.", "are named");
	ok(capture_all(orphan, 1, &reason) == NULL, "a set that builds on what is not there");
	is(reason, "The rows {a} build on {x}, which are not there.", "is named");
	ok(capture_all(twice, 2, &reason) == NULL, "rows that are there twice");
	is(reason, "The rows {a,b} are there twice.", "are named");
	expectations = capture_all(good, 2, &reason);
	expectations->sets[1].deltas[0].before = MH_NO_FORM;
	is(composed_text(expectations, NULL, "a"),
	   "! What is stored for the rows {a} does not fit together.", "differences that do not fit");
}

static void
test_introduced(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, "old"},
		{"a", "", "a", "old;t:persistence=1"},
		{"b", "a", "b", "old;t:comment=c,persistence=1"},
		{"c", "b", "c", "t:comment=c,persistence=3"},
		{"d", "c", "d", "t:comment=c,persistence=3;u"},
	};
	char *reason;
	MhExpectations *expectations = capture_all(captures, 5, &reason);
	MhStrings rows = rows_of("d");
	MhComposed composed;

	mh_compose(expectations, NULL, &rows, &composed);
	is(mh_introduced_by(expectations, &composed, "table", "t", NULL), "a", "an object's creation");
	is(mh_introduced_by(expectations, &composed, "table", "t", "persistence"), "c",
	   "its last change");
	is(mh_introduced_by(expectations, &composed, "table", "t", "comment"), "b", "an older change");
	is(mh_introduced_by(expectations, &composed, "table", "t", "row_security"), "a",
	   "what never changed is as old as the object");
	is(mh_introduced_by(expectations, &composed, "table", "old", NULL), "c", "who dropped it");
	is(mh_introduced_by(expectations, &composed, "table", "x", NULL), NULL, "never there");
}

/* ---------- random histories ---------- */

static unsigned int random_state = 20260101;

static int
below(int n)
{
	random_state = random_state * 1103515245 + 12345;
	return (int) ((random_state >> 16) % (unsigned int) n);
}

#define REVISIONS 9

/* Revision i makes table "ri", and gives a table that it or one below it made the option i. */
typedef struct History
{
	char *graph_text;
	MhGraph *graph;
	int altered[REVISIONS]; /* -1: nothing */
} History;

static void
make_history(History *history)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < REVISIONS; i++)
	{
		appendStringInfo(&text, "%sr%d", i > 0 ? "|" : "", i);
		if (i > 0 && below(4) > 0)
			appendStringInfo(&text, "<r%d", below(i));
		if (i > 2 && text.data[text.len - 3] == '<' && below(4) == 0)
			appendStringInfo(&text, ",r%d", (text.data[text.len - 1] - '0' + 1 + below(i - 1)) % i);
	}
	history->graph_text = text.data;
	history->graph = graph_of(text.data);
	for (int i = 0; i < REVISIONS; i++)
	{
		MhNodes self = {0, NULL};
		bool *ancestors;
		int target = below(i + 1);

		mh_nodes_add(&self, i);
		ancestors = mh_graph_ancestors(history->graph, &self);
		history->altered[i] = ancestors[target] && target != i ? target : -1;
	}
}

/* The schema with these applied, in load order, which is one that the graph allows. */
static char *
schema_at(const History *history, const bool *applied)
{
	StringInfoData text;
	bool first = true;

	initStringInfo(&text);
	for (int i = 0; i < REVISIONS; i++)
	{
		if (!applied[i])
			continue;
		appendStringInfo(&text, "%sr%d", first ? "" : ";", i);
		first = false;
		/* each alteration is an attribute of its own, so that branches do not disturb another */
		for (int j = 0, n = 0; j < REVISIONS; j++)
			if (applied[j] && history->altered[j] == i)
				appendStringInfo(&text, "%sattribute%d=%d", n++ == 0 ? ":" : ",", j, j);
	}
	return text.data;
}

static char *
rows_at(const History *history, const bool *applied)
{
	MhNodes maximal = mh_graph_maximal(history->graph, applied);
	MhStrings ids = mh_graph_ids(history->graph, &maximal);

	mh_strings_sort(&ids);
	return mh_strings_join(&ids, ",");
}

static bool
is_next(const History *history, int revision, const bool *applied)
{
	const MhNodes *under = &history->graph->nodes[revision].ndown;

	for (int i = 0; i < under->n; i++)
		if (!applied[under->v[i]])
			return false;
	return !applied[revision];
}

/* Captures every step of an upgrade to all heads, in any order that the graph allows. */
static MhExpectations *
capture_upgrade(const History *history)
{
	Capture *captures = palloc0((REVISIONS + 1) * sizeof(Capture));
	bool applied[REVISIONS] = {false};
	char *reason;

	captures[0].rows = "";
	captures[0].schema = "";
	for (int i = 1; i <= REVISIONS; i++)
	{
		int revision;

		do
			revision = below(REVISIONS);
		while (!is_next(history, revision, applied));
		applied[revision] = true;
		captures[i].rows = rows_at(history, applied);
		captures[i].previous = captures[i - 1].rows;
		captures[i].revision = psprintf("r%d", revision);
		captures[i].schema = schema_at(history, applied);
	}
	return capture_all(captures, REVISIONS + 1, &reason);
}

static void
test_random(void)
{
	int compared = 0;
	int wrong = 0;

	for (int round = 0; round < 200; round++)
	{
		History history;
		MhExpectations *expectations;

		make_history(&history);
		expectations = capture_upgrade(&history);
		for (int i = 0; i < 20; i++)
		{
			MhNodes nodes = {0, NULL};
			bool *applied;
			char *rows;
			char *got;
			char *wanted;

			for (int j = below(4); j > 0; j--)
				mh_nodes_add(&nodes, below(REVISIONS));
			applied = mh_graph_ancestors(history.graph, &nodes);
			rows = rows_at(&history, applied);
			wanted = text_of(schema_of(schema_at(&history, applied)));
			got = composed_text(expectations, history.graph, rows);
			compared++;
			if (strcmp(got, wanted) == 0)
				continue;
			if (wrong++ == 0)
				printf("# %s at {%s}: got %s, not %s\n", history.graph_text, rows, got, wanted);
		}
	}
	ok(wrong == 0,
	   psprintf("%d expectations of random histories, as the revisions make them", compared));
}

/* What the live schema has as it is expected is taken from there, and nothing else is. */
static void
test_taken(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, "a;b:persistence=1;c:persistence=1;d"},
		{"x", "", "x", "a;b:persistence=2;c:persistence=1;e"},
	};
	char *reason;
	MhExpectations *expectations = capture_all(captures, 2, &reason);
	MhDefinitions *live = schema_of("0;a;b:persistence=1;c:persistence=1;d;f");
	MhComposed composed = {0};
	StringInfoData taken;
	MhStrings rows = rows_of("x");

	ok(mh_compose(expectations, NULL, &rows, &composed), "composed");
	for (int i = 0; i < expectations->n_forms; i++)
		expectations->forms[i].definition = NULL;
	mh_expected_take(expectations, composed.forms, live);
	initStringInfo(&taken);
	for (int i = 0; i < expectations->n_forms; i++)
		if (expectations->forms[i].definition != NULL)
		{
			is(expectations->forms[i].definition->checksum, expectations->forms[i].checksum,
			   "a definition of this checksum");
			appendStringInfoString(&taken, expectations->forms[i].definition->name);
		}
	is(taken.data, "ac", "not what is other, nor what is not expected at these rows");
}

int
main(void)
{
	test_captured();
	test_taken();
	test_branches();
	test_merging();
	test_damage();
	test_introduced();
	test_random();
	return done_testing();
}
