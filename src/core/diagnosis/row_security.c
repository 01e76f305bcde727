/*-------------------------------------------------------------------------
 *
 * row_security.c
 *	  Reports row security on a version table. A role to which it applies may see fewer rows
 *	  than there are, and its upgrade then begins with the first migration.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/wording.h"

static char *
policies_query(const MhFacts *facts)
{
	return psprintf("SELECT polname, polcmd, polroles::pg_catalog.regrole[] "
					"FROM pg_catalog.pg_policy WHERE polrelid = %s::pg_catalog.regclass;",
					mh_sql_literal(facts->table));
}

/*
 * Returns the severity.  Row security that is only enabled does not apply to the owner, who
 * migrates.
 */
static MhSeverity
severity_of(const MhRowSecurity *security)
{
	if (security->applies)
		return MH_UNKNOWN;
	if (!security->is_forced || security->owner_is_exempt)
		return MH_OK;
	return security->has_policies ? MH_WARNING : MH_CRITICAL;
}

static char *
describe(const MhFacts *facts)
{
	const MhRowSecurity *security = &facts->row_security;
	const char *seen =
		security->has_policies ? "only the rows that its policies show" : "none of its rows";

	if (security->applies)
		return psprintf("Row security of %s applies to you, who may see %s: what is true cannot "
						"be told from them.",
						facts->table, seen);
	if (!security->is_forced || security->owner_is_exempt)
		return psprintf("Row security of %s is enabled: whoever is neither its owner %s nor "
						"exempt sees %s.",
						facts->table, facts->owner, seen);
	return psprintf("Row security of %s is forced: its owner %s sees %s, and so does Alembic as "
					"that role.",
					facts->table, facts->owner, seen);
}

void
mh_judge_row_security(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (!facts->row_security.is_enabled && !facts->row_security.applies)
		return;
	finding = mh_finding_add(d, severity_of(&facts->row_security), MH_STATE_ROW_SECURITY,
							 MH_STATE_ROW_SECURITY);
	finding->detail = describe(facts);
	finding->hint =
		psprintf("%s -- decide: if it is not needed, as role %s: ALTER TABLE %s DISABLE ROW "
				 "LEVEL SECURITY;",
				 policies_query(facts), facts->owner, facts->table);
	mh_evidence_text(finding, "forced", facts->row_security.is_forced ? "yes" : "no");
	mh_evidence_text(finding, "policies", facts->row_security.has_policies ? "yes" : "no");
}
