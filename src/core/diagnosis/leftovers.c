/*-------------------------------------------------------------------------
 *
 * leftovers.c
 *	  What half-finished migrations left beside a version table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"

/* One finding for each object, so that each has its fix. */
void
mh_judge_leftovers(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;

	for (int i = 0; i < facts->leftovers_n; i++)
	{
		const MhLeftover *leftover = &facts->leftovers[i];
		MhFinding *finding = mh_finding_add(d, MH_WARNING, MH_STATE_LEFTOVERS, MH_STATE_LEFTOVERS);

		finding->object = pstrdup(leftover->object);
		finding->detail = psprintf("%s: %s", leftover->object, leftover->detail);
		if (leftover->fix != NULL)
			finding->hint = psprintf("%s;", leftover->fix);
		else if (leftover->hint != NULL)
			finding->hint = pstrdup(leftover->hint);
		else
			finding->hint = psprintf("SELECT * FROM %s; -- decide whether it is still needed",
									 mh_call(facts->prefix, "mighead_leftovers", NULL));
		finding->fix = leftover->fix ? pstrdup(leftover->fix) : NULL;
		mh_evidence_text(finding, "kind", leftover->kind);
	}
}
