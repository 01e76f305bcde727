/*-------------------------------------------------------------------------
 *
 * draw_dot.c
 *	  The revision graph in Graphviz' language.
 *
 * Nodes are named by their place in the graph, never by their id, so that no id
 * can be taken for syntax or for another node.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

/*
 * In a quoted label a backslash begins an escape sequence and "&" an HTML
 * entity (Graphviz, "escString").  Control characters have been replaced.
 */
static void
append_label(StringInfo buf, const char *string)
{
	for (; *string != '\0'; string++)
	{
		if (*string == '&')
			appendStringInfoString(buf, "&amp;");
		else
		{
			if (*string == '"' || *string == '\\')
				appendStringInfoChar(buf, '\\');
			appendStringInfoChar(buf, *string);
		}
	}
}

static void
append_node(StringInfo buf, const MhGraph *graph, int node, const MhMarks *marks)
{
	const char *message = mh_draw_message(graph, node, MH_BOX_WIDTH);

	appendStringInfo(buf, "    n%d [label=\"", node);
	append_label(buf, mh_draw_title(graph, node, marks));
	if (*message != '\0')
	{
		appendStringInfoString(buf, "\\n");
		append_label(buf, message);
	}
	appendStringInfoChar(buf, '"');
	if (graph->nodes[node].is_head)
		appendStringInfoString(buf, ", penwidth=2");
	if (marks->is_current != NULL && marks->is_current[node])
		appendStringInfoString(buf, ", style=\"rounded,filled\", fillcolor=\"#cfe8cf\"");
	else if (marks->applied != NULL && !marks->applied[node])
		appendStringInfoString(buf, ", style=\"rounded,dashed\"");
	appendStringInfoString(buf, "];");
}

static void
add_line(MhStrings *lines, StringInfo buf)
{
	mh_strings_add(lines, buf->data);
	resetStringInfo(buf);
}

static void
add_edges(MhStrings *lines, int node, const MhNodes *to, const bool *members, const char *style)
{
	for (int i = 0; i < to->n; i++)
		if (members[to->v[i]] && !mh_draw_repeats(to, i))
			mh_strings_add(lines, psprintf("    n%d -> n%d%s;", node, to->v[i], style));
}

/* Something below a revision, outside the drawing. */
static void
add_hint(MhStrings *lines, int node)
{
	mh_strings_add(lines, psprintf("    p%d [label=\"...\", shape=plaintext];", node));
	mh_strings_add(lines, psprintf("    n%d -> p%d [style=dotted];", node, node));
}

MhStrings
mh_draw_dot(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks)
{
	MhStrings lines = {0, NULL};
	bool *members = mh_draw_members(graph, nodes);
	StringInfoData buf;

	marks = mh_draw_given(marks);
	initStringInfo(&buf);
	mh_strings_add(&lines, "digraph mighead {");
	mh_strings_add(&lines, "    charset=\"UTF-8\";");
	mh_strings_add(&lines, "    node [shape=box, style=rounded];");
	for (int i = 0; i < marks->unknown_rows.n; i++)
	{
		MH_CHECK_INTERRUPTS();
		appendStringInfo(&buf, "    u%d [label=\"", i);
		append_label(&buf, mh_draw_safe(marks->unknown_rows.v[i]));
		appendStringInfoString(&buf, " (unknown row)\", color=\"#b00020\", "
									 "fontcolor=\"#b00020\"];");
		add_line(&lines, &buf);
	}
	for (int i = 0; i < nodes->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		append_node(&buf, graph, nodes->v[i], marks);
		add_line(&lines, &buf);
	}
	for (int i = 0; i < nodes->n; i++)
	{
		const MhNode *revision = &graph->nodes[nodes->v[i]];

		MH_CHECK_INTERRUPTS();
		add_edges(&lines, nodes->v[i], &revision->down, members, "");
		add_edges(&lines, nodes->v[i], &revision->deps, members, " [style=dashed]");
		if (mh_draw_leaves(&revision->down, members) || mh_draw_leaves(&revision->deps, members))
			add_hint(&lines, nodes->v[i]);
	}
	mh_strings_add(&lines, "}");
	return lines;
}
