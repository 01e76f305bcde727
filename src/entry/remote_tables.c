/*-------------------------------------------------------------------------
 *
 * remote_tables.c
 *	  The version tables of a database elsewhere, read in the transaction that reads its schema.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote_schema.h"
#include "nodes/value.h"
#include "server/expected/expected.h"
#include "server/fleet/fleet.h"
#include "server/version_table/version_table.h"
#include "utils/regproc.h"

/* One database of thousands of tables with their comments and views. */
#define MOST_BYTES (512 * 1024 * 1024)

static const MhRemoteLimits limits = {60 * 1000, MOST_BYTES, MOST_BYTES};

MhTableName
mh_table_name_there(const char *text)
{
	MhTableName name = {NULL, NULL};
	List *parts;

	if (text == NULL)
		return name;
	parts = stringToQualifiedNameList(mh_from_utf8(text), NULL);
	if (list_length(parts) > 2)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("improper qualified name (too many dotted names): %s",
							   mh_from_utf8(text))));
	name.schema = list_length(parts) == 2 ? mh_to_utf8(strVal(linitial(parts))) : NULL;
	name.name = mh_to_utf8(strVal(llast(parts)));
	return name;
}

void
mh_require_table_there(const MhRemoteDatabase *database, const char *version_table)
{
	if (version_table != NULL && database->failure == NULL && database->tables == NIL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation %s does not exist on server \"%s\"",
							   mh_from_utf8(version_table), mh_from_utf8(database->server->name))));
}

static const MhElsewhere *
elsewhere(MhSource *source, const char *owner)
{
	MhElsewhere *there = palloc0(sizeof(MhElsewhere));

	there->source = source;
	there->owner = owner;
	return there;
}

MhVersionTable *
mh_default_table_there(MhSource *source, const char *owner, const MhProject *project)
{
	MhVersionTable *table = mh_version_table_default(project);

	table->there = elsewhere(source, owner);
	return table;
}

MhTablesThere
mh_tables_there(const MhRemoteServer *server, List *projects, const char *version_table)
{
	MhTableName name = mh_table_name_there(version_table);
	MhFleet *fleet = mh_fleet_begin(projects, name.schema, name.name);
	MhTablesThere there = {NULL};
	MhRemote *remote;
	MhRemoteDatabase *database = mh_fleet_read_one(fleet, server, limits, &remote);
	ListCell *cell;

	if (database->failure != NULL)
		mh_raise(database->failure);
	mh_require_table_there(database, version_table);
	there.source = mh_remote_source(remote);
	there.owner = database->owner;
	foreach (cell, database->tables)
	{
		MhRemoteTable *table = lfirst(cell);

		table->table.there = elsewhere(there.source, table->owner);
		there.tables = lappend(there.tables, &table->table);
	}
	if (version_table == NULL)
		there.tables = mh_version_tables_of(projects, there.tables, NULL);
	return there;
}

MhVersionTable *
mh_table_there(const MhRemoteServer *server, List *projects, const char *version_table)
{
	MhTablesThere there = mh_tables_there(server, projects, version_table);
	MhVersionTable *table = mh_version_table_only(there.tables, " on the server");

	if (table == NULL)
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_NO_VERSION_TABLE)),
						errmsg("there is no version table on the server")));
	return table;
}
