/*-------------------------------------------------------------------------
 *
 * remote_tables.c
 *	  The version tables of a database elsewhere, read in the transaction that reads its schema.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/remote_schema.h"
#include "catalog/pg_class.h"
#include "core/base/sql_names.h"
#include "core/base/wording.h"
#include "mb/pg_wchar.h"
#include "server/version_table/version_table.h"

/* Rows and bytes of a row that are read; one more says that there are others. */
#define MOST_ROWS 1000
#define MOST_BYTES 1000

/*
 * $1: the names that version tables have.  Planning a query on a table evaluates its expressions, so
 * that rows are read only of one that has none.
 */
static const char *const tables_query =
	"SELECT n.nspname, c.relname, r.rolname,"
	" a.atttypid IN (25, 1043) AND c.relkind = 'r' AND NOT c.relrowsecurity"
	"  AND NOT c.relhassubclass AND NOT c.relhasrules"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid"
	"   AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL))"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid"
	"   AND k.contype NOT IN ('p', 'u', 'f', 'n', 't'))"
	"  AND NOT EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s WHERE s.stxrelid = c.oid),"
	" EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = c.oid"
	"  AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'"
	"  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()"
	"  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
	"   WHERE d.datname = pg_catalog.current_database()))"
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'version_num'"
	"  AND NOT a.attisdropped"
	" LEFT JOIN pg_catalog.pg_roles r ON r.oid = c.relowner"
	" WHERE c.relname = ANY ($1::pg_catalog.text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
	" AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
	" ORDER BY n.nspname, c.relname";

enum
{
	SCHEMA,
	NAME,
	OWNER,
	IS_SAFE,
	IS_LOCKED,
	COLUMNS
};

typedef struct Tables
{
	MhSource *source;
	List *projects;
	List *found; /* of MhVersionTable * */
} Tables;

static void
set_access(MhVersionTable *table, const char *const *values)
{
	if (values[IS_LOCKED] != NULL && values[IS_LOCKED][0] == 't')
	{
		table->access = MH_ACCESS_BUSY;
		table->reason = pstrdup("Another session holds a lock on it.");
	}
	else if (values[IS_SAFE] == NULL || values[IS_SAFE][0] != 't')
	{
		table->access = MH_ACCESS_UNREADABLE;
		table->reason =
			pstrdup("It is no ordinary table with a column of a text type, or has expressions "
					"or row security, so that reading it could run somebody's code.");
	}
}

static void
add_table(int n, const char *const *values, void *state)
{
	Tables *tables = state;
	MhVersionTable *table;
	MhElsewhere *there;

	if (n != COLUMNS || values[SCHEMA] == NULL || values[NAME] == NULL ||
		mh_project_of_table(tables->projects, values[SCHEMA], values[NAME]) == NULL)
		return;
	there = palloc0(sizeof(MhElsewhere));
	there->source = tables->source;
	there->owner = values[OWNER] == NULL ? NULL : pstrdup(values[OWNER]);
	table = palloc0(sizeof(MhVersionTable));
	table->schema = pstrdup(values[SCHEMA]);
	table->name = pstrdup(values[NAME]);
	table->relkind = RELKIND_RELATION;
	table->access = MH_ACCESS_READ;
	table->there = there;
	set_access(table, values);
	tables->found = lappend(tables->found, table);
}

/* An identifier of ASCII characters: U&"..." */
static void
append_identifier(StringInfo out, const char *name)
{
	appendStringInfoString(out, "U&\"");
	while (*name != '\0')
	{
		int length = pg_utf_mblen((const unsigned char *) name);
		uint32 code = utf8_to_unicode((const unsigned char *) name);

		if (code < 0x80 && code != '"' && code != '\\')
			appendStringInfoChar(out, (char) code);
		else
			appendStringInfo(out, "\\+%06X", code);
		name += length;
	}
	appendStringInfoChar(out, '"');
}

static void
add_row(int n, const char *const *values, void *state)
{
	MhVersionTable *table = state;

	if (n != 1 || values[0] == NULL)
		table->null_rows++;
	else if (strlen(values[0]) > MOST_BYTES)
		table->long_rows++;
	else if (table->rows.n < MOST_ROWS)
		mh_strings_add(&table->rows, values[0]);
	else
		table->has_more_rows = true;
	table->is_cut = table->long_rows > 0 || table->has_more_rows;
}

static void
read_rows(MhVersionTable *table)
{
	MhSource *source = table->there->source;
	MemoryContext caller = CurrentMemoryContext;
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query,
					 "SELECT pg_catalog.substr(version_num::pg_catalog.text, 1, %d) FROM ONLY ",
					 MOST_BYTES + 1);
	append_identifier(&query, table->schema);
	appendStringInfoChar(&query, '.');
	append_identifier(&query, table->name);
	appendStringInfo(&query, " LIMIT %d", MOST_ROWS + 1);
	PG_TRY();
	{
		source->query(source, query.data, NULL, add_row, table);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
			error->sqlerrcode != ERRCODE_INSUFFICIENT_PRIVILEGE)
			PG_RE_THROW();
		FlushErrorState();
		table->access =
			error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ? MH_ACCESS_BUSY : MH_ACCESS_UNREADABLE;
		table->reason = psprintf("It cannot be read: %s.", mh_to_utf8(error->message));
	}
	PG_END_TRY();
}

static bool
is_named(const MhVersionTable *table, const char *name)
{
	return strcmp(mh_version_table_name(table), name) == 0 ||
		   strcmp(mh_quote_identifier(table->name), name) == 0;
}

List *
mh_tables_there(MhSource *source, List *projects, const char *name)
{
	Tables tables = {source, projects, NIL};
	MhStrings names = {0, NULL};
	List *named = NIL;
	ListCell *cell;

	foreach (cell, projects)
		mh_strings_add(&names, ((MhProject *) lfirst(cell))->version_table_name);
	source->query(source, tables_query, mh_array_text(&names), add_table, &tables);
	foreach (cell, tables.found)
	{
		MhVersionTable *table = lfirst(cell);

		if (name != NULL && !is_named(table, name))
			continue;
		if (table->access == MH_ACCESS_READ)
			read_rows(table);
		named = lappend(named, table);
	}
	if (name != NULL && named == NIL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("version table \"%s\" does not exist on the server",
							   mh_from_utf8(pstrdup(name)))));
	return named;
}

MhVersionTable *
mh_table_there(MhSource *source, List *projects, const char *name)
{
	List *tables = mh_tables_there(source, projects, name);
	MhStrings names = {0, NULL};
	ListCell *cell;

	if (list_length(tables) == 1)
		return linitial(tables);
	if (tables == NIL)
		ereport(ERROR, (errcode(mh_sqlstate(MHERR_NO_VERSION_TABLE)),
						errmsg("there is no version table on the server")));
	foreach (cell, tables)
		mh_strings_add(&names, mh_version_table_name(lfirst(cell)));
	ereport(ERROR, (errcode(mh_sqlstate(MHERR_SEVERAL_VERSION_TABLES)),
					errmsg("there are several version tables on the server"),
					errdetail("They are %s.", mh_from_utf8(mh_enumerate(&names))),
					errhint("Name one of them as version_table.")));
}
