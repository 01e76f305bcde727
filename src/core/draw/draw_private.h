/*-------------------------------------------------------------------------
 *
 * draw_private.h
 *	  What the renderings share: the words that describe
 *	  a revision.  Private to draw*.c and merge_script.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DRAW_DRAW_PRIVATE_H
#define MIGHEAD_CORE_DRAW_DRAW_PRIVATE_H

#include "core/base/screen.h"
#include "core/draw/draw.h"

/* A copy without unsafe characters, for ids and labels, which are never cut. */
extern char *mh_draw_safe(const char *string);

/* Marks as given, or such that say nothing where there are none. */
extern const MhMarks *mh_draw_given(const MhMarks *marks);

/* What identifies a revision to a person: its id and its marks. */
extern char *mh_draw_title(const MhGraph *graph, int node, const MhMarks *marks);

/* As much of its short message as room columns hold; "" where that is nothing. */
extern char *mh_draw_message(const MhGraph *graph, int node, int room);

/* The columns that a box in dot or Mermaid gives a message. */
#define MH_BOX_WIDTH 60

/* draw_boxes.c: how a language of boxes and edges writes them. */
typedef struct MhBoxStyle
{
	/* a row that no script has, the i-th */
	void (*append_unknown)(StringInfo buf, int i, const char *text);
	void (*append_node)(StringInfo buf, const MhGraph *graph, int node, const MhMarks *marks);
	/* formats of a line with two numbers of nodes */
	const char *edge;
	const char *dependency;
	/* something below a revision, outside of the drawing */
	void (*add_rest)(MhStrings *lines, int node);
} MhBoxStyle;

extern void mh_draw_boxes(MhStrings *lines, const MhGraph *graph, const MhNodes *nodes,
						  const MhMarks *marks, const MhBoxStyle *style);

/* bool[graph->n]: which revisions are to be drawn. */
extern bool *mh_draw_members(const MhGraph *graph, const MhNodes *nodes);

/* Is entry i of a list there before?  Scripts may name a parent twice. */
extern bool mh_draw_repeats(const MhNodes *list, int i);

/* Does a list name a revision that is not among the members? */
extern bool mh_draw_leaves(const MhNodes *list, const bool *members);

#endif /* MIGHEAD_CORE_DRAW_DRAW_PRIVATE_H */
