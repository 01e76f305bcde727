/*-------------------------------------------------------------------------
 *
 * hint.c
 *	  Builds next steps for a person to paste: SQL as it is, and shell commands that are
 *	  marked as such.
 *
 * doc/internals/findings.md defines the form of a hint, so that a program can follow it too.
 *
 *-------------------------------------------------------------------------
 */
#include "core/diagnosis/diagnosis_private.h"

#include "core/base/call.h"
#include "core/base/wording.h"

/* The version table as an argument of a function that is called here. */
static char *
table_argument(const MhFacts *facts)
{
	if (facts->server == NULL || facts->argument[0] == '\0')
		return pstrdup(facts->argument);
	return mh_text_value(facts->table);
}

/* Begins a call of a function that also looks at the database of a foreign server, if this is one. */
static MhCall
begin_call(const MhFacts *facts, const char *here, const char *there)
{
	MhCall call = mh_call_begin(facts->prefix, facts->server == NULL ? here : there);

	mh_call_add(&call, NULL, facts->server);
	mh_call_add(&call, NULL, table_argument(facts));
	return call;
}

/* Returns a call of a reader for this version table. */
char *
mh_reader_call(const MhFacts *facts, const char *function)
{
	bool is_named = strcmp(function, "mighead_graph") == 0;
	MhCall call;

	if (strcmp(function, "mighead_drift") == 0)
		call = begin_call(facts, function, "mighead_remote_drift");
	else if (strcmp(function, "mighead_locate") == 0)
		call = begin_call(facts, function, "mighead_remote_locate");
	else
	{
		call = mh_call_begin(facts->prefix, function);
		mh_call_add(&call, is_named ? "version_table" : NULL, facts->argument);
	}
	return psprintf("SELECT * FROM %s;", mh_call_end(&call));
}

/* Returns a call of a function about the project's scripts.  first: an argument, or "". */
char *
mh_project_call(const MhFacts *facts, const char *function, const char *first)
{
	MhCall call = mh_call_begin(facts->prefix, function);

	mh_call_add(&call, NULL, first);
	mh_call_add(&call, "project", facts->project_argument);
	return mh_call_end(&call);
}

char *
mh_show_call(const MhFacts *facts, const char *id)
{
	return psprintf("SELECT * FROM %s;", mh_project_call(facts, "mighead_show", mh_text_value(id)));
}

char *
mh_all_drift_call(const MhFacts *facts)
{
	MhCall call = begin_call(facts, "mighead_drift", "mighead_remote_drift");

	mh_call_add(&call, "min_severity", "0");
	return psprintf("SELECT * FROM %s;", mh_call_end(&call));
}

char *
mh_drift_call(const MhFacts *facts, const char *revision)
{
	MhCall call = begin_call(facts, "mighead_drift", "mighead_remote_drift");

	mh_call_add(&call, "revision", mh_text_value(revision));
	return psprintf("SELECT * FROM %s;", mh_call_end(&call));
}

char *
mh_capture_call(const MhFacts *facts, const char *replace)
{
	const char *function = facts->server == NULL ? "mighead_capture" : "mighead_remote_capture";
	MhCall call = mh_call_begin(facts->prefix, function);

	mh_call_add(&call, NULL, facts->server);
	mh_call_add(&call, "version_table", table_argument(facts));
	mh_call_add(&call, "replace", replace);
	return psprintf("SELECT * FROM %s", mh_call_end(&call));
}

char *
mh_locks_call(const MhFacts *facts)
{
	return psprintf("SELECT * FROM %s;", mh_call(facts->prefix, "mighead_locks", NULL));
}

char *
mh_accepting_call(const MhFacts *facts, const char *object, const char *reason, const char *code)
{
	return psprintf(
		"SELECT %s;",
		mh_project_call(facts, "mighead_ignore",
						psprintf("%s, reason => %s, attribute => %s", mh_text_value(object),
								 mh_text_value(reason), mh_text_value(code))));
}

char *
mh_load_hint(const MhFacts *facts)
{
	return psprintf("in a shell: %s", mh_load_command(facts->project));
}

/*
 * Alembic does not read the rows with --sql, so it needs the start of the range.  It accepts only
 * one.
 */
char *
mh_upgrade_hint(const MhFacts *facts, const char *target)
{
	const char *word = mh_shell_word(target);
	char *upgrade = psprintf("in a shell: alembic upgrade %s # if it fails, look up its error in "
							 "doc/troubleshooting.md",
							 word);

	if (mh_has_no_rows(facts))
		return upgrade;
	if (facts->rows.n == 1 && mh_graph_find(facts->graph, facts->rows.v[0]) != MH_BASE)
		upgrade =
			psprintf("in a shell: alembic upgrade %s:%s --sql # shows what will run -- then, %s",
					 mh_shell_word(facts->rows.v[0]), word, upgrade);
	/* if there are several tables it says which one */
	if (facts->argument[0] == '\0' && facts->rows.n == 1)
		return upgrade;
	return psprintf("%s -- then, %s", mh_reader_call(facts, "mighead_pending"), upgrade);
}
