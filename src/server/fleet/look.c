/*-------------------------------------------------------------------------
 *
 * look.c
 *	  Lets somebody look at the version tables of a database elsewhere, and at its schema.
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "server/fleet/answers.h"

/* A schema is larger than the rows of its version table; thousands of tables have less than this. */
#define MOST_BYTES (64 * 1024 * 1024)

struct MhLooking
{
	const MhFleet *fleet;
	MhRemoteDatabase *database;
	MhRemote *remote;
	MhAnswers *answers;
	List *tables; /* of MhRemoteTable *, which are left; NULL: what the database has none of */
	bool is_asking;
	void *found;
};

static void
name_sources(MhRemoteDatabase *database)
{
	ListCell *cell;

	foreach (cell, database->tables)
	{
		MhRemoteTable *table = lfirst(cell);
		MhElsewhere *there = palloc0(sizeof(MhElsewhere));

		there->source = database->source;
		there->owner = table->owner;
		table->table.there = there;
	}
}

/* The connection is lost: nobody needs what it has sent. */
static void
free_answers(void *into)
{
	mh_answers_free(((MhLooking *) into)->answers);
}

MhLooking *
mh_looking_begin(MhFleet *fleet, MhRemoteDatabase *database, MhRemote *remote)
{
	MhLooking *looking = palloc0(sizeof(MhLooking));

	looking->fleet = fleet;
	looking->database = database;
	looking->remote = remote;
	looking->answers = mh_answers_begin(remote, &fleet->kept);
	looking->tables = list_copy(database->tables);
	if (list_length(looking->tables) != 1)
		looking->tables = lappend(looking->tables, NULL);
	database->source = mh_answers_source(looking->answers);
	name_sources(database);
	mh_remote_allow(remote, MOST_BYTES);
	mh_remote_on_failure(remote, free_answers, looking);
	return looking;
}

static void
look_at_first(void *state)
{
	MhLooking *looking = state;

	looking->found =
		looking->fleet->look(looking->database, linitial(looking->tables), looking->fleet->into);
}

/* Returns false if answers are missing. */
static bool
look_at_next(MhLooking *looking)
{
	char *failure = NULL;

	switch (mh_answers_try(looking->answers, look_at_first, looking, &failure))
	{
		case MH_TRIED_MISSING:
			return false;
		case MH_TRIED_FAILED:
			looking->database->unread = psprintf("%s.", failure);
			break;
		case MH_TRIED_DONE:
			if (looking->found != NULL)
				looking->database->found = lappend(looking->database->found, looking->found);
			looking->tables = list_delete_first(looking->tables);
	}
	return true;
}

MhRemoteQuery
mh_looking_next(MhLooking *looking)
{
	MhRemoteQuery query = {.text = NULL};

	if (looking->is_asking)
		mh_answers_end_of(looking->answers, mh_remote_query_error(looking->remote));
	for (;;)
	{
		query = mh_answers_next(looking->answers);
		looking->is_asking = query.text != NULL;
		if (looking->is_asking || looking->tables == NIL)
			break;
		if (look_at_next(looking))
			CHECK_FOR_INTERRUPTS();
	}
	if (looking->tables == NIL)
		mh_answers_free(looking->answers);
	return query;
}

bool
mh_is_limit(const MhError *failure)
{
	return strcmp(failure->sqlstate, "57014") == 0 || strcmp(failure->sqlstate, "54000") == 0;
}

bool
mh_looking_end(MhLooking *looking)
{
	const MhError *failure = mh_remote_failure(looking->remote);

	if (looking->tables == NIL)
		return true;
	if (!mh_is_limit(failure))
		return false;
	looking->database->unread = failure->detail;
	while (looking->tables != NIL)
		if (!look_at_next(looking))
			return false;
	return true;
}
