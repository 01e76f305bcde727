/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Judges the rows of a version table: invalid, unknown and redundant ones.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/* Summarizes the rows that have no finding of their own; a table may have a thousand. */
static void
add_rest(MhDiagnosing *d, int told, MhSeverity severity, const char *state, const char *what)
{
	MhFinding *finding;

	if (told <= MH_MOST_TOLD)
		return;
	finding = mh_finding_add(d, severity, state, state);
	finding->detail = psprintf("%d rows of %s %s; the first %d of them have a finding each.", told,
							   d->facts->table, what, MH_MOST_TOLD);
	finding->hint =
		psprintf("%s -- decide which rows are true", mh_reader_call(d->facts, "mighead_current"));
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

/* Returns why no migration can have written this row, or NULL. */
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
	MhFinding *finding =
		mh_finding_add(d, MH_CRITICAL, MH_STATE_INVALID_ROWS, MH_STATE_INVALID_ROWS);

	finding->detail = detail;
	/* planning a query on a stranger's table can run his code */
	finding->hint =
		mh_may_be_named(d->facts)
			? psprintf("SELECT ctid, * FROM %s; -- decide which rows are true", d->facts->table)
			: psprintf("SELECT * FROM %smighead_versions"
					   " WHERE version_table OPERATOR(pg_catalog.=) %s; -- decide which "
					   "rows are true",
					   d->facts->prefix, mh_regclass_value(d->facts->table));
	return finding;
}

/*
 * Returns whether all rows are revisions, however they are written.  They can then be written as
 * full ids.
 */
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
		if (reason == NULL || ++told > MH_MOST_TOLD)
			continue;
		finding = add_invalid(
			d, psprintf("Row \"%s\" of %s %s.", facts->rows.v[i], facts->table, reason));
		finding->object = facts->rows.v[i];
		if (all_known)
			mh_offer_stamp(facts, finding, &maximal, "the same revisions, each by its id, once");
		mh_evidence_list(finding, "rows", &facts->rows);
	}
	add_rest(d, told, MH_CRITICAL, MH_STATE_INVALID_ROWS, "were not written by a migration");
}

void
mh_judge_key(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->has_unique_key)
		return;
	finding = mh_finding_add(d, MH_OK, MH_STATE_NO_PRIMARY_KEY, MH_STATE_NO_PRIMARY_KEY);
	finding->detail = psprintf("%s has no primary key, so rows can be repeated.", facts->table);
	finding->hint = psprintf("ALTER TABLE %s ADD PRIMARY KEY (version_num);", facts->table);
}

static void
add_stale(MhDiagnosing *d, const char *row)
{
	MhFinding *finding =
		mh_finding_add(d, MH_UNKNOWN, MH_STATE_STALE_SCRIPTS, MH_STATE_STALE_SCRIPTS);

	finding->object = pstrdup(row);
	finding->detail = psprintf("Row %s was written after the scripts were loaded, and they do not "
							   "have it.",
							   row);
	finding->hint = mh_load_hint(d->facts);
}

static char *
foreign_hint(const MhFacts *facts, const char *row, const char *project)
{
	MhCall call = mh_call_begin(facts->prefix, "mighead_show");

	mh_call_add(&call, NULL, mh_text_value(row));
	mh_call_add(&call, "project", mh_text_value(project));
	return psprintf("SELECT * FROM %s; -- decide: give each service a version_table of its own in "
					"its env.py, and move this row there",
					mh_call_end(&call));
}

/*
 * Reports an unknown row.  It may be newer than the scripts, with only data migrations above the
 * revision that the schema shows.  A stamp would then make a migration run twice.
 */
static void
add_unknown(MhDiagnosing *d, int i)
{
	const MhFacts *facts = d->facts;
	const char *row = facts->rows.v[i];
	MhFinding *finding =
		mh_finding_add(d, MH_CRITICAL, MH_STATE_UNKNOWN_REVISION, MH_STATE_UNKNOWN_REVISION);

	finding->object = pstrdup(row);
	finding->hint = psprintf("%s # loads what was deployed -- if that does not have it either, "
							 "decide which revision to stamp by: %s",
							 mh_load_hint(facts), mh_reader_call(facts, "mighead_locate"));
	if (facts->elsewhere == NULL || facts->elsewhere[i].n == 0)
	{
		finding->detail = psprintf("Can't locate revision identified by '%s': no script of project "
								   "%s has it.",
								   row, facts->project);
		mh_tell_location(facts, finding, facts->is_older_than_scripts);
		if (facts->is_older_than_scripts && finding->fix == NULL && facts->schema != NULL &&
			facts->schema->located.n > 0)
			finding->hint = psprintf("%s -- decide which revision to stamp",
									 mh_reader_call(facts, "mighead_locate"));
		return;
	}
	finding->code = MH_CODE_FOREIGN_REVISION;
	finding->detail =
		psprintf("Can't locate revision identified by '%s': no script of project %s has it, "
				 "but project %s has.",
				 row, facts->project, mh_enumerate(&facts->elsewhere[i]));
	finding->hint = foreign_hint(facts, row, facts->elsewhere[i].v[0]);
	mh_evidence_list(finding, "projects", &facts->elsewhere[i]);
}

void
mh_judge_unknown_rows(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	int told = 0;

	for (int i = 0; i < facts->rows.n; i++)
	{
		const char *row = facts->rows.v[i];

		MH_CHECK_INTERRUPTS();
		if (d->rows[i].node != MH_BASE || d->rows[i].duplicate_of >= 0 || why_invalid(d, i))
			continue;
		mh_strings_add(&d->result->unknown, row);
		if (++told > MH_MOST_TOLD || mh_judge_retired_row(d, row))
			continue;
		if (facts->is_newer_than_scripts && (!facts->elsewhere || facts->elsewhere[i].n == 0))
			add_stale(d, row);
		else
			add_unknown(d, i);
	}
	add_rest(d, told, MH_CRITICAL, MH_STATE_UNKNOWN_REVISION, "are not in the scripts");
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
		if (d->rows[i].implied_by < 0 || d->rows[i].duplicate_of >= 0 || ++told > MH_MOST_TOLD)
			continue;
		above = d->rows[d->rows[i].implied_by].text;
		finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_REDUNDANT_ROW, MH_STATE_REDUNDANT_ROW);
		finding->object = facts->rows.v[i];
		finding->detail =
			psprintf("%s: row %s already contains row %s.",
					 mh_overlap_sentence(above, facts->rows.v[i]), above, facts->rows.v[i]);
		finding->hint = mh_reader_call(facts, "mighead_graph");
		mh_offer_stamp(facts, finding, &maximal,
					   psprintf("%s contains %s", above, facts->rows.v[i]));
		mh_evidence_text(finding, "implied_by", above);
		mh_evidence_list(finding, "rows", &facts->rows);
	}
	add_rest(d, told, MH_CRITICAL, MH_STATE_REDUNDANT_ROW, "are contained in others");
}

/* Returns the lowest revision above all rows that joins them, or MH_BASE. */
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
		if (!mh_row_is_redundant(&d->rows[i]) && d->rows[i].node != MH_BASE)
			mh_nodes_add(&nodes, d->rows[i].node);
	}
	if (facts->has_scripts ? nodes.n < 2 : distinct < 2)
		return;
	if (facts->has_scripts && (heads_found || mh_are_labelled_apart(facts->graph, &nodes)))
		return;
	if (facts->has_scripts)
		merge = find_merge(facts->graph, &nodes);
	finding = mh_finding_add(d, MH_WARNING, MH_STATE_MULTIPLE_ROWS, MH_STATE_MULTIPLE_ROWS);
	finding->detail = psprintf(
		"Version table %s has more than one head present: %s%s.", facts->table,
		mh_enumerate(&facts->rows),
		merge == MH_BASE ? "" : psprintf("; %s merges them", facts->graph->nodes[merge].id));
	finding->hint = merge == MH_BASE
						? psprintf("%s -- decide: merge the branches, or give each a label",
								   mh_reader_call(facts, "mighead_graph"))
						: mh_upgrade_hint(facts, facts->graph->nodes[merge].id);
	mh_evidence_list(finding, "rows", &facts->rows);
	if (merge != MH_BASE)
		mh_evidence_text(finding, "merged_by", facts->graph->nodes[merge].id);
}
