/*-------------------------------------------------------------------------
 *
 * offer.c
 *	  Offers a stamp to the revision that the schema has, if that can do no harm.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

bool
mh_is_partly_unread(const MhFacts *facts)
{
	return facts->schema != NULL && facts->schema->busy.n + facts->schema->unreadable.n > 0;
}

/* Returns whether the scripts have all rows.  Unknown rows are never offered. */
static bool
are_in_scripts(const MhGraph *graph, const MhStrings *rows)
{
	for (int i = 0; i < rows->n; i++)
		if (mh_graph_find(graph, rows->v[i]) == MH_BASE)
			return false;
	return true;
}

static void
offer_stamp(const MhFacts *facts, MhFinding *finding, const MhStrings *target, const char *reason,
			bool skip_schema)
{
	MhCall call = mh_call_begin(facts->prefix, MH_ACTION_OWN_STAMP);
	MhStrings schema_guard = {0, NULL};

	mh_strings_add(&schema_guard, MH_GUARD_NAME_SCHEMA);
	if (facts->is_cut || facts->rows.n > MH_MOST_LISTED || mh_is_partly_unread(facts) ||
		!are_in_scripts(facts->graph, target))
		return;
	mh_call_add(&call, NULL, mh_row_set_value(target, 0));
	mh_call_add(&call, "expect", mh_row_set_value(&facts->rows, facts->null_rows));
	mh_call_add(&call, "reason", mh_text_value(reason));
	mh_call_add(&call, "version_table", facts->argument);
	mh_call_add(&call, "purge", mh_has_no_rows(facts) ? NULL : "true");
	mh_call_add(&call, "skip_guards", skip_schema ? mh_text_array_value(&schema_guard) : NULL);
	finding->fix = psprintf("SELECT * FROM %s", mh_call_end(&call));
	finding->is_stamp = true;
}

/*
 * If the schema was not compared, the stamp skips its guard: the new rows claim what the old ones
 * claimed.
 */
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

	/* a migration between two revisions with the same schema would run twice, or never */
	if (facts->schema->same_as.n > 0)
		return;
	offer_stamp(facts, finding, located,
				psprintf("schema is exactly that of %s", mh_enumerate(located)), false);
	if (finding->fix != NULL)
		finding->hint = psprintf("%s; -- then, in a shell: alembic upgrade heads", finding->fix);
}

char *
mh_enumerate_located(const MhSchemaFacts *schema)
{
	char *located = mh_enumerate(&schema->located);

	if (!schema->is_exact || schema->same_as.n == 0)
		return located;
	return psprintf("%s, and of %s, which only data tells apart", located,
					mh_enumerate(&schema->same_as));
}

bool
mh_append_location(const MhFacts *facts, MhFinding *finding, bool with_nearly)
{
	const MhSchemaFacts *schema = facts->schema;

	if (schema == NULL || !schema->is_located || schema->located.n == 0)
		return false;
	mh_evidence_list(finding, "located", &schema->located);
	if (schema->is_exact || with_nearly)
		finding->detail =
			psprintf("%s The schema is %s that of %s.", finding->detail,
					 schema->is_exact ? "exactly" : "nearly", mh_enumerate_located(schema));
	return schema->is_exact;
}

void
mh_tell_location(const MhFacts *facts, MhFinding *finding, bool may_stamp)
{
	if (mh_is_partly_unread(facts))
		finding->hint = mh_unread_hint(facts);
	if (mh_append_location(facts, finding, true) && may_stamp)
		mh_offer_located(facts, finding);
}
