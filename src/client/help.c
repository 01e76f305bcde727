/*-------------------------------------------------------------------------
 *
 * help.c
 *	  Help, the manual page and completions, all from the tables of commands and options.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#define HELP_COLUMNS 80
#define OPTION_INDENT 30
#define COMMAND_INDENT 13

static const char about[] =
	"mighead inspects the migration state of databases managed by Alembic or Flask-Migrate. It "
	"needs no Python.";

static const char statuses[] =
	"Exit status: 0, 1 (warning) or 2 (critical) by the worst severity; 3 for trouble of its own, "
	"such as no connection, and for a state that is not known.";

static const char environment[] =
	"The environment (PGHOST, PGDATABASE, PGSERVICE, ...) counts as for psql. NO_COLOR switches "
	"colours off; they are used on a terminal only. COLUMNS is the width of tables.";

static void
print_wrapped(const char *text, int indent, bool first_is_indented)
{
	MhStrings lines = mh_wrap_text(text, HELP_COLUMNS - 1 - indent);

	for (int i = 0; i < lines.n; i++)
		printf("%*s%s\n", i > 0 || !first_is_indented ? indent : 0, "", lines.v[i]);
	mh_strings_free(&lines);
}

static char *
option_usage(const MhOptionText *option)
{
	char *letter = option->letter == 0 ? pstrdup("    ") : psprintf("-%c, ", option->letter);

	return psprintf("%s--%s%s%s", letter, option->name, option->argument == NULL ? "" : " ",
					option->argument == NULL ? "" : option->argument);
}

static void
print_options(MhOptionGroup group, const MhCommand *command, const char *title)
{
	const MhOptionText *option;
	int index = 0;

	while ((option = mh_option_at(group, command, &index)) != NULL)
	{
		char *usage = option_usage(option);

		if (title != NULL)
			printf("\n%s:\n", title);
		title = NULL;
		printf("  %-*s", OPTION_INDENT - 2, usage);
		if (strlen(usage) >= OPTION_INDENT - 2)
			printf("\n%*s", OPTION_INDENT, "");
		print_wrapped(option->text, OPTION_INDENT, true);
	}
}

void
mh_print_usage(void)
{
	const MhCommand *command;

	print_wrapped(about, 0, true);
	printf("\nUsage:\n  mighead [OPTION]... [COMMAND] [OPTION]... [ARGUMENT]...\n\nCommands:\n");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
	{
		printf("  %-*s", COMMAND_INDENT - 2, command->name);
		print_wrapped(command->summary, COMMAND_INDENT, true);
	}
	print_options(MH_OPTIONS_GENERAL, NULL, "Options");
	print_options(MH_OPTIONS_CONNECTION, NULL, "Connection");
	putchar('\n');
	print_wrapped("\"mighead COMMAND --help\" tells about a command.", 0, true);
	print_wrapped(environment, 0, true);
	print_wrapped(statuses, 0, true);
}

void
mh_print_command_usage(const MhCommand *command)
{
	printf("mighead %s %s\n\nUsage:\n  mighead %s [OPTION]...%s%s\n\n", command->name,
		   command->summary, command->name, *command->operands == '\0' ? "" : " ",
		   command->operands);
	print_wrapped(command->text, 0, true);
	print_options(MH_OPTIONS_COMMAND, command, "Options");
	print_options(MH_OPTIONS_GENERAL, command, *command->options == '\0' ? "Options" : NULL);
	print_options(MH_OPTIONS_CONNECTION, command, "Connection");
}

void
mh_print_old_load_usage(void)
{
	puts("mighead-load is \"mighead load\" with the options of older releases.\n"
		 "\n"
		 "Usage:\n"
		 "  mighead-load [-p PROJECT] [-r RELEASE] [-n] [--allow-empty] DIRECTORY...\n"
		 "               [-- CONNECTION-OPTION...]\n"
		 "\n"
		 "  DIRECTORY      as \"mighead load\" takes it\n"
		 "  -p PROJECT     Alembic environment (default: \"default\")\n"
		 "  -r RELEASE     label of this load, such as a version or a commit\n"
		 "  -n             not the directories below\n"
		 "  --allow-empty  load even if there is no script, which retires every revision\n"
		 "  -h             this text\n"
		 "  CONNECTION-OPTION  as psql has them, such as -h HOST -d DATABASE\n"
		 "\n"
		 "Exit status: 0 loaded, 1 nothing was sent, 2 no connection, 3 the server refused,\n"
		 "64 wrong usage.");
}

/* ---------- the manual page ---------- */

/* Text of roff: no line begins with a dot or a quote, and "-" is a dash to type. */
static void
print_roff(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
	putchar('\n');
}

static void
print_roff_options(MhOptionGroup group, const MhCommand *command)
{
	const MhOptionText *option;
	int index = 0;

	while ((option = mh_option_at(group, command, &index)) != NULL)
	{
		char *usage = option_usage(option);

		puts(".TP");
		fputs(".B ", stdout);
		print_roff(usage + strspn(usage, " "));
		print_roff(option->text);
	}
}

void
mh_print_manual(void)
{
	const MhCommand *command;

	puts(".TH MIGHEAD 1 \"\" \"mighead " MIGHEAD_VERSION "\" \"mighead\"\n"
		 ".SH NAME\nmighead \\- migration state of databases managed by Alembic\n"
		 ".SH SYNOPSIS\n.B mighead\n[OPTION]... [COMMAND] [OPTION]... [ARGUMENT]...\n"
		 ".SH DESCRIPTION");
	print_roff(about);
	puts(".SH COMMANDS");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
	{
		printf(".SS mighead %s [OPTION]... %s\n", command->name, command->operands);
		print_roff(command->text);
		print_roff_options(MH_OPTIONS_COMMAND, command);
	}
	puts(".SH OPTIONS");
	print_roff_options(MH_OPTIONS_GENERAL, NULL);
	puts(".SH CONNECTION");
	print_roff_options(MH_OPTIONS_CONNECTION, NULL);
	puts(".SH ENVIRONMENT");
	print_roff(environment);
	puts(".SH EXIT STATUS");
	print_roff(statuses);
	puts(".SH MIGHEAD\\-LOAD");
	print_roff(
		"mighead-load is \"mighead load\" under its old name, with the options of older "
		"releases: -p PROJECT, -r RELEASE, -n, --allow-empty, and options of the connection "
		"behind \"--\". Its exit status is 1 if nothing was sent, 2 without a connection, 3 if "
		"the server refused, and 64 for wrong usage.");
	puts(".SH SEE ALSO\n.BR alembic (1),\n.BR psql (1)");
}

/* ---------- completions ---------- */

static void
print_words(MhOptionGroup group, const MhCommand *command)
{
	const MhOptionText *option;
	int index = 0;

	while ((option = mh_option_at(group, command, &index)) != NULL)
		printf(" --%s", option->name);
}

static void
print_bash(void)
{
	const MhCommand *command;

	printf("# bash completion for mighead\n_mighead()\n{\n"
		   "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= i\n"
		   "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		   "\t\tcase ${COMP_WORDS[i]} in\n\t\t\t");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
		printf("%s%s", i == 0 ? "" : " | ", command->name);
	printf(")\n\t\t\t\tcommand=${COMP_WORDS[i]}\n\t\t\t\tbreak\n\t\t\t\t;;\n\t\tesac\n\tdone\n"
		   "\tlocal options=\n\tcase $command in\n");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
	{
		printf("\t\t%s) options=\"", command->name);
		print_words(MH_OPTIONS_COMMAND, command);
		print_words(MH_OPTIONS_GENERAL, command);
		print_words(MH_OPTIONS_CONNECTION, command);
		puts("\" ;;");
	}
	printf("\t\t*) options=\"");
	print_words(MH_OPTIONS_GENERAL, NULL);
	print_words(MH_OPTIONS_CONNECTION, NULL);
	printf("\" ;;\n\tesac\n"
		   "\tif [[ $word == -* ]]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
		   "\telif [[ -n $command ]]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
		   "\telse\n\t\tmapfile -t COMPREPLY < <(compgen -W \"");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
		printf("%s%s", i == 0 ? "" : " ", command->name);
	puts("\" -- \"$word\")\n\tfi\n}\ncomplete -o filenames -F _mighead mighead");
}

static void
print_zsh(void)
{
	const MhCommand *command;

	puts("#compdef mighead\n"
		 "local -a subcommands\n"
		 "local command word\n"
		 "subcommands=(");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
		printf("\t'%s:%s'\n", command->name, command->summary);
	puts(")\n"
		 "for word in ${words[2,CURRENT-1]}; do\n"
		 "\tif (( ${subcommands[(I)${word}:*]} )); then command=$word; break; fi\n"
		 "done\n"
		 /* behind "--" is a command of its own */
		 "local -i end=${words[(i)--]}\n"
		 "if (( end < CURRENT )); then\n"
		 "\tshift end words\n"
		 "\t(( CURRENT -= end ))\n"
		 "\t_normal\n"
		 "\treturn\n"
		 "fi\n"
		 "if [[ $PREFIX != -* ]]; then\n"
		 "\tif [[ -n $command ]]; then _files; else _describe command subcommands; fi\n"
		 "\treturn\n"
		 "fi\n"
		 "case $command in");
	for (int i = 0; (command = mh_command_at(i)) != NULL; i++)
	{
		printf("\t%s) compadd --", command->name);
		print_words(MH_OPTIONS_COMMAND, command);
		print_words(MH_OPTIONS_GENERAL, command);
		print_words(MH_OPTIONS_CONNECTION, command);
		puts(" ;;");
	}
	printf("\t*) compadd --");
	print_words(MH_OPTIONS_GENERAL, NULL);
	print_words(MH_OPTIONS_CONNECTION, NULL);
	puts(" ;;\nesac");
}

bool
mh_print_completion(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		print_bash();
	else if (strcmp(shell, "zsh") == 0)
		print_zsh();
	else
		return false;
	return true;
}
