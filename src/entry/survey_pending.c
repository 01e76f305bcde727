/*-------------------------------------------------------------------------
 *
 * survey_pending.c
 *	  Whether what is pending will fail, for the diagnosis.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/survey_private.h"

#include "core/plan/plan.h"
#include "server/journal/journal.h"
#include "server/review/review.h"

static bool
is_migrating(const MhFacts *facts)
{
	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].is_migrating)
			return true;
	return false;
}

/* Returns the recorded statements of what is pending, or NIL. */
static List *
pending_statements(MhLoadedProject *loaded, const MhFacts *facts)
{
	MhStrings revisions = {0, NULL};
	MhError err = MH_NO_ERROR;
	MhPlan plan = {0};
	bool permitted;

	if (!mh_upgrade_plan(facts->graph, &facts->rows, "heads", false, &plan, &err) || plan.n == 0)
		return NIL;
	if (!loaded->statements_known)
		loaded->statements = mh_statements_read(loaded->scripts->project->name, &permitted);
	loaded->statements_known = true;
	if (loaded->statements == NIL)
		return NIL;
	for (int i = 0; i < plan.n; i++)
		mh_strings_add(&revisions, facts->graph->nodes[plan.steps[i].node].id);
	return mh_statements_of(loaded->scripts, loaded->statements, &revisions);
}

static bool
has_texts(const List *statements)
{
	ListCell *cell;

	foreach (cell, statements)
		if (((const MhRecorded *) lfirst(cell))->text != NULL)
			return true;
	return false;
}

static int64
bytes_of(const List *statements)
{
	int64 bytes = 0;
	ListCell *cell;

	foreach (cell, statements)
	{
		const MhRecorded *recorded = lfirst(cell);

		bytes += recorded->text == NULL ? 0 : strlen(recorded->text);
	}
	return bytes;
}

static bool
is_exhausted(const MhSurvey *survey)
{
	return survey->reviewed >= MH_MOST_REVIEWED || survey->reviewed_bytes > MH_MOST_REVIEWED_BYTES;
}

/* A text may have many statements: those over the limit are not looked at. */
static MhReviewEffect **
review(MhSurvey *survey, const List *recorded, MhReviewOptions *options, int *n)
{
	MhReviewEffect **effects;
	List *notes;

	options->most_statements = MH_MOST_REVIEWED - survey->reviewed;
	effects = mh_review_recorded(recorded, options, n, &notes);
	if (*n > 0)
		survey->reviewed += Max(effects[*n - 1]->statement->number, list_length(recorded));
	return effects;
}

static MhPendingFailure *
failure_of(const MhReviewEffect *effect)
{
	const MhReviewStatement *statement = effect->statement;

	for (int i = 0; i < effect->n_findings; i++)
	{
		const MhReviewFinding *finding = &effect->findings[i];
		MhPendingFailure *failure;

		if (strcmp(finding->code, MH_REVIEW_WILL_FAIL) != 0 || finding->sqlstate == NULL ||
			statement->revision == NULL)
			continue;
		failure = palloc(sizeof(MhPendingFailure));
		*failure = (MhPendingFailure){statement->revision, statement->number, statement->command,
									  finding->sqlstate, finding->detail};
		return failure;
	}
	return NULL;
}

void
mh_survey_pending(MhSurvey *survey, const MhVersionTable *table, MhLoadedProject *loaded,
				  MhFacts *facts)
{
	MhReviewOptions options = {.table = table};
	MhReviewEffect **effects;
	List *recorded;
	int n;

	if (!facts->is_readable || facts->rows.n == 0 || !facts->has_scripts || !table->is_trusted ||
		facts->row_security.applies || is_migrating(facts) || is_exhausted(survey))
		return;
	recorded = pending_statements(loaded, facts);
	if (!has_texts(recorded) || !mh_recorded_fits(recorded, table->schema))
		return;
	facts->is_recorded = true;
	survey->reviewed_bytes += bytes_of(recorded);
	if (is_exhausted(survey) || survey->reviewed + list_length(recorded) > MH_MOST_REVIEWED)
		return;
	options.role = mh_review_role(table);
	options.version_name = loaded->scripts->project->version_table_name;
	effects = review(survey, recorded, &options, &n);
	for (int i = 0; i < n && facts->will_fail == NULL; i++)
		facts->will_fail = failure_of(effects[i]);
}
