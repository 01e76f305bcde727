/*-------------------------------------------------------------------------
 *
 * fleet.c
 *	  The command fleet: databases elsewhere, as the database of the connection sees them.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <unistd.h>

#include "core/base/screen.h"

#define COLUMNS 8
#define SEVERITY 6
#define JSON 7

static const char *const titles[] = {"server",  "version table", "state",
									 "current", "pending",       "detail"};

/* A whole number of seconds between 1 and a day; 0 after a complaint. */
static int
seconds_of(const char *text, const char *option)
{
	char *end;
	long seconds = strtol(text, &end, 10);

	if (*text != '\0' && *end == '\0' && seconds >= 1 && seconds <= 86400)
		return (int) seconds;
	mh_complain("--%s needs a number of seconds between 1 and 86400, not \"%s\"", option, text);
	return 0;
}

static struct pg_result *
ask(MhConnection *session, const MhOptions *options)
{
	const char *values[2];
	char *sql = psprintf(
		"SELECT f.server, f.version_table, f.state, pg_catalog.array_to_string(f.current, ', '),"
		" f.pending, f.detail, f.severity, pg_catalog.to_jsonb(f) FROM %smighead_fleet("
		"$1::pg_catalog.text, $2::pg_catalog.interval) AS f",
		session->prefix);

	values[0] = options->operands.n > 0 ? options->operands.v[0] : "%";
	values[1] = psprintf("%s s", options->timeout != NULL ? options->timeout : "10");
	return mh_ask(session, sql, 2, values, COLUMNS);
}

static int
severity_of(const struct pg_result *result, int row)
{
	const char *text = mh_field(result, row, SEVERITY);

	return text[0] >= '0' && text[0] <= '3' && text[1] == '\0' ? text[0] - '0' : MH_EXIT_TROUBLE;
}

static int
worst_of(const struct pg_result *result)
{
	int worst = MH_EXIT_OK;

	for (int row = 0; row < mh_rows_of(result); row++)
		worst = mh_worse(worst, severity_of(result, row));
	return worst;
}

/* "97 ok, 2 pending, 1 unreachable": the best first, as most are. */
static void
print_summary(const struct pg_result *result)
{
	MhStrings states = {0, NULL, 0};
	const char *separator = "";

	for (int row = mh_rows_of(result) - 1; row >= 0; row--)
		if (!mh_strings_contain(&states, mh_field(result, row, 2)))
			mh_strings_add(&states, mh_field(result, row, 2));
	for (int i = 0; i < states.n; i++)
	{
		int n = 0;

		for (int row = 0; row < mh_rows_of(result); row++)
			n += strcmp(mh_field(result, row, 2), states.v[i]) == 0;
		printf("%s%d %s", separator, n, mh_safe_text(states.v[i], false));
		separator = ", ";
	}
	puts(states.n == 0 ? "There is no foreign server that you may use." : "");
}

static void
print_rows(const struct pg_result *result)
{
	MhTable table = {lengthof(titles), titles, {0, NULL, 0}};

	for (int row = 0; row < mh_rows_of(result); row++)
		for (int column = 0; column < (int) lengthof(titles); column++)
			mh_strings_add(&table.cells, mh_field(result, row, column));
	if (table.cells.n > 0)
		mh_table_print(&table);
	print_summary(result);
}

/* False after a complaint. */
static bool
print_json(const struct pg_result *result)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int row = 0; row < mh_rows_of(result); row++)
	{
		const char *value = mh_field(result, row, JSON);

		if (!mh_json_is_valid(value))
		{
			mh_complain("the server's answer is not JSON");
			return false;
		}
		appendStringInfo(&json, "%s\n  %s", row > 0 ? "," : "", value);
	}
	appendStringInfoString(&json, "\n]");
	mh_json_print(json.data);
	return true;
}

static int
show_once(MhConnection *session, const MhOptions *options)
{
	struct pg_result *result = ask(session, options);
	int status;

	if (result == NULL)
		return MH_EXIT_TROUBLE;
	status = worst_of(result);
	if (options->watch != NULL && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	if (!options->json)
		print_rows(result);
	else if (!print_json(result))
		status = MH_EXIT_TROUBLE;
	mh_forget(result);
	fflush(stdout);
	return status;
}

static int
connect_and_show(const MhOptions *options)
{
	MhConnection session;
	int status = MH_EXIT_TROUBLE;
	bool reached;

	if (mh_session_open(options, true, &session, &reached))
		status = show_once(&session, options);
	mh_session_close(&session);
	return status;
}

static bool
check(const MhOptions *options, int *interval)
{
	if (options->operands.n > 1)
	{
		mh_complain("unexpected argument: %s", options->operands.v[1]);
		return false;
	}
	*interval = options->watch == NULL ? 0 : seconds_of(options->watch, "watch");
	return (options->watch == NULL || *interval > 0) &&
		   (options->timeout == NULL || seconds_of(options->timeout, "timeout") > 0);
}

/* With --watch until a signal ends it.  Each time has a transaction of its own. */
int
mh_run_fleet(const MhOptions *options)
{
	int status;
	int interval;

	if (!check(options, &interval))
		return MH_EXIT_TROUBLE;
	status = connect_and_show(options);
	while (interval > 0 && !ferror(stdout))
	{
		sleep((unsigned int) interval);
		status = connect_and_show(options);
	}
	return mh_finish_output(status);
}
