/*-------------------------------------------------------------------------
 *
 * report.c
 *	  Prints the state of a database on one screen.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

#define SCREEN_COLUMNS 78
#define SCREEN_LINES 20
#define LABEL_COLUMNS 11

/* Lines for the next command and the blank line before it. */
#define LINES_OF_NEXT 2

/* ---------- lines ---------- */

static char *
padded(const char *label)
{
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfoString(&line, label);
	while (line.len < LABEL_COLUMNS)
		appendStringInfoChar(&line, ' ');
	return line.data;
}

/* Returns "label text", with the text wrapped to as many lines as it needs. */
static MhStrings
lines_of(const char *label, const char *text)
{
	MhStrings lines = {0, NULL, 0};
	char *safe = mh_short_message(text);
	const char *at = safe;

	do
	{
		size_t bytes = mh_fitting_bytes(at, SCREEN_COLUMNS - LABEL_COLUMNS);

		MH_CHECK_INTERRUPTS();
		mh_strings_push(&lines,
						psprintf("%s%.*s", padded(lines.n == 0 ? label : ""), (int) bytes, at));
		at += bytes;
		at += strspn(at, " ");
	} while (*at != '\0');
	return lines;
}

/* Adds lines if there is room for them and for more further ones; otherwise returns false. */
static bool
add_lines(MhStrings *screen, const MhStrings *lines, int more)
{
	if (screen->n + lines->n + more + LINES_OF_NEXT > SCREEN_LINES)
		return false;
	for (int i = 0; i < lines->n; i++)
		mh_strings_add(screen, lines->v[i]);
	return true;
}

static void
add_field(MhStrings *screen, const char *label, const char *text)
{
	MhStrings lines = lines_of(label, text);

	/* a field that fills the screen would leave no room for the problems */
	if (lines.n > 3 || !add_lines(screen, &lines, 0))
		mh_strings_push(screen, psprintf("%s(too long to show)", padded(label)));
}

/* ---------- the database ---------- */

static void
add_title(MhStrings *screen, const MhReport *report)
{
	const MhReportTable *worst = &report->tables[0];
	char *title = strcmp(worst->state, mh_severity_word(worst->severity)) == 0
					  ? pstrdup(worst->state)
					  : psprintf("%s: %s", mh_severity_word(worst->severity), worst->state);

	mh_strings_push(screen, title);
	mh_strings_add(screen, "");
	if (report->environment == NULL)
		add_field(screen, "database", report->database);
	else
		add_field(screen, "database",
				  psprintf("%s (%s%s)", report->database, report->environment,
						   report->is_protected ? ", protected" : ""));
}

static void
add_table(MhStrings *screen, const MhReportTable *table)
{
	add_field(
		screen, "table",
		psprintf("%s, project %s", table->table == NULL ? "none" : table->table, table->project));
	if (table->rows != NULL && table->table != NULL)
		add_field(screen, "rows", table->rows->n == 0 ? "none" : mh_enumerate(table->rows));
	if (table->heads == NULL)
		add_field(screen, "heads", "no scripts are loaded");
	else
		add_field(screen, "heads",
				  table->pending < 0
					  ? mh_enumerate(table->heads)
					  : psprintf("%s; %d pending", mh_enumerate(table->heads), table->pending));
	if (!table->is_compared)
		add_field(screen, "schema", table->drift < 0 ? "not compared" : "compared in part");
	else if (table->drift == 0)
		add_field(screen, "schema", "as expected");
	else if (table->drift > 0)
		add_field(screen, "schema",
				  psprintf("%d object%s differ%s", table->drift, mh_plural(table->drift),
						   table->drift == 1 ? "s" : ""));
	if (table->changed != NULL)
		add_field(screen, "changed", table->changed);
}

/* ---------- many tables ---------- */

static bool
is_same_group(const MhReportTable *a, const MhReportTable *b)
{
	return a->severity == b->severity && strcmp(a->state, b->state) == 0;
}

/* Returns the number of following tables that are in the same state as the one at index. */
static int
group_size(const MhReport *report, int index)
{
	int size = 1;

	while (index + size < report->n &&
		   is_same_group(&report->tables[index], &report->tables[index + size]))
		size++;
	return size;
}

static const char *
shown_table(const MhReportTable *table)
{
	return table->table == NULL ? "no version table" : table->table;
}

/* Adds a line or two for each state: the number of tables and the first one. */
static void
add_groups(MhStrings *screen, const MhReport *report)
{
	int rest = 0;

	for (int i = 0; i < report->n;)
	{
		const MhReportTable *first = &report->tables[i];
		int size = group_size(report, i);
		char *text = size == 1 ? psprintf("%s: %s", first->state, shown_table(first))
							   : psprintf("%d %s: %s and %d more", size, first->state,
										  shown_table(first), size - 1);
		MhStrings lines = lines_of(mh_severity_word(first->severity), text);

		MH_CHECK_INTERRUPTS();
		/* half of the screen is for problems */
		if (screen->n + lines.n > SCREEN_LINES / 2)
			rest += size;
		else
			add_lines(screen, &lines, 0);
		i += size;
	}
	if (rest > 0)
		mh_strings_push(screen,
						psprintf("%sand %d more table%s", padded(""), rest, mh_plural(rest)));
}

/* ---------- problems and the next command ---------- */

static void
add_problems(MhStrings *screen, const MhReportTable *table, bool is_named)
{
	int shown = 0;

	if (table->problem_count > 0)
		mh_strings_add(screen, "");
	for (; shown < table->problem_count; shown++)
	{
		const MhReportProblem *problem = &table->problems[shown];
		bool is_last = shown == table->problem_count - 1;
		MhStrings lines = lines_of(
			mh_severity_word(problem->severity),
			is_named ? psprintf("%s: %s: %s", problem->code, shown_table(table), problem->detail)
					 : psprintf("%s: %s", problem->code, problem->detail));

		MH_CHECK_INTERRUPTS();
		if (!add_lines(screen, &lines, is_last ? 0 : 1))
			break;
	}
	if (shown < table->problem_count)
		mh_strings_push(screen,
						psprintf("%s%s%d %s", padded(""), shown == 0 ? "" : "and ",
								 table->problem_count - shown,
								 shown == 0 ? "of which mighead_findings() tells" : "more"));
}

/* Returns the first command of a hint, without a comment or next step. */
static char *
first_step(const char *hint)
{
	char quote = '\0';
	const char *at = hint;

	for (; *at != '\0'; at++)
	{
		if (quote == '\0' && (strncmp(at, " # ", 3) == 0 || strncmp(at, " -- ", 4) == 0))
			break;
		if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
	}
	return pnstrdup(hint, at - hint);
}

/*
 * Returns the hint if it fits, or its first command.  Otherwise a shorter command that shows it or,
 * if a long schema name leaves no room even for that, one for the shell.
 */
static char *
next_command(const MhReport *report)
{
	const MhReportTable *worst = &report->tables[0];
	bool done = worst->hint == NULL || worst->hint[0] == '\0';
	char *command =
		done ? psprintf("SELECT * FROM %s;", mh_call(report->prefix, "mighead_graph", ""))
			 : mh_short_message(worst->hint);

	if (mh_display_width(command) <= SCREEN_COLUMNS)
		return command;
	command = first_step(command);
	if (!done && mh_display_width(command) <= SCREEN_COLUMNS)
		return command;
	command = psprintf("SELECT hint FROM %s;", mh_call(report->prefix, "mighead_findings", ""));
	if (!done && mh_display_width(command) <= SCREEN_COLUMNS)
		return command;
	return pstrdup(done ? "mighead graph" : "mighead findings");
}

MhStrings
mh_report(const MhReport *report)
{
	MhStrings screen = {0, NULL, 0};

	add_title(&screen, report);
	if (report->n == 1)
		add_table(&screen, &report->tables[0]);
	else
	{
		add_field(&screen, "tables", psprintf("%d", report->n));
		add_groups(&screen, report);
	}
	add_problems(&screen, &report->tables[0], report->n > 1);
	mh_strings_add(&screen, "");
	mh_strings_push(&screen, next_command(report));
	return screen;
}
