/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Command lines.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

static const MhOptionText general_options[] = {{'j', 0, "json", NULL, "print JSON, for programs"},
											   {'?', '?', "help", NULL, "print this text"},
											   {'V', 'V', "version", NULL, "print the version"},
											   {0, 0, NULL, NULL, NULL}};

static const MhOptionText connection_options[] = {
	{'d', 'd', "dbname", "DBNAME", "database, or a connection string"},
	{'h', 'h', "host", "HOST", "host of the server, or the folder of its socket"},
	{'p', 'p', "port", "PORT", "port of the server"},
	{'U', 'U', "username", "USER", "role"},
	{'w', 'w', "no-password", NULL, "never ask for a password"},
	{'W', 'W', "password", NULL, "ask for a password first"},
	{0, 0, NULL, NULL, NULL}};

/* "load" has had -p for the project before it had any of psql's options. */
static const MhOptionText command_options[] = {
	{'L', 'p', "project", "PROJECT", "Alembic environment (default: \"default\")"},
	{'P', 'P', "project", "PROJECT", "Alembic environment (default: that of the version table)"},
	{'r', 'r', "release", "RELEASE", "label of this load, such as a version or a commit"},
	{'R', 'r', "range", "RANGE", "revisions, as \"alembic history -r\" takes them"},
	{'A', 0, "around", "N",
	 "only revisions at most N steps from the rows of the version table; not with DIR"},
	{'t', 't', "version-table", "TABLE", "only this version table"},
	{'s', 's', "min-severity", "N", "from this severity on: 0, 1 (default) or 2"},
	{'f', 'f', "format", "FORMAT", "text (default), dot or mermaid"},
	{'n', 'n', "no-recursion", NULL, "not the directories below"},
	{'X', 0, "expect", "FILE", "load what \"mighead expect\" wrote, scripts and expectations"},
	{'E', 0, "allow-empty", NULL, "load even if there is no script, which retires every revision"},
	{'H', 0, "heads", "N|LABELS",
	 "how many heads there must be (default 1), or the labels of branches, with commas, of which "
	 "each must have one head"},
	{'m', 'm', "message", "TEXT", "message of the revision"},
	{'I', 0, "rev-id", "ID", "id of the revision (default: made from heads and message)"},
	{'C', 'C', "directory", "DIR", "from the scripts in this directory, without a database"},
	{'o', 'o', "output", "FILE", "write this new file, or a new file in this directory"},
	{'Q', 'P', "project", "PROJECT", "Alembic environment (default: \"default\")"},
	{'T', 't', "version-table", "TABLE",
	 "version table that COMMAND writes, with its schema unless the role finds it without (default: "
	 "alembic_version)"},
	{'O', 'o', "output", "FILE", "write the document to this file; \"-\" is standard output"},
	{'S', 0, "scratch", "NAME",
	 "name of the scratch database, which must not exist (default: a new name)"},
	{'M', 0, "template", "NAME", "make the scratch database from this one"},
	{'D', 'C', "directory", "DIR", "the scripts, if there is no --expect"},
	{'i', 'p', "project", "PROJECT", "Alembic environment (default: that of the version table)"},
	{'z', 's', "min-severity", "N",
	 "from this severity on: 0, 1 (default) or 2; the exit status counts no others"},
	{'F', 'f', "format", "FORMAT",
	 "text (default), github (annotations of GitHub Actions), or gitlab (a Code Quality report)"},
	{'u', 0, "role", "ROLE",
	 "role that will run the script (default: the caller, or else the owner of the version table)"},
	{'N', 0, "no-data", NULL, "do not read rows to see what they make fail"},
	{'c', 0, "recorded", NULL, "review the statements that were recorded in CI, not a script"},
	{'l', 0, "timeout", "SECONDS", "how long each server may take (default: 10)"},
	{'K', 0, "watch", "SECONDS", "ask again after so many seconds, until it is interrupted"},
	{'v', 'v', "verbose", NULL, "tell more of each revision"},
	{'q', 'q', "quiet", NULL, "print problems only"},
	{0, 0, NULL, NULL, NULL}};

static const MhOptionText *
group_of(MhOptionGroup group)
{
	switch (group)
	{
		case MH_OPTIONS_GENERAL:
			return general_options;
		case MH_OPTIONS_CONNECTION:
			return connection_options;
		default:
			return command_options;
	}
}

static bool
takes(MhOptionGroup group, const MhCommand *command, const MhOptionText *option)
{
	switch (group)
	{
		case MH_OPTIONS_GENERAL:
			return true;
		case MH_OPTIONS_CONNECTION:
			return command == NULL || command->connects;
		default:
			return command != NULL && strchr(command->options, option->id) != NULL;
	}
}

const MhOptionText *
mh_option_at(MhOptionGroup group, const MhCommand *command, int *index)
{
	const MhOptionText *options = group_of(group);

	while (options[*index].name != NULL)
	{
		const MhOptionText *option = &options[(*index)++];

		if (takes(group, command, option))
			return option;
	}
	return NULL;
}

/* A command's own options come first: its letter may be one of the connection's. */
static const MhOptionText *
find_option(const MhCommand *command, char letter, const char *name, size_t length)
{
	for (int group = MH_OPTIONS_COMMAND; group >= MH_OPTIONS_GENERAL; group--)
	{
		const MhOptionText *option;
		int index = 0;

		while ((option = mh_option_at((MhOptionGroup) group, command, &index)) != NULL)
			if (name == NULL
					? option->letter == letter
					: strlen(option->name) == length && strncmp(option->name, name, length) == 0)
				return option;
	}
	return NULL;
}

static const char **
text_option(MhOptions *options, char id)
{
	switch (id)
	{
		case 'd':
			return &options->dbname;
		case 'h':
			return &options->host;
		case 'p':
			return &options->port;
		case 'U':
			return &options->user;
		case 'L':
		case 'P':
		case 'Q':
		case 'i':
			return &options->project;
		case 'r':
			return &options->release;
		case 'R':
			return &options->range;
		case 't':
		case 'T':
			return &options->version_table;
		case 's':
		case 'z':
			return &options->min_severity;
		case 'u':
			return &options->role;
		case 'A':
			return &options->around;
		case 'f':
		case 'F':
			return &options->format;
		case 'H':
			return &options->heads;
		case 'm':
			return &options->message;
		case 'I':
			return &options->revision;
		case 'X':
			return &options->expect;
		case 'S':
			return &options->scratch;
		case 'M':
			return &options->template;
		case 'l':
			return &options->timeout;
		case 'K':
			return &options->watch;
		case 'C':
		case 'D':
			return &options->directory;
		default:
			return &options->output;
	}
}

static void
set_flag(MhOptions *options, char id, char *asked)
{
	switch (id)
	{
		case 'j':
			options->json = true;
			break;
		case 'w':
			options->never_prompt = true;
			break;
		case 'W':
			options->always_prompt = true;
			break;
		case 'n':
			options->not_recursive = true;
			break;
		case 'E':
			options->allow_empty = true;
			break;
		case 'N':
			options->no_data = true;
			break;
		case 'c':
			options->recorded = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'q':
			options->quiet = true;
			break;
		default:
			*asked = id == '?' ? 'h' : id;
	}
}

static bool
bad_usage(const MhCommand *command, const char *what, const char *option)
{
	mh_complain("%s: %s", what, option);
	mh_complain_hint("mighead %s%s--help", command == NULL ? "" : command->name,
					 command == NULL ? "" : " ");
	return false;
}

/* Where arguments are taken from. */
typedef struct Line
{
	int argc;
	char **argv;
	int at;
	const MhCommand *command;
} Line;

static bool
set_text(Line *line, MhOptions *options, const MhOptionText *option, const char *value)
{
	if (value == NULL && line->at == line->argc)
		return bad_usage(line->command, "option needs a value", option->name);
	*text_option(options, option->id) = value != NULL ? value : line->argv[line->at++];
	return true;
}

/* "--name", "--name=value", "--name" and "value" */
static bool
take_long(Line *line, MhOptions *options, const char *argument, char *asked)
{
	size_t length = strcspn(argument, "=");
	const char *value = argument[length] == '=' ? argument + length + 1 : NULL;
	const MhOptionText *option = find_option(line->command, 0, argument, length);

	if (option == NULL)
		return bad_usage(line->command, "unknown option", psprintf("--%s", argument));
	if (option->argument != NULL)
		return set_text(line, options, option, value);
	if (value != NULL)
		return bad_usage(line->command, "option takes no value", psprintf("--%s", argument));
	set_flag(options, option->id, asked);
	return true;
}

/* "-x", "-xy", "-xvalue", "-x" and "value" */
static bool
take_short(Line *line, MhOptions *options, const char *argument, char *asked)
{
	for (; *argument != '\0'; argument++)
	{
		const MhOptionText *option = find_option(line->command, *argument, NULL, 0);

		if (option == NULL)
			return bad_usage(line->command, "unknown option", psprintf("-%c", *argument));
		if (option->argument != NULL)
			return set_text(line, options, option, argument[1] == '\0' ? NULL : argument + 1);
		set_flag(options, option->id, asked);
	}
	return true;
}

int
mh_parse_options(int argc, char **argv, int at, const MhCommand *command, MhOptions *options,
				 char *asked)
{
	Line line = {argc, argv, at, command};

	while (line.at < argc)
	{
		const char *argument = argv[line.at];
		bool is_option = argument[0] == '-' && argument[1] != '\0';

		if (!is_option && command == NULL)
			break;
		line.at++;
		if (is_option && strcmp(argument, "--") == 0)
			break;
		if (!is_option)
			mh_strings_add(&options->operands, argument);
		else if (argument[1] == '-' ? !take_long(&line, options, argument + 2, asked)
									: !take_short(&line, options, argument + 1, asked))
			return -1;
	}
	/* what is behind "--" is no option */
	while (command != NULL && line.at < argc)
		mh_strings_add(command->runs_program ? &options->command : &options->operands,
					   argv[line.at++]);
	return line.at;
}

/* ---------- mighead-load ---------- */

/* psql's options that change nothing here. */
static bool
is_of_psql(const char *argument)
{
	return strcmp(argument, "-X") == 0 || strcmp(argument, "-q") == 0 ||
		   strcmp(argument, "--no-psqlrc") == 0 || strcmp(argument, "--quiet") == 0;
}

/* argv from at on without them; returns the new argc. */
static int
drop_psql_options(int argc, char **argv, int at)
{
	int kept = at;

	for (; at < argc; at++)
		if (!is_of_psql(argv[at]))
			argv[kept++] = argv[at];
	return kept;
}

/* Behind "--" are psql's options: connections, and names of a database and a role. */
static bool
take_psql_options(int argc, char **argv, int at, MhOptions *options, char *asked)
{
	MhStrings names = {0, NULL, 0};

	argc = drop_psql_options(argc, argv, Min(at, argc));
	while (at < argc)
	{
		at = mh_parse_options(argc, argv, at, NULL, options, asked);
		if (at < 0)
			return false;
		if (at < argc)
			mh_strings_add(&names, argv[at++]);
	}
	if (names.n > 0 && options->dbname == NULL)
		options->dbname = names.v[0];
	if (names.n > 1 && options->user == NULL)
		options->user = names.v[1];
	return true;
}

bool
mh_parse_old_load(int argc, char **argv, MhOptions *options, char *asked)
{
	static const MhCommand old = {"load", "", "LrnE", false, "", "", NULL, false};
	Line line = {argc, argv, 1, &old};

	while (line.at < argc && strcmp(argv[line.at], "--") != 0)
	{
		const char *argument = argv[line.at++];

		if (strcmp(argument, "-h") == 0)
			*asked = 'h';
		else if (argument[0] != '-' || argument[1] == '\0')
			mh_strings_add(&options->operands, argument);
		else if (argument[1] == '-' ? !take_long(&line, options, argument + 2, asked)
									: !take_short(&line, options, argument + 1, asked))
			return false;
	}
	return take_psql_options(argc, argv, line.at + 1, options, asked);
}
