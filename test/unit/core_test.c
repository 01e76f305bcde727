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

/* A list of an exact array, or a slice of another list, must not be written past its end. */
static void
test_borrowed_lists(void)
{
	char *texts[] = {"a", "b", "c"};
	int numbers[] = {1, 2, 3};
	MhStrings strings = {3, texts};
	MhStrings slice = {1, texts};
	MhNodes nodes = {2, numbers};

	mh_strings_add(&strings, "d");
	mh_strings_add(&slice, "z");
	mh_nodes_add(&nodes, 9);
	is(mh_strings_join(&strings, ""), "abcd", "what is added to a borrowed list moves it");
	is(mh_strings_join(&slice, ""), "az", "so is a slice");
	is(texts[1], "b", "what it was borrowed from stays");
	ok(nodes.n == 3 && nodes.v[2] == 9 && numbers[2] == 3, "so do nodes");
	strings = mh_strings_with_room(3);
	for (int i = 0; i < 9; i++)
		mh_strings_push(&strings, "x");
	is(mh_strings_join(&strings, ""), "xxxxxxxxx", "room that was asked for is no limit");
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
	test_borrowed_lists();
	test_errors();
	return done_testing();
}
