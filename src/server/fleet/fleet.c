/*-------------------------------------------------------------------------
 *
 * fleet.c
 *	  Asks databases elsewhere about their version tables, all at the same time.
 *
 * Each conversation is a row of stages. Most of them are left out for most databases: a round trip
 * is what costs.
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "core/base/wording.h"

/* Tables whose rows are read by one query; with a tenant in each schema there are thousands. */
#define ROWS_AT_ONCE 100

typedef enum Stage
{
	STAGE_QUICK,
	STAGE_TABLES,
	STAGE_ROWS,
	STAGE_SCHEMAS,
	STAGE_LOOKALIKES,
	STAGE_SESSIONS,
	STAGE_BLOCKERS,
	STAGE_LOOK,
	STAGE_DONE
} Stage;

typedef struct Conversation
{
	MhFleet *fleet;
	MhRemoteDatabase *database;
	MhRemote *remote;   /* NULL: the caller may not connect */
	Stage stage;        /* the next one to be tried */
	List *asked;        /* the tables whose rows the last query was for */
	List *alone;        /* tables to be read one by one, because a query for several failed */
	MhLooking *looking; /* NULL: not yet, or nobody looks */
	MhTableSink sink;
	bool is_quick; /* the tables are those of the quick query */
	const char *parameters[2];
	MhError refusal;
} Conversation;

MhFleet *
mh_fleet_begin(List *projects, const char *schema, const char *name)
{
	MhFleet *fleet = palloc0(sizeof(MhFleet));
	MhStrings names = {0, NULL};

	if (name != NULL)
		mh_strings_add(&names, name);
	else
		names = mh_version_table_names(projects);
	fleet->projects = projects;
	fleet->schema = schema;
	fleet->name = name;
	fleet->names = mh_array_literal(&names, 0);
	fleet->quick_text = mh_quick_text(&names);
	return fleet;
}

void
mh_fleet_look_with(MhFleet *fleet, MhFleetLook look, void *into)
{
	fleet->look = look;
	fleet->into = into;
}

/* ---------- stages ---------- */

static MhRemoteQuery
no_query(void)
{
	return (MhRemoteQuery){.text = NULL};
}

static List *
next_tables(Conversation *talk)
{
	List *tables = NIL;
	ListCell *cell;

	if (talk->alone != NIL)
	{
		tables = list_make1(linitial(talk->alone));
		talk->alone = list_delete_first(talk->alone);
		return tables;
	}
	foreach (cell, talk->database->tables)
	{
		MhRemoteTable *table = lfirst(cell);

		if (!table->is_wanted)
			continue;
		if (table->is_copied && tables == NIL)
			return list_make1(table);
		if (!table->is_copied && list_length(tables) < ROWS_AT_ONCE)
			tables = lappend(tables, table);
	}
	return tables;
}

/* What the last query for rows could not read: of several tables each is tried by itself. */
static void
look_at_rows(Conversation *talk)
{
	const MhError *err = mh_remote_query_error(talk->remote);

	if (talk->asked == NIL || err == NULL)
		return;
	mh_rows_failed(talk->asked, err);
	if (list_length(talk->asked) > 1)
		talk->alone = list_concat(talk->alone, talk->asked);
}

static int
compare_tables(const ListCell *left, const ListCell *right)
{
	const MhVersionTable *a = &((MhRemoteTable *) lfirst(left))->table;
	const MhVersionTable *b = &((MhRemoteTable *) lfirst(right))->table;
	int order = strcmp(a->schema, b->schema);

	return order ? order : strcmp(a->name, b->name);
}

/* A server that lies may show a table many times, and each would be read and judged. */
static void
drop_repeated(MhRemoteDatabase *database)
{
	List *tables = NIL;
	ListCell *cell;

	list_sort(database->tables, compare_tables);
	foreach (cell, database->tables)
		if (tables == NIL || compare_tables(list_last_cell(tables), cell) != 0)
			tables = lappend(tables, lfirst(cell));
	database->tables = tables;
}

static MhRemoteQuery
ask_rows(Conversation *talk)
{
	if (talk->asked == NIL)
		drop_repeated(talk->database);
	look_at_rows(talk);
	talk->asked = next_tables(talk);
	return talk->asked == NIL ? no_query() : mh_rows_query(talk->asked);
}

static MhRemoteQuery
ask_tables(Conversation *talk)
{
	talk->is_quick = mh_remote_query_error(talk->remote) == NULL && mh_quick_suffices(&talk->sink);
	if (talk->is_quick)
		return no_query();
	return mh_tables_query(talk->fleet, talk->parameters, &talk->sink);
}

/* Not even a copy: somebody has locked or changed the table meanwhile.  Everything is asked. */
static void
look_at_quick(Conversation *talk)
{
	if (talk->stage != STAGE_ROWS || !talk->is_quick || talk->asked == NIL ||
		mh_remote_query_error(talk->remote) == NULL)
		return;
	mh_quick_forget(&talk->sink);
	talk->asked = NIL;
	talk->stage = STAGE_TABLES;
}

static bool
needs_schemas(const MhRemoteDatabase *database)
{
	ListCell *cell;

	foreach (cell, database->tables)
	{
		const MhVersionTable *table = &((MhRemoteTable *) lfirst(cell))->table;

		if (table->access == MH_ACCESS_READ && table->rows.n == 0)
			return true;
	}
	return database->tables == NIL;
}

static bool
needs_sessions(const MhRemoteDatabase *database)
{
	ListCell *cell;

	foreach (cell, database->tables)
		if (((MhRemoteTable *) lfirst(cell))->is_locked)
			return true;
	return false;
}

/* When every table is known. */
static void
decide(Conversation *talk)
{
	List *tables = NIL;
	ListCell *cell;

	foreach (cell, talk->database->tables)
		tables = lappend(tables, &((MhRemoteTable *) lfirst(cell))->table);
	mh_version_tables_decide(talk->fleet->projects, tables);
}

static MhRemoteQuery
look(Conversation *talk)
{
	if (talk->fleet->look == NULL)
		return no_query();
	if (talk->looking == NULL)
	{
		decide(talk);
		talk->looking = mh_looking_begin(talk->fleet, talk->database, talk->remote);
	}
	return mh_looking_next(talk->looking);
}

static MhRemoteQuery
query_of(Conversation *talk, Stage stage)
{
	switch (stage)
	{
		case STAGE_QUICK:
			return mh_quick_query(talk->fleet, &talk->sink);
		case STAGE_TABLES:
			return ask_tables(talk);
		case STAGE_ROWS:
			return ask_rows(talk);
		case STAGE_SCHEMAS:
			return needs_schemas(talk->database)
					   ? mh_schemas_query(talk->database, talk->parameters)
					   : no_query();
		case STAGE_LOOKALIKES:
			return talk->database->tables == NIL ? mh_lookalikes_query(talk->database) : no_query();
		case STAGE_SESSIONS:
			return needs_sessions(talk->database)
					   ? mh_table_sessions_query(talk->database, talk->parameters)
					   : no_query();
		case STAGE_BLOCKERS:
			return mh_session_blockers_query(talk->database, talk->parameters);
		case STAGE_LOOK:
			return look(talk);
		case STAGE_DONE:
			break;
	}
	return no_query();
}

/* Without the tables nothing is known; without what stands around them the rows still are. */
static bool
has_failed(const Conversation *talk)
{
	return talk->stage == STAGE_ROWS && talk->asked == NIL && talk->database->tables == NIL &&
		   mh_remote_query_error(talk->remote) != NULL;
}

static void
ask_next(MhRemote *remote, void *into)
{
	Conversation *talk = into;

	if (has_failed(talk))
		talk->stage = STAGE_DONE;
	look_at_quick(talk);
	while (talk->stage != STAGE_DONE)
	{
		MhRemoteQuery query = query_of(talk, talk->stage);

		/* these are repeated until they have everything */
		if (query.text == NULL || (talk->stage != STAGE_ROWS && talk->stage != STAGE_LOOK))
			talk->stage++;
		if (talk->fleet->keeps && talk->stage > STAGE_ROWS)
			talk->stage = STAGE_DONE;
		if (query.text == NULL)
			continue;
		mh_remote_ask(remote, &query);
		return;
	}
	if (talk->fleet->keeps)
		mh_remote_keep(remote);
}

/* ---------- all together ---------- */

static Conversation *
begin_conversation(MhFleet *fleet, const MhRemoteServer *server, MhRemoteLimits limits)
{
	Conversation *talk = palloc0(sizeof(Conversation));

	talk->fleet = fleet;
	talk->database = palloc0(sizeof(MhRemoteDatabase));
	talk->database->server = server;
	talk->database->kept = palloc0(sizeof(MhRemoteKept));
	talk->sink = (MhTableSink){fleet, talk->database};
	if (server->refusal.sqlstate == NULL)
		talk->remote = mh_remote_new(server, limits, ask_next, talk);
	return talk;
}

static void
refuse(Conversation *talk)
{
	const MhError *err = mh_remote_query_error(talk->remote);

	mh_fail(&talk->refusal, err == NULL ? "08P01" : err->sqlstate, "server \"%s\" is unreachable",
			talk->database->server->name);
	if (err == NULL)
		talk->refusal.detail = pstrdup("It did not say which database it is.");
	else
		mh_fail_detail(&talk->refusal, "It refused a query: %s.", err->message);
	talk->database->failure = &talk->refusal;
}

/*
 * A table of somebody who is not trusted may be as large as he likes. That must not hide the others:
 * such tables are read last.
 */
static void
leave_copies(Conversation *talk, const MhError *failure)
{
	MhError err = {failure->sqlstate, pnstrdup(failure->detail, strlen(failure->detail) - 1), NULL,
				   NULL};
	ListCell *cell;

	mh_rows_failed(talk->asked, &err);
	foreach (cell, talk->database->tables)
		if (((MhRemoteTable *) lfirst(cell))->is_wanted)
			mh_rows_failed(list_make1(lfirst(cell)), &err);
	talk->database->unread = failure->detail;
	look(talk);
}

static const MhError *
failure_of(Conversation *talk)
{
	const MhError *failure;

	if (talk->remote == NULL)
		return &talk->database->server->refusal;
	failure = mh_remote_failure(talk->remote);
	if (failure != NULL && mh_is_limit(failure) && talk->asked != NIL &&
		((MhRemoteTable *) linitial(talk->asked))->is_copied)
		leave_copies(talk, failure);
	if (mh_remote_failure(talk->remote) != NULL &&
		(talk->looking == NULL || !mh_looking_end(talk->looking)))
		return mh_remote_failure(talk->remote);
	return NULL;
}

static MhRemoteDatabase *
end_conversation(Conversation *talk)
{
	MhRemoteDatabase *database = talk->database;

	database->took = talk->remote == NULL ? -1 : mh_remote_took(talk->remote);
	database->failure = failure_of(talk);
	if (database->failure == NULL && database->name == NULL)
		refuse(talk);
	if (talk->looking == NULL)
		decide(talk);
	return database;
}

List *
mh_fleet_read(MhFleet *fleet, const List *servers, MhRemoteLimits limits)
{
	List *conversations = NIL;
	List *remotes = NIL;
	List *databases = NIL;
	ListCell *cell;

	foreach (cell, servers)
	{
		Conversation *talk = begin_conversation(fleet, lfirst(cell), limits);

		conversations = lappend(conversations, talk);
		if (talk->remote != NULL)
			remotes = lappend(remotes, talk->remote);
	}
	mh_remote_run(remotes);
	foreach (cell, conversations)
		databases = lappend(databases, end_conversation(lfirst(cell)));
	return databases;
}

MhRemoteDatabase *
mh_fleet_read_one(MhFleet *fleet, const MhRemoteServer *server, MhRemoteLimits limits,
				  MhRemote **remote)
{
	Conversation *talk = begin_conversation(fleet, server, limits);

	fleet->keeps = true;
	if (talk->remote != NULL)
		mh_remote_run(list_make1(talk->remote));
	*remote = talk->remote;
	return end_conversation(talk);
}

bool
mh_remote_has_user_tables(const MhRemoteDatabase *database, const MhRemoteTable *table)
{
	int counting = 0;
	ListCell *cell;

	foreach (cell, database->tables)
		counting += ((MhRemoteTable *) lfirst(cell))->table.counts;
	if (table == NULL || counting == 1)
		return database->schemas.n > 0;
	return mh_strings_contain(&database->schemas, table->table.schema);
}
