/*-------------------------------------------------------------------------
 *
 * expect.c
 *	  "mighead expect": what each revision makes, recorded on a scratch database.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <unistd.h>

#define DEFAULT_TABLE "alembic_version"

typedef struct Expect
{
	const MhOptions *options;
	const char *project;
	const char *table; /* as SQL names it */
	MhTree tree;
	MhScratch scratch;
	char *document;

	/* what the command did, as text of the server */
	char *rows;
	char *applied;
	char *pending;
	char *elsewhere;
	char *unknown;
	MhStrings missing; /* what was applied and not captured */
} Expect;

static bool
is_to_standard_output(const Expect *expect)
{
	return strcmp(expect->options->output, "-") == 0;
}

static bool
read_arguments(Expect *expect)
{
	const MhOptions *options = expect->options;
	MhError err = MH_NO_ERROR;

	if (options->output == NULL || options->command.n == 0)
	{
		mh_complain("%s is missing", options->output == NULL ? "the option -o" : "the command");
		mh_complain_hint("mighead expect -o expectations.json -- alembic upgrade heads");
		return false;
	}
	if (!is_to_standard_output(expect) && !mh_can_write_file(options->output))
		return false;
	if (!mh_tree_read(&options->operands, !options->not_recursive, &expect->tree, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	mh_tree_warn(&expect->tree);
	return mh_tree_has_scripts(&expect->tree);
}

/* ---------- before the command ---------- */

/* A function of the extension with one text argument, under the role's own search_path. */
static bool
call(Expect *expect, const char *format, const char *value)
{
	MhConnection *session = &expect->scratch.session;
	struct pg_result *result = mh_ask(session, psprintf(format, session->prefix), 1, &value, 1);

	mh_forget(result);
	return result != NULL;
}

/* env.py could make it only before Alembic looks for the table, and looks itself then. */
static bool
make_schema(Expect *expect)
{
	MhConnection *session = &expect->scratch.session;
	struct pg_result *names = mh_ask(session,
									 "SELECT n FROM pg_catalog.unnest("
									 "pg_catalog.parse_ident($1::pg_catalog.text)) AS n",
									 1, &expect->table, 1);
	bool done = names != NULL;

	if (done && mh_rows_of(names) > 1)
		done = mh_tell(session, psprintf("CREATE SCHEMA IF NOT EXISTS %s",
										 mh_session_quote(session, mh_field(names, 0, 0))));
	mh_forget(names);
	return done;
}

static bool
load_scripts(Expect *expect)
{
	MhConnection *session = &expect->scratch.session;
	const char *values[] = {expect->project, expect->table};
	struct pg_result *result = NULL;

	if (mh_load_tree(session, &expect->tree, expect->project))
		result = mh_ask(session,
						psprintf("SELECT %smighead_project($1, (pg_catalog.parse_ident($2))"
								 "[pg_catalog.cardinality(pg_catalog.parse_ident($2))])",
								 session->prefix),
						lengthof(values), values, 1);
	mh_forget(result);
	return result != NULL && mh_tell(session, "COMMIT");
}

/* A review of what is pending needs what was run; expectations do without. */
static bool
record_statements(Expect *expect)
{
	bool done;

	if (!mh_scratch_preload(&expect->scratch, &done))
		return false;
	if (done)
		return true;
	mh_complain("statements are not recorded: the role may not set session_preload_libraries");
	mh_complain_hint("As superuser: GRANT SET ON PARAMETER session_preload_libraries TO %s",
					 mh_session_role(&expect->scratch.session));
	return true;
}

/* The version table is where Alembic will look for it: as the role's own search_path says. */
static bool
prepare(Expect *expect)
{
	MhConnection *session = &expect->scratch.session;
	MhOptions no_table = {0};

	return record_statements(expect) &&
		   mh_tell(session, "CREATE EXTENSION IF NOT EXISTS mighead") &&
		   mh_session_begin(&no_table, false, session) && load_scripts(expect) &&
		   make_schema(expect) &&
		   call(expect, "SELECT %smighead_ensure_version($1)", expect->table) &&
		   call(expect, "SELECT %smighead_watch($1::pg_catalog.regclass, capture => true)",
				expect->table);
}

/* ---------- after it ---------- */

#define OUTCOME_COLUMNS 6

static const char outcome_query[] =
	"WITH history AS (SELECT h.revision, h.applied FROM %1$smighead_history(project => $1,"
	" version_table => $2::oid::regclass) AS h)"
	" SELECT array_to_string(s.current, ', '),"
	" (SELECT count(*) FROM history AS h WHERE h.applied),"
	" (SELECT count(*) FROM history AS h WHERE h.applied IS NOT TRUE),"
	" (SELECT string_agg(h.revision, E'\\n') FROM history AS h WHERE h.applied AND NOT EXISTS"
	" (SELECT FROM mighead.expected_set AS e WHERE e.project = $1 AND e.revision = h.revision)),"
	" (SELECT string_agg(DISTINCT v.version_table::text, ', ') FROM %1$smighead_versions AS v"
	" WHERE v.version_table <> $2::oid),"
	" array_to_string(s.unknown, ', ')"
	" FROM %1$smighead_status($2::oid::regclass) AS s";

static MhStrings
lines_of(const char *text)
{
	MhStrings lines = {0, NULL, 0};

	while (*text != '\0')
	{
		size_t length = strcspn(text, "\n");

		mh_strings_add(&lines, pnstrdup(text, length));
		text += length + (text[length] == '\n');
	}
	return lines;
}

static bool
read_outcome(Expect *expect)
{
	MhConnection *session = &expect->scratch.session;
	const char *values[] = {expect->project, session->table};
	struct pg_result *result = mh_ask(session, psprintf(outcome_query, session->prefix),
									  lengthof(values), values, OUTCOME_COLUMNS);
	char *missing = NULL;
	char **fields[OUTCOME_COLUMNS] = {&expect->rows, &expect->applied,   &expect->pending,
									  &missing,      &expect->elsewhere, &expect->unknown};

	for (int i = 0; i < OUTCOME_COLUMNS && result != NULL; i++)
		*fields[i] = pstrdup(mh_field(result, 0, i));
	mh_forget(result);
	if (missing != NULL)
		expect->missing = lines_of(missing);
	return result != NULL;
}

static void
explain_no_rows(const Expect *expect)
{
	mh_complain("\"%s\" succeeded, but it left no row in the version table \"%s\" of the scratch "
				"database",
				expect->options->command.v[0], expect->table);
	if (*expect->elsewhere != '\0')
		mh_complain_hint("It wrote %s. Name the version table with -t.", expect->elsewhere);
	else
		mh_complain_hint(
			"It seems to have used another database. The environment of the command has the "
			"connection to use: PGHOST, PGPORT, PGUSER, PGDATABASE and DATABASE_URL. env.py "
			"has to take it from there.");
}

/* Complains, unless everything was captured. */
static void
explain_missing(const Expect *expect)
{
	if (expect->missing.n == 0)
		return;
	mh_complain("%d of %s revisions were not captured: %s", expect->missing.n, expect->applied,
				mh_strings_join(&expect->missing, ", "));
	mh_complain_hint("Each has to be an upgrade step of its own, not a stamp, by a role that may "
					 "execute mighead_capture().");
}

/* Was what the command did worth a document? */
static bool
judge_outcome(const Expect *expect)
{
	if (*expect->rows == '\0')
		explain_no_rows(expect);
	else if (*expect->unknown != '\0')
	{
		mh_complain("\"%s\" ran revisions that are not in %s: %s", expect->options->command.v[0],
					mh_strings_join(&expect->tree.locations, ", "), expect->unknown);
		mh_complain_hint("Name the directories of all scripts that it runs.");
	}
	else if (expect->missing.n >= atoi(expect->applied))
		explain_missing(expect);
	else
		return true;
	return false;
}

static bool
read_document(Expect *expect)
{
	MhConnection *session = &expect->scratch.session;
	struct pg_result *result =
		mh_ask(session, psprintf("SELECT jsonb_pretty(%smighead_export($1))", session->prefix), 1,
			   &expect->project, 1);

	if (result != NULL && mh_json_is_valid(mh_field(result, 0, 0)))
		expect->document = pstrdup(mh_field(result, 0, 0));
	else if (result != NULL)
		mh_complain("the server's answer is not JSON");
	mh_forget(result);
	return expect->document != NULL;
}

static bool
look_at_outcome(Expect *expect)
{
	MhOptions of_table = {0};

	of_table.version_table = expect->table;
	return mh_session_begin(&of_table, true, &expect->scratch.session) && read_outcome(expect) &&
		   judge_outcome(expect) && read_document(expect);
}

/* ---------- what it prints ---------- */

static void
print_json(const Expect *expect)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"file\": ");
	mh_json_quote(&json, expect->options->output);
	appendStringInfo(&json, ", \"project\": ");
	mh_json_quote(&json, expect->project);
	appendStringInfo(&json, ", \"applied\": %d, \"pending\": %d, \"not_captured\": ",
					 atoi(expect->applied), atoi(expect->pending));
	mh_json_list(&json, &expect->missing);
	appendStringInfoChar(&json, '}');
	mh_json_print(json.data);
}

static int
print_result(const Expect *expect)
{
	explain_missing(expect);
	if (expect->options->json && !is_to_standard_output(expect))
		print_json(expect);
	else if (!is_to_standard_output(expect))
	{
		printf("%s: expectations of %d revisions\n", mh_safe_text(expect->options->output, false),
			   atoi(expect->applied) - expect->missing.n);
		if (strcmp(expect->pending, "0") != 0)
			printf("not run: %s revisions\n", mh_safe_text(expect->pending, false));
	}
	return expect->missing.n > 0 ? MH_EXIT_WARNING : MH_EXIT_OK;
}

static bool
write_document(const Expect *expect)
{
	if (!is_to_standard_output(expect))
		return mh_write_file(expect->options->output, psprintf("%s\n", expect->document), true);
	mh_json_print(expect->document);
	return true;
}

int
mh_run_expect(const MhOptions *options)
{
	static Expect expect; /* mh_scratch_make keeps a pointer into it */
	bool done;

	expect.options = options;
	expect.project = options->project == NULL ? "default" : options->project;
	expect.table = options->version_table == NULL ? DEFAULT_TABLE : options->version_table;
	if (!read_arguments(&expect))
		return MH_EXIT_TROUBLE;
	done = mh_scratch_make(options, &expect.scratch) && prepare(&expect) &&
		   mh_scratch_run(&expect.scratch, &options->command) && look_at_outcome(&expect);
	done = mh_scratch_drop(&expect.scratch) && done;
	if (!done || !write_document(&expect))
		return mh_finish_output(MH_EXIT_TROUBLE);
	return mh_finish_output(print_result(&expect));
}
