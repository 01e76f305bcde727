/*-------------------------------------------------------------------------
 *
 * write.c
 *	  Writes mighead.project, mighead.release and mighead.revision.
 *
 * search_path is pinned, so operators and functions need no qualification.
 *
 *-------------------------------------------------------------------------
 */
#include "server/scripts/scripts.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "server/base/query.h"
#include "server/scripts/bulk_insert.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* Maximal revisions and bytes per statement. */
#define BATCH_ROWS 5000
#define BATCH_BYTES (8 * 1024 * 1024)

#define REVISION_ARRAYS 20

/*
 * Locks the project's row.  Being an update, it also makes a transaction fail whose snapshot is
 * older than the stored data.  Such a transaction would number its release, and find changes, from
 * old data.
 */
static const char *const lock_statement =
	"INSERT INTO mighead.project AS p (name) VALUES ($1)"
	" ON CONFLICT (name) DO UPDATE SET protected = p.protected"
	" RETURNING xmax = 0";

static const char *const project_statement =
	"UPDATE mighead.project SET version_table_name = $2, version_table_schema = $3,"
	" manages = coalesce($4, manages) WHERE name = $1";

/* The same for the tables of 0.1.0. */
static const char *const project_statement_0_1 =
	"UPDATE mighead.project SET version_table_name = $2, version_table_schema = $3 WHERE name = $1";

static const char *const environment_statement =
	"UPDATE mighead.project SET environment = $2, environment_database ="
	" CASE WHEN $2 IS NOT NULL THEN current_database() END, protected = $3 WHERE name = $1";

static const char *const release_statement =
	"INSERT INTO mighead.release (project, release, label, heads, loaded_at, loaded_by, source)"
	" VALUES ($1, $2, $3, $4, coalesce($5, now()), coalesce($6, session_user), $7)";

static const char *const heads_statement =
	"UPDATE mighead.release SET heads = $3 WHERE project = $1 AND release = $2";

static const char *const delete_statement =
	"DELETE FROM mighead.revision WHERE project = $1 AND revision = $2";

/*
 * Deletes the project's rows, the project itself last, because there are no foreign keys for that.
 */
static const char *const remove_statements[] = {
	"DELETE FROM mighead.expected WHERE project = $1",
	"DELETE FROM mighead.expected_set WHERE project = $1",
	"DELETE FROM mighead.ignored WHERE project = $1",
	"DELETE FROM mighead.revision WHERE project = $1",
	"DELETE FROM mighead.release WHERE project = $1",
	"DELETE FROM mighead.project WHERE name = $1"};

/* Arrays cannot be elements of an array, so they are passed as text. */
#define INSERT_REVISIONS \
	"INSERT INTO mighead.revision (project, revision, load_order, down_revision, depends_on," \
	" branch_labels, message, create_date, file_name, checksum, first_checksum, body_checksum," \
	" by_hand, first_release, last_release, code_checksum, first_code_checksum," \
	" first_down_revision, first_depends_on, first_branch_labels, first_message)" \
	" SELECT $1, u.revision, u.load_order, u.down_revision::text[], u.depends_on::text[]," \
	" u.branch_labels::text[], u.message, u.create_date, u.file_name, u.checksum," \
	" u.first_checksum, u.body_checksum, u.by_hand, u.first_release, u.last_release," \
	" u.code_checksum, u.first_code_checksum, u.first_down_revision::text[]," \
	" u.first_depends_on::text[], u.first_branch_labels::text[], u.first_message" \
	" FROM unnest($2::text[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::text[]," \
	" $8::timestamp[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bool[]," \
	" $14::int8[], $15::int8[], $16::text[], $17::text[], $18::text[], $19::text[]," \
	" $20::text[], $21::text[]) AS u (revision, load_order, down_revision, depends_on," \
	" branch_labels, message, create_date, file_name, checksum, first_checksum, body_checksum," \
	" by_hand, first_release, last_release, code_checksum, first_code_checksum," \
	" first_down_revision, first_depends_on, first_branch_labels, first_message)"

/* For a project without revisions: looking for conflicts would take a fifteenth of the load. */
static const char *const first_revisions_statement = INSERT_REVISIONS;

static const char *const revisions_statement = INSERT_REVISIONS
	" ON CONFLICT (project, revision) DO UPDATE SET (load_order, down_revision, depends_on,"
	" branch_labels, message, create_date, file_name, checksum, first_checksum, body_checksum,"
	" by_hand, first_release, last_release, code_checksum, first_code_checksum,"
	" first_down_revision, first_depends_on, first_branch_labels, first_message)"
	" = (excluded.load_order, excluded.down_revision,"
	" excluded.depends_on, excluded.branch_labels, excluded.message, excluded.create_date,"
	" excluded.file_name, excluded.checksum, excluded.first_checksum, excluded.body_checksum,"
	" excluded.by_hand, excluded.first_release, excluded.last_release, excluded.code_checksum,"
	" excluded.first_code_checksum, excluded.first_down_revision, excluded.first_depends_on,"
	" excluded.first_branch_labels, excluded.first_message)";

/* The same for the tables of 0.1.0, which do not have the first version of a script. */
#define REVISION_ARRAYS_0_1 14

#define INSERT_REVISIONS_0_1 \
	"INSERT INTO mighead.revision (project, revision, load_order, down_revision, depends_on," \
	" branch_labels, message, create_date, file_name, checksum, first_checksum, body_checksum," \
	" by_hand, first_release, last_release)" \
	" SELECT $1, u.revision, u.load_order, u.down_revision::text[], u.depends_on::text[]," \
	" u.branch_labels::text[], u.message, u.create_date, u.file_name, u.checksum," \
	" u.first_checksum, u.body_checksum, u.by_hand, u.first_release, u.last_release" \
	" FROM unnest($2::text[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::text[]," \
	" $8::timestamp[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bool[]," \
	" $14::int8[], $15::int8[]) AS u (revision, load_order, down_revision, depends_on," \
	" branch_labels, message, create_date, file_name, checksum, first_checksum, body_checksum," \
	" by_hand, first_release, last_release)"

static const char *const first_revisions_0_1 = INSERT_REVISIONS_0_1;

static const char *const revisions_0_1 = INSERT_REVISIONS_0_1
	" ON CONFLICT (project, revision) DO UPDATE SET (load_order, down_revision, depends_on,"
	" branch_labels, message, create_date, file_name, checksum, first_checksum, body_checksum,"
	" by_hand, first_release, last_release) = (excluded.load_order, excluded.down_revision,"
	" excluded.depends_on, excluded.branch_labels, excluded.message, excluded.create_date,"
	" excluded.file_name, excluded.checksum, excluded.first_checksum, excluded.body_checksum,"
	" excluded.by_hand, excluded.first_release, excluded.last_release)";

static const char *const releases_query =
	"SELECT release, label, heads, loaded_at, loaded_by, source FROM mighead.release"
	" WHERE project = $1 ORDER BY release";

#define RELEASE_COLUMNS 6

/* ---------- running statements ---------- */

static bool
lock_project(const char *name)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(name)};
	bool is_null;
	bool is_new;

	SPI_connect();
	mh_write(lock_statement, 1, types, values, NULL, SPI_OK_INSERT_RETURNING);
	is_new = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	SPI_finish();
	return is_new;
}

static MhProject *
find_project(const char *name)
{
	ListCell *cell;

	foreach (cell, mh_projects_read())
	{
		MhProject *project = lfirst(cell);

		if (strcmp(project->name, name) == 0)
			return project;
	}
	elog(ERROR, "project \"%s\" vanished", name);
}

MhStore *
mh_store_open(const char *project)
{
	MhStore *store = palloc0(sizeof(MhStore));

	if (project[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the name of a project must not be empty")));
	store->identity = mh_begin_writing();
	store->is_new = lock_project(project);

	/* read what another load stored while we waited for its lock */
	PushActiveSnapshot(GetTransactionSnapshot());
	store->project = find_project(project);
	store->before = mh_scripts_read_rows(store->project);
	PopActiveSnapshot();
	return store;
}

void
mh_store_close(MhStore *store)
{
	mh_end(&store->identity);
}

void
mh_store_project(MhStore *store, const char *version_table_name, const char *version_table_schema,
				 const MhStrings *manages)
{
	Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID};
	Datum values[4];
	bool nulls[4] = {false};

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_text_datum(version_table_name);
	values[2] = mh_text_datum_or_null(version_table_schema, &nulls[2]);
	nulls[3] = manages == NULL;
	values[3] = manages == NULL ? (Datum) 0 : mh_strings_datum(manages);
	SPI_connect();
	if (mh_has_column("project", "manages"))
		mh_write(project_statement, 4, types, values, nulls, SPI_OK_UPDATE);
	else
		mh_write(project_statement_0_1, 3, types, values, nulls, SPI_OK_UPDATE);
	SPI_finish();
}

void
mh_store_environment(MhStore *store, const char *label, bool is_protected)
{
	Oid types[3] = {TEXTOID, TEXTOID, BOOLOID};
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_text_datum_or_null(label, &nulls[1]);
	values[2] = BoolGetDatum(is_protected);
	SPI_connect();
	mh_write(environment_statement, 3, types, values, nulls, SPI_OK_UPDATE);
	SPI_finish();
}

void
mh_store_release(MhStore *store, const MhRelease *release)
{
	Oid types[7] = {TEXTOID, INT8OID, TEXTOID, TEXTARRAYOID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum values[7];
	bool nulls[7] = {false};

	values[0] = mh_text_datum(store->project->name);
	values[1] = Int64GetDatum(release->release);
	values[2] = mh_text_datum_or_null(release->label, &nulls[2]);
	values[3] = mh_strings_datum(&release->heads);
	values[4] = TimestampTzGetDatum(release->loaded_at);
	nulls[4] = release->loaded_at == 0;
	values[5] = mh_text_datum_or_null(release->loaded_by, &nulls[5]);
	values[6] = mh_text_datum_or_null(release->source, &nulls[6]);
	SPI_connect();
	mh_write(release_statement, 7, types, values, nulls, SPI_OK_INSERT);
	SPI_finish();
}

void
mh_store_heads(MhStore *store, int64 release, const MhStrings *heads)
{
	Oid types[3] = {TEXTOID, INT8OID, TEXTARRAYOID};
	Datum values[3];

	values[0] = mh_text_datum(store->project->name);
	values[1] = Int64GetDatum(release);
	values[2] = mh_strings_datum(heads);
	SPI_connect();
	mh_write(heads_statement, 3, types, values, NULL, SPI_OK_UPDATE);
	SPI_finish();
}

void
mh_store_delete(MhStore *store, const char *revision)
{
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum values[2];

	values[0] = mh_text_datum(store->project->name);
	values[1] = mh_text_datum(revision);
	SPI_connect();
	mh_write(delete_statement, 2, types, values, NULL, SPI_OK_DELETE);
	SPI_finish();
}

void
mh_store_remove(MhStore *store)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(store->project->name)};

	SPI_connect();
	for (int i = 0; i < lengthof(remove_statements); i++)
		mh_write(remove_statements[i], 1, types, values, NULL, SPI_OK_DELETE);
	SPI_finish();
}

/* ---------- revisions ---------- */

/* The arguments of revisions_statement after the first, column by column. */
typedef struct Batch
{
	int n;
	size_t bytes; /* approximate size */
	FmgrInfo array_out;
	Datum values[REVISION_ARRAYS][BATCH_ROWS];
	bool nulls[REVISION_ARRAYS][BATCH_ROWS];
} Batch;

static const Oid column_types[REVISION_ARRAYS] = {
	TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPOID, TEXTOID, TEXTOID, TEXTOID,
	TEXTOID, BOOLOID, INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID,      TEXTOID, TEXTOID, TEXTOID,
};

/* Returns whether the project had no revisions, so that no row can be replaced. */
static bool
has_none(const MhScripts *before)
{
	return before->n + before->retired + before->waiting == 0;
}

static Datum
array_of_column(Batch *batch, int column, Oid *type)
{
	int dims[1] = {batch->n};
	int lower_bounds[1] = {1};
	Oid element = column_types[column];
	int16 length;
	bool by_value;
	char alignment;

	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	*type = get_array_type(element);
	return PointerGetDatum(construct_md_array(batch->values[column], batch->nulls[column], 1, dims,
											  lower_bounds, element, length, by_value, alignment));
}

static void
write_batch(MhStore *store, Batch *batch)
{
	Oid types[REVISION_ARRAYS + 1] = {TEXTOID};
	Datum values[REVISION_ARRAYS + 1] = {mh_text_datum(store->project->name)};
	bool is_first = has_none(store->before);
	int arrays = mh_knows_first_scripts() ? REVISION_ARRAYS : REVISION_ARRAYS_0_1;

	if (batch->n == 0)
		return;
	for (int i = 0; i < arrays; i++)
		values[i + 1] = array_of_column(batch, i, &types[i + 1]);
	mh_write(arrays == REVISION_ARRAYS
				 ? (is_first ? first_revisions_statement : revisions_statement)
				 : (is_first ? first_revisions_0_1 : revisions_0_1),
			 arrays + 1, types, values, NULL, SPI_OK_INSERT);
	batch->n = 0;
	batch->bytes = 0;
}

static void
put_text(Batch *batch, int column, const char *text)
{
	batch->values[column][batch->n] = mh_text_datum_or_null(text, &batch->nulls[column][batch->n]);
	batch->bytes += text == NULL ? 0 : strlen(text);
}

static void
put_strings(Batch *batch, int column, const MhStrings *strings)
{
	const char *text = "{}";

	if (strings->n > 0)
		text = OutputFunctionCall(&batch->array_out, mh_strings_datum(strings));
	batch->values[column][batch->n] = CStringGetTextDatum(text);
	batch->nulls[column][batch->n] = false;
	batch->bytes += strlen(text);
}

static void
put_value(Batch *batch, int column, Datum value, bool is_null)
{
	batch->values[column][batch->n] = value;
	batch->nulls[column][batch->n] = is_null;
}

/* Adds the first value of a column; NULL: it has not changed. */
static void
put_first(Batch *batch, int column, const MhStrings *strings)
{
	if (strings != NULL)
		put_strings(batch, column, strings);
	else
		put_value(batch, column, (Datum) 0, true);
}

static void
add_to_batch(Batch *batch, const MhScript *script, const MhRevisionFacts *facts)
{
	put_text(batch, 0, script->revision);
	put_value(batch, 1, Int32GetDatum(facts->load_order), false);
	put_strings(batch, 2, &script->down_revision);
	put_strings(batch, 3, &script->depends_on);
	put_strings(batch, 4, &script->branch_labels);
	put_text(batch, 5, script->message);
	put_value(batch, 6, TimestampGetDatum(facts->create_date), !facts->has_create_date);
	put_text(batch, 7, script->file_name);
	put_text(batch, 8, facts->checksum);
	put_text(batch, 9, facts->first_checksum);
	put_text(batch, 10, facts->body_checksum);
	put_value(batch, 11, BoolGetDatum(facts->by_hand), false);
	put_value(batch, 12, Int64GetDatum(facts->first_release), facts->first_release == 0);
	put_value(batch, 13, Int64GetDatum(facts->last_release), facts->last_release == 0);
	put_text(batch, 14, facts->code_checksum);
	put_text(batch, 15, facts->first_code_checksum);
	put_first(batch, 16, facts->first_down_revision);
	put_first(batch, 17, facts->first_depends_on);
	put_first(batch, 18, facts->first_branch_labels);
	put_text(batch, 19, facts->first_message);
	batch->n++;
}

void
mh_store_revisions(MhStore *store, const MhScript *const *scripts,
				   const MhRevisionFacts *const *facts, int n)
{
	MemoryContext batch_context;
	MemoryContext caller;
	Batch *batch;

	if (n == 0 || (has_none(store->before) &&
				   mh_bulk_insert_revisions(store->project->name, scripts, facts, n)))
		return;
	batch = palloc(sizeof(Batch));
	batch->n = 0;
	batch->bytes = 0;
	fmgr_info(F_ARRAY_OUT, &batch->array_out);
	SPI_connect();
	batch_context = AllocSetContextCreate(CurrentMemoryContext, "mighead revisions to be written",
										  ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(batch_context);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		add_to_batch(batch, scripts[i], facts[i]);
		if (i < n - 1 && batch->n < BATCH_ROWS && batch->bytes < BATCH_BYTES)
			continue;
		write_batch(store, batch);
		MemoryContextReset(batch_context);
	}
	MemoryContextSwitchTo(caller);
	SPI_finish();
	pfree(batch);
}

/* ---------- releases ---------- */

static void *
release_from_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	MhRelease *release = palloc(sizeof(MhRelease));
	Datum values[RELEASE_COLUMNS];
	bool nulls[RELEASE_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	release->release = DatumGetInt64(values[0]);
	release->label = mh_text_or_null(values[1], nulls[1]);
	release->heads = mh_strings_from_array(values[2], "mighead.release");
	release->loaded_at = DatumGetTimestampTz(values[3]);
	release->loaded_by = mh_text_or_null(values[4], nulls[4]);
	release->source = mh_text_or_null(values[5], nulls[5]);
	return release;
}

List *
mh_releases_read(const char *project)
{
	Oid types[1] = {TEXTOID};
	Datum values[1] = {mh_text_datum(project)};

	return mh_query_list(releases_query, 1, types, values, NULL, release_from_tuple);
}

/* ---------- pruning ---------- */

/* A revision was retired by the release after its last one. */
static const char *const prune_revisions_statement =
	"DELETE FROM mighead.revision r WHERE r.project = $1 AND r.last_release IS NOT NULL"
	" AND NOT r.revision = ANY ($3)"
	" AND EXISTS (SELECT FROM mighead.release n WHERE n.project = r.project"
	" AND n.release > r.last_release AND n.loaded_at < $2)";

static const char *const prune_releases_statement =
	"DELETE FROM mighead.release r WHERE r.project = $1 AND r.loaded_at < $2"
	" AND r.release < (SELECT max(release) FROM mighead.release WHERE project = $1)"
	" AND NOT EXISTS (SELECT FROM mighead.revision v WHERE v.project = r.project"
	" AND r.release IN (v.first_release, v.last_release))";

int64
mh_revisions_prune(const char *project, TimestampTz before, const MhStrings *in_use)
{
	Oid types[3] = {TEXTOID, TIMESTAMPTZOID, TEXTARRAYOID};
	Datum values[3] = {mh_text_datum(project), TimestampTzGetDatum(before),
					   mh_strings_datum(in_use)};
	int64 deleted;

	SPI_connect();
	deleted = mh_write(prune_revisions_statement, 3, types, values, NULL, SPI_OK_DELETE);
	SPI_finish();
	return deleted;
}

int64
mh_releases_prune(const char *project, TimestampTz before)
{
	Oid types[2] = {TEXTOID, TIMESTAMPTZOID};
	Datum values[2] = {mh_text_datum(project), TimestampTzGetDatum(before)};
	int64 deleted;

	SPI_connect();
	deleted = mh_write(prune_releases_statement, 2, types, values, NULL, SPI_OK_DELETE);
	SPI_finish();
	return deleted;
}
