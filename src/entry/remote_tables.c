/*-------------------------------------------------------------------------
 *
 * remote_tables.c
 *	  The version tables of a database elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote_schema.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"
#include "server/version_table/version_table.h"

/* $1: the names that version tables have.  Those of sessions and of the system are left out. */
static const char *const tables_query =
	"SELECT n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner)"
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relname = ANY ($1::pg_catalog.text[]) AND c.relkind IN ('r', 'p')"
	" AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
	" AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
	"  AND a.attname = 'version_num' AND NOT a.attisdropped)"
	" ORDER BY n.nspname, c.relname";

static void
add_table(int n, const char *const *values, void *state)
{
	List **tables = state;
	MhTableThere *table;

	if (n != 3 || values[0] == NULL || values[1] == NULL || values[2] == NULL)
		return;
	table = palloc0(sizeof(MhTableThere));
	table->schema = pstrdup(values[0]);
	table->name = pstrdup(values[1]);
	table->owner = pstrdup(values[2]);
	*tables = lappend(*tables, table);
}

/* Returns those of the projects, ordered by schema and name. */
static List *
find_tables(MhSource *source, List *projects)
{
	MhStrings names = {0, NULL};
	List *found = NIL;
	List *tables = NIL;
	ListCell *cell;

	foreach (cell, projects)
		mh_strings_add(&names, ((MhProject *) lfirst(cell))->version_table_name);
	source->query(source, tables_query, mh_array_text(&names), add_table, &found);
	foreach (cell, found)
	{
		MhTableThere *table = lfirst(cell);

		if (mh_project_of_table(projects, table->schema, table->name) != NULL)
			tables = lappend(tables, table);
	}
	return tables;
}

static char *
qualified_name(const MhTableThere *table)
{
	const char *schema = pstrdup(mh_quote_identifier(table->schema));

	return psprintf("%s.%s", schema, mh_quote_identifier(table->name));
}

static bool
is_named(const MhTableThere *table, const char *name)
{
	return strcmp(qualified_name(table), name) == 0 ||
		   strcmp(mh_quote_identifier(table->name), name) == 0;
}

pg_noreturn static void
raise_several(List *tables)
{
	MhStrings names = {0, NULL};
	ListCell *cell;

	foreach (cell, tables)
		mh_strings_add(&names, qualified_name(lfirst(cell)));
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_SEVERAL_VERSION_TABLES)),
					errmsg("there are several version tables"),
					errdetail("The database has %s.", mh_from_utf8(mh_enumerate(&names))),
					errhint("Name one of them in version_table, with its schema.")));
}

MhTableThere *
mh_table_there_choose(MhSource *source, List *projects, const char *name)
{
	List *tables = find_tables(source, projects);
	List *named = NIL;
	ListCell *cell;

	foreach (cell, tables)
		if (name == NULL || is_named(lfirst(cell), name))
			named = lappend(named, lfirst(cell));
	if (list_length(named) > 1)
		raise_several(named);
	if (named == NIL)
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_NO_VERSION_TABLE)),
						name == NULL ? errmsg("the database has no version table")
									 : errmsg("the database has no version table \"%s\"",
											  mh_from_utf8(pstrdup(name)))));
	return linitial(named);
}
