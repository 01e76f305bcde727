/*-------------------------------------------------------------------------
 *
 * fleet_findings.c
 *	  mighead_remote_findings: every problem of a database elsewhere in a row of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote.h"

PG_FUNCTION_INFO_V1(mighead_remote_findings);

typedef struct RemoteFinding
{
	const MhFinding *finding;
	const MhRemoteTable *table;
	int order; /* to keep ties in order */
} RemoteFinding;

static int
compare(const void *left, const void *right)
{
	const RemoteFinding *a = left;
	const RemoteFinding *b = right;
	int order = mh_compare_findings(a->finding, b->finding);

	return order ? order : a->order - b->order;
}

static RemoteFinding *
collect(const List *states, MhSeverity min_severity, int *n)
{
	RemoteFinding *found;
	int most = 1;
	ListCell *cell;

	foreach (cell, states)
		most += ((MhRemoteState *) lfirst(cell))->diagnosis->n;
	found = palloc(most * sizeof(RemoteFinding));
	foreach (cell, states)
	{
		const MhRemoteState *state = lfirst(cell);

		for (int i = 0; i < state->diagnosis->n; i++)
			if (state->diagnosis->findings[i].severity >= min_severity)
			{
				found[*n] = (RemoteFinding){&state->diagnosis->findings[i], state->table, *n};
				(*n)++;
			}
	}
	return found;
}

/*
 * mighead_remote_findings(server text, version_table text, min_severity int) returns setof record
 *		One row per problem, worst first. Raises what mighead_remote_status() raises, 22004 for a NULL
 *		min_severity, 22023 for one that is not 0 to 3.
 */
Datum
mighead_remote_findings(PG_FUNCTION_ARGS)
{
	MhResult result;
	MhRemoteServer *server;
	MhSeverity min_severity;
	RemoteFinding *found;
	int n = 0;

	mh_result_begin(&result, fcinfo);
	min_severity = mh_severity_argument(fcinfo, 2);
	server = mh_remote_argument(fcinfo, 0);
	found = collect(mh_remote_judge(fcinfo, list_make1(server), MH_REMOTE_TIMEOUT,
									mh_text_argument(fcinfo, 1), true),
					min_severity, &n);
	qsort(found, n, sizeof(RemoteFinding), compare);
	for (int i = 0; i < n; i++)
		mh_put_finding_elsewhere(&result, found[i].finding,
								 found[i].table ? mh_version_table_name(&found[i].table->table)
												: NULL);
	return (Datum) 0;
}
