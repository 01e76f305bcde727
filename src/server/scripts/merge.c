/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Computes which stored revisions a load makes current, new, changed or retired.
 *
 * Some rows are certainly current: scripts that were found, or revisions that are current already.
 * Others are candidates: manual registrations without a script.  They become or stay current while
 * everything to which they refer is there.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/scripts.h"

#define FIRST_ROOM 64

void
mh_incoming_add(MhIncoming *incoming, const MhScript *script, const MhRevisionFacts *facts,
				const MhError *refusal)
{
	if (incoming->room == 0)
	{
		incoming->room = FIRST_ROOM;
		incoming->scripts = palloc(FIRST_ROOM * sizeof(MhScript));
		incoming->facts = palloc(FIRST_ROOM * sizeof(MhRevisionFacts));
		incoming->refusals = palloc(FIRST_ROOM * sizeof(MhError));
	}
	else if (incoming->n == incoming->room)
	{
		incoming->room *= 2;
		incoming->scripts = repalloc(incoming->scripts, incoming->room * sizeof(MhScript));
		incoming->facts = repalloc(incoming->facts, incoming->room * sizeof(MhRevisionFacts));
		incoming->refusals = repalloc(incoming->refusals, incoming->room * sizeof(MhError));
	}
	incoming->scripts[incoming->n] = *script;
	incoming->facts[incoming->n] = *facts;
	incoming->refusals[incoming->n] = *refusal;
	incoming->n++;
}

/* ---------- finding stored revisions ---------- */

/* Stored revisions sorted by id. */
typedef struct StoredIndex
{
	const MhScripts *scripts;
	int n;
	int *sorted;
} StoredIndex;

static int
stored_count(const MhScripts *scripts)
{
	return scripts->n + scripts->retired + scripts->waiting;
}

static int
compare_stored(const void *a, const void *b, void *scripts)
{
	const MhScript *all = ((const MhScripts *) scripts)->scripts;

	return strcmp(all[*(const int *) a].revision, all[*(const int *) b].revision);
}

static StoredIndex
index_of(const MhScripts *scripts)
{
	StoredIndex index = {scripts, stored_count(scripts), NULL};

	index.sorted = palloc(Max(index.n, 1) * sizeof(int));
	for (int i = 0; i < index.n; i++)
		index.sorted[i] = i;
	qsort_arg(index.sorted, index.n, sizeof(int), compare_stored, unconstify(MhScripts *, scripts));
	return index;
}

static int
find_stored(const StoredIndex *index, const char *revision)
{
	int low = 0;
	int high = index->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(revision, index->scripts->scripts[index->sorted[middle]].revision);

		if (order == 0)
			return index->sorted[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

int
mh_scripts_find(const MhScripts *scripts, const char *revision)
{
	for (int i = 0; i < stored_count(scripts); i++)
		if (strcmp(scripts->scripts[i].revision, revision) == 0)
			return i;
	return -1;
}

/* ---------- rows ---------- */

static MhMerge *
new_merge(int expected)
{
	MhMerge *merge = palloc0(sizeof(MhMerge));

	merge->room = Max(expected, 1);
	merge->rows = palloc(merge->room * sizeof(MhMergedRow));
	return merge;
}

static MhMergedRow *
add_row(MhMerge *merge, const MhScript *script, const MhRevisionFacts *facts, int before)
{
	MhMergedRow *row;

	if (merge->n == merge->room)
	{
		merge->room *= 2;
		merge->rows = repalloc(merge->rows, merge->room * sizeof(MhMergedRow));
	}
	row = &merge->rows[merge->n++];
	row->script = *script;
	row->facts = *facts;
	row->before = before;
	row->missing = NULL;
	row->is_held = false;
	row->written = false;
	return row;
}

/* Retains a manual registration whose script is gone. */
static void
hold(MhMergedRow *row)
{
	row->is_held = true;
	row->script.file_name = NULL;
	row->facts.checksum = NULL;
	row->facts.body_checksum = NULL;
	row->facts.code_checksum = NULL;
}

static MhMergedRow *
add_stored(MhMerge *merge, const MhScripts *before, int i)
{
	return add_row(merge, &before->scripts[i], &before->facts[i], i);
}

/* ---------- candidates ---------- */

typedef struct Reference
{
	const char *text;
	int row;
	bool is_label;
} Reference;

typedef struct References
{
	int n;
	Reference *v;
} References;

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const Reference *) a)->text, ((const Reference *) b)->text);
}

/* Returns the ids and labels of all rows, candidates included. */
static References
names_of(const MhMerge *merge)
{
	References names = {0, NULL};
	int room = merge->n;

	for (int i = 0; i < merge->n; i++)
		room += merge->rows[i].script.branch_labels.n;
	names.v = palloc(Max(room, 1) * sizeof(Reference));
	for (int i = 0; i < merge->n; i++)
	{
		const MhScript *script = &merge->rows[i].script;

		names.v[names.n++] = (Reference){script->revision, i, false};
		for (int j = 0; j < script->branch_labels.n; j++)
			names.v[names.n++] = (Reference){script->branch_labels.v[j], i, true};
	}
	qsort(names.v, names.n, sizeof(Reference), compare_names);
	return names;
}

static bool
is_present(const References *names, const bool *dropped, const char *text, bool or_label)
{
	int low = 0;
	int high = names->n;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(names->v[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < names->n && strcmp(names->v[low].text, text) == 0; low++)
		if (!dropped[names->v[low].row] && (or_label || !names->v[low].is_label))
			return true;
	return false;
}

/* Returns the first absent revision to which a script refers, or NULL. */
static const char *
missing_reference(const References *names, const bool *dropped, const MhScript *script)
{
	for (int i = 0; i < script->down_revision.n; i++)
		if (!is_present(names, dropped, script->down_revision.v[i], false))
			return script->down_revision.v[i];
	for (int i = 0; i < script->depends_on.n; i++)
		if (!is_present(names, dropped, script->depends_on.v[i], true))
			return script->depends_on.v[i];
	return NULL;
}

/*
 * Removes candidates (the rows from first on) that refer to an absent revision, until none does.
 * They are moved behind merge->current.
 */
static void
settle_candidates(MhMerge *merge, int first)
{
	MhMergedRow *left_out = palloc(Max(merge->n - first, 1) * sizeof(MhMergedRow));
	bool *dropped = palloc0(Max(merge->n, 1) * sizeof(bool));
	References names = names_of(merge);
	bool again = true;
	int n_left_out = 0;
	int kept = first;

	while (again)
	{
		again = false;
		for (int i = first; i < merge->n; i++)
		{
			if (dropped[i] || missing_reference(&names, dropped, &merge->rows[i].script) == NULL)
				continue;
			dropped[i] = true;
			again = true;
		}
	}
	for (int i = first; i < merge->n; i++)
	{
		MhMergedRow *row = &merge->rows[i];

		row->missing = missing_reference(&names, dropped, &row->script);
		if (dropped[i])
			left_out[n_left_out++] = *row;
		else
			merge->rows[kept++] = *row;
	}
	for (int i = first; i < kept; i++)
		hold(&merge->rows[i]);
	merge->current = kept;
	memcpy(&merge->rows[kept], left_out, n_left_out * sizeof(MhMergedRow));
	pfree(left_out);
	pfree(dropped);
	pfree(names.v);
}

/* ---------- the graph ---------- */

/* Adds a hint: the script at fault may be a registration that is not in the loaded directory. */
static void
hint_at_held(const MhMerge *merge, MhError *err)
{
	MhStrings held = {0, NULL};

	for (int i = 0; i < merge->current; i++)
		if (merge->rows[i].is_held)
			mh_strings_add(&held, merge->rows[i].script.revision);
	if (held.n > 0 && held.n <= 10 && err->hint == NULL)
		mh_fail_hint(err,
					 "Registered by hand, without a script: %s; mighead_remove_revision() "
					 "forgets a registration.",
					 mh_strings_join(&held, ", "));
}

static void
build_graph(MhMerge *merge)
{
	MhError err = MH_NO_ERROR;

	merge->scripts = palloc(Max(merge->current, 1) * sizeof(MhScript));
	for (int i = 0; i < merge->current; i++)
		merge->scripts[i] = merge->rows[i].script;
	merge->graph = mh_graph_build(merge->scripts, merge->current, &err);
	if (merge->graph == NULL)
	{
		if (merge->is_load)
			hint_at_held(merge, &err);
		mh_raise(&err);
	}
}

/* ---------- what changes ---------- */

/* Returns whether the script looks the same to a person. */
static bool
same_script(const MhMergedRow *row, const MhScripts *before)
{
	const MhScript *a = &row->script;
	const MhScript *b = &before->scripts[row->before];
	const MhRevisionFacts *x = &row->facts;
	const MhRevisionFacts *y = &before->facts[row->before];

	return mh_texts_equal(x->checksum, y->checksum) && mh_texts_equal(a->message, b->message) &&
		   mh_texts_equal(a->file_name, b->file_name) && x->by_hand == y->by_hand &&
		   x->has_create_date == y->has_create_date &&
		   (!x->has_create_date || x->create_date == y->create_date) &&
		   mh_strings_equal(&a->down_revision, &b->down_revision) &&
		   mh_strings_equal(&a->depends_on, &b->depends_on) &&
		   mh_strings_equal(&a->branch_labels, &b->branch_labels);
}

/* Compares two first values.  NULL: the same as the current value, in both. */
static bool
same_first(const MhStrings *a, const MhStrings *b)
{
	return a == NULL || b == NULL ? a == b : mh_strings_equal(a, b);
}

/*
 * Returns the first loaded value if it differs from the current one.  stored: the same of the
 * previous load.
 */
static const MhStrings *
first_of(const MhStrings *stored, const MhStrings *before, const MhStrings *now)
{
	const MhStrings *first = stored == NULL ? before : stored;

	return mh_strings_equal(first, now) ? NULL : first;
}

static char *
first_text_of(char *stored, char *before, const char *now)
{
	char *first = stored == NULL ? before : stored;

	return now == NULL || mh_texts_equal(first, now) ? NULL : first;
}

static void
note_first(MhMergedRow *row, const MhScripts *before)
{
	const MhScript *script = &before->scripts[row->before];
	const MhRevisionFacts *stored = &before->facts[row->before];
	MhRevisionFacts *facts = &row->facts;

	facts->first_down_revision =
		first_of(stored->first_down_revision, &script->down_revision, &row->script.down_revision);
	facts->first_depends_on =
		first_of(stored->first_depends_on, &script->depends_on, &row->script.depends_on);
	facts->first_branch_labels =
		first_of(stored->first_branch_labels, &script->branch_labels, &row->script.branch_labels);
	facts->first_message =
		first_text_of(stored->first_message, script->message, row->script.message);
	facts->first_code_checksum =
		first_text_of(stored->first_code_checksum, stored->code_checksum, facts->code_checksum);
}

static bool
same_place(const MhMergedRow *row, const MhScripts *before)
{
	const MhRevisionFacts *x = &row->facts;
	const MhRevisionFacts *y = &before->facts[row->before];

	return x->load_order == y->load_order && x->first_release == y->first_release &&
		   x->last_release == y->last_release &&
		   mh_texts_equal(x->first_checksum, y->first_checksum) &&
		   mh_texts_equal(x->body_checksum, y->body_checksum) &&
		   mh_texts_equal(x->code_checksum, y->code_checksum) &&
		   mh_texts_equal(x->first_code_checksum, y->first_code_checksum) &&
		   mh_texts_equal(x->first_message, y->first_message) &&
		   same_first(x->first_down_revision, y->first_down_revision) &&
		   same_first(x->first_depends_on, y->first_depends_on) &&
		   same_first(x->first_branch_labels, y->first_branch_labels);
}

static bool
is_current(const MhScripts *before, int i)
{
	return i >= 0 && i < before->n;
}

/* Numbers the rows and marks those that are new, changed or have to be written. */
static void
compare(MhMerge *merge, const MhScripts *before, int64 release)
{
	for (int i = 0; i < merge->n; i++)
	{
		MhMergedRow *row = &merge->rows[i];
		bool same = row->before >= 0 && same_script(row, before);

		/* rows that are not current keep their old place, or each load would rewrite them */
		if (i < merge->current || row->before < 0)
			row->facts.load_order = i;
		if (i < merge->current)
		{
			row->facts.last_release = 0;
			if (row->facts.first_release == 0)
				row->facts.first_release = release;
			merge->added += !is_current(before, row->before);
			merge->changed += is_current(before, row->before) && !same;
		}
		if (row->facts.first_checksum == NULL)
			row->facts.first_checksum = row->facts.checksum;
		if (row->before >= 0)
			note_first(row, before);
		row->written = !same || !same_place(row, before);
	}
}

/*
 * Adds the stored revisions that are not among the rows, except the one to be deleted.  Current
 * ones are retired.
 */
static void
add_others(MhMerge *merge, const MhScripts *before, int forgotten)
{
	bool *seen = palloc0(Max(stored_count(before), 1) * sizeof(bool));

	for (int i = 0; i < merge->n; i++)
		if (merge->rows[i].before >= 0)
			seen[merge->rows[i].before] = true;
	for (int i = 0; i < stored_count(before); i++)
		if (!seen[i] && i != forgotten)
			add_stored(merge, before, i);
	/* some may be candidates that were left out */
	for (int i = merge->current; i < merge->n; i++)
	{
		MhRevisionFacts *facts = &merge->rows[i].facts;

		if (!is_current(before, merge->rows[i].before))
			continue;
		facts->last_release = Max(before->project->release, facts->first_release);
		merge->retired++;
	}
	pfree(seen);
}

static void
warn_of_missing(MhMerge *merge)
{
	for (int i = merge->current; i < merge->n; i++)
		if (merge->rows[i].missing != NULL)
			mh_strings_add(&merge->warnings,
						   psprintf("Revision %s, registered by hand, is left out: it refers to "
									"%s, which is absent.",
									merge->rows[i].script.revision, merge->rows[i].missing));
}

static void
warn_of_bases(MhMerge *merge)
{
	MhNodes bases = mh_graph_bases(merge->graph);
	MhStrings unlabelled = {0, NULL};

	for (int i = 0; i < bases.n; i++)
		if (merge->graph->nodes[bases.v[i]].labels.n == 0)
			mh_strings_add(&unlabelled, merge->graph->nodes[bases.v[i]].id);
	if (bases.n > 1 && unlabelled.n > 0)
		mh_strings_add(
			&merge->warnings,
			psprintf("There are %d base revisions, of which these have no branch label: %s.",
					 bases.n, mh_strings_join(&unlabelled, ", ")));
}

static void
finish(MhMerge *merge, const MhScripts *before, int first_candidate, int64 release, int forgotten)
{
	settle_candidates(merge, first_candidate);
	build_graph(merge);
	add_others(merge, before, forgotten);
	compare(merge, before, release);
}

/* ---------- a load ---------- */

static bool
is_word_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		   IS_HIGHBIT_SET(c);
}

/* Returns whether text is in the name as a word of its own. */
static bool
is_word_of(const char *text, const char *name)
{
	size_t length = strlen(text);

	for (const char *at = name; (at = strstr(at, text)) != NULL; at++)
		if ((at == name || !is_word_character(at[-1])) && !is_word_character(at[length]))
			return true;
	return false;
}

/*
 * Returns the manual registration that replaces a script that could not be read, or -1.  If the
 * file's name has several ids the longest one counts.
 */
static int
find_by_hand(const StoredIndex *index, const bool *taken, const MhScript *script)
{
	const MhScripts *before = index->scripts;
	const char *slash = strrchr(script->file_name, '/');
	const char *name = slash == NULL ? script->file_name : slash + 1;
	int found = -1;

	if (script->revision != NULL)
	{
		found = find_stored(index, script->revision);
		return found >= 0 && before->facts[found].by_hand ? found : -1;
	}
	for (int i = 0; i < index->n; i++)
	{
		const char *revision = before->scripts[i].revision;

		if (before->facts[i].by_hand && !taken[i] && is_word_of(revision, name) &&
			(found < 0 || strlen(revision) > strlen(before->scripts[found].revision)))
			found = i;
	}
	return found;
}

/* Overwrites the values of a script by those of a registration. */
static void
overlay(MhMergedRow *row, const MhScript *by_hand)
{
	row->script.revision = by_hand->revision;
	row->script.down_revision = by_hand->down_revision;
	row->script.depends_on = by_hand->depends_on;
	row->script.branch_labels = by_hand->branch_labels;
	if (row->script.message == NULL || by_hand->message[0] != '\0')
		row->script.message = by_hand->message;
	row->facts.by_hand = true;
}

static void
add_incoming(MhMerge *merge, const StoredIndex *index, const MhIncoming *incoming, int i,
			 bool *taken)
{
	const MhScripts *before = index->scripts;
	const MhScript *script = &incoming->scripts[i];
	const MhError *refusal = &incoming->refusals[i];
	bool refused = refusal->sqlstate != NULL;
	int stored =
		refused ? find_by_hand(index, taken, script) : find_stored(index, script->revision);
	MhMergedRow *row;

	if (refused && stored < 0)
		mh_raise(refusal);
	row = add_row(merge, script, &incoming->facts[i], stored);
	row->facts.first_release = stored < 0 ? 0 : before->facts[stored].first_release;
	row->facts.first_checksum = stored < 0 ? NULL : before->facts[stored].first_checksum;
	row->is_held = script->file_name == NULL;
	if (stored < 0)
		return;
	taken[stored] = true;
	if (!before->facts[stored].by_hand || row->facts.by_hand)
		return;
	overlay(row, &before->scripts[stored]);
	if (!refused)
		mh_strings_add(&merge->warnings,
					   psprintf("Revision %s is registered by hand, which goes before what script "
								"%s says.",
								row->script.revision, script->file_name));
}

MhMerge *
mh_merge_load(const MhScripts *before, const MhIncoming *incoming, const MhIncoming *waiting,
			  int64 release)
{
	StoredIndex index = index_of(before);
	MhMerge *merge = new_merge(incoming->n + index.n);
	bool *taken = palloc0(Max(index.n, 1) * sizeof(bool));
	int certain;

	merge->is_load = true;
	for (int i = 0; i < incoming->warnings.n; i++)
		mh_strings_add(&merge->warnings, incoming->warnings.v[i]);
	for (int i = 0; i < incoming->n; i++)
		add_incoming(merge, &index, incoming, i, taken);
	certain = merge->n;
	for (int i = 0; i < index.n; i++)
		if (before->facts[i].by_hand && !taken[i])
			add_stored(merge, before, i);
	for (int i = 0; waiting != NULL && i < waiting->n; i++)
	{
		int stored = find_stored(&index, waiting->scripts[i].revision);

		if (stored < 0)
			add_row(merge, &waiting->scripts[i], &waiting->facts[i], -1);
	}
	finish(merge, before, certain, release, -1);
	warn_of_missing(merge);
	warn_of_bases(merge);
	return merge;
}

/* ---------- one revision by hand ---------- */

/* Adds all stored revisions.  Current ones stay current; the other registrations are candidates. */
static int
add_all_stored(MhMerge *merge, const MhScripts *before, int but)
{
	int certain;

	for (int i = 0; i < before->n; i++)
		if (i != but)
			add_stored(merge, before, i)->is_held =
				before->facts[i].by_hand && before->facts[i].checksum == NULL;
	certain = merge->n;
	for (int i = before->n; i < stored_count(before); i++)
		if (i != but && before->facts[i].by_hand)
			add_stored(merge, before, i);
	return certain;
}

/* Replaces a current revision.  It cannot be left out, because others may refer to it. */
static int
replace_current(MhMerge *merge, const MhScripts *before, int stored, const MhScript *script)
{
	int certain = add_all_stored(merge, before, -1);

	overlay(&merge->rows[stored], script);
	return certain;
}

MhMerge *
mh_merge_by_hand(const MhScripts *before, const MhScript *script, int64 release,
				 const char **missing)
{
	MhRevisionFacts facts = {.by_hand = true};
	int stored = mh_scripts_find(before, script->revision);
	MhMerge *merge = new_merge(stored_count(before) + 1);
	MhMergedRow *row;
	int certain;

	*missing = NULL;
	if (is_current(before, stored))
		certain = replace_current(merge, before, stored, script);
	else
	{
		certain = add_all_stored(merge, before, stored);
		row = add_row(merge, script, stored < 0 ? &facts : &before->facts[stored], stored);
		row->facts.by_hand = true;
	}
	finish(merge, before, certain, release, -1);
	for (int i = merge->current; i < merge->n; i++)
		if (strcmp(merge->rows[i].script.revision, script->revision) == 0)
			*missing = merge->rows[i].missing;
	return merge;
}

MhMerge *
mh_merge_without(const MhScripts *before, const char *revision, int64 release)
{
	MhMerge *merge = new_merge(stored_count(before));
	int stored = mh_scripts_find(before, revision);
	int certain = add_all_stored(merge, before, stored);

	finish(merge, before, certain, release, stored);
	return merge;
}
