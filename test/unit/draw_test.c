/*
 * Unit tests of src/core/draw*.c.  Whether drawings are right in general is
 * asked by draw_oracle.py; these show what they look like.
 */
#include "core/draw/draw.h"
#include "tap.h"

#define MAX_REVISIONS 20

static MhScript scripts[MAX_REVISIONS];
static int n_scripts;
static const MhMarks no_table = {NULL, NULL, {0, NULL}};

static MhStrings
words(const char *text)
{
	MhStrings list = {0, NULL};
	char *copy = pstrdup(text);

	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		mh_strings_add(&list, word);
	return list;
}

static void
add(const char *revision, const char *down, const char *message)
{
	MhScript *script = &scripts[n_scripts++];

	memset(script, 0, sizeof(*script));
	script->revision = pstrdup(revision);
	script->down_revision = words(down);
	script->message = pstrdup(message);
}

/* The graph of what was added, which is forgotten. */
static MhGraph *
graph_of_added(void)
{
	MhError err = MH_NO_ERROR;
	MhScript *kept = palloc(sizeof(scripts));
	MhGraph *graph;

	memcpy(kept, scripts, sizeof(scripts));
	graph = mh_graph_build(kept, n_scripts, &err);
	n_scripts = 0;
	if (graph == NULL)
		printf("# %s\n", err.message);
	return graph;
}

static MhNodes
nodes_called(const MhGraph *graph, const char *ids)
{
	MhStrings list = words(ids);
	MhNodes nodes = {0, NULL};

	for (int i = 0; i < list.n; i++)
		mh_nodes_add(&nodes, mh_graph_find(graph, list.v[i]));
	return nodes;
}

/* The lines, each with a line feed. */
static char *
text_of(MhStrings lines)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < lines.n; i++)
		appendStringInfo(&buf, "%s\n", lines.v[i]);
	return buf.data;
}

static char *
drawing(const MhGraph *graph, const char *ids, const MhMarks *marks)
{
	MhNodes nodes = nodes_called(graph, ids);

	return text_of(mh_draw_text(graph, &nodes, marks));
}

static MhGraph *
shop(void)
{
	add("1975ea83b712", "", "create account table");
	add("ae1027a6acf", "1975ea83b712", "add a column");
	add("27c6a30d7c24", "1975ea83b712", "add shopping cart table");
	add("53fffde5ad5", "ae1027a6acf 27c6a30d7c24", "merge ae1 and 27c");
	add("f0e1d2c3b4a5", "53fffde5ad5", "first line\nof a message\n\nand its body");
	add("c0ffee000001", "27c6a30d7c24", "hotfix");
	mh_strings_add(&scripts[2].branch_labels, "shop");
	mh_strings_add(&scripts[5].depends_on, "ae1027a6acf");
	return graph_of_added();
}

#define SHOP_ORDER "c0ffee000001 f0e1d2c3b4a5 53fffde5ad5 27c6a30d7c24 ae1027a6acf 1975ea83b712"

static void
test_shop(void)
{
	MhGraph *graph = shop();
	bool is_current[6] = {false, false, true, false, false, false};
	bool applied[6] = {true, false, true, false, false, false};
	MhMarks marks = {is_current, applied, {0, NULL}};

	mh_strings_add(&marks.unknown_rows, "dead\033beef");
	is(drawing(graph, SHOP_ORDER, &marks),
	   "? dead?beef (unknown row)\n"
	   "* c0ffee000001 (shop) (head) (pending) hotfix (depends on ae1027a6acf)\n"
	   "| * f0e1d2c3b4a5 (shop) (head) (pending) first line of a message\n"
	   "| * 53fffde5ad5 (shop) (pending) (mergepoint) merge ae1 and 27c\n"
	   "|/|\n"
	   "* | 27c6a30d7c24 (shop) (current) (branchpoint) add shopping cart table\n"
	   "| * ae1027a6acf (pending) add a column\n"
	   "|/\n"
	   "* 1975ea83b712 (applied) (branchpoint) create account table\n",
	   "branch, merge and marks");
	is(drawing(graph, "53fffde5ad5 27c6a30d7c24", &no_table),
	   "* 53fffde5ad5 (shop) (mergepoint) merge ae1 and 27c\n"
	   "|\\\n"
	   "| ~\n"
	   "* 27c6a30d7c24 (shop) (branchpoint) add shopping cart table\n"
	   "~\n",
	   "what leads out of a range is hinted at, and without a table nothing is pending");
	is(drawing(graph, "1975ea83b712 ae1027a6acf", &no_table),
	   "* 1975ea83b712 (branchpoint) create account table\n"
	   "\n"
	   "* ae1027a6acf add a column\n"
	   "~\n",
	   "a parent that came before its child is hinted at too");
	is(drawing(graph, "1975ea83b712", NULL), "* 1975ea83b712 (branchpoint) create account table\n",
	   "marks may be absent");
	is(drawing(graph, "", &no_table), "", "nothing to draw");
}

static void
test_effective_head(void)
{
	MhGraph *graph;

	add("a", "", "");
	add("b", "", "");
	mh_strings_add(&scripts[1].depends_on, "a");
	graph = graph_of_added();
	is(drawing(graph, "b a", &no_table),
	   "* b (head) (depends on a)\n"
	   "\n"
	   "* a (effective head)\n",
	   "roots are kept apart, and a head that something depends on is only an effective one");
}

static void
test_octopus(void)
{
	MhGraph *graph;

	add("a", "", "");
	add("b", "", "");
	add("c", "", "");
	add("d", "", "");
	add("n", "a", "");
	add("m", "a b c d", "octopus");
	graph = graph_of_added();
	is(drawing(graph, "m n d c b a", &no_table),
	   "*---. m (head) (mergepoint) octopus\n"
	   "|\\ \\ \\\n"
	   "| | | | * n (head)\n"
	   "| |_|_|/\n"
	   "|/| | |\n"
	   "| | | * d\n"
	   "| | * c\n"
	   "| * b\n"
	   "* a (branchpoint)\n",
	   "an octopus stretches an arm, and a line runs under others");

	add("a", "", "");
	add("b", "", "");
	add("c", "", "");
	add("r", "", "");
	add("s", "", "");
	add("m", "a b c r", "octopus");
	add("x", "m r s", "");
	graph = graph_of_added();
	is(drawing(graph, "x m s r c b a", &no_table),
	   "*-. x (head) (mergepoint)\n"
	   "|\\ \\\n"
	   "|  \\ \\\n"
	   "|    \\ \\\n"
	   "*---. | | m (mergepoint) octopus\n"
	   "|\\ \\ \\| |\n"
	   "| | | | * s\n"
	   "| | | * r (branchpoint)\n"
	   "| | * c\n"
	   "| * b\n"
	   "* a\n",
	   "lanes make room for an arm, whose end joins one of them");
}

static void
test_lanes_that_end(void)
{
	MhGraph *graph;

	add("a", "", "");
	add("b", "", "");
	add("c", "", "");
	add("x", "a", "");
	add("y", "b", "");
	add("z", "c", "");
	graph = graph_of_added();
	is(drawing(graph, "x y z a b c", &no_table),
	   "* x (head)\n"
	   "| * y (head)\n"
	   "| | * z (head)\n"
	   "* | | a\n"
	   " / /\n"
	   "* | b\n"
	   " /\n"
	   "* c\n",
	   "lanes move up when one ends");
}

/* Revision "a" with this message; its line must take just as many columns. */
static void
test_cut(const char *message, const char *expected, const char *name)
{
	add("a", "", message);
	is(drawing(graph_of_added(), "a", &no_table), psprintf("* a (head)%s\n", expected), name);
}

static void
test_messages(void)
{
	char *x67 = psprintf("%067d", 0);

	test_cut(x67, psprintf(" %s", x67), "a line of 78 columns is not cut");
	test_cut(psprintf("%s0", x67), psprintf(" %.64s...", x67), "a longer one is, to 78");
	test_cut(psprintf("%.63s\xe5\xb9\x85\xe5\xb9\x85\xe5\xb9\x85", x67), psprintf(" %.63s...", x67),
			 "a wide character takes two columns");
	test_cut(psprintf("%.64se\xcc\x81"
					  "0000",
					  x67),
			 psprintf(" %.64s...", x67), "a line is cut before a character");
	test_cut("", "", "an empty message leaves no blank");
	is(mh_short_message("a\r\nb\tc\vd"), "a b c d", "line ends and tabs become blanks");
	is(mh_short_message("a\001\033[31m\177\xc2\x9b\xe2\x80\xae"), "a??[31m???",
	   "nothing can steer the terminal or turn the line around");
	is(mh_short_message("a\n\nb"), "a", "a short message ends at an empty line");
	is(mh_short_message("a\n \nb"), "a   b", "a line with a blank is not empty");
	is(mh_short_message("\n\nb"), "", "a message may begin with an empty line");
	is(mh_short_message("\xff\xc3"), "\xff\xc3", "bytes that are no UTF-8 are kept");
}

static void
test_many_lanes(void)
{
	MhGraph *graph;
	MhNodes nodes = {0, NULL};
	MhScript *many = palloc0(1000 * sizeof(MhScript));
	MhError err = MH_NO_ERROR;
	MhStrings lines;
	size_t widest = 0;

	/* A thousand roots below one revision. */
	for (int i = 0; i < 1000; i++)
	{
		many[i].revision = psprintf("r%d", i);
		many[i].message = "";
		if (i > 0)
			mh_strings_add(&many[0].down_revision, psprintf("r%d", i));
		mh_nodes_add(&nodes, i);
	}
	graph = mh_graph_build(many, 1000, &err);
	lines = mh_draw_text(graph, &nodes, &no_table);
	for (int i = 1; i < lines.n; i++)
		widest = Max(widest, strlen(lines.v[i]));
	ok(widest < 2 * 70, "a drawing does not become wider than anybody can follow");
	ok(strstr(lines.v[0], ", r999)") != NULL, "parents beyond are named");
}

static void
test_dot(void)
{
	MhGraph *graph;
	MhNodes nodes;
	bool is_current[3] = {false, true, false};
	bool applied[3] = {true, true, false};
	MhMarks marks = {is_current, applied, {0, NULL}};

	add("root", "", "");
	add("a\"\\&", "root root", "say \"hi\"");
	add("b", "a\"\\&", "");
	mh_strings_add(&scripts[2].depends_on, "root");
	graph = graph_of_added();
	nodes = nodes_called(graph, "b a\"\\&");
	mh_strings_add(&marks.unknown_rows, "x\"");
	is(text_of(mh_draw_dot(graph, &nodes, &marks)),
	   "digraph mighead {\n"
	   "    charset=\"UTF-8\";\n"
	   "    node [shape=box, style=rounded];\n"
	   "    u0 [label=\"x\\\" (unknown row)\", color=\"#b00020\", fontcolor=\"#b00020\"];\n"
	   "    n2 [label=\"b (head) (pending)\", penwidth=2, style=\"rounded,dashed\"];\n"
	   "    n1 [label=\"a\\\"\\\\&amp; (current) (mergepoint)\\nsay \\\"hi\\\"\", "
	   "style=\"rounded,filled\", fillcolor=\"#cfe8cf\"];\n"
	   "    n2 -> n1;\n"
	   "    p2 [label=\"...\", shape=plaintext];\n"
	   "    n2 -> p2 [style=dotted];\n"
	   "    p1 [label=\"...\", shape=plaintext];\n"
	   "    n1 -> p1 [style=dotted];\n"
	   "}\n",
	   "dot: labels are escaped, what is outside is hinted at");
	nodes = nodes_called(graph, "b root");
	is(text_of(mh_draw_dot(graph, &nodes, NULL)),
	   "digraph mighead {\n"
	   "    charset=\"UTF-8\";\n"
	   "    node [shape=box, style=rounded];\n"
	   "    n2 [label=\"b (head)\", penwidth=2];\n"
	   "    n0 [label=\"root\"];\n"
	   "    n2 -> n0 [style=dashed];\n"
	   "    p2 [label=\"...\", shape=plaintext];\n"
	   "    n2 -> p2 [style=dotted];\n"
	   "}\n",
	   "dot: a dependency is dashed");
}

static void
test_mermaid(void)
{
	MhGraph *graph;
	MhNodes nodes;
	bool is_current[3] = {false, true, false};
	bool applied[3] = {true, true, false};
	MhMarks marks = {is_current, applied, {0, NULL}};

	add("root", "", "");
	add("a\"", "root root", "1. #1; <b>");
	add("b", "a\"",
		"gr\xc3\xb6\xc3\x9f"
		"e");
	mh_strings_add(&scripts[2].depends_on, "root");
	graph = graph_of_added();
	nodes = nodes_called(graph, "b a\" root");
	mh_strings_add(&marks.unknown_rows, "x\"");
	is(text_of(mh_draw_mermaid(graph, &nodes, &marks)),
	   "flowchart TD\n"
	   "    u0[\"x#34; (unknown row)\"]:::unknown\n"
	   "    n2[\"b (head) (pending)<br/>gr\xc3\xb6\xc3\x9f"
	   "e\"]:::pending\n"
	   "    n1[\"a#34; (current) (mergepoint)<br/>1#46; #35;1#59; #60;b#62;\"]:::current\n"
	   "    n0[\"root (applied)\"]\n"
	   "    n2 --> n1\n"
	   "    n2 -.-> n0\n"
	   "    n1 --> n0\n"
	   "    classDef head stroke-width:3px\n"
	   "    classDef current fill:#cfe8cf,color:#000,stroke-width:3px\n"
	   "    classDef pending stroke-dasharray:5 5\n"
	   "    classDef unknown stroke:#b00020,stroke-width:3px\n",
	   "mermaid: punctuation is written as entities");
}

int
main(void)
{
	test_shop();
	test_effective_head();
	test_octopus();
	test_lanes_that_end();
	test_messages();
	test_many_lanes();
	test_dot();
	test_mermaid();
	return done_testing();
}
