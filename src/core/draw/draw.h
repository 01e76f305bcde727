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

#include "core/base/words.h"
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
	bool is_compared;
	const char *changed; /* when and by whom; NULL: not known */
	const char *hint;    /* NULL: nothing to do */
	int problem_count;
	const MhReportProblem *problems; /* worst first */
} MhReportTable;

typedef struct MhReport
{
	const char *database;
	const char *environment; /* its label; NULL: none */
	bool is_protected;
	const char *prefix; /* schema and dot before functions of ours */
	int n;
	const MhReportTable *tables; /* worst first */
} MhReport;

/*
 * At most 20 lines of at most 78 columns, which with what psql puts around them fit a terminal of 80
 * by 24.  Nothing is cut: what has no room is counted, and the last line, the next command, leads to it.
 */
extern MhStrings mh_report(const MhReport *report);

/* Python's repr() of a UTF-8 string. */
extern char *mh_python_repr(const char *value);

/* The part of a message that fits one line: text before the first empty line,
 * line feeds folded to blanks, control characters replaced. */
extern char *mh_short_message(const char *message);

#endif /* MIGHEAD_CORE_DRAW_DRAW_H */
