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
	 mh_run_status, false},
	{"load", "[DIR|alembic.ini]...|-", "LrnEX", true, "sends the migration scripts to the database",
	 "Reads the scripts of the directories and makes them the project's current release. " DIRECTORIES
	 "Without DIR it is the current directory. "
	 "\"-\" reads a tar archive from standard input. The order of several directories is that of "
	 "Alembic's version_locations. The option -p is the project here, the port is --port. "
	 "With --expect it loads the document of \"mighead expect\" instead: the scripts, and the schema "
	 "that is expected at each revision. "
	 "The role needs EXECUTE on mighead_load_archive(), or on mighead_import() for --expect. For \"-\", for "
	 "--expect and with a server of 0.1.0 it also needs the right to make temporary tables.",
	 mh_run_load, false},
	{"expect", "[DIR|alembic.ini]... -o FILE -- COMMAND...", "OQTSMn", true,
	 "records the schema that each revision makes, in CI",
	 "Makes a scratch database, loads the scripts into it, and runs COMMAND there, such as \"alembic "
	 "upgrade heads\". mighead records the schema after each revision and writes it with the scripts to "
	 "FILE. \"mighead load --expect FILE\" loads that into a database, whose schema is then compared. " DIRECTORIES
	 "Without DIR it is the current directory. COMMAND finds the scratch database in "
	 "PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE and DATABASE_URL, and env.py has to take it from "
	 "there. Nobody but its owner and superusers may connect to the scratch database; a COMMAND that logs in as "
	 "another role has to be granted CONNECT and TEMPORARY on it first. Its output goes to standard error. The scratch database is dropped at the end, also after a "
	 "failure, SIGINT or SIGTERM. The role has to be a superuser, or has CREATEDB and a template in "
	 "which a superuser has installed mighead and granted it EXECUTE on mighead's functions.",
	 mh_run_expect, true},
	{"offline", "DUMP...", "XDQtsnSM", true, "judges a database from its dumps",
	 "For a database where nothing can be installed. DUMP is what pg_dump writes as SQL, such as of \"pg_dump "
	 "-s\" and of \"pg_dump -a -t alembic_version\"; \"-\" is standard input. A scratch database on the server of "
	 "the connection gets the schema and the rows of the version tables, is compared with the file of "
	 "--expect, and is dropped at the end. Only what pg_dump writes of a schema is run. The role has to be "
	 "a superuser, or has CREATEDB and a template in which a superuser has installed mighead and granted it EXECUTE on "
	 "mighead's functions. For a dump of a server that you do not trust take the latter: what a dump defines can run with the "
	 "privileges of the role. The exit status is the worst severity.",
	 mh_run_offline, false},
	{"review", "[FILE|-]", "iztFuNc", true, "what a migration will do to this database",
	 "Reviews a script before it runs: \"alembic upgrade a1b2:head --sql | mighead review\". Prints which locks "
	 "its statements take on tables of which size, what they rewrite and scan, who is in the way now, and which "
	 "statement will fail, with the rows of mighead_review(). Nothing of the script is run. The worst is at the "
	 "end. Without FILE the script is standard input; where that is a terminal, or with --recorded, it is the "
	 "statements of the pending revisions, as they were recorded in CI. A comment \"-- mighead: allow CODE "
	 "reason\" before a statement accepts a finding, which is listed still. The option -p is the project here, "
	 "the port is --port. The exit status is the worst severity: 1 for a warning, 2 where a statement fails or "
	 "harms.",
	 mh_run_review, false},
	{"check", "[DIR|alembic.ini]...", "Hnq", false, "checks the scripts of a directory, for CI",
	 "Needs no database. Exits 0 if the scripts are one history that Alembic can run: exactly one "
	 "head, no missing or doubled revision, no cycle, nothing that cannot be read. " DIRECTORIES
	 "Without DIR it is the current directory. "
	 "Exits 2 otherwise, with a line for each problem.",
	 mh_run_check, false},
	{"graph", "[DIR|alembic.ini]...", "RAftPn", true, "draws the history",
	 "With DIR from the scripts there, without a database; else from the database, with its rows "
	 "marked.",
	 mh_run_graph, false},
	{"history", "[DIR|alembic.ini]...", "RvtPn", true,
	 "lists revisions as \"alembic history\" does",
	 "With DIR from the scripts there, without a database; else from the database. -v tells path, "
	 "parents and the whole message of each revision.",
	 mh_run_history, false},
	{"heads", "[DIR|alembic.ini]...", "vPn", true, "lists heads as \"alembic heads\" does",
	 "With DIR from the scripts there, without a database; else from the database.", mh_run_heads,
	 false},
	{"merge", "[REVISION]...", "mICoP", true, "prints the migration file that merges heads",
	 "Without REVISION it merges all heads. The same heads and message give the same id. With -o "
	 "the file appears complete or not at all, and an existing file is not overwritten.",
	 mh_run_merge, false},
	{"findings", "", "ts", true, "lists problems with hints and fixes",
	 "Prints the rows of mighead_findings(). The exit status is the worst severity.",
	 mh_run_findings, false},
	{"drift", "", "ts", true, "lists differences of the schema from what is expected",
	 "Prints the rows of mighead_drift(). The exit status is the worst severity.", mh_run_drift,
	 false},
	{"locate", "", "t", true, "tells which revision the schema really is",
	 "Prints the rows of mighead_locate(), best first.", mh_run_locate, false},
	{"fleet", "[PATTERN]", "lK", true, "the state of databases elsewhere, worst first",
	 "Asks the foreign servers of the database whose names are LIKE PATTERN (default: all of them) with "
	 "mighead_fleet(), all at the same time, and prints a line for each version table and how many there are "
	 "of each state. The exit status is the worst severity.",
	 mh_run_fleet, false},
	{"log", "", "t", true, "lists who changed the recorded revision, and when",
	 "Prints the rows of mighead_log(), newest first: the changes of version tables that are "
	 "watched.",
	 mh_run_log, false},
	{"locks", "", "", true, "lists sessions that are in the way of a migration",
	 "Prints the rows of mighead_locks().", mh_run_locks, false},
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
