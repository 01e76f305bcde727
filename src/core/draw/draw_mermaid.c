/*-------------------------------------------------------------------------
 *
 * draw_mermaid.c
 *	  The revision graph as a Mermaid flowchart, which Markdown viewers show.
 *
 * A flowchart, since Mermaid's gitGraph knows neither several roots nor octopus
 * merges.  Nodes are named by their place in the graph, never by their id.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

/*
 * Mermaid reads Markdown and HTML in labels ("1. x" becomes a list), and picks
 * a source apart with regular expressions before parsing it.  Its entity codes
 * are the one way of writing a character that none of that looks at, so ASCII
 * punctuation is written as such, but for what is harmless anywhere.
 */
static void
append_label(StringInfo buf, const char *string)
{
	for (; *string != '\0'; string++)
	{
		unsigned char c = *string;

		if (IS_HIGHBIT_SET(c) || isalnum(c) || strchr(" (),", c) != NULL)
			appendStringInfoChar(buf, c);
		else
			appendStringInfo(buf, "#%d;", c);
	}
}

static void
append_node(StringInfo buf, const MhGraph *graph, int node, const MhMarks *marks)
{
	const char *message = mh_draw_message(graph, node, MH_BOX_WIDTH);

	appendStringInfo(buf, "    n%d[\"", node);
	append_label(buf, mh_draw_title(graph, node, marks));
	if (*message != '\0')
	{
		appendStringInfoString(buf, "<br/>");
		append_label(buf, message);
	}
	appendStringInfoString(buf, "\"]");
	if (marks->is_current != NULL && marks->is_current[node])
		appendStringInfoString(buf, ":::current");
	else if (marks->applied != NULL && !marks->applied[node])
		appendStringInfoString(buf, ":::pending");
	else if (graph->nodes[node].is_head)
		appendStringInfoString(buf, ":::head");
}

static void
append_unknown(StringInfo buf, int i, const char *text)
{
	appendStringInfo(buf, "    u%d[\"", i);
	append_label(buf, text);
	appendStringInfoString(buf, " (unknown row)\"]:::unknown");
}

static void
add_rest(MhStrings *lines, int node)
{
	mh_strings_add(lines, psprintf("    n%d -.- p%d[\"...\"]", node, node));
}

static void
add_classes(MhStrings *lines)
{
	mh_strings_add(lines, "    classDef head stroke-width:3px");
	mh_strings_add(lines, "    classDef current fill:#cfe8cf,color:#000,stroke-width:3px");
	mh_strings_add(lines, "    classDef pending stroke-dasharray:5 5");
	mh_strings_add(lines, "    classDef unknown stroke:#b00020,stroke-width:3px");
}

MhStrings
mh_draw_mermaid(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks)
{
	static const MhBoxStyle style = {append_unknown, append_node, "    n%d --> n%d",
									 "    n%d -.-> n%d", add_rest};
	MhStrings lines = {0, NULL};

	mh_strings_add(&lines, "flowchart TD");
	mh_draw_boxes(&lines, graph, nodes, mh_draw_given(marks), &style);
	add_classes(&lines);
	return lines;
}
