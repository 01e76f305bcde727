/*-------------------------------------------------------------------------
 *
 * revisions.c
 *	  Manual registration of revisions whose scripts cannot be read statically:
 *	  mighead_add_revision and mighead_remove_revision.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/scripts.h"
#include "entry/load.h"
#include "utils/builtins.h"

/* Source of a release that no load made. */
#define BY_HAND "by hand"

PG_FUNCTION_INFO_V1(mighead_add_revision);
PG_FUNCTION_INFO_V1(mighead_remove_revision);

static MhStrings
names_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	MhStrings names = {0, NULL};

	if (PG_ARGISNULL(argno))
		return names;
	names = mh_strings_from_array(PG_GETARG_DATUM(argno), name);
	for (int i = 0; i < names.n; i++)
		if (names.v[i][0] == '\0')
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"%s\" must not contain an empty string", name)));
	return names;
}

static char *
revision_argument(FunctionCallInfo fcinfo)
{
	char *revision;

	mh_require_argument(fcinfo, 0, "revision");
	revision = mh_text_argument(fcinfo, 0);
	if (revision[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be empty", "revision")));
	return revision;
}

static MhStore *
open_store(FunctionCallInfo fcinfo, int argno)
{
	char *project = mh_text_argument(fcinfo, argno);

	if (project == NULL)
		project = mh_project_choose(mh_projects_read(), NULL, NULL)->name;
	return mh_store_open(project);
}

/* Stores the merge in the current release and updates its heads. */
static void
store_merge(MhStore *store, const MhMerge *merge, int64 release_number)
{
	MhNodes heads = mh_graph_heads(merge->graph);
	MhRelease release = {0};

	release.release = release_number;
	release.heads = mh_graph_ids(merge->graph, &heads);
	release.source = BY_HAND;
	if (store->project->release > 0)
		mh_store_heads(store, release_number, &release.heads);
	else if (merge->current > 0)
		mh_store_release(store, &release);
	mh_load_store_rows(store, merge);
}

/*
 * mighead_add_revision(revision, down_revision, depends_on, branch_labels, message, project):
 * registers a revision, or changes its registration.
 *
 * It has precedence over the script of the same revision, at this and every later load.  It is
 * current at once if everything to which it refers is; otherwise it waits, with a NOTICE.  A
 * revision that is current already must stay valid (MH213).  NULL and {} mean none; a NULL message
 * keeps that of the script.  Errors: 22004, 22023 (empty), MH210 to MH215.  Locks the project's
 * row.
 */
Datum
mighead_add_revision(PG_FUNCTION_ARGS)
{
	MhScript script = {0};
	const char *missing;
	int64 release;
	MhStore *store;
	MhMerge *merge;

	script.revision = revision_argument(fcinfo);
	script.down_revision = names_argument(fcinfo, 1, "down_revision");
	script.depends_on = names_argument(fcinfo, 2, "depends_on");
	script.branch_labels = names_argument(fcinfo, 3, "branch_labels");
	script.message = PG_ARGISNULL(4) ? pstrdup("") : mh_text_argument(fcinfo, 4);
	store = open_store(fcinfo, 5);
	release = Max(store->project->release, 1);
	merge = mh_merge_by_hand(store->before, &script, release, &missing);
	store_merge(store, merge, release);
	mh_store_close(store);
	if (missing != NULL)
		ereport(NOTICE, (errmsg("revision \"%s\" waits for \"%s\", which is absent",
								mh_from_utf8(script.revision), mh_from_utf8(missing)),
						 errhint("It becomes current when that is loaded or registered.")));
	PG_RETURN_VOID();
}

/*
 * Marks a registration that has a script as no longer manual.  The script's values return with the
 * next load; until then nothing changes.
 */
static void
hand_back(MhStore *store, int stored)
{
	const MhScript *script = &store->before->scripts[stored];
	MhRevisionFacts facts = store->before->facts[stored];
	const MhRevisionFacts *changed = &facts;

	facts.by_hand = false;
	mh_store_revisions(store, &script, &changed, 1);
	ereport(
		NOTICE,
		(errmsg("revision \"%s\" keeps the registered values until the scripts are loaded again",
				mh_from_utf8(script->revision))));
}

/*
 * mighead_remove_revision(revision, project): deletes a registration.  42704 if there is none;
 * MH213 if current revisions refer to it.  Locks the project's row.
 */
Datum
mighead_remove_revision(PG_FUNCTION_ARGS)
{
	char *revision = revision_argument(fcinfo);
	MhStore *store = open_store(fcinfo, 1);
	int stored = mh_scripts_find(store->before, revision);
	int64 release = Max(store->project->release, 1);

	if (stored < 0 || !store->before->facts[stored].by_hand)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("revision \"%s\" is not registered by hand in project \"%s\"",
							   mh_from_utf8(revision), mh_from_utf8(store->project->name))));
	if (store->before->facts[stored].checksum != NULL)
		hand_back(store, stored);
	else
	{
		store_merge(store, mh_merge_without(store->before, revision, release), release);
		mh_store_delete(store, revision);
	}
	mh_store_close(store);
	PG_RETURN_VOID();
}
