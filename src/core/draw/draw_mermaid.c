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
add_line(MhStrings *lines, StringInfo buf)
{
	mh_strings_add(lines, buf->data);
	resetStringInfo(buf);
}

static void
add_edges(MhStrings *lines, int node, const MhNodes *to, const bool *members, const char *arrow)
{
	for (int i = 0; i < to->n; i++)
		if (members[to->v[i]] && !mh_draw_repeats(to, i))
			mh_strings_add(lines, psprintf("    n%d %s n%d", node, arrow, to->v[i]));
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
	MhStrings lines = {0, NULL};
	bool *members = mh_draw_members(graph, nodes);
	StringInfoData buf;

	marks = mh_draw_given(marks);
	initStringInfo(&buf);
	mh_strings_add(&lines, "flowchart TD");
	for (int i = 0; i < marks->unknown_rows.n; i++)
	{
		MH_CHECK_INTERRUPTS();
		appendStringInfo(&buf, "    u%d[\"", i);
		append_label(&buf, mh_draw_safe(marks->unknown_rows.v[i]));
		appendStringInfoString(&buf, " (unknown row)\"]:::unknown");
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
		int node = nodes->v[i];

		MH_CHECK_INTERRUPTS();
		add_edges(&lines, node, &revision->down, members, "-->");
		add_edges(&lines, node, &revision->deps, members, "-.->");
		if (mh_draw_leaves(&revision->down, members) || mh_draw_leaves(&revision->deps, members))
			mh_strings_add(&lines, psprintf("    n%d -.- p%d[\"...\"]", node, node));
	}
	add_classes(&lines);
	return lines;
}
