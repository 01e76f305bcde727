/*
 * Unit tests of the graph core: the quirks and texts of Alembic by name.  What
 * is expected here Alembic has been seen to do; graph_oracle.py compares the
 * rest.
 *
 * Graphs are written as graphs.h says.  Answers are written as the ids, or as "CODE message", so
 * that one line tells both.
 */
#include "core/graph/graph.h"
#include "core/plan/plan.h"

#include <time.h>

#include "graphs.h"
#include "tap.h"

static char *
refusal(const MhError *err)
{
	return psprintf("%s %s", err->sqlstate, err->message);
}

static char *
build(const char *text)
{
	MhError err = MH_NO_ERROR;

	return try_graph(text, &err) == NULL ? refusal(&err) : pstrdup("ok");
}

static char *
show(const MhGraph *graph, const MhNodes *nodes)
{
	MhStrings ids = mh_graph_ids(graph, nodes);

	return mh_strings_join(&ids, " ");
}

static char *
resolve(const char *text, const char *identifier)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = graph_of(text);
	MhNodes nodes;

	return mh_resolve(graph, identifier, &nodes, &err) ? show(graph, &nodes) : refusal(&err);
}

/* What a refused identifier's detail says. */
static char *
detail_of(const char *text, const char *identifier)
{
	MhError err = MH_NO_ERROR;
	MhNodes nodes;

	return mh_resolve(graph_of(text), identifier, &nodes, &err) ? pstrdup("ok") : err.detail;
}

static char *
show_plan(const MhGraph *graph, const MhPlan *plan, bool rows)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < plan->warnings.n; i++)
		appendStringInfo(&buf, "WARNING ");
	for (int i = 0; i < plan->n; i++)
	{
		appendStringInfo(&buf, "%s%s", i > 0 ? " " : "", graph->nodes[plan->steps[i].node].id);
		if (rows)
			appendStringInfo(&buf, "{%s}", mh_strings_join(&plan->steps[i].rows_after, ","));
	}
	return buf.data;
}

static char *
up(const char *text, const char *rows, const char *target)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = graph_of(text);
	MhStrings list = split(rows, ' ');
	MhPlan plan;

	return mh_upgrade_plan(graph, &list, target, false, &plan, &err)
			   ? show_plan(graph, &plan, false)
			   : refusal(&err);
}

static char *
down(const char *text, const char *rows, const char *target)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = graph_of(text);
	MhStrings list = split(rows, ' ');
	MhPlan plan;

	return mh_downgrade_plan(graph, &list, target, true, &plan, &err)
			   ? show_plan(graph, &plan, true)
			   : refusal(&err);
}

static char *
history(const char *text, const char *rows, const char *range)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = graph_of(text);
	MhStrings list = split(rows, ' ');
	MhNodes nodes;

	return mh_history(graph, range, &list, &nodes, &err) ? show(graph, &nodes) : refusal(&err);
}

static char *
current(const char *text, const char *rows)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = graph_of(text);
	MhStrings list = split(rows, ' ');
	MhNodes nodes;

	return mh_current(graph, &list, &nodes, &err) ? show(graph, &nodes) : refusal(&err);
}

static char *
show_stamp(const MhStampPlan *plan)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < plan->n; i++)
	{
		const MhStampStep *step = &plan->steps[i];

		if (step->action == MH_STAMP_DELETE)
			appendStringInfo(&buf, "-%s ", step->from_revision);
		else if (step->action == MH_STAMP_INSERT)
			appendStringInfo(&buf, "+%s ", step->to_revision);
		else
			appendStringInfo(&buf, "%s>%s ", step->from_revision, step->to_revision);
	}
	appendStringInfo(&buf, "{%s}", mh_strings_join(&plan->rows_after, " "));
	if (plan->alembic_differs)
		appendStringInfo(&buf, " alembic %s",
						 plan->alembic_error ? plan->alembic_error
											 : mh_strings_join(&plan->alembic_rows, " "));
	if (plan->overlap)
		appendStringInfo(&buf, " overlap: %s", plan->overlap_detail);
	return buf.data;
}

typedef enum StampMode
{
	PLAIN = 0,
	PURGE = 1,
	UNREGISTERED = 2
} StampMode;

static char *
stamp_as(StampMode mode, const char *text, const char *rows, const char *targets)
{
	MhError err = MH_NO_ERROR;
	MhStrings row_list = split(rows, ' ');
	MhStrings target_list = split(targets, ' ');
	MhStampPlan plan;

	return mh_stamp_plan(graph_of(text), &row_list, &target_list, mode & PURGE, mode & UNREGISTERED,
						 &plan, &err)
			   ? show_stamp(&plan)
			   : refusal(&err);
}

static char *
stamp(const char *text, const char *rows, const char *targets)
{
	return stamp_as(PLAIN, text, rows, targets);
}

static void
test_refused_graphs(void)
{
	is(build("a<a"), "MH210 Self-loop is detected in revisions (a)", "self-loop");
	is(build("a*a"), "MH210 Dependency self-loop is detected in revisions (a)",
	   "dependency self-loop");
	is(build("a-@"), "MH215 Character(s) '-, @' not allowed in revision identifier 'a-@'",
	   "forbidden characters are sorted");
	is(build("a+:"), "MH215 Character(s) '+, :' not allowed in revision identifier 'a+:'",
	   "a colon is forbidden");
	is(build("a@|b<b"), "MH215 Character(s) '@' not allowed in revision identifier 'a@'",
	   "the first script's error wins");
	is(build("a@<a@"), "MH210 Self-loop is detected in revisions (a@)",
	   "a self-loop wins over a forbidden character");
	is(build("a|a"), "MH214 Revision a is present more than once", "duplicate id");
	is(build("a|a|b<b"), "MH210 Self-loop is detected in revisions (b)",
	   "a self-loop wins over a duplicate id");
	is(build("a#x|b<a#x"), "MH214 Branch name 'x' in revision b already used by revision a",
	   "label of another revision");
	is(build("a#b|b<a"), "MH214 Branch name 'b' in revision a already used by revision b",
	   "label that is an id");
	is(build("a#a"), "MH214 Branch name 'a' in revision a already used by revision a",
	   "label that is its own id");
	is(build("a#x,x"), "MH214 Branch name 'x' in revision a already used by revision a",
	   "label listed twice");
	is(build("a<yyy|b*zzz"), "MH213 Revision zzz referenced from b is not present",
	   "absent dependencies come before absent parents");
	is(build("a<yyy"), "MH213 Revision yyy referenced from a is not present", "absent parent");
	is(build("a#x|b<x"), "MH213 Revision x referenced from b is not present",
	   "a parent cannot be given as a label");
	is(build("abcd1|b<abcd"), "MH213 Revision abcd referenced from b is not present",
	   "a reference is no prefix");
	is(build("a#x|b*x"), "ok", "a dependency can be given as a label");
	is(build(""), "ok", "an empty graph");
}

static void
test_cycles(void)
{
	is(build("b<a|a<b"), "MH211 Cycle is detected in revisions (b, a)",
	   "without a head the cycle is listed in load order");
	is(build("c|d<b|b<e|e<b"), "MH211 Cycle is detected in revisions (b, d, e)",
	   "with a head it is sorted, and what hangs on it is included");
	is(build("b<a|a*b"), "MH212 Dependency cycle is detected in revisions (b, a)",
	   "dependency cycle");
	is(build("a#x*x"), "MH212 Dependency cycle is detected in revisions (a)",
	   "a label that its own revision depends on is a cycle, not a self-loop");
	is(build("a|b<a*d|c<b|d<c|z"), "MH212 Dependency cycle is detected in revisions (a, b, c, d)",
	   "a dependency cycle beside something sound, which has no real head above it");
	is(build("a|b<a,c|c<b|d<c"), "MH211 Cycle is detected in revisions (b, c, d)",
	   "a cycle below a head and above a base, which Alembic misses");
	is(build("a|b<a|c<b|p*b|q<p|b2<b*q,x|x*b2,a|y*x"),
	   "MH212 Dependency cycle is detected in revisions (b2, x, y)",
	   "a dependency cycle that Alembic misses");
}

static void
test_relations(void)
{
	MhGraph *graph = graph_of("x1|y1|y2<y1*x1");
	MhNodes nodes = mh_graph_heads(graph);

	is(show(graph, &nodes), "x1 y2", "what is depended on stays a head");
	nodes = mh_graph_real_heads(graph);
	is(show(graph, &nodes), "y2", "but is no real head");
	nodes = mh_graph_bases(graph);
	is(show(graph, &nodes), "x1 y1", "bases");
	ok(graph->nodes[1].is_real_base && graph->nodes[0].is_real_base, "real bases");
	graph = graph_of("x|a*x|b<a*x|c<b*x|d<c*a");
	is(show(graph, &graph->nodes[2].ndown), "a", "a dependency of an ancestor is dropped");
	is(show(graph, &graph->nodes[3].ndown), "b", "also of a remote one");
	is(show(graph, &graph->nodes[4].ndown), "c a", "an ancestor for other reasons is not");
	ok(!graph->nodes[1].is_real_base && graph->nodes[1].is_base, "a base with dependencies");
	ok(graph->nodes[0].next.n == 0 && graph->nodes[0].all_next.n == 3, "all dependents are next");
	graph = graph_of("x#l|y|a<x,x|b<a*l,x,y");
	ok(graph->nodes[2].is_merge_point && graph->nodes[2].ndown.n == 1,
	   "the same parent twice is a merge, and one parent");
	is(show(graph, &graph->nodes[3].ndown), "a x y", "parents come first and only once");
	ok(graph->nodes[0].next.n == 1 && !graph->nodes[0].is_branch_point,
	   "dependents make no branch point");
	ok(mh_graph_find(graph, "l") == MH_BASE && mh_graph_find(graph, "y") == 1,
	   "find takes ids, not labels");
	ok(mh_graph_is_ancestor(graph, 1, 3) && !mh_graph_is_ancestor(graph, 1, 2) &&
		   !mh_graph_is_ancestor(graph, 3, 3),
	   "ancestors go over dependencies; nobody is his own");
}

static char *
labels_of(const char *text)
{
	MhGraph *graph = graph_of(text);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < graph->n; i++)
		if (graph->nodes[i].labels.n > 0)
			appendStringInfo(&buf, "%s%s:%s", buf.len > 0 ? " " : "", graph->nodes[i].id,
							 mh_strings_join(&graph->nodes[i].labels, ","));
	return buf.data;
}

static void
test_labels(void)
{
	is(labels_of("a|b<a#L|c<b|d<c"), "a:L b:L c:L d:L", "a straight line is labelled down too");
	is(labels_of("a|b<a#L|c<b|d<c|x*c"), "b:L c:L d:L", "unless something depends on one of it");
	is(labels_of("a|b<a#L|c<b|d<c|x*d"), "a:L b:L c:L d:L", "one dependent of the leaf is allowed");
	is(labels_of("a|b<a#L|c<b|d<b"), "b:L c:L d:L", "nor below a branch point");
	is(labels_of("a|o<a|b<a#L|c<b"), "b:L c:L", "nor is a branch point labelled");
	is(labels_of("a|b|m<a,b|c<m#L|d<c"), "c:L d:L", "nor a merge point");
	is(labels_of("a#A|b#B|m<a,b|c<m#L"), "a:A b:B m:A,B c:A,B,L", "labels come down, sorted");
	is(labels_of("a#L|x*a|y<x"), "a:L", "dependencies carry no labels");
	is(labels_of("a#A|b<a#B|c<b#C"), "a:A,B,C b:A,B,C c:A,B,C", "a line shares all its labels");
}

#define BRANCHES "a1|b1#bb|a2<a1#aa|b2<b1|a3<a2|b3<b2"

static void
test_resolution(void)
{
	is(resolve(BRANCHES, "heads"), "a3 b3", "heads");
	is(resolve(BRANCHES, "base"), "", "base is nothing");
	is(resolve("", "head"), "", "an empty graph has no head");
	is(resolve(BRANCHES, "head"),
	   "MH202 Multiple head revisions are present for given argument 'head'; please specify a "
	   "specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for "
	   "all heads",
	   "several heads");
	is(detail_of(BRANCHES, "head"), "Multiple heads are present for given argument 'head'; a3, b3",
	   "the low-level text about them");
	is(resolve(BRANCHES, "bb@head"), "b3", "head of a branch");
	is(resolve(BRANCHES, "a1@head"), "a3", "an id can stand for a branch");
	is(resolve(BRANCHES, "@heads"), "a3 b3", "an empty label is none");
	is(resolve(BRANCHES, "aa"), "a2", "a label alone");
	is(resolve(BRANCHES, "HEAD"), "MH201 Can't locate revision identified by 'HEAD'",
	   "words are case-sensitive");
	is(resolve(BRANCHES, "cc@head"), "MH201 Can't locate revision identified by 'cc'",
	   "unknown label");
	is(detail_of(BRANCHES, "cc@a2"), "No such branch: 'cc'", "the low-level text about it");
	is(resolve(BRANCHES, "bb@a2"), "MH201 Can't locate revision identified by 'a2'",
	   "not a member of the branch");
	is(detail_of(BRANCHES, "bb@a2"), "Revision a2 is not a member of branch 'bb'",
	   "the low-level text about it");
	is(resolve(BRANCHES, ""), "MH201 Can't locate revision identified by ''",
	   "nothing, an AssertionError in Alembic");
	is(resolve(BRANCHES, "aa@"), "MH201 Can't locate revision identified by ''",
	   "nothing after the label");
	is(resolve("x1|y1|y2<y1*x1", "heads"), "y2", "heads alone are real heads");
	is(resolve("x1|y1|y2<y1*x1#l", "l@heads"), "y2", "with a label they are versioned heads");
}

static void
test_prefixes(void)
{
	is(resolve("1234567|abc", "1"), "1234567", "there is no minimum length for a prefix");
	is(resolve("1234567|abc", "ab"), "MH201 Can't locate revision identified by 'ab'",
	   "an id of three characters is found only exactly");
	is(detail_of("1234567|abc", "ab"),
	   "No such revision or branch 'ab'; please ensure at least four characters are present for "
	   "partial revision identifier matches",
	   "advice for a short prefix");
	is(detail_of("1234567|abc", "abcd"), "No such revision or branch 'abcd'",
	   "none for one of four");
	is(resolve("été", "ét"), "MH201 Can't locate revision identified by 'ét'",
	   "length is in characters");
	is(detail_of("été", "éàü"),
	   "No such revision or branch 'éàü'; please ensure at least four characters are present for "
	   "partial revision identifier matches",
	   "that of the text too");
	is(resolve("abcd3|abcd1|abcd2|abcd0", "abcd"),
	   "MH201 Can't locate revision identified by 'abcd'", "an ambiguous prefix");
	is(detail_of("abcd3|abcd1|abcd2|abcd0", "abcd"),
	   "Multiple revisions start with 'abcd': 'abcd3', 'abcd1', 'abcd2'...",
	   "the first three in load order");
	is(resolve("abcd1#abcdx", "abcd"), "MH201 Can't locate revision identified by 'abcd'",
	   "a label and the id of the same revision are two candidates");
	is(resolve("abcd|abcde<abcd", "abcd"), "abcd", "an exact match wins");
	is(resolve("abcd1#one|abcd2#two", "two@abcd"), "abcd2", "the branch narrows the candidates");
	is(resolve("abcd1#branch", "bra@head"), "abcd1", "a prefix of a label");
}

static void
test_negative_identifiers(void)
{
	is(resolve(BRANCHES, "-1"), "a2 b2", "-1 walks down from each real head");
	is(resolve(BRANCHES, "bb@-2"), "b1", "label@-2 from those that carry the label");
	is(resolve(BRANCHES, " -0_1 "), "a2 b2", "as Python's int() reads it");
	is(resolve(BRANCHES, "-3"), "", "one step below a base is base");
	is(resolve(BRANCHES, "-4"), "MH205 Relative revision -4 goes below the base of a branch",
	   "further down there is nothing");
	is(resolve(BRANCHES, "-1_"), "MH201 Can't locate revision identified by '-1_'",
	   "not an integer");
	is(resolve("a|b<a|c<a|m<b,c", "-2"), "MH205 Ambiguous walk", "a merge has no one parent");
	is(stamp(BRANCHES, "", "-1"), "+a2 +b2 {a2 b2}", "stamp -1 stamps the parent of every head");
}

#define LINE "aaaa|bbbb<aaaa|cccc<bbbb#lbl|dddd<cccc"

static void
test_relative_upgrade(void)
{
	is(up(LINE, "", "+2"), "aaaa bbbb", "+2 from base");
	is(up(LINE, "bbbb", "+1"), "cccc", "+1 from the row");
	is(up(LINE, "bbbb", "+5"), "MH205 Relative revision +5 didn't produce 5 migrations",
	   "beyond the head");
	is(up(LINE, "bbbb", "-2"), "MH205 Relative revision -2 didn't produce 2 migrations",
	   "upgrade does not go down");
	is(up(LINE, "bbbb", "+0"), "MH205 Relative revision 0 didn't produce 0 migrations",
	   "upgrade by nothing");
	is(up(LINE, "", "aaaa+1junk"), "aaaa bbbb", "what follows the number is ignored");
	is(up(LINE, "", "base+2"), "aaaa bbbb", "base+2");
	is(up(LINE, "", "head-1"), "aaaa bbbb cccc", "head-1");
	is(up(LINE, "", "heads-1"), "aaaa bbbb cccc", "heads-1");
	is(up(LINE, "", "base-1"), "aaaa bbbb cccc dddd", "base-1 is the head");
	is(up(LINE, "", "lbl@base+2"), "aaaa bbbb", "label@base+2");
	is(up(LINE, "", "lbl@head-1"), "aaaa bbbb cccc", "label@head-1");
	is(up(LINE, "", "bbbb+9"), "MH205 Relative revision +9 didn't produce 9 migrations",
	   "rev+9, an AssertionError in Alembic");
	is(up(LINE, "", "head+1"), "MH205 Relative revision +1 didn't produce 1 migrations",
	   "head+1, another");
	is(up(LINE, "", "aaaa-1"), "MH205 Relative revision -1 didn't produce 1 migrations",
	   "landing on base, another");
	is(up("v1.2|v1.3<v1.2", "", "v1.2+1"), "MH201 Can't locate revision identified by 'v1.2+1'",
	   "a dot is no word character");
	is(up("lbl|a<lbl#lbl-1", "", "lbl-1@head"),
	   "MH205 Relative revision -1 didn't produce 1 migrations",
	   "a label with a number is read as revision lbl minus 1");
	is(up("a|b<a|c<a", "a", "+1"), "MH205 Ambiguous walk", "two ways up");
	is(up("a|b<a#x|c<a#y", "a", "y@+1"), "c", "the label tells which");
	is(up(BRANCHES, "a1 b1", "+1"), "MH205 Ambiguous upgrade from multiple current revisions",
	   "two rows");
	is(up(BRANCHES, "a1 b1", "bb@+1"), "b2", "two rows and a label");
	is(up(BRANCHES, "a3", "bb@+2"), "b1 b2", "a branch without rows starts at its base");
	is(up("r|a<r#aa|b<r#bb", "a", "bb@+1"), "b", "or at the branch point that is applied");
}

static void
test_relative_downgrade(void)
{
	is(down(LINE, "cccc", "-1"), "cccc{bbbb}", "-1");
	is(down(LINE, "bbbb", "-2"), "bbbb{aaaa} aaaa{}", "down to base");
	is(down(LINE, "bbbb", "-3"), "MH205 Relative revision -3 didn't produce 3 migrations",
	   "beyond it");
	is(down(LINE, "", "-1"), "MH205 Relative revision -1 didn't produce 1 migrations", "no rows");
	is(down(LINE, "bbbb", "+01"), "MH205 Relative revision +01 didn't produce 1 migrations",
	   "downgrade does not go up");
	is(down(LINE, "dddd", "bbbb+1"), "dddd{cccc}", "rev+1 as the target of a downgrade");
	is(down(LINE, "dddd", "dddd+1"), "MH205 Walked too far", "beyond the head");
	is(down(LINE, "dddd", "cccc-1"), "dddd{cccc} cccc{bbbb}", "rev-1");
	is(down(LINE, "bbbb", "aaaa-1"), "bbbb{aaaa} aaaa{}", "one below a base is base");
	is(down(LINE, "bbbb", "aaaa-2"), "MH205 Walked too far", "two below is not");
	is(down(BRANCHES, "b3 a3", "-1"), "WARNING b3{b2,a3}", "the first physical row, and a warning");
	is(down(BRANCHES, "b3 a3", "aa@-1"), "a3{a2,b3}", "the row of a branch");
	is(down(BRANCHES, "b3", "aa@-1"), "MH205 Relative revision -1 didn't produce 1 migrations",
	   "a branch without a row, an AssertionError in Alembic");
	is(down("x1#xx|x2<x1|y1|y2<y1*x2", "y2", "xx@-1"), "y2{x2,y1} x2{x1,y1}",
	   "a branch whose tip is implied by a dependency");
	is(down("a|b<a|c<a|m<b,c", "m", "-1"), "MH205 Ambiguous walk", "a merge has two ways down");
}

static void
test_upgrade(void)
{
	is(up("a|b<a|c<a|d<b,c", "", "head"), "a c b d", "a diamond, in Alembic's order");
	is(up("x1|y1|y2<y1*x1", "", "y2"), "x1 y1 y2", "dependencies first");
	is(up("x1|y1|y2<y1*x1", "y2", "x1"), "", "a target below the rows is silently nothing");
	is(up(LINE, "zzzz", "aaaa"), "MH201 Can't locate revision identified by 'zzzz'",
	   "an unknown row is an error even where it does not matter");
	is(up("x1|y1|y2<y1*x1", "y2 x1", "heads"),
	   "MH203 Requested revision y2 overlaps with other requested revisions x1",
	   "a row and its dependency");
	is(up("x1|y1|y2<y1*x1", "y1 y1", "y2"), "x1 y2", "the same row twice does not overlap");
	is(up(BRANCHES, "", "head"),
	   "MH202 Multiple head revisions are present for given argument 'head'; please specify a "
	   "specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for "
	   "all heads",
	   "several heads");
	is(up(BRANCHES, "", "head-1"),
	   "MH202 Multiple head revisions are present for given argument 'head-1'; please specify a "
	   "specific target revision, '<branchname>@head-1' to narrow to a specific head, or 'heads' "
	   "for all heads",
	   "the text names the whole destination");
	is(up(LINE, "", "aaaa:bbbb"), "MH204 Range revision not allowed", "a range");
	is(up(LINE, "bbb", "dddd"), "cccc dddd", "a row can be a prefix");
	is(up(LINE, "head", "dddd"), "", "or a word");
}

static void
test_downgrade(void)
{
	is(down(LINE, "cccc", "base"), "cccc{bbbb} bbbb{aaaa} aaaa{}", "to base");
	is(down(LINE, "bbbb", "bbbb"), "", "to where it is");
	is(down(LINE, "bbbb", "cccc"),
	   "MH204 Destination cccc is not a valid downgrade target from current head(s)",
	   "to what is not applied");
	is(down(LINE, "cccc", "typo@base"), "cccc{bbbb} bbbb{aaaa} aaaa{}",
	   "a label that nobody knows is ignored with one root");
	is(down(BRANCHES, "a3 b3", "typo@base"), "MH201 Can't locate revision identified by 'typo'",
	   "not with two");
	is(down("a#x", "a", "typo@base"), "MH201 Can't locate revision identified by 'typo'",
	   "a root with a label of its own counts as two");
	is(down(BRANCHES, "a3 b3", "bb@base"), "b3{b2,a3} b2{b1,a3} b1{a3}", "base of a branch");
	is(down("r|a<r#aa|b<r#bb|x#xx", "a b", "xx@r"),
	   "MH204 Not a valid downgrade target from current heads",
	   "a label that none of the roots is below");
	is(down("r|a<r#aa|b<r#bb", "a b", "bb@r"), "b{a}", "the label chooses among the roots");
	is(down("x1|x2<x1|y1|y2<y1*x1", "x2 y2", "x1"), "x2{y2}", "what it depended on stays");
	is(down("x1|x2<x1|y1|y2<y1*x1", "x2 y2", "xx@base"),
	   "MH201 Can't locate revision identified by 'xx'", "an unknown label with two roots");
	is(down("a1|a2<a1|a3<a2*a1|b1", "a3 b1", "a2"), "a3{a2,b1}",
	   "a parent that is an ancestor of another does not come back as a row");
	is(down("a|b<a|c<a|d<b,c", "d", "a"), "d{b,c} b{c} c{a}", "a merge is undone");
	is(down(BRANCHES, "a3 b3", "head"),
	   "MH202 Multiple head revisions are present for given argument 'head'; please specify a "
	   "specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for "
	   "all heads",
	   "several heads as a target");
}

static void
test_history(void)
{
	is(history(LINE, "", NULL), "dddd cccc bbbb aaaa", "newest first");
	is(history(LINE, "", "bbbb:cccc"), "cccc bbbb", "both ends are included");
	is(history(LINE, "", "bbbb:"), "dddd cccc bbbb", "open above");
	is(history(LINE, "bbbb", ":current"), "bbbb aaaa", "the rows as the upper end");
	is(history(LINE, "bbbb", "current:"), "dddd cccc bbbb", "the rows as the lower end");
	is(history(LINE, "", ":current"), "dddd cccc bbbb aaaa", "no rows are as good as heads");
	is(history(LINE, "", "current:current"), "MH201 Can't locate revision identified by 'current'",
	   "only one end can be the rows");
	is(history(LINE, "", "bbbb"), "MH204 History range requires [start]:[end], [start]:, or :[end]",
	   "no colon");
	is(history(LINE, "", "a:b:c"),
	   "MH204 History range requires [start]:[end], [start]:, or :[end]", "two colons");
	is(history(LINE, "", "cccc:bbbb"),
	   "MH204 Requested range cccc:bbbb does not refer to ancestor/descendant revisions along the "
	   "same branch",
	   "the wrong way round");
	is(history(LINE, "dddd", "current:bbbb"),
	   "MH204 Requested range ('dddd',):bbbb does not refer to ancestor/descendant revisions along "
	   "the same branch",
	   "rows are shown as Python shows a tuple");
	is(history("a|b<a|c<b|d<c", "", "-1:b"),
	   "MH204 Requested range -1:b does not refer to ancestor/descendant revisions along the same "
	   "branch",
	   "-1 counts from the heads");
	is(history("a|b<a|c<b|d<c", "", "-5:b"), "b a", "until it overwalks; then from the upper end");
	is(history(LINE, "", "bbbb:+1"), "cccc bbbb", "an upper end relative to the lower");
	is(history(LINE, "", "bbbb:+9"), "dddd cccc bbbb", "which may overwalk");
	is(history("x1|a1|a2<a1#L|a3<a2*x1", "", "a2:"), "a3 a2",
	   "with a revision as lower end dependencies of other lines vanish");
	is(history("x1|a1|a2<a1#L|a3<a2*x1|b2<a1", "", "L@base:"), "a3 a2 a1 x1",
	   "from the base of a branch they stay");
	is(history("a|b<a|x*b", "", "a:x"),
	   "MH204 Requested range a:x does not refer to ancestor/descendant revisions along the same "
	   "branch",
	   "reached over a dependency only, an AssertionError in Alembic");
	is(history("b|c<b|g<c|p*c|e<b*p|f<e", "", "b:"), "g f e c b",
	   "a range that dependencies leave and come back to");
	is(history("x|x2<x|y", "", "x2@base:"),
	   "MH204 Revision x2 cannot stand for a branch, as it has 0 branch labels",
	   "an id as a label has to have one label, an AssertionError in Alembic");
}

static void
test_rows(void)
{
	MhGraph *graph = graph_of("a|b<a|c<b|x1|y2*x1|long1");
	MhStrings rows = split("c a zz c zz x1 y2 lon head", ' ');
	MhRow *judged = mh_rows_judge(graph, &rows);
	MhStrings kept = mh_rows_maximal(graph, &rows);

	ok(judged[0].node == 2 && judged[0].is_exact && judged[0].implied_by < 0, "a row of its own");
	ok(judged[1].implied_by == 0, "an ancestor of another row");
	ok(judged[2].node == MH_BASE && !judged[2].is_exact, "an unknown row");
	ok(judged[3].duplicate_of == 0 && judged[4].duplicate_of == 2, "rows that are there twice");
	ok(judged[5].implied_by == 6, "a dependency of another row");
	ok(judged[7].node == 5 && !judged[7].is_exact, "a prefix");
	ok(judged[8].node == MH_BASE, "a word for several revisions");
	is(mh_strings_join(&kept, " "), "c y2 long1 zz head", "maximal rows");
	is(current("a|b<a|c<b", "a c"), "c", "current leaves out what is implied");
	is(current("x1|y1|y2<y1*x1", "y2"), "x1 y2", "and shows an implied tip");
	is(current("x1|y1|y2<y1*x1", ""), "", "no rows");
	is(current("x1", "zz"), "MH201 Can't locate revision identified by 'zz'", "an unknown row");
}

static void
test_stamp_one(void)
{
	is(stamp(LINE, "", "head"), "+dddd {dddd}", "into an empty table");
	is(stamp(LINE, "bbbb", "dddd"), "bbbb>dddd {dddd}", "upward");
	is(stamp(LINE, "dddd", "aaaa"), "dddd>aaaa {aaaa}", "downward");
	is(stamp(LINE, "dddd", "dddd"), "{dddd}", "to where it is");
	is(stamp(LINE, "dddd", "base"), "-dddd {}", "to base");
	is(stamp(LINE, "dddd", ""), "-dddd {}", "no target is base");
	is(stamp(BRANCHES, "a2 b2", "bb@base"), "-b2 {a2}", "to the base of a branch");
	is(stamp(BRANCHES, "a2", "b3"), "+b3 {a2 b3}", "a branch that is not there");
	is(stamp("a|b<a|c<a|d<b,c", "b c", "d"), "-b c>d {d}", "two rows merge");
	is(stamp("a#l|b<a|c<a|d<c", "b d", "l@c"), "-b d>c {c}", "a label takes its whole lineage");
	is(stamp(BRANCHES, "a2", "head"),
	   "MH202 Multiple heads are present; please specify a single target revision",
	   "several heads");
	is(stamp(LINE, "zzzz", "head"), "MH201 Can't locate revision identified by 'zzzz'",
	   "an unknown row");
	is(stamp_as(PURGE, LINE, "zzzz", "head"), "-zzzz +dddd {dddd}", "unless purged");
	is(stamp_as(PURGE, LINE, "zzzz", "base"), "-zzzz {}", "purged to base");
	is(stamp(LINE, "aaaa cccc", "cccc"), "-aaaa {cccc}", "overlapping rows are put in order");
	is(stamp(LINE, "bbb", "bbbb"), "bbb>bbbb {bbbb}", "and a prefix becomes the id");
	is(stamp(LINE, "bbbb bbbb", "bbbb"), "-bbbb {bbbb}", "and a row that is there twice one");
	is(stamp(LINE, "bbbb bbbb", "dddd"), "-bbbb bbbb>dddd {dddd}", "when it moves, too");
	is(stamp(LINE, "", "aaaa-1"), "MH201 Can't locate revision identified by 'aaaa-1'",
	   "stamp does not know relative revisions");
	is(stamp_as(UNREGISTERED, LINE, "aaaa", "zzzz"), "+zzzz {aaaa zzzz}",
	   "a target that no script has");
	is(stamp_as(UNREGISTERED, LINE, "aaaa", "bbb"), "aaaa>bbbb {bbbb}",
	   "what can be resolved is resolved");
	is(stamp_as(UNREGISTERED, LINE, "", "x@zzzz"), "MH201 Can't locate revision identified by 'x'",
	   "a branch has to exist");
	is(stamp_as(UNREGISTERED, "", "", "zzzz"), "+zzzz {zzzz}", "without any scripts");
}

static void
test_stamp_several(void)
{
	is(stamp("a|c1<a|d1<a|c2<c1|d2<d1", "d1 c2", "heads"), "d1>d2 {c2 d2} alembic d2",
	   "Alembic loses a row");
	is(stamp("x1|x2<x1|y1*x1|y2<y1", "y2", "x1 y2"),
	   "+x1 {x1 y2} alembic x1 overlap: Revision y2 already contains revision x1.",
	   "here too, and the targets overlap");
	is(stamp(LINE, "", "aaaa dddd"),
	   "+aaaa +dddd {aaaa dddd} overlap: Revision dddd already contains revision aaaa.",
	   "stamp does not look for overlaps");
	is(stamp(LINE, "", "aaaa aaaa"), "+aaaa {aaaa} alembic AssertionError",
	   "the same target twice crashes Alembic");
	is(stamp("a|b<a|c<a|d<b|e<c", "d e", "b c"), "d>b e>c {b c} alembic KeyError: 'd'",
	   "several downward");
	is(stamp("a|b<a|c<a|d<b,c", "d", "b c"), "d>b +c {b c} alembic KeyError: 'd'",
	   "a merge is undone");
	is(stamp(BRANCHES, "", "heads"), "+a3 +b3 {a3 b3}", "all heads into an empty table");
	is(stamp(BRANCHES, "a1", "a2 base"), "a1>a2 {a2}", "base beside a target changes nothing");
	is(stamp("a|b<a|c<b", "a c", "b"), "-a c>b {b}", "rows above and below one target");
}

static void
test_files_in_details(void)
{
	MhScript scripts[2] = {{.revision = pstrdup("a"), .file_name = pstrdup("1.py")},
						   {.revision = pstrdup("a"), .file_name = pstrdup("2.py")}};
	MhError err = MH_NO_ERROR;

	ok(mh_graph_build(scripts, 2, &err) == NULL, "two files with one id are refused");
	is(err.detail, "The scripts are \"1.py\" and \"2.py\".", "and both named");
	scripts[1].revision = pstrdup("b");
	mh_strings_add(&scripts[1].down_revision, "");
	ok(mh_graph_build(scripts, 2, &err) == NULL, "an empty text is a reference");
	is(err.message, "Revision  referenced from b is not present", "to a revision without a name");
	is(err.detail, "The script is \"2.py\".", "its file is named");
}

static unsigned random_state = 1;

static int
random_below(int limit)
{
	random_state = random_state * 1103515245 + 12345;
	return (int) ((random_state >> 8) % (unsigned) limit);
}

/* Many merges and dependencies, few of them near: frontiers get wide. */
static MhGraph *
random_graph(int n, int width)
{
	MhScript *scripts = palloc0(n * sizeof(MhScript));
	MhError err = MH_NO_ERROR;

	for (int i = 0; i < n; i++)
	{
		scripts[i].revision = psprintf("%d", i);
		for (int j = random_below(4); j > 0 && i > 0; j--)
		{
			int parent = i - 1 - random_below(width);

			mh_strings_add(j == 3 ? &scripts[i].depends_on : &scripts[i].down_revision,
						   scripts[Max(0, parent)].revision);
		}
	}
	/* Load order is not topological. */
	for (int i = n - 1; i > 0; i--)
	{
		int other = random_below(i + 1);
		MhScript script = scripts[i];

		scripts[i] = scripts[other];
		scripts[other] = script;
	}
	return mh_graph_build(scripts, n, &err);
}

/* Is node an ancestor of, or the same as, what is at some other place; which? */
static int
blocked_by(const MhGraph *graph, const MhNodes *frontier, int current)
{
	int node = frontier->v[current];

	for (int i = 0; i < frontier->n; i++)
		if (i != current &&
			(frontier->v[i] == node || mh_graph_is_ancestor(graph, node, frontier->v[i])))
			return i;
	return -1;
}

/* The algorithm in Alembic's own words: section 1.12 of its semantics, to the letter. */
static MhNodes
reference_order(const MhGraph *graph, bool *members, const MhNodes *heads)
{
	MhNodes frontier = {0, NULL};
	MhNodes ordered = {0, NULL};
	int current = 0;

	for (int i = 0; i < graph->n; i++)
		for (int j = 0; j < heads->n; j++)
			if (heads->v[j] == i && members[i])
			{
				mh_nodes_add(&frontier, i);
				break;
			}
	while (frontier.n > 0)
	{
		int node = frontier.v[current];
		int blocking = blocked_by(graph, &frontier, current);
		bool replaced = false;

		if (blocking >= 0)
		{
			current = blocking;
			continue;
		}
		if (members[node])
			mh_nodes_add(&ordered, node);
		members[node] = false;
		for (int i = 0; i < graph->nodes[node].ndown.n; i++)
		{
			int parent = graph->nodes[node].ndown.v[i];
			bool is_there = false;

			for (int j = 0; j < frontier.n; j++)
				is_there |= frontier.v[j] == parent;
			if (!members[parent] || is_there)
				continue;
			if (replaced)
				mh_nodes_add(&frontier, parent);
			else
				frontier.v[current] = parent;
			replaced = true;
		}
		if (replaced)
			continue;
		frontier.n--;
		memmove(frontier.v + current, frontier.v + current + 1,
				(frontier.n - current) * sizeof(int));
		current = Max(current - 1, 0);
	}
	return ordered;
}

/* A plan from some heads down to what some rows have, or with holes in it. */
static bool
orders_agree(const MhGraph *graph, bool holes)
{
	MhNodes heads = mh_graph_real_heads(graph);
	MhNodes rows = {0, NULL};
	MhNodes ordered;
	MhNodes expected;
	bool *members;
	bool *copy = palloc(graph->n * sizeof(bool));
	bool *applied;
	bool complete = true;

	mh_nodes_add(&heads, random_below(graph->n));
	mh_nodes_add(&rows, random_below(graph->n));
	members = mh_graph_ancestors(graph, &heads);
	applied = mh_graph_ancestors(graph, &rows);
	for (int i = 0; i < graph->n; i++)
		members[i] &= !applied[i] && (!holes || random_below(12) > 0);
	memcpy(copy, members, graph->n * sizeof(bool));
	expected = reference_order(graph, copy, &heads);
	for (int i = 0; i < graph->n; i++)
		complete &= !copy[i];
	/* What is not reached is refused, and the order of the rest of no interest. */
	if (mh_graph_order(graph, members, &heads, &ordered) != complete)
		return false;
	return !complete ||
		   (ordered.n == expected.n && memcmp(ordered.v, expected.v, ordered.n * sizeof(int)) == 0);
}

static void
test_order(void)
{
	int plain = 0;
	int holes = 0;

	for (int i = 0; i < 1500; i++)
	{
		int n = 20 + i % 60;
		MhGraph *graph = random_graph(n, 1 + random_below(n));

		plain += !orders_agree(graph, false);
		holes += !orders_agree(graph, true);
	}
	printf("# %d and %d of 1500 orders differ\n", plain, holes);
	ok(plain == 0, "random plans are in the order of the algorithm as it is written");
	ok(holes == 0, "so are sets that paths leave and come back to");
}

/* A trunk of n revisions with a side line, a merge and a dependency every so often. */
static MhScript *
make_project(int n)
{
	MhScript *scripts = palloc0(n * sizeof(MhScript));

	for (int i = 0; i < n; i++)
	{
		scripts[i].revision = psprintf("r%08d", i);
		if (i == 0)
			continue;
		mh_strings_add(&scripts[i].down_revision,
					   scripts[i % 50 == 1 && i > 50 ? i - 50 : i - 1].revision);
		if (i % 50 == 1 && i > 50 && i % 100 == 1)
			mh_strings_add(&scripts[i].down_revision, scripts[i - 1].revision);
		if (i % 7 == 0 && i > 20)
			mh_strings_add(&scripts[i].depends_on, scripts[i - 20].revision);
	}
	return scripts;
}

/* Everything that is asked of a big project; seconds of processor time. */
static double
time_project(int n)
{
	MhScript *scripts = make_project(n);
	MhError err = MH_NO_ERROR;
	MhStrings none = {0, NULL};
	MhStrings rows;
	MhNodes nodes;
	MhPlan plan;
	clock_t start = clock();
	MhGraph *graph = mh_graph_build(scripts, n, &err);
	bool answered = mh_upgrade_plan(graph, &none, "heads", false, &plan, &err) && plan.n == n;

	nodes = mh_graph_real_heads(graph);
	rows = mh_graph_ids(graph, &nodes);
	answered &= mh_downgrade_plan(graph, &rows, "base", false, &plan, &err) && plan.n == n;
	answered &= mh_current(graph, &rows, &nodes, &err) && mh_resolve(graph, "heads", &nodes, &err);
	answered &= mh_history(graph, NULL, &rows, &nodes, &err) && nodes.n == n;
	(void) mh_rows_judge(graph, &rows);
	if (!answered)
		printf("# a project of %d revisions was refused: %s\n", n, err.message);
	return (double) (clock() - start) / CLOCKS_PER_SEC;
}

static void
test_growth(void)
{
	double small = time_project(10000);
	double big = time_project(40000);

	/* The best of some, as other programs run too. */
	for (int i = 0; i < 3; i++)
	{
		small = Min(small, time_project(10000));
		big = Min(big, time_project(40000));
	}
	printf("# 10,000 revisions: %.3f s, 40,000: %.3f s\n", small, big);
	ok(big < 9 * small, "four times the revisions take not much more than four times as long");
}

#define DEPTH 200000

static void
test_deep_chain(void)
{
	MhScript *scripts = palloc0(DEPTH * sizeof(MhScript));
	MhError err = MH_NO_ERROR;
	MhStrings rows = {0, NULL};
	MhStrings targets = {0, NULL};
	MhNodes nodes;
	MhPlan plan;
	MhStampPlan stamped;
	MhGraph *graph;

	for (int i = 0; i < DEPTH; i++)
	{
		scripts[i].revision = psprintf("%08d", i);
		if (i > 0)
			mh_strings_add(&scripts[i].down_revision, scripts[i - 1].revision);
	}
	mh_strings_add(&scripts[DEPTH / 2].branch_labels, "middle");
	graph = mh_graph_build(scripts, DEPTH, &err);
	ok(graph != NULL && graph->nodes[0].labels.n == 1, "a chain of 200,000 revisions");
	ok(mh_upgrade_plan(graph, &rows, "head", true, &plan, &err) && plan.n == DEPTH, "upgrade");
	ok(mh_resolve_one(graph, "middle@head", &nodes.n, &err) && nodes.n == DEPTH - 1, "lineage");
	mh_strings_add(&rows, "00199999");
	ok(mh_downgrade_plan(graph, &rows, "middle@-199999", true, &plan, &err) && plan.n == DEPTH - 1,
	   "downgrade by steps");
	ok(mh_history(graph, "00000001:head", &rows, &nodes, &err) && nodes.n == DEPTH - 1, "history");
	mh_strings_add(&targets, "00000005");
	ok(mh_stamp_plan(graph, &rows, &targets, false, false, &stamped, &err) && stamped.n == 1,
	   "stamp");
	ok(mh_graph_is_ancestor(graph, 0, DEPTH - 1), "ancestry");
}

int
main(void)
{
	test_refused_graphs();
	test_cycles();
	test_relations();
	test_labels();
	test_resolution();
	test_prefixes();
	test_negative_identifiers();
	test_relative_upgrade();
	test_relative_downgrade();
	test_upgrade();
	test_downgrade();
	test_history();
	test_rows();
	test_stamp_one();
	test_stamp_several();
	test_files_in_details();
	test_order();
	test_deep_chain();
	test_growth();
	return done_testing();
}
