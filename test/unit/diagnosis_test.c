/*
 * Unit tests of the diagnosis: which state explains which, and which revisions came below the
 * rows later than what stands above them.
 *
 * A graph is written "a:1|b<a:1|n<a:2": parents, and the first release of each.
 */
#include "core/diagnosis/diagnosis.h"

#include "tap.h"

/* Of equal severity, the explaining ones first. */
static const char *const critical[] = {
	"invalid_rows",      "unknown_revision", "redundant_row", "unstamped",
	"inserted_revision", "partial",          "drift",         "narrow_column",
	"blocked",           "wrong_environment"};
static const char *const warnings[] = {"multiple_heads", "multiple_rows", "ahead",
									   "edited_script",  "leftovers",     "pending",
									   "migrating",      "busy"};

static void
test_order(const char *const *states, int n, MhSeverity severity)
{
	for (int i = 1; i < n; i++)
	{
		MhDiagnosis first = {.state = states[i - 1], .severity = severity};
		MhDiagnosis second = {.state = states[i], .severity = severity};

		ok(mh_compare_diagnoses(&first, &second) < 0,
		   psprintf("%s explains %s", states[i - 1], states[i]));
	}
}

static void
test_severities(void)
{
	static const MhSeverity order[] = {MH_CRITICAL, MH_UNKNOWN, MH_WARNING, MH_OK};

	for (int i = 1; i < (int) lengthof(order); i++)
	{
		MhDiagnosis first = {.state = "busy", .severity = order[i - 1]};
		MhDiagnosis second = {.state = "invalid_rows", .severity = order[i]};

		ok(mh_compare_diagnoses(&first, &second) < 0,
		   psprintf("severity %d before %d, whatever the states", order[i - 1], order[i]));
	}
}

#define MOST_SCRIPTS 8

static char *
inserted(const char *text, const char *row)
{
	static const MhScript none = {0};
	MhScript scripts[MOST_SCRIPTS];
	int64 releases[MOST_SCRIPTS];
	MhStrings rows = {0, NULL};
	MhError err = MH_NO_ERROR;
	char *rest = pstrdup(text);
	MhNodes found;
	MhStrings ids;
	int n = 0;

	for (char *one = strtok(rest, "|"); one != NULL; one = strtok(NULL, "|"))
	{
		char *colon = strchr(one, ':');
		char *below = strchr(one, '<');

		*colon = '\0';
		scripts[n] = none;
		scripts[n].message = pstrdup("");
		releases[n] = atoi(colon + 1);
		while (below != NULL)
		{
			char *next = strchr(below + 1, ',');

			*below = '\0';
			if (next != NULL)
				*next = '\0';
			mh_strings_add(&scripts[n].down_revision, below + 1);
			below = next;
		}
		scripts[n++].revision = one;
	}
	mh_strings_add(&rows, row);
	found = mh_find_inserted(mh_graph_build(scripts, n, &err), &rows, releases);
	ids = mh_graph_ids(mh_graph_build(scripts, n, &err), &found);
	return mh_strings_join(&ids, " ");
}

int
main(void)
{
	test_order(critical, lengthof(critical), MH_CRITICAL);
	test_order(warnings, lengthof(warnings), MH_WARNING);
	test_severities();
	is(inserted("a:1|b<a:1|c<b:1", "c"), "", "one load: none");
	is(inserted("a:1|b<a:2|c<b:3", "c"), "", "each on top of the other: none");
	is(inserted("a:1|n<a:2|b<n:1", "b"), "n", "between two");
	is(inserted("z:2|a<z:1|b<a:1", "b"), "z", "below all");
	is(inserted("a:1|n<a:2|b<n:1", "a"), "", "above the row: it will run");
	is(inserted("a:1|n<a:2|o<n:2|b<o:1", "b"), "n o", "two of them");
	is(inserted("a:1|n<a:2|o<n:3|b<o:1", "b"), "n o", "two of them, in two releases");
	is(inserted("a:1|b<a:1|x<a:2|m<b,x:2", "m"), "", "a branch that is merged on top");
	is(inserted("a:1|b<a:1|x<a:2|m<b,x:1", "m"), "x", "a merge that got another parent");
	is(inserted("a:1|b<a:1", "nowhere"), "", "a row that no script has");
	return done_testing();
}
