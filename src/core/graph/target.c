/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Resolves targets such as +2, -1, label@+1 or ae10+2 by walking.
 *
 *-------------------------------------------------------------------------
 */
#include "core/graph/graph_private.h"

#include <limits.h>

/* Alembic's (?:(.+?)@)?(\w+)?((?:\+|-)\d+), matched at the start only. */
typedef struct MhRelative
{
	char *label; /* NULL: no label; likewise below */
	char *symbol;
	char *digits;    /* with sign, as typed */
	char *magnitude; /* without sign and leading zeros */
	int steps;
} MhRelative;

/*
 * Returns the bytes of a character that matches Python's \w, or 0.  Characters above ASCII count as
 * letters, except in blocks of punctuation and symbols.
 */
static int
word_character_length(const char *text)
{
	unsigned char c = (unsigned char) text[0];
	unsigned char second;

	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			   c == '_';
	second = (unsigned char) text[1];
	/* U+0080..U+00BF Latin-1 signs, but for superscripts, fractions and the like */
	if (c == 0xC2)
		return second != 0 && strchr("\xAA\xB2\xB3\xB5\xB9\xBA\xBC\xBD\xBE", second) != NULL;
	/* U+2000..U+203F general punctuation, U+2190..U+23FF arrows and technical signs */
	if (c == 0xE2 && (second == 0x80 || (second >= 0x86 && second <= 0x8F)))
		return 0;
	/* U+1F000..U+1FFFF pictographs */
	if (c == 0xF0 && second == 0x9F)
		return 0;
	return 1;
}

static void
read_number(const char *text, int length, MhRelative *relative)
{
	int64 value = 0;
	int zeros = 1;

	for (int i = 1; i < length; i++)
		value = Min(value * 10 + (text[i] - '0'), INT_MAX);
	while (zeros < length - 1 && text[zeros] == '0')
		zeros++;
	relative->digits = pnstrdup(text, length);
	relative->magnitude = pnstrdup(text + zeros, length - zeros);
	relative->steps = text[0] == '-' ? (int) -value : (int) value;
}

/* Matches (\w+)?[+-]\d+ at text. */
static bool
match_steps(const char *text, MhRelative *relative)
{
	int word = 0;
	int length;

	for (;;)
	{
		int more = word_character_length(text + word);

		if (more == 0)
			break;
		word += more;
	}
	if (text[word] != '+' && text[word] != '-')
		return false;
	length = 1 + strspn(text + word + 1, "0123456789");
	if (length == 1)
		return false;
	relative->symbol = word > 0 ? pnstrdup(text, word) : NULL;
	read_number(text + word, length, relative);
	return true;
}

/*
 * Parses a relative target.  The label is the shortest one with which the rest matches.  If there
 * is none the whole is matched without a label, so "lbl-1@head" is lbl minus 1.
 */
static bool
parse_relative(const char *target, MhRelative *relative)
{
	memset(relative, 0, sizeof(MhRelative));
	for (const char *c = target; *c != '\0' && *c != '\n'; c++)
	{
		if (*c != '@' || c == target || !match_steps(c + 1, relative))
			continue;
		relative->label = pnstrdup(target, c - target);
		return true;
	}
	return match_steps(target, relative);
}

static bool
fail_steps(const char *digits, const char *magnitude, MhError *err)
{
	return mh_fail(err, MHERR_RELATIVE, "Relative revision %s didn't produce %s migrations", digits,
				   magnitude);
}

/* Finds the tips of the revisions that are below current and in the label's lineage. */
static bool
active_tips(const MhGraph *graph, const MhNodes *current, const char *label, MhNodes *tips,
			MhError *err)
{
	bool *applied = mh_graph_ancestors(graph, current);
	MhNodes below = mh_graph_marked(graph, applied);
	MhNodes active;

	if (!mh_filter_lineage(graph, &below, label, false, &active, err))
		return false;
	memset(applied, false, graph->n * sizeof(bool));
	for (int i = 0; i < active.n; i++)
		applied[active.v[i]] = true;
	for (int i = 0; i < active.n; i++)
	{
		const MhNodes *down = &graph->nodes[active.v[i]].ndown;

		MH_CHECK_INTERRUPTS();
		for (int j = 0; j < down->n; j++)
			applied[down->v[j]] = false;
	}
	*tips = mh_graph_marked(graph, applied);
	return true;
}

/* Finds the candidates at which label@+N starts; none means base. */
static bool
branch_starts(const MhGraph *graph, const MhStrings *current, const char *label, MhNodes *starts,
			  MhError *err)
{
	MhNodes rows;

	if (!mh_identify_all(graph, current, &rows, err) ||
		!mh_filter_lineage(graph, &rows, label, false, starts, err))
		return false;
	return starts->n > 0 || active_tips(graph, &rows, label, starts, err);
}

static bool
fail_ambiguous_current(MhError *err)
{
	return mh_fail(err, MHERR_RELATIVE, "Ambiguous upgrade from multiple current revisions");
}

/* Resolves +N and label@+N. */
static bool
up_from_current(const MhGraph *graph, const MhStrings *current, const MhRelative *relative,
				bool overwalk, int *end, MhError *err)
{
	int start = MH_NOTHING;

	if (relative->label != NULL)
	{
		MhNodes starts;

		if (!branch_starts(graph, current, relative->label, &starts, err))
			return false;
		if (starts.n > 1)
			return fail_ambiguous_current(err);
		if (starts.n == 1)
			start = starts.v[0];
	}
	else if (current->n > 1)
		return fail_ambiguous_current(err);
	else if (current->n == 1 && !mh_identify_one(graph, current->v[0], &start, err))
		return false;
	if (!mh_walk(graph, start, relative->steps, relative->label, overwalk, end, err))
		return false;
	return *end != MH_NOTHING || fail_steps(relative->digits, relative->magnitude, err);
}

/* Does get_revision of the symbol, with the label before it if there is one. */
static bool
identify_symbol(const MhGraph *graph, const char *label, const char *symbol, int *node,
				MhError *err)
{
	if (label != NULL)
		symbol = psprintf("%s@%s", label, symbol);
	return mh_identify_one(graph, symbol, node, err);
}

bool
mh_upgrade_targets(const MhGraph *graph, const MhStrings *current, const char *target,
				   bool overwalk, MhNodes *targets, MhError *err)
{
	MhRelative relative;
	bool up;
	int node = MH_NOTHING;

	if (!parse_relative(target, &relative))
	{
		if (!mh_identify(graph, target, targets, err))
			return false;
		for (int i = 0; i < targets->n; i++)
			if (targets->v[i] < 0)
				return mh_fail(err, MHERR_RELATIVE, "Relative revision %s is not above a base",
							   target);
		return true;
	}
	up = relative.steps > 0;
	if (relative.symbol == NULL)
	{
		if (!up)
			return fail_steps(psprintf("%s%s", relative.steps < 0 ? "-" : "", relative.magnitude),
							  relative.magnitude, err);
		if (!up_from_current(graph, current, &relative, overwalk, &node, err))
			return false;
	}
	else if (!identify_symbol(graph, up ? NULL : relative.label, relative.symbol, &node, err) ||
			 !mh_walk(graph, node, relative.steps, up ? relative.label : NULL, overwalk, &node,
					  err))
		return false;
	/* An assertion of Alembic's fails if such a walk ends at or below base. */
	if (node < 0)
		return fail_steps(relative.digits, relative.magnitude, err);
	*targets = mh_nodes_one(node);
	return true;
}

/* Returns the texts of current that share lineage with label. */
static bool
current_of_branch(const MhGraph *graph, const MhStrings *current, const char *label,
				  MhStrings *kept, MhError *err)
{
	MhNodes none = {0, NULL};
	bool *marks = NULL;
	int node;

	if (current->n == 0)
		return mh_filter_lineage(graph, &none, label, false, &none, err);
	if (!mh_lineage_marks(graph, label, false, &marks, err))
	{
		/* Alembic looks up the first text before the label. */
		if (strcmp(err->sqlstate, MHERR_CANNOT_LOCATE) == 0)
			(void) mh_lookup(graph, current->v[0], &node, err);
		return false;
	}
	for (int i = 0; i < current->n; i++)
	{
		if (marks != NULL)
		{
			if (!mh_lookup(graph, current->v[i], &node, err))
				return false;
			if (!marks[node])
				continue;
		}
		mh_strings_add(kept, current->v[i]);
	}
	return true;
}

/* Finds the revision at which label@-N starts: the one current revision of that branch. */
static bool
branch_symbol(const MhGraph *graph, const MhStrings *current, const MhRelative *relative,
			  char **symbol, MhError *err)
{
	MhStrings kept = {0, NULL};
	MhNodes nodes;

	if (!current_of_branch(graph, current, relative->label, &kept, err))
		return false;
	if (kept.n == 0)
	{
		if (!mh_current(graph, current, &nodes, err) ||
			!mh_filter_lineage(graph, &nodes, relative->label, false, &nodes, err))
			return false;
		kept = mh_graph_ids(graph, &nodes);
	}
	if (kept.n == 0)
		return fail_steps(relative->digits, relative->magnitude, err);
	if (kept.n > 1)
		return mh_fail(err, MHERR_RELATIVE, "Ambiguous downgrade from multiple current revisions");
	*symbol = kept.v[0];
	return true;
}

/* Finds the revision at which -N starts: the first row, which is then also the branch. */
static bool
first_row_symbol(const MhStrings *current, MhRelative *relative, MhStrings *warnings, MhError *err)
{
	if (current->n == 0)
		return fail_steps(relative->digits, relative->magnitude, err);
	for (int i = 1; i < current->n; i++)
	{
		if (strcmp(current->v[i], current->v[0]) == 0)
			continue;
		mh_strings_add(warnings, "downgrade -1 from multiple heads is ambiguous; this usage will "
								 "be disallowed in a future release.");
		break;
	}
	relative->symbol = relative->label = current->v[0];
	return true;
}

static bool
downgrade_relative(const MhGraph *graph, const MhStrings *current, MhRelative *relative,
				   bool overwalk, int *node, MhStrings *warnings, MhError *err)
{
	bool from_current = relative->symbol == NULL;
	bool up = relative->steps >= 0;

	if (from_current && up)
		return fail_steps(relative->digits, relative->magnitude, err);
	if (from_current)
	{
		if (relative->label != NULL
				? !branch_symbol(graph, current, relative, &relative->symbol, err)
				: !first_row_symbol(current, relative, warnings, err))
			return false;
	}
	if (!identify_symbol(graph, up ? NULL : relative->label, relative->symbol, node, err) ||
		!mh_walk(graph, *node, relative->steps, up ? relative->label : NULL, overwalk, node, err))
		return false;
	if (*node != MH_NOTHING)
		return true;
	if (from_current)
		return fail_steps(relative->digits, relative->magnitude, err);
	return mh_fail(err, MHERR_RELATIVE, "Walked too far");
}

bool
mh_downgrade_target(const MhGraph *graph, const MhStrings *current, const char *target,
					bool overwalk, char **label, int *node, MhStrings *warnings, MhError *err)
{
	MhRelative relative;
	const char *at;

	if (parse_relative(target, &relative))
	{
		if (!downgrade_relative(graph, current, &relative, overwalk, node, warnings, err))
			return false;
		*label = relative.label;
		return true;
	}
	at = strrchr(target, '@');
	*label = at == NULL || at == target ? NULL : pnstrdup(target, at - target);
	return mh_identify_one(graph, at == NULL ? target : at + 1, node, err);
}
