/*-------------------------------------------------------------------------
 *
 * load.c
 *	  "mighead load", and "mighead-load", its old name.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#define LARGEST_ARCHIVE ((size_t) 512 * 1024 * 1024)

/* How "mighead-load" has always ended. */
#define OLD_EXIT_NOT_SENT 1
#define OLD_EXIT_NOT_CONNECTED 2
#define OLD_EXIT_REFUSED 3

typedef struct Load
{
	const MhOptions *options;
	char *data; /* NULL: the scripts of the tree */
	size_t size;
	MhTree tree; /* without locations where an archive came from standard input */
	bool unread; /* a script could not be read */
} Load;

static bool
read_standard_input(Load *load)
{
	MhError err = MH_NO_ERROR;

	if (mh_input_read(LARGEST_ARCHIVE, &load->data, &load->size, &err))
		return true;
	mh_complain_error(&err);
	return false;
}

static bool
read_directories(Load *load)
{
	const MhOptions *options = load->options;
	MhError err = MH_NO_ERROR;

	if (!mh_tree_find(&options->operands, !options->not_recursive, &load->tree, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	mh_tree_warn(&load->tree);
	if (!options->allow_empty && !mh_tree_has_scripts(&load->tree))
	{
		mh_complain_hint("Loading nothing would retire every revision. If that is meant, add "
						 "--allow-empty.");
		return false;
	}
	return true;
}

/* What is no JSON at all is told here, with the name of the file. */
bool
mh_document_load(const char *path, char **data, size_t *size)
{
	MhError err = MH_NO_ERROR;

	if (!mh_file_read(path, LARGEST_ARCHIVE, data, size, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	if (memchr(*data, '\0', *size) == NULL && mh_json_is_valid(pnstrdup(*data, *size)))
		return true;
	mh_complain("\"%s\" is not JSON", path);
	mh_complain_hint("\"mighead expect\" and mighead_export() write such documents.");
	return false;
}

static bool
read_scripts(Load *load)
{
	const MhStrings *operands = &load->options->operands;

	if (load->options->expect != NULL && operands->n == 0)
		return mh_document_load(load->options->expect, &load->data, &load->size);
	if (load->options->expect != NULL)
	{
		mh_complain("--expect takes no directory: the scripts are in \"%s\"",
					load->options->expect);
		return false;
	}
	if (!mh_strings_contain(operands, "-"))
		return read_directories(load);
	if (operands->n == 1)
		return read_standard_input(load);
	mh_complain("\"-\" cannot be loaded together with directories");
	return false;
}

/* ---------- the answer ---------- */

#define ANSWER_COLUMNS 7

static void
print_answer(const struct pg_result *answer, const char *source, bool as_json)
{
	if (as_json)
	{
		mh_json_print(mh_json_is_valid(mh_field(answer, 0, 6)) ? mh_field(answer, 0, 6) : "{}");
		return;
	}
	printf("%s scripts in %s: %s added, %s changed, %s retired\n",
		   mh_safe_text(mh_field(answer, 0, 0), false), mh_safe_text(source, false),
		   mh_safe_text(mh_field(answer, 0, 1), false), mh_safe_text(mh_field(answer, 0, 2), false),
		   mh_safe_text(mh_field(answer, 0, 3), false));
	for (int column = 4; column <= 5; column++)
		if (*mh_field(answer, 0, column) != '\0')
			puts(mh_safe_text(mh_field(answer, 0, column), true));
}

/* With what print_answer prints. */
#define ANSWER_OF \
	"SELECT l.scripts, l.added, l.changed, l.retired," \
	" (SELECT pg_catalog.string_agg('head: ' OPERATOR(pg_catalog.||) h.head, E'\\n'" \
	" ORDER BY h.n) FROM pg_catalog.unnest(l.heads) WITH ORDINALITY AS h (head, n))," \
	" (SELECT pg_catalog.string_agg('warning: ' OPERATOR(pg_catalog.||) w.warning, E'\\n'" \
	" ORDER BY w.n) FROM pg_catalog.unnest(l.warnings) WITH ORDINALITY AS w (warning, n))," \
	" pg_catalog.to_jsonb(l) FROM "

/*
 * The bytes in the table, as SQL.  Its rows come in order, but nobody promises that.  Where they do
 * not they are sorted, which takes longer than all else that is done to them.
 */
static char *
bytes_of(const char *table)
{
	return psprintf("COALESCE((SELECT CASE WHEN pg_catalog.array_agg(a.n) OPERATOR(pg_catalog.=)"
					" ARRAY(SELECT pg_catalog.generate_series(0, pg_catalog.max(a.n)))"
					" THEN pg_catalog.string_agg(a.bytes, '') END FROM %1$s AS a),"
					" (SELECT pg_catalog.string_agg(a.bytes, '' ORDER BY a.n) FROM %1$s AS a))",
					table);
}

/* Returns the table that has them. */
static const char *
send_bytes(const Load *load, MhConnection *session)
{
	MhSending *sending = mh_send_begin(session, load->size);

	if (sending == NULL)
		return NULL;
	if (load->data == NULL)
		mh_pack_tree(&load->tree, sending);
	else
		mh_send_some(sending, load->data, load->size);
	return mh_send_end(sending);
}

/* The scripts as an archive. */
static bool
read_archive(Load *load)
{
	MhError err = MH_NO_ERROR;

	load->unread = true;
	if (!mh_tree_read_files(&load->tree, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	load->size = mh_packed_size(&load->tree);
	if (load->size > LARGEST_ARCHIVE)
		mh_complain("the scripts have %zu bytes, but %zu is the limit", load->size,
					LARGEST_ARCHIVE);
	load->unread = load->size > LARGEST_ARCHIVE;
	return !load->unread;
}

/* Returns the archive as SQL, once the server has what it stands for; NULL after a complaint. */
static char *
archive_of(Load *load, MhConnection *session)
{
	const char *table;
	bool can_send = false;

	if (load->data == NULL && load->tree.files.n > 0 && !mh_can_send_scripts(session, &can_send))
		return NULL;
	if (can_send)
		return mh_send_scripts(session, &load->tree, &load->unread)
				   ? pstrdup("''::pg_catalog.bytea")
				   : NULL;
	if (load->data == NULL && !read_archive(load))
		return NULL;
	table = send_bytes(load, session);
	return table == NULL ? NULL : bytes_of(table);
}

static struct pg_result *
send_archive(Load *load, MhConnection *session, const char *project)
{
	const MhOptions *options = load->options;
	const char *values[] = {project, options->release == NULL ? "" : options->release};
	const char *archive = archive_of(load, session);

	if (archive == NULL)
		return NULL;
	return mh_ask(session,
				  psprintf(ANSWER_OF "%smighead_load_archive(%s, $1::pg_catalog.text,"
									 " $2::pg_catalog.text%s) AS l",
						   session->prefix, archive,
						   options->allow_empty ? ", allow_empty => true" : ""),
				  lengthof(values), values, ANSWER_COLUMNS);
}

/* The project looks for the version table that alembic.ini names. What it does not name stays. */
static bool
register_table(const Load *load, MhConnection *session, const char *project)
{
	const char *values[] = {project, load->tree.version_table, load->tree.version_table_schema};
	struct pg_result *answer;

	if (values[1] == NULL && values[2] == NULL)
		return true;
	answer = mh_ask(session,
					psprintf("SELECT %1$smighead_project($1::pg_catalog.text, COALESCE("
							 "$2::pg_catalog.text, p.version_table_name, 'alembic_version'),"
							 " COALESCE($3::pg_catalog.text, p.version_table_schema))"
							 " FROM (VALUES (1)) AS one LEFT JOIN mighead.project AS p"
							 " ON p.name OPERATOR(pg_catalog.=) $1::pg_catalog.text",
							 session->prefix),
					lengthof(values), values, 1);
	mh_forget(answer);
	return answer != NULL;
}

/* The project is the document's own unless the options name another. */
static struct pg_result *
send_document(const Load *load, MhConnection *session)
{
	const MhOptions *options = load->options;
	const char *values[] = {options->project, options->release};
	const char *table = send_bytes(load, session);

	if (table == NULL)
		return NULL;
	return mh_ask(
		session,
		psprintf(
			ANSWER_OF
			"(SELECT pg_catalog.convert_from(%s, 'UTF8')::pg_catalog.jsonb"
			" AS document) AS d, LATERAL %smighead_import(CASE WHEN $1::pg_catalog.text IS NULL THEN"
			" d.document ELSE pg_catalog.jsonb_set(d.document, '{project,name}',"
			" pg_catalog.to_jsonb($1::pg_catalog.text)) END, $2::pg_catalog.text) AS l",
			bytes_of(table), session->prefix),
		lengthof(values), values, ANSWER_COLUMNS);
}

static bool
store(Load *load, MhConnection *session)
{
	const MhOptions *options = load->options;
	const char *project = options->project == NULL ? "default" : options->project;
	struct pg_result *answer;
	bool done;

	mh_session_name_paths(&load->tree.locations);
	if (!register_table(load, session, project))
		return false;
	answer = options->expect == NULL ? send_archive(load, session, project)
									 : send_document(load, session);
	done = answer != NULL && mh_tell(session, "COMMIT");
	if (done)
		print_answer(answer,
					 options->expect == NULL || options->project != NULL
						 ? psprintf("project %s", project)
						 : options->expect,
					 options->json);
	mh_forget(answer);
	return done;
}

bool
mh_load_tree(MhConnection *session, const MhTree *tree, const char *project)
{
	MhOptions options = {0};
	Load load = {0};
	struct pg_result *answer;

	load.options = &options;
	load.tree = *tree;
	if (!register_table(&load, session, project))
		return false;
	mh_session_name_paths(&tree->locations);
	answer = send_archive(&load, session, project);
	mh_forget(answer);
	return answer != NULL;
}

bool
mh_load_document(MhConnection *session, const char *data, size_t size, const char *project)
{
	MhOptions options = {0};
	Load load = {0};
	struct pg_result *answer;

	options.project = project;
	load.options = &options;
	load.data = unconstify(char *, data);
	load.size = size;
	answer = send_document(&load, session);
	mh_forget(answer);
	return answer != NULL;
}

int
mh_run_old_load(const MhOptions *options)
{
	Load load = {0};
	MhConnection session;
	bool reached;
	int status = OLD_EXIT_REFUSED;

	load.options = options;
	if (!read_scripts(&load))
		return OLD_EXIT_NOT_SENT;
	if (!mh_session_open(options, false, &session, &reached))
		status = reached ? OLD_EXIT_REFUSED : OLD_EXIT_NOT_CONNECTED;
	else if (store(&load, &session))
		status = MH_EXIT_OK;
	else if (load.unread)
		status = OLD_EXIT_NOT_SENT;
	mh_session_close(&session);
	return mh_finish_output(status);
}

int
mh_run_load(const MhOptions *options)
{
	return mh_run_old_load(options) == MH_EXIT_OK ? MH_EXIT_OK : MH_EXIT_TROUBLE;
}
