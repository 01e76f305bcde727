/*-------------------------------------------------------------------------
 *
 * ensure_version.c
 *	  Creating a version table as Alembic would.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(mighead_ensure_version);

static char *
quoted_name(const RangeVar *name)
{
	return quote_qualified_identifier(name->schemaname, name->relname);
}

/* As the caller, under the caller's search_path: that is where Alembic would put it. */
static void
create_version_table(const RangeVar *name)
{
	char *statement =
		psprintf("CREATE TABLE %s (version_num VARCHAR(32) NOT NULL, "
				 "CONSTRAINT %s PRIMARY KEY (version_num))",
				 quoted_name(name), quote_identifier(psprintf("%s_pkc", name->relname)));
	int result;

	SPI_connect();
	result = SPI_execute(statement, false, 0);
	if (result != SPI_OK_UTILITY)
		elog(ERROR, "could not create the version table: %s", SPI_result_code_string(result));
	SPI_finish();
}

/*
 * mighead_ensure_version(version_table text) returns void
 *		version_table is a name as SQL has it, with or without schema.  Does nothing
 *		where a relation of that name is visible, as Alembic does.
 *
 * Privileges: EXECUTE, and CREATE on the schema, as the caller.  Locks: those of CREATE
 * TABLE.  Errors: 25006 on a standby or in a read-only transaction, 42602 for a
 * malformed name, 3F000 for an absent schema, 22004 for NULL.
 */
Datum
mighead_ensure_version(PG_FUNCTION_ARGS)
{
	RangeVar *name;

	mh_require_argument(fcinfo, 0, "version_table");
	PreventCommandIfReadOnly("mighead_ensure_version()");
	name = makeRangeVarFromNameList(textToQualifiedNameList(PG_GETARG_TEXT_PP(0)));
	if (!OidIsValid(RangeVarGetRelid(name, NoLock, true)))
		create_version_table(name);
	PG_RETURN_VOID();
}
