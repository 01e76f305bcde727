/*
 * graph_cli.c
 *	  The graph core as a filter, for graph_oracle.py to ask.
 *
 * One command a line, fields separated by tabs; a list is its elements, each
 * followed by the character 31.
 *
 *	  graph                                   forget the graph and the rows
 *	  script  ID  DOWN  DEPENDS_ON  LABELS    one more script
 *	  build                                   answers "ok" or an error
 *	  rows    ROWS                            the version table's rows from here on
 *
 * and questions: heads, real_heads, bases, nodes, resolve ID, resolve_one ID,
 * current, upgrade TARGET, downgrade TARGET, history [RANGE],
 * stamp PURGE UNREGISTERED TARGETS, judge, maximal.  Each is answered by one
 * line: "ok" and lists (the character 30 for no revision), or "error", code, message and detail.
 */
#include "core/plan/plan.h"

#include "arena.h"

#define ELEMENT_END '\x1f'
#define NONE "\x1e"

static struct
{
	MhScript *scripts;
	int n;
	MhGraph *graph;
	MhStrings rows;
} state;

/* Takes one tab-separated field off *line. */
static char *
next_field(char **line)
{
	char *field = *line;
	char *tab;

	if (field == NULL)
		return pstrdup("");
	tab = strchr(field, '\t');
	if (tab != NULL)
		*tab = '\0';
	*line = tab == NULL ? NULL : tab + 1;
	return field;
}

static MhStrings
read_list(char *field)
{
	MhStrings list = {0, NULL};
	char *end;

	while ((end = strchr(field, ELEMENT_END)) != NULL)
	{
		*end = '\0';
		mh_strings_add(&list, field);
		field = end + 1;
	}
	return list;
}

static void
print_list(const MhStrings *list)
{
	putchar('\t');
	for (int i = 0; i < list->n; i++)
		printf("%s%c", list->v[i], ELEMENT_END);
}

static void
print_nodes(const MhNodes *nodes)
{
	MhStrings ids = mh_graph_ids(state.graph, nodes);

	print_list(&ids);
}

static void
print_error(const MhError *err)
{
	printf("error\t%s\t%s\t%s\n", err->sqlstate, err->message, err->detail ? err->detail : "");
}

static void
answer_nodes(bool found, const MhNodes *nodes, const MhError *err)
{
	if (!found)
	{
		print_error(err);
		return;
	}
	printf("ok");
	print_nodes(nodes);
	putchar('\n');
}

static void
add_script(char *line)
{
	MhScript *script;

	if (state.n == 0)
		state.scripts = palloc(sizeof(MhScript));
	else if ((state.n & (state.n - 1)) == 0)
		state.scripts = repalloc(state.scripts, 2 * state.n * sizeof(MhScript));
	script = &state.scripts[state.n++];
	memset(script, 0, sizeof(MhScript));
	script->revision = pstrdup(next_field(&line));
	script->down_revision = read_list(next_field(&line));
	script->depends_on = read_list(next_field(&line));
	script->branch_labels = read_list(next_field(&line));
}

static void
build(void)
{
	MhError err = MH_NO_ERROR;

	state.graph = mh_graph_build(state.scripts, state.n, &err);
	if (state.graph == NULL)
		print_error(&err);
	else
		printf("ok\n");
}

/* id, parents, labels and flags of every revision, three fields each */
static void
answer_all_nodes(void)
{
	printf("ok");
	for (int i = 0; i < state.graph->n; i++)
	{
		const MhNode *node = &state.graph->nodes[i];

		printf("\t%s", node->id);
		print_nodes(&node->ndown);
		print_list(&node->labels);
		printf("\t%d%d%d%d%d%d", node->is_head, node->is_real_head, node->is_base,
			   node->is_real_base, node->is_branch_point, node->is_merge_point);
	}
	putchar('\n');
}

static void
answer_plan(bool planned, const MhPlan *plan, const MhError *err)
{
	if (!planned)
	{
		print_error(err);
		return;
	}
	printf("ok");
	print_list(&plan->warnings);
	for (int i = 0; i < plan->n; i++)
	{
		printf("\t%s", state.graph->nodes[plan->steps[i].node].id);
		print_list(&plan->steps[i].rows_after);
	}
	putchar('\n');
}

static const char *
text_or(const char *text, const char *otherwise)
{
	return text == NULL ? otherwise : text;
}

static void
answer_stamp(char *line)
{
	bool purge = atoi(next_field(&line)) != 0;
	bool unregistered = atoi(next_field(&line)) != 0;
	MhStrings targets = read_list(next_field(&line));
	MhError err = MH_NO_ERROR;
	MhStampPlan plan;

	if (!mh_stamp_plan(state.graph, &state.rows, &targets, purge, unregistered, &plan, &err))
	{
		print_error(&err);
		return;
	}
	printf("ok\t%d\t%d\t%s", plan.alembic_differs, plan.overlap, text_or(plan.alembic_error, ""));
	print_list(&plan.alembic_rows);
	print_list(&plan.rows_after);
	for (int i = 0; i < plan.n; i++)
	{
		printf("\t%s\t%s", text_or(plan.steps[i].from_revision, NONE),
			   text_or(plan.steps[i].to_revision, NONE));
		print_list(&plan.steps[i].rows_after);
	}
	putchar('\n');
}

static void
answer_judge(void)
{
	MhRow *judged = mh_rows_judge(state.graph, &state.rows);

	printf("ok");
	for (int i = 0; i < state.rows.n; i++)
		printf("\t%d,%d,%d,%d", judged[i].node, judged[i].is_exact, judged[i].implied_by,
			   judged[i].duplicate_of);
	putchar('\n');
}

static void
answer_resolve(char *line, bool one)
{
	MhError err = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};
	bool found;
	int node = MH_BASE;

	if (one)
	{
		found = mh_resolve_one(state.graph, next_field(&line), &node, &err);
		if (found && node != MH_BASE)
			mh_nodes_add(&nodes, node);
	}
	else
		found = mh_resolve(state.graph, next_field(&line), &nodes, &err);
	answer_nodes(found, &nodes, &err);
}

static void
answer_relation(const char *command)
{
	MhError err = MH_NO_ERROR;
	MhNodes nodes = {0, NULL};
	bool found = true;

	if (strcmp(command, "heads") == 0)
		nodes = mh_graph_heads(state.graph);
	else if (strcmp(command, "real_heads") == 0)
		nodes = mh_graph_real_heads(state.graph);
	else if (strcmp(command, "bases") == 0)
		nodes = mh_graph_bases(state.graph);
	else if (strcmp(command, "current") == 0)
		found = mh_current(state.graph, &state.rows, &nodes, &err);
	else
	{
		fprintf(stderr, "unknown command \"%s\"\n", command);
		exit(2);
	}
	answer_nodes(found, &nodes, &err);
}

static void
answer_maximal(void)
{
	MhStrings maximal = mh_rows_maximal(state.graph, &state.rows);

	printf("ok");
	print_list(&maximal);
	putchar('\n');
}

static void
answer(const char *command, char *line)
{
	MhError err = MH_NO_ERROR;
	MhNodes nodes;
	MhPlan plan;

	if (strcmp(command, "upgrade") == 0)
		answer_plan(mh_upgrade_plan(state.graph, &state.rows, next_field(&line), true, &plan, &err),
					&plan, &err);
	else if (strcmp(command, "downgrade") == 0)
		answer_plan(
			mh_downgrade_plan(state.graph, &state.rows, next_field(&line), true, &plan, &err),
			&plan, &err);
	else if (strcmp(command, "history") == 0)
		answer_nodes(mh_history(state.graph, line == NULL ? NULL : next_field(&line), &state.rows,
								&nodes, &err),
					 &nodes, &err);
	else if (strcmp(command, "resolve") == 0 || strcmp(command, "resolve_one") == 0)
		answer_resolve(line, strcmp(command, "resolve_one") == 0);
	else if (strcmp(command, "stamp") == 0)
		answer_stamp(line);
	else if (strcmp(command, "judge") == 0)
		answer_judge();
	else if (strcmp(command, "maximal") == 0)
		answer_maximal();
	else if (strcmp(command, "nodes") == 0)
		answer_all_nodes();
	else
		answer_relation(command);
}

static void
run_line(char *line)
{
	char *command = next_field(&line);

	if (strcmp(command, "graph") == 0)
	{
		arena_reset();
		memset(&state, 0, sizeof(state));
	}
	else if (strcmp(command, "script") == 0)
		add_script(line);
	else if (strcmp(command, "build") == 0)
		build();
	else if (strcmp(command, "rows") == 0)
		state.rows = read_list(next_field(&line));
	else if (state.graph != NULL)
		answer(command, line);
	else
		printf("no graph\n");
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) > 0)
	{
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		run_line(line);
	}
	free(line);
	return 0;
}
