/*-------------------------------------------------------------------------
 *
 * readers.c
 *	  What the database says of itself: status, findings, drift, locate, locks.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/base/screen.h"

#define MAX_VALUES 2

/* A call of a function of the extension; %s in call is its schema. */
typedef struct Reader
{
	MhConnection session;
	const char *call;
	int n;
	const char *values[MAX_VALUES];
} Reader;

#define TABLE_ARGUMENT "version_table => $1::pg_catalog.oid::pg_catalog.regclass"
#define SEVERITY_ARGUMENT "min_severity => $2::pg_catalog.int4"

static bool
open_reader(Reader *reader, const MhOptions *options, const char *call, int n)
{
	bool reached;

	reader->call = call;
	reader->n = n;
	if (options->operands.n > 0)
	{
		mh_complain("unexpected argument: %s", options->operands.v[0]);
		return false;
	}
	if (!mh_session_open(options, true, &reader->session, &reached))
	{
		mh_session_close(&reader->session);
		return false;
	}
	reader->values[0] = reader->session.table;
	reader->values[1] = options->min_severity == NULL ? "1" : options->min_severity;
	return true;
}

static struct pg_result *
read_columns(Reader *reader, const char *columns, int count)
{
	char *sql = psprintf("SELECT %s FROM %s%s AS f", columns, reader->session.prefix, reader->call);

	return mh_ask(&reader->session, sql, reader->n, reader->values, count);
}

/* The whole rows as JSON, and the status of their severities in *status; false after a complaint. */
static bool
read_json(Reader *reader, StringInfo json, int *status)
{
	struct pg_result *result = read_columns(
		reader,
		"pg_catalog.to_jsonb(f), pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'severity'", 2);
	bool done = result != NULL && mh_append_json(json, result, 0);

	for (int row = 0; done && row < mh_rows_of(result); row++)
		if (mh_field_or_null(result, row, 1) != NULL)
			*status = mh_worse(*status, mh_severity_of(mh_field(result, row, 1)));
	mh_forget(result);
	return done;
}

static int
run_json(Reader *reader)
{
	StringInfoData json;
	int status = MH_EXIT_OK;

	initStringInfo(&json);
	if (!read_json(reader, &json, &status))
		return MH_EXIT_TROUBLE;
	mh_json_print(json.data);
	return status;
}

/* A time of the server and how long ago it was there; NULL where it is not known. */
#define WITH_AGE(time) \
	"(pg_catalog.date_trunc('second', " time ")::pg_catalog.text OPERATOR(pg_catalog.||) ' (' " \
	"OPERATOR(pg_catalog.||) pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() " \
	"OPERATOR(pg_catalog.-) " time ")::pg_catalog.text OPERATOR(pg_catalog.||) ' ago)')"

/* ---------- blocks ---------- */

static void
print_head(int severity, const char *const *words, int n)
{
	printf("%s%s%s", mh_colour_of(severity), mh_severity_word(severity), mh_colour_end());
	for (int i = 0; i < n; i++)
		if (*words[i] != '\0')
			printf("  %s%s%s", i == 0 ? mh_colour_bold() : "", mh_safe_text(words[i], false),
				   i == 0 ? mh_colour_end() : "");
	putchar('\n');
}

/* What is pasted is not broken into lines. */
static void
print_command(const char *label, const char *command)
{
	if (*command != '\0')
		printf("  %-10s%s\n", label, mh_safe_text(command, true));
}

static void
print_finding(const struct pg_result *result, int row)
{
	const char *words[] = {mh_field(result, row, 1), mh_field(result, row, 2),
						   mh_field(result, row, 3)};

	print_head(mh_severity_of(mh_field(result, row, 0)), words, lengthof(words));
	mh_print_field("detail", mh_field(result, row, 4));
	print_command("hint", mh_field(result, row, 5));
	print_command("fix", mh_field(result, row, 6));
}

static void
print_difference(const struct pg_result *result, int row)
{
	const char *words[] = {mh_field(result, row, 1), mh_field(result, row, 2),
						   mh_field(result, row, 3)};

	print_head(mh_severity_of(mh_field(result, row, 0)), words, lengthof(words));
	mh_print_field("attribute", mh_field(result, row, 4));
	mh_print_field("expected", mh_field(result, row, 5));
	mh_print_field("actual", mh_field(result, row, 6));
	mh_print_field("since", mh_field(result, row, 7));
	mh_print_field("by", mh_field(result, row, 8));
	print_command("fix", mh_field(result, row, 9));
}

static void
print_state(const struct pg_result *result, int row)
{
	const char *words[] = {mh_field(result, row, 1), mh_field(result, row, 2)};

	print_head(mh_severity_of(mh_field(result, row, 0)), words, lengthof(words));
	mh_print_field("current", mh_field(result, row, 3));
	mh_print_field("heads", mh_field(result, row, 4));
	mh_print_field("pending", mh_field(result, row, 5));
	mh_print_field("detail", mh_field(result, row, 6));
	print_command("hint", mh_field(result, row, 7));
}

typedef void (*RowPrinter)(const struct pg_result *result, int row);

static int
print_blocks(struct pg_result *result, RowPrinter print, const char *nothing)
{
	int status;

	if (result == NULL)
		return MH_EXIT_TROUBLE;
	for (int row = 0; row < mh_rows_of(result); row++)
	{
		if (row > 0)
			putchar('\n');
		print(result, row);
	}
	if (mh_rows_of(result) == 0 && nothing != NULL)
		puts(nothing);
	status = mh_worst_of(result, 0);
	mh_forget(result);
	return status;
}

/* ---------- findings, drift ---------- */

bool
mh_check_severity(const MhOptions *options)
{
	const char *text = options->min_severity;

	if (text == NULL || (text[0] >= '0' && text[0] <= '3' && text[1] == '\0'))
		return true;
	mh_complain("not a severity: %s", text);
	return false;
}

/* Less severe ones were not asked for, so nothing is said of them. */
static char *
none_of(const char *things, const MhOptions *options)
{
	if (options->min_severity == NULL || strcmp(options->min_severity, "1") <= 0)
		return psprintf("No %s.", things);
	return psprintf("No %s of severity %s or more.", things, options->min_severity);
}

static struct pg_result *
read_findings(Reader *reader)
{
	return read_columns(
		reader, "f.severity, f.code, f.version_table, f.object, f.detail, f.hint, f.fix", 7);
}

int
mh_run_findings(const MhOptions *options)
{
	Reader reader;
	int status;

	if (!mh_check_severity(options) ||
		!open_reader(&reader, options,
					 "mighead_findings(" TABLE_ARGUMENT ", " SEVERITY_ARGUMENT ")", 2))
		return MH_EXIT_TROUBLE;
	if (options->json)
		status = run_json(&reader);
	else
		status = print_blocks(read_findings(&reader), print_finding, none_of("findings", options));
	mh_session_close(&reader.session);
	return mh_finish_output(status);
}

/* No difference says nothing where nobody could compare.  False after a complaint. */
static bool
tell_not_compared(Reader *reader)
{
	struct pg_result *result;

	reader->call = "mighead_status(" TABLE_ARGUMENT ")";
	reader->n = 1;
	result = read_columns(
		reader, "f.version_table, pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'compared'", 2);
	if (result == NULL)
		return false;
	for (int row = 0; row < mh_rows_of(result); row++)
		if (strcmp(mh_field(result, row, 1), "true") != 0)
			printf("%s was not compared: nothing comparable is expected at its rows.\n",
				   *mh_field(result, row, 0) == '\0'
					   ? "The schema"
					   : mh_safe_text(mh_field(result, row, 0), false));
	mh_forget(result);
	return true;
}

static struct pg_result *
read_drift(Reader *reader)
{
	return read_columns(
		reader,
		"f.severity, f.kind, f.object_type, f.object, f.attribute, f.expected, "
		"f.actual, f.since_revision, pg_catalog.concat_ws(' at ', f.changed_by, " WITH_AGE(
			"f.changed_at") "), f.fix",
		10);
}

static int
print_drift(Reader *reader, const MhOptions *options)
{
	struct pg_result *result = read_drift(reader);
	bool none = result != NULL && mh_rows_of(result) == 0;
	int status = print_blocks(result, print_difference, none_of("differences", options));

	return none && !tell_not_compared(reader) ? MH_EXIT_TROUBLE : status;
}

int
mh_run_drift(const MhOptions *options)
{
	Reader reader;
	int status;

	if (!mh_check_severity(options) ||
		!open_reader(&reader, options, "mighead_drift(" TABLE_ARGUMENT ", " SEVERITY_ARGUMENT ")",
					 2))
		return MH_EXIT_TROUBLE;
	if (options->json)
		status = run_json(&reader);
	else
		status = print_drift(&reader, options);
	mh_session_close(&reader.session);
	return mh_finish_output(status);
}

/* ---------- status ---------- */

/* The first line begins with it. */
static int
severity_of_report(const char *line)
{
	size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz");

	for (int severity = 0; severity <= MH_EXIT_TROUBLE; severity++)
		if (strlen(mh_severity_word(severity)) == length &&
			strncmp(mh_severity_word(severity), line, length) == 0)
			return severity;
	return MH_EXIT_TROUBLE;
}

static void
print_first_line(const char *line)
{
	const char *colour = mh_colour_of(severity_of_report(line));
	char *safe = mh_safe_text(line, false);
	int length = (int) strcspn(safe, ":");

	printf("%s%.*s%s%s\n", colour, length, safe, *colour == '\0' ? "" : mh_colour_end(),
		   safe + length);
}

static int
print_report(Reader *reader)
{
	struct pg_result *result;
	int status;

	reader->call = "mighead_report(" TABLE_ARGUMENT ")";
	result = read_columns(reader, "f", 1);
	if (result == NULL)
		return MH_EXIT_TROUBLE;
	print_first_line(mh_field(result, 0, 0));
	for (int row = 1; row < mh_rows_of(result); row++)
		puts(mh_safe_text(mh_field(result, row, 0), false));
	status = severity_of_report(mh_field(result, 0, 0));
	mh_forget(result);
	return status;
}

int
mh_run_status(const MhOptions *options)
{
	Reader reader;
	int status;
	bool has_report;

	if (!open_reader(&reader, options, "mighead_status(" TABLE_ARGUMENT ")", 1))
		return MH_EXIT_TROUBLE;
	if (options->json)
		status = run_json(&reader);
	else if (!mh_has_function(&reader.session, "mighead_report", &has_report))
		status = MH_EXIT_TROUBLE;
	else if (has_report)
		status = print_report(&reader);
	else
		status = print_blocks(
			read_columns(&reader,
						 "f.severity, f.state, f.version_table, f.current, f.heads, f.pending, "
						 "f.detail, f.hint",
						 8),
			print_state, "There is no version table, and there are no scripts.");
	mh_session_close(&reader.session);
	return mh_finish_output(status);
}

/* ---------- without a database that stays ---------- */

static Reader
reader_of(const MhOptions *options, const MhConnection *session, const char *call, int n)
{
	Reader reader = {*session, call, n, {NULL, NULL}};

	reader.values[0] = session->table;
	reader.values[1] = options->min_severity == NULL ? "1" : options->min_severity;
	return reader;
}

/*
 * name: what is judged, instead of the name of the database.  The report without its problems, which follow, and without a
 * command for a database that goes.
 */
static int
print_report_head(struct pg_result *result, const char *name)
{
	int status = severity_of_report(mh_field(result, 0, 0));
	int blanks = 0;

	print_first_line(mh_field(result, 0, 0));
	for (int row = 1; row < mh_rows_of(result) && blanks < 2; row++)
	{
		const char *line = mh_field(result, row, 0);

		blanks += *line == '\0';
		if (row == 2)
			printf("dumps      %s\n", mh_safe_text(name, false));
		else
			puts(mh_safe_text(line, false));
	}
	mh_forget(result);
	return status;
}

/* All is read before anything is printed, so that no half of an answer looks like one. */
static int
print_judgement(const MhOptions *options, Reader *report, Reader *findings, Reader *drift)
{
	struct pg_result *head = read_columns(report, "f", 1);
	struct pg_result *found = head == NULL ? NULL : read_findings(findings);
	struct pg_result *differences = found == NULL ? NULL : read_drift(drift);
	int worst = MH_EXIT_TROUBLE;

	if (differences == NULL)
	{
		mh_forget(found);
		mh_forget(head);
		return worst;
	}
	worst = print_report_head(head, mh_strings_join(&options->operands, ", "));
	worst = mh_worse(worst, print_blocks(found, print_finding, NULL));
	if (mh_rows_of(differences) > 0)
		putchar('\n');
	return mh_worse(worst, print_blocks(differences, print_difference, NULL));
}

static int
print_json_judgement(Reader *status, Reader *findings, Reader *drift, const MhRestore *restored)
{
	StringInfoData json;
	int worst = MH_EXIT_OK;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"status\": ");
	if (!read_json(status, &json, &worst))
		return MH_EXIT_TROUBLE;
	appendStringInfoString(&json, ", \"findings\": ");
	if (!read_json(findings, &json, &worst))
		return MH_EXIT_TROUBLE;
	appendStringInfoString(&json, ", \"drift\": ");
	if (!read_json(drift, &json, &worst))
		return MH_EXIT_TROUBLE;
	appendStringInfoString(&json, ", \"not_restored\": ");
	mh_json_list(&json, &restored->messages);
	appendStringInfoString(&json, ", \"missing_roles\": ");
	mh_json_list(&json, &restored->roles);
	appendStringInfoChar(&json, '}');
	mh_json_print(json.data);
	return worst;
}

int
mh_print_judgement(const MhOptions *options, const MhConnection *session, const MhRestore *restored)
{
	Reader status = reader_of(options, session, "mighead_status(" TABLE_ARGUMENT ")", 1);
	Reader report = reader_of(options, session, "mighead_report(" TABLE_ARGUMENT ")", 1);
	Reader findings = reader_of(options, session,
								"mighead_findings(" TABLE_ARGUMENT ", " SEVERITY_ARGUMENT ")", 2);
	Reader drift =
		reader_of(options, session, "mighead_drift(" TABLE_ARGUMENT ", " SEVERITY_ARGUMENT ")", 2);

	if (options->json)
		return print_json_judgement(&status, &findings, &drift, restored);
	return print_judgement(options, &report, &findings, &drift);
}

/* ---------- locate, log, locks ---------- */

/* As the report says it: a cell with nothing in it looks like one that is not known. */
#define ROWS(rows) \
	"COALESCE(NULLIF(pg_catalog.array_to_string(" rows ", ', '), ''), CASE WHEN " rows \
	" IS NOT NULL THEN 'none' END)"

static int
run_table(const MhOptions *options, const char *call, int n, const char *columns,
		  const char *const *titles, int count, const char *nothing)
{
	Reader reader;
	struct pg_result *result;
	int status = MH_EXIT_TROUBLE;

	if (!open_reader(&reader, options, call, n))
		return MH_EXIT_TROUBLE;
	if (options->json)
		status = run_json(&reader);
	else if ((result = read_columns(&reader, columns, count)) != NULL)
	{
		if (!mh_print_rows(result, titles, count))
			puts(nothing);
		mh_forget(result);
		status = MH_EXIT_OK;
	}
	mh_session_close(&reader.session);
	return mh_finish_output(status);
}

int
mh_run_locate(const MhOptions *options)
{
	static const char *const titles[] = {"rank",    "rows",  "exact",   "current", "matching",
										 "missing", "extra", "changed", "message"};

	return run_table(
		options, "mighead_locate(" TABLE_ARGUMENT ")", 1,
		"f.rank, " ROWS("f.rows") ","
								  " CASE WHEN f.is_exact THEN 'yes' ELSE 'no' END,"
								  " CASE WHEN f.is_current THEN 'yes' ELSE 'no' END,"
								  " f.matching, f.missing, f.extra, f.changed, f.message",
		titles, lengthof(titles), "Nothing is expected at any revision.");
}

int
mh_run_log(const MhOptions *options)
{
	static const char *const titles[] = {"when", "version table", "action",      "from", "to",
										 "ddl",  "role",          "application", "why"};

	return run_table(
		options, "mighead_log(" TABLE_ARGUMENT ")", 1,
		WITH_AGE("f.at") ", f.version_table, f.action, " ROWS("f.old_rows") ", " ROWS(
			"f.new_rows") ", CASE WHEN f.ran_ddl THEN 'yes' WHEN NOT f.ran_ddl THEN 'no' END,"
						  " f.current_user_name, f.application_name, f.reason",
		titles, lengthof(titles),
		"No change was recorded. To record them: SELECT mighead_watch();");
}

int
mh_run_locks(const MhOptions *options)
{
	static const char *const titles[] = {"pid",   "role",     "state",      "application", "user",
										 "since", "relation", "blocked by", "query"};

	return run_table(
		options, "mighead_locks()", 0,
		"f.pid, f.role, f.state, f.application_name, f.user_name,"
		" " WITH_AGE("f.since") ", f.relation,"
								" pg_catalog.array_to_string(f.blocked_by, ', '), f.query",
		titles, lengthof(titles), "No session is in the way of a migration.");
}
