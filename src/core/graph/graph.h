/*-------------------------------------------------------------------------
 *
 * graph.h
 *	  The revision graph: relations, labels and identifiers, as Alembic's
 *	  RevisionMap has them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_GRAPH_H
#define MIGHEAD_CORE_GRAPH_GRAPH_H

#include "core/base/base.h"

/*
 * The values of one migration script, as written (names not resolved, order
 * kept), with None, () and [] as empty lists.
 */
typedef struct MhScript
{
	char *revision;
	MhStrings down_revision;
	MhStrings depends_on;
	MhStrings branch_labels;
	char *message;     /* docstring, stripped; "" when there is none */
	char *create_date; /* text after "Create Date:", NULL if none */
	char *file_name;   /* as shown to a person; NULL if by hand */
} MhScript;

/* "base", or no revision at all, where one node is meant. */
#define MH_BASE (-1)

typedef struct MhNode
{
	const MhScript *script; /* what was loaded; owned by the caller */
	const char *id;         /* = script->revision */

	MhNodes down;     /* down_revision, as written (duplicates kept) */
	MhNodes deps;     /* depends_on, resolved */
	MhNodes ndown;    /* down, then normalised deps, no duplicates */
	MhNodes next;     /* nodes that have this one in down */
	MhNodes all_next; /* next, and nodes that depend on this one */
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

/* Nodes are in load order; an index into nodes is the identity of a revision. */
typedef struct MhGraph
{
	int n;
	MhNode *nodes;
	struct MhNameIndex *names; /* ids and labels; private */
	int *by_rank;              /* nodes, ancestors before descendants; private */
} MhGraph;

/*
 * Builds the graph of n scripts in load order, which must outlive it.
 * Returns NULL with MH210 ... MH215 where the graph is one that Alembic refuses
 * (or only warns about: duplicate ids, references to absent revisions).
 */
extern MhGraph *mh_graph_build(const MhScript *scripts, int n, MhError *err);

/* Node of this very id (not label, not prefix), or MH_BASE. */
extern int mh_graph_find(const MhGraph *graph, const char *id);

extern MhNodes mh_graph_heads(const MhGraph *graph); /* load order */
extern MhNodes mh_graph_real_heads(const MhGraph *graph);
extern MhNodes mh_graph_bases(const MhGraph *graph);

/*
 * RevisionMap.get_revisions: any identifier that Alembic takes to several
 * nodes; base gives none.  MH201, MH202, MH205 as Alembic's command line words
 * them, the low-level text in detail.
 */
extern bool mh_resolve(const MhGraph *graph, const char *identifier, MhNodes *nodes, MhError *err);

/* RevisionMap.get_revision: *node is MH_BASE for base. */
extern bool mh_resolve_one(const MhGraph *graph, const char *identifier, int *node, MhError *err);

/* Marks (in bool[graph->n]) the given nodes and all their ancestors (ndown). */
extern bool *mh_graph_ancestors(const MhGraph *graph, const MhNodes *nodes);

/* The same upward, over all_next; versioned_only: over next. */
extern bool *mh_graph_descendants(const MhGraph *graph, const MhNodes *nodes, bool versioned_only);

/* Does ancestor lie below descendant (dependencies included)?  False if equal. */
extern bool mh_graph_is_ancestor(const MhGraph *graph, int ancestor, int descendant);

/* The ids of nodes, sharing the graph's strings. */
extern MhStrings mh_graph_ids(const MhGraph *graph, const MhNodes *nodes);

/* The maximal nodes of a set given as bool[graph->n], in load order. */
extern MhNodes mh_graph_maximal(const MhGraph *graph, const bool *members);

typedef enum MhEdges
{
	MH_EDGES_DOWN,     /* down_revision */
	MH_EDGES_ALL_DOWN, /* down_revision and depends_on */
	MH_EDGES_NEXT,     /* the reverse of MH_EDGES_DOWN */
	MH_EDGES_ALL_NEXT  /* the reverse of MH_EDGES_ALL_DOWN */
} MhEdges;

/*
 * Marks start and everything reached from it along edges.  What is marked
 * already is taken as closed: it is not walked again.
 */
extern void mh_graph_mark(const MhGraph *graph, const MhNodes *start, MhEdges edges, bool *marks);

/* The indexes that are set, in load order. */
extern MhNodes mh_graph_marked(const MhGraph *graph, const bool *marks);

/* A list of one node. */
extern MhNodes mh_nodes_one(int node);
extern bool mh_nodes_contain(const MhNodes *list, int node);

/* labels.c: does each of these nodes carry a label that none of the others has? */
extern bool mh_are_labelled_apart(const MhGraph *graph, const MhNodes *nodes);

/*
 * rows.c: what the rows of a version table mean.
 *
 * "rows" are the texts of a version table in physical order.  They are
 * identifiers, resolved as Alembic does (a row may be a prefix or even a word
 * such as "head").
 */

/* What one row of a version table is. */
typedef struct MhRow
{
	const char *text; /* NULL where the row is NULL */
	int node;         /* MH_BASE when unknown */
	bool is_exact;    /* text is the full id */
	int implied_by;   /* index of another row that is above this one
								 * (dependencies included), or -1 */
	int duplicate_of; /* index of an earlier row of the same node or
								 * text, or -1 */
} MhRow;

/* Does another row say the same already: the same node, or one above it? */
static inline bool
mh_row_is_redundant(const MhRow *row)
{
	return row->implied_by >= 0 || row->duplicate_of >= 0;
}

/* Alembic's sentence about two rows, or targets, of which upper contains lower. */
extern char *mh_overlap_sentence(const char *upper, const char *lower);

/* Judges each row; never fails. */
extern MhRow *mh_rows_judge(const MhGraph *graph, const MhStrings *rows);

/*
 * Resolves rows to nodes (distinct, in row order); fails with MH201 on an
 * unknown one.
 */
extern bool mh_rows_resolve(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes,
							MhError *err);

/* alembic current: the rows and implied tips, in load order. */
extern bool mh_current(const MhGraph *graph, const MhStrings *rows, MhNodes *nodes, MhError *err);

/*
 * What is left once every implied and duplicate row is dropped: full ids in
 * load order, then the rows that no script has, as they are.
 */
extern MhStrings mh_rows_maximal(const MhGraph *graph, const MhStrings *rows);

/*
 * identify.c, lineage.c, walk.c, target.c: identifiers, lineage and relative targets.
 *
 * Sections 1.5 and 1.6 of doc/internals/alembic.md.  Lists that these functions
 * return may hold MH_NOTHING and MH_BASE beside nodes, where Alembic's hold
 * None and "base".
 */

/*
 * Python's None where Alembic's walks end beyond a base; MH_BASE is then its
 * word "base".  Only within lists that mh_identify and mh_walk return.
 */
#define MH_NOTHING (-2)

/* RevisionMap.get_revisions and get_revision.  MH201, MH202, MH205. */
extern bool mh_identify(const MhGraph *graph, const char *identifier, MhNodes *found, MhError *err);
extern bool mh_identify_one(const MhGraph *graph, const char *identifier, int *node, MhError *err);

/* get_revisions of several; MH_NOTHING and MH_BASE are refused with MH201. */
extern bool mh_identify_all(const MhGraph *graph, const MhStrings *identifiers, MhNodes *found,
							MhError *err);

/* _revision_for_ident without a branch: an id, a label or a prefix, no words. */
extern bool mh_lookup(const MhGraph *graph, const char *text, int *node, MhError *err);

/* _resolve_branch: what a label, or an id in the place of one, stands for. */
extern bool mh_lookup_branch(const MhGraph *graph, const char *label, int *node, MhError *err);

/*
 * filter_for_lineage: those targets that are above, below or the same as what
 * check_against stands for.
 */
extern bool mh_filter_lineage(const MhGraph *graph, const MhNodes *targets,
							  const char *check_against, bool dependencies, MhNodes *kept,
							  MhError *err);

/*
 * The same as marks of all such nodes; *marks is NULL where check_against
 * stands for nothing, with which everything shares lineage.
 */
extern bool mh_lineage_marks(const MhGraph *graph, const char *check_against, bool dependencies,
							 bool **marks, MhError *err);

/* Does text read as Python's int() below zero?  Clamped to -INT_MAX. */
extern bool mh_negative_integer(const char *text, int *value);

/*
 * Alembic's command line names the destination, not the identifier within it,
 * in its text about multiple heads.  Does nothing to other errors.  False.
 */
extern bool mh_reword_multiple_heads(MhError *err, const char *destination);

/*
 * steps up (over next, filtered by label's lineage) or down (over
 * down_revision) from start, which may be MH_NOTHING.  Past the end *end is
 * MH_NOTHING, or where the walk stopped if overwalk is allowed.  MH205.
 */
extern bool mh_walk(const MhGraph *graph, int start, int steps, const char *label, bool overwalk,
					int *end, MhError *err);

/*
 * _parse_upgrade_target: the nodes to go up to, relative to the current texts;
 * only nodes.
 */
extern bool mh_upgrade_targets(const MhGraph *graph, const MhStrings *current, const char *target,
							   bool overwalk, MhNodes *targets, MhError *err);

/*
 * _parse_downgrade_target: *label NULL where there is none; *node MH_NOTHING or
 * MH_BASE where everything is to go.
 */
extern bool mh_downgrade_target(const MhGraph *graph, const MhStrings *current, const char *target,
								bool overwalk, char **label, int *node, MhStrings *warnings,
								MhError *err);

/*
 * merge_parents.c: the nodes that "alembic merge" would take for identifiers, with its checks.
 * MH201, MH202, MH205; 22023 for a repeated revision and for one that is no head.
 */
extern bool mh_merge_parents(const MhGraph *graph, const MhStrings *identifiers, MhNodes *parents,
							 MhError *err);

/* Would Alembic take a new revision of this id beside these scripts?  MH214, MH215. */
extern bool mh_check_new_id(const MhScript *scripts, int n, char *revision, MhError *err);

/* order.c: the order of a plan. */

/*
 * Orders members newest first as Alembic's _topological_sort does from heads
 * (section 1.12 of doc/internals/alembic.md).  False where not all members can be reached
 * from heads, where an assertion of Alembic's fails.  members is consumed:
 * what is left set was not reached.
 */
extern bool mh_graph_order(const MhGraph *graph, bool *members, const MhNodes *heads,
						   MhNodes *ordered);

/* name_index.c: the name space that ids and branch labels of a graph share. */

typedef struct MhIndexedName
{
	const char *text;
	int node;
} MhIndexedName;

typedef struct MhNameIndex MhNameIndex;

/* Room for about expected names; it grows. */
extern MhNameIndex *mh_name_index_create(int expected);

/*
 * Enters a name, whose text must live as long as the names.  False where a
 * node (*holder) has it already.
 */
extern bool mh_name_index_add(MhNameIndex *names, const char *text, int node, int *holder);

/* The node of exactly this name, or -1. */
extern int mh_name_index_find(const MhNameIndex *names, const char *text);

/*
 * The names that a prefix stands for, in the order in which they were entered:
 * those that start with it and are longer than three characters themselves
 * (Alembic measures the name, not the prefix: section 1.5 of doc/internals/alembic.md).
 * The indexes are for mh_name_index_get.
 */
extern MhNodes mh_name_index_with_prefix(MhNameIndex *names, const char *prefix);

extern const MhIndexedName *mh_name_index_get(const MhNameIndex *names, int index);

/* Characters, not bytes, of UTF-8. */
extern int mh_character_count(const char *text);

#endif /* MIGHEAD_CORE_GRAPH_GRAPH_H */
