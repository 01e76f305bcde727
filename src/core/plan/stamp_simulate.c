/*-------------------------------------------------------------------------
 *
 * stamp_simulate.c
 *	  Simulates Alembic's own stamp with several targets: its steps, and the rows as its
 *	  HeadMaintainer changes them (section 1.14 of doc/internals/alembic.md).
 *
 * Alembic plans every step from the rows before the first.  So with several targets later steps may
 * work on rows that are gone.
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan/plan_private.h"

#include "core/graph/graph.h"

/* Alembic's StampStep; to NULL is the deletion of one branch. */
typedef struct AlembicStep
{
	MhNodes from;
	const char *to;
	bool is_upgrade;
	bool is_branch;
} AlembicStep;

/* The version table, and the set of texts that Alembic believes to be in it. */
typedef struct HeadMaintainer
{
	MhNameIndex *index; /* text to entry */
	MhStrings texts;
	int *counts; /* physical rows of each text; 0 once it is gone */
	int room;
	char *error;
} HeadMaintainer;

static void
add_count(HeadMaintainer *heads, const char *text, int count)
{
	int entry = mh_name_index_find(heads->index, text);

	if (entry < 0)
	{
		int holder;

		entry = heads->texts.n;
		(void) mh_name_index_add(heads->index, text, entry, &holder);
		mh_strings_add(&heads->texts, text);
		if (entry == heads->room)
		{
			heads->room *= 2;
			heads->counts = repalloc(heads->counts, heads->room * sizeof(int));
		}
		heads->counts[entry] = 0;
	}
	heads->counts[entry] += count;
}

static void
start_heads(HeadMaintainer *heads, const MhStrings *rows)
{
	memset(heads, 0, sizeof(HeadMaintainer));
	heads->room = rows->n + 16;
	heads->counts = palloc(heads->room * sizeof(int));
	heads->index = mh_name_index_create(heads->room);
	for (int i = 0; i < rows->n; i++)
		add_count(heads, rows->v[i], 1);
}

static bool
is_present(const HeadMaintainer *heads, const char *text)
{
	int entry = mh_name_index_find(heads->index, text);

	return entry >= 0 && heads->counts[entry] > 0;
}

static bool
fail_assertion(HeadMaintainer *heads)
{
	heads->error = pstrdup("AssertionError");
	return false;
}

static bool
insert_version(HeadMaintainer *heads, const char *text)
{
	if (is_present(heads, text))
		return fail_assertion(heads);
	add_count(heads, text, 1);
	return true;
}

/* Removes a version.  what: for the error, in Alembic's words except for the table's name. */
static bool
take_version(HeadMaintainer *heads, const char *text, const char *what)
{
	int entry = mh_name_index_find(heads->index, text);

	if (entry < 0 || heads->counts[entry] == 0)
		heads->error = psprintf("KeyError: '%s'", text);
	else if (heads->counts[entry] > 1)
		heads->error = psprintf("Online migration expected to match one row when %s; %d found",
								what, heads->counts[entry]);
	else
	{
		heads->counts[entry] = 0;
		return true;
	}
	return false;
}

static bool
delete_version(HeadMaintainer *heads, const char *text)
{
	return take_version(heads, text, psprintf("deleting '%s'", text));
}

static bool
update_version(HeadMaintainer *heads, const char *from, const char *to)
{
	if (is_present(heads, to))
		return fail_assertion(heads);
	if (!take_version(heads, from, psprintf("updating '%s' to '%s'", from, to)))
		return false;
	add_count(heads, to, 1);
	return true;
}

static const char *
from_id(const MhStamp *stamp, const AlembicStep *step, int i)
{
	return stamp->graph->nodes[step->from.v[i]].id;
}

/* Does what StampStep.should_create_branch does. */
static bool
creates_branch(const MhStamp *stamp, const HeadMaintainer *heads, const AlembicStep *step)
{
	bool moved = step->is_branch;

	if (!step->is_upgrade || is_present(heads, step->to))
		return false;
	for (int i = 0; i < step->from.n && !moved; i++)
		moved = !is_present(heads, from_id(stamp, step, i));
	return moved;
}

/* Does what HeadMaintainer.update_to_step does. */
static bool
apply_step(const MhStamp *stamp, HeadMaintainer *heads, const AlembicStep *step)
{
	int last = step->from.n - 1;

	MH_CHECK_INTERRUPTS();
	if (step->to == NULL)
		return delete_version(heads, from_id(stamp, step, 0));
	if (creates_branch(stamp, heads, step))
		return insert_version(heads, step->to);
	if (last < 0)
		return fail_assertion(heads);
	for (int i = 0; i < last; i++)
		if (!delete_version(heads, from_id(stamp, step, i)))
			return false;
	return update_version(heads, from_id(stamp, step, last), step->to);
}

static bool
meets(const bool *marks, const MhNodes *list)
{
	for (int i = 0; i < list->n; i++)
		if (marks[list->v[i]])
			return true;
	return false;
}

/* Plans the step for one revision.  *needed is false if it is there already. */
static bool
plan_step(const MhStamp *stamp, int i, AlembicStep *step, bool *needed)
{
	MhNodes to = mh_nodes_one(stamp->to_nodes.v[i]);
	bool above = false;
	bool below = false;

	*needed = to.v[0] < 0 || !mh_nodes_contain(&stamp->related, to.v[0]);
	if (!*needed)
		return true;
	if (to.v[0] >= 0 && stamp->related.n > 0)
	{
		above = meets(mh_graph_descendants(stamp->graph, &to, false), &stamp->related);
		below = meets(mh_graph_ancestors(stamp->graph, &to), &stamp->related);
	}
	memset(step, 0, sizeof(AlembicStep));
	step->to = stamp->to_texts.v[i];
	step->is_upgrade = !above;
	step->is_branch = !above && !below;
	if (!step->is_branch)
		step->from = stamp->related;
	return !(above && below);
}

static bool
plan_steps(const MhStamp *stamp, AlembicStep *steps, int *n)
{
	*n = 0;
	for (int i = 0; i < stamp->related.n && stamp->to_texts.n == 0; i++)
	{
		AlembicStep *step = &steps[(*n)++];

		memset(step, 0, sizeof(AlembicStep));
		step->from = mh_nodes_one(stamp->related.v[i]);
	}
	for (int i = 0; i < stamp->to_texts.n; i++)
	{
		bool needed;

		if (!plan_step(stamp, i, &steps[*n], &needed))
			return false;
		*n += needed;
	}
	return true;
}

bool
mh_stamp_simulate(const MhStamp *stamp, MhStrings *rows, char **error)
{
	HeadMaintainer heads;
	AlembicStep *steps = palloc((stamp->related.n + stamp->to_texts.n + 1) * sizeof(AlembicStep));
	int n;
	bool survives;

	memset(rows, 0, sizeof(MhStrings));
	start_heads(&heads, &stamp->rows);
	survives = plan_steps(stamp, steps, &n) || fail_assertion(&heads);
	for (int i = 0; i < n && survives; i++)
		survives = apply_step(stamp, &heads, &steps[i]);
	*error = heads.error;
	for (int i = 0; i < heads.texts.n && survives; i++)
		for (int j = 0; j < heads.counts[i]; j++)
			mh_strings_add(rows, heads.texts.v[i]);
	return survives;
}
