/*-------------------------------------------------------------------------
 *
 * graph_readers.c
 *	  SQL functions that show the graph of the loaded scripts: heads, branches,
 *	  history, show, resolve.
 *
 * All are STABLE and read as the caller; SELECT on the tables in schema mighead
 * is with PUBLIC.  None waits for a lock.  What they say of the version table
 * (is_current, applied) is NULL where its rows are not known: it is busy or
 * unreadable, or there are several and none was named.  A stored graph that
 * Alembic would refuse, which only writing past the loading functions can make,
 * raises MH210 ... MH215.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "server/journal/journal.h"
#include "core/draw/draw.h"
#include "core/plan/plan.h"
#include "entry/context.h"
#include "entry/result.h"

PG_FUNCTION_INFO_V1(mighead_heads);
PG_FUNCTION_INFO_V1(mighead_branches);
PG_FUNCTION_INFO_V1(mighead_history);
PG_FUNCTION_INFO_V1(mighead_show);
PG_FUNCTION_INFO_V1(mighead_resolve);

/* What the version table tells about each node. */
typedef struct Marks
{
	bool known;
	bool *current;
	bool *applied;
	TimestampTz *applied_at; /* 0: not known, or not applied */
} Marks;

static Marks
marks_of(const MhContext *context, const MhScripts *scripts)
{
	Marks marks = {context->rows_known, NULL, NULL, NULL};

	marks.current = mh_context_current(context, scripts->graph);
	marks.applied = mh_context_applied(context, scripts);
	return marks;
}

/*
 * Marks steps that were made before their script was loaded, if the current graph has the script
 * now.
 */
static void
mark_told_again(Marks *marks, const MhGraph *graph, const MhJournalEntry *entry)
{
	MhRowChange rows = mh_row_change(&entry->change.old_rows, &entry->change.new_rows);
	MhDdl ddl = !entry->change.ddl_known ? MH_DDL_UNKNOWN
				: entry->change.ran_ddl  ? MH_DDL_DONE
										 : MH_DDL_NONE;

	CHECK_FOR_INTERRUPTS();
	if (mh_row_change_judge(graph, &rows, ddl).kind != MH_ROWS_UPGRADE)
		return;
	for (int i = 0; i < rows.added.n; i++)
	{
		int node = mh_graph_find(graph, rows.added.v[i]);

		if (node != MH_BASE && marks->applied[node] && marks->applied_at[node] < entry->at)
			marks->applied_at[node] = entry->at;
	}
}

/* Fills in the times from the journal of a watched version table.  A stamp applies nothing. */
static void
mark_times(Marks *marks, const MhContext *context, const MhGraph *graph)
{
	ListCell *cell;

	marks->applied_at = palloc0(Max(graph->n, 1) * sizeof(TimestampTz));
	if (context->table == NULL || !marks->known)
		return;
	foreach (cell, mh_journal_upgrades(context->table->schema, context->table->name))
	{
		const MhAppliedRevision *applied = lfirst(cell);
		int node = mh_graph_find(graph, applied->revision);

		if (node != MH_BASE && marks->applied[node])
			marks->applied_at[node] = applied->at;
	}
	foreach (cell, mh_journal_untold(context->table->schema, context->table->name))
		mark_told_again(marks, graph, lfirst(cell));
}

/*
 * mighead_heads(project text)
 *		returns setof (revision, branch_labels, message, is_effective, applied)
 *		What "alembic heads" lists, in its order (load order).  is_effective is Alembic's
 *		"(effective head)": a head that another revision depends on, so that "upgrade heads" ends
 *		without a row for it.
 */
Datum
mighead_heads(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {MH_NO_ARGUMENT, MH_NO_ARGUMENT, 0};
	MhResult result;
	MhContext context;
	const MhScripts *scripts;
	const MhGraph *graph;
	MhNodes heads;
	Marks marks;

	mh_result_begin(&result, fcinfo);
	context = mh_context_open(fcinfo, arguments, MH_ROWS_IF_KNOWN);
	scripts = mh_scripts_read(context.project);
	graph = scripts->graph;
	marks = marks_of(&context, scripts);
	heads = mh_graph_heads(graph);
	for (int i = 0; i < heads.n; i++)
	{
		const MhNode *node = &graph->nodes[heads.v[i]];

		mh_put_text(&result, node->id);
		mh_put_strings(&result, &node->labels);
		mh_put_message(&result, node->script->message);
		mh_put_bool(&result, !node->is_real_head);
		mh_put_known_bool(&result, marks.known, marks.applied[heads.v[i]]);
		mh_row_end(&result);
	}
	return (Datum) 0;
}

static MhNodes
whole_history(const MhGraph *graph)
{
	MhStrings no_rows = {0, NULL};
	MhNodes nodes = {0, NULL};
	MhError err = MH_NO_ERROR;

	if (!mh_history(graph, NULL, &no_rows, &nodes, &err))
		mh_raise(&err);
	return nodes;
}

/*
 * mighead_branches(project text) returns setof (revision, children, message)
 *		The branch points that "alembic branches" lists, in its order (that of history, newest
 *		first); children in load order.
 */
Datum
mighead_branches(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {MH_NO_ARGUMENT, MH_NO_ARGUMENT, 0};
	MhResult result;
	MhContext context;
	const MhGraph *graph;
	MhNodes nodes;

	mh_result_begin(&result, fcinfo);
	context = mh_context_open(fcinfo, arguments, MH_ROWS_UNUSED);
	graph = mh_scripts_read(context.project)->graph;
	nodes = whole_history(graph);
	for (int i = 0; i < nodes.n; i++)
	{
		const MhNode *node = &graph->nodes[nodes.v[i]];
		MhStrings children;

		if (!node->is_branch_point)
			continue;
		children = mh_graph_ids(graph, &node->next);
		mh_put_text(&result, node->id);
		mh_put_strings(&result, &children);
		mh_put_message(&result, node->script->message);
		mh_row_end(&result);
	}
	return (Datum) 0;
}

/* Puts the columns that history and show share.  is_short: of the message what fits one line. */
static void
put_revision(MhResult *result, const MhScripts *scripts, int index, bool is_short,
			 const Marks *marks)
{
	const char *message = scripts->scripts[index].message;
	const MhNode *node = &scripts->graph->nodes[index];
	const MhRevisionFacts *facts = &scripts->facts[index];

	mh_put_text(result, node->id);
	mh_put_strings(result, &node->script->down_revision);
	mh_put_strings(result, &node->script->depends_on);
	mh_put_strings(result, &node->labels);
	if (is_short)
		mh_put_message(result, message);
	else
		mh_put_text(result, message);
	mh_put_bool(result, node->is_head);
	mh_put_bool(result, node->is_base);
	mh_put_bool(result, node->is_branch_point);
	mh_put_bool(result, node->is_merge_point);
	mh_put_known_bool(result, marks->known, marks->current[index]);
	mh_put_known_bool(result, marks->known, marks->applied[index]);
	mh_put_timestamp(result, facts->has_create_date, facts->create_date);
	mh_put_timestamp(result, marks->applied_at[index] != 0, marks->applied_at[index]);
}

/* How many rows ahead a node, and what it points to, are asked of memory. */
#define NODES_AHEAD 16
#define TEXTS_AHEAD 8

/*
 * Asks memory for what the rows after the next ones need.  Scripts lie there in the order of their
 * files, so that each row of a long history would wait several times.
 */
static pg_attribute_always_inline void
fetch_ahead(const MhScripts *scripts, const MhNodes *nodes, int i)
{
	if (i + NODES_AHEAD < nodes->n)
	{
		int node = nodes->v[i + NODES_AHEAD];

		__builtin_prefetch(&scripts->graph->nodes[node]);
		__builtin_prefetch(&scripts->graph->nodes[node].labels);
		__builtin_prefetch(&scripts->graph->nodes[node].rank);
		__builtin_prefetch(&scripts->scripts[node]);
		__builtin_prefetch(&scripts->scripts[node].message);
		__builtin_prefetch(&scripts->facts[node].create_date);
	}
	if (i + TEXTS_AHEAD < nodes->n)
	{
		const MhScript *script = &scripts->scripts[nodes->v[i + TEXTS_AHEAD]];

		__builtin_prefetch(script->revision);
		__builtin_prefetch(script->message);
		__builtin_prefetch(script->down_revision.v);
	}
}

/*
 * mighead_history(range text, project text, version_table regclass)
 *		returns setof (revision, down_revision, depends_on, branch_labels, message, is_head,
 *		is_base, is_branch_point, is_merge_point, is_current, applied, create_date, applied_at)
 *		What "alembic history -r RANGE -i" lists, newest first; range NULL means everything.
 *		down_revision and depends_on are as written in the script, branch_labels those that the
 *		revision has by itself or by propagation.  Errors: MH201, MH202, MH204, MH205 as Alembic
 *		words them; with "current" in the range also those of a needed version table (context.h).
 */
Datum
mighead_history(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {2, MH_NO_ARGUMENT, 1};
	char *range = mh_text_argument(fcinfo, 0);
	MhError err = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};
	MhResult result;
	MhContext context;
	MhScripts *scripts;
	Marks marks;

	mh_result_begin(&result, fcinfo);
	context = mh_context_open(fcinfo, arguments, mh_rows_use_of_range(range));
	scripts = mh_scripts_read(context.project);
	if (!mh_history(scripts->graph, range, &context.rows, &nodes, &err))
		mh_context_raise(fcinfo, &context, scripts->graph, &err);
	marks = marks_of(&context, scripts);
	mark_times(&marks, &context, scripts->graph);
	for (int i = 0; i < nodes.n; i++)
	{
		fetch_ahead(scripts, &nodes, i);
		put_revision(&result, scripts, nodes.v[i], true, &marks);
		mh_row_end(&result);
	}
	return (Datum) 0;
}

/* A release and its name, which is asked for once for all rows in turn that have it. */
typedef struct Release
{
	int64 number;
	const char *name;
} Release;

typedef struct Releases
{
	Release first;
	Release last;
} Releases;

/* Puts a release; NULL if there is none: registered manually and never loaded. */
static void
put_release(MhResult *result, const MhScripts *scripts, int64 number, Release *known)
{
	if (number != known->number)
	{
		known->number = number;
		known->name = number == 0 ? NULL : mh_release_name(scripts->project->name, number);
	}
	mh_put_text(result, known->name);
}

static void
put_origin(MhResult *result, const MhScripts *scripts, int index, const MhStrings *branches_into,
		   Releases *releases)
{
	const MhRevisionFacts *facts = &scripts->facts[index];
	int64 last_release = facts->last_release;

	if (index < scripts->n)
		last_release = scripts->project->release;
	mh_put_strings(result, branches_into);
	mh_put_text(result, scripts->scripts[index].file_name);
	mh_put_text(result, facts->checksum);
	put_release(result, scripts, facts->first_release, &releases->first);
	put_release(result, scripts, last_release, &releases->last);
	mh_row_end(result);
}

static void
show_current_script(MhResult *result, const MhScripts *scripts, int index, const Marks *marks,
					Releases *releases)
{
	MhStrings branches_into = mh_graph_ids(scripts->graph, &scripts->graph->nodes[index].next);

	put_revision(result, scripts, index, false, marks);
	put_origin(result, scripts, index, &branches_into, releases);
}

/*
 * Puts a revision that is not in the graph: retired, or registered manually and waiting for a load.
 * Columns from its script are filled, those from the graph are NULL.
 */
static void
show_absent_script(MhResult *result, const MhScripts *scripts, int index, const MhContext *context,
				   Releases *releases)
{
	const MhScript *script = &scripts->scripts[index];
	const MhRevisionFacts *facts = &scripts->facts[index];
	MhStrings branches_into = {0, NULL};
	bool is_current = mh_strings_contain(&context->rows, script->revision);

	mh_put_text(result, script->revision);
	mh_put_strings(result, &script->down_revision);
	mh_put_strings(result, &script->depends_on);
	mh_put_strings(result, &script->branch_labels);
	mh_put_text(result, script->message);
	mh_put_bool(result, false);
	mh_put_bool(result, script->down_revision.n == 0);
	mh_put_bool(result, false);
	mh_put_bool(result, script->down_revision.n > 1);
	mh_put_known_bool(result, context->rows_known, is_current);
	mh_put_known_bool(result, is_current, true);
	mh_put_timestamp(result, facts->has_create_date, facts->create_date);
	mh_put_null(result);
	put_origin(result, scripts, index, &branches_into, releases);
}

static int
find_absent_script(const MhScripts *scripts, const char *revision)
{
	for (int i = scripts->n; i < scripts->n + scripts->retired + scripts->waiting; i++)
		if (strcmp(scripts->scripts[i].revision, revision) == 0)
			return i;
	return MH_BASE;
}

/* Adds the nodes that an identifier names, or else the absent script with exactly that id. */
static bool
add_named(const MhScripts *scripts, const char *identifier, MhNodes *indexes, MhError *err)
{
	MhNodes nodes = {0, NULL};
	int absent;

	if (mh_resolve(scripts->graph, identifier, &nodes, err))
	{
		for (int i = 0; i < nodes.n; i++)
			mh_nodes_add(indexes, nodes.v[i]);
		return true;
	}
	absent = find_absent_script(scripts, identifier);
	if (absent == MH_BASE)
		return false;
	mh_nodes_add(indexes, absent);
	return true;
}

/*
 * mighead_show(identifier text, project text)
 *		returns setof the columns of history and (branches_into, file_name, checksum,
 *		first_release, last_release)
 *		One row for each revision that the identifier names, in Alembic's order; none for base.
 *		identifier may be an array literal, for several at once.  "current" means the rows of the
 *		version table, as in "alembic show current".  A revision that is in no current script is
 *		found by its full id.  message is the whole docstring.  Errors: MH201, MH202, MH205 as Alembic
 *		words them; 22P02 and 22004 for a malformed array; with "current" also those of a needed
 *		version table (context.h).
 */
Datum
mighead_show(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {MH_NO_ARGUMENT, MH_NO_ARGUMENT, 1};
	MhNodes indexes = {0, NULL};
	MhError err = MH_NO_ERROR;
	MhStrings identifiers;
	MhResult result;
	MhContext context;
	MhScripts *scripts;
	Releases releases = {{0, NULL}, {0, NULL}};
	Marks marks;
	char *identifier;
	bool is_word;

	mh_require_argument(fcinfo, 0, "identifier");
	mh_result_begin(&result, fcinfo);
	identifier = mh_text_argument(fcinfo, 0);
	is_word = strcmp(identifier, "current") == 0;
	context = mh_context_open(fcinfo, arguments, is_word ? MH_ROWS_NEEDED : MH_ROWS_IF_KNOWN);
	identifiers = is_word ? context.rows : mh_row_set(identifier, "identifier");
	scripts = mh_scripts_read(context.project);
	for (int i = 0; i < identifiers.n; i++)
		if (!add_named(scripts, identifiers.v[i], &indexes, &err))
			mh_context_raise(fcinfo, &context, scripts->graph, &err);
	marks = marks_of(&context, scripts);
	mark_times(&marks, &context, scripts->graph);
	for (int i = 0; i < indexes.n; i++)
	{
		if (indexes.v[i] < scripts->n)
			show_current_script(&result, scripts, indexes.v[i], &marks, &releases);
		else
			show_absent_script(&result, scripts, indexes.v[i], &context, &releases);
	}
	return (Datum) 0;
}

/*
 * mighead_resolve(identifier text, project text) returns text[]
 *		The full ids that an identifier names, in Alembic's order; {} for base.  "current" means
 *		the rows of the version table, as they are.  Errors: MH201, MH202, MH205 as Alembic words
 *		them; with "current" those of a needed version table (context.h).
 */
Datum
mighead_resolve(PG_FUNCTION_ARGS)
{
	MhArguments arguments = {MH_NO_ARGUMENT, MH_NO_ARGUMENT, 1};
	MhError err = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};
	MhContext context;
	MhStrings ids;
	const MhGraph *graph;
	const char *identifier;
	bool is_word;

	mh_require_argument(fcinfo, 0, "identifier");
	identifier = mh_text_argument(fcinfo, 0);
	is_word = strcmp(identifier, "current") == 0;
	context = mh_context_open(fcinfo, arguments, is_word ? MH_ROWS_NEEDED : MH_ROWS_UNUSED);
	if (is_word)
		PG_RETURN_DATUM(mh_strings_datum(&context.rows));
	graph = mh_scripts_read(context.project)->graph;
	if (!mh_resolve(graph, identifier, &nodes, &err))
		mh_raise(&err);
	ids = mh_graph_ids(graph, &nodes);
	PG_RETURN_DATUM(mh_strings_datum(&ids));
}
