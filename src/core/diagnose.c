/*-------------------------------------------------------------------------
 *
 * diagnose.c
 *	  What is wrong with one version table.
 *
 * Each judge_* function looks at one kind of trouble and adds at most a few
 * findings.  Codes, severities and the order in which states explain each
 * other are those of the documented interface.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnose.h"

#include "core/wording.h"

/* State, severity's order aside, and the SQLSTATE that mighead_check raises. */
typedef struct StateFacts
{
	const char *state;
	const char *sqlstate;
} StateFacts;

/* Of equal severity the earlier one explains the later: rows, scripts, schema. */
static const StateFacts states[] = {
	{"invalid_rows", "MH012"},   {"unknown_revision", "MH002"}, {"redundant_row", "MH003"},
	{"unstamped", "MH005"},      {"partial", "MH006"},          {"drift", "MH004"},
	{"narrow_column", "MH013"},  {"blocked", "MH009"},          {"wrong_environment", "MH015"},
	{"unreadable", "MH010"},     {"no_scripts", "MH008"},       {"stale_scripts", "MH008"},
	{"multiple_heads", "MH011"}, {"multiple_rows", "MH003"},    {"shadowed_table", "MH003"},
	{"ahead", "MH007"},          {"edited_script", "MH014"},    {"leftovers", "MH006"},
	{"pending", "MH001"},        {"migrating", "MH009"},        {"busy", "MH009"},
	{"no_primary_key", "MH012"}, {"empty_database", "00000"},   {"ok", "00000"}};

/* The findings so far, with what every judge needs. */
typedef struct Diagnosing
{
	const MhFacts *facts;
	MhDiagnosis *result;
	MhRow *rows;   /* by row */
	bool *applied; /* by node */
} Diagnosing;

static int
state_order(const char *state)
{
	int i = 0;

	while (i < (int) lengthof(states) - 1 && strcmp(states[i].state, state) != 0)
		i++;
	return i;
}

static MhFinding *
add_finding(Diagnosing *d, MhSeverity severity, const char *code, const char *state)
{
	MhDiagnosis *result = d->result;
	MhFinding *finding;

	if (result->n == 0)
		result->findings = palloc(sizeof(MhFinding));
	else
		result->findings = repalloc(result->findings, (result->n + 1) * sizeof(MhFinding));
	finding = &result->findings[result->n++];
	memset(finding, 0, sizeof(MhFinding));
	finding->severity = severity;
	finding->code = code;
	finding->state = state;
	finding->sqlstate = states[state_order(state)].sqlstate;
	return finding;
}

static MhEvidence *
add_evidence(MhFinding *finding, const char *key)
{
	MhEvidence *evidence = &finding->evidence[finding->evidence_n];

	Assert(finding->evidence_n < MH_MAX_EVIDENCE);
	finding->evidence_n++;
	evidence->key = key;
	return evidence;
}

static void
add_text(MhFinding *finding, const char *key, const char *text)
{
	if (text != NULL)
		add_evidence(finding, key)->text = text;
}

static void
add_list(MhFinding *finding, const char *key, const MhStrings *list)
{
	MhStrings *copy = palloc(sizeof(MhStrings));

	*copy = *list;
	add_evidence(finding, key)->list = copy;
}

static void
add_number(MhFinding *finding, const char *key, int64 number)
{
	add_evidence(finding, key)->number = number;
}

/* A call of a reader about this version table, to be pasted. */
static char *
reader_call(const MhFacts *facts, const char *function)
{
	const char *named = facts->argument[0] == '\0'               ? ""
						: strcmp(function, "mighead_graph") == 0 ? "version_table => "
																 : "";

	return psprintf("SELECT * FROM %s%s(%s%s);", facts->prefix, function, named, facts->argument);
}

/* A call of a reader about the project's scripts; first: an argument, or "". */
static char *
project_call(const MhFacts *facts, const char *function, const char *first)
{
	bool is_named = facts->project_argument[0] != '\0';

	return psprintf("%s%s(%s%s%s%s)", facts->prefix, function, first,
					is_named && first[0] != '\0' ? ", " : "", is_named ? "project => " : "",
					facts->project_argument);
}

static char *
show_call(const MhFacts *facts, const char *id)
{
	return psprintf("SELECT * FROM %s;", project_call(facts, "mighead_show", mh_sql_literal(id)));
}

static char *
session_text(const MhSession *session)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "pid %d", session->pid);
	if (session->application != NULL && session->application[0] != '\0')
		appendStringInfo(&buf, " (%s)", session->application);
	if (session->state != NULL)
		appendStringInfo(&buf, ", %s", session->state);
	if (session->seconds >= 0)
		appendStringInfo(&buf, ", for %.0f s", session->seconds);
	return buf.data;
}

static MhSeverity
by_patience(const MhSession *session)
{
	return session != NULL && session->seconds > MH_PATIENCE ? MH_UNKNOWN : MH_WARNING;
}

static void
describe_session(MhFinding *finding, const MhSession *session)
{
	add_number(finding, "pid", session->pid);
	add_text(finding, "application_name", session->application);
	add_text(finding, "state", session->state);
	if (session->seconds >= 0)
		add_number(finding, "seconds", (int64) session->seconds);
	add_text(finding, "blocked_by", session->blocked_by);
}

static char *
sessions_query(const MhSession *session)
{
	return psprintf("SELECT pid, state, application_name, xact_start, query "
					"FROM pg_stat_activity WHERE pid IN (%d%s%s);",
					session->pid, session->blocked_by ? ", " : "",
					session->blocked_by ? session->blocked_by : "");
}

static void
judge_busy(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhSession *holder = NULL;
	MhFinding *finding;

	for (int i = 0; i < facts->sessions_n && holder == NULL; i++)
		if (facts->sessions[i].is_exclusive)
			holder = &facts->sessions[i];
	finding = add_finding(d, by_patience(holder), "busy", "busy");
	if (holder == NULL)
	{
		finding->detail = pstrdup(facts->reason);
		finding->hint = pstrdup("SELECT * FROM pg_locks WHERE NOT granted OR mode = "
								"'AccessExclusiveLock';");
		return;
	}
	finding->detail =
		psprintf("Version table %s is locked by %s.", facts->table, session_text(holder));
	finding->hint = sessions_query(holder);
	describe_session(finding, holder);
}

/* What would make the rows visible. */
static char *
unreadable_hint(const MhFacts *facts)
{
	if (facts->missing_grant != NULL)
		return psprintf("%s;", facts->missing_grant);
	if (facts->can_be_named)
		return psprintf("SELECT * FROM %smighead_status(%s); -- runs code of its owner %s as you",
						facts->prefix, mh_sql_literal(facts->table), facts->owner);
	return psprintf("SELECT version_num FROM %s; -- fails with the reason", facts->table);
}

static void
judge_access(Diagnosing *d)
{
	MhFinding *finding;

	if (d->facts->table == NULL || d->facts->is_readable)
		return;
	if (d->facts->is_busy)
	{
		judge_busy(d);
		return;
	}
	finding = add_finding(d, MH_UNKNOWN, "unreadable", "unreadable");
	finding->detail = pstrdup(d->facts->reason);
	finding->hint = unreadable_hint(d->facts);
}

/* A session is migrating: what it does is not wrong, unless it is stuck. */
static void
judge_migrating(Diagnosing *d)
{
	for (int i = 0; i < d->facts->sessions_n; i++)
	{
		const MhSession *session = &d->facts->sessions[i];
		MhFinding *finding;

		if (!session->is_migrating)
			continue;
		if (session->blocked_by != NULL)
		{
			finding = add_finding(d, MH_CRITICAL, "blocked", "blocked");
			finding->detail = psprintf("The migration of %s waits for pid %s.",
									   session_text(session), session->blocked_by);
		}
		else
		{
			finding = add_finding(d, by_patience(session), "migrating", "migrating");
			finding->detail = psprintf("A migration is running: %s.", session_text(session));
		}
		finding->hint = sessions_query(session);
		describe_session(finding, session);
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_padded(const char *text)
{
	size_t length = strlen(text);

	return length == 0 || is_blank(text[0]) || is_blank(text[length - 1]);
}

static bool
has_no_rows(const MhFacts *facts)
{
	return facts->rows.n == 0 && facts->null_rows == 0;
}

/* What makes this row one that no migration ever wrote, or NULL. */
static char *
why_invalid(const Diagnosing *d, int i)
{
	const MhRow *row = &d->rows[i];

	if (is_padded(row->text))
		return pstrdup(row->text[strspn(row->text, " \t\n\v\f\r")] == '\0'
						   ? "is blank"
						   : "has blanks at its beginning or end");
	if (row->duplicate_of >= 0)
		return psprintf("repeats row \"%s\"", d->rows[row->duplicate_of].text);
	if (row->node != MH_BASE && !row->is_exact)
		return psprintf("is not an id, though Alembic reads it as %s",
						d->facts->graph->nodes[row->node].id);
	if (row->node == MH_BASE && d->facts->has_scripts &&
		(strcmp(row->text, "base") == 0 || strcmp(row->text, "head") == 0 ||
		 strcmp(row->text, "heads") == 0))
		return pstrdup("is a word of Alembic's command line, not an id");
	return NULL;
}

static MhFinding *
add_invalid(Diagnosing *d, char *detail)
{
	MhFinding *finding = add_finding(d, MH_CRITICAL, "invalid_rows", "invalid_rows");

	finding->detail = detail;
	/* to plan a query of a stranger's table can run the stranger's code */
	finding->hint =
		d->facts->is_trusted
			? psprintf("SELECT ctid, * FROM %s;", d->facts->table)
			: psprintf("SELECT * FROM %smighead_versions WHERE version_table = %s::regclass;",
					   d->facts->prefix, mh_sql_literal(d->facts->table));
	return finding;
}

static void
judge_invalid_rows(Diagnosing *d)
{
	const MhFacts *facts = d->facts;

	if (facts->is_cut)
		add_invalid(d, psprintf("%s holds more than %d rows, which no history has.", facts->table,
								facts->rows.n + facts->null_rows));
	if (facts->null_rows > 0)
		add_number(add_invalid(d, psprintf("%d row%s of %s %s NULL.", facts->null_rows,
										   mh_plural(facts->null_rows), facts->table,
										   facts->null_rows == 1 ? "is" : "are")),
				   "null_rows", facts->null_rows);
	for (int i = 0; i < facts->rows.n; i++)
	{
		char *reason = why_invalid(d, i);
		MhFinding *finding;

		if (reason == NULL)
			continue;
		finding = add_invalid(
			d, psprintf("Row \"%s\" of %s %s.", facts->rows.v[i], facts->table, reason));
		finding->object = facts->rows.v[i];
		add_list(finding, "rows", &facts->rows);
	}
}

static void
judge_key(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->has_unique_key)
		return;
	finding = add_finding(d, MH_OK, "no_primary_key", "no_primary_key");
	finding->detail = psprintf("%s has no primary key, so rows can be repeated.", facts->table);
	finding->hint = psprintf("ALTER TABLE %s ADD PRIMARY KEY (version_num);", facts->table);
}

static int
compare_retired(const void *left, const void *right)
{
	return strcmp((*(const MhRetired *const *) left)->script->revision,
				  (*(const MhRetired *const *) right)->script->revision);
}

/* Retired revisions by id, for walks. */
static const MhRetired **
sort_retired(const MhFacts *facts)
{
	const MhRetired **sorted = palloc(Max(facts->retired_n, 1) * sizeof(MhRetired *));

	for (int i = 0; i < facts->retired_n; i++)
		sorted[i] = &facts->retired[i];
	qsort(sorted, facts->retired_n, sizeof(MhRetired *), compare_retired);
	return sorted;
}

/* Index in sorted, or -1. */
static int
find_retired(const MhRetired **sorted, int n, const char *id)
{
	int low = 0;
	int high = n - 1;

	while (low <= high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(sorted[middle]->script->revision, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/*
 * Does a retired revision stand above one that the scripts still have?  Then it
 * is newer than they are; otherwise its whole line was taken out of them.
 */
static bool
is_above_current(const MhFacts *facts, const MhRetired **sorted, int start)
{
	bool *seen = palloc0(facts->retired_n * sizeof(bool));
	MhNodes todo = {0, NULL};
	bool found = false;

	mh_nodes_add(&todo, start);
	seen[start] = true;
	for (int i = 0; i < todo.n && !found; i++)
	{
		const MhStrings *down = &sorted[todo.v[i]]->script->down_revision;

		for (int j = 0; j < down->n; j++)
		{
			int below = find_retired(sorted, facts->retired_n, down->v[j]);

			found |= mh_graph_find(facts->graph, down->v[j]) != MH_BASE;
			if (below >= 0 && !seen[below])
			{
				seen[below] = true;
				mh_nodes_add(&todo, below);
			}
		}
	}
	pfree(seen);
	return found;
}

static bool
same_strings(const MhStrings *a, const MhStrings *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

/* The current revision with the same parents and the same source but for the id. */
static int
find_renamed(const MhFacts *facts, const MhRetired *retired)
{
	if (retired->body_checksum == NULL || facts->body_checksums == NULL)
		return MH_BASE;
	for (int i = 0; i < facts->graph->n; i++)
		if (facts->body_checksums[i] != NULL &&
			strcmp(facts->body_checksums[i], retired->body_checksum) == 0 &&
			same_strings(&facts->graph->nodes[i].script->down_revision,
						 &retired->script->down_revision))
			return i;
	return MH_BASE;
}

static void
add_renamed(Diagnosing *d, const char *row, int node)
{
	MhFinding *finding = add_finding(d, MH_CRITICAL, "renamed_revision", "unknown_revision");
	const char *id = d->facts->graph->nodes[node].id;

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s'; its script is now "
							   "called %s, with the same parents and source.",
							   row, id);
	finding->hint = show_call(d->facts, id);
	add_text(finding, "renamed_to", id);
}

static void
add_ahead(Diagnosing *d, const char *row, const MhRetired *retired)
{
	MhFinding *finding = add_finding(d, MH_WARNING, "ahead", "ahead");

	finding->object = pstrdup(row);
	finding->detail = psprintf("Revision %s is newer than the scripts of the current release; "
							   "release %s has it.",
							   row, retired->release);
	finding->hint = pstrdup("Deploy the newer release again; do not stamp.");
	add_text(finding, "release", retired->release);
}

static void
add_squashed(Diagnosing *d, const char *row, const MhRetired *retired)
{
	MhFinding *finding = add_finding(d, MH_CRITICAL, "squashed_history", "unknown_revision");
	MhNodes bases = mh_graph_bases(d->facts->graph);
	MhStrings ids = mh_graph_ids(d->facts->graph, &bases);

	finding->object = pstrdup(row);
	finding->detail = psprintf("Can't locate revision identified by '%s'; its whole line was "
							   "last in release %s, and the scripts now begin at %s.",
							   row, retired->release, mh_enumerate(&ids));
	finding->hint = show_call(d->facts, row);
	add_text(finding, "release", retired->release);
	add_list(finding, "bases", &ids);
}

static void
add_retired(Diagnosing *d, const char *row, const MhRetired **sorted, int index)
{
	int renamed = find_renamed(d->facts, sorted[index]);

	if (renamed != MH_BASE)
		add_renamed(d, row, renamed);
	else if (is_above_current(d->facts, sorted, index))
		add_ahead(d, row, sorted[index]);
	else
		add_squashed(d, row, sorted[index]);
}

static void
add_stale(Diagnosing *d, const char *row)
{
	MhFinding *finding = add_finding(d, MH_UNKNOWN, "stale_scripts", "stale_scripts");

	finding->object = pstrdup(row);
	finding->detail = psprintf("Row %s was written after the scripts were loaded, and they do not "
							   "have it.",
							   row);
	finding->hint = psprintf("mighead-load -p %s versions/", mh_shell_word(d->facts->project));
}

static void
add_unknown(Diagnosing *d, int i)
{
	const MhFacts *facts = d->facts;
	const char *row = facts->rows.v[i];
	MhFinding *finding = add_finding(d, MH_CRITICAL, "unknown_revision", "unknown_revision");

	finding->object = pstrdup(row);
	finding->hint = psprintf("If scripts are missing here, load them: mighead-load -p %s versions/",
							 mh_shell_word(facts->project));
	if (facts->elsewhere == NULL || facts->elsewhere[i].n == 0)
	{
		finding->detail = psprintf("Can't locate revision identified by '%s': no script of project "
								   "%s has it.",
								   row, facts->project);
		return;
	}
	finding->code = "foreign_revision";
	finding->detail =
		psprintf("Can't locate revision identified by '%s': no script of project %s has it, "
				 "but project %s has.",
				 row, facts->project, mh_enumerate(&facts->elsewhere[i]));
	finding->hint = pstrdup("Give each service a version_table of its own in its env.py.");
	add_list(finding, "projects", &facts->elsewhere[i]);
}

static void
judge_unknown_rows(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhRetired **sorted = NULL;

	for (int i = 0; i < facts->rows.n; i++)
	{
		int index;

		if (d->rows[i].node != MH_BASE || d->rows[i].duplicate_of >= 0 || why_invalid(d, i))
			continue;
		mh_strings_add(&d->result->unknown, facts->rows.v[i]);
		if (sorted == NULL)
			sorted = sort_retired(facts);
		index = find_retired(sorted, facts->retired_n, facts->rows.v[i]);
		if (index >= 0)
			add_retired(d, facts->rows.v[i], sorted, index);
		else if (facts->is_newer_than_scripts && (!facts->elsewhere || facts->elsewhere[i].n == 0))
			add_stale(d, facts->rows.v[i]);
		else
			add_unknown(d, i);
	}
}

static void
judge_redundant_rows(Diagnosing *d)
{
	const MhFacts *facts = d->facts;

	for (int i = 0; i < facts->rows.n; i++)
	{
		MhFinding *finding;
		const char *above;

		if (d->rows[i].implied_by < 0 || d->rows[i].duplicate_of >= 0)
			continue;
		above = d->rows[d->rows[i].implied_by].text;
		finding = add_finding(d, MH_CRITICAL, "redundant_row", "redundant_row");
		finding->object = facts->rows.v[i];
		finding->detail = psprintf("Requested revision %s overlaps with other requested revisions "
								   "%s: row %s already contains row %s.",
								   above, facts->rows.v[i], above, facts->rows.v[i]);
		finding->hint = reader_call(facts, "mighead_graph");
		add_text(finding, "implied_by", above);
		add_list(finding, "rows", &facts->rows);
	}
}

/*
 * Several branches are meant where each carries a label that no other has.
 */
static bool
are_labelled_apart(const MhGraph *graph, const MhNodes *nodes)
{
	for (int i = 0; i < nodes->n; i++)
	{
		const MhStrings *labels = &graph->nodes[nodes->v[i]].labels;
		bool has_own = false;

		for (int j = 0; j < labels->n && !has_own; j++)
		{
			has_own = true;
			for (int k = 0; k < nodes->n; k++)
				if (k != i && mh_strings_contain(&graph->nodes[nodes->v[k]].labels, labels->v[j]))
					has_own = false;
		}
		if (!has_own)
			return false;
	}
	return true;
}

static bool
judge_heads(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhNodes heads = mh_graph_heads(facts->graph);
	MhStrings ids = mh_graph_ids(facts->graph, &heads);
	MhStrings applied = {0, NULL};
	MhFinding *finding;

	if (heads.n < 2 || are_labelled_apart(facts->graph, &heads))
		return false;
	for (int i = 0; i < heads.n; i++)
		if (d->applied[heads.v[i]])
			mh_strings_add(&applied, ids.v[i]);
	finding = add_finding(d, MH_WARNING, "multiple_heads", "multiple_heads");
	finding->detail = psprintf(
		"The scripts have %d heads: %s; %s applied.", heads.n, mh_enumerate(&ids),
		applied.n == 0         ? "none is"
		: applied.n == heads.n ? "all are"
							   : psprintf("%d %s", applied.n, applied.n == 1 ? "is" : "are"));
	finding->hint = psprintf("SELECT %s;", project_call(facts, "mighead_merge_script", ""));
	add_list(finding, "heads", &ids);
	add_list(finding, "applied", &applied);
	return true;
}

/* The lowest revision above all rows that joins them, or MH_BASE. */
static int
find_merge(const MhGraph *graph, const MhNodes *rows)
{
	int *count = palloc0(graph->n * sizeof(int));
	int found = MH_BASE;

	for (int i = 0; i < rows->n; i++)
	{
		MhNodes one = {1, &rows->v[i]};
		bool *above = mh_graph_descendants(graph, &one, false);

		for (int node = 0; node < graph->n; node++)
			count[node] += above[node];
		pfree(above);
	}
	for (int node = 0; node < graph->n; node++)
		if (count[node] == rows->n &&
			(found == MH_BASE || graph->nodes[node].rank < graph->nodes[found].rank))
			found = node;
	pfree(count);
	return found;
}

static void
judge_multiple_rows(Diagnosing *d, bool heads_found)
{
	const MhFacts *facts = d->facts;
	MhNodes nodes = {0, NULL};
	MhFinding *finding;
	int merge = MH_BASE;

	for (int i = 0; i < facts->rows.n; i++)
		if (d->rows[i].duplicate_of < 0 && d->rows[i].implied_by < 0 && d->rows[i].node != MH_BASE)
			mh_nodes_add(&nodes, d->rows[i].node);
	if (facts->has_scripts ? nodes.n < 2 : facts->rows.n < 2)
		return;
	if (facts->has_scripts && (heads_found || are_labelled_apart(facts->graph, &nodes)))
		return;
	if (facts->has_scripts)
		merge = find_merge(facts->graph, &nodes);
	finding = add_finding(d, MH_WARNING, "multiple_rows", "multiple_rows");
	finding->detail = psprintf(
		"Version table %s has more than one head present: %s%s.", facts->table,
		mh_enumerate(&facts->rows),
		merge == MH_BASE ? "" : psprintf("; %s merges them", facts->graph->nodes[merge].id));
	finding->hint = merge == MH_BASE ? reader_call(facts, "mighead_graph")
									 : psprintf("%s -- then: alembic upgrade %s",
												reader_call(facts, "mighead_pending"),
												mh_shell_word(facts->graph->nodes[merge].id));
	add_list(finding, "rows", &facts->rows);
	if (merge != MH_BASE)
		add_text(finding, "merged_by", facts->graph->nodes[merge].id);
}

static int
utf8_length(const char *text)
{
	int length = 0;

	for (; *text != '\0'; text++)
		length += (*text & 0xC0) != 0x80;
	return length;
}

static void
judge_width(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	const char *longest = NULL;
	int length = facts->max_length;
	MhFinding *finding;

	if (facts->max_length < 0)
		return;
	for (int i = 0; i < facts->graph->n; i++)
		if (!d->applied[i] && utf8_length(facts->graph->nodes[i].id) > length)
		{
			longest = facts->graph->nodes[i].id;
			length = utf8_length(longest);
		}
	if (longest == NULL)
		return;
	finding = add_finding(d, MH_CRITICAL, "narrow_column", "narrow_column");
	finding->object = pstrdup("version_num");
	finding->detail = psprintf("Revision %s has %d characters, and %s.version_num takes %d: its "
							   "upgrade will fail.",
							   longest, length, facts->table, facts->max_length);
	finding->fix = psprintf("ALTER TABLE %s ALTER COLUMN version_num TYPE varchar(%d)",
							facts->table, Max(length, 255));
	finding->hint = psprintf("%s;", finding->fix);
	add_text(finding, "revision", longest);
	add_number(finding, "length", length);
	add_number(finding, "max_length", facts->max_length);
}

static void
judge_edited(Diagnosing *d)
{
	const MhFacts *facts = d->facts;

	if (facts->is_edited == NULL)
		return;
	for (int i = 0; i < facts->graph->n; i++)
	{
		MhFinding *finding;
		const MhNode *node = &facts->graph->nodes[i];

		if (!facts->is_edited[i] || !d->applied[i])
			continue;
		finding = add_finding(d, MH_WARNING, "edited_script", "edited_script");
		finding->object = pstrdup(node->id);
		finding->detail = psprintf("The script of %s is not the one that was loaded first, and "
								   "the revision has been applied.",
								   node->id);
		finding->hint = show_call(facts, node->id);
		add_text(finding, "file_name", node->script->file_name);
	}
}

static const MhSession *
find_migrating(const MhFacts *facts)
{
	for (int i = 0; i < facts->sessions_n; i++)
		if (facts->sessions[i].is_migrating)
			return &facts->sessions[i];
	return NULL;
}

/* What "alembic upgrade heads" would run; not known where it would fail. */
static bool
plan_upgrade(Diagnosing *d, MhPlan *plan)
{
	const MhFacts *facts = d->facts;
	MhError err = MH_NO_ERROR;

	if (!mh_upgrade_plan(facts->graph, &facts->rows, "heads", false, plan, &err))
		return false;
	d->result->has_plan = true;
	d->result->pending = plan->n;
	return true;
}

static void
judge_pending(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	const MhSession *session = find_migrating(facts);
	MhPlan plan;
	MhFinding *finding;
	MhStrings ids = {0, NULL};

	if (!plan_upgrade(d, &plan) || plan.n == 0)
		return;
	/* judge_no_rows() has said what is to be done: an upgrade may be just what fails */
	if (has_no_rows(facts))
		return;
	for (int i = 0; i < plan.n; i++)
		mh_strings_add(&ids, facts->graph->nodes[plan.steps[i].node].id);
	finding = add_finding(d, MH_WARNING, "pending", "pending");
	finding->detail =
		psprintf("%d revision%s pending: %s%s.", plan.n, mh_plural(plan.n), mh_enumerate(&ids),
				 session == NULL ? "" : "; a migration is running");
	finding->hint = session == NULL ? psprintf("%s -- then: alembic upgrade heads",
											   reader_call(facts, "mighead_pending"))
									: sessions_query(session);
	add_list(finding, "revisions", &ids);
}

static void
judge_no_scripts(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding = add_finding(d, MH_UNKNOWN, "no_scripts", "no_scripts");

	finding->detail =
		psprintf("%s has %d row%s%s%s; the scripts of project %s are not loaded.", facts->table,
				 facts->rows.n + facts->null_rows, mh_plural(facts->rows.n + facts->null_rows),
				 facts->rows.n > 0 ? ": " : "", facts->rows.n > 0 ? mh_enumerate(&facts->rows) : "",
				 facts->project);
	finding->hint = psprintf("mighead-load -p %s versions/", mh_shell_word(facts->project));
	add_list(finding, "rows", &facts->rows);
}

/* No rows: a new database, or one whose tables came from somewhere else. */
static void
judge_no_rows(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->has_user_tables)
	{
		finding = add_finding(d, MH_CRITICAL, "unstamped", "unstamped");
		finding->detail =
			facts->table == NULL
				? pstrdup("The database has tables, but no version table.")
				: psprintf("The database has tables, but %s has no row.", facts->table);
		finding->hint = psprintf("SELECT * FROM %s; -- find the revision that the "
								 "tables are at, then: alembic stamp",
								 project_call(facts, "mighead_history", ""));
		return;
	}
	finding = add_finding(d, MH_OK, "empty_database", "empty_database");
	finding->detail = facts->table == NULL
						  ? pstrdup("There are no tables and no version table: nothing has been "
									"applied.")
						  : psprintf("There are no tables, and %s has no row: nothing has been "
									 "applied.",
									 facts->table);
	finding->hint = pstrdup("alembic upgrade heads");
}

static void
judge_environment(Diagnosing *d)
{
	const MhFacts *facts = d->facts;
	MhFinding *finding;

	if (facts->environment_database == NULL ||
		strcmp(facts->environment_database, facts->database) == 0)
		return;
	finding = add_finding(d, MH_CRITICAL, "wrong_environment", "wrong_environment");
	finding->detail = psprintf("This is database %s, but it was labelled \"%s\" when it was "
							   "called %s: it may be a copy.",
							   facts->database, facts->environment, facts->environment_database);
	finding->hint = pstrdup("SELECT name, environment, environment_database FROM mighead.project;");
	add_text(finding, "environment", facts->environment);
	add_text(finding, "environment_database", facts->environment_database);
}

static void
judge_shadowed(Diagnosing *d)
{
	MhFinding *finding;

	if (!d->facts->is_shadowed)
		return;
	finding = add_finding(d, MH_WARNING, "shadowed_table", "shadowed_table");
	finding->detail = psprintf("Another relation of the same name stands before %s on the "
							   "search_path, and Alembic would take that one.",
							   d->facts->table);
	finding->hint = pstrdup("Set version_table_schema in env.py.");
}

/* Rows in load order, then those that the scripts do not have. */
static MhStrings
order_rows(const Diagnosing *d)
{
	MhStrings ordered = {0, NULL};
	int *row_of_node = palloc(Max(d->facts->graph->n, 1) * sizeof(int));

	for (int node = 0; node < d->facts->graph->n; node++)
		row_of_node[node] = -1;
	for (int i = d->facts->rows.n - 1; i >= 0; i--)
		if (d->rows[i].node != MH_BASE)
			row_of_node[d->rows[i].node] = i;
	for (int node = 0; node < d->facts->graph->n; node++)
		if (row_of_node[node] >= 0)
			mh_strings_add(&ordered, d->facts->rows.v[row_of_node[node]]);
	for (int i = 0; i < d->facts->rows.n; i++)
		if (d->rows[i].node == MH_BASE || row_of_node[d->rows[i].node] != i)
			mh_strings_add(&ordered, d->facts->rows.v[i]);
	pfree(row_of_node);
	return ordered;
}

static void
mark_applied(Diagnosing *d)
{
	MhNodes nodes = {0, NULL};

	for (int i = 0; i < d->facts->rows.n; i++)
		if (d->rows[i].node != MH_BASE)
			mh_nodes_add(&nodes, d->rows[i].node);
	d->applied = mh_graph_ancestors(d->facts->graph, &nodes);
	for (int i = 0; i < d->facts->graph->n; i++)
		d->result->applied += d->applied[i];
}

static void
judge_against_scripts(Diagnosing *d)
{
	bool heads_found;

	d->result->is_known = true;
	judge_unknown_rows(d);
	judge_redundant_rows(d);
	heads_found = judge_heads(d);
	judge_multiple_rows(d, heads_found);
	judge_width(d);
	judge_edited(d);
	judge_pending(d);
}

static void
judge_rows(Diagnosing *d)
{
	d->rows = mh_rows_judge(d->facts->graph, &d->facts->rows);
	mark_applied(d);
	d->result->current = order_rows(d);
	judge_invalid_rows(d);
	judge_key(d);
	judge_shadowed(d);
	if (has_no_rows(d->facts))
		judge_no_rows(d);
	if (d->facts->has_scripts)
		judge_against_scripts(d);
	else
	{
		judge_multiple_rows(d, false);
		judge_no_scripts(d);
	}
}

/* 2, 3, 1, 0: what is known to be broken goes before what is not known. */
static int
badness(MhSeverity severity)
{
	static const int order[] = {3, 2, 0, 1};

	return order[severity];
}

int
mh_compare_findings(const MhFinding *a, const MhFinding *b)
{
	int order = badness(a->severity) - badness(b->severity);

	if (order == 0)
		order = state_order(a->state) - state_order(b->state);
	if (order == 0)
		order = strcmp(a->code, b->code);
	if (order == 0)
		order = strcmp(a->object ? a->object : "", b->object ? b->object : "");
	return order;
}

static int
compare_findings(const void *left, const void *right)
{
	return mh_compare_findings(left, right);
}

static char *
describe_ok(const MhDiagnosis *result)
{
	if (result->current.n == 0)
		return pstrdup("There is nothing to apply.");
	return psprintf("At %s: %s; %d revision%s applied, none pending.",
					result->current.n == 1 ? "head" : "heads", mh_enumerate(&result->current),
					result->applied, mh_plural(result->applied));
}

static void
conclude(MhDiagnosis *result)
{
	const MhFinding *worst = NULL;

	qsort(result->findings, result->n, sizeof(MhFinding), compare_findings);
	for (int i = 0; i < result->n && worst == NULL; i++)
		if (result->findings[i].severity != MH_OK ||
			strcmp(result->findings[i].state, "empty_database") == 0)
			worst = &result->findings[i];
	if (worst == NULL)
	{
		result->state = "ok";
		result->severity = MH_OK;
		result->detail = describe_ok(result);
		return;
	}
	result->state = worst->state;
	result->severity = worst->severity;
	result->detail = worst->detail;
	result->hint = worst->hint;
}

/* A database without a version table: only how much there is to apply. */
static void
judge_no_table(Diagnosing *d)
{
	MhPlan plan;

	judge_no_rows(d);
	if (!d->facts->has_scripts)
		return;
	d->result->is_known = true;
	plan_upgrade(d, &plan);
}

/* A statement about a stranger's table can run the stranger's code. */
static void
withhold_fixes(const MhFacts *facts, MhDiagnosis *result)
{
	for (int i = 0; i < result->n && !facts->is_trusted; i++)
	{
		MhFinding *finding = &result->findings[i];

		if (finding->fix == NULL)
			continue;
		finding->hint = psprintf("As role %s: %s;", facts->owner, finding->fix);
		finding->fix = NULL;
	}
}

MhDiagnosis *
mh_diagnose(const MhFacts *facts)
{
	Diagnosing d = {facts, palloc0(sizeof(MhDiagnosis)), NULL, NULL};

	judge_access(&d);
	judge_environment(&d);
	judge_migrating(&d);
	if (facts->table == NULL)
		judge_no_table(&d);
	else if (facts->is_readable)
		judge_rows(&d);
	if (facts->table != NULL)
		withhold_fixes(facts, d.result);
	conclude(d.result);
	return d.result;
}
