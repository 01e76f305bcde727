/*-------------------------------------------------------------------------
 *
 * remote_drift.c
 *	  Compares the schema of a database elsewhere with what is expected: mighead_remote_drift and
 *	  mighead_remote_locate.
 *
 *-------------------------------------------------------------------------
 */
#include "mighead.h"

#include "entry/drift.h"
#include "entry/remote_schema.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(mighead_remote_drift);
PG_FUNCTION_INFO_V1(mighead_remote_locate);

#define ARG_SERVER 0
#define ARG_TABLE 1
#define ARG_RELATION 2
#define ARG_REVISION 3
#define ARG_SEVERITY 4
#define ARG_MAX_RESULTS 2

/* Lets each table ask for one relation: without a schema, in that of the version table. */
static void
ask_for_relation(List *tables, const char *relation)
{
	List *names = textToQualifiedNameList(cstring_to_text(mh_from_utf8(pstrdup(relation))));
	ListCell *cell;

	if (list_length(names) > 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("invalid name syntax"),
						errhint("Write it as schema.relation.")));
	foreach (cell, tables)
	{
		MhVersionTable *table = lfirst(cell);
		MhElsewhere *there = palloc(sizeof(MhElsewhere));

		*there = *table->there;
		there->relation_schema =
			list_length(names) == 2 ? mh_to_utf8(strVal(linitial(names))) : table->schema;
		there->relation_name = mh_to_utf8(strVal(llast(names)));
		table->there = there;
	}
}

/*
 * mighead_remote_drift(server text, version_table text, relation text, revision text,
 *		min_severity integer)
 *
 *		As mighead_drift, for the database of a foreign server.  changed_at, changed_by and fix are
 *		NULL: what they rest on is known of this database only.
 *
 *		Privileges: SELECT on the expectations, USAGE on the server and a user mapping.  Locks:
 *		there AccessShareLock, waited for less than a second.  Errors: 22004 (server, min_severity),
 *		MH201, MH202, MH205 (revision), 42P01, 42602 (relation), those of the connection (see
 *		mighead_fleet_servers), and those of the server there.
 */
Datum
mighead_remote_drift(PG_FUNCTION_ARGS)
{
	MhDriftRequest request = {NIL};
	MhResult result;
	MhTablesThere there;

	mh_require_argument(fcinfo, ARG_SERVER, "server");
	mh_require_argument(fcinfo, ARG_SEVERITY, "min_severity");
	mh_result_begin(&result, fcinfo);
	request.revision = mh_text_argument(fcinfo, ARG_REVISION);
	request.min_severity = PG_GETARG_INT32(ARG_SEVERITY);
	request.projects = mh_projects_read();
	there = mh_tables_there(mh_remote_server(mh_text_argument(fcinfo, ARG_SERVER)),
							request.projects, mh_text_argument(fcinfo, ARG_TABLE));
	if (there.tables == NIL)
		there.tables = list_make1(mh_default_table_there(
			there.source, there.owner, mh_project_choose(request.projects, NULL, NULL)));
	if (!PG_ARGISNULL(ARG_RELATION))
		ask_for_relation(there.tables, mh_text_argument(fcinfo, ARG_RELATION));
	mh_drift_put(&result, &request, there.tables);
	return (Datum) 0;
}

/*
 * mighead_remote_locate(server text, version_table text, max_results integer)
 *		As mighead_locate, for the database of a foreign server.  Privileges, locks and errors as
 *		mighead_remote_drift; 22004 and 22023 for max_results, MH301 and MH302.
 */
Datum
mighead_remote_locate(PG_FUNCTION_ARGS)
{
	int max_results = mh_max_results_argument(fcinfo, ARG_MAX_RESULTS);
	List *projects = mh_projects_read();
	MhVersionTable *table;
	MhProject *project;
	MhScripts *scripts;
	MhResult result;
	bool is_read;

	mh_require_argument(fcinfo, ARG_SERVER, "server");
	mh_result_begin(&result, fcinfo);
	table = mh_table_there(mh_remote_server(mh_text_argument(fcinfo, ARG_SERVER)), projects,
						   mh_text_argument(fcinfo, ARG_TABLE));
	project = mh_project_of_table(projects, table->schema, table->name);
	scripts =
		mh_scripts_read(mh_project_choose(projects, NULL, project == NULL ? NULL : project->name));
	is_read = table->access == MH_ACCESS_READ && !table->is_cut;
	mh_locations_put(&result, mh_locate_schema(table, scripts, is_read ? &table->rows : NULL, NULL),
					 max_results, scripts->graph);
	return (Datum) 0;
}
