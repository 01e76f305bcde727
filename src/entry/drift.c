/*-------------------------------------------------------------------------
 *
 * drift.c
 *	  Compares the live schema with its expectation: mighead_drift, mighead_verify and
 *	  mighead_locate.
 *
 *-------------------------------------------------------------------------
 */
#include "server/journal/journal.h"
#include "server/expected/expected.h"
#include "core/draw/draw.h"
#include "entry/context.h"
#include "entry/drift.h"
#include "entry/fixes.h"
#include "entry/result.h"
#include "entry/target.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(mighead_drift);
PG_FUNCTION_INFO_V1(mighead_verify);
PG_FUNCTION_INFO_V1(mighead_locate);

/* ---------- drift ---------- */

#define ARG_DRIFT_TABLE 0
#define ARG_DRIFT_RELATION 1
#define ARG_DRIFT_REVISION 2
#define ARG_DRIFT_SEVERITY 3

typedef struct Drift
{
	MhResult *result;
	const MhDriftRequest *request;
	List *scripts; /* of MhScripts *: read once per project */
	List *seen;    /* of MhScripts *: projects whose database-wide objects were listed */
	bool ddl_read;
	List *ddl; /* of MhDdlEntry *; NIL also if the caller may not read it */
} Drift;

static MhScripts *
scripts_of(List **known, MhProject *project)
{
	MhScripts *scripts;
	ListCell *cell;

	foreach (cell, *known)
	{
		scripts = lfirst(cell);
		if (strcmp(scripts->project->name, project->name) == 0)
			return scripts;
	}
	scripts = mh_scripts_read_any(project);
	*known = lappend(*known, scripts);
	return scripts;
}

/* Puts a row about the table or schema as a whole. */
static void
put_whole(Drift *drift, const char *type, const char *object, MhDifferenceKind kind,
		  const char *expected, const char *actual)
{
	MhResult *result = drift->result;

	if (drift->request->min_severity > MH_UNKNOWN)
		return;
	mh_put_text(result, type);
	mh_put_text(result, object);
	mh_put_text(result, mh_difference_kind_name(kind));
	mh_put_null(result);
	mh_put_text(result, expected);
	mh_put_text(result, actual);
	mh_put_int(result, MH_UNKNOWN);
	mh_put_null(result);
	mh_put_null(result);
	mh_put_null(result);
	mh_put_null(result);
	mh_row_end(result);
}

/* Loads earlier forms of the objects, which since_revision compares. */
static void
load_forms(const MhComparison *comparison)
{
	MhExpectations *expectations = comparison->expectations;
	bool *objects = palloc0(Max(expectations->n_objects, 1) * sizeof(bool));

	for (int i = 0; i < comparison->differences->n; i++)
	{
		const MhDifference *difference = &comparison->differences->v[i];
		int object = mh_object_find(expectations, difference->type, difference->name);

		if (object >= 0)
			objects[object] = true;
	}
	mh_expectations_load_objects(expectations, objects);
	pfree(objects);
}

/*
 * Returns the last logged DDL on the object, or NULL.  Nothing is known for objects that could not
 * be compared.
 */
static MhDdlEntry *
last_ddl(Drift *drift, const MhComparison *comparison, const MhDifference *difference)
{
	const MhDefinition *object =
		difference->actual_object ? difference->actual_object : difference->expected_object;
	bool permitted;

	if (object == NULL || comparison->is_elsewhere)
		return NULL;
	if (!drift->ddl_read)
		drift->ddl = mh_ddl_log_read(0, &permitted);
	drift->ddl_read = true;
	return mh_ddl_log_last(drift->ddl, mh_shown(comparison, object->name),
						   object->parent ? mh_shown(comparison, object->parent) : NULL);
}

/*
 * Puts a difference.  The reason why an object could not be compared is in the column of the actual
 * value.
 */
static void
put_difference(Drift *drift, const MhComparison *comparison, const MhDifference *difference)
{
	MhResult *result = drift->result;
	const char *actual = difference->actual;
	MhDdlEntry *ddl = last_ddl(drift, comparison, difference);

	if (actual == NULL && (difference->kind == MH_BUSY || difference->kind == MH_UNREADABLE ||
						   difference->kind == MH_UNMODELLED))
		actual = difference->reason;
	mh_put_text(result, difference->type);
	mh_put_text(result, mh_shown(comparison, difference->name));
	mh_put_text(result, mh_difference_kind_name(difference->kind));
	mh_put_text(result, difference->attribute);
	mh_put_text(result, mh_shown(comparison, difference->expected));
	mh_put_text(result, mh_shown(comparison, actual));
	mh_put_int(result, difference->severity);
	mh_put_text(result,
				mh_introduced_by(comparison->expectations, comparison->composed, difference->type,
								 difference->name, difference->attribute));
	mh_put_timestamp(result, ddl != NULL, ddl ? ddl->at : 0);
	mh_put_text(result, ddl ? mh_ddl_entry_words(ddl) : NULL);
	mh_put_text(result, difference->fix);
	mh_row_end(result);
}

static void
put_comparison(Drift *drift, const MhComparison *comparison)
{
	if (comparison->expectation != MH_EXPECTED)
	{
		put_whole(drift, MH_TYPE_SCHEMA, comparison->version_schema, MH_NOT_COMPARABLE,
				  comparison->reason, NULL);
		return;
	}
	load_forms(comparison);
	for (int i = 0; i < comparison->differences->n; i++)
		if (comparison->differences->v[i].severity >= drift->request->min_severity)
			put_difference(drift, comparison, &comparison->differences->v[i]);
}

/*
 * Compares with the rows of the table, or with those of drift->request->revision.  If a migration has
 * committed since the table was read, it gets the newest rows; NULL if they are not known then.
 */
static MhComparison *
compare_at(const Drift *drift, MhVersionTable *table, MhScripts *scripts, const MhStrings *rows,
		   bool is_first)
{
	MhComparison *comparison =
		mh_compare_schema(table, scripts, rows, drift->request->relation, is_first, false);

	/* elsewhere rows and schema are of one snapshot */
	for (int i = 1; table->there == NULL && drift->request->revision == NULL &&
					comparison->expectation == MH_EXPECTED && comparison->objects > 0 &&
					mh_version_table_catch_up(table, scripts->graph);
		 i++)
	{
		if (i == MH_MOST_COMPARISONS)
			mh_version_table_changing(table);
		if (table->access != MH_ACCESS_READ || table->is_cut)
			return NULL;
		comparison = mh_compare_schema(table, scripts, &table->rows, drift->request->relation,
									   is_first, false);
	}
	return comparison;
}

static void
put_unread_table(Drift *drift, const MhVersionTable *table)
{
	put_whole(drift, MH_TYPE_TABLE, mh_version_table_name(table),
			  table->access == MH_ACCESS_BUSY ? MH_BUSY : MH_UNREADABLE, NULL, table->reason);
}

static void
drift_of_table(Drift *drift, MhVersionTable *table)
{
	MhProject *of_table = mh_project_of_table(drift->request->projects, table->schema, table->name);
	MhProject *project =
		mh_project_choose(drift->request->projects, NULL, of_table ? of_table->name : NULL);
	MhScripts *scripts = scripts_of(&drift->scripts, project);
	bool is_first = !list_member_ptr(drift->seen, scripts);
	MhStrings rows = table->rows;
	MhComparison *comparison;

	if (scripts->refusal != NULL)
	{
		put_whole(drift, MH_TYPE_PROJECT, project->name, MH_UNREADABLE, NULL,
				  scripts->refusal->message);
		return;
	}
	if (drift->request->revision != NULL)
		rows = mh_target_rows(scripts, drift->request->revision, "revision");
	else if (table->access != MH_ACCESS_READ || table->is_cut)
	{
		put_unread_table(drift, table);
		return;
	}
	comparison = compare_at(drift, table, scripts, &rows, is_first);
	if (comparison == NULL)
	{
		put_unread_table(drift, table);
		return;
	}
	if (drift->request->revision == NULL)
		rows = table->rows;
	/*
	 * database-wide objects belong to the project: show them for its first comparable version table
	 */
	if (comparison->expectation == MH_EXPECTED)
		drift->seen = list_append_unique_ptr(drift->seen, scripts);
	if (table->there == NULL)
		mh_judge_fixes(table, scripts, &rows, comparison);
	put_comparison(drift, comparison);
}

void
mh_drift_put(MhResult *result, const MhDriftRequest *request, List *tables)
{
	Drift drift = {.result = result, .request = request};
	ListCell *cell;

	foreach (cell, tables)
	{
		CHECK_FOR_INTERRUPTS();
		drift_of_table(&drift, lfirst(cell));
	}
}

/* Returns the version tables without those of this session alone: no schema goes with them. */
static List *
permanent(List *tables)
{
	List *kept = NIL;
	ListCell *cell;

	foreach (cell, tables)
		if (!((MhVersionTable *) lfirst(cell))->is_temporary)
			kept = lappend(kept, lfirst(cell));
	return kept;
}

/* Returns the relation, or InvalidOid for all.  Raises 42P01 if it is gone. */
static Oid
relation_argument(FunctionCallInfo fcinfo)
{
	Oid relation =
		PG_ARGISNULL(ARG_DRIFT_RELATION) ? InvalidOid : PG_GETARG_OID(ARG_DRIFT_RELATION);

	if (OidIsValid(relation) && get_rel_name(relation) == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relation)));
	return relation;
}

/*
 * mighead_drift(version_table regclass, relation regclass, revision text, min_severity integer)
 *
 *		Returns the differences of the live schema from the expectation at the rows of the version
 *		table, or at revision.  Without a version table: at revision, or at no rows, in the schema
 *		of the project.  If there is no comparable expectation it returns one row of kind
 *		not_comparable, with the reason in the column expected.  The reason why an object could
 *		not be read is in the column actual.  changed_at and changed_by are of the newest DDL on
 *		the object or its parent, if mighead_watch_ddl was on; DDL of a migration counts only if
 *		there is no other.
 *
 *		Privileges: SELECT on the expectations, and on mighead.ddl_log for the last two columns;
 *		the catalogs are read as the caller.  Locks: AccessShareLock, never waited for.  Errors:
 *		22004 (min_severity), MH201, MH202, MH205 (revision), 42P01.
 */
Datum
mighead_drift(PG_FUNCTION_ARGS)
{
	MhDriftRequest request = {NIL};
	MhResult result;
	List *tables;

	mh_require_argument(fcinfo, ARG_DRIFT_SEVERITY, "min_severity");
	mh_result_begin(&result, fcinfo);
	request.relation = relation_argument(fcinfo);
	request.revision = mh_text_argument(fcinfo, ARG_DRIFT_REVISION);
	request.min_severity = PG_GETARG_INT32(ARG_DRIFT_SEVERITY);
	request.projects = mh_projects_read();
	tables = mh_version_tables_argument(fcinfo, ARG_DRIFT_TABLE, request.projects);
	if (PG_ARGISNULL(ARG_DRIFT_TABLE))
		tables = mh_version_tables_of(request.projects, tables, NULL);
	if (tables == NIL)
		tables =
			list_make1(mh_version_table_default(mh_project_choose(request.projects, NULL, NULL)));
	mh_drift_put(&result, &request, PG_ARGISNULL(ARG_DRIFT_TABLE) ? permanent(tables) : tables);
	return (Datum) 0;
}

/* ---------- verify, locate ---------- */

/* Returns the version table of the call, or the one that the project would have. */
static const MhVersionTable *
table_of(const MhContext *context)
{
	return context->table != NULL ? context->table : mh_version_table_default(context->project);
}

/*
 * mighead_verify(target text, version_table regclass) returns boolean
 *		Returns whether the live schema satisfies the expectation at target: nothing is missing,
 *		changed or invalid at severity 2.  Extra objects do not matter.  NULL if there is no
 *		comparable expectation, or if busy or unreadable objects leave the answer open.
 *		Privileges, locks and errors as mighead_drift; MH301 too.
 */
Datum
mighead_verify(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {1, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	MhComparison *comparison;
	MhContext context;
	MhScripts *scripts;
	MhStrings rows;
	bool satisfied;
	bool known;

	mh_require_argument(fcinfo, 0, "target");
	context = mh_context_open(fcinfo, arguments, MH_ROWS_OF_ONE);
	scripts = mh_scripts_read(context.project);
	rows = mh_target_rows(scripts, mh_text_argument(fcinfo, 0), "target");
	comparison = mh_compare_schema(table_of(&context), scripts, &rows, InvalidOid, true, false);
	if (comparison->expectation != MH_EXPECTED)
		PG_RETURN_NULL();
	satisfied = mh_are_satisfied(comparison->differences, &known);
	if (!known)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(satisfied);
}

static void
put_location(MhResult *result, int rank, const MhLocation *location, const MhGraph *graph)
{
	bool is_revision = location->node >= 0;

	mh_put_int(result, rank);
	mh_put_strings(result, &location->rows);
	mh_put_text(result, location->rows.n == 1 ? location->rows.v[0] : NULL);
	mh_put_strings(result, &location->same_as);
	mh_put_int(result, location->matching);
	mh_put_int(result, location->missing);
	mh_put_int(result, location->extra);
	mh_put_int(result, location->changed);
	mh_put_bool(result, location->is_exact);
	mh_put_bool(result, location->is_current);
	mh_put_text(result, is_revision ? mh_short_message(graph->nodes[location->node].script->message)
									: NULL);
	mh_row_end(result);
}

void
mh_locations_put(MhResult *result, const MhLocations *locations, int max_results,
				 const MhGraph *graph)
{
	for (int i = 0; locations != NULL && i < Min(locations->n, max_results); i++)
		put_location(result, i + 1, &locations->v[i], graph);
}

int
mh_max_results_argument(FunctionCallInfo fcinfo, int argno)
{
	mh_require_argument(fcinfo, argno, "max_results");
	if (PG_GETARG_INT32(argno) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be negative", "max_results")));
	return PG_GETARG_INT32(argno);
}

/*
 * mighead_locate(version_table regclass, max_results integer)
 *		Returns the expectations that the live schema fits, best first: those from which it
 *		differs in the fewest objects.  Of identical expectations it returns one, the current one
 *		or else the one with most revisions; the others are in same_as.  No rows if there is no
 *		comparable expectation.  As mighead_verify; 22004 and 22023 for max_results.
 */
Datum
mighead_locate(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {0, MH_NO_ARGUMENT, MH_NO_ARGUMENT};
	MhLocations *locations;
	MhContext context;
	MhScripts *scripts;
	MhResult result;
	int max_results = mh_max_results_argument(fcinfo, 1);

	mh_result_begin(&result, fcinfo);
	context = mh_context_open(fcinfo, arguments, MH_ROWS_OF_ONE);
	scripts = mh_scripts_read(context.project);
	locations = mh_locate_schema(table_of(&context), scripts,
								 context.rows_known ? &context.rows : NULL, NULL);
	mh_locations_put(&result, locations, max_results, scripts->graph);
	return (Datum) 0;
}
