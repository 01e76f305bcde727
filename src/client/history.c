/*-------------------------------------------------------------------------
 *
 * history.c
 *	  "mighead graph", "history" and "heads": of a directory, or of the database.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/draw/draw.h"
#include "core/plan/plan.h"

/* One revision as Alembic's commands print it. */
typedef struct Line
{
	const char *revision;
	const char *down;   /* with commas; "" for none */
	const char *deps;   /* the same */
	const char *labels; /* the same */
	const char *message;
	const char *file;
	const char *next;  /* the revisions that follow a branch point, with commas */
	bool is_head;      /* no revision follows */
	bool is_real_head; /* nor depends on it */
	bool is_branch_point;
	bool is_merge_point;
	bool is_current;
} Line;

/* Script.cmd_format and log_entry */
static void
print_line(const Line *line, bool parents, bool verbose)
{
	StringInfoData text;

	initStringInfo(&text);
	if (parents && !verbose)
	{
		appendStringInfoString(&text, *line->down == '\0' ? "<base>" : line->down);
		if (*line->deps != '\0')
			appendStringInfo(&text, " (%s)", line->deps);
		appendStringInfoString(&text, " -> ");
	}
	appendStringInfo(&text, "%s%s", verbose ? "Rev: " : "", line->revision);
	if (!verbose && *line->labels != '\0')
		appendStringInfo(&text, " (%s)", line->labels);
	if (line->is_real_head)
		appendStringInfoString(&text, " (head)");
	else if (line->is_head)
		appendStringInfoString(&text, " (effective head)");
	if (line->is_current)
		appendStringInfoString(&text, " (current)");
	if (parents && line->is_branch_point)
		appendStringInfoString(&text, " (branchpoint)");
	if (parents && line->is_merge_point)
		appendStringInfoString(&text, " (mergepoint)");
	if (parents && !verbose)
		appendStringInfo(&text, ", %s", mh_short_message(line->message));
	puts(mh_safe_text(text.data, false));
}

static void
print_more(const Line *line)
{
	printf("Parent: %s\n", *line->down == '\0' ? "<base>" : mh_safe_text(line->down, false));
	if (*line->deps != '\0')
		printf("Also depends on: %s\n", mh_safe_text(line->deps, false));
	if (line->is_branch_point && *line->next != '\0')
		printf("Branches into: %s\n", mh_safe_text(line->next, false));
	if (*line->labels != '\0')
		printf("Branch names: %s\n", mh_safe_text(line->labels, false));
	if (*line->file != '\0')
		printf("Path: %s\n", mh_safe_text(line->file, false));
	printf("\n");
	for (const char *at = line->message; *at != '\0';)
	{
		size_t length = strcspn(at, "\n");

		printf("    %s\n", mh_safe_text(pnstrdup(at, length), false));
		at += length;
		at += *at == '\n';
	}
	printf("\n");
}

static void
append_json(StringInfo json, const Line *line)
{
	const struct
	{
		const char *name;
		const char *text;
	} texts[] = {{"revision", line->revision}, {"down_revision", line->down},
				 {"depends_on", line->deps},   {"branch_labels", line->labels},
				 {"message", line->message},   {"file_name", line->file}};
	const struct
	{
		const char *name;
		bool value;
	} flags[] = {{"is_head", line->is_head},
				 {"is_real_head", line->is_real_head},
				 {"is_branch_point", line->is_branch_point},
				 {"is_merge_point", line->is_merge_point},
				 {"is_current", line->is_current}};

	for (size_t i = 0; i < lengthof(texts); i++)
	{
		appendStringInfo(json, "%s\"%s\": ", i == 0 ? "{" : ", ", texts[i].name);
		if (i >= 1 && i <= 3)
		{
			MhStrings list = {0, NULL, 0};

			for (const char *at = texts[i].text; *at != '\0';)
			{
				size_t length = strcspn(at, ",");

				mh_strings_push(&list, pnstrdup(at, length));
				at += length;
				at += strspn(at, ", ");
			}
			mh_json_list(json, &list);
		}
		else
			mh_json_quote(json, texts[i].text);
	}
	for (size_t i = 0; i < lengthof(flags); i++)
		appendStringInfo(json, ", \"%s\": %s", flags[i].name, flags[i].value ? "true" : "false");
	appendStringInfoChar(json, '}');
}

typedef struct Lines
{
	int n;
	Line *v;
} Lines;

static void
print_lines(const Lines *lines, const MhOptions *options, bool parents)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0; i < lines->n; i++)
	{
		if (options->json)
		{
			appendStringInfoString(&json, i == 0 ? "[\n  " : ",\n  ");
			append_json(&json, &lines->v[i]);
			continue;
		}
		print_line(&lines->v[i], parents, options->verbose);
		if (options->verbose)
			print_more(&lines->v[i]);
	}
	if (options->json)
		mh_json_print(lines->n == 0 ? "[]" : psprintf("%s\n]", json.data));
}

/* ---------- from a directory ---------- */

static bool
open_project(const MhOptions *options, MhCheckout *project)
{
	if (!mh_project_read(&options->operands, !options->not_recursive, project))
		return false;
	mh_project_complain(project);
	return project->graph != NULL;
}

static const char *
joined_nodes(const MhGraph *graph, const MhNodes *nodes)
{
	MhStrings ids = mh_graph_ids(graph, nodes);

	return mh_strings_join(&ids, ", ");
}

static Lines
lines_of_nodes(const MhGraph *graph, const MhNodes *nodes)
{
	Lines lines = {nodes->n, palloc0(Max(nodes->n, 1) * sizeof(Line))};

	for (int i = 0; i < nodes->n; i++)
	{
		const MhNode *node = &graph->nodes[nodes->v[i]];
		Line *line = &lines.v[i];

		line->revision = node->id;
		line->down = joined_nodes(graph, &node->down);
		line->deps = mh_strings_join(&node->script->depends_on, ", ");
		line->labels = mh_strings_join(&node->labels, ", ");
		line->message = node->script->message;
		line->file = node->script->file_name;
		line->next = joined_nodes(graph, &node->next);
		line->is_head = node->is_head;
		line->is_real_head = node->is_real_head;
		line->is_branch_point = node->is_branch_point;
		line->is_merge_point = node->is_merge_point;
	}
	return lines;
}

static bool
range_of(const MhCheckout *project, const char *range, MhNodes *nodes)
{
	static const MhStrings no_rows = {0, NULL, 0};
	MhError err = MH_NO_ERROR;

	if (mh_history(project->graph, range, &no_rows, nodes, &err))
		return true;
	mh_complain_error(&err);
	return false;
}

static int
history_of_directory(const MhOptions *options)
{
	MhCheckout project;
	MhNodes nodes = {0, NULL, 0};
	Lines lines;

	if (!open_project(options, &project) || !range_of(&project, options->range, &nodes))
		return MH_EXIT_TROUBLE;
	lines = lines_of_nodes(project.graph, &nodes);
	print_lines(&lines, options, true);
	return MH_EXIT_OK;
}

static int
heads_of_directory(const MhOptions *options)
{
	MhCheckout project;
	MhNodes nodes;
	Lines lines;

	if (!open_project(options, &project))
		return MH_EXIT_TROUBLE;
	nodes = mh_graph_heads(project.graph);
	lines = lines_of_nodes(project.graph, &nodes);
	print_lines(&lines, options, false);
	return MH_EXIT_OK;
}

static void
print_drawing(const MhStrings *lines, bool as_json)
{
	StringInfoData json;

	if (as_json)
	{
		initStringInfo(&json);
		mh_json_list(&json, lines);
		mh_json_print(json.data);
		return;
	}
	for (int i = 0; i < lines->n; i++)
		puts(mh_safe_text(lines->v[i], false));
}

static int
graph_of_directory(const MhOptions *options)
{
	const char *format = options->format == NULL ? "text" : options->format;
	MhCheckout project;
	MhNodes nodes = {0, NULL, 0};
	MhStrings lines;

	if (options->around != NULL)
	{
		mh_complain("--around needs the rows of a version table, and a directory has none");
		return MH_EXIT_TROUBLE;
	}
	if (!open_project(options, &project) || !range_of(&project, options->range, &nodes))
		return MH_EXIT_TROUBLE;
	if (strcmp(format, "text") == 0)
		lines = mh_draw_text(project.graph, &nodes, NULL);
	else if (strcmp(format, "dot") == 0)
		lines = mh_draw_dot(project.graph, &nodes, NULL);
	else if (strcmp(format, "mermaid") == 0)
		lines = mh_draw_mermaid(project.graph, &nodes, NULL);
	else
	{
		mh_complain("unrecognized format: \"%s\"", format);
		mh_complain_hint("Valid formats are \"text\", \"dot\", and \"mermaid\".");
		return MH_EXIT_TROUBLE;
	}
	print_drawing(&lines, options->json);
	return MH_EXIT_OK;
}

/* ---------- from the database ---------- */

#define LINE_COLUMNS 12

static Lines
lines_of_result(const struct pg_result *result)
{
	Lines lines = {mh_rows_of(result), NULL};

	lines.v = palloc0(Max(lines.n, 1) * sizeof(Line));
	for (int i = 0; i < lines.n; i++)
	{
		Line *line = &lines.v[i];

		line->revision = pstrdup(mh_field(result, i, 0));
		line->down = pstrdup(mh_field(result, i, 1));
		line->deps = pstrdup(mh_field(result, i, 2));
		line->labels = pstrdup(mh_field(result, i, 3));
		line->message = pstrdup(mh_field(result, i, 4));
		line->file = pstrdup(mh_field(result, i, 5));
		line->is_head = *mh_field(result, i, 6) == 't';
		line->is_real_head = *mh_field(result, i, 7) == 't';
		line->is_branch_point = *mh_field(result, i, 8) == 't';
		line->is_merge_point = *mh_field(result, i, 9) == 't';
		line->is_current = *mh_field(result, i, 10) == 't';
		line->next = pstrdup(mh_field(result, i, 11));
	}
	return lines;
}

/*
 * A join of h with what mighead_show() says of its revisions.  project, table: parameters, table may be
 * NULL.  mighead_show() takes no version table: its rows tell the project, or else its status, which
 * costs more.
 */
static char *
join_of_show(const char *prefix, const char *project, const char *table)
{
	char *of_table = "";

	if (table != NULL)
		of_table =
			psprintf(", (SELECT r.project FROM %smighead_version_rows() AS r"
					 " WHERE r.version_table::pg_catalog.oid OPERATOR(pg_catalog.=)"
					 " %s::pg_catalog.oid LIMIT 1), (SELECT t.project FROM"
					 " %smighead_status(%s::pg_catalog.oid::pg_catalog.regclass) AS t LIMIT 1)",
					 prefix, table, prefix, table);
	return psprintf(" LEFT JOIN %smighead_show((SELECT coalesce(pg_catalog.array_agg(revision)"
					"::pg_catalog.text, '{}') FROM h), coalesce(%s::pg_catalog.text%s)) AS s"
					" ON s.revision OPERATOR(pg_catalog.=) h.revision",
					prefix, project, of_table);
}

/* What is asked: columns in the order of a Line, of h and, if whole, s; from: behind FROM and the schema. */
typedef struct Question
{
	const char *columns;
	const char *from;
	const char *project; /* parameter */
	const char *table;   /* parameter, whose value becomes that of the session; NULL: none */
	bool whole;
} Question;

static int
lines_of_database(const MhOptions *options, const Question *question, int n,
				  const char *const *values, const char **table, bool parents)
{
	MhConnection session;
	struct pg_result *result = NULL;
	bool reached;
	Lines lines;

	if (mh_session_open(options, true, &session, &reached))
	{
		if (table != NULL)
			*table = session.table;
		result = mh_ask(&session,
						psprintf("WITH h AS MATERIALIZED (SELECT * FROM %s%s WITH ORDINALITY)"
								 " SELECT %s FROM h%s ORDER BY h.ordinality",
								 session.prefix, question->from, question->columns,
								 question->whole ? join_of_show(session.prefix, question->project,
																question->table)
												 : ""),
						n, values, LINE_COLUMNS);
	}
	if (result != NULL)
	{
		lines = lines_of_result(result);
		print_lines(&lines, options, parents);
	}
	mh_forget(result);
	mh_session_close(&session);
	return result == NULL ? MH_EXIT_TROUBLE : MH_EXIT_OK;
}

static int
history_of_database(const MhOptions *options)
{
	const char *values[] = {options->range, options->project, NULL};
	bool whole = options->verbose || options->json;
	const char *more = whole ? "coalesce(s.message, h.message), s.file_name" : "h.message, NULL";
	Question question = {
		psprintf("h.revision, pg_catalog.array_to_string(h.down_revision, ', '),"
				 " pg_catalog.array_to_string(h.depends_on, ', '),"
				 " pg_catalog.array_to_string(h.branch_labels, ', '), %s,"
				 " h.is_head, h.is_head, h.is_branch_point, h.is_merge_point, h.is_current, %s",
				 more, whole ? "pg_catalog.array_to_string(s.branches_into, ', ')" : "NULL"),
		"mighead_history(range => $1::pg_catalog.text, project => $2::pg_catalog.text,"
		" version_table => $3::pg_catalog.oid::pg_catalog.regclass)",
		"$2", "$3", whole};

	return lines_of_database(options, &question, lengthof(values), values, &values[2], true);
}

static int
heads_of_database(const MhOptions *options)
{
	const char *values[] = {options->project};
	bool whole = options->verbose || options->json;
	Question question = {
		psprintf("h.revision, %s NULL, pg_catalog.array_to_string(h.branch_labels, ', '), %s,"
				 " true, NOT h.is_effective, false, false, false, NULL",
				 whole ? "pg_catalog.array_to_string(s.down_revision, ', ')," : "NULL,",
				 whole ? "s.message, s.file_name" : "h.message, NULL"),
		"mighead_heads(project => $1::pg_catalog.text)", "$1", NULL, whole};

	return lines_of_database(options, &question, lengthof(values), values, NULL, false);
}

static int
graph_of_database(const MhOptions *options)
{
	const char *values[] = {options->format == NULL ? "text" : options->format, options->range,
							NULL, options->project, options->around};
	/* the script of 0.1.0 has no such argument */
	const char *around = options->around == NULL ? "" : ", around => $5::pg_catalog.int4";
	MhConnection session;
	MhStrings lines = {0, NULL, 0};
	struct pg_result *result = NULL;
	bool reached;

	if (mh_session_open(options, true, &session, &reached))
	{
		values[2] = session.table;
		result =
			mh_ask(&session,
				   psprintf("SELECT g FROM %smighead_graph(format => $1::pg_catalog.text,"
							" range => $2::pg_catalog.text,"
							" version_table => $3::pg_catalog.oid::pg_catalog.regclass,"
							" project => $4::pg_catalog.text%s) AS g",
							session.prefix, around),
				   options->around == NULL ? lengthof(values) - 1 : lengthof(values), values, 1);
	}
	for (int row = 0; result != NULL && row < mh_rows_of(result); row++)
		mh_strings_add(&lines, mh_field(result, row, 0));
	if (result != NULL)
		print_drawing(&lines, options->json);
	mh_forget(result);
	mh_session_close(&session);
	return result == NULL ? MH_EXIT_TROUBLE : MH_EXIT_OK;
}

/* ---------- either ---------- */

int
mh_run_history(const MhOptions *options)
{
	return mh_finish_output(options->operands.n > 0 ? history_of_directory(options)
													: history_of_database(options));
}

int
mh_run_heads(const MhOptions *options)
{
	return mh_finish_output(options->operands.n > 0 ? heads_of_directory(options)
													: heads_of_database(options));
}

int
mh_run_graph(const MhOptions *options)
{
	return mh_finish_output(options->operands.n > 0 ? graph_of_directory(options)
													: graph_of_database(options));
}
