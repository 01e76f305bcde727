/*-------------------------------------------------------------------------
 *
 * scripts.c
 *	  Judges the rows beside the scripts: heads, pending revisions, ids that are too long,
 *	  missing rows.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

bool
mh_judge_heads(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhNodes heads = mh_graph_heads(facts->graph);
	MhStrings ids = mh_graph_ids(facts->graph, &heads);
	MhStrings applied = {0, NULL};
	const char *elsewhere = mh_located_elsewhere(facts);
	MhFinding *finding;

	if (heads.n < 2 || mh_are_labelled_apart(facts->graph, &heads))
		return false;
	for (int i = 0; i < heads.n; i++)
		if (d->applied[heads.v[i]])
			mh_strings_add(&applied, ids.v[i]);
	/* the later release to which the row belongs has merged them */
	if (d->is_ahead && applied.n == heads.n)
		return true;
	finding = mh_finding_add(d, MH_WARNING, MH_STATE_MULTIPLE_HEADS, MH_STATE_MULTIPLE_HEADS);
	finding->detail = psprintf(
		"The scripts have %d heads: %s; %s applied%s%s.", heads.n, mh_enumerate(&ids),
		applied.n == 0         ? "none is"
		: applied.n == heads.n ? "all are"
							   : psprintf("%d %s", applied.n, applied.n == 1 ? "is" : "are"),
		elsewhere == NULL ? "" : "; ", elsewhere == NULL ? "" : elsewhere);
	finding->hint =
		psprintf("SELECT %s; -- decide: save this as a script in versions/, or give one "
				 "head the other as its down_revision; then load the scripts",
				 mh_project_call(facts, "mighead_merge_script", ""));
	mh_evidence_list(finding, "heads", &ids);
	mh_evidence_list(finding, "applied", &applied);
	return true;
}

/* varchar(32), unless env.py says otherwise */
#define WIDTH_OF_ALEMBIC 32

static int
utf8_length(const char *text)
{
	int length = 0;

	for (; *text != '\0'; text++)
		length += (*text & 0xC0) != 0x80;
	return length;
}

/* Returns the call that creates the version table, wide enough for the ids of the scripts. */
static char *
making_call(const MhFacts *facts)
{
	return psprintf(
		"SELECT %s",
		mh_call(facts->prefix, "mighead_ensure_version",
				facts->wanted_table == NULL ? NULL : mh_text_value(facts->wanted_table)));
}

void
mh_judge_width(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	const char *longest = NULL;
	bool is_made = facts->table != NULL;
	int max_length = is_made ? facts->max_length : WIDTH_OF_ALEMBIC;
	int length = max_length;
	MhFinding *finding;

	/* no id has more characters than bytes */
	if (max_length < 0 || facts->graph->longest_id <= (size_t) max_length)
		return;
	for (int i = 0; i < facts->graph->n; i++)
		if (!(is_made && d->applied[i]) && utf8_length(facts->graph->nodes[i].id) > length)
		{
			longest = facts->graph->nodes[i].id;
			length = utf8_length(longest);
		}
	if (longest == NULL)
		return;
	finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_NARROW_COLUMN, MH_STATE_NARROW_COLUMN);
	finding->object = pstrdup("version_num");
	finding->detail = psprintf(
		"Revision %s has %d characters, and %s takes %d: its upgrade will fail.", longest, length,
		is_made ? psprintf("%s.version_num", facts->table) : "the version table that Alembic makes",
		max_length);
	finding->fix = is_made ? psprintf("ALTER TABLE %s ALTER COLUMN version_num TYPE varchar(%d)",
									  facts->table, Max(length, 255))
						   : making_call(facts);
	finding->hint = psprintf("%s;", finding->fix);
	mh_evidence_text(finding, "revision", longest);
	mh_evidence_number(finding, "length", length);
	mh_evidence_number(finding, "max_length", max_length);
}

/* The plan is not known if Alembic would refuse it. */
bool
mh_pending_plan(MhDiagnosing *d, MhPlan *plan)
{
	const MhFacts *facts = d->facts;
	MhError err = MH_NO_ERROR;

	if (!mh_upgrade_plan(facts->graph, &facts->rows, "heads", false, plan, &err))
		return false;
	d->result->has_plan = true;
	d->result->pending = plan->n;
	return true;
}

/* Returns the hint if pending migrations may have been applied already, or change only data. */
static char *
doubtful_hint(const MhFacts *facts)
{
	return psprintf(
		"%s -- decide: if the row is wrong, stamp to the revision that the schema is; if "
		"what is pending changes only data, %s",
		mh_reader_call(facts, "mighead_locate"), mh_upgrade_hint(facts, "heads"));
}

static char *
review_call(const MhFacts *facts)
{
	MhCall call = mh_call_begin(facts->prefix, "mighead_review");

	mh_call_add(&call, "version_table", facts->argument);
	return psprintf("SELECT * FROM %s;", mh_call_end(&call));
}

static char *
mend_hint(const MhFacts *facts)
{
	return psprintf("%s -- decide: mend the script, or what stands in its way in this database",
					review_call(facts));
}

/* What is recorded shows more than the text of the scripts would. */
static char *
pending_hint(const MhFacts *facts)
{
	char *upgrade = mh_upgrade_hint(facts, "heads");

	if (facts->will_fail != NULL)
		return mend_hint(facts);
	if (!facts->is_recorded)
		return upgrade;
	return psprintf("%s -- then%s %s", review_call(facts),
					mh_begins_with(upgrade, "in a shell") ? "," : ":", upgrade);
}

static void
judge_failure(MhDiagnosing *d)
{
	const MhPendingFailure *failure = d->facts->will_fail;
	MhFinding *finding;

	if (failure == NULL)
		return;
	finding = mh_finding_add(d, MH_CRITICAL, MH_CODE_PENDING_WILL_FAIL, MH_STATE_PENDING);
	finding->object = pstrdup(failure->revision);
	finding->detail =
		psprintf("Revision %s will fail here with SQLSTATE %s, in %s, statement %d of what "
				 "is pending: %s",
				 failure->revision, failure->sqlstate, failure->command, failure->statement,
				 failure->detail);
	finding->hint = mend_hint(d->facts);
	mh_evidence_text(finding, "sqlstate", failure->sqlstate);
	mh_evidence_number(finding, "statement", failure->statement);
}

void
mh_judge_pending(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhSession *session = mh_find_migrating(facts);
	const char *elsewhere = mh_located_elsewhere(facts);
	MhPlan plan;
	MhFinding *finding;
	MhStrings ids = {0, NULL};

	if (!mh_pending_plan(d, &plan) || plan.n == 0)
		return;
	/* mh_judge_no_rows() has given the hint; an upgrade may fail */
	if (mh_has_no_rows(facts))
		return;
	for (int i = 0; i < plan.n; i++)
		mh_strings_add(&ids, facts->graph->nodes[plan.steps[i].node].id);
	finding = mh_finding_add(d, MH_WARNING, MH_STATE_PENDING, MH_STATE_PENDING);
	finding->detail =
		psprintf("%d revision%s pending: %s%s%s%s.", plan.n, mh_plural(plan.n), mh_enumerate(&ids),
				 session == NULL ? "" : "; a migration is running", elsewhere == NULL ? "" : "; ",
				 elsewhere == NULL ? "" : elsewhere);
	finding->hint = session != NULL     ? mh_migrating_hint(facts, session)
					: elsewhere != NULL ? doubtful_hint(facts)
										: pending_hint(facts);
	mh_evidence_list(finding, "revisions", &ids);
	judge_failure(d);
}

void
mh_judge_no_scripts(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding = mh_finding_add(d, MH_UNKNOWN, MH_STATE_NO_SCRIPTS, MH_STATE_NO_SCRIPTS);
	int n = facts->rows.n + facts->null_rows + facts->long_rows;

	finding->detail = psprintf("%s has %d row%s%s%s; the scripts of project %s are not loaded.",
							   facts->table, n, mh_plural(n), facts->rows.n > 0 ? ": " : "",
							   facts->rows.n > 0 ? mh_enumerate(&facts->rows) : "", facts->project);
	finding->hint = mh_load_hint(facts);
	mh_evidence_list(finding, "rows", &facts->rows);
}

void
mh_judge_damage(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->damage != NULL)
	{
		finding = mh_finding_add(d, MH_UNKNOWN, MH_STATE_NO_SCRIPTS, MH_STATE_NO_SCRIPTS);
		finding->detail = psprintf("The stored scripts of project %s are damaged: %s",
								   facts->project, facts->damage);
		finding->hint = mh_load_hint(facts);
	}
	if (facts->schema != NULL && facts->schema->damage != NULL)
	{
		finding = mh_finding_add(d, MH_UNKNOWN, MH_STATE_UNREADABLE, MH_STATE_UNREADABLE);
		finding->detail = psprintf("The expectations of project %s are damaged: %s", facts->project,
								   facts->schema->damage);
		finding->hint = psprintf("SELECT * FROM %s; -- decide where they come from: import a "
								 "document of mighead_export() again",
								 mh_call(facts->prefix, "mighead_status", NULL));
	}
}

/* Adds the location of the schema, and what to do about the missing row. */
static void
add_location(const MhFacts *facts, MhFinding *finding)
{
	const MhSchemaFacts *schema = facts->schema;

	if (mh_is_partly_unread(facts))
	{
		finding->hint = mh_unread_hint(facts);
		return;
	}
	if (schema == NULL || !schema->is_located || schema->located.n == 0)
		return;
	finding->hint = mh_reader_call(facts, "mighead_locate");
	if (!mh_append_location(facts, finding, false))
	{
		finding->detail = psprintf(
			"%s The schema is nearest to that of %s, with %d object%s different.", finding->detail,
			mh_enumerate(&schema->located), schema->distance, mh_plural(schema->distance));
		finding->hint = psprintf("%s -- decide: make the schema that of one of these revisions, "
								 "then stamp to it",
								 finding->hint);
		return;
	}
	if (facts->table == NULL)
		finding->fix = making_call(facts);
	else
		mh_offer_located(facts, finding);
	if (finding->fix == NULL)
		finding->hint =
			psprintf("%s -- decide by their scripts which of them was the last", finding->hint);
}

/* There are no rows: the database is new, or its tables have another source. */
void
mh_judge_no_rows(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->table == NULL && mh_judge_lookalikes(d))
		return;
	if (facts->has_user_tables)
	{
		finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_UNSTAMPED, MH_STATE_UNSTAMPED);
		finding->detail =
			facts->table == NULL
				? pstrdup("The database has tables, but no version table.")
				: psprintf("The database has tables, but %s has no row.", facts->table);
		finding->hint = psprintf("SELECT * FROM %s; -- decide which revision the tables are at, "
								 "then stamp to it",
								 mh_project_call(facts, "mighead_history", ""));
		add_location(facts, finding);
		return;
	}
	finding = mh_finding_add(d, MH_OK, MH_STATE_EMPTY_DATABASE, MH_STATE_EMPTY_DATABASE);
	finding->detail = facts->table == NULL
						  ? pstrdup("There are no tables and no version table: nothing has been "
									"applied.")
						  : psprintf("There are no tables, and %s has no row: nothing has been "
									 "applied.",
									 facts->table);
	finding->hint = mh_upgrade_hint(facts, "heads");
}
