/*-------------------------------------------------------------------------
 *
 * draw_boxes.c
 *	  Draws boxes for dot and Mermaid: a line for each box, then for each edge.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

static void
add_line(MhStrings *lines, StringInfo buf)
{
	mh_strings_add(lines, buf->data);
	resetStringInfo(buf);
}

static void
add_edges(MhStrings *lines, int node, const MhNodes *to, const bool *members,
		  const char *edge_format)
{
	for (int i = 0; i < to->n; i++)
		if (members[to->v[i]] && !mh_draw_repeats(to, i))
			mh_strings_add(lines, psprintf(edge_format, node, to->v[i]));
}

void
mh_draw_boxes(MhStrings *lines, const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks,
			  const MhBoxStyle *style)
{
	bool *members = mh_draw_members(graph, nodes);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < marks->unknown_rows.n; i++)
	{
		MH_CHECK_INTERRUPTS();
		style->append_unknown(&buf, i, mh_draw_safe(marks->unknown_rows.v[i]));
		add_line(lines, &buf);
	}
	for (int i = 0; i < nodes->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		style->append_node(&buf, graph, nodes->v[i], marks);
		add_line(lines, &buf);
	}
	for (int i = 0; i < nodes->n; i++)
	{
		const MhNode *revision = &graph->nodes[nodes->v[i]];

		MH_CHECK_INTERRUPTS();
		add_edges(lines, nodes->v[i], &revision->down, members, style->edge);
		add_edges(lines, nodes->v[i], &revision->deps, members, style->dependency);
		if (mh_draw_leaves(&revision->down, members) || mh_draw_leaves(&revision->deps, members))
			style->add_rest(lines, nodes->v[i]);
	}
}
