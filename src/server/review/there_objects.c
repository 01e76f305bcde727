/*-------------------------------------------------------------------------
 *
 * there_objects.c
 *	  Functions of triggers and statistics in a database elsewhere, found as search_path there finds them.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include "catalog/namespace.h"

/* A name, and the schemas where it is looked for. */
static MhStrings
places_of(const MhReviewServer *server, const List *names)
{
	const MhStrings *path = mh_review_path(server->review);
	MhStrings places = {0, NULL};

	mh_strings_push(&places, mh_to_utf8(pstrdup(strVal(llast(names)))));
	if (list_length(names) > 1)
	{
		mh_strings_push(&places, mh_to_utf8(pstrdup(strVal(linitial(names)))));
		return places;
	}
	if (!mh_strings_contain(path, "pg_catalog"))
		mh_strings_add(&places, "pg_catalog");
	for (int i = 0; i < path->n; i++)
		mh_strings_add(&places, path->v[i]);
	return places;
}

static void
read_text(int n, const char *const *row, void *into)
{
	*(char **) into = mh_text_at(row, 1);
}

/* clang-format off */
#define SCHEMAS \
	" FROM pg_catalog.unnest(($1::pg_catalog.text[])[2:]) WITH ORDINALITY s (name, i)" \
	" JOIN pg_catalog.pg_namespace n ON n.nspname = s.name"
/* clang-format on */

static char *
find(const MhReviewServer *server, const char *query, const MhStrings *places)
{
	char *found = NULL;

	mh_review_ask_there(server, query, mh_array_text(places), 1, read_text, &found);
	return found;
}

/* ---------- functions ---------- */

static const char *const function_query =
	"SELECT p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype" SCHEMAS
	" JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid"
	" WHERE p.proname = ($1::pg_catalog.text[])[1] AND p.pronargs = 0 ORDER BY s.i LIMIT 1";

MhReviewAnswer
mh_there_trigger_function(const MhReviewServer *server, const List *names)
{
	MhReviewAnswer answer = {MH_TRUTH_YES};
	MhStrings places = places_of(server, names);
	const char *name = mh_to_utf8(NameListToString(unconstify(List *, names)));
	const char *returns_trigger;

	if (list_length(names) > 2)
		return (MhReviewAnswer){MH_TRUTH_UNKNOWN};
	returns_trigger = find(server, function_query, &places);
	if (returns_trigger == NULL)
	{
		/* perhaps there is no such schema, which is another error */
		if (list_length(names) > 1)
			return (MhReviewAnswer){MH_TRUTH_UNKNOWN};
		answer = (MhReviewAnswer){MH_TRUTH_NO, "42883"};
		answer.detail = psprintf("function %s() does not exist", name);
	}
	else if (returns_trigger[0] != 't')
	{
		answer = (MhReviewAnswer){MH_TRUTH_NO, "42P17"};
		answer.detail = psprintf("function %s must return type trigger", name);
	}
	return answer;
}

/* ---------- statistics ---------- */

static const char *const statistics_query =
	"SELECT 1" SCHEMAS " JOIN pg_catalog.pg_statistic_ext x ON x.stxnamespace = n.oid"
	" WHERE x.stxname = ($1::pg_catalog.text[])[1] LIMIT 1";

bool
mh_there_has_statistics(const MhReviewServer *server, const List *names)
{
	MhStrings places = places_of(server, names);

	return find(server, statistics_query, &places) != NULL;
}
