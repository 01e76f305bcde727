/*-------------------------------------------------------------------------
 *
 * review.c
 *	  SQL function that reviews a migration script before it runs.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review.h"

#include "core/plan/plan.h"
#include "entry/context.h"
#include "entry/result.h"
#include "server/journal/journal.h"
#include "miscadmin.h"
#include "utils/acl.h"

PG_FUNCTION_INFO_V1(mighead_review);

/* Arguments. */
#define SQL 0
#define VERSION_TABLE 1
#define TARGET 2
#define CHECK_DATA 3
#define ROLE_NAME 4

/* ---------- rows ---------- */

static void
put_size(MhResult *result, double value)
{
	if (value < 0)
		mh_put_null(result);
	else
		mh_put_datum(result, Int64GetDatum((int64) value));
}

static void
put_effect(MhResult *result, const MhReviewEffect *effect)
{
	bool has_relation = effect->relation != NULL;

	mh_put_text(result, effect->object);
	mh_put_text(result, mh_lock_mode_name(effect->lock));
	mh_put_text(result, mh_lock_blocks(effect->lock));
	mh_put_known_bool(result, has_relation, effect->rewrites);
	mh_put_known_bool(result, has_relation && effect->scans_known, effect->scans);
	put_size(result, has_relation ? effect->rows : -1);
	put_size(result, has_relation ? effect->bytes : -1);
}

static void
put_finding(MhResult *result, const MhReviewEffect *effect, const MhReviewFinding *finding)
{
	const MhReviewStatement *statement = effect->statement;

	mh_put_int(result, statement->number);
	if (statement->line > 0)
		mh_put_int(result, statement->line);
	else
		mh_put_null(result);
	mh_put_text(result, statement->revision);
	mh_put_text(result, statement->command);
	put_effect(result, effect);
	mh_put_int(result, finding->severity);
	mh_put_text(result, finding->code);
	mh_put_text(result, finding->sqlstate);
	mh_put_text(result, finding->detail);
	mh_put_text(result, finding->hint);
	mh_row_end(result);
}

/* ---------- arguments ---------- */

/* The role that runs the script: the caller if he may write the version table, else its owner. */
static Oid
role_of(FunctionCallInfo fcinfo, const MhVersionTable *table)
{
	if (!PG_ARGISNULL(ROLE_NAME))
		return get_role_oid(NameStr(*PG_GETARG_NAME(ROLE_NAME)), false);
	if (table == NULL || pg_class_aclcheck(table->oid, GetUserId(), ACL_UPDATE) == ACLCHECK_OK)
		return GetUserId();
	return table->owner;
}

/* ---------- what is pending, as it was recorded ---------- */

/* What is not known of a revision. */
typedef struct Note
{
	const char *revision;
	const char *detail;
	int after; /* number of the statement after which it stands */
} Note;

typedef struct Pending
{
	List *pieces;
	List *notes;
	const char *unknown; /* the first revision of which too little is known to judge what follows */
} Pending;

/* Returns what makes a recorded statement or its step unsure, or NULL. */
static const char *
doubt_of(const MhRecorded *recorded)
{
	static const struct
	{
		const char *state;
		const char *detail;
	} doubts[] = {{MH_STATEMENT_READS,
				   "the step reads tables, and may run other statements where there are rows"},
				  {MH_STATEMENT_COPY, "the data that COPY loads were not recorded"},
				  {MH_STATEMENT_CUT, "the step was too long to be recorded whole"},
				  {MH_STATEMENT_UNRECORDABLE, "a statement of the step could not be recorded"},
				  {MH_STATEMENT_INCOMPLETE, "the beginning of the step was not recorded"},
				  {MH_STATEMENT_NOT_RECORDED, "the statements of the revision were not recorded"},
				  {MH_STATEMENT_OTHER_SCRIPT,
				   "the statements were recorded from another version of the script"}};

	for (size_t i = 0; i < lengthof(doubts); i++)
		if (strcmp(doubts[i].state, recorded->state) == 0)
			return doubts[i].detail;
	return NULL;
}

static void
add_note(Pending *pending, const char *revision, const char *detail)
{
	Note *note = palloc(sizeof(Note));
	const Note *last = pending->notes == NIL ? NULL : llast(pending->notes);

	if (last != NULL && strcmp(last->revision, revision) == 0 && strcmp(last->detail, detail) == 0)
		return;
	*note = (Note){revision, detail, list_length(pending->pieces)};
	pending->notes = lappend(pending->notes, note);
}

/* A piece for each statement: data of COPY end a text. */
static void
add_piece(Pending *pending, const MhRecorded *recorded)
{
	MhReviewPiece *piece = palloc0(sizeof(MhReviewPiece));

	piece->revision = recorded->revision;
	piece->text = mh_from_utf8(recorded->text);
	pending->pieces = lappend(pending->pieces, piece);
}

/* What comes after a revision that is not known is not judged: it may rest on what that makes. */
static void
add_recorded(Pending *pending, const MhRecorded *recorded)
{
	const char *doubt = doubt_of(recorded);
	bool is_whole = recorded->text != NULL && strcmp(recorded->state, MH_STATEMENT_CUT) != 0 &&
					strcmp(recorded->state, MH_STATEMENT_UNRECORDABLE) != 0;

	if (pending->unknown != NULL && strcmp(pending->unknown, recorded->revision) != 0)
		add_note(
			pending, recorded->revision,
			psprintf("it comes after revision %s, of which too little is known", pending->unknown));
	else if (doubt != NULL)
		add_note(pending, recorded->revision, doubt);
	if (pending->unknown == NULL && doubt != NULL && !is_whole)
		pending->unknown = recorded->revision;
	if (pending->unknown == NULL && is_whole)
		add_piece(pending, recorded);
}

static void
put_note(MhResult *result, const Note *note)
{
	MhReviewStatement statement = {
		.number = note->after, .revision = note->revision, .command = ""};
	MhReviewEffect effect = {.statement = &statement};
	MhReviewFinding finding = {.severity = MH_WARNING,
							   .code = MH_REVIEW_NOT_KNOWN,
							   .detail = note->detail,
							   .hint =
								   "Review the script that Alembic prints: alembic upgrade --sql."};

	put_finding(result, &effect, &finding);
}

static void
put_effects(MhResult *result, List *pieces, const MhReviewOptions *options, const List *notes)
{
	int n = 0;
	MhReviewEffect **effects = mh_review_pieces(pieces, options, &n);
	int next = 0;

	for (int i = 0; i < n; i++)
	{
		for (; next < list_length(notes); next++)
		{
			const Note *note = list_nth(notes, next);

			if (note->after >= effects[i]->statement->number)
				break;
			put_note(result, note);
		}
		for (int k = 0; k < effects[i]->n_findings; k++)
			put_finding(result, effects[i], &effects[i]->findings[k]);
	}
	for (; next < list_length(notes); next++)
		put_note(result, list_nth(notes, next));
}

/* Without a text: what is pending, as it was recorded in CI. */
static void
review_pending(FunctionCallInfo fcinfo, MhResult *result, const MhContext *context,
			   const MhReviewOptions *options)
{
	const MhScripts *scripts = mh_scripts_read(context->project);
	MhError err = MH_NO_ERROR;
	MhStrings revisions = {0, NULL};
	Pending pending = {0};
	MhPlan plan = {0};
	ListCell *cell;

	mh_require_argument(fcinfo, TARGET, "target");
	if (!mh_upgrade_plan(scripts->graph, &context->rows, mh_text_argument(fcinfo, TARGET), false,
						 &plan, &err))
		mh_context_raise(fcinfo, context, scripts->graph, &err);
	for (int i = 0; i < plan.n; i++)
		mh_strings_add(&revisions, scripts->graph->nodes[plan.steps[i].node].script->revision);
	foreach (cell, mh_statements_of(scripts, context->project->name, &revisions))
		add_recorded(&pending, lfirst(cell));
	put_effects(result, pending.pieces, options, pending.notes);
}

/*
 * mighead_review(sql text, version_table regclass, target text, check_data boolean,
 *				  role_name name) returns setof record
 *		Judges the statements of a script against the database as it is now: see
 *		server/review/review.h.  Locks: AccessShareLock, without waiting.  Errors: those of
 *		mh_context_open() for version_table, 42704 for role_name, 22004 if check_data is NULL.
 */
Datum
mighead_review(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {VERSION_TABLE, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	MhReviewPiece piece = {.has_lines = true};
	MhReviewOptions options = {0};
	MhContext context;
	MhResult result;

	mh_result_begin(&result, fcinfo);
	mh_require_argument(fcinfo, CHECK_DATA, "check_data");
	context =
		mh_context_open(fcinfo, arguments, PG_ARGISNULL(SQL) ? MH_ROWS_NEEDED : MH_ROWS_IF_KNOWN);
	options.table = context.table;
	options.version_name = context.project->version_table_name;
	options.check_data = PG_GETARG_BOOL(CHECK_DATA);
	options.role = role_of(fcinfo, context.table);
	if (PG_ARGISNULL(SQL))
	{
		review_pending(fcinfo, &result, &context, &options);
		return (Datum) 0;
	}
	piece.text = text_to_cstring(PG_GETARG_TEXT_PP(SQL));
	put_effects(&result, list_make1(&piece), &options, NIL);
	return (Datum) 0;
}
