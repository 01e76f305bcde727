/*-------------------------------------------------------------------------
 *
 * review.c
 *	  "mighead review": what a migration will do to this database.
 *
 *-------------------------------------------------------------------------
 */
#include "client/review.h"

#include <unistd.h>

#define LARGEST_SCRIPT ((size_t) 256 * 1024 * 1024)
#define SHOWN_INPUT "standard input"

typedef enum Form
{
	FORM_TEXT,
	FORM_GITHUB,
	FORM_GITLAB
} Form;

typedef struct Run
{
	const MhOptions *options;
	Form form;
	int min_severity;
	const char *path; /* NULL: not a file */
	char *sql;        /* NULL: the statements that were recorded */
	MhConnection session;
	MhReview review;
} Run;

/* ---------- what is asked ---------- */

static bool
read_form(Run *run)
{
	static const char *const names[] = {"text", "github", "gitlab"};
	const char *given = run->options->format;

	for (int i = 0; i < (int) lengthof(names); i++)
		if (strcmp(given == NULL ? names[0] : given, names[i]) == 0)
		{
			run->form = (Form) i;
			return true;
		}
	mh_complain("not a format of reviews: %s", given);
	mh_complain_hint("It is text, github or gitlab.");
	return false;
}

static bool
read_severity(Run *run)
{
	const char *text = run->options->min_severity;

	if (text == NULL)
		text = "1";
	if (text[0] < '0' || text[0] > '2' || text[1] != '\0')
	{
		mh_complain("not a severity: %s", text);
		return false;
	}
	run->min_severity = text[0] - '0';
	return true;
}

/* A parameter ends at a byte 0, and so would the review. */
static bool
check_script(const Run *run, size_t size)
{
	const char *shown = run->path == NULL ? SHOWN_INPUT : psprintf("\"%s\"", run->path);
	bool is_empty = strspn(run->sql, " \t\r\n") == size;

	if (memchr(run->sql, '\0', size) != NULL)
	{
		mh_complain("%s is not text in UTF-8", shown);
		mh_complain_hint("The redirection \">\" of Windows PowerShell writes UTF-16.");
	}
	else if (is_empty)
	{
		mh_complain("%s is empty", shown);
		mh_complain_hint("If a command should have written it, look at the errors of that command. "
						 "Statements that were recorded in CI are reviewed with --recorded.");
	}
	return !is_empty && strlen(run->sql) == size;
}

static bool
read_script(Run *run)
{
	MhError err = MH_NO_ERROR;
	char *data;
	size_t size;
	bool done = run->path != NULL ? mh_file_read(run->path, LARGEST_SCRIPT, &data, &size, &err)
								  : mh_input_read(LARGEST_SCRIPT, &data, &size, &err);

	if (!done)
	{
		mh_complain_error(&err);
		return false;
	}
	run->sql = palloc(size + 1);
	memcpy(run->sql, data, size);
	run->sql[size] = '\0';
	return check_script(run, size);
}

/* A terminal as standard input means that nobody gave a script. */
static bool
read_arguments(Run *run)
{
	const MhStrings *operands = &run->options->operands;
	bool is_input = operands->n == 1 && strcmp(operands->v[0], "-") == 0;

	if (!read_form(run) || !read_severity(run))
		return false;
	if (operands->n > 1 || (operands->n == 1 && run->options->recorded))
	{
		mh_complain("unexpected argument: %s", operands->v[operands->n - 1]);
		return false;
	}
	if (operands->n == 1 && !is_input)
		run->path = operands->v[0];
	if (run->options->recorded || (operands->n == 0 && isatty(STDIN_FILENO)))
		return true;
	return read_script(run);
}

/* ---------- the answer ---------- */

#define EFFECT_COLUMNS 20
#define VERSION_TABLES_OF_PROJECT \
	"SELECT s.version_table::pg_catalog.oid, s.version_table FROM %smighead_status() AS s" \
	" WHERE s.project OPERATOR(pg_catalog.=) $1 AND s.version_table IS NOT NULL"

/* The caller's search_path holds for the script; it is what his sessions begin with. */
#define OWN_SETTINGS \
	"SELECT pg_catalog.set_config('search_path', s.reset_val, true) FROM pg_catalog.pg_settings AS " \
	"s" \
	" WHERE s.name OPERATOR(pg_catalog.=) 'search_path'"

/* Every name is qualified, because the search_path is that of the caller. */
static const char review_query[] =
	"SELECT f.statement, f.line, f.revision, f.command, f.object, f.lock_mode, f.blocks,"
	" f.rewrites, f.scans, f.table_rows, f.table_bytes, f.severity, f.code, f.sqlstate, f.detail,"
	" f.hint, p.root, r.file_name, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("
	"pg_catalog.concat_ws(E'\\n', f.revision, f.statement, f.command, f.object, f.code), 'UTF8')),"
	" 'hex'), pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.-) 'ordinality'::pg_catalog.text"
	" FROM %1$smighead_review(sql => $1::pg_catalog.text,"
	" version_table => $2::pg_catalog.oid::pg_catalog.regclass,"
	" check_data => $3::pg_catalog.bool, role_name => $4::pg_catalog.name) WITH ORDINALITY AS f"
	" LEFT JOIN (SELECT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.'"
	" OPERATOR(pg_catalog.||) pg_catalog.quote_ident(c.relname) AS object,"
	" pg_catalog.pg_partition_root(c.oid::pg_catalog.regclass)::pg_catalog.oid::pg_catalog.text"
	" AS root FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
	" ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.relispartition"
	" AND c.relkind OPERATOR(pg_catalog.<>) ALL ('{i,I}'::pg_catalog.\"char\"[])) AS p"
	" ON p.object OPERATOR(pg_catalog.=) f.object"
	" LEFT JOIN (SELECT s.revision, pg_catalog.min(s.file_name) AS file_name"
	" FROM mighead.revision AS s WHERE s.project OPERATOR(pg_catalog.=) $5 OR $5 IS NULL"
	" GROUP BY s.revision) AS r ON r.revision OPERATOR(pg_catalog.=) f.revision"
	" ORDER BY f.ordinality";

static double
size_of(const struct pg_result *result, int row, int column)
{
	const char *text = mh_field_or_null(result, row, column);

	return text == NULL ? -1 : strtod(text, NULL);
}

/* A severity that is none counts as the worst that a review has. */
static int
severity_of(const char *text)
{
	return text[0] >= '0' && text[0] <= '2' && text[1] == '\0' ? text[0] - '0' : MH_EXIT_CRITICAL;
}

static void
take_effect(MhEffect *effect, const struct pg_result *result, int row)
{
	effect->statement = atoi(mh_field(result, row, 0));
	effect->line = pstrdup(mh_field(result, row, 1));
	effect->revision = pstrdup(mh_field(result, row, 2));
	effect->command = pstrdup(mh_field(result, row, 3));
	effect->object = pstrdup(mh_field(result, row, 4));
	effect->lock_mode = pstrdup(mh_field(result, row, 5));
	effect->blocks = pstrdup(mh_field(result, row, 6));
	effect->rewrites = *mh_field(result, row, 7) == 't';
	effect->scans = *mh_field(result, row, 8) == 't';
	effect->table_rows = size_of(result, row, 9);
	effect->table_bytes = size_of(result, row, 10);
	effect->severity = severity_of(mh_field(result, row, 11));
	effect->code = pstrdup(mh_field(result, row, 12));
	effect->sqlstate = pstrdup(mh_field(result, row, 13));
	effect->detail = pstrdup(mh_field(result, row, 14));
	effect->hint = pstrdup(mh_field(result, row, 15));
	effect->root = pstrdup(mh_field(result, row, 16));
	effect->file_name = pstrdup(mh_field(result, row, 17));
	effect->fingerprint = pstrdup(mh_field(result, row, 18));
	effect->json = pstrdup(mh_field(result, row, 19));
	effect->partitions = 1;
}

/* What was accepted has severity 0 and keeps its code; it is listed all the same. */
static bool
is_shown(const Run *run, const MhEffect *effect)
{
	return effect->severity >= run->min_severity ||
		   (effect->severity == MH_OK && strcmp(effect->code, MH_STATE_OK) != 0);
}

/* For programs that read JSON each row stays. */
static void
take_effects(Run *run, const struct pg_result *result)
{
	MhReview *review = &run->review;
	int last = 0;

	review->path = run->path;
	review->effects = palloc0(Max(mh_rows_of(result), 1) * sizeof(MhEffect));
	for (int row = 0; row < mh_rows_of(result); row++)
	{
		MhEffect effect;

		take_effect(&effect, result, row);
		review->statements += effect.statement != last;
		last = effect.statement;
		if (is_shown(run, &effect) && (run->options->json || !mh_review_join(review, &effect)))
			review->effects[review->n++] = effect;
	}
}

/* Finds the version table of the project that -p names.  False after a complaint. */
static bool
find_project(Run *run)
{
	MhConnection *session = &run->session;
	const char *values[] = {run->options->project};
	struct pg_result *result;

	if (values[0] == NULL || session->table != NULL)
		return true;
	result = mh_ask(session, psprintf(VERSION_TABLES_OF_PROJECT, session->prefix), 1, values, 2);
	if (result == NULL)
		return false;
	if (mh_rows_of(result) == 1)
		session->table = pstrdup(mh_field(result, 0, 0));
	else
		mh_complain(mh_rows_of(result) == 0 ? "project \"%s\" has no version table here"
											: "project \"%s\" has several version tables here",
					values[0]);
	if (mh_rows_of(result) > 1)
		mh_complain_hint("Name one with -t, such as -t %s.", mh_field(result, 0, 1));
	mh_forget(result);
	return session->table != NULL;
}

static bool
has_review(MhConnection *session)
{
	bool found;

	if (!mh_has_function(session, "mighead_review", &found))
		return false;
	if (!found)
	{
		mh_complain("the extension in this database has no mighead_review()");
		mh_complain_hint("In psql: ALTER EXTENSION mighead UPDATE");
	}
	return found;
}

static bool
take_own_settings(MhConnection *session)
{
	struct pg_result *result;

	/* the names of partitions are compared with the server's */
	if (!mh_tell(session, "SET LOCAL quote_all_identifiers = off"))
		return false;
	result = mh_ask(session, OWN_SETTINGS, 0, NULL, 1);
	mh_forget(result);
	return result != NULL;
}

static bool
ask(Run *run)
{
	const MhOptions *options = run->options;
	MhConnection *session = &run->session;
	const char *values[] = {run->sql, NULL, options->no_data ? "f" : "t", options->role,
							options->project};
	struct pg_result *result;
	bool reached;

	if (!mh_session_open(options, true, session, &reached) || !has_review(session) ||
		!find_project(run) || !take_own_settings(session))
		return false;
	values[1] = session->table;
	result = mh_ask(session, psprintf(review_query, session->prefix), lengthof(values), values,
					EFFECT_COLUMNS);
	if (result == NULL)
		return false;
	take_effects(run, result);
	mh_forget(result);
	return true;
}

/* ---------- the end ---------- */

static bool
print_json(const MhReview *review)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < review->n; i++)
	{
		if (!mh_json_is_valid(review->effects[i].json))
		{
			mh_complain("the server's answer is not JSON");
			return false;
		}
		appendStringInfo(&json, "%s\n  %s", i > 0 ? "," : "", review->effects[i].json);
	}
	appendStringInfoString(&json, "\n]");
	mh_json_print(json.data);
	return true;
}

static bool
print_review(const Run *run)
{
	const MhReview *review = &run->review;

	if (run->options->json)
		return print_json(review);
	if (run->form == FORM_GITLAB)
	{
		mh_review_print_gitlab(review);
		return true;
	}
	if (run->form == FORM_GITHUB)
		mh_review_print_github(review);
	else
		mh_review_print(review);
	mh_review_print_sum(review);
	return true;
}

/* What is less severe than asked for was not shown, and does not count. */
static int
status_of(const Run *run)
{
	int worst = MH_EXIT_OK;

	for (int i = 0; i < run->review.n; i++)
		if (run->review.effects[i].severity >= run->min_severity)
			worst = mh_worse(worst, run->review.effects[i].severity);
	return worst;
}

int
mh_run_review(const MhOptions *options)
{
	Run run = {0};
	int status = MH_EXIT_TROUBLE;

	run.options = options;
	if (!read_arguments(&run))
		return MH_EXIT_TROUBLE;
	if (ask(&run) && print_review(&run))
		status = status_of(&run);
	mh_session_close(&run.session);
	return mh_finish_output(status);
}
