/*-------------------------------------------------------------------------
 *
 * missing.c
 *	  Reports version tables that should exist, and tables that look like one.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/*
 * Returns the statement that deletes the watch of a table that is gone for good.  No function can
 * name the table.
 */
static char *
forget_watch(const MhMissingTable *missing)
{
	return psprintf("DELETE FROM mighead.watch WHERE version_table_schema = %s AND "
					"version_table_name = %s;",
					mh_text_value(missing->schema), mh_text_value(missing->name));
}

static void
add_watched(const MhFacts *facts, MhFinding *finding, const MhMissingTable *missing)
{
	const char *last = "";

	if (missing->last_rows != NULL && missing->last_rows->n > 0)
		last = psprintf("; its last rows were %s", mh_enumerate(missing->last_rows));
	if (missing->last_rows != NULL)
		mh_evidence_list(finding, "last_rows", missing->last_rows);
	finding->detail =
		psprintf("Version table %s is to be watched, and is gone%s.", missing->shown, last);
	if (missing->kind == MH_MISSING_DROPPED)
		finding->detail = psprintf("Version table %s is to be watched, and is gone with its "
								   "schema%s.",
								   missing->shown, last);
	finding->hint = psprintf("SELECT * FROM %smighead_log(); -- decide: restore it from a backup; "
							 "or if it was dropped on purpose: %s",
							 facts->prefix, forget_watch(missing));
}

static void
add_tenant(const MhFacts *facts, MhFinding *finding, const MhMissingTable *missing)
{
	finding->detail = psprintf("Schema %s has the tables of project %s, but no version table %s.",
							   missing->shown_schema, missing->project, missing->name);
	finding->hint = psprintf("SELECT * FROM %smighead_status(); -- decide: if migrations are to "
							 "run in this schema: SELECT %smighead_ensure_version(%s);",
							 facts->prefix, facts->prefix, mh_text_value(missing->shown));
}

static void
add_project(const MhFacts *facts, MhFinding *finding, const MhMissingTable *missing)
{
	finding->detail = psprintf("Project %s has scripts, but no version table %s: nothing of it was "
							   "applied here, or the table is gone.",
							   missing->project, missing->shown);
	finding->hint = psprintf(
		"SELECT * FROM %smighead_upgrade_plan(current => '{}'::pg_catalog.text, project => "
		"%s); -- decide: if it is to be applied here, in a shell: alembic upgrade heads; if "
		"nothing of it belongs here: SELECT %smighead_remove_project(%s);",
		facts->prefix, mh_text_value(missing->project), facts->prefix,
		mh_text_value(missing->project));
}

void
mh_judge_missing(MhDiagnosing *d)
{
	static const MhSeverity severities[] = {MH_CRITICAL, MH_WARNING, MH_WARNING, MH_OK};
	static void (*const add[])(const MhFacts *, MhFinding *, const MhMissingTable *) = {
		add_watched, add_tenant, add_project, add_watched};
	MhTold told = {{0}};

	for (int i = 0; i < d->facts->missing_n; i++)
	{
		const MhMissingTable *missing = &d->facts->missing[i];
		MhFinding *finding;

		MH_CHECK_INTERRUPTS();
		if (!mh_is_told(&told, severities[missing->kind]))
			continue;
		finding = mh_finding_add(d, severities[missing->kind], MH_STATE_MISSING_TABLE,
								 MH_STATE_MISSING_TABLE);
		finding->object = pstrdup(missing->shown);
		add[missing->kind](d->facts, finding, missing);
		mh_evidence_text(finding, "project", missing->project);
	}
	mh_tell_rest(d, &told, MH_STATE_MISSING_TABLE, MH_STATE_MISSING_TABLE,
				 "version tables are missing",
				 psprintf("SELECT * FROM %smighead_status();", d->facts->prefix));
}

/* The table only looks like one, so a person has to confirm it. */
bool
mh_judge_lookalikes(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhTold told = {{0}};

	for (int i = 0; i < facts->lookalikes_n; i++)
	{
		const MhLookalike *table = &facts->lookalikes[i];
		const char *project = facts->lookalikes_n == 1 ? facts->project : table->name;
		MhFinding *finding;

		MH_CHECK_INTERRUPTS();
		if (!mh_is_told(&told, MH_WARNING))
			continue;
		finding =
			mh_finding_add(d, MH_WARNING, MH_STATE_UNREGISTERED_TABLE, MH_STATE_UNREGISTERED_TABLE);
		finding->object = pstrdup(table->shown);
		finding->detail = psprintf("Table %s has the form of a version table, but belongs to no "
								   "project.",
								   finding->object);
		finding->hint =
			psprintf("SELECT %smighead_project(%s, %s, %s);", facts->prefix, mh_text_value(project),
					 mh_text_value(table->name), mh_text_value(table->schema));
	}
	mh_tell_rest(d, &told, MH_STATE_UNREGISTERED_TABLE, MH_STATE_UNREGISTERED_TABLE,
				 "tables have the form of a version table, but belong to no project",
				 psprintf("SELECT * FROM %smighead_status();", facts->prefix));
	return facts->lookalikes_n > 0;
}
