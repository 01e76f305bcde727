/*-------------------------------------------------------------------------
 *
 * ensure_version.c
 *	  Creates a version table as Alembic would.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "core/graph/graph.h"
#include "server/scripts/scripts.h"
#include "server/version_table/version_table.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(mighead_ensure_version);

/* Alembic's width, and the width for longer ids. */
#define ALEMBIC_WIDTH 32
#define WIDE 255

/* Returns a width for every id of the table's project. */
static int
wanted_width(const RangeVar *name, const char *schema)
{
	List *projects = mh_projects_read();
	MhProject *project = mh_project_of_table(projects, schema, mh_to_utf8(name->relname));
	MhScripts *scripts;
	int width = ALEMBIC_WIDTH;

	if (project == NULL)
		return width;
	scripts = mh_scripts_read(project);
	for (int i = 0; i < scripts->n; i++)
	{
		int length = mh_character_count(scripts->scripts[i].revision);

		if (length > width)
			width = Max(length, WIDE);
	}
	return width;
}

static void
run_statement(const char *statement)
{
	int result;

	SPI_connect();
	result = SPI_execute(statement, false, 0);
	if (result != SPI_OK_UTILITY)
		elog(ERROR, "could not create the version table: %s", SPI_result_code_string(result));
	SPI_finish();
}

/*
 * Gives the table to the role that owns the schema's tables, because the application writes it,
 * whoever runs the call.  If the caller may not give it away, it stays his, with a NOTICE.
 */
static void
give_to_owner(const char *table, const char *schema)
{
	MhSchemaOwner *owner = mh_schema_owner(schema);
	char *caller = GetUserNameFromId(GetUserId(), false);
	char *statement;

	if (owner == NULL || strcmp(owner->role, mh_quote_identifier(caller)) == 0)
		return;
	statement = psprintf("ALTER TABLE %s OWNER TO %s", table, owner->role);
	if (owner->can_take)
		run_statement(statement);
	else
		ereport(NOTICE, (errmsg("version table %s belongs to role \"%s\"", table, caller),
						 errdetail("Most tables of its schema belong to %s.", owner->role),
						 errhint("A role that may do so gives it away with: %s;", statement)));
}

/* Creates the table as the caller and with his search_path, as Alembic would. */
static void
create_version_table(const RangeVar *name)
{
	char *schema = get_namespace_name(RangeVarGetCreationNamespace(name));
	char *table = mh_quote_qualified_identifier(schema, name->relname);
	char *utf8_schema = mh_to_utf8(pstrdup(schema));
	/* looked up first, because the new table would count too */
	int width = wanted_width(name, utf8_schema);

	run_statement(psprintf("CREATE TABLE %s (version_num VARCHAR(%d) NOT NULL, "
						   "CONSTRAINT %s PRIMARY KEY (version_num))",
						   table, width, mh_quote_identifier(psprintf("%s_pkc", name->relname))));
	give_to_owner(table, utf8_schema);
}

/*
 * mighead_ensure_version(version_table text) returns void
 *
 *		version_table is a name as SQL has it, with or without schema.  Does nothing if a relation
 *		with that name is visible, as Alembic does.  version_num is as wide as Alembic's, or 255
 *		if the project has longer ids.  The table is given to the role that owns most tables of
 *		its schema.
 *
 *		Privileges: EXECUTE, and CREATE on the schema, as the caller.  Locks: those of CREATE
 *		TABLE.  Errors: 25006 on a standby or in a read-only transaction, 42602 for a malformed
 *		name, 3F000 for an absent schema, 22004 for NULL.
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
