/*-------------------------------------------------------------------------
 *
 * finding.c
 *	  Findings: their states and order, and their evidence.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

/* A state and the SQLSTATE that mighead_check raises for it. */
typedef struct StateFacts
{
	const char *state;
	const char *sqlstate;
} StateFacts;

/*
 * States in order: of equal severity, an earlier one explains a later one.  First rows, then
 * scripts, then the schema.
 */
static const StateFacts states[] = {{MH_STATE_MISSING_TABLE, MHERR_STATE_UNSTAMPED},
									{MH_STATE_ROW_SECURITY, MHERR_STATE_UNREADABLE},
									{MH_STATE_INVALID_ROWS, MHERR_STATE_INVALID_ROWS},
									{MH_STATE_UNKNOWN_REVISION, MHERR_STATE_UNKNOWN_REVISION},
									{MH_STATE_DELETED_REVISION, MHERR_STATE_UNKNOWN_REVISION},
									{MH_STATE_REDUNDANT_ROW, MHERR_STATE_ROWS},
									{MH_STATE_UNSTAMPED, MHERR_STATE_UNSTAMPED},
									{MH_STATE_INSERTED_REVISION, MHERR_STATE_SCHEMA},
									{MH_STATE_PARTIAL, MHERR_STATE_PARTIAL},
									{MH_STATE_DRIFT, MHERR_STATE_SCHEMA},
									{MH_STATE_NARROW_COLUMN, MHERR_STATE_NARROW_COLUMN},
									{MH_STATE_BLOCKED, MHERR_STATE_BUSY},
									{MH_STATE_WRONG_ENVIRONMENT, MHERR_STATE_WRONG_ENVIRONMENT},
									{MH_STATE_PLANTED_FUNCTION, MHERR_STATE_UNREADABLE},
									{MH_STATE_UNREACHABLE, MHERR_STATE_UNREADABLE},
									{MH_STATE_UNREADABLE, MHERR_STATE_UNREADABLE},
									{MH_STATE_NO_SCRIPTS, MHERR_STATE_NO_SCRIPTS},
									{MH_STATE_STALE_SCRIPTS, MHERR_STATE_NO_SCRIPTS},
									{MH_STATE_UNREGISTERED_TABLE, MHERR_STATE_UNSTAMPED},
									{MH_STATE_MULTIPLE_HEADS, MHERR_STATE_MULTIPLE_HEADS},
									{MH_STATE_MULTIPLE_ROWS, MHERR_STATE_ROWS},
									{MH_STATE_SHADOWED_TABLE, MHERR_STATE_ROWS},
									{MH_STATE_AHEAD, MHERR_STATE_AHEAD},
									{MH_STATE_EDITED_SCRIPT, MHERR_STATE_EDITED_SCRIPT},
									{MH_STATE_STAMPED_BLINDLY, MHERR_STATE_SCHEMA},
									{MH_STATE_CHANGED_BY_HAND, MHERR_STATE_SCHEMA},
									{MH_STATE_LEFTOVERS, MHERR_STATE_PARTIAL},
									{MH_STATE_WATCH_LOST, MHERR_STATE_UNREADABLE},
									{MH_STATE_PENDING, MHERR_STATE_PENDING},
									{MH_STATE_MIGRATING, MHERR_STATE_BUSY},
									{MH_STATE_BUSY, MHERR_STATE_BUSY},
									{MH_STATE_NO_PRIMARY_KEY, MHERR_STATE_INVALID_ROWS},
									{MH_STATE_NOT_COMPARED, MHERR_STATE_SCHEMA},
									{MH_STATE_EMPTY_DATABASE, MHERR_STATE_OK},
									{MH_STATE_WORKER, MHERR_STATE_OK},
									{MH_STATE_UNTRUSTED_TABLE, MHERR_STATE_OK},
									{MH_STATE_OK, MHERR_STATE_OK}};

/*
 * Returns the order of a state.  An unknown state comes first, so that a bug is never taken for
 * "ok".
 */
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

bool
mh_is_told(MhTold *told, MhSeverity severity)
{
	return ++told->n[severity] <= MH_MOST_TOLD;
}

void
mh_tell_rest(MhDiagnosing *d, const MhTold *told, const char *code, const char *state,
			 const char *what, char *hint)
{
	for (int severity = 0; severity < (int) lengthof(told->n); severity++)
	{
		MhFinding *finding;

		if (told->n[severity] <= MH_MOST_TOLD)
			continue;
		finding = mh_finding_add(d, (MhSeverity) severity, code, state);
		finding->detail = psprintf("%d %s; the first %d of them have a finding each.",
								   told->n[severity], what, MH_MOST_TOLD);
		finding->hint = hint;
		mh_evidence_number(finding, "count", told->n[severity]);
	}
}

bool
mh_may_be_named(const MhFacts *facts)
{
	return facts->is_trusted && !facts->runs_code_of_others;
}

bool
mh_has_no_rows(const MhFacts *facts)
{
	return facts->rows.n == 0 && facts->null_rows == 0 && facts->long_rows == 0;
}

/* Returns the rank of a severity: 2, 3, 1, 0.  Known problems come before unknown ones. */
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
