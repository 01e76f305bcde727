/*
 * graphs.h
 *	  Graphs of revisions written as text, for unit tests.
 *
 * A graph is "a|b<a|c<b,a*x#label": scripts in load order, each an id with parents after "<",
 * dependencies after "*" and labels after "#".
 */
#ifndef MIGHEAD_TEST_GRAPHS_H
#define MIGHEAD_TEST_GRAPHS_H

#include "core/graph/graph.h"

static MhStrings
split(const char *text, char separator)
{
	MhStrings list = {0, NULL};
	const char *end;

	if (text[0] == '\0')
		return list;
	while ((end = strchr(text, separator)) != NULL)
	{
		mh_strings_add(&list, pnstrdup(text, end - text));
		text = end + 1;
	}
	mh_strings_add(&list, text);
	return list;
}

/* The part of one script that begins with mark. */
static MhStrings
part(const char *script, char mark)
{
	const char *start = strchr(script, mark);

	if (start == NULL)
		return split("", ',');
	return split(pnstrdup(start + 1, strcspn(start + 1, "<*#")), ',');
}

static MhGraph *
try_graph(const char *text, MhError *err)
{
	MhStrings lines = split(text, '|');
	MhScript *scripts = palloc0((lines.n + 1) * sizeof(MhScript));

	for (int i = 0; i < lines.n; i++)
	{
		scripts[i].revision = pnstrdup(lines.v[i], strcspn(lines.v[i], "<*#"));
		scripts[i].down_revision = part(lines.v[i], '<');
		scripts[i].depends_on = part(lines.v[i], '*');
		scripts[i].branch_labels = part(lines.v[i], '#');
	}
	return mh_graph_build(scripts, lines.n, err);
}

static MhGraph *
graph_of(const char *text)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = try_graph(text, &err);

	if (graph == NULL)
	{
		printf("Bail out! %s: %s\n", text, err.message);
		exit(1);
	}
	return graph;
}

#endif /* MIGHEAD_TEST_GRAPHS_H */
