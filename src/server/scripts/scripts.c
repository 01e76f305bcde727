/*-------------------------------------------------------------------------
 *
 * scripts.c
 *	  Reads mighead.project, mighead.release and mighead.revision.
 *
 * Reads as the caller.  PUBLIC may read them, unless somebody has revoked that right, which is then
 * respected.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/scripts.h"

#include "server/base/extension_scan.h"
#include "server/base/own_table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "server/scripts/cache.h"
#include "core/schema/schema.h"
#include "server/base/query.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* The columns read of a project.  The tables of 0.1.0 have no manages. */
static const char *const project_columns[] =
	MH_NAMES("name", "version_table_name", "version_table_schema", "environment",
			 "environment_database", "protected", "manages");

static const char *const release_columns[] = MH_NAMES("release", "label", "loaded_at");

/* The columns read of a revision.  The tables of 0.1.0 do not have the last six. */
static const char *const revision_columns[] =
	MH_NAMES("revision", "down_revision", "depends_on", "branch_labels", "message", "create_date",
			 "file_name", "checksum", "first_checksum", "body_checksum", "by_hand", "first_release",
			 "last_release", "load_order", "code_checksum", "first_code_checksum",
			 "first_down_revision", "first_depends_on", "first_branch_labels", "first_message");

/* The columns of a table depend on the install script that created it. */
bool
mh_has_column(const char *table, const char *column)
{
	Oid relation = get_relname_relid(table, get_namespace_oid("mighead", false));

	return get_attnum(relation, column) != InvalidAttrNumber;
}

bool
mh_knows_first_scripts(void)
{
	return mh_has_column("revision", "code_checksum");
}

static MhProject *
new_project(const char *name)
{
	MhProject *project = palloc0(sizeof(MhProject));

	project->name = pstrdup(name);
	project->version_table_name = pstrdup(MH_DEFAULT_VERSION_TABLE);
	return project;
}

static void
add_project(const Datum *values, const bool *nulls, void *into)
{
	List **projects = into;
	MhProject *project = palloc0(sizeof(MhProject));

	project->name = mh_text_or_null(values[0], nulls[0]);
	project->version_table_name = mh_text_or_null(values[1], nulls[1]);
	project->version_table_schema = mh_text_or_null(values[2], nulls[2]);
	project->environment = mh_text_or_null(values[3], nulls[3]);
	project->environment_database = mh_text_or_null(values[4], nulls[4]);
	project->is_protected = DatumGetBool(values[5]);
	project->is_stored = true;
	if (!nulls[6])
		project->manages_words = mh_strings_stored(values[6], NULL);
	project->manages = mh_areas_of_words(&project->manages_words);
	*projects = lappend(*projects, project);
}

static int
compare_projects(const ListCell *left, const ListCell *right)
{
	return strcmp(((const MhProject *) lfirst(left))->name,
				  ((const MhProject *) lfirst(right))->name);
}

static MhProject *
find_project(List *projects, const char *name)
{
	ListCell *cell;

	foreach (cell, projects)
	{
		MhProject *project = lfirst(cell);

		if (strcmp(project->name, name) == 0)
			return project;
	}
	return NULL;
}

static void
set_release(MhProject *project, int64 release, char *label, TimestampTz loaded_at)
{
	if (release <= project->release)
		return;
	project->release = release;
	project->release_label = label;
	project->loaded_at = loaded_at;
}

static void
take_release(const Datum *values, const bool *nulls, void *into)
{
	set_release(into, DatumGetInt64(values[0]), mh_text_or_null(values[1], nulls[1]),
				DatumGetTimestampTz(values[2]));
}

/* Finds the newest release, which is the last in the index. */
static void
find_release(MhProject *project)
{
	const char *key = project->name;
	MhExtensionScan scan;
	bool is_null;

	mh_extension_scan_begin_at(&scan, GetActiveSnapshot(), "release", "release_pkey", 1, &key);
	if (mh_extension_scan_next(&scan))
		set_release(project, DatumGetInt64(mh_extension_value(&scan, "release", &is_null)),
					mh_extension_text(&scan, "label"),
					DatumGetTimestampTz(mh_extension_value(&scan, "loaded_at", &is_null)));
	mh_extension_scan_end(&scan);
}

static void
find_releases(List *projects)
{
	static const MhOwnColumns columns =
		MH_NAMES("release", lengthof(release_columns), release_columns);
	bool may_scan = mh_own_table_may_scan(columns.table);
	ListCell *cell;

	foreach (cell, projects)
	{
		MhProject *project = lfirst(cell);

		if (may_scan)
			find_release(project);
		else
			mh_own_table_each(&columns, "project", project->name, take_release, project);
	}
}

static List *
read_stored(void)
{
	static const MhOwnColumns project =
		MH_NAMES("project", lengthof(project_columns), project_columns);
	List *projects = NIL;
	ListCell *cell;

	mh_own_table_each(&project, NULL, NULL, add_project, &projects);
	list_sort(projects, compare_projects);
	foreach (cell, projects)
		((MhProject *) lfirst(cell))->siblings = list_length(projects);
	return projects;
}

static List *
with_default(List *projects)
{
	if (find_project(projects, MH_DEFAULT_PROJECT) == NULL)
		projects = lappend(projects, new_project(MH_DEFAULT_PROJECT));
	return projects;
}

List *
mh_projects_list(void)
{
	return with_default(read_stored());
}

List *
mh_projects_read(void)
{
	List *projects = read_stored();

	find_releases(projects);
	return with_default(projects);
}

static MhProject *
only_project_with_scripts(List *projects)
{
	MhProject *found = NULL;
	ListCell *cell;

	foreach (cell, projects)
	{
		MhProject *project = lfirst(cell);

		if (project->release == 0)
			continue;
		if (found != NULL)
			return NULL;
		found = project;
	}
	return found;
}

static char *
project_names(List *projects)
{
	MhStrings names = {0, NULL};
	ListCell *cell;

	foreach (cell, projects)
		mh_strings_add(&names, ((MhProject *) lfirst(cell))->name);
	return mh_strings_join(&names, ", ");
}

MhProject *
mh_project_choose(List *projects, const char *argument, const char *of_table)
{
	MhProject *project;

	if (argument == NULL && of_table == NULL)
	{
		project = only_project_with_scripts(projects);
		return project ? project : find_project(projects, MH_DEFAULT_PROJECT);
	}
	project = find_project(projects, argument ? argument : of_table);
	if (project == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("project \"%s\" does not exist", mh_from_utf8(argument)),
						errhint("Known projects: %s.", mh_from_utf8(project_names(projects)))));
	return project;
}

/*
 * Returns how well a project matches a version table.  One that names the schema comes before one
 * for all schemas, and one with scripts before one without.
 */
static int
closeness(const MhProject *project, const char *schema, const char *name)
{
	if (strcmp(project->version_table_name, name) != 0)
		return 0;
	if (project->version_table_schema == NULL)
		return project->release > 0 ? 2 : 1;
	if (strcmp(project->version_table_schema, schema) != 0)
		return 0;
	return project->release > 0 ? 4 : 3;
}

MhProject *
mh_project_of_table(List *projects, const char *schema, const char *name)
{
	MhProject *best = NULL;
	int best_closeness = 0;
	ListCell *cell;

	foreach (cell, projects)
	{
		MhProject *project = lfirst(cell);
		int this_closeness = closeness(project, schema, name);

		if (this_closeness > best_closeness)
		{
			best = project;
			best_closeness = this_closeness;
		}
	}
	return best;
}

static MhStrings
strings_of(Datum array, int *nulls)
{
	ArrayType *value = DatumGetArrayTypeP(array);
	MhStrings strings = {0, NULL};
	int these = 0;

	/* nearly every row has two or three empty arrays, which need not be walked */
	if (ARR_NDIM(value) > 0)
		strings = mh_strings_stored(PointerGetDatum(value), &these);
	for (int i = 0; i < these; i++)
		mh_strings_add(&strings, "");
	*nulls += these;
	if ((Pointer) value != DatumGetPointer(array))
		pfree(value);
	return strings;
}

static const MhStrings *
first_strings(Datum array, bool is_null)
{
	MhStrings *strings;

	if (is_null)
		return NULL;
	strings = palloc(sizeof(MhStrings));
	*strings = mh_strings_stored(array, NULL);
	return strings;
}

/*
 * Where texts of rows lie, one behind the other.  What palloc needs beside each of them would be as
 * much again, for as long as the session lives.
 */
typedef struct Texts
{
	char *at;
	size_t left;
	size_t block; /* size of the last one */
} Texts;

#define FIRST_BLOCK 1024
#define LARGEST_BLOCK (64 * 1024)

static char *
room_for(Texts *texts, size_t size)
{
	char *room = texts->at;

	if (size > LARGEST_BLOCK / 4)
		return palloc(size);
	if (size > texts->left)
	{
		texts->block = Min(Max(texts->block * 2, FIRST_BLOCK), LARGEST_BLOCK);
		texts->block = Max(texts->block, size);
		texts->left = texts->block;
		room = texts->at = palloc(texts->block);
	}
	texts->at += size;
	texts->left -= size;
	return room;
}

/* A row as read: a script with its facts, to be sorted. */
typedef struct RevisionRow
{
	MhScript script;
	MhRevisionFacts facts;
	int nulls; /* number of NULL elements in its arrays */
} RevisionRow;

typedef struct RevisionRows
{
	RevisionRow *v;
	int n;
	int allocated;
	Texts texts;
} RevisionRows;

static RevisionRow *
next_row(RevisionRows *rows)
{
	if (rows->n == rows->allocated)
	{
		rows->allocated = Max(64, rows->allocated * 2);
		rows->v = rows->v == NULL
					  ? palloc(rows->allocated * sizeof(RevisionRow))
					  : repalloc_huge(rows->v, (Size) rows->allocated * sizeof(RevisionRow));
	}
	return &rows->v[rows->n++];
}

static char *
keep_text(RevisionRows *rows, Datum value, bool is_null)
{
	char *text = mh_text_or_null(value, is_null);
	char *kept;
	size_t size;

	if (text == NULL)
		return NULL;
	size = strlen(text) + 1;
	kept = room_for(&rows->texts, size);
	memcpy(kept, text, size);
	pfree(text);
	return kept;
}

/* Returns a text that is nearly always the same as another one, and is then that one. */
static char *
text_beside(Datum value, bool is_null, char *other)
{
	char *text = mh_text_or_null(value, is_null);

	if (text == NULL)
		return NULL;
	if (mh_texts_equal(text, other))
	{
		pfree(text);
		return other;
	}
	return text;
}

static void
add_row(const Datum *values, const bool *nulls, void *into)
{
	RevisionRows *rows = into;
	RevisionRow *row = next_row(rows);

	row->nulls = 0;
	row->script.revision = keep_text(rows, values[0], nulls[0]);
	row->script.down_revision = strings_of(values[1], &row->nulls);
	row->script.depends_on = strings_of(values[2], &row->nulls);
	row->script.branch_labels = strings_of(values[3], &row->nulls);
	row->script.message = keep_text(rows, values[4], nulls[4]);
	row->script.create_date = NULL;
	row->script.file_name = keep_text(rows, values[6], nulls[6]);
	row->facts.has_create_date = !nulls[5];
	row->facts.create_date = nulls[5] ? 0 : DatumGetTimestamp(values[5]);
	row->facts.checksum = keep_text(rows, values[7], nulls[7]);
	row->facts.first_checksum = text_beside(values[8], nulls[8], row->facts.checksum);
	row->facts.body_checksum = keep_text(rows, values[9], nulls[9]);
	row->facts.by_hand = DatumGetBool(values[10]);
	row->facts.first_release = nulls[11] ? 0 : DatumGetInt64(values[11]);
	row->facts.last_release = nulls[12] ? 0 : DatumGetInt64(values[12]);
	row->facts.load_order = DatumGetInt32(values[13]);
	row->facts.code_checksum = keep_text(rows, values[14], nulls[14]);
	row->facts.first_code_checksum = text_beside(values[15], nulls[15], row->facts.code_checksum);
	row->facts.first_down_revision = first_strings(values[16], nulls[16]);
	row->facts.first_depends_on = first_strings(values[17], nulls[17]);
	row->facts.first_branch_labels = first_strings(values[18], nulls[18]);
	row->facts.first_message = mh_text_or_null(values[19], nulls[19]);
}

static bool
is_waiting(const MhRevisionFacts *facts)
{
	return facts->first_release == 0;
}

static bool
is_retired(const MhRevisionFacts *facts)
{
	return facts->last_release != 0;
}

/* Sorts current, then retired, then waiting revisions, each in load order. */
static int
compare_rows(const void *left, const void *right)
{
	const MhRevisionFacts *a = &((const RevisionRow *) left)->facts;
	const MhRevisionFacts *b = &((const RevisionRow *) right)->facts;
	int class_a = is_waiting(a) ? 2 : is_retired(a);
	int class_b = is_waiting(b) ? 2 : is_retired(b);

	if (class_a != class_b)
		return class_a - class_b;
	if (a->load_order != b->load_order)
		return a->load_order < b->load_order ? -1 : 1;
	return strcmp(((const RevisionRow *) left)->script.revision,
				  ((const RevisionRow *) right)->script.revision);
}

static const MhError *
find_nulls(const RevisionRow *rows, int n)
{
	for (int i = 0; i < n; i++)
	{
		MhError *refusal;

		if (rows[i].nulls == 0)
			continue;
		refusal = palloc0(sizeof(MhError));
		mh_fail(refusal, "XX001", "row of mighead.revision for revision \"%s\" is damaged",
				rows[i].script.revision);
		mh_fail_detail(refusal, "One of its arrays has an element that is null.");
		return refusal;
	}
	return NULL;
}

static MhScripts *
scripts_from_rows(RevisionRow *rows, int n)
{
	MhScripts *scripts = palloc0(sizeof(MhScripts));
	MhScript *sorted = palloc(Max(n, 1) * sizeof(MhScript));
	MhRevisionFacts *facts = palloc(Max(n, 1) * sizeof(MhRevisionFacts));

	qsort(rows, n, sizeof(RevisionRow), compare_rows);
	scripts->scripts = sorted;
	scripts->refusal = find_nulls(rows, n);
	scripts->facts = facts;
	for (int i = 0; i < n; i++)
	{
		sorted[i] = rows[i].script;
		facts[i] = rows[i].facts;
		if (is_waiting(&rows[i].facts))
			scripts->waiting++;
		else if (is_retired(&rows[i].facts))
			scripts->retired++;
		else
			scripts->n++;
	}
	return scripts;
}

MhScripts *
mh_scripts_read_rows(MhProject *project)
{
	static const MhOwnColumns columns =
		MH_NAMES("revision", lengthof(revision_columns), revision_columns);
	RevisionRows rows = {0};
	MhScripts *scripts;

	mh_own_table_each(&columns, "project", project->name, add_row, &rows);
	scripts = scripts_from_rows(rows.v, rows.n);
	if (rows.v != NULL)
		pfree(rows.v);
	scripts->project = project;
	return scripts;
}

static bool
has_release(const char *project)
{
	MhExtensionScan scan;
	bool found;

	mh_extension_scan_begin(&scan, "release", "release_pkey", 1, &project);
	found = mh_extension_scan_next(&scan);
	mh_extension_scan_end(&scan);
	return found;
}

MhProject *
mh_project_find_of_table(const char *schema, const char *name)
{
	List *projects = NIL;
	MhProject *found;
	MhExtensionScan scan;

	mh_extension_scan_begin(&scan, "project", "project_pkey", 0, NULL);
	while (mh_extension_scan_next(&scan))
	{
		MhProject *project = palloc0(sizeof(MhProject));

		project->name = mh_extension_text(&scan, "name");
		project->version_table_name = mh_extension_text(&scan, "version_table_name");
		project->version_table_schema = mh_extension_text(&scan, "version_table_schema");
		project->is_stored = true;
		/* only whether there is one counts */
		project->release = has_release(project->name);
		projects = lappend(projects, project);
	}
	mh_extension_scan_end(&scan);
	if (find_project(projects, MH_DEFAULT_PROJECT) == NULL)
		projects = lappend(projects, new_project(MH_DEFAULT_PROJECT));
	found = mh_project_of_table(projects, schema, name);
	return found ? found : mh_project_choose(projects, NULL, NULL);
}

MhScript *
mh_scripts_find_some(const MhProject *project, const MhStrings *revisions, int *n)
{
	MhScript *scripts = palloc0(Max(revisions->n, 1) * sizeof(MhScript));

	*n = 0;
	for (int i = 0; i < revisions->n; i++)
	{
		const char *keys[2] = {project->name, revisions->v[i]};
		bool is_waiting;
		bool is_current;
		MhExtensionScan scan;

		mh_extension_scan_begin(&scan, "revision", "revision_pkey", 2, keys);
		if (mh_extension_scan_next(&scan))
		{
			(void) mh_extension_value(&scan, "first_release", &is_waiting);
			(void) mh_extension_value(&scan, "last_release", &is_current);
			scripts[*n].revision = mh_extension_text(&scan, "revision");
			scripts[*n].down_revision = mh_extension_strings(&scan, "down_revision");
			scripts[*n].depends_on = mh_extension_strings(&scan, "depends_on");
			*n += !is_waiting && is_current;
		}
		mh_extension_scan_end(&scan);
	}
	return scripts;
}

static MhScripts *
read_with_graph(MhProject *project)
{
	MhScripts *scripts = mh_scripts_read_rows(project);
	MhError *refusal = palloc0(sizeof(MhError));

	if (scripts->refusal == NULL)
		scripts->graph = mh_graph_build(scripts->scripts, scripts->n, refusal);
	if (scripts->graph != NULL)
		return scripts;
	if (scripts->refusal == NULL)
		scripts->refusal = refusal;
	scripts->n = scripts->retired = scripts->waiting = 0;
	scripts->graph = mh_graph_build(scripts->scripts, 0, refusal);
	return scripts;
}

MhScripts *
mh_scripts_read_any(MhProject *project)
{
	return mh_scripts_cached(project, read_with_graph);
}

MhScripts *
mh_scripts_read(MhProject *project)
{
	MhScripts *scripts = mh_scripts_read_any(project);

	if (scripts->refusal != NULL)
		mh_raise(scripts->refusal);
	return scripts;
}

char *
mh_release_name(const char *project, int64 release)
{
	MemoryContext caller = CurrentMemoryContext;
	MhIdentity identity = mh_begin_reading();
	Oid types[2] = {TEXTOID, INT8OID};
	Datum values[2] = {mh_text_datum(project), Int64GetDatum(release)};
	char *name = NULL;

	SPI_connect();
	SPI_execute_with_args("SELECT label FROM mighead.release"
						  " WHERE project OPERATOR(pg_catalog.=) $1"
						  " AND release OPERATOR(pg_catalog.=) $2",
						  2, types, values, NULL, true, 1);
	if (SPI_processed == 1)
		name = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	MemoryContextSwitchTo(caller);
	name = name ? pstrdup(mh_to_utf8(name)) : psprintf(INT64_FORMAT, release);
	SPI_finish();
	mh_end(&identity);
	return name;
}
