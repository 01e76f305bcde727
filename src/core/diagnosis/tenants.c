/*-------------------------------------------------------------------------
 *
 * tenants.c
 *	  Summarizes many version tables in one sentence: "997 ok, 2 pending, 1 unknown_revision".
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/* With fewer tables no summary is needed. */
#define FEWEST_TENANTS 3

typedef struct StateCount
{
	const char *state;
	int tables;
	int order; /* of the first one */
} StateCount;

static int
compare_counts(const void *left, const void *right)
{
	const StateCount *a = left;
	const StateCount *b = right;

	return a->tables != b->tables ? b->tables - a->tables : a->order - b->order;
}

/* Counts the tables in each state; most first. */
static StateCount *
count_states(MhDiagnosis *const *diagnoses, int n, int *n_states)
{
	StateCount *counts = palloc0(n * sizeof(StateCount));

	*n_states = 0;
	for (int i = 0; i < n; i++)
	{
		int at = 0;

		MH_CHECK_INTERRUPTS();
		while (at < *n_states && strcmp(counts[at].state, diagnoses[i]->state) != 0)
			at++;
		if (at == *n_states)
			counts[(*n_states)++] = (StateCount){diagnoses[i]->state, 0, i};
		counts[at].tables++;
	}
	qsort(counts, *n_states, sizeof(StateCount), compare_counts);
	return counts;
}

MhFinding *
mh_summarize(MhDiagnosis *const *diagnoses, int n, const char *prefix)
{
	MhDiagnosing d = {.facts = NULL};
	MhFinding *summary;
	StateCount *counts;
	MhStrings words = {0, NULL};
	int n_states;
	int worst = 0;

	if (n < FEWEST_TENANTS)
		return NULL;
	for (int i = 1; i < n; i++)
		if (mh_compare_diagnoses(diagnoses[i], diagnoses[worst]) < 0)
			worst = i;
	d.result = palloc0(sizeof(MhDiagnosis));
	summary =
		mh_finding_add(&d, diagnoses[worst]->severity, MH_CODE_TENANTS, diagnoses[worst]->state);
	counts = count_states(diagnoses, n, &n_states);
	for (int i = 0; i < n_states; i++)
	{
		mh_strings_add(&words, psprintf("%d %s", counts[i].tables, counts[i].state));
		if (i < MH_MAX_EVIDENCE)
			mh_evidence_number(summary, counts[i].state, counts[i].tables);
	}
	summary->detail = psprintf("%d version tables: %s.", n, mh_strings_join(&words, ", "));
	summary->hint = psprintf("SELECT state, pg_catalog.count(*) FROM %s GROUP BY state;",
							 mh_call(prefix, "mighead_status", NULL));
	return summary;
}
