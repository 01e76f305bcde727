/*-------------------------------------------------------------------------
 *
 * finding.c
 *	  Findings: their states and order, their evidence, and the calls that they
 *	  offer to paste.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/* State, severity's order aside, and the SQLSTATE that mighead_check raises. */
typedef struct StateFacts
{
	const char *state;
	const char *sqlstate;
} StateFacts;

/* Of equal severity the earlier one explains the later: rows, scripts, schema. */
static const StateFacts states[] = {{"missing_table", "MH005"},
									{"row_security", "MH010"},
									{"invalid_rows", "MH012"},
									{"unknown_revision", "MH002"},
									{"deleted_revision", "MH002"},
									{"redundant_row", "MH003"},
									{"unstamped", "MH005"},
									{"inserted_revision", "MH004"},
									{"partial", "MH006"},
									{"drift", "MH004"},
									{"narrow_column", "MH013"},
									{"blocked", "MH009"},
									{"wrong_environment", "MH015"},
									{"planted_function", "MH010"},
									{"unreadable", "MH010"},
									{"no_scripts", "MH008"},
									{"stale_scripts", "MH008"},
									{"unregistered_table", "MH005"},
									{"multiple_heads", "MH011"},
									{"multiple_rows", "MH003"},
									{"shadowed_table", "MH003"},
									{"ahead", "MH007"},
									{"edited_script", "MH014"},
									{"stamped_blindly", "MH004"},
									{"changed_by_hand", "MH004"},
									{"leftovers", "MH006"},
									{"watch_lost", "MH010"},
									{"pending", "MH001"},
									{"migrating", "MH009"},
									{"busy", "MH009"},
									{"no_primary_key", "MH012"},
									{"not_compared", "MH004"},
									{"empty_database", "00000"},
									{"untrusted_table", "00000"},
									{"ok", "00000"}};

/* What no state is comes first, so that a fault of ours is never taken for "ok". */
static int
state_order(const char *state)
{
	int i = 0;

	while (i < (int) lengthof(states) && strcmp(states[i].state, state) != 0)
		i++;
	Assert(i < (int) lengthof(states));
	return i < (int) lengthof(states) ? i : 0;
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

static MhEvidence *
add_evidence(MhFinding *finding, const char *key)
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
		add_evidence(finding, key)->text = text;
}

void
mh_evidence_list(MhFinding *finding, const char *key, const MhStrings *list)
{
	MhStrings *copy = palloc(sizeof(MhStrings));
	int shown = list->n <= MH_MOST_LISTED ? list->n : MH_MOST_LISTED;

	*copy = mh_strings_with_room(shown + 1);
	for (int i = 0; i < shown; i++)
		mh_strings_push(copy, list->v[i]);
	if (shown < list->n)
		mh_strings_push(copy, psprintf("and %d more", list->n - shown));
	add_evidence(finding, key)->list = copy;
}

void
mh_evidence_number(MhFinding *finding, const char *key, int64 number)
{
	add_evidence(finding, key)->number = number;
}

/* A call of a reader about this version table, to be pasted. */
char *
mh_reader_call(const MhFacts *facts, const char *function)
{
	bool is_named = strcmp(function, "mighead_graph") == 0;
	MhCall call = mh_call_begin(facts->prefix, function);

	mh_call_add(&call, is_named ? "version_table" : NULL, facts->argument);
	return psprintf("SELECT * FROM %s;", mh_call_end(&call));
}

/* A call of a reader about the project's scripts; first: an argument, or "". */
char *
mh_project_call(const MhFacts *facts, const char *function, const char *first)
{
	MhCall call = mh_call_begin(facts->prefix, function);

	mh_call_add(&call, NULL, first);
	mh_call_add(&call, "project", facts->project_argument);
	return mh_call_end(&call);
}

char *
mh_show_call(const MhFacts *facts, const char *id)
{
	return psprintf("SELECT * FROM %s;", mh_project_call(facts, "mighead_show", mh_text_value(id)));
}

bool
mh_has_no_rows(const MhFacts *facts)
{
	return facts->rows.n == 0 && facts->null_rows == 0 && facts->long_rows == 0;
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
