/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Reads the rows of version tables elsewhere: of those of trusted roles several in one query.
 *
 * Other tables are copied, because planning a query would run what their owners have put into
 * expressions, be it after the catalogs were read.
 *
 *-------------------------------------------------------------------------
 */
#include "server/fleet/fleet_private.h"

#include "server/base/query.h"

/* A cast would cut the blanks of char(n), which Alembic sees. */
static char *
value_of(const MhRemoteTable *table)
{
	return table->is_padded
			   ? pstrdup("pg_catalog.textin(pg_catalog.bpcharout(" MH_VERSION_COLUMN "))")
			   : pstrdup(MH_VERSION_COLUMN "::pg_catalog.text");
}

/*
 * The rows of one table in physical order, as a scan finds them. An id that is too long to be one does
 * not cross. A view, which only a caller who names it gets read, has no such order.
 */
static void
append_select(StringInfo text, const MhRemoteTable *table, int number)
{
	char *value = value_of(table);
	const char *order = table->table.relkind == 'r' || table->table.relkind == 'p'
							? " ORDER BY tableoid, ctid"
							: "";

	appendStringInfo(text,
					 "%s(SELECT %d::pg_catalog.int4 AS number, " MH_VERSION_COLUMN " IS NULL,"
					 " CASE WHEN pg_catalog.octet_length(%s) <= %d THEN %s END FROM %s%s LIMIT %d)",
					 number == 0 ? "" : " UNION ALL ", number, value, MH_MAX_ROW_BYTES, value,
					 mh_from_utf8(mh_version_table_name(&table->table)), order, MH_MAX_ROWS + 1);
}

static void
add_row(const char *const *values, void *into)
{
	List *tables = into;
	int number = values[0] ? (int) strtol(values[0], NULL, 10) : -1;
	MhVersionTable *table;

	if (number < 0 || number >= list_length(tables))
		return;
	table = &((MhRemoteTable *) list_nth(tables, number))->table;
	if (table->rows.n + table->null_rows + table->long_rows >= MH_MAX_ROWS)
		table->has_more_rows = table->is_cut = true;
	else if (mh_remote_true(values[1]))
		table->null_rows++;
	else if (values[2] == NULL)
		mh_version_table_note_long_row(table);
	else
		mh_strings_add(&table->rows, values[2]);
}

static MhRemoteQuery
select_rows(List *tables)
{
	StringInfoData text;
	ListCell *cell;
	int n = 0;

	initStringInfo(&text);
	foreach (cell, tables)
		append_select(&text, lfirst(cell), n++);
	return (MhRemoteQuery){.text = text.data, .columns = 3, .sink = add_row, .into = tables};
}

static void
add_copied(const char *const *values, void *into)
{
	const char *row[] = {"0", values[0] == NULL ? "t" : "f", values[0]};

	if (row[2] != NULL && strlen(row[2]) > MH_MAX_ROW_BYTES)
		row[2] = NULL;
	add_row(row, into);
}

static MhRemoteQuery
copy_rows(List *tables)
{
	MhRemoteTable *table = linitial(tables);
	const char *name = table->members.n == 0 ? mh_version_table_name(&table->table)
											 : table->members.v[table->n_copied++];

	table->is_wanted = table->n_copied < table->members.n;
	return (MhRemoteQuery){
		.text = psprintf("COPY %s (" MH_VERSION_COLUMN ") TO STDOUT", mh_from_utf8(pstrdup(name))),
		.columns = 1,
		.is_copy = true,
		.is_short = true,
		.sink = add_copied,
		.into = tables};
}

MhRemoteQuery
mh_rows_query(List *tables)
{
	ListCell *cell;

	foreach (cell, tables)
	{
		MhRemoteTable *table = lfirst(cell);

		table->is_wanted = false;
		table->table.access = MH_ACCESS_READ;
	}
	return ((MhRemoteTable *) linitial(tables))->is_copied ? copy_rows(tables)
														   : select_rows(tables);
}

/* 55P03: somebody has locked it meanwhile, or waits for it with a lock that would come first. */
void
mh_rows_failed(List *tables, const MhError *err)
{
	ListCell *cell;

	foreach (cell, tables)
	{
		MhVersionTable *table = &((MhRemoteTable *) lfirst(cell))->table;

		((MhRemoteTable *) lfirst(cell))->is_wanted = false;
		table->rows = (MhStrings){0, NULL, 0};
		table->null_rows = table->long_rows = 0;
		table->has_more_rows = table->is_cut = false;
		if (strcmp(err->sqlstate, "55P03") == 0)
			mh_version_table_is_busy(table);
		else
			mh_version_table_refuse(
				table, MH_ACCESS_UNREADABLE,
				psprintf("%s cannot be read: %s.", mh_version_table_name(table), err->message));
	}
}
