/* Unit tests of src/core/array_coercion.c. */
#include "core/base/array_coercion.h"
#include "tap.h"
#include <sys/resource.h>

static void
test_folding(void)
{
	is(mh_fold_array_coercions("((status)::text = ANY ((ARRAY['a'::character varying, "
							   "'b,]'::character varying])::text[]))"),
	   "((status)::text = ANY (ARRAY[('a'::character varying)::text, "
	   "('b,]'::character varying)::text]))",
	   "the coercion goes into the elements");
	is(mh_fold_array_coercions("(ARRAY[1, 2])::timestamp(3) without time zone[]"),
	   "ARRAY[(1)::timestamp(3) without time zone, (2)::timestamp(3) without time zone]",
	   "a type of several words");
	is(mh_fold_array_coercions("(ARRAY[x])::\"a b\".\"c[]\"\"\"[]"),
	   "ARRAY[(x)::\"a b\".\"c[]\"\"\"]", "a quoted type");
	is(mh_fold_array_coercions("(ARRAY[ARRAY['a', f(1, 2)], ARRAY['c', 'd']])::text[]"),
	   "ARRAY[ARRAY[('a')::text, (f(1, 2))::text], ARRAY[('c')::text, ('d')::text]]",
	   "arrays of arrays");
	is(mh_fold_array_coercions("(ARRAY[((ARRAY['a'])::text[])[1], 'b'])::name[]"),
	   "ARRAY[((ARRAY[('a')::text])[1])::name, ('b')::name]", "one within another");
	is(mh_fold_array_coercions("(ARRAY['it''s', 'E\\'])::text[] || (ARRAY[\"A]\".b])::text[]"),
	   "ARRAY[('it''s')::text, ('E\\')::text] || ARRAY[(\"A]\".b)::text]", "quotes");
	is(mh_fold_array_coercions("(ARRAY[E'\\'', 'b'])::text[]"),
	   "ARRAY[(E'\\'')::text, ('b')::text]", "a literal with escapes");
}

static void
test_left_alone(void)
{
	static const char *const texts[] = {
		"a > 0",
		"'(ARRAY[1])::text[]'::text",
		"\"(ARRAY[1])::text[]\" = 1",
		"f(ARRAY[1])::text[]",
		"(ARRAY[1, 2])::s.domain_of_arrays",
		"(ARRAY[1, 2])::s.d AND (x)::text[]",
		"(ARRAY[]::text[])::name[]",
		"(ARRAY[1])[1]",
		"(ARRAY[1, 2] || x)::text[]",
		"(ARRAY[1",
		"(ARRAY[",
		"(ARRAY[1])::",
		"(ARRAY[1])::text[",
		"(ARRAY[1])::\"x",
		"'(ARRAY[1])::text[]",
		"(ARRAY[])::text[]",
	};

	for (int i = 0; i < (int) lengthof(texts); i++)
		is(mh_fold_array_coercions(texts[i]), texts[i], texts[i]);
}

static void
test_depth(void)
{
	StringInfoData text;
	const char *once;

	initStringInfo(&text);
	for (int i = 0; i < 20000; i++)
		appendStringInfoString(&text, "(ARRAY[");
	appendStringInfoString(&text, "1");
	for (int i = 0; i < 20000; i++)
		appendStringInfoString(&text, "])::text[]");
	once = mh_fold_array_coercions(text.data);
	ok(strncmp(once, "ARRAY[(ARRAY[(", 14) == 0, "a text may nest deeply");
	is(mh_fold_array_coercions(once), once, "the result is stable");
}

/* Anybody can make a text of this kind that compresses well where it is stored. */
static void
test_memory(void)
{
	int n = 3000000;
	StringInfoData text;
	struct rusage before;
	struct rusage after;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		appendStringInfoString(&text, "(ARRAY[");
	getrusage(RUSAGE_SELF, &before);
	ok(strcmp(mh_fold_array_coercions(text.data), text.data) == 0, "what never ends is left alone");
	getrusage(RUSAGE_SELF, &after);
	ok((after.ru_maxrss - before.ru_maxrss) * 1024L < 10L * text.len,
	   "the memory is a small multiple of the text's length");
}

int
main(void)
{
	test_memory();
	test_folding();
	test_left_alone();
	test_depth();
	return done_testing();
}
