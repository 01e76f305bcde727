/*-------------------------------------------------------------------------
 *
 * table.c
 *	  Tables that fit the terminal.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/base/screen.h"

#define GAP 2            /* blanks between columns */
#define NARROWEST 12     /* columns are not wrapped to less */
#define LABEL_COLUMNS 10 /* of labels of fields */
#define FIELD_NARROWEST 20

static int
row_count(const MhTable *table)
{
	return table->cells.n / table->columns;
}

static const char *
cell(const MhTable *table, int row, int column)
{
	return table->cells.v[row * table->columns + column];
}

/* The widest line of a safe text. */
static int
widest_line(const char *text)
{
	MhStrings lines = mh_wrap_text(text, 0);
	int widest = 0;

	for (int i = 0; i < lines.n; i++)
		widest = Max(widest, mh_display_width(lines.v[i]));
	mh_strings_free(&lines);
	return widest;
}

static int *
natural_widths(const MhTable *table)
{
	int *widths = palloc(table->columns * sizeof(int));

	for (int column = 0; column < table->columns; column++)
	{
		widths[column] = mh_display_width(table->titles[column]);
		for (int row = 0; row < row_count(table); row++)
			widths[column] = Max(widths[column], widest_line(cell(table, row, column)));
	}
	return widths;
}

/* Takes from the widest column until all fit; false where that would make one too narrow. */
static bool
fit_widths(int *widths, int columns, int room)
{
	int total = (columns - 1) * GAP;

	for (int i = 0; i < columns; i++)
		total += widths[i];
	while (total > room)
	{
		int widest = 0;

		for (int i = 1; i < columns; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widths[widest] <= NARROWEST)
			return false;
		widths[widest]--;
		total--;
	}
	return true;
}

/* ---------- side by side ---------- */

static void
print_padded(const char *text, int width, bool is_last)
{
	fputs(text, stdout);
	if (!is_last)
		printf("%*s", width - mh_display_width(text) + GAP, "");
}

static void
print_titles(const MhTable *table, const int *widths)
{
	fputs(mh_colour_bold(), stdout);
	for (int i = 0; i < table->columns; i++)
		print_padded(table->titles[i], widths[i], i == table->columns - 1);
	printf("%s\n", mh_colour_end());
}

static void
print_row(const MhTable *table, const int *widths, int row)
{
	MhStrings *lines = palloc(table->columns * sizeof(MhStrings));
	int height = 1;

	for (int i = 0; i < table->columns; i++)
	{
		lines[i] = mh_wrap_text(cell(table, row, i), widths[i]);
		height = Max(height, lines[i].n);
	}
	for (int at = 0; at < height; at++)
	{
		int last = table->columns - 1;

		/* no blanks at the end of a line */
		while (last > 0 && (at >= lines[last].n || lines[last].v[at][0] == '\0'))
			last--;
		for (int i = 0; i <= last; i++)
			print_padded(at < lines[i].n ? lines[i].v[at] : "", widths[i], i == last);
		putchar('\n');
	}
	for (int i = 0; i < table->columns; i++)
		mh_strings_free(&lines[i]);
	pfree(lines);
}

/* ---------- one below the other ---------- */

static void
print_field(const char *label, const char *text, int label_columns)
{
	int room = mh_output_columns();
	int indent = 2 + label_columns;
	char *safe = mh_safe_text(text, true);
	MhStrings lines;

	if (*safe == '\0')
		return;
	if (room > 0)
		room = Max(room - indent, FIELD_NARROWEST);
	lines = mh_wrap_text(safe, room);
	for (int i = 0; i < lines.n; i++)
		printf("  %-*s%s\n", label_columns, i == 0 ? label : "", lines.v[i]);
	mh_strings_free(&lines);
	pfree(safe);
}

void
mh_print_field(const char *label, const char *text)
{
	print_field(label, text, LABEL_COLUMNS);
}

static void
print_block(const MhTable *table, int row)
{
	int label_columns = LABEL_COLUMNS;

	for (int i = 1; i < table->columns; i++)
		label_columns = Max(label_columns, (int) strlen(table->titles[i]) + 1);
	printf("%s%s%s\n", mh_colour_bold(), cell(table, row, 0), mh_colour_end());
	for (int i = 1; i < table->columns; i++)
		print_field(table->titles[i], cell(table, row, i), label_columns);
}

/* ---------- both ---------- */

void
mh_table_print(const MhTable *table)
{
	MhTable safe = {table->columns, table->titles, {0, NULL, 0}};
	int room = mh_output_columns();
	int *widths;
	bool fits;

	for (int i = 0; i < table->cells.n; i++)
		mh_strings_push(&safe.cells, mh_safe_text(table->cells.v[i], true));
	widths = natural_widths(&safe);
	fits = room == 0 || fit_widths(widths, safe.columns, room);
	if (fits)
		print_titles(&safe, widths);
	for (int row = 0; row < row_count(&safe); row++)
	{
		if (fits)
			print_row(&safe, widths, row);
		else
			print_block(&safe, row);
	}
	pfree(widths);
	mh_strings_free(&safe.cells);
}
