/*-------------------------------------------------------------------------
 *
 * draw.h
 *	  Rendering of a revision graph for people: terminal text, Graphviz dot,
 *	  Mermaid; and the source of a merge script.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DRAW_DRAW_H
#define MIGHEAD_CORE_DRAW_DRAW_H

#include "core/graph/graph.h"

/*
 * What the drawing marks.  Arrays have graph->n entries; they are NULL, or there
 * are no marks at all, where the rows of the version table are not known.
 */
typedef struct MhMarks
{
	const bool *is_current; /* is a row of the version table */
	const bool *applied;    /* a row, or below one */
	MhStrings unknown_rows; /* rows that no script has */
} MhMarks;

/*
 * nodes are drawn in the given order, newest first (as mh_history returns
 * them); a revision's parents that are not among them are hinted at, not drawn.
 * Each returns the lines, without line feeds.  All text is UTF-8, in and out; what
 * could steer a terminal or end a line is replaced.
 */
extern MhStrings mh_draw_text(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);
extern MhStrings mh_draw_dot(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);
extern MhStrings mh_draw_mermaid(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);

/*
 * The source of the migration file that merges parents (full ids, in Alembic's
 * resolved order), as "alembic merge" writes it, with its last line feed.  Every
 * value is escaped as Python's repr() does.  message may be NULL (Alembic's
 * "empty message").  create_date is text such as "2026-01-31 12:00:00.000000".
 */
extern char *mh_merge_script(const MhStrings *parents, const char *revision, const char *message,
							 const char *create_date);

/* Python's repr() of a UTF-8 string. */
extern char *mh_python_repr(const char *value);

/* The part of a message that fits one line: text before the first empty line,
 * line feeds folded to blanks, control characters replaced. */
extern char *mh_short_message(const char *message);

#endif /* MIGHEAD_CORE_DRAW_DRAW_H */
