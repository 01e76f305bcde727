/*-------------------------------------------------------------------------
 *
 * project.c
 *	  The graph of scripts of this machine, without a database.
 *
 *-------------------------------------------------------------------------
 */
#include "client/client.h"

void
mh_project_add_problem(MhCheckout *project, const char *code, const char *file, const char *message)
{
	MhProblem *problem;
	int n = project->problem_count;

	/* room is a power of two */
	if ((n & (n - 1)) == 0)
		project->problems = n == 0
								? palloc(sizeof(MhProblem))
								: repalloc(project->problems, 2 * (size_t) n * sizeof(MhProblem));
	problem = &project->problems[project->problem_count++];
	problem->code = code;
	problem->file = file == NULL ? NULL : pstrdup(file);
	problem->message = pstrdup(message);
}

static void
parse_file(MhCheckout *project, const MhScriptFile *file)
{
	MhError err = MH_NO_ERROR;
	MhScript *script = &project->scripts[project->n];
	char *text;
	size_t size;

	memset(script, 0, sizeof(*script));
	if (mh_source_decode(file->data, file->size, file->shown, &text, &size, &err) &&
		mh_script_parse(text, size, file->shown, script, &err))
	{
		script->file_name = file->shown;
		project->n++;
		return;
	}
	mh_project_add_problem(project, "unreadable_script", file->shown, err.message);
}

/* ---------- problems that several scripts can have at once ---------- */

static void
find_duplicates(MhCheckout *project, MhNameIndex *ids)
{
	for (int i = 0; i < project->n; i++)
	{
		const MhScript *script = &project->scripts[i];
		int holder;

		if (!mh_name_index_add(ids, script->revision, i, &holder))
			mh_project_add_problem(project, "duplicate_revision", script->file_name,
								   psprintf("Revision %s is present more than once; the other "
											"script is \"%s\"",
											script->revision, project->scripts[holder].file_name));
	}
}

static void
find_label_clashes(MhCheckout *project, MhNameIndex *names)
{
	for (int i = 0; i < project->n; i++)
	{
		const MhScript *script = &project->scripts[i];

		for (int j = 0; j < script->branch_labels.n; j++)
		{
			const char *label = script->branch_labels.v[j];
			int holder;

			if (!mh_name_index_add(names, label, i, &holder))
				mh_project_add_problem(
					project, "label_clash", script->file_name,
					psprintf("Branch name '%s' in revision %s already used by revision %s", label,
							 script->revision, project->scripts[holder].revision));
		}
	}
}

static void
find_absent(MhCheckout *project, const MhNameIndex *names, const MhScript *script,
			const MhStrings *references, bool labels_too)
{
	for (int i = 0; i < references->n; i++)
	{
		const char *reference = references->v[i];
		int node = mh_name_index_find(names, reference);

		if (node >= 0 && (labels_too || strcmp(project->scripts[node].revision, reference) == 0))
			continue;
		mh_project_add_problem(
			project, "missing_revision", script->file_name,
			psprintf("Revision %s referenced from %s is not present", reference, script->revision));
	}
}

static void
build_graph(MhCheckout *project)
{
	MhError err = MH_NO_ERROR;
	MhNameIndex *names = mh_name_index_create(project->n);

	find_duplicates(project, names);
	find_label_clashes(project, names);
	for (int i = 0; i < project->n; i++)
	{
		const MhScript *script = &project->scripts[i];

		find_absent(project, names, script, &script->down_revision, false);
		find_absent(project, names, script, &script->depends_on, true);
	}
	if (project->problem_count > 0)
		return;
	project->graph = mh_graph_build(project->scripts, project->n, &err);
	if (project->graph == NULL)
		mh_project_add_problem(
			project, strcmp(err.sqlstate, MHERR_CHARACTER) == 0 ? "forbidden_character" : "cycle",
			NULL, err.message);
}

bool
mh_project_read(const MhStrings *arguments, bool recursive, MhCheckout *project)
{
	MhError err = MH_NO_ERROR;

	memset(project, 0, sizeof(*project));
	if (!mh_tree_read(arguments, recursive, &project->tree, &err))
	{
		mh_complain_error(&err);
		return false;
	}
	project->scripts = palloc(Max(project->tree.files.n, 1) * sizeof(MhScript));
	for (int i = 0; i < project->tree.files.n; i++)
		parse_file(project, &project->tree.files.v[i]);
	build_graph(project);
	return true;
}

void
mh_project_complain(const MhCheckout *project)
{
	for (int i = 0; i < project->problem_count; i++)
	{
		const MhProblem *problem = &project->problems[i];

		if (problem->file == NULL || strstr(problem->message, problem->file) != NULL)
			mh_complain("%s", problem->message);
		else
			mh_complain("%s: %s", problem->file, problem->message);
	}
}
