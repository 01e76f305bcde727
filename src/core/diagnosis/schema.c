/*-------------------------------------------------------------------------
 *
 * schema.c
 *	  Judges the schema: whether it is what the rows claim.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/relative_names.h"
#include "core/base/wording.h"

static char *
shown(const MhSchemaFacts *schema, const char *text)
{
	return mh_shown_text(text, schema->version_schema, schema->owner);
}

/* Returns the objects with one kind of difference of a severity, as shown, each once. */
static MhStrings
objects_of_kind(const MhSchemaFacts *schema, MhDifferenceKind kind, MhSeverity min_severity)
{
	MhStrings objects = {0, NULL};
	const MhDifference *last = NULL;

	for (int i = 0; i < schema->differences->n; i++)
	{
		const MhDifference *difference = &schema->differences->v[i];

		if (difference->severity < (int) min_severity || difference->kind != kind)
			continue;
		if (last == NULL || strcmp(last->name, difference->name) != 0 ||
			strcmp(last->type, difference->type) != 0)
			mh_strings_add(&objects,
						   psprintf("%s %s", difference->type, shown(schema, difference->name)));
		last = difference;
	}
	return objects;
}

/*
 * Returns the kinds of differences with their objects: "column public.t.c is missing, index
 * public.i is invalid".
 */
static char *
describe_differences(const MhSchemaFacts *schema, MhFinding *finding)
{
	static const struct
	{
		MhDifferenceKind kind;
		const char *name;
	} kinds[] = {{MH_MISSING, MH_DRIFT_MISSING},
				 {MH_INVALID, MH_DRIFT_INVALID},
				 {MH_CHANGED, MH_DRIFT_CHANGED},
				 {MH_RENAMED, MH_DRIFT_RENAMED},
				 {MH_EXTRA, MH_DRIFT_EXTRA}};
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		MhStrings objects = objects_of_kind(schema, kinds[i].kind, MH_WARNING);

		if (objects.n == 0)
			continue;
		appendStringInfo(&buf, "%s%s %s %s", buf.len > 0 ? "; " : "", mh_enumerate(&objects),
						 objects.n == 1 ? "is" : "are", kinds[i].name);
		mh_evidence_list(finding, kinds[i].name, &objects);
	}
	return buf.data;
}

/* Each is a sentence: more would bury the rest. */
#define MOST_REASONS 2

/* Returns whether the schema is exactly that of other rows than the recorded ones. */
static bool
is_exactly_elsewhere(const MhFacts *facts)
{
	const MhSchemaFacts *schema = facts->schema;

	return schema->is_exact && !mh_rows_equal(&schema->located, &facts->rows);
}

/*
 * Why what is worst has no fix, as sentences.  Where the schema is exactly that of other rows, the way
 * is another one.
 */
static char *
describe_reasons(const MhFacts *facts, MhSeverity severity)
{
	const MhSchemaFacts *schema = facts->schema;
	const MhDifferences *differences = schema->differences;
	MhStrings told = {0, NULL};
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < differences->n && told.n < MOST_REASONS && !is_exactly_elsewhere(facts);
		 i++)
	{
		const MhDifference *one = &differences->v[i];

		if (one->fix != NULL || one->reason == NULL || one->severity != (int) severity ||
			one->kind == MH_BUSY || mh_strings_contain(&told, one->reason))
			continue;
		mh_strings_add(&told, one->reason);
		appendStringInfo(&buf, " No fix for %s %s: %s", one->type, shown(schema, one->name),
						 shown(schema, one->reason));
	}
	return buf.data;
}

static MhSeverity
worst_severity(const MhDifferences *differences)
{
	int worst = MH_OK;

	for (int i = 0; i < differences->n; i++)
		if (differences->v[i].severity <= MH_CRITICAL && differences->v[i].kind != MH_BUSY)
			worst = Max(worst, differences->v[i].severity);
	return (MhSeverity) worst;
}

/* Returns the rows after the revision has been completed. */
static MhStrings
rows_with(const MhFacts *facts, const char *revision)
{
	MhStrings rows = {0, NULL};

	for (int i = 0; i < facts->rows.n; i++)
		mh_strings_add(&rows, facts->rows.v[i]);
	mh_strings_add(&rows, revision);
	return mh_rows_maximal(facts->graph, &rows);
}

/*
 * Returns the hint for a partially applied revision: mighead_drift for the revision shows what is
 * open, and the guard of the stamp checks it.
 */
static char *
partial_hint(const MhFacts *facts)
{
	const char *revision = facts->schema->partial;
	MhStrings rows = rows_with(facts, revision);
	MhFinding stamp = {0};

	mh_offer_stamp(facts, &stamp, &rows, psprintf("%s was completed by hand", revision));
	if (rows.n != 1 || stamp.fix == NULL)
		return psprintf("%s -- decide: undo what is done of it, then upgrade",
						mh_reader_call(facts, "mighead_drift"));
	return psprintf("%s -- decide: undo what is done of it, then upgrade; or complete it by these "
					"fixes and what it does to data, then: %s;",
					mh_drift_call(facts, revision), stamp.fix);
}

static void
add_partial(MhDiagnosing *d)
{
	const MhSchemaFacts *schema = d->facts->schema;
	MhFinding *finding = mh_finding_add(d, MH_CRITICAL, MH_STATE_PARTIAL, MH_STATE_PARTIAL);
	char *done = schema->done == 0 ? pstrdup("")
								   : psprintf(" Done: %s.", mh_enumerate(&schema->done_objects));

	finding->object = pstrdup(schema->partial);
	finding->detail =
		psprintf("Revision %s is half applied: %d of the %d objects that it makes or "
				 "changes %s done.%s Not done: %s.",
				 schema->partial, schema->done, schema->done + schema->open,
				 schema->done == 1 ? "is" : "are", done, mh_enumerate(&schema->open_objects));
	finding->hint = partial_hint(d->facts);
	mh_evidence_number(finding, "done", schema->done);
	mh_evidence_number(finding, "open", schema->open);
	mh_evidence_list(finding, "done_objects", &schema->done_objects);
	mh_evidence_list(finding, "open_objects", &schema->open_objects);
}

/* Returns whether the change that led to these rows was a downgrade of the revision. */
static bool
was_taken_back(const MhFacts *facts, const char *revision)
{
	const MhPastChange *last = facts->changes_n == 0 ? NULL : &facts->changes[0];
	int node = mh_graph_find(facts->graph, revision);

	if (last == NULL || strcmp(last->action, MH_ACTION_DOWNGRADE) != 0 ||
		!mh_rows_equal(&last->new_rows, &facts->rows))
		return false;
	for (int i = 0; i < last->old_rows.n; i++)
	{
		int row = mh_graph_find(facts->graph, last->old_rows.v[i]);

		if (row == node || (row != MH_BASE && mh_graph_is_ancestor(facts->graph, node, row)))
			return true;
	}
	return false;
}

/*
 * Returns whether the object is an unused enum type.  Alembic does not drop an enum type with its
 * table, so every downgrade leaves it.
 */
static bool
is_unused_enum(const MhFacts *facts, const char *object)
{
	for (int i = 0; i < facts->leftovers_n; i++)
	{
		const MhLeftover *leftover = &facts->leftovers[i];
		const char *name = strchr(object, ' ');

		if (strcmp(leftover->kind, MH_LEFTOVER_UNUSED_ENUM) == 0 && name != NULL &&
			strcmp(name + 1, leftover->object) == 0)
			return true;
	}
	return false;
}

/* Returns whether the partial revision is only what a downgrade left. */
static bool
is_left_over(const MhFacts *facts)
{
	const MhSchemaFacts *schema = facts->schema;

	if (was_taken_back(facts, schema->partial))
		return true;
	for (int i = 0; i < schema->done_objects.n; i++)
		if (!is_unused_enum(facts, schema->done_objects.v[i]))
			return false;
	return schema->done_objects.n > 0 && schema->begun == 0;
}

static void
add_drift(MhDiagnosing *d, MhSeverity severity)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding = mh_finding_add(d, severity, MH_STATE_DRIFT, MH_STATE_DRIFT);

	finding->detail =
		psprintf("The schema is not what %s says: %s.%s", mh_enumerate(&d->result->current),
				 describe_differences(facts->schema, finding), describe_reasons(facts, severity));
	finding->hint = psprintf("%s -- decide for each: run its fix, write a migration, or accept it "
							 "with mighead_ignore()",
							 mh_reader_call(facts, "mighead_drift"));
	/* the recorded rows: what differs belongs to the database, which no revision is told by */
	if (severity == MH_CRITICAL && is_exactly_elsewhere(facts) &&
		mh_append_location(facts, finding, false))
		mh_offer_located(facts, finding);
}

static void
add_busy(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhStrings *busy = &facts->schema->busy;
	const MhSession *locker = mh_find_locker(facts);
	MhFinding *finding = mh_finding_add(d, mh_by_patience(locker), MH_STATE_BUSY, MH_STATE_BUSY);

	finding->detail =
		psprintf("The schema was not compared as a whole: %s %s locked or being built.%s",
				 mh_enumerate(busy), busy->n == 1 ? "is" : "are",
				 locker == NULL ? "" : psprintf(" Locks are held by %s.", mh_session_text(locker)));
	finding->hint = mh_unread_hint(facts);
	mh_evidence_list(finding, "busy", busy);
	if (locker != NULL)
		mh_describe_session(finding, locker);
}

static char *
unreadable_hint(const MhFacts *facts)
{
	char *call = mh_reader_call(facts, "mighead_drift");

	/* without the semicolon */
	call[strlen(call) - 1] = '\0';
	return psprintf("%s WHERE kind = '" MH_DRIFT_UNREADABLE "'::text; -- decide who may read it",
					call);
}

/* Nothing is known to be wrong, but the whole is not known to be right. */
void
mh_judge_unread(MhDiagnosing *d)
{
	const MhSchemaFacts *schema = d->facts->schema;
	MhFinding *finding;

	if (schema == NULL)
		return;
	if (schema->busy.n > 0)
		add_busy(d);
	if (schema->unreadable.n == 0)
		return;
	finding = mh_finding_add(d, MH_UNKNOWN, MH_STATE_UNREADABLE, MH_STATE_UNREADABLE);
	finding->detail =
		psprintf("%s could not be read, and %s not compared%s%s", mh_enumerate(&schema->unreadable),
				 schema->unreadable.n == 1 ? "was" : "were", schema->failure ? ": " : ".",
				 schema->failure ? schema->failure : "");
	finding->hint = unreadable_hint(d->facts);
	mh_evidence_list(finding, "unreadable", &schema->unreadable);
}

/* Reports nothing while somebody migrates, because the schema is then incomplete. */
void
mh_judge_schema(MhDiagnosing *d)
{
	const MhSchemaFacts *schema = d->facts->schema;
	MhSeverity severity;

	if (schema == NULL || schema->differences == NULL)
		return;
	d->result->uncompared = objects_of_kind(schema, MH_NOT_COMPARABLE, MH_OK).n;
	d->result->is_compared = !mh_is_partly_unread(d->facts) && d->result->uncompared == 0;
	d->result->has_drift = true;
	d->result->drift = schema->objects;
	severity = worst_severity(schema->differences);
	if (severity == MH_OK)
		return;
	if (schema->partial != NULL && !is_left_over(d->facts))
		add_partial(d);
	else
		add_drift(d, severity);
}

/*
 * Returns why nothing was compared, as the end of a sentence, and sets the hint that would change
 * it.
 */
static char *
why_not_compared(const MhDiagnosing *d, MhFinding *finding)
{
	const MhFacts *facts = d->facts;

	finding->hint = psprintf(
		"%s -- says why; where the schema is known to be right: %s; else mighead_import() of what "
		"CI has captured",
		mh_reader_call(facts, "mighead_drift"), mh_capture_call(facts, NULL));
	if (mh_find_migrating(facts) != NULL)
	{
		finding->hint = mh_migrating_hint(facts, mh_find_migrating(facts));
		return pstrdup("a migration is running");
	}
	if (d->result->unknown.n > 0)
	{
		finding->hint = mh_reader_call(facts, "mighead_locate");
		return psprintf("no script has %s", mh_enumerate(&d->result->unknown));
	}
	if (facts->schema == NULL)
		return psprintf("nothing was ever captured for project %s", facts->project);
	if (facts->schema->is_other_format)
	{
		finding->hint = mh_reader_call(facts, "mighead_drift");
		return pstrdup("what is expected was captured by a server or version whose texts differ");
	}
	return psprintf("nothing is expected at %s", mh_enumerate(&d->result->current));
}

/* The rows have no expectation, and the schema is exactly that of other rows. */
char *
mh_located_elsewhere(const MhFacts *facts)
{
	const MhSchemaFacts *schema = facts->schema;

	if (schema == NULL || schema->differences != NULL || !schema->is_located || !schema->is_exact ||
		mh_rows_equal(&schema->located, &facts->rows))
		return NULL;
	for (int i = 0; i < facts->rows.n; i++)
		if (mh_graph_find(facts->graph, facts->rows.v[i]) == MH_BASE)
			return NULL;
	return psprintf("the schema is exactly that of %s", mh_enumerate_located(schema));
}

/* What was captured by a server that writes some texts in another way is compared but for these. */
static void
add_uncompared_texts(MhDiagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhStrings objects = objects_of_kind(facts->schema, MH_NOT_COMPARABLE, MH_OK);
	MhFinding *finding = mh_finding_add(d, MH_OK, MH_STATE_NOT_COMPARED, MH_STATE_NOT_COMPARED);
	finding->detail = psprintf("The texts of %d object%s were not compared, because they were "
							   "captured by a PostgreSQL release that writes them in another way: "
							   "%s.",
							   objects.n, mh_plural(objects.n), mh_enumerate(&objects));
	finding->hint =
		psprintf("%s -- shows both texts; where the schema is known to be right: %s; else "
				 "mighead_import() of what CI has captured with this release",
				 mh_all_drift_call(facts), mh_capture_call(facts, "true"));
	mh_evidence_list(finding, MH_DRIFT_NOT_COMPARABLE, &objects);
}

void
mh_judge_comparison(MhDiagnosing *d)
{
	MhFinding *finding;

	if (d->result->uncompared > 0)
		add_uncompared_texts(d);
	if (d->result->is_compared || d->result->uncompared > 0 || mh_has_no_rows(d->facts) ||
		mh_is_partly_unread(d->facts) || d->facts->is_summary)
		return;
	finding = mh_finding_add(d, MH_OK, MH_STATE_NOT_COMPARED, MH_STATE_NOT_COMPARED);
	finding->detail = psprintf("The schema was not compared: %s.", why_not_compared(d, finding));
	if (mh_located_elsewhere(d->facts) != NULL)
		finding->detail =
			psprintf("%s; %s.", pnstrdup(finding->detail, strlen(finding->detail) - 1),
					 mh_located_elsewhere(d->facts));
}
