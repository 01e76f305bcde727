/*-------------------------------------------------------------------------
 *
 * diagnose.c
 *	  Diagnoses one version table.
 *
 * Each mh_judge_* function looks for one kind of trouble and adds at most a few findings.  Codes,
 * severities and the order in which states explain each other are those of the documented
 * interface.  doc/internals/findings.md explains how to make a finding.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/*
 * Keeps only the first stamp: after it the rows are others, so the next stamp's argument "expect"
 * would be wrong.
 */
static void
keep_one_stamp(MhDiagnosis *result)
{
	bool found = false;

	for (int i = 0; i < result->n; i++)
	{
		if (!result->findings[i].is_stamp)
			continue;
		if (found)
			result->findings[i].fix = NULL;
		found = true;
	}
}

static void
judge_environment(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->environment_database == NULL ||
		strcmp(facts->environment_database, facts->database) == 0)
		return;
	finding =
		mh_finding_add(d, MH_CRITICAL, MH_STATE_WRONG_ENVIRONMENT, MH_STATE_WRONG_ENVIRONMENT);
	finding->detail = psprintf("This is database %s, but it was labelled \"%s\" when it was "
							   "called %s: it may be a copy.",
							   facts->database, facts->environment, facts->environment_database);
	finding->hint = psprintf(
		"SELECT name, environment, environment_database FROM mighead.project; -- decide: if this "
		"is a copy, label it as one: SELECT %s; if it was renamed, label it as it was",
		mh_project_call(
			facts, "mighead_environment",
			psprintf("%s, confirm => %s", mh_text_value("copy"), mh_text_value(facts->database))));
	mh_evidence_text(finding, "environment", facts->environment);
	mh_evidence_text(finding, "environment_database", facts->environment_database);
}

static void
judge_shadowed(MhDiagnosing *d)
{
	MhFinding *finding;

	if (!d->facts->is_shadowed)
		return;
	finding = mh_finding_add(d, MH_WARNING, MH_STATE_SHADOWED_TABLE, MH_STATE_SHADOWED_TABLE);
	finding->detail = psprintf("Another relation of the same name stands before %s on the "
							   "search_path, and Alembic would take that one.",
							   d->facts->table);
	finding->hint = psprintf("SELECT * FROM %s; -- decide: set version_table_schema in env.py, or "
							 "drop the relation that stands before it",
							 mh_call(d->facts->prefix, "mighead_status", NULL));
}

/*
 * Returns the name of a planted object without its type: "MATERIALIZED VIEW
 * public.mighead_versions".
 */
static char *
name_of_planted(const char *planted)
{
	while (*planted >= 'A' && *planted <= 'Z')
	{
		planted += strspn(planted, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		planted += strspn(planted, " ");
	}
	return pstrdup(planted);
}

/* Reports planted objects.  A call without schema or casts may reach them, or become ambiguous. */
static void
judge_planted(MhDiagnosing *d)
{
	const MhStrings *planted = d->facts->planted;
	MhStrings names = {0, NULL};
	MhFinding *finding;

	if (planted == NULL || planted->n == 0)
		return;
	finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_PLANTED_FUNCTION, MH_STATE_PLANTED_FUNCTION);
	for (int i = 0; i < planted->n; i++)
		mh_strings_add(&names, name_of_planted(planted->v[i]));
	finding->object = name_of_planted(planted->v[0]);
	finding->detail =
		psprintf("%s %s called like a function or view of mighead, and %s not part "
				 "of it: calls may run it instead, or fail as ambiguous.",
				 mh_enumerate(&names), names.n == 1 ? "is" : "are", names.n == 1 ? "is" : "are");
	finding->hint =
		psprintf("DROP %s; -- decide first: find out who made it, and why", planted->v[0]);
	mh_evidence_list(finding, "objects", &names);
}

/* Returns the rows in load order, then the unknown ones. */
static MhStrings
order_rows(const MhDiagnosing *d)
{
	MhStrings ordered = {0, NULL};
	int *row_of_node = palloc(Max(d->facts->graph->n, 1) * sizeof(int));

	for (int node = 0; node < d->facts->graph->n; node++)
		row_of_node[node] = -1;
	for (int i = d->facts->rows.n - 1; i >= 0; i--)
		if (d->rows[i].node != MH_BASE)
			row_of_node[d->rows[i].node] = i;
	for (int node = 0; node < d->facts->graph->n; node++)
		if (row_of_node[node] >= 0)
			mh_strings_add(&ordered, d->facts->rows.v[row_of_node[node]]);
	for (int i = 0; i < d->facts->rows.n; i++)
		if (d->rows[i].node == MH_BASE || row_of_node[d->rows[i].node] != i)
			mh_strings_add(&ordered, d->facts->rows.v[i]);
	pfree(row_of_node);
	return ordered;
}

static void
mark_applied(MhDiagnosing *d)
{
	MhNodes nodes = {0, NULL};

	for (int i = 0; i < d->facts->rows.n; i++)
		if (d->rows[i].node != MH_BASE)
			mh_nodes_add(&nodes, d->rows[i].node);
	mh_add_below_retired(d->facts, &nodes);
	d->applied = mh_graph_ancestors(d->facts->graph, &nodes);
	for (int i = 0; i < d->facts->graph->n; i++)
		d->result->applied += d->applied[i];
}

static void
judge_against_scripts(MhDiagnosing *d)
{
	bool heads_found;

	d->result->is_known = true;
	mh_judge_unknown_rows(d);
	mh_judge_redundant_rows(d);
	heads_found = mh_judge_heads(d);
	mh_judge_multiple_rows(d, heads_found);
	mh_judge_width(d);
	mh_judge_edited(d);
	mh_judge_inserted(d);
	mh_judge_schema(d);
	mh_judge_pending(d);
	mh_judge_journal(d);
	mh_judge_comparison(d);
}

static void
judge_rows(MhDiagnosing *d)
{
	d->rows = mh_rows_judge(d->facts->graph, &d->facts->rows);
	d->result->current = order_rows(d);
	mh_judge_row_security(d);
	/* incomplete rows are not judged */
	if (d->facts->row_security.applies)
		return;
	mark_applied(d);
	mh_judge_invalid_rows(d);
	mh_judge_key(d);
	judge_shadowed(d);
	mh_judge_watch(d);
	if (mh_has_no_rows(d->facts))
		mh_judge_no_rows(d);
	if (d->facts->has_scripts)
		judge_against_scripts(d);
	else
	{
		mh_judge_multiple_rows(d, false);
		if (d->facts->damage == NULL)
			mh_judge_no_scripts(d);
	}
}

/*
 * Adds the fixes to the hint of the diagnosis.  A hint that only calls the function again would
 * lead nowhere.
 */
static void
tell_fixes(MhDiagnosis *result)
{
	for (int i = 0; i < result->n; i++)
	{
		MhFinding *finding = &result->findings[i];

		if (finding->fix == NULL || (finding->hint != NULL && strstr(finding->hint, finding->fix)))
			continue;
		finding->hint = finding->hint == NULL
							? psprintf("%s;", finding->fix)
							: psprintf("%s -- then: %s;", finding->hint, finding->fix);
	}
}

/*
 * Removes hints and fixes with a line feed.  It ends a comment, and the text behind it, from a
 * name, would be run where the hint is pasted.
 */
static void
refuse_lines(const MhFacts *facts, MhDiagnosis *result)
{
	for (int i = 0; i < result->n; i++)
	{
		MhFinding *finding = &result->findings[i];

		if (finding->hint == NULL || finding->hint[strcspn(finding->hint, "\r\n")] == '\0' ||
			(strstr(finding->hint, " -- ") == NULL && strstr(finding->hint, " # ") == NULL))
			continue;
		finding->hint =
			psprintf("SELECT * FROM %s; -- decide by hand: a name has a line feed, and no "
					 "command with it can be pasted",
					 mh_call(facts->prefix, "mighead_findings", NULL));
	}
}

static int
compare_findings(const void *left, const void *right)
{
	return mh_compare_findings(left, right);
}

/* Returns what the sentence ends with if somebody might think that the whole schema was compared. */
static char *
describe_uncompared(const MhDiagnosis *result)
{
	if (result->is_compared)
		return pstrdup("");
	if (result->uncompared == 0)
		return pstrdup("; the schema was not compared");
	return psprintf("; the texts of %d object%s were not compared", result->uncompared,
					mh_plural(result->uncompared));
}

static char *
describe_ok(const MhDiagnosis *result)
{
	if (result->current.n == 0)
		return pstrdup("There is nothing to apply.");
	return psprintf("At %s: %s; %d revision%s applied, none pending%s.",
					result->current.n == 1 ? "head" : "heads", mh_enumerate(&result->current),
					result->applied, mh_plural(result->applied), describe_uncompared(result));
}

static void
conclude(const MhFacts *facts, MhDiagnosis *result)
{
	const MhFinding *worst = NULL;

	qsort(result->findings, result->n, sizeof(MhFinding), compare_findings);
	keep_one_stamp(result);
	tell_fixes(result);
	refuse_lines(facts, result);
	for (int i = 0; i < result->n && worst == NULL; i++)
		if (result->findings[i].severity != MH_OK ||
			strcmp(result->findings[i].state, MH_STATE_EMPTY_DATABASE) == 0 ||
			strcmp(result->findings[i].state, MH_STATE_WORKER) == 0 ||
			strcmp(result->findings[i].state, MH_STATE_UNTRUSTED_TABLE) == 0)
			worst = &result->findings[i];
	if (worst == NULL)
	{
		result->state = MH_STATE_OK;
		result->severity = MH_OK;
		result->detail = describe_ok(result);
		return;
	}
	result->state = worst->state;
	result->severity = worst->severity;
	result->detail = worst->detail;
	result->hint = worst->hint;
}

/*
 * Reports a worker of Citus.  Its tables are shards and copies; the coordinator has the version
 * table.
 */
static void
note_worker(MhDiagnosing *d)
{
	MhFinding *finding = mh_finding_add(d, MH_OK, MH_STATE_WORKER, MH_STATE_WORKER);

	finding->detail =
		pstrdup("This database is a worker of a Citus cluster: its version table is on "
				"the coordinator, and nothing is judged here.");
	finding->hint = pstrdup("SELECT nodename, nodeport FROM pg_catalog.pg_dist_node; -- decide to "
							"ask on the coordinator");
}

/*
 * Returns whether the first upgrade will create a version table: none is missing, none exists that
 * may be one, and none is being created.
 */
static bool
will_be_made(const MhFacts *facts)
{
	for (int i = 0; i < facts->missing_n; i++)
		if (facts->missing[i].kind == MH_MISSING_WATCHED)
			return false;
	return facts->lookalikes_n == 0 && mh_find_migrating(facts) == NULL;
}

/* Judges a database without a version table: only how much there is to apply. */
static void
judge_no_table(MhDiagnosing *d)
{
	MhPlan plan;

	mh_judge_missing(d);
	if (d->facts->has_others)
		return;
	if (d->facts->is_worker)
	{
		note_worker(d);
		return;
	}
	mh_judge_no_rows(d);
	if (!d->facts->has_scripts)
		return;
	d->result->is_known = true;
	if (will_be_made(d->facts))
		mh_judge_width(d);
	mh_pending_plan(d, &plan);
}

/*
 * Reports an untrusted table.  It says nothing about the database, so it is listed and not judged.
 */
static void
note_untrusted(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding =
		mh_finding_add(d, MH_OK, MH_STATE_UNTRUSTED_TABLE, MH_STATE_UNTRUSTED_TABLE);
	MhCall call = mh_call_begin(facts->prefix, "mighead_status");

	d->result->current = facts->rows;
	mh_call_add(&call, NULL, mh_regclass_value(facts->table));
	finding->detail = psprintf("%s belongs to role %s, which is not trusted: it is not judged and "
							   "counts for nothing.",
							   facts->table, facts->owner);
	/* For a table that discovery does not read, the call would run the stranger's code. */
	if (facts->is_readable)
		finding->hint = psprintf("SELECT * FROM %s; -- judges it all the same", mh_call_end(&call));
	mh_evidence_text(finding, "owner", facts->owner);
}

/* Removes fixes on an untrusted table, because such a statement can run its owner's code. */
static void
withhold_fixes(const MhFacts *facts, MhDiagnosis *result)
{
	for (int i = 0; i < result->n && !mh_may_be_named(facts); i++)
	{
		MhFinding *finding = &result->findings[i];

		if (finding->fix != NULL)
			finding->hint = psprintf("As role %s: %s;", facts->owner, finding->fix);
		else if (finding->hint != NULL && mh_begins_with(finding->hint, "ALTER "))
			finding->hint = psprintf("As role %s: %s", facts->owner, finding->hint);
		finding->fix = NULL;
	}
}

MhDiagnosis *
mh_diagnose(const MhFacts *facts)
{
	MhDiagnosing d = {.facts = facts, .result = palloc0(sizeof(MhDiagnosis))};

	if (facts->table != NULL && !facts->counts)
	{
		note_untrusted(&d);
		conclude(facts, d.result);
		return d.result;
	}
	mh_judge_access(&d);
	mh_judge_damage(&d);
	judge_environment(&d);
	mh_judge_migrating(&d);
	if (facts->table == NULL)
		judge_no_table(&d);
	else if (facts->is_readable)
		judge_rows(&d);
	mh_judge_unread(&d);
	if (facts->table != NULL)
		withhold_fixes(facts, d.result);
	judge_planted(&d);
	mh_judge_leftovers(&d); /* their fixes have been checked by owner of each object */
	conclude(facts, d.result);
	return d.result;
}

MhDiagnosis *
mh_diagnose_unreachable(const char *server, const char *reason, const char *hint)
{
	MhFacts facts = {0};
	MhDiagnosing d = {.facts = &facts, .result = palloc0(sizeof(MhDiagnosis))};
	MhFinding *finding = mh_finding_add(&d, MH_UNKNOWN, MH_STATE_UNREACHABLE, MH_STATE_UNREACHABLE);

	finding->detail = psprintf("Server %s could not be asked: %s", server, reason);
	finding->hint = hint == NULL ? NULL : pstrdup(hint);
	conclude(&facts, d.result);
	return d.result;
}
