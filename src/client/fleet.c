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

/* False after a complaint. */
static bool
print_json(const struct pg_result *result)
{
	StringInfoData json;

	initStringInfo(&json);
	if (!mh_append_json(&json, result, JSON))
		return false;
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
	status = mh_worst_of(result, SEVERITY);
	if (options->watch != NULL && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	if (!options->json)
	{
		mh_print_rows(result, titles, lengthof(titles));
		print_summary(result);
	}
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
