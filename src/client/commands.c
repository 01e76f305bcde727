/*-------------------------------------------------------------------------
 *
 * commands.c
 *	  The commands of the program, in the order of its help.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#define DIRECTORIES \
	"DIR is a version location, or a folder with env.py and versions/, or the root of a project: " \
	"a folder with alembic.ini, migrations/ or alembic/. A file alembic.ini is read as Alembic " \
	"reads it. "

static const MhCommand commands[] = {
	{"status", "", "t", true, "what the database says of its migrations, on one screen",
	 "Prints the report of mighead_report(): state, rows, what is wrong, and the next command. "
	 "This is what \"mighead\" without a command does. "
	 "The exit status is the worst severity.",
	 mh_run_status},
	{"load", "[DIR|alembic.ini]...|-", "LrnE", true, "sends the migration scripts to the database",
	 "Reads the scripts of the directories and makes them the project's current release. " DIRECTORIES
	 "Without DIR it is the current directory. "
	 "\"-\" reads a tar archive from standard input. The order of several directories is that of "
	 "Alembic's version_locations. The option -p is the project here, the port is --port. "
	 "The role needs EXECUTE on mighead_load_archive() and the right to make temporary tables.",
	 mh_run_load},
	{"check", "[DIR|alembic.ini]...", "Hnq", false, "checks the scripts of a directory, for CI",
	 "Needs no database. Exits 0 if the scripts are one history that Alembic can run: exactly one "
	 "head, no missing or doubled revision, no cycle, nothing that cannot be read. " DIRECTORIES
	 "Without DIR it is the current directory. "
	 "Exits 2 otherwise, with a line for each problem.",
	 mh_run_check},
	{"graph", "[DIR|alembic.ini]...", "RftPn", true, "draws the history",
	 "With DIR from the scripts there, without a database; else from the database, with its rows "
	 "marked.",
	 mh_run_graph},
	{"history", "[DIR|alembic.ini]...", "RvtPn", true,
	 "lists revisions as \"alembic history\" does",
	 "With DIR from the scripts there, without a database; else from the database. -v tells path, "
	 "parents and the whole message of each revision.",
	 mh_run_history},
	{"heads", "[DIR|alembic.ini]...", "vPn", true, "lists heads as \"alembic heads\" does",
	 "With DIR from the scripts there, without a database; else from the database.", mh_run_heads},
	{"merge", "[REVISION]...", "mICoP", true, "prints the migration file that merges heads",
	 "Without REVISION it merges all heads. The same heads and message give the same id. With -o "
	 "the file appears complete or not at all, and an existing file is not overwritten.",
	 mh_run_merge},
	{"findings", "", "ts", true, "lists problems with hints and fixes",
	 "Prints the rows of mighead_findings(). The exit status is the worst severity.",
	 mh_run_findings},
	{"drift", "", "ts", true, "lists differences of the schema from what is expected",
	 "Prints the rows of mighead_drift(). The exit status is the worst severity.", mh_run_drift},
	{"locate", "", "t", true, "tells which revision the schema really is",
	 "Prints the rows of mighead_locate(), best first.", mh_run_locate},
	{"locks", "", "", true, "lists sessions that are in the way of a migration",
	 "Prints the rows of mighead_locks().", mh_run_locks},
};

const MhCommand *
mh_find_command(const char *name)
{
	for (size_t i = 0; i < lengthof(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const MhCommand *
mh_command_at(int index)
{
	return index < (int) lengthof(commands) ? &commands[index] : NULL;
}
