/*-------------------------------------------------------------------------
 *
 * recorded.c
 *	  Reviews the statements that were recorded of revisions.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "server/base/trust.h"
#include "server/journal/journal.h"
#include "utils/acl.h"
#include "utils/varlena.h"

/* What nobody has set: where the script runs, something else may be. */
#define DEFAULT_PATH "\"$user\", public"

typedef struct Script
{
	List *pieces;
	List *notes;
	const char *unknown; /* the first revision of which too little is known to judge what follows */
} Script;

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
add_note(Script *script, const char *revision, const char *detail)
{
	MhReviewNote *note = palloc(sizeof(MhReviewNote));
	const MhReviewNote *last = script->notes == NIL ? NULL : llast(script->notes);

	if (last != NULL && strcmp(last->revision, revision) == 0 && strcmp(last->detail, detail) == 0)
		return;
	*note = (MhReviewNote){revision, detail, list_length(script->pieces)};
	script->notes = lappend(script->notes, note);
}

static bool
has_own_path(const MhRecorded *recorded)
{
	return recorded->search_path != NULL && strcmp(recorded->search_path, DEFAULT_PATH) != 0;
}

/* A piece for each statement: data of COPY end a text. */
static void
add_piece(Script *script, const MhRecorded *recorded)
{
	MhReviewPiece *piece = palloc0(sizeof(MhReviewPiece));

	piece->revision = recorded->revision;
	piece->text = mh_from_utf8(pstrdup(recorded->text));
	if (has_own_path(recorded))
		piece->search_path = mh_from_utf8(pstrdup(recorded->search_path));
	script->pieces = lappend(script->pieces, piece);
}

static void
add_recorded(Script *script, const MhRecorded *recorded)
{
	const char *doubt = doubt_of(recorded);
	bool is_whole = recorded->text != NULL && strcmp(recorded->state, MH_STATEMENT_CUT) != 0 &&
					strcmp(recorded->state, MH_STATEMENT_UNRECORDABLE) != 0;

	if (script->unknown != NULL && strcmp(script->unknown, recorded->revision) != 0)
		add_note(
			script, recorded->revision,
			psprintf("it comes after revision %s, of which too little is known", script->unknown));
	else if (doubt != NULL)
		add_note(script, recorded->revision, doubt);
	if (script->unknown == NULL && doubt != NULL && !is_whole)
		script->unknown = recorded->revision;
	if (script->unknown == NULL && is_whole)
		add_piece(script, recorded);
}

MhReviewEffect **
mh_review_recorded(const List *recorded, const MhReviewOptions *options, int *n, List **notes)
{
	Script script = {0};
	ListCell *cell;

	foreach (cell, recorded)
		add_recorded(&script, lfirst(cell));
	*notes = script.notes;
	return mh_review_pieces(script.pieces, options, n);
}

static bool
recorded_path_has(const char *path, const char *schema)
{
	List *names = NIL;
	ListCell *cell;

	if (!SplitIdentifierString(mh_from_utf8(pstrdup(path)), ',', &names))
		return false;
	foreach (cell, names)
		if (strcmp(lfirst(cell), schema) == 0)
			return true;
	return false;
}

bool
mh_recorded_fits(const List *recorded, const char *version_schema)
{
	char *schema = mh_from_utf8(pstrdup(version_schema));
	bool is_on_path = list_member_oid(fetch_search_path(false), get_namespace_oid(schema, true));
	ListCell *cell;

	foreach (cell, recorded)
	{
		const MhRecorded *statement = lfirst(cell);

		if (statement->text == NULL)
			continue;
		if (!(has_own_path(statement) ? recorded_path_has(statement->search_path, schema)
									  : is_on_path))
			return false;
	}
	return true;
}

Oid
mh_review_role(const MhVersionTable *table)
{
	if (table == NULL || mh_may_use(table->oid, GetUserId(), ACL_UPDATE))
		return GetUserId();
	return table->owner;
}
