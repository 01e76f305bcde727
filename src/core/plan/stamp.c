/*-------------------------------------------------------------------------
 *
 * stamp.c
 *	  Plans what stamping does to the rows of a version table.
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan/plan_private.h"

#include <limits.h>

#define NO_NODE MH_NOTHING

/* One row, before or after. */
typedef struct StampRow
{
	const char *text;
	int node;      /* NO_NODE: it stands for none, or for several */
	bool is_there; /* it exists at this point of the plan */
	bool leaves;   /* it has to be removed, and has not been turned into another row yet */
} StampRow;

/* A plan under construction: old rows first, then inserted ones. */
typedef struct StampRun
{
	const MhStamp *stamp;
	MhStampPlan *plan;
	StampRow *rows;
	int n;
	MhNameIndex *targets; /* the revisions to stamp, by text */
	bool *placed;         /* per target, as first named: it has its row */
} StampRun;

/* Fails in Alembic's words for the search for related rows, which comes first. */
static bool
fail_lineage(MhError *err)
{
	if (strcmp(err->sqlstate, MHERR_MULTIPLE_HEADS) == 0)
		err->message =
			pstrdup("Multiple heads are present; please specify a single target revision");
	return false;
}

static bool
resolve_rows(MhStamp *stamp, MhError *err)
{
	stamp->row_nodes = palloc0(Max(stamp->rows.n, 1) * sizeof(MhNodes));
	for (int i = 0; i < stamp->rows.n; i++)
	{
		MhStrings one = {1, &stamp->rows.v[i]};

		if (!mh_identify_all(stamp->graph, &one, &stamp->row_nodes[i], err))
			return false;
	}
	return true;
}

bool
mh_is_unregistered(const MhGraph *graph, const char *target)
{
	int value;

	return target[0] != '\0' && strchr(target, '@') == NULL && strcmp(target, "head") != 0 &&
		   strcmp(target, "heads") != 0 && strcmp(target, "base") != 0 &&
		   !mh_negative_integer(target, &value) && mh_name_index_find(graph->names, target) < 0 &&
		   mh_name_index_with_prefix(graph->names, target).n == 0;
}

/* Adds the rows in the lineage of one target to related. */
static bool
relate_rows(MhStamp *stamp, const char *target, bool *seen, MhError *err)
{
	MhNodes all = {0, NULL};
	MhNodes kept;

	for (int i = 0; i < stamp->rows.n; i++)
		for (int j = 0; j < stamp->row_nodes[i].n; j++)
			mh_nodes_add(&all, stamp->row_nodes[i].v[j]);
	if (!mh_filter_lineage(stamp->graph, &all, target, true, &kept, err))
		return fail_lineage(err);
	for (int i = 0; i < kept.n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (seen[kept.v[i]])
			continue;
		seen[kept.v[i]] = true;
		mh_nodes_add(&stamp->related, kept.v[i]);
	}
	return true;
}

/* Adds a target.  below_base: the last target whose walk ends at base, which is refused. */
static bool
add_target(MhStamp *stamp, const char *target, const char **below_base, MhError *err)
{
	MhNodes found;

	if (!mh_identify(stamp->graph, target, &found, err))
		return false;
	for (int i = 0; i < found.n; i++)
	{
		if (found.v[i] == MH_BASE)
			*below_base = target;
		if (found.v[i] < 0)
			continue;
		mh_nodes_add(&stamp->to_nodes, found.v[i]);
		mh_strings_add(&stamp->to_texts, stamp->graph->nodes[found.v[i]].id);
	}
	return true;
}

/*
 * Resolves the targets in Alembic's order: first the lineage of all, so that its errors come first.
 */
static bool
resolve_targets(MhStamp *stamp, const MhStrings *targets, bool unregistered, MhError *err)
{
	bool *seen = palloc0(Max(stamp->graph->n, 1) * sizeof(bool));
	bool *literal = palloc0(Max(targets->n, 1) * sizeof(bool));
	const char *below_base = NULL;

	if (targets->n == 0)
		return relate_rows(stamp, "base", seen, err);
	for (int i = 0; i < targets->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		literal[i] = unregistered && mh_is_unregistered(stamp->graph, targets->v[i]);
		if (!literal[i] && targets->v[i][0] != '\0' &&
			!relate_rows(stamp, targets->v[i], seen, err))
			return false;
	}
	for (int i = 0; i < targets->n; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (!literal[i])
		{
			if (!add_target(stamp, targets->v[i], &below_base, err))
				return false;
			continue;
		}
		mh_nodes_add(&stamp->to_nodes, NO_NODE);
		mh_strings_add(&stamp->to_texts, targets->v[i]);
	}
	if (below_base != NULL)
		return mh_fail(err, MHERR_RELATIVE, "Relative revision %s ends at the base of a branch",
					   below_base);
	return true;
}

/* Returns marks of the nodes and of all nodes above or below them. */
static bool *
mark_lineage(const MhGraph *graph, const MhNodes *nodes)
{
	bool *marks = mh_graph_ancestors(graph, nodes);
	bool *above = mh_graph_descendants(graph, nodes, false);

	for (int i = 0; i < graph->n; i++)
		marks[i] |= above[i];
	pfree(above);
	return marks;
}

/*
 * Returns marks of the nodes that the revisions to stamp replace; for base, only the rows that
 * Alembic relates to it.
 */
static bool *
mark_related(const MhStamp *stamp)
{
	MhNodes known = {0, NULL};
	bool *marks;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < stamp->to_nodes.n; i++)
		if (stamp->to_nodes.v[i] >= 0)
			mh_nodes_add(&known, stamp->to_nodes.v[i]);
	marks = mark_lineage(stamp->graph, &known);
	for (int i = 0; i < stamp->related.n && stamp->to_texts.n == 0; i++)
		marks[stamp->related.v[i]] = true;
	return marks;
}

static int
compare_rows(const void *a, const void *b)
{
	const StampRow *left = *(StampRow *const *) a;
	const StampRow *right = *(StampRow *const *) b;
	int left_key = left->node >= 0 ? left->node : INT_MAX;
	int right_key = right->node >= 0 ? right->node : INT_MAX;

	if (left_key != right_key)
		return left_key > right_key ? 1 : -1;
	return (left > right) - (left < right);
}

/* Returns the rows at this point, in load order. */
static MhStrings
present_rows(const StampRun *run)
{
	StampRow **present = palloc(Max(run->n, 1) * sizeof(StampRow *));
	MhStrings texts = mh_strings_with_room(run->n);
	int n = 0;

	MH_CHECK_INTERRUPTS();
	for (int i = 0; i < run->n; i++)
		if (run->rows[i].is_there)
			present[n++] = &run->rows[i];
	qsort(present, n, sizeof(StampRow *), compare_rows);
	for (int i = 0; i < n; i++)
		mh_strings_push(&texts, present[i]->text);
	pfree(present);
	return texts;
}

/* Adds a step.  from NULL: insert; to NULL: delete. */
static void
add_step(StampRun *run, StampRow *from, const char *to, int to_node)
{
	MhStampStep *step = &run->plan->steps[run->plan->n++];

	step->action = from == NULL ? MH_STAMP_INSERT : to == NULL ? MH_STAMP_DELETE : MH_STAMP_UPDATE;
	if (from != NULL)
	{
		step->from_revision = pstrdup(from->text);
		from->is_there = from->leaves = false;
	}
	if (to != NULL)
	{
		StampRow *row = &run->rows[run->n++];

		step->to_revision = pstrdup(to);
		row->text = step->to_revision;
		row->node = to_node;
		row->is_there = true;
		row->leaves = false;
	}
	step->rows_after = present_rows(run);
}

static bool
is_marked(const MhStamp *stamp, int row, const bool *marks)
{
	for (int i = 0; i < stamp->row_nodes[row].n; i++)
		if (marks[stamp->row_nodes[row].v[i]])
			return true;
	return false;
}

/*
 * Returns the lineage of one of several revisions.  NULL: there is only one, for which Alembic
 * moves every row that goes.
 */
static bool *
lineage_of_target(const StampRun *run, int node)
{
	MhNodes list = {0, NULL};

	if (run->stamp->to_texts.n == 1)
		return NULL;
	if (node >= 0)
		mh_nodes_add(&list, node);
	return mark_lineage(run->stamp->graph, &list);
}

/* Turns the related rows that have to be removed into this revision. */
static void
place_target(StampRun *run, const char *text, int node)
{
	bool *marks = lineage_of_target(run, node);
	StampRow *latest = NULL;

	for (int i = 0; i < run->stamp->rows.n; i++)
	{
		StampRow *row = &run->rows[i];

		if (!row->leaves || (marks != NULL && !is_marked(run->stamp, i, marks)))
			continue;
		if (latest != NULL)
			add_step(run, latest, NULL, NO_NODE);
		latest = row;
	}
	add_step(run, latest, text, node);
	if (marks != NULL)
		pfree(marks);
}

/* Returns whether this row stays as the row of a target that has none yet. */
static bool
claim_target(StampRun *run, const char *text)
{
	int target = mh_name_index_find(run->targets, text);

	if (target < 0 || run->placed[target])
		return false;
	run->placed[target] = true;
	return true;
}

static void
delete_leaving(StampRun *run)
{
	int old = run->n;

	for (int i = 0; i < old; i++)
		if (run->rows[i].leaves)
			add_step(run, &run->rows[i], NULL, NO_NODE);
}

/* Enters the rows as they are.  Purged rows all have to be removed. */
static void
start_run(StampRun *run, const MhStamp *stamp, const MhStrings *rows, MhStampPlan *plan)
{
	int room = rows->n + stamp->to_texts.n;
	int holder;

	memset(run, 0, sizeof(StampRun));
	run->stamp = stamp;
	run->plan = plan;
	run->n = rows->n;
	run->rows = palloc0(Max(room, 1) * sizeof(StampRow));
	plan->steps = palloc0(Max(room, 1) * sizeof(MhStampStep));
	run->targets = mh_name_index_create(stamp->to_texts.n);
	run->placed = palloc0(Max(stamp->to_texts.n, 1) * sizeof(bool));
	for (int i = 0; i < stamp->to_texts.n; i++)
		(void) mh_name_index_add(run->targets, stamp->to_texts.v[i], i, &holder);
	for (int i = 0; i < rows->n; i++)
	{
		StampRow *row = &run->rows[i];

		MH_CHECK_INTERRUPTS();
		row->text = rows->v[i];
		row->is_there = true;
		row->leaves = stamp->rows.n == 0;
		row->node =
			stamp->rows.n > 0 && stamp->row_nodes[i].n == 1 ? stamp->row_nodes[i].v[0] : NO_NODE;
	}
}

/*
 * Returns whether the rows are full ids without duplicates and ancestors, which is what Alembic's
 * stamp expects.
 */
static bool
rows_are_sound(const MhStamp *stamp)
{
	MhRow *judged = mh_rows_judge(stamp->graph, &stamp->rows);

	for (int i = 0; i < stamp->rows.n; i++)
		if (!judged[i].is_exact || mh_row_is_redundant(&judged[i]))
			return false;
	return true;
}

/* Plans the set algebra: unrelated rows stay, and each target gets one row. */
static void
choose_by_lineage(StampRun *run)
{
	bool *related = mark_related(run->stamp);

	for (int i = 0; i < run->stamp->rows.n; i++)
		run->rows[i].leaves =
			is_marked(run->stamp, i, related) && !claim_target(run, run->rows[i].text);
}

static void
choose_as_alembic(StampRun *run, const MhStrings *alembic_rows)
{
	MhNameIndex *staying = mh_name_index_create(alembic_rows->n);
	int holder;

	for (int i = 0; i < alembic_rows->n; i++)
		(void) mh_name_index_add(staying, alembic_rows->v[i], i, &holder);
	for (int i = 0; i < run->stamp->rows.n; i++)
	{
		run->rows[i].leaves = mh_name_index_find(staying, run->rows[i].text) < 0;
		if (!run->rows[i].leaves)
			(void) claim_target(run, run->rows[i].text);
	}
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool
same_rows(const MhStrings *a, const MhStrings *b)
{
	MhStrings left = mh_strings_with_room(a->n);
	MhStrings right = mh_strings_with_room(b->n);

	if (a->n != b->n)
		return false;
	if (a->n == 0)
		return true;
	memcpy(left.v, a->v, a->n * sizeof(char *));
	memcpy(right.v, b->v, b->n * sizeof(char *));
	qsort(left.v, a->n, sizeof(char *), compare_texts);
	qsort(right.v, b->n, sizeof(char *), compare_texts);
	for (int i = 0; i < a->n; i++)
		if (strcmp(left.v[i], right.v[i]) != 0)
			return false;
	return true;
}

void
mh_stamp_find_overlap(const MhGraph *graph, MhStampPlan *plan)
{
	MhRow *judged = mh_rows_judge(graph, &plan->rows_after);

	for (int i = 0; i < plan->rows_after.n && !plan->overlap; i++)
	{
		MH_CHECK_INTERRUPTS();
		if (judged[i].implied_by >= 0)
			plan->overlap_detail = psprintf("Revision %s already contains revision %s.",
											judged[judged[i].implied_by].text, judged[i].text);
		else if (judged[i].duplicate_of >= 0)
			plan->overlap_detail = psprintf("Revision %s would be there twice.", judged[i].text);
		plan->overlap = plan->overlap_detail != NULL;
	}
}

/* Compares the plan with what Alembic would do for several revisions. */
static void
compare_with_alembic(const MhStamp *stamp, MhStampPlan *plan)
{
	plan->alembic_differs =
		stamp->to_texts.n > 1 &&
		(plan->alembic_error != NULL || !same_rows(&plan->alembic_rows, &plan->rows_after));
}

bool
mh_stamp_plan(const MhGraph *graph, const MhStrings *rows, const MhStrings *targets, bool purge,
			  bool unregistered, MhStampPlan *plan, MhError *err)
{
	MhStamp stamp;
	StampRun run;
	bool survives;

	memset(plan, 0, sizeof(MhStampPlan));
	memset(&stamp, 0, sizeof(MhStamp));
	stamp.graph = graph;
	if (!purge)
		stamp.rows = *rows;
	if (!resolve_rows(&stamp, err) || !resolve_targets(&stamp, targets, unregistered, err))
		return false;
	survives = mh_stamp_simulate(&stamp, &plan->alembic_rows, &plan->alembic_error);
	start_run(&run, &stamp, rows, plan);
	if (purge)
		delete_leaving(&run);
	else if (survives && stamp.to_texts.n == 1 && rows_are_sound(&stamp))
		choose_as_alembic(&run, &plan->alembic_rows);
	else
		choose_by_lineage(&run);
	for (int i = 0; i < stamp.to_texts.n; i++)
		if (claim_target(&run, stamp.to_texts.v[i]))
			place_target(&run, stamp.to_texts.v[i], stamp.to_nodes.v[i]);
	delete_leaving(&run);
	plan->rows_after = present_rows(&run);
	compare_with_alembic(&stamp, plan);
	mh_stamp_find_overlap(graph, plan);
	return true;
}
