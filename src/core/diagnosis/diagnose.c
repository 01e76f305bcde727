/*-------------------------------------------------------------------------
 *
 * diagnose.c
 *	  What is wrong with one version table.
 *
 * Each mh_judge_* function looks at one kind of trouble and adds at most a few
 * findings.  Codes, severities and the order in which states explain each
 * other are those of the documented interface.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/wording.h"

/* State, severity's order aside, and the SQLSTATE that mighead_check raises. */
typedef struct StateFacts
{
	const char *state;
	const char *sqlstate;
} StateFacts;

/* Of equal severity the earlier one explains the later: rows, scripts, schema. */
static const StateFacts states[] = {
	{"invalid_rows", "MH012"},    {"unknown_revision", "MH002"}, {"redundant_row", "MH003"},
	{"unstamped", "MH005"},       {"partial", "MH006"},          {"drift", "MH004"},
	{"narrow_column", "MH013"},   {"blocked", "MH009"},          {"wrong_environment", "MH015"},
	{"unreadable", "MH010"},      {"no_scripts", "MH008"},       {"stale_scripts", "MH008"},
	{"multiple_heads", "MH011"},  {"multiple_rows", "MH003"},    {"shadowed_table", "MH003"},
	{"ahead", "MH007"},           {"edited_script", "MH014"},    {"stamped_blindly", "MH004"},
	{"changed_by_hand", "MH004"}, {"leftovers", "MH006"},        {"watch_lost", "MH010"},
	{"pending", "MH001"},         {"migrating", "MH009"},        {"busy", "MH009"},
	{"no_primary_key", "MH012"},  {"empty_database", "00000"},   {"ok", "00000"}};

static int
state_order(const char *state)
{
	int i = 0;

	while (i < (int) lengthof(states) - 1 && strcmp(states[i].state, state) != 0)
		i++;
	return i;
}

const char *
mh_state_sqlstate(const char *state)
{
	return states[state_order(state)].sqlstate;
}

MhFinding *
mh_finding_add(MhDiagnosing *d, MhSeverity severity, const char *code, const char *state)
{
	MhDiagnosis *result = d->result;
	MhFinding *finding;

	if (result->n == 0)
		result->findings = palloc(sizeof(MhFinding));
	else
		result->findings = repalloc(result->findings, (result->n + 1) * sizeof(MhFinding));
	finding = &result->findings[result->n++];
	memset(finding, 0, sizeof(MhFinding));
	finding->severity = severity;
	finding->code = code;
	finding->state = state;
	finding->sqlstate = mh_state_sqlstate(state);
	return finding;
}

MhEvidence *
mh_evidence_add(MhFinding *finding, const char *key)
{
	MhEvidence *evidence = &finding->evidence[finding->evidence_n];

	Assert(finding->evidence_n < MH_MAX_EVIDENCE);
	finding->evidence_n++;
	evidence->key = key;
	return evidence;
}

void
mh_evidence_text(MhFinding *finding, const char *key, const char *text)
{
	if (text != NULL)
		mh_evidence_add(finding, key)->text = text;
}

void
mh_evidence_list(MhFinding *finding, const char *key, const MhStrings *list)
{
	MhStrings *copy = palloc(sizeof(MhStrings));

	*copy = *list;
	mh_evidence_add(finding, key)->list = copy;
}

void
mh_evidence_number(MhFinding *finding, const char *key, int64 number)
{
	mh_evidence_add(finding, key)->number = number;
}

/* A call of a reader about this version table, to be pasted. */
char *
mh_reader_call(const MhFacts *facts, const char *function)
{
	const char *named = facts->argument[0] == '\0'               ? ""
						: strcmp(function, "mighead_graph") == 0 ? "version_table => "
																 : "";

	return psprintf("SELECT * FROM %s%s(%s%s);", facts->prefix, function, named, facts->argument);
}

/* A call of a reader about the project's scripts; first: an argument, or "". */
char *
mh_project_call(const MhFacts *facts, const char *function, const char *first)
{
	bool is_named = facts->project_argument[0] != '\0';

	return psprintf("%s%s(%s%s%s%s)", facts->prefix, function, first,
					is_named && first[0] != '\0' ? ", " : "", is_named ? "project => " : "",
					facts->project_argument);
}

char *
mh_show_call(const MhFacts *facts, const char *id)
{
	return psprintf("SELECT * FROM %s;",
					mh_project_call(facts, "mighead_show", mh_sql_literal(id)));
}

/* Rows that no script has can be written only by who means it. */
static bool
are_in_scripts(const MhGraph *graph, const MhStrings *rows)
{
	for (int i = 0; i < rows->n; i++)
		if (mh_graph_find(graph, rows->v[i]) == MH_BASE)
			return false;
	return true;
}

static char *
expected_rows(const MhFacts *facts)
{
	if (facts->null_rows == 0)
		return mh_row_set_literal(&facts->rows);
	return mh_sql_literal(mh_array_literal(&facts->rows, facts->null_rows));
}

static void
offer_stamp(const MhFacts *facts, MhFinding *finding, const MhStrings *target, const char *reason,
			bool skip_schema)
{
	StringInfoData buf;

	if (facts->is_cut || !are_in_scripts(facts->graph, target))
		return;
	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT * FROM %smighead_stamp(%s, expect => %s, reason => %s",
					 facts->prefix, mh_row_set_literal(target), expected_rows(facts),
					 mh_sql_literal(reason));
	if (facts->argument[0] != '\0')
		appendStringInfo(&buf, ", version_table => %s", facts->argument);
	if (!mh_has_no_rows(facts))
		appendStringInfoString(&buf, ", purge => true");
	if (skip_schema)
		appendStringInfoString(&buf, ", skip_guards => '{schema}'");
	appendStringInfoChar(&buf, ')');
	finding->fix = buf.data;
	finding->is_stamp = true;
}

/* The rows go on saying what they said, of a schema of which nothing may be known. */
void
mh_offer_stamp(const MhFacts *facts, MhFinding *finding, const MhStrings *target,
			   const char *reason)
{
	offer_stamp(facts, finding, target, reason,
				facts->schema == NULL || facts->schema->differences == NULL);
}

void
mh_offer_located(const MhFacts *facts, MhFinding *finding)
{
	const MhStrings *located = &facts->schema->located;

	offer_stamp(facts, finding, located,
				psprintf("schema is exactly that of %s", mh_enumerate(located)), false);
}

/* After one stamp the rows are others, and what the next one expects is wrong. */
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
	finding = mh_finding_add(d, MH_CRITICAL, "wrong_environment", "wrong_environment");
	finding->detail = psprintf("This is database %s, but it was labelled \"%s\" when it was "
							   "called %s: it may be a copy.",
							   facts->database, facts->environment, facts->environment_database);
	finding->hint = pstrdup("SELECT name, environment, environment_database FROM mighead.project;");
	mh_evidence_text(finding, "environment", facts->environment);
	mh_evidence_text(finding, "environment_database", facts->environment_database);
}

static void
judge_shadowed(MhDiagnosing *d)
{
	MhFinding *finding;

	if (!d->facts->is_shadowed)
		return;
	finding = mh_finding_add(d, MH_WARNING, "shadowed_table", "shadowed_table");
	finding->detail = psprintf("Another relation of the same name stands before %s on the "
							   "search_path, and Alembic would take that one.",
							   d->facts->table);
	finding->hint = pstrdup("Set version_table_schema in env.py.");
}

/* Rows in load order, then those that the scripts do not have. */
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
	mh_judge_schema(d);
	mh_judge_pending(d);
	mh_judge_journal(d);
}

static void
judge_rows(MhDiagnosing *d)
{
	d->rows = mh_rows_judge(d->facts->graph, &d->facts->rows);
	mark_applied(d);
	d->result->current = order_rows(d);
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
		mh_judge_no_scripts(d);
	}
}

/* 2, 3, 1, 0: what is known to be broken goes before what is not known. */
static int
badness(MhSeverity severity)
{
	static const int order[] = {3, 2, 0, 1};

	return order[severity];
}

static int
compare_badness(MhSeverity severity, const char *state, MhSeverity other, const char *other_state)
{
	int order = badness(severity) - badness(other);

	return order ? order : state_order(state) - state_order(other_state);
}

int
mh_compare_diagnoses(const MhDiagnosis *a, const MhDiagnosis *b)
{
	return compare_badness(a->severity, a->state, b->severity, b->state);
}

int
mh_compare_findings(const MhFinding *a, const MhFinding *b)
{
	int order = compare_badness(a->severity, a->state, b->severity, b->state);

	if (order == 0)
		order = strcmp(a->code, b->code);
	if (order == 0)
		order = strcmp(a->object ? a->object : "", b->object ? b->object : "");
	return order;
}

static int
compare_findings(const void *left, const void *right)
{
	return mh_compare_findings(left, right);
}

static char *
describe_ok(const MhDiagnosis *result)
{
	if (result->current.n == 0)
		return pstrdup("There is nothing to apply.");
	return psprintf("At %s: %s; %d revision%s applied, none pending.",
					result->current.n == 1 ? "head" : "heads", mh_enumerate(&result->current),
					result->applied, mh_plural(result->applied));
}

static void
conclude(MhDiagnosis *result)
{
	const MhFinding *worst = NULL;

	qsort(result->findings, result->n, sizeof(MhFinding), compare_findings);
	keep_one_stamp(result);
	for (int i = 0; i < result->n && worst == NULL; i++)
		if (result->findings[i].severity != MH_OK ||
			strcmp(result->findings[i].state, "empty_database") == 0)
			worst = &result->findings[i];
	if (worst == NULL)
	{
		result->state = "ok";
		result->severity = MH_OK;
		result->detail = describe_ok(result);
		return;
	}
	result->state = worst->state;
	result->severity = worst->severity;
	result->detail = worst->detail;
	result->hint = worst->hint;
}

/* A database without a version table: only how much there is to apply. */
static void
judge_no_table(MhDiagnosing *d)
{
	MhPlan plan;

	mh_judge_no_rows(d);
	if (!d->facts->has_scripts)
		return;
	d->result->is_known = true;
	mh_pending_plan(d, &plan);
}

/* A statement about a stranger's table can run the stranger's code. */
static void
withhold_fixes(const MhFacts *facts, MhDiagnosis *result)
{
	for (int i = 0; i < result->n && !facts->is_trusted; i++)
	{
		MhFinding *finding = &result->findings[i];

		if (finding->fix == NULL)
			continue;
		finding->hint = psprintf("As role %s: %s;", facts->owner, finding->fix);
		finding->fix = NULL;
	}
}

MhDiagnosis *
mh_diagnose(const MhFacts *facts)
{
	MhDiagnosing d = {facts, palloc0(sizeof(MhDiagnosis)), NULL, NULL};

	mh_judge_access(&d);
	judge_environment(&d);
	mh_judge_migrating(&d);
	if (facts->table == NULL)
		judge_no_table(&d);
	else if (facts->is_readable)
		judge_rows(&d);
	if (facts->table != NULL)
		withhold_fixes(facts, d.result);
	mh_judge_leftovers(&d); /* whose fixes are withheld by their own owners */
	conclude(d.result);
	return d.result;
}
