/*-------------------------------------------------------------------------
 *
 * graph_drawing.c
 *	  SQL function that draws the graph.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/draw/draw.h"
#include "core/plan/plan.h"
#include "entry/context.h"
#include "entry/result.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(mighead_graph);

typedef MhStrings (*DrawFunction)(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);

static DrawFunction
draw_function(const char *format)
{
	if (strcmp(format, "text") == 0)
		return mh_draw_text;
	if (strcmp(format, "dot") == 0)
		return mh_draw_dot;
	if (strcmp(format, "mermaid") == 0)
		return mh_draw_mermaid;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized format: \"%s\"", mh_from_utf8(format)),
					errhint("Valid formats are \"text\", \"dot\", and \"mermaid\".")));
}

static MhStrings
unknown_rows(const MhContext *context, const MhGraph *graph)
{
	MhRow *judged = mh_rows_judge(graph, &context->rows);
	MhStrings unknown = {0, NULL};

	for (int i = 0; i < context->rows.n; i++)
		if (judged[i].node == MH_BASE)
			mh_strings_add(&unknown, context->rows.v[i]);
	return unknown;
}

/* -1: not given.  The script of 0.1.0 has no such argument. */
static int
around_argument(FunctionCallInfo fcinfo)
{
	int steps;

	if (PG_NARGS() < 5 || PG_ARGISNULL(4))
		return -1;
	steps = PG_GETARG_INT32(4);
	if (steps < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("argument \"around\" of function %s must not be negative",
							   "mighead_graph")));
	return steps;
}

/*
 * mighead_graph(format text, range text, version_table regclass, project text, around integer)
 *		returns setof text
 *		The history drawn as lines of text, dot or Mermaid, newest first; range as in
 *		mighead_history.  around leaves what is at most so many steps from the rows.  Marks that
 *		come from the version table ((current), (applied), (pending), unknown rows) are drawn
 *		where its rows are known: the one named, or the only one of the project.  With none, with
 *		several, or with one that is busy or unreadable, the graph is drawn without them, because
 *		it is worth looking at either way.  Errors: 22023 (format, around), MH201, MH202, MH204,
 *		MH205 as in history; with "current" in the range or with around also those of a needed
 *		version table (context.h).
 */
Datum
mighead_graph(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {2, MH_NO_ARGUMENT, 3};
	MhError err = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};
	DrawFunction draw;
	MhResult result;
	MhContext context;
	MhMarks marks;
	MhStrings lines;
	const MhScripts *scripts;
	const MhGraph *graph;
	char *range = mh_text_argument(fcinfo, 1);
	int around = around_argument(fcinfo);

	mh_require_argument(fcinfo, 0, "format");
	mh_result_begin(&result, fcinfo);
	draw = draw_function(mh_text_argument(fcinfo, 0));
	context = mh_context_open(fcinfo, arguments,
							  around >= 0 ? MH_ROWS_NEEDED : mh_rows_use_of_range(range));
	scripts = mh_scripts_read(context.project);
	graph = scripts->graph;
	if (!mh_history(graph, range, &context.rows, &nodes, &err))
		mh_context_raise(fcinfo, &context, graph, &err);
	if (around >= 0)
		mh_history_around(graph, &context.rows, around, &nodes);
	marks.is_current = mh_context_current(&context, graph);
	marks.applied = mh_context_applied(&context, scripts);
	marks.unknown_rows = unknown_rows(&context, graph);
	lines = draw(graph, &nodes, context.table && context.rows_known ? &marks : NULL);
	for (int i = 0; i < lines.n; i++)
	{
		mh_put_text(&result, lines.v[i]);
		mh_row_end(&result);
	}
	return (Datum) 0;
}
