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
append_unknown(StringInfo buf, int i, const char *text)
{
	appendStringInfo(buf, "    u%d [label=\"", i);
	append_label(buf, text);
	appendStringInfoString(buf, " (unknown row)\", color=\"#b00020\", fontcolor=\"#b00020\"];");
}

static void
add_rest(MhStrings *lines, int node)
{
	mh_strings_add(lines, psprintf("    p%d [label=\"...\", shape=plaintext];", node));
	mh_strings_add(lines, psprintf("    n%d -> p%d [style=dotted];", node, node));
}

MhStrings
mh_draw_dot(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks)
{
	static const MhBoxStyle style = {append_unknown, append_node, "    n%d -> n%d;",
									 "    n%d -> n%d [style=dashed];", add_rest};
	MhStrings lines = {0, NULL};

	mh_strings_add(&lines, "digraph mighead {");
	mh_strings_add(&lines, "    charset=\"UTF-8\";");
	mh_strings_add(&lines, "    node [shape=box, style=rounded];");
	mh_draw_boxes(&lines, graph, nodes, mh_draw_given(marks), &style);
	mh_strings_add(&lines, "}");
	return lines;
}
