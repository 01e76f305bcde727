/*-------------------------------------------------------------------------
 *
 * ignored.c
 *	  Reads and writes mighead.ignored, the differences that somebody accepted.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "server/base/own_table.h"
#include "server/base/query.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

static const char *const ignored_columns[] = MH_NAMES("object", "attribute", "ignored_at", "until");

/*
 * Runs after a delete under the lock on the project, because the tables of 0.1.0 have another key.
 */
static const char *const write_statement =
	"INSERT INTO mighead.ignored (project, object, attribute, reason, until, ignored_by)"
	" VALUES ($1, $2, coalesce($3, ''), $4, $5, session_user)";

static const char *const delete_statement =
	"DELETE FROM mighead.ignored WHERE project = $1 AND object = $2"
	" AND coalesce(attribute, '') = coalesce($3, '')";

/* All attributes: '' here, NULL in tables of 0.1.0. */
static void
add_ignored(const Datum *values, const bool *nulls, void *into)
{
	List **all = into;
	MhIgnored *ignored;

	if (!nulls[3] && DatumGetTimestampTz(values[3]) <= GetCurrentTransactionStartTimestamp())
		return;
	ignored = palloc0(sizeof(MhIgnored));
	ignored->object = mh_to_utf8(TextDatumGetCString(values[0]));
	if (!nulls[1] && VARSIZE_ANY_EXHDR(DatumGetTextPP(values[1])) > 0)
		ignored->attribute = mh_to_utf8(TextDatumGetCString(values[1]));
	ignored->at = DatumGetTimestampTz(values[2]);
	*all = lappend(*all, ignored);
}

List *
mh_ignored_read(const char *project)
{
	static const MhOwnColumns columns =
		MH_NAMES("ignored", lengthof(ignored_columns), ignored_columns);
	List *ignored = NIL;

	mh_own_table_each(&columns, "project", project, add_ignored, &ignored);
	return ignored;
}

static bool
is_like(const char *text, const char *pattern)
{
	if (strcmp(text, pattern) == 0)
		return true;
	return DatumGetBool(DirectFunctionCall2Coll(textlike, C_COLLATION_OID, mh_text_datum(text),
												mh_text_datum(pattern)));
}

bool
mh_is_ignored(const List *ignored, const char *shown, const char *relative, const char *attribute)
{
	ListCell *cell;

	foreach (cell, ignored)
	{
		const MhIgnored *one = lfirst(cell);

		if (one->attribute != NULL && (attribute == NULL || strcmp(one->attribute, attribute) != 0))
			continue;
		if (is_like(shown, one->object) || is_like(relative, one->object))
			return true;
	}
	return false;
}

TimestampTz
mh_finding_accepted(const List *ignored, const char *object, const char *code)
{
	TimestampTz at = 0;
	ListCell *cell;

	foreach (cell, ignored)
	{
		const MhIgnored *one = lfirst(cell);

		if (one->attribute != NULL && strcmp(one->attribute, code) == 0 &&
			is_like(object, one->object))
			at = Max(at, one->at);
	}
	return at;
}

static uint64
execute(const char *statement, int n, Oid *types, Datum *values, const bool *nulls, int expected)
{
	uint64 rows;

	SPI_connect();
	rows = mh_write(statement, n, types, values, nulls, expected);
	SPI_finish();
	return rows;
}

bool
mh_ignored_delete(MhStore *store, const MhIgnored *ignored)
{
	Oid types[3] = {TEXTOID, TEXTOID, TEXTOID};
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_text_datum(ignored->object);
	values[2] = mh_text_datum_or_null(ignored->attribute, &nulls[2]);
	return execute(delete_statement, 3, types, values, nulls, SPI_OK_DELETE) > 0;
}

void
mh_ignored_write(MhStore *store, const MhIgnored *ignored, const char *reason,
				 const TimestampTz *until)
{
	Oid types[5] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum values[5];
	bool nulls[5] = {false};

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_text_datum(ignored->object);
	values[2] = mh_text_datum_or_null(ignored->attribute, &nulls[2]);
	values[3] = mh_text_datum(reason);
	values[4] = until ? TimestampTzGetDatum(*until) : (Datum) 0;
	nulls[4] = until == NULL;
	(void) mh_ignored_delete(store, ignored);
	execute(write_statement, 5, types, values, nulls, SPI_OK_INSERT);
}
