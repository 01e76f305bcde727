/*-------------------------------------------------------------------------
 *
 * draw.h
 *	  Draws a revision graph for people (terminal text, Graphviz dot, Mermaid), writes the
 *	  source of a merge script, and prints the report.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_DRAW_DRAW_H
#define MIGHEAD_CORE_DRAW_DRAW_H

#include "core/base/words.h"
#include "core/graph/graph.h"

/*
 * Marks in a drawing.  Arrays have graph->n entries.  If the rows of the version table are not
 * known, the arrays, or the marks as a whole, are NULL.
 */
typedef struct MhMarks
{
	const bool *is_current; /* the node is a row of the version table */
	const bool *applied;    /* the node is a row, or below one */
	MhStrings unknown_rows; /* rows that no script has */
} MhMarks;

/*
 * Draw nodes in the given order, newest first (as mh_history returns them).  Parents that are not
 * among the nodes are hinted at, not drawn.  Each function returns the lines, without line feeds.
 * All text is UTF-8, in and out.  Characters that could steer a terminal or end a line are
 * replaced.
 */
extern MhStrings mh_draw_text(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);
extern MhStrings mh_draw_dot(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);
extern MhStrings mh_draw_mermaid(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks);

/*
 * Returns the source of the migration file that merges parents (full ids, in Alembic's resolved
 * order), as "alembic merge" writes it, with its last line feed.  Every value is escaped as
 * Python's repr() does.  message may be NULL ("empty message", as Alembic writes it).  create_date
 * is text such as "2026-01-31 12:00:00.000000".
 */
extern char *mh_merge_script(const MhStrings *parents, const char *revision, const char *message,
							 const char *create_date);

/* report.c: the state of a database on one screen. */

typedef struct MhReportProblem
{
	MhSeverity severity;
	const char *code;
	const char *detail;
} MhReportProblem;

/* A version table, or a database without one. */
typedef struct MhReportTable
{
	const char *table; /* SQL name; NULL: there is none, or it is missing */
	const char *project;
	const char *state;
	MhSeverity severity;
	const MhStrings *rows;  /* NULL: not known */
	const MhStrings *heads; /* NULL: no scripts */
	int pending;            /* -1: not known */
	int drift;              /* objects; -1: not known */
	bool is_compared;       /* as a whole */
	const char *changed;    /* when and by whom the rows were changed; NULL: not known */
	const char *hint;       /* NULL: nothing to do */
	int problem_count;
	const MhReportProblem *problems; /* worst first */
} MhReportTable;

typedef struct MhReport
{
	const char *database;
	const char *environment; /* its label; NULL: none */
	bool is_protected;
	const char *prefix; /* the extension's schema and a dot */
	int n;
	const MhReportTable *tables; /* worst first */
} MhReport;

/*
 * Returns the report: at most 20 lines of at most 78 columns.  With psql's frame they fit a
 * terminal of 80 by 24.  Nothing is cut off: what does not fit is counted, and the last line, the
 * next command, shows it.
 */
extern MhStrings mh_report(const MhReport *report);

/* Returns Python's repr() of a UTF-8 string. */
extern char *mh_python_repr(const char *value);

/*
 * Returns the part of a message that fits one line: the text before the first empty line, with
 * blanks in place of line feeds, and with control characters replaced.
 */
extern char *mh_short_message(const char *message);

#endif /* MIGHEAD_CORE_DRAW_DRAW_H */
