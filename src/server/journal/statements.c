/*-------------------------------------------------------------------------
 *
 * statements.c
 *	  Reads and writes mighead.statement: what each captured step ran.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "server/base/own_table.h"
#include "server/base/query.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define WRITE_PARAMETERS 9

static const char *const forget_statement =
	"DELETE FROM mighead.statement WHERE project = $1 AND revision = $2";

static const char *const write_statement =
	"INSERT INTO mighead.statement (project, revision, ordinal, statement, in_transaction, role,"
	" search_path, state, checksum) VALUES ($1, $2, coalesce($3, (SELECT max(ordinal) + 1"
	" FROM mighead.statement WHERE project = $1 AND revision = $2)), $4, $5, $6, $7, $8,"
	" coalesce($9, (SELECT checksum FROM mighead.revision WHERE project = $1 AND revision = $2)))";

static const char *const complete_query =
	"SELECT bool_and(s.state NOT IN ('" MH_STATEMENT_INCOMPLETE "', '" MH_STATEMENT_CUT
	"', '" MH_STATEMENT_UNRECORDABLE
	"') AND s.checksum IS NOT DISTINCT FROM r.checksum) IS TRUE FROM mighead.statement AS s"
	" LEFT JOIN mighead.revision AS r USING (project, revision)"
	" WHERE s.project = $1 AND s.revision = $2";

static const char *const prune_statement =
	"DELETE FROM mighead.statement AS s WHERE project = $1 AND NOT EXISTS"
	" (SELECT FROM mighead.revision AS r WHERE r.project = s.project AND r.revision = s.revision)";

bool
mh_statements_exist(void)
{
	Oid schema = get_namespace_oid("mighead", true);

	return OidIsValid(schema) && OidIsValid(get_relname_relid("statement", schema));
}

/* ---------- writing ---------- */

/* Within mh_begin_writing and SPI_connect.  ordinal -1: the next one. */
static void
write_row(const char *project, const char *revision, const char *checksum,
		  const MhRecorded *statement, int ordinal)
{
	Oid types[WRITE_PARAMETERS] = {TEXTOID, TEXTOID, INT4OID, TEXTOID, BOOLOID,
								   TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	Datum values[WRITE_PARAMETERS];
	bool nulls[WRITE_PARAMETERS] = {false};

	values[0] = mh_text_datum(project);
	values[1] = mh_text_datum(revision);
	values[2] = Int32GetDatum(ordinal);
	nulls[2] = ordinal < 0;
	values[3] = mh_text_datum_or_null(statement->text, &nulls[3]);
	values[4] = BoolGetDatum(statement->in_transaction);
	values[5] = mh_text_datum(statement->role);
	values[6] = mh_text_datum(statement->search_path);
	values[7] = mh_text_datum(statement->state);
	values[8] = mh_text_datum_or_null(checksum, &nulls[8]);
	mh_write(write_statement, WRITE_PARAMETERS, types, values, nulls, SPI_OK_INSERT);
}

void
mh_statements_write(const char *project, const char *revision, const char *checksum,
					const MhRecorded *statements, int n)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(project), mh_text_datum(revision)};
	MhIdentity identity = mh_begin_writing();

	SPI_connect();
	mh_write(forget_statement, 2, types, values, NULL, SPI_OK_DELETE);
	for (int i = 0; i < n; i++)
		write_row(project, revision, checksum, &statements[i], statements[i].ordinal);
	SPI_finish();
	mh_end(&identity);
}

void
mh_statements_append(const char *project, const char *revision, const MhRecorded *statement)
{
	MhIdentity identity = mh_begin_writing();

	SPI_connect();
	write_row(project, revision, NULL, statement, -1);
	SPI_finish();
	mh_end(&identity);
}

bool
mh_statements_are_complete(const char *project, const char *revision)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {mh_text_datum(project), mh_text_datum(revision)};
	MhIdentity identity = mh_begin_writing();
	bool is_null;
	bool complete;

	SPI_connect();
	mh_write(complete_query, 2, types, values, NULL, SPI_OK_SELECT);
	complete =
		DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	SPI_finish();
	mh_end(&identity);
	return complete;
}

void
mh_statements_prune(const char *project)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(project)};

	if (!mh_statements_exist())
		return;
	SPI_connect();
	mh_write(prune_statement, 1, types, values, NULL, SPI_OK_DELETE);
	SPI_finish();
}

/* ---------- reading ---------- */

static const char *const columns[] = MH_NAMES("revision", "ordinal", "statement", "in_transaction",
											  "role", "search_path", "state", "checksum");

/* The constant of a stored state.  What is none is not known, as is what was cut. */
static const char *
state_of(const char *stored)
{
	static const char *const states[] =
		MH_NAMES(MH_STATEMENT_RECORDED, MH_STATEMENT_READS, MH_STATEMENT_COPY, MH_STATEMENT_CUT,
				 MH_STATEMENT_INCOMPLETE, MH_STATEMENT_EMPTY, MH_STATEMENT_UNRECORDABLE);

	for (size_t i = 0; i < lengthof(states); i++)
		if (strcmp(states[i], stored) == 0)
			return states[i];
	return MH_STATEMENT_INCOMPLETE;
}

static void
add_statement(const Datum *values, const bool *nulls, void *into)
{
	List **statements = into;
	MhRecorded *statement = palloc0(sizeof(MhRecorded));

	statement->revision = mh_text_or_null(values[0], nulls[0]);
	statement->ordinal = DatumGetInt32(values[1]);
	statement->text = mh_text_or_null(values[2], nulls[2]);
	statement->in_transaction = DatumGetBool(values[3]);
	statement->role = mh_text_or_null(values[4], nulls[4]);
	statement->search_path = mh_text_or_null(values[5], nulls[5]);
	statement->state = state_of(TextDatumGetCString(values[6]));
	statement->checksum = mh_text_or_null(values[7], nulls[7]);
	*statements = lappend(*statements, statement);
}

static int
compare_statements(const ListCell *left, const ListCell *right)
{
	const MhRecorded *a = lfirst(left);
	const MhRecorded *b = lfirst(right);
	int order = strcmp(a->revision, b->revision);

	return order != 0 ? order : a->ordinal - b->ordinal;
}

List *
mh_statements_read(const char *project, bool *permitted)
{
	static const MhOwnColumns own = MH_NAMES("statement", lengthof(columns), columns);
	List *statements = NIL;

	*permitted = true;
	if (!mh_statements_exist())
		return NIL;
	*permitted = mh_may_read("statement");
	if (!*permitted)
		return NIL;
	mh_own_table_each(&own, "project", project, add_statement, &statements);
	list_sort(statements, compare_statements);
	return statements;
}
