/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Alembic's order of the revisions of a plan, newest first.
 *
 * Alembic keeps a list of heads, the frontier.  It emits one of them and goes
 * on with its parents, until some other head still needs the revision at hand;
 * then it goes on with the first such head.  Alembic asks "is it among the
 * ancestors of that head?" of precomputed sets.  Here the question is asked
 * the other way round, which needs no sets: nearly always a plan is convex
 * (whatever lies between two members is a member), and then some head needs a
 * revision exactly if one of the revision's children is yet to be emitted.
 *
 * Only the frontier's order matters, and it changes at its end and by removal
 * alone, so slots that are never reused, linked to their neighbours, take the
 * place of Alembic's list indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

#include <limits.h>

#define NO_SLOT (-1)
#define NO_NODE (-1)

/* Maximal number of cached searches.  One base on which others depend needs two. */
#define MAX_SEARCHES 8

typedef struct FrontierSlot
{
	int node;
	int previous;
	int next;
} FrontierSlot;

/* A search for the nodes above a blocked revision. */
typedef struct Search
{
	int blocked;
	int *seen;     /* per node: number, if this search visited it */
	int number;    /* of the revision for which it searches, counted from 1 */
	int *stack;    /* nodes on the path upward */
	int *position; /* index in all_next at which to continue */
	int depth;     /* index of its last element */
	int steps;
	int found; /* no slot before this one has a visited node */
} Search;

typedef struct Ordering
{
	const MhGraph *graph;
	bool *members;        /* not emitted yet */
	bool is_convex;       /* members, at the start */
	int *waiting_for;     /* per node: children yet to be emitted */
	int *first_unemitted; /* per node: index in all_next; all before are emitted */
	int *slot_of;         /* per node */
	FrontierSlot *slots;
	int n_slots;
	int first;
	int last;
	Search searches[MAX_SEARCHES];
	int n_searches;
} Ordering;

/* Returns whether a path that leaves members never returns to them. */
static bool
is_convex(const MhGraph *graph, const bool *members)
{
	bool *left = palloc0(Max(graph->n, 1) * sizeof(bool));
	bool convex = true;

	MH_CHECK_INTERRUPTS();
	for (int i = graph->n - 1; i >= 0 && convex; i--)
	{
		int node = graph->by_rank[i];
		MhNodes below = mh_graph_parents(graph, i);

		if (members[node] && left[node])
			convex = false;
		if (members[node] || left[node])
			for (int j = 0; j < below.n; j++)
				left[below.v[j]] |= !members[node] || !members[below.v[j]];
	}
	pfree(left);
	return convex;
}

static void
enter_slot(Ordering *run, int slot, int node)
{
	run->slots[slot].node = node;
	run->slot_of[node] = slot;
	for (int i = 0; i < run->n_searches; i++)
	{
		Search *search = &run->searches[i];

		if (search->seen[node] == search->number)
			search->found = Min(search->found, slot);
	}
}

static void
append_slot(Ordering *run, int node)
{
	int slot = run->n_slots++;

	run->slots[slot].previous = run->last;
	run->slots[slot].next = NO_SLOT;
	if (run->last == NO_SLOT)
		run->first = slot;
	else
		run->slots[run->last].next = slot;
	run->last = slot;
	enter_slot(run, slot, node);
}

/*
 * Removes a slot.  Returns the slot with which to continue: the one before, or else the new first.
 */
static int
remove_slot(Ordering *run, int slot)
{
	int previous = run->slots[slot].previous;
	int next = run->slots[slot].next;

	run->slot_of[run->slots[slot].node] = NO_SLOT;
	run->slots[slot].node = NO_NODE;
	if (previous == NO_SLOT)
		run->first = next;
	else
		run->slots[previous].next = next;
	if (next == NO_SLOT)
		run->last = previous;
	else
		run->slots[next].previous = previous;
	return previous == NO_SLOT ? next : previous;
}

static Ordering *
start_ordering(const MhGraph *graph, bool *members, const MhNodes *heads)
{
	Ordering *run = palloc0(sizeof(Ordering));
	int room = Max(graph->n, 1);
	bool *is_head = palloc0(room * sizeof(bool));

	run->graph = graph;
	run->members = members;
	run->is_convex = is_convex(graph, members);
	run->waiting_for = palloc0(room * sizeof(int));
	run->first_unemitted = palloc0(room * sizeof(int));
	run->slot_of = palloc(room * sizeof(int));
	run->slots = palloc(room * sizeof(FrontierSlot));
	run->first = run->last = NO_SLOT;
	for (int i = 0; i < heads->n; i++)
		is_head[heads->v[i]] = members[heads->v[i]];
	for (int i = 0; i < graph->n; i++)
	{
		run->slot_of[i] = NO_SLOT;
		for (int j = 0; j < graph->nodes[i].ndown.n && members[i]; j++)
			run->waiting_for[graph->nodes[i].ndown.v[j]]++;
	}
	for (int i = 0; i < graph->n; i++)
		if (is_head[i])
			append_slot(run, i);
	pfree(is_head);
	return run;
}

/* Returns the index at which the scan of node's children starts in this search. */
static int
first_position(Ordering *run, int node)
{
	const MhNodes *above = &run->graph->nodes[node].all_next;
	int *first = &run->first_unemitted[node];

	if (!run->is_convex)
		return 0;
	while (*first < above->n && !run->members[above->v[*first]])
		(*first)++;
	return *first;
}

/*
 * Returns the first slot that can have a descendant of the blocked revision: it must have a higher
 * rank.
 */
static int
first_candidate(const Ordering *run, int current)
{
	int rank = run->graph->nodes[run->slots[current].node].rank;
	int slot = run->first;

	MH_CHECK_INTERRUPTS();
	while (slot != NO_SLOT && run->graph->nodes[run->slots[slot].node].rank <= rank)
		slot = run->slots[slot].next;
	return slot;
}

/*
 * Returns the search above the blocked revision: the cached one, or else a new one in place of the
 * one that took least.  A revision may be blocked once for each revision beside it, with others
 * blocked in between.
 */
static Search *
search_above(Ordering *run, int blocked)
{
	Search *search = &run->searches[0];

	for (int i = 0; i < run->n_searches; i++)
	{
		if (run->searches[i].blocked == blocked)
			return &run->searches[i];
		if (run->searches[i].steps < search->steps)
			search = &run->searches[i];
	}
	if (run->n_searches < MAX_SEARCHES)
	{
		search = &run->searches[run->n_searches++];
		search->seen = palloc0(run->graph->n * sizeof(int));
		search->stack = palloc(run->graph->n * sizeof(int));
		search->position = palloc(run->graph->n * sizeof(int));
	}
	search->blocked = blocked;
	search->number++;
	search->steps = 0;
	search->found = INT_MAX;
	search->depth = 0;
	search->stack[0] = blocked;
	search->position[0] = first_position(run, blocked);
	return search;
}

static bool
has_seen(const Search *search, int node)
{
	return node != NO_NODE && search->seen[node] == search->number;
}

/* Continues the search upward, depth first, until it visits node or ends. */
static void
search_for(Ordering *run, Search *search, int wanted)
{
	while (search->depth >= 0 && !has_seen(search, wanted))
	{
		const MhNodes *above = &run->graph->nodes[search->stack[search->depth]].all_next;
		int node;

		MH_CHECK_INTERRUPTS();
		if (search->position[search->depth] >= above->n)
		{
			search->depth--;
			continue;
		}
		node = above->v[search->position[search->depth]++];
		if (has_seen(search, node) || (run->is_convex && !run->members[node]))
			continue;
		search->seen[node] = search->number;
		search->steps++;
		if (run->slot_of[node] != NO_SLOT)
			search->found = Min(search->found, run->slot_of[node]);
		search->depth++;
		search->stack[search->depth] = node;
		search->position[search->depth] = first_position(run, node);
	}
}

/*
 * Returns the first slot whose node has current among its ancestors, or NO_SLOT.  The nodes above a
 * revision never change, so the search for one that is blocked again continues where it stopped.
 */
static int
find_descendant(Ordering *run, int current)
{
	int slot = first_candidate(run, current);
	Search *search;

	if (slot == NO_SLOT)
		return NO_SLOT;
	search = search_above(run, run->slots[current].node);
	search_for(run, search, run->slots[slot].node);
	if (has_seen(search, run->slots[slot].node))
		return slot;
	while (search->found < run->n_slots && !has_seen(search, run->slots[search->found].node))
		search->found++;
	return search->found < run->n_slots ? search->found : NO_SLOT;
}

/* Replaces an emitted node in the frontier by its parents. */
static int
replace_by_parents(Ordering *run, int slot)
{
	int node = run->slots[slot].node;
	const MhNodes *below = &run->graph->nodes[node].ndown;
	bool replaced = false;

	for (int i = 0; i < below->n; i++)
	{
		int parent = below->v[i];

		if (!run->members[parent] || run->slot_of[parent] != NO_SLOT)
			continue;
		if (replaced)
		{
			append_slot(run, parent);
			continue;
		}
		replaced = true;
		run->slot_of[node] = NO_SLOT;
		enter_slot(run, slot, parent);
	}
	return replaced ? slot : remove_slot(run, slot);
}

bool
mh_graph_order(const MhGraph *graph, bool *members, const MhNodes *heads, MhNodes *ordered)
{
	Ordering *run;
	int current;

	memset(ordered, 0, sizeof(MhNodes));
	/* of a thousand tenants nearly each has nothing to order */
	if (memchr(members, true, graph->n) == NULL)
		return true;
	run = start_ordering(graph, members, heads);
	current = run->first;
	while (current != NO_SLOT)
	{
		int node = run->slots[current].node;
		int needed_by = NO_SLOT;

		MH_CHECK_INTERRUPTS();
		if (!run->is_convex || run->waiting_for[node] > 0)
		{
			needed_by = find_descendant(run, current);
			/* Only nodes that the heads do not reach can block a node for ever. */
			if (needed_by == NO_SLOT && run->is_convex)
				return false;
		}
		if (needed_by != NO_SLOT)
		{
			current = needed_by;
			continue;
		}
		members[node] = false;
		mh_nodes_add(ordered, node);
		for (int i = 0; i < graph->nodes[node].ndown.n; i++)
			run->waiting_for[graph->nodes[node].ndown.v[i]]--;
		current = replace_by_parents(run, current);
	}
	for (int i = 0; i < graph->n; i++)
		if (members[i])
			return false;
	return true;
}
