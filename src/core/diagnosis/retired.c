/*-------------------------------------------------------------------------
 *
 * retired.c
 *	  Judges rows that only another release of the scripts has: whether that release is later
 *	  or earlier, and what is below the row.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/wording.h"

static int
compare_retired(const void *left, const void *right)
{
	return strcmp((*(const MhRetired *const *) left)->script->revision,
				  (*(const MhRetired *const *) right)->script->revision);
}

/* Returns the retired revisions sorted by id. */
static const MhRetired **
sort_retired(const MhFacts *facts)
{
	const MhRetired **sorted = palloc(Max(facts->retired_n, 1) * sizeof(MhRetired *));

	for (int i = 0; i < facts->retired_n; i++)
		sorted[i] = &facts->retired[i];
	qsort(sorted, facts->retired_n, sizeof(MhRetired *), compare_retired);
	return sorted;
}

/* Returns the index in sorted, or -1. */
static int
find_retired(const MhRetired **sorted, int n, const char *id)
{
	int low = 0;
	int high = n - 1;

	while (low <= high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(sorted[middle]->script->revision, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* Adds the current revisions directly below these rows, through other retired ones. */
static void
add_below(const MhFacts *facts, const MhStrings *rows, MhNodes *nodes)
{
	const MhScript **scripts;

	if (facts->retired_n == 0)
		return;
	scripts = palloc(facts->retired_n * sizeof(MhScript *));
	for (int i = 0; i < facts->retired_n; i++)
		scripts[i] = facts->retired[i].script;
	mh_graph_add_below(facts->graph, scripts, facts->retired_n, rows, nodes);
	pfree(scripts);
}

/*
 * A database with a row has also applied the revisions below it, which the current scripts may
 * still have.
 */
void
mh_add_below_retired(const MhFacts *facts, MhNodes *nodes)
{
	add_below(facts, &facts->rows, nodes);
}

typedef struct Walk
{
	const MhRetired **sorted;
	int n;
	bool *seen;
	MhNodes todo;
} Walk;

static void
add_retired(Walk *walk, const MhStrings *revisions)
{
	for (int i = 0; revisions != NULL && i < revisions->n; i++)
	{
		int index = find_retired(walk->sorted, walk->n, revisions->v[i]);

		if (index < 0 || walk->seen[index])
			continue;
		walk->seen[index] = true;
		mh_nodes_add(&walk->todo, index);
	}
}

/*
 * Returns whether the first version of a loaded script had the retired revision below it, through
 * other retired ones.
 */
static bool
was_stood_on(const MhFacts *facts, const MhRetired **sorted, int index)
{
	Walk walk = {sorted, facts->retired_n, palloc0(facts->retired_n * sizeof(bool)), {0, NULL}};

	for (int i = 0; i < facts->edits_n; i++)
	{
		MH_CHECK_INTERRUPTS();
		add_retired(&walk, facts->edits[i].first_parents);
		add_retired(&walk, facts->edits[i].first_dependencies);
	}
	for (int i = 0; i < walk.todo.n && !walk.seen[index]; i++)
	{
		MH_CHECK_INTERRUPTS();
		add_retired(&walk, &sorted[walk.todo.v[i]]->script->down_revision);
	}
	return walk.seen[index];
}

/*
 * Returns whether the loaded scripts are later than the last release that had the revision.  If
 * that release has nothing new, the parents tell: a script that had the revision below it no longer
 * has.
 */
static bool
is_release_later(const MhFacts *facts, const MhRetired **sorted, int index)
{
	for (int i = 0; i < facts->graph->n && facts->first_releases != NULL; i++)
		if (facts->first_releases[i] > sorted[index]->last_release)
			return true;
	return was_stood_on(facts, sorted, index);
}

/*
 * Returns the current revision with the same parents, and the same source except for the id, or
 * MH_BASE.  One that is older than the retired revision does not count.
 */
static int
find_renamed(const MhFacts *facts, const MhRetired *retired)
{
	if (retired->body_checksum == NULL || facts->body_checksums == NULL)
		return MH_BASE;
	for (int i = 0; i < facts->graph->n; i++)
		if (facts->body_checksums[i] != NULL &&
			strcmp(facts->body_checksums[i], retired->body_checksum) == 0 &&
			mh_strings_equal(&facts->graph->nodes[i].script->down_revision,
							 &retired->script->down_revision) &&
			(facts->first_releases == NULL || facts->first_releases[i] >= retired->first_release))
			return i;
	return MH_BASE;
}

bool
mh_are_renamed(const MhFacts *facts, const MhStrings *rows, const MhStrings *now)
{
	const MhRetired **sorted = facts->retired_n > 0 ? sort_retired(facts) : NULL;

	for (int i = 0; i < rows->n; i++)
	{
		int index = sorted == NULL ? -1 : find_retired(sorted, facts->retired_n, rows->v[i]);
		int node = index < 0 ? MH_BASE : find_renamed(facts, sorted[index]);

		if (mh_strings_contain(now, rows->v[i]))
			continue;
		if (node == MH_BASE || !mh_strings_contain(now, facts->graph->nodes[node].id))
			return false;
	}
	return rows->n == now->n;
}

/* Is what the schema is known, and known not to be what the row says under its old name? */
static bool
is_schema_another(const MhFacts *facts)
{
	const MhSchemaFacts *schema = facts->schema;

	return schema != NULL && schema->is_located && schema->located.n > 0 &&
		   !(schema->is_exact && mh_rows_equal(&schema->located, &facts->rows));
}

static void
add_renamed(MhDiagnosing *d, const char *row, int node)
{
	MhFinding *finding =
		mh_finding_add(d, MH_CRITICAL, MH_CODE_RENAMED_REVISION, MH_STATE_UNKNOWN_REVISION);
	const char *id = d->facts->graph->nodes[node].id;
	MhStrings renamed = {0, NULL};

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s'; its script is now "
							   "called %s, with the same parents and source.",
							   row, id);
	finding->hint = mh_show_call(d->facts, id);
	for (int i = 0; i < d->facts->rows.n; i++)
		mh_strings_add(&renamed, strcmp(d->facts->rows.v[i], row) == 0 ? id : d->facts->rows.v[i]);
	if (is_schema_another(d->facts))
		mh_tell_location(d->facts, finding, true);
	else
		mh_offer_stamp(d->facts, finding, &renamed, psprintf("%s is now called %s", row, id));
	mh_evidence_text(finding, "renamed_to", id);
}

static void
add_ahead(MhDiagnosing *d, const char *row, const MhRetired *retired)
{
	MhFinding *finding = mh_finding_add(d, MH_WARNING, MH_STATE_AHEAD, MH_STATE_AHEAD);

	finding->object = pstrdup(row);
	finding->detail = psprintf("Revision %s is newer than the scripts of the current release; "
							   "release %s has it.",
							   row, retired->release);
	finding->hint = psprintf("%s -- decide: deploy release %s again, or downgrade with its "
							 "scripts before the older one is deployed; do not stamp",
							 mh_show_call(d->facts, row), retired->release);
	mh_evidence_text(finding, "release", retired->release);
}

/*
 * Returns the hint for squashed scripts.  The schema at the new base is not known if it was never
 * captured.
 */
static char *
squashed_hint(const MhFacts *facts, const char *row, const MhStrings *bases)
{
	char *look = mh_show_call(facts, bases->n == 1 ? bases->v[0] : row);
	MhFinding stamp = {0};

	if (bases->n == 1 && facts->rows.n == 1)
		mh_offer_stamp(facts, &stamp, bases, psprintf("%s was squashed", row));
	if (stamp.fix == NULL)
		return psprintf("%s -- decide which of the new revisions have made what is here, and stamp "
						"to them",
						look);
	return psprintf("%s -- decide: if the schema is what %s makes: %s;", look, bases->v[0],
					stamp.fix);
}

static void
add_squashed(MhDiagnosing *d, const char *row, const MhRetired *retired)
{
	MhFinding *finding =
		mh_finding_add(d, MH_CRITICAL, MH_CODE_SQUASHED_HISTORY, MH_STATE_UNKNOWN_REVISION);
	MhNodes bases = mh_graph_bases(d->facts->graph);
	MhStrings ids = mh_graph_ids(d->facts->graph, &bases);

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s'; its whole line was "
							   "last in release %s, and the scripts now begin at %s.",
							   row, retired->release, mh_enumerate(&ids));
	mh_evidence_text(finding, "release", retired->release);
	mh_evidence_list(finding, "bases", &ids);
	finding->hint = squashed_hint(d->facts, row, &ids);
	mh_tell_location(d->facts, finding, true);
}

/*
 * Reports a deleted revision.  The schema may tell where to continue.  Otherwise the script has to
 * come back, because Alembic makes no step from a row that it does not find.
 */
static void
add_deleted(MhDiagnosing *d, const char *row, const MhRetired *retired, const MhNodes *below)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding =
		mh_finding_add(d, MH_CRITICAL, MH_STATE_DELETED_REVISION, MH_STATE_DELETED_REVISION);
	MhStrings ids = mh_graph_ids(facts->graph, below);

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s': it was last in release "
							   "%s, and the current release, which is newer, no longer has it.",
							   row, retired->release);
	finding->hint = psprintf("%s -- decide: put its script back into the release, or with the "
							 "scripts of release %s, in a shell: alembic downgrade %s",
							 mh_show_call(facts, row), retired->release, mh_shell_word(ids.v[0]));
	mh_evidence_text(finding, "release", retired->release);
	mh_evidence_list(finding, "below", &ids);
	mh_tell_location(facts, finding, true);
}

static void
judge_retired(MhDiagnosing *d, const char *row, const MhRetired **sorted, int index)
{
	MhNodes below = {0, NULL};
	int renamed = find_renamed(d->facts, sorted[index]);
	bool is_later = is_release_later(d->facts, sorted, index);

	add_below(d->facts, &(MhStrings){1, (char **) &row}, &below);
	if (renamed != MH_BASE)
		add_renamed(d, row, renamed);
	else if (below.n > 0 && is_later)
		add_deleted(d, row, sorted[index], &below);
	else if (below.n > 0 || !is_later)
	{
		add_ahead(d, row, sorted[index]);
		d->is_ahead = true;
	}
	else
		add_squashed(d, row, sorted[index]);
}

bool
mh_judge_retired_row(MhDiagnosing *d, const char *row)
{
	const MhFacts *facts = d->facts;
	int index;

	if (facts->retired_n == 0)
		return false;
	if (d->retired == NULL)
		d->retired = sort_retired(facts);
	index = find_retired(d->retired, facts->retired_n, row);
	if (index >= 0)
		judge_retired(d, row, d->retired, index);
	return index >= 0;
}
