/*-------------------------------------------------------------------------
 *
 * lineage.c
 *	  Names of revisions, and the revisions that share lineage with one.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

/* Maximal number of candidates for an ambiguous prefix in Alembic's text. */
#define MH_CANDIDATES_SHOWN 3

/* Alembic adds advice for prefixes shorter than this. */
#define MH_ADVISED_PREFIX 4

bool
mh_term_has_label(const MhTerm *term)
{
	return term->label != NULL && term->label[0] != '\0';
}

bool
mh_fail_resolution(MhError *err, const char *argument, const char *detail)
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

bool
mh_fail_multiple_heads(const MhGraph *graph, const MhNodes *heads, const char *argument,
					   MhError *err)
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
resolve_word(const MhGraph *graph, MhTerm *term, const char *word, MhError *err)
{
	bool is_head = strcmp(word, "head") == 0;
	MhNodes heads;

	if (strcmp(word, "base") == 0)
		return true;
	if (!is_head && !mh_term_has_label(term))
	{
		term->nodes = mh_graph_real_heads(graph);
		return true;
	}
	heads = mh_graph_heads(graph);
	if (mh_term_has_label(term))
	{
		if (!mh_filter_lineage(graph, &heads, term->label, false, &term->nodes, err))
			return false;
	}
	else
		term->nodes = heads;
	if (is_head && term->nodes.n > 1)
		return mh_fail_multiple_heads(
			graph, &term->nodes,
			mh_term_has_label(term) ? psprintf("%s@head", term->label) : "head", err);
	return true;
}

bool
mh_term_parse(const MhGraph *graph, const char *identifier, MhTerm *term, MhError *err)
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
						 mh_name_index_get(graph->names, candidates->v[i])->text);
	appendStringInfoString(&detail, "...");
	return mh_fail_resolution(err, text, detail.data);
}

bool
mh_fail_unknown(const char *text, MhError *err)
{
	return mh_fail_resolution(
		err, text,
		psprintf("No such revision or branch '%s'%s", text,
				 mh_character_count(text) < MH_ADVISED_PREFIX
					 ? "; please ensure at least four characters are present for partial "
					   "revision identifier matches"
					 : ""));
}

/* within: only names of these nodes are candidates; NULL for all. */
bool
mh_lookup_within(const MhGraph *graph, const char *text, const bool *within, int *node,
				 MhError *err)
{
	MhNodes candidates;
	int kept = 0;

	*node = mh_name_index_find(graph->names, text);
	if (*node >= 0)
		return true;
	if (text[0] == '\0')
		return mh_fail_resolution(err, text, "An empty text is not a revision identifier.");
	candidates = mh_name_index_with_prefix(graph->names, text);
	for (int i = 0; i < candidates.n; i++)
		if (within == NULL || within[mh_name_index_get(graph->names, candidates.v[i])->node])
			candidates.v[kept++] = candidates.v[i];
	candidates.n = kept;
	if (kept == 0)
		return mh_fail_unknown(text, err);
	if (kept > 1)
		return fail_ambiguous(graph, text, &candidates, err);
	*node = mh_name_index_get(graph->names, candidates.v[0])->node;
	return true;
}

bool
mh_lookup(const MhGraph *graph, const char *text, int *node, MhError *err)
{
	return mh_lookup_within(graph, text, NULL, node, err);
}

bool
mh_lookup_branch(const MhGraph *graph, const char *label, int *node, MhError *err)
{
	if (mh_lookup(graph, label, node, err))
		return true;
	return mh_fail_resolution(err, label, psprintf("No such branch: '%s'", label));
}

bool *
mh_mark_lineage(const MhGraph *graph, const MhNodes *nodes, bool dependencies)
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

	if (mh_term_has_label(term))
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
	*marks = shares.n == 0 ? NULL : mh_mark_lineage(graph, &shares, dependencies);
	return true;
}

bool
mh_lineage_marks(const MhGraph *graph, const char *check_against, bool dependencies, bool **marks,
				 MhError *err)
{
	MhTerm term;

	return mh_term_parse(graph, check_against, &term, err) &&
		   term_marks(graph, &term, dependencies, marks, err);
}

/* Without targets Alembic looks up no name, so an unknown one is no error then. */
bool
mh_filter_lineage(const MhGraph *graph, const MhNodes *targets, const char *check_against,
				  bool dependencies, MhNodes *kept, MhError *err)
{
	MhNodes list = {0, NULL};
	bool *marks = NULL;
	MhTerm term;

	if (!mh_term_parse(graph, check_against, &term, err) ||
		(targets->n > 0 && !term_marks(graph, &term, dependencies, &marks, err)))
		return false;
	for (int i = 0; i < targets->n; i++)
		if (marks == NULL || marks[targets->v[i]])
			mh_nodes_add(&list, targets->v[i]);
	*kept = list;
	return true;
}
