/*-------------------------------------------------------------------------
 *
 * draw_private.h
 *	  The words that describe a revision, shared by draw*.c and merge_script.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DRAW_DRAW_PRIVATE_H
#define MIGHEAD_CORE_DRAW_DRAW_PRIVATE_H

#include "core/base/screen.h"
#include "core/draw/draw.h"

/* Returns a copy without unsafe characters, for ids and labels, which are never cut. */
extern char *mh_draw_safe(const char *string);

/* Returns marks, or empty marks if marks is NULL. */
extern const MhMarks *mh_draw_given(const MhMarks *marks);

/* Returns the title of a revision: its id and its marks. */
extern char *mh_draw_title(const MhGraph *graph, int node, const MhMarks *marks);

/* Returns the part of its short message that fits into room columns, or "". */
extern char *mh_draw_message(const MhGraph *graph, int node, int room);

/* The columns that a box in dot or Mermaid gives a message. */
#define MH_BOX_WIDTH 60

/* draw_boxes.c: the syntax of a language of boxes and edges. */
typedef struct MhBoxStyle
{
	/* appends the i-th unknown row */
	void (*append_unknown)(StringInfo buf, int i, const char *text);
	void (*append_node)(StringInfo buf, const MhGraph *graph, int node, const MhMarks *marks);
	/* formats of a line, with two numbers of nodes */
	const char *edge;
	const char *dependency;
	/* adds a line for parents of a revision that are not drawn */
	void (*add_rest)(MhStrings *lines, int node);
} MhBoxStyle;

extern void mh_draw_boxes(MhStrings *lines, const MhGraph *graph, const MhNodes *nodes,
						  const MhMarks *marks, const MhBoxStyle *style);

/* Returns marks (bool[graph->n]) of the revisions that are to be drawn. */
extern bool *mh_draw_members(const MhGraph *graph, const MhNodes *nodes);

/* Returns whether entry i of a list is a repetition.  Scripts may name a parent twice. */
extern bool mh_draw_repeats(const MhNodes *list, int i);

/* Returns whether a list names a revision that is not among the members. */
extern bool mh_draw_leaves(const MhNodes *list, const bool *members);

#endif /* MIGHEAD_CORE_DRAW_DRAW_PRIVATE_H */
