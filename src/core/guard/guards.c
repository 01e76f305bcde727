/*-------------------------------------------------------------------------
 *
 * guards.c
 *	  The guards that keep a guarded writer from changing a version table, and their refusals.
 *
 *-------------------------------------------------------------------------
 */
#include "core/guard/guard.h"

#include "core/base/call.h"
#include "core/graph/graph.h"
#include "core/base/wording.h"

#define ERR_INVALID_PARAMETER "22023"

static const char *const skippable[MH_SKIPPABLE_GUARDS] = {
	MH_GUARD_NAME_REGISTERED, MH_GUARD_NAME_SCHEMA, MH_GUARD_NAME_OVERLAP, MH_GUARD_NAME_TARGETS};

static const char *const always_on[] = {MH_GUARD_NAME_EXPECT,   MH_GUARD_NAME_ENVIRONMENT,
										MH_GUARD_NAME_BUSY,     MH_GUARD_NAME_WIDTH,
										MH_GUARD_NAME_WRITABLE, MH_GUARD_NAME_REASON};

/* ---------- what the caller says ---------- */

static int
find_word(const char *const *words, int n, const char *word)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static bool
refuse_name(const char *name, MhError *err)
{
	if (find_word(always_on, lengthof(always_on), name) >= 0)
		mh_fail(err, ERR_INVALID_PARAMETER, "guard \"%s\" cannot be skipped", name);
	else
		mh_fail(err, ERR_INVALID_PARAMETER, "there is no guard \"%s\"", name);
	mh_fail_hint(err, "Guards that can be skipped are registered, schema, overlap and targets.");
	return false;
}

bool
mh_guards_skip(const MhStrings *names, MhSkippedGuards *skipped, MhError *err)
{
	memset(skipped, 0, sizeof(MhSkippedGuards));
	for (int i = 0; i < names->n; i++)
	{
		int guard = find_word(skippable, MH_SKIPPABLE_GUARDS, names->v[i]);

		if (guard < 0)
			return refuse_name(names->v[i], err);
		skipped->skipped[guard] = true;
	}
	for (int i = 0; i < MH_SKIPPABLE_GUARDS; i++)
		if (skipped->skipped[i])
			mh_strings_add(&skipped->names, skippable[i]);
	return true;
}

bool
mh_guard_reason(const char *reason, MhError *err)
{
	if (reason != NULL && reason[strspn(reason, " \t\n\v\f\r")] != '\0')
		return true;
	mh_fail(err, MHERR_GUARD_REASON, "a reason is required");
	mh_fail_hint(err, "Say in the argument \"reason\" why the rows have to change; the journal "
					  "keeps it.");
	return false;
}

bool
mh_confirms(const char *confirm, const char *database, const char *environment)
{
	if (confirm == NULL)
		return false;
	return strcmp(confirm, database) == 0 ||
		   (environment != NULL && strcmp(confirm, environment) == 0);
}

bool
mh_guard_environment(const MhWriting *writing, const char *environment,
					 const char *environment_database, const char *confirm, MhError *err)
{
	StringInfoData detail;

	if (mh_confirms(confirm, writing->database, environment))
		return true;
	initStringInfo(&detail);
	if (environment != NULL)
		appendStringInfo(&detail, "It is labelled \"%s\". ", environment);
	if (environment_database != NULL && strcmp(environment_database, writing->database) != 0)
		appendStringInfo(&detail, "It was called \"%s\" when it was labelled. ",
						 environment_database);
	if (confirm == NULL)
		appendStringInfoString(&detail, "The argument \"confirm\" was not given.");
	else
		appendStringInfo(&detail, "The argument \"confirm\" names \"%s\".", confirm);
	mh_fail(err, MHERR_GUARD_ENVIRONMENT, "database \"%s\" is protected", writing->database);
	mh_fail_detail(err, "%s", detail.data);
	mh_fail_hint(err, "If it is the database that you mean, give its name in the argument "
					  "\"confirm\".");
	return false;
}

/* ---------- the rows ---------- */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static char **
sorted_texts(const MhStrings *list)
{
	char **texts = palloc(Max(list->n, 1) * sizeof(char *));

	if (list->n > 0)
		memcpy(texts, list->v, list->n * sizeof(char *));
	qsort(texts, list->n, sizeof(char *), compare_texts);
	return texts;
}

bool
mh_row_sets_equal(const MhRowSet *a, const MhRowSet *b)
{
	char **left;
	char **right;
	bool equal = true;

	if (a->texts.n != b->texts.n || a->nulls != b->nulls)
		return false;
	left = sorted_texts(&a->texts);
	right = sorted_texts(&b->texts);
	for (int i = 0; i < a->texts.n && equal; i++)
		equal = strcmp(left[i], right[i]) == 0;
	pfree(left);
	pfree(right);
	return equal;
}

bool
mh_guard_expect(const MhWriting *writing, const MhRowSet *expected, const MhRowSet *actual,
				MhError *err)
{
	if (mh_row_sets_equal(expected, actual))
		return true;
	mh_fail(err, MHERR_GUARD_EXPECT, "the rows of %s are not those expected", writing->table);
	mh_fail_detail(err, "They are %s; expected were %s.",
				   mh_array_literal(&actual->texts, actual->nulls),
				   mh_array_literal(&expected->texts, expected->nulls));
	mh_fail_hint(err,
				 "SELECT * FROM %s; -- says what they mean; somebody changed them since you "
				 "looked, or \"expect\" is wrong",
				 mh_call(writing->prefix, "mighead_status", mh_regclass_value(writing->table)));
	return false;
}

bool
mh_guard_registered(const MhWriting *writing, const MhGraph *graph, const MhStrings *targets,
					const MhStrings *retired, MhError *err)
{
	for (int i = 0; i < targets->n; i++)
	{
		const char *target = targets->v[i];

		if (!mh_is_unregistered(graph, target))
			continue;
		mh_fail(err, MHERR_GUARD_REGISTERED, "Can't locate revision identified by '%s'", target);
		if (graph->n == 0)
			mh_fail_detail(err, "No scripts of project \"%s\" are loaded.", writing->project);
		else if (mh_strings_contain(retired, target))
			mh_fail_detail(err, "Of project \"%s\" only an earlier release has this revision.",
						   writing->project);
		else
			mh_fail_detail(err, "No loaded script of project \"%s\" has this revision.",
						   writing->project);
		mh_fail_hint(err,
					 "in a shell: %s # loads the scripts -- decide: to stamp to what they do not "
					 "have, add skip_guards => '{registered}'::pg_catalog.text[]",
					 mh_load_command(writing->project));
		return false;
	}
	return true;
}

/* ---------- the plan ---------- */

bool
mh_guard_targets(const MhStampPlan *plan, MhError *err)
{
	char *wanted;

	if (!plan->alembic_differs)
		return true;
	wanted = mh_array_literal(&plan->rows_after, 0);
	if (plan->alembic_error != NULL)
	{
		mh_fail(err, MHERR_GUARD_TARGETS, "\"alembic stamp\" would fail on these targets");
		mh_fail_detail(err, "%s", plan->alembic_error);
	}
	else
	{
		mh_fail(err, MHERR_GUARD_TARGETS, "\"alembic stamp\" would leave other rows");
		mh_fail_detail(err, "It would leave %s instead of %s.",
					   mh_array_literal(&plan->alembic_rows, 0), wanted);
	}
	mh_fail_hint(err,
				 "Stamp the targets one after the other, or to get %s at once, add "
				 "skip_guards => '{targets}'::pg_catalog.text[].",
				 wanted);
	return false;
}

bool
mh_guard_width(const MhWriting *writing, const MhStampPlan *plan, int max_length, MhError *err)
{
	for (int i = 0; i < plan->n && max_length >= 0; i++)
	{
		const char *revision = plan->steps[i].to_revision;
		int length = revision == NULL ? 0 : mh_character_count(revision);

		if (length <= max_length)
			continue;
		mh_fail(err, MHERR_GUARD_WIDTH, "revision '%s' is too long for %s", revision,
				writing->table);
		mh_fail_detail(err, "It has %d characters; column version_num takes %d.", length,
					   max_length);
		mh_fail_hint(err, "ALTER TABLE %s ALTER COLUMN version_num TYPE varchar(%d);",
					 writing->table, Max(length, 255));
		return false;
	}
	return true;
}

bool
mh_guard_overlap(const MhStampPlan *plan, MhError *err)
{
	if (!plan->overlap)
		return true;
	mh_fail(err, MHERR_GUARD_OVERLAP, "the result would hold a row and its ancestor");
	mh_fail_detail(err, "%s", plan->overlap_detail);
	mh_fail_hint(err, "The next upgrade would fail on that. Leave out what another revision "
					  "contains, or to proceed anyway, add skip_guards => "
					  "'{overlap}'::pg_catalog.text[].");
	return false;
}

/* ---------- other sessions ---------- */

static char *
pids_of(const MhSession *const *sessions, int n)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < n; i++)
		appendStringInfo(&buf, "%s%d", i == 0 ? "" : ", ", sessions[i]->pid);
	return buf.data;
}

bool
mh_guard_busy(const MhWriting *writing, bool is_migration_lock, const MhSession *const *sessions,
			  int n, MhError *err)
{
	MhStrings texts = {0, NULL};

	if (is_migration_lock)
		mh_fail(err, MHERR_GUARD_BUSY,
				"the migration lock of project \"%s\" is held by another "
				"session",
				writing->project);
	else
		mh_fail(err, MHERR_GUARD_BUSY, "version table %s is in use by another session",
				writing->table);
	if (n == 0)
	{
		mh_fail_detail(err, "The holder is gone, or is a prepared transaction.");
		mh_fail_hint(err, "SELECT * FROM pg_catalog.pg_prepared_xacts; -- lists prepared "
						  "transactions; if there is none, try again");
		return false;
	}
	for (int i = 0; i < n; i++)
		mh_strings_add(&texts, mh_session_text(sessions[i]));
	mh_fail_detail(err, "It is held by %s.", mh_strings_join(&texts, "; "));
	mh_fail_hint(err,
				 "SELECT * FROM %s; -- decide: wait until that has ended, or end it: SELECT pid, "
				 "pg_catalog.pg_terminate_backend(pid) FROM "
				 "pg_catalog.unnest('{%s}'::integer[]) AS s (pid);",
				 mh_call(writing->prefix, "mighead_locks", NULL), pids_of(sessions, n));
	return false;
}
