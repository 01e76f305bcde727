/*-------------------------------------------------------------------------
 *
 * document_statements.c
 *	  The recorded statements of a document.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/document.h"

/* ---------- writing ---------- */

static void
put_statement(StringInfo json, const MhRecorded *statement)
{
	appendStringInfoChar(json, '{');
	mh_json_number(json, "ordinal", statement->ordinal, false);
	mh_json_text(json, "statement", statement->text);
	mh_json_bool(json, "in_transaction", statement->in_transaction);
	mh_json_text(json, "role", statement->role);
	mh_json_text(json, "search_path", statement->search_path);
	mh_json_text(json, "state", statement->state);
	appendStringInfoChar(json, '}');
}

static void
begin_step(StringInfo json, const MhRecorded *statement)
{
	appendStringInfoChar(json, '{');
	mh_json_text(json, "revision", statement->revision);
	mh_json_text(json, "checksum", statement->checksum);
	mh_json_key(json, "step");
	appendStringInfoChar(json, '[');
}

void
mh_document_write_statements(StringInfo json, const List *statements)
{
	const MhRecorded *before = NULL;
	ListCell *cell;

	mh_json_key(json, "statements");
	appendStringInfoChar(json, '[');
	foreach (cell, statements)
	{
		const MhRecorded *statement = lfirst(cell);
		bool is_first = before == NULL || strcmp(before->revision, statement->revision) != 0;

		CHECK_FOR_INTERRUPTS();
		if (is_first && before != NULL)
			appendStringInfoString(json, "]},");
		if (is_first)
			begin_step(json, statement);
		else
			appendStringInfoChar(json, ',');
		put_statement(json, statement);
		before = statement;
	}
	appendStringInfoString(json, before == NULL ? "]" : "]}]");
}

/* ---------- reading ---------- */

static const char *
read_state(const MhJsonObject *element, bool has_text)
{
	static const char *const with_text[] = {MH_STATEMENT_RECORDED, MH_STATEMENT_READS,
											MH_STATEMENT_COPY, MH_STATEMENT_CUT,
											MH_STATEMENT_UNRECORDABLE};
	static const char *const without[] = {MH_STATEMENT_CUT, MH_STATEMENT_INCOMPLETE,
										  MH_STATEMENT_EMPTY, MH_STATEMENT_UNRECORDABLE};
	const char *const *states = has_text ? with_text : without;
	size_t n = has_text ? lengthof(with_text) : lengthof(without);
	char *given = mh_json_get_text(element, "state");

	for (size_t i = 0; i < n; i++)
		if (strcmp(states[i], given) == 0)
			return states[i];
	mh_json_refuse(element, "state", "is not one of a statement");
	return NULL;
}

static MhRecorded *
read_statement(const MhJsonObject *element, const char *revision, const char *checksum)
{
	MhRecorded *statement = palloc0(sizeof(MhRecorded));

	statement->revision = unconstify(char *, revision);
	statement->checksum = unconstify(char *, checksum);
	statement->ordinal = (int) mh_json_get_number(element, "ordinal", 0, 2 * MH_STEP_STATEMENTS);
	statement->text = mh_json_get_text_or_null(element, "statement");
	statement->in_transaction = mh_json_get_bool(element, "in_transaction");
	statement->role = mh_json_get_text(element, "role");
	statement->search_path = mh_json_get_text(element, "search_path");
	statement->state = read_state(element, statement->text != NULL);
	return statement;
}

static List *
read_step(List *statements, const MhJsonObject *step)
{
	char *revision = mh_json_get_name(step, "revision");
	char *checksum = mh_json_get_text_or_null(step, "checksum");
	char *path = psprintf("%sstep", step->path);
	int last = -1;
	int n;
	JsonbContainer *array = mh_json_get_array(step, "step", &n);

	for (int i = 0; i < n; i++)
	{
		MhJsonObject element = mh_json_element(array, path, i);
		MhRecorded *statement = read_statement(&element, revision, checksum);

		CHECK_FOR_INTERRUPTS();
		if (statement->ordinal <= last)
			mh_json_refuse(&element, "ordinal", "does not come in order");
		last = statement->ordinal;
		statements = lappend(statements, statement);
	}
	return statements;
}

List *
mh_document_read_statements(const MhJsonObject *root)
{
	List *statements = NIL;
	char *before = NULL;
	int n;
	JsonbContainer *array = mh_json_get_array(root, "statements", &n);

	for (int i = 0; i < n; i++)
	{
		MhJsonObject step = mh_json_element(array, "statements", i);
		char *revision = mh_json_get_name(&step, "revision");

		if (before != NULL && strcmp(before, revision) >= 0)
			mh_json_refuse(&step, "revision", "does not come in order");
		before = revision;
		statements = read_step(statements, &step);
	}
	return statements;
}
