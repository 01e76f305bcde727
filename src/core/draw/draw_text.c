/*-------------------------------------------------------------------------
 *
 * draw_text.c
 *	  The revision graph in a terminal, as "git log --graph --oneline" has it.
 *
 * A lane is a line running down the drawing towards a revision that is still to
 * be drawn; lane i stands in column 2 * i, and the odd columns belong to the
 * strokes between lanes.  Between two rows of revisions the lanes are always
 * compact and lead to different revisions.
 *
 * What a stroke means, so that a drawing can be read back: "|" goes straight
 * down; "/" at column x leads from column x + 1 above it to x - 1 below; "\" the
 * other way; "_" runs at the lower edge of its row.  A stroke that meets another
 * goes straight on if it can (they cross), else they have joined.
 *
 *-------------------------------------------------------------------------
 */
#include "core/draw/draw_private.h"

/* psql puts a blank before it and may put a mark behind it, on a terminal of 80 columns. */
#define LINE_WIDTH 78

/*
 * Nobody follows more lines than this, and a row costs as much as it has lanes.
 * Parents beyond are named in the revision's line instead.
 */
#define MAX_LANES 60

/* A row may have a lane more for its own revision, and one for each parent. */
#define MAX_COLUMNS (2 * MAX_LANES + 3)

/* Where a lane leads, when that is not a revision. */
#define ENDED (-1)
#define NOT_DRAWN (-2)

typedef struct Drawing
{
	const MhGraph *graph;
	const MhMarks *marks;
	bool *waiting; /* revisions still to be drawn */
	int *named_by; /* who last named this revision as a parent */
	int n_lanes;
	int lanes[MAX_COLUMNS];
	char row[2 * MAX_COLUMNS + 1];
	int loose_end; /* lane of a root in the row above, or -1 */
	MhStrings lines;
} Drawing;

/* The lines that leave a revision downwards. */
typedef struct Fan
{
	int n; /* new lanes, the revision's own among them */
	int lanes[MAX_COLUMNS];
	bool joins_left;   /* and into the lane on the left */
	bool joins_right;  /* and into the lane on the right */
	MhNodes unreached; /* parents for which there was no room */
} Fan;

static void
start_row(Drawing *d)
{
	memset(d->row, ' ', sizeof(d->row));
	for (int i = 0; i < d->n_lanes; i++)
		if (d->lanes[i] != ENDED)
			d->row[2 * i] = '|';
}

/* Ends the row with its last stroke. */
static void
trim_row(Drawing *d)
{
	size_t length = sizeof(d->row) - 1;

	while (length > 0 && d->row[length - 1] == ' ')
		length--;
	d->row[length] = '\0';
}

static void
finish_row(Drawing *d)
{
	trim_row(d);
	mh_strings_add(&d->lines, d->row);
	d->loose_end = -1;
}

static int
find_lane(const Drawing *d, int node)
{
	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < d->n_lanes; i++)
		if (d->lanes[i] == node)
			return i;
	return -1;
}

static void
insert_lane(Drawing *d, int at)
{
	memmove(&d->lanes[at + 1], &d->lanes[at], (d->n_lanes - at) * sizeof(int));
	d->lanes[at] = ENDED;
	d->n_lanes++;
}

/*
 * Finds the new place of each lane after lanes that ended are removed and lanes to the same
 * revision are joined.  Fills d->lanes accordingly.  place[i] is the new place of lane i; ENDED:
 * none.
 */
static void
plan_collapse(Drawing *d, int *place)
{
	int kept = 0;

	for (int i = 0; i < d->n_lanes; i++)
	{
		int lane = d->lanes[i];
		int j = 0;

		place[i] = ENDED;
		if (lane == ENDED)
			continue;
		while (j < kept && d->lanes[j] != lane)
			j++;
		if (j == kept)
			d->lanes[kept++] = lane;
		place[i] = j;
	}
	d->n_lanes = kept;
}

/*
 * Returns whether lane i may run along the lower edge of this row, to the lane right of its place.
 * It may not if a lane in between moves too: their strokes would meet.
 */
static bool
can_run(const int *at, const int *place, int i)
{
	MH_CHECK_INTERRUPTS();
	if (at[i] - place[i] < 3)
		return false;
	for (int j = 0; j < i; j++)
		if (at[j] != place[j] && at[j] > place[i] + 1)
			return false;
	return true;
}

/*
 * Draws one row in which every lane that is not in its place comes nearer.  Each lane moves left by
 * one, so that none catches up with another.  A single one with a long way runs under those that
 * stay, as git draws it.
 */
static void
collapse_row(Drawing *d, int n, int *at, const int *place)
{
	int runner = 0;

	while (runner < n && (at[runner] == ENDED || !can_run(at, place, runner)))
		runner++;
	memset(d->row, ' ', sizeof(d->row));
	for (int i = 0; i < n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (at[i] == ENDED)
			continue;
		if (at[i] == place[i])
		{
			d->row[2 * at[i]] = '|';
			continue;
		}
		d->row[2 * at[i]-- - 1] = '/';
		while (i == runner && at[i] > place[i] + 1)
			d->row[2 * at[i]-- - 1] = '_';
	}
	finish_row(d);
}

/* Makes the lanes compact and different again. */
static void
collapse(Drawing *d)
{
	int n = d->n_lanes;
	int at[MAX_COLUMNS];
	int place[MAX_COLUMNS];

	plan_collapse(d, place);
	for (int i = 0; i < n; i++)
		at[i] = place[i] == ENDED ? ENDED : i;
	while (memcmp(at, place, n * sizeof(int)) != 0)
		collapse_row(d, n, at, place);
}

/*
 * Finds the lanes that a revision in lane at needs: one for each parent, in the order written, and
 * one for all parents outside the drawing.
 */
static void
plan_fan(Drawing *d, int node, Fan *fan)
{
	const MhNodes *down = &d->graph->nodes[node].down;
	int room = MAX_LANES - d->n_lanes + 1;
	bool hidden = false;

	memset(fan, 0, sizeof(*fan));
	for (int i = 0; i < down->n; i++)
	{
		int parent = down->v[i];

		if (d->named_by[parent] == node)
			continue;
		d->named_by[parent] = node;
		if (!d->waiting[parent])
			hidden = true;
		else if (find_lane(d, parent) >= 0 || room-- > 0)
			fan->lanes[fan->n++] = parent;
		else
			mh_nodes_add(&fan->unreached, parent);
	}
	if (hidden || fan->unreached.n > 0)
		fan->lanes[fan->n++] = NOT_DRAWN;
}

/* Removes lane from the fan, unless it is the only one. */
static bool
take_from_fan(Fan *fan, int lane)
{
	int i = 0;

	while (i < fan->n && fan->lanes[i] != lane)
		i++;
	if (i == fan->n || fan->n == 1)
		return false;
	fan->n--;
	memmove(&fan->lanes[i], &fan->lanes[i + 1], (fan->n - i) * sizeof(int));
	return true;
}

/* Joins parents whose lane is next to the revision's: one stroke reaches them. */
static void
join_neighbours(const Drawing *d, int at, Fan *fan)
{
	fan->joins_left = at > 0 && take_from_fan(fan, d->lanes[at - 1]);
	fan->joins_right = at + 1 < d->n_lanes && take_from_fan(fan, d->lanes[at + 1]);
}

/* Pushes the lanes right of lane at by count, for the arm of an octopus merge. */
static void
make_room(Drawing *d, int at, int count)
{
	for (int done = 0; done < count; done++)
	{
		MH_CHECK_INTERRUPTS();
		if (at + 1 + done < d->n_lanes)
		{
			start_row(d);
			for (int i = at + 1 + done; i < d->n_lanes; i++)
			{
				d->row[2 * i] = ' ';
				d->row[2 * i + 1] = '\\';
			}
			finish_row(d);
		}
		insert_lane(d, at + 1);
	}
}

/*
 * Draws the row between a revision and its lanes.  If there are several, the lanes to the right
 * make room, by one: the arm has made it for the others.
 */
static void
fan_row(Drawing *d, int at, const Fan *fan)
{
	int strokes = fan->n - 1 + fan->joins_right;
	int first_right = at + 1 + Max(strokes - 1, 0);

	start_row(d);
	if (fan->joins_left)
		d->row[2 * at - 1] = '/';
	for (int i = at; i < at + strokes; i++)
		d->row[2 * i + 1] = '\\';
	if (strokes > 0 && !fan->joins_right)
	{
		for (int i = first_right; i < d->n_lanes; i++)
		{
			d->row[2 * i] = ' ';
			d->row[2 * i + 1] = '\\';
		}
		insert_lane(d, first_right);
	}
	finish_row(d);
	memcpy(&d->lanes[at], fan->lanes, fan->n * sizeof(int));
}

/* Ends lanes that lead out of the drawing, visibly. */
static void
hint_row(Drawing *d)
{
	bool any = false;

	start_row(d);
	for (int i = 0; i < d->n_lanes; i++)
	{
		if (d->lanes[i] != NOT_DRAWN)
			continue;
		d->row[2 * i] = '~';
		d->lanes[i] = ENDED;
		any = true;
	}
	if (any)
		finish_row(d);
}

static void
append_revisions(StringInfo buf, const Drawing *d, const char *words, const MhNodes *nodes)
{
	if (nodes->n == 0)
		return;
	appendStringInfo(buf, " (%s ", words);
	for (int i = 0; i < nodes->n; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		appendStringInfoString(buf, mh_draw_safe(d->graph->nodes[nodes->v[i]].id));
	}
	appendStringInfoChar(buf, ')');
}

/*
 * Draws the row of a revision.  An octopus merge stretches an arm over the lanes of its further
 * parents, so that each of them starts with a stroke of its own.
 */
static void
revision_row(Drawing *d, int node, int at, const Fan *fan)
{
	int arm = fan->n + fan->joins_right - 2;
	StringInfoData line;
	StringInfoData after;
	char *message;
	int room;

	start_row(d);
	d->row[2 * at] = '*';
	if (arm > 0)
	{
		memset(&d->row[2 * at + 1], '-', 2 * arm - 1);
		d->row[2 * (at + arm)] = '.';
	}
	trim_row(d);
	initStringInfo(&line);
	appendStringInfo(&line, "%s %s", d->row, mh_draw_title(d->graph, node, d->marks));

	initStringInfo(&after);
	append_revisions(&after, d, "revises", &fan->unreached);
	append_revisions(&after, d, "depends on", &d->graph->nodes[node].deps);
	room = LINE_WIDTH - mh_display_width(line.data) - mh_display_width(after.data) - 1;
	message = mh_draw_message(d->graph, node, room);
	if (*message != '\0')
		appendStringInfo(&line, " %s", message);
	appendStringInfoString(&line, after.data);
	mh_strings_add(&d->lines, line.data);
}

/*
 * Opens a lane at the right for a new head.  Right below a root it would look like the root's
 * parent, so a row has to part them.
 */
static int
open_lane(Drawing *d, int node)
{
	if (d->loose_end == d->n_lanes)
	{
		start_row(d);
		finish_row(d);
	}
	d->lanes[d->n_lanes] = node;
	return d->n_lanes++;
}

static void
draw_revision(Drawing *d, int node)
{
	int at = find_lane(d, node);
	Fan fan;

	if (at < 0)
		at = open_lane(d, node);
	d->waiting[node] = false;
	plan_fan(d, node, &fan);
	join_neighbours(d, at, &fan);
	make_room(d, at, fan.n + fan.joins_right - 2);
	revision_row(d, node, at, &fan);
	d->loose_end = fan.n == 0 ? at : -1;
	if (fan.n == 0)
		d->lanes[at] = ENDED;
	else if (fan.n == 1 && !fan.joins_left && !fan.joins_right)
		d->lanes[at] = fan.lanes[0];
	else
		fan_row(d, at, &fan);
	hint_row(d);
	collapse(d);
}

MhStrings
mh_draw_text(const MhGraph *graph, const MhNodes *nodes, const MhMarks *marks)
{
	Drawing d = {.graph = graph, .marks = mh_draw_given(marks), .loose_end = -1};

	d.waiting = mh_draw_members(graph, nodes);
	d.named_by = palloc(Max(graph->n, 1) * sizeof(int));
	for (int i = 0; i < graph->n; i++)
		d.named_by[i] = -1;
	for (int i = 0; i < d.marks->unknown_rows.n; i++)
	{
		char *row = mh_draw_safe(d.marks->unknown_rows.v[i]);

		MH_CHECK_INTERRUPTS();
		mh_strings_add(&d.lines, psprintf("? %s (unknown row)", row));
	}
	for (int i = 0; i < nodes->n; i++)
		draw_revision(&d, nodes->v[i]);
	return d.lines;
}
