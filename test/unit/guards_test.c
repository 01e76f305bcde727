/*
 * Unit tests of the guards and of putting rows back: what a caller writes, multisets, and
 * random rows against a replay of the steps.
 */
#include "core/guard/guard.h"
#include "core/base/wording.h"

#include "tap.h"

static MhStrings
list_of(const char *const *texts, int n)
{
	MhStrings list = {0, NULL};

	for (int i = 0; i < n; i++)
		mh_strings_add(&list, texts[i]);
	return list;
}

#define LIST(...) \
	list_of((const char *const[]){__VA_ARGS__}, lengthof(((const char *const[]){__VA_ARGS__})))

static void
test_skipping(void)
{
	static const char *const refused[] = {
		"expect", "environment", "busy", "width", "writable", "reason", "", "Schema", "all"};
	MhSkippedGuards skipped;
	MhError err = MH_NO_ERROR;
	MhStrings none = {0, NULL};
	MhStrings names = LIST("targets", "schema", "targets", "registered", "overlap");

	ok(mh_guards_skip(&none, &skipped, &err) && skipped.names.n == 0, "nothing is skipped");
	ok(mh_guards_skip(&names, &skipped, &err), "all that can be skipped");
	is(mh_array_literal(&skipped.names, 0), "{registered,schema,overlap,targets}",
	   "each is named once, in the order of the guards");
	for (int i = 0; i < (int) lengthof(refused); i++)
	{
		MhStrings one = LIST("schema", refused[i]);

		ok(!mh_guards_skip(&one, &skipped, &err) && strcmp(err.sqlstate, "22023") == 0, refused[i]);
	}
}

static void
test_confirmation(void)
{
	MhWriting writing = {"", "alembic_version", "default", "shop"};
	MhError err = MH_NO_ERROR;

	ok(mh_confirms("shop", "shop", "production"), "the database's name");
	ok(mh_confirms("production", "shop", "production"), "its label");
	ok(!mh_confirms(NULL, "shop", "production"), "not given");
	ok(!mh_confirms("", "shop", NULL), "neither");
	ok(!mh_confirms("Shop", "shop", "production"), "to the letter");
	ok(!mh_guard_environment(&writing, "production", "shop_old", NULL, &err), "a copy");
	is(err.detail,
	   "It is labelled \"production\". It was called \"shop_old\" when it was labelled. The "
	   "argument \"confirm\" was not given.",
	   "what is known of it");
}

static void
test_row_sets(void)
{
	MhRowSet a = {LIST("a", "b", "a"), 1};
	MhRowSet b = {LIST("a", "a", "b"), 1};
	MhRowSet fewer = {LIST("a", "b"), 1};
	MhRowSet other = {LIST("a", "b", "b"), 1};
	MhRowSet padded = {LIST("a", "a ", "b"), 1};
	MhRowSet no_null = {LIST("a", "a", "b"), 0};
	MhRowSet empty = {{0, NULL}, 0};

	ok(mh_row_sets_equal(&a, &b), "order does not count");
	ok(!mh_row_sets_equal(&a, &fewer), "repetition counts");
	ok(!mh_row_sets_equal(&a, &other), "which one is repeated counts");
	ok(!mh_row_sets_equal(&a, &padded), "blanks count");
	ok(!mh_row_sets_equal(&a, &no_null), "NULLs count");
	ok(mh_row_sets_equal(&empty, &empty), "none are none");
}

static void
test_literals(void)
{
	MhStrings odd = LIST("a1", "", "NULL", "null", "a b", "a,b", "{a}", "a\"b", "a\\b", "a'b", "é");
	MhStrings none = {0, NULL};

	is(mh_array_literal(&odd, 2),
	   "{a1,\"\",\"NULL\",\"null\",\"a b\",\"a,b\",\"{a}\",\"a\\\"b\",\"a\\\\b\",a'b,é,NULL,NULL}",
	   "what needs quotes in an array has them");
	is(mh_array_literal(&none, 0), "{}", "no rows");
}

static void
test_reason(void)
{
	MhError err = MH_NO_ERROR;

	ok(mh_guard_reason("x", &err) && mh_guard_reason(" x ", &err), "a reason");
	ok(!mh_guard_reason(NULL, &err) && !mh_guard_reason("", &err) &&
		   !mh_guard_reason(" \t\n\v\f\r", &err),
	   "no reason");
	is(err.sqlstate, "MH108", "and its code");
}

/* Characters are counted, and only of what is written. */
static void
test_width(void)
{
	MhWriting writing = {"", "alembic_version", "default", "shop"};
	MhStampStep steps[] = {{MH_STAMP_DELETE, "far too long", NULL, {0, NULL}},
						   {MH_STAMP_INSERT, NULL, "ééé", {0, NULL}}};
	MhStampPlan plan = {0};
	MhError err = MH_NO_ERROR;

	plan.steps = steps;
	plan.n = lengthof(steps);
	ok(mh_guard_width(&writing, &plan, 3, &err), "three characters in a column of three");
	ok(mh_guard_width(&writing, &plan, -1, &err), "no limit");
	ok(!mh_guard_width(&writing, &plan, 2, &err) && strcmp(err.sqlstate, "MH106") == 0,
	   "three characters in a column of two");
}

static void
test_busy(void)
{
	MhWriting writing = {"", "alembic_version", "default", "shop"};
	MhSession alembic = {42, "alembic", "idle in transaction", 7, false, true, NULL, false};
	MhSession hidden = {43, NULL, NULL, -1, false, false, NULL, false};
	const MhSession *sessions[] = {&alembic, &hidden};
	MhError err = MH_NO_ERROR;

	ok(!mh_guard_busy(&writing, false, sessions, 2, &err), "busy");
	is(err.detail, "It is held by pid 42 (alembic), idle in transaction, for 7 s; pid 43.",
	   "who, as far as one may know");
	ok(!mh_guard_busy(&writing, true, sessions, 0, &err), "by nobody that can be seen");
	is(err.detail, "The holder is gone, or is a prepared transaction.", "which is said");
}

/* ---------- putting rows back ---------- */

static uint32 random_state = 1;

static int
random_below(int n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (int) ((random_state >> 8) % n);
}

static MhStrings
random_rows(void)
{
	static const char *const texts[] = {"a", "b", "c", "z", "x", "a ", ""};
	MhStrings rows = {0, NULL};
	int n = random_below(6);

	for (int i = 0; i < n; i++)
		mh_strings_add(&rows, texts[random_below((int) lengthof(texts))]);
	return rows;
}

static bool
take_out(MhStrings *rows, const char *text)
{
	for (int i = 0; i < rows->n; i++)
	{
		if (strcmp(rows->v[i], text) != 0)
			continue;
		rows->v[i] = rows->v[--rows->n];
		return true;
	}
	return false;
}

/* Does each step find its row, and say what is left? */
static bool
replays(const MhStrings *rows, const MhStampPlan *plan, const MhStrings *wanted)
{
	MhRowSet now = {list_of((const char *const *) rows->v, rows->n), 0};
	MhRowSet after = {plan->rows_after, 0};
	MhRowSet goal = {*wanted, 0};

	for (int i = 0; i < plan->n; i++)
	{
		const MhStampStep *step = &plan->steps[i];
		MhRowSet said = {step->rows_after, 0};
		MhStrings grown = {0, NULL};

		if ((step->from_revision == NULL) != (step->action == MH_STAMP_INSERT) ||
			(step->to_revision == NULL) != (step->action == MH_STAMP_DELETE))
			return false;
		if (step->from_revision != NULL && !take_out(&now.texts, step->from_revision))
			return false;
		for (int j = 0; j < now.texts.n; j++)
			mh_strings_add(&grown, now.texts.v[j]);
		if (step->to_revision != NULL)
			mh_strings_add(&grown, step->to_revision);
		now.texts = grown;
		if (!mh_row_sets_equal(&now, &said))
			return false;
	}
	return mh_row_sets_equal(&now, &goal) && mh_row_sets_equal(&after, &goal);
}

static int
count_in(const MhStrings *rows, const char *text)
{
	int n = 0;

	for (int i = 0; i < rows->n; i++)
		n += strcmp(rows->v[i], text) == 0;
	return n;
}

/* What is on both sides stays, so there are no more steps than the longer rest has. */
static int
fewest_steps(const MhStrings *rows, const MhStrings *wanted)
{
	int common = 0;

	for (int i = 0; i < rows->n; i++)
	{
		MhStrings before = {i, rows->v};

		common += count_in(&before, rows->v[i]) < count_in(wanted, rows->v[i]);
	}
	return Max(rows->n, wanted->n) - common;
}

static void
test_restoring(void)
{
	MhScript scripts[] = {{.revision = "c"}, {.revision = "b"}, {.revision = "a"}};
	MhError err = MH_NO_ERROR;
	MhGraph *graph = mh_graph_build(scripts, lengthof(scripts), &err);
	MhStrings rows = LIST("z", "a", "b", "c");
	bool replayed = true;
	bool shortest = true;

	is(mh_array_literal(&(MhStrings){4, mh_rows_in_load_order(graph, &rows).v}, 0), "{c,b,a,z}",
	   "load order, then what no script has");
	for (int i = 0; i < 20000; i++)
	{
		MhStrings before = random_rows();
		MhStrings wanted = random_rows();
		MhStampPlan plan;

		mh_undo_plan(graph, &before, &wanted, &plan);
		replayed &= replays(&before, &plan, &wanted);
		shortest &= plan.n == fewest_steps(&before, &wanted);
	}
	ok(replayed, "the steps lead from the rows to those that are wanted");
	ok(shortest, "and none is needless");
}

int
main(void)
{
	test_skipping();
	test_confirmation();
	test_row_sets();
	test_literals();
	test_reason();
	test_width();
	test_busy();
	test_restoring();
	return done_testing();
}
