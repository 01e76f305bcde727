/*-------------------------------------------------------------------------
 *
 * scratch.c
 *	  A database that is made, used and dropped, whatever happens meanwhile.
 *
 * Signals that would end the program are noted, cancel what the server is doing and go on
 * to the command that runs.  What waits for either fails then, and the way out leads through
 * mh_scratch_drop.  If a server does not answer, a second signal ends the program at once.  The
 * database is dropped by a name of its own, and only if it was made here.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPTS 8

/* The same signal may come twice at once: timeout(1) sends it to the process and to its group. */
#define SECOND_SIGNAL_AFTER_MS 200

static const int ending_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static volatile sig_atomic_t signal_taken;
static volatile sig_atomic_t child;
static PGcancel *volatile cancel_key;
static struct timespec first_signal;
static struct sigaction actions_before[lengthof(ending_signals)];
static struct sigaction pipe_before;

/* What a signal handler says of the database that there is; NULL: there is none. */
static const char *volatile last_words;

/* What is dropped at an exit from the depths, such as one without memory. */
static MhScratch *current;

/* ---------- signals ---------- */

static bool
is_second_signal(void)
{
	struct timespec now;

	if (signal_taken == 0)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - first_signal.tv_sec) * 1000 +
			   (now.tv_nsec - first_signal.tv_nsec) / 1000000 >=
		   SECOND_SIGNAL_AFTER_MS;
}

/* A signal of the terminal goes to the command as well, without us. */
static void
pass_signal(int number, siginfo_t *info, bool is_second)
{
	if (is_second)
		kill((pid_t) child, SIGKILL);
	else if (info->si_code <= 0)
		kill((pid_t) child, number);
}

/* The server may be what is waited for, also by PQcancel. */
static void
end_at_once(int number)
{
	const char *words = last_words;

	if (words != NULL && write(STDERR_FILENO, words, strlen(words)) < 0)
		words = NULL;
	signal(number, SIG_DFL);
	raise(number);
}

static void
take_signal(int number, siginfo_t *info, void *unused)
{
	int saved = errno;
	char message[256];
	bool is_first = signal_taken == 0;
	bool is_second = is_second_signal();

	(void) unused;
	if (is_first)
		clock_gettime(CLOCK_MONOTONIC, &first_signal);
	signal_taken = number;
	if (child > 0)
		pass_signal(number, info, is_second);
	else if (is_second)
		end_at_once(number);
	else if (is_first && cancel_key != NULL)
		PQcancel(cancel_key, message, sizeof(message));
	errno = saved;
}

/*
 * A signal that is ignored stays so, as under nohup.  None is blocked while the handler runs, and what
 * waits for input does not go on waiting.
 */
static void
catch_signals(void)
{
	struct sigaction action = {0};

	action.sa_sigaction = take_signal;
	action.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < lengthof(ending_signals); i++)
		if (sigaction(ending_signals[i], NULL, &actions_before[i]) == 0 &&
			actions_before[i].sa_handler != SIG_IGN)
			sigaction(ending_signals[i], &action, NULL);
	/* a reader of our output that went away is no reason to leave the database behind */
	action.sa_handler = SIG_IGN;
	action.sa_flags = 0;
	sigaction(SIGPIPE, &action, &pipe_before);
}

/* There is nothing to clean up any more. */
static void
release_signals(void)
{
	for (size_t i = 0; i < lengthof(ending_signals); i++)
		sigaction(ending_signals[i], &actions_before[i], NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
}

static void
block_signals(sigset_t *before)
{
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < lengthof(ending_signals); i++)
		sigaddset(&signals, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &signals, before);
}

/* From now on signals cancel what this session does; NULL: they are only noted. */
static void
set_cancel_key(const MhConnection *session)
{
	PGcancel *old = cancel_key;
	sigset_t before;

	block_signals(&before);
	cancel_key = session == NULL ? NULL : mh_session_cancel_key(session);
	sigprocmask(SIG_SETMASK, &before, NULL);
	PQfreeCancel(old);
}

/* As if the signal had ended us at once: who started us looks at that. */
static void
repeat_signal(void)
{
	if (signal_taken == 0)
		return;
	signal((int) signal_taken, SIG_DFL);
	fflush(stdout);
	raise((int) signal_taken);
}

bool
mh_scratch_was_interrupted(void)
{
	return signal_taken != 0;
}

/* ---------- the database ---------- */

static char *
random_name(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return psprintf("mighead_scratch_%d_%ld_%06ld", (int) getpid(), (long) now.tv_sec,
					(long) now.tv_usec);
}

static void
prepare_last_words(const char *name)
{
	last_words = psprintf("mighead: the scratch database \"%s\" is left on the server\n",
						  mh_safe_text(name, false));
}

/* Nobody else gets in, or what the migrations make could be changed before it is recorded. */
static bool
close_to_others(MhScratch *scratch, const char *quoted)
{
	return mh_tell(&scratch->server, psprintf("REVOKE ALL ON DATABASE %s FROM PUBLIC", quoted));
}

static bool
try_create(MhScratch *scratch, const char *name, const char *template, bool may_exist, bool *again)
{
	MhConnection *server = &scratch->server;
	char *quoted = mh_session_quote(server, name);
	char *sql = template == NULL ? psprintf("CREATE DATABASE %s", quoted)
								 : psprintf("CREATE DATABASE %s TEMPLATE %s", quoted,
											mh_session_quote(server, template));

	*again = false;
	if (!mh_session_try(server, sql, may_exist ? "42P04" : NULL, again) || *again)
		return false;
	scratch->database = pstrdup(name);
	prepare_last_words(name);
	return close_to_others(scratch, quoted);
}

static bool
create_database(MhScratch *scratch, const MhOptions *options)
{
	bool again = true;

	if (options->scratch != NULL)
		return try_create(scratch, options->scratch, options->template, false, &again);
	for (int i = 0; again && i < ATTEMPTS && signal_taken == 0; i++)
		if (try_create(scratch, random_name(), options->template, i < ATTEMPTS - 1, &again))
			return true;
	return false;
}

/* For whom finds it after a crash of this machine. */
static void
comment_database(MhScratch *scratch)
{
	mh_tell(&scratch->server,
			psprintf("COMMENT ON DATABASE %s IS 'scratch database of the program mighead, safe to "
					 "drop if no mighead is running'",
					 mh_session_quote(&scratch->server, scratch->database)));
}

static void
drop_at_exit(void)
{
	if (current != NULL)
		mh_scratch_drop(current);
}

/* Without a name it would be the one of the role, which need not exist. */
static MhOptions
with_some_database(const MhOptions *options)
{
	MhOptions changed = *options;

	if (options->dbname == NULL && getenv("PGDATABASE") == NULL && getenv("PGSERVICE") == NULL)
		changed.dbname = "postgres";
	return changed;
}

bool
mh_scratch_settle(MhConnection *session)
{
	struct pg_result *result =
		mh_ask(session,
			   "SELECT pg_catalog.set_config(s.name, '0', false) FROM pg_catalog.pg_settings AS s"
			   " WHERE s.name OPERATOR(pg_catalog.=) ANY ('{statement_timeout,lock_timeout,"
			   "idle_session_timeout,idle_in_transaction_session_timeout,transaction_timeout}'"
			   "::pg_catalog.text[])",
			   0, NULL, 1);

	mh_forget(result);
	return result != NULL && mh_tell(session, "SET client_min_messages = warning");
}

bool
mh_scratch_make(const MhOptions *options, MhScratch *scratch)
{
	MhOptions changed = with_some_database(options);

	memset(scratch, 0, sizeof(*scratch));
	if (!mh_session_connect(&changed, &scratch->server))
		return false;
	catch_signals();
	current = scratch;
	atexit(drop_at_exit);
	set_cancel_key(&scratch->server);
	if (!mh_scratch_settle(&scratch->server) || !create_database(scratch, options))
		return false;
	comment_database(scratch);
	if (signal_taken != 0 ||
		!mh_session_connect_beside(&scratch->server, scratch->database, &scratch->session))
		return false;
	set_cancel_key(&scratch->session);
	return signal_taken == 0 && mh_scratch_settle(&scratch->session);
}

/* The names of a setting that is a list, each as a literal, and mighead. */
static char *
with_mighead(MhConnection *server)
{
	struct pg_result *result = mh_ask(
		server,
		"SELECT coalesce(pg_catalog.string_agg(pg_catalog.quote_literal("
		"pg_catalog.btrim(n, ' \"')) OPERATOR(pg_catalog.||) ', ', ''), '')"
		" OPERATOR(pg_catalog.||) '''mighead''' FROM pg_catalog.pg_settings AS s,"
		" pg_catalog.string_to_table(s.setting, ',') AS n"
		" WHERE s.name OPERATOR(pg_catalog.=) 'session_preload_libraries' AND pg_catalog.btrim(n, ' \"') OPERATOR(pg_catalog.<>) ALL ('{\"\",mighead}'::"
		"pg_catalog.text[])",
		0, NULL, 1);
	char *list = result == NULL ? NULL : pstrdup(mh_field(result, 0, 0));

	mh_forget(result);
	return list;
}

#define NOT_PERMITTED "42501"

bool
mh_scratch_preload(MhScratch *scratch, bool *done)
{
	char *libraries = with_mighead(&scratch->server);
	bool refused = false;

	*done =
		libraries != NULL &&
		mh_session_try(&scratch->server,
					   psprintf("ALTER DATABASE %s SET session_preload_libraries = %s",
								mh_session_quote(&scratch->server, scratch->database), libraries),
					   NOT_PERMITTED, &refused);
	if (!*done)
		return refused;
	set_cancel_key(NULL);
	mh_session_close(&scratch->session);
	if (signal_taken != 0 ||
		!mh_session_connect_beside(&scratch->server, scratch->database, &scratch->session))
		return false;
	set_cancel_key(&scratch->session);
	return signal_taken == 0 && mh_scratch_settle(&scratch->session);
}

/*
 * What else is connected, such as a command that did not end, is not waited for.  Only without FORCE a role that is no
 * superuser may end the autovacuum of a database.
 */
static bool
try_drop(MhConnection *server, const char *name)
{
	char *plain = psprintf("DROP DATABASE IF EXISTS %s", name);
	bool not_allowed;

	if (!mh_session_try(server, psprintf("%s WITH (FORCE)", plain), NOT_PERMITTED, &not_allowed))
		return not_allowed && mh_tell(server, plain);
	return !not_allowed || mh_tell(server, plain);
}

/* A session that somebody ended meanwhile is made anew. */
static bool
drop_database(MhScratch *scratch)
{
	MhConnection *server = &scratch->server;
	char *name = mh_session_quote(server, scratch->database);
	bool is_gone = !mh_session_is_alive(server);

	if (is_gone)
		PQreset(server->connection);
	if ((!is_gone || mh_scratch_settle(server)) && try_drop(server, name))
		return true;
	mh_complain("the scratch database \"%s\" could not be dropped", scratch->database);
	mh_complain_hint("In psql: DROP DATABASE %s WITH (FORCE)", name);
	return false;
}

bool
mh_scratch_drop(MhScratch *scratch)
{
	bool done = true;

	current = NULL;
	set_cancel_key(NULL);
	if (scratch->session.connection != NULL)
		mh_session_close(&scratch->session);
	if (scratch->database != NULL)
		done = drop_database(scratch);
	scratch->database = NULL;
	last_words = NULL;
	if (scratch->server.connection != NULL)
		mh_session_close(&scratch->server);
	repeat_signal();
	release_signals();
	return done;
}

/* ---------- a command that uses it ---------- */

/* Its output goes where it is no part of ours. */
static void
become_command(const MhScratch *scratch, const MhStrings *command)
{
	char **arguments = palloc((command->n + 1) * sizeof(char *));

	for (int i = 0; i < command->n; i++)
		arguments[i] = command->v[i];
	arguments[command->n] = NULL;
	mh_session_export(&scratch->session);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(arguments[0], arguments);
	mh_complain("could not run \"%s\": %s", arguments[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static pid_t
start_command(const MhScratch *scratch, const MhStrings *command)
{
	sigset_t before;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	block_signals(&before);
	pid = signal_taken == 0 ? fork() : -1;
	if (pid == 0)
	{
		for (size_t i = 0; i < lengthof(ending_signals); i++)
			if (signal(ending_signals[i], SIG_DFL) == SIG_IGN)
				signal(ending_signals[i], SIG_IGN);
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		become_command(scratch, command);
	}
	child = pid < 0 ? 0 : pid;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* It is waited for in small steps, since its number must not be used once it is gone. */
static int
await_command(pid_t pid)
{
	siginfo_t info;
	sigset_t before;
	int status = -1;

	while (waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
		continue;
	block_signals(&before);
	child = 0;
	waitpid(pid, &status, 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

bool
mh_scratch_run(const MhScratch *scratch, const MhStrings *command)
{
	pid_t pid = start_command(scratch, command);
	int status;

	if (pid < 0)
	{
		if (signal_taken == 0)
			mh_complain("could not start a process: %s", strerror(errno));
		return false;
	}
	status = await_command(pid);
	if (WIFSIGNALED(status))
		mh_complain("\"%s\" was ended by signal %d", command->v[0], WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		mh_complain("\"%s\" failed with exit status %d", command->v[0], WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && signal_taken == 0;
}
