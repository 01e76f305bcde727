/*-------------------------------------------------------------------------
 *
 * check.c
 *	  "mighead check": are the scripts of a directory one sound history?
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

#include "core/base/wording.h"
#include "core/base/words.h"

static MhStrings
split_labels(const char *text)
{
	MhStrings labels = {0, NULL, 0};

	while (*text != '\0')
	{
		size_t length = strcspn(text, ",");

		if (length > 0)
			mh_strings_push(&labels, pnstrdup(text, length));
		text += length;
		text += *text == ',';
	}
	return labels;
}

static void
name_heads(MhCheckout *project, const MhStrings *heads, const char *wanted)
{
	char *message = heads->n == 1
						? psprintf("1 head, %s, but %s", heads->v[0], wanted)
						: psprintf("%d heads, %s, but %s", heads->n, mh_enumerate(heads), wanted);

	mh_project_add_problem(project, "heads", NULL, message);
}

static void
check_count(MhCheckout *project, const MhNodes *heads, long wanted)
{
	MhStrings ids = mh_graph_ids(project->graph, heads);

	if (heads->n != wanted)
		name_heads(project, &ids, psprintf("%ld %s expected", wanted, wanted == 1 ? "is" : "are"));
}

/* Each label is that of one head, and each head has one of them. */
static void
check_labels(MhCheckout *project, const MhNodes *heads, const MhStrings *labels)
{
	const MhGraph *graph = project->graph;
	bool *named = palloc0(Max(heads->n, 1) * sizeof(bool));

	for (int i = 0; i < labels->n; i++)
	{
		MhStrings found = {0, NULL, 0};

		for (int j = 0; j < heads->n; j++)
		{
			const MhNode *node = &graph->nodes[heads->v[j]];

			if (!mh_strings_contain(&node->labels, labels->v[i]))
				continue;
			named[j] = true;
			mh_strings_add(&found, node->id);
		}
		if (found.n == 0)
			mh_project_add_problem(project, "heads", NULL,
								   psprintf("no head has the label %s", labels->v[i]));
		else if (found.n > 1)
			name_heads(project, &found, psprintf("1 is expected in the branch %s", labels->v[i]));
	}
	for (int j = 0; j < heads->n; j++)
		if (!named[j])
			mh_project_add_problem(project, "heads", NULL,
								   psprintf("head %s has none of the labels %s",
											graph->nodes[heads->v[j]].id, mh_enumerate(labels)));
	pfree(named);
}

static void
check_heads(MhCheckout *project, const char *wanted)
{
	MhNodes heads = mh_graph_heads(project->graph);
	MhStrings labels;

	if (wanted == NULL)
		wanted = "1";
	if (*wanted != '\0' && wanted[strspn(wanted, "0123456789")] == '\0')
	{
		/* what is too large for it becomes the largest, which is wrong as well */
		check_count(project, &heads, strtol(wanted, NULL, 10));
		return;
	}
	labels = split_labels(wanted);
	check_labels(project, &heads, &labels);
}

static void
print_json(const MhCheckout *project)
{
	StringInfoData json;
	MhStrings heads = {0, NULL, 0};
	MhNodes nodes;

	if (project->graph != NULL)
	{
		nodes = mh_graph_heads(project->graph);
		heads = mh_graph_ids(project->graph, &nodes);
	}
	initStringInfo(&json);
	appendStringInfo(&json, "{\"ok\": %s, \"scripts\": %d, \"heads\": ",
					 project->problem_count == 0 ? "true" : "false", project->tree.files.n);
	mh_json_list(&json, &heads);
	appendStringInfoString(&json, ", \"problems\": [");
	for (int i = 0; i < project->problem_count; i++)
	{
		appendStringInfoString(&json, i == 0 ? "{\"code\": " : ", {\"code\": ");
		mh_json_quote(&json, project->problems[i].code);
		appendStringInfoString(&json, ", \"file\": ");
		mh_json_quote(&json, project->problems[i].file);
		appendStringInfoString(&json, ", \"message\": ");
		mh_json_quote(&json, project->problems[i].message);
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoString(&json, "]}");
	mh_json_print(json.data);
}

static void
print_sound(const MhCheckout *project)
{
	MhNodes nodes = mh_graph_heads(project->graph);
	MhStrings heads = mh_graph_ids(project->graph, &nodes);

	printf("%sok%s  %d script%s, %s %s\n", mh_colour_of(MH_EXIT_OK), mh_colour_end(), project->n,
		   mh_plural(project->n), heads.n == 1 ? "head" : "heads",
		   heads.n == 0 ? "none" : mh_safe_text(mh_strings_join(&heads, ", "), false));
}

int
mh_run_check(const MhOptions *options)
{
	MhCheckout project;

	if (!mh_project_read(&options->operands, !options->not_recursive, &project))
		return MH_EXIT_TROUBLE;
	if (project.tree.files.n == 0)
		mh_project_add_problem(&project, MH_STATE_NO_SCRIPTS, NULL,
							   psprintf("no migration script was found in %s",
										mh_strings_join(&project.tree.locations, ", ")));
	else if (project.graph != NULL)
		check_heads(&project, options->heads);
	if (options->json)
		print_json(&project);
	else if (project.problem_count > 0)
		mh_project_complain(&project);
	else if (!options->quiet)
		print_sound(&project);
	return mh_finish_output(project.problem_count == 0 ? MH_EXIT_OK : MH_EXIT_CRITICAL);
}
