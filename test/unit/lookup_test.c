/* Unit tests of src/core/review/lookup.c against plain lists and strstr(), with names and texts of few
   letters, put together at random, the same each time. */
#include "core/review/review.h"
#include "tap.h"

#define STEPS 20000
#define MOST 4000

static uint32 seed = 42;

static int
at_random(int n)
{
	seed = seed * 1103515245 + 12345;
	return (int) (seed / 65536 % (uint32) n);
}

static char *
random_text(int longest)
{
	int n = 1 + at_random(longest);
	char *text = palloc(n + 1);

	for (int i = 0; i < n; i++)
		text[i] = "abc"[at_random(3)];
	text[n] = '\0';
	return text;
}

/* Adds, removes and replaces in both.  Returns the number of answers that differ. */
static int
compare_names(void)
{
	MhNames names = {0};
	char *plain[MOST];
	int n = 0;
	int faults = 0;

	for (int step = 0; step < STEPS; step++)
	{
		char *name = random_text(7);
		char *other = random_text(7);
		int found = -1;
		int found_other = -1;

		for (int i = 0; i < n; i++)
		{
			if (strcmp(plain[i], name) == 0)
				found = i;
			if (strcmp(plain[i], other) == 0)
				found_other = i;
		}
		faults += mh_names_have(&names, name) != (found >= 0) || names.n != n;
		switch (at_random(3))
		{
			case 0:
				mh_names_add(&names, name);
				if (found < 0 && n < MOST)
					plain[n++] = name;
				break;
			case 1:
				mh_names_remove(&names, name);
				if (found >= 0)
					plain[found] = plain[--n];
				break;
			default:
				mh_names_replace(&names, name, other);
				if (found >= 0 && found_other < 0)
					plain[found] = other;
				else if (found >= 0 && found_other != found)
					plain[found] = plain[--n];
				break;
		}
	}
	return faults;
}

static int
compare_needles(int longest)
{
	MhNeedles needles = {{0}};
	char *plain[200];
	int faults = 0;

	for (int n = 0; n < (int) lengthof(plain); n++)
	{
		plain[n] = random_text(longest);
		mh_needles_add(&needles, plain[n]);
		for (int i = 0; i < 50; i++)
		{
			char *text = random_text(30);
			bool is_found = false;

			for (int k = 0; k <= n; k++)
				is_found = is_found || strstr(text, plain[k]) != NULL;
			faults += mh_needles_found(&needles, text) != is_found;
		}
	}
	return faults;
}

int
main(void)
{
	static const MhHashKey key = {UINT64CONST(0x0706050403020100), UINT64CONST(0x0f0e0d0c0b0a0908)};
	MhNames names = {0};
	MhNeedles needles = {{0}};

	for (int i = 0; i < 2; i++)
	{
		ok(compare_names() == 0, "a set of names");
		for (int longest = 4; longest <= 12; longest += 4)
			ok(compare_needles(longest) == 0, "names in texts");
		mh_index_use_key(&key);
	}
	mh_names_add(&names, "a");
	mh_names_add(&names, "b");
	mh_names_add(&names, "c");
	is(mh_names_shown(&names, 2), "a, b and 1 more", "names shown");
	mh_names_remove(&names, "a");
	is(mh_names_shown(&names, 2), "b, c", "names shown without one");
	ok(!mh_needles_found(&needles, "x"), "no names");
	mh_needles_add(&needles, "");
	ok(mh_needles_found(&needles, "x"), "an empty name is in each text");
	return done_testing();
}
