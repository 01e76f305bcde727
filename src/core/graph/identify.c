/*-------------------------------------------------------------------------
 *
 * identify.c
 *	  From the identifiers that people type to revisions.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/identify.h"

#include <limits.h>

/* How many of the candidates of an ambiguous prefix Alembic lists. */
#define MH_CANDIDATES_SHOWN 3

/* Prefixes shorter than this get a word of advice from Alembic. */
#define MH_ADVISED_PREFIX 4

/* An identifier taken apart: _resolve_revision_number. */
typedef struct MhTerm
{
	char *label;   /* text before the first @, NULL where there is no @ */
	char *text;    /* the rest, to be looked up; NULL where it was a word */
	MhNodes nodes; /* what the word (head, heads, base) stands for */
} MhTerm;

static bool
has_label(const MhTerm *term)
{
	return term->label != NULL && term->label[0] != '\0';
}

static bool
fail_resolution(MhError *err, const char *argument, const char *detail)
{
	mh_fail(err, MHERR_CANNOT_LOCATE, "Can't locate revision identified by '%s'", argument);
	mh_fail_detail(err, "%s", detail);
	return false;
}

static void
set_multiple_heads_message(MhError *err, const char *argument)
{
	err->message = psprintf("Multiple head revisions are present for given argument '%s'; please "
							"specify a specific target revision, '<branchname>@%s' to narrow to a "
							"specific head, or 'heads' for all heads",
							argument, argument);
}

static bool
fail_multiple_heads(const MhGraph *graph, const MhNodes *heads, const char *argument, MhError *err)
{
	MhStrings ids = mh_graph_ids(graph, heads);

	mh_fail(err, MHERR_MULTIPLE_HEADS, "%s", "");
	set_multiple_heads_message(err, argument);
	mh_fail_detail(err, "Multiple heads are present for given argument '%s'; %s", argument,
				   mh_strings_join(&ids, ", "));
	return false;
}

bool
mh_reword_multiple_heads(MhError *err, const char *destination)
{
	if (strcmp(err->sqlstate, MHERR_MULTIPLE_HEADS) == 0)
		set_multiple_heads_message(err, destination);
	return false;
}

static bool
is_python_space(char c)
{
	return (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= ' ');
}

/* Blanks around it and single underscores between digits are Python's. */
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
resolve_word(const MhGraph *graph, MhTerm *term, const char *word, MhError *err)
{
	bool is_head = strcmp(word, "head") == 0;
	MhNodes heads;

	if (strcmp(word, "base") == 0)
		return true;
	if (!is_head && !has_label(term))
	{
		term->nodes = mh_graph_real_heads(graph);
		return true;
	}
	heads = mh_graph_heads(graph);
	if (has_label(term))
	{
		if (!mh_filter_lineage(graph, &heads, term->label, false, &term->nodes, err))
			return false;
	}
	else
		term->nodes = heads;
	if (is_head && term->nodes.n > 1)
		return fail_multiple_heads(
			graph, &term->nodes, has_label(term) ? psprintf("%s@head", term->label) : "head", err);
	return true;
}

static bool
parse_term(const MhGraph *graph, const char *identifier, MhTerm *term, MhError *err)
{
	const char *at = strchr(identifier, '@');
	const char *rest = at == NULL ? identifier : at + 1;

	memset(term, 0, sizeof(MhTerm));
	if (at != NULL)
		term->label = pnstrdup(identifier, at - identifier);
	if (strcmp(rest, "head") == 0 || strcmp(rest, "heads") == 0 || strcmp(rest, "base") == 0)
		return resolve_word(graph, term, rest, err);
	term->text = pstrdup(rest);
	return true;
}

static bool
fail_ambiguous(const MhGraph *graph, const char *text, const MhNodes *candidates, MhError *err)
{
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfo(&detail, "Multiple revisions start with '%s': ", text);
	for (int i = 0; i < Min(candidates->n, MH_CANDIDATES_SHOWN); i++)
		appendStringInfo(&detail, "%s'%s'", i > 0 ? ", " : "",
						 mh_names_get(graph->names, candidates->v[i])->text);
	appendStringInfoString(&detail, "...");
	return fail_resolution(err, text, detail.data);
}

static bool
fail_unknown(const char *text, MhError *err)
{
	return fail_resolution(
		err, text,
		psprintf("No such revision or branch '%s'%s", text,
				 mh_character_count(text) < MH_ADVISED_PREFIX
					 ? "; please ensure at least four characters are present for partial "
					   "revision identifier matches"
					 : ""));
}

/* within: only names of these nodes are candidates; NULL for all. */
static bool
lookup_within(const MhGraph *graph, const char *text, const bool *within, int *node, MhError *err)
{
	MhNodes candidates;
	int kept = 0;

	*node = mh_names_find(graph->names, text);
	if (*node >= 0)
		return true;
	if (text[0] == '\0')
		return fail_resolution(err, text, "An empty text is not a revision identifier.");
	candidates = mh_names_with_prefix(graph->names, text);
	for (int i = 0; i < candidates.n; i++)
		if (within == NULL || within[mh_names_get(graph->names, candidates.v[i])->node])
			candidates.v[kept++] = candidates.v[i];
	candidates.n = kept;
	if (kept == 0)
		return fail_unknown(text, err);
	if (kept > 1)
		return fail_ambiguous(graph, text, &candidates, err);
	*node = mh_names_get(graph->names, candidates.v[0])->node;
	return true;
}

bool
mh_lookup(const MhGraph *graph, const char *text, int *node, MhError *err)
{
	return lookup_within(graph, text, NULL, node, err);
}

bool
mh_lookup_branch(const MhGraph *graph, const char *label, int *node, MhError *err)
{
	if (mh_lookup(graph, label, node, err))
		return true;
	return fail_resolution(err, label, psprintf("No such branch: '%s'", label));
}

static bool *
mark_lineage(const MhGraph *graph, const MhNodes *nodes, bool dependencies)
{
	bool *marks = palloc0(Max(graph->n, 1) * sizeof(bool));
	bool *above = palloc0(Max(graph->n, 1) * sizeof(bool));

	mh_graph_mark(graph, nodes, dependencies ? MH_EDGES_ALL_DOWN : MH_EDGES_DOWN, marks);
	mh_graph_mark(graph, nodes, dependencies ? MH_EDGES_ALL_NEXT : MH_EDGES_NEXT, above);
	for (int i = 0; i < graph->n; i++)
		marks[i] |= above[i];
	pfree(above);
	return marks;
}

static bool
term_marks(const MhGraph *graph, const MhTerm *term, bool dependencies, bool **marks, MhError *err)
{
	MhNodes shares = {0, NULL};
	int node;

	if (has_label(term))
	{
		if (!mh_lookup(graph, term->label, &node, err))
			return false;
		mh_nodes_add(&shares, node);
	}
	if (term->text != NULL)
	{
		if (!mh_lookup(graph, term->text, &node, err))
			return false;
		mh_nodes_add(&shares, node);
	}
	for (int i = 0; i < term->nodes.n; i++)
		mh_nodes_add(&shares, term->nodes.v[i]);
	*marks = shares.n == 0 ? NULL : mark_lineage(graph, &shares, dependencies);
	return true;
}

bool
mh_lineage_marks(const MhGraph *graph, const char *check_against, bool dependencies, bool **marks,
				 MhError *err)
{
	MhTerm term;

	return parse_term(graph, check_against, &term, err) &&
		   term_marks(graph, &term, dependencies, marks, err);
}

/* Without targets Alembic looks up no name, so that an unknown one is no error. */
bool
mh_filter_lineage(const MhGraph *graph, const MhNodes *targets, const char *check_against,
				  bool dependencies, MhNodes *kept, MhError *err)
{
	MhNodes list = {0, NULL};
	bool *marks = NULL;
	MhTerm term;

	if (!parse_term(graph, check_against, &term, err) ||
		(targets->n > 0 && !term_marks(graph, &term, dependencies, &marks, err)))
		return false;
	for (int i = 0; i < targets->n; i++)
		if (marks == NULL || marks[targets->v[i]])
			mh_nodes_add(&list, targets->v[i]);
	*kept = list;
	return true;
}

static bool
fail_not_member(const MhGraph *graph, int node, const char *label, const char *argument,
				MhError *err)
{
	return fail_resolution(
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
	*node = mh_names_find(graph->names, text);
	if (*node < 0)
	{
		if (text[0] != '\0' && !mh_lineage_marks(graph, label, false, &within, err))
			return false;
		if (!lookup_within(graph, text, within, node, err))
			return false;
	}
	branch = mh_nodes_one(root);
	if (!mark_lineage(graph, &branch, false)[*node])
		return fail_not_member(graph, *node, label, text, err);
	return true;
}

static bool
check_membership(const MhGraph *graph, const MhTerm *term, MhError *err)
{
	MhNodes branch;
	bool *marks;
	int root;

	if (!has_label(term) || term->nodes.n == 0)
		return true;
	if (!mh_lookup_branch(graph, term->label, &root, err))
		return false;
	branch = mh_nodes_one(root);
	marks = mark_lineage(graph, &branch, false);
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
	return has_label(term) ? lookup_in_branch(graph, term->text, term->label, node, err)
						   : mh_lookup(graph, term->text, node, err);
}

bool
mh_identify(const MhGraph *graph, const char *identifier, MhNodes *found, MhError *err)
{
	MhTerm term;
	int value;

	memset(found, 0, sizeof(MhNodes));
	if (!parse_term(graph, identifier, &term, err))
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

	if (!parse_term(graph, identifier, &term, err))
		return false;
	if (term.text != NULL)
		return lookup_term(graph, &term, node, err);
	if (term.nodes.n > 1)
		return fail_multiple_heads(graph, &term.nodes, identifier, err);
	*node = MH_NOTHING;
	if (term.nodes.n == 0)
		return !has_label(&term) || mh_lookup_branch(graph, term.label, &(int){0}, err);
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

		if (!mh_identify(graph, identifiers->v[i], &some, err))
			return false;
		for (int j = 0; j < some.n; j++)
		{
			/* Alembic looks the word up where it does not crash. */
			if (some.v[j] == MH_BASE)
				return fail_unknown("base", err);
			if (some.v[j] == MH_NOTHING)
				return fail_resolution(err, identifiers->v[i], "It lies below a base.");
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
