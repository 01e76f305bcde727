/*
 * Fuzzes the diagnosis of a version table: bytes become a small graph and rows as no
 * migration writes them, among them NULLs, repetitions, blanks and words that mean
 * something.  What is said of them has to be bounded, readable and in its order.
 */
#include "core/diagnosis/diagnosis.h"
#include "mb/pg_wchar.h"

#include "../unit/arena.h"
#include "bytes.h"

#define MAX_SCRIPTS 16
#define MAX_ROWS 160

/* Of every kind of row at most 20 are told one by one; there are three kinds, and the rest. */
#define MOST_FINDINGS (3 * 21 + 2 * MAX_SCRIPTS + 40)
#define MOST_EVIDENCE 101

static const char *const pieces[] = {
	"a",    "b",     "ab",   "abcd", "1",        "12", "head", "heads",
	"base", "@",     "+1",   "-1",   ":",        " ",  "\t",   "\n",
	"core", "_",     "'",    "\"",   "\xC3\xA9", "\\", ";",    "$$",
	"NULL", "label", "abc0", "abc1", "abc2",     "x",  "",     "\xF0\x9F\x90\xA2"};

static void
check(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s: %s\n", what, text);
	abort();
}

static char *
make_name(Bytes *bytes, int longest)
{
	StringInfoData name;

	initStringInfo(&name);
	for (int n = 1 + choose(bytes, longest); n > 0; n--)
		appendStringInfoString(&name, pieces[choose(bytes, lengthof(pieces))]);
	return name.data;
}

static MhScript *
make_scripts(Bytes *bytes, int *n)
{
	MhScript *scripts;

	*n = choose(bytes, MAX_SCRIPTS + 1);
	scripts = palloc0((*n + 1) * sizeof(MhScript));
	for (int i = 0; i < *n; i++)
	{
		unsigned how = next_byte(bytes);
		unsigned below = next_byte(bytes);

		scripts[i].revision = how == 255 ? make_name(bytes, 3) : psprintf("abc%d", i);
		scripts[i].message = pstrdup("");
		if (how % 8 == 1)
			mh_strings_add(&scripts[i].branch_labels,
						   how > 128 ? psprintf("label%d", i) : make_name(bytes, 2));
		if (i > 0 && how % 8 != 2)
			mh_strings_add(&scripts[i].down_revision,
						   scripts[how & 64 ? i - 1 : (int) below % i].revision);
		if (i > 1 && how % 8 == 3)
			mh_strings_add(&scripts[i].down_revision, scripts[below / 16 % i].revision);
		if (i > 1 && how % 8 == 4)
			mh_strings_add(&scripts[i].depends_on, scripts[below / 16 % i].revision);
	}
	return scripts;
}

static char *
make_row(Bytes *bytes, const MhGraph *graph, const MhStrings *rows)
{
	unsigned how = next_byte(bytes);
	const MhNode *node;
	char *row;

	if (how % 8 == 0 || graph->n == 0)
		return make_name(bytes, 4);
	if (how % 8 == 1 && rows->n > 0)
		return pstrdup(rows->v[choose(bytes, rows->n)]);
	node = &graph->nodes[how / 8 % graph->n];
	row = pstrdup(node->id);
	if (how % 8 == 2)
		row[choose(bytes, strlen(row) + 1)] = '\0';
	if (how % 8 == 3)
		row = psprintf("%s%s", make_name(bytes, 2), row);
	if (how % 8 == 4 && node->labels.n > 0)
		row = psprintf("%s@%s", node->labels.v[0], row);
	/* a cut character is what no text of the server is */
	return pg_encoding_verifymbstr(PG_UTF8, row, strlen(row)) == (int) strlen(row) ? row
																				   : pstrdup("cut");
}

static void
make_rows(Bytes *bytes, MhFacts *facts)
{
	unsigned how = next_byte(bytes);
	int n = how < 32 ? (int) how * MAX_ROWS / 31 : (int) how % 6;

	for (int i = 0; i < n; i++)
		mh_strings_add(&facts->rows, make_row(bytes, facts->graph, &facts->rows));
	facts->null_rows = how & 64 ? choose(bytes, 5) : 0;
	facts->long_rows = how & 128 ? choose(bytes, 3) : 0;
}

static MhSchemaFacts *
make_schema(Bytes *bytes, const MhFacts *facts)
{
	MhSchemaFacts *schema = palloc0(sizeof(MhSchemaFacts));
	unsigned how = next_byte(bytes);

	schema->version_schema = "public";
	schema->differences = how & 1 ? palloc0(sizeof(MhDifferences)) : NULL;
	schema->is_other_format = how % 16 == 6;
	if (how % 16 == 7)
		mh_strings_add(&schema->busy, make_name(bytes, 2));
	schema->is_located = how & 16;
	schema->is_exact = how & 32;
	schema->distance = schema->is_exact ? 0 : 2;
	if (schema->is_located && facts->graph->n > 0)
		mh_strings_add(&schema->located, facts->graph->nodes[choose(bytes, facts->graph->n)].id);
	if (schema->located.n > 0 && how & 64)
		mh_strings_add(&schema->same_as, facts->graph->nodes[choose(bytes, facts->graph->n)].id);
	return schema;
}

/* What other projects have each row. */
static MhStrings *
make_elsewhere(Bytes *bytes, const MhFacts *facts)
{
	MhStrings *elsewhere = palloc0(Max(facts->rows.n, 1) * sizeof(MhStrings));

	for (int i = 0; i < facts->rows.n; i++)
		if (choose(bytes, 8) == 1)
			mh_strings_add(&elsewhere[i], make_name(bytes, 2));
	return elsewhere;
}

static void
make_facts(Bytes *bytes, const MhGraph *graph, MhFacts *facts)
{
	unsigned how = next_byte(bytes);
	unsigned more = next_byte(bytes);

	facts->prefix = how & 1 ? "mighead." : "\"my ext\".";
	facts->table = "public.alembic_version";
	facts->argument = how & 2 ? "'public.alembic_version'::pg_catalog.regclass" : "";
	facts->project_argument = "";
	facts->is_trusted = how % 8 != 4;
	facts->counts = how % 32 != 4;
	facts->owner = "app";
	facts->is_readable = how % 64 != 8;
	facts->is_busy = how & 128;
	facts->reason = "permission denied for table alembic_version";
	facts->row_security.is_enabled = more % 16 == 1;
	facts->row_security.applies = more % 32 == 1;
	facts->graph = graph;
	facts->has_scripts = graph->n > 0;
	facts->project = how & 32 ? "default" : "it's";
	make_rows(bytes, facts);
	facts->is_cut = facts->has_more_rows = more % 32 == 2;
	facts->max_length = more & 64 ? 4 : 32;
	facts->has_unique_key = more & 4;
	facts->has_user_tables = more & 8;
	facts->is_newer_than_scripts = more % 4 == 2;
	facts->is_older_than_scripts = more % 4 == 3;
	facts->database = "shop";
	facts->elsewhere = more & 16 ? make_elsewhere(bytes, facts) : NULL;
	facts->schema = more & 128 ? make_schema(bytes, facts) : NULL;
}

static void
check_encoding(const char *text, const char *what)
{
	if (text != NULL)
		check(pg_encoding_verifymbstr(PG_UTF8, text, strlen(text)) == (int) strlen(text), what,
			  text);
}

static void
check_text(const char *text, const char *what)
{
	check(text == NULL || text[0] != '\0', what, "empty");
	check_encoding(text, what);
}

static void
check_evidence(const MhFinding *finding)
{
	check(finding->evidence_n <= MH_MAX_EVIDENCE, "evidence is bounded", finding->code);
	for (int i = 0; i < finding->evidence_n; i++)
	{
		const MhEvidence *evidence = &finding->evidence[i];

		check(evidence->key != NULL, "evidence has a key", finding->code);
		/* a row may be the empty string */
		check_encoding(evidence->text, evidence->key);
		if (evidence->list != NULL)
			check(evidence->list->n <= MOST_EVIDENCE, "a list is bounded", evidence->key);
	}
}

/* Every row is listed in a set or a stamp of at most a hundred, so a text has an end. */
static void
check_finding(const MhFacts *facts, const MhFinding *finding)
{
	check(finding->code != NULL && finding->state != NULL, "a finding has a code", "");
	check(finding->sqlstate != NULL && strlen(finding->sqlstate) == 5, "an SQLSTATE",
		  finding->code);
	check(finding->detail != NULL && finding->hint != NULL, "it says what to do", finding->code);
	check_text(finding->detail, "detail");
	check_text(finding->hint, "hint");
	check_text(finding->fix, "fix");
	check_encoding(finding->object, "object");
	check(strlen(finding->detail) < 20000, "a detail is bounded", finding->code);
	check(strlen(finding->hint) < 20000, "a hint is bounded", finding->code);
	check(finding->fix == NULL || (facts->is_trusted && facts->counts), "a stranger gets no fix",
		  finding->code);
	check_evidence(finding);
}

static void
check_diagnosis(const MhFacts *facts)
{
	const MhDiagnosis *result = mh_diagnose(facts);
	int stamps = 0;

	check(result->state != NULL, "a state", "");
	check_text(result->detail, "detail of the state");
	check_text(result->hint, "hint of the state");
	check(result->n <= MOST_FINDINGS, "findings are bounded", result->state);
	for (int i = 0; i < result->n; i++)
	{
		check_finding(facts, &result->findings[i]);
		check(i == 0 || mh_compare_findings(&result->findings[i - 1], &result->findings[i]) <= 0,
			  "worst first", result->findings[i].code);
		stamps += result->findings[i].is_stamp && result->findings[i].fix != NULL;
	}
	check(stamps <= 1, "one stamp at most", result->state);
	check(!facts->is_readable || result->current.n == facts->rows.n, "every row is current",
		  result->state);
	check(result->applied <= facts->graph->n && result->pending <= facts->graph->n, "counts",
		  result->state);
	/* rows that are wrong in themselves are never fine */
	if (facts->is_readable && facts->counts && !facts->row_security.applies &&
		facts->null_rows + facts->long_rows > 0)
		check(result->severity >= MH_CRITICAL, "a NULL is critical", result->state);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	Bytes bytes = {data, size};
	MhError err = MH_NO_ERROR;
	int n;
	MhScript *scripts = make_scripts(&bytes, &n);
	MhGraph *graph = mh_graph_build(scripts, n, &err);

	for (int i = 0; graph != NULL && i < 8 && (i == 0 || bytes.left > 0); i++)
	{
		MhFacts facts = {0};

		make_facts(&bytes, graph, &facts);
		check_diagnosis(&facts);
	}
	arena_reset();
	return 0;
}
