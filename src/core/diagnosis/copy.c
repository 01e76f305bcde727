/*-------------------------------------------------------------------------
 *
 * copy.c
 *	  Copies a diagnosis, so that the facts it was made of can be freed.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

static char *
copy_text(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

static MhStrings
copy_list(const MhStrings *list)
{
	MhStrings copy = mh_strings_with_room(list->n);

	for (int i = 0; i < list->n; i++)
		mh_strings_add(&copy, list->v[i]);
	return copy;
}

static void
copy_evidence(MhEvidence *evidence)
{
	MhStrings *list;

	evidence->key = copy_text(evidence->key);
	evidence->text = copy_text(evidence->text);
	if (evidence->list == NULL)
		return;
	list = palloc(sizeof(MhStrings));
	*list = copy_list(evidence->list);
	evidence->list = list;
}

static void
copy_finding(MhFinding *finding)
{
	finding->code = copy_text(finding->code);
	finding->state = copy_text(finding->state);
	finding->sqlstate = copy_text(finding->sqlstate);
	finding->object = copy_text(finding->object);
	finding->detail = copy_text(finding->detail);
	finding->hint = copy_text(finding->hint);
	finding->fix = copy_text(finding->fix);
	for (int i = 0; i < finding->evidence_n; i++)
		copy_evidence(&finding->evidence[i]);
}

MhDiagnosis *
mh_diagnosis_copy(const MhDiagnosis *diagnosis)
{
	MhDiagnosis *copy = palloc(sizeof(MhDiagnosis));

	*copy = *diagnosis;
	copy->state = copy_text(diagnosis->state);
	copy->detail = copy_text(diagnosis->detail);
	copy->hint = copy_text(diagnosis->hint);
	copy->current = copy_list(&diagnosis->current);
	copy->unknown = copy_list(&diagnosis->unknown);
	copy->findings = palloc((diagnosis->n > 0 ? diagnosis->n : 1) * sizeof(MhFinding));
	for (int i = 0; i < diagnosis->n; i++)
	{
		copy->findings[i] = diagnosis->findings[i];
		copy_finding(&copy->findings[i]);
	}
	return copy;
}
