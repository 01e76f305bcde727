/*-------------------------------------------------------------------------
 *
 * client.h
 *	  The program "mighead": what its files share.
 *
 * The client links the pure cores and libpq, and nothing of the server.  A server is not
 * trusted: every result is checked for its shape, and every text, be it of a server, of
 * a file or of a directory, goes through mh_safe_text before it reaches a terminal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MIGHEAD_CLIENT_CLIENT_H
#define MIGHEAD_CLIENT_CLIENT_H

#include "core/script/script.h"

#include <stdio.h>

/* Exit statuses; 0, 1 and 2 are severities as well. */
#define MH_EXIT_OK 0
#define MH_EXIT_WARNING 1
#define MH_EXIT_CRITICAL 2
#define MH_EXIT_TROUBLE 3

/* What a command line says.  NULL, 0 or false: not given. */
typedef struct MhOptions
{
	/* the connection */
	const char *dbname;
	const char *host;
	const char *port;
	const char *user;
	bool never_prompt;
	bool always_prompt;

	/* for every command */
	bool json;

	/* for some */
	const char *project;
	const char *release;
	const char *version_table;
	const char *range;
	const char *format;
	const char *message;
	const char *revision;
	const char *output;
	const char *heads;
	const char *around;
	const char *min_severity;
	const char *directory;
	bool not_recursive;
	bool allow_empty;
	const char *expect;
	const char *scratch;
	const char *template;
	const char *role;
	const char *timeout;
	const char *watch;
	bool no_data;
	bool recorded;
	bool verbose;
	bool quiet;

	MhStrings operands;
	MhStrings command; /* behind "--", for commands that run one */
} MhOptions;

typedef struct MhOptionText
{
	char id;
	char letter; /* after one dash; 0: none */
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *text;
} MhOptionText;

typedef struct MhCommand
{
	const char *name;
	const char *operands;                 /* as the usage shows them */
	const char *options;                  /* ids of those that it takes beside the general ones */
	bool connects;                        /* takes options of the connection */
	const char *summary;                  /* half a line */
	const char *text;                     /* paragraphs for --help and the manual */
	int (*run)(const MhOptions *options); /* the exit status */
	bool runs_program;                    /* the one behind "--" */
} MhCommand;

/* ---------- print.c: text for a terminal ---------- */

/*
 * A copy that steers no terminal: control characters, bidirectional controls and invalid
 * UTF-8 are written as escapes.  lines: line feeds stay.
 */
extern char *mh_safe_text(const char *text, bool lines);

/* Breaks safe text into lines of at most columns; at blanks where there are some. */
extern MhStrings mh_wrap_text(const char *text, int columns);

/* Columns of standard output; 0 where it is no terminal: nothing is wrapped. */
extern int mh_output_columns(void);

/* "" or what switches colours: of a severity, bold, and none. */
extern const char *mh_colour_of(int severity);
extern const char *mh_colour_bold(void);
extern const char *mh_colour_end(void);

/* Exit status of two severities: the worse one, in the order 2, 3, 1, 0. */
extern int mh_worse(int a, int b);

/* "mighead: ..." on standard error, made safe. */
extern void mh_complain(const char *fmt, ...) pg_attribute_printf(1, 2);
extern void mh_complain_hint(const char *fmt, ...) pg_attribute_printf(1, 2);
extern void mh_complain_error(const MhError *err);

/* Standard output could not be written: complains, and returns MH_EXIT_TROUBLE; else status. */
extern int mh_finish_output(int status);

/* ---------- table.c ---------- */

typedef struct MhTable
{
	int columns;
	const char *const *titles;
	MhStrings cells; /* row by row; raw text */
} MhTable;

/* Fits the columns to the terminal: cells wrap, and where even that is too wide, rows become blocks. */
extern void mh_table_print(const MhTable *table);

/* "  label: text", the text wrapped and indented; nothing for "". */
extern void mh_print_field(const char *label, const char *text);

/* ---------- json.c ---------- */

extern void mh_json_quote(StringInfo json, const char *text); /* NULL: null */
extern void mh_json_list(StringInfo json, const MhStrings *list);

/* Is this one value of JSON, and nothing else? */
extern bool mh_json_is_valid(const char *text);

/* Prints JSON; what could steer a terminal is escaped. */
extern void mh_json_print(const char *json);

/* ---------- config.c: alembic.ini ---------- */

typedef struct MhConfig
{
	char *script_location;
	MhStrings version_locations;
	bool recursive;
	char *version_table; /* these two: NULL where it does not name one */
	char *version_table_schema;
} MhConfig;

/*
 * Reads the text of an alembic.ini as Python's configparser and Alembic do.  shown names
 * the file in errors, here is what %(here)s stands for, section is usually "alembic".
 */
extern bool mh_config_parse(const char *text, size_t size, const char *shown, const char *here,
							const char *section, MhConfig *config, MhError *err);

/* ---------- tree.c: version locations of this machine ---------- */

typedef struct MhTree
{
	MhStrings locations; /* directories, as shown */
	MhScriptFiles files; /* with their data, once they have been read */
	char *version_table; /* these two: of alembic.ini, or NULL */
	char *version_table_schema;
} MhTree;

/*
 * Reads the scripts that arguments name: version locations, what "alembic init" made,
 * project roots, files alembic.ini.  None: the current directory.
 */
extern bool mh_tree_read(const MhStrings *arguments, bool recursive, MhTree *tree, MhError *err);

/* The two parts of it: which files there are, and what is in them. */
extern bool mh_tree_find(const MhStrings *arguments, bool recursive, MhTree *tree, MhError *err);
extern bool mh_tree_read_files(MhTree *tree, MhError *err);

/*
 * Instead of the second: one file after the other, in the memory of the one before.  *file is number i
 * with its data.
 */
typedef struct MhTreeReader MhTreeReader;

extern MhTreeReader *mh_tree_reader_begin(const MhTree *tree);
extern bool mh_tree_reader_file(MhTreeReader *reader, int i, MhScriptFile *file, MhError *err);
extern void mh_tree_reader_end(MhTreeReader *reader);

/* Prints the warnings of reading it. */
extern void mh_tree_warn(const MhTree *tree);

/* False after a complaint. */
extern bool mh_tree_has_scripts(const MhTree *tree);

/* A whole file of at most limit bytes.  MH220. */
extern bool mh_file_read(const char *path, size_t limit, char **data, size_t *size, MhError *err);

/* The same of standard input. */
extern bool mh_input_read(size_t limit, char **data, size_t *size, MhError *err);

/* ---------- output.c ---------- */

/*
 * The whole text under this name, or what was there before: a file gets its name when it is
 * complete.  False after a complaint; so it is where the file is there, unless it may be replaced.
 */
extern bool mh_write_file(const char *path, const char *text, bool replace);

/* Could it be written, as far as can be told before?  False after a complaint. */
extern bool mh_can_write_file(const char *path);

/* ---------- encoding.c ---------- */

/* The source as UTF-8, as Python would decode it; it may be data itself.  MH220. */
extern bool mh_source_decode(const char *data, size_t size, const char *shown, char **text,
							 size_t *text_size, MhError *err);

/* ---------- project.c: the graph of scripts of this machine ---------- */

typedef struct MhProblem
{
	const char *code; /* as findings have them */
	char *file;       /* NULL: of no file */
	char *message;
} MhProblem;

typedef struct MhCheckout
{
	MhTree tree;
	int n;
	MhScript *scripts;
	MhGraph *graph; /* NULL where there are problems */
	int problem_count;
	MhProblem *problems;
} MhCheckout;

/* Reads and parses; false after a complaint where the files cannot be had at all. */
extern bool mh_project_read(const MhStrings *arguments, bool recursive, MhCheckout *project);

extern void mh_project_add_problem(MhCheckout *project, const char *code, const char *file,
								   const char *message);

/* Complains of each problem. */
extern void mh_project_complain(const MhCheckout *project);

/* ---------- pack.c ---------- */

typedef struct MhSending MhSending;

/*
 * Sends a tar archive with each location under a number, as core/script/archive.c reads it, and of
 * this size.
 */
extern size_t mh_packed_size(const MhTree *tree);
extern void mh_pack_tree(const MhTree *tree, MhSending *sending);

/* ---------- session.c: the database ---------- */

typedef struct MhConnection
{
	struct pg_conn *connection;
	char *prefix; /* schema of the extension and a dot, quoted */
	char *table;  /* OID of the version table that the options name, or NULL */
} MhConnection;

/* Connects, and nothing else.  False after a complaint. */
extern bool mh_session_connect(const MhOptions *options, MhConnection *session);

/* The same server and role, another database. */
extern bool mh_session_connect_beside(const MhConnection *server, const char *database,
									  MhConnection *session);

/* Begins a transaction, pins its search_path, and finds extension and version table. */
extern bool mh_session_begin(const MhOptions *options, bool read_only, MhConnection *session);

/*
 * Sets what libpq takes from the environment, and DATABASE_URL, to this connection: for a
 * program that is started.
 */
extern void mh_session_export(const MhConnection *session);

/* Does the server still answer? */
extern bool mh_session_is_alive(MhConnection *session);

/* For PQcancel. */
extern struct pg_cancel *mh_session_cancel_key(const MhConnection *session);

/* As an identifier in SQL. */
extern char *mh_session_quote(const MhConnection *session, const char *name);

/* The role that connected, as an identifier. */
extern char *mh_session_role(const MhConnection *session);

/*
 * As mh_tell; without a complaint where the error has this SQLSTATE, if it is not NULL: then *met is
 * true.
 */
extern bool mh_session_try(MhConnection *session, const char *sql, const char *sqlstate, bool *met);

/*
 * Connects, finds the extension, pins the search_path and begins a transaction.  False after a
 * complaint.  *reached: whether there was a connection.
 */
extern bool mh_session_open(const MhOptions *options, bool read_only, MhConnection *session,
							bool *reached);
extern void mh_session_close(MhConnection *session);

/*
 * Runs a query and checks that it gave so many columns; NULL after a complaint.  values may
 * hold NULLs.
 */
extern struct pg_result *mh_ask(MhConnection *session, const char *sql, int n,
								const char *const *values, int columns);

/* Runs a statement that returns no rows; false after a complaint. */
extern bool mh_tell(MhConnection *session, const char *sql);

/* *found: does the extension's script have this function?  False after a complaint. */
extern bool mh_has_function(MhConnection *session, const char *name, bool *found);

/* Prints the error that an answer is, or what is wrong with the connection. */
extern void mh_session_complain(MhConnection *session, const struct pg_result *result);

/* Complaints of errors of the server replace these prefixes of paths by what they stand for. */
extern void mh_session_name_paths(const MhStrings *locations);

/* The value of a field; "" for NULL. */
extern const char *mh_field(const struct pg_result *result, int row, int column);
extern const char *mh_field_or_null(const struct pg_result *result, int row, int column);
extern int mh_rows_of(const struct pg_result *result);
extern void mh_forget(struct pg_result *result);

/* ---------- sending.c: what is too large for a parameter ---------- */

/*
 * The bytes, of this size together, go into a temporary table, whose name mh_send_end returns; NULL
 * after a complaint.
 */
extern MhSending *mh_send_begin(MhConnection *session, size_t size);
extern void mh_send_some(MhSending *sending, const char *data, size_t size);
extern const char *mh_send_end(MhSending *sending);

/* *can: does the server take scripts as they are?  One of 0.1.0 does not.  False after a complaint. */
extern bool mh_can_send_scripts(MhConnection *session, bool *can);

/*
 * Sends the scripts of a tree, and reads those that are not read yet; mighead_load_archive('') loads
 * them in the same transaction.  False after a complaint.  *unread: because of a file.
 */
extern bool mh_send_scripts(MhConnection *session, const MhTree *tree, bool *unread);

/* ---------- answers.c: rows of the extension's functions ---------- */

/* A severity as the server says it; what is none is trouble. */
extern int mh_severity_of(const char *text);

/* The worst severity in a column; MH_EXIT_OK where there are no rows. */
extern int mh_worst_of(const struct pg_result *result, int column);

/* One column of JSON as an array; false after a complaint. */
extern bool mh_append_json(StringInfo json, const struct pg_result *result, int column);

/* Prints the first columns as a table.  False, and prints nothing, where there are no rows. */
extern bool mh_print_rows(const struct pg_result *result, const char *const *titles, int count);

/* ---------- scratch.c: a database that is dropped at the end ---------- */

typedef struct MhScratch
{
	MhConnection server;  /* where it is made and dropped */
	MhConnection session; /* in it, without a transaction */
	char *database;       /* NULL: there is none */
} MhScratch;

/*
 * Makes the database that the options name, or a new one.  From here on signals no longer end
 * the program; mh_scratch_drop has to be called, also after a failure.  It is static storage: an
 * exit elsewhere drops it too.  False after a complaint.
 */
extern bool mh_scratch_make(const MhOptions *options, MhScratch *scratch);

/*
 * Sessions of the database preload mighead from now on, beside what they preload anyway, so that
 * statements are recorded.  The session is made anew.  *done is false where the role may not set
 * that.  False after a complaint.
 */
extern bool mh_scratch_preload(MhScratch *scratch, bool *done);

/* No time limit of the server or the environment ends this session, and no notice is shown. */
extern bool mh_scratch_settle(MhConnection *session);

/* Drops it, and ends the program as the signal would have that came meanwhile. */
extern bool mh_scratch_drop(MhScratch *scratch);

/* Runs a program with the scratch database in its environment; false after a complaint. */
extern bool mh_scratch_run(const MhScratch *scratch, const MhStrings *command);

extern bool mh_scratch_was_interrupted(void);

/* ---------- dump.c: SQL as pg_dump writes it ---------- */

#define MH_STATEMENT_TOKENS 512
#define MH_STATEMENT_LAST_TOKENS 3

/* Comments before a statement are no part of it. */
typedef struct MhDumpTokens
{
	const char *text;
	int n; /* at least 1 */
	/*
	 * The first tokens: words in lower case, names in quotes as they are, the opening quote of a
	 * string, and other characters one by one.
	 */
	const char *tokens[MH_STATEMENT_TOKENS];
	bool is_whole; /* there are no more tokens */
	/* of any number of tokens; "" where there is none */
	const char *last[MH_STATEMENT_LAST_TOKENS]; /* the last one is last; a name in quotes is cut */
	const char *behind_on;                      /* the one behind the first ON */
	bool may_compute;                           /* AS outside of parentheses, or a dollar quote */
} MhDumpTokens;

/* Are these words, with a blank between them, the tokens from this one on? */
extern bool mh_dump_has_words(const MhDumpTokens *statement, int token, const char *words);

/* The token behind a name, or "schema.name", that begins at this one; -1: there is none. */
extern int mh_dump_behind_name(const MhDumpTokens *statement, int token);

/* Takes statements, and the rows of COPY, with their line feeds; false ends the reading. */
typedef struct MhDumpReader MhDumpReader;
struct MhDumpReader
{
	/* *in_copy becomes true where lines with rows follow */
	bool (*statement)(MhDumpReader *reader, const MhDumpTokens *statement, bool *in_copy);
	/* *in_copy becomes false at the end of the rows */
	bool (*row)(MhDumpReader *reader, const char *line, bool *in_copy);
};

/* path: "-" is standard input.  False after a complaint, or where the reader ended it. */
extern bool mh_dump_read(const char *path, MhDumpReader *reader);

/* ---------- restorable.c: which statements of a dump are run ---------- */

typedef enum MhDumpStatement
{
	MH_DUMP_RUN,
	MH_DUMP_LEAVE_OUT,
	MH_DUMP_ROWS,          /* COPY of a version table, to be run */
	MH_DUMP_ROWS_LEFT_OUT, /* COPY of another table */
	MH_DUMP_REFUSE         /* not what pg_dump writes */
} MhDumpStatement;

/* The statement is to be sent alone, where two are an error. */
extern MhDumpStatement mh_dump_judge(const MhDumpTokens *statement);

/* ---------- restore.c: dumps in the scratch database ---------- */

#define MH_RESTORE_MESSAGES 100 /* kept */
#define MH_RESTORE_SHOWN 5      /* on the screen */

typedef struct MhRestore
{
	MhDumpReader reader; /* first, as its functions get it */
	MhConnection *session;
	int failures;
	MhStrings messages; /* of the first of them */
	int of_roles; /* owners and privileges of roles that do not exist, or that one may not act for */
	MhStrings roles;
	MhStrings tables; /* OIDs of version tables whose rows the dumps have, if only none */
	bool sends_rows;  /* of the COPY that is read */
	bool is_other;    /* SET SESSION AUTHORIZATION made the session another role's */
	char *last_name;  /* of a table with rows */
	/* what would make triggers run here: of tables, and those of events */
	MhStrings deferred[2];
} MhRestore;

/* For a session without a transaction.  False after a complaint. */
extern bool mh_restore_begin(MhRestore *restore, MhConnection *session);

/* Triggers stay silent, if the role may set that. */
extern bool mh_restore_mute(MhConnection *session);

/* False after a complaint; statements that fail are counted, and do not end it. */
extern bool mh_restore_dump(MhRestore *restore, const char *path);

/* Runs what would have made triggers run before.  The last statements that change anything; false after a complaint. */
extern bool mh_restore_finish(MhRestore *restore);

/* Complains of what was not restored. */
extern void mh_restore_complain(const MhRestore *restore);

/* ---------- commands ---------- */

/* Stores the scripts in the session's transaction, and prints nothing; false after a complaint. */
extern bool mh_load_tree(MhConnection *session, const MhTree *tree, const char *project);

/* A file of "mighead expect"; false after a complaint. */
extern bool mh_document_load(const char *path, char **data, size_t *size);

/* The same for such a document; project: instead of its own, or NULL. */
extern bool mh_load_document(MhConnection *session, const char *data, size_t size,
							 const char *project);

/* False after a complaint of the option --min-severity. */
extern bool mh_check_severity(const MhOptions *options);

/*
 * State, findings and differences of an open session, all or none of them; the exit status.
 */
extern int mh_print_judgement(const MhOptions *options, const MhConnection *session,
							  const MhRestore *restored);

extern int mh_run_status(const MhOptions *options);
extern int mh_run_findings(const MhOptions *options);
extern int mh_run_drift(const MhOptions *options);
extern int mh_run_review(const MhOptions *options);
extern int mh_run_locate(const MhOptions *options);
extern int mh_run_log(const MhOptions *options);
extern int mh_run_locks(const MhOptions *options);
extern int mh_run_fleet(const MhOptions *options);
extern int mh_run_load(const MhOptions *options);
extern int mh_run_old_load(const MhOptions *options);
extern int mh_run_check(const MhOptions *options);
extern int mh_run_graph(const MhOptions *options);
extern int mh_run_history(const MhOptions *options);
extern int mh_run_heads(const MhOptions *options);
extern int mh_run_merge(const MhOptions *options);
extern int mh_run_expect(const MhOptions *options);
extern int mh_run_offline(const MhOptions *options);

/* commands.c */
extern const MhCommand *mh_find_command(const char *name);
extern const MhCommand *mh_command_at(int index); /* NULL behind the last */

/* options.c: the option at index that a command (NULL: the program before one) takes, or NULL. */
typedef enum MhOptionGroup
{
	MH_OPTIONS_GENERAL,
	MH_OPTIONS_CONNECTION,
	MH_OPTIONS_COMMAND
} MhOptionGroup;

extern const MhOptionText *mh_option_at(MhOptionGroup group, const MhCommand *command, int *index);

/*
 * Takes options and operands of a command line from argv[at] on; without a command up to the
 * first operand.  Returns where it stopped, or -1 after a complaint.  *asked: 'h' for help, 'V' for
 * the version.
 */
extern int mh_parse_options(int argc, char **argv, int at, const MhCommand *command,
							MhOptions *options, char *asked);

/* The command line of "mighead-load"; false after a complaint. */
extern bool mh_parse_old_load(int argc, char **argv, MhOptions *options, char *asked);

/* help.c */
extern void mh_print_usage(void);
extern void mh_print_command_usage(const MhCommand *command);
extern void mh_print_old_load_usage(void);
extern void mh_print_manual(void);
extern bool mh_print_completion(const char *shell);

#endif /* MIGHEAD_CLIENT_CLIENT_H */
