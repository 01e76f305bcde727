/*-------------------------------------------------------------------------
 *
 * context.c
 *	  Evaluates the arguments project, version_table and current of a reader.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/context.h"

#include "core/base/call.h"
#include "core/plan/plan.h"
#include "utils/builtins.h"

/* "current" is a word of the command line, not an identifier, and is one whole end of the range. */
MhRowsUse
mh_rows_use_of_range(const char *range)
{
	const char *blanks = " \t\n\v\f\r";
	const char *word = "current";
	const char *colon = range ? strchr(range, ':') : NULL;
	const char *lower;

	if (colon == NULL)
		return MH_ROWS_IF_KNOWN;
	lower = range + strspn(range, blanks);
	if (lower + strlen(word) == colon && strncmp(lower, word, strlen(word)) == 0)
		return MH_ROWS_NEEDED;
	if (strncmp(colon + 1, word, strlen(word)) == 0 &&
		colon[1 + strlen(word) + strspn(colon + 1 + strlen(word), blanks)] == '\0')
		return MH_ROWS_NEEDED;
	return MH_ROWS_IF_KNOWN;
}

static MhProject *
project_of(const MhContext *context, const char *argument, const MhVersionTable *table)
{
	MhProject *of_table = NULL;

	if (table != NULL)
		of_table = mh_project_of_table(context->projects, table->schema, table->name);
	return mh_project_choose(context->projects, argument, of_table ? of_table->name : NULL);
}

static void
take_rows(MhContext *context, MhVersionTable *table)
{
	context->table = table;
	context->rows_known = table == NULL || (table->access == MH_ACCESS_READ && !table->is_cut);
	if (table != NULL && context->rows_known)
		context->rows = table->rows;
}

/*
 * Handles a call that names no version table and can do without.  Of several tables it takes none,
 * but a single one still tells the project.
 */
static void
look_around(MhContext *context, const char *argument, MhRowsUse use)
{
	List *found;
	List *tables;

	if (argument != NULL || list_length(context->projects) == 1)
		context->project = project_of(context, argument, NULL);
	/* the project is known and the rows are not needed, so skip the discovery */
	if (use == MH_ROWS_UNUSED && context->project != NULL)
		return;
	found = mh_version_tables_find(context->projects);
	tables = mh_version_tables_of(context->projects, found, argument);
	if (context->project == NULL)
		context->project =
			project_of(context, NULL, list_length(tables) == 1 ? linitial(tables) : NULL);
	if (list_length(tables) > 1)
		tables = mh_version_tables_of(context->projects, found, context->project->name);
	if (use == MH_ROWS_IF_KNOWN && list_length(tables) <= 1)
		take_rows(context, tables == NIL ? NULL : linitial(tables));
}

static int
why_not_known(const MhVersionTable *table)
{
	if (table->access == MH_ACCESS_BUSY)
		return ERRCODE_LOCK_NOT_AVAILABLE;
	if (table->access == MH_ACCESS_READ)
		return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	return table->column_type == NULL ? ERRCODE_WRONG_OBJECT_TYPE : ERRCODE_INSUFFICIENT_PRIVILEGE;
}

static void
require_rows(const MhContext *context)
{
	const MhVersionTable *table = context->table;
	char *name;

	if (context->rows_known)
		return;
	name = mh_from_utf8(mh_version_table_name(table));
	ereport(ERROR,
			(errcode(why_not_known(table)),
			 table->access == MH_ACCESS_BUSY ? errmsg("version table %s is busy", name)
											 : errmsg("version table %s cannot be read", name),
			 table->access == MH_ACCESS_READ ? errdetail("It has too many rows.") : 0,
			 table->reason ? errdetail_internal("%s", mh_from_utf8(table->reason)) : 0));
}

static void
choose_table(MhContext *context, FunctionCallInfo fcinfo, int argno, const char *argument)
{
	MhVersionTable *table;

	/* an unknown project is reported before problems with its tables */
	if (argument != NULL)
		mh_project_choose(context->projects, argument, NULL);
	table = mh_version_table_choose(fcinfo, argno, context->projects, argument);
	context->project = project_of(context, argument, table);
	take_rows(context, table);
}

/* Takes the named version table.  It tells the project even if its rows are given. */
static void
take_named_table(MhContext *context, Oid relation, const char *argument, MhRowsUse use)
{
	MhVersionTable *table = mh_version_table_named(relation, context->projects);

	context->project = project_of(context, argument, table);
	if (use != MH_ROWS_UNUSED)
		take_rows(context, table);
}

MhContext
mh_context_open(FunctionCallInfo fcinfo, MhArguments arguments, MhRowsUse use)
{
	MhContext context = {0};
	char *project = NULL;

	if (arguments.project != MH_NO_ARGUMENT)
		project = mh_text_argument(fcinfo, arguments.project);
	if (arguments.current != MH_NO_ARGUMENT && !PG_ARGISNULL(arguments.current))
	{
		context.rows = mh_row_set(mh_text_argument(fcinfo, arguments.current), "current");
		context.rows_known = true;
		use = MH_ROWS_UNUSED;
	}
	context.projects = mh_projects_read();
	if (arguments.version_table != MH_NO_ARGUMENT && !PG_ARGISNULL(arguments.version_table))
		take_named_table(&context, PG_GETARG_OID(arguments.version_table), project, use);
	else if (use == MH_ROWS_OF_ONE || use == MH_ROWS_NEEDED)
		choose_table(&context, fcinfo, arguments.version_table, project);
	else
		look_around(&context, project, use);
	if (use == MH_ROWS_NEEDED)
		require_rows(&context);
	return context;
}

static MhNodes
known_rows(const MhContext *context, const MhGraph *graph)
{
	MhRow *judged = mh_rows_judge(graph, &context->rows);
	MhNodes nodes = {0, NULL};

	for (int i = 0; i < context->rows.n; i++)
		if (judged[i].node != MH_BASE)
			mh_nodes_add(&nodes, judged[i].node);
	return nodes;
}

bool *
mh_context_current(const MhContext *context, const MhGraph *graph)
{
	MhNodes nodes = known_rows(context, graph);
	bool *current = palloc0(Max(graph->n, 1) * sizeof(bool));

	for (int i = 0; i < nodes.n; i++)
		current[nodes.v[i]] = true;
	return current;
}

bool *
mh_context_applied(const MhContext *context, const MhScripts *scripts)
{
	MhNodes nodes = known_rows(context, scripts->graph);
	const MhScript **retired = palloc(Max(scripts->retired, 1) * sizeof(MhScript *));

	for (int i = 0; i < scripts->retired; i++)
		retired[i] = &scripts->scripts[scripts->n + i];
	mh_graph_add_below(scripts->graph, retired, scripts->retired, &context->rows, &nodes);
	return mh_graph_ancestors(scripts->graph, &nodes);
}

void
mh_context_raise(FunctionCallInfo fcinfo, const MhContext *context, const MhGraph *graph,
				 MhError *err)
{
	MhError of_rows = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};

	if (context->table != NULL && err->hint == NULL &&
		!mh_rows_resolve(graph, &context->rows, &nodes, &of_rows) &&
		strcmp(of_rows.message, err->message) == 0)
		mh_fail_hint(err, "It is a row of %s; SELECT * FROM %s says what is known of it.",
					 mh_version_table_name(context->table),
					 mh_call(mh_function_prefix(fcinfo), "mighead_status",
							 mh_regclass_value(mh_version_table_name(context->table))));
	mh_raise(err);
}
