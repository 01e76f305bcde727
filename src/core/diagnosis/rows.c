/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  The rows of a version table: what no migration wrote, what no script has,
 *	  what contains each other.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/*
 * One finding for each row, up to so many; then one for all others, because a table may
 * have a thousand of them.
 */
#define MOST_TOLD 20

static void
add_rest(MhDiagnosing *d, int told, MhSeverity severity, const char *state, const char *what)
{
	MhFinding *finding;

	if (told <= MOST_TOLD)
		return;
	finding = mh_finding_add(d, severity, state, state);
	finding->detail = psprintf("%d rows of %s %s; the first %d of them have a finding each.", told,
							   d->facts->table, what, MOST_TOLD);
	finding->hint = mh_reader_call(d->facts, "mighead_current");
	mh_evidence_number(finding, "count", told);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_padded(const char *text)
{
	size_t length = strlen(text);

	return length == 0 || is_blank(text[0]) || is_blank(text[length - 1]);
}

/* What makes this row one that no migration ever wrote, or NULL. */
static char *
why_invalid(const MhDiagnosing *d, int i)
{
	const MhRow *row = &d->rows[i];

	if (is_padded(row->text))
		return pstrdup(row->text[strspn(row->text, " \t\n\v\f\r")] == '\0'
						   ? "is blank"
						   : "has blanks at its beginning or end");
	if (row->duplicate_of >= 0)
		return psprintf("repeats row \"%s\"", d->rows[row->duplicate_of].text);
	if (row->node != MH_BASE && !row->is_exact)
		return psprintf("is not an id, though Alembic reads it as %s",
						d->facts->graph->nodes[row->node].id);
	if (row->node == MH_BASE && d->facts->has_scripts &&
		(strcmp(row->text, "base") == 0 || strcmp(row->text, "head") == 0 ||
		 strcmp(row->text, "heads") == 0))
		return pstrdup("is a word of Alembic's command line, not an id");
	return NULL;
}

static MhFinding *
add_invalid(MhDiagnosing *d, char *detail)
{
	MhFinding *finding = mh_finding_add(d, MH_CRITICAL, "invalid_rows", "invalid_rows");

	finding->detail = detail;
	/* to plan a query of a stranger's table can run the stranger's code */
	finding->hint = d->facts->is_trusted
						? psprintf("SELECT ctid, * FROM %s;", d->facts->table)
						: psprintf("SELECT * FROM %smighead_versions"
								   " WHERE version_table OPERATOR(pg_catalog.=) %s;",
								   d->facts->prefix, mh_regclass_value(d->facts->table));
	return finding;
}

/* Rows that are all revisions, however they are written, have a set that says the same. */
static bool
are_all_known(const MhDiagnosing *d)
{
	for (int i = 0; i < d->facts->rows.n; i++)
		if (d->rows[i].node == MH_BASE)
			return false;
	return true;
}

static void
add_long(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding = add_invalid(
		d, psprintf("%d row%s of %s %s longer than 1,000 bytes, which no revision id is.",
					facts->long_rows, mh_plural(facts->long_rows), facts->table,
					facts->long_rows == 1 ? "is" : "are"));

	mh_evidence_number(finding, "long_rows", facts->long_rows);
}

void
mh_judge_invalid_rows(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhStrings maximal = mh_rows_maximal(facts->graph, &facts->rows);
	bool all_known = are_all_known(d);
	MhFinding *finding;
	int told = 0;

	if (facts->has_more_rows)
		add_invalid(d, psprintf("%s holds more than %d rows, which no history has.", facts->table,
								facts->rows.n + facts->null_rows + facts->long_rows));
	if (facts->long_rows > 0)
		add_long(d);
	if (facts->null_rows > 0)
	{
		finding = add_invalid(d, psprintf("%d row%s of %s %s NULL.", facts->null_rows,
										  mh_plural(facts->null_rows), facts->table,
										  facts->null_rows == 1 ? "is" : "are"));
		mh_evidence_number(finding, "null_rows", facts->null_rows);
		if (maximal.n > 0 && all_known)
			mh_offer_stamp(facts, finding, &maximal, "without the rows that are NULL");
	}
	for (int i = 0; i < facts->rows.n; i++)
	{
		char *reason = why_invalid(d, i);

		MH_CHECK_INTERRUPTS();
		if (reason == NULL || ++told > MOST_TOLD)
			continue;
		finding = add_invalid(
			d, psprintf("Row \"%s\" of %s %s.", facts->rows.v[i], facts->table, reason));
		finding->object = facts->rows.v[i];
		if (all_known)
			mh_offer_stamp(facts, finding, &maximal, "the same revisions, each by its id, once");
		mh_evidence_list(finding, "rows", &facts->rows);
	}
	add_rest(d, told, MH_CRITICAL, "invalid_rows", "were not written by a migration");
}

void
mh_judge_key(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->has_unique_key)
		return;
	finding = mh_finding_add(d, MH_OK, "no_primary_key", "no_primary_key");
	finding->detail = psprintf("%s has no primary key, so rows can be repeated.", facts->table);
	finding->hint = psprintf("ALTER TABLE %s ADD PRIMARY KEY (version_num);", facts->table);
}

static int
compare_retired(const void *left, const void *right)
{
	return strcmp((*(const MhRetired *const *) left)->script->revision,
				  (*(const MhRetired *const *) right)->script->revision);
}

/* Retired revisions by id, for walks. */
static const MhRetired **
sort_retired(const MhFacts *facts)
{
	const MhRetired **sorted = palloc(Max(facts->retired_n, 1) * sizeof(MhRetired *));

	for (int i = 0; i < facts->retired_n; i++)
		sorted[i] = &facts->retired[i];
	qsort(sorted, facts->retired_n, sizeof(MhRetired *), compare_retired);
	return sorted;
}

/* Index in sorted, or -1. */
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

/*
 * Does a retired revision stand above one that the scripts still have?  Then it
 * is newer than they are; otherwise its whole line was taken out of them.
 */
static bool
is_above_current(const MhFacts *facts, const MhRetired **sorted, int start)
{
	bool *seen = palloc0(facts->retired_n * sizeof(bool));
	MhNodes todo = {0, NULL};
	bool found = false;

	MH_CHECK_INTERRUPTS();
	mh_nodes_add(&todo, start);
	seen[start] = true;
	for (int i = 0; i < todo.n && !found; i++)
	{
		const MhStrings *down = &sorted[todo.v[i]]->script->down_revision;

		for (int j = 0; j < down->n; j++)
		{
			int below = find_retired(sorted, facts->retired_n, down->v[j]);

			found |= mh_graph_find(facts->graph, down->v[j]) != MH_BASE;
			if (below >= 0 && !seen[below])
			{
				seen[below] = true;
				mh_nodes_add(&todo, below);
			}
		}
	}
	pfree(seen);
	return found;
}

static bool
same_strings(const MhStrings *a, const MhStrings *b)
{
	MH_CHECK_INTERRUPTS();
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

/* The current revision with the same parents and the same source but for the id. */
static int
find_renamed(const MhFacts *facts, const MhRetired *retired)
{
	if (retired->body_checksum == NULL || facts->body_checksums == NULL)
		return MH_BASE;
	for (int i = 0; i < facts->graph->n; i++)
		if (facts->body_checksums[i] != NULL &&
			strcmp(facts->body_checksums[i], retired->body_checksum) == 0 &&
			same_strings(&facts->graph->nodes[i].script->down_revision,
						 &retired->script->down_revision))
			return i;
	return MH_BASE;
}

static void
add_renamed(MhDiagnosing *d, const char *row, int node)
{
	MhFinding *finding = mh_finding_add(d, MH_CRITICAL, "renamed_revision", "unknown_revision");
	const char *id = d->facts->graph->nodes[node].id;
	MhStrings renamed = {0, NULL};

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s'; its script is now "
							   "called %s, with the same parents and source.",
							   row, id);
	finding->hint = mh_show_call(d->facts, id);
	for (int i = 0; i < d->facts->rows.n; i++)
		mh_strings_add(&renamed, strcmp(d->facts->rows.v[i], row) == 0 ? id : d->facts->rows.v[i]);
	mh_offer_stamp(d->facts, finding, &renamed, psprintf("%s is now called %s", row, id));
	mh_evidence_text(finding, "renamed_to", id);
}

static void
add_ahead(MhDiagnosing *d, const char *row, const MhRetired *retired)
{
	MhFinding *finding = mh_finding_add(d, MH_WARNING, "ahead", "ahead");

	finding->object = pstrdup(row);
	finding->detail = psprintf("Revision %s is newer than the scripts of the current release; "
							   "release %s has it.",
							   row, retired->release);
	finding->hint = pstrdup("Deploy the newer release again; do not stamp.");
	mh_evidence_text(finding, "release", retired->release);
}

static void
add_squashed(MhDiagnosing *d, const char *row, const MhRetired *retired)
{
	MhFinding *finding = mh_finding_add(d, MH_CRITICAL, "squashed_history", "unknown_revision");
	MhNodes bases = mh_graph_bases(d->facts->graph);
	MhStrings ids = mh_graph_ids(d->facts->graph, &bases);

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s'; its whole line was "
							   "last in release %s, and the scripts now begin at %s.",
							   row, retired->release, mh_enumerate(&ids));
	finding->hint = mh_show_call(d->facts, row);
	mh_evidence_text(finding, "release", retired->release);
	mh_evidence_list(finding, "bases", &ids);
}

static void
add_retired(MhDiagnosing *d, const char *row, const MhRetired **sorted, int index)
{
	int renamed = find_renamed(d->facts, sorted[index]);

	if (renamed != MH_BASE)
		add_renamed(d, row, renamed);
	else if (is_above_current(d->facts, sorted, index))
		add_ahead(d, row, sorted[index]);
	else
		add_squashed(d, row, sorted[index]);
}

static void
add_stale(MhDiagnosing *d, const char *row)
{
	MhFinding *finding = mh_finding_add(d, MH_UNKNOWN, "stale_scripts", "stale_scripts");

	finding->object = pstrdup(row);
	finding->detail = psprintf("Row %s was written after the scripts were loaded, and they do not "
							   "have it.",
							   row);
	finding->hint = psprintf("mighead-load -p %s versions/", mh_shell_word(d->facts->project));
}

/* Which revision the schema is, where the rows do not tell. */
static void
add_location(const MhFacts *facts, MhFinding *finding)
{
	const MhSchemaFacts *schema = facts->schema;

	if (mh_is_partly_unread(facts))
		finding->hint = mh_unread_hint(facts);
	if (schema == NULL || !schema->is_located || schema->located.n == 0)
		return;
	mh_evidence_list(finding, "located", &schema->located);
	finding->hint = mh_reader_call(facts, "mighead_locate");
	finding->detail =
		psprintf("%s The schema is %s that of %s.", finding->detail,
				 schema->is_exact ? "exactly" : "nearly", mh_enumerate(&schema->located));
	if (schema->is_exact)
		mh_offer_located(facts, finding);
}

static void
add_unknown(MhDiagnosing *d, int i)
{
	const MhFacts *facts = d->facts;
	const char *row = facts->rows.v[i];
	MhFinding *finding = mh_finding_add(d, MH_CRITICAL, "unknown_revision", "unknown_revision");

	finding->object = pstrdup(row);
	finding->hint = psprintf("If scripts are missing here, load them: mighead-load -p %s versions/",
							 mh_shell_word(facts->project));
	if (facts->elsewhere == NULL || facts->elsewhere[i].n == 0)
	{
		finding->detail = psprintf("Can't locate revision identified by '%s': no script of project "
								   "%s has it.",
								   row, facts->project);
		add_location(facts, finding);
		return;
	}
	finding->code = "foreign_revision";
	finding->detail =
		psprintf("Can't locate revision identified by '%s': no script of project %s has it, "
				 "but project %s has.",
				 row, facts->project, mh_enumerate(&facts->elsewhere[i]));
	finding->hint = pstrdup("Give each service a version_table of its own in its env.py.");
	mh_evidence_list(finding, "projects", &facts->elsewhere[i]);
}

void
mh_judge_unknown_rows(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhRetired **sorted = NULL;
	int told = 0;

	for (int i = 0; i < facts->rows.n; i++)
	{
		int index;

		MH_CHECK_INTERRUPTS();
		if (d->rows[i].node != MH_BASE || d->rows[i].duplicate_of >= 0 || why_invalid(d, i))
			continue;
		mh_strings_add(&d->result->unknown, facts->rows.v[i]);
		if (++told > MOST_TOLD)
			continue;
		if (sorted == NULL)
			sorted = sort_retired(facts);
		index = find_retired(sorted, facts->retired_n, facts->rows.v[i]);
		if (index >= 0)
			add_retired(d, facts->rows.v[i], sorted, index);
		else if (facts->is_newer_than_scripts && (!facts->elsewhere || facts->elsewhere[i].n == 0))
			add_stale(d, facts->rows.v[i]);
		else
			add_unknown(d, i);
	}
	add_rest(d, told, MH_CRITICAL, "unknown_revision", "are not in the scripts");
}

void
mh_judge_redundant_rows(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhStrings maximal = mh_rows_maximal(facts->graph, &facts->rows);
	int told = 0;

	for (int i = 0; i < facts->rows.n; i++)
	{
		MhFinding *finding;
		const char *above;

		MH_CHECK_INTERRUPTS();
		if (d->rows[i].implied_by < 0 || d->rows[i].duplicate_of >= 0 || ++told > MOST_TOLD)
			continue;
		above = d->rows[d->rows[i].implied_by].text;
		finding = mh_finding_add(d, MH_CRITICAL, "redundant_row", "redundant_row");
		finding->object = facts->rows.v[i];
		finding->detail = psprintf("Requested revision %s overlaps with other requested revisions "
								   "%s: row %s already contains row %s.",
								   above, facts->rows.v[i], above, facts->rows.v[i]);
		finding->hint = mh_reader_call(facts, "mighead_graph");
		mh_offer_stamp(facts, finding, &maximal,
					   psprintf("%s contains %s", above, facts->rows.v[i]));
		mh_evidence_text(finding, "implied_by", above);
		mh_evidence_list(finding, "rows", &facts->rows);
	}
	add_rest(d, told, MH_CRITICAL, "redundant_row", "are contained in others");
}

/* The lowest revision above all rows that joins them, or MH_BASE. */
static int
find_merge(const MhGraph *graph, const MhNodes *rows)
{
	int *count = palloc0(graph->n * sizeof(int));
	int found = MH_BASE;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < rows->n; i++)
	{
		MhNodes one = {1, &rows->v[i]};
		bool *above = mh_graph_descendants(graph, &one, false);

		for (int node = 0; node < graph->n; node++)
			count[node] += above[node];
		pfree(above);
	}
	for (int node = 0; node < graph->n; node++)
		if (count[node] == rows->n &&
			(found == MH_BASE || graph->nodes[node].rank < graph->nodes[found].rank))
			found = node;
	pfree(count);
	return found;
}

void
mh_judge_multiple_rows(MhDiagnosing *d, bool heads_found)
{
	const MhFacts *facts = d->facts;
	MhNodes nodes = {0, NULL};
	MhFinding *finding;
	int merge = MH_BASE;
	int distinct = 0;

	for (int i = 0; i < facts->rows.n; i++)
	{
		MH_CHECK_INTERRUPTS();
		distinct += d->rows[i].duplicate_of < 0;
		if (d->rows[i].duplicate_of < 0 && d->rows[i].implied_by < 0 && d->rows[i].node != MH_BASE)
			mh_nodes_add(&nodes, d->rows[i].node);
	}
	if (facts->has_scripts ? nodes.n < 2 : distinct < 2)
		return;
	if (facts->has_scripts && (heads_found || mh_are_labelled_apart(facts->graph, &nodes)))
		return;
	if (facts->has_scripts)
		merge = find_merge(facts->graph, &nodes);
	finding = mh_finding_add(d, MH_WARNING, "multiple_rows", "multiple_rows");
	finding->detail = psprintf(
		"Version table %s has more than one head present: %s%s.", facts->table,
		mh_enumerate(&facts->rows),
		merge == MH_BASE ? "" : psprintf("; %s merges them", facts->graph->nodes[merge].id));
	finding->hint = merge == MH_BASE ? mh_reader_call(facts, "mighead_graph")
									 : psprintf("%s -- then: alembic upgrade %s",
												mh_reader_call(facts, "mighead_pending"),
												mh_shell_word(facts->graph->nodes[merge].id));
	mh_evidence_list(finding, "rows", &facts->rows);
	if (merge != MH_BASE)
		mh_evidence_text(finding, "merged_by", facts->graph->nodes[merge].id);
}
