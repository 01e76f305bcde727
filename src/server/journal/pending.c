/*-------------------------------------------------------------------------
 *
 * pending.c
 *	  What was recorded of revisions, as a script that can be run.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "miscadmin.h"

typedef struct Pending
{
	List *all; /* ordered by revision */
	List *found;
	bool is_open; /* a transaction is, at the end of found */
} Pending;

static void
add_unknown(Pending *pending, const char *revision, const char *state)
{
	MhRecorded *statement = palloc0(sizeof(MhRecorded));

	statement->revision = pstrdup(revision);
	statement->role = pstrdup("");
	statement->search_path = pstrdup("");
	statement->state = state;
	pending->found = lappend(pending->found, statement);
}

static void
add_control(Pending *pending, const MhRecorded *beside, const char *text)
{
	MhRecorded *statement = palloc(sizeof(MhRecorded));

	*statement = *beside;
	statement->ordinal = 0;
	statement->text = pstrdup(text);
	statement->state = MH_STATEMENT_RECORDED;
	pending->found = lappend(pending->found, statement);
}

static bool
has_word(const char *text, const char *word)
{
	return pg_strncasecmp(text, word, strlen(word)) == 0;
}

static bool
begins_transaction(const char *text)
{
	return has_word(text, "begin") || has_word(text, "start transaction");
}

static bool
ends_transaction(const char *text)
{
	return has_word(text, "commit") || has_word(text, "end") ||
		   has_word(text, "prepare transaction");
}

static void
add_recorded(Pending *pending, MhRecorded *statement)
{
	const char *text = statement->text;

	if (text != NULL && statement->in_transaction && !pending->is_open)
		add_control(pending, statement, "BEGIN");
	else if (text != NULL && !statement->in_transaction && pending->is_open)
		add_control(pending, statement, "COMMIT");
	if (text != NULL)
		pending->is_open =
			begins_transaction(text) || (statement->in_transaction && !ends_transaction(text));
	pending->found = lappend(pending->found, statement);
}

/* Returns the place of the first statement of a revision, or of what would follow it. */
static int
first_of(const List *all, const char *revision)
{
	int low = 0;
	int high = list_length(all);

	while (low < high)
	{
		int middle = (low + high) / 2;
		const MhRecorded *statement = list_nth(all, middle);

		if (strcmp(statement->revision, revision) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
add_revision(Pending *pending, const char *revision, const char *checksum)
{
	int n = list_length(pending->found);

	for (int i = first_of(pending->all, revision); i < list_length(pending->all); i++)
	{
		MhRecorded *statement = list_nth(pending->all, i);

		if (strcmp(statement->revision, revision) != 0)
			break;
		if (!mh_texts_equal(statement->checksum, checksum))
		{
			add_unknown(pending, revision, MH_STATEMENT_OTHER_SCRIPT);
			return;
		}
		add_recorded(pending, statement);
	}
	if (list_length(pending->found) == n)
		add_unknown(pending, revision, MH_STATEMENT_NOT_RECORDED);
}

List *
mh_statements_of(const MhScripts *scripts, List *all, const MhStrings *revisions)
{
	Pending pending = {.all = all};

	for (int i = 0; i < revisions->n; i++)
	{
		int script = mh_scripts_find(scripts, revisions->v[i]);

		CHECK_FOR_INTERRUPTS();
		add_revision(&pending, revisions->v[i],
					 script < 0 ? NULL : scripts->facts[script].checksum);
	}
	if (pending.is_open)
		add_control(&pending, llast(pending.found), "COMMIT");
	return pending.found;
}
