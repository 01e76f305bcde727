/*-------------------------------------------------------------------------
 *
 * survey_scripts.c
 *	  Facts about what became of the scripts since they were first loaded.
 *
 * Locks and privileges as in survey_private.h.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_private.h"

#include "server/expected/expected.h"
#include "server/journal/journal.h"
#include "server/scripts/scripts.h"

static const List *
ignored_of(MhLoadedProject *loaded)
{
	if (!loaded->ignored_known)
		loaded->ignored = mh_ignored_read(loaded->scripts->project->name);
	loaded->ignored_known = true;
	return loaded->ignored;
}

static bool
differs(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) != 0;
}

static bool
is_edited(const MhRevisionFacts *facts)
{
	return differs(facts->checksum, facts->first_checksum) || facts->first_down_revision != NULL ||
		   facts->first_depends_on != NULL;
}

static MhEdit
edit_of(MhLoadedProject *loaded, int node)
{
	const MhRevisionFacts *facts = &loaded->scripts->facts[node];
	const char *id = loaded->scripts->scripts[node].revision;
	MhEdit edit = {0};

	edit.node = node;
	edit.first_parents = facts->first_down_revision;
	edit.first_dependencies = facts->first_depends_on;
	edit.labels = facts->first_branch_labels != NULL;
	edit.message = facts->first_message != NULL;
	/* by hand there is no code; without its checksum something has to have been recorded */
	edit.is_code_known = facts->code_checksum != NULL || facts->by_hand;
	edit.code = facts->first_code_checksum != NULL;
	edit.is_accepted = mh_finding_accepted(ignored_of(loaded), id, MH_STATE_EDITED_SCRIPT) != 0;
	edit.is_parent_accepted =
		mh_finding_accepted(ignored_of(loaded), id, MH_CODE_CHANGED_PARENT) != 0;
	return edit;
}

void
mh_survey_edits(MhLoadedProject *loaded)
{
	const MhScripts *scripts = loaded->scripts;

	for (int i = 0; i < scripts->n; i++)
	{
		if (!is_edited(&scripts->facts[i]))
			continue;
		if (loaded->edits == NULL)
			loaded->edits = palloc(scripts->n * sizeof(MhEdit));
		loaded->edits[loaded->edits_n++] = edit_of(loaded, i);
	}
}

int64
mh_survey_blindness_accepted(MhLoadedProject *loaded, const char *table)
{
	const List *ignored = ignored_of(loaded);

	return Max(mh_finding_accepted(ignored, table, MH_STATE_STAMPED_BLINDLY),
			   mh_finding_accepted(ignored, table, MH_STATE_CHANGED_BY_HAND));
}

/* When the first release of a revision was loaded, and the one before that. */
static void
add_loads(MhInserted *inserted, MhLoadedProject *loaded)
{
	int64 release = loaded->scripts->facts[inserted->node].first_release;
	ListCell *cell;

	if (loaded->releases == NIL)
		loaded->releases = mh_releases_read(loaded->scripts->project->name);
	foreach (cell, loaded->releases)
	{
		const MhRelease *one = lfirst(cell);

		if (one->release == release)
			inserted->loaded_at = one->loaded_at;
		else if (one->release < release)
			inserted->loaded_before = Max(inserted->loaded_before, one->loaded_at);
	}
}

void
mh_survey_inserted(const MhVersionTable *table, MhLoadedProject *loaded, MhFacts *facts)
{
	MhNodes nodes;
	MhStrings recorded = {0, NULL};

	if (!facts->is_readable || table->rows.n == 0 || !facts->has_scripts)
		return;
	nodes = mh_find_inserted(facts->graph, &facts->rows, facts->first_releases);
	if (nodes.n == 0)
		return;
	/* the journal is of this database */
	if (table->there == NULL)
		recorded = mh_journal_recorded(table->schema, table->name);
	facts->inserted = palloc0(nodes.n * sizeof(MhInserted));
	for (int i = 0; i < nodes.n; i++)
	{
		MhInserted *inserted = &facts->inserted[facts->inserted_n++];
		const char *id = facts->graph->nodes[nodes.v[i]].id;

		inserted->node = nodes.v[i];
		inserted->is_recorded = mh_strings_contain(&recorded, id);
		inserted->is_accepted =
			mh_finding_accepted(ignored_of(loaded), id, MH_STATE_INSERTED_REVISION) != 0;
		add_loads(inserted, loaded);
	}
}
