/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  "mighead merge": the migration file that merges heads.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/base/wording.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "core/draw/draw.h"

#define DEFAULT_MESSAGE "merge heads"
#define SLUG_LENGTH 40

/*
 * The same heads and message have the same id, so that two people who merge do not make two
 * revisions.  FNV-1a, of which 12 hexadecimal digits are Alembic's length.
 */
static char *
id_of(const MhStrings *parents, const char *message)
{
	uint64 hash = UINT64_C(14695981039346656037);
	MhStrings texts = {0, NULL, 0};

	for (int i = 0; i < parents->n; i++)
		mh_strings_add(&texts, parents->v[i]);
	mh_strings_sort(&texts);
	mh_strings_add(&texts, message);
	for (int i = 0; i < texts.n; i++)
		for (const char *c = texts.v[i];; c++)
		{
			hash = (hash ^ (unsigned char) *c) * UINT64_C(1099511628211);
			if (*c == '\0')
				break;
		}
	mh_strings_free(&texts);
	return psprintf("%012" PRIx64, hash >> 16);
}

static char *
now_text(void)
{
	struct timeval now;
	struct tm local;
	char day[32];

	gettimeofday(&now, NULL);
	localtime_r(&now.tv_sec, &local);
	strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &local);
	return psprintf("%s.%06d", day, (int) now.tv_usec);
}

/* ---------- the source ---------- */

typedef struct Merge
{
	const MhOptions *options;
	const char *message;
	char *revision;
	char *source;
} Merge;

/* What is to be merged; without names it is all heads. */
static MhStrings
wanted_revisions(const MhOptions *options)
{
	MhStrings heads = {0, NULL, 0};

	if (options->operands.n > 0)
		return options->operands;
	mh_strings_add(&heads, "heads");
	return heads;
}

/* Alembic would write a script with one parent, or none. */
static bool
require_several(const MhStrings *parents)
{
	if (parents->n > 1)
		return true;
	mh_complain("nothing to merge: %s",
				parents->n == 0 ? "there are no heads" : "there is one head");
	return false;
}

static bool
merge_directory(Merge *merge)
{
	MhStrings directories = {0, NULL, 0};
	MhStrings identifiers = wanted_revisions(merge->options);
	MhCheckout project;
	MhNodes nodes;
	MhError err = MH_NO_ERROR;
	MhStrings parents;

	mh_strings_add(&directories, merge->options->directory);
	if (!mh_project_read(&directories, true, &project))
		return false;
	mh_project_complain(&project);
	if (project.graph == NULL)
		return false;
	if (!mh_merge_parents(project.graph, &identifiers, &nodes, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	parents = mh_graph_ids(project.graph, &nodes);
	if (!require_several(&parents))
		return false;
	if (merge->revision == NULL)
		merge->revision = id_of(&parents, merge->message);
	if (!mh_check_new_id(project.scripts, project.n, merge->revision, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	merge->source = mh_merge_script(&parents, merge->revision, merge->message, now_text());
	return true;
}

/* The full ids of the heads that are merged. */
static bool
parents_of(MhConnection *session, const MhStrings *identifiers, const char *project,
		   MhStrings *parents)
{
	const char *values[] = {NULL, project};

	for (int i = 0; i < identifiers->n; i++)
	{
		struct pg_result *result;

		values[0] = identifiers->v[i];
		result = mh_ask(session,
						psprintf("SELECT r FROM pg_catalog.unnest(%smighead_resolve("
								 "$1::pg_catalog.text, $2::pg_catalog.text)) AS r",
								 session->prefix),
						lengthof(values), values, 1);
		if (result == NULL)
			return false;
		for (int row = 0; row < mh_rows_of(result); row++)
			mh_strings_add(parents, mh_field(result, row, 0));
		mh_forget(result);
	}
	return true;
}

/*
 * The server checks what is merged.  But the text that it answers would be Python that Alembic
 * runs on this machine, so it is not taken: the same text is made of the ids, each of them quoted.
 */
static bool
merge_session(Merge *merge, MhConnection *session)
{
	const char *project = merge->options->project;
	MhStrings identifiers = wanted_revisions(merge->options);
	MhStrings parents = {0, NULL, 0};
	const char *values[] = {mh_array_literal(&identifiers, 0), merge->message, NULL, project};
	struct pg_result *result;

	if (!parents_of(session, &identifiers, project, &parents))
		return false;
	if (merge->revision == NULL)
		merge->revision = id_of(&parents, merge->message);
	values[2] = merge->revision;
	result = mh_ask(session,
					psprintf("SELECT %smighead_merge_script($1::pg_catalog.text,"
							 " $2::pg_catalog.text, $3::pg_catalog.text, $4::pg_catalog.text)",
							 session->prefix),
					lengthof(values), values, 1);
	if (result == NULL)
		return false;
	mh_forget(result);
	merge->source = mh_merge_script(&parents, merge->revision, merge->message, now_text());
	return require_several(&parents);
}

static bool
merge_database(Merge *merge)
{
	MhConnection session;
	bool reached;
	bool done =
		mh_session_open(merge->options, true, &session, &reached) && merge_session(merge, &session);

	mh_session_close(&session);
	return done;
}

/* ---------- the file ---------- */

/* "abc_merge_heads" with its ending: letters and digits of the message, as Alembic's file_template. */
static char *
file_name_of(const Merge *merge)
{
	StringInfoData name;
	int start;

	initStringInfo(&name);
	for (const char *c = merge->revision; *c != '\0'; c++)
		appendStringInfoChar(&name, isalnum((unsigned char) *c) || *c == '_' ? *c : '_');
	appendStringInfoChar(&name, '_');
	start = name.len;
	for (const char *c = merge->message; *c != '\0' && name.len - start < SLUG_LENGTH; c++)
	{
		if (isalnum((unsigned char) *c))
			appendStringInfoChar(&name, (char) pg_ascii_tolower((unsigned char) *c));
		else if (name.data[name.len - 1] != '_')
			appendStringInfoChar(&name, '_');
	}
	while (name.len > 0 && name.data[name.len - 1] == '_')
		name.data[--name.len] = '\0';
	appendStringInfoString(&name, ".py");
	return name.data;
}

static void
print_json(const Merge *merge, const char *name, const char *value)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"revision\": ");
	mh_json_quote(&json, merge->revision);
	appendStringInfo(&json, ", \"%s\": ", name);
	mh_json_quote(&json, value);
	appendStringInfoChar(&json, '}');
	mh_json_print(json.data);
}

static bool
write_output(const Merge *merge)
{
	const char *output = merge->options->output;
	char *path;
	struct stat status;

	if (stat(output, &status) == 0 && S_ISDIR(status.st_mode))
		path = psprintf("%s%s%s", output, output[strlen(output) - 1] == '/' ? "" : "/",
						file_name_of(merge));
	else
		path = pstrdup(output);
	if (!mh_write_file(path, merge->source, false))
		return false;
	if (merge->options->json)
		print_json(merge, "file", path);
	else
		puts(mh_safe_text(path, false));
	return true;
}

int
mh_run_merge(const MhOptions *options)
{
	Merge merge = {options, options->message == NULL ? DEFAULT_MESSAGE : options->message, NULL,
				   NULL};

	/* "" is none, as to Alembic */
	if (options->revision != NULL && *options->revision != '\0')
		merge.revision = pstrdup(options->revision);
	if (options->directory != NULL ? !merge_directory(&merge) : !merge_database(&merge))
		return MH_EXIT_TROUBLE;
	if (options->output != NULL)
		return mh_finish_output(write_output(&merge) ? MH_EXIT_OK : MH_EXIT_TROUBLE);
	if (options->json)
		print_json(&merge, "source", merge.source);
	else
		fputs(mh_safe_text(merge.source, true), stdout);
	return mh_finish_output(MH_EXIT_OK);
}
