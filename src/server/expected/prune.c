/*-------------------------------------------------------------------------
 *
 * prune.c
 *	  Deletes expectations at rows of which no revision is left.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "server/scripts/scripts.h"
#include "utils/snapmgr.h"

/*
 * Returns whether the project's scripts have one of the rows.  True if it has no scripts, because
 * nothing is known then.
 */
static bool
is_referred_to(const MhScripts *scripts, const MhStrings *rows)
{
	int n = scripts->n + scripts->retired + scripts->waiting;

	for (int i = 0; i < rows->n && n > 0; i++)
	{
		bool found = false;

		for (int j = 0; j < n && !found; j++)
			found = strcmp(scripts->scripts[j].revision, rows->v[i]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* Returns the nearest previous set that stays, or -1. */
static int
retained_base(const MhExpectations *expectations, const bool *retained, int set)
{
	int base = expectations->sets[set].previous;

	while (base >= 0 && !retained[base])
		base = expectations->sets[base].previous;
	return base;
}

static MhManifest
manifest_of(const MhExpectations *expectations, int set)
{
	MhManifest nothing = {0, NULL};
	int *forms = set < 0 ? NULL : mh_expected_forms(expectations, set);

	return forms == NULL ? nothing : mh_manifest_of_forms(expectations, forms);
}

/*
 * Stores the sets that follow a deleted one as differences from a set that stays.  They are then no
 * longer a step of a revision.
 */
static void
rebase(MhStore *store, const MhExpectations *expectations, const bool *retained, int set)
{
	MhExpectedSet moved = expectations->sets[set];
	int base = retained_base(expectations, retained, set);
	MhManifest before = manifest_of(expectations, base);
	MhManifest after = manifest_of(expectations, set);

	moved.revision = NULL;
	moved.has_previous = base >= 0;
	if (base >= 0)
		moved.previous_rows = expectations->sets[base].rows;
	mh_expected_store_set(store, &moved, &before, &after);
}

int64
mh_expectations_prune(MhStore *store)
{
	MhExpectations *expectations;
	MhScripts *scripts;
	bool *retained;
	int64 deleted = 0;

	PushActiveSnapshot(GetTransactionSnapshot());
	scripts = mh_scripts_read_rows(store->project);
	expectations = mh_expectations_read(store->project->name);
	PopActiveSnapshot();
	retained = palloc(Max(expectations->n, 1) * sizeof(bool));
	for (int i = 0; i < expectations->n; i++)
		retained[i] = is_referred_to(scripts, &expectations->sets[i].rows);
	for (int i = 0; i < expectations->n; i++)
		if (retained[i] && expectations->sets[i].previous >= 0 &&
			!retained[expectations->sets[i].previous])
			rebase(store, expectations, retained, i);
	for (int i = 0; i < expectations->n; i++)
	{
		if (retained[i])
			continue;
		mh_expected_delete(store, &expectations->sets[i].rows);
		deleted++;
	}
	return deleted;
}
