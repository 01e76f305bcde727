/*-------------------------------------------------------------------------
 *
 * review_print.c
 *	  A review for a person: a table, the worst at its end.
 *
 *-------------------------------------------------------------------------
 */
#include "client/review.h"

#include "core/base/screen.h"

#define GAP 2
#define INDENT 2
#define NARROWEST 12     /* of the object */
#define USUAL_COLUMNS 80 /* where there is no terminal */
#define MOST_OF_COMMAND 300

enum
{
	SEVERITY,
	CODE,
	OBJECT,
	LOCK,
	ROWS,
	COLUMNS
};

/* An effect and where its revision stands. */
typedef struct Line
{
	const MhEffect *effect;
	int index; /* in the order of the script */
	int group; /* index of the first effect of its revision */
	int worst; /* of its revision */
	char *cells[COLUMNS];
} Line;

/* ---------- lines ---------- */

/* The lock as the documentation names it in a column that says "lock". */
static char *
short_lock(const char *mode)
{
	size_t length = strlen(mode);

	return pnstrdup(mode,
					length > 4 && strcmp(mode + length - 4, "Lock") == 0 ? length - 4 : length);
}

/* Sizes of planner estimates need no more than two digits. */
static char *
short_count(double n)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	int unit = 0;

	if (n < 0)
		return pstrdup("");
	if (n < 10000)
		return psprintf("%.0f", n);
	for (; n >= 999.5 && unit < (int) lengthof(units) - 1; n /= 1000)
		unit++;
	return psprintf(n < 9.95 ? "%.1f%s" : "%.0f%s", n, units[unit]);
}

static char *
short_bytes(double n)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	int unit = 0;

	for (; n >= 1023.5 && unit < (int) lengthof(units) - 1; n /= 1024)
		unit++;
	return psprintf(unit > 0 && n < 9.95 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

static void
fill_line(Line *line)
{
	const MhEffect *effect = line->effect;

	line->cells[SEVERITY] = pstrdup(mh_severity_word(effect->severity));
	line->cells[CODE] = mh_safe_text(effect->code, false);
	line->cells[OBJECT] = mh_safe_text(mh_review_object(effect), false);
	line->cells[LOCK] = mh_safe_text(short_lock(effect->lock_mode), false);
	line->cells[ROWS] = short_count(effect->table_rows);
}

static int
compare_lines(const void *left, const void *right)
{
	const Line *a = left;
	const Line *b = right;

	if (a->worst != b->worst)
		return a->worst - b->worst;
	if (a->group != b->group)
		return a->group - b->group;
	if (a->effect->severity != b->effect->severity)
		return a->effect->severity - b->effect->severity;
	return a->index - b->index;
}

/* A revision's effects need not follow each other. */
static int
group_of(const Line *lines, int n)
{
	for (int i = n - 1; i >= 0; i--)
		if (strcmp(lines[i].effect->revision, lines[n].effect->revision) == 0)
			return lines[i].group;
	return n;
}

static Line *
lines_of(const MhEffect *effects, int n)
{
	Line *lines = palloc0(Max(n, 1) * sizeof(Line));

	for (int i = 0; i < n; i++)
	{
		lines[i].effect = &effects[i];
		lines[i].index = i;
		lines[i].group = group_of(lines, i);
		fill_line(&lines[i]);
		lines[lines[i].group].worst = Max(lines[lines[i].group].worst, effects[i].severity);
	}
	for (int i = 0; i < n; i++)
		lines[i].worst = lines[lines[i].group].worst;
	qsort(lines, n, sizeof(Line), compare_lines);
	return lines;
}

/* ---------- the table ---------- */

static const char *const titles[COLUMNS] = {"severity", "code", "object", "lock", "rows"};

static int
room_of_output(void)
{
	int columns = mh_output_columns();

	return columns > 0 ? columns : USUAL_COLUMNS;
}

/* The object gets what the others leave. */
static void
fit_widths(const Line *lines, int n, int *widths)
{
	int room = room_of_output() - INDENT - (COLUMNS - 1) * GAP;

	for (int column = 0; column < COLUMNS; column++)
	{
		widths[column] = mh_display_width(titles[column]);
		for (int i = 0; i < n; i++)
			widths[column] = Max(widths[column], mh_display_width(lines[i].cells[column]));
		if (column != OBJECT)
			room -= widths[column];
	}
	widths[OBJECT] = Min(widths[OBJECT], Max(room, NARROWEST));
}

/* Rows are numbers, and stand to the right.  No blanks are at the end. */
static void
print_cells(const char *const *cells, const int *widths, const char *object, const char *colour)
{
	int owed = INDENT;

	for (int i = 0; i < COLUMNS; i++)
	{
		const char *text = i == OBJECT ? object : cells[i];
		int blanks = widths[i] - mh_display_width(text);

		if (i == ROWS)
			owed += blanks;
		if (*text != '\0')
			printf("%*s%s%s%s", owed, "", i == SEVERITY ? colour : "", text,
				   i == SEVERITY && *colour != '\0' ? mh_colour_end() : "");
		owed = *text != '\0' ? blanks + GAP : owed + blanks + GAP;
	}
	putchar('\n');
}

static void
print_line(const Line *line, const int *widths)
{
	MhStrings names = mh_wrap_text(line->cells[OBJECT], widths[OBJECT]);

	print_cells((const char *const *) line->cells, widths, names.v[0],
				mh_colour_of(line->effect->severity));
	for (int i = 1; i < names.n; i++)
		printf("%*s%s\n", INDENT + widths[SEVERITY] + GAP + widths[CODE] + GAP, "", names.v[i]);
	mh_strings_free(&names);
}

/* ---------- the lines below ---------- */

static void
print_below(const char *text, bool wrapped)
{
	int indent = 2 * INDENT;
	char *safe = mh_safe_text(text, true);
	MhStrings lines = mh_wrap_text(safe, wrapped ? Max(room_of_output() - indent, NARROWEST) : 0);

	for (int i = 0; i < lines.n && *safe != '\0'; i++)
		printf("%*s%s\n", indent, "", lines.v[i]);
	mh_strings_free(&lines);
	pfree(safe);
}

/* Cut between two characters. */
static char *
one_line(const char *text)
{
	size_t length = strlen(text);
	bool is_cut = length > MOST_OF_COMMAND;
	char *copy;

	if (is_cut)
		for (length = MOST_OF_COMMAND; length > 0 && (text[length] & 0xC0) == 0x80;)
			length--;
	copy = pnstrdup(text, length);
	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	return is_cut ? psprintf("%s...", copy) : copy;
}

static void
print_place(const MhEffect *effect)
{
	if (*effect->command == '\0')
		return;
	if (*effect->line != '\0')
		print_below(psprintf("line %s: %s", effect->line, one_line(effect->command)), true);
	else
		print_below(psprintf("statement %d: %s", effect->statement, one_line(effect->command)),
					true);
}

/* What makes a lock long, in one sentence. */
static void
print_cost(const MhEffect *effect)
{
	StringInfoData text;

	initStringInfo(&text);
	if (*effect->blocks != '\0')
		appendStringInfo(&text, "blocks %s", effect->blocks);
	if (effect->rewrites || effect->scans)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 effect->rewrites ? "rewrites the table" : "reads every row");
	if ((effect->rewrites || effect->scans) && effect->table_bytes >= 0)
		appendStringInfo(&text, " (%s)", short_bytes(effect->table_bytes));
	print_below(text.data, true);
	pfree(text.data);
}

static void
print_details(const MhEffect *effect)
{
	print_place(effect);
	print_cost(effect);
	if (*effect->sqlstate != '\0')
		print_below(psprintf("%s: %s", effect->sqlstate, effect->detail), true);
	else
		print_below(effect->detail, true);
	if (*effect->hint != '\0')
		print_below(psprintf("hint: %s", effect->hint), false);
}

static void
print_revision(const MhEffect *effect)
{
	const char *name =
		*effect->revision == '\0' ? "no revision" : psprintf("revision %s", effect->revision);

	printf("\n%s%s%s\n", mh_colour_bold(), mh_safe_text(name, false), mh_colour_end());
}

void
mh_review_print(const MhReview *review)
{
	Line *lines = lines_of(review->effects, review->n);
	int n = review->n;
	int widths[COLUMNS];

	fit_widths(lines, n, widths);
	if (n > 0)
		print_cells(titles, widths, titles[OBJECT], "");
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || lines[i].group != lines[i - 1].group)
			print_revision(lines[i].effect);
		print_line(&lines[i], widths);
		print_details(lines[i].effect);
	}
	if (n > 0)
		putchar('\n');
}

void
mh_review_print_sum(const MhReview *review)
{
	int counts[MH_CRITICAL + 1] = {0};

	for (int i = 0; i < review->n; i++)
		counts[review->effects[i].severity]++;
	printf("%d %s: %d %s, %d %s\n", review->statements,
		   review->statements == 1 ? "statement" : "statements", counts[MH_CRITICAL],
		   mh_severity_word(MH_CRITICAL), counts[MH_WARNING],
		   counts[MH_WARNING] == 1 ? "warning" : "warnings");
}
