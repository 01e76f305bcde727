/*
 * draw_cli.c
 *	  The renderings and the merge script on standard input and output, for the
 *	  oracles written in Python.
 *
 * Each line of input is a command with fields parted by blanks; texts are in
 * hexadecimal behind an "x", lists of texts parted by commas.
 *
 *	  revision ID DOWN DEPENDS LABELS MESSAGE STATE   STATE: c, a, p, or - (no table)
 *	  draw ID,...                     what to draw, newest first
 *	  unknown ID,...
 *	  text | dot | mermaid            draws, and forgets the graph
 *	  repr TEXT
 *	  short TEXT
 *	  merge PARENTS ID MESSAGE DATE   MESSAGE: - for none
 *
 * Every answer ends with a line that holds only the character EOT.
 */
#include "core/draw/draw.h"

typedef struct State
{
	int n;
	int room;
	MhScript *scripts;
	char *states;
	MhStrings draw;
	MhStrings unknown;
} State;

static char *
read_text(const char *field)
{
	size_t length = strlen(field) / 2;
	char *result = palloc(length + 1);

	for (size_t i = 0; i < length; i++)
	{
		unsigned int byte;

		if (field[0] != 'x' || sscanf(field + 1 + 2 * i, "%2x", &byte) != 1)
		{
			fprintf(stderr, "draw_cli: no text: \"%s\"\n", field);
			exit(2);
		}
		result[i] = (char) byte;
	}
	result[length] = '\0';
	return result;
}

static MhStrings
read_list(char *field)
{
	MhStrings list = {0, NULL};
	char *rest = NULL;

	for (char *item = strtok_r(field, ",", &rest); item; item = strtok_r(NULL, ",", &rest))
		mh_strings_add(&list, read_text(item));
	return list;
}

static char *
next_field(char **rest)
{
	char *field = strsep(rest, " ");

	if (field == NULL)
	{
		fprintf(stderr, "draw_cli: a field is missing\n");
		exit(2);
	}
	return field;
}

static void
read_revision(State *state, char *rest)
{
	MhScript *script;

	if (state->n == state->room)
	{
		state->room = state->room * 2 + 16;
		state->scripts = state->scripts ? repalloc(state->scripts, state->room * sizeof(MhScript))
										: palloc(state->room * sizeof(MhScript));
		state->states = state->states ? repalloc(state->states, state->room) : palloc(state->room);
	}
	script = &state->scripts[state->n];
	memset(script, 0, sizeof(*script));
	script->revision = read_text(next_field(&rest));
	script->down_revision = read_list(next_field(&rest));
	script->depends_on = read_list(next_field(&rest));
	script->branch_labels = read_list(next_field(&rest));
	script->message = read_text(next_field(&rest));
	state->states[state->n++] = *next_field(&rest);
}

static void
finish_answer(void)
{
	printf("\004\n");
	fflush(stdout);
}

static void
draw(State *state, const char *format)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = mh_graph_build(state->scripts, state->n, &err);
	bool *is_current = palloc0(state->n + 1);
	bool *applied = palloc0(state->n + 1);
	bool stamped = state->n > 0 && state->states[0] != '-';
	MhMarks marks = {stamped ? is_current : NULL, stamped ? applied : NULL, state->unknown};
	MhNodes nodes = {0, NULL};
	MhStrings lines;

	if (graph == NULL)
	{
		fprintf(stderr, "draw_cli: %s\n", err.message);
		exit(2);
	}
	for (int i = 0; i < state->n; i++)
	{
		is_current[i] = state->states[i] == 'c';
		applied[i] = state->states[i] != 'p';
	}
	for (int i = 0; i < state->draw.n; i++)
		mh_nodes_add(&nodes, mh_graph_find(graph, state->draw.v[i]));
	if (strcmp(format, "text") == 0)
		lines = mh_draw_text(graph, &nodes, &marks);
	else if (strcmp(format, "dot") == 0)
		lines = mh_draw_dot(graph, &nodes, &marks);
	else
		lines = mh_draw_mermaid(graph, &nodes, &marks);
	for (int i = 0; i < lines.n; i++)
		puts(lines.v[i]);
	finish_answer();
	memset(state, 0, sizeof(*state));
}

static void
merge(char *rest)
{
	MhStrings parents = read_list(next_field(&rest));
	char *revision = read_text(next_field(&rest));
	char *message = next_field(&rest);
	char *create_date = read_text(next_field(&rest));

	fputs(mh_merge_script(&parents, revision, *message == '-' ? NULL : read_text(message),
						  create_date),
		  stdout);
	finish_answer();
}

int
main(void)
{
	State state;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	memset(&state, 0, sizeof(state));
	while ((length = getline(&line, &room, stdin)) > 0)
	{
		char *rest = line;
		char *command;

		line[strcspn(line, "\n")] = '\0';
		command = next_field(&rest);
		if (strcmp(command, "revision") == 0)
			read_revision(&state, rest);
		else if (strcmp(command, "draw") == 0)
			state.draw = read_list(next_field(&rest));
		else if (strcmp(command, "unknown") == 0)
			state.unknown = read_list(next_field(&rest));
		else if (strcmp(command, "merge") == 0)
			merge(rest);
		else if (strcmp(command, "repr") == 0 || strcmp(command, "short") == 0)
		{
			char *value = read_text(next_field(&rest));

			puts(*command == 'r' ? mh_python_repr(value) : mh_short_message(value));
			finish_answer();
		}
		else
			draw(&state, command);
	}
	return 0;
}
