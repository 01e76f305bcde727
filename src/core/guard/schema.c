/*-------------------------------------------------------------------------
 *
 * schema.c
 *	  The guard that keeps a stamp from claiming what the schema does not have.
 *
 *-------------------------------------------------------------------------
 */
#include "core/guard/guard.h"

#include "core/base/relative_names.h"
#include "core/base/call.h"
#include "core/base/wording.h"

/* The unsatisfied objects, by kind. */
typedef struct Unsatisfied
{
	MhStrings missing;
	MhStrings different;
	MhStrings extra;
	MhStrings busy;
	MhStrings unreadable;
	MhStrings other_texts;
} Unsatisfied;

static MhStrings *
list_for(Unsatisfied *found, const MhDifference *difference, bool with_extra)
{
	switch (mh_hindrance_of(difference))
	{
		case MH_HINDRANCE_MISSING:
			return &found->missing;
		case MH_HINDRANCE_DIFFERENT:
			return &found->different;
		case MH_HINDRANCE_EXTRA:
			return with_extra ? &found->extra : NULL;
		case MH_HINDRANCE_UNREAD:
			return difference->kind == MH_BUSY         ? &found->busy
				   : difference->kind == MH_UNREADABLE ? &found->unreadable
													   : &found->other_texts;
		case MH_HINDRANCE_NONE:
			break;
	}
	return NULL;
}

static Unsatisfied
find_unsatisfied(const MhDifferences *differences, const char *version_schema, const char *owner,
				 bool with_extra)
{
	Unsatisfied found = {0};

	for (int i = 0; i < differences->n; i++)
	{
		const MhDifference *difference = &differences->v[i];
		MhStrings *list = list_for(&found, difference, with_extra);
		char *object;

		if (list == NULL)
			continue;
		object = psprintf("%s %s", difference->type,
						  mh_shown_text(difference->name, version_schema, owner));
		/* an object with several changed attributes occurs several times in a row */
		if (list->n == 0 || strcmp(list->v[list->n - 1], object) != 0)
			mh_strings_add(list, object);
	}
	return found;
}

static void
append_objects(StringInfo buf, const char *what, const MhStrings *objects)
{
	if (objects->n == 0)
		return;
	appendStringInfo(buf, "%s%s %s.", buf->len > 0 ? " " : "", what, mh_enumerate(objects));
}

/* Returns the call that lists the differences; for the rows' revision if they are one. */
static char *
looking_call(const MhWriting *writing, const MhStrings *rows)
{
	char *table = mh_sql_literal(writing->table);

	if (rows->n != 1)
		return psprintf("SELECT * FROM %smighead_locate(%s::pg_catalog.regclass);", writing->prefix,
						table);
	return psprintf(
		"SELECT * FROM %smighead_drift(%s::pg_catalog.regclass, revision => %s::pg_catalog.text);",
		writing->prefix, table, mh_sql_literal(rows->v[0]));
}

/* Adds the hint how to make the comparison possible.  Nothing is known to be wrong. */
static void
hint_at_unread(const MhWriting *writing, const MhStrings *rows, const Unsatisfied *found,
			   MhError *err)
{
	if (found->busy.n > 0)
		mh_fail_hint(err,
					 "SELECT detail, hint FROM %smighead_findings(%s) WHERE code = '" MH_STATE_BUSY
					 "'::text; -- "
					 "says who locks them, and how to end that; then try again",
					 writing->prefix, mh_regclass_value(writing->table));
	else if (found->unreadable.n > 0)
		mh_fail_hint(err,
					 "%s -- lists them; try again as a role that may read them, or to stamp "
					 "anyway, add skip_guards => '{schema}'::pg_catalog.text[]",
					 looking_call(writing, rows));
	else
		mh_fail_hint(
			err,
			"%s -- lists them; import expectations that this server version has "
			"captured, or to stamp anyway, add skip_guards => '{schema}'::pg_catalog.text[]",
			looking_call(writing, rows));
}

bool
mh_guard_schema(const MhWriting *writing, const MhStrings *rows, const MhDifferences *differences,
				const char *version_schema, const char *owner, bool with_extra, MhError *err)
{
	Unsatisfied found = find_unsatisfied(differences, version_schema, owner, with_extra);
	int wrong = found.missing.n + found.different.n + found.extra.n;
	char *literal = mh_array_literal(rows, 0);
	StringInfoData detail;

	if (wrong + found.busy.n + found.unreadable.n + found.other_texts.n == 0)
		return true;
	initStringInfo(&detail);
	append_objects(&detail, "Missing:", &found.missing);
	append_objects(&detail, "Different:", &found.different);
	append_objects(&detail, "Extra:", &found.extra);
	append_objects(&detail, "Locked or being built:", &found.busy);
	append_objects(&detail, "Not readable:", &found.unreadable);
	append_objects(&detail, "Recorded in texts of another server version:", &found.other_texts);
	if (found.missing.n > 0 || found.different.n > 0)
		mh_fail(err, MHERR_GUARD_SCHEMA, "the schema is not what is expected at %s", literal);
	else if (found.extra.n > 0)
		mh_fail(err, MHERR_GUARD_SCHEMA, "the schema has more than what is expected at %s",
				literal);
	else
		mh_fail(err, MHERR_GUARD_SCHEMA, "not all of what is expected at %s could be compared",
				literal);
	mh_fail_detail(err, "%s%s", detail.data,
				   found.extra.n == 0 ? ""
									  : " If a later revision makes them, its upgrade will fail.");
	if (wrong == 0)
		hint_at_unread(writing, rows, &found, err);
	else
		mh_fail_hint(err,
					 "%s -- shows the differences; to stamp anyway, add skip_guards => "
					 "'{schema}'::pg_catalog.text[]",
					 looking_call(writing, rows));
	return false;
}

/* The hint does not offer a capture here: it would record this schema, right or wrong. */
bool
mh_guard_blind(const MhWriting *writing, const MhStrings *rows, const char *reason, MhError *err)
{
	char *literal = mh_array_literal(rows, 0);

	mh_fail(err, MHERR_GUARD_SCHEMA,
			"no comparable expectation is stored for %s, so the schema cannot be checked", literal);
	mh_fail_detail(err, "%s", reason);
	mh_fail_hint(err,
				 "Import expectations with %smighead_import() from a database that was upgraded to "
				 "%s, such as that of CI. To stamp without a comparison, add skip_guards => "
				 "'{schema}'::pg_catalog.text[].",
				 writing->prefix, literal);
	return false;
}

bool
mh_guard_collision(const MhWriting *writing, const MhStrings *tables, MhError *err)
{
	if (tables->n == 0)
		return true;
	mh_fail(err, MHERR_GUARD_SCHEMA, "tables exist that the first upgrade would collide with");
	mh_fail_detail(err, "Without rows, every migration runs again from the first one. There %s %s.",
				   tables->n == 1 ? "is" : "are", mh_enumerate(tables));
	mh_fail_hint(
		err,
		"SELECT * FROM %smighead_locate(%s::pg_catalog.regclass); -- shows which revision the "
		"schema is; to empty the version table anyway, add skip_guards => "
		"'{schema}'::pg_catalog.text[]",
		writing->prefix, mh_sql_literal(writing->table));
	return false;
}

bool
mh_guard_scripts(const MhWriting *writing, const MhGraph *graph, const MhStrings *targets,
				 MhError *err)
{
	for (int i = 0; i < targets->n && graph->n == 0; i++)
	{
		const char *target = targets->v[i];

		if (strcmp(target, "base") == 0 ||
			(mh_is_unregistered(graph, target) && strchr(target, '+') == NULL))
			continue;
		mh_fail(err, MHERR_STATE_NO_SCRIPTS, "target '%s' means nothing without scripts", target);
		mh_fail_detail(err, "No scripts of project \"%s\" are loaded.", writing->project);
		mh_fail_hint(err, "in a shell: %s # loads the scripts -- or give the full id of a revision",
					 mh_load_command(writing->project));
		return false;
	}
	return true;
}
