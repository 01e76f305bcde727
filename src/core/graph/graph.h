/*-------------------------------------------------------------------------
 *
 * graph.h
 *	  The revision graph with its relations, labels and identifiers, as in Alembic's
 *	  RevisionMap.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_GRAPH_H
#define MIGHEAD_CORE_GRAPH_GRAPH_H

#include "core/base/base.h"

/*
 * The values of one migration script as written: names are not resolved, and the order is kept.
 * None, () and [] are empty lists.
 */
typedef struct MhScript
{
	char *revision;
	MhStrings down_revision;
	MhStrings depends_on;
	MhStrings branch_labels;
	char *message;     /* docstring, stripped; "" if there is none */
	char *create_date; /* text after "Create Date:"; NULL: none */
	char *file_name;   /* as shown to a person; NULL: registered manually */
} MhScript;

/* Stands for "base", or for no revision, in place of a node. */
#define MH_BASE (-1)

typedef struct MhNode
{
	const MhScript *script; /* the script; owned by the caller */
	const char *id;         /* = script->revision */

	MhNodes down;     /* down_revision, as written (duplicates kept) */
	MhNodes deps;     /* depends_on, labels resolved (duplicates kept) */
	MhNodes ndown;    /* down, then the normalised deps, without duplicates */
	MhNodes next;     /* nodes whose down has this node */
	MhNodes all_next; /* next, and the nodes that depend on this one */
	MhStrings labels; /* own and propagated branch labels, sorted */

	bool is_head;         /* no next: Alembic's "head" */
	bool is_real_head;    /* no all_next: Alembic's "heads" */
	bool is_base;         /* no down */
	bool is_real_base;    /* no down and no deps */
	bool is_branch_point; /* several next */
	bool is_merge_point;  /* several entries in down */
	int rank;             /* length of the longest path down over ndown;
								 * an ancestor always has a smaller rank */
} MhNode;

/* A graph.  Nodes are in load order.  The index of a node is its identity. */
typedef struct MhGraph
{
	int n;
	MhNode *nodes;
	size_t longest_id;         /* bytes of the longest id */
	struct MhNameIndex *names; /* ids and labels; private */
	int *by_rank;              /* nodes, ancestors before descendants; private */
	int *parents;     /* down and deps of the nodes by rank, one after the other; private */
	int *parents_end; /* where those of by_rank[i] end, and the next begin; private */
} MhGraph;

/*
 * Builds the graph of n scripts in load order.  The scripts must outlive it.  Returns NULL with
 * MH210 to MH215 if Alembic refuses the graph, or only warns about it: duplicate ids, references to
 * absent revisions.
 */
extern MhGraph *mh_graph_build(const MhScript *scripts, int n, MhError *err);

/* Returns the node with exactly this id (no label, no prefix), or MH_BASE. */
extern int mh_graph_find(const MhGraph *graph, const char *id);

/* Return the heads, real heads and bases, in load order. */
extern MhNodes mh_graph_heads(const MhGraph *graph);
extern MhNodes mh_graph_real_heads(const MhGraph *graph);
extern MhNodes mh_graph_bases(const MhGraph *graph);

/*
 * Resolves an identifier as RevisionMap.get_revisions does.  It may stand for several nodes; base
 * gives none.  Fails with MH201, MH202 or MH205, worded as Alembic's command line words them; the
 * detail is the low-level text.
 */
extern bool mh_resolve(const MhGraph *graph, const char *identifier, MhNodes *nodes, MhError *err);

/*
 * Resolves an identifier to one node as RevisionMap.get_revision does.  *node is MH_BASE for base.
 */
extern bool mh_resolve_one(const MhGraph *graph, const char *identifier, int *node, MhError *err);

/* Returns marks (bool[graph->n]) of the nodes and all their ancestors (over ndown). */
extern bool *mh_graph_ancestors(const MhGraph *graph, const MhNodes *nodes);

/*
 * Adds the nodes directly below those of the rows that only the n retired scripts have, through
 * other retired ones: a database with such a row has applied them too.  retired: in any order.
 */
extern void mh_graph_add_below(const MhGraph *graph, const MhScript *const *retired, int n,
							   const MhStrings *rows, MhNodes *nodes);

/*
 * Returns marks of the nodes and all their descendants: over all_next, or over next if
 * versioned_only.
 */
extern bool *mh_graph_descendants(const MhGraph *graph, const MhNodes *nodes, bool versioned_only);

/* Returns whether ancestor is below descendant, dependencies included.  False if they are equal. */
extern bool mh_graph_is_ancestor(const MhGraph *graph, int ancestor, int descendant);

/* Returns the ids of nodes.  The strings are the graph's. */
extern MhStrings mh_graph_ids(const MhGraph *graph, const MhNodes *nodes);

/* Returns the maximal nodes of a set, given as bool[graph->n], in load order. */
extern MhNodes mh_graph_maximal(const MhGraph *graph, const bool *members);

typedef enum MhEdges
{
	MH_EDGES_DOWN,     /* down_revision */
	MH_EDGES_ALL_DOWN, /* down_revision and depends_on */
	MH_EDGES_NEXT,     /* the reverse of MH_EDGES_DOWN */
	MH_EDGES_ALL_NEXT  /* the reverse of MH_EDGES_ALL_DOWN */
} MhEdges;

/*
 * Marks start and every node that can be reached from it along edges.  Nodes that are already
 * marked are not walked again.
 */
extern void mh_graph_mark(const MhGraph *graph, const MhNodes *start, MhEdges edges, bool *marks);

/* Returns the marked nodes in load order. */
extern MhNodes mh_graph_marked(const MhGraph *graph, const bool *marks);

/* Returns the parents of graph->by_rank[i], over down_revision and depends_on.  They are the graph's. */
static inline MhNodes
mh_graph_parents(const MhGraph *graph, int i)
{
	int start = i == 0 ? 0 : graph->parents_end[i - 1];
	MhNodes parents = {graph->parents_end[i] - start, graph->parents + start};

	return parents;
}

/* Returns a list of one node. */
extern MhNodes mh_nodes_one(int node);
extern bool mh_nodes_contain(const MhNodes *list, int node);

/* labels.c: returns whether each of these nodes has a label that none of the others has. */
extern bool mh_are_labelled_apart(const MhGraph *graph, const MhNodes *nodes);

/*
 * rows.c: the meaning of the rows of a version table.
 *
 * "rows" are the texts of a version table in physical order.  They are identifiers and are resolved
 * as Alembic does: a row may be a prefix or even a word such as "head".
 */

/* One row of a version table. */
typedef struct MhRow
{
	const char *text; /* NULL: the row is NULL */
	int node;         /* MH_BASE: unknown */
	bool is_exact;    /* text is the full id */
	int implied_by;   /* index of another row that is above this one
								 * (dependencies included), or -1 */
	int duplicate_of; /* index of an earlier row of the same node or
								 * text, or -1 */
} MhRow;

/* Returns whether another row has the same node, or a node above it. */
static inline bool
mh_row_is_redundant(const MhRow *row)
{
	return row->implied_by >= 0 || row->duplicate_of >= 0;
}

/* Returns Alembic's sentence about two rows or targets, where upper contains lower. */
extern char *mh_overlap_sentence(const char *upper, const char *lower);

/* Judges each row.  Returns an array of rows->n elements; never fails. */
extern MhRow *mh_rows_judge(const MhGraph *graph, const MhStrings *rows);

/*
 * Resolves rows to distinct nodes, in the order of the rows.  Fails with MH201 for an unknown row.
 */
extern bool mh_rows_resolve(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes,
							MhError *err);

/*
 * Finds what "alembic current" shows: the nodes of the rows and the tips that they imply, in load
 * order.
 */
extern bool mh_current(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes, MhError *err);

/*
 * Returns the rows without implied and duplicate ones: full ids in load order, then unknown rows as
 * they are.
 */
extern MhStrings mh_rows_maximal(const MhGraph *graph, const MhStrings *rows);

/*
 * identify.c, lineage.c, walk.c, target.c: identifiers, lineage and relative targets.
 *
 * See sections 1.5 and 1.6 of doc/internals/alembic.md.  Lists that these functions return may hold
 * MH_NOTHING and MH_BASE beside nodes, where Alembic's hold None and "base".
 */

/*
 * Stands for Python's None, where a walk of Alembic's ends beyond a base; MH_BASE then stands for
 * the word "base".  It occurs only in what mh_identify and mh_walk return.
 */
#define MH_NOTHING (-2)

/* Do what RevisionMap.get_revisions and get_revision do.  Fail with MH201, MH202 or MH205. */
extern bool mh_identify(const MhGraph *graph, const char *identifier, MhNodes *found, MhError *err);
extern bool mh_identify_one(const MhGraph *graph, const char *identifier, int *node, MhError *err);

/*
 * Resolves several identifiers as get_revisions does.  Refuses MH_NOTHING and MH_BASE with MH201.
 */
extern bool mh_identify_all(const MhGraph *graph, const MhStrings *identifiers, MhNodes *found,
							MhError *err);

/*
 * Does what _revision_for_ident does without a branch: resolves an id, a label or a prefix, but no
 * word.
 */
extern bool mh_lookup(const MhGraph *graph, const char *text, int *node, MhError *err);

/* Does what _resolve_branch does: finds the node of a label, or of an id in place of a label. */
extern bool mh_lookup_branch(const MhGraph *graph, const char *label, int *node, MhError *err);

/*
 * Does what filter_for_lineage does: keeps the targets that are above, below or the same as a node
 * of check_against.
 */
extern bool mh_filter_lineage(const MhGraph *graph, const MhNodes *targets,
							  const char *check_against, bool dependencies, MhNodes *kept,
							  MhError *err);

/*
 * Marks all nodes that mh_filter_lineage would keep.  *marks is NULL if check_against stands for no
 * node; then every node shares its lineage.
 */
extern bool mh_lineage_marks(const MhGraph *graph, const char *check_against, bool dependencies,
							 bool **marks, MhError *err);

/* Returns whether text is a negative number to Python's int().  *value is at least -INT_MAX. */
extern bool mh_negative_integer(const char *text, int *value);

/*
 * Rewords an error about multiple heads: Alembic's command line names the destination, not the
 * identifier within it.  Does not change other errors.  Always returns false.
 */
extern bool mh_reword_multiple_heads(MhError *err, const char *destination);

/*
 * Walks steps up (over next, filtered by the lineage of label) or down (over down_revision) from
 * start, which may be MH_NOTHING.  If the walk goes past the end, *end is MH_NOTHING, or the node
 * where it stopped if overwalk is set.  Fails with MH205.
 */
extern bool mh_walk(const MhGraph *graph, int start, int steps, const char *label, bool overwalk,
					int *end, MhError *err);

/*
 * Does what _parse_upgrade_target does: finds the nodes to which an upgrade goes, relative to the
 * rows current.  targets has only nodes, never MH_NOTHING or MH_BASE.
 */
extern bool mh_upgrade_targets(const MhGraph *graph, const MhStrings *current, const char *target,
							   bool overwalk, MhNodes *targets, MhError *err);

/*
 * Does what _parse_downgrade_target does.  *label is NULL if there is none.  *node is MH_NOTHING or
 * MH_BASE if everything has to be downgraded.
 */
extern bool mh_downgrade_target(const MhGraph *graph, const MhStrings *current, const char *target,
								bool overwalk, char **label, int *node, MhStrings *warnings,
								MhError *err);

/*
 * merge_parents.c: finds the nodes that "alembic merge" would merge for identifiers, with its
 * checks.  Fails with MH201, MH202 or MH205, and with 22023 for a repeated revision and for one
 * that is no head.
 */
extern bool mh_merge_parents(const MhGraph *graph, const MhStrings *identifiers, MhNodes *parents,
							 MhError *err);

/*
 * Checks whether Alembic would accept a new revision with this id beside these scripts.  Fails with
 * MH214 or MH215.
 */
extern bool mh_check_new_id(const MhScript *scripts, int n, char *revision, MhError *err);

/* order.c: the order of the steps of a plan. */

/*
 * Orders members newest first, as Alembic's _topological_sort does from heads (section 1.12 of
 * doc/internals/alembic.md).  Returns false if some members cannot be reached from heads; an
 * assertion of Alembic's fails then.  members is changed: only the nodes that were not reached
 * remain set.
 */
extern bool mh_graph_order(const MhGraph *graph, bool *members, const MhNodes *heads,
						   MhNodes *ordered);

/* name_index.c: an index of the ids and branch labels of a graph, which share one name space. */

typedef struct MhIndexedName
{
	const char *text;
	int node;
} MhIndexedName;

typedef struct MhNameIndex MhNameIndex;

/* Creates an index with room for about expected names.  It grows if needed. */
extern MhNameIndex *mh_name_index_create(int expected);

/*
 * Enters a name.  text must live as long as the index.  Returns false if another entry has the
 * name; *holder is then its node.
 */
extern bool mh_name_index_add(MhNameIndex *names, const char *text, int node, int *holder);

/* Returns the node with exactly this name, or -1. */
extern int mh_name_index_find(const MhNameIndex *names, const char *text);

/*
 * Returns the names for which a prefix stands, in the order of entry: those that start with it and
 * have more than three characters.  (Alembic measures the name, not the prefix: section 1.5 of
 * doc/internals/alembic.md.) The results are indexes for mh_name_index_get.
 */
extern MhNodes mh_name_index_with_prefix(MhNameIndex *names, const char *prefix);

extern const MhIndexedName *mh_name_index_get(const MhNameIndex *names, int index);

/* Returns the number of characters, not bytes, of a UTF-8 text. */
extern int mh_character_count(const char *text);

#endif /* MIGHEAD_CORE_GRAPH_GRAPH_H */
