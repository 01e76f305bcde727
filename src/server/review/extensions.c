/*-------------------------------------------------------------------------
 *
 * extensions.c
 *	  CREATE EXTENSION of one that the server has the files of.
 *
 * Only files of the server are read, with catalogs; no lock is taken.  What the script of the extension makes
 * is not followed, but a word of it that is the name of an object in its schema may be one that it
 * makes, too.  Names that it quotes are taken to be free.
 *
 *-------------------------------------------------------------------------
 */
#include "server/review/review_private.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/stat.h>

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "server/base/query.h"
#include "storage/fd.h"
#include "utils/builtins.h"

/* Scripts of an extension that are longer, all in all, are not read. */
#define MOST_BYTES (4 * 1024 * 1024)

typedef struct Control
{
	const char *version;
	bool has_version;
	const char *schema;
	MhStrings required;
} Control;

/* Of the version that is asked for, or the one that the server would choose; false: there is none. */
static bool
read_control(const char *name, Control *control)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2] = {CStringGetTextDatum(name),
					   CStringGetTextDatum(control->version == NULL ? "" : control->version)};
	MhStrings found = mh_query_strings(
		"SELECT pg_catalog.unnest(ARRAY[v.version, COALESCE(v.schema, '')]"
		" OPERATOR(pg_catalog.||) COALESCE(v.requires, '{}')::pg_catalog.text[])"
		" FROM pg_catalog.pg_available_extensions() a, pg_catalog.pg_available_extension_versions() v"
		" WHERE a.name = $1 AND v.name = $1"
		" AND v.version = CASE WHEN $2 = '' THEN a.default_version ELSE $2 END",
		2, types, values, NULL);

	if (found.n < 2)
		return false;
	control->version = found.v[0];
	control->schema = found.v[1][0] == '\0' ? NULL : found.v[1];
	for (int i = 2; i < found.n; i++)
		mh_strings_push(&control->required, found.v[i]);
	return true;
}

/* ---------- names ---------- */

static bool
is_script(const char *file, const char *name)
{
	size_t length = strlen(name);
	size_t end = strlen(file);

	return strncmp(file, name, length) == 0 && strncmp(file + length, "--", 2) == 0 && end > 4 &&
		   strcmp(file + end - 4, ".sql") == 0;
}

static bool
append_file(StringInfo text, const char *path)
{
	struct stat status;
	FILE *file;
	char buffer[8192];
	size_t n;

	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
		status.st_size + text->len > MOST_BYTES)
		return false;
	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
		return false;
	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		appendBinaryStringInfo(text, buffer, (int) n);
	FreeFile(file);
	return memchr(text->data, '\0', text->len) == NULL;
}

/* All scripts of the extension; NULL: they are not there, or not read. */
static char *
scripts_of(const char *name)
{
	char share[MAXPGPATH];
	char *folder;
	StringInfoData text;
	bool is_whole = true;
	struct dirent *entry;
	DIR *dir;

	get_share_path(my_exec_path, share);
	folder = psprintf("%s/extension", share);
	initStringInfo(&text);
	dir = AllocateDir(folder);
	if (dir == NULL)
		return NULL;
	while ((entry = ReadDirExtended(dir, folder, LOG)) != NULL)
		if (is_script(entry->d_name, name))
			is_whole &= append_file(&text, psprintf("%s/%s", folder, entry->d_name));
	FreeDir(dir);
	return is_whole && text.len > 0 ? text.data : NULL;
}

/* Objects in the schema, or in none, that are no part of an extension or of the server. */
static const char *const names_query =
	"WITH o (classid, oid, name) AS ("
	" SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, proname FROM pg_catalog.pg_proc"
	"  WHERE pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_type', oid, typname FROM pg_catalog.pg_type"
	"  WHERE typnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_class', oid, relname FROM pg_catalog.pg_class"
	"  WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_operator', oid, oprname FROM pg_catalog.pg_operator"
	"  WHERE oprnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_opclass', oid, opcname FROM pg_catalog.pg_opclass"
	"  WHERE opcnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_opfamily', oid, opfname FROM pg_catalog.pg_opfamily"
	"  WHERE opfnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_ts_config', oid, cfgname FROM pg_catalog.pg_ts_config"
	"  WHERE cfgnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_ts_dict', oid, dictname FROM pg_catalog.pg_ts_dict"
	"  WHERE dictnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_ts_template', oid, tmplname FROM pg_catalog.pg_ts_template"
	"  WHERE tmplnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_ts_parser', oid, prsname FROM pg_catalog.pg_ts_parser"
	"  WHERE prsnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)"
	" UNION ALL SELECT 'pg_catalog.pg_am', oid, amname FROM pg_catalog.pg_am"
	" UNION ALL SELECT 'pg_catalog.pg_event_trigger', oid, evtname FROM pg_catalog.pg_event_trigger"
	" UNION ALL SELECT 'pg_catalog.pg_language', oid, lanname FROM pg_catalog.pg_language"
	" UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper', oid, fdwname"
	"  FROM pg_catalog.pg_foreign_data_wrapper)"
	" SELECT o.name FROM o WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
	"  WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')";

static bool
is_of_word(char letter)
{
	return isalnum((unsigned char) letter) || letter == '_' || IS_HIGHBIT_SET(letter);
}

static bool
is_of_operator(char letter)
{
	return letter != '\0' && strchr("+-*/<>=~!@#%^&|`?", letter) != NULL;
}

/* Whether one of the names is a word of the text, or an operator. */
static bool
has_one_of(const char *text, const MhNames *names)
{
	while (*text != '\0')
	{
		bool is_word = is_of_word(*text);
		size_t n = 1;

		if (is_word || is_of_operator(*text))
			while (is_word ? is_of_word(text[n]) : is_of_operator(text[n]))
				n++;
		if (n < NAMEDATALEN && mh_names_have(names, pnstrdup(text, n)))
			return true;
		text += n;
	}
	return false;
}

static void
make_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char) pg_tolower((unsigned char) *text);
}

/* Whether nothing that is there can have a name that the extension wants. */
static bool
has_free_names(const char *extension, const char *schema)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {CStringGetTextDatum(schema)};
	char *text = scripts_of(extension);
	MhStrings found;
	MhNames names = {0};

	if (text == NULL)
		return false;
	make_lower(text);
	found = mh_query_strings(names_query, 1, types, values, NULL);
	for (int i = 0; i < found.n; i++)
	{
		make_lower(found.v[i]);
		mh_names_add(&names, found.v[i]);
	}
	return !has_one_of(text, &names);
}

/* ---------- the statement ---------- */

static MhReviewAnswer
find_required(const MhReviewServer *server, const Control *control)
{
	for (int i = 0; i < control->required.n; i++)
	{
		const char *name = control->required.v[i];

		switch (mh_review_made(server->review, MH_TYPE_EXTENSION, name))
		{
			case MH_TRUTH_YES:
				break;
			case MH_TRUTH_NO:
				return mh_answer_unknown(NULL);
			default:
				if (!OidIsValid(get_extension_oid(mh_from_utf8(pstrdup(name)), true)))
					return mh_answer_no("42704",
										psprintf("required extension %s is not installed", name));
				break;
		}
	}
	return mh_answer_yes();
}

/* The schema that it goes into; NULL: *answer says why not. */
static const char *
find_schema(const MhReviewServer *server, const char *wanted, const Control *control,
			MhReviewAnswer *answer)
{
	const MhStrings *path = mh_review_path(server->review);

	if (wanted != NULL && !OidIsValid(get_namespace_oid(wanted, true)))
		*answer = mh_answer_no("3F000",
							   psprintf("schema %s does not exist", mh_to_utf8(pstrdup(wanted))));
	else if (control->schema != NULL && wanted != NULL &&
			 strcmp(mh_to_utf8(pstrdup(wanted)), control->schema) != 0)
		*answer =
			mh_answer_no("0A000", psprintf("it must be installed in schema %s", control->schema));
	else if (control->schema != NULL)
		return control->schema;
	else if (wanted != NULL)
		return mh_to_utf8(pstrdup(wanted));
	for (int i = 0; answer->passes == MH_TRUTH_UNKNOWN && i < path->n; i++)
		if (OidIsValid(get_namespace_oid(mh_from_utf8(pstrdup(path->v[i])), true)))
			return path->v[i];
	return NULL;
}

MhReviewAnswer
mh_judge_new_extension(const MhReviewServer *server, const CreateExtensionStmt *stmt)
{
	MhReviewAnswer answer = {MH_TRUTH_UNKNOWN};
	char *name = mh_to_utf8(pstrdup(stmt->extname));
	const char *wanted = NULL;
	const char *schema;
	bool cascades = false;
	Control control = {NULL};
	ListCell *cell;

	if (!extension_file_exists(stmt->extname))
		return mh_answer_no("0A000", psprintf("extension %s is not available", name));
	if (mh_review_made(server->review, MH_TYPE_EXTENSION, name) != MH_TRUTH_UNKNOWN ||
		!mh_runs_as_superuser(server))
		return mh_answer_unknown(NULL);
	foreach (cell, stmt->options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, MH_ATTR_SCHEMA) == 0)
			wanted = defGetString(option);
		else if (strcmp(option->defname, "new_version") == 0)
			control.version = mh_to_utf8(pstrdup(defGetString(option)));
		else
			cascades = true;
	}
	if (wanted != NULL && mh_begins_with(wanted, "pg_"))
		return mh_answer_unknown(NULL);
	control.has_version = control.version != NULL;
	if (!read_control(name, &control))
		return control.has_version ? mh_answer_no("22023", "it has no script for this version")
								   : mh_answer_unknown(NULL);
	schema = find_schema(server, wanted, &control, &answer);
	if (schema == NULL)
		return answer;
	answer = find_required(server, &control);
	if (answer.passes != MH_TRUTH_YES)
		return cascades ? mh_answer_unknown(NULL) : answer;
	return has_free_names(name, schema)
			   ? mh_answer_yes()
			   : mh_answer_unknown("it may make an object with a name that is taken");
}
