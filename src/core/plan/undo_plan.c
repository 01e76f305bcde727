/*-------------------------------------------------------------------------
 *
 * undo_plan.c
 *	  Plans the steps that restore earlier rows of a version table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan/plan_private.h"

#include <limits.h>

/* A row of either side, for matching equal ones. */
typedef struct RestoreRow
{
	const char *text;
	int index;
	bool is_unchanged; /* the row is on both sides */
} RestoreRow;

static int
compare_by_text(const void *a, const void *b)
{
	const RestoreRow *left = a;
	const RestoreRow *right = b;
	int order = strcmp(left->text, right->text);

	return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static int
compare_by_index(const void *a, const void *b)
{
	const RestoreRow *left = a;
	const RestoreRow *right = b;

	return (left->index > right->index) - (left->index < right->index);
}

static RestoreRow *
sorted_rows(const MhStrings *rows)
{
	RestoreRow *sorted = palloc0(Max(rows->n, 1) * sizeof(RestoreRow));

	for (int i = 0; i < rows->n; i++)
	{
		sorted[i].text = rows->v[i];
		sorted[i].index = i;
	}
	qsort(sorted, rows->n, sizeof(RestoreRow), compare_by_text);
	return sorted;
}

/* Marks each text that is on both sides as unchanged, as often as it is on both. */
static void
match_rows(RestoreRow *before, int n_before, RestoreRow *after, int n_after)
{
	int i = 0;
	int j = 0;

	while (i < n_before && j < n_after)
	{
		int order = strcmp(before[i].text, after[j].text);

		MH_CHECK_INTERRUPTS();
		if (order == 0)
			before[i].is_unchanged = after[j].is_unchanged = true;
		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
	}
	qsort(before, n_before, sizeof(RestoreRow), compare_by_index);
	qsort(after, n_after, sizeof(RestoreRow), compare_by_index);
}

/* A text of rows_after, to be sorted. */
typedef struct OrderedRow
{
	char *text;
	int key;
	int index;
} OrderedRow;

static int
compare_in_load_order(const void *a, const void *b)
{
	const OrderedRow *left = a;
	const OrderedRow *right = b;

	if (left->key != right->key)
		return left->key > right->key ? 1 : -1;
	return (left->index > right->index) - (left->index < right->index);
}

/* Returns the texts in load order; unknown ones come last, as they are.  NULLs are left out. */
static MhStrings
in_load_order(const MhGraph *graph, char **texts, int n)
{
	OrderedRow *rows = palloc(Max(n, 1) * sizeof(OrderedRow));
	MhStrings ordered = {0, NULL};
	int present = 0;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < n; i++)
	{
		int node;

		if (texts[i] == NULL)
			continue;
		node = mh_graph_find(graph, texts[i]);
		rows[present].text = texts[i];
		rows[present].key = node == MH_BASE ? INT_MAX : node;
		rows[present].index = i;
		present++;
	}
	qsort(rows, present, sizeof(OrderedRow), compare_in_load_order);
	for (int i = 0; i < present; i++)
		mh_strings_add(&ordered, rows[i].text);
	pfree(rows);
	return ordered;
}

MhStrings
mh_rows_in_load_order(const MhGraph *graph, const MhStrings *rows)
{
	return in_load_order(graph, rows->v, rows->n);
}

/* Returns the index of the next row that changes, or n. */
static int
next_moving(const RestoreRow *rows, int n, int from)
{
	while (from < n && rows[from].is_unchanged)
		from++;
	return from;
}

static void
add_step(MhStampPlan *plan, char *from, char *to)
{
	MhStampStep *step = &plan->steps[plan->n++];

	step->action = from == NULL ? MH_STAMP_INSERT : to == NULL ? MH_STAMP_DELETE : MH_STAMP_UPDATE;
	step->from_revision = from;
	step->to_revision = to;
}

void
mh_undo_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *wanted,
			 MhStampPlan *plan)
{
	RestoreRow *before = sorted_rows(rows);
	RestoreRow *after = sorted_rows(wanted);
	int room = rows->n + wanted->n;
	char **texts = palloc0(Max(room, 1) * sizeof(char *));
	int i;
	int j;

	memset(plan, 0, sizeof(MhStampPlan));
	plan->steps = palloc0(Max(room, 1) * sizeof(MhStampStep));
	if (rows->n > 0)
		memcpy(texts, rows->v, rows->n * sizeof(char *));
	match_rows(before, rows->n, after, wanted->n);
	i = next_moving(before, rows->n, 0);
	j = next_moving(after, wanted->n, 0);
	while (i < rows->n || j < wanted->n)
	{
		char *to = j < wanted->n ? wanted->v[j] : NULL;

		MH_CHECK_INTERRUPTS();
		add_step(plan, i < rows->n ? rows->v[i] : NULL, to);
		texts[i < rows->n ? i : rows->n + j] = to;
		plan->steps[plan->n - 1].rows_after = in_load_order(graph, texts, room);
		i = next_moving(before, rows->n, Min(i + 1, rows->n));
		j = next_moving(after, wanted->n, Min(j + 1, wanted->n));
	}
	plan->rows_after = in_load_order(graph, texts, room);
	mh_stamp_find_overlap(graph, plan);
}
