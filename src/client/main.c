/*-------------------------------------------------------------------------
 *
 * main.c
 *	  The program "mighead".
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include <signal.h>

#define OLD_NAME "mighead-load"
#define OLD_EXIT_USAGE 64

static const char *
name_of(const char *path)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
answer(char asked, const MhCommand *command)
{
	if (asked == 'V')
		puts("mighead " MIGHEAD_VERSION);
	else if (command == NULL)
		mh_print_usage();
	else
		mh_print_command_usage(command);
	return mh_finish_output(MH_EXIT_OK);
}

static int
run_old_load(int argc, char **argv)
{
	MhOptions options = {0};
	char asked = 0;

	if (!mh_parse_old_load(argc, argv, &options, &asked))
		return OLD_EXIT_USAGE;
	if (asked == 'h')
	{
		mh_print_old_load_usage();
		return mh_finish_output(MH_EXIT_OK);
	}
	if (asked != 0)
		return answer(asked, NULL);
	if (options.operands.n == 0)
	{
		mh_complain("no directory");
		mh_complain_hint(OLD_NAME " -h");
		return OLD_EXIT_USAGE;
	}
	return mh_run_old_load(&options);
}

/* What the build asks for; not in the help. */
static bool
run_hidden(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--manual") == 0)
		mh_print_manual();
	else if (argc != 3 || strcmp(argv[1], "--completion") != 0 || !mh_print_completion(argv[2]))
		return false;
	return true;
}

static int
run(int argc, char **argv)
{
	MhOptions options = {0};
	const MhCommand *command = NULL;
	char asked = 0;
	int at = mh_parse_options(argc, argv, 1, NULL, &options, &asked);

	if (at < 0)
		return MH_EXIT_TROUBLE;
	if (at < argc && (command = mh_find_command(argv[at])) == NULL)
	{
		mh_complain("unknown command: %s", argv[at]);
		mh_complain_hint("mighead --help");
		return MH_EXIT_TROUBLE;
	}
	if (asked != 0)
		return answer(asked, command);
	if (command == NULL)
		return mh_find_command("status")->run(&options);
	if (mh_parse_options(argc, argv, at + 1, command, &options, &asked) < 0)
		return MH_EXIT_TROUBLE;
	return asked != 0 ? answer(asked, command) : command->run(&options);
}

int
main(int argc, char **argv)
{
	/* a pager that was left is told by the write */
	signal(SIGPIPE, SIG_DFL);
	if (strcmp(name_of(argv[0]), OLD_NAME) == 0)
		return run_old_load(argc, argv);
	if (run_hidden(argc, argv))
		return mh_finish_output(MH_EXIT_OK);
	return run(argc, argv);
}
