/*-------------------------------------------------------------------------
 *
 * edited.c
 *	  Reports scripts that were edited after their revision was applied.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/wording.h"

/* Returns whether the schema is known to be right, whatever the script was. */
static bool
is_schema_right(const MhFacts *facts)
{
	return facts->schema != NULL && facts->schema->differences != NULL &&
		   facts->schema->objects == 0;
}

static char *
ids_or_none(const MhStrings *ids)
{
	return ids->n == 0 ? pstrdup("none") : mh_enumerate(ids);
}

/* Returns what was edited: "its labels and its body", "only comments or layout". */
static char *
describe_parts(const MhEdit *edit, MhFinding *finding)
{
	MhStrings parts = {0, NULL};

	if (edit->labels)
		mh_strings_add(&parts, "labels");
	if (edit->message)
		mh_strings_add(&parts, "message");
	if (edit->code)
		mh_strings_add(&parts, "body");
	mh_evidence_list(finding, "changed", &parts);
	if (!edit->is_code_known)
		return pstrdup("what of it was not recorded");
	if (parts.n == 0)
		return pstrdup("only comments or layout");
	return psprintf("its %s", mh_enumerate(&parts));
}

static MhSeverity
severity_of(const MhFacts *facts, const MhEdit *edit)
{
	if (edit->is_accepted || is_schema_right(facts) || (edit->is_code_known && !edit->code))
		return MH_OK;
	return MH_WARNING;
}

static char *
accepting_hint(const MhFacts *facts, const char *id, const char *code)
{
	return psprintf("%s -- decide: if it is right as it is: %s", mh_show_call(facts, id),
					mh_accepting_call(facts, id, "verified", code));
}

static void
add_edited(MhDiagnosing *d, const MhEdit *edit, MhTold *told)
{
	const MhNode *node = &d->facts->graph->nodes[edit->node];
	MhSeverity severity = severity_of(d->facts, edit);
	MhFinding *finding;

	if (!mh_is_told(told, severity))
		return;
	finding = mh_finding_add(d, severity, MH_STATE_EDITED_SCRIPT, MH_STATE_EDITED_SCRIPT);
	finding->object = pstrdup(node->id);
	mh_evidence_text(finding, "file_name", node->script->file_name);
	finding->detail = psprintf("The script of %s is not the one that was loaded first, and the "
							   "revision has been applied; changed: %s.",
							   node->id, describe_parts(edit, finding));
	finding->hint = accepting_hint(d->facts, node->id, MH_STATE_EDITED_SCRIPT);
}

/*
 * Reports a changed parent.  Everything below an applied revision counts as applied, even if it was
 * put there later.
 */
static void
add_parent(MhDiagnosing *d, const MhEdit *edit, MhTold *told)
{
	const MhNode *node = &d->facts->graph->nodes[edit->node];
	bool is_parent = edit->first_parents != NULL;
	const MhStrings *first = is_parent ? edit->first_parents : edit->first_dependencies;
	const MhStrings *now = is_parent ? &node->script->down_revision : &node->script->depends_on;
	MhSeverity severity = edit->is_parent_accepted ? MH_OK : MH_WARNING;
	MhFinding *finding;

	if (!mh_is_told(told, severity))
		return;
	finding = mh_finding_add(d, severity, MH_CODE_CHANGED_PARENT, MH_STATE_EDITED_SCRIPT);
	finding->object = pstrdup(node->id);
	finding->detail = psprintf("The %s of %s was %s when its script was loaded first and is %s "
							   "now, and the revision has been applied: Alembic runs nothing that "
							   "came below it.",
							   is_parent ? "parent" : "dependency", node->id, ids_or_none(first),
							   ids_or_none(now));
	finding->hint = accepting_hint(d->facts, node->id, MH_CODE_CHANGED_PARENT);
	mh_evidence_list(finding, "first", first);
	mh_evidence_list(finding, "now", now);
}

void
mh_judge_edited(MhDiagnosing *d)
{
	MhTold edited = {{0}};
	MhTold parents = {{0}};
	char *hint;

	if (d->facts->edits_n == 0)
		return;
	for (int i = 0; i < d->facts->edits_n; i++)
	{
		const MhEdit *edit = &d->facts->edits[i];
		bool is_rewired = edit->first_parents != NULL || edit->first_dependencies != NULL;

		MH_CHECK_INTERRUPTS();
		if (!d->applied[edit->node])
			continue;
		if (is_rewired)
			add_parent(d, edit, &parents);
		if (!is_rewired || edit->labels || edit->message || edit->code || !edit->is_code_known)
			add_edited(d, edit, &edited);
	}
	hint = psprintf("SELECT * FROM %s;", mh_project_call(d->facts, "mighead_history", ""));
	mh_tell_rest(d, &edited, MH_STATE_EDITED_SCRIPT, MH_STATE_EDITED_SCRIPT,
				 "scripts of applied revisions are not those that were loaded first", hint);
	mh_tell_rest(d, &parents, MH_CODE_CHANGED_PARENT, MH_STATE_EDITED_SCRIPT,
				 "applied revisions have other parents or dependencies than at first", hint);
}
