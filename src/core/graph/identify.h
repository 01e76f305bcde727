/*-------------------------------------------------------------------------
 *
 * identify.h
 *	  Identifiers, lineage and relative targets; private to the graph core.
 *
 * Sections 1.5 and 1.6 of Alembic's semantics.  Lists that these functions
 * return may hold MH_NOTHING and MH_BASE beside nodes, where Alembic's hold
 * None and "base".
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CORE_GRAPH_IDENTIFY_H
#define MIGHEAD_CORE_GRAPH_IDENTIFY_H

#include "core/graph/graph_private.h"

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

#endif /* MIGHEAD_CORE_GRAPH_IDENTIFY_H */
