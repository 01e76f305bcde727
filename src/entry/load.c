/*-------------------------------------------------------------------------
 *
 * load.c
 *	  Loads scripts: mighead_project, mighead_load_scripts, mighead_load_archive,
 *	  mighead_parse_script.
 *
 * Files are read and parsed first, as the caller.  Only then the project is locked and written, as
 * the owner of the tables.  An error changes nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "entry/load.h"

#include "catalog/pg_authid.h"
#include "server/version_table/version_table.h"
#include "core/graph/graph.h"
#include "core/schema/schema.h"
#include "core/script/script.h"
#include "entry/directory.h"
#include "entry/incoming.h"
#include "entry/result.h"
#include "entry/script_source.h"
#include "miscadmin.h"
#include "utils/acl.h"

/* Characters of version_num where Alembic made the table. */
#define ALEMBIC_WIDTH 32

#define LOAD_COLUMNS 6
#define SCRIPT_COLUMNS 6

PG_FUNCTION_INFO_V1(mighead_project);
PG_FUNCTION_INFO_V1(mighead_load_scripts);
PG_FUNCTION_INFO_V1(mighead_load_archive);
PG_FUNCTION_INFO_V1(mighead_parse_script);

/* ---------- arguments and results ---------- */

char *
mh_release_argument(FunctionCallInfo fcinfo, int argno)
{
	char *label = mh_text_argument(fcinfo, argno);

	return label == NULL || label[0] == '\0' ? NULL : label;
}

/* Returns the project argument.  The first load creates the project. */
static char *
project_argument(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		return mh_project_choose(mh_projects_read(), NULL, NULL)->name;
	return mh_text_argument(fcinfo, argno);
}

Datum
mh_load_row(FunctionCallInfo fcinfo, const MhMerge *merge, const MhStrings *heads,
			const MhStrings *warnings)
{
	Datum values[LOAD_COLUMNS];
	bool nulls[LOAD_COLUMNS] = {false};

	values[0] = Int32GetDatum(merge->current);
	values[1] = Int32GetDatum(merge->added);
	values[2] = Int32GetDatum(merge->changed);
	values[3] = Int32GetDatum(merge->retired);
	values[4] = mh_strings_datum(heads);
	values[5] = mh_strings_datum(warnings);
	return mh_record_datum(fcinfo, values, nulls);
}

/* ---------- storing ---------- */

void
mh_load_store_rows(MhStore *store, const MhMerge *merge)
{
	const MhScript **scripts = palloc(Max(merge->n, 1) * sizeof(MhScript *));
	const MhRevisionFacts **facts = palloc(Max(merge->n, 1) * sizeof(MhRevisionFacts *));
	int n = 0;

	for (int i = 0; i < merge->n; i++)
	{
		if (!merge->rows[i].written)
			continue;
		scripts[n] = &merge->rows[i].script;
		facts[n++] = &merge->rows[i].facts;
	}
	mh_store_revisions(store, scripts, facts, n);
	pfree(scripts);
	pfree(facts);
}

/* Returns the narrowest width of version_num in the project's version tables, or Alembic's own. */
static int
version_width(MhProject *project)
{
	List *tables = mh_version_tables_find(list_make1(project));
	int width = -1;
	ListCell *cell;

	foreach (cell, tables)
	{
		const MhVersionTable *table = lfirst(cell);

		if (table->max_length > 0 && (width < 0 || table->max_length < width))
			width = table->max_length;
	}
	if (tables == NIL)
		return ALEMBIC_WIDTH;
	return width < 0 ? PG_INT32_MAX : width;
}

static void
warn_of_width(const MhMerge *merge, MhProject *project, MhStrings *warnings)
{
	int width = version_width(project);
	int too_long = 0;
	const char *first = NULL;

	for (int i = 0; i < merge->current; i++)
	{
		const char *revision = merge->scripts[i].revision;

		/* in characters, as the server counts */
		if (strlen(revision) <= (size_t) width || mh_character_count(revision) <= width)
			continue;
		if (too_long++ == 0)
			first = revision;
	}
	if (too_long == 1)
		mh_strings_add(warnings, psprintf("Revision %s is longer than the %d characters that the "
										  "column version_num takes.",
										  first, width));
	else if (too_long > 1)
		mh_strings_add(warnings, psprintf("%d revisions, the first of them %s, are longer than the "
										  "%d characters that the column version_num takes.",
										  too_long, first, width));
}

Datum
mh_load_finish(FunctionCallInfo fcinfo, MhStore *store, const MhIncoming *incoming,
			   const MhIncoming *waiting, const char *label, const char *source)
{
	int64 number = store->project->release + 1;
	MhMerge *merge = mh_merge_load(store->before, incoming, waiting, number);
	MhNodes heads = mh_graph_heads(merge->graph);
	MhRelease release = {0};

	release.release = number;
	release.label = label;
	release.heads = mh_graph_ids(merge->graph, &heads);
	release.source = source;
	mh_store_release(store, &release);
	mh_load_store_rows(store, merge);
	mh_store_close(store);
	if (merge->current == 0)
		mh_strings_add(&merge->warnings, "No migration script was found.");
	warn_of_width(merge, store->project, &merge->warnings);
	return mh_load_row(fcinfo, merge, &release.heads, &merge->warnings);
}

/* ---------- functions ---------- */

static void
check_identifier(const char *name, const char *argument)
{
	if (name[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" must not be empty", argument)));
	if (strlen(mh_from_utf8(name)) >= NAMEDATALEN)
		ereport(ERROR, (errcode(ERRCODE_NAME_TOO_LONG),
						errmsg("identifier \"%s\" is too long", mh_from_utf8(name)),
						errdetail("Identifier must be less than %d bytes.", NAMEDATALEN)));
}

/* Returns the argument; NULL: it is NULL, and the stored value stays. */
static MhStrings *
manages_argument(FunctionCallInfo fcinfo, int argno)
{
	MhStrings given;
	MhStrings *manages;

	if (PG_NARGS() <= argno || PG_ARGISNULL(argno))
		return NULL;
	given = mh_strings_from_array(PG_GETARG_DATUM(argno), "manages");
	manages = palloc0(sizeof(MhStrings));
	for (int i = 0; i < given.n; i++)
	{
		if (mh_area_of_word(given.v[i]) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("migrations cannot manage \"%s\"", mh_from_utf8(given.v[i])),
							errdetail("\"manages\" takes privileges, owners, storage, extensions, "
									  "partitions, publications and comments.")));
		if (!mh_strings_contain(manages, given.v[i]))
			mh_strings_add(manages, given.v[i]);
	}
	mh_strings_sort(manages);
	return manages;
}

/*
 * mighead_project(name, version_table_name, version_table_schema, manages): registers an
 * Alembic environment, or changes where its version table is and what its migrations answer for.
 * 22004, 22023 (empty, or an unknown word), 42622 (longer than any identifier).
 */
Datum
mighead_project(PG_FUNCTION_ARGS)
{
	MhStore *store;
	MhStrings *manages;
	char *table;
	char *schema;

	mh_require_argument(fcinfo, 0, "name");
	mh_require_argument(fcinfo, 1, "version_table_name");
	table = mh_text_argument(fcinfo, 1);
	schema = mh_text_argument(fcinfo, 2);
	check_identifier(table, "version_table_name");
	if (schema != NULL)
		check_identifier(schema, "version_table_schema");
	manages = manages_argument(fcinfo, 3);
	store = mh_store_open(mh_text_argument(fcinfo, 0));
	mh_store_project(store, table, schema, manages);
	mh_store_close(store);
	PG_RETURN_VOID();
}

static void
check_directory(const char *directory)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read files of the server"),
				 errdetail("Only roles with privileges of the role \"pg_read_server_files\" may."),
				 errhint("The program mighead reads scripts where it runs, and needs no such "
						 "role.")));
	if (!is_absolute_path(directory))
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("directory \"%s\" is not an absolute path", mh_from_utf8(directory)),
						errhint("It is looked up on the server.")));
}

/*
 * Refuses to load no scripts: it would retire every revision, and the start-up gate would then stop
 * every process.
 */
static void
check_found(FunctionCallInfo fcinfo, int argno, const MhIncoming *incoming)
{
	mh_require_argument(fcinfo, argno, "allow_empty");
	if (incoming->n == 0 && !PG_GETARG_BOOL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no migration script was found"),
				 errdetail("Loading nothing would retire every revision of the project."),
				 errhint("If that is meant, add allow_empty => true, or in a shell: mighead load "
						 "--allow-empty.")));
}

/*
 * mighead_load_scripts(directory, project, release, recursive, allow_empty): makes the scripts of a
 * directory on the server the project's current release.
 *
 * Needs the privileges of pg_read_server_files (42501).  Errors: 42602 for a relative directory;
 * 22023 for one without scripts unless allow_empty; what opening a directory raises (58P01, 42809,
 * 42501); MH220 and MH215 for a script, MH210 to MH214 for the graph.  Locks the project's row.
 */
Datum
mighead_load_scripts(PG_FUNCTION_ARGS)
{
	MhIncoming incoming = {0};
	MhIdentity identity;
	MhStore *store;
	char *directory;
	char *project;
	char *source;

	mh_require_argument(fcinfo, 0, "directory");
	mh_require_argument(fcinfo, 3, "recursive");
	directory = mh_text_argument(fcinfo, 0);
	check_directory(directory);
	canonicalize_path(directory);
	project = project_argument(fcinfo, 1);
	identity = mh_begin_reading();
	mh_directory_read(directory, PG_GETARG_BOOL(3), &incoming, &source);
	mh_end(&identity);
	check_found(fcinfo, 4, &incoming);
	store = mh_store_open(project);
	return mh_load_finish(fcinfo, store, &incoming, NULL, mh_release_argument(fcinfo, 2), source);
}

static void
read_archive(bytea *archive, MhIncoming *incoming)
{
	MhScriptFiles files = {0};
	MhError err = MH_NO_ERROR;

	if (!mh_archive_list(VARDATA_ANY(archive), VARSIZE_ANY_EXHDR(archive), &files, &err))
		mh_raise(&err);
	for (int i = 0; i < files.warnings.n; i++)
		mh_strings_add(&incoming->warnings, files.warnings.v[i]);
	for (int i = 0; i < files.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		mh_script_source_add(incoming, &files.v[i], files.v[i].data, files.v[i].size);
	}
	mh_script_source_end(incoming);
}

static MhIncoming *
scripts_of_archive(bytea *archive)
{
	MhIncoming *incoming = palloc0(sizeof(MhIncoming));
	MhIdentity identity = mh_begin_reading();

	read_archive(archive, incoming);
	mh_end(&identity);
	return incoming;
}

/*
 * mighead_load_archive(archive, project, release, allow_empty): makes the scripts in a tar archive
 * the project's current release; core/script/archive.c says which files.  '' stands for those that the
 * transaction has inserted into mighead.incoming.
 *
 * Privileges: EXECUTE.  Errors: 22004; MH221 if it is no archive; 22023 for one without scripts
 * unless allow_empty; MH220 and MH215 for a script, MH210 to MH214 for the graph.  Locks the
 * project's row.
 */
Datum
mighead_load_archive(PG_FUNCTION_ARGS)
{
	const MhIncoming *incoming = NULL;
	bytea *archive;
	char *project;
	Datum answer;

	mh_require_argument(fcinfo, 0, "archive");
	project = project_argument(fcinfo, 1);
	archive = PG_GETARG_BYTEA_PP(0);
	if (VARSIZE_ANY_EXHDR(archive) == 0)
		incoming = mh_inserted_scripts();
	if (incoming == NULL)
		incoming = scripts_of_archive(archive);
	check_found(fcinfo, 3, incoming);
	answer = mh_load_finish(fcinfo, mh_store_open(project), incoming, NULL,
							mh_release_argument(fcinfo, 2), "archive");
	if (incoming == mh_inserted_scripts())
		mh_forget_inserted_scripts();
	return answer;
}

/*
 * mighead_parse_script(source): what the header of a migration script says.  MH220,
 * MH215.
 */
Datum
mighead_parse_script(PG_FUNCTION_ARGS)
{
	char *source = mh_text_argument(fcinfo, 0);
	MhScript script;
	MhError err = MH_NO_ERROR;
	Timestamp create_date = 0;
	Datum values[SCRIPT_COLUMNS];
	bool nulls[SCRIPT_COLUMNS] = {false};

	if (!mh_script_parse(source, strlen(source), NULL, &script, &err))
		mh_raise(&err);
	values[0] = mh_text_datum(script.revision);
	values[1] = mh_strings_datum(&script.down_revision);
	values[2] = mh_strings_datum(&script.depends_on);
	values[3] = mh_strings_datum(&script.branch_labels);
	values[4] = mh_text_datum(script.message);
	nulls[5] = !mh_create_date(script.create_date, &create_date);
	values[5] = TimestampGetDatum(create_date);
	return mh_record_datum(fcinfo, values, nulls);
}
