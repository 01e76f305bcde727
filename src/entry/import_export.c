/*-------------------------------------------------------------------------
 *
 * import_export.c
 *	  Copies scripts from one database to another: mighead_export, mighead_import.
 *
 *-------------------------------------------------------------------------
 */
#include "server/expected/expected.h"
#include "server/scripts/scripts.h"
#include "entry/document.h"
#include "entry/load.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(mighead_export);
PG_FUNCTION_INFO_V1(mighead_import);

/* Nobody could import what is damaged. */
static void
check_expectations(MhExpectations *expectations, const char *project)
{
	for (int i = 0; i < expectations->n && expectations->damage == NULL; i++)
	{
		CHECK_FOR_INTERRUPTS();
		mh_expected_check(expectations, i, NULL);
	}
	if (expectations->damage != NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("expectations of project \"%s\" are damaged", mh_from_utf8(project)),
						errdetail_internal("%s", mh_from_utf8(expectations->damage)),
						errhint("Import a document of mighead_export() again, or export without "
								"expectations.")));
}

/*
 * mighead_export(project, expectations): the document of document.h.  42704 for a
 * project that does not exist, XX001 for expectations that are damaged.  Privileges: SELECT on the
 * tables, as the caller.  Without SELECT on mighead.statement the document has no statements.
 */
Datum
mighead_export(PG_FUNCTION_ARGS)
{
	MhProject *project = mh_project_choose(mh_projects_read(), mh_text_argument(fcinfo, 0), NULL);
	MhScripts *scripts = mh_scripts_read_rows(project);
	MhExpectations *expectations = NULL;
	List *statements = NIL;
	bool permitted;
	char *json;

	mh_require_argument(fcinfo, 1, "expectations");
	if (PG_GETARG_BOOL(1))
	{
		expectations = mh_expectations_read(project->name);
		mh_expectations_load(expectations, NULL);
		check_expectations(expectations, project->name);
		statements = mh_statements_read(project->name, &permitted);
	}
	json = mh_document_write(project, scripts, mh_releases_read(project->name), expectations,
							 statements);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

static void
add_unknown(const MhDocument *document, MhStrings *warnings)
{
	for (int i = 0; i < document->unknown.n; i++)
		mh_strings_add(warnings,
					   psprintf("The document's member \"%s\" is not known and was left out.",
								document->unknown.v[i]));
}

/* Those of a revision take the place of what is recorded of it; others stay. */
static void
import_statements(const char *project, const List *statements)
{
	int n = list_length(statements);
	MhRecorded *copies = palloc(Max(n, 1) * sizeof(MhRecorded));
	int first = 0;

	for (int i = 0; i < n; i++)
		copies[i] = *(const MhRecorded *) list_nth(statements, i);
	for (int i = 1; i <= n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i < n && strcmp(copies[i].revision, copies[first].revision) == 0)
			continue;
		mh_statements_write(project, copies[first].revision, copies[first].checksum, &copies[first],
							i - first);
		first = i;
	}
	pfree(copies);
}

/* ---------- into a project without a history ---------- */

static int
count_of(const MhScripts *scripts)
{
	return scripts->n + scripts->retired + scripts->waiting;
}

static MhStrings
heads_of(const MhScripts *scripts)
{
	MhError err = MH_NO_ERROR;
	MhGraph *graph = mh_graph_build(scripts->scripts, scripts->n, &err);
	MhNodes heads;

	if (graph == NULL)
		mh_raise(&err);
	heads = mh_graph_heads(graph);
	return mh_graph_ids(graph, &heads);
}

static void
restore_releases(MhStore *store, const MhDocument *document, const MhStrings *heads,
				 const char *label)
{
	for (int i = 0; i < document->n_releases; i++)
	{
		MhRelease release = document->releases[i];

		if (i == document->n_releases - 1)
		{
			release.heads = *heads;
			if (label != NULL)
				release.label = label;
		}
		mh_store_release(store, &release);
	}
}

static void
restore_revisions(MhStore *store, const MhScripts *scripts)
{
	int n = count_of(scripts);
	const MhScript **script_pointers = palloc(Max(n, 1) * sizeof(MhScript *));
	const MhRevisionFacts **fact_pointers = palloc(Max(n, 1) * sizeof(MhRevisionFacts *));

	for (int i = 0; i < n; i++)
	{
		script_pointers[i] = &scripts->scripts[i];
		fact_pointers[i] = &scripts->facts[i];
	}
	mh_store_revisions(store, script_pointers, fact_pointers, n);
}

static Datum
restore(FunctionCallInfo fcinfo, MhStore *store, const MhDocument *document, const char *label)
{
	MhStrings heads = heads_of(&document->scripts);
	MhStrings warnings = {0, NULL};
	MhMerge merge = {0};

	restore_releases(store, document, &heads, label);
	restore_revisions(store, &document->scripts);
	mh_store_close(store);
	merge.current = merge.added = document->scripts.n;
	add_unknown(document, &warnings);
	return mh_load_row(fcinfo, &merge, &heads, &warnings);
}

/* ---------- into a project that has one ---------- */

static void
add_scripts(MhIncoming *incoming, const MhScripts *scripts, int first, int n)
{
	MhError none = MH_NO_ERROR;

	for (int i = first; i < first + n; i++)
	{
		MhRevisionFacts facts = scripts->facts[i];

		/* the project's own releases tell in which of them a revision was */
		facts.first_release = 0;
		facts.last_release = 0;
		facts.first_checksum = NULL;
		mh_incoming_add(incoming, &scripts->scripts[i], &facts, &none);
	}
}

static Datum
load(FunctionCallInfo fcinfo, MhStore *store, const MhDocument *document, const char *label)
{
	const MhScripts *scripts = &document->scripts;
	MhIncoming incoming = {0};
	MhIncoming waiting = {0};

	if (label == NULL && document->n_releases > 0)
		label = document->releases[document->n_releases - 1].label;
	add_unknown(document, &incoming.warnings);
	add_scripts(&incoming, scripts, 0, scripts->n);
	add_scripts(&waiting, scripts, scripts->n + scripts->retired, scripts->waiting);
	return mh_load_finish(fcinfo, store, &incoming, &waiting, label, "document");
}

/*
 * mighead_import(document, release): what mighead_export wrote.
 *
 * A project that has no scripts gets the document's whole history as it is, and only the
 * label of the current release is replaced by release, if that is given.  In a project
 * that has scripts the document's current ones become the next release, as if they were
 * loaded; its retired ones are not taken, as they were never in a release of this project.
 * The version table's name is taken only where the project is new.  Expectations take the place of
 * those at the same rows, statements that of those of the same revision; others stay.
 *
 * Errors: MH222 for what is no document, MH210 ... MH215 for its graph.  Locks the
 * project's row.
 */
Datum
mighead_import(PG_FUNCTION_ARGS)
{
	MhDocument *document;
	MhStore *store;
	char *label;

	mh_require_argument(fcinfo, 0, "document");
	document = mh_document_read(PG_GETARG_JSONB_P(0));
	label = mh_release_argument(fcinfo, 1);
	store = mh_store_open(document->project);
	if (store->is_new)
		mh_store_project(store, document->version_table_name, document->version_table_schema,
						 &document->manages);
	else if (document->manages.n > 0 && store->project->manages_words.n == 0)
		mh_store_project(store, store->project->version_table_name,
						 store->project->version_table_schema, &document->manages);
	if (document->expectations != NULL)
		mh_expectations_import(store, document->expectations);
	if (mh_statements_exist())
		import_statements(document->project, document->statements);
	if (store->project->release == 0 && count_of(store->before) == 0)
		return restore(fcinfo, store, document, label);
	return load(fcinfo, store, document, label);
}
