/*-------------------------------------------------------------------------
 *
 * identify.c
 *	  Resolves identifiers that people type to revisions.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

#include <limits.h>

static bool
is_python_space(char c)
{
	return (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= ' ');
}

/* Accepts blanks around the number and single underscores between digits, as Python does. */
bool
mh_negative_integer(const char *text, int *value)
{
	int64 magnitude = 0;

	while (is_python_space(*text))
		text++;
	if (*text++ != '-')
		return false;
	for (bool after_digit = false;; text++)
	{
		if (*text >= '0' && *text <= '9')
		{
			magnitude = Min(magnitude * 10 + (*text - '0'), INT_MAX);
			after_digit = true;
		}
		else if (*text == '_' && after_digit && text[1] >= '0' && text[1] <= '9')
			after_digit = false;
		else if (after_digit)
			break;
		else
			return false;
	}
	while (is_python_space(*text))
		text++;
	*value = (int) -magnitude;
	return *text == '\0' && magnitude > 0;
}

static bool
fail_not_member(const MhGraph *graph, int node, const char *label, const char *argument,
				MhError *err)
{
	return mh_fail_resolution(
		err, argument,
		psprintf("Revision %s is not a member of branch '%s'", graph->nodes[node].id, label));
}

/* _revision_for_ident with a branch, for a text that is no word. */
static bool
lookup_in_branch(const MhGraph *graph, const char *text, const char *label, int *node, MhError *err)
{
	MhNodes branch;
	bool *within = NULL;
	int root;

	if (!mh_lookup_branch(graph, label, &root, err))
		return false;
	*node = mh_name_index_find(graph->names, text);
	if (*node < 0)
	{
		if (text[0] != '\0' && !mh_lineage_marks(graph, label, false, &within, err))
			return false;
		if (!mh_lookup_within(graph, text, within, node, err))
			return false;
	}
	branch = mh_nodes_one(root);
	if (!mh_mark_lineage(graph, &branch, false)[*node])
		return fail_not_member(graph, *node, label, text, err);
	return true;
}

static bool
check_membership(const MhGraph *graph, const MhTerm *term, MhError *err)
{
	MhNodes branch;
	bool *marks;
	int root;

	if (!mh_term_has_label(term) || term->nodes.n == 0)
		return true;
	if (!mh_lookup_branch(graph, term->label, &root, err))
		return false;
	branch = mh_nodes_one(root);
	marks = mh_mark_lineage(graph, &branch, false);
	for (int i = 0; i < term->nodes.n; i++)
		if (!marks[term->nodes.v[i]])
			return fail_not_member(graph, term->nodes.v[i], term->label,
								   graph->nodes[term->nodes.v[i]].id, err);
	return true;
}

/* label@-N: down from each real head that carries the label. */
static bool
walk_from_heads(const MhGraph *graph, const MhTerm *term, int steps, MhNodes *found, MhError *err)
{
	MhNodes heads = mh_graph_real_heads(graph);

	for (int i = 0; i < heads.n; i++)
	{
		int end;

		MH_CHECK_INTERRUPTS();
		if (term->label != NULL &&
			!mh_strings_contain(&graph->nodes[heads.v[i]].labels, term->label))
			continue;
		if (!mh_walk(graph, heads.v[i], steps, NULL, false, &end, err))
			return false;
		mh_nodes_add(found, end);
	}
	return true;
}

static bool
lookup_term(const MhGraph *graph, const MhTerm *term, int *node, MhError *err)
{
	return mh_term_has_label(term) ? lookup_in_branch(graph, term->text, term->label, node, err)
								   : mh_lookup(graph, term->text, node, err);
}

bool
mh_identify(const MhGraph *graph, const char *identifier, MhNodes *found, MhError *err)
{
	MhTerm term;
	int value;

	memset(found, 0, sizeof(MhNodes));
	if (!mh_term_parse(graph, identifier, &term, err))
		return false;
	if (term.text == NULL)
	{
		*found = term.nodes;
		return check_membership(graph, &term, err);
	}
	if (mh_negative_integer(term.text, &value))
		return walk_from_heads(graph, &term, value, found, err);
	if (!lookup_term(graph, &term, &value, err))
		return false;
	mh_nodes_add(found, value);
	return true;
}

bool
mh_identify_one(const MhGraph *graph, const char *identifier, int *node, MhError *err)
{
	MhTerm term;

	if (!mh_term_parse(graph, identifier, &term, err))
		return false;
	if (term.text != NULL)
		return lookup_term(graph, &term, node, err);
	if (term.nodes.n > 1)
		return mh_fail_multiple_heads(graph, &term.nodes, identifier, err);
	*node = MH_NOTHING;
	if (term.nodes.n == 0)
		return !mh_term_has_label(&term) || mh_lookup_branch(graph, term.label, &(int){0}, err);
	*node = term.nodes.v[0];
	return check_membership(graph, &term, err);
}

bool
mh_identify_all(const MhGraph *graph, const MhStrings *identifiers, MhNodes *found, MhError *err)
{
	memset(found, 0, sizeof(MhNodes));
	for (int i = 0; i < identifiers->n; i++)
	{
		MhNodes some;

		MH_CHECK_INTERRUPTS();
		if (!mh_identify(graph, identifiers->v[i], &some, err))
			return false;
		for (int j = 0; j < some.n; j++)
		{
			/* Alembic looks the word up if it does not crash. */
			if (some.v[j] == MH_BASE)
				return mh_fail_unknown("base", err);
			if (some.v[j] == MH_NOTHING)
				return mh_fail_resolution(err, identifiers->v[i], "It lies below a base.");
			mh_nodes_add(found, some.v[j]);
		}
	}
	return true;
}

bool
mh_resolve(const MhGraph *graph, const char *identifier, MhNodes *nodes, MhError *err)
{
	MhNodes found;

	memset(nodes, 0, sizeof(MhNodes));
	if (!mh_identify(graph, identifier, &found, err))
		return false;
	for (int i = 0; i < found.n; i++)
	{
		if (found.v[i] == MH_NOTHING)
			return mh_fail(err, MHERR_RELATIVE,
						   "Relative revision %s goes below the base of a branch", identifier);
		if (found.v[i] != MH_BASE)
			mh_nodes_add(nodes, found.v[i]);
	}
	return true;
}

bool
mh_resolve_one(const MhGraph *graph, const char *identifier, int *node, MhError *err)
{
	if (!mh_identify_one(graph, identifier, node, err))
		return false;
	if (*node == MH_NOTHING)
		*node = MH_BASE;
	return true;
}
