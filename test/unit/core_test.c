/* Unit tests of src/core/core.c. */
#include "core/base/base.h"
#include "tap.h"

static void
test_lists(void)
{
	MhStrings strings = {0, NULL};
	MhNodes nodes = {0, NULL};
	bool kept = true;

	ok(!mh_strings_contain(&strings, "x"), "an empty list contains nothing");
	is(mh_strings_join(&strings, ", "), "", "an empty list joins to nothing");
	for (int i = 0; i < 1000; i++)
	{
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		mh_strings_add(&strings, text);
		mh_nodes_add(&nodes, i);
	}
	for (int i = 0; i < 1000; i++)
		kept &= nodes.v[i] == i && atoi(strings.v[i]) == i;
	ok(kept && strings.n == 1000 && nodes.n == 1000, "lists keep what they are given, in order");
	ok(mh_strings_contain(&strings, "999"), "a list finds its last element");
	strings.n = 3;
	is(mh_strings_join(&strings, ", "), "0, 1, 2", "elements are joined with the separator");
}

static void
test_errors(void)
{
	MhError err = MH_NO_ERROR;
	char longer[2000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ok(!mh_fail(&err, MHERR_SCRIPT, "a %s", longer), "mh_fail returns false");
	ok(strlen(err.message) == sizeof(longer) + 1, "a message may be long");
	is(err.sqlstate, "MH220", "the code is kept");
	mh_fail_detail(&err, "line %d", 7);
	mh_fail_hint(&err, "Do %s.", "that");
	is(err.detail, "line 7", "detail is formatted");
	is(err.hint, "Do that.", "hint is formatted");
}

int
main(void)
{
	test_lists();
	test_errors();
	return done_testing();
}
