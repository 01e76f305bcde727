/*
 * Unit tests of locating a schema among expectations.
 */
#include "core/expectation/expectation.h"

#include "captures.h"

#include "tap.h"

/* of AddressSanitizer, whose header not every compiler brings */
extern size_t __sanitizer_get_current_allocated_bytes(void);

/* The class of the server that captured; the live schema is always told by one of 16. */
static MhDeparser captured_by = MH_DEPARSER_16;

/* "{rows}=same,same +matching -missing ~changed *extra", best first; "!" marks the current one. */
static char *
located(const Capture *captures, int n, const MhGraph *graph, const char *live, const char *current,
		int max)
{
	char *reason;
	MhExpectations *expectations = capture_all(captures, n, &reason);
	MhDefinitions *schema = schema_of(live);
	MhStrings schemas = {0, NULL};
	MhStrings rows = {0, NULL};
	MhLocations *locations;
	StringInfoData text;

	mh_strings_add(&schemas, "$home");
	schema->deparser = MH_DEPARSER_16;
	for (int i = 0; i < expectations->n; i++)
		expectations->sets[i].deparser = captured_by;
	if (current != NULL)
		rows = split(current, ',');
	locations = mh_locate(expectations, graph, schema, &schemas, current != NULL ? &rows : NULL, 0);
	initStringInfo(&text);
	for (int i = 0; i < locations->n && i < max; i++)
	{
		const MhLocation *location = &locations->v[i];

		appendStringInfo(&text, "%s{%s}%s%s%s", i > 0 ? " | " : "",
						 mh_strings_join(&location->rows, ","), location->is_current ? "!" : "",
						 location->same_as.n > 0 ? "=" : "",
						 mh_strings_join(&location->same_as, ","));
		if (location->is_exact)
			appendStringInfoString(&text, " exact");
		else
			appendStringInfo(&text, " +%d -%d ~%d *%d", location->matching, location->missing,
							 location->changed, location->extra);
	}
	return text.data;
}

static const Capture line[] = {
	{"", NULL, NULL, ""},
	{"a", "", "a", "t"},
	{"b", "a", "b", "t:persistence=1"},
	{"c", "b", "c", "t:persistence=1"},
	{"d", "c", "d", "t:persistence=1;u;v"},
};

static void
test_line(void)
{
	const MhGraph *graph = graph_of("a|b<a|c<b|d<c");

	is(located(line, 5, graph, "t", NULL, 1), "{a} exact", "an exact one");
	is(located(line, 5, graph, "", NULL, 1), "{} exact", "nothing but the start");
	is(located(line, 5, graph, "t:persistence=1", NULL, 1), "{c}=b exact",
	   "of several the one with the most revisions");
	is(located(line, 5, graph, "t:persistence=1", "b", 1), "{b}!=c exact",
	   "but the current one first");
	is(located(line, 5, graph, "t:persistence=1;u;x", "d", 2),
	   "{d}! +2 -1 ~0 *1 | {c}=b +1 -0 ~0 *2", "the nearest, with what differs");
	is(located(line, 5, graph, "t:comment=x,owner=me", NULL, 1), "{a} exact",
	   "owner and comment tell no revision from another");
	is(located(line, 5, NULL, "t", NULL, 1), "{a} exact", "without scripts");
	is(located(line, 0, graph, "t", NULL, 1), "", "without expectations");
}

static void
test_composed(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, ""},
		{"a1", "", "a1", "a"},
		{"a1,b1", "a1", "b1", "a;b"},
		{"a2,b1", "a1,b1", "a2", "a:persistence=1;b"},
	};
	const MhGraph *graph = graph_of("a1|a2<a1|b1");

	is(located(captures, 4, graph, "b", NULL, 1), "{b1} exact", "a branch never captured alone");
	is(located(captures, 4, graph, "a:persistence=1", NULL, 1), "{a2} exact",
	   "nor the other's end");
	is(located(captures, 4, graph, "a:persistence=1;b", NULL, 1), "{a2,b1} exact", "all heads");
}

static char *
partial_of(const Capture *captures, int n, const char *graph_text, const char *rows,
		   const char *live)
{
	char *reason;
	MhExpectations *expectations = capture_all(captures, n, &reason);
	MhGraph *graph = graph_of(graph_text);
	MhStrings list = split(rows, ',');
	MhDefinitions *schema = schema_of(live);
	MhPartial found;

	schema->deparser = MH_DEPARSER_16;
	for (int i = 0; i < expectations->n; i++)
		expectations->sets[i].deparser = captured_by;
	found = mh_locate_partial(expectations, graph, &list, schema);

	if (found.node == MH_BASE)
		return pstrdup("none");
	return psprintf("%s %d done %d open %d begun", graph->nodes[found.node].id, found.done,
					found.open, found.begun);
}

static char *
partial(const char *rows, const char *live)
{
	return partial_of(line, 5, "a|b<a|c<b|d<c", rows, live);
}

/* A server of 16 writes a view that one of 15 captured in another way. */
static void
test_other_texts(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, ""},
		{"a", "", "a", "t;view1:definition=t.x"},
		{"b", "a", "b", "t;view1:definition=t.x;u"},
		{"c", "b", "c", "t;view1:definition=t.y;u"},
	};
	const MhGraph *graph = graph_of("a|b<a|c<b");

	is(located(captures, 4, graph, "t;view1:definition=x", NULL, 1), "{a} +1 -0 ~1 *0",
	   "where the texts are of one class, another text is a change");
	captured_by = MH_DEPARSER_15;
	is(located(captures, 4, graph, "t;view1:definition=x", NULL, 1), "{a} exact",
	   "else nothing is known against it");
	is(located(captures, 4, graph, "t;view1:definition=x;u", "b", 1), "{b}! exact",
	   "of two that only the text tells apart the recorded one");
	is(located(captures, 4, graph, "t;view1:definition=x;u", NULL, 2),
	   "{c} +2 -0 ~0 *0 | {b} +2 -0 ~0 *0", "without rows nobody knows");
	is(located(captures, 4, graph, "t", NULL, 1), "{a} +1 -1 ~0 *0", "a view that is missing is");
	is(located(captures, 4, graph, "t;view1:definition=t.x", NULL, 1), "{a} exact",
	   "what is written alike is the same");
	is(partial_of(captures, 4, "a|b<a|c<b", "b", "t;view1:definition=y;u"), "none",
	   "a text that cannot be compared has not begun a step");
	captured_by = MH_DEPARSER_16;
}

static void
test_partial(void)
{
	is(partial("c", "t:persistence=1"), "none", "nothing was begun");
	is(partial("c", "t:persistence=1;u"), "d 1 done 1 open 0 begun", "half of it is there");
	is(partial("c", "t:persistence=1;u:persistence=9"), "d 0 done 2 open 1 begun",
	   "there, but not as it should be");
	is(partial("c", "t:persistence=1;u;v"), "none", "all of it is no half");
	is(partial("b", "t:persistence=1;u"), "none", "only what could come next");
}

/* Revisions without a step, with a captured set between them, and many of them. */
static void
test_lacking(void)
{
	static const Capture captures[] = {
		{"", NULL, NULL, ""},           {"a", "", "a", "t"},
		{"d", "a", NULL, "t;u"},        {"d,x", "d", "x", "t;u;w"},
		{"e,x", "d,x", "e", "t;u;w;v"},
	};
	const MhGraph *graph = graph_of("a|b<a|c<b|d<c|e<d|x");
	const int revisions = 1000;
	StringInfoData text;
	size_t before;

	is(located(captures, 5, graph, "t;u;v", NULL, 1), "{e} exact",
	   "what follows a set that follows revisions without a step");
	initStringInfo(&text);
	appendStringInfoString(&text, "a");
	for (int i = 1; i < revisions; i++)
		appendStringInfo(&text, "|r%d<%s", i, i == 1 ? "a" : psprintf("r%d", i - 1));
	graph = graph_of(text.data);
	before = __sanitizer_get_current_allocated_bytes();
	is(located(captures, 2, graph, "t", NULL, 1), "{a} exact", "before a thousand of them");
	ok(__sanitizer_get_current_allocated_bytes() - before < 100 * 1000,
	   "which leave nothing in memory");
}

int
main(void)
{
	test_line();
	test_lacking();
	test_composed();
	test_partial();
	test_other_texts();
	return done_testing();
}
